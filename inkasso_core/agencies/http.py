"""Agencies with an HTTP interface that speaks JSON. An author gives the address, the headers, and reads plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar

import simplejson
from pydantic import Field
from requests.auth import AuthBase, HTTPBasicAuth

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.agencies.wire import CONNECT_SECONDS, READ_SECONDS, Answer, Times, Wire
from inkasso_core.errors import AgencyError

_JSON = "application/json"
_ERRORS_FROM = 300


class HttpSettings(AgencySettings):
    """Settings of every HTTP agency: the time-outs, and an address where the adapter lets it be chosen."""

    connect_timeout: float = Field(default=CONNECT_SECONDS, gt=0)
    """Seconds to connect."""
    read_timeout: float = Field(default=READ_SECONDS, gt=0)
    """Seconds for the whole answer."""


class Refusal(NamedTuple):
    """What an adapter reads out of an error answer: the agency's code, and the fields that it names."""

    code: str | None = None
    fields: tuple[str, ...] = ()


HS = TypeVar("HS", bound=AgencySettings)
Read = Callable[[Answer], Any]


class HttpAgency(Agency[HS]):
    """Base of adapters that speak HTTP and JSON. :meth:`call` is all that an author needs."""

    base_url: str = ""
    """The address that paths are added to; ends in ``/``. Where a setting decides, set it on the object."""
    unprocessed: ClassVar[Collection[int]] = (429,)
    """Error statuses by which the agency says, documented, that it has not processed the request (429; some document 503)."""

    def headers(self) -> dict[str, str]:
        """Return the headers of every request: credentials, as a rule."""
        return {}

    def auth(self) -> AuthBase | None:
        """Return what signs a request, for example :meth:`basic`."""
        return None

    @staticmethod
    def basic(user: str, password: str) -> AuthBase:
        """HTTP Basic authentication, in UTF-8."""
        return HTTPBasicAuth(user.encode(), password.encode())

    def read_refusal(self, status: int, data: Any) -> Refusal:
        """Read an error answer: ``data`` is its JSON, or its text where it is none. Say nothing of the debtor: codes and field names."""
        return Refusal()

    def refused(self, status: int, data: Any) -> AgencyError | None:
        """Return the error that an error answer means, where its status does not tell it; None leaves it to the rule for the status."""
        return None

    @cached_property
    def wire(self) -> Wire:
        """What sends the requests."""
        times = Times(
            getattr(self.settings, "connect_timeout", CONNECT_SECONDS),
            getattr(self.settings, "read_timeout", READ_SECONDS),
        )
        return Wire(self.name, self.label, times, unprocessed=self.unprocessed)

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        files: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        commits: bool | None = None,
        absent: Collection[int] = (),
        answers: Collection[int] = (),
        read: Read | None = None,
    ) -> Any:
        """Send one request and return what its answer holds: JSON as plain values, every number with decimals a ``Decimal``.

        ``json`` may hold ``Decimal``: it is written with all its digits. ``data`` is sent as it is; ``files`` makes the request multipart.
        ``commits`` says whether the request changes something that must not happen twice (left out: every method but GET does); what
        goes wrong then is ``OutcomeUnknown``, else ``TemporarilyUnavailable``. For the statuses in ``absent`` None is returned; those in
        ``answers`` are errors elsewhere and answers here. ``read`` reads an answer that is not JSON.

        Raises what :mod:`~inkasso_core.agencies.wire` says; for an answer that cannot be read, the same as for one that was lost.
        """
        body = data if json is None else to_json(json)
        more = {} if json is None else {"Content-Type": _JSON}
        answer = self.wire.send(
            method,
            self.base_url + path,
            body=body,
            headers={"Accept": _JSON, **more, **self.headers(), **(headers or {})},
            params=params,
            files=files,
            auth=self.auth(),
            commits=commits,
        )
        changing = method not in ("GET", "HEAD", "OPTIONS") if commits is None else commits
        if answer.status in absent:
            return None
        if answer.status >= _ERRORS_FROM and answer.status not in answers:
            shown = self._shown(answer)
            if (error := self.refused(answer.status, shown)) is not None:
                raise error
            refusal = self.read_refusal(answer.status, shown)
            self.wire.refuse(answer, changing, raw=shown, code=refusal.code, fields=refusal.fields)
        if not answer.body and answer.status not in answers:
            return None
        try:
            return read(answer) if read is not None else from_json(answer.body)
        except ValueError:
            raise self.wire.lost(changing, status=answer.status, raw=answer.text) from None

    @staticmethod
    def _shown(answer: Answer) -> Any:
        try:
            return from_json(answer.body)
        except ValueError:
            return answer.text


def to_json(value: Any) -> bytes:
    """Write JSON in UTF-8; a ``Decimal`` keeps all its digits, a float is refused. Raises ``TypeError``."""
    _no_floats(value)
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, allow_nan=False).encode()


def from_json(body: bytes) -> Any:
    """Read JSON; numbers with decimals become ``Decimal``. Raises ``ValueError``."""
    try:
        return simplejson.loads(body.decode("utf-8-sig"), use_decimal=True, allow_nan=False)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_floats(value: Any) -> None:
    match value:
        case float():
            raise TypeError("amounts are Decimal: a float has no exact cents")
        case Mapping():
            for item in value.values():
                _no_floats(item)
        case list() | tuple():
            for item in value:
                _no_floats(item)
