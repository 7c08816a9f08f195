"""Bad input costs what is bad and nothing more: every message names file, row, field and remedy in both languages, and nothing is lost.

What could not be taken is stored with its place and reason, once, however often the file comes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from world import OPERATOR, World, claim, world

from inkasso_core import ConfigurationError, FileRefused, InvalidInput, State
from inkasso_core.errors import StoreError

SHOPS: dict[str, dict[str, Any]] = {
    "json": {"plugin": "canonical"},
    "cp": {"plugin": "cpshop", "settings": {"assertion": {"currency": "EUR"}}},
    "cp-utf8": {"plugin": "cpshop", "settings": {"assertion": {"currency": "EUR"}, "dialect": {"encoding": "utf-8"}}},
    "plenty": {"plugin": "plentymarkets", "settings": {"status": "3-4"}},
}
ORDER = json.loads((Path(__file__).parents[1] / "shop_plugins" / "plentymarkets" / "order.json").read_text("utf-8"))
ROW = {
    "Bestellnr": "", "Vorname": "Jördis", "Nachname": "Groß-Möller", "Strasse": "Lange Straße 7 a", "PLZ": "01067", "Ort": "Dresden",
    "Land": "DE", "Forderungsbetrag": "153,99", "Forderungsgrund": "Gartenbank",
}  # fmt: skip
GOOD = ("A-1", "A-3")
"""The orders before and after the bad one."""
HUGE = "ß" * 10_000_000


def record(order: str = "A-2", **changes: Any) -> dict[str, Any]:
    """A good claim as JSON, with changes at its top."""
    return {**json.loads(claim(order).model_dump_json(exclude_defaults=True)), **changes}


def lines(bad: bytes | dict[str, Any], last: bytes = b"\n") -> bytes:
    """NDJSON: a good line, the bad one, a good one."""
    middle = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    return b"\n".join([json.dumps(record(GOOD[0])).encode(), middle, json.dumps(record(GOOD[1])).encode()]) + last


def array(bad: bytes | dict[str, Any]) -> bytes:
    """A JSON array of the same three."""
    return b"[" + lines(bad, b"").replace(b"\n", b",\n") + b"]"


def table(encoding: str = "utf-8", **bad: str) -> bytes:
    """A CSV file of three orders, the middle one with changes by heading."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROW), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for order, changes in ((GOOD[0], {}), ("A-2", bad), (GOOD[1], {})):
        writer.writerow({**ROW, "Bestellnr": order, **changes})
    return out.getvalue().encode(encoding)


def orders(**bad: Any) -> bytes:
    """Three orders of plentymarkets, the middle one with changes at its top."""
    return json.dumps([{**ORDER, "id": 1}, {**ORDER, "id": 2, **bad}, {**ORDER, "id": 3}]).encode()


def _address(**changes: Any) -> dict[str, Any]:
    return {"debtor": {"addresses": [{**record()["debtor"]["addresses"][0], **changes}]}}


class Case(NamedTuple):
    """A bad file: what it holds, and what is said of its bad record."""

    shop: str
    content: Callable[[], bytes]
    code: str
    place: str
    field: str | None
    remedy: tuple[str, str]
    kept: tuple[str, ...] = GOOD

    @property
    def name(self) -> str:
        """The file's name."""
        return self.place.replace("#", ":").partition(":")[0]


EXPORT = ("neu exportieren", "export")
UTF8 = ("UTF-8", "UTF-8")
NOT_NEGATIVE = ("mindestens 0", "at least 0")
LIMIT = ("max_field", "max_field")
SETTING = ("countries", "countries")
A, B, C = "a.ndjson:2", "a.json#2", "a.csv:3"
"""Where the bad record stands."""
LATIN = '{"subject": "Stühle"}'.encode("cp1252")
LATIN_ROW = table(Ort="Goerlitz").replace(b"Goerlitz", "Görlitz".encode("cp1252"))
NO_MONEY = {"amounts": [{**ORDER["amounts"][0], "invoiceTotal": -5}], "orderItems": []}
NO_COUNTRY = {"addresses": [{**ORDER["addresses"][0], "countryId": 9999}]}
SHORT_ROW = table().replace("A-2;Jördis;".encode(), b"A-2;")
COUNTRY = "debtor.addresses.0.country"
CASES = {
    "broken JSON in a line": Case("json", lambda: lines(b'{"source": {"order": "A-2",}}'), "BROKEN_JSON", A, None, EXPORT),
    "broken JSON in an array": Case("json", lambda: array(b'{"source": {"order" "A-2"}}'), "BROKEN_JSON", B, None, EXPORT),
    "no object": Case("json", lambda: lines(b'["A-2"]'), "NOT_AN_OBJECT", A, None, ("je Auftrag", "per order")),
    "wrong encoding in a line": Case("json", lambda: lines(LATIN), "WRONG_ENCODING", A, None, UTF8),
    "wrong encoding in an array": Case("json", lambda: array(LATIN), "WRONG_ENCODING", B, "subject", UTF8),
    "wrong encoding in a row": Case("cp-utf8", lambda: LATIN_ROW, "WRONG_ENCODING", C, "city", UTF8),
    "an ambiguous number": Case("cp", lambda: table(Forderungsbetrag="1.234"), "AMBIGUOUS_NUMBER", C, "amount", ("decimal", "decimal")),
    "a negative amount in a row": Case(
        "cp", lambda: table(Forderungsbetrag="-12,50"), "NEGATIVE_AMOUNT", C, "amount", ("aus dem Export nehmen", "out of the export")
    ),
    "a negative amount": Case("json", lambda: lines(record(principal="-12.50")), "GREATER_THAN_EQUAL", A, "principal", NOT_NEGATIVE),
    "a negative order": Case("plenty", lambda: orders(**NO_MONEY), "GREATER_THAN_EQUAL", B, "principal", NOT_NEGATIVE, ("1", "3")),
    "an unknown country in a row": Case("cp", lambda: table(Land="Absurdistan"), "UNKNOWN_COUNTRY", C, "country", SETTING),
    "an unknown country": Case(
        "json", lambda: lines(record(**_address(country="Absurdistan"))), "COUNTRY_UNKNOWN", A, COUNTRY, ("ISO-Code", "ISO code")
    ),
    "an unknown country in an order": Case(
        "plenty", lambda: orders(**NO_COUNTRY), "INVALID_INPUT", B, "addresses.0.countryId", SETTING, ("1", "3")
    ),
    "10 MB in a line": Case("json", lambda: lines(record(subject=HUGE)), "FIELD_TOO_LARGE", A, "subject", LIMIT),
    "10 MB in an array": Case("json", lambda: array(record(subject=HUGE)), "FIELD_TOO_LARGE", B, "subject", LIMIT),
    "10 MB in a row": Case("cp", lambda: table(Forderungsgrund=HUGE), "FIELD_TOO_LARGE", C, "reason", LIMIT),
    "a truncated line": Case("json", lambda: lines(record())[:-40], "TRUNCATED", "a.ndjson:3", None, EXPORT, ("A-1", "A-2")),
    "a truncated array": Case("json", lambda: array(record())[:-40], "TRUNCATED", "a.json#3", None, EXPORT, ("A-1", "A-2")),
    "a truncated row": Case("cp", lambda: table()[:-59], "TRUNCATED", "a.csv:4", None, EXPORT, ("A-1", "A-2")),
    "a row cut inside a letter": Case("cp", lambda: table()[:-60], "TRUNCATED", "a.csv:4", None, EXPORT, ("A-1", "A-2")),
    "too few columns": Case("cp", lambda: SHORT_ROW, "COLUMN_COUNT", C, None, ("Anführungszeichen", "quotes")),
    "a field that no claim has": Case(
        "json", lambda: lines(record(due_dat="2026-03-17")), "EXTRA_FORBIDDEN", A, "due_dat", ("Schreibweise", "spelling")
    ),
    "a day that does not exist": Case(
        "json", lambda: lines(record(due_date="2026-02-31")), "DATE_FROM_DATETIME_PARSING", A, "due_date", ("JJJJ-MM-TT", "YYYY-MM-DD")
    ),
}


class Told(NamedTuple):
    """What the facade told of a file."""

    counts: dict[str, int]
    problems: dict[str, InvalidInput]
    """Place -> problem."""


def ingested(town: World, case: Case) -> Told:
    """Write and ingest the file of a case."""
    file = town.folder / case.name
    file.write_bytes(case.content())
    problems: dict[str, InvalidInput] = {}

    def on_result(result: Any, place: str | None) -> None:
        if result.problem is not None:
            problems[str(place)] = result.problem

    done = town.ink.ingest(file, shop=case.shop, on_result=on_result)
    return Told(done.counts, problems)


def keys(town: World, shop: str) -> tuple[str, ...]:
    """The keys of the claims that are stored."""
    return tuple(stored.record for stored in town.ink.claims() if stored.shop == shop)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    """An installation with a shop of each kind."""
    with world(tmp_path, shops=SHOPS) as opened:
        yield opened


@pytest.mark.parametrize("name", CASES)
def test_the_bad_record_is_told_and_the_good_ones_are_kept(town: World, name: str) -> None:
    case = CASES[name]
    told = ingested(town, case)
    assert keys(town, case.shop) == case.kept
    problem = told.problems[case.place]
    assert (problem.reason, problem.field, problem.where) == (case.code, case.field, case.place)
    for text, remedy in zip(problem.text, case.remedy, strict=True):
        assert remedy in text
        assert case.field is None or case.field in text
        assert len(text) < 500
    assert problem.text.de != problem.text.en


@pytest.mark.parametrize("name", CASES)
def test_the_bad_record_is_stored_with_place_and_reason_once(town: World, name: str) -> None:
    case = CASES[name]
    first = ingested(town, case)
    stored = town.ink.failed_events()
    assert [(row.place, row.code) for row in stored] == [(place, problem.reason) for place, problem in first.problems.items()]
    (row,) = [row for row in stored if row.place == case.place]
    assert (row.shop, row.code, row.field) == (case.shop, case.code, case.field)
    assert row.message == first.problems[case.place].text._asdict()

    again = ingested(town, case)
    assert again.problems.keys() == first.problems.keys()
    assert (again.counts["registered"], again.counts["repeated"]) == (0, len(case.kept))
    assert again.counts["failed"] == first.counts["failed"]
    assert [row.id for row in town.ink.failed_events()] == [row.id for row in stored]


def test_a_mended_record_becomes_a_claim_whether_the_file_comes_again_or_not(town: World) -> None:
    ingested(town, CASES["an unknown country in a row"])
    mended = CASES["an unknown country in a row"]._replace(content=lambda: table(Land="Österreich"))
    assert ingested(town, mended).problems == {}
    assert keys(town, "cp") == ("A-1", "A-2", "A-3")


# Files that cannot be taken as a whole


WHOLE: dict[str, tuple[str, str, bytes, str, tuple[str, str]]] = {
    "missing columns": (
        "cp", "a.csv", table().replace(b"Forderungsbetrag", b"Preis"), "MISSING_COLUMNS", ("amount", "amount"),
    ),
    "a column twice": ("cp", "a.csv", table().replace(b"Ort", b"PLZ", 1), "DUPLICATE_COLUMN", ("postal_code", "postal_code")),
    "JSON in UTF-16": ("json", "a.json", array({}).decode().encode("utf-16"), "WRONG_ENCODING", UTF8),
    "one row in another encoding than was guessed": ("cp", "a.csv", LATIN_ROW, "WRONG_ENCODING", ("dialect.encoding", "dialect.encoding")),
    "DOS letters": ("cp", "a.csv", table("cp850", Vorname="Jürgen"), "WRONG_ENCODING", ("cp850", "cp850")),
    "UTF-16 without its mark": ("cp", "a.csv", table("utf-16-le"), "WRONG_ENCODING", UTF8),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_taken_is_refused_and_nothing_is_stored(town: World, name: str) -> None:
    shop, file_name, content, code, remedy = WHOLE[name]
    file = town.folder / file_name
    file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(FileRefused) as caught:
            town.ink.ingest(file, shop=shop)
    assert (caught.value.reason, caught.value.where) == (code, str(file))
    for text, needed in zip(caught.value.text, remedy, strict=True):
        assert str(file) in text
        assert needed in text
    assert "Abhilfe" in caught.value.text.de
    assert "Remedy" in caught.value.text.en
    assert (keys(town, shop), town.ink.failed_events()) == ((), [])


@pytest.mark.parametrize("name", ["nowhere.csv", "folder", "file/a.csv"])
def test_a_file_that_is_not_there(town: World, name: str) -> None:
    (town.folder / "folder").mkdir()
    (town.folder / "file").touch()
    with pytest.raises(FileRefused) as caught:
        town.ink.ingest(town.folder / name, shop="cp")
    for text in caught.value.text:
        assert str(town.folder / name) in text


# Where output cannot go


@pytest.mark.parametrize("live", [True, False])
def test_an_output_path_whose_parent_is_a_file(tmp_path: Path, live: bool) -> None:
    file = tmp_path / "file"
    file.touch()
    accounts = {"agency": {"agency": "plain-file", "settings": {"directory": "file/out"}}}
    with world(tmp_path, accounts=accounts, live=live) as town:
        if not live:
            town.ink.mandate("agency", dated=town.clock.day, actor=OPERATOR)
        town.running("A-1", "A-2")
        (report,) = town.transmit()
        assert report.mode == "stopped"
        for text in report.reason:
            assert str(file) in text
            assert "directory" in text
        assert "Verzeichnis angeben" in report.reason.de
        assert "Name another directory" in report.reason.en
        assert {town.state(key) for key in ("A-1", "A-2")} == {State.RUNNING}
        assert [task.kind for task in town.tasks()] == (["account_stopped"] if live else [])
        file.unlink()
        if live:
            town.ink.go_live("agency", actor=OPERATOR)
        (report,) = town.transmit()
        assert (report.rows, report.mode) == (2, "live" if live else "rehearsal")


def test_a_list_whose_parent_is_a_file(town: World) -> None:
    (town.folder / "file").touch()
    with pytest.raises(ConfigurationError) as caught:
        town.ink.export(town.folder / "file" / "claims.csv")
    for text in caught.value.text:
        assert str(town.folder / "file") in text


# The database


def test_a_database_of_a_newer_version_is_named_and_left_alone(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.ready("A-1")
        with town.ink._context.database.engine.begin() as link:
            link.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for _ in range(2):
        with pytest.raises(StoreError) as caught, world(tmp_path):
            pass
        for text, remedy in zip(caught.value.text, ("bitte inkasso aktualisieren", "please update inkasso"), strict=True):
            assert str(tmp_path / "test.db") in text
            assert "9999" in text
            assert remedy in text
        assert caught.value.field == "inkasso.database"
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    with engine.begin() as link:
        assert link.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"
        link.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with world(tmp_path) as town:
        assert town.state("A-1") is State.READY


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "test.db"
    file.write_bytes(content)
    with pytest.raises(StoreError) as caught, world(tmp_path):
        pass
    for text in caught.value.text:
        assert str(file) in text
        assert "[inkasso] database" in text
    assert file.read_bytes() == content
