"""What every model shares: frozen, closed, and silent about personal data."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError


class Model(BaseModel):
    """Frozen, refuses unknown fields, and shows in ``repr`` only the fields that it lists in ``shown``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    shown: ClassVar[frozenset[str]] = frozenset()
    """The fields that ``repr`` may show: none of them personal."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            if name in self.shown:
                yield name, value

    def __str__(self) -> str:
        return repr(self)


def _clean(value: object) -> object:
    """NFC, no blanks at the ends; an empty text, or one of invisible signs alone (a zero-width space), means unknown."""
    if not isinstance(value, str):
        if isinstance(value, bytes | bytearray):
            raise PydanticKnownError("string_type")
        return value
    if "\0" in value:
        raise PydanticCustomError("text_nul", "holds a NUL character: correct it in the shop")
    text = value.strip() if value.isascii() else unicodedata.normalize("NFC", value).strip()
    return None if not text[:1].isalnum() and all(map(_is_invisible, text)) else text


def _is_invisible(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf"


def _clean_needed(value: object) -> object:
    """The same for what must be there: an empty text stays one, and is refused as such."""
    return _clean(value) or "" if isinstance(value, str) else _clean(value)


_EXACT = Context(prec=60)
"""Arithmetic that no setting of the surrounding program makes coarser."""
_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


def read_amount(value: object) -> object:
    """Accept Decimal, int and plain text; a float is read through its ``repr``; a truth value is no amount."""
    if isinstance(value, bool):
        raise PydanticCustomError("amount_type", "an amount is a decimal number, not true or false")
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, tuple):
        raise PydanticKnownError("decimal_type")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise PydanticKnownError("decimal_parsing")  # Python would read 1_000, and digits of other scripts
    return value


def _plain(value: Decimal) -> Decimal:
    """One spelling per amount: two decimals, or more only where the value has them; zero has no sign."""
    if not value:
        return _NOTHING
    cents = value.quantize(_CENT, context=_EXACT)
    return cents if cents == value else value.normalize(_EXACT)


_is_day = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_begins_with_day = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}").match


def _day(value: object) -> object:
    """A date is a date or ISO text: a number could be read as seconds since 1970, and a time would lose its zone."""
    if isinstance(value, str) and _is_day(value.strip()):
        return value.strip()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise PydanticCustomError("day_type", "a date is written as YYYY-MM-DD")


def _moment(value: object) -> object:
    """A time is a time or ISO text: of a number nobody knows whether it counts seconds or milliseconds."""
    if isinstance(value, dt.datetime) or (isinstance(value, str) and _begins_with_day(value)):
        return value
    raise PydanticCustomError("instant_type", "a time is written as 2026-01-31T10:00:00+01:00")


def _instant(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("instant_zone", "a time needs its zone, for example 2026-01-31T10:00:00+01:00")
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise PydanticCustomError("instant_type", "a time is written as 2026-01-31T10:00:00+01:00") from None


# Limits stand before the functions, next to their type: so they cost little, and hold for a stored form too, which is read without these.

Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=15, decimal_places=4, allow_inf_nan=False),
    BeforeValidator(read_amount),
    AfterValidator(_plain),
]
"""An amount of money in the claim's currency, zero or more, below 100 billion: the sums of a claim then fit every database."""

Day = Annotated[dt.date, BeforeValidator(_day)]
"""A date of the law, in the creditor's zone."""

Instant = Annotated[dt.datetime, BeforeValidator(_moment), AfterValidator(_instant)]
"""A point in time, kept in UTC."""

Name = Annotated[Annotated[str, Field(max_length=300)] | None, BeforeValidator(_clean)]
"""A short text such as a name, a street or a number; empty means unknown."""

Reference = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_clean_needed)]
"""An identifier that must be there."""

Prose = Annotated[Annotated[str, Field(max_length=4000)] | None, BeforeValidator(_clean)]
"""A longer text, such as the subject of a claim."""

_DEEPEST = 20


def json_like(value: object, depth: int = 0) -> object:
    """Return a copy of what JSON can hold and give back as it was: keys in order, a number with decimals as text. Refuse the rest."""
    match value:
        case None | bool() | int():
            return value
        case str() if _is_storable(value):
            return str(value)
        case float() | Decimal() if Decimal(value).is_finite():
            return float.__repr__(value) if isinstance(value, float) else str(value)
        case dt.date():
            return value.isoformat()
        case Mapping() if depth < _DEEPEST and all(isinstance(key, str) and _is_storable(key) for key in value):
            return {key: json_like(value[key], depth + 1) for key in sorted(value)}
        case list() | tuple() if depth < _DEEPEST:
            return [json_like(inner, depth + 1) for inner in value]
    raise PydanticCustomError("json_like", "holds what JSON cannot: give texts, numbers, truth values, lists and objects only")


def _is_storable(text: str) -> bool:
    """Half a character can be neither stored nor sent."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
