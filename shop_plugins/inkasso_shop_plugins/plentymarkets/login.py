"""The access token, shared by all processes (``reference: shop-plentymarkets.md`` section 2.2).

The shop lets few users be active at the same time, so nobody logs in while a valid token is known. Whoever logs in locks the token, and all
others wait for the one that he brings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from inkasso_core import Answer, AuthenticationFailed, Kept, ShopContext, TemporarilyUnavailable, Text, Wire, from_json, to_json
from inkasso_shop_plugins.plentymarkets.limits import Pace
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_NAME = "token"
_EARLY = dt.timedelta(minutes=1)
"""A token is renewed so long before its end: a request with it is still on its way."""
_USUAL = 3600.0
"""Seconds that a token is taken to last where the answer does not say."""
_PENALTY = dt.timedelta(hours=1)
"""After refused credentials nobody tries them again for so long: the shop locks an account that fails too often."""
SESSIONS_WAIT = 300.0
"""Seconds after which it is tried again where too many users are active."""
_TRIES = 3


class Token(NamedTuple):
    """What is kept: a token, or when the credentials were refused; and for which credentials."""

    credentials: str
    access: str
    until: dt.datetime

    def __repr__(self) -> str:
        return f"Token({self.until})"


class Tokens:
    """The token of one shop."""

    def __init__(self, context: ShopContext[PlentySettings], wire: Wire, pace: Pace) -> None:
        self._context, self._wire, self._pace = context, wire, pace
        self._credentials = _digest(context.settings)

    def current(self) -> str:
        """Return a token that is valid as far as anybody knows; logs in where there is none."""
        known = self._read(self._context.shelf.read(_NAME))
        if self._is_valid(known):
            return known.access
        return self._fetched(failed="")

    def renewed(self, failed: str) -> str:
        """Return another token than the one that the shop refused: the one that somebody else has brought meanwhile, else a new one."""
        return self._fetched(failed)

    def _fetched(self, failed: str) -> str:
        for _ in range(_TRIES):
            self._pace.wait("POST", "/login")
            with self._context.shelf.locked(_NAME, wait=120.0) as kept:
                known = self._read(kept.value)
                if self._is_valid(known) and known.access != failed:
                    return known.access
                answer = self._ask()
                if answer.status != _TOO_MANY or _word(answer) == _SESSIONS:
                    return self._taken(kept, answer)
            self._pace.refused(answer.headers)
        raise TemporarilyUnavailable(BUSY, agency=NAME, http_status=_TOO_MANY)

    def _is_valid(self, known: Token) -> bool:
        if known.credentials != self._credentials or known.until <= self._context.now():
            return False
        if not known.access:
            raise AuthenticationFailed(REFUSED_BEFORE, agency=NAME)
        return True

    def _ask(self) -> Answer:
        settings = self._context.settings
        if settings.client_id is None:
            body = to_json({"username": settings.username, "password": _secret(settings.password)})
            return self._send(f"{settings.rest}/login", body, "application/json")
        form = {"client_id": settings.client_id, "client_secret": _secret(settings.client_secret), "grant_type": "client_credentials"}
        return self._send(settings.token_url or "", urlencode(form).encode(), "application/x-www-form-urlencoded")

    def _send(self, url: str, body: bytes, media_type: str) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": media_type}
        return self._wire.send("POST", url, body=body, headers=headers, commits=False)

    def _taken(self, kept: Kept, answer: Answer) -> str:
        """Keep the token of an answer; raise what it says where it brings none."""
        word = _word(answer)
        if answer.status == _TOO_MANY:
            raise TemporarilyUnavailable(SESSIONS, agency=NAME, http_status=answer.status, retry_after=SESSIONS_WAIT)
        if answer.status in _NOT_LET_IN or word == _WRONG:
            self._keep(kept, "", self._context.now() + _PENALTY)
            raise AuthenticationFailed(LOCKED if answer.status == _FORBIDDEN else WRONG, agency=NAME, http_status=answer.status)
        if answer.status >= _ERRORS_FROM:
            self._wire.refuse(answer, False, raw=None)
        data = _object(answer)
        access = data.get("accessToken") or data.get("access_token")
        if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
            raise TemporarilyUnavailable(NO_TOKEN, agency=NAME, http_status=answer.status)
        self._keep(kept, access, self._context.now() + max(_lasts(data) - _EARLY, _EARLY))
        return access

    def _keep(self, kept: Kept, access: str, until: dt.datetime) -> None:
        kept.put(to_json({"credentials": self._credentials, "access": access, "until": until.isoformat()}).decode())

    def _read(self, value: str | None) -> Token:
        if value is None:
            return Token("", "", self._context.now())
        data = from_json(value.encode())
        return Token(data["credentials"], data["access"], dt.datetime.fromisoformat(data["until"]))


def forget_refusal(context: ShopContext[PlentySettings]) -> None:
    """Let the credentials be tried again, though they were refused a short time ago: a person asks for it."""
    with context.shelf.locked(_NAME) as kept:
        if kept.value is not None and not from_json(kept.value.encode())["access"]:
            kept.put(None)


def _lasts(data: Mapping[str, Any]) -> dt.timedelta:
    """Return how long a token lasts."""
    given = str(data.get("expiresIn") or data.get("expires_in") or "")
    seconds = float(given) if given.isascii() and given.isdigit() and len(given) < 10 else _USUAL
    return dt.timedelta(seconds=seconds)


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        data = from_json(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, Mapping) else {}


def _word(answer: Answer) -> str:
    """Return the shop's own word for an error."""
    word = _object(answer).get("error")
    return word if isinstance(word, str) else ""


def _secret(value: Any) -> str:
    return value.get_secret_value() if value is not None else ""


def _digest(settings: PlentySettings) -> str:
    """Return what tells credentials apart, and tells nothing about them."""
    parts = (settings.rest, settings.username, _secret(settings.password), settings.client_id, _secret(settings.client_secret))
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()


NAME = "plentymarkets"
_TOO_MANY, _FORBIDDEN = 429, 403
_NOT_LET_IN = frozenset({401, _FORBIDDEN})
_ERRORS_FROM = 300
_SESSIONS = "too_many_concurrent_sessions"
_WRONG = "invalid_credentials"

WRONG = Text(
    "plentymarkets lehnt die Zugangsdaten ab: username und password (oder client_id und client_secret) in den Einstellungen prüfen. Eine "
    "Stunde lang wird es nicht wieder versucht; `inkasso doctor --online` versucht es sofort.",
    "plentymarkets refuses the credentials: check username and password (or client_id and client_secret) in the settings. It is not tried "
    "again for an hour; `inkasso doctor --online` tries at once.",
)
LOCKED = Text(
    "plentymarkets lässt das Benutzerkonto nicht hinein (gesperrt): das Konto im Shop prüfen.",
    "plentymarkets does not let the user account in (locked): check the account in the shop.",
)
REFUSED_BEFORE = Text(
    "plentymarkets hat die Zugangsdaten vor Kurzem abgelehnt: in den Einstellungen berichtigen, dann `inkasso doctor --online`.",
    "plentymarkets refused the credentials a short time ago: correct them in the settings, then `inkasso doctor --online`.",
)
SESSIONS = Text(
    "In plentymarkets sind gerade zu viele Benutzer zugleich angemeldet: es wird später wieder versucht. Andere Programme sollen sich "
    "abmelden.",
    "Too many users are active in plentymarkets at the moment: it is tried again later. Other programs should log out.",
)
BUSY = Text(
    "plentymarkets nimmt gerade keine Anmeldung an (Limit): es wird wieder versucht.",
    "plentymarkets takes no login at the moment (limit): it is tried again.",
)
NO_TOKEN = Text(
    "plentymarkets hat auf die Anmeldung nicht mit einem Token geantwortet: base_url prüfen.",
    "plentymarkets did not answer the login with a token: check base_url.",
)
