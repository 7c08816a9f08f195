"""Agencies with a SOAP interface. ``zeep`` writes requests by the agency's WSDL; answers are read as they are, not as the WSDL says.

Real services answer with lists of one, multi-references, typed arrays and members that their WSDL does not know. So an answer is read
into plain values, whatever its types claim (:mod:`~inkasso_core.agencies.soap_answer`), and its whole text is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

import zeep
from lxml import etree
from pydantic import Field
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.agencies.soap_answer import Fault, SoapAnswer, read_answer
from inkasso_core.agencies.soap_check import dropped
from inkasso_core.agencies.wire import CONNECT_SECONDS, NOT_LET_IN, READ_SECONDS, Answer, Times, Wire
from inkasso_core.errors import AgencyError, AuthenticationFailed, ClaimInvalid, ClaimRejected, ConfigurationError, TemporarilyUnavailable
from inkasso_core.model.words import Text

SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_ERRORS_FROM = 300


class SoapSettings(AgencySettings):
    """Settings of every SOAP agency: where it is, and the time-outs."""

    wsdl: str | None = None
    """The address or the file of the WSDL; left out, the one that the adapter brings, where it brings one."""
    address: str | None = None
    """The address of the service, where it is not the one in the WSDL."""
    connect_timeout: float = Field(default=CONNECT_SECONDS, gt=0)
    """Seconds to connect."""
    read_timeout: float = Field(default=READ_SECONDS, gt=0)
    """Seconds for the whole answer."""


SS = TypeVar("SS", bound=SoapSettings)


class SoapAgency(Agency[SS]):
    """Base of adapters that speak SOAP 1.1 or 1.2. :meth:`call` is all that an author needs."""

    wsdl: ClassVar[str | Path | None] = None
    """The WSDL that the adapter brings, beside its module."""
    fault_map: ClassVar[Mapping[str, type[AgencyError]]] = MappingProxyType({})
    """The agency's fault code -> what it means, where that is known. A code of the caller's side (Client, Sender) that is not in it is a
    refusal; one of the agency's side (Server, Receiver) leaves open what was done."""

    def read_fault(self, fault: Fault) -> type[AgencyError] | None:
        """Say what a fault means, where a table of codes does not tell it; None leaves it to ``fault_map`` and the rule for the rest."""
        return None

    @cached_property
    def wire(self) -> Wire:
        """What sends the requests."""
        return Wire(self.name, self.label, Times(self.settings.connect_timeout, self.settings.read_timeout))

    def call(self, operation: str, *args: Any, commits: bool = False, **kwargs: Any) -> SoapAnswer:
        """Call an operation with plain values (dicts, lists, text, ``Decimal``, dates) and return its answer, as plain values and as text.

        ``commits`` says whether it changes something that must not happen twice: a lost answer is ``OutcomeUnknown`` then, else
        ``TemporarilyUnavailable``. Raises ``ClaimInvalid`` for values that the WSDL does not take: nothing has been sent then.
        """
        envelope = self.envelope(operation, *args, **kwargs)
        answer = self.wire.send("POST", envelope.address, body=envelope.body, headers=envelope.headers, commits=commits)
        return self._read(answer, commits)

    def envelope(self, operation: str, *args: Any, **kwargs: Any) -> Envelope:
        """Return the request that :meth:`call` would send. Raises ``ClaimInvalid`` for values that the WSDL does not take."""
        known = getattr(self.service, operation, None)
        if known is None:
            raise ConfigurationError(_NO_OPERATION.fill(label=self.label, operation=operation), field="wsdl")
        try:
            written: Envelope = known(*args, **kwargs)
        except (ZeepError, TypeError, ValueError, AttributeError, KeyError):  # zeep quotes values in its errors: its text goes no further
            raise ClaimInvalid(_NOT_EXPRESSED.fill(label=self.label, operation=operation), agency=self.name) from None
        if dropped(written.body, (args, kwargs)):
            raise ClaimInvalid(_NOT_EXPRESSED.fill(label=self.label, operation=operation), agency=self.name)
        return written

    @property
    def service(self) -> Any:
        """The operations of the WSDL, which is read once."""
        with self._lock:
            if self._service is None:
                self._service = self._open()
            return self._service

    @cached_property
    def _lock(self) -> threading.Lock:
        return threading.Lock()

    _service: Any = None

    def _open(self) -> Any:
        where = self.settings.wsdl or self.wsdl
        if where is None:
            raise ConfigurationError(_NO_WSDL.fill(label=self.label), field="wsdl")
        try:
            client = zeep.Client(str(where), transport=_Writer(self.wire), settings=zeep.Settings(strict=False, raw_response=True))
            binding = client.service._binding  # the first service and port of the WSDL
        except (ZeepError, etree.LxmlError, OSError, ValueError, KeyError):
            raise ConfigurationError(_NOT_A_WSDL.fill(label=self.label), field="wsdl") from None
        return client.create_service(str(binding.name), self.settings.address) if self.settings.address else client.service

    def _read(self, answer: Answer, commits: bool) -> SoapAnswer:
        read = read_answer(answer.body)
        if isinstance(read, Fault):
            raise self._fault(read, answer, commits)
        if answer.status >= _ERRORS_FROM:
            self.wire.refuse(answer, commits, raw=answer.text)
        if read is None:
            raise self.wire.lost(commits, status=answer.status, raw=answer.text)
        return read

    def _fault(self, fault: Fault, answer: Answer, commits: bool) -> AgencyError:
        kind = self.read_fault(fault) or self.fault_map.get(fault.code)
        if kind is None and answer.status in (self.wire.unprocessed | NOT_LET_IN):
            self.wire.refuse(answer, commits, raw=answer.text, code=fault.code)
        if kind is None and fault.is_callers:
            kind = ClaimRejected
        if kind is None:
            lost = self.wire.lost(commits, status=answer.status, raw=answer.text)
            lost.agency_code = fault.code
            return lost
        text = _LOGIN if kind is AuthenticationFailed else _FAULT
        if kind is TemporarilyUnavailable:
            return TemporarilyUnavailable(text.fill(label=self.label), agency=self.name, http_status=answer.status, raw=answer.text)
        return kind(text.fill(label=self.label), agency=self.name, agency_code=fault.code, http_status=answer.status, raw=answer.text)


class Envelope(NamedTuple):
    """A request as zeep wrote it."""

    address: str
    body: bytes
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Envelope({len(self.body)} bytes)"


class _Writer(Transport):
    """Lets zeep write requests and load documents; sends nothing itself, and logs nothing: its own log would show whole envelopes."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(session=wire.session)
        self._wire = wire

    def post_xml(self, address: str, envelope: etree._Element, headers: Mapping[str, str]) -> Envelope:
        body = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        return Envelope(address, body, dict(headers))

    def load(self, url: str) -> bytes:
        """Load a document: the encoding's schema from this package, the rest by the wire or from a file."""
        if url.rstrip("/") == SOAP_ENCODING.rstrip("/"):
            return resources.files(__package__).joinpath("soap_encoding.xsd").read_bytes()
        if not url.startswith(("http://", "https://")):
            return Path(url.removeprefix("file://")).expanduser().read_bytes()
        answer = self._wire.send("GET", url)
        if answer.status in _NOT_THERE:  # no claim is refused by that: the account cannot work
            raise ConfigurationError(_NOT_A_WSDL.fill(label=self._wire.label), field="wsdl")
        if answer.status != _OK:
            self._wire.refuse(answer, False, raw=answer.text)
        return answer.body


_OK = 200
_NOT_THERE = frozenset({400, 404, 405, 406, 410, 451})
_NOT_EXPRESSED = Text(
    "{label}: die Angaben passen nicht in die Operation {operation} der WSDL.",
    "{label}: the values do not fit the operation {operation} of the WSDL.",
)
_NO_OPERATION = Text(
    "{label}: die WSDL kennt keine Operation {operation}: die Einstellungen des Kontos prüfen.",
    "{label}: the WSDL knows no operation {operation}: check the settings of the account.",
)
_NO_WSDL = Text(
    "{label}: die Adresse der WSDL fehlt (Einstellung wsdl); die Agentur teilt sie mit.",
    "{label}: the address of the WSDL is missing (setting wsdl); the agency tells it.",
)
_NOT_A_WSDL = Text(
    "{label}: unter der Einstellung wsdl ist keine lesbare WSDL.", "{label}: what the setting wsdl names is no readable WSDL."
)
_LOGIN = Text(
    "{label} lehnt die Zugangsdaten ab: die Einstellungen des Kontos prüfen.",
    "{label} refuses the credentials: check the settings of the account.",
)
_FAULT = Text("{label} lehnt ab (SOAP-Fehler).", "{label} refuses (SOAP fault).")
