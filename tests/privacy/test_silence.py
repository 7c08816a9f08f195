"""A claim stuffed with personal data goes through everything, with a failure at every step; nobody says a word of it.

What may hold personal data: the vault, the exported file, what ``show`` shows, a rehearsal on the screen, and the configuration. Everywhere
else somebody listens: results and errors with all that led to them, logs at their most talkative, warnings, every other table, names of
files, manifests, lists.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import world
from markers import BIRTH, EMAIL, IBAN, NAME, Ear, disputed, document, listening, marked, paths, replaced
from pydantic import BaseModel, ValidationError, field_validator
from world import OPERATOR, World, lost

from inkasso_core import (
    Claim,
    Finding,
    InkassoError,
    InvalidInput,
    Level,
    NotFound,
    Payment,
    PluginError,
    ShopEvent,
    ShopPlugin,
    ShopSettings,
    State,
    Text,
    hookimpl,
)
from inkasso_core.errors import StoreError

SAID = Text(f"{NAME} fehlt etwas", f"{NAME} lacks something")
SHOPS = {
    "shop": {},
    "json": {"plugin": "canonical"},
    "plenty": {"plugin": "plentymarkets", "settings": {"status": "3"}},
    "cp": {"plugin": "cpshop", "settings": {"assertion": {"currency": "EUR"}}},
}
ORDER = json.loads((Path(__file__).parents[1] / "shop_plugins" / "plentymarkets" / "order.json").read_text("utf-8"))
IN_SIGHT = {("source", "order"), ("invoice", "number")}
"""What names a claim to people: in the clear by intention, since nobody could work without it."""
JUNK: tuple[Any, ...] = (NAME, [NAME], {"surname": NAME}, NAME * 300)
KEYED = {NAME: NAME, EMAIL: 1}
"""Data in the place of keys: what our own messages call such a key."""


def everything_that_is_said(town: World, ear: Ear) -> None:
    """Listen to all that the facade tells of what it knows, but for what is meant to show personal data."""
    for stored in town.ink.claims():
        ear.listen("claim", stored)
        ear.listen("diagnosis", town.ink.diagnose(stored.ref))
        ear.listen("details", town.ink.show(stored.ref)._replace(error=None))
        for entry in town.ink.history(stored.ref):
            ear.listen("history", entry)
    for row in [*town.ink.tasks(done=True), *town.ink.failed_events(), *town.ink.holds(), *town.ink.doctor()]:
        ear.listen("row", row)
    town.ink.export(town.folder / "all.list.csv")
    ear.look_at(town.folder)


# What shops report


def test_a_wrong_value_anywhere_in_a_claim(tmp_path: Path) -> None:
    whole = document(**disputed())
    with listening() as ear:
        places = [path for path in paths(whole) if path not in IN_SIGHT]
        variants = [replaced(whole, path, junk) for path in places for junk in JUNK]
        for variant in variants:
            try:
                ear.listen("claim", Claim.model_validate(variant))
            except ValidationError as error:
                ear.listen("refusal", error)
        variants += [replaced(whole, path, KEYED) for path in places]
        with world.world(tmp_path, shops=SHOPS) as town:
            file = tmp_path / "claims.ndjson"
            file.write_text("".join(f"{json.dumps(variant)}\n" for variant in variants), "utf-8")
            assert _ingested(town, ear, file, "json")["failed"] > len(variants) / 3
            assert _ingested(town, ear, file, "shop") is not None
            everything_that_is_said(town, ear)
            for result in town.ink.replay():
                ear.listen("replay", result)


def _ingested(town: World, ear: Ear, file: Path, shop: str) -> dict[str, int]:
    """Ingest a file, and listen to each result and to its problem in full."""

    def on_result(result: Any, place: str | None) -> None:
        ear.listen(f"result {place}", result)
        if result.problem is not None:
            ear.listen(f"problem {place}", result.problem)

    done = town.ink.ingest(file, shop=shop, on_result=on_result)
    ear.listen("ingested", done)
    return done.counts


def test_a_wrong_value_anywhere_in_an_order_of_plentymarkets(tmp_path: Path) -> None:
    variants = [replaced(ORDER, path, junk) for path in paths(ORDER) for junk in (NAME, [NAME], {NAME: NAME})]
    with listening() as ear, world.world(tmp_path, shops=SHOPS) as town:
        file = tmp_path / "orders.json"
        file.write_text(json.dumps([{**variant, "id": number} for number, variant in enumerate(variants, 1)]), "utf-8")
        assert _ingested(town, ear, file, "plenty")["failed"] > len(variants) / 3
        everything_that_is_said(town, ear)


ROW = {
    "Bestellnr": "B-1", "Vorname": "Zzmarkine", "Nachname": NAME, "Geschlecht": "f", "Strasse": "Zzmarkstraße 98765 a", "PLZ": "98765",
    "Ort": "Zzmarkstadt", "Land": "DE", "Telefon 1": "+49 351 7770001", "Email": EMAIL, "Geburtsdatum": "17.07.1977", "Rechnungsnr": "R-1",
    "Forderungsbetrag": "153,99", "Forderungsgrund": "Zzmark-Kissen", "Leistungsdatum": "02.03.2026", "Mahndatum": "15.04.2026",
    "Forderungstyp": "1", "Bestellstatus": "Inkasso ist in Arbeit", "Bestelldatum": "01.03.2026", "Gezahlter Betrag": "0",
}  # fmt: skip


def test_a_wrong_value_anywhere_in_a_row_of_cpshop(tmp_path: Path) -> None:
    columns = [column for column in ROW if column not in ("Bestellnr", "Rechnungsnr")]
    rows = [{**ROW, column: value} for column in columns for value in (NAME, "1,23E+11", f"{NAME};{IBAN}", "#NV")]
    file = tmp_path / "orders.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(ROW), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "Bestellnr": f"B-{number}"} for number, row in enumerate(rows, 1))
        out.write(f'B-900;"{NAME}\n')
        out.write(f"B-901;{NAME};{EMAIL}\n")
    with listening() as ear, world.world(tmp_path, shops=SHOPS) as town:
        assert _ingested(town, ear, file, "cp")["failed"] > 20
        everything_that_is_said(town, ear)


BROKEN_FILES = {
    "claims.ndjson": [
        f'{{"debtor": "{NAME}"',
        f'"{NAME}"',
        f'{{"a": "{NAME}\0"}}',
        f'{{"a": "{NAME}\\ud800"}}',
        f'["{NAME}"]',
        NAME,
    ],
    "claims.json": [f'[{{"debtor": "{NAME}"}},', f'{{"debtor": {NAME}}},', f'"{NAME}", {{"a": "{NAME}'],
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_rows_that_cannot_even_be_read(tmp_path: Path, name: str) -> None:
    with listening() as ear, world.world(tmp_path, shops=SHOPS) as town:
        file = tmp_path / name
        file.write_bytes("\n".join(BROKEN_FILES[name]).encode() + b'\n{"name": "Zzmark\xff"}')
        assert _ingested(town, ear, file, "json")["failed"] > 2
        everything_that_is_said(town, ear)


# Plugins that break with the data in their mouth


class Strict(BaseModel):
    """A plugin's own model, whose author quotes what he refuses."""

    name: str

    @field_validator("name")
    @classmethod
    def _refuse(cls, value: str) -> str:
        raise ValueError(f"not {value}")


def _chained() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as exc:
        raise LookupError(f"no {EMAIL}") from exc


class Nosy(ShopPlugin[ShopSettings]):
    """Breaks as its payload says."""

    name = "nosy"
    label = "Nosy"
    Settings = ShopSettings

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Any:
        """Break."""
        return BREAKS[event.payload["how"]](Claim.model_validate(event.payload["claim"]))


def _raise(error: Exception) -> Any:
    raise error


BREAKS: dict[str, Any] = {
    "an error of its own": lambda _claim: _raise(RuntimeError(NAME)),
    "a chain of errors": lambda _claim: _chained(),
    "a key that is missing": lambda claim: {}[claim.debtor.person.last_name],
    "a refusal that quotes": lambda _claim: _raise(InvalidInput(SAID, field=NAME, reason="QUOTES")),
    "a plugin error that quotes": lambda _claim: _raise(PluginError(Text(f"an {EMAIL}", f"to {EMAIL}"))),
    "a birth date in words": lambda _claim: _raise(InvalidInput(Text(f"Geboren {BIRTH}.", f"Born {BIRTH}."))),
    "a model of its own": lambda _claim: Strict(name=NAME),
    "no claim": lambda _claim: NAME,
    "a copy with a wrong part": lambda claim: claim.model_copy(update={"debtor": {"person": {"surname": NAME}, "number": EMAIL}}),
    "a copy with a wrong amount": lambda claim: claim.model_copy(update={"principal": NAME}),
    "a copy with a wrong date": lambda claim: claim.model_copy(update={"due_date": NAME}),
    "a copy with a wrong end": lambda claim: claim.model_copy(update={"ended": NAME}),
    "a copy with a wrong source": lambda claim: claim.model_copy(update={"source": NAME}),
    "a copy with what nobody can store": lambda claim: claim.model_copy(update={"note": {NAME: object()}}),
    "a claim without validation": lambda claim: Claim.model_construct(source=claim.source, debtor=NAME, currency=NAME, principal=NAME),
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_plugin_that_breaks_on_a_record(tmp_path: Path, how: str) -> None:
    shops = {"shop": {"plugin": "nosy"}, "other": {}}
    with listening() as ear, world.world(tmp_path, shops=shops, plugins={"nosy": Nosy()}) as town:
        result = town.ink.order_status_changed(shop="shop", payload={"how": how, "claim": document()})
        ear.listen("result", result)
        assert result.outcome == "failed"
        assert result.problem is not None
        ear.listen("problem", result.problem)
        (event,) = town.ink.failed_events()
        assert event.message["de"] != event.message["en"]
        everything_that_is_said(town, ear)
        assert [taken.outcome for taken in town.ink.replay()] == ["failed"]
        assert town.ready("A-2", shop="other"), "the other shop goes on"
        assert town.ink.run_due().released == 0


class Policy:
    """A policy plugin that breaks wherever it is asked."""

    def __init__(self, *, found: Any = None, chosen: Any = None) -> None:
        self.found, self.chosen = found, chosen

    @hookimpl
    def inkasso_review_claim(self, claim: Claim) -> Any:
        """Find something that quotes the debtor, or break."""
        return self.found(claim) if self.found else None

    @hookimpl
    def inkasso_choose_account(self, claim: Claim) -> Any:
        """Choose the debtor as an account, or break."""
        return self.chosen(claim) if self.chosen else None

    @hookimpl
    def inkasso_claim_changed(self, event: object) -> None:
        """Break."""
        raise RuntimeError(f"{NAME} {event}")


def _about(claim: Claim) -> Text:
    name = claim.debtor.person.last_name if claim.debtor.person else None
    return Text(f"Name: {name}", f"name: {name}")


HELP = Text("Fragen.", "Ask.")
POLICIES = {
    "a review that breaks": Policy(found=lambda _claim: _raise(ValueError(NAME))),
    "a finding that quotes": Policy(found=lambda claim: Finding("ODD", Level.BLOCK, True, None, _about(claim), HELP)),
    "a remedy that quotes": Policy(found=lambda _claim: Finding("ODD", Level.WARN, True, NAME, HELP, SAID)),
    "a code that is none": Policy(found=lambda _claim: Finding(f"ODD {NAME}", Level.BLOCK, True, None, HELP, HELP)),
    "a code of two words": Policy(found=lambda _claim: Finding("VERY ODD", Level.BLOCK, True, None, HELP, HELP)),
    "a choice that breaks": Policy(chosen=lambda _claim: _raise(InvalidInput(SAID))),
    "a choice that is none": Policy(chosen=lambda claim: claim.debtor.person.last_name),
    "a choice of another kind": Policy(chosen=lambda claim: claim.debtor),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_plugin_that_breaks(tmp_path: Path, name: str) -> None:
    with listening() as ear, world.world(tmp_path, plugins={"policy": POLICIES[name]}) as town:
        for result in town.report(marked()):
            ear.listen("result", result)
            assert result.state is (State.READY if name == "a remedy that quotes" else State.WAITING)
        assert set(town.ink.find("shop:A-1").red) <= {"ODD", "REVIEW_FAILED", "NO_ACCOUNT"}
        for handled in town.ink.release(["shop:A-1"]):
            ear.listen("handled", handled)
            if handled.problem is not None:
                ear.listen("problem", handled.problem)
        ear.listen("ran", town.ink.run_due())
        everything_that_is_said(town, ear)


# What people ask for


def test_whatever_is_refused_to_a_person(tmp_path: Path) -> None:
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked("A-1"), marked("A-2", **disputed()), marked("A-3"))
        town.ink.release(["shop:A-3"], actor=OPERATOR)
        town.agency.answers(lost())
        town.transmit()
        for ask in _refused_wishes(town):
            for handled in ask:
                ear.listen("handled", handled)
                assert handled.problem is not None
                ear.listen("problem", handled.problem)
        for unknown in ("A-9", "shop:A-9", "nowhere:A-1", "x" * 26):
            with ear.refusals("unknown", NotFound):
                town.ink.show(unknown)
        everything_that_is_said(town, ear)


def _refused_wishes(town: World) -> Iterator[list[Any]]:
    ink = town.ink
    yield ink.release(["shop:A-2"], actor=OPERATOR)
    yield ink.withdraw(["shop:A-1"], actor=OPERATOR)
    yield ink.resume("shop:A-1", actor=OPERATOR)
    yield ink.reinstate(["shop:A-1"], reason="irrtum", actor=OPERATOR)
    yield ink.cancel(["shop:A-3"], reason="kulanz", actor=OPERATOR)
    yield ink.pause(["shop:A-3"], reason="kulanz", actor=OPERATOR)
    yield ink.resolve(["shop:A-1"], found="AZ-1", reason="portal", actor=OPERATOR)


def test_newer_reports_about_a_claim_that_is_at_the_agency(tmp_path: Path) -> None:
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        for changes in (disputed(), {"payments": (Payment(amount=10, reference=IBAN),)}, {"subject": f"für {NAME}"}, {"ended": "revoked"}):
            for result in town.report(marked(**changes)):
                ear.listen("revision", result)
        assert town.state("A-1") is State.HANDED_OVER
        assert len(town.tasks()) > 2
        everything_that_is_said(town, ear)


# A store that breaks


def test_a_database_that_breaks_while_it_stores_and_reads(tmp_path: Path) -> None:
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked())
        engine = town.ink._context.database.engine
        with engine.begin() as link:
            link.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON vault BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        with ear.refusals("storing", StoreError):
            town.report(marked("A-2"))
        with engine.begin() as link:
            link.exec_driver_sql("DROP TRIGGER full")
            link.exec_driver_sql("UPDATE vault SET body = replace(body, '\"subject\":', ?)", (f'"{EMAIL}":',))
        with ear.refusals("reading", StoreError):
            town.ink.show("shop:A-1")
        with engine.begin() as link:
            link.exec_driver_sql("DROP TABLE revision")
        with ear.refusals("no table", StoreError):
            town.report(marked("A-3"))
        ear.listen("database", town.ink.database_status())
        with ear.refusals("a damaged file", InkassoError):
            _damage(town, tmp_path / "test.db")


def _damage(town: World, file: Path) -> None:
    town.ink.close()
    for beside in file.parent.glob("test.db-*"):
        beside.unlink()
    file.write_bytes(b"SQLite format 3\0" + NAME.encode() * 1000)
    town.ink.count()
