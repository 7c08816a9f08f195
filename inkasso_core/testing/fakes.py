"""Fakes for tests: an agency in memory whose input chooses the outcome, and a keeper of what a hand-over reached."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.errors import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    InkassoError,
    NotFound,
    OutcomeUnknown,
    TemporarilyUnavailable,
)
from inkasso_core.model.agency import AgencyStatus, Placement, StatusReport, Submission
from inkasso_core.model.instructions import (
    Acknowledgement,
    Amend,
    Instruction,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
)
from inkasso_core.model.words import Text


class RecordingKeeper:
    """Keeps what a hand-over reaches, as the store does, and gives it to the next try."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        """Name -> value, in the order in which they were reached."""

    def __call__(self, name: str, value: str) -> None:
        """Keep one value."""
        self.kept[name] = value

    def resumed(self, placement: Placement) -> Placement:
        """Return the placement as the next try gets it, with what was reached so far."""
        return placement.model_copy(update={"progress": dict(self.kept)}).kept_by(self)


class FakeAgency(Agency[AgencySettings]):
    """An agency in memory. ``extra["fake"]`` of a claim chooses what happens to it.

    ``raises`` names an error by its code (``CLAIM_REJECTED``, ``OUTCOME_UNKNOWN``, …; the names of :data:`RAISES`); with ``arrives`` the
    case is there all the same. ``status`` is the status that is told afterwards. What arrived stands in ``received``, and what was told of
    a case in ``told``.
    """

    name: ClassVar[str] = "fake"
    label: ClassVar[str] = "Fake"
    verified: ClassVar[str] = "stand-in"
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType(
        {status.value: status for status in AgencyStatus if status is not AgencyStatus.UNKNOWN}
    )

    def __init__(self, settings: AgencySettings | None = None) -> None:
        super().__init__(settings or AgencySettings())
        self.received: list[Placement] = []
        """Every placement that arrived, in order; twice what arrived twice."""
        self.told: list[Instruction] = []
        """Every instruction."""

    def submit(self, placement: Placement) -> Submission:
        """Do what the first claim asks for."""
        ask = self._ask(placement)
        error = RAISES.get(str(ask.get("raises", "")))
        if error is None or ask.get("arrives"):
            self.received.append(placement)
        if error is not None:
            raise _raised(error, self.name)
        reference = self._reference(placement.our_reference)
        return Submission(agency_reference=reference, agency_status="active", raw={"case": reference, "status": "active"})

    def find(self, our_reference: str) -> StatusReport | None:
        """Return the case of our reference; None when it never arrived."""
        return next((self._report(placement) for placement in self.received if placement.our_reference == our_reference), None)

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Return where a case stands. Raises ``NotFound``."""
        found = next((p for p in self.received if self._reference(p.our_reference) == agency_reference), None)
        if found is None:
            raise NotFound(Text("Diesen Fall gibt es nicht.", "There is no such case."))
        return self._report(found)

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Write the instruction down."""
        return self._told(instruction)

    def portal_url(self, agency_reference: str) -> str:
        """Return a link that leads nowhere."""
        return f"https://fake.example/cases/{agency_reference}"

    def _told(self, instruction: Instruction) -> Acknowledgement:
        self.told.append(instruction)
        return Acknowledgement(reference=f"TOLD-{len(self.told)}", raw={"told": len(self.told)})

    def _report(self, placement: Placement) -> StatusReport:
        code, reference = str(self._ask(placement).get("status", "active")), self._reference(placement.our_reference)
        return self.report(reference, code, {"case": reference, "status": code})

    @staticmethod
    def _reference(our_reference: str) -> str:
        return f"FAKE-{our_reference}"

    def _ask(self, placement: Placement) -> Mapping[str, Any]:
        ask = placement.claim.extra.get(self.name, {})
        if ask.get("raises", next(iter(RAISES))) not in RAISES:
            raise ClaimInvalid(_NO_SUCH_ERROR, agency=self.name, fields=("extra.fake.raises",))
        return ask


RAISES: Mapping[str, type[AgencyError]] = MappingProxyType(
    {error.code: error for error in (ClaimInvalid, ClaimRejected, TemporarilyUnavailable, OutcomeUnknown, AuthenticationFailed)}
)
"""What ``extra["fake"]["raises"]`` may be -> the error."""


def _raised(error: type[AgencyError], agency: str) -> InkassoError:
    return error(Text("Wie verlangt.", "As asked for."), agency=agency)


_NO_SUCH_ERROR = Text(
    f'extra["fake"]["raises"] ist keines von {", ".join(RAISES)}.', f'extra["fake"]["raises"] is none of {", ".join(RAISES)}.'
)
