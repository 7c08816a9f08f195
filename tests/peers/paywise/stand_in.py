"""Our stand-in of paywise v2 on 127.0.0.1: made after the published client, which a test drives against it.

What that client does not tell is chosen here and so marked: gaps at ``finalize`` are 422, a used idempotency key with another body is 409.
"""

import contextlib
import datetime as dt
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from peers.paywise.books import Books, Row
from peers.paywise.finalize import gaps
from peers.paywise.shapes import ORDER, SHAPES, WITHDRAW, Problem, problems

TOKEN = "geheim-4711"
START = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)
HOLD_BACK = dt.timedelta(seconds=60)
KEPT = dt.timedelta(days=30)


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Refused(Exception):
    def __init__(self, status: int, code: str, found: list[Problem] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.found = status, code, found or []


class StandIn(Books):
    """The service. ``lose`` and ``refuse`` tell what goes wrong with the next request to a path; ``asked`` holds all requests."""

    def __init__(self) -> None:
        super().__init__(START)
        self.url = ""
        self.company: str | None = None
        self.page_size = 100
        self.asked: list[Asked] = []
        self.lose: list[str] = []
        self.refuse: list[tuple[str, int, dict[str, str]]] = []
        self.odd: dict[str, Any] = {}
        """Path -> an answer of another form."""
        self._replies: dict[tuple[str, str], tuple[bytes, int, Row | None]] = {}
        self._lock = threading.RLock()

    def sent(self, path: str, method: str = "POST") -> list[Asked]:
        """The requests to paths that end so."""
        return [asked for asked in self.asked if asked.method == method and asked.path.endswith(path)]

    def answer(self, asked: Asked) -> tuple[int, Row | None, dict[str, str]]:
        with self._lock:
            self.asked.append(asked)
            try:
                return self._answer(asked)
            except Refused as no:
                errors = [{"code": p.code, "field": p.field, "message": f"{p.field}: {p.code}"} for p in no.found]
                return no.status, {"code": no.code, "detail": no.code, "errors": errors}, {}

    def _answer(self, asked: Asked) -> tuple[int, Row | None, dict[str, str]]:
        for number, (path, status, headers) in enumerate(self.refuse):
            if asked.path.endswith(path):
                del self.refuse[number]
                return status, {"code": "planned", "detail": "planned"}, headers
        if asked.path in self.odd:
            return 200, self.odd[asked.path], {}
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "not_authenticated")
        if asked.headers.get("x-on-behalf-of-company") != self.company:
            raise Refused(403, "permission_denied")
        for method, pattern, run in _ROUTES:
            found = re.fullmatch(pattern, asked.path)
            if found and method == asked.method:
                return self._run(asked, run, found.groups())
        raise Refused(404, "not_found")

    def _run(self, asked: Asked, run: Callable[..., Any], names: tuple[str, ...]) -> tuple[int, Row | None, dict[str, str]]:
        if asked.method != "POST":
            found = run(self, asked, *names)
            if found is None:
                return 204, None, {}
            etag = f'"{hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]}"'
            return (304, None, {}) if asked.headers.get("if-none-match") == etag else (200, found, {"ETag": etag})
        key = asked.headers.get("idempotency-key")
        if not key:
            raise Refused(400, "idempotency_key_required")
        if (asked.path, key) in self._replies:
            body, status, stored = self._replies[asked.path, key]
            if body != asked.body:
                raise Refused(409, "idempotency_conflict")
            return status, stored, {}
        found = run(self, asked, *names)
        status = 201 if asked.path.endswith(_CREATE) else 200
        self._replies[asked.path, key] = asked.body, status, json.loads(json.dumps(found))
        return status, found, {}

    # Debtors and orders

    def make_debtor(self, asked: Asked) -> Row:
        body = dict(asked.json)
        kind = body.get("acting_as")
        if kind not in ("consumer", "business"):
            raise Refused(400, "validation_error", [Problem("acting_as", "invalid_choice")])
        shape = SHAPES[f"{kind.title()}DebtorWriteRequest"]
        self._fit({name: value for name, value in body.items() if name != "acting_as"}, shape)
        if kind == "business" and bool(body.get("person")) == bool(body.get("organization")):
            raise Refused(400, "validation_error", [Problem("organization", "exactly_one")])
        return self._store(self.debtors, body)

    def make_order(self, asked: Asked) -> Row:
        body = asked.json
        self._fit(body, ORDER)
        if body["debtor_id"] not in self.debtors:
            raise Refused(400, "validation_error", [Problem("debtor_id", "does_not_exist")])
        order = self._store(self.orders, {"type": "invoice", **body, "status": "draft", **dict.fromkeys(_UNSET)})
        order["expires_at"] = (self.now + dt.timedelta(days=90)).isoformat()
        for claim in order.pop("claims", None) or []:
            payments = claim.pop("payments", None) or []
            row = self._store(self.claims, {**claim, "order_id": order["id"], "type": "receivable"})
            for payment in payments:
                self._payment(row, payment)
        return self.order_read(order)

    def delete_order(self, asked: Asked, order_id: str) -> None:
        order = self._of(self.orders, order_id)
        if self.order_read(order)["status"] == "expired":
            raise Refused(409, "order_expired")
        if order["status"] != "draft":
            raise Refused(409, "order_not_editable")
        del self.orders[order_id]
        self.claims = {key: claim for key, claim in self.claims.items() if claim["order_id"] != order_id}

    def finalize(self, asked: Asked, order_id: str) -> Row:
        if asked.body:
            raise Refused(400, "validation_error")
        order = self._of(self.orders, order_id)
        shown = self.order_read(order)
        if shown["status"] != "draft":
            raise Refused(409, "order_expired" if shown["status"] == "expired" else "order_not_editable")
        if found := list(gaps(shown, self.debtors[order["debtor_id"]], self.now.date())):
            raise Refused(422, "validation_error", found)
        order.update(status="submitted", expires_at=None, updated_at=self.stamp())
        self.event(
            "order.submitted", order_id=order_id, order_url=f"/v2/orders/{order_id}/", claim_ids=sorted(c["id"] for c in shown["claims"])
        )
        return self.order_read(order)

    def withdraw(self, asked: Asked, order_id: str) -> Row:
        order = self._of(self.orders, order_id)
        self._fit(asked.json if asked.body else {}, WITHDRAW)
        if order["status"] not in ("submitted", "awaiting_client_response") or order.get("in_review"):
            raise Refused(409, "order_not_withdrawable")
        order["status"] = "withdrawn"
        self.event("order.withdrawn", order_id=order_id, order_url=f"/v2/orders/{order_id}/", claim_ids=[])
        return self.order_read(order)

    # Cases

    def get_mandate(self, asked: Asked, mandate_id: str) -> Row:
        history = self.history.get(mandate_id, []) if asked.query.get("history") == "true" else []
        return {**self.mandate_read(self._of(self.mandates, mandate_id)), "history": history}

    def list_mandates(self, asked: Asked) -> Row:
        wanted = asked.query.get("reference_number", "")
        found = [
            m
            for m in self.mandates.values()
            if wanted.casefold() in m["reference_number"].casefold() or wanted in m["previous_reference_numbers"]
        ]
        return self._page(asked, found)

    def list_claims(self, asked: Asked) -> Row:
        wanted = {
            name: asked.query[name].strip().casefold()
            for name in ("your_reference", "document_reference", "order_id")
            if name in asked.query
        }
        claims = map(self.claim_read, self.claims.values())
        return self._page(asked, [c for c in claims if all(str(c.get(name)).casefold() == value for name, value in wanted.items())])

    def pay_claim(self, asked: Asked, claim_id: str) -> Row:
        self._fit(asked.json, SHAPES["PaymentWriteRequest"])
        return self._reported(self._payment(self._of(self.claims, claim_id), asked.json))

    def pay_mandate(self, asked: Asked, mandate_id: str) -> Row:
        self._fit(asked.json, SHAPES["PaymentWriteRequest"])
        claims = self.mandate_read(self._of(self.mandates, mandate_id))["claims"]
        return self._reported(self._payment(claims[0], asked.json))

    def _payment(self, claim: Row, said: Row) -> Row:
        mandate = self.orders[claim["order_id"]]["mandate"]
        about = {name: claim.get(name) for name in ("id", "document_reference", "your_reference")}
        row = {**said, "claim": about, "mandate": {"id": mandate} if mandate else None}
        return self._store(self.payments, row)

    def _reported(self, payment: Row) -> Row:
        self.event("payment.reported", payment_id=payment["id"], payment_url=f"/v2/payments/{payment['id']}/")
        return payment

    # Messages and questions

    def write_message(self, asked: Asked, kind: str, parent_id: str) -> Row:
        self._of(self.mandates if kind == "mandates" else self.orders, parent_id)
        self._fit(asked.json, SHAPES["MessageCreateRequest"])
        message = self.message(parent_id, asked.json["title"], asked.json["body"], sender="client")
        for document in asked.json.get("documents") or []:
            stored = {"id": self.new_id(), "type": document["type"], "filename": document.get("filename"), "status": "pending"}
            message["documents"].append(stored)
        self.messages.setdefault(parent_id, []).append(message)
        kind = kind.removesuffix("s")
        self.event(
            f"{kind}.message.created", message_id=message["id"], **{f"{kind}_id": parent_id, f"{kind}_url": f"/v2/{kind}s/{parent_id}/"}
        )
        return message

    def list_requests(self, asked: Asked, _kind: str, parent_id: str) -> Row:
        wanted = {"true": [True], "false": [False]}.get(asked.query.get("answered", ""), [True, False])
        return self._page(asked, [r for r in self.requests.get(parent_id, []) if r["answered"] in wanted])

    def get_request(self, asked: Asked, _kind: str, parent_id: str, request_id: str) -> Row:
        return self._of({r["id"]: r for r in self.requests.get(parent_id, [])}, request_id)

    def answer_request(self, asked: Asked, kind: str, parent_id: str, request_id: str) -> Row:
        request = self.get_request(asked, kind, parent_id, request_id)
        self._fit(asked.json, SHAPES["AnswerWriteRequest"])
        if request["answered"]:
            raise Refused(409, "already_answered")
        documents = [{"type": d["type"], "filename": d.get("filename"), "status": "pending"} for d in asked.json.get("documents") or []]
        request.update(answered=True, answered_at=self.stamp(), answer={"id": self.new_id(), **asked.json, "documents": documents})
        if parent_id in self.orders:
            self.orders[parent_id]["status"] = "submitted"
        return request

    # Lists, events

    def list_events(self, asked: Asked) -> Row:
        since = asked.query.get("since")
        shown = [e for e in self.events if HOLD_BACK <= self.now - dt.datetime.fromisoformat(e["created_at"]) <= KEPT]
        ids = [event["id"] for event in shown]
        if since is not None and since.removeprefix("after-") not in ids:
            raise Refused(400, "invalid_cursor")
        start = ids.index(since.removeprefix("after-")) + 1 if since else 0
        page = shown[start : start + min(int(asked.query.get("limit", 100)), self.page_size)]
        cursor = f"after-{page[-1]['id']}" if page else since
        return {"cursor": cursor, "next": cursor if start + len(page) < len(shown) else None, "results": page}

    def list_statements(self, asked: Asked) -> Row:
        number = asked.query.get("mandate_reference_number")
        found = [s for s in self.statements.values() if number in (None, *(row["reference_number"] for row in s["mandates"]))]
        return self._page(asked, [self._summary(s) for s in self._published(asked, found)])

    def list_singles(self, asked: Asked) -> Row:
        found = [s for s in self.singles.values() if asked.query.get("mandate") in (None, s["mandate"]["id"])]
        return self._page(asked, [self._summary(s) for s in self._published(asked, found)])

    def statement_rows(self, asked: Asked, statement_id: str) -> Row:
        wanted = asked.query.get("reference_number", "")
        return self._page(asked, [row for row in self._of(self.statements, statement_id)["mandates"] if wanted in row["reference_number"]])

    def _published(self, asked: Asked, found: list[Row]) -> list[Row]:
        since, status = asked.query.get("booking_date_from", ""), asked.query.get("status")
        return sorted((s for s in found if s["booking_date"] >= since and status in (None, s["status"])), key=lambda s: s["booking_date"])

    @staticmethod
    def _summary(statement: Row) -> Row:
        return {name: value for name, value in statement.items() if name not in ("financials", "mandates", "payout_method")}

    def _page(self, asked: Asked, found: list[Row]) -> Row:
        offset, limit = int(asked.query.get("offset", 0)), min(int(asked.query.get("limit", 100)), self.page_size)
        more = urlencode({**asked.query, "limit": limit, "offset": offset + limit})
        after = f"{self.url}{asked.path[1:]}?{more}" if offset + limit < len(found) else None
        return {"count": len(found), "next": after, "previous": None, "results": found[offset : offset + limit]}

    @staticmethod
    def _fit(body: Any, shape: Row) -> None:
        if found := list(problems(body, shape)):
            raise Refused(400, "validation_error", found)

    def _store(self, table: dict[str, Row], row: Row) -> Row:
        stored = {"id": self.new_id(), **row, "created_at": self.stamp(), "updated_at": self.stamp()}
        table[stored["id"]] = stored
        return stored

    @staticmethod
    def _of(table: dict[str, Row], key: str) -> Row:
        if key not in table:
            raise Refused(404, "not_found")
        return table[key]


def _listed(table: str) -> Callable[..., Row]:
    return lambda self, asked, *names: self._page(asked, list(getattr(self, table).get(names[-1], [])))


def _single(table: str) -> Callable[..., Row]:
    return lambda self, asked, key: self._of(getattr(self, table), key)


_ID = "([0-9a-f-]{36})"
_PARENT = f"/v2/(orders|mandates)/{_ID}"
_CREATE = ("/debtors/", "/orders/", "/payments/", "/messages/")
_UNSET = ("mandate", "merged_into", "rejection")
_ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("POST", "/v2/debtors/", StandIn.make_debtor),
    ("GET", f"/v2/debtors/{_ID}/", _single("debtors")),
    ("POST", "/v2/orders/", StandIn.make_order),
    ("GET", f"/v2/orders/{_ID}/", lambda self, asked, key: self.order_read(self._of(self.orders, key))),
    ("DELETE", f"/v2/orders/{_ID}/", StandIn.delete_order),
    ("POST", f"/v2/orders/{_ID}/finalize/", StandIn.finalize),
    ("POST", f"/v2/orders/{_ID}/withdraw/", StandIn.withdraw),
    ("GET", "/v2/claims/", StandIn.list_claims),
    ("POST", f"/v2/claims/{_ID}/payments/", StandIn.pay_claim),
    ("GET", "/v2/mandates/", StandIn.list_mandates),
    ("GET", f"/v2/mandates/{_ID}/", StandIn.get_mandate),
    ("POST", f"/v2/mandates/{_ID}/payments/", StandIn.pay_mandate),
    ("GET", f"/v2/payments/{_ID}/", _single("payments")),
    ("GET", f"{_PARENT}/messages/", _listed("messages")),
    ("POST", f"{_PARENT}/messages/", StandIn.write_message),
    ("GET", f"{_PARENT}/requests-to-client/", StandIn.list_requests),
    ("GET", f"{_PARENT}/requests-to-client/{_ID}/", StandIn.get_request),
    ("POST", f"{_PARENT}/requests-to-client/{_ID}/answer/", StandIn.answer_request),
    ("GET", "/v2/events/", StandIn.list_events),
    ("GET", "/v2/statements/", StandIn.list_statements),
    ("GET", f"/v2/statements/{_ID}/", _single("statements")),
    ("GET", f"/v2/statements/{_ID}/mandates/", StandIn.statement_rows),
    ("GET", "/v2/single-mandate-statements/", StandIn.list_singles),
    ("GET", f"/v2/single-mandate-statements/{_ID}/", _single("singles")),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one go
    stand_in: StandIn

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.casefold(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        status, found, more = self.stand_in.answer(asked)
        for number, path in enumerate(self.stand_in.lose):
            if asked.method == "POST" and parts.path.endswith(path):
                del self.stand_in.lose[number]
                self.close_connection = True  # it was done, and nobody is told
                return
        answer = b"" if found is None else json.dumps(found, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(answer)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_DELETE = do_PATCH = _serve  # noqa: N815

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def standing_in() -> Iterator[StandIn]:
    """Serve the stand-in; yields it, with its address in ``url``."""
    stand_in = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand_in": stand_in}))
    server.daemon_threads = True
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
