"""Read the values of an answer without ever stumbling over one: what cannot be read is None, and the whole answer is kept beside it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inkasso_adapters._reading import shortened
from inkasso_core import parse_instant

CURRENCY = "EUR"
"""The agency takes and books nothing else (section 3.5)."""
LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT = 200, 300, 4000
_AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,4})?")
_DAY = re.compile(r"(?P<year>(?:19|20|21)[0-9]{2})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])")
_MOMENT = re.compile(
    _DAY.pattern + r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?:Z|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9])?"
)
_YES_NO = {"true": True, "1": True, "false": False, "0": False}


def members(value: Any) -> Mapping[str, Any]:
    """Return the members of a structure; of anything else, none."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any, longest: int = LONGEST_TEXT) -> str | None:
    """Read a text or a number, shortened to what has room; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return shortened(str(value), longest)


def reference(value: Any) -> str | None:
    """Read a case number as text, whatever its length: SOAP clients keep 32-bit numbers, REST has 11 digits. Zero is none."""
    found = text(value, LONGEST_CODE + 1)
    return None if found is None or found.strip("0") == "" or len(found) > LONGEST_CODE else found


def amount(value: Any) -> Decimal | None:
    """Read an amount of zero or more, in EUR."""
    found = text(value) or ""
    return Decimal(found) if _AMOUNT.fullmatch(found) else None


def yes_or_no(value: Any) -> bool | None:
    """Read a truth value; None where it is neither."""
    return value if isinstance(value, bool) else _YES_NO.get((text(value) or "").casefold())


def day(value: Any) -> dt.date | None:
    """Read a date, or the date of a time, as it is written."""
    found = _DAY.match(text(value) or "")
    if found is None or not _exists(found):
        return None
    return dt.date(int(found["year"]), int(found["month"]), int(found["day"]))


def moment(value: Any) -> dt.datetime | None:
    """Read a time in UTC. One without a zone is taken as German time: the agency has published neither form nor zone."""
    found = _MOMENT.fullmatch(text(value) or "")
    return parse_instant(found.group()) if found is not None and _exists(found) else None


def _exists(found: re.Match[str]) -> bool:
    return int(found["day"]) <= calendar.monthrange(int(found["year"]), int(found["month"]))[1]
