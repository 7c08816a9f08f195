"""The routes of the stand-in: what each of them answers, and what it changes in the shop."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .standin import Call, Shop

Json = dict[str, Any]
HEAD = ("id", "typeId", "plentyId", "statusId", "ownerId", "locationId", "lockStatus", "createdAt", "updatedAt")
"""What an order shows without relations."""
BASE = ("amounts", "properties", "dates", "addressRelations", "relations", "orderReferences", "orderItems")
"""What it shows besides with ``lazyLoaded=false``."""
NAMED = ("addresses", "contactReceiver", "documents", "payments", "comments", "relations")
"""What it shows besides where ``with[]`` names it; nothing else may be named there."""


class Routes:
    """The routes, by method and pattern."""

    def __init__(self) -> None:
        self._known: list[tuple[str, re.Pattern[str], Callable[..., tuple[int, Any]]]] = []

    def add(self, method: str, pattern: str) -> Callable[[Callable[..., tuple[int, Any]]], Callable[..., tuple[int, Any]]]:
        """Remember what answers a route."""

        def known(function: Callable[..., tuple[int, Any]]) -> Callable[..., tuple[int, Any]]:
            self._known.append((method, re.compile(pattern), function))
            return function

        return known

    def answer(self, shop: Shop, call: Call, query: dict[str, list[str]]) -> tuple[int, Any]:
        """Answer, or say that there is no such route."""
        for method, pattern, function in self._known:
            found = pattern.fullmatch(call.path)
            if method == call.method and found:
                return function(shop, query, call.body, *found.groups())
        return 404, {"error": {"message": "no such route"}}


ROUTES = Routes()


@ROUTES.add("POST", "/orders/search")
def _search(shop: Shop, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    try:
        found = [order for order in shop.orders.values() if _is_visible(shop, order) and _matches(order, body)]
    except (KeyError, TypeError, ValueError) as exc:
        return 422, {"error": {"message": f"the filter is wrong: {exc}"}}
    if query.get("sortBy") != ["orderId"] or set(query.get("with[]", ())) - set(NAMED):
        return 422, {"error": {"message": "without an order, pages say nothing; and a relation must be one"}}
    found.sort(key=lambda order: order["id"], reverse=query.get("sortOrder", ["desc"]) == ["desc"])
    return 200, _paged(shop, [_shown(shop, order, query) for order in found], query)


def _is_visible(shop: Shop, order: Json) -> bool:
    return shop.released is None or str(order["statusId"]) in shop.released


def _shown(shop: Shop, order: Json, query: dict[str, list[str]]) -> Json:
    keys = list(HEAD)
    if query.get("lazyLoaded") == ["false"]:
        keys += BASE
    keys += [relation for relation in query.get("with[]", []) if relation in NAMED]
    made = {key: order[key] for key in dict.fromkeys(keys) if key in order}
    if "payments" in made:
        made["payments"] = _payments_of(shop, order)
    return _lax(made) if shop.numbers_as_strings else made


def _payments_of(shop: Shop, order: Json) -> list[Json]:
    assigned = [payment for payment in shop.payments if payment.get("order", {}).get("orderId") == order["id"]]
    return [*order.get("payments", ()), *assigned]


def _lax(record: Any) -> Any:
    """Write numbers as texts, as some answers do."""
    if isinstance(record, dict):
        return {key: _lax(value) for key, value in record.items()}
    if isinstance(record, list):
        return [_lax(value) for value in record]
    return str(record) if isinstance(record, int | float | Decimal) and not isinstance(record, bool) else record


def _paged(shop: Shop, found: list[Any], query: dict[str, list[str]]) -> Json:
    """One page in its envelope. Asked for one behind the last, the first is given, as that of a list without filters."""
    page, size = int(query.get("page", ["1"])[0]), int(query.get("itemsPerPage", ["50"])[0])
    last = max((len(found) + size - 1) // size, 1)
    if page > last:
        page = 1
    entries = found[(page - 1) * size : page * size]
    return {
        "page": str(page) if shop.page_as_string else page,
        "totalsCount": len(found),
        "isLastPage": page == last,
        "lastPageNumber": last,
        "firstOnPage": (page - 1) * size + 1,
        "lastOnPage": (page - 1) * size + len(entries),
        "itemsPerPage": size,
        "entries": entries,
    }


def _matches(order: Json, group: Json) -> bool:
    parts: Iterator[bool] = (_holds(_value(order, one["field"]), one["operator"], one["value"]) for one in group["fields"])
    results = [*parts, *(_matches(order, inner) for inner in group["groups"])]
    return {"and": all, "or": any}[group["conditionType"]](results)


def _value(order: Json, name: str) -> Any:
    simple = {"orderId": "id", "orderTypeId": "typeId", "statusId": "statusId", "plentyId": "plentyId", "updatedAt": "updatedAt"}
    if name in simple:
        return order[simple[name]]
    kind, _, number = name.partition("_")
    if kind == "orderProperty":
        return next((p["value"] for p in order.get("properties", ()) if p["typeId"] == int(number)), None)
    if kind == "orderDate":
        return next((d["date"] for d in order.get("dates", ()) if d["typeId"] == int(number)), None)
    if name == "orderReference_parent":
        return [r["referenceOrderId"] for r in order.get("orderReferences", ()) if r["referenceType"] == "parent"]
    raise KeyError(name)


def _holds(value: Any, operator: str, asked: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_compare(_plain(one), operator, asked) for one in values if one is not None)


def _compare(value: Any, operator: str, asked: Any) -> bool:
    if operator == "in":
        return value in [_plain(one) for one in asked]
    if operator == "between":
        first, last = map(_plain, asked)
        return bool(first <= value <= last)
    wanted = _plain(asked)
    return bool({"eq": value == wanted, "lt": value < wanted, "gte": value >= wanted, "gt": value > wanted}[operator])


def _plain(value: Any) -> Any:
    """Compare numbers as numbers, times as times."""
    text = str(value)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return Decimal(text)
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        return dt.datetime.fromisoformat(text)
    return text


@ROUTES.add("GET", "/orders/statuses")
def _statuses(shop: Shop, query: dict[str, list[str]], _body: Any) -> tuple[int, Any]:
    known = [
        {"statusId": Decimal(number), "names": {"de": name}}
        for number, name in shop.statuses.items()
        if shop.released is None or number in shop.released
    ]
    return 200, _paged(shop, known, query)


@ROUTES.add("GET", r"/orders/(\d+)")
def _order(shop: Shop, query: dict[str, list[str]], _body: Any, number: str) -> tuple[int, Any]:
    order = shop.orders.get(int(number))
    return (404, {"error": {"message": "not found"}}) if order is None else (200, _shown(shop, order, {**query, "lazyLoaded": ["false"]}))


@ROUTES.add("PUT", r"/orders/(\d+)")
def _change_order(shop: Shop, _query: dict[str, list[str]], body: Any, number: str) -> tuple[int, Any]:
    order = shop.orders.get(int(number))
    if order is None:
        return 404, {"error": {"message": "not found"}}
    if "statusId" in body:
        order["statusId"] = body["statusId"]
    for new in body.get("properties", ()):
        others = [p for p in order["properties"] if p["typeId"] != new["typeId"]]
        order["properties"] = [*others, {"orderId": order["id"], **new}]
    shop.touch(order["id"])
    return 200, _shown(shop, order, {})


@ROUTES.add("GET", r"/orders/(\d+)/documents")
def _documents(shop: Shop, query: dict[str, list[str]], _body: Any, number: str) -> tuple[int, Any]:
    order = shop.orders.get(int(number))
    if order is None:
        return 404, {"error": {"message": "not found"}}
    shown = []
    for document in order.get("documents", ()):
        content = shop.contents.get(document["id"])
        more = query.get("withContent") == ["true"] and shop.with_content and content is not None
        shown.append({**document, "content": base64.b64encode(content).decode()} if more and content is not None else document)
    return 200, _paged(shop, shown, query)


@ROUTES.add("GET", r"/documents/(\d+)")
def _document(shop: Shop, _query: dict[str, list[str]], _body: Any, number: str) -> tuple[int, Any]:
    content = shop.contents.get(int(number))
    return (404, {"error": {"message": "not found"}}) if content is None else (200, content)


@ROUTES.add("GET", r"/comments/(order|contact)/(\d+)")
def _comments(shop: Shop, _query: dict[str, list[str]], _body: Any, kind: str, number: str) -> tuple[int, Any]:
    return 200, [one for one in shop.comments if (one["referenceType"], one["referenceValue"]) == (kind, int(number))]


@ROUTES.add("POST", "/comments")
def _comment(shop: Shop, _query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    if set(body) != {"referenceType", "referenceValue", "text", "isVisibleForContact"} or not isinstance(body["referenceValue"], int):
        return 422, {"error": {"message": "referenceValue must be an integer"}}
    made = {"id": shop.next_id(), "userId": 7, "createdAt": shop.clock().isoformat(), **body}
    shop.comments.append(made)
    return 200, made


@ROUTES.add("PUT", r"/accounts/contacts/(\d+)")
def _contact(shop: Shop, _query: dict[str, list[str]], body: Any, number: str) -> tuple[int, Any]:
    shop.contacts.setdefault(int(number), {}).update(body)
    return 200, shop.contacts[int(number)]


@ROUTES.add("GET", "/webstores")
def _webstores(shop: Shop, _query: dict[str, list[str]], _body: Any) -> tuple[int, Any]:
    return 200, shop.webstores


@ROUTES.add("GET", "/payments/methods")
def _methods(_shop: Shop, _query: dict[str, list[str]], _body: Any) -> tuple[int, Any]:
    return 200, [{"id": 4, "name": "Rechnung"}, {"id": 5000, "name": "manuell"}]


@ROUTES.add("GET", r"/payments/orders/(\d+)")
def _payments(shop: Shop, _query: dict[str, list[str]], _body: Any, number: str) -> tuple[int, Any]:
    return 200, _payments_of(shop, shop.orders[int(number)])


@ROUTES.add("GET", r"/payments/property/(\d+)/([^/]+)")
def _payment_by_property(shop: Shop, _query: dict[str, list[str]], _body: Any, kind: str, value: str) -> tuple[int, Any]:
    wanted = {"typeId": int(kind), "value": value}
    return 200, [payment for payment in shop.payments if wanted in payment["properties"]]


@ROUTES.add("POST", "/payments")
def _pay(shop: Shop, _query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    if not re.fullmatch(r"\d{1,9}\.\d{4}", str(body["amount"])) or body["type"] != "credit":
        return 422, {"error": {"message": "the amount has four decimals"}}
    made = {"id": shop.next_id(), "deleted": 0, "unaccountable": 0, **body}
    shop.payments.append(made)
    return 200, made


@ROUTES.add("POST", r"/payment/(\d+)/order/(\d+)")
def _assign(shop: Shop, _query: dict[str, list[str]], _body: Any, payment: str, number: str) -> tuple[int, Any]:
    (found,) = [one for one in shop.payments if one["id"] == int(payment)]
    if "order" in found:
        return 422, {"error": {"message": "the payment is assigned"}}
    found["order"] = {"orderId": int(number)}
    order = shop.orders[int(number)]
    order["amounts"][0]["paidAmount"] = Decimal(str(order["amounts"][0]["paidAmount"])) + Decimal(str(found["amount"]))
    shop.touch(int(number))
    return 200, found
