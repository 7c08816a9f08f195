"""Exports as a CP::Shop might write them, and the way through the plugin. All persons and companies are invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from inkasso_core import Claim, InvalidInput, Record, Rejected, ShopEvent, ShopEventKind
from inkasso_shop_plugins.cpshop import CPShop, CPShopSettings

EXPORTED = dt.datetime(2026, 6, 1, 6, 0, tzinfo=dt.UTC)
RECEIVED = dt.datetime(2026, 6, 2, 6, 0, tzinfo=dt.UTC)

COLUMNS = (
    "Vorname", "Nachname", "Geschlecht", "Firma", "Strasse", "PLZ", "Ort", "Land", "Telefon 1", "Telefon 2", "Fax", "Email",
    "Rechnungsnr", "Forderungsbetrag", "Forderungsgrund", "Leistungsdatum", "Mahndatum", "Forderungstyp",
)  # fmt: skip
"""The documented columns in their order."""

Cells = dict[str, str]
Taken = Claim | InvalidInput | Rejected

PERSON: Cells = {
    "Vorname": "Jördis", "Nachname": "Groß-Möller", "Geschlecht": "f", "Firma": "", "Strasse": "Lange Straße 7 a", "PLZ": "01067",
    "Ort": "Dresden", "Land": "DE", "Telefon 1": "+49 351 4567890", "Telefon 2": "", "Fax": "", "Email": "joerdis@example.org",
    "Rechnungsnr": "R-2026-0815", "Forderungsbetrag": "153,99", "Forderungsgrund": "Gartenbank „Eiche“", "Leistungsdatum": "02.03.2026",
    "Mahndatum": "15.04.2026", "Forderungstyp": "1",
}  # fmt: skip
"""A row of the documented export, complete."""

DEBTORS: tuple[Cells, ...] = (
    {},
    {"Vorname": "Seán", "Nachname": "O'Neill", "Geschlecht": "m", "PLZ": "4020", "Ort": "Linz", "Land": "AT"},
    {"Vorname": "Änne-Marie", "Nachname": "von der Straße", "Geschlecht": "@", "Strasse": "Q7, 24", "PLZ": "68161", "Ort": "Mannheim"},
    {"Vorname": "", "Nachname": "", "Geschlecht": "c", "Firma": 'Müller & Söhne "Zur Linde" GmbH', "PLZ": "8001", "Land": "CH"},
    {"Vorname": "Kim", "Nachname": "de Vries", "Firma": "Vries; Bakker | Co", "PLZ": "1012 AB", "Ort": "Amsterdam", "Land": "NL"},
    {"Forderungsgrund": "Regal,\r\nzweite Lieferung", "Strasse": "Straße des 17. Juni 135"},
)
"""What differs from :data:`PERSON`, for rows that are all good."""

ASSERTION: dict[str, Any] = {"currency": "EUR"}
"""The least that the documented columns lack."""


@pytest.fixture
def row() -> Callable[..., Cells]:
    """Make a row: the complete one, with changes by heading."""
    return lambda changes=(), **more: {**PERSON, **dict(changes), **more}


@pytest.fixture
def good_rows(row: Callable[..., Cells]) -> list[Cells]:
    """Six good rows, each with an invoice number of its own."""
    return [row(debtor, Rechnungsnr=f"R-{number}") for number, debtor in enumerate(DEBTORS, start=1)]


def written(
    rows: Sequence[Cells],
    *,
    separator: str = ";",
    encoding: str = "utf-8",
    header: bool = True,
    columns: Sequence[str] | None = None,
    line_end: str = "\r\n",
    quote_all: bool = False,
) -> bytes:
    """Return the rows as a file."""
    names = columns or list(rows[0])
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=separator, lineterminator=line_end, quoting=quoting)
    if header:
        writer.writerow(names)
    writer.writerows([cells[name] for name in names] for cells in rows)
    return out.getvalue().encode(encoding)


@pytest.fixture(name="written")
def written_file() -> Callable[..., bytes]:
    """Write rows as a file's bytes."""
    return written


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write rows, or bytes as they are, into a file and return its path."""

    def write(rows: Sequence[Cells] | bytes, **options: Any) -> Path:
        path = tmp_path / "export.csv"
        path.write_bytes(rows if isinstance(rows, bytes) else written(rows, **options))
        return path

    return write


def configured(settings: dict[str, Any]) -> CPShopSettings:
    return CPShopSettings.model_validate({"assertion": ASSERTION, **settings})


@pytest.fixture
def ask() -> Callable[..., Claim]:
    """Fire the hook for a payload by our column names; further arguments are settings."""

    def answer(payload: dict[str, Any], reported_at: dt.datetime | None = EXPORTED, **settings: Any) -> Claim:
        event = ShopEvent(
            id="e1",
            kind=ShopEventKind.EXPORT_REQUESTED,
            shop="cp",
            received_at=RECEIVED,
            reported_at=reported_at,
            payload=payload,
            settings=configured(settings),
        )
        return CPShop().inkasso_export_requested(event)

    return answer


@pytest.fixture
def taken(export: Callable[..., Path], ask: Callable[..., Claim]) -> Callable[..., list[Taken]]:
    """Read a file of these rows and return a claim or a refusal for each; ``file`` says how it is written, the rest are settings."""

    def take(rows: Sequence[Cells] | bytes, file: dict[str, Any] | None = None, **settings: Any) -> list[Taken]:
        path = export(rows, **(file or {}))
        found: list[Taken] = []
        with CPShop().open_export(str(path), settings=configured(settings)) as reader:
            for entry in reader:
                if not isinstance(entry, Record):
                    found.append(entry)
                    continue
                try:
                    found.append(ask(dict(entry.data), **settings))
                except InvalidInput as refusal:
                    found.append(refusal)
        return found

    return take


@pytest.fixture
def claim(taken: Callable[..., list[Taken]], row: Callable[..., Cells]) -> Callable[..., Claim]:
    """Take one row with changes by heading; further arguments are settings."""

    def one(changes: Cells | None = None, **settings: Any) -> Claim:
        (found,) = taken([row(changes or {})], **settings)
        assert isinstance(found, Claim), found
        return found

    return one


@pytest.fixture
def refusal(taken: Callable[..., list[Taken]], row: Callable[..., Cells]) -> Callable[..., InvalidInput]:
    """Take one row with changes by heading that is refused; further arguments are settings."""

    def one(changes: Cells, **settings: Any) -> InvalidInput:
        (found,) = taken([row(changes)], **settings)
        assert isinstance(found, InvalidInput), found
        for language in ("de", "en"):
            text = found.read(language)
            assert not [value for value in changes.values() if len(value) > 1 and value in text], "the refused value is shown"
        return found

    return one
