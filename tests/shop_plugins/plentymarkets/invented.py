"""Invented orders, returns and credit notes, in the shape of the REST API."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SAMPLE = Path(__file__).with_name("order.json")


def order(number: int, *, contact: int | None = None, **values: Any) -> Json:
    """An order that is to be collected: nothing paid, reminded twice, one invoice. All persons are invented."""
    made: Json = json.loads(SAMPLE.read_text("utf-8"), parse_float=Decimal)
    contact = contact or number + 100_000
    made["id"] = number
    made["payments"] = []
    made["amounts"][0] |= {"orderId": number, "paidAmount": 0}
    made["properties"] = [p for p in made["properties"] if p["typeId"] not in (4, 7)]
    for part in ("properties", "dates", "addressRelations", "relations", "orderItems"):
        for one in made[part]:
            one["orderId"] = number
    made["relations"][1]["referenceId"] = contact
    made["contactReceiver"] |= {"id": contact, "number": f"K-{contact}"}
    for place, document in enumerate(made["documents"]):
        document |= {"id": number * 10 + place, "numberWithPrefix": f"{document['numberWithPrefix'][:2]}{number}{place}"}
    return made | values


def child(number: int, parent: int, kind: int, total: str, **values: Any) -> Json:
    """A return (3) or a credit note (4) that refers to an order."""
    amount = {"isSystemCurrency": True, "isNet": False, "currency": "EUR", "invoiceTotal": Decimal(total), "paidAmount": 0}
    return {
        "id": number,
        "typeId": kind,
        "plentyId": 1000,
        "statusId": 9 if kind == 3 else 11,
        "createdAt": "2026-05-20T10:00:00+02:00",
        "updatedAt": "2026-05-20T10:00:00+02:00",
        "amounts": [amount],
        "properties": [],
        "dates": [],
        "addressRelations": [],
        "relations": [],
        "orderItems": [],
        "documents": [],
        "orderReferences": [{"orderId": number, "referenceType": "parent", "originOrderId": parent, "referenceOrderId": parent}],
    } | values
