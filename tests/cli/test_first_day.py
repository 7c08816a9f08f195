"""The first day with nothing but the README: its own commands are run, one after the other, on a file as CP::Shop writes it."""

import datetime as dt
import os
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from codeblocks import blocks
from merchant import Desk, Ran

from inkasso_core.settings import YOUR_NAME

DAY = dt.date(2026, 11, 21)
"""The day in the name of the file that the README confirms."""
SHOP = "myshop"
HEAD = "Bestellnummer;Nachname;Vorname;Strasse;PLZ;Ort;Land;Rechnungsnr;Forderungsbetrag;Leistungsdatum;Forderungstyp;Bestellstatus"
ROW = "10042;Beispiel;Erika;Musterweg 7;01067;Dresden;DE;R-1001;153,99;03.08.2026;1;Inkasso ist in Arbeit"
CREDITOR = {"name": "Beispiel Handel GmbH", "street": "Marktplatz", "house_number": "1", "postal_code": "34117", "city": "Kassel"}
ASSERTED = ("currency", "subject", "ordered_on", "invoiced", "invoiced_on", "due_days_after", "due_from", "due_date_origin")
REMINDED = ("reminders", "reminder_days_after_due", "reminder_deadline_days", "performed")


def commands() -> list[str]:
    """The calls of ``inkasso`` in the README's part for a merchant's clerk."""
    text = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
    begins = text[: text.index("## Five minutes for a merchant's clerk")].count("\n")
    ends = text[: text.index("## Running it")].count("\n")
    shown = [block for block in blocks("README.md", "console") if begins < block.line < ends]
    lines = [line.removeprefix("$ ").split("#")[0].split("&&")[0].strip() for block in shown for line in block.text.splitlines()]
    return [line for line in lines if line.startswith("inkasso ")]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on: Callable[[dt.date], None]) -> Desk:
    """An empty folder, on the README's day."""
    monkeypatch.chdir(tmp_path)
    on(DAY)
    return Desk(tmp_path)


def fill_in(text: str, values: dict[str, str]) -> str:
    """Enter values where the file has them, commented or not."""
    for name, value in values.items():
        text = re.sub(rf'^#?{name} = ".*"$', f'{name} = "{value}"', text, count=1, flags=re.MULTILINE)
    return text


def assert_lines(text: str, names: tuple[str, ...]) -> str:
    """Take away the ``#`` of some lines of the assertion."""
    before, head, after = text.partition("[shops.cpshop.settings.assertion]\n")
    for name in names:
        after, count = re.subn(rf"^#({name} = )", r"\1", after, flags=re.MULTILINE)
        assert count == 1, name
    return before + head + after


def orders() -> None:
    Path("orders.csv").write_text(f"{HEAD}\n{ROW}\n", "utf-8")
    midnight = dt.datetime.combine(DAY, dt.time(), dt.UTC).timestamp()
    os.utime("orders.csv", (midnight, midnight))


def test_the_readme_brings_an_order_to_the_agency(fresh: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = commands()
    call(fresh, first)
    monkeypatch.chdir(SHOP)
    settings = Path("inkasso.toml")
    settings.write_text(assert_lines(fill_in(settings.read_text("utf-8"), CREDITOR), (*ASSERTED, *REMINDED)), "utf-8")
    orders()
    said = {line: call(fresh, line).out for line in others}
    assert "✘" not in said["inkasso doctor"]
    assert "1 neu" in said["inkasso ingest orders.csv --shop cpshop"]
    assert "cpshop:10042" in said["inkasso queue"]
    assert "Bereit zur Übergabe" in said["inkasso diagnose cpshop:10042"]
    assert "1 Zeile, Kontrollsumme 153,99 EUR" in said["inkasso transmit"]
    assert fresh.claims()["cpshop:10042"]["state"] == "handed_over"


def call(desk: Desk, line: str) -> Ran:
    return desk.run(*shlex.split(line)[1:], keys="ja\n", code=0)


def test_what_nobody_asserted_is_not_asserted(fresh: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.run("init", SHOP, "--shop-plugin", "cpshop", code=0)
    text = Path(SHOP, "inkasso.toml").read_text("utf-8")
    assert tomllib.loads(text)["shops"]["cpshop"]["settings"]["assertion"] == {}
    assert "JEDEN" in text
    assert "docs/shops/cpshop.md" in text
    monkeypatch.chdir(SHOP)
    orders()
    ran = fresh.run("ingest", "orders.csv", "--shop", "cpshop", code=1)
    assert '[shops.cpshop.settings.assertion] currency = "EUR"' in ran.out
    assert "inkasso.toml" in ran.out
    Path("inkasso.toml").write_text(assert_lines(text, ("currency",)), "utf-8")
    fresh.run("replay", code=0)
    assert set(fresh.run("show", "cpshop:10042", "--json", code=0).json["claim"]["asserted"]) == {"currency"}


def test_the_lines_of_the_assertion_are_those_of_its_page(fresh: Desk) -> None:
    fresh.run("init", SHOP, "--shop-plugin", "cpshop", code=0)
    text = Path(SHOP, "inkasso.toml").read_text("utf-8").replace("#[shops", "[shops")
    uncommented = assert_lines(text, (*ASSERTED, *REMINDED))
    (page,) = [block for block in blocks("docs/shops/cpshop.md", "toml") if "settings.assertion]" in block.text]
    expected = tomllib.loads(page.text)["shops"]["cp"]["settings"]["assertion"]
    assert tomllib.loads(uncommented)["shops"]["cpshop"]["settings"]["assertion"] == expected


def test_a_diagnosis_says_once_what_can_be_asserted(fresh: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.run("init", SHOP, "--shop-plugin", "cpshop", code=0)
    monkeypatch.chdir(SHOP)
    settings = Path("inkasso.toml")
    text = settings.read_text("utf-8")
    settings.write_text(assert_lines(fill_in(text, CREDITOR), ("currency",)), "utf-8")
    orders()
    fresh.run("ingest", "orders.csv", "--shop", "cpshop", code=0)
    ran = fresh.run("diagnose", "cpshop:10042", code=0)
    assert "● DUE_DATE_MISSING" in ran.out
    assert ran.out.count("[shops.cpshop.settings.assertion], docs/shops/cpshop.md") == 1
    body = fresh.run("diagnose", "cpshop:10042", "--json", code=0).json
    assert body["can_be_asserted"] == "[shops.cpshop.settings.assertion]"
    settings.write_text(assert_lines(fill_in(text, CREDITOR), (*ASSERTED, *REMINDED)), "utf-8")
    fresh.run("ingest", "orders.csv", "--shop", "cpshop", code=0)
    assert fresh.run("diagnose", "cpshop:10042", "--json", code=0).json["can_be_asserted"] is None
    assert "erklären:" not in fresh.run("diagnose", "cpshop:10042", code=0).out


def test_the_doctor_says_what_init_left_open(fresh: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.run("init", SHOP, "--shop-plugin", "cpshop", code=0)
    monkeypatch.chdir(SHOP)
    settings = Path("inkasso.toml")
    text = settings.read_text("utf-8")
    assert YOUR_NAME in text
    assert open_points(fresh, 1) == {
        "creditor main": {"error", "warn"},  # the example's name, and no address
        "shop cpshop": {"warn"},  # no currency
        "account mediafinanz": {"ok", "warn"},  # no mandate
    }
    settings.write_text(fill_in(text, {"name": "Beispiel Handel GmbH", "street": "…"}), "utf-8")
    ran = fresh.run("doctor", code=0)
    assert "[creditors.main] street, postal_code, city fehlt" in ran.out
    assert "[shops.cpshop.settings.assertion] currency fehlt" in ran.out
    settings.write_text(fill_in(text, CREDITOR).replace("[shops.cpshop.settings.assertion]\n", ""), "utf-8")
    ran = fresh.run("doctor", code=0)
    assert "[creditors.main]" not in ran.out
    assert "[shops.cpshop.settings.assertion] fehlt" in ran.out
    settings.write_text(assert_lines(fill_in(text, CREDITOR), ("currency",)), "utf-8")
    assert open_points(fresh, 0) == {"shop cpshop": {"ok"}, "account mediafinanz": {"ok", "warn"}}


def open_points(desk: Desk, code: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for check in desk.run("doctor", "--json", code=code).json["checks"]:
        if check["subject"].partition(" ")[0] in ("creditor", "shop", "account"):
            found.setdefault(check["subject"], set()).add(check["health"])
    return found
