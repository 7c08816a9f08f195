"""Payments that the agency reported, booked in the shop: found, or made, then assigned; never twice.

From ``reference: shop-plentymarkets.md`` section 8. The transaction id names the entry of the agency's feed. It is what a payment is found
by, and what tells the poll that the agency knows of it already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from inkasso_core import ClaimEvent, TemporarilyUnavailable, Text
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import MONEY_IN, PaymentProperty
from inkasso_shop_plugins.plentymarkets.journal import Journal
from inkasso_shop_plugins.plentymarkets.login import NAME
from inkasso_shop_plugins.plentymarkets.money import OURS
from inkasso_shop_plugins.plentymarkets.pages import entries
from inkasso_shop_plugins.plentymarkets.record import Node, identifier
from inkasso_shop_plugins.plentymarkets.rights import READ_PAYMENTS, WRITE_PAYMENTS
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_APPROVED, _BOOKED = 2, 2
_PLACES = Decimal("0.0001")
_ABSENT = frozenset({404})

NO_ID = Text(
    "plentymarkets hat eine Zahlung angelegt, ohne ihre ID zu nennen: sie wird gesucht und dann zugeordnet.",
    "plentymarkets made a payment without naming its id: it is looked for, and assigned then.",
)


class Paid(NamedTuple):
    """A payment as the agency's feed told it."""

    entry: str
    amount: Decimal
    currency: str
    on: dt.date

    def __repr__(self) -> str:
        return f"Paid({self.entry})"


def paid_in(event: ClaimEvent) -> Paid | None:
    """Return the payment that an event tells of; None where the agency named no amount."""
    details: Mapping[str, Any] = event.details or {}
    if not (details.get("entry") and details.get("amount") and details.get("currency") and details.get("received_on")):
        return None
    return Paid(details["entry"], Decimal(details["amount"]), details["currency"], dt.date.fromisoformat(details["received_on"]))


def make(client: Client, paid: Paid, settings: PlentySettings, journal: Journal) -> str:
    """Return the payment's id in the shop: that of the one which is there already, or of a new one."""
    known = journal.payment_of(paid.entry) or _found(client, paid)
    if known is None:
        known = _made(client, paid, settings)
    journal.booked(paid.entry, known)
    return known


def assign(client: Client, payment: str, order: str) -> None:
    """Assign a payment to an order, unless it is."""
    assigned = client.get(f"/payments/orders/{order}", right=READ_PAYMENTS, absent=_ABSENT)
    if payment not in {identifier(node, "id") for node in entries(assigned)}:
        client.write("POST", f"/payment/{payment}/order/{order}", right=WRITE_PAYMENTS)


def _found(client: Client, paid: Paid) -> str | None:
    """Return a payment with the entry's transaction id: one that was made before its answer was lost."""
    path = f"/payments/property/{PaymentProperty.TRANSACTION_ID:d}/{OURS}{paid.entry}"
    found = entries(client.get(path, right=READ_PAYMENTS, absent=_ABSENT))
    return next((number for node in found if (number := identifier(node, "id"))), None)


def _made(client: Client, paid: Paid, settings: PlentySettings) -> str:
    body = {
        "amount": paid.amount.quantize(_PLACES),
        "currency": paid.currency,
        "exchangeRatio": 1,
        "mopId": settings.booking_method,
        "status": _APPROVED,
        "transactionType": _BOOKED,
        "type": MONEY_IN,
        "receivedAt": dt.datetime.combine(paid.on, dt.time(12), settings.timezone).isoformat(),
        "properties": [
            {"typeId": int(PaymentProperty.TRANSACTION_ID), "value": f"{OURS}{paid.entry}"},
            {"typeId": int(PaymentProperty.BOOKING_TEXT), "value": "Inkasso"},
        ],
    }
    answer = client.write("POST", "/payments", body, right=WRITE_PAYMENTS)
    number = identifier(Node(answer), "id") if isinstance(answer, dict) else None
    if number is None:
        raise TemporarilyUnavailable(NO_ID, agency=NAME)
    return number
