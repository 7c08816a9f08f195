"""What can be set about ADU's HTTP interface: each call with its address, method and fields; where values stand in the answers.

Nothing of it has a default, since ADU publishes no interface for claims; a call that is not set is an operation that is not offered.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_adapters.adu.portal import PortalSettings, check_address
from inkasso_core import (
    AgencyStatus,
    ConfigurationError,
    FeedKind,
    HttpSettings,
    Instruction,
    Outcome,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    Text,
)

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_CASE = frozenset({"case_reference", "our_reference"})
_PLACES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "find": frozenset({"our_reference"}),
        "fetch_status": frozenset({"case_reference"}),
        "fetch_feed": frozenset({"cursor"}),
        "acknowledge": frozenset({"token"}),
        **dict.fromkeys(("amend", "report_payment", "recall", "pause", "resume", "send_message", "send_document"), _CASE),
    }
)
"""Operation -> what may stand in braces in its address."""
CALLS = tuple(_PLACES)
"""The operations that need a call of their own."""
INSTRUCTIONS: Mapping[str, type[Instruction]] = MappingProxyType(
    {
        "report_payment": ReportPayment,
        "recall": Recall,
        "pause": Pause,
        "resume": Resume,
        "send_message": SendMessage,
        "send_document": SendDocument,
    }
)
"""Operation -> what it tells; its fields are what ``fields`` may name."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class Call(_Part):
    """One call."""

    url: str
    """The address, with what may stand in braces for this operation."""
    method: Method | None = None
    """Left out, ``GET`` for what only reads, else ``POST``."""
    fields: Mapping[str, str] = Field(default_factory=dict)
    """Path in the request -> path in what we have to say. Left out, all of that is sent under our own names."""


class Answers(_Part):
    """Where values stand in an answer about one case: dotted paths; a number names an entry of a list."""

    case: str = ""
    """The case itself in the answer of a look-up or a question for a status; left out, the answer is the case."""
    case_reference: str | None = None
    """Its number. Where it is set, an answer to a submission without it is no proof."""
    status: str | None = None
    """Its status code."""
    text: str | None = None
    """What is said to people."""
    error_code: str | None = None
    """In an answer with an error status: the code of the refusal."""
    error_fields: str | None = None
    """There: the list of the fields that it complains about."""


class Events(_Part):
    """Where values stand in the answer of the feed, and in each of its events."""

    items: str = ""
    """The list of events; left out, the answer is the list."""
    cursor: str | None = None
    """Where the next fetch begins: put into ``{cursor}``."""
    token: str | None = None
    """What acknowledges these events: put into ``{token}``."""
    id: str | None = None
    """In an event: its id. Left out, what the event says makes one."""
    case_reference: str | None = None
    """In an event: the number of the case."""
    our_reference: str | None = None
    """In an event: our reference."""
    type: str | None = None
    """In an event: its type."""
    on: str | None = None
    """In an event: the day on which it happened (Vorgangsdatum)."""
    at: str | None = None
    """In an event: the time, with its zone."""
    amount: str | None = None
    """In an event: the amount of a payment."""
    currency: str | None = None
    """In an event: its currency; left out, EUR."""
    status: str | None = None
    """In an event: the status code of the case."""
    text: str | None = None
    """In an event: its text."""
    kinds: Mapping[str, FeedKind] = Field(default_factory=dict)
    """Type -> what it is about. A type that is not listed is kept as ``other``."""


class ADUHttpSettings(HttpSettings, PortalSettings):
    """How claims are sent, and what is understood of the answers."""

    transport: Literal["http"]
    """Always ``http``."""
    url: str
    """Where a claim is sent. ADU publishes no address: it tells it to its clients, if it offers one."""
    method: Literal["POST", "PUT"] = "POST"
    """How a claim is sent."""
    user: str = Field(min_length=1)
    """The user of HTTP Basic authentication."""
    password: SecretStr = Field(min_length=1)
    """Its password."""
    fields: Mapping[str, str] = Field(default_factory=dict)
    """Path in the request -> path in our record. Left out, our whole record is sent."""
    codes: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Path in our record -> our value -> what the agency calls it."""
    required: tuple[str, ...] = ("debtor.address.street", "debtor.address.postal_code", "debtor.address.city", "debtor.address.country")
    """Paths in our record without which nothing is sent."""
    idempotency_key: str | None = None
    """The name of a header that takes the key of a submission."""
    refused: tuple[int, ...] = ()
    """HTTP statuses, besides 400 to 499, by which the agency certainly refuses."""
    already_there: tuple[int, ...] = ()
    """HTTP statuses by which it says that it has the case already: that is a yes."""
    answer: Answers = Answers()
    """Where values stand in answers."""
    statuses: Mapping[str, AgencyStatus] = Field(default_factory=dict)
    """The agency's status code -> ours. What is not listed is ``unknown``."""
    outcomes: Mapping[str, Outcome] = Field(default_factory=dict)
    """The agency's status code -> why the case ended."""
    events: Events = Events()
    """How the feed is read."""
    find: Call | None = None
    """Look up a case by ``{our_reference}``; 404 means that there is none."""
    fetch_status: Call | None = None
    """Ask for the status by ``{case_reference}``."""
    fetch_feed: Call | None = None
    """Ask for events; ``{cursor}`` may stand in the address."""
    acknowledge: Call | None = None
    """Say that events are stored; ``{token}`` may stand in the address."""
    amend: Call | None = None
    """Send our record again, as it is now."""
    report_payment: Call | None = None
    """Tell that the debtor paid the creditor."""
    recall: Call | None = None
    """Ask for the case back."""
    pause: Call | None = None
    """Ask to halt it."""
    resume: Call | None = None
    """Ask to go on."""
    send_message: Call | None = None
    """Send a message."""
    send_document: Call | None = None
    """Send a document, its content in Base64."""

    @field_validator("url")
    @classmethod
    def _url(cls, address: str) -> str:
        return check_address(address, frozenset())

    @field_validator("refused", "already_there")
    @classmethod
    def _errors(cls, statuses: tuple[int, ...]) -> tuple[int, ...]:
        if any(status < _ERRORS_FROM for status in statuses):
            raise PydanticCustomError("status_range", "are HTTP statuses from 300 on")
        return statuses

    @model_validator(mode="after")
    def _addresses(self) -> ADUHttpSettings:
        for operation, places in _PLACES.items():
            call: Call | None = getattr(self, operation)
            if call is not None:
                check_address(call.url, places)
        return self


_ERRORS_FROM = 300


def check_sources(operation: str, call: Call) -> None:
    """Raise ``ConfigurationError`` where a call's fields name what the instruction has not."""
    known = sorted(set(INSTRUCTIONS[operation].model_fields))
    for target, source in call.fields.items():
        if source not in known:
            text = _NO_SOURCE.fill(operation=operation, source=source, known=", ".join(known))
            raise ConfigurationError(text, field=f"{operation}.fields.{target}")


def told(instruction: Instruction, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return an instruction as plain values, under the names that ``fields`` gives them. What is unknown is left out."""
    said = {name: _plain(value) for name, value in instruction.model_dump().items() if value is not None}
    chosen = fields or {name: name for name in said}
    return _nested([(target.split("."), said[source]) for target, source in chosen.items() if source in said])


def _nested(pairs: Sequence[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in pairs:
        inner = tree
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
    return tree


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Enum():
            return value.value
    return value.isoformat() if hasattr(value, "isoformat") else value


_NO_SOURCE = Text(
    "{operation}.fields: {source} gibt es nicht; bekannt sind {known}.",
    "{operation}.fields: there is no {source}; known are {known}.",
)
