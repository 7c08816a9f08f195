"""Legal values as tables: every row has its source and the day from which it is valid. A value that is not there is an error, no guess."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from typing import Any, NamedTuple

from inkasso_core.errors import ConfigurationError, LegalDataMissing
from inkasso_core.model.words import Text

_MISSING = Text(
    "Tabelle „{label.de}“ ({country}): das {half}. Halbjahr {year} fehlt. inkasso aktualisieren, oder den amtlichen Wert in inkasso.toml "
    "unter [{field}] als {first} eintragen",
    "table “{label.en}” ({country}): {year}-H{half} is missing. Update inkasso, or enter the official value in inkasso.toml under "
    "[{field}] as {first}",
)
_TOO_EARLY = Text(
    "Tabelle „{label.de}“ ({country}): das {half}. Halbjahr {year} liegt vor ihrer ersten Zeile ({begin}). Datum prüfen; für so alte "
    "Forderungen rechnet inkasso keine Zinsen",
    "table “{label.en}” ({country}): {year}-H{half} lies before its first row ({begin}). Check the date; inkasso computes no interest for "
    "claims that old",
)
_NO_HALF_YEAR = Text(
    "[{field}] {day}: ein Satz gilt ab dem 1. Januar oder 1. Juli, frühestens ab {begin}. Datum berichtigen",
    "[{field}] {day}: a rate is valid from 1 January or 1 July, from {begin} at the earliest. Correct the date",
)
_NO_PERCENT = Text(
    "[{field}] {day}: kein Prozentsatz zwischen -100 und 100. Wert berichtigen, zum Beispiel 1.27",
    "[{field}] {day}: no percentage between -100 and 100. Correct the value, for example 1.27",
)
_CONTRADICTION = Text(
    "[{field}] {day}: die Tabelle von inkasso nennt {known}. Zeile entfernen, oder den amtlichen Wert nachschlagen und den Fehler melden",
    "[{field}] {day}: inkasso's own table says {known}. Remove the line, or look the official value up and report the error",
)


class RateRule(NamedTuple):
    """A statutory rate of default interest."""

    points: Decimal
    """Percentage points above the base rate."""
    flat_fee: Decimal
    """EUR, once a claim; zero where there is none."""
    source: str


class TableInfo(NamedTuple):
    """What a legal table says of itself."""

    name: str
    country: str
    label: Text
    source: str
    rows: int
    first: dt.date
    """From when its oldest row is valid."""
    last: dt.date
    """From when its newest row is valid."""
    covers_until: dt.date | None
    """The last day for which the table certainly answers; None: until the law changes."""


def _read(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _checked(source: str, content: Mapping[str, Any]) -> str:
    return f"{source} (checked {content['checked']})"


class Statute(NamedTuple):
    """One table of a statute: its rows, the oldest first, each with ``valid_from``, ``source`` and its values."""

    info: TableInfo
    rows: tuple[Mapping[str, Any], ...]

    def on(self, day: dt.date | None) -> Mapping[str, Any]:
        """Return the row that was valid on ``day``; the oldest one for an earlier day, and where the day is not known."""
        return next((row for row in reversed(self.rows) if day is not None and row["valid_from"] <= day), self.rows[0])


def statutes(name: str) -> dict[str, Statute]:
    """Read the tables of the data file ``name``."""
    content = _read(name)
    found = {}
    for key, table in content.items():
        if isinstance(table, dict):
            rows, source = tuple(table["rows"]), _checked(table["source"], content)
            first, last = rows[0]["valid_from"], rows[-1]["valid_from"]
            found[key] = Statute(TableInfo(key, content["country"], Text(**table["label"]), source, len(rows), first, last, None), rows)
    return found


class _Half(NamedTuple):
    """A half-year."""

    year: int
    half: int

    @classmethod
    def of(cls, day: dt.date) -> _Half:
        return cls(day.year, 1 if day.month < 7 else 2)

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def last(self) -> dt.date:
        return dt.date(self.year, 6, 30) if self.half == 1 else dt.date(self.year, 12, 31)

    @property
    def next(self) -> _Half:
        return _Half(self.year, 2) if self.half == 1 else _Half(self.year + 1, 1)


class _Content(NamedTuple):
    """A table of base rates as it was read; ``own``: how many rows are the merchant's."""

    country: str
    label: Text
    source: str
    percent: Mapping[_Half, Decimal]
    own: int = 0


class BaseRates:
    """The base rates (Basiszinssätze) of one country, in percent a year, one for each half-year. Read at the first question."""

    def __init__(self, read: Callable[[], _Content]) -> None:
        self._read = read

    @classmethod
    def shipped(cls, name: str) -> BaseRates:
        """Return the rates of the data file ``name``."""
        return cls(lambda: _content(name))

    @cached_property
    def _content(self) -> _Content:
        return self._read()

    @property
    def info(self) -> TableInfo:
        """What the table says of itself."""
        country, label, source, percent, own = self._content
        halves = sorted(percent)
        covered = halves[0]
        while covered.next in percent:
            covered = covered.next
        note = f"; {own} from inkasso.toml" if own else ""
        return TableInfo("base_rates", country, label, source + note, len(halves), halves[0].first, halves[-1].first, covered.last)

    def at(self, day: dt.date) -> Decimal:
        """Return the base rate in percent a year on ``day``; it may be below zero.

        Raises :class:`~inkasso_core.errors.LegalDataMissing`, naming table and half-year, where the table has no row for it.
        """
        return self._of(_Half.of(day))

    def changes(self, first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date, Decimal]]:
        """Yield (from, to, percent) for the days ``first`` to ``last``, both included: one for every half-year; none where last < first.

        Raises as :meth:`at` does, when it comes to the half-year that is missing.
        """
        if last < first:
            return
        half, end = _Half.of(first), _Half.of(last)
        while half <= end:
            yield max(first, half.first), min(last, half.last), self._of(half)
            half = half.next

    def extended(self, rows: Mapping[dt.date, Decimal]) -> BaseRates:
        """Return the table with the merchant's own ``rows`` (valid from, percent), for a half-year that came after this version.

        Raises :class:`~inkasso_core.errors.ConfigurationError` for a date that begins no half-year, for what is no percentage, and for a
        row that contradicts the table: which of the two is right, a person has to say.
        """
        content = self._content
        percent = dict(content.percent)
        for day, value in rows.items():
            half = _Half.of(day)
            if problem := self._problem(half, day, value):
                raise ConfigurationError(problem, field=f"{self._field}.{day}")
            percent[half] = value
        extended = content._replace(percent=percent, own=content.own + len(percent) - len(content.percent))
        return BaseRates(lambda: extended)

    @property
    def _field(self) -> str:
        return f"law.base_rates.{self._content.country}"

    def _problem(self, half: _Half, day: dt.date, value: Decimal) -> Text | None:
        known = self._content.percent.get(half)
        begin = min(self._content.percent).first
        if day != half.first or day < begin:
            return _NO_HALF_YEAR.fill(field=self._field, day=day, begin=begin)
        if not value.is_finite() or abs(value) > 100:
            return _NO_PERCENT.fill(field=self._field, day=day)
        return _CONTRADICTION.fill(field=self._field, day=day, known=known) if known not in (None, value) else None

    def _of(self, half: _Half) -> Decimal:
        percent = self._content.percent.get(half)
        if percent is None:
            raise self._missing(half)
        return percent

    def _missing(self, half: _Half) -> LegalDataMissing:
        begin = min(self._content.percent).first
        text = _TOO_EARLY if half.first < begin else _MISSING
        country, label = self._content.country, self._content.label
        values = {"label": label, "country": country, "year": half.year, "half": half.half, "field": self._field}
        return LegalDataMissing(text.fill(**values, first=half.first, begin=begin), field=self._field)


def _content(name: str) -> _Content:
    content = _read(name)
    percent = {_Half.of(dt.date.fromisoformat(day)): value for day, value in content["percent"].items()}
    return _Content(content["country"], Text(**content["label"]), _checked(content["source"], content), percent)
