"""What is owed on a day (Forderungsaufstellung): interest line by line, and every payment divided as § 367 BGB orders.

The shop's books (:attr:`Claim.open`) decide what a claim *is*; the statement adds the interest and says what a payment went to. Both
always agree in total: ``statement.total_open == claim.total_open + statement.interest``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import NamedTuple

from inkasso_core.errors import LegalDataMissing
from inkasso_core.model.allocation import ZERO
from inkasso_core.model.claim import AppliesTo, ChargeKind, Claim
from inkasso_core.model.codes import smallest_unit
from inkasso_core.model.statement import Booking, Segment, Statement
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.interest import EXACT, DayCount, segments
from inkasso_core.rules.law.tables import RateRule

Lines = Callable[[dt.date, dt.date, Decimal], tuple[Segment, ...]]
"""First day, last day, principal -> the lines of interest of that period."""

_DAY = dt.timedelta(days=1)
_RANK = {AppliesTo.PRINCIPAL: 0, AppliesTo.CHARGES: 1, AppliesTo.AUTO: 2}


def reckon(claim: Claim, law: Law, as_of: dt.date, *, day_count: DayCount = DayCount.ACT_ACT, delivery_days: int = 3) -> Statement:
    """Return what is owed on ``as_of``, interest for that day included, in the claim's currency.

    ``delivery_days``: for how long a reminder or an invoice counts as under way, where its receipt is not reported.

    * Interest runs from the first day of default, at the agreed rate where the claim names one (§ 288(3) BGB), else at the law's
      (§ 288(1), (2) BGB), on the principal alone: neither interest (§ 289 BGB) nor charges bear any.
    * A payment or credit stops the interest on what it pays of the principal from its own date on. One without a date counts from the
      first day of default, so that it never bears interest; one dated later than ``as_of`` is known all the same and counts on ``as_of``.
    * The shop's own allocation wins; only credits that it allocated count, and on the principal. The rest is divided by § 367(1) BGB:
      charges that exist on the day, interest up to the day before, principal; what is over, on charges that came later. Who pays just
      the open principal, or in sum just the invoiced one, or all that the books show as open, means the principal (§ 366(1) BGB).
    * Overpaid money stands as a principal below zero, which bears nothing.
    * Where a legal value is missing, there is no interest: ``missing`` says why.
    """
    with localcontext(EXACT):
        default = next((default for default in law.defaults(claim, delivery_days) if default.since <= as_of), None)
        start = default.since if default else as_of
        account, rule, missing = None, None, None
        if default:
            try:
                rule = law.rate(claim)
                account = _settle(claim, start, as_of, _lines(claim, law, rule, day_count))
            except LegalDataMissing as unknown:
                missing = unknown.text
        account = account or _settle(claim, start, as_of, _no_lines)
        return Statement(
            as_of=as_of,
            country=law.country,
            default=default,
            segments=tuple(account.lines),
            bookings=tuple(account.bookings),
            principal_open=account.principal,
            charges_open=account.charges - account.charges_paid,
            interest_open=account.interest - account.interest_paid,
            flat_fee=_flat_fee(claim, rule.flat_fee, account.bookings, start) if rule else ZERO,
            missing=missing,
        )


def _lines(claim: Claim, law: Law, rule: RateRule, day_count: DayCount) -> Lines:
    agreed, unit = claim.agreed_interest, smallest_unit(claim.currency)
    rates, points = (None, agreed.percent) if agreed is not None else (law.base_rates, rule.points)
    return lambda first, last, principal: segments(((first, principal),), last, rates, points, day_count, unit=unit)


def _no_lines(_first: dt.date, _last: dt.date, _principal: Decimal) -> tuple[Segment, ...]:
    return ()


def _flat_fee(claim: Claim, fee: Decimal, bookings: list[Booking], since: dt.date) -> Decimal:
    """The flat fee (§ 288(5) BGB): owed by a business only, once, in euro, and where any principal was left when default began."""
    if claim.debtor.is_consumer or claim.currency != "EUR" or any(charge.kind is ChargeKind.FLAT_FEE for charge in claim.charges):
        return ZERO
    paid_in_time = sum((booking.principal for booking in bookings if booking.on <= since), ZERO)
    return fee if paid_in_time < claim.principal else ZERO


class _Item(NamedTuple):
    """A payment or a credit with the day from which it counts."""

    on: dt.date
    applies_to: AppliesTo
    amount: Decimal


def _items(claim: Claim, start: dt.date, as_of: dt.date) -> list[_Item]:
    """Payments and allocated credits by day; of one day, those first that need no division, then the larger: no list's order matters."""
    found = [_Item(min(credit.on or start, as_of), AppliesTo.PRINCIPAL, credit.amount) for credit in claim.credits if credit.allocated]
    found += [_Item(min(payment.on or start, as_of), payment.applies_to, payment.amount) for payment in claim.payments]
    return sorted(found, key=lambda item: (item.on, _RANK[item.applies_to], -item.amount))


def _meant_for_principal(claim: Claim, items: list[_Item]) -> int:
    """Return how many of the items, from the first one, end the principal together.

    Who pays just what the invoice asked for, at once or in parts, or all that the books show as open, means the principal
    (§ 366(1) BGB): otherwise the interest would leave a claim open that the books call paid.
    """
    if claim.open.principal <= ZERO:
        return len(items)
    paid, found = ZERO, 0
    for number, item in enumerate(items, 1):
        if item.applies_to is not AppliesTo.CHARGES:
            paid += item.amount
            if paid == claim.principal:
                found = number
    return found


def _settle(claim: Claim, start: dt.date, as_of: dt.date, lines: Lines) -> _Account:
    account = _Account(claim, start, as_of, lines)
    if claim.payments or claim.credits:
        items = _items(claim, start, as_of)
        meant = _meant_for_principal(claim, items)
        for number, item in enumerate(items):
            account.book(item, for_principal=number < meant)
    account.close(account.lines_until(as_of))
    return account


class _Account:
    """The claim's account while it is walked through, day of booking by day of booking."""

    def __init__(self, claim: Claim, start: dt.date, as_of: dt.date, lines: Lines) -> None:
        self.principal = claim.principal
        self.lines: list[Segment] = []
        self.bookings: list[Booking] = []
        self.interest = self.interest_paid = ZERO
        self._first = start
        self._lines = lines
        self._dated = [(min(charge.on or dt.date.min, as_of), charge.amount) for charge in claim.charges]
        self.charges = sum((amount for _, amount in self._dated), ZERO)
        allocated = sum((payment.amount for payment in claim.payments if payment.applies_to is AppliesTo.CHARGES), ZERO)
        self._reserved = self.charges_paid = min(allocated, self.charges)
        """What the shop booked on charges is theirs from the start: no other payment may take it, whatever its date."""

    def book(self, item: _Item, *, for_principal: bool) -> None:
        """Divide one payment or credit; ``for_principal``: it belongs to those that end the principal."""
        lines = self.lines_until(item.on - _DAY) if item.on > self._first else ()
        if item.applies_to is AppliesTo.PRINCIPAL:
            charges, interest, principal = ZERO, ZERO, item.amount
        else:
            reserved = min(item.amount, self._reserved) if item.applies_to is AppliesTo.CHARGES else ZERO
            self._reserved -= reserved
            accrued = sum((line.amount for line in lines), self.interest) - self.interest_paid
            rest = item.amount - reserved
            if for_principal or rest == self.principal:
                charges, interest, principal = self._principal_first(rest, accrued)
            else:
                charges, interest, principal = self._charges_first(rest, accrued, item.on)
            self.charges_paid += charges
            self.interest_paid += interest
            charges += reserved
        if principal:
            self.close(lines)
            self._first = max(item.on, self._first)
            self.principal -= principal
        self.bookings.append(Booking(item.on, item.amount, charges, interest, principal))

    def _charges_first(self, amount: Decimal, accrued: Decimal, on: dt.date) -> tuple[Decimal, Decimal, Decimal]:
        """§ 367(1) BGB: the charges that exist, the interest, the principal; what is over, on charges that came later."""
        existing = sum((charge for since, charge in self._dated if since <= on), ZERO)
        charges = min(amount, max(existing - self.charges_paid, ZERO))
        interest = min(amount - charges, accrued)
        principal = min(amount - charges - interest, max(self.principal, ZERO))
        later = min(amount - charges - interest - principal, self.charges - self.charges_paid - charges)
        return charges + later, interest, amount - charges - later - interest

    def _principal_first(self, amount: Decimal, accrued: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """The debtor's own designation (§ 366(1) BGB): the principal, then the rest as § 367(1) BGB orders."""
        principal = min(amount, max(self.principal, ZERO))
        charges = min(amount - principal, self.charges - self.charges_paid)
        interest = min(amount - principal - charges, accrued)
        return charges, interest, amount - charges - interest

    def lines_until(self, last: dt.date) -> tuple[Segment, ...]:
        """Return the lines since the principal last changed, up to and including ``last``."""
        return self._lines(self._first, last, self.principal)

    def close(self, lines: tuple[Segment, ...]) -> None:
        """Write down lines that no later booking changes."""
        self.lines += lines
        self.interest = sum((line.amount for line in lines), self.interest)
