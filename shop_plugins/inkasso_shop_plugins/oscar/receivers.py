"""Oscar's signals become events in the shop's own table. A receiver never raises: an exception would lose Oscar's own history row."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from oscar.apps.order.signals import order_placed, order_status_changed
from oscar.core.loading import get_model

from inkasso_core import ShopEventKind
from inkasso_shop_plugins.django.events import never_raises, report_safely
from inkasso_shop_plugins.django.models import Event
from inkasso_shop_plugins.oscar.conf import options


def connect() -> None:
    """Connect all receivers, once."""
    order_status_changed.connect(status_changed, dispatch_uid="inkasso_oscar.status_changed")
    order_placed.connect(placed, dispatch_uid="inkasso_oscar.placed")
    for name, receiver in (("Transaction", transaction_booked), ("Source", source_booked)):
        post_save.connect(receiver, sender=get_model("payment", name), dispatch_uid=f"inkasso_oscar.{name}")
    post_save.connect(event_booked, sender=get_model("order", "PaymentEvent"), dispatch_uid="inkasso_oscar.PaymentEvent")


@never_raises
def status_changed(sender: Any, order: Any, old_status: str, new_status: str, **_kwargs: Any) -> None:
    """Report an order that came into, or left, a status that means something here, or that was reported before.

    ``sender`` is the order itself: who filters by its class hears nothing.
    """
    found = options()
    kind = ShopEventKind.ORDER_CANCELLED if new_status in found.cancelled else ShopEventKind.ORDER_STATUS_CHANGED
    if new_status in found.trigger or old_status in found.trigger or _is_known(order):
        report_safely(str(order.pk), kind)


@never_raises
def placed(sender: Any, order: Any, **_kwargs: Any) -> None:
    """Report an order that is placed in a trigger status, as an import does."""
    if order.status in options().trigger:
        report_safely(str(order.pk))


@never_raises
def transaction_booked(sender: Any, instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    """Report a transaction of a payment source."""
    if not raw:
        _payment(instance.source.order)


@never_raises
def source_booked(sender: Any, instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    """Report the sums of a payment source."""
    if not raw:
        _payment(instance.order)


@never_raises
def event_booked(sender: Any, instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    """Report a payment event."""
    if not raw:
        _payment(instance.order)


def _payment(order: Any) -> None:
    """Money matters for orders that are, or were, reported; the others have nothing here to be paid."""
    if order.status in options().trigger or _is_known(order):
        report_safely(str(order.pk), ShopEventKind.PAYMENT_RECEIVED)


def _is_known(order: Any) -> bool:
    return bool(Event.objects.filter(order=str(order.pk)).exists())
