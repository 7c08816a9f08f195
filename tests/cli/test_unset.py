"""A secret that this shell does not have stops the account or the shop that needs it, says which, and stops nothing else."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from merchant import Desk, claim
from pydantic import Field
from world import OPERATOR, taken, world

from inkasso_core import Agency, AgencySettings, ConfigurationError, Placement, State, Submission
from inkasso_core.errors import VariableMissing
from inkasso_core.settings import build

VARIABLE = "ACME_KEY"


class WithKey(AgencySettings):
    """One secret."""

    key: str = ""
    more: dict[str, Any] = Field(default_factory=dict)


class Acme(Agency[WithKey]):
    """An agency that needs a key."""

    name = "acme"
    label = "Acme"
    Settings = WithKey

    def submit(self, placement: Placement) -> Submission:
        """Take it."""
        return taken(placement)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def locked(desk: Desk) -> Desk:
    """The folder in which the account ``wire`` and the shop ``web`` miss a variable."""
    settings = desk.folder / "inkasso.toml"
    text = settings.read_text("utf-8") + '\n[accounts.wire.settings]\nsecret = { env = "ACME_KEY" }\n'
    settings.write_text(text + '\n[shops.web.settings]\ntoken = { env = "ACME_KEY" }\n', "utf-8")
    return desk


def test_listings_and_other_shops_go_on(locked: Desk) -> None:
    locked.ready("A-1")
    listings = [[name] for name in ("claims", "queue", "events", "tasks", "holds", "shops", "agencies")]
    for command in (
        *listings,
        ["show", "erp:A-1"],
        ["diagnose", "erp:A-1"],
        ["history", "erp:A-1"],
        ["export", "out.csv"],
        ["release", "erp:A-1"],
    ):
        locked.run(*command, code=0)
    assert locked.run("transmit", "--account", "file", code=0).out.startswith("file")


def test_what_needs_it_names_section_setting_and_variable(locked: Desk) -> None:
    path = locked.orders(claim("W-1"))
    ran = locked.run("ingest", path, "--shop", "web", code=2)
    assert "[shops.web.settings] token: die Umgebungsvariable ACME_KEY ist nicht gesetzt." in ran.err
    ran = locked.run("transmit", "--account", "wire", code=1)
    assert "[accounts.wire.settings] secret: die Umgebungsvariable ACME_KEY ist nicht gesetzt." in ran.out
    assert "ANGEHALTEN" in ran.out


def test_the_doctor_shows_it_red_and_all_the_rest(locked: Desk) -> None:
    checks = {(c["subject"], c["health"]): c["text"]["en"] for c in locked.run("doctor", "--json", code=1).json["checks"]}
    assert "[accounts.wire.settings] secret: the environment variable ACME_KEY is not set" in checks["account wire", "error"]
    assert "[shops.web.settings] token: the environment variable ACME_KEY is not set" in checks["shop web", "error"]
    assert ("shop erp", "ok") in checks


def test_elsewhere_it_stops_everything_and_says_where(desk: Desk) -> None:
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8").replace('city = "Kassel"', 'city = { env = "ACME_KEY" }'), "utf-8")
    err = desk.run("claims", code=2).err
    assert "[creditors.main] city: die Umgebungsvariable ACME_KEY ist nicht gesetzt." in err


def test_a_live_account_is_not_stopped_for_good_by_a_shell_without_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = {"acme": {"agency": "acme", "settings": {"more": {"keys": [{"env": VARIABLE}]}}}}
    with world(tmp_path, accounts=accounts, agencies={"acme": Acme}) as town:
        town.running("A-1")
        (report,) = town.transmit()
        assert report.mode == "stopped"
        assert "[accounts.acme.settings] more.keys.0" in report.reason.en
        assert (town.state("A-1"), town.tasks(), town.ink.gate("acme").mode) == (State.RUNNING, [], "live")
        town.ink.follow()
        town.ink.run_due()
    monkeypatch.setenv(VARIABLE, "s3cret")
    with world(tmp_path, accounts=accounts, agencies={"acme": Acme}) as town:
        town.transmit()
        assert town.state("A-1") is State.HANDED_OVER


def test_a_shop_that_cannot_be_served_keeps_no_other_from_its_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shops: dict[str, dict[str, Any]] = {
        "cp": {"plugin": "cpshop", "settings": {"assertion": {"currency": {"env": VARIABLE}}}},
        "own": {"plugin": "canonical"},
    }
    monkeypatch.setenv(VARIABLE, "EUR")
    with world(tmp_path, shops=shops) as town:
        for shop in shops:
            town.ink.export_requested(shop=shop, payload={"order_number": "1"})
        assert len(town.ink.failed_events()) == 2
    monkeypatch.delenv(VARIABLE)
    with world(tmp_path, shops=shops) as town:
        assert [(result.outcome, type(result.problem).__name__) for result in town.ink.replay()] == [
            ("failed", "VariableMissing"),
            ("failed", "InvalidInput"),
        ]
        assert town.ink.mandate("agency", dated=dt.date(2026, 1, 1), actor=OPERATOR)
        assert town.ink.trace("cp:1").triggers == ()


def test_the_error_holds_no_value(tmp_path: Path) -> None:
    data = {"accounts": {"a": {"agency": "acme", "settings": {"key": {"env": VARIABLE}, "password": "s3cret"}}}}
    settings = build(data, tmp_path)
    assert "s3cret" not in repr(settings)
    with pytest.raises(ConfigurationError) as caught:
        build({"inkasso": {"database": {"env": VARIABLE}}}, tmp_path)
    assert isinstance(caught.value, VariableMissing)
    assert caught.value.field == "inkasso.database"
    assert json.dumps(caught.value.text._asdict())
