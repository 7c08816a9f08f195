"""What the law makes of a claim on one day: since when the debtor is in default, interest, what is open (Forderungsaufstellung)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from inkasso_core.model.words import Text


class DefaultCause(StrEnum):
    """What put the debtor in default (Verzug), ``reference: domain.md`` section 1."""

    REMINDER = "reminder"
    CALENDAR_DATE = "calendar_date"
    CALENDAR_AFTER_EVENT = "calendar_after_event"
    THIRTY_DAYS = "thirty_days"
    REFUSAL = "refusal"
    SPECIAL_REASON = "special_reason"


class Default(NamedTuple):
    """Default by one cause: ``since`` is its first day, the first day that bears interest."""

    since: dt.date
    cause: DefaultCause


class Limitation(NamedTuple):
    """Limitation (Verjährung): the last day on which the claim can still be enforced, computed without what only moves it later."""

    last_day: dt.date
    unsure: tuple[Text, ...] = ()
    """What was reported that may have moved it later: acknowledgement, negotiation, part payment."""


class Segment(NamedTuple):
    """One line of interest: a period with one principal and one rate. ``first`` and ``last`` both bear interest."""

    first: dt.date
    last: dt.date
    days: int
    principal: Decimal
    base: Decimal | None
    """The base rate in percent a year; None where an agreed rate or a fixed one counts."""
    points: Decimal
    """Percentage points above the base rate; with no base rate the whole rate."""
    amount: Decimal

    @property
    def percent(self) -> Decimal:
        """The whole rate, in percent a year."""
        return (self.base or Decimal(0)) + self.points


class Booking(NamedTuple):
    """How one payment or credit was divided (§ 367 BGB): charges first, then interest, then the principal."""

    on: dt.date
    amount: Decimal
    charges: Decimal
    interest: Decimal
    principal: Decimal


class Statement(NamedTuple):
    """What is owed on ``as_of``, line by line. Amounts are in the claim's currency; lines add up to totals to the cent."""

    as_of: dt.date
    country: str
    """The country whose law was applied (ISO 3166-1)."""
    default: Default | None
    segments: tuple[Segment, ...]
    bookings: tuple[Booking, ...]
    principal_open: Decimal
    charges_open: Decimal
    interest_open: Decimal
    flat_fee: Decimal
    """What § 288(5) BGB adds between businesses; shown apart, in no total; zero against a consumer."""
    missing: Text | None = None
    """Why there is no interest, where a legal value is missing."""

    @property
    def interest(self) -> Decimal:
        """All interest that has accrued, paid or not: the sum of the lines."""
        return sum((segment.amount for segment in self.segments), Decimal(0))

    @property
    def total_open(self) -> Decimal:
        """Principal, charges and interest that are open, without the flat fee."""
        return self.principal_open + self.charges_open + self.interest_open
