"""Which orders are to be read: searches by POST that bring ids only (``reference: shop-plentymarkets.md`` section 3.1).

Ids are collected before anything is read: what the shop or we change meanwhile moves no page any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import COLLECTED, REDUCING, DateType, Property
from inkasso_shop_plugins.plentymarkets.pages import walk
from inkasso_shop_plugins.plentymarkets.record import Node, identifier, readable
from inkasso_shop_plugins.plentymarkets.rights import READ_ORDERS
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings
from inkasso_shop_plugins.plentymarkets.status import StatusRange

PATH = "/orders/search"
HIGHEST_LEVEL = 4
Filter = dict[str, Any]


class Head(NamedTuple):
    """An order as a search without relations shows it."""

    id: str
    kind: int | None
    updated: str | None
    """When it was last changed, as the shop writes it."""


def triggered(settings: PlentySettings, today: dt.date) -> Filter:
    """Return the filter for orders that are to be collected: in one of the statuses, and as the other settings ask for."""
    fields = [_field("orderTypeId", "in", sorted(COLLECTED)), *_clients(settings)]
    if settings.dunning_level is not None:
        levels = [str(level) for level in range(settings.dunning_level, HIGHEST_LEVEL + 1)]
        fields.append(_field(f"orderProperty_{Property.DUNNING_LEVEL:d}", "in", levels))
    if settings.overdue_days is not None:
        until = dt.datetime.combine(today - dt.timedelta(days=settings.overdue_days), dt.time(), settings.timezone)
        fields.append(_field(f"orderDate_{DateType.PAYMENT_DUE:d}", "lt", until.isoformat()))
    return _group("and", fields, [_group("or", [_status(status) for status in settings.status])])


def changed(settings: PlentySettings, since: dt.datetime) -> Filter:
    """Return the filter for orders, returns and credit notes that were changed since then."""
    kinds = sorted(COLLECTED | (REDUCING if looks_for_children(settings) else frozenset()))
    when = since.astimezone(settings.timezone).replace(microsecond=0).isoformat()
    return _group("and", [_field("orderTypeId", "in", kinds), *_clients(settings), _field("updatedAt", "gte", when)])


def children(parents: Collection[str]) -> Filter:
    """Return the filter for returns and credit notes of some orders."""
    return _group("and", [_field("orderTypeId", "in", sorted(REDUCING)), _field("orderReference_parent", "in", _numbers(parents))])


def by_ids(ids: Collection[str]) -> Filter:
    """Return the filter for orders by their ids."""
    return _group("and", [_field("orderId", "in", _numbers(ids))])


def looks_for_children(settings: PlentySettings) -> bool:
    """Whether returns and credit notes count at all."""
    return settings.credit_notes != "ignore" or settings.hold_for_returns


def heads(client: Client, asked: Filter, size: int) -> dict[str, Head]:
    """Return all orders that a filter finds, by id, in ascending order; only what a search shows without relations is asked for."""
    found: dict[str, Head] = {}
    for node in walk(lambda page: client.search(PATH, _sorted(page, size), asked, right=READ_ORDERS)):
        number = readable(partial(identifier, node, "id"))
        if number is not None:
            found[number] = Head(number, readable(partial(node.integer, "typeId")), readable(partial(node.text, "updatedAt")))
    return found


def whole(client: Client, asked: Filter, size: int, relations: Iterable[str]) -> list[Node]:
    """Return all orders that a filter finds, with their relations."""
    more = [("lazyLoaded", "false"), *(("with[]", relation) for relation in relations)]
    return list(walk(lambda page: client.search(PATH, [*_sorted(page, size), *more], asked, right=READ_ORDERS)))


def _sorted(page: int, size: int) -> list[tuple[str, str]]:
    return [("page", str(page)), ("itemsPerPage", str(size)), ("sortBy", "orderId"), ("sortOrder", "asc")]


def _status(status: StatusRange) -> Filter:
    if status.first == status.last:
        return _field("statusId", "eq", status.first)
    return _field("statusId", "between", [status.first, status.last])


def _clients(settings: PlentySettings) -> list[Filter]:
    return [_field("plentyId", "in", list(settings.plenty_ids))] if settings.plenty_ids else []


def _numbers(ids: Iterable[str]) -> list[int]:
    return sorted(int(number) for number in ids if number.isascii() and number.isdigit())


def _field(name: str, operator: str, value: str | int | Decimal | list[Any]) -> Filter:
    return {"field": name, "operator": operator, "value": value}


def _group(condition: str, fields: list[Filter], groups: list[Filter] | None = None) -> Filter:
    return {"conditionType": condition, "fields": fields, "groups": groups or []}
