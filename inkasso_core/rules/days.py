"""Counting days. A date beyond the calendar's end ("until 9999-12-31" means for good) is its last day, never an error."""

from __future__ import annotations

import datetime as dt

_SATURDAY = 5


def later(start: dt.date, days: int) -> dt.date:
    """Return the date ``days`` calendar days after ``start``."""
    return start + dt.timedelta(days=min(days, (dt.date.max - start).days))


def add_bank_days(start: dt.date, count: int) -> dt.date:
    """Return the ``count``-th bank day (Monday to Friday, a holiday counts as one) after ``start``; ``start`` for 0."""
    result = start
    for _ in range(count):
        result = later(result, 1)
        if (weekday := result.weekday()) >= _SATURDAY:
            result = later(result, 7 - weekday)
    return result
