"""What the first records of a table say about it: separator, headings, and which column is which."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Final

from inkasso_core.readers._types import ColumnSpec, DecimalSign, Dialect, Limits, Report, fold
from inkasso_core.readers.lines import Lines
from inkasso_core.readers.messages import refused
from inkasso_core.readers.rows import RowReader
from inkasso_core.readers.source import ByteSource

SAMPLE: Final = 20
"""Records that are looked at."""

_SEPARATORS: Final = {";": ";", "tab": "\t", ",": ",", "|": "|"}
_NAMES: Final = {sign: name for name, sign in _SEPARATORS.items()}
_HINT: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?sep=([;,|\t])\r?\n?")
_COMMA: Final = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),\d{1,2}")
_POINT: Final = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d{1,2}")

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a table; ``complete`` where that is all of it."""

    content: bytes
    complete: bool
    encoding: str
    guessed: bool

    def rows(self, dialect: Dialect, separator: str, limits: Limits) -> Rows:
        """The first rows that can be read, as they will be read later; the last one does not count where it may be cut off."""
        source = ByteSource(io.BytesIO(self.content), size=None, max_bytes=None)
        found = RowReader(dialect, separator, limits).read(Lines(source, limits, self.encoding, guessed=self.guessed))
        rows = list(islice((row for row in found if isinstance(row, list)), SAMPLE + 1))
        if len(rows) > SAMPLE or (not self.complete and len(rows) > 1):
            rows.pop()
        return rows

    def without(self, length: int) -> Sample:
        """The same without its first bytes."""
        return replace(self, content=self.content[length:])


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the rows: ``names`` are the keys of each record."""

    separator: str
    names: tuple[str, ...]
    hint: bool
    """The first line is a spreadsheet's ``sep=;``, no row."""
    report: Report

    @property
    def header(self) -> bool:
        """Whether the first record holds the headings."""
        return bool(self.report.header)


class _Headings:
    """The headings that the caller expects."""

    def __init__(self, columns: Sequence[ColumnSpec]) -> None:
        self._columns = columns
        self.canonical = frozenset(column.name for column in columns)
        self._owner = {heading: column.name for column in columns for heading in column.headings()}

    def matches(self, cells: Sequence[str]) -> list[str]:
        """The canonical names among the cells."""
        return [name for cell in cells if (name := self._owner.get(fold(cell)))]

    def are(self, cells: Sequence[str]) -> bool:
        """Whether two thirds of the expected names stand here; a table with fewer columns needs two thirds of its own.

        Columns that are found by their heading only may be missing, but count where they are there.
        """
        usual = sum(not column.by_name_only for column in self._columns) or len(self._columns)
        wanted = min(usual, len(cells))
        return wanted > 0 and 3 * len(set(self.matches(cells))) >= 2 * wanted

    def absent(self, cells: Sequence[str], *, required: bool) -> tuple[str, ...]:
        """The expected columns that are not there."""
        there = set(self.matches(cells))
        return tuple(column.name for column in self._columns if column.required >= required and column.name not in there)

    def names(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The key of each column: canonical, else the heading itself; a second one of that heading gets a number."""
        names: dict[str, None] = {}
        for place, cell in enumerate(cells, start=1):
            name = self._owner.get(fold(cell)) or cell.strip() or f"column_{place}"
            numbered = (f"{name} ({times})" for times in count(2))
            names[name if name not in names else next(again for again in numbered if again not in names)] = None
        return tuple(names)


def detect_layout(sample: Sample, dialect: Dialect, limits: Limits, path: str) -> Layout:
    """Tell the layout from the beginning of the file.

    Raises FileRefused where separators tie, required columns are missing, a column comes twice, or the number of columns
    is not the expected one.
    """
    hint = _HINT.match(sample.content)
    if hint:
        sample = sample.without(hint.end())
    headings = _Headings(dialect.columns)
    if dialect.separator != "auto":
        separator = _SEPARATORS[dialect.separator]
    elif hint:
        separator = hint[1].decode()
    else:
        tables = {sign: sample.rows(dialect, sign, limits) for sign in _SEPARATORS.values()}
        separator = _choose(tables, dialect, headings, path)
    rows = sample.rows(dialect, separator, limits)
    header = _has_header(rows, dialect, headings)
    report = Report(separator=_NAMES[separator], header=header, decimal=_decimal(rows, dialect))
    if header and rows:
        names = headings.names(rows[0])
        _check_headings(rows[0], headings, path)
        report.unknown = tuple(name for name in names if dialect.columns and name not in headings.canonical)
        report.missing = headings.absent(rows[0], required=False)
    else:
        names = tuple(column.name for column in dialect.positional) or headings.names([""] * _width(rows))
    report.columns = names
    _check_width(rows[1:] if header else rows, names, headings, path)
    return Layout(separator, names, hint is not None, report)


def _width(rows: Rows) -> int:
    """The number of columns that most records have."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _choose(tables: Mapping[str, Rows], dialect: Dialect, headings: _Headings, path: str) -> str:
    """Find the one separator that the rows agree on: evidence first by headings, then by number of columns."""
    if not any(tables.values()):
        return ";"
    split = {sign: rows for sign, rows in tables.items() if _width(rows) > 1}
    agreeing = {sign: sum(len(row) == _width(rows) for row in rows) / len(rows) for sign, rows in split.items()}
    evidence = (
        [sign for sign, rows in split.items() if headings.are(rows[0])],
        [sign for sign, rows in split.items() if _width(rows) == len(dialect.positional) and agreeing[sign] >= 0.75],
        [sign for sign, share in agreeing.items() if share == 1],
        [sign for sign, share in agreeing.items() if share >= 0.75],
    )
    for found in evidence:
        if len(found) == 1:
            return found[0]
    ties = next((found for found in evidence if found), None)
    if ties:
        raise refused("SEPARATOR_TIE", path, found=" ".join(_NAMES[sign] for sign in ties))
    if not split and len(dialect.positional) <= 1:
        return ";"  # a single column has no separator at all
    raise refused("SEPARATOR_UNKNOWN", path)


def _has_header(rows: Rows, dialect: Dialect, headings: _Headings) -> bool:
    if dialect.header != "auto":
        return dialect.header == "yes"
    # Without expected columns there is nothing to hold the first record against: headings are what people write there.
    return not dialect.columns or (bool(rows) and headings.are(rows[0]))


def _check_headings(cells: Sequence[str], headings: _Headings, path: str) -> None:
    twice = [name for name, times in Counter(headings.matches(cells)).items() if times > 1]
    if twice:
        raise refused("DUPLICATE_COLUMN", path, columns=", ".join(twice))
    if missing := headings.absent(cells, required=True):
        raise refused("MISSING_COLUMNS", path, columns=", ".join(missing))


def _check_width(rows: Rows, names: Sequence[str], headings: _Headings, path: str) -> None:
    """Refuse the file where its records agree on another number of columns; single ones are rejected later."""
    if not rows or any(len(row) == len(names) for row in rows):
        return
    if headings.matches(rows[0]) and (missing := headings.absent(rows[0], required=True)):
        raise refused("MISSING_COLUMNS", path, columns=", ".join(missing))
    raise refused("COLUMN_COUNT", path, found=_width(rows), expected=len(names))


def _decimal(rows: Rows, dialect: Dialect) -> DecimalSign:
    if dialect.decimal != "auto":
        return dialect.decimal
    cells = [cell.strip() for row in rows for cell in row]
    comma, point = (any(map(pattern.fullmatch, cells)) for pattern in (_COMMA, _POINT))
    return "auto" if comma == point else "," if comma else "."
