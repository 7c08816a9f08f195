"""The access to Core1: OAuth2 with an authorization code, and a refresh token that changes with every use.

Each renewal returns a new refresh token (``reference: shop-actindo.md`` section 3.2), and the one before may count no more. So of all
threads and processes one at a time renews; that it is about to is stored before it asks, and what it got is stored before it is used.
Where a renewal was interrupted, the next one sends the same token once more: it still counts if actindo never saw it. If it does not,
only a person can permit the access anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkasso_core import Answer, AuthenticationFailed, Kept, OutcomeUnknown, ShopContext, TemporarilyUnavailable, Wire, from_json
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.settings import ActindoSettings

SHELF = "token"
EARLY = dt.timedelta(minutes=2)
"""So long before it ends a token is renewed."""
LONGEST = 7 * 24 * 3600
"""Seconds: no token is believed to last longer."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_REFUSED = frozenset({400, 401, 403})
_BUSY = 429


class Token(BaseModel):
    """What is kept of the access."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access: str = Field(repr=False)
    refresh: str = Field(repr=False)
    ends_at: dt.datetime
    renewing: bool = False
    """Set before it is renewed: where it is found set, a renewal was interrupted."""

    def is_good(self, now: dt.datetime) -> bool:
        """Whether it can be used without asking for a new one."""
        return not self.renewing and now < self.ends_at - EARLY


def read(value: str | None) -> Token | None:
    """Read what is kept; None where nothing is, or what no version of this plugin has written."""
    try:
        return None if value is None else Token.model_validate_json(value)
    except ValidationError:
        return None


class Access:
    """The tokens of one shop."""

    def __init__(self, context: ShopContext[ActindoSettings], wire: Wire) -> None:
        self.context, self.settings, self.wire = context, context.settings, wire

    def token(self) -> str:
        """Return an access token that counts, renewed where it is about to end.

        Raises ``AuthenticationFailed`` where a person has to permit the access, ``TemporarilyUnavailable`` where actindo does not answer.
        """
        kept = read(self.context.shelf.read(SHELF))
        if kept is not None and kept.is_good(self.context.now()):
            return kept.access
        with self.context.shelf.locked(SHELF) as shelf:
            kept = read(shelf.value)
            if kept is not None and kept.is_good(self.context.now()):
                return kept.access  # somebody else has renewed it meanwhile
            return self._renewed(shelf, kept)

    def renew(self, refused: str) -> str:
        """Return another access token than the one that was refused: the one that somebody else got meanwhile, else a new one."""
        with self.context.shelf.locked(SHELF) as shelf:
            kept = read(shelf.value)
            if kept is not None and kept.access != refused and kept.is_good(self.context.now()):
                return kept.access
            return self._renewed(shelf, kept)

    def exchange(self, code: str) -> None:
        """Turn the code that a permission returned into the first tokens; raises ``AuthenticationFailed`` for one that is refused."""
        with self.context.shelf.locked(SHELF) as shelf:
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.settings.redirect_uri or ""}
            issued = self._ask(form)
            if issued is None or issued.refresh is None:
                raise AuthenticationFailed(words.CODE_REFUSED)
            self._keep(shelf, issued, issued.refresh)

    def _renewed(self, shelf: Kept, kept: Token | None) -> str:
        if kept is None:
            raise AuthenticationFailed(words.AUTHORIZE.fill(shop=self.context.shop))
        shelf.put(kept.model_copy(update={"renewing": True}).model_dump_json())
        try:
            issued = self._ask({"grant_type": "refresh_token", "refresh_token": kept.refresh})
        except _NotSent as exc:
            shelf.put(kept.model_dump_json())
            raise exc.error from None
        if issued is None:
            text = words.LOST if kept.renewing else words.AUTHORIZE
            raise AuthenticationFailed(text.fill(shop=self.context.shop))
        return self._keep(shelf, issued, kept.refresh)

    def _keep(self, shelf: Kept, issued: Issued, before: str) -> str:
        """Store new tokens before anybody uses them."""
        ends_at = self.context.now() + dt.timedelta(seconds=issued.seconds)
        shelf.put(Token(access=issued.access, refresh=issued.refresh or before, ends_at=ends_at).model_dump_json())
        return issued.access

    def _ask(self, form: Mapping[str, str]) -> Issued | None:
        """Ask for tokens; None where actindo says no. An answer that was lost leaves open whether what was sent still counts."""
        settings = self.settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        body = urlencode({**form, "client_id": settings.client_id or "", "client_secret": secret}).encode()
        try:
            answer = self.wire.send("POST", f"{settings.url}/{settings.methods.grant}", body=body, headers=_FORM)
        except TemporarilyUnavailable:
            raise _NotSent(TemporarilyUnavailable(words.NOT_REACHED)) from None
        except OutcomeUnknown:
            raise TemporarilyUnavailable(words.NOT_REACHED) from None
        if answer.status == _BUSY:
            raise _NotSent(TemporarilyUnavailable(words.BUSY, http_status=_BUSY))
        return self._issued(answer)

    def _issued(self, answer: Answer) -> Issued | None:
        try:
            data = from_json(answer.body)
        except ValueError:
            data = None
        if not isinstance(data, Mapping) or (answer.status != _OK and answer.status not in _REFUSED):
            raise TemporarilyUnavailable(words.NO_ANSWER.fill(method=self.settings.methods.grant, status=answer.status))
        access = data.get("access_token")
        if answer.status in _REFUSED or not isinstance(access, str) or not access:
            return None
        refresh = data.get("refresh_token")
        return Issued(access, refresh if isinstance(refresh, str) and refresh else None, _seconds(data.get("expires_in")))


_OK = 200


class Issued(NamedTuple):
    """What an answer of the token method holds."""

    access: str
    refresh: str | None
    seconds: int

    def __repr__(self) -> str:
        return "Issued()"


class _NotSent(Exception):
    """The request certainly was not processed: what was to be sent still counts."""

    def __init__(self, error: TemporarilyUnavailable) -> None:
        super().__init__()
        self.error = error


def _seconds(value: Any) -> int:
    """How long a token lasts; where that is not said, it is renewed with the next call."""
    try:
        return min(max(int(value), 0), LONGEST)
    except (TypeError, ValueError):
        return 0


# Permitting the access


def permission_url(settings: ActindoSettings, shop: str, now: dt.datetime) -> str:
    """Return the address at which a person permits the access; actindo then leads back to ``redirect_uri`` with a code."""
    asked = {
        "response_type": "code",
        "scope": "profile",
        "client_id": settings.client_id or "",
        "redirect_uri": settings.redirect_uri or "",
        "state": _state(settings, shop, now.date()),
    }
    return f"{settings.url}/{settings.methods.authorize}?{urlencode(asked)}"


def is_ours(settings: ActindoSettings, shop: str, state: str, now: dt.datetime) -> bool:
    """Whether a return belongs to a permission that was begun here, today or yesterday: nobody else can make that word."""
    days = (now.date(), now.date() - dt.timedelta(days=1))
    return any(hmac.compare_digest(_state(settings, shop, day).encode(), state.encode()) for day in days)


def _state(settings: ActindoSettings, shop: str, day: dt.date) -> str:
    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    return hmac.new(secret.encode(), f"inkasso:{shop}:{day}".encode(), hashlib.sha256).hexdigest()
