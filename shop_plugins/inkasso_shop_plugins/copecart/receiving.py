"""What is kept of a request: who sent it, what it belongs to, and what names it so that it counts once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from inkasso_core import DeliveryRefused, InvalidInput, Part, Received, Reported, ShopRequest, Text, from_json
from inkasso_shop_plugins.copecart import signature
from inkasso_shop_plugins.copecart.codes import KINDS, Kind
from inkasso_shop_plugins.copecart.notification import Notification
from inkasso_shop_plugins.copecart.settings import CopeCartSettings

MOST_BYTES = 256 * 1024
"""A notification has about two kilobytes."""
_DEEPEST = 20
"""Levels of objects and lists; a notification has three."""
_LONGEST_ID = 60
"""Characters of an order's or a product's id, written for a path; the platform's have eight."""


def receive(settings: CopeCartSettings, request: ShopRequest) -> Received:
    """Check and read a request. Raises ``DeliveryRefused`` for a wrong signature, ``InvalidInput`` for what is no notification.

    A test is answered and not kept.
    """
    if len(request.body) > MOST_BYTES:
        raise InvalidInput(_TOO_LONG.fill(most=MOST_BYTES // 1024), field="body", reason="TOO_LARGE")
    vendor = _vendor(settings, request.path)
    signature.check(request, _keys(settings, vendor))
    data = _object(request.body)
    notification = Notification(data, settings.timezone)
    if notification.is_test:
        return Received()
    payload: dict[str, Any] = {"notification": data}
    if vendor is not None:
        payload["vendor"] = vendor
    return Received(reports=(Reported(payload=payload, part=_part(notification, vendor, request)),))


def _vendor(settings: CopeCartSettings, path: str) -> str | None:
    """Return the vendor to whom the address belongs; None for the shop's own. One that is not configured is told nothing."""
    name = path.strip("/")
    if name and name not in settings.vendors:
        raise DeliveryRefused(_NO_VENDOR)
    return name or None


def _keys(settings: CopeCartSettings, vendor: str | None) -> list[bytes]:
    own = settings.vendors[vendor].secret if vendor is not None else ()
    return [secret.get_secret_value().encode() for secret in own or settings.secret]


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = from_json(body)
    except ValueError:
        raise InvalidInput(_NO_JSON, field="body", reason="NO_JSON") from None
    if not isinstance(data, dict):
        raise InvalidInput(_NO_JSON, field="body", reason="NO_OBJECT")
    if _depth(data, _DEEPEST) > _DEEPEST:
        raise InvalidInput(_TOO_DEEP, field="body", reason="TOO_DEEP")
    return data


def _depth(node: object, most: int) -> int:
    """Return how deep a value is nested, looking no deeper than it may be: what is stored must be readable wherever it is read."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return 1 + max((_depth(one, most - 1) for one in inner), default=0) if most >= 0 and inner else 0


def _part(notification: Notification, vendor: str | None, request: ShopRequest) -> Part:
    """Say what the notification belongs to: its rate; its plan, where it is of no rate; itself, where nothing can come of it."""
    event = KINDS.get(notification.word("event_type"))
    order = _id(notification, "order_id") if event is not None else None
    if event is None or order is None:
        named = request.header(signature.EVENT_ID) or notification.text("idempotency_key") or ""
        once = _digest(vendor, named, notification.canonical)
        return Part(whole=f"other/{once}", once=once)
    transaction, rate = notification.text("transaction_id"), notification.rate
    once = _digest(vendor, notification.word("event_type"), transaction or order, notification.content)
    plan = f"{order}/{_id(notification, 'product_id') or ''}"
    if event is Kind.PLAN_CANCELLED or rate is None:
        return Part(whole=plan, once=once)
    return Part(whole=f"{plan}/{rate}", above=plan, once=once)


def _id(notification: Notification, name: str) -> str | None:
    """Return an id as it can stand in a path."""
    text = notification.text(name)
    written = quote(text, safe="") if text is not None else None
    if written is not None and len(written) > _LONGEST_ID:
        raise InvalidInput(_LONG_ID.fill(name=name), field=name, reason="ID_TOO_LONG")
    return written


def _digest(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def told(payload: Mapping[str, Any], zone: ZoneInfo) -> tuple[str | None, Notification]:
    """Return the vendor whose address a stored notification came to, and the notification."""
    return payload.get("vendor"), Notification(payload["notification"], zone)


_TOO_LONG = Text(
    "Die Benachrichtigung ist größer als {most} KiB: so eine gibt es nicht.",
    "The notification is larger than {most} KiB: there is none such.",
)
_NO_VENDOR = Text(
    "Unter dieser Adresse wird nichts angenommen: die Adresse in den IPN-Einstellungen des Verkäufers und [vendors] prüfen.",
    "Nothing is taken at this address: check the address in the vendor's IPN settings, and [vendors].",
)
_NO_JSON = Text("Die Benachrichtigung ist kein JSON-Objekt.", "The notification is no JSON object.")
_TOO_DEEP = Text("Die Benachrichtigung ist zu tief verschachtelt.", "The notification is nested too deep.")
_LONG_ID = Text("{name} ist länger, als eine Nummer der Plattform ist.", "{name} is longer than an id of the platform is.")
