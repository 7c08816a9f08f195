"""Which unpaid rate becomes a claim: a table, by plan, number of the payment, method and what happened.

The rows are those that the platform's help page shows (``reference: shop-copecart.md`` section 1.5). It shows one-time payments and
the first payment of a subscription; of everything else nothing is known, and the operator's own rows, or ``unstated``, decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inkasso_shop_plugins.copecart.codes import Plan

Word = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=60)]


class Event(StrEnum):
    """Why a rate is open."""

    UNPAID = "unpaid"
    FAILED = "failed"
    CHARGEBACK = "chargeback"


class Number(StrEnum):
    """Which payment of the plan it is."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"


class Way(StrEnum):
    """What becomes of it."""

    CLAIM = "claim"
    CLAIM_AND_CANCEL_PLAN = "claim_and_cancel_plan"
    """A claim; and the payment plan has to be cancelled on the platform, so that nothing is debited any more."""
    REMINDER = "reminder"
    NOT_POSSIBLE = "not_possible"


ANY = "any"
CLAIMS = frozenset({Way.CLAIM, Way.CLAIM_AND_CANCEL_PLAN})


class Rule(BaseModel):
    """One row. What is left out, or ``any``, fits everything."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    plan: Word = ANY
    """`one_time_payment`, `breakdown_payment`, `abonnement`, as the platform writes it."""
    payment: Number | Annotated[str, StringConstraints(pattern=f"^{ANY}$")] = ANY
    """`first` or `follow_up`."""
    method: Word = ANY
    """`sepa`, `paypal`, `invoice` and so on; a card goes by what `methods` calls it."""
    event: Event | Annotated[str, StringConstraints(pattern=f"^{ANY}$")] = ANY
    """`unpaid`, `failed` or `chargeback`."""
    way: Way = Field()
    """`claim`, `claim_and_cancel_plan`, `reminder` or `not_possible`."""

    def fits(self, case: Case) -> bool:
        """True where every column of the row fits."""
        pairs = ((self.plan, case.plan), (self.payment, case.payment), (self.method, case.method), (self.event, case.event))
        return all(wanted in (ANY, found) for wanted, found in pairs)


class Case(NamedTuple):
    """An open rate, as the table sees it."""

    plan: str
    payment: Number
    method: str
    event: Event


class Routed(NamedTuple):
    """The table's answer."""

    way: Way
    stated: bool
    """Whether a row says so; else it is the setting ``unstated``."""


def _one_time() -> Iterator[Rule]:
    """The first table of the help page: method -> chargeback, failed, unpaid."""
    claim, remind, no = Way.CLAIM, Way.REMINDER, Way.NOT_POSSIBLE
    rows = {
        "stripe": (claim, no, no),
        "paypal": (claim, no, no),
        "sepa": (claim, remind, remind),
        "invoice": (no, no, remind),
        "klarna": (claim, no, no),
        "sequra": (no, no, no),
    }
    for method, ways in rows.items():
        for event, way in zip((Event.CHARGEBACK, Event.FAILED, Event.UNPAID), ways, strict=True):
            yield Rule(plan=Plan.ONE_TIME, method=method, event=event, way=way)


def _subscription() -> Iterator[Rule]:
    """The first payment of a subscription. The table of the payments that follow is not visible."""
    first = {"plan": Plan.SUBSCRIPTION, "payment": Number.FIRST}
    for method in ("stripe", "paypal", "sepa"):
        yield Rule(**first, method=method, event=Event.CHARGEBACK, way=Way.CLAIM_AND_CANCEL_PLAN)
    yield Rule(**first, way=Way.NOT_POSSIBLE)


PUBLISHED: tuple[Rule, ...] = (*_one_time(), *_subscription())
"""What the help page shows, and no more."""


def route(case: Case, own: Iterable[Rule], unstated: Way) -> Routed:
    """Return what becomes of an open rate: the first row that fits, the operator's ``own`` before the published ones."""
    for rule in (*own, *PUBLISHED):
        if rule.fits(case):
            return Routed(rule.way, stated=True)
    return Routed(unstated, stated=False)
