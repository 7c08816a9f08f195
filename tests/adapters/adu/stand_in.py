"""A stand-in for an agency that takes claims as JSON. Its shape is ours: ADU publishes none."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import simplejson

USER, PASSWORD = "händler", "geheim-äöü"
EVENTS: list[dict[str, Any]] = [
    {"id": "e1", "case": "ADU-1", "type": "STATUS", "code": "20", "date": "2026-06-02", "text": "Akte angelegt"},
    {"id": "e2", "case": "ADU-1", "type": "PAYMENT", "date": "12.05.2026", "amount": "1.020,50", "currency": "EUR"},
    {"case": "ADU-1", "type": "DUNNING", "date": "05.05.2026", "text": "Mahnansprache für Größe „XL“"},
    {"case": "ADU-1", "type": "DUNNING", "date": "05.05.2026", "text": "Mahnansprache für Größe „XL“"},
    {"id": "e1", "case": "ADU-1", "type": "STATUS", "code": "20", "date": "2026-06-02", "text": "Akte angelegt"},
    {"id": "e3", "case": "ADU-1", "type": "STATUS", "code": "77", "date": "2026-06-03"},
    {"id": "e4", "case": "ADU-1", "type": "PAYMENT", "date": "31.02.2026", "amount": "viel", "currency": "???"},
    {"id": "e5", "type": "STATUS", "code": "20"},
    {"id": "e6", "case": {"odd": 1}, "type": ["odd"], "text": 4711},
]
"""Dated before the hand-over, several at once, repeated, unknown, and broken."""


class StandIn:
    """Cases by our reference, in the order of arrival; and every request."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.acknowledged: list[str] = []
        self.events: list[Any] = list(EVENTS)
        self.says: Callable[[dict[str, Any]], tuple[int, Any]] | None = None
        """What it answers to a submission instead, for example with an error."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Answer a request: status, and JSON or plain text."""
        self.asked.append((method, path, headers, body))
        if headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            return 401, {"message": "Zugang verweigert"}
        given = simplejson.loads(body, use_decimal=True) if body else {}
        match method, path.strip("/").split("/"):
            case "POST", ["claims"]:
                return self._submitted(given)
            case "GET", ["claims", "by-reference", ours]:
                return (200, {"cases": [self.cases[ours]]}) if ours in self.cases else (200, {"cases": []})
            case "GET", ["cases", number]:
                found = [case for case in self.cases.values() if case["number"] == number]
                return (200, found[0]) if found else (404, {"error": {"code": "NO_CASE"}})
            case "GET", ["events", since]:
                return 200, {"events": self.events, "next": f"{since}+1", "mark": "m-1"}
            case "POST", ["events", mark, "read"]:
                self.acknowledged.append(mark)
                return 204, None
            case _, ["cases", _, *_]:
                return 200, {"message": "notiert"}
        return 404, {"error": {"code": "NO_PATH"}}

    def _submitted(self, given: dict[str, Any]) -> tuple[int, Any]:
        if self.says is not None:
            return self.says(given)
        ours = given["ref"]
        if ours in self.cases:
            return 409, {"error": {"code": "DUPLICATE", "fields": ["ref"]}}
        if given["debtor"]["zip"] == "00000":
            return 422, {"error": {"code": "ADDRESS", "fields": ["debtor.zip"]}}
        if given["client"] == "unknown":
            return 612, {"error": {"code": "CLIENT", "fields": "client"}}
        self.cases[ours] = {"number": f"ADU-{len(self.cases) + 1}", "status": "10", "message": "Angenommen – prüfen wir"}
        return 201, {"case": self.cases[ours]}


@contextmanager
def serving(agency: StandIn) -> Iterator[str]:
    """Serve the stand-in; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PUT(self) -> None:
            self._do()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = agency.answer(self.command, self.path, dict(self.headers.items()), body)
            text = said if isinstance(said, str) else "" if said is None else json.dumps(said, ensure_ascii=False)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
