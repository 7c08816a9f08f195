"""The same payment in two lists: what the agency was told, and what the shop reports now. Nothing here is ever counted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal

from inkasso_core.model.claim import Payment

_Key = Callable[[Payment], Hashable | None]


def matched(known: Sequence[Payment], reported: Sequence[Payment]) -> dict[int, int]:
    """Return which payment of ``reported`` each one of ``known`` is, by their places; one that is none of them is left out.

    A payment is known by the shop's reference; without one by its day and amount, and two of them are two. A reference may arrive later,
    and the amount or the day under a reference may be corrected: it is the same payment all the same. What is left without a reference on
    both sides is a sum that the shop carries on: many shops report no more than what was paid so far.
    """
    pairs: dict[int, int] = {}
    for key_known, key_reported in _RULES:
        free: dict[Hashable, list[int]] = defaultdict(list)
        taken = set(pairs.values())
        for place, payment in enumerate(reported):
            if place not in taken and (key := key_reported(payment)) is not None:
                free[key].append(place)
        for place, payment in enumerate(known):
            key = None if place in pairs else key_known(payment)
            if key is not None and free[key]:
                pairs[place] = free[key].pop(0)
    return pairs


def growth(told: Payment, now: Payment) -> Decimal:
    """Return by how much a sum that the shop carries on has grown; zero for a payment with a reference: that is corrected."""
    return max(now.amount - told.amount, Decimal(0)) if told.reference is None and now.reference is None else Decimal(0)


def has_moved(told: Payment, was: Payment | None, now: Payment | None) -> bool:
    """Return whether a payment that the agency was told of is another than it was: gone, back, or corrected.

    A sum that grew beyond what was told is not: the rest of it is a payment that is told by itself.
    """
    if was is None or now is None:
        return was is not now
    if told.reference is None and was.reference is None and now.reference is None:
        return min(was.amount, told.amount) != min(now.amount, told.amount)
    return _facts(was) != _facts(now)


def _facts(payment: Payment) -> tuple[object, ...]:
    return payment.on, payment.amount


def _whole(payment: Payment) -> Hashable:
    return payment.reference, *_facts(payment)


def _facts_without_reference(payment: Payment) -> Hashable | None:
    return _facts(payment) if payment.reference is None else None


def _reference(payment: Payment) -> Hashable | None:
    return payment.reference


def _sum(payment: Payment) -> Hashable | None:
    return payment.origin if payment.reference is None else None


_RULES: tuple[tuple[_Key, _Key], ...] = (
    (_whole, _whole),
    (_facts_without_reference, _facts),
    (_facts, _facts_without_reference),
    (_reference, _reference),
    (_sum, _sum),
)
"""What makes two the same, the surest first: what is asked of the one that is known, and of the one that is reported."""
