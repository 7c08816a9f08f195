"""The shop of the state machine: what is true of its orders, and every report that it ever made of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import builders
from world import claim

from inkasso_core import Claim, Credit, Dispute, OrderEnd, Payment, PaymentOrigin

DAY = dt.date(2026, 5, 28)
CHANGES = (
    *("pay", "pay", "pay", "bounce", "agency got", "credit", "uncredit", "cancel", "revoke", "go on", "dispute", "settle", "pay all"),
    *("move", "nothing"),
)
"""What may happen to an order."""
TOLD = ("pay", "pay", "pay", "pay all", "bounce", "credit", "dispute", "move", "cancel")
"""What an agency that has the claim must hear of."""

_FACTS: Mapping[str, Mapping[str, Any]] = {
    "credit": {"credits": (Credit(amount=Decimal("5.00")),)},
    "uncredit": {"credits": ()},
    "cancel": {"ended": OrderEnd.CANCELLED},
    "revoke": {"ended": OrderEnd.REVOKED},
    "go on": {"ended": None},
    "dispute": {"dispute": Dispute(reason="no such order")},
    "settle": {"dispute": None},
}
"""What happens -> what is so from then on."""


@dataclass
class Order:
    """An order: what is true now, and what was reported."""

    name: str
    customer: str
    payments: list[Payment] = field(default_factory=list)
    made: int = 0
    """How many payments it ever had: each has a reference of its own."""
    credits: tuple[Credit, ...] = ()
    ended: OrderEnd | None = None
    dispute: Dispute | None = None
    house: str = "7 a"
    reports: list[Claim] = field(default_factory=list)
    """Number ``n`` has version ``n + 1``."""

    def report(self) -> Claim:
        """Write down what is true now: a new version."""
        debtor = builders.green_debtor(number=self.customer, addresses=(builders.green_address(house_number=self.house),))
        made = claim(
            self.name,
            version=len(self.reports) + 1,
            payments=tuple(self.payments),
            credits=self.credits,
            ended=self.ended,
            dispute=self.dispute,
            debtor=debtor,
        )
        self.reports.append(made)
        return made

    @property
    def newest(self) -> Claim:
        """The newest report."""
        return self.reports[-1]

    def change(self, what: str) -> None:
        """Let something happen to the order."""
        for name, value in _FACTS.get(what, {}).items():
            setattr(self, name, value)
        match what:
            case "pay" | "agency got":
                self._pay(Decimal(self.made + 1), PaymentOrigin.SHOP if what == "pay" else PaymentOrigin.AGENCY)
            case "pay all" if self.newest.principal_open > 0:
                self._pay(self.newest.principal_open, PaymentOrigin.SHOP)
            case "bounce" if self.payments:
                self.payments.pop()
            case "move":
                self.house = "8" if self.house == "7 a" else "7 a"

    def _pay(self, amount: Decimal, origin: PaymentOrigin) -> None:
        self.made += 1
        self.payments.append(Payment(amount=amount, on=DAY, reference=f"{self.name}/{self.made}", origin=origin))


def says_same(one: Claim, other: Claim) -> bool:
    """Whether two reports differ in nothing but their version."""
    return one.model_copy(update={"source": other.source}) == other
