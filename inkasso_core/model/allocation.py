"""How payments divide over charges and principal (Tilgungsreihenfolge).

The shop's own allocation wins; § 367(1) BGB divides only what is unallocated: costs first, then the principal. Default interest joins
between the two as soon as it is computed.
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
