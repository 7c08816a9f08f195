"""One cell of a table: tidy, encodable, and safe to open, without spoiling names and telephone numbers.

The rules stand in ``reference: domain.md`` section 6, "Characters" and "Formula injection". A blanket ``'`` before
everything dangerous would reach the debtor's letter, so the rule depends on the kind of the column and on who reads the
file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal, NamedTuple

from anyascii import anyascii
from pydantic import BaseModel, ConfigDict

from inkasso_core.model.words import Text


class Kind(StrEnum):
    """What a column holds: decides what may begin with a formula sign, and what may be altered at all."""

    TEXT = "text"
    """Free text. Shortened to the column's ``max_length``; of any other kind, too long a value is refused."""
    NAME = "name"
    PHONE = "phone"
    AMOUNT = "amount"
    DATE = "date"
    CODE = "code"
    POSTAL = "postal"
    REFERENCE = "reference"
    EMAIL = "email"
    """Never altered: another address may be another person's. What cannot be written as it is, is left out."""


class Change(StrEnum):
    """What was done to a value so that it could be written."""

    CONTROLS_REMOVED = "control characters removed"
    TRANSLITERATED = "transliterated"
    TRIGGER_REMOVED = "leading formula signs removed"
    TRIGGER_QUOTED = "apostrophe set before a formula sign"
    SHORTENED = "shortened"
    LEFT_OUT = "left out"


class CellChange(NamedTuple):
    """One change: the number of the row (the first data row is 1) and the column. Never the value."""

    row: int
    header: str
    what: Change


class Changes:
    """All changes of a file counted, the first thousand listed: a long file takes no more memory than a short one."""

    KEPT = 1000

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Change]] = Counter()
        """(header, what) -> how often."""
        self._first: list[CellChange] = []

    def add(self, changes: Iterable[CellChange]) -> None:
        """Count the changes of one row."""
        for change in changes:
            self.counts[change.header, change.what] += 1
            if len(self._first) < self.KEPT:
                self._first.append(change)

    def __iter__(self) -> Iterator[CellChange]:
        return iter(self._first)

    def __len__(self) -> int:
        return self.counts.total()


class TableDialect(BaseModel):
    """How a table is written. The defaults are what German importers usually take, no fact about any one agency."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    separator: Literal[";", ",", "\t", "|"] = ";"
    quoting: Literal["minimal", "all"] = "minimal"
    """Quotes where needed, or around every cell."""
    line_end: Literal["CRLF", "LF"] = "CRLF"
    encoding: Literal["cp1252", "iso-8859-1", "iso-8859-15", "utf-8", "utf-8-sig"] = "cp1252"
    """``utf-8-sig`` begins with a byte order mark, as spreadsheets want it."""
    header: bool = True
    """Whether the first line holds the names of the columns."""
    decimal: Literal[",", "."] = ","
    """The decimal sign; thousands are never grouped."""
    date_format: Literal["%d.%m.%Y", "%Y-%m-%d"] = "%d.%m.%Y"
    target: Literal["importer", "spreadsheet"] = "importer"
    """``importer``: a program reads it, so leading formula signs are removed from text. ``spreadsheet``: people open
    it, so they stay, behind an apostrophe."""
    phone: Literal["00", "+"] = "00"
    """How an international telephone number begins."""
    characters: Literal["transliterate", "refuse"] = "transliterate"
    """What happens to a character that the encoding lacks."""

    @property
    def codec(self) -> str:
        """The encoding of a line: the byte order mark is no part of it."""
        return "utf-8" if self.encoding == "utf-8-sig" else self.encoding


class Refused(ValueError):
    """A cell cannot be written; the text says why, without the value."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


TRIGGERS = "=+-@"
"""What makes a spreadsheet read a cell as a formula. TAB, CR, LF and NUL, which do so too, never remain in a cell."""
LOOKALIKES = "⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠"
"""Every character that NFKC turns into a trigger."""

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_is_plain = re.compile("(?:[0-9A-Za-z](?:[ -~]*[!-~])?)?").fullmatch
RAW = {
    Kind.AMOUNT: re.compile(r"-?[0-9]+(?:[.,][0-9]+)?"),
    Kind.CODE: re.compile("@"),
    Kind.PHONE: re.compile(r"\+[1-9][0-9]{6,14}"),
}
"""Kind -> what may stand in a cell although it begins with a trigger; the whole of it must match."""

_WIDE = Context(prec=60)

_UNENCODABLE = Text(
    'enthält ein Zeichen, das die Kodierung nicht kennt: eine andere wählen (encoding = "utf-8") oder es ersetzen',
    'holds a character that the encoding lacks: choose another encoding (encoding = "utf-8") or replace the character',
)
_ONLY_TRIGGERS = Text(
    "besteht nur aus Formelzeichen (= + - @): im Shop einen richtigen Wert eintragen oder das Feld leeren",
    "consists of formula signs only (= + - @): enter a real value in the shop, or empty the field",
)
_TOO_LONG = Text(
    "ist zu lang (höchstens {most} Zeichen): im Shop kürzen",
    "is too long ({most} characters at most): shorten it in the shop",
)
_NO_NUMBER = Text("ist keine Zahl", "is no number")
_DECIMALS = Text(
    "hat mehr als {places} Nachkommastellen: den gerundeten Betrag der Rechnung melden",
    "has more than {places} decimals: send the rounded amount that the invoice shows",
)


def tidy(text: str) -> str:
    """Return ``text`` in NFC on one line: line breaks and tabs become one blank, controls and invisible ends vanish."""
    return _trim(unicodedata.normalize("NFC", _CONTROLS.sub("", _BREAKS.sub(" ", text))))


def safe(text: str, kind: Kind, dialect: TableDialect, max_length: int | None = None) -> tuple[str, tuple[Change, ...]]:
    """Return what a cell of this kind holds for ``text``, and what had to be changed. Raises :class:`Refused`."""
    if _is_plain(text) and (max_length is None or len(text) <= max_length):
        return text, ()
    changes: list[Change] = []
    if _CONTROLS.search(text):
        changes.append(Change.CONTROLS_REMOVED)
    text = tidy(text)
    if not encodable(text, dialect):
        if dialect.characters == "refuse":
            raise Refused(_UNENCODABLE)
        if kind is Kind.EMAIL:
            return "", (*changes, Change.LEFT_OUT)
        text = tidy("".join(c if encodable(c, dialect) else _transliterated(c) for c in text))
        changes.append(Change.TRANSLITERATED)
    if max_length is not None and len(text) > max_length:
        if kind is not Kind.TEXT:
            raise Refused(_TOO_LONG.fill(most=max_length))
        text = _trim(text[:max_length])
        changes.append(Change.SHORTENED)
    if text and _is_trigger(text[0]):
        text, change = _disarmed(text, kind, dialect)
        changes += change
    return text, tuple(changes)


def encodable(text: str, dialect: TableDialect) -> bool:
    """Whether the dialect's encoding has all these characters."""
    try:
        text.encode(dialect.codec)
    except UnicodeEncodeError:
        return False
    return True


def written(amount: Decimal, places: int, decimal: str) -> str:
    """Return the amount with ``places`` decimals, no grouping, no exponent. Raises :class:`Refused`, never rounds."""
    text = str(amount)
    if places and text[-places - 1 : -places] == "." and text[0] != "-" and "E" not in text:
        return text if decimal == "." else text.replace(".", decimal)
    if not amount.is_finite():
        raise Refused(_NO_NUMBER)
    try:
        exact = amount.quantize(Decimal(1).scaleb(-places), context=_WIDE)
    except InvalidOperation:
        raise Refused(_NO_NUMBER) from None
    if exact != amount:
        raise Refused(_DECIMALS.fill(places=places))
    return format(exact if exact else abs(exact), "f").replace(".", decimal)


def _trim(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while end > start and _is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_invisible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf"


def _is_trigger(char: str) -> bool:
    return char in TRIGGERS or unicodedata.normalize("NFKC", char).lstrip().startswith(tuple(TRIGGERS))


def _transliterated(char: str) -> str:
    latin = anyascii(char)
    # A mark or an invisible sign may go; a letter without any transliteration would be lost.
    if not latin and unicodedata.category(char)[0] != "M" and unicodedata.category(char) != "Cf":
        raise Refused(_UNENCODABLE)
    return latin


def _disarmed(text: str, kind: Kind, dialect: TableDialect) -> tuple[str, tuple[Change, ...]]:
    """Return a text that begins with a trigger, so that nothing runs it."""
    if kind is Kind.PHONE:
        text = unicodedata.normalize("NFKC", text[0]) + text[1:]
        if text[0] == "+" and not (dialect.phone == "+" and RAW[Kind.PHONE].fullmatch(text)):
            return "00" + text[1:], ()
    is_spreadsheet = dialect.target == "spreadsheet"
    if kind in RAW and RAW[kind].fullmatch(text) and not (kind is Kind.PHONE and is_spreadsheet):
        return text, ()
    if is_spreadsheet:
        return "'" + text, (Change.TRIGGER_QUOTED,)
    if kind is Kind.EMAIL:
        return "", (Change.LEFT_OUT,)
    start = 0
    while start < len(text) and (_is_trigger(text[start]) or _is_invisible(text[start])):
        start += 1
    if start < len(text):
        return text[start:], (Change.TRIGGER_REMOVED,)
    if kind is Kind.PHONE:
        return "", (Change.LEFT_OUT,)
    raise Refused(_ONLY_TRIGGERS)
