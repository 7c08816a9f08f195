"""Default interest (Verzugszinsen), line by line: a period, a principal, a rate, an amount.

No statute fixes day count and rounding; the choice here never asks more than fixed years of 365 days would, but for a cent of rounding,
and its lines add up as they are shown (``reference: domain.md`` section 1, RDG § 13a(1) no. 3).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from inkasso_core.model.allocation import ZERO
from inkasso_core.model.statement import Segment
from inkasso_core.rules.law.tables import BaseRates

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Arithmetic that no setting of the surrounding program makes coarser: only the cents of a line are ever rounded."""

CENT = Decimal("0.01")
_DAY = dt.timedelta(days=1)
_YEAR, _LEAP_YEAR = Decimal(365 * 100), Decimal(366 * 100)
"""Days of a year, times 100 for a rate in percent."""


class DayCount(StrEnum):
    """How long the year is of which a day's interest is a part."""

    ACT_ACT = "act/act"
    """The calendar year that the day lies in: 365 days, or 366."""
    ACT_365 = "act/365"
    """Always 365 days."""


Period = tuple[dt.date, dt.date, Decimal | None]
"""First day, last day, base rate in percent a year; None for a rate that depends on no base rate."""


def segments(
    steps: Sequence[tuple[dt.date, Decimal]],
    last: dt.date,
    rates: BaseRates | None,
    points: Decimal,
    day_count: DayCount = DayCount.ACT_ACT,
    *,
    unit: Decimal = CENT,
) -> tuple[Segment, ...]:
    """Return the lines of interest, oldest first: one per half-year, change of principal and, with ``ACT_ACT``, calendar year.

    ``steps``: first day and the principal from that day on, oldest first; the first step's day and ``last`` both bear interest.
    ``rates``: the base rates (§ 247 BGB), to which ``points`` are added; None where ``points`` is the whole rate, in percent a year.
    ``unit``: the smallest unit of the currency, to which each line is rounded, half a unit up.

    A principal of zero, or one overpaid, has no line. A negative base rate lowers the rate, as § 288 BGB counts from it; a whole rate
    below zero bears nothing: default never gives the debtor money. Raises ``LegalDataMissing`` for a period without a base rate.
    """
    found: list[Segment] = []
    for number, (first, principal) in enumerate(steps, 1):
        until = last
        if number < len(steps) and (following := steps[number][0]) <= last:
            if following <= first:
                continue
            until = following - _DAY
        if principal > ZERO and first <= until:
            found += [_line(period, principal, points, day_count, unit) for period in _periods(first, until, rates, day_count)]
    return tuple(found)


def _periods(first: dt.date, last: dt.date, rates: BaseRates | None, day_count: DayCount) -> Iterable[Period]:
    periods: Iterable[Period] = ((first, last, None),) if rates is None else rates.changes(first, last)
    return _by_year(periods) if day_count is DayCount.ACT_ACT else periods


def _by_year(periods: Iterable[Period]) -> Iterator[Period]:
    for first, last, base in periods:
        while first.year < last.year:
            yield first, dt.date(first.year, 12, 31), base
            first = dt.date(first.year + 1, 1, 1)
        yield first, last, base


def _line(period: Period, principal: Decimal, points: Decimal, day_count: DayCount, unit: Decimal) -> Segment:
    first, last, base = period
    days = (last - first).days + 1
    percent = max(points if base is None else EXACT.add(base, points), ZERO)
    year = _LEAP_YEAR if day_count is DayCount.ACT_ACT and calendar.isleap(first.year) else _YEAR
    exact = EXACT.divide(EXACT.multiply(EXACT.multiply(principal, percent), days), year)
    return Segment(first, last, days, principal, base, points, exact.quantize(unit, context=EXACT))
