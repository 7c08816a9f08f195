"""One order of the REST API becomes a claim (``reference: shop-plentymarkets.md`` sections 4 and 9)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from inkasso_core import Claim, OrderEnd, ShopEvent, ShopEventKind
from inkasso_shop_plugins.plentymarkets.children import credit_notes
from inkasso_shop_plugins.plentymarkets.codes import COLLECTED, NAMED_ITEMS, DateType, Property
from inkasso_shop_plugins.plentymarkets.money import is_dunning_charge, money
from inkasso_shop_plugins.plentymarkets.own import own
from inkasso_shop_plugins.plentymarkets.papers import invoice, reminders, valid_documents
from inkasso_shop_plugins.plentymarkets.party import debtor
from inkasso_shop_plugins.plentymarkets.record import Node, by_type, identifier, plain
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings
from inkasso_shop_plugins.plentymarkets.status import covered
from inkasso_shop_plugins.plentymarkets.trigger import asks_for_collection, dunning_level, properties_of

LONGEST_SUBJECT = 500
"""Characters: enough to know the goods by."""


def claim_of(event: ShopEvent, settings: PlentySettings) -> Claim | None:
    """Return the claim of the order in ``event.payload``, or None for an order that is not collected.

    Not collected are order types for which the shop makes no dunning letters (offers, returns, credit notes) and orders
    of other clients than ``settings.plenty_ids``. Raises ``InvalidInput`` for a record that cannot be read, and
    pydantic's ``ValidationError`` for values that no claim may have.
    """
    order = Node(event.payload)
    if order.needed("typeId", order.integer("typeId")) not in COLLECTED:
        return None
    if settings.plenty_ids and order.needed("plentyId", order.integer("plentyId")) not in settings.plenty_ids:
        return None
    zone = settings.timezone
    properties = properties_of(order)
    dates = by_type(order.nodes("dates"), "date")
    status = order.needed("statusId", order.number("statusId"))
    documents = valid_documents(order, zone)
    ended = _end(event.kind, status, settings, is_deleted=_day(dates, DateType.DELETED, zone) is not None)
    completed = _day(dates, DateType.COMPLETED, zone)
    concluded = _day(dates, DateType.CREATED, zone) or order.day("createdAt", zone)
    due = _day(dates, DateType.PAYMENT_DUE, zone)
    amounts = money(order, properties.get(Property.PAYMENT_STATUS), settings)
    is_trigger = ended is None and asks_for_collection(order, settings, event.received_at)
    return Claim.model_validate(
        {
            "source": _source(order, status, properties, settings, is_trigger=is_trigger),
            **amounts,
            "credits": credit_notes(own(order).children, amounts["currency"], settings),
            "debtor": debtor(order, properties, settings),
            "subject": subject(order, settings),
            "contract": {"concluded_on": concluded} if concluded else None,
            "invoice": invoice(documents, properties.get(Property.MAIN_DOCUMENT_NUMBER), zone),
            "service_date": completed,
            "performed": True if completed else None,
            "due_date": due,
            "due_date_origin": settings.due_date_origin if due else None,
            "reminders": reminders(documents, dunning_level(properties), zone),
            "dispute": _dispute(properties, settings),
            "ended": ended,
            "payment_method": _payment_method(properties, settings),
            "documents": [dict(file.data) for file in own(order).files],
        }
    )


def _day(dates: dict[int, Node], kind: DateType, zone: ZoneInfo) -> dt.date | None:
    return dates[kind].day("date", zone) if kind in dates else None


def _source(order: Node, status: Decimal, properties: dict[int, str], settings: PlentySettings, *, is_trigger: bool) -> dict[str, Any]:
    return {
        "order": order.needed("id", identifier(order, "id")),
        "order_number": properties.get(Property.EXTERNAL_ORDER_ID),
        "status": plain(status),
        "triggered": is_trigger,
        "reported_at": max(filter(None, (order.instant("updatedAt", settings.timezone), own(order).read_at)), default=None),
    }


def _end(kind: ShopEventKind, status: Decimal, settings: PlentySettings, *, is_deleted: bool) -> OrderEnd | None:
    """Return CANCELLED where the event, the status or the shop's date of deletion says so."""
    return OrderEnd.CANCELLED if covered(status, settings.cancelled) or is_deleted or kind is ShopEventKind.ORDER_CANCELLED else None


def _dispute(properties: dict[int, str], settings: PlentySettings) -> dict[str, Any] | None:
    status = properties.get(Property.DISPUTE_STATUS)
    return {"reason": status} if status and status.casefold() not in settings.no_dispute else None


def _payment_method(properties: dict[int, str], settings: PlentySettings) -> str | None:
    method = properties.get(Property.PAYMENT_METHOD)
    return settings.payment_methods.get(method, method) if method else None


def subject(order: Node, settings: PlentySettings) -> str | None:
    """Return what was sold, such as ``Stuhl, 2 × Kissen``; of many items as many as fit, and how many more."""
    names = [name for item in order.nodes("orderItems") if (name := _item_name(item, settings))]
    text = ""
    for number, name in enumerate(names):
        longer = f"{text}, {name}" if text else name
        if len(longer) > LONGEST_SUBJECT:
            return f"{text}, … (+{len(names) - number})" if text else f"{name[:LONGEST_SUBJECT]}…"
        text = longer
    return text or None


def _item_name(item: Node, settings: PlentySettings) -> str | None:
    name = " ".join((item.text("orderItemName") or "").split())
    if not name or item.integer("typeId") not in NAMED_ITEMS or is_dunning_charge(item, settings):
        return None
    quantity = item.number("quantity")
    return name if quantity in (None, Decimal(1)) else f"{plain(quantity)} × {name}"
