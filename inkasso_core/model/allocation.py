"""How payments divide over charges and principal (Tilgungsreihenfolge).

The shop's own allocation wins; § 367(1) BGB divides only what is unallocated: costs first, then the principal. Default interest joins
between the two where it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Open(NamedTuple):
    """What is still owed. A principal below zero was overpaid."""

    principal: Decimal
    charges: Decimal

    @property
    def total(self) -> Decimal:
        """Principal and charges together; an overpaid principal counts against the charges."""
        return self.principal + self.charges


def divide(*, principal: Decimal, charges: Decimal, payments: Iterable[tuple[str, Decimal]]) -> Open:
    """Divide ``payments`` (what they apply to: ``principal``, ``charges`` or ``auto``; and the amount) and return what is open.

    More on charges than there are charges goes to the principal, so no cent vanishes: the total open always equals principal plus
    charges less all payments.
    """
    unallocated = ZERO
    for applies_to, amount in payments:
        if applies_to == "principal":
            principal -= amount
        elif applies_to == "charges":
            charges -= amount
        else:
            unallocated += amount
    on_charges = min(unallocated, max(charges, ZERO))
    charges -= on_charges
    principal -= unallocated - on_charges
    if charges < ZERO:
        principal, charges = principal + charges, ZERO
    return Open(principal, charges)


class Share(NamedTuple):
    """What one payment went to. The three add up to the payment, to the cent."""

    charges: Decimal
    interest: Decimal
    principal: Decimal


def apportion(*, principal: Decimal, charges: Decimal, interest: Decimal, payments: Iterable[tuple[str, Decimal]]) -> list[Share]:
    """Divide each of ``payments`` in their order and return what it went to: costs, then interest, then the principal (§ 367(1) BGB).

    What the shop allocated is booked first, whatever its place, so that no other payment takes it; more on charges than there are goes the
    way of what is not allocated. What is over is on the principal, which then stands below zero: no cent vanishes.
    """
    asked = list(payments)
    shares = [Share(ZERO, ZERO, ZERO)] * len(asked)
    rest: list[Decimal] = [amount for _, amount in asked]
    for place, (applies_to, amount) in enumerate(asked):
        if applies_to == "principal":
            shares[place], rest[place] = Share(ZERO, ZERO, amount), ZERO
            principal -= amount
        elif applies_to == "charges":
            on_charges = min(amount, max(charges, ZERO))
            shares[place], rest[place] = Share(on_charges, ZERO, ZERO), amount - on_charges
            charges -= on_charges
    for place, amount in enumerate(rest):
        on_charges = min(amount, max(charges, ZERO))
        on_interest = min(amount - on_charges, max(interest, ZERO))
        on_principal = amount - on_charges - on_interest
        charges, interest, principal = charges - on_charges, interest - on_interest, principal - on_principal
        before = shares[place]
        shares[place] = Share(before.charges + on_charges, before.interest + on_interest, before.principal + on_principal)
    return shares
