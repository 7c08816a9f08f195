"""The WSGI application: what is asked at which address, and how everything that goes wrong is answered.

Nothing of a request is read before it is known whose it is, and nothing is answered before it is committed. Answers and logs hold no
personal data, no secret and no traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from inkasso_core import errors
from inkasso_core.app import Inkasso
from inkasso_core.model.shop import ShopRequest
from inkasso_core.model.words import Language, Text
from inkasso_core.web import body as bodies
from inkasso_core.web import events
from inkasso_core.web.clients import Claimed, Clients
from inkasso_core.web.openapi import document
from inkasso_core.web.refused import Refused, answered, broken, not_allowed, nothing_here, too_large, unauthorized, unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOG = logging.getLogger("inkasso.web")
SHOP_METHODS = ("GET", "POST", "PUT")
_BODILESS = frozenset({204, 205, 304})
_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _Rest(BaseConverter):
    """All that follows, slashes included, also where it is nothing."""

    part_isolating = False
    regex = ".*"


def _shop_rule(path: str) -> Rule:
    """A route of shops; without HEAD, for a plugin may do something at a GET."""
    rule = Rule(path, endpoint="shop", methods=SHOP_METHODS)
    rule.methods = set(SHOP_METHODS)
    return rule


URLS = Map(
    [
        _shop_rule("/v1/shops/<shop>"),
        _shop_rule("/v1/shops/<shop>/<rest:rest>"),
        Rule("/v1/agencies/<account>", endpoint="agency", methods=["POST"]),
        Rule("/v1/events", endpoint="events", methods=["POST"]),
        Rule("/v1/health", endpoint="health", methods=["GET"]),
        Rule("/openapi.json", endpoint="openapi", methods=["GET"]),
    ],
    converters={"rest": _Rest},
    merge_slashes=False,
    strict_slashes=False,
)


class Intake:
    """The intake of one installation. Thread-safe, and keeps nothing between two requests."""

    def __init__(self, ink: Inkasso, on_parts: Callable[[], None] | None = None) -> None:
        self._ink = ink
        self._on_parts = on_parts
        self._settings = ink.settings.serve
        self._clients = Clients(self._settings.clients)
        self._served: Mapping[str, Callable[..., Response]] = {
            "shop": self._shop,
            "agency": self._agency,
            "events": self._events,
            "health": self._health,
            "openapi": self._openapi,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = self._answer(request)
        response.headers.update(_ALWAYS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, values = _found(request)
            return self._served[endpoint](request, **values)
        except Exception as exc:  # noqa: BLE001  (the last one to hear of it; whoever asks is told that it was our side)
            return _refusal(exc).response(self._language(request))

    def _language(self, request: Request) -> Language:
        """What the sender reads; what the installation speaks, where he does not say."""
        spoken: dict[str, Language] = {language: language for language in get_args(Language)}
        asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
        return next((spoken[tag] for tag in asked if tag in spoken), self._ink.settings.inkasso.language)

    def _body(self, request: Request) -> bytes:
        """Read the body, no further than it may be long, and all of it or nothing."""
        limit, chunked = self._settings.max_body, "chunked" in request.environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if request.content_length is None and chunked and not request.environ.get("wsgi.input_terminated"):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "LENGTH_REQUIRED", _NO_LENGTH)
        if request.content_length is not None and request.content_length > limit:
            raise too_large(limit)
        request.max_content_length = limit + 1  # werkzeug cuts off without a word what comes in pieces and is longer
        body = request.get_data(cache=False)
        if len(body) > limit:
            raise too_large(limit)
        return body

    # What is served

    def _shop(self, request: Request, shop: str, rest: str = "") -> Response:
        asked = ShopRequest(
            method=request.method,
            path=rest,
            query=request.args.to_dict(),
            headers=dict(request.headers),
            body=self._body(request),
            received_at=self._ink.now(),
        )
        received, _results = self._ink.receive(shop, asked)
        if self._on_parts is not None and any(reported.part is not None for reported in received.reports):
            self._on_parts()
        content = b"" if received.status in _BODILESS else received.body
        return Response(content, status=received.status, content_type=received.media_type)

    def _agency(self, request: Request, account: str) -> Response:
        return answered({"received": self._ink.agency_webhook(account, dict(request.headers), self._body(request))})

    def _events(self, request: Request) -> Response:
        claimed = Claimed.by(request.headers)
        if claimed.signs:
            body = self._body(request)
            client = self._clients.by_signature(claimed, body, self._ink.now)
        else:
            client = self._clients.by_token(claimed)
            body = self._body(request)
        charset = request.mimetype_params.get("charset")
        found = bodies.documents(body, request.mimetype, charset, most=self._settings.max_events)
        return events.take(self._ink, client, found, self._language(request))

    def _health(self, _request: Request) -> Response:
        status = self._ink.database_status()
        if status.found != status.newest:
            raise unavailable(None)
        return answered({"status": "ok"})

    def _openapi(self, request: Request) -> Response:
        return answered(document(self._settings.max_events, server=quote(request.root_path) or "/"))


def _found(request: Request) -> tuple[str, dict[str, Any]]:
    try:
        endpoint, values = URLS.bind("intake").match(request.path, request.method)
    except MethodNotAllowed as exc:
        raise not_allowed(sorted(set(exc.valid_methods or ()))) from None
    except NotFound:
        raise nothing_here() from None
    return endpoint, dict(values)


def _refusal(error: Exception) -> Refused:
    """Return what an error is answered with."""
    match error:
        case Refused():
            return error
        case HTTPException():
            return Refused(_status(error.code), "BAD_REQUEST", _BAD_REQUEST)
        case errors.DeliveryRefused():
            return unauthorized()
        case errors.NotFound() | errors.UnsupportedOperation():
            return nothing_here()
        case errors.InvalidInput():
            return Refused(HTTPStatus.BAD_REQUEST, error.reason, error.text, field=error.field)
        case errors.TemporarilyUnavailable():
            return unavailable(error.retry_after)
    LOG.error("%s", _told(error))
    return broken(error.code if isinstance(error, errors.InkassoError) else "INTERNAL")


def _told(error: Exception) -> str:
    """Say what broke and where, for the log: an error of ours in its own words, any other by its kind, for its text may quote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else "?"
    said = f": {error.read('en')}" if isinstance(error, errors.InkassoError) else ""
    return f"{type(error).__name__} at {place}{said}"


def _status(code: int | None) -> HTTPStatus:
    return HTTPStatus(code) if code in set(HTTPStatus) else HTTPStatus.BAD_REQUEST


_NO_LENGTH = Text("Bitte die Länge des Inhalts angeben (Content-Length).", "Please give the length of the body (Content-Length).")
_BAD_REQUEST = Text("Die Anfrage ist unvollständig oder beschädigt.", "The request is incomplete or damaged.")
