"""A stand-in for the REST API of plentymarkets, with its documented limits, envelopes and traps, on a clock that tests move.

Built from ``reference: shop-plentymarkets.md`` sections 2 to 8 and 11. What that page does not know, this server does not know better: what
it answers to a wrong filter, for example, is its own choice.
"""

import datetime as dt
import mmap
import re
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_UN, flock
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import simplejson

from .routes import ROUTES

Json = dict[str, Any]
REQUEST_SECONDS = 0.05
"""How far the clock moves with every request."""
MINUTE = 60.0


class SharedClock:
    """A clock for the server and all processes that work with it: eight bytes in a file."""

    def __init__(self, path: Path, start: dt.datetime | None = None) -> None:
        if start is not None:
            path.write_bytes(struct.pack("<d", start.timestamp()))
        self._file = path.open("r+b")
        self._memory = mmap.mmap(self._file.fileno(), 8)

    def __call__(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.seconds, dt.UTC)

    @property
    def seconds(self) -> float:
        """Seconds since 1970."""
        (found,) = struct.unpack("<d", self._memory[:])
        return float(found)

    def sleep(self, seconds: float) -> None:
        """Move on: nobody really waits."""
        flock(self._file, LOCK_EX)
        try:
            self._memory[:] = struct.pack("<d", self.seconds + max(seconds, 0.0))
        finally:
            flock(self._file, LOCK_UN)

    def forward(self, **by: float) -> None:
        """Move on, for example ``forward(days=3)``."""
        self.sleep(dt.timedelta(**by).total_seconds())

    def close(self) -> None:
        """Let the file go."""
        self._memory.close()
        self._file.close()


@dataclass
class Period:
    """Calls of one kind in one period: from its first call on, for so many seconds."""

    limit: int
    seconds: float
    since: float = -1e18
    calls: int = 0

    def count(self, now: float) -> bool:
        """Count a call; False where it is one too many."""
        if now >= self.since + self.seconds:
            self.since, self.calls = now, 0
        self.calls += 1
        return self.calls <= self.limit

    def headers(self, prefix: str, now: float) -> dict[str, str]:
        """What an answer says of it."""
        decay = max(int(self.since + self.seconds - now) + 1, 0)
        return {
            f"{prefix}-Limit": str(self.limit),
            f"{prefix}-Decay": str(decay),
            f"{prefix}-Calls-Left": str(max(self.limit - self.calls, 0)),
        }


@dataclass
class Session:
    """A user who is logged in."""

    until: float
    user: str


@dataclass
class Call:
    """A request as it was answered."""

    kind: str
    method: str
    path: str
    status: int
    body: Any = None

    @property
    def route(self) -> str:
        """Without ids."""
        return f"{self.method} {re.sub(r'/[0-9]+', '/#', self.path)}"


class Cut(Exception):
    """The line is cut before an answer leaves."""


@dataclass
class Shop:
    """All that the shop knows, and how it behaves."""

    clock: SharedClock
    user: str = "inkasso-api"
    password: str = "geheim-und-lang"
    client: tuple[str, str] = ("client-7", "client-secret-7")
    orders: dict[int, Json] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    payments: list[Json] = field(default_factory=list)
    contacts: dict[int, Json] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    webstores: list[Json] = field(default_factory=lambda: [{"id": 1, "storeIdentifier": 1000, "name": "Hauptshop"}])
    statuses: dict[str, str] = field(
        default_factory=lambda: {"3": "warten", "3.6": "Inkasso", "7": "Warenausgang", "7.9": "beim Inkasso", "8": "storniert"}
    )
    released: frozenset[str] | None = None
    """The statuses that the account sees; None for all."""
    forbidden: set[str] = field(default_factory=set)
    """Routes for which the role has no right, such as ``POST /comments``."""
    spelling: str = "both"
    page_as_string: bool = True
    numbers_as_strings: bool = False
    with_content: bool = True
    """Whether lists of documents bring their contents."""
    token_seconds: float = 86400.0
    most_sessions: int = 3
    login_status: int = 200
    sessions: dict[str, Session] = field(default_factory=dict)
    reads: Period = field(default_factory=lambda: Period(80, MINUTE))
    writes: Period = field(default_factory=lambda: Period(40, MINUTE))
    day_reads: Period = field(default_factory=lambda: Period(59_760, 86_400.0))
    log: list[Call] = field(default_factory=list)
    before: Callable[[Call], None] | None = None
    """Called with every request before it is looked at; may raise :class:`Cut`."""
    after: Callable[[Call], None] | None = None
    """Called when it was done, before it is answered; may raise :class:`Cut`, or kill who asked."""
    refuse: list[dict[str, str]] = field(default_factory=list)
    """The headers of answers 429 that are given next, whatever the counters say."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: int = 90_000

    # What tests ask and do

    def counted(self, kind: str | None = None, status: int | None = None) -> list[Call]:
        """The requests of a kind (``read``, ``write``, ``login``) that were answered so."""
        return [call for call in self.log if kind in (None, call.kind) and status in (None, call.status)]

    def routes(self) -> Counter[str]:
        """How often each route was asked."""
        return Counter(call.route for call in self.log)

    def change(self, number: int, **values: Any) -> Json:
        """Change an order, as a clerk does."""
        with self.lock:
            self.orders[number].update(values)
            self.touch(number)
            return self.orders[number]

    def touch(self, number: int) -> None:
        """An order was changed now."""
        self.orders[number]["updatedAt"] = self.clock().astimezone(dt.timezone(dt.timedelta(hours=2))).isoformat(timespec="seconds")

    def next_id(self) -> int:
        """A new number."""
        self._ids += 1
        return self._ids

    def notes(self, kind: str, number: int) -> list[str]:
        """The texts of the notes on an order or a contact."""
        return [c["text"] for c in self.comments if (c["referenceType"], c["referenceValue"]) == (kind, number)]

    # Answering

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: Any) -> tuple[int, dict[str, str], Any]:
        """Answer one request: status, headers, and what its body holds."""
        self.clock.sleep(REQUEST_SECONDS)
        kind = "login" if path in ("/login", "/oauth/token") else "read" if method == "GET" or path == "/orders/search" else "write"
        call = Call(kind, method, path, 0, body)
        if self.before is not None:
            self.before(call)
        with self.lock:
            status, more, data = self._limited(call, query, headers)
            call.status = status
            self.log.append(call)
        if self.after is not None:
            self.after(call)
        return status, more, data

    def _limited(self, call: Call, query: dict[str, list[str]], headers: Any) -> tuple[int, dict[str, str], Any]:
        now = self.clock.seconds
        period = self.reads if call.kind == "read" else self.writes
        if self.refuse:
            return 429, {**period.headers("X-Plenty-Global-Short-Period", now), **self.refuse.pop(0)}, _limit(call.kind)
        counts = [period.count(now)] + ([self.day_reads.count(now)] if call.kind == "read" else [])
        told = period.headers("X-Plenty-Global-Short-Period", now) | self.day_reads.headers("X-Plenty-Global-Long-Period", now)
        if not all(counts):
            return 429, {**told, "Retry-After": told["X-Plenty-Global-Short-Period-Decay"]}, _limit(call.kind)
        if call.kind == "login":
            status, data = self._login(call)
            return status, told, data
        token = (headers.get("Authorization") or "").removeprefix("Bearer ")
        session = self.sessions.get(token)
        if session is None or session.until <= now:
            return 401, told, {"error": "invalid_token", "message": "The access token is expired"}
        if call.route in self.forbidden or f"{call.method} {call.path}" in self.forbidden:
            return 403, told, {"error": {"message": "This action is unauthorized."}}
        status, data = ROUTES.answer(self, call, query)
        return status, told, data

    def _login(self, call: Call) -> tuple[int, Any]:
        now = self.clock.seconds
        if self.login_status != 200:
            return self.login_status, {"error": "access_denied", "message": "locked"}
        if not self._is_let_in(call):
            return 401, {"error": "invalid_credentials", "message": "The user credentials were incorrect."}
        alive = [token for token, session in self.sessions.items() if session.until > now]
        if len(alive) >= self.most_sessions:
            return 429, {"error": "too_many_concurrent_sessions", "max_current_sessions": self.most_sessions, "message": "Too many users."}
        token = f"token-{self.next_id()}"
        self.sessions[token] = Session(now + self.token_seconds, self.user)
        snake = {"token_type": "Bearer", "expires_in": int(self.token_seconds), "access_token": token, "refresh_token": "r"}
        camel = {"tokenType": "Bearer", "expiresIn": str(int(self.token_seconds)), "accessToken": token, "refreshToken": "r"}
        return 200, {"both": snake | camel, "snake": snake, "camel": camel}[self.spelling]

    def _is_let_in(self, call: Call) -> bool:
        if call.path == "/login":
            given = call.body if isinstance(call.body, dict) else {}
            return (given.get("username"), given.get("password")) == (self.user, self.password)
        form = {key: values[0] for key, values in parse_qs(call.body if isinstance(call.body, str) else "").items()}
        return (form.get("client_id"), form.get("client_secret"), form.get("grant_type")) == (*self.client, "client_credentials")


def _limit(kind: str) -> Json:
    return {"error": {"code": 0, "message": f"short period {kind} limit reached"}}


# The server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    shop: Shop

    def _do(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        is_json = "json" in (self.headers.get("Content-Type") or "")
        body = simplejson.loads(raw, use_decimal=True) if raw and is_json else raw.decode()
        try:
            status, headers, data = self.shop.answer(
                self.command, parts.path.removeprefix("/rest"), parse_qs(parts.query), self.headers, body
            )
        except Cut:
            self.close_connection = True
            return
        content = data if isinstance(data, bytes) else simplejson.dumps(data, use_decimal=True).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/pdf" if isinstance(data, bytes) else "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = _do  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """A client that was killed is none of our trouble."""


@contextmanager
def serve(shop: Shop) -> Iterator[str]:
    """Serve a shop; yields its address."""
    handler = type("Handler", (_Handler,), {"shop": shop})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
