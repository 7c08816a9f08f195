"""Order statuses as settings write them: ``3.4``, or a range ``3.4-3.9`` (``reference: shop-plentymarkets.md`` section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

_STATUS_DE = "ein Auftragsstatus schreibt sich „3.4“, ein Bereich „3.4-3.9“"
_RANGE = re.compile(r"\s*(\d{1,2}(?:\.\d{1,4})?)\s*(?:[-–]\s*(\d{1,2}(?:\.\d{1,4})?)\s*)?")


class StatusRange(NamedTuple):
    """Order statuses from ``first`` to ``last``, both included."""

    first: Decimal
    last: Decimal

    def covers(self, status: Decimal) -> bool:
        """True where ``status`` lies in the range."""
        return self.first <= status <= self.last

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" if self.first != self.last else str(self.first)


def covered(status: Decimal, ranges: Iterable[StatusRange]) -> bool:
    """True where one of the ranges holds ``status``."""
    return any(one.covers(status) for one in ranges)


def _range(value: object) -> object:
    """A status (3.4, "3.4") or a range of statuses ("3.4-3.9")."""
    if isinstance(value, StatusRange):
        return value
    found = None
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        found = _RANGE.fullmatch(str(value))
    if not found:
        raise PydanticCustomError("status", 'an order status is written as "3.4", a range as "3.4-3.9"', {"de": _STATUS_DE})
    first = Decimal(found[1])
    last = Decimal(found[2] or found[1])
    if last < first:
        raise PydanticCustomError(
            "status_range", "a range of statuses begins with the lower one", {"de": "ein Bereich beginnt mit dem niedrigeren Status"}
        )
    return StatusRange(first, last)


def _one(value: object) -> object:
    """A single status."""
    found = value if isinstance(value, Decimal) else _range(value)
    if isinstance(found, StatusRange):
        if found.first != found.last:
            raise PydanticCustomError(
                "status_one", "one status is needed here, no range", {"de": "hier wird ein Status gebraucht, kein Bereich"}
            )
        return found.first
    return found


def _several(value: object) -> object:
    """One status needs no list."""
    return value if isinstance(value, list | tuple) else (value,)


_Status = Annotated[StatusRange, BeforeValidator(_range), PlainSerializer(str, return_type=str)]
Statuses = Annotated[tuple[_Status, ...], BeforeValidator(_several)]
OneStatus = Annotated[Decimal, BeforeValidator(_one), PlainSerializer(str, return_type=str)]
