"""A stand-in for Core1 on 127.0.0.1: tokens that rotate, documents and customers in memory, the envelope, and switches for what breaks.

Facts: ``reference: shop-actindo.md`` sections 3 and 6. That an old refresh token is refused, and that a stale access token is answered with
401, is assumed there, and so it is here.
"""

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

DOCUMENTS = "Actindo.Modules.RetailSuite.RetailSuiteFaktBase.BusinessDocuments.getList"
CUSTOMERS = "Actindo.CustomersAndSuppliers.Customers.getList"
TOKEN = "Actindo.CoreModules.Auth.OAuth2Token.getAccessToken"
PING = "Actindo.CoreModules.Tools.TenantTest.ping"
SAVE = "Actindo.Modules.RetailSuite.RetailSuiteFaktBase.BusinessDocuments.save"
CLIENT, SECRET, REDIRECT = "inkasso", "app-s3cr3t-never-shown", "https://intake.example/v1/shops/shop/permitted"
HIDDEN = ("legacyProperties", "positions")
"""Left out of a list unless asked for."""
ENVELOPE = {"success": True, "displayMessage": None, "displayMessageTitle": None, "error": None, "job_id": None}


_WIDE = 20
FIRST_NOTICE = dt.date(2026, 3, 17)


class Call(NamedTuple):
    """A request as it came."""

    method: str
    body: Any


class Reply(NamedTuple):
    """An answer of a given kind, instead of the right one."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "application/json"


HTML = Reply(200, b"<!DOCTYPE html><html><body>Wartung Erika Beispiel</body></html>", kind="text/html")
FAILED = Reply(200, json.dumps({**ENVELOPE, "success": False, "error": "Erika Beispiel"}).encode())
BUSY = Reply(429, b'{"error":"too many requests"}', (("Retry-After", "7"),))
BAD = Reply(400, b'{"error":"unknown property"}')
CUT = Reply(0, b"")
"""The connection is cut after the request was worked on."""


class StandIn:
    """The other side: what it has, what it was asked, and what it does next."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.customers: list[dict[str, Any]] = []
        self.code = "code-1"
        self.access: set[str] = set()
        self.refresh = ""
        self.issued = 0
        self.refreshes = 0
        self.refused = 0
        self.slow_token = 0.0
        self.most = 500
        """No page is longer, whatever was asked for."""
        self.sorts = True
        self.calls: list[Call] = []
        self.next: dict[str, list[Reply]] = {}
        """Method -> what it answers next instead."""
        self.before: Callable[[str], None] = lambda _method: None
        """Called before a list is answered: what happens between two pages."""
        self.saved: list[Any] = []
        self.url = ""
        self.files: dict[str, bytes] = {}
        self._lock = threading.Lock()

    # What it has

    def add(self, kind: str, number: int, created: str = "2026-05-20 08:00:00", **more: Any) -> dict[str, Any]:
        """Add a document; given properties replace the usual ones."""
        document: dict[str, Any] = {
            "id": number,
            "type": kind,
            "documentNumber": f"{kind}{number:06}",
            "documentDate": "2026-05-18",
            "created": created,
            "currency": "EUR",
            "customerSupplierId": 20001,
            **more,
        }
        self.documents.append(document)
        return document

    def invoice(self, number: int, **more: Any) -> dict[str, Any]:
        """Add an invoice of a debtor with everything."""
        values: dict[str, Any] = {
            "created": "2026-03-02 09:00:00",
            "documentDate": "2026-03-02",
            "brutto": "153.99",
            "paymentType": "U",
            "paymentTypeLabel": "Rechnung",
            "customerSupplierFirstName": "Jördis",
            "customerSupplierLastName": "Groß-Möller",
            "customerSupplierAddress": "Lange Straße 7 a",
            "customerSupplierZip": "01067",
            "customerSupplierCity": "Dresden",
            "customerSupplierCountry2Digit": "DE",
            "customerSupplierEmail": "joerdis@example.org",
            "legacyProperties": {"offen": "153.99", "faellig": "2026-03-16"},
            "positions": [{"artName": "Stuhl  Elbe", "menge": "1.0000"}, {"artName": "Kissen", "menge": 2}],
        }
        return self.add("RE", number, **{**values, **more})

    def notice(self, number: int, invoice: int | None, level: Any = 3, *, fee: Any = "2.50", **more: Any) -> dict[str, Any]:
        """Add a dunning notice of an invoice."""
        inside = {"mahnstufe": level, "mahngebuehr": fee, "rechnungId": invoice}
        day = str(FIRST_NOTICE + dt.timedelta(14 * int(level))) if str(level).isdigit() else "2026-04-05"
        values = {"legacyProperties": inside, "documentDate": day, "brutto": "158.99"}
        return self.add("MA", number, **{**values, **more})

    def overdue(self, number: int, level: int = 3, **more: Any) -> dict[str, Any]:
        """Add an invoice with a notice of every level up to this one; returns the invoice."""
        document = self.invoice(number, **more)
        for step in range(1, level + 1):
            self.notice(number * 10 + step, number, step, created=f"2026-05-{10 + step} 08:00:00")
        return document

    def against(self, kind: str, number: int, invoice: int, gross: Any = "10.00", **more: Any) -> dict[str, Any]:
        """Add a credit or a reversal of an invoice."""
        return self.add(
            kind, number, legacyProperties={"rechnungId": invoice}, brutto=gross, customerSupplierLastName="Groß-Möller", **more
        )

    def customer(self, number: int = 20001, **more: Any) -> dict[str, Any]:
        """Add a customer."""
        values: dict[str, Any] = {
            "id": number,
            "reminderLock": 0,
            "reminderAutomaticLock": "0",
            "salutation": "Frau",
            "phone": "0351 4567890",
        }
        self.customers.append({**values, **more})
        return self.customers[-1]

    # What it answers

    def answer(self, method: str, raw: bytes, query: dict[str, list[str]], bearer: str) -> Reply:
        """Answer a request."""
        with self._lock:
            is_form = method == TOKEN
            body: Any = {key: values[0] for key, values in parse_qs(raw.decode()).items()} if is_form else json.loads(raw or b"{}")
            self.calls.append(Call(method, body))
            if (waiting := self.next.get(method)) and waiting[0] is not CUT:
                return waiting.pop(0)
            if is_form:
                return self._token(body)
            if bearer.removeprefix("Bearer ") not in self.access:
                return Reply(401, b'{"error":"access denied"}')
            return self._called(method, body, query)

    def _token(self, form: dict[str, str]) -> Reply:
        is_ours = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if form.get("grant_type") == "authorization_code":
            good = is_ours and form.get("code") == self.code and form.get("redirect_uri") == REDIRECT
            self.code = ""
        else:
            good = is_ours and form.get("refresh_token") == self.refresh
            self.refreshes += good
        if not good:
            self.refused += 1
            return Reply(400, b'{"error":"invalid_grant"}')
        self.issued += 1
        self.access = {f"access-{self.issued}"}
        self.refresh = f"refresh-{self.issued}"
        tokens = {"access_token": f"access-{self.issued}", "refresh_token": self.refresh}
        return Reply(200, json.dumps({**tokens, "expires_in": 3600, "token_type": "bearer", "scope": "none"}).encode())

    def _called(self, method: str, body: Any, query: dict[str, list[str]]) -> Reply:
        if method == PING:
            return _data({"pong": query["ping"][0]})
        if method == SAVE:
            self.saved.append(body)
            return _data({"data": {"id": 1}})
        if method not in (DOCUMENTS, CUSTOMERS):
            return Reply(404, b'{"error":"unknown method"}')
        self.before(method)
        rows = [row for row in (self.documents if method == DOCUMENTS else self.customers) if _fits(row, body.get("filter", []))]
        for order in reversed(body.get("sort", [])) if self.sorts else ():
            rows.sort(key=lambda row: str(row[order["field"]]).zfill(_WIDE), reverse=order["order"] == "DESC")
        start = body.get("start", 0)
        hidden = set(HIDDEN) - set(body.get("serializeOptionals", []))
        page = rows[start : start + min(body.get("limit", 50), self.most)]
        return _data({"data": [{key: value for key, value in row.items() if key not in hidden} for row in page]})

    def listed(self, method: str = DOCUMENTS) -> list[Any]:
        """The bodies of the calls of a method."""
        return [call.body for call in self.calls if call.method == method]


def _data(values: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps({**ENVELOPE, **values}, ensure_ascii=False).encode())


def _fits(row: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
    """Equal filters on one property are alternatives, everything else holds together."""
    equal: dict[str, list[Any]] = {}
    for one in filters:
        value, wanted = row.get(one["property"]), one["value"]
        match one["operator"]:
            case "=":
                equal.setdefault(one["property"], []).append(wanted)
            case "in":
                equal.setdefault(one["property"], []).extend(wanted)
            case ">=" if value < wanted:
                return False
    return all(str(row.get(name)) in map(str, values) for name, values in equal.items())


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            method = parts.path.lstrip("/")
            reply = stand_in.answer(method, raw, parse_qs(parts.query), self.headers.get("Authorization", ""))
            if method == TOKEN and stand_in.slow_token:
                threading.Event().wait(stand_in.slow_token)
            if (waiting := stand_in.next.get(method)) and waiting[0] is CUT:
                waiting.pop(0)
                self.connection.close()
                return
            self._send(reply)

        def do_GET(self) -> None:
            found = stand_in.files.get(self.path)
            self._send(Reply(404, b"") if found is None else Reply(200, found, kind="text/csv"))

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in (*reply.headers, ("Content-Type", reply.kind), ("Content-Length", str(len(reply.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut on purpose is no error."""


@contextlib.contextmanager
def served() -> Iterator[StandIn]:
    """Serve it on a port of its own."""
    stand_in = StandIn()
    server = _Server(("127.0.0.1", 0), _handler(stand_in))
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
