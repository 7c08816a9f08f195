"""The claim of an Oscar order: amounts, lines, billing address, customer or guest, payments, and reminders from its status history.

Read are Oscar's own models, as the project may have extended them: whatever a project adds, it adds to the claim in a builder of its own
that calls :func:`build_claim` first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.module_loading import import_string
from oscar.core.loading import get_model

from inkasso_core import Claim, InvalidInput, Text
from inkasso_shop_plugins.oscar.conf import OscarOptions, options
from inkasso_shop_plugins.oscar.days import day_of
from inkasso_shop_plugins.oscar.debtor import debtor
from inkasso_shop_plugins.oscar.payments import method, payments

_SUBJECT = 4000
"""Characters of a claim's subject, at most."""
_BESIDE = ("billing_address__country", "shipping_address__country", "user")
_LISTS = ("lines", "status_changes", "shipping_events", "sources__source_type", "sources__transactions", "payment_events__event_type")


def build_claim(order: str) -> Claim:
    """Return the claim of the order with this primary key, as it stands now.

    Raises ``InvalidInput`` where there is no such order (any more), and ``pydantic.ValidationError`` naming a field that does not fit.
    """
    found = get_model("order", "Order").objects.select_related(*_BESIDE).prefetch_related(*_LISTS)
    one = found.filter(pk=order).first() if order.isdecimal() else None
    if one is None:
        raise InvalidInput(_GONE, field="order", reason="ORDER_GONE")
    return claim_of(one, options())


def candidates() -> Iterator[str]:
    """Yield the keys of the orders that are in a trigger status now."""
    found = get_model("order", "Order").objects.filter(status__in=options().trigger).order_by("pk")
    return map(str, found.values_list("pk", flat=True).iterator())


def claim_of(order: Any, settings: OscarOptions) -> Claim:
    """Return the claim of an order; raises ``pydantic.ValidationError`` naming a field that does not fit."""
    placed, shipped = day_of(order.date_placed), _shipped_on(order, settings)
    due_from, invoiced = (placed if origin == "placed" else shipped for origin in (settings.due_from, settings.invoice_from))
    due = due_from + dt.timedelta(days=settings.due_days) if due_from and settings.due_days is not None else None
    reminders = _reminders(order, settings)
    return Claim.model_validate(
        {
            "source": {
                "order": str(order.pk),
                "order_number": order.number,
                "status": order.status,
                "triggered": order.status in settings.trigger,
            },
            "currency": order.currency,
            "principal": order.total_incl_tax,
            "kind": settings.kind,
            "debtor": debtor(order, settings),
            "subject": _subject(order),
            "contract": {"number": order.number, "concluded_on": placed},
            "invoice": {"number": _invoice_number(order, settings), "issued_on": invoiced},
            "service_date": shipped,
            "performed": True if shipped else None,
            "due_date": due,
            "due_date_origin": settings.due_date_origin if due else None,
            "reminders": reminders,
            "payments": payments(order, settings, paid_on=_reached(order, settings.paid)),
            "payment_method": method(order),
            "ended": "cancelled" if order.status in settings.cancelled else None,
            "asserted": _asserted(due, reminders, settings),
        }
    )


def _reached(order: Any, statuses: Sequence[str]) -> dt.date | None:
    """The day on which the order came into one of these statuses for the first time."""
    return day_of(min((change.date_created for change in order.status_changes.all() if change.new_status in statuses), default=None))


def _shipped_on(order: Any, settings: OscarOptions) -> dt.date | None:
    """The day of the first shipment: of a shipping event, or of the change into a status that says so."""
    events = [day_of(event.date_created) for event in order.shipping_events.all()]
    return min((day for day in (*events, _reached(order, settings.shipped)) if day is not None), default=None)


def _reminders(order: Any, settings: OscarOptions) -> list[dict[str, Any]]:
    """One reminder per change into a dunning status, by date; the shop's own deadline after it, where it has one for all."""
    sent = sorted(
        (change.date_created, change.new_status) for change in order.status_changes.all() if change.new_status in settings.dunning
    )
    return [
        {
            "level": settings.dunning[status],
            "sent_on": day_of(at),
            "deadline": _later(day_of(at), settings.deadline_days),
            "channel": settings.dunning_channel,
        }
        for at, status in sent
    ]


def _later(day: dt.date | None, days: int | None) -> dt.date | None:
    return day + dt.timedelta(days=days) if day is not None and days is not None else None


def _subject(order: Any) -> str:
    return ", ".join(f"{line.quantity} × {line.title}" for line in order.lines.all())[:_SUBJECT]


def _invoice_number(order: Any, settings: OscarOptions) -> str | None:
    if settings.invoice_number == "number":
        return str(order.number)
    found: str | None = import_string(settings.invoice_number)(order)
    return found


def _asserted(due: dt.date | None, reminders: Sequence[Any], settings: OscarOptions) -> list[str]:
    """What no record of the shop holds, but the settings say for all orders."""
    paths = ["due_date", "due_date_origin"] if due and settings.due_date_origin else ["due_date"] if due else []
    if settings.deadline_days is not None:
        paths += [f"reminders.{number}.deadline" for number in range(len(reminders))][: 50 - len(paths)]
    return paths


_GONE = Text(
    "Die Bestellung gibt es im Shop nicht mehr: ihre Forderung im Inkasso kündigen oder von Hand weiterführen.",
    "The shop does not have this order any more: cancel its claim, or go on with it by hand.",
)
