"""Who may post events: a client signs what it posts, or shows a token. Checked before anything of a request is read as data.

The signature is the HMAC-SHA256, in hexadecimal digits, of the time (Unix seconds), a full stop, and the body as it is sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pydantic import SecretStr
from werkzeug.datastructures import Headers

from inkasso_core.settings import ClientSettings
from inkasso_core.web.refused import unauthorized

CLIENT, TIMESTAMP, SIGNATURE = "Inkasso-Client", "Inkasso-Timestamp", "Inkasso-Signature"
TOLERANCE = dt.timedelta(seconds=300)
"""How far the clocks may be apart; so long, too, a copied request could be repeated, which changes nothing."""
_BEARER = "bearer "
_LONGEST_TIME = 11
_NOBODY = b"nobody has this secret"


class Known(NamedTuple):
    """A client whose request is its own."""

    name: str
    shops: tuple[str, ...]


class Claimed(NamedTuple):
    """Who a request says it is from, as its headers put it."""

    client: str
    timestamp: str
    signature: str
    token: str | None

    @classmethod
    def by(cls, headers: Headers) -> Claimed:
        """Read the headers."""
        given = headers.get("Authorization", "")
        token = given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else None
        return cls(headers.get(CLIENT, ""), headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""), token)

    @property
    def signs(self) -> bool:
        """Whether it is to be known by a signature; one that is there counts, whatever else is."""
        return bool(self.signature)


class Clients:
    """The clients of an installation."""

    def __init__(self, settings: Mapping[str, ClientSettings]) -> None:
        self._settings = dict(settings)

    def by_token(self, claimed: Claimed) -> Known:
        """Return whose token is shown; raises :class:`Refused` (401). All tokens are compared, each in constant time."""
        shown = (claimed.token or "").encode("utf-8", "replace")
        found = [name for name, client in self._settings.items() for token in _values(client.token) if hmac.compare_digest(token, shown)]
        if not claimed.token or not found:
            raise unauthorized()
        return Known(found[0], self._settings[found[0]].shops)

    def by_signature(self, claimed: Claimed, body: bytes, now: Callable[[], dt.datetime]) -> Known:
        """Return who signed a body; raises :class:`Refused` (401). The time is looked at only where the signature is right."""
        client = self._settings.get(claimed.client)
        keys = [*_values(client.secret), *_values(client.secret_before)] if client is not None else []
        signed = claimed.timestamp.encode("utf-8", "replace") + b"." + body
        given = claimed.signature.strip().lower().removeprefix("sha256=").encode("utf-8", "replace")
        right = [hmac.compare_digest(_signature(key, signed), given) for key in keys or [_NOBODY]]
        if client is None or not keys or not any(right) or not _is_near(claimed.timestamp, now()):
            raise unauthorized()
        return Known(claimed.client, client.shops)


def _values(secret: object) -> Iterator[bytes]:
    """Yield a secret that is there: one that stands in a variable that is not set lets nobody in."""
    if isinstance(secret, SecretStr):
        yield secret.get_secret_value().encode()


def _signature(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).hexdigest().encode()


def _is_near(timestamp: str, now: dt.datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > _LONGEST_TIME:
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()
