"""What a claim's status says: why the rate is open, and what the routing table makes of it. Words for people and programs."""

from __future__ import annotations

from inkasso_shop_plugins.copecart.routing import ANY, PUBLISHED, Case, Event, Routed, Way

PAID, REFUNDED, PLAN_CANCELLED = "paid", "refunded", "plan cancelled"
LIST = "list"
"""A row of a vendor's list, which does not say why."""
BELOW_MINIMUM = "order below the minimum"
UNSTATED = ", no published rule"
CANCEL_PLAN = "claim, cancel the plan"

_WAYS = {
    Way.CLAIM: "claim",
    Way.CLAIM_AND_CANCEL_PLAN: CANCEL_PLAN,
    Way.REMINDER: "reminder",
    Way.NOT_POSSIBLE: "not possible",
}
_OTHER = "other"
_KNOWN = frozenset({rule.method for rule in PUBLISHED} - {ANY} | {"credit_card", "sofort"})


def routed(case: Case, answer: Routed) -> str:
    """Return the status of an open rate, such as ``chargeback sepa: claim``."""
    return f"{_why(case)}: {_WAYS[answer.way]}{'' if answer.stated else UNSTATED}"


def below_minimum(case: Case) -> str:
    """Return the status of an open rate whose order is too small."""
    return f"{_why(case)}: {BELOW_MINIMUM}"


def _why(case: Case) -> str:
    """A method that nobody knows may be anything: it is not repeated."""
    return f"{case.event} {case.method if case.method in _KNOWN else _OTHER}"


def idle() -> list[str]:
    """Return every status of a rate that is no claim."""
    methods = (*sorted(_KNOWN), _OTHER)
    tails = (*(f"{_WAYS[way]}{tail}" for way in (Way.REMINDER, Way.NOT_POSSIBLE) for tail in ("", UNSTATED)), BELOW_MINIMUM)
    return [PAID, REFUNDED, PLAN_CANCELLED, *(f"{event} {method}: {tail}" for event in Event for method in methods for tail in tails)]
