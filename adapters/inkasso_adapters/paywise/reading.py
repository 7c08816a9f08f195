"""Values out of the agency's JSON: what is missing or of another form is None, or empty, and never an error. ``raw`` has it all."""

from __future__ import annotations

import calendar
import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

from inkasso_adapters import _reading
from inkasso_core import as_list

CURRENCY = "EUR"
"""The only one (``reference: agency-apis.md`` 3.2)."""
_LONGEST = 4000
_NAME = 100
_LARGEST = Decimal(10) ** 11
_is_amount = re.compile(r"-?[0-9]{1,11}(\.[0-9]{1,4})?").fullmatch
_DAY = r"([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_is_day = re.compile(_DAY).fullmatch
_is_instant = re.compile(_DAY + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])").fullmatch
_breaks = re.compile(r"(?i)<br\s*/?>|</p>|</li>|</div>")
_tags = re.compile(r"</?[a-zA-Z][^<>]*>")


def obj(value: Any) -> dict[str, Any]:
    """Return the members of an object."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; a single object counts as a list of one."""
    return [row for row in as_list(value) if isinstance(row, dict)]


def text(value: Any, limit: int = _NAME) -> str | None:
    """Return a word or a text without blanks around it, or None; what is longer than ``limit`` characters is cut."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return _reading.shortened(str(value), limit)


def ref(value: Any, limit: int = _reading.LONGEST_NAME) -> str | None:
    """Return an id or a reference; one that is longer, or could not be kept as it is, is none: cut, it would be another one.

    Neither is one of dots alone: in an address it would lead elsewhere.
    """
    found = _reading.name(value)
    return found if found is not None and len(found) <= limit and found.strip(".") else None


def prose(*values: Any) -> str | None:
    """Return texts of people, paragraph by paragraph, without their markup: the agency's messages may hold HTML."""
    parts = [html.unescape(_tags.sub("", _breaks.sub("\n", value))).strip() for value in values if isinstance(value, str)]
    return text("\n\n".join(part for part in parts if part), _LONGEST)


def money(value: Any) -> Decimal | None:
    """Return an amount in EUR, whatever its sign."""
    found = obj(value)
    said = found.get("value")
    given = str(said) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else ""
    return Decimal(given) if found.get("currency") in (None, CURRENCY) and _is_amount(given) else None


def amount(value: Any) -> Decimal | None:
    """Return an amount of zero or more."""
    found = money(value)
    return found if found is not None and found >= 0 else None


def total(values: list[Decimal | None]) -> Decimal | None:
    """Return the sum of what was said; None where nothing was."""
    said = [value for value in values if value is not None]
    found = sum(said, Decimal("0.00"))
    return found if said and found < _LARGEST else None


def day(value: Any) -> dt.date | None:
    """Return a date."""
    found = _is_day(value) if isinstance(value, str) else None
    return _date(found) if found else None


def instant(value: Any) -> dt.datetime | None:
    """Return a time with its zone."""
    found = _is_instant(value) if isinstance(value, str) else None
    return dt.datetime.fromisoformat(found.group()) if found and _date(found) else None


def _date(found: re.Match[str]) -> dt.date | None:
    year, month, number = (int(found.group(part)) for part in (1, 2, 3))
    return dt.date(year, month, number) if number <= calendar.monthrange(year, month)[1] else None
