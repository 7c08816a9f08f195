"""The base class of agency adapters. An author writes one settings model, one class, one entry point.

Only :meth:`Agency.submit` must be there. What an adapter can do is read off the methods that it overrides; why it cannot do the rest
stands in ``lacks``. Where a setting decides, the object withholds an operation (:meth:`Agency.withhold`).

Every method raises the errors that :meth:`Agency.submit` names. The base classes for HTTP, SOAP and files raise them; an adapter
contains no ``try``.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict

from inkasso_core.errors import AgencyError, UnsupportedOperation
from inkasso_core.model.agency import AgencyStatus, Outcome, Placement, StatusReport, Submission
from inkasso_core.model.feed import Delivery, Feed, Ledger, Message, Payout
from inkasso_core.model.instructions import (
    Acknowledgement,
    Amend,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
)
from inkasso_core.model.words import Text

OPTIONAL_OPERATIONS = (
    "check",
    "rehearse",
    "find",
    "fetch_status",
    "fetch_feed",
    "acknowledge",
    "receive",
    "amend",
    "report_payment",
    "recall",
    "pause",
    "resume",
    "send_document",
    "send_message",
    "fetch_messages",
    "fetch_ledger",
    "fetch_payouts",
    "portal_url",
)
AGENCY_HAS_NONE = Text("die Agentur bietet es nicht an", "the agency has no such function")
NOT_PUBLISHED = Text("die Agentur hat nicht veröffentlicht, ob sie es anbietet", "the agency has not published whether it offers it")
NOT_BUILT_YET = Text("noch nicht gebaut", "not built yet")
NOT_CONFIGURED = Text("in diesem Konto nicht eingestellt", "not configured in this account")


class AgencySettings(BaseModel):
    """Base of an adapter's settings, ``[accounts.NAME.settings]`` in ``inkasso.toml``. Declare secrets as ``SecretStr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


S = TypeVar("S", bound=AgencySettings)


class Agency(ABC, Generic[S]):
    """A collection agency (Inkassounternehmen) as seen through one account. One object per account and process."""

    name: ClassVar[str]
    """Equals the name of the entry point in the group ``inkasso.agencies``."""
    label: ClassVar[str]
    """What people read."""
    Settings: ClassVar[type[AgencySettings]] = AgencySettings
    verified: ClassVar[str] = ""
    """How the adapter was verified: specification read, stand-in, sandbox, live; nothing where its author does not say."""
    documentation: ClassVar[str] = ""
    """The page, or its address, that explains the settings."""
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType({})
    """The agency's status code -> ours. A code that is not in it becomes ``UNKNOWN``."""
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType({})
    """Optional operation -> why it is missing: the agency has no such function, or the adapter does not offer it yet."""
    settles_after: ClassVar[dt.timedelta | None] = None
    """How long after a submission :meth:`find` may still miss it; only later does "not found" prove absence, and the claim is sent again.
    Left out, "not found" never proves anything: a person looks it up."""
    claims_per_placement: int = 1
    """How many claims of one debtor the agency takes in one case, at most: that many are placed together where they are released together,
    each with its own amount. Set it on the class; where a setting decides, on the object."""
    batch_size: int = 1
    """How many placements :meth:`submit_batch` takes in one request, at most. Set it as ``claims_per_placement``."""
    channel: ClassVar[str] = "interface"
    """How it hands over, as the placement records it: ``interface`` or ``file``; what people hand over by hand has another."""
    asks_to_check: ClassVar[bool] = False
    """Whether :meth:`check` sends something of the claim to the agency, which stores nothing: a rehearsal does so only with a mandate."""
    first_claim_notice: ClassVar[Text | None] = None
    """What the agency does by itself with a vendor's first claim (it sends him access to its portal): noted once, with that claim."""
    idempotent: ClassVar[bool] = False
    """Whether the agency documents that a submission, payment, change or recall repeated with the same idempotency key has no second
    effect: what is told is then repeated where an answer was lost. A submission is looked up all the same."""
    operations: frozenset[str] = frozenset({"submit"})
    """What the adapter offers; derived, never set by hand."""
    called: ClassVar[frozenset[str]] = frozenset(
        {
            *("submit", "check", "rehearse", "find", "fetch_status", "fetch_feed", "acknowledge", "receive", "portal_url"),
            *("report_payment", "amend", "recall", "pause", "resume", "send_message", "send_document", "fetch_messages"),
        }
    )
    """What the core calls by itself; the rest is there for programs. Where an adapter cannot be told, there is a task for a person."""
    withheld: Mapping[str, Text] = MappingProxyType({})
    """What this object does not offer although its class does, each with why: see :meth:`withhold`."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        offered = {op for op in OPTIONAL_OPERATIONS if getattr(cls, op) is not getattr(Agency, op)}
        cls.operations = frozenset({"submit"} | offered)

    def withhold(self, operation: str, why: Text = NOT_CONFIGURED) -> None:
        """Take an operation out of what this object offers: its settings do not name what the operation needs."""
        self.operations -= {operation}
        self.withheld = {**self.withheld, operation: why}

    @classmethod
    def unoffered(cls) -> dict[str, Text]:
        """Return the operations that the adapter does not offer, each with why: as its author says, else that it is not built."""
        return {operation: cls.lacks.get(operation, NOT_BUILT_YET) for operation in OPTIONAL_OPERATIONS if operation not in cls.operations}

    def missing(self) -> dict[str, Text]:
        """Return the operations that this object does not offer, each with why: those of the class, and those withheld."""
        return {**self.unoffered(), **self.withheld}

    @abstractmethod
    def submit(self, placement: Placement) -> Submission:
        """Hand the placement over, with exactly one committing request, and return the agency's yes, which is for all claims in it.

        Raises ``ClaimInvalid`` before anything was sent, ``ClaimRejected`` for the agency's no, ``TemporarilyUnavailable`` when it was
        certainly not processed, ``OutcomeUnknown`` when it was sent and the answer was lost, ``AuthenticationFailed`` and
        ``ConfigurationError`` for the account itself.
        """

    def check(self, placement: Placement) -> None:
        """Ask, without storing anything anywhere, whether the placement would be taken; raise ``ClaimInvalid`` if not."""
        self._unsupported("check")

    def rehearse(self, placement: Placement) -> str:
        """Return, for people to read, the exact request or row that :meth:`submit` would send. Nothing leaves."""
        self._unsupported("rehearse")

    def find(self, our_reference: str) -> StatusReport | None:
        """Look up a placement by our reference; None when the agency does not know it."""
        self._unsupported("find")

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Return where the case stands."""
        self._unsupported("fetch_status")

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return what is new since ``cursor`` (None: since the last acknowledgement, or the beginning). Changes nothing at the agency.

        An entry that cannot be understood is an entry of kind OTHER, never an error: the others must not be lost for it.
        """
        self._unsupported("fetch_feed")

    def acknowledge(self, token: str) -> None:
        """Tell the agency that the entries of a feed are stored; what is not acknowledged comes again."""
        self._unsupported("acknowledge")

    def receive(self, delivery: Delivery) -> Feed:
        """Check a webhook's signature, then read it. Raises ``DeliveryRefused`` before anything of it is read."""
        self._unsupported("receive")

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Tell what changed about a case."""
        self._unsupported("amend")

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Tell that the debtor paid the creditor."""
        self._unsupported("report_payment")

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back; ``done`` is False where the agency has yet to confirm it, and True where the case is back."""
        self._unsupported("recall")

    def recall_notice(self, agency_reference: str) -> Text | None:
        """Return what a person must know, and accept, before the case is recalled, such as its costs; None for nothing. Asks nobody."""
        return None

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Ask for the case to be halted."""
        self._unsupported("pause")

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Ask for a halted case to go on."""
        self._unsupported("resume")

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Send a document for the case."""
        self._unsupported("send_document")

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Send a message to the agency's clerk, or answer a question."""
        self._unsupported("send_message")

    def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
        """Return the messages of a case, oldest first."""
        self._unsupported("fetch_messages")

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Return the money of a case: collected, fees, paid out."""
        self._unsupported("fetch_ledger")

    def fetch_payouts(self) -> tuple[Payout, ...]:
        """Return what the agency paid out to this account."""
        self._unsupported("fetch_payouts")

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to the case in the agency's portal. Asks nobody."""
        self._unsupported("portal_url")

    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        """Hand several placements over in one committing request; returns one answer each, by our reference.

        A placement that is missing from the result counts as ``OutcomeUnknown``; what is raised holds for all of them. Called only where
        ``batch_size`` is more than one.
        """
        raise NotImplementedError(f"{type(self).__name__} sets batch_size and has no submit_batch")

    def report(
        self,
        agency_reference: str,
        agency_status: str,
        raw: object,
        *,
        reason: Outcome | None = None,
        text: str | None = None,
        at: dt.datetime | None = None,
    ) -> StatusReport:
        """Translate the agency's status code; a code that is not in ``status_map`` becomes ``UNKNOWN`` with everything kept."""
        return StatusReport(
            agency_reference=agency_reference,
            status=self.status_map.get(agency_status, AgencyStatus.UNKNOWN),
            reason=reason,
            agency_status=agency_status,
            agency_text=text,
            at=at,
            raw=raw,
        )

    def _unsupported(self, operation: str) -> NoReturn:
        why = self.missing().get(operation, NOT_BUILT_YET)
        raise UnsupportedOperation(
            Text(
                f"{self.label} bietet über diese Anbindung kein {operation} ({why.de}): bitte im Portal der Agentur erledigen.",
                f"{self.label} offers no {operation} through this adapter ({why.en}): please do it in the agency's portal.",
            ),
            agency=self.name,
        )
