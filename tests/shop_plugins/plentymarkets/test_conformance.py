"""The plugin keeps the rules of the kit, with an order as polls store it."""
# ruff: noqa: RUF012  (class attributes are how a conformance is declared)

import json
from decimal import Decimal
from typing import Any

from inkasso_core import ShopRequest
from inkasso_core.testing import ShopConformance
from inkasso_core.testing.shop import NOW
from inkasso_shop_plugins.plentymarkets import Plentymarkets

from .invented import child, order

SECRET = "abcdefghijklmnop-1234"


def whole(**values: Any) -> dict[str, Any]:
    """An order with a credit note, a booked payment and a file."""
    own = {
        "children": [child(201, 101, 4, "5.00")],
        "booked": ["3001"],
        "files": [{"kind": "invoice", "name": "plentymarkets-101-invoice-1010.pdf", "media_type": "application/pdf", "sha256": "0" * 64}],
    }
    made: dict[str, Any] = json.loads(json.dumps(order(101) | {"inkasso": own}, default=str), parse_float=Decimal)
    return made | values


class TestPlentymarkets(ShopConformance):
    """Over the REST API."""

    plugin_class = Plentymarkets
    entry_point = "plentymarkets"
    settings = {
        "status": ["3.6"],
        "due_date_origin": "contract",
        "base_url": "https://shop.example",
        "username": "inkasso-api",
        "password": "geheim-und-lang",
        "hook_secret": SECRET,
    }
    payload = whole()
    other = whole(statusId=7)
    newer = whole(updatedAt="2026-05-02T08:00:00+02:00", dates=order(101)["dates"][:2])
    request = ShopRequest(headers={}, body=b"", received_at=NOW, path=f"{SECRET}/101")
    is_signed = False
