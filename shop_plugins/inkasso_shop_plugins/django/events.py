"""Reporting an event from inside the shop: one row, in the shop's own transaction."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.db import router, transaction

from inkasso_core import Claim, ShopEventKind
from inkasso_shop_plugins.django import background
from inkasso_shop_plugins.django.conf import relays_on_commit
from inkasso_shop_plugins.django.models import Event

logger = logging.getLogger("inkasso.django")


def report(order: str, kind: str = "order_status_changed", *, claim: Claim | None = None) -> None:
    """Write an event for the order with this key into the shop's table; the relay takes it from there.

    Inside a transaction it is there exactly if that transaction is committed. ``claim`` gives the claim itself, for an order that cannot be
    read any more when the relay comes (deleted, for example); left out, ``CLAIM_BUILDER`` is asked then. Raises what the database raises,
    and ``ValueError`` for another ``kind``; a receiver of signals takes :func:`report_safely`.
    """
    kind = ShopEventKind(kind).value
    body = claim.model_dump(mode="json", exclude_defaults=True) if claim is not None else None
    Event.objects.create(kind=kind, order=str(order), claim=body)
    if relays_on_commit():
        transaction.on_commit(background.wake, using=router.db_for_write(Event), robust=True)


def report_safely(order: str, kind: str = "order_status_changed", *, claim: Claim | None = None) -> bool:
    """Do the same and never raise: the shop's page goes on whatever is wrong here; return whether it was written.

    It is written behind a savepoint, so that a table that is missing does not spoil the shop's own transaction. What could not be written
    is in the log (nothing but the key of the order), and ``inkasso_reconcile`` finds the order later.
    """
    try:
        with transaction.atomic(using=router.db_for_write(Event)):
            report(order, kind, claim=claim)
    except Exception as exc:  # noqa: BLE001  (whatever it is, it is not worth the shop's page)
        logger.error("inkasso: no event could be written for order %s (%s); inkasso_reconcile finds it", order, type(exc).__name__)
        return False
    return True


def never_raises(receiver: Callable[..., None]) -> Callable[..., None]:
    """Make a receiver of signals that keeps to itself whatever it breaks on. What it does in the database is behind a savepoint."""

    @functools.wraps(receiver)
    def quiet(*args: Any, **kwargs: Any) -> None:
        try:
            with transaction.atomic(using=router.db_for_write(Event)):
                receiver(*args, **kwargs)
        except Exception as exc:  # noqa: BLE001  (whatever it is, it is not worth the shop's page)
            logger.error("inkasso: %s broke (%s); inkasso_reconcile finds the order", receiver.__name__, type(exc).__name__)

    return quiet
