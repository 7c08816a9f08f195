"""``inkasso poll``, polls within ``inkasso run``, and the doctor that asks the shops themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from merchant import Desk, claim
from shops.live import LiveShop

from inkasso_core import (
    Asked,
    DeliveryRefused,
    Finding,
    Inkasso,
    Level,
    Page,
    Part,
    Reported,
    ShopContext,
    TemporarilyUnavailable,
    Text,
)

DOWN = TemporarilyUnavailable(Text("Der Shop ist nicht erreichbar.", "The shop cannot be reached."))
MORE = """
[shops.polled]
plugin = "live"
creditor = "main"
account = "wire"
[shops.second]
plugin = "live"
creditor = "main"
account = "wire"
"""


class Examined(LiveShop):
    """It also says how the shop is."""

    findings: tuple[Finding, ...] = ()
    breaks: Exception | None = None

    def examine(self, context: ShopContext[Any]) -> Iterator[Finding]:
        """Yield what the test says."""
        yield from self.findings
        if self.breaks is not None:
            raise self.breaks


@pytest.fixture
def live(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Examined:
    """A shop that is polled, twice configured."""
    plugin = Examined()
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + MORE, "utf-8")
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, plugins={"live": plugin}))
    return plugin


def report(order: str) -> Reported:
    return Reported(payload=claim(order).model_dump(mode="json", exclude_defaults=True))


def broken(_context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
    yield Page(reports=(report("A-1"),), cursor="1", total=2)
    raise DOWN


def test_one_shop_that_breaks_stops_none_of_the_others(desk: Desk, live: Examined) -> None:
    def pages(context: ShopContext[Any], asked: Asked) -> Iterator[Page]:
        return broken(context, asked) if context.shop == "polled" else iter([Page(reports=(report("B-1"), Reported(payload={})))])

    live.pages = pages
    ran = desk.run("poll", code=1)
    rows = {row.split()[0]: row for row in ran.out.splitlines() if row.startswith(("polled", "second"))}
    assert "1 neu" in rows["polled"]
    assert "Der Shop ist nicht erreichbar." in rows["polled"]
    assert "fehlt: bitte angeben" in ran.out
    (first, second) = desk.run("poll", "--json", code=1).json["shops"]
    assert (first["shop"], first["pages"], first["problem"]["code"]) == ("polled", 1, "TEMPORARILY_UNAVAILABLE")
    assert (second["counts"]["repeated"], second["counts"]["failed"], second["problem"]) == (1, 1, None)
    assert second["failed"][0]["field"] == "source"


def test_one_shop_alone(desk: Desk, live: Examined) -> None:
    live.pages = lambda _context, _asked: iter([Page(cursor="1")])
    assert "nichts Neues" in desk.run("poll", "polled", code=0).out
    assert len(live.asked) == 1
    assert "wird nicht abgefragt" in desk.run("poll", "erp", code=4).err
    assert "erp, polled, second, web" in desk.run("poll", "nix", code=4).err


def test_nothing_to_poll(desk: Desk) -> None:
    assert "Kein eingerichteter Shop" in desk.run("poll", code=0).out
    assert desk.run("poll", "--json", code=0).json == {"shops": []}


def test_a_run_polls_first_and_says_only_what_is_new(desk: Desk, live: Examined) -> None:
    live.pages = lambda _context, _asked: iter([Page(reports=(report("A-1"),))])
    desk.run("run", "--no-poll", code=0)
    assert live.asked == []
    ran = desk.run("run", code=0)
    assert "polled" in ran.out
    assert "1 neu" in ran.out
    assert '"state": "ready"' in desk.run("show", "polled:A-1", "--json", code=0).out
    assert desk.run("run", code=0).out == ""
    body = desk.run("run", "--json", code=0).json
    assert [(one["shop"], one["counts"]["repeated"]) for one in body["polled"]] == [("polled", 1), ("second", 1)]
    live.pages = broken
    assert "nicht erreichbar" in desk.run("run", code=1).out


def test_the_doctor_says_on_what_the_last_poll_broke(desk: Desk, live: Examined) -> None:
    before = desk.run("doctor", "--json", code=0).json["checks"]
    live.pages = broken
    desk.run("poll", "polled", code=1)
    after = desk.run("doctor", "--json", code=0).json["checks"]
    (check,) = [check for check in after if check not in before]
    assert (check["subject"], check["health"]) == ("shop polled", "warn")
    assert "TEMPORARILY_UNAVAILABLE" in check["text"]["de"]


def told(desk: Desk, shop: str, code: int) -> list[tuple[str, str]]:
    checks = desk.run("doctor", "--online", "--json", code=code).json["checks"]
    return [(check["health"], check["text"]["en"]) for check in checks if check["subject"] == f"shop {shop}"]


def test_the_doctor_asks_the_shop_itself(desk: Desk, live: Examined) -> None:
    assert ("ok", "The shop answers, and nothing is missing.") in told(desk, "polled", 0)
    text = Text("Das Recht fehlt.", "The permission is missing.")
    live.findings = (Finding("RIGHT", Level.BLOCK, False, None, text, Text("Erteilen.", "Grant it.")),)
    live.breaks = DeliveryRefused(Text("weg s3cr3t-of-the-shop", "gone s3cr3t-of-the-shop"))
    found = told(desk, "polled", 1)
    assert ("error", "The permission is missing. Grant it.") in found
    assert "s3cr3t" not in str(found)
    live.breaks = RuntimeError("Erika Beispiel")
    assert [health for health, text in told(desk, "polled", 1) if "RuntimeError" in text] == ["error"]
    assert "Beispiel" not in str(told(desk, "polled", 1))


def test_the_doctor_says_what_waits(desk: Desk, live: Examined) -> None:
    body = claim("P-1").model_dump(mode="json", exclude_defaults=True)
    part = Reported(payload={"claim": body}, part=Part(whole="P-1", once="tx-1"))
    with Inkasso.from_config("inkasso.toml", plugins={"live": live}) as ink:
        assert ink.report("polled", [part]) == []
    desk.run("poll", "second", code=0)
    assert any("1 matters in parts" in text for _, text in told(desk, "polled", 0))
    assert any(text.startswith("Last polled to the end: 20") for _, text in told(desk, "second", 0))
    desk.run("run", code=0)
    assert not any("in parts" in text for _, text in told(desk, "polled", 0))


def test_the_doctor_names_a_client_whose_secret_is_not_there(desk: Desk) -> None:
    settings = Path("inkasso.toml")
    text = settings.read_text("utf-8") + '\n[serve.clients.erp]\nshops = ["erp"]\nsecret = { env = "NO_SUCH_VARIABLE" }\n'
    settings.write_text(text, "utf-8")
    ran = desk.run("doctor", code=1)
    assert "NO_SUCH_VARIABLE" in ran.out
    desk.run("run", code=0)


def test_progress_on_a_terminal_shows_the_shop_and_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from inkasso_core.cli import output

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with output.glances("Abfrage") as moved:
        moved("polled", 1, None)
        moved("polled", 2, 40)
    assert "polled" in capsys.readouterr().err
