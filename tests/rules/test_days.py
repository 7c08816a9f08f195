"""Counting days, up to the end of the calendar."""

import datetime as dt

import pytest

from inkasso_core.rules.days import add_bank_days, later


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-06-01", 0, "2026-06-01"),  # Monday
        ("2026-06-06", 0, "2026-06-06"),  # Saturday
        ("2026-06-04", 1, "2026-06-05"),
        ("2026-06-05", 1, "2026-06-08"),
        ("2026-06-06", 1, "2026-06-08"),
        ("2026-06-07", 3, "2026-06-10"),
        ("2026-06-05", 10, "2026-06-19"),
        ("9999-12-30", 9, "9999-12-31"),  # Thursday
    ],
)
def test_bank_days(start: str, count: int, end: str) -> None:
    assert add_bank_days(dt.date.fromisoformat(start), count) == dt.date.fromisoformat(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [("2026-02-28", 1, "2026-03-01"), ("2026-02-28", 0, "2026-02-28"), ("9999-12-30", 1, "9999-12-31"), ("9999-12-31", 14, "9999-12-31")],
)
def test_later(start: str, days: int, end: str) -> None:
    assert later(dt.date.fromisoformat(start), days) == dt.date.fromisoformat(end)
