"""What a platform sends: notifications of invented orders, each several times and shuffled, and what must come of them.

What must come is written down with each story here, and not computed by anything that is measured.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any, NamedTuple

SECRETS = {f"47{number}": f"geheimnis-des-verkaeufers-{number}" for number in range(10, 15)}
"""Vendor -> his secret."""
HEADER = "X-Copecart-Signature"
RATES = 6
_CHANGED, _UNKNOWN = 0.03, 0.05
"""Shares of deliveries with a changed byte, and of notifications of events that nobody knows."""

MADE, FAILED, PENDING = "payment.made", "payment.failed", "payment.pending"
BACK, REFUNDED = "payment.charged_back", "payment.refunded"
Told = tuple[str, str, str]
"""Event, day, amount."""
STORIES: tuple[tuple[tuple[Told, ...], str | None], ...] = (
    (((MADE, "2026-04-02", "119.0"),), None),
    (((MADE, "2026-04-02", "119,00"), (BACK, "2026-04-20", "119.0")), "119.00"),
    (((FAILED, "2026-04-02", "119.0"),), "119.00"),
    (((FAILED, "2026-04-02", "119.0"), (MADE, "2026-04-09", "119.0")), None),
    (((MADE, "2026-04-02", "119.0"), (BACK, "2026-04-20", "119.0"), (MADE, "2026-05-02", "119.0")), None),
    (((MADE, "2026-04-02", "119.0"), (REFUNDED, "2026-04-09", "20"), (BACK, "2026-04-20", "119.0")), "99.00"),
    (((PENDING, "2026-04-02", "119.0"),), "119.00"),
    (((PENDING, "2026-04-02", "119.0"), (REFUNDED, "2026-04-03", "19.5")), "99.50"),
)
"""What is told of one rate, and what is owed in the end; None for nothing."""


class Fate(Enum):
    """How a delivery must be answered."""

    KEPT = 200
    REFUSED = 401


class Delivery(NamedTuple):
    """One request."""

    path: str
    body: bytes
    signature: str
    fate: Fate
    name: str
    """What names the notification: by it the sender and the store count."""


class Material(NamedTuple):
    """All that is sent, and what must come of it."""

    deliveries: list[Delivery]
    owed: dict[str, Decimal]
    """Key of a claim -> what is open."""
    distinct: int
    """So many different notifications are told, each at least once unchanged."""


def material(distinct: int, repeats: int, seed: int = 7) -> Material:
    """Return about ``distinct`` notifications, each ``repeats`` times, shuffled; some of the deliveries have a changed byte."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    deliveries: list[Delivery] = []
    owed: dict[str, Decimal] = {}
    told = 0
    for number, (key, amount, notifications) in enumerate(_rates(chance)):
        vendor = list(SECRETS)[number // RATES % len(SECRETS)]
        if amount is not None:
            owed[key] = Decimal(amount)
        for content in notifications:
            good = _delivery(vendor, content)
            deliveries.append(good)
            deliveries.extend(_changed(good, chance) if chance.random() < _CHANGED else good for _ in range(repeats - 1))
            told += 1
        if told >= distinct:
            break
    chance.shuffle(deliveries)
    return Material(deliveries, owed, told)


def _rates(chance: random.Random) -> Iterator[tuple[str, str | None, list[dict[str, Any]]]]:
    """Yield a claim's key, what is owed in the end, and all that is told of that rate; of each order so many rates."""
    for number in count():
        order, rate = f"N{number // RATES:07d}", number % RATES + 1
        told, amount = chance.choice(STORIES)
        found = [_notification(order, rate, event, f"{order}-{rate}-{step}", day, sum_) for step, (event, day, sum_) in enumerate(told)]
        if chance.random() < _UNKNOWN:
            found.append(_notification(order, rate, "payment.sung", f"{order}-{rate}-x", "2026-04-02", "1"))
        yield f"{order}/7a66056a/{rate}", amount, found


def _notification(order: str, rate: int, event: str, transaction: str, day: str, amount: str) -> dict[str, Any]:
    method = "invoice" if event == PENDING else "sepa"
    told = {"event_type": event, "order_id": order, "transaction_id": transaction, "transaction_amount": amount, "transaction_date": day}
    return {**_ALWAYS, **told, "rate_number": str(rate), "payment_method": method, "buyer_id": f"5{order[1:]}"}


_ALWAYS: dict[str, Any] = {
    "order_date": "2026-03-01",
    "transaction_vat_amount": "19.0",
    "transaction_currency": "EUR",
    "total_number_of_payments": str(RATES),
    "payment_plan": "breakdown_payment",
    "payment_status": "paid",
    "product_id": "7a66056a",
    "product_name": "Online-Kurs",
    "product_type": "services",
    "is_addon": False,
    "quantity": "1",
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
    "metadata": None,
}


def _delivery(vendor: str, content: dict[str, Any]) -> Delivery:
    body = json.dumps(content, ensure_ascii=False).encode()
    signature = base64.b64encode(hmac.new(SECRETS[vendor].encode(), body, hashlib.sha256).digest()).decode()
    return Delivery(vendor, body, signature, Fate.KEPT, content["transaction_id"])


def _changed(good: Delivery, chance: random.Random) -> Delivery:
    """The same with one other byte, wherever it is."""
    place = chance.randrange(len(good.body))
    other = bytes([good.body[place] ^ (1 << chance.randrange(8))])
    return good._replace(body=good.body[:place] + other + good.body[place + 1 :], fate=Fate.REFUSED)
