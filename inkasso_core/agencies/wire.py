"""One request to an agency: sessions, time-outs, and what a failure means. The only place that catches what ``requests`` raises.

A failure is told by what the caller may do next. *Certainly not processed* is a refused connection, a host that is not found, a connect
time-out, and a status that the agency documents so (429). Whatever else goes wrong after a request that changes something has left is
*unknown*; after one that only reads, it is *temporarily unavailable*, since asking again changes nothing.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.util.ssl_match_hostname import CertificateError

from inkasso_core.errors import (
    LONGEST_WAIT,
    AgencyError,
    AuthenticationFailed,
    ClaimRejected,
    ConfigurationError,
    OutcomeUnknown,
    TemporarilyUnavailable,
)
from inkasso_core.model.words import Text

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes: a longer answer is none that a case has."""
POOL = 32
_CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_CHUNK = 64 * 1024
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Times(NamedTuple):
    """Seconds: to connect, and for the whole answer."""

    connect: float = CONNECT_SECONDS
    read: float = READ_SECONDS


class Answer(NamedTuple):
    """An agency's answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    """Where the request went."""

    @property
    def text(self) -> str:
        """The body as text, in the encoding that its header names, else UTF-8; what cannot be read is replaced."""
        kind = self.headers.get("Content-Type", "")
        named = kind.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(named, "replace")
        except (LookupError, ValueError):  # no encoding, or none of texts
            return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"


class Wire:
    """The requests of one account. Thread-safe: every thread has a session of its own."""

    def __init__(self, agency: str, label: str, times: Times, *, unprocessed: Collection[int] = (429,)) -> None:
        self.agency, self.label, self.times, self.unprocessed = agency, label, times, frozenset(unprocessed)
        self._local = threading.local()

    @property
    def session(self) -> requests.Session:
        """This thread's session."""
        found: requests.Session | None = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = requests.Session()
            # The environment is read once, not with every request; and a .netrc must never replace an account's own credentials.
            found.trust_env = False
            found.verify = self._trusted()
            self._local.proxies = {}
            adapter = _Adapter(max_retries=0, pool_maxsize=POOL)
            found.mount("https://", adapter)
            found.mount("http://", adapter)
        return found

    def _trusted(self) -> bool | str:
        """Return the certificates of the environment, True where those of ``requests`` count."""
        bundle = next(filter(None, map(os.environ.get, _CA_BUNDLES)), None)
        if bundle is not None and not Path(bundle).exists():
            raise ConfigurationError(_NO_BUNDLE.fill(names=", ".join(_CA_BUNDLES)))
        return bundle or True

    def _proxies(self, url: str) -> dict[str, str]:
        """Return the proxies of the environment for an address."""
        known: dict[str, dict[str, str]] = self._local.proxies
        server = url.partition("//")[2].partition("/")[0]
        if server not in known:
            try:
                known[server] = get_environ_proxies(url)
            except ValueError:
                raise requests.exceptions.InvalidURL from None
        return dict(known[server])

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        files: Any = None,
        auth: AuthBase | None = None,
        commits: bool | None = None,
    ) -> Answer:
        """Send one request, once, and return the answer, whatever its status. Redirects are not followed.

        ``commits`` says whether it changes something that must not happen twice; left out, every method but GET, HEAD, OPTIONS does.
        Raises ``TemporarilyUnavailable``, ``OutcomeUnknown``, or ``ConfigurationError`` for an address or a header that is none.
        """
        changing = method not in _READS if commits is None else commits
        if _climbs(url):
            raise ConfigurationError(_NO_ADDRESS.fill(label=self.label))
        session, lines = self.session, self._headers(headers or {})
        try:
            response = session.request(
                method,
                url,
                data=body,
                headers=lines,
                params=dict(params) if params else None,
                files=files,
                auth=auth,
                proxies=self._proxies(url),
                timeout=self.times,
                allow_redirects=False,
                stream=True,
            )
            with response:
                return Answer(response.status_code, response.headers, self._read(response), url)
        except (requests.RequestException, HTTPError) as exc:
            raise self._failed(exc, changing) from None
        except ValueError:  # requests cannot read where an answer redirects to
            raise self.lost(changing) from None

    def _read(self, response: requests.Response) -> bytes:
        """Read an answer within the time for the whole of it: one that drips for ever is as good as none."""
        until, parts, size = time.monotonic() + self.times.read, [], 0
        while part := response.raw.read1(_CHUNK, decode_content=True):  # what is there, without waiting for a whole chunk
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER or time.monotonic() > until:
                response.close()
                raise requests.ReadTimeout
        return b"".join(parts)

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers that can be sent: what stands in them comes from settings, and what no header can hold was never sent."""
        for value in headers.values():
            if not value.isprintable() or value != value.strip() or max(value, default="") > _LAST_OF_HEADERS:
                raise ConfigurationError(_NO_HEADER.fill(label=self.label))
        return dict(headers)

    def _failed(self, exc: Exception, changing: bool) -> AgencyError | ConfigurationError:
        if isinstance(exc, _BAD_ADDRESS):
            return ConfigurationError(_NO_ADDRESS.fill(label=self.label))
        if isinstance(_reason(exc), HandshakeFailed):
            return ConfigurationError(_NOT_TRUSTED.fill(label=self.label))
        if is_unsent(exc):
            return TemporarilyUnavailable(_NOT_REACHED.fill(label=self.label), agency=self.agency)
        return self.lost(changing)

    def lost(self, changing: bool, *, status: int | None = None, raw: object = None) -> AgencyError:
        """Return the error for an answer that did not come, or cannot be understood."""
        if changing:
            return OutcomeUnknown(_LOST.fill(label=self.label), agency=self.agency, http_status=status, raw=raw)
        return TemporarilyUnavailable(_NOT_REACHED.fill(label=self.label), agency=self.agency, http_status=status, raw=raw)

    def refuse(self, answer: Answer, changing: bool, *, raw: object, code: str | None = None, fields: Collection[str] = ()) -> NoReturn:
        """Raise what an answer with an error status means; ``raw`` is the answer, for the vault."""
        status = answer.status
        if status in self.unprocessed:
            raise TemporarilyUnavailable(
                _BUSY.fill(label=self.label), agency=self.agency, http_status=status, retry_after=retry_after(answer.headers), raw=raw
            )
        if status in NOT_LET_IN:
            raise AuthenticationFailed(
                _LOGIN.fill(label=self.label, status=status), agency=self.agency, http_status=status, agency_code=code, raw=raw
            )
        if status in _MOVED or (status in _ELSEWHERE_NOW and (not changing or _is_same_place(answer))):
            raise ConfigurationError(_ELSEWHERE.fill(label=self.label, status=status))
        if _REFUSED_FROM <= status < _FAILED_FROM and status not in _MAY_HAVE_RUN:
            raise ClaimRejected(
                _REFUSED.fill(label=self.label, status=status),
                agency=self.agency,
                http_status=status,
                agency_code=code,
                fields=tuple(fields),
                raw=raw,
            )
        raise self.lost(changing, status=status, raw=raw)


_REFUSED_FROM, _FAILED_FROM = 400, 500
NOT_LET_IN = frozenset({401, 403, 407})
_MOVED = frozenset({307, 308})
"""The same request is to be made elsewhere: here it was not processed (RFC 9110, 15.4.8 and 15.4.9)."""
_ELSEWHERE_NOW = frozenset({301, 302, 303})
"""After a request that changes something these may mean that it was processed and that its result lies elsewhere (RFC 9110, 15.4.4)."""
_LAST_OF_HEADERS = "\xff"
"""Headers are sent in ISO 8859-1."""
_MAY_HAVE_RUN = frozenset({408, 499})
"""A time-out that the server reports: what it had done by then, nobody knows."""
_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidProxyURL,
    LocationValueError,
)


def _climbs(url: str) -> bool:
    """Return whether a part of the path is no name but a step (``..``): a case of such a reference would ask for something else."""
    return any(part in (".", "..") for part in url.partition("?")[0].split("/"))


def _is_same_place(answer: Answer) -> bool:
    """Return whether a redirect leads to the same path, on another host or by another scheme: then it is the address that is wrong."""
    try:
        asked, told = urlsplit(answer.url), urlsplit(urljoin(answer.url, answer.headers.get("Location", "")))
    except ValueError:
        return False
    is_other = (asked.scheme, asked.netloc, asked.path) != (told.scheme, told.netloc, told.path)
    return answer.status != _RESULT_ELSEWHERE and is_other and asked.path.rstrip("/") == told.path.rstrip("/")


_RESULT_ELSEWHERE = 303


class HandshakeFailed(SSLError):
    """No encrypted connection was made, so nothing was sent. What fails in the encryption later is another error."""


class _Connection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
            raise NewConnectionError(self, type(exc).__name__) from None
        except (ssl.SSLError, CertificateError, SSLError) as exc:
            raise HandshakeFailed(type(exc).__name__) from None
        except OSError as exc:  # a time-out, a cut, a proxy that lets nobody through: no request had left
            raise NewConnectionError(self, type(exc).__name__) from None


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """Makes connections that tell a failed handshake from what goes wrong after sending: ``requests`` raises one error for both."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": _Pool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        found = super().proxy_manager_for(proxy, **kwargs)
        found.pool_classes_by_scheme = {**found.pool_classes_by_scheme, "https": _Pool}
        return found


def is_unsent(exc: BaseException) -> bool:
    """Return whether a request certainly did not reach the agency: ``requests`` raises one error for a refused and for a cut connection."""
    if isinstance(exc, requests.ConnectTimeout):
        return True
    return isinstance(_reason(exc), NewConnectionError | ConnectTimeoutError)


def _reason(exc: BaseException) -> object:
    """Return what lies beneath. An error that names a proxy says nothing by that: a request may have left through it."""
    inner = exc.args[0] if exc.args else None
    found = inner.reason if isinstance(inner, MaxRetryError) else inner
    return found.original_error if isinstance(found, ProxyError) else found


def retry_after(headers: Mapping[str, str], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Read ``Retry-After``: seconds, or a date, up to a day; None where it is missing or cannot be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, seconds.total_seconds()), LONGEST_WAIT)


_NO_ADDRESS = Text("Die Adresse von {label} in den Einstellungen ist keine.", "The address of {label} in the settings is none.")
_NO_HEADER = Text(
    "{label}: eine Einstellung, die in einer Kopfzeile steht, enthält ein Zeichen, das dort nicht stehen kann: Zugangsdaten prüfen.",
    "{label}: a setting that stands in a header holds a character that cannot stand there: check the credentials.",
)
_NO_BUNDLE = Text(
    "Die Datei mit Zertifikaten, die eine Umgebungsvariable nennt ({names}), gibt es nicht.",
    "The file of certificates that an environment variable names ({names}) does not exist.",
)
_NOT_TRUSTED = Text(
    "{label}: die verschlüsselte Verbindung kommt nicht zustande (Zertifikat): die Adresse und die Uhr prüfen.",
    "{label}: no encrypted connection can be made (certificate): check the address and the clock.",
)
_NOT_REACHED = Text("{label} ist nicht erreichbar: es wird wieder versucht.", "{label} cannot be reached: it is tried again.")
_BUSY = Text("{label} nimmt gerade nichts an: es wird wieder versucht.", "{label} takes nothing at the moment: it is tried again.")
_LOGIN = Text(
    "{label} lehnt die Zugangsdaten ab (HTTP {status}): die Einstellungen des Kontos prüfen.",
    "{label} refuses the credentials (HTTP {status}): check the settings of the account.",
)
_ELSEWHERE = Text(
    "{label} verweist auf eine andere Adresse (HTTP {status}): die Adresse in den Einstellungen prüfen.",
    "{label} points to another address (HTTP {status}): check the address in the settings.",
)
_REFUSED = Text("{label} lehnt ab (HTTP {status}).", "{label} refuses (HTTP {status}).")
_LOST = Text(
    "Die Antwort von {label} ging verloren oder ist nicht lesbar: ob der Fall dort ist, ist nicht bekannt.",
    "The answer of {label} was lost or cannot be read: whether the case is there is not known.",
)
