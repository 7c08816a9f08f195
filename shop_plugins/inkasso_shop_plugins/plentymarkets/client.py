"""Requests to the REST API: with the shared token, at the pace that the shop allows, and what its answers mean.

From ``reference: shop-plentymarkets.md`` section 2. Nothing that the shop writes into an error goes into a message of ours: it may name a
customer.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from inkasso_core import (
    Answer,
    AuthenticationFailed,
    ConfigurationError,
    ShopContext,
    TemporarilyUnavailable,
    Text,
    Times,
    Wire,
    from_json,
    to_json,
)
from inkasso_shop_plugins.plentymarkets.limits import LONGEST_WAIT, Pace, route
from inkasso_shop_plugins.plentymarkets.login import NAME, Tokens
from inkasso_shop_plugins.plentymarkets.rights import Right
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

LABEL = "plentymarkets"
_TRIES = 5
"""How often a request is made that the shop answers with 429."""
_ERRORS_FROM = 300
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_NOT_OURS = frozenset({400, 404, 405, 409, 410, 415, 422})

Params = Iterable[tuple[str, str]]


class Client:
    """The REST API of one shop. ``patience`` is the longest wait for a limit, in seconds."""

    def __init__(self, context: ShopContext[PlentySettings], *, patience: float = LONGEST_WAIT) -> None:
        settings = context.settings
        self._wire = _wire(Times(settings.connect_timeout, settings.read_timeout), os.getpid())
        self._pace = Pace(context, patience)
        self._tokens = Tokens(context, self._wire, self._pace)
        self._base = settings.rest

    def log_in(self) -> None:
        """Make sure that there is a token. Raises ``AuthenticationFailed`` where the shop lets nobody in."""
        self._tokens.current()

    def get(self, path: str, params: Params = (), *, right: Right, absent: Collection[int] = ()) -> Any:
        """Return what the answer holds; None for the statuses ``absent``. Raises what :meth:`call` says."""
        return self._data(self.call("GET", path, params, right=right, absent=absent), changing=False)

    def search(self, path: str, params: Params, body: Any, *, right: Right) -> Any:
        """Ask with a body: a POST that changes nothing."""
        return self._data(self.call("POST", path, params, body=body, right=right, commits=False), changing=False)

    def write(self, method: str, path: str, body: Any = None, *, right: Right, absent: Collection[int] = ()) -> Any:
        """Change something. Raises ``OutcomeUnknown`` where nobody knows whether it happened."""
        return self._data(self.call(method, path, body=body, right=right, commits=True, absent=absent), changing=True)

    def file(self, path: str, *, right: Right, absent: Collection[int] = ()) -> bytes | None:
        """Return the content of a file."""
        answer = self.call("GET", path, right=right, absent=absent)
        return None if answer is None else answer.body

    def call(
        self,
        method: str,
        path: str,
        params: Params = (),
        *,
        right: Right,
        body: Any = None,
        commits: bool = False,
        absent: Collection[int] = (),
    ) -> Answer | None:
        """Make one request, and once more where the token has expired or the limit was met; None for the statuses ``absent``.

        Raises ``AuthenticationFailed`` naming the ``right`` that is missing, ``ConfigurationError`` for what the shop does not understand,
        ``TemporarilyUnavailable``, and ``OutcomeUnknown`` where it ``commits``.
        """
        query = urlencode(list(params))
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        written = None if body is None else to_json(body)
        token, renewed = self._tokens.current(), False
        for _ in range(_TRIES + 1):
            self._pace.wait(method, path)
            answer = self._send(method, url, written, token, commits)
            if answer.status == _TOO_MANY:
                self._pace.refused(answer.headers)
            elif answer.status == _UNAUTHORIZED and not renewed:
                self._pace.heard(method, path, answer.headers)
                token, renewed = self._tokens.renewed(token), True
            else:
                self._pace.heard(method, path, answer.headers)
                return None if answer.status in absent else self._checked(answer, right, method, path, commits)
        raise TemporarilyUnavailable(BUSY, agency=NAME, http_status=_TOO_MANY)

    def _send(self, method: str, url: str, body: bytes | None, token: str, commits: bool) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._wire.send(method, url, body=body, headers=headers, commits=commits)

    def _checked(self, answer: Answer, right: Right, method: str, path: str, commits: bool) -> Answer:
        where = route(method, path)
        if answer.status == _FORBIDDEN:
            text = Text(FORBIDDEN.de.format(right=right.de, route=where), FORBIDDEN.en.format(right=right.en, route=where))
            raise AuthenticationFailed(text, agency=NAME, http_status=answer.status)
        if answer.status in _NOT_OURS:
            raise ConfigurationError(NOT_UNDERSTOOD.fill(route=where, status=answer.status), field="base_url")
        if answer.status >= _ERRORS_FROM:
            self._wire.refuse(answer, commits, raw=None)
        return answer

    def _data(self, answer: Answer | None, *, changing: bool) -> Any:
        if answer is None or not answer.body.strip():
            return None
        try:
            return from_json(answer.body)
        except ValueError:
            raise self._wire.lost(changing, status=answer.status) from None


@cache
def _wire(times: Times, _process: int) -> Wire:
    """Return what sends the requests of this process: connections are kept, and never shared with a process that was forked."""
    return Wire(NAME, LABEL, times)


BUSY = Text(
    "plentymarkets nimmt auch nach mehreren Wartezeiten keine Anfrage an (Limit): es wird später wieder versucht.",
    "plentymarkets takes no request even after waiting several times (limit): it is tried again later.",
)
FORBIDDEN = Text(
    "plentymarkets erlaubt dem Benutzer das nicht: {right} ({route}). Das Recht in seiner Rolle im Shop setzen.",
    "plentymarkets does not allow that to the user: {right} ({route}). Set the right in its role in the shop.",
)
NOT_UNDERSTOOD = Text(
    "plentymarkets nimmt die Anfrage {route} nicht an (HTTP {status}): base_url und die Einstellungen des Shops prüfen.",
    "plentymarkets does not take the request {route} (HTTP {status}): check base_url and the settings of the shop.",
)
