"""What every model shares: frozen, closed, and silent about personal data."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


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
    """NFC, no blanks at the ends; an empty text means unknown."""
    if not isinstance(value, str):
        return value
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    return text.strip() or None


def _amount(value: object) -> object:
    """Accept Decimal, int and text; a float is read through its ``repr``; a truth value is no amount."""
    if isinstance(value, bool):
        raise PydanticCustomError("amount_type", "an amount is a decimal number, not true or false")
    return repr(value) if isinstance(value, float) else value


_CENT = Decimal("0.01")


def _plain(value: Decimal) -> Decimal:
    """One spelling per amount: two decimals, or more only where the value has them."""
    cents = value.quantize(_CENT)
    return cents if cents == value else value.normalize()


def _day(value: object) -> object:
    """A date is a date or ISO text: a bare number could be read as seconds since 1970, and a time would lose its zone."""
    if isinstance(value, dt.datetime) or not isinstance(value, str | dt.date):
        raise PydanticCustomError("day_type", "a date is written as YYYY-MM-DD")
    if isinstance(value, str) and len(value.strip()) != len("2026-01-31"):
        raise PydanticCustomError("day_type", "a date is written as YYYY-MM-DD")
    return value.strip() if isinstance(value, str) else value


def _instant(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("instant_zone", "a time needs its zone, for example 2026-01-31T10:00:00+01:00")
    return value.astimezone(dt.UTC)


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    Field(ge=0, max_digits=15, allow_inf_nan=False),
    AfterValidator(_plain),
]
"""An amount of money in the claim's currency, zero or more."""

Day = Annotated[dt.date, BeforeValidator(_day)]
"""A date of the law, in the creditor's zone."""

Instant = Annotated[dt.datetime, AfterValidator(_instant)]
"""A point in time, kept in UTC."""

Name = Annotated[Annotated[str, Field(max_length=300)] | None, BeforeValidator(_clean)]
"""A short text such as a name, a street or a number; empty means unknown."""

Reference = Annotated[str, BeforeValidator(_clean), Field(min_length=1, max_length=200)]
"""An identifier that must be there."""

Prose = Annotated[Annotated[str, Field(max_length=4000)] | None, BeforeValidator(_clean)]
"""A longer text, such as the subject of a claim."""
