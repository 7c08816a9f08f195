"""Adapters to the agency of the storm, in three ways: a case a request, several cases a request, and in stages; each with a feed."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from chaos.storm_agency import READ_SECONDS, SENT_AT, SETTLES
from pydantic import Field

from inkasso_core import (
    Acknowledgement,
    Agency,
    AgencyError,
    AgencyStatus,
    Amend,
    ClaimRejected,
    Collected,
    Feed,
    FeedEntry,
    FeedKind,
    HttpAgency,
    HttpSettings,
    Instruction,
    Placement,
    Recall,
    ReportPayment,
    StatusReport,
    Submission,
    Text,
)


class StormSettings(HttpSettings):
    """Where the agency is."""

    address: str
    """Ends in the account's path and ``/``."""
    read_timeout: float = Field(default=READ_SECONDS, gt=0)


class Storm(HttpAgency[StormSettings]):
    """A case a request; and a feed, which must be acknowledged."""

    name: ClassVar[str] = "storm"
    label: ClassVar[str] = "Storm"
    Settings = StormSettings
    unprocessed = (429, 503)
    settles_after: ClassVar[dt.timedelta | None] = dt.timedelta(seconds=SETTLES)
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType(
        {
            "open": AgencyStatus.ACTIVE,
            "draft": AgencyStatus.DRAFT,
            "paid": AgencyStatus.CLOSED_PAID,
            "recalled": AgencyStatus.RECALLED,
        }
    )

    def __init__(self, settings: StormSettings) -> None:
        super().__init__(settings)
        self.base_url = settings.address

    def headers(self) -> dict[str, str]:
        """When the request was sent: the agency accepts nothing that is too old."""
        return {SENT_AT: repr(time.time())}

    def submit(self, placement: Placement) -> Submission:
        """Hand one case over."""
        (answer,) = self._submit([placement]).values()
        if isinstance(answer, AgencyError):
            raise answer
        return answer

    def _submit(self, sent: Sequence[Placement]) -> dict[str, Submission | AgencyError]:
        said = self.call("POST", "cases", json={"placements": [_placement(one) for one in sent]})
        return {one["our_reference"]: self._answered(one) for one in said["answers"]}

    def _answered(self, one: dict[str, Any]) -> Submission | AgencyError:
        if "error" in one:
            return ClaimRejected(Text("Abgelehnt.", "Refused."), agency=self.name, agency_code=one["error"], http_status=422, raw=one)
        return Submission(agency_reference=one["case"], status=self.status_map[one["status"]], agency_status=one["status"], raw=one)

    def find(self, our_reference: str) -> StatusReport | None:
        """Look it up."""
        said = self.call("GET", "cases", params={"reference": our_reference}, absent=(404,))
        return None if said is None else self.report(said["case"], said["status"], said)

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Ask for it."""
        said = self.call("GET", "cases", params={"reference": agency_reference.removeprefix("CASE-")})
        return self.report(said["case"], said["status"], said)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Tell a payment."""
        return self._tell("report_payment", instruction, amount=str(instruction.amount), payment_reference=instruction.payment_reference)

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Tell what is open now."""
        return self._tell("amend", instruction, open=str(instruction.placement.principal_open), changed=list(instruction.changed))

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Take it back."""
        return self._tell("recall", instruction)

    def _tell(self, verb: str, instruction: Instruction, **more: Any) -> Acknowledgement:
        body = {"key": instruction.idempotency_key, **more}
        said = self.call("POST", f"cases/{instruction.agency_reference}/{verb}", json=body)
        return Acknowledgement(report=self.report(said["case"], said["status"], said), raw=said)

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return what was not acknowledged yet."""
        said = self.call("GET", "feed")
        return Feed(entries=tuple(self._entry(one) for one in said["entries"]), token=said["token"], more=said["more"])

    def _entry(self, one: dict[str, Any]) -> FeedEntry:
        names = {"entry_id": one["id"], "agency_reference": one["case"], "our_reference": one["our_reference"]}
        if one["collected"] is None:
            return FeedEntry(kind=FeedKind.STATUS, report=self.report(one["case"], one["status"], one), **names)
        money = Collected(amount=Decimal(one["collected"]) / 100, currency="EUR", received_on=dt.date(2026, 6, 1))
        return FeedEntry(kind=FeedKind.PAYMENT, collected=money, **names)

    def acknowledge(self, token: str) -> None:
        """It is stored."""
        self.call("POST", "feed", json={"token": token}, commits=False)


class StormBulk(Storm):
    """Three cases a request."""

    name: ClassVar[str] = "storm-bulk"
    batch_size = 3

    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        """One answer each."""
        return self._submit(placements)


class StormStaged(Storm):
    """A draft first."""

    name: ClassVar[str] = "storm-staged"

    def submit(self, placement: Placement) -> Submission:
        """Draft, then release."""
        if "draft" not in placement.progress:
            placement.reached("begun", "draft")  # a draft that is found without this was no stage of ours
            said = self.call("POST", "drafts", json={"our_reference": placement.our_reference}, commits=False)
            placement.reached("draft", said["draft"])
        return super().submit(placement)


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "our_reference": placement.our_reference,
        "key": placement.idempotency_key,
        "claims": {claim.source.order: str(claim.principal_open) for claim in placement.claims},
        "wish": placement.claim.extra["storm"]["fate"],
    }


STORM_AGENCIES: dict[str, type[Agency[Any]]] = {one.name: one for one in (Storm, StormBulk, StormStaged)}
"""What the installation of a storm has besides the installed adapters."""
