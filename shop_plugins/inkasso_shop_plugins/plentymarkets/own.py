"""What the poll puts into the record of an order, beside what the shop says: under one key, which no record of the shop has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from inkasso_shop_plugins.plentymarkets.record import Node

KEY = "inkasso"
_KEPT_OF_CHILD = ("id", "typeId", "statusId", "createdAt", "amounts", "dates", "documents", "orderReferences")
"""What is kept of a return or a credit note: nothing of the customer."""


class Own(NamedTuple):
    """The returns and credit notes of the order, the payments that we booked, the files that were fetched, and when it was read."""

    children: tuple[Node, ...] = ()
    booked: frozenset[str] = frozenset()
    files: tuple[Node, ...] = ()
    read_at: dt.datetime | None = None
    """What changes around an order, such as a return, does not change the order's own time: the later reading counts."""


def own(order: Node) -> Own:
    """Read it."""
    node = order.node(KEY)
    if node is None:
        return Own()
    booked = node.get("booked")
    ours = frozenset(map(str, booked if isinstance(booked, list) else []))
    return Own(node.nodes("children"), ours, node.nodes("files"), node.instant("readAt", ZoneInfo("UTC")))


def with_own(
    order: Mapping[str, Any],
    *,
    read_at: dt.datetime,
    children: Sequence[Node] = (),
    booked: Sequence[str] = (),
    files: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the record of an order with it."""
    kept = [{key: child.data[key] for key in _KEPT_OF_CHILD if key in child.data} for child in children]
    return {**order, KEY: {"children": kept, "booked": sorted(booked), "files": list(files), "readAt": read_at.isoformat()}}
