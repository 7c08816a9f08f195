"""The notes that ADU's importer writes to a customer, read by a table of patterns.

The three patterns are those on the screenshot of the shop system's manual (``reference: agency-adu.md`` section 2.1). What else ADU writes
is not known: other texts are kept as they are, and settings may say what they mean.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

from inkasso_adapters import _reading as reading
from inkasso_core import AgencyStatus


class Meaning(StrEnum):
    """What a note says."""

    HANDED_OVER = "handed_over"
    """The order was handed over (Auftrag … an ADU übergeben)."""
    PAYMENT = "payment"
    """Money arrived (Zahlungseingang)."""
    DUNNING = "dunning"
    """The debtor was written to or called (Mahnansprache)."""
    STATUS = "status"
    """Something that the settings translate into a status."""
    UNKNOWN = "unknown"


_DATED = r"Vorgangsdatum:\s*(?P<on>\S+?)"
PATTERNS: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (re.compile(r"Auftrag\s+(?P<order>[0-9]{1,18})\s+an\s+ADU\s+[uü]bergeben\.?"), Meaning.HANDED_OVER),
    (
        re.compile(rf"Zahlungseingang\.?\s+Betrag:\s*(?P<amount>[0-9.,]+)\s*(?P<currency>[A-Z]{{3}})\.?\s+{_DATED}\.?"),
        Meaning.PAYMENT,
    ),
    (re.compile(rf"Mahnansprache\.?\s+{_DATED}\.?"), Meaning.DUNNING),
)
"""Text of a note without its link -> what it says. ``übergeben`` came without its umlaut."""
_LINK = re.compile(r"<a\b[^>]*>.*?</a\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_LABEL = re.compile(r"\s*\bzu ADU(?: Inkasso)?\s*$")


class NotePattern(BaseModel):
    """A text that ADU writes, as the merchant has seen it, and the status that it stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    pattern: str
    """A regular expression for the whole text; a group ``on`` holds the Vorgangsdatum."""
    status: AgencyStatus
    """What it means."""

    @field_validator("pattern")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return check_pattern(pattern)


class Said(NamedTuple):
    """A note, read."""

    meaning: Meaning
    text: str
    """Without markup and without the label of the link."""
    order: int | None = None
    """The number of the order that it names."""
    on: dt.date | None = None
    """The Vorgangsdatum."""
    amount: Decimal | None = None
    currency: str | None = None
    status: AgencyStatus | None = None

    def __repr__(self) -> str:
        return f"Said({self.meaning})"


def read_note(note: str, own: Sequence[NotePattern] = ()) -> Said:
    """Read a note; the merchant's own patterns come first. Never raises: what matches nothing is ``UNKNOWN``."""
    text = _plain(note)
    for pattern in own:
        found = re.fullmatch(pattern.pattern, text, re.DOTALL)
        if found is not None:
            return Said(Meaning.STATUS, text, on=reading.day(found.groupdict().get("on")), status=pattern.status)
    for form, meaning in PATTERNS:
        found = form.fullmatch(text)
        if found is not None:
            return _said(meaning, text, found.groupdict())
    return Said(Meaning.UNKNOWN, text)


def _said(meaning: Meaning, text: str, parts: dict[str, str | None]) -> Said:
    on, paid = reading.day(parts.get("on")), reading.amount(parts.get("amount"))
    if meaning is Meaning.PAYMENT and reading.collected(paid, parts.get("currency"), on) is None:
        return Said(Meaning.UNKNOWN, text)
    order = parts.get("order")
    return Said(meaning, text, order=int(order) if order else None, on=on, amount=paid, currency=parts.get("currency"))


def _plain(note: str) -> str:
    text = html.unescape(_TAG.sub(" ", _LINK.sub(" ", note)))
    return _LABEL.sub("", " ".join(text.split()))


def check_pattern(pattern: str) -> str:
    """Return a regular expression that is one. Raises ``PydanticCustomError``."""
    try:
        re.compile(pattern)
    except re.error:
        raise PydanticCustomError("pattern", "is no regular expression") from None
    return pattern
