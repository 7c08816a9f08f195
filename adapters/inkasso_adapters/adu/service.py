"""The pull bridge's service: the old calls of the shop interface, for an importer that still speaks them, as a WSGI application.

It reads what a :class:`Shop` offers, and takes notes; nothing else can be done through it. It knows no store and no claim.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import request_uri

from inkasso_adapters.adu.envelope import Request, answer, fault, items, read_request
from inkasso_adapters.adu.types import CALLS, LOGIN
from inkasso_adapters.adu.wsdl import Arrays, wsdl
from inkasso_core import InkassoError

LARGEST_REQUEST = 1 << 20
"""Bytes."""
PAGE = 100
"""Orders on a page, at most."""
USER_ID = 1
_LOG = logging.getLogger("inkasso.adu.bridge")
_OK = 200
_LENGTH = re.compile("[0-9]{1,18}")
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_NUMBER = re.compile(r"\s*[0-9]{1,9}(?:\.[0-9]{1,20})?\s*")
_STATUS_STEP = Decimal("0.0001")
"""A status is sent as a float: beyond four decimals it has none."""
_TRUE = frozenset({"true", "1"})


class Query(NamedTuple):
    """What the importer asks for; None where it does not say. Times are seconds since 1970."""

    order_id: int | None = None
    external_id: str | None = None
    invoice: str | None = None
    status: Decimal | None = None
    status_from: Decimal | None = None
    status_to: Decimal | None = None
    updated_from: int | None = None
    updated_till: int | None = None
    created_from: int | None = None
    created_till: int | None = None

    def __repr__(self) -> str:
        return "Query"


class Invoiced(NamedTuple):
    """The invoice of an order: where it lies, and its content."""

    order_id: int
    url: str | None
    content: bytes | None

    def __repr__(self) -> str:
        return f"Invoiced({self.order_id})"


class Shop(Protocol):
    """What the service needs of whatever stands behind it."""

    def statuses(self) -> Sequence[tuple[Decimal, str]]:
        """Return the statuses that orders can be in, with their names."""

    def orders(self, query: Query, page: int, size: int) -> tuple[Sequence[Mapping[str, Any]], int]:
        """Return a page (the first is 0) of the orders that are offered, by the members of the interface, and how many pages there are."""

    def invoices(self, order_ids: Sequence[int]) -> Sequence[Invoiced]:
        """Return the invoices of these orders, as far as they are offered."""

    def payments(self, order_id: int | None, customer_id: int | None) -> Sequence[Mapping[str, Any]]:
        """Return what the creditor received for orders that are offered, by the members of the interface."""

    def note(self, customer_id: int | None, text: str, inserted: int | None) -> None:
        """Keep a note about a customer, also about one that is not known."""

    def open_session(self, token: str, until: dt.datetime) -> None:
        """Keep a token until then."""

    def is_open(self, token: str) -> bool:
        """Return whether a token is one that was kept."""


class Access(NamedTuple):
    """Who may come in, and how the service presents itself."""

    user: str
    password: str
    token_hours: int
    arrays: Arrays
    address: str | None
    """The public address of the service, where it is not the one that a request names."""

    def __repr__(self) -> str:
        return "Access"


class Bridge:
    """The service as a WSGI application: ``GET`` answers with the WSDL, ``POST`` with what a call asks for."""

    def __init__(self, shop: Shop, access: Access, now: Callable[[], dt.datetime]) -> None:
        self._shop, self._access, self._now = shop, access, now

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, body = self._answered(environ)
        headers = [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start(status, headers)
        return [body]

    def _answered(self, environ: WSGIEnvironment) -> tuple[str, bytes]:
        address = self._access.address or _address(environ)
        namespace = address.rstrip("/") + "/"
        if environ["REQUEST_METHOD"] == "GET":
            wanted = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).keys() & {"wsdl", "xml", "WSDL"}
            return ("200 OK", wsdl(address, namespace, self._access.arrays)) if wanted else ("404 Not Found", b"")
        if environ["REQUEST_METHOD"] != "POST":
            return "405 Method Not Allowed", b""
        length = environ.get("CONTENT_LENGTH") or ""
        if not _LENGTH.fullmatch(length):
            return "411 Length Required", b""
        if int(length) > LARGEST_REQUEST:
            return "413 Content Too Large", b""
        return self._called(read_request(environ["wsgi.input"].read(int(length))), namespace)

    def _called(self, request: Request | None, namespace: str) -> tuple[str, bytes]:
        if request is None or request.call not in CALLS:
            return _FAILED, fault("Unknown request", namespace)
        try:
            if request.call != LOGIN and not self._is_known(request.token):
                return _FAILED, fault(INVALID_TOKEN, namespace)
            value = _HANDLERS[request.call](self, request.value)
        except InkassoError as exc:
            _LOG.warning("%s failed: %s", request.call, exc.code)
            return _FAILED, fault("Not available", namespace, code="Server")
        if value is None:
            return _FAILED, fault(_NO_LOGIN, namespace)
        full = {"Success": True, "ResponseMessages": [{"Code": _OK}], **value}
        return "200 OK", answer(request.call, CALLS[request.call].response, full, namespace, self._access.arrays)

    def _is_known(self, token: Mapping[str, Any]) -> bool:
        return self._shop.is_open(str(token.get("Token") or "")) and integer(token.get("UserID")) == USER_ID

    # The calls

    def login(self, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Compare user and password, in a time that tells nothing of them; None where they are wrong."""
        is_user = _is_same(asked.get("Username"), self._access.user)
        is_password = _is_same(asked.get("Userpass"), self._access.password)
        if not (is_user and is_password):
            return None
        token = secrets.token_hex(16)
        self._shop.open_session(token, self._now() + dt.timedelta(hours=self._access.token_hours))
        return {"UserID": USER_ID, "Token": token}

    def statuses(self, _asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """List the statuses."""
        return {"OrderStatus": [{"OrderStatus": status, "OrderStatusName": name} for status, name in self._shop.statuses()]}

    def search(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """List the orders that are offered; addresses, document numbers and payments only where they are asked for."""
        kind = asked.get("OrderType")
        if kind not in (None, "order"):
            return {"Orders": [], "Pages": 0}
        size = min(max(integer(asked.get("CallItemsLimit")) or PAGE, 1), PAGE)
        found, pages = self._shop.orders(_query(asked), max(integer(asked.get("Page")) or 0, 0), size)
        wanted = frozenset(switch for switch in _SWITCHES if str(asked.get(switch)).lower() in _TRUE)
        return {"Orders": [_trimmed(order, wanted) for order in found], "Pages": pages}

    def invoices(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """List the invoices of orders; their content only where it is asked for."""
        given = [each.get("intValue") if isinstance(each, Mapping) else each for each in items(asked.get("OrderIDs"))]
        numbers = [number for each in given if (number := integer(each)) is not None]
        with_content = str(asked.get("GetDocumentAsBinaryData")).lower() in _TRUE
        return {
            "OrderInvoiceDocumentURL": [
                {"OrderID": one.order_id, "InvoiceDocumentURL": one.url, "FileData": _base64(one.content) if with_content else None}
                for one in self._shop.invoices(numbers)
            ]
        }

    def payments(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """List what the creditor received."""
        after, till = integer(asked.get("DateFrom")), integer(asked.get("DateTill"))
        found = self._shop.payments(integer(asked.get("OrderID")), integer(asked.get("CustomerID")))
        page = integer(asked.get("Page")) or 0
        return {"IncomingPayments": [one for one in found if page == 0 and _between(one.get("Date"), after, till)], "Pages": 1}

    def note(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what the importer notes."""
        for note in items(asked.get("CustomerNote")):
            if isinstance(note, Mapping) and note.get("Note"):
                self._shop.note(integer(note.get("CustomerID")), str(note["Note"]), integer(note.get("Inserted")))
        return {}


INVALID_TOKEN = "Unauthorized Request - Invalid Token"  # noqa: S105  (the text by which clients of the interface knew that they must log in)
_NO_LOGIN = "Unauthorized Request"
_FAILED = "500 Internal Server Error"
_SWITCHES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "GetOrderCustomerAddress": ("", "OrderCustomerAddress"),
        "GetOrderDeliveryAddress": ("", "OrderDeliveryAddress"),
        "GetOrderDocumentNumbers": ("OrderHead", "OrderDocumentNumbers"),
        "GetIncomingPayments": ("OrderHead", "IncomingPayments"),
    }
)
"""Switch of a request -> the record and its member that are left out without it."""
_HANDLERS: Mapping[str, Callable[[Bridge, Mapping[str, Any]], Mapping[str, Any] | None]] = MappingProxyType(
    {
        "GetAuthentificationToken": Bridge.login,
        "GetOrderStatusList": Bridge.statuses,
        "SearchOrders": Bridge.search,
        "GetOrdersInvoiceDocumentURLs": Bridge.invoices,
        "GetIncomingPayments": Bridge.payments,
        "AddCustomerNote": Bridge.note,
    }
)


def integer(value: Any) -> int | None:
    """Read a whole number that a database can hold; None where it is none."""
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def _status(value: Any) -> Decimal | None:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    return Decimal(value.strip()).quantize(_STATUS_STEP, ROUND_HALF_UP)


def _query(asked: Mapping[str, Any]) -> Query:
    numbers = {
        "order_id": "OrderID",
        "updated_from": "LastUpdateFrom",
        "updated_till": "LastUpdateTill",
        "created_from": "OrderCreatedFrom",
        "created_till": "OrderCreatedTill",
    }
    statuses = {"status": "OrderStatus", "status_from": "OrderStatusFrom", "status_to": "OrderStatusTo"}
    return Query(
        external_id=_given(asked, "ExternalOrderID"),
        invoice=_given(asked, "InvoiceNumber"),
        **{field: integer(asked.get(member)) for field, member in numbers.items()},  # type: ignore[arg-type]
        **{field: _status(asked.get(member)) for field, member in statuses.items()},  # type: ignore[arg-type]
    )


def _given(asked: Mapping[str, Any], member: str) -> str | None:
    value = asked.get(member)
    return value.strip() or None if isinstance(value, str) else None


def _trimmed(order: Mapping[str, Any], wanted: frozenset[str]) -> Mapping[str, Any]:
    left_out = {place for switch, place in _SWITCHES.items() if switch not in wanted}
    head = {member: value for member, value in order["OrderHead"].items() if ("OrderHead", member) not in left_out}
    return {member: head if member == "OrderHead" else value for member, value in order.items() if ("", member) not in left_out}


def _between(at: Any, after: int | None, till: int | None) -> bool:
    if at is None:
        return after is None and till is None
    return (after is None or at >= after) and (till is None or at <= till)


def _is_same(given: Any, known: str) -> bool:
    return hmac.compare_digest(str(given or "").encode(), known.encode())


def _base64(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")


def _address(environ: WSGIEnvironment) -> str:
    """Return the address that the request went to."""
    return request_uri(environ, include_query=False)
