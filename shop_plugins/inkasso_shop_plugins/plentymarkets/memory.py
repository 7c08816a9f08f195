"""What was read of each order last: so that an unchanged order is not read again, and that a note finds its contact.

Kept on the shelf, some hundred orders in one value. What it says is only ever spared work: forgotten, everything is read once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from inkasso_core import ShopContext, __version__, from_json, to_json
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_WIDTH = 500
"""How many ids share one value."""
_NEVER_COUNT = frozenset({"password", "client_secret", "hook_secret", "connect_timeout", "read_timeout", "page_size", "overlap_minutes"})
"""Settings that say nothing about how an order is understood."""


class Seen(NamedTuple):
    """What an order was when it was read."""

    updated: str | None
    """When the shop had last changed it, in the shop's words; None where only its contact is known."""
    is_trigger: bool
    contact: str | None
    """The id of its contact; None for a guest."""


class Memory:
    """The orders of one shop that were read before. With other settings they are understood in another way: then none counts as read."""

    def __init__(self, context: ShopContext[PlentySettings]) -> None:
        self._shelf = context.shelf
        self._way = _digest(context.settings)
        self._shown: dict[str, dict[str, Seen]] = {}

    def recall(self, order: str) -> Seen | None:
        """Return what is known of an order."""
        name = _name(order)
        if name not in self._shown:
            self._shown[name] = self._read(self._shelf.read(name))
        return self._shown[name].get(order)

    def keep(self, seen: Mapping[str, Seen]) -> None:
        """Remember orders."""
        by_name: dict[str, dict[str, Seen]] = {}
        for order, one in seen.items():
            by_name.setdefault(_name(order), {})[order] = one
        for name, some in sorted(by_name.items()):
            with self._shelf.locked(name) as kept:
                known = self._read(kept.value) | some
                kept.put(to_json({"way": self._way, "orders": {order: _packed(one) for order, one in known.items()}}).decode())
            self._shown[name] = known

    def _read(self, value: str | None) -> dict[str, Seen]:
        if value is None:
            return {}
        data = from_json(value.encode())
        same = data["way"] == self._way
        found = {order: Seen(*one) for order, one in data["orders"].items()}
        return found if same else {order: one._replace(updated=None) for order, one in found.items()}


def _packed(seen: Seen) -> list[Any]:
    return [seen.updated, seen.is_trigger, seen.contact]


def _name(order: str) -> str:
    return f"seen.{int(order) // _WIDTH}" if order.isascii() and order.isdigit() else "seen.other"


def _digest(settings: PlentySettings) -> str:
    """Return what tells one way to understand orders from another: settings, and the version that reads them."""
    given = settings.model_dump_json(exclude=set(_NEVER_COUNT))
    return hashlib.sha256(f"{__version__} {given}".encode()).hexdigest()[:16]


def unread(heads: Iterable[tuple[str, str | None]], memory: Memory, *, as_trigger: bool) -> list[str]:
    """Return the orders, of ids and times of change, that are to be read: new ones, changed ones, and those that were no trigger before."""
    found = []
    for order, updated in heads:
        seen = memory.recall(order)
        is_known = seen is not None and seen.updated is not None and seen.updated == updated
        if not is_known or (as_trigger and seen is not None and not seen.is_trigger):
            found.append(order)
    return found
