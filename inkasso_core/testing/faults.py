"""What can go wrong with one request, what the stand-in does then, and what an adapter has to make of it: one table.

*Certainly not processed* is a refused connection, a connect time-out, 429. Everything else that goes wrong after a request has left leaves
open what the agency did: ``OutcomeUnknown`` where the request changes something, ``TemporarilyUnavailable`` where it only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError, OutcomeUnknown, TemporarilyUnavailable

RETRY_AFTER = 7.0
"""Seconds that the stand-in names in ``Retry-After``."""


class Fault(StrEnum):
    """What goes wrong."""

    REFUSED = "connection refused"
    CONNECT_TIMEOUT = "connect time-out"
    READ_TIMEOUT = "read time-out"
    DRIP = "answer that drips for ever"
    CUT_BEFORE = "connection cut before the request was read"
    CUT_AFTER = "connection cut after the request was read"
    HALF_ANSWER = "half an answer"
    ANSWER_LOST = "answer lost after acceptance"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    TOO_MANY = "429 with Retry-After"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    MOVED = "redirect"
    HTML = "HTML in place of an answer"
    EMPTY = "empty answer"
    GARBLED = "answer in no known format"
    SOAP_FAULT_200 = "SOAP fault with status 200"
    SOAP_FAULT_500 = "SOAP fault with status 500"

    @property
    def slug(self) -> str:
        """The name in the id of a test."""
        return self.value.replace(" ", "-")


class Meaning(NamedTuple):
    """What an adapter raises."""

    committing: type[InkassoError]
    """Of a request that changes something."""
    reading: type[InkassoError]


_UNKNOWN = Meaning(OutcomeUnknown, TemporarilyUnavailable)
_UNSENT = Meaning(TemporarilyUnavailable, TemporarilyUnavailable)
_LOGIN = Meaning(AuthenticationFailed, AuthenticationFailed)

MEANINGS: Mapping[Fault, Meaning] = MappingProxyType(
    {
        Fault.REFUSED: _UNSENT,
        Fault.CONNECT_TIMEOUT: _UNSENT,
        Fault.READ_TIMEOUT: _UNKNOWN,
        Fault.DRIP: _UNKNOWN,
        Fault.CUT_BEFORE: _UNKNOWN,
        Fault.CUT_AFTER: _UNKNOWN,
        Fault.HALF_ANSWER: _UNKNOWN,
        Fault.ANSWER_LOST: _UNKNOWN,
        Fault.UNAUTHORIZED: _LOGIN,
        Fault.FORBIDDEN: _LOGIN,
        Fault.TOO_MANY: _UNSENT,
        Fault.SERVER_ERROR: _UNKNOWN,
        Fault.UNAVAILABLE: _UNKNOWN,
        Fault.MOVED: Meaning(ConfigurationError, ConfigurationError),
        Fault.HTML: _UNKNOWN,
        Fault.EMPTY: _UNKNOWN,
        Fault.GARBLED: _UNKNOWN,
        Fault.SOAP_FAULT_200: _UNKNOWN,
        Fault.SOAP_FAULT_500: _UNKNOWN,
    }
)
"""Fault -> what it means, unless the agency documents otherwise."""

NOT_REACHED = frozenset({Fault.REFUSED, Fault.CONNECT_TIMEOUT})
"""Nothing of the request arrives."""
IN_TIME = frozenset({Fault.CONNECT_TIMEOUT, Fault.READ_TIMEOUT, Fault.DRIP})
"""The adapter's own time-outs end it."""
ACCEPTED = frozenset({Fault.READ_TIMEOUT, Fault.DRIP, Fault.HALF_ANSWER, Fault.ANSWER_LOST, Fault.HTML, Fault.EMPTY, Fault.GARBLED})
"""The agency has taken the request, and its answer is no use."""
SOAP_ONLY = frozenset({Fault.SOAP_FAULT_200, Fault.SOAP_FAULT_500})
OF_THE_CONTENT = frozenset({Fault.HTML, Fault.EMPTY, Fault.GARBLED, Fault.HALF_ANSWER})
"""The answer's status is good and its content is not: nothing an adapter could notice where a good answer is empty, too."""

STATUSES: Mapping[Fault, int] = MappingProxyType(
    {
        Fault.UNAUTHORIZED: 401,
        Fault.FORBIDDEN: 403,
        Fault.TOO_MANY: 429,
        Fault.SERVER_ERROR: 500,
        Fault.UNAVAILABLE: 503,
        Fault.MOVED: 308,
        Fault.HTML: 200,
        Fault.EMPTY: 200,
        Fault.GARBLED: 200,
        Fault.SOAP_FAULT_200: 200,
        Fault.SOAP_FAULT_500: 500,
    }
)
"""Fault -> the status of the answer, where there is one."""

HEADERS: Mapping[Fault, Mapping[str, str]] = MappingProxyType(
    {
        Fault.TOO_MANY: {"Retry-After": f"{RETRY_AFTER:.0f}"},
        Fault.MOVED: {"Location": "https://elsewhere.example/"},
    }
)

_PAGE = b"<!DOCTYPE html><html><head><title>Wartung</title></head><body><p>Bitte sp\xc3\xa4ter<br>noch einmal.</body></html>"
_SOAP_FAULT = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    b"<faultcode>soap:Server</faultcode><faultstring>Internal error</faultstring>"
    b"</soap:Fault></soap:Body></soap:Envelope>"
)
BODIES: Mapping[Fault, tuple[str, bytes]] = MappingProxyType(
    {
        Fault.HTML: ("text/html; charset=utf-8", _PAGE),
        Fault.SERVER_ERROR: ("text/html; charset=utf-8", _PAGE),
        Fault.UNAVAILABLE: ("text/html; charset=utf-8", _PAGE),
        Fault.GARBLED: ("text/plain; charset=utf-8", b"OK, und nun?"),
        Fault.SOAP_FAULT_200: ("text/xml; charset=utf-8", _SOAP_FAULT),
        Fault.SOAP_FAULT_500: ("text/xml; charset=utf-8", _SOAP_FAULT),
    }
)
"""Fault -> media type and body of the answer; the others with a status are empty."""
