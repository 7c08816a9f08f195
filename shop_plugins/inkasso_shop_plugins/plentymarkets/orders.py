"""Reading orders: fifty at a time with their relations, and the returns and credit notes that refer to them.

From ``reference: shop-plentymarkets.md`` sections 3 and 4. Without its own documents an order costs a fraction of a request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from inkasso_core import ShopContext
from inkasso_shop_plugins.plentymarkets import files, search
from inkasso_shop_plugins.plentymarkets.children import kind_of, number_of, related
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import REDUCING, OrderType
from inkasso_shop_plugins.plentymarkets.journal import booked_payments
from inkasso_shop_plugins.plentymarkets.memory import Seen
from inkasso_shop_plugins.plentymarkets.own import with_own
from inkasso_shop_plugins.plentymarkets.party import receiver_id
from inkasso_shop_plugins.plentymarkets.record import Node, readable
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings
from inkasso_shop_plugins.plentymarkets.trigger import asks_for_collection

RELATIONS = ("addresses", "contactReceiver", "documents", "payments", "relations")
"""What is asked for besides what every order shows with ``lazyLoaded=false``."""
CHILD_RELATIONS = ("documents",)
SETTLED = dt.timedelta(minutes=1)
"""So long after a change an order's time of change is its version. The shop writes it in whole seconds: before that, a second change in the
same second would not show."""


class Read(NamedTuple):
    """What was read: the records of orders, what to remember of them, and what refers to other orders."""

    records: tuple[dict[str, Any], ...]
    seen: dict[str, Seen]
    reducing: tuple[Node, ...]
    """Returns and credit notes that were asked for by their own ids."""


class Orders:
    """The orders of one shop."""

    def __init__(self, context: ShopContext[PlentySettings], client: Client) -> None:
        self._context, self._client = context, client
        self._settings = context.settings

    def read(self, ids: Collection[str]) -> Read:
        """Return the orders of these ids that the shop knows. Raises what the client raises."""
        if not (asked_for := [number for number in ids if number.isascii() and number.isdigit()]):
            return Read((), {}, ())
        at = self._context.now()
        found = search.whole(self._client, search.by_ids(asked_for), len(asked_for), RELATIONS)
        asked = {number: node for node in found if (number := number_of(node)) in asked_for}
        reducing = tuple(node for node in asked.values() if kind_of(node) in REDUCING)
        orders = {number: node for number, node in asked.items() if kind_of(node) not in REDUCING}
        children = self._children(orders)
        records, seen = [], {}
        for number, node in orders.items():
            record = self._with_own(node, number, children, at)
            records.append(record)
            seen[number] = self._seen(record, at)
        return Read(tuple(records), seen, reducing)

    def _with_own(self, node: Node, number: str, children: Sequence[Node], at: dt.datetime) -> dict[str, Any]:
        booked = booked_payments(self._context.shelf, number)
        record = with_own(node.data, children=related(number, children), booked=booked, read_at=at)
        if self._settings.documents and self._is_trigger(record):
            record = with_own(node.data, children=related(number, children), booked=booked, files=self._files(node), read_at=at)
        return record

    def _files(self, node: Node) -> list[dict[str, Any]]:
        """Return its documents; none for a record that the hook refuses, with the path of what is wrong in it."""
        folder = self._context.folder / (self._settings.documents_folder or "")
        return readable(lambda: files.fetch(self._client, node, self._settings, folder)) or []

    def _children(self, ids: Collection[str]) -> list[Node]:
        """Return the returns and credit notes of some orders, and the credit notes of those returns."""
        found: dict[str, Node] = {}
        while ids and search.looks_for_children(self._settings):
            new = search.whole(self._client, search.children(ids), self._settings.page_size, CHILD_RELATIONS)
            fresh = {number: node for node in new if (number := number_of(node)) is not None and number not in found}
            found |= fresh
            ids = [number for number, node in fresh.items() if kind_of(node) == OrderType.RETURN]
        return list(found.values())

    def _is_trigger(self, record: dict[str, Any]) -> bool:
        """Whether it asks for collection; True for one that is refused: so it is not read again before it changes."""
        return readable(lambda: asks_for_collection(Node(record), self._settings, self._context.now())) is not False

    def _seen(self, record: dict[str, Any], at: dt.datetime) -> Seen:
        node = Node(record)
        changed = readable(lambda: node.instant("updatedAt", self._settings.timezone))
        updated = None if changed is not None and abs(at - changed) <= SETTLED else readable(lambda: node.text("updatedAt"))
        return Seen(updated, self._is_trigger(record), readable(lambda: receiver_id(node)))
