"""Calls of Core1: always POST, JSON in and out, one method an address (``reference: shop-actindo.md`` sections 3.1 and 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from inkasso_core import (
    Answer,
    AuthenticationFailed,
    ConfigurationError,
    OutcomeUnknown,
    ShopContext,
    TemporarilyUnavailable,
    Times,
    Wire,
    from_json,
    to_json,
)
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.settings import ActindoSettings
from inkasso_shop_plugins.actindo.tokens import Access

NAME, LABEL = "actindo", "actindo"
TRIES = 3
"""How often a call is made that is answered with 429; the limit itself is not published."""
FIRST_WAIT, LONGEST_WAIT = 5.0, 60.0
"""Seconds between them, where the answer names none, and the longest that is waited for in one go."""
_BUSY = 429
_UNKNOWN_METHOD = 404
_LOGGED_OUT = 401
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}

Document = Mapping[str, Any]


@lru_cache
def _wire(times: Times) -> Wire:
    """One for all shops with the same time-outs: it keeps connections."""
    return Wire(NAME, LABEL, times)


def wire_of(settings: ActindoSettings) -> Wire:
    """Return what sends the requests."""
    return _wire(Times(settings.connect_timeout, settings.read_timeout))


class Core1:
    """The calls of one shop. Raises ``ConfigurationError`` where settings are missing that every call needs."""

    def __init__(self, context: ShopContext[ActindoSettings]) -> None:
        self.context, self.settings = context, context.settings
        if missing := self.settings.needed():
            raise ConfigurationError(words.NOT_SET.fill(shop=context.shop, names=", ".join(missing)))
        self.wire = wire_of(self.settings)
        self.access = Access(context, self.wire)

    def call(self, method: str, body: Mapping[str, Any], *, query: Mapping[str, str] | None = None, commits: bool = False) -> Any:
        """Call a method and return its whole answer.

        ``commits`` says whether it changes something: a lost answer is then ``OutcomeUnknown``, else ``TemporarilyUnavailable``. Raises
        these, ``AuthenticationFailed`` where we are not let in, and ``ConfigurationError`` for a method or a request that is refused.
        """
        answer = self.sent(method, body, query=query, commits=commits)
        try:
            data = from_json(answer.body)
        except ValueError:
            data = None
        if not isinstance(data, Mapping):
            raise self._lost(commits, words.NO_ANSWER.fill(method=method, status=answer.status))
        if data.get("success") is False:
            raise TemporarilyUnavailable(words.FAILED.fill(method=method, shop=self.context.shop), raw=data)
        return data

    def sent(self, method: str, body: Mapping[str, Any], *, query: Mapping[str, str] | None = None, commits: bool = False) -> Answer:
        """Call a method and return its answer as it came, renewing the access where it has ended."""
        token = self.access.token()
        answer = self._patiently(method, body, query, token, commits)
        if answer.status == _LOGGED_OUT:
            answer = self._patiently(method, body, query, self.access.renew(token), commits)
        return self._checked(method, answer, commits)

    def _patiently(self, method: str, body: Mapping[str, Any], query: Mapping[str, str] | None, token: str, commits: bool) -> Answer:
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            answer = self.wire.send(
                "POST",
                f"{self.settings.url}/{method}",
                body=to_json(body),
                headers={**_JSON, "Authorization": f"Bearer {token}"},
                params=query,
                commits=commits,
            )
            asked = _asked_to_wait(answer, wait)
            if answer.status != _BUSY or not left or asked > LONGEST_WAIT:
                break
            self.context.sleep(asked)
            wait *= 2
        return answer

    def _checked(self, method: str, answer: Answer, commits: bool) -> Answer:
        status = answer.status
        if status == 200:
            return answer
        if status == _BUSY:
            raise TemporarilyUnavailable(words.BUSY, retry_after=_asked_to_wait(answer, 0.0) or None, http_status=status)
        if status == _LOGGED_OUT:
            raise AuthenticationFailed(words.AUTHORIZE.fill(shop=self.context.shop), http_status=status)
        if status == 403:
            raise AuthenticationFailed(words.NOT_LET_IN.fill(method=method, status=status), http_status=status)
        if status in _REDIRECTS or 400 <= status < 500:
            raise ConfigurationError(words.REFUSED.fill(method=method, status=status, shop=self.context.shop))
        raise self._lost(commits, words.NO_ANSWER.fill(method=method, status=status))

    def _lost(self, commits: bool, text: Any) -> TemporarilyUnavailable | OutcomeUnknown:
        return OutcomeUnknown(text) if commits else TemporarilyUnavailable(text)

    def listed(self, method: str, filters: Sequence[Mapping[str, Any]], *, start: int = 0, **more: Any) -> list[Document]:
        """Return one page of a ``getList``: at most ``limit`` records from number ``start`` on; it may hold fewer though more follow."""
        body = {"filter": list(filters), "start": start, "limit": self.settings.limit, **more}
        data = self.call(method, body).get("data")
        if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
            raise TemporarilyUnavailable(words.NO_ANSWER.fill(method=method, status=200))
        return data


def any_of(field: str, values: Sequence[Any], several: str) -> list[dict[str, Any]]:
    """Return the filters that let any of these values pass: one of ``in``, or one of ``=`` for each."""
    if several == "in":
        return [{"property": field, "operator": "in", "value": list(values)}]
    return [{"property": field, "operator": "=", "value": value} for value in values]


def _asked_to_wait(answer: Answer, otherwise: float) -> float:
    value = answer.headers.get("Retry-After", "").strip()
    return float(value) if value.isascii() and value.isdigit() and len(value) < 7 else otherwise
