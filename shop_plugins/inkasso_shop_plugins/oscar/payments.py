"""What was paid: Oscar's payment sources, or its payment events, or a status that says "paid"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from inkasso_core import PaymentOrigin
from inkasso_shop_plugins.django.writeback import status_set
from inkasso_shop_plugins.oscar.conf import OscarOptions
from inkasso_shop_plugins.oscar.days import day_of

_IN, _OUT = "Debit", "Refund"
"""Oscar's types of transaction: money that came, and money that went back."""


def payments(order: Any, settings: OscarOptions, *, paid_on: dt.date | None) -> list[dict[str, Any]]:
    """Return all payments so far, refunds taken off the last ones.

    A status that means "paid" pays the rest, too. Where we set it ourselves because the agency was paid, that is the agency's payment, and
    no news for it.
    """
    booked = [{"amount": amount, "on": on, "reference": ref} for amount, on, ref in _booked(order, settings) if amount > 0]
    paid = _less(booked, sum((-amount for amount, _, _ in _booked(order, settings) if amount < 0), Decimal(0)))
    rest = order.total_incl_tax - sum((one["amount"] for one in paid), Decimal(0))
    if order.status in settings.paid and rest > 0:
        ours = status_set(str(order.pk)) == order.status
        paid.append({"amount": rest, "on": paid_on, "origin": PaymentOrigin.AGENCY if ours else PaymentOrigin.SHOP})
    return paid


def method(order: Any) -> str | None:
    """Return the name of the first payment source's type."""
    return next((source.source_type.name for source in order.sources.all()), None)


def _booked(order: Any, settings: OscarOptions) -> Iterator[tuple[Decimal, dt.date | None, str]]:
    """Amount (below zero: went back), day and reference of all that was booked, oldest first."""
    if settings.payment_events:
        for event in sorted(order.payment_events.all(), key=lambda one: one.pk):
            direction = settings.payment_events.get(event.event_type.name)
            if direction is not None:
                yield event.amount if direction == "in" else -event.amount, day_of(event.date_created), event.reference
        return
    for source in order.sources.all():
        yield from _of_source(source)


def _of_source(source: Any) -> Iterator[tuple[Decimal, dt.date | None, str]]:
    """Its transactions, and what its sums hold beyond them: some payment partners book sums alone."""
    sums = {_IN: Decimal(0), _OUT: Decimal(0)}
    for one in sorted(source.transactions.all(), key=lambda one: one.pk):
        if one.txn_type in sums:
            sums[one.txn_type] += one.amount
            yield one.amount if one.txn_type == _IN else -one.amount, day_of(one.date_created), one.reference
    yield max(source.amount_debited - sums[_IN], Decimal(0)), None, source.reference
    yield -max(source.amount_refunded - sums[_OUT], Decimal(0)), None, source.reference


def _less(booked: list[dict[str, Any]], refunded: Decimal) -> list[dict[str, Any]]:
    """The payments without what went back, the last ones first."""
    kept = []
    for one in reversed(booked):
        taken = min(refunded, one["amount"])
        refunded -= taken
        if one["amount"] > taken:
            kept.append({**one, "amount": one["amount"] - taken})
    return kept[::-1]
