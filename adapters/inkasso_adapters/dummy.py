"""An agency that behaves as its input says: for demonstrations, and for the tests of those who write plugins.

What a claim's ``extra["dummy"]`` asks for happens: the agency accepts, refuses, is slow, loses the answer. Its ledger is the
agency's own side of the story: what arrived stands there, also where the answer was lost, and twice what arrived twice. So does, beside it,
what it was told of its cases.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkasso_adapters._dummy_ledger import Behaviour as Behaviour
from inkasso_adapters._dummy_ledger import Case as Case
from inkasso_adapters._dummy_ledger import Ledger as Ledger
from inkasso_adapters._dummy_ledger import Told as Told
from inkasso_core import (
    Acknowledgement,
    Agency,
    AgencySettings,
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    Instruction,
    NotFound,
    Outcome,
    OutcomeUnknown,
    Pause,
    Placement,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
)


class Ask(BaseModel):
    """``claim.extra["dummy"]``: what this claim asks the agency to do."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    behaviour: Behaviour | None = None
    """Left out, the setting counts."""
    code: str = "D-1"
    """The agency's own code of a refusal."""
    fields: tuple[str, ...] = ("debtor.address",)
    """The fields that a refusal complains about."""
    told: Behaviour = Behaviour.ACCEPT
    """What happens when the agency is told something of the case: what happens to a submission, as far as it is about that."""


class DummySettings(AgencySettings):
    """How the agency behaves where a claim does not say, and where it keeps its ledger."""

    behaviour: Behaviour = Behaviour.ACCEPT
    delay: float = Field(default=2.0, ge=0, le=3600)
    """Seconds that a slow agency takes."""
    ledger: Path | None = None
    """A file of JSON lines that several processes may share; left out, the ledger lives in memory."""
    claims_per_placement: int = Field(default=1, ge=1, le=1000)
    """How many claims of one debtor it takes in one case."""


class DummyAgency(Agency[DummySettings]):
    """The agency that behaves as its input says. ``sleep`` is called with the seconds that a slow agency takes."""

    name: ClassVar[str] = "dummy"
    label: ClassVar[str] = "Dummy"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/dummy.md"
    settles_after: ClassVar[dt.timedelta | None] = dt.timedelta(0)  # its ledger shows a case at once
    Settings = DummySettings
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType(
        {
            "open": AgencyStatus.ACTIVE,
            "paid": AgencyStatus.CLOSED_PAID,
            "part-paid": AgencyStatus.CLOSED_PARTIAL,
            "disputed": AgencyStatus.DISPUTED,
            "question": AgencyStatus.NEEDS_INPUT,
            "court": AgencyStatus.JUDICIAL,
            "given-up": AgencyStatus.CLOSED_UNPAID,
            "rejected": AgencyStatus.REJECTED,
            "recalled": AgencyStatus.RECALLED,
            "paused": AgencyStatus.PAUSED,
        }
    )

    def __init__(self, settings: DummySettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(settings)
        self.claims_per_placement = settings.claims_per_placement
        self.ledger = Ledger(settings.ledger)
        """What really arrived."""
        self._sleep = sleep

    def submit(self, placement: Placement) -> Submission:
        """Do what the claim asks for; see :class:`Behaviour`."""
        self.check(placement)
        ask = _ask(placement)
        behaviour = ask.behaviour or self.settings.behaviour
        if behaviour in _FAILS:
            raise _FAILS[behaviour](self, ask)
        if behaviour is Behaviour.SLOW:
            self._sleep(self.settings.delay)
        case = self._case(placement, behaviour)
        self.ledger.append(case)
        if behaviour is Behaviour.LOSE:
            raise self._lost()
        return Submission(
            agency_reference=case.agency_reference,
            status=AgencyStatus.ACTIVE,
            agency_status="open",
            raw={"case": case.agency_reference, "status": "open"},
        )

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` where a claim asks for ``invalid``, or for what is no behaviour, and for more claims than it takes."""
        ask = _ask(placement)
        if len(placement.claims) > self.claims_per_placement:
            raise ClaimInvalid(_TOO_MANY, agency=self.name, fields=("claims",))
        if (ask.behaviour or self.settings.behaviour) is Behaviour.INVALID:
            raise self._invalid(ask)

    def rehearse(self, placement: Placement) -> str:
        """Return the line that the ledger would get, and what would happen."""
        self.check(placement)
        case = self._case(placement, _ask(placement).behaviour or self.settings.behaviour)
        return json.dumps(case._asdict(), indent=2, sort_keys=True)

    def find(self, our_reference: str) -> StatusReport | None:
        """Return the case of this reference, or None when it never arrived."""
        cases = self.ledger.cases(our_reference)
        return self._status(cases) if cases else None

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Return where the case stands. Raises ``NotFound`` for a case that never arrived."""
        return self._status(self._known(agency_reference))

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Note the payment. Once all payments that were reported cover what was handed over, the case is closed as paid.

        Raises ``ClaimRejected`` for another currency than that of the case.
        """
        return self._tell("report_payment", instruction)

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Note what changed: what is open now counts for what is still to be paid."""
        return self._tell("amend", instruction)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Give the case back at once."""
        return self._tell("recall", instruction)

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Let the case rest at once."""
        return self._tell("pause", instruction)

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Go on with the case at once."""
        return self._tell("resume", instruction)

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Note the digest of the text."""
        return self._tell("send_message", instruction)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Note the digest of the document."""
        return self._tell("send_document", instruction)

    def _tell(self, verb: str, instruction: Instruction) -> Acknowledgement:
        """Do what the case asks for when the agency is told something; see :class:`Behaviour`."""
        case = self._known(instruction.agency_reference)[0]
        ask = Ask(told=case.told)
        if case.told in _FAILS:
            raise _FAILS[case.told](self, ask)
        if case.told is Behaviour.INVALID:
            raise self._invalid(ask)
        if case.told is Behaviour.SLOW:
            self._sleep(self.settings.delay)
        told = _told(verb, instruction)
        if told.currency not in (None, case.currency):
            raise ClaimRejected(_OTHER_CURRENCY, agency=self.name, agency_code="CURRENCY", fields=("currency",), raw={"error": "CURRENCY"})
        self.ledger.note(told)
        if case.told is Behaviour.LOSE:
            raise self._lost()
        report = self._status(self._known(instruction.agency_reference))
        return Acknowledgement(report=report, reference=f"{verb}-{instruction.idempotency_key}", raw=report.raw)

    def _known(self, agency_reference: str) -> list[Case]:
        cases = [case for case in self.ledger.cases() if case.agency_reference == agency_reference]
        if not cases:
            raise NotFound(Text("Dieses Aktenzeichen kennt die Agentur nicht.", "The agency does not know this case reference."))
        return cases

    def _status(self, cases: list[Case]) -> StatusReport:
        case = cases[0]
        code, outcome = _LATER.get(case.behaviour, ("open", None))
        told = self.ledger.told(case.our_reference)
        if code == "question" and any(one.verb in ("send_message", "send_document") for one in told):
            code = "open"
        if any(one.verb == "recall" for one in told):
            code, outcome = "recalled", Outcome.RECALLED_BY_CREDITOR
        elif code == "open" and _is_covered(case, told):
            code, outcome = "paid", Outcome.PAID_FULL
        elif code == "open" and [one.verb for one in told if one.verb in ("pause", "resume")][-1:] == ["pause"]:
            code = "paused"
        raw = {"case": case.agency_reference, "status": code, "arrived": len(cases)}
        return self.report(case.agency_reference, code, raw, reason=outcome)

    def _case(self, placement: Placement, behaviour: Behaviour) -> Case:
        return Case(
            our_reference=placement.our_reference,
            agency_reference=f"DUMMY-{placement.our_reference}",
            account=placement.account,
            idempotency_key=placement.idempotency_key,
            amount=format(placement.total_open, "f"),
            currency=placement.currency,
            behaviour=behaviour,
            claims={claim.source.key: format(claim.total_open, "f") for claim in placement.claims},
            told=_ask(placement).told,
            interest=format(sum((s.interest_open for s in placement.statements if s is not None), Decimal("0.00")), "f"),
        )

    def _invalid(self, ask: Ask) -> ClaimInvalid:
        text = Text("Wie verlangt: die Forderung ist ungültig.", "As asked for: the claim is invalid.")
        return ClaimInvalid(text, agency=self.name, fields=ask.fields)

    def _lost(self, _ask: Ask | None = None) -> OutcomeUnknown:
        return OutcomeUnknown(Text("Wie verlangt: die Antwort ging verloren.", "As asked for: the answer was lost."), agency=self.name)

    def _refused(self, ask: Ask) -> ClaimRejected:
        return ClaimRejected(
            Text("Wie verlangt: die Agentur lehnt ab.", "As asked for: the agency refuses."),
            agency=self.name,
            agency_code=ask.code,
            http_status=422,
            fields=ask.fields,
            raw={"error": ask.code},
        )

    def _unavailable(self, _ask: Ask) -> TemporarilyUnavailable:
        return TemporarilyUnavailable(
            Text("Wie verlangt: die Agentur ist nicht erreichbar.", "As asked for: the agency is unavailable."),
            agency=self.name,
            retry_after=self.settings.delay,
            http_status=503,
        )

    def _unauthorised(self, _ask: Ask) -> AuthenticationFailed:
        return AuthenticationFailed(
            Text("Wie verlangt: der Zugang wird abgelehnt.", "As asked for: the credentials are refused."),
            agency=self.name,
            http_status=401,
        )


_FAILS: Mapping[Behaviour, Callable[[DummyAgency, Ask], Exception]] = MappingProxyType(
    {
        Behaviour.REFUSE: DummyAgency._refused,
        Behaviour.LOSE_BEFORE: DummyAgency._lost,
        Behaviour.UNAVAILABLE: DummyAgency._unavailable,
        Behaviour.AUTH: DummyAgency._unauthorised,
    }
)
"""Behaviour -> the error that comes before anything is stored."""

_LATER: Mapping[Behaviour, tuple[str, Outcome | None]] = MappingProxyType(
    {
        Behaviour.PAYS: ("paid", Outcome.PAID_FULL),
        Behaviour.PAYS_PARTLY: ("part-paid", Outcome.PAID_PARTIAL),
        Behaviour.DISPUTES: ("disputed", None),
        Behaviour.ASKS: ("question", None),
        Behaviour.COURT: ("court", None),
        Behaviour.UNCOLLECTABLE: ("given-up", Outcome.UNTRACEABLE),
        Behaviour.REJECTS_LATER: ("rejected", None),
        Behaviour.ODD_STATUS: ("x-4711", None),
    }
)
"""Behaviour -> the agency's status code when it is asked, and why a closed case was closed."""


def _ask(placement: Placement) -> Ask:
    """Of several claims the first one that asks for a behaviour decides for all."""
    try:
        asked = [Ask.model_validate(claim.extra.get("dummy", {})) for claim in placement.claims]
        return next((ask for ask in asked if ask.model_fields_set & {"behaviour", "told"}), asked[0])
    except ValidationError:
        known = ", ".join(Behaviour)
        raise ClaimInvalid(
            Text(
                f'extra["dummy"] ist nicht lesbar: behaviour ist eines von {known}; daneben gibt es code und fields.',
                f'extra["dummy"] cannot be read: behaviour is one of {known}; besides there are code and fields.',
            ),
            agency=DummyAgency.name,
            fields=("extra.dummy",),
        ) from None


def _told(verb: str, instruction: Instruction) -> Told:
    """Write an instruction down: references and amounts, no names."""
    said: dict[str, Any] = {}
    if isinstance(instruction, ReportPayment):
        said = {
            "amount": format(instruction.amount, "f"),
            "currency": instruction.currency,
            "received_on": instruction.received_on.isoformat(),
            "payment_reference": instruction.payment_reference,
        }
    if isinstance(instruction, Amend):
        said = {"changed": instruction.changed, "total": format(instruction.placement.total_open, "f")}
    if isinstance(instruction, SendMessage | SendDocument):
        written = instruction.text.encode("utf-8", "replace") if isinstance(instruction, SendMessage) else instruction.content
        said = {"digest": hashlib.sha256(written).hexdigest()}
    return Told(verb, instruction.our_reference, instruction.agency_reference, instruction.idempotency_key, **said)


def _is_covered(case: Case, told: Sequence[Told]) -> bool:
    """Whether nothing is open any more: what was handed over, or what an amendment said later, less the payments reported since."""
    still_open, is_told = Decimal(case.amount), False
    for one in told:
        is_told = True
        still_open = Decimal(one.total) if one.total is not None else still_open - Decimal(one.amount or 0)
    return is_told and still_open <= 0


_OTHER_CURRENCY = Text("Der Fall hat eine andere Währung.", "The case has another currency.")
_TOO_MANY = Text(
    "So viele Forderungen nimmt die Agentur nicht in einem Fall (Einstellung claims_per_placement).",
    "The agency does not take that many claims in one case (setting claims_per_placement).",
)
