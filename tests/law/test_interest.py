"""Interest line by line: the worked cases of the reference, to the cent, and what holds for every period.

Of the worked cases of ``reference: domain.md`` section 1 no. 4 is not here: it counts 30 days a month, which inkasso does not offer,
because it can ask more than the days that really passed.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_DOWN, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core.errors import LegalDataMissing
from inkasso_core.model.statement import Segment
from inkasso_core.rules.law.interest import DayCount, segments
from inkasso_core.rules.law.tables import BaseRates

RATES = BaseRates.shipped("de_base_rates.toml")
D = Decimal
day = dt.date.fromisoformat


class Worked(NamedTuple):
    """A worked case: ``act`` and ``fixed`` are the lines with ACT/ACT and with ACT/365."""

    number: str
    principal: str
    first: str
    last: str
    points: str
    act: str
    fixed: str
    once: tuple[str, str]
    """What both day counts give if only the total is rounded: documented, and not what is shown."""
    agreed: bool = False


WORKED = [
    Worked(
        "1",
        "1500.00",
        "2009-09-15",
        "2012-02-17",
        "8",
        "36.04 60.40 61.40 60.40 63.29 15.97",
        "36.04 60.40 61.40 60.40 63.29 16.02",
        ("297.50", "297.55"),
    ),
    Worked("2", "35.00", "2010-09-16", "2011-03-17", "5", "0.53 0.37", "0.53 0.37", ("0.90", "0.90")),
    Worked("3", "1000.00", "2011-01-01", "2011-01-25", "5.12", "3.51", "3.51", ("3.51", "3.51"), agreed=True),
    Worked("3 in a leap year", "1000.00", "2012-01-01", "2012-01-25", "5.12", "3.50", "3.51", ("3.50", "3.51"), agreed=True),
    Worked("5", "354.16", "2018-04-30", "2018-06-17", "5", "1.96", "1.96", ("1.96", "1.96")),
    Worked("6", "10000.00", "2024-03-01", "2024-03-30", "5", "40.98", "41.10", ("40.98", "41.10"), agreed=True),
    Worked("7", "10000.00", "2024-01-01", "2024-12-31", "5", "500.00", "501.37", ("500.00", "501.37"), agreed=True),
    Worked("8", "119.90", "2024-03-01", "2024-08-31", "5", "3.45 1.70", "3.45 1.70", ("5.15", "5.16")),
    Worked("9", "199.00", "2023-12-01", "2024-01-31", "5", "1.37 1.45", "1.37 1.46", ("2.83", "2.83")),
    Worked("10", "1000.00", "2025-06-15", "2026-08-10", "5", "3.19 31.61 31.09 7.32", "3.19 31.61 31.09 7.32", ("73.21", "73.21")),
    Worked("11", "2500.00", "2025-12-20", "2026-07-15", "9", "8.44 127.32 10.81", "8.44 127.32 10.81", ("146.57", "146.57")),
]
TOTALS = {
    "1": ("297.50", "297.55"),
    "2": ("0.90", "0.90"),
    "3": ("3.51", "3.51"),
    "3 in a leap year": ("3.50", "3.51"),
    "5": ("1.96", "1.96"),
    "6": ("40.98", "41.10"),
    "7": ("500.00", "501.37"),
    "8": ("5.15", "5.15"),
    "9": ("2.82", "2.83"),
    "10": ("73.21", "73.21"),
    "11": ("146.57", "146.57"),
}
worked = pytest.mark.parametrize("case", WORKED, ids=[case.number for case in WORKED])


def lines(case: Worked, day_count: DayCount) -> tuple[Segment, ...]:
    steps = [(day(case.first), D(case.principal))]
    return segments(steps, day(case.last), None if case.agreed else RATES, D(case.points), day_count)


def total(found: tuple[Segment, ...]) -> Decimal:
    return sum((line.amount for line in found), D(0))


@worked
def test_the_worked_cases(case: Worked) -> None:
    act, fixed = lines(case, DayCount.ACT_ACT), lines(case, DayCount.ACT_365)
    assert " ".join(str(line.amount) for line in act) == case.act
    assert " ".join(str(line.amount) for line in fixed) == case.fixed
    assert (total(act), total(fixed)) == tuple(map(D, TOTALS[case.number]))


@worked
def test_the_documented_difference_to_rounding_once(case: Worked) -> None:
    exact = [
        sum((line.principal * line.percent * line.days / (36500 + leap(line, count)) for line in lines(case, count)), D(0))
        for count in DayCount
    ]
    assert tuple(each.quantize(D("0.01")) for each in exact) == tuple(map(D, case.once))


def leap(line: Segment, day_count: DayCount) -> int:
    return 100 if day_count is DayCount.ACT_ACT and line.first.year % 4 == 0 else 0


def test_a_line_says_all_that_the_debtor_must_be_told() -> None:
    [first, second] = segments([(day("2010-09-16"), D("35.00"))], day("2011-03-17"), RATES, D(5))
    assert first == (day("2010-09-16"), day("2010-12-31"), 107, D("35.00"), D("0.12"), D(5), D("0.53"))
    assert second == (day("2011-01-01"), day("2011-03-17"), 76, D("35.00"), D("0.12"), D(5), D("0.37"))
    assert first.percent == D("5.12")


def test_one_day_bears_interest_and_no_day_bears_none() -> None:
    [line] = segments([(day("2026-03-01"), D(3650))], day("2026-03-01"), None, D(10))
    assert (line.days, line.amount) == (1, D("1.00"))
    assert segments([(day("2026-03-02"), D(3650))], day("2026-03-01"), None, D(10)) == ()


def test_a_change_of_principal_begins_a_line_on_its_own_day() -> None:
    steps = [(day("2026-02-01"), D(200)), (day("2026-02-11"), D(100)), (day("2026-03-01"), D(0)), (day("2026-03-05"), D(-10))]
    assert [(line.first, line.last, line.principal) for line in segments(steps, day("2026-12-31"), RATES, D(5))] == [
        (day("2026-02-01"), day("2026-02-10"), D(200)),
        (day("2026-02-11"), day("2026-02-28"), D(100)),
    ]


def test_two_changes_on_one_day_and_one_after_the_end() -> None:
    steps = [(day("2026-02-01"), D(200)), (day("2026-02-01"), D(150)), (day("2026-03-01"), D(100))]
    [line] = segments(steps, day("2026-02-10"), RATES, D(5))
    assert (line.first, line.last, line.principal) == (day("2026-02-01"), day("2026-02-10"), D(150))


def test_an_agreed_rate_is_split_at_the_year_only_where_the_year_counts() -> None:
    steps = [(day("2023-03-01"), D(1000))]
    by_year = segments(steps, day("2025-02-28"), None, D(6))
    assert [(line.first.isoformat(), line.days) for line in by_year] == [("2023-03-01", 306), ("2024-01-01", 366), ("2025-01-01", 59)]
    assert {line.base for line in by_year} == {None}
    [whole] = segments(steps, day("2025-02-28"), None, D(6), DayCount.ACT_365)
    assert (whole.days, whole.amount) == (731, D("120.16"))


def test_a_negative_base_rate_lowers_the_rate_and_a_rate_below_zero_bears_nothing() -> None:
    steps = [(day("2021-01-01"), D(36500))]
    [line] = segments(steps, day("2021-01-10"), RATES, D(5))
    assert (line.base, line.percent, line.amount) == (D("-0.88"), D("4.12"), D("41.20"))
    [line] = segments(steps, day("2021-01-10"), RATES, D("0.5"))
    assert (line.percent, line.amount) == (D("-0.38"), D("0.00"))


def test_half_a_cent_is_rounded_up_and_what_is_less_is_not() -> None:
    [up] = segments([(day("2025-01-01"), D("36.50"))], day("2025-01-01"), None, D(5))
    [down] = segments([(day("2025-01-01"), D("36.49"))], day("2025-01-01"), None, D(5))
    assert (up.amount, down.amount) == (D("0.01"), D("0.00"))


@pytest.mark.parametrize(("unit", "amount"), [("1", "1"), ("0.01", "1.23"), ("0.001", "1.233")])
def test_the_currency_says_to_what_a_line_is_rounded(unit: str, amount: str) -> None:
    [line] = segments([(day("2025-01-01"), D("1000"))], day("2025-01-09"), None, D(5), unit=D(unit))
    assert line.amount == D(amount)


def test_a_missing_half_year_is_named_and_never_guessed() -> None:
    end = RATES.info.covers_until
    assert end is not None
    with pytest.raises(LegalDataMissing, match=f"{end.year + (end.month == 12)}-H{1 if end.month == 12 else 2}"):
        segments([(end, D(100))], end + dt.timedelta(days=1), RATES, D(5))
    assert segments([(end, D(100))], end + dt.timedelta(days=1), None, D(5))


def test_no_setting_of_the_program_around_makes_it_coarser() -> None:
    steps = [(day("2009-09-15"), D("123456789.01"))]
    plain = segments(steps, day("2012-02-17"), RATES, D(8))
    with localcontext(prec=3, rounding=ROUND_DOWN):
        assert segments(steps, day("2012-02-17"), RATES, D(8)) == plain


days_known = st.dates(dt.date(2002, 1, 1), dt.date(2026, 12, 31))
periods = st.tuples(days_known, days_known).map(sorted)
principals = st.integers(1, 10**9).map(lambda cents: D(cents).scaleb(-2))
counts = st.sampled_from(DayCount)
bases = st.sampled_from([RATES, None])
points = st.sampled_from([D(5), D(8), D(9), D("0.3"), D("12.345678")])


@given(periods, principals, counts, bases, points)
def test_the_lines_cover_every_day_once(
    period: list[dt.date], principal: Decimal, count: DayCount, base: BaseRates | None, add: Decimal
) -> None:
    first, last = period
    found = segments([(first, principal)], last, base, add, count)
    assert (found[0].first, found[-1].last) == (first, last)
    assert all(after.first - before.last == dt.timedelta(days=1) for before, after in pairwise(found))
    for line in found:
        assert line.days == (line.last - line.first).days + 1 > 0
        assert count is DayCount.ACT_365 or line.first.year == line.last.year
        assert base is None or line.base == base.at(line.first) == base.at(line.last)
        assert line.amount >= 0
        assert line.amount == line.amount.quantize(D("0.01"))


@given(periods, principals, counts, bases, points, st.data())
def test_splitting_a_period_changes_no_more_than_the_rounding(
    period: list[dt.date], principal: Decimal, count: DayCount, base: BaseRates | None, add: Decimal, data: st.DataObject
) -> None:
    first, last = period
    middle = data.draw(st.dates(first, last))
    whole = segments([(first, principal)], last, base, add, count)
    split = segments([(first, principal), (middle, principal)], last, base, add, count)
    assert abs(total(whole) - total(split)) <= D("0.005") * (len(whole) + len(split))
    assert sum(line.days for line in whole) == sum(line.days for line in split)


@given(periods, principals, bases, points)
def test_the_calendar_year_never_asks_more_than_365_days_do(
    period: list[dt.date], principal: Decimal, base: BaseRates | None, add: Decimal
) -> None:
    first, last = period
    act, fixed = (segments([(first, principal)], last, base, add, count) for count in (DayCount.ACT_ACT, DayCount.ACT_365))
    if base is not None:
        assert all(one.amount <= other.amount for one, other in zip(act, fixed, strict=True))
    assert total(act) <= total(fixed) + D("0.005") * len(act) + D("0.005")
    if not any(line.first.year % 4 == 0 for line in act) and base is not None:
        assert act == fixed


@given(periods, principals, counts, bases, points)
def test_a_day_more_never_bears_less(
    period: list[dt.date], principal: Decimal, count: DayCount, base: BaseRates | None, add: Decimal
) -> None:
    first, last = period
    shorter = segments([(first, principal)], last - dt.timedelta(days=1), base, add, count)
    assert total(shorter) <= total(segments([(first, principal)], last, base, add, count))
