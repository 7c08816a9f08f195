"""The server: the intake on waitress. It ends gracefully: no new requests, those under way are answered, then it is gone."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from waitress.server import create_server
from waitress.wasyncore import close_all
from werkzeug.wrappers import Response

from inkasso_core.app import Inkasso
from inkasso_core.endings import heard
from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text
from inkasso_core.settings import complete
from inkasso_core.web.application import SHOP_METHODS, Intake
from inkasso_core.web.refused import unavailable
from inkasso_core.web.telling import Teller

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SILENT_SECONDS = 60
"""A connection on which nothing has come for so long is closed."""
CONNECTIONS = 500
"""How many connections are held at once; more wait."""
END_SECONDS = 10.0
"""How long requests under way may take when the server ends."""
_MOMENT = 0.05
_PROXY_HEADERS = "x-forwarded-for x-forwarded-proto x-forwarded-host"


class Routed(NamedTuple):
    """A route of the intake, and whom it serves."""

    route: str
    methods: tuple[str, ...]
    serves: str
    problem: Text | None = None
    """Why it cannot serve him now."""


class Server:
    """The intake of an installation on an address of this machine. Bound when it is made, answering while it runs."""

    def __init__(self, ink: Inkasso, *, host: str | None = None, port: int | None = None, threads: int | None = None) -> None:
        settings = ink.settings.serve
        self._ink = ink
        self._teller = Teller(ink)
        self._busy = _Busy(Intake(ink, self._teller.wake))
        self._stopping = threading.Event()
        host, port = host or settings.host, settings.port if port is None else port
        trust: dict[str, Any] = {}
        if settings.trusted_proxy is not None:
            trust = {"trusted_proxy": str(settings.trusted_proxy), "trusted_proxy_headers": _PROXY_HEADERS}
        self._socket = _bound(host, port)
        self._server: Any = create_server(
            self._busy,
            sockets=[self._socket],
            threads=threads or settings.threads,
            url_prefix=settings.prefix,
            max_request_body_size=settings.max_body + 1,  # waitress refuses what is as long as its limit
            channel_timeout=SILENT_SECONDS,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            ident=None,
            **trust,
        )

    @property
    def address(self) -> str:
        """Where it answers, with the prefix."""
        host, port = self._socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{port}{self._ink.settings.serve.prefix}"

    def routes(self) -> list[Routed]:
        """Return what it serves: the shops whose plugin takes requests, the accounts whose adapter does, and what everybody has."""
        return routes(self._ink)

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Answer until SIGTERM or Ctrl-C comes, or :meth:`stop` is called; then finish what is under way.

        ``on_ready`` is called once signals are heard: what is sent from then on is answered.
        """
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is no fault: it is worked off
        self._teller.start()
        ending = threading.Thread(target=self._end, name="inkasso-end", daemon=True)
        ending.start()
        with heard(self.stop):
            on_ready()
            self._server.run()
        self.stop()
        ending.join()
        self._server.task_dispatcher.shutdown(timeout=1)
        self._teller.stop(END_SECONDS)

    def stop(self) -> None:
        """Begin to end; :meth:`run` returns when all is answered. May be called from any thread, and from a signal."""
        self._stopping.set()

    def _end(self) -> None:
        """Refuse what is new, wait until all else is answered and sent, and let the server's loop run out."""
        self._stopping.wait()
        self._busy.refuse()
        until = time.monotonic() + END_SECONDS
        while self._under_way() and time.monotonic() < until:
            time.sleep(_MOMENT)
        self._server.trigger.pull_trigger(lambda: close_all(self._server._map, ignore_all=True))  # the loop ends with its last channel

    def _under_way(self) -> bool:
        channels = list(self._server.active_channels.values())
        return self._busy.count > 0 or any(channel.requests or channel.total_outbufs_len for channel in channels)


class _Busy:
    """Counts the requests under way, and refuses new ones when it is told to."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._refuses = False
        self.count = 0

    def refuse(self) -> None:
        """Take no more requests: each is to come again."""
        with self._lock:
            self._refuses = True

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            refuses = self._refuses
            self.count += not refuses
        if refuses:
            return _ending()(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            with self._lock:
                self.count -= 1


def _ending() -> Response:
    return unavailable(5).response("en")


def _bound(host: str, port: int) -> socket.socket:
    """Take the address, so that who calls knows at once whether it can be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise ConfigurationError(
            _NO_ADDRESS.fill(host=host, port=port, why=exc.strerror or type(exc).__name__), field="serve.host"
        ) from None
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except (OSError, OverflowError) as exc:
        taken.close()
        why = getattr(exc, "strerror", None) or type(exc).__name__
        raise ConfigurationError(_NO_ADDRESS.fill(host=host, port=port, why=why), field="serve.port") from None
    return taken


def routes(ink: Inkasso) -> list[Routed]:
    """Return the routes of an installation as it is configured."""
    found = [Routed("/v1/events", ("POST",), f"client {name}", _lacks(ink, name)) for name in sorted(ink.settings.serve.clients)]
    for taker in ink.takers():
        place, methods = ("shops", SHOP_METHODS) if taker.kind == "shop" else ("agencies", ("POST",))
        problem = taker.problem.text if taker.problem is not None else None
        found.append(Routed(f"/v1/{place}/{quote(taker.name, safe='')}", methods, f"{taker.kind} {taker.name}", problem))
    return [*found, Routed("/v1/health", ("GET",), ""), Routed("/openapi.json", ("GET",), "")]


def _lacks(ink: Inkasso, client: str) -> Text | None:
    try:
        complete(dict(ink.settings.serve.clients[client]), f"serve.clients.{client}")
    except ConfigurationError as exc:
        return exc.text
    return None


_NO_ADDRESS = Text(
    "Die Adresse {host}, Port {port}, ist nicht zu haben ({why}): läuft dort schon etwas? Sonst [serve] host und port prüfen.",
    "The address {host}, port {port}, cannot be had ({why}): does something run there already? Else check [serve] host and port.",
)
