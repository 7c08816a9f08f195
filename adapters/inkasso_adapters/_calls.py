"""What can be set about an agency that publishes no interface: each request with its fields, and where values stand in the answers.

Nothing of it has a default that could be taken for the agency's own. An operation that is not set is not offered.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from inkasso_adapters._record import every_path
from inkasso_core import (
    AgencySettings,
    AgencyStatus,
    Amend,
    ClaimInvalid,
    Instruction,
    Outcome,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendMessage,
    Text,
)

Operation = Literal[
    "submit",
    "find",
    "fetch_status",
    "fetch_feed",
    "fetch_ledger",
    "amend",
    "report_payment",
    "recall",
    "pause",
    "resume",
    "send_message",
]
ASKED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "find": frozenset({"our_reference"}),
        "fetch_status": frozenset({"agency_reference"}),
        "fetch_ledger": frozenset({"agency_reference"}),
        "fetch_feed": frozenset({"cursor"}),
    }
)
"""Operation that only reads -> what can be asked with."""
INSTRUCTIONS: Mapping[str, type[Instruction]] = MappingProxyType(
    {
        "amend": Amend,
        "report_payment": ReportPayment,
        "recall": Recall,
        "pause": Pause,
        "resume": Resume,
        "send_message": SendMessage,
    }
)
"""Operation -> what it tells; its fields are what can be sent."""
OF_A_CASE = frozenset({"agency_reference", "our_reference"})


class Part(BaseModel):
    """A part of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class AnswerPaths(Part):
    """Where values stand in an answer: dotted paths, in which a number is an entry of a list.

    All but ``items`` and ``cursor`` are paths inside of a result.
    """

    items: str | None = None
    """The list of results; left out, the answer is the only one."""
    our_reference: str | None = None
    """Our reference: needed where an answer has several results."""
    agency_reference: str | None = None
    """The case number. Where it is set, a yes to a submission without it is no proof."""
    result: str | None = None
    """Whether the request was taken; left out, an answer without an error is a yes. Truth values are ``true`` and ``false``."""
    accepted: tuple[str, ...] = ()
    """The values of ``result`` that mean yes."""
    rejected: tuple[str, ...] = ()
    """Those that mean no. Any other value leaves open what was done."""
    undecided: tuple[str, ...] = ()
    """Those that mean: asked for, and yet to be decided."""
    error_code: str | None = None
    """The code of a refusal."""
    error_fields: str | None = None
    """The fields that a refusal complains about."""
    status: str | None = None
    """The status code of the case."""
    text: str | None = None
    """What the agency says about it."""
    at: str | None = None
    """When the status changed: a time with its zone, or a day."""
    id: str | None = None
    """In a feed: the id of the entry. Left out, its content makes one."""
    cursor: str | None = None
    """In a feed: where the next one begins. Left out, the last ``at`` but one of its entries: those of the latest may not all be there."""
    collected: str | None = None
    """In a ledger: what the debtor has paid."""
    outstanding: str | None = None
    """In a ledger: what is open."""
    fees: str | None = None
    """In a ledger: the agency's fees."""
    claimed: str | None = None
    """In a ledger: all that the debtor owes."""
    paid_out: str | None = None
    """In a ledger: what the creditor has received."""


class Call(Part):
    """One request."""

    fields: Mapping[str, str] = Field(default_factory=dict)
    """Path in the request -> path in what we have to say. Left out, all of that is sent under our own names."""
    constants: Mapping[str, str | int | bool] = Field(default_factory=dict)
    """Path in the request -> what always stands there."""
    list_at: str | None = None
    """For ``submit``: where the list of claims stands. Left out, a request holds one claim."""
    answer: AnswerPaths = AnswerPaths()
    """How its answer is read."""


class ConfiguredSettings(AgencySettings):
    """What all transports over the network have: credentials, the table of statuses, what must be there."""

    client_id: str = Field(min_length=1)
    """Who we are to the agency; the agency issues it."""
    password: SecretStr = Field(min_length=1)
    """Its password."""
    client_id_at: str = "clientId"
    """Where the client id stands: a path in the request, or the name of a header."""
    password_at: str = "password"  # noqa: S105  (the name of a field)
    """Where the password stands."""
    codes: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Path in our record -> our value -> what the agency calls it."""
    required: tuple[str, ...] = (
        "debtor.address.street_line",
        "debtor.address.postal_code",
        "debtor.address.city",
        "debtor.address.country",
    )
    """Paths in our record without which nothing is sent."""
    status_map: Mapping[str, AgencyStatus] = Field(default_factory=dict)
    """The agency's status code -> ours. What is not listed is ``unknown``."""
    outcome_map: Mapping[str, Outcome] = Field(default_factory=dict)
    """The agency's status code -> why the case ended."""
    status_mode: Literal["poll", "feed", "none"] | None = None
    """``poll`` asks case by case, ``feed`` for what is new, ``none`` not at all; left out, whatever is set under ``operations``."""
    batch_size: int = Field(default=1, ge=1, le=1000)
    """How many claims go in one request, at most; more than one needs ``list_at``, and an answer with our references."""
    claims_per_placement: int = Field(default=1, ge=1, le=100)
    """How many claims of one debtor go in one case, at most."""
    portal: str | None = None
    """The address of a case in the agency's portal; ``{agency_reference}`` stands for its number."""

    @field_validator("portal")
    @classmethod
    def _portal(cls, template: str | None) -> str | None:
        if template is not None:
            check_place(template, frozenset({"agency_reference"}))
        return template


WITHOUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"poll": ("fetch_feed",), "feed": ("fetch_status",), "none": ("fetch_status", "fetch_feed")}
)
"""``status_mode`` -> what it leaves out."""


def check_place(template: str, places: frozenset[str]) -> None:
    """Refuse a template with anything but these in braces. Raises ``PydanticCustomError``."""
    found = list(string.Formatter().parse(template)) if template.count("{") == template.count("}") else [("", "", "", "")]
    if any(field is not None and (field not in places or form or conversion) for _, field, form, conversion in found):
        raise PydanticCustomError("places", "only {known} may stand in braces", {"known": ", ".join(sorted(places)) or "nothing"})


def places_of(operation: str) -> frozenset[str]:
    """Return what may stand in braces in the address of an operation."""
    if operation in ASKED:
        return ASKED[operation]
    return OF_A_CASE if operation in INSTRUCTIONS else frozenset({"our_reference"})


def filled(template: str, values: Mapping[str, str | None]) -> str:
    """Return an address with values in it, each made safe for one. Raises ``ClaimInvalid`` for one that would lead elsewhere."""
    for name, value in values.items():
        if f"{{{name}}}" in template and value is not None and not value.strip("."):
            raise ClaimInvalid(_NO_NAME.fill(name=name), fields=(name,))
    return template.format(**{name: quote(value or "", safe="") for name, value in values.items()})


_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def _address(text: str) -> str:
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not safe or not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise PydanticCustomError("address", "give a whole address that begins with https://, without ? and #")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""An address on the web, encrypted unless it is on this machine, without credentials in it."""


def spelled(value: Any) -> str:
    """Return a plain value as text: truth values as in JSON, amounts without an exponent, nothing for what is unknown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def sources(operation: str, of_us: frozenset[str]) -> frozenset[str]:
    """Return the paths that a request can be made of; ``of_us`` are those that our record has besides the placement."""
    ours = every_path() | of_us
    if operation in INSTRUCTIONS:
        fields = frozenset(INSTRUCTIONS[operation].model_fields) - {"placement"}
        return ours | fields if operation == "amend" else fields
    return ASKED.get(operation, ours)


def told(instruction: Instruction) -> dict[str, Any]:
    """Return an instruction as plain values."""
    return {name: _plain(value) for name, value in instruction.model_dump(exclude={"placement"}).items()}


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Enum():
            return value.value
        case tuple():
            return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


_NO_NAME = Text(
    "{name} besteht nur aus Punkten oder ist leer: so steht sie in keiner Adresse.",
    "{name} is empty, or of dots alone: so it can stand in no address.",
)
