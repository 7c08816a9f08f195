"""The list of what was handed over by hand before: CSV or JSON with number, case reference and day, checked row by row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core.errors import InvalidInput
from inkasso_core.model.words import Text
from inkasso_core.readers import ColumnSpec, Dialect, Record, Rejected, ValueRefused, open_records, parse_date, refuse_damage
from inkasso_core.readers._types import fold
from inkasso_core.store.adopted import folded

ORDER, INVOICE, CASE, DAY, SHOP = "order", "invoice", "case", "day", "shop"
COLUMNS = (
    ColumnSpec(ORDER, ("Auftrag", "Auftragsnummer", "Auftragsnr", "Bestellung", "Bestellnummer", "order number"), by_name_only=True),
    ColumnSpec(INVOICE, ("Rechnung", "Rechnungsnummer", "Rechnungsnr", "invoice number"), by_name_only=True),
    ColumnSpec(CASE, ("Aktenzeichen", "Akte", "case reference", "case number"), required=True),
    ColumnSpec(DAY, ("Datum", "Tag", "date", "übergeben am", "handed over on"), required=True),
    ColumnSpec(SHOP, (), by_name_only=True),
)
_OWNER = {heading: column.name for column in COLUMNS for heading in column.headings()}
_is_whole = re.compile(r"-?[0-9]+\.0+").fullmatch
_LONGEST = 300
_OLDEST = dt.date(1990, 1, 1)
"""Nothing that was handed over earlier is still open: such a day is a slip."""


class Row(NamedTuple):
    """A row that makes sense by itself."""

    place: str
    """File and row, for messages."""
    shop: str
    order: str | None
    invoice: str | None
    case_reference: str
    day: dt.date


class Refused(NamedTuple):
    """A row that does not."""

    place: str
    problem: InvalidInput


def read(path: str, *, shops: Collection[str], shop: str | None, today: dt.date) -> Iterator[Row | Refused]:
    """Yield every row of the list, checked; ``shops`` may be named in it, ``shop`` counts where a row names none.

    Raises :class:`FileRefused` where the file as a whole cannot be read, or has no column for the number, the case or the day.
    """
    name = Path(path).name if path != "-" else "stdin"
    with open_records(path, dialect=Dialect(columns=COLUMNS, header="yes")) as reader:
        for entry in reader:
            line = entry.position.line
            place = f"{name}:{line}" if line is not None else f"{name}#{entry.position.index + 1}"
            if isinstance(entry, Rejected):
                yield Refused(place, InvalidInput(entry.message, field=entry.field, where=place, reason=entry.code))
                continue
            try:
                yield _row(entry, place, shops, shop, today)
            except InvalidInput as exc:
                exc.where = place
                yield Refused(place, exc)


def _row(entry: Record, place: str, shops: Collection[str], shop: str | None, today: dt.date) -> Row:
    cells = _cells(entry.data)
    order, invoice, case, its_shop = (_number(cells, name) for name in (ORDER, INVOICE, CASE, SHOP))
    if order is None and invoice is None:
        raise InvalidInput(_NO_NUMBER, field=f"{ORDER}/{INVOICE}", reason="NO_NUMBER")
    if case is None:
        raise InvalidInput(_NO_CASE, field=CASE, reason="NO_CASE")
    meant = its_shop or shop
    if meant is None or meant not in shops:
        raise InvalidInput(_NO_SHOP.fill(known=", ".join(sorted(shops)) or "-"), field=SHOP, reason="NO_SHOP")
    return Row(place, meant, order, invoice, case, _day(cells, today))


def _cells(data: Mapping[str, Any]) -> dict[str, str]:
    """The cells by our names of the columns; JSON may spell them as a table may."""
    cells: dict[str, str] = {}
    for heading, value in data.items():
        name = _OWNER.get(fold(str(heading)))
        if name is None or value is None or isinstance(value, Mapping | list | bool):
            continue
        text = str(_whole(value)).strip()
        if text and cells.setdefault(name, text) != text:
            raise InvalidInput(_TWICE, field=name, reason="TWICE")
    return cells


def _whole(value: object) -> object:
    """A number as people write it: programs store 4711 as 4711.0 where a column has gaps."""
    return int(value) if isinstance(value, Decimal) and _is_whole(str(value)) else value


def _number(cells: Mapping[str, str], name: str) -> str | None:
    text = cells.get(name, "")
    if not text:
        return None
    if len(folded(text)) > _LONGEST or len(text) > _LONGEST or not text.isprintable():
        raise InvalidInput(_NO_SUCH_NUMBER, field=name, reason="NO_SUCH_NUMBER")
    try:
        return refuse_damage(text)
    except ValueRefused as exc:
        raise InvalidInput(exc.message, field=name, reason=exc.code) from None


def _day(cells: Mapping[str, str], today: dt.date) -> dt.date:
    try:
        day = parse_date(cells.get(DAY, ""))
    except ValueRefused as exc:
        raise InvalidInput(exc.message, field=DAY, reason=exc.code) from None
    if day is None:
        raise InvalidInput(_NO_DAY, field=DAY, reason="NO_DAY")
    if not _OLDEST <= day <= today:
        raise InvalidInput(_ODD_DAY, field=DAY, reason="ODD_DAY")
    return day


_TWICE = Text("Zwei Angaben widersprechen sich: bitte nur eine machen.", "Two values contradict each other: please give one.")
_NO_NUMBER = Text(
    "Es fehlt die Nummer: bitte den Auftrag oder die Rechnung angeben.", "The number is missing: please give the order or the invoice."
)
_NO_CASE = Text(
    "Es fehlt das Aktenzeichen der Agentur: dort erfragen; wo es keines gibt, passt `inkasso adopt --before`.",
    "The agency's case reference is missing: ask there; where there is none, `inkasso adopt --before` fits.",
)
_NO_DAY = Text("Es fehlt der Tag der Übergabe.", "The day of the hand-over is missing.")
_ODD_DAY = Text(
    "Der Tag der Übergabe liegt in der Zukunft oder vor 1990: bitte berichtigen.",
    "The day of the hand-over lies in the future or before 1990: please correct it.",
)
_NO_SUCH_NUMBER = Text(
    "Das ist keine Nummer: mehr als 300 Zeichen, oder unsichtbare Zeichen darin.",
    "This is no number: more than 300 characters, or invisible ones in it.",
)
_NO_SHOP = Text(
    "Zu welchem Shop das gehört, ist nicht klar: eine Spalte „shop“ ergänzen oder --shop angeben. Eingerichtete Shops: {known}.",
    'It is not clear to which shop this belongs: add a column "shop" or give --shop. Configured shops: {known}.',
)
