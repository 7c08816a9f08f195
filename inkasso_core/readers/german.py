"""Amounts, dates and times as German systems write them, read without guessing (``reference: shop-cpshop.md 4.2``).

What can be read in one way only is read so. What can be read in two ways is refused, unless the configured decimal sign
settles it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from inkasso_core.model.words import Text
from inkasso_core.readers._types import DecimalSign

_TEXTS: Final[Mapping[str, Text]] = {
    "EMPTY": Text(
        "Wert fehlt. Abhilfe: im Export ergänzen.",
        "value is missing. Remedy: add it to the export.",
    ),
    "AMBIGUOUS_NUMBER": Text(
        "Zahl mehrdeutig: Tausender- oder Dezimalzeichen? Abhilfe: decimal einstellen oder mit Cent exportieren.",
        "number ambiguous: thousands or decimal sign? Remedy: set decimal, or export it with cents.",
    ),
    "NOT_A_NUMBER": Text(
        "kein Betrag. Abhilfe: als 1234,56 exportieren, ohne andere Zeichen als € oder EUR.",
        "not an amount. Remedy: export it as 1234.56, without other signs than € or EUR.",
    ),
    "SPREADSHEET_DAMAGE": Text(
        "von einer Tabellenkalkulation verfälscht. Abhilfe: die Datei verwenden, wie der Shop sie ausgibt.",
        "damaged by a spreadsheet. Remedy: use the file as the shop exports it.",
    ),
    "NOT_A_DATE": Text(
        "kein Datum. Abhilfe: als TT.MM.JJJJ oder JJJJ-MM-TT exportieren.",
        "not a date. Remedy: export it as DD.MM.YYYY or YYYY-MM-DD.",
    ),
    "NO_SUCH_DATE": Text(
        "diesen Tag oder diese Uhrzeit gibt es nicht. Abhilfe: im Shop berichtigen und neu exportieren.",
        "there is no such day or time. Remedy: correct it in the shop and export again.",
    ),
    "DATE_OUT_OF_RANGE": Text(
        "Jahr außerhalb von 1900 bis 2199. Abhilfe: im Shop berichtigen und neu exportieren.",
        "year outside 1900 to 2199. Remedy: correct it in the shop and export again.",
    ),
}


class ValueRefused(ValueError):
    """A text is not what its column should hold. Knows its ``code`` and ``message``, and never the text itself."""

    def __init__(self, code: str) -> None:
        super().__init__(_TEXTS[code].en)
        self.code = code
        self.message = _TEXTS[code]


class NotANumber(ValueRefused):
    """The text is no amount, or there is none."""


class Ambiguous(NotANumber):
    """The text can be read as two different amounts."""


class SpreadsheetDamage(ValueRefused):
    """A spreadsheet has replaced the value by ``1,23E+11``, ``#####``, an error value or a day number."""


class NotADate(ValueRefused):
    """The text is no date or time that exists."""


_LONGEST: Final = 64
_BLANKS: Final = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_DAMAGE: Final = re.compile(
    r"""
    [+-]?\d+(?:[.,]\d+)?E[+-]\d{1,3}
    | \#+
    | \#(?: WERT! | NV | BEZUG! | NAME\? | DIV/0! | ZAHL! | NULL! | VALUE! | N/A | REF! | NUM! )
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_DAY_NUMBER: Final = re.compile(r"[2-6]\d{4}(?:[.,]\d+)?", re.ASCII)

_CURRENCY: Final = re.compile(r"^(?:€|EUR)\s*|\s*(?:€|EUR)$", re.IGNORECASE)
_SIGNED: Final = re.compile(r"(?P<before>[+\-\u2212]?) ?(?P<digits>\d[\d., '’]*?) ?(?P<after>-?)", re.ASCII)
_NUMBER: Final = re.compile(
    r"""
    (?P<whole> \d+ | [1-9]\d{0,2} (?: (?P<group>[., '’]) \d{3} ) (?: (?P=group) \d{3} )* )
    (?: (?P<decimal>[.,]) (?P<places>\d+) )?
    """,
    re.ASCII | re.VERBOSE,
)
_EITHER: Final = re.compile(r"[1-9]\d{0,2}(?P<sign>[.,])\d{3}", re.ASCII)


def parse_amount(text: str, decimal: DecimalSign = "auto") -> Decimal:
    """Read an amount as it is usually written: ``1.234,56``, ``1234,56``, ``1,234.56``, ``1 234,56 €``, ``12,50-``.

    ``decimal`` is the sign before the decimals; it settles only what is ambiguous without it, such as ``1.234``. Raises
    :class:`Ambiguous`, :class:`SpreadsheetDamage` or :class:`NotANumber`.
    """
    bare = _BLANKS.sub(" ", text).strip()
    if not bare:
        raise NotANumber("EMPTY")
    bare = _CURRENCY.sub("", bare, count=1)
    refuse_damage(bare)
    signed = _SIGNED.fullmatch(bare) if len(bare) <= _LONGEST else None
    if not signed or (signed["before"] and signed["after"]):
        raise NotANumber("NOT_A_NUMBER")
    amount = _unsigned(signed["digits"], decimal)
    negative = signed["after"] or signed["before"] not in ("", "+")
    return -amount if negative and amount else amount


def _unsigned(digits: str, decimal: DecimalSign) -> Decimal:
    if either := _EITHER.fullmatch(digits):
        if decimal == "auto":
            raise Ambiguous("AMBIGUOUS_NUMBER")
        return Decimal(digits.replace(either["sign"], "." if either["sign"] == decimal else ""))
    number = _NUMBER.fullmatch(digits)
    if not number or number["decimal"] == number["group"] is not None:
        raise NotANumber("NOT_A_NUMBER")
    whole = number["whole"].replace(number["group"] or " ", "")
    return Decimal(f"{whole}.{number['places']}" if number["places"] else whole)


def refuse_damage(text: str) -> str:
    """Return the text of a column such as phone or invoice number; :class:`SpreadsheetDamage` where it was damaged."""
    if _DAMAGE.fullmatch(text.strip()):
        raise SpreadsheetDamage("SPREADSHEET_DAMAGE")
    return text


PIVOT: Final = 70
"""Two-digit years below it are 20YY, the others 19YY."""

_ZERO: Final = re.compile(r"(?:00?\.00?\.(?:00|0000)|0000-00-00)(?:[ T]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_MOMENT: Final = re.compile(
    r"""
    (?: (?P<day>\d{1,2})\.\ ?(?P<month>\d{1,2})\.\ ?(?P<year>\d{4}|\d{2}) | (?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2}) )
    (?:
        (?:T|,?\ ) (?P<hour>\d{1,2}):(?P<minute>\d{2})
        (?: :(?P<second>\d{2}) (?:[.,](?P<fraction>\d{1,9}))? )?
        (?:\ Uhr)? \ ? (?P<zone> Z | [+-]\d{2}(?::?\d{2})? )?
    )?
    """,
    re.ASCII | re.VERBOSE,
)
_BERLIN: Final = ZoneInfo("Europe/Berlin")


def parse_date(text: str, pivot: int = PIVOT) -> dt.date | None:
    """Read ``DD.MM.YYYY``, ``D.M.YY`` or ``YYYY-MM-DD``, with or without a time; the day is the one that is written.

    Empty and zero dates (``00.00.0000``) mean unknown: None. Raises :class:`NotADate` or :class:`SpreadsheetDamage`.
    """
    moment = _moment(text, pivot)
    return moment and moment.date()


def parse_instant(text: str, pivot: int = PIVOT, zone: dt.tzinfo = _BERLIN) -> dt.datetime | None:
    """Read a date with or without a time as an instant in UTC.

    A time without an offset, and a bare date's midnight, are ``zone``'s; of an hour that the clock repeats in autumn the
    first is meant. None and errors as in :func:`parse_date`.
    """
    moment = _moment(text, pivot)
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


def _moment(text: str, pivot: int) -> dt.datetime | None:
    """What is written, with its offset where there is one."""
    bare = _BLANKS.sub(" ", text[: 2 * _LONGEST]).strip()
    if not bare or _ZERO.fullmatch(bare):
        return None
    if _DAY_NUMBER.fullmatch(bare) or _DAMAGE.fullmatch(bare):
        raise SpreadsheetDamage("SPREADSHEET_DAMAGE")
    found = _MOMENT.fullmatch(bare)
    if not found:
        raise NotADate("NOT_A_DATE")
    year = int(found["year"] or found["y"])
    if found["year"] and len(found["year"]) == 2:
        year += 2000 if year < pivot else 1900
    if not 1900 <= year < 2200:
        raise NotADate("DATE_OUT_OF_RANGE")
    try:
        return dt.datetime(
            year,
            int(found["month"] or found["m"]),
            int(found["day"] or found["d"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["fraction"] or "0").ljust(6, "0")[:6]),
            _offset(found["zone"]),
        )
    except ValueError:
        raise NotADate("NO_SUCH_DATE") from None


def _offset(zone: str | None) -> dt.tzinfo | None:
    if zone is None or zone == "Z":
        return dt.UTC if zone else None
    digits = zone[1:].replace(":", "").ljust(4, "0")
    shift = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-shift if zone[0] == "-" else shift)
