"""Whether an order asks for collection: its status, and what else the merchant wants (``reference: shop-plentymarkets.md`` section 10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from inkasso_shop_plugins.plentymarkets.children import has_open_return
from inkasso_shop_plugins.plentymarkets.codes import COLLECTED, DateType, Property
from inkasso_shop_plugins.plentymarkets.own import own
from inkasso_shop_plugins.plentymarkets.record import Node, by_type
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings
from inkasso_shop_plugins.plentymarkets.status import covered


def asks_for_collection(order: Node, settings: PlentySettings, at: dt.datetime) -> bool:
    """True for an order that starts a claim at a point in time. Raises ``InvalidInput`` for what cannot be read."""
    status = order.number("statusId")
    if order.integer("typeId") not in COLLECTED or status is None or not covered(status, settings.status):
        return False
    if settings.dunning_level is not None and (dunning_level(properties_of(order)) or 0) < settings.dunning_level:
        return False
    if settings.overdue_days is not None and not _is_overdue(order, settings, at):
        return False
    return not (settings.hold_for_returns and has_open_return(own(order).children, settings))


def _is_overdue(order: Node, settings: PlentySettings, at: dt.datetime) -> bool:
    due = by_type(order.nodes("dates"), "date").get(DateType.PAYMENT_DUE)
    day = due.day("date", settings.timezone) if due else None
    today = at.astimezone(settings.timezone).date()
    return day is not None and (today - day).days > (settings.overdue_days or 0)


def properties_of(order: Node) -> dict[int, str]:
    """Return the order's properties by type."""
    nodes = by_type(order.nodes("properties"), "value")
    return {kind: text for kind, node in nodes.items() if (text := node.text("value"))}


def dunning_level(properties: Mapping[int, str]) -> int | None:
    """Return the dunning level: a marker, no letter need stand behind it. How "none" is written is not documented."""
    level = properties.get(Property.DUNNING_LEVEL, "")
    return int(level) if level.isdecimal() and len(level) == 1 else None
