"""Reconciling: orders whose change no event told of (``queryset.update()``, ``order.save()``, a restored backup) get one.

What the shop would report now is compared with what our store was told last: orders in the trigger status, and orders that are claims.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inkasso_core import Actor, Claim, Filter, Inkasso, State
from inkasso_shop_plugins.django.conf import options
from inkasso_shop_plugins.django.events import report
from inkasso_shop_plugins.django.models import Event
from inkasso_shop_plugins.django.relay import pending

logger = logging.getLogger("inkasso.django")

WHO = Actor("inkasso_reconcile")
_ENDED = frozenset({State.PAID, State.CLOSED, State.CANCELLED, State.REMOVED})
_LOOKED_AFTER = dt.timedelta(days=90)
"""How long an order is looked at after its claim has ended, or was removed: a payment may bounce."""


class Reconciled(NamedTuple):
    """What was found."""

    looked: int = 0
    """Orders that were compared."""
    reported: int = 0
    """Those that no event had told of, and that have one now."""
    broken: int = 0
    """Those of which the builder could make no claim."""


def reconcile(ink: Inkasso) -> Reconciled:
    """Write an event for every order that differs from what our store knows of it, and return what was found."""
    known, found = _known(ink), Reconciled()
    waiting = set(pending().values_list("order", flat=True))
    for order in _orders(known):
        if order in waiting:
            continue  # its event is on its way
        try:
            differs = _differs(known, order)
        except Exception as exc:  # noqa: BLE001  (the project's builder; one order stops none of the others)
            logger.warning("inkasso: order %s cannot be compared (%s)", order, type(exc).__name__)
            differs = not _said_so(order)
            found = found._replace(broken=found.broken + 1)
        if differs:
            report(order)
        found = found._replace(looked=found.looked + 1, reported=found.reported + differs)
    return found


def _known(ink: Inkasso) -> dict[str, str]:
    """The digest of what was reported last, by order: of claims that are open, or have not ended long ago."""
    since = ink.today() - _LOOKED_AFTER
    return {
        one.record: one.digest
        for one in ink.claims(Filter(shop=options().shop), actor=WHO)
        if one.state not in _ENDED or one.changed_at.date() > since
    }


def _orders(known: Mapping[str, str]) -> Iterator[str]:
    candidates = options().candidates
    yield from dict.fromkeys([*map(str, candidates() if candidates is not None else ()), *known])


def _differs(known: Mapping[str, str], order: str) -> bool:
    claim = options().claim_builder(order)
    if not isinstance(claim, Claim):
        return False
    return claim.digest() != known[order] if order in known else claim.source.triggered


def _said_so(order: str) -> bool:
    """Whether the last event of an order failed, too: then it stands in `inkasso events` already."""
    last = Event.objects.filter(order=order).order_by("-pk").first()
    return last is not None and last.outcome == "failed"
