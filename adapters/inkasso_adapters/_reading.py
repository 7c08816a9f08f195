"""Reading what somebody else wrote: a value at a dotted path, an amount, a day, a time; None where it is none. Nothing here raises."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from inkasso_core import Collected

LONGEST_TEXT = 4000
"""Characters that an entry of a feed can hold; the whole text stays in ``raw``."""
LONGEST_NAME = 200
_LARGEST, _DECIMALS = Decimal(10) ** 11, 4
_AMOUNTS = (
    re.compile(r"(?P<whole>[0-9]{1,11})(?:[,.](?P<cents>[0-9]{1,2}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3}){1,3}),(?P<cents>[0-9]{2})"),
)
"""``1.153`` alone could be two amounts, so it is none."""
_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ].*)?"),
    re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})"),
)


def dig(data: Any, path: str | None) -> Any:
    """Return what lies at a dotted path (``case.number``, ``cases.0.number``); an empty path is the whole; None where nothing is."""
    if path is None:
        return None
    for part in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def name(value: Any) -> str | None:
    """Read a reference or a code: text or a number, of sensible length. It is never cut or changed: that would be another one."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = unicodedata.normalize("NFC", str(value)).strip()
    return text if len(text) <= LONGEST_NAME and _is_whole(text) and _is_visible(text) else None


def prose(value: Any, longest: int = LONGEST_TEXT) -> str | None:
    """Read a text for people, as far as an entry can hold it."""
    return shortened(value, longest) if isinstance(value, str) else name(value)


def shortened(text: str, longest: int) -> str | None:
    """Return a text as the model holds it, cut to ``longest`` characters; None where nothing of it can be seen.

    What cannot be stored (NUL, half a character) goes. It is cut after it was composed: a composed character may be longer.
    """
    whole = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode().replace("\0", ""))
    cut = whole.strip()[:longest].strip()
    return cut if _is_visible(cut) else None


def _is_whole(text: str) -> bool:
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def _is_visible(text: str) -> bool:
    return any(not char.isspace() and unicodedata.category(char) != "Cf" for char in text)


def amount(value: Any) -> Decimal | None:
    """Read an amount: a JSON number, or text such as ``153,99``, ``1.153,99`` and ``153.99``; never a float.

    None for what no amount of money is: below zero, 100 billion or more, or with more than four decimals.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        exact = Decimal(value)
        return exact if exact.is_finite() and 0 <= exact < _LARGEST and exact == round(exact, _DECIMALS) else None
    text = value.strip() if isinstance(value, str) else ""
    found = next((match for form in _AMOUNTS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    return Decimal(f"{found['whole'].replace('.', '')}.{found['cents'] or '0'}")


def day(value: Any) -> dt.date | None:
    """Read a day as ``2014-02-04`` (a time may follow) or ``04.02.2014``; None also for one that no calendar has."""
    text = value.strip() if isinstance(value, str) else ""
    found = next((match for form in _DAYS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year, month, date = (int(found[part]) for part in ("year", "month", "day"))
    exists = year >= 1 and 1 <= month <= 12 and 1 <= date <= calendar.monthrange(year, month)[1]
    return dt.date(year, month, date) if exists else None


def instant(value: Any) -> dt.datetime | None:
    """Read a time with its zone, as ISO text; one without a zone, or that has no time in UTC, is none."""
    with suppress(ValueError, OverflowError):
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        return found if found is not None and found.tzinfo is not None and found.astimezone(dt.UTC) else None
    return None


def collected(paid: Decimal | None, currency: str | None, on: dt.date | None, reference: str | None = None) -> Collected | None:
    """Return a payment, or None where its amount, its currency or its day is missing or none."""
    if paid is None or currency is None or on is None:
        return None
    with suppress(ValidationError):
        return Collected(amount=paid, currency=currency, received_on=on, reference=reference)
    return None
