"""Dates of the law and instants: written in one way, never guessed from a number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import law

from inkasso_core import Payment, Source

Refusal = Callable[[Callable[[], object]], str]
UTC = dt.UTC
NAIVE = dt.datetime(2026, 6, 1, 8, 30)


def day(value: object) -> dt.date | None:
    return Payment(amount=1, on=value).on


def instant(value: object) -> dt.datetime | None:
    return Source(order="1", reported_at=value).reported_at


@pytest.mark.parametrize("value", ["2026-01-31", " 2026-01-31 ", dt.date(2026, 1, 31)])
def test_a_date_is_a_date_or_iso_text(value: object) -> None:
    assert day(value) == dt.date(2026, 1, 31)
    assert type(day(value)) is dt.date


NO_DATES: list[object] = [
    20260131, 1767225600, 1.5, Decimal(1), True, "1767225600", "0000086400", "", "          ", "31.01.2026", "2026/01/31", "26-01-31",
    "2026-01-31T00:00:00", "2026-W05-6", "２０２６-01-31", NAIVE, NAIVE.replace(tzinfo=UTC), dt.time(1), b"2026-01-31",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DATES)
def test_numbers_times_and_other_spellings_are_no_dates(value: object, refusal: Refusal) -> None:
    assert refusal(lambda: day(value)) == "day_type"


@pytest.mark.parametrize("value", ["2026-02-30", "2026-13-01", "2025-02-29"])
def test_a_day_that_does_not_exist_is_refused(value: str, refusal: Refusal) -> None:
    assert refusal(lambda: day(value)).startswith("date_")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-06-01T08:30:00+02:00", dt.datetime(2026, 6, 1, 6, 30, tzinfo=UTC)),
        ("2026-06-01T06:30:00Z", dt.datetime(2026, 6, 1, 6, 30, tzinfo=UTC)),
        ("2026-06-01 06:30:00.25+00:00", dt.datetime(2026, 6, 1, 6, 30, 0, 250000, tzinfo=UTC)),
        (dt.datetime(2026, 6, 1, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))), dt.datetime(2026, 6, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_kept_in_utc(value: object, expected: dt.datetime) -> None:
    found = instant(value)
    assert found == expected
    assert found is not None
    assert found.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("value", ["2026-06-01T08:30:00", "2026-06-01", NAIVE])
def test_a_time_without_zone_is_refused(value: object, refusal: Refusal) -> None:
    assert refusal(lambda: instant(value)) == "instant_zone"


@pytest.mark.parametrize(
    "value", [1767225600, 1767225600.5, "1767225600", "1767225600000", True, dt.date(2026, 6, 1), "", "01.06.2026 08:30"]
)
def test_numbers_and_other_spellings_are_no_instants(value: object, refusal: Refusal) -> None:
    assert refusal(lambda: instant(value)) == "instant_type"


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_instant_outside_of_time_is_refused_and_breaks_nothing(value: str, refusal: Refusal) -> None:
    assert refusal(lambda: instant(value)) == "instant_type"


@law
@given(st.datetimes(NAIVE.replace(year=1), NAIVE.replace(year=9999), timezones=st.timezones()))
def test_any_zone_means_the_same_moment(value: dt.datetime) -> None:
    assert instant(value) == value.astimezone(UTC)
