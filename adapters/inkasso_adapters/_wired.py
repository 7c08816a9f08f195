"""How the requests of a configured agency travel: as JSON or a form over HTTP, or as SOAP by the agency's WSDL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlencode

import simplejson
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from requests.auth import AuthBase

from inkasso_adapters._calls import (
    ASKED,
    Address,
    AnswerPaths,
    Call,
    ConfiguredSettings,
    Operation,
    check_place,
    filled,
    places_of,
    spelled,
)
from inkasso_adapters._configured import Configured, Said
from inkasso_adapters._record import flat
from inkasso_core import (
    AgencyError,
    AuthenticationFailed,
    ClaimRejected,
    Fault,
    HttpAgency,
    HttpSettings,
    Refusal,
    SoapAgency,
    SoapSettings,
    TemporarilyUnavailable,
)

# HTTP


class HttpCall(Call):
    """One HTTP request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    """Left out, ``GET`` for what only reads, else ``POST``."""
    path: str
    """The path below ``base_url``; ``{agency_reference}``, ``{our_reference}`` and ``{cursor}`` may stand in it where they are known."""


class ConfiguredHttpSettings(ConfiguredSettings, HttpSettings):
    """Settings of a configured agency over HTTP."""

    transport: Literal["http"] = "http"
    """Always ``http``."""
    base_url: Address
    """The address that paths are added to. The agency tells it: there is no default."""
    login: Literal["basic", "headers", "body"] = "basic"
    """Where the credentials stand: HTTP Basic authentication, headers of their own, or the request itself."""
    body: Literal["json", "form"] = "json"
    """How a request is written: JSON, or a form with dotted names."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    """Further headers of every request; no secrets."""
    idempotency_header: str | None = None
    """The name of a header that takes the key of a request."""
    errors: AnswerPaths = AnswerPaths()
    """In an answer with an error status: ``error_code`` and ``error_fields``."""
    operations: Mapping[Operation, HttpCall]
    """The requests. ``submit`` must be there; what is not there is not offered."""

    @model_validator(mode="after")
    def _paths(self) -> ConfiguredHttpSettings:
        for operation, call in self.operations.items():
            check_place(call.path, places_of(operation))
            if method_of(operation, call) == "GET" and (operation not in ASKED or self.login == "body"):
                raise PydanticCustomError(
                    "method", "operations.{name}.method must not be GET: what it sends would stand in the address", {"name": operation}
                )
        if self.batch_size > 1 and "submit" in self.operations and "{" in self.operations["submit"].path:
            raise PydanticCustomError("batch_path", "with batch_size above 1 the path of operations.submit is the same for all claims")
        return self


def method_of(operation: str, call: HttpCall) -> str:
    """Return the method of a request: what is set, else GET for what only reads."""
    return call.method or ("GET" if operation in ASKED else "POST")


CH = TypeVar("CH", bound=ConfiguredHttpSettings)
_SUCCESSES = (200, 201, 202, 203, 204)
_NOT_THERE = (404,)
_MAY_BE_ABSENT = frozenset({"find", "fetch_status", "fetch_ledger"})


class ConfiguredHttp(Configured[CH], HttpAgency[CH]):
    """A configured agency over HTTP."""

    def __init__(self, settings: CH) -> None:
        super().__init__(settings)
        self.base_url = settings.base_url.rstrip("/") + "/"

    @property
    def calls(self) -> Mapping[str, Call]:
        """The requests that are set."""
        return {str(name): call for name, call in self.settings.operations.items()}

    def headers(self) -> dict[str, str]:
        """Return the set headers, with the credentials where they are some."""
        settings = self.settings
        given = {settings.client_id_at: settings.client_id, settings.password_at: self._password} if settings.login == "headers" else {}
        return {**settings.headers, **given}

    def auth(self) -> AuthBase | None:
        """HTTP Basic authentication, where it is set."""
        return self.basic(self.settings.client_id, self._password) if self.settings.login == "basic" else None

    def credentials(self, password: str) -> dict[str, str]:
        """Return the credentials where they stand in the request."""
        return super().credentials(password) if self.settings.login == "body" else {}

    def read_refusal(self, status: int, data: Any) -> Refusal:
        """Read code and fields where the settings say."""
        return Refusal(*self.read_error(self.settings.errors, data))

    def send(
        self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None], *, commits: bool, key: str | None = None
    ) -> Said | None:
        """Send one request; what may not be there is None at 404, and at 404 only: an empty answer says nothing."""
        method, path = self._line(operation, places)
        header = {self.settings.idempotency_header: key} if self.settings.idempotency_header and key else {}
        more: dict[str, Any] = {"commits": commits}
        if operation in _MAY_BE_ABSENT:
            more |= {"absent": _NOT_THERE, "answers": _SUCCESSES}
        if method == "GET":
            more["params"] = {name: spelled(value) for name, value in flat(self._beside_path(operation, body)).items()}
        elif self.settings.body == "form":
            more["data"] = _form(body)
            header["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        else:
            more["json"] = body
        data = self.call(method, path, headers=header, **more)
        return None if data is None and operation in _MAY_BE_ABSENT else Said(data, data)

    def show(self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None]) -> str:
        """Return method, address and body."""
        method, path = self._line(operation, places)
        written = (
            _form(body).decode() if self.settings.body == "form" else simplejson.dumps(body, use_decimal=True, ensure_ascii=False, indent=2)
        )
        return f"{method} {self.base_url}{path}\n\n{written}"

    def lost(self, commits: bool, raw: Any) -> AgencyError:
        """Return the error for an answer that cannot be understood."""
        return self.wire.lost(commits, raw=raw)

    def _line(self, operation: str, places: Mapping[str, str | None]) -> tuple[str, str]:
        call = self.settings.operations[operation]  # type: ignore[index]  # the names are those of Operation
        return method_of(operation, call), filled(call.path, places).lstrip("/")

    def _beside_path(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked with and does not stand in the path already."""
        call = self.settings.operations[operation]  # type: ignore[index]  # as above
        return {name: value for name, value in body.items() if call.fields or f"{{{name}}}" not in call.path}


def _form(body: Mapping[str, Any]) -> bytes:
    return urlencode({name: spelled(value) for name, value in flat(body).items()}).encode("ascii")


# SOAP


class SoapCall(Call):
    """One operation of the WSDL."""

    name: str = Field(min_length=1)
    """Its name in the WSDL."""


class ConfiguredSoapSettings(ConfiguredSettings, SoapSettings):
    """Settings of a configured agency over SOAP. The credentials stand in the request."""

    transport: Literal["soap"] = "soap"
    """Always ``soap``."""
    wsdl: str
    """The address or the file of the WSDL. The agency tells it: there is no default."""
    operations: Mapping[Operation, SoapCall]
    """The operations. ``submit`` must be there; what is not there is not offered."""
    faults: Mapping[str, Literal["login", "refused", "busy"]] = Field(default_factory=dict)
    """The code of a SOAP fault, without prefix -> what it means: credentials refused, claim refused, or not processed and to be tried
    again. Any other is a refusal where the service blames the caller, and else leaves open what was done."""


CSo = TypeVar("CSo", bound=ConfiguredSoapSettings)
_FAULTS: Mapping[str, type[AgencyError]] = {
    "login": AuthenticationFailed,
    "refused": ClaimRejected,
    "busy": TemporarilyUnavailable,
}


class ConfiguredSoap(Configured[CSo], SoapAgency[CSo]):
    """A configured agency over SOAP."""

    omits_lists: ClassVar[bool] = True

    @property
    def calls(self) -> Mapping[str, Call]:
        """The operations that are set."""
        return {str(name): call for name, call in self.settings.operations.items()}

    def read_fault(self, fault: Fault) -> type[AgencyError] | None:
        """Look a fault up in the settings."""
        return _FAULTS.get(self.settings.faults.get(fault.code, ""))

    def send(
        self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None], *, commits: bool, key: str | None = None
    ) -> Said | None:
        """Call an operation."""
        answer = self.call(self._operation(operation), commits=commits, **body)
        return Said(answer.value, answer.raw)

    def show(self, operation: str, body: Mapping[str, Any], places: Mapping[str, str | None]) -> str:
        """Return address and envelope."""
        envelope = self.envelope(self._operation(operation), **body)
        return f"POST {envelope.address}\n\n{envelope.body.decode()}"

    def lost(self, commits: bool, raw: Any) -> AgencyError:
        """Return the error for an answer that cannot be understood."""
        return self.wire.lost(commits, raw=raw)

    def _operation(self, operation: str) -> str:
        return self.settings.operations[operation].name  # type: ignore[index]  # the names are those of Operation
