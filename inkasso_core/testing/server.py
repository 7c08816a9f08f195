"""A stand-in of an agency on this machine, over a real socket: answers as its script says, and breaks where it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple

from inkasso_core.testing.faults import ACCEPTED, BODIES, HEADERS, NOT_REACHED, STATUSES, Fault
from inkasso_core.testing.reply import Received, Replies, Reply, replies_of

HOST = "127.0.0.1"
PATIENCE = 5.0
"""Seconds after which an answer that never comes is given up: no test hangs on an adapter that waits for ever."""
_DRIP = 0.05
_NOT_ANNOUNCED = 404
_RESET = struct.pack("ii", 1, 0)
_GONE = (ConnectionError, TimeoutError)


class Script(NamedTuple):
    """What the stand-in does: ``replies`` in their order, the last that fits once more where a request comes again, ``always`` at any time;
    what ``target`` answers meets ``fault``."""

    replies: tuple[Reply, ...] = ()
    always: tuple[Reply, ...] = ()
    fault: Fault | None = None
    target: Reply | None = None


class FaultServer:
    """A server on 127.0.0.1 that plays an agency, and writes down what it was asked.

    >>> with FaultServer(Reply("POST", "/cases", {"case": "A-77"})) as server:
    ...     server.fail(Fault.ANSWER_LOST)
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, *replies: Replies) -> None:
        self.received: list[Received] = []
        """Every request, in the order of arrival."""
        self.unannounced: list[Received] = []
        """Requests that no reply was there for."""
        self.errors: list[BaseException] = []
        """What broke in the server itself."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._script = Script()
        self._left: list[Reply] = []
        self._http = _Server((HOST, 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.play(*[reply for given in replies for reply in replies_of(given)])

    @property
    def script(self) -> Script:
        """What it plays."""
        return self._script

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://{self.address}"

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()
        for link in list(self._open):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        if error is None and self.errors:
            raise self.errors[0]

    def play(self, *replies: Reply, always: Sequence[Reply] = (), fault: Fault | None = None, target: Reply | None = None) -> None:
        """Begin a new script and forget what was received; with a fault, ``target`` (left out, the last reply) meets it."""
        with self._lock:
            self._over.set()
            self._over = threading.Event()
            self.received, self.unannounced = [], []
            self._left = list(replies)
            self._script = Script(tuple(replies), tuple(always), fault, target or (replies[-1] if replies else None))

    def fail(self, fault: Fault | None, target: Reply | None = None) -> None:
        """Let what ``target`` answers (left out, every request) meet the fault from now on; None ends it."""
        with self._lock:
            self._script = self._script._replace(fault=fault, target=target)

    def asked(self, reply: Reply) -> list[Received]:
        """Return the requests that ``reply`` answers: of the committing one, there must never be two."""
        return [request for request in self.received if request.is_asked_by(reply)]

    def fault_for(self, request: Received) -> Fault | None:
        """Return what this request meets."""
        script = self._script
        if script.fault is None or script.fault in NOT_REACHED:
            return None
        return script.fault if script.target is None or request.is_asked_by(script.target) else None

    def take(self, request: Received, fault: Fault | None) -> Reply | None:
        """Write a request down, and return its reply; None where none was announced."""
        with self._lock:
            again = reversed(self._script.replies)
            reply = next((reply for reply in (*self._left, *again, *self._script.always) if request.is_asked_by(reply)), None)
            if reply in self._left and fault is None:
                self._left.remove(reply)
            taken = reply is not None and (fault is None or fault in ACCEPTED)
            self.received.append(Received(request.method, request.host, request.target, request.headers, request.body, taken))
            if reply is None:
                self.unannounced.append(request)
            return reply


class SilentPort:
    """A port that lets nobody in: its queue is full, so that a connection is neither taken nor refused. Needs no network."""

    _ENOUGH = 8

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.bind((HOST, 0))
        self._listening.listen(0)
        self._waiting: list[socket.socket] = []
        for _ in range(self._ENOUGH):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(self._listening.getsockname())
            self._waiting.append(waiting)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._listening.getsockname()[1]}"

    def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether a connection really waits here; not every system keeps its queue that short."""
        with socket.socket() as probe:
            probe.settimeout(seconds)
            try:
                probe.connect(self._listening.getsockname())
            except TimeoutError:
                return True
            except OSError:
                return False
        return False

    def close(self) -> None:
        """Let go of the port."""
        for waiting in self._waiting:
            waiting.close()
        self._listening.close()


def closed_port() -> str:
    """Return host and port where nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return f"{HOST}:{probe.getsockname()[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What a handler raises is kept there; nothing is printed."""


def _handler_of(owner: FaultServer) -> type[_Handler]:
    return type("Handler", (_Handler,), {"owner": owner})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultServer

    def setup(self) -> None:
        super().setup()
        self.owner._open.add(self.connection)

    def finish(self) -> None:
        self.owner._open.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except _GONE:
            self.close_connection = True
        except Exception as exc:  # noqa: BLE001  (kept, and raised where the server ends)
            self.owner.errors.append(exc)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def _serve(self) -> None:
        over = self.owner._over
        asked = Received(self.command, self.headers.get("Host", ""), self.path, dict(self.headers.items()))
        if self.owner.fault_for(asked) is Fault.CUT_BEFORE:
            self.owner.take(asked, Fault.CUT_BEFORE)
            return self._reset()
        asked = Received(asked.method, asked.host, asked.target, asked.headers, self._body())
        fault = self.owner.fault_for(asked)
        reply = self.owner.take(asked, fault)
        if fault is not None:
            return _ACTS.get(fault, _Handler._answer_badly)(self, fault, reply, over)
        if reply is None:
            return self._send(_NOT_ANNOUNCED, "text/plain", b"not announced", {})
        body, media_type = reply.written()
        return self._send(reply.status, media_type, body, reply.headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815  (names of the standard library)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, media_type: str, body: bytes, headers: Mapping[str, str]) -> None:
        self._head(status, media_type, len(body), headers)
        self.wfile.write(body)

    def _head(self, status: int, media_type: str, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        if media_type:
            self.send_header("Content-Type", media_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _answer_badly(self, fault: Fault, _reply: Reply | None, _over: threading.Event) -> None:
        media_type, body = BODIES.get(fault, ("", b""))
        self._send(STATUSES[fault], media_type, body, HEADERS.get(fault, {}))

    def _wait(self, _fault: Fault, _reply: Reply | None, over: threading.Event) -> None:
        over.wait(PATIENCE)
        self._cut()

    def _drip(self, _fault: Fault, reply: Reply | None, over: threading.Event) -> None:
        body, media_type = reply.written() if reply else (b"", "")
        drops = int(PATIENCE / _DRIP)
        self._head(reply.status if reply else 200, media_type, len(body) + drops, {})
        for _ in range(drops):
            self.wfile.write(b" ")
            if over.wait(_DRIP):
                break
        self._cut()

    def _half(self, _fault: Fault, reply: Reply | None, _over: threading.Event) -> None:
        body, media_type = reply.written() if reply else (b"", "")
        self._head(reply.status if reply else 200, media_type, max(len(body), 2), {})
        self.wfile.write(body[: len(body) // 2])
        self._cut()

    def _cut(self, *_: Any) -> None:
        self.wfile.flush()
        self.close_connection = True

    def _reset(self, *_: Any) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()
        self.close_connection = True


_ACTS: Mapping[Fault, Callable[..., None]] = MappingProxyType(
    {
        Fault.READ_TIMEOUT: _Handler._wait,
        Fault.DRIP: _Handler._drip,
        Fault.CUT_BEFORE: _Handler._reset,
        Fault.CUT_AFTER: _Handler._cut,
        Fault.HALF_ANSWER: _Handler._half,
        Fault.ANSWER_LOST: _Handler._reset,
    }
)
"""Fault -> what the handler does; the others are answered badly."""
