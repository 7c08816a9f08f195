"""Tables as bytes: the same rows give the same bytes, and no cell runs in a spreadsheet.

A column says what it holds and how to read it from an item; the dialect says how it is written; the writer puts the
two together once. Nearly every row is clean, and one pattern built from the kinds of all columns proves it so at a
stroke; only a row that fails it goes through :mod:`~inkasso_core.agencies.cells` cell by cell. Both ways give the same
bytes for a clean row.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar, overload

from inkasso_core.agencies.cells import (
    LOOKALIKES,
    RAW,
    TRIGGERS,
    CellChange,
    Changes,
    Kind,
    Refused,
    TableDialect,
    safe,
    written,
)
from inkasso_core.errors import ClaimInvalid, ConfigurationError
from inkasso_core.model.codes import decimals
from inkasso_core.model.words import Text

__all__ = ["Cell", "Changes", "Column", "Kind", "TableDialect", "TableWriter"]

T = TypeVar("T")
V = TypeVar("V")

Cell: TypeAlias = str | Decimal | dt.date | None
"""What a column reads from an item: text, an amount, a date, or nothing."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column: its name in the first line, what it holds, and how it is read from an item."""

    header: str
    kind: Kind
    value: Callable[[T], Cell]
    max_length: int | None = None
    """Characters. Text is shortened and the change reported; any other kind is refused."""
    currency: str | Callable[[T], str] = "EUR"
    """Decides the decimals of an amount."""


class TableWriter(Generic[T]):
    """Writes items as rows. One writer for one file: it counts the rows and what it had to change.

    With ``view``, the columns read what ``view`` makes of an item, once a row. ``agency`` names the adapter in errors.
    """

    @overload
    def __init__(self, columns: Sequence[Column[T]], dialect: TableDialect, *, agency: str = "") -> None: ...

    @overload
    def __init__(self, columns: Sequence[Column[V]], dialect: TableDialect, *, view: Callable[[T], V], agency: str = "") -> None: ...

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        dialect: TableDialect,
        *,
        view: Callable[[T], Any] | None = None,
        agency: str = "",
    ) -> None:
        self.dialect = dialect
        self.rows = 0
        """How many rows were written."""
        self.changes = Changes()
        self._columns = tuple(columns)
        self._view = view
        self._agency = agency
        self._readers = tuple(_reader(column, dialect, agency) for column in self._columns)
        self._codec = dialect.codec
        self._edge = '"' if dialect.quoting == "all" else ""
        self._joint = self._edge + dialect.separator + self._edge
        self._end = self._edge + {"CRLF": "\r\n", "LF": "\n"}[dialect.line_end]
        alone = len(self._columns) == 1
        cells = [_clean_cell(column, dialect, alone=alone) for column in self._columns]
        self._is_clean = re.compile(re.escape(self._joint).join(cells)).fullmatch

    def header(self) -> bytes:
        """Return what the file begins with: byte order mark and column names, as far as the dialect wants them."""
        mark = codecs.BOM_UTF8 if self.dialect.encoding == "utf-8-sig" else b""
        if not self.dialect.header:
            return mark
        try:
            names = [safe(column.header, Kind.TEXT, self.dialect)[0] for column in self._columns]
        except Refused as exc:
            raise ConfigurationError(
                Text(f"Eine Spaltenüberschrift {exc.text.de}.", f"The name of a column {exc.text.en}."),
                field="encoding",
            ) from None
        return mark + self._line(names)

    def row(self, item: T) -> bytes:
        """Return the item as one line.

        Raises ``ClaimInvalid`` with the column in ``fields`` when a cell cannot be expressed; it is then not counted.
        """
        seen = item if self._view is None else self._view(item)
        cells: list[Any] = ["" if (cell := read(seen)) is None else cell for read in self._readers]
        try:
            line = self._joint.join(cells)
        except TypeError:  # a text column that holds an amount or a date
            cells = [_text(cell, self.dialect) for cell in cells]
            line = self._joint.join(cells)
        done = self._at_once(line) or self._careful(cells)
        self.rows += 1
        return done

    def _at_once(self, line: str) -> bytes | None:
        """Return the bytes of a row that needs no change, or None. A line with tabs counts as one that may need it."""
        if not self._is_clean(line) or not line.isprintable():
            return None
        if not line.isascii() and not unicodedata.is_normalized("NFC", line):
            return None
        try:
            return (self._edge + line + self._end).encode(self._codec)
        except UnicodeEncodeError:
            return None

    def _careful(self, cells: Sequence[str]) -> bytes:
        """Return the bytes of any row, and note what had to be changed."""
        done, changes = [], []
        for column, cell in zip(self._columns, cells, strict=True):
            try:
                text, what = safe(cell, column.kind, self.dialect, column.max_length)
            except Refused as exc:
                raise _invalid(column, exc, self._agency) from None
            done.append(text)
            changes += [CellChange(self.rows + 1, column.header, change) for change in what]
        self.changes.add(changes)
        return self._line(done)

    def _line(self, cells: Sequence[str]) -> bytes:
        line = self._joint.join(map(self._quoted, cells))
        if not line and not self._edge:
            line = '""'  # a single empty cell: an empty line would be no row at all
        return (self._edge + line + self._end).encode(self._codec)

    def _quoted(self, cell: str) -> str:
        inner = cell.replace('"', '""')
        return inner if self._edge or (inner == cell and self.dialect.separator not in cell) else f'"{inner}"'


def _reader(column: Column[Any], dialect: TableDialect, agency: str) -> Callable[[Any], Cell]:
    """Return what reads the column from an item: amounts, dates and telephone numbers already in the dialect's form."""
    read, currency = column.value, column.currency
    fixed = decimals(currency) if isinstance(currency, str) else 0

    def amount(item: Any) -> str | None:
        value = read(item)
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"column {column.header}: an amount is a Decimal")
        try:
            return written(value, fixed if isinstance(currency, str) else decimals(currency(item)), dialect.decimal)
        except Refused as exc:
            raise _invalid(column, exc, agency) from None

    def date(item: Any) -> str | None:
        value = read(item)
        if value is None:
            return None
        if not isinstance(value, dt.date):
            raise TypeError(f"column {column.header}: a date is a datetime.date")
        return _date(value, dialect.date_format)

    def phone(item: Any) -> Cell:
        value = read(item)
        return "00" + value[1:] if isinstance(value, str) and value[:1] == "+" else value

    if column.kind is Kind.PHONE and dialect.phone == "00":
        return phone
    return {Kind.AMOUNT: amount, Kind.DATE: date}.get(column.kind, read)


@lru_cache(maxsize=4096)
def _date(day: dt.date, form: str) -> str:
    year, month, date = day.isoformat()[:10].split("-")
    return f"{date}.{month}.{year}" if form == "%d.%m.%Y" else f"{year}-{month}-{date}"


def _text(cell: Cell, dialect: TableDialect) -> str:
    """Return what a cell of a text column holds that is no text."""
    if isinstance(cell, Decimal):
        return format(cell, "f").replace(".", dialect.decimal)
    return _date(cell, dialect.date_format) if isinstance(cell, dt.date) else cell or ""


def _clean_cell(column: Column[Any], dialect: TableDialect, *, alone: bool) -> str:
    """Return the pattern of a cell that needs no change: nothing to quote, no blank at the ends, no formula sign first.

    What is not printable, not in NFC or not encodable is left to the writer to see.
    """
    inner = '"' if dialect.quoting == "all" else f'"{re.escape(dialect.separator)}'
    rest = f"{{0,{column.max_length - 1}}}" if column.max_length else "*"
    text = f"[^ {inner}{re.escape(TRIGGERS)}{LOOKALIKES}][^{inner}]{rest}(?<! )"
    allowed = RAW[column.kind].pattern if column.kind in RAW else _NOTHING
    if (column.kind is Kind.AMOUNT and dialect.decimal == dialect.separator) or (
        column.kind is Kind.PHONE and dialect.target == "spreadsheet"
    ):
        allowed = _NOTHING
    is_needed = alone and dialect.quoting == "minimal"
    return f"(?:{allowed}|{text})" + ("" if is_needed else "?")


_NOTHING = "(?!)"


def _invalid(column: Column[Any], exc: Refused, agency: str) -> ClaimInvalid:
    return ClaimInvalid(
        Text(f"Spalte {column.header}: der Wert {exc.text.de}.", f"Column {column.header}: the value {exc.text.en}."),
        agency=agency,
        fields=(column.header,),
    )
