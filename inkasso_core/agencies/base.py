"""The base class of agency adapters. An author writes one settings model, one class, one entry point.

Only :meth:`Agency.submit` must be there. What an adapter can do is read off the methods that it overrides; why it cannot do the rest
stands in ``lacks``.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict

from inkasso_core.errors import UnsupportedOperation
from inkasso_core.model.agency import AgencyStatus, Outcome, Placement, StatusReport, Submission
from inkasso_core.model.words import Text

OPTIONAL_OPERATIONS = ("check", "rehearse", "find", "fetch_status", "recall", "portal_url")
_NOT_BUILT = Text("noch nicht gebaut", "not built yet")


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
    operations: ClassVar[frozenset[str]] = frozenset({"submit"})
    """What the adapter offers; derived, never set by hand."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        offered = {op for op in OPTIONAL_OPERATIONS if getattr(cls, op) is not getattr(Agency, op)}
        cls.operations = frozenset({"submit"} | offered)

    @classmethod
    def unoffered(cls) -> dict[str, Text]:
        """Return the operations that the adapter does not offer, each with why: as its author says, else that it is not built."""
        return {operation: cls.lacks.get(operation, _NOT_BUILT) for operation in OPTIONAL_OPERATIONS if operation not in cls.operations}

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

    def recall(self, agency_reference: str) -> StatusReport:
        """Ask for the case back."""
        self._unsupported("recall")

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to the case in the agency's portal."""
        self._unsupported("portal_url")

    def report(
        self, agency_reference: str, agency_status: str, raw: object, *, reason: Outcome | None = None, text: str | None = None
    ) -> StatusReport:
        """Translate the agency's status code; a code that is not in ``status_map`` becomes ``UNKNOWN`` with everything kept."""
        return StatusReport(
            agency_reference=agency_reference,
            status=self.status_map.get(agency_status, AgencyStatus.UNKNOWN),
            reason=reason,
            agency_status=agency_status,
            agency_text=text,
            raw=raw,
        )

    def _unsupported(self, operation: str) -> NoReturn:
        why = self.lacks.get(operation, _NOT_BUILT)
        raise UnsupportedOperation(
            Text(
                f"{self.label} bietet über diese Anbindung kein {operation} ({why.de}): bitte im Portal der Agentur erledigen.",
                f"{self.label} offers no {operation} through this adapter ({why.en}): please do it in the agency's portal.",
            ),
            agency=self.name,
        )
