"""A stand-in of the platform: notifications as it sends them, signed by either scheme. All persons are invented."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from world import NOON

from inkasso_core import ShopRequest

SECRET = "geheim-4711"
ORDER, PRODUCT = "Ab12Cd34", "7a66056a"

STATUS = {
    "payment.made": "paid",
    "payment.trial": "trial",
    "payment.failed": "failed",
    "payment.pending": "pending",
    "payment.refunded": "successed_refunded",
    "payment.charged_back": "chargeback_succeeded",
    "payment.charge_back": "chargeback_succeeded",
    "payment.recurring.upcoming": "upcoming",
}


def notification(
    event: str, transaction: str | None = "tx_9001", day: str | None = "2026-04-02T08:15:00+02:00", **changes: Any
) -> dict[str, Any]:
    """A notification as the platform sends it, numbers as texts. A change to None leaves the field out."""
    values = {
        "event_type": event,
        "order_id": ORDER,
        "order_date": "2026-03-01",
        "transaction_id": transaction,
        "transaction_type": "sale",
        "transaction_amount": "119.0",
        "transaction_vat_amount": "19.0",
        "transaction_currency": "EUR",
        "transaction_date": day,
        "rate_number": "2",
        "total_number_of_payments": "6",
        "payment_plan": "breakdown_payment",
        "payment_method": "sepa",
        "payment_status": STATUS.get(event),
        "product_id": PRODUCT,
        "product_name": "Online-Kurs",
        "product_type": "services",
        "is_addon": False,
        "quantity": "1",
        "earned_amount": "80.5",
        "buyer_id": "55501",
        "buyer_firstname": "Änne",
        "buyer_lastname": "Groß",
        "buyer_email": "aenne@example.org",
        "buyer_street": "Lange Straße",
        "buyer_house_number": "7a",
        "buyer_zipcode": "01067",
        "buyer_city": "Dresden",
        "buyer_country": "Germany",
        "buyer_country_code": "DE",
        "test_payment": False,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None} | {"metadata": changes.get("metadata")}


def made(transaction: str = "tx_made", day: str | None = "2026-04-02T08:15:00+02:00", **changes: Any) -> dict[str, Any]:
    """A payment."""
    return notification("payment.made", transaction, day, **changes)


def failed(transaction: str = "tx_failed", day: str | None = "2026-04-02T08:15:00+02:00", **changes: Any) -> dict[str, Any]:
    """A debit that failed for good."""
    return notification("payment.failed", transaction, day, **changes)


def charged_back(transaction: str = "tx_back", day: str | None = "2026-04-20T10:00:00+02:00", **changes: Any) -> dict[str, Any]:
    """A chargeback."""
    return notification("payment.charged_back", transaction, day, **{"transaction_type": "chargeback", **changes})


def refunded(transaction: str = "tx_refund", day: str | None = "2026-04-25T10:00:00+02:00", **changes: Any) -> dict[str, Any]:
    """A refund."""
    return notification("payment.refunded", transaction, day, **{"transaction_type": "refund", **changes})


def pending(transaction: str = "tx_invoice", day: str | None = "2026-04-02T08:15:00+02:00", **changes: Any) -> dict[str, Any]:
    """An invoice that was sent."""
    return notification("payment.pending", transaction, day, **{"payment_method": "invoice", **changes})


def cancelled(**changes: Any) -> dict[str, Any]:
    """The buyer's plan is cancelled; such a notification tells of no transaction."""
    left_out = dict.fromkeys(("transaction_type", "transaction_amount", "transaction_currency", "rate_number", "payment_status"))
    return notification("payment.recurring.cancelled", None, None, **{**left_out, "cancelation_reason": "buyer", **changes})


def encoded(content: Mapping[str, Any] | bytes) -> bytes:
    """The body of a request."""
    return content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()


def ipn_signature(body: bytes, secret: str = SECRET) -> str:
    """The classic platform's signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def cope_signature(body: bytes, secret: str = SECRET, at: dt.datetime = NOON) -> str:
    """The new platform's signature."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.new(secret.encode(), f'{seconds}.'.encode() + body, hashlib.sha256).hexdigest()}"


def request(
    content: Mapping[str, Any] | bytes, path: str = "", *, secret: str = SECRET, headers: Mapping[str, str] | None = None
) -> ShopRequest:
    """A request with the classic platform's signature, unless ``headers`` say otherwise."""
    body = encoded(content)
    signed = {"X-Copecart-Signature": ipn_signature(body, secret)} if headers is None else headers
    return ShopRequest(headers=signed, body=body, received_at=NOON, path=path)


def payload(contents: Iterable[Mapping[str, Any]], rate: int = 2, vendor: str | None = None) -> dict[str, Any]:
    """What the plugin's hook is given once such notifications have been stored."""
    parts = [{"notification": dict(content), **({"vendor": vendor} if vendor else {})} for content in contents]
    return {"whole": f"{ORDER}/{PRODUCT}/{rate}", "parts": [{"received_at": NOON.isoformat(), "payload": part} for part in parts]}
