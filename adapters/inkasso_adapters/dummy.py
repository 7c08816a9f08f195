"""An agency that behaves as its input says: for demonstrations, and for the tests of those who write plugins.

What a claim's ``extra["dummy"]`` asks for happens: the agency accepts, refuses, is slow, loses the answer. Its ledger is the
agency's own side of the story: what arrived stands there, also where the answer was lost, and twice what arrived twice.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkasso_core import (
    Agency,
    AgencySettings,
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    NotFound,
    Outcome,
    OutcomeUnknown,
    Placement,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
)


class Behaviour(StrEnum):
    """What happens to a submission."""

    ACCEPT = "accept"
    SLOW = "slow"
    """Accepted after ``delay`` seconds."""
    PAYS = "pays"
    """Accepted; the debtor has paid when the status is asked for."""
    PAYS_PARTLY = "pays-partly"
    DISPUTES = "disputes"
    COURT = "court"
    UNCOLLECTABLE = "uncollectable"
    REJECTS_LATER = "rejects-later"
    """Accepted; refused when the status is asked for."""
    ODD_STATUS = "odd-status"
    """Accepted; answers with a status code that no adapter knows."""
    LOSE = "lose"
    """The case is stored, the answer is lost."""
    LOSE_BEFORE = "lose-before"
    """The answer is lost, and so was the request: nothing is stored."""
    REFUSE = "refuse"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    AUTH = "auth"
    """The credentials are refused."""


class Ask(BaseModel):
    """``claim.extra["dummy"]``: what this claim asks the agency to do."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    behaviour: Behaviour | None = None
    """Left out, the setting counts."""
    code: str = "D-1"
    """The agency's own code of a refusal."""
    fields: tuple[str, ...] = ("debtor.address",)
    """The fields that a refusal complains about."""


class DummySettings(AgencySettings):
    """How the agency behaves where a claim does not say, and where it keeps its ledger."""

    behaviour: Behaviour = Behaviour.ACCEPT
    delay: float = Field(default=2.0, ge=0, le=3600)
    """Seconds that a slow agency takes."""
    ledger: Path | None = None
    """A file of JSON lines that several processes may share; left out, the ledger lives in memory."""
    claims_per_placement: int = Field(default=1, ge=1, le=1000)
    """How many claims of one debtor it takes in one case."""


class Case(NamedTuple):
    """One line of the ledger: references, amounts and what was asked for. No names."""

    our_reference: str
    agency_reference: str
    account: str
    idempotency_key: str
    amount: str
    currency: str
    behaviour: Behaviour
    claims: Mapping[str, str]
    """The shop's key of each claim in the case -> its amount."""
    interest: str = "0.00"
    """The default interest of all claims that is open, on the day of the placement; beside the amount, not in it."""


class Ledger:
    """What the agency has received, in the order of arrival. A second arrival of a reference is a second line."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._lock = threading.Lock()

    def append(self, case: Case) -> None:
        """Store a case; on the disk when this returns, if the ledger is a file."""
        line = json.dumps(case._asdict(), sort_keys=True).encode() + b"\n"
        with self._lock:
            if self._path is None:
                self._lines.append(line)
                return
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    os.write(descriptor, line)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            except OSError as exc:
                raise _unusable(self._path, Text(f"{exc.strerror}", f"{exc.strerror}")) from exc

    def cases(self, our_reference: str | None = None) -> list[Case]:
        """Return all cases, or those of one reference."""
        found = [self._case(number, line) for number, line in enumerate(self._read(), 1) if line.strip()]
        return [case for case in found if our_reference in (None, case.our_reference)]

    def _read(self) -> list[bytes]:
        if self._path is None:
            return list(self._lines)
        try:
            return self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise _unusable(self._path, Text(f"{exc.strerror}", f"{exc.strerror}")) from exc

    def _case(self, number: int, line: bytes) -> Case:
        try:
            entry = json.loads(line)
            return Case(**entry | {"behaviour": Behaviour(entry["behaviour"])})
        except (ValueError, TypeError, KeyError):
            raise _unusable(self._path, Text(f"Zeile {number} ist kein Fall", f"line {number} is no case")) from None


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
            "court": AgencyStatus.JUDICIAL,
            "given-up": AgencyStatus.CLOSED_UNPAID,
            "rejected": AgencyStatus.REJECTED,
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
            raise ClaimInvalid(
                Text("Wie verlangt: die Forderung ist ungültig.", "As asked for: the claim is invalid."),
                agency=self.name,
                fields=ask.fields,
            )

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
        cases = [case for case in self.ledger.cases() if case.agency_reference == agency_reference]
        if not cases:
            raise NotFound(Text("Dieses Aktenzeichen kennt die Agentur nicht.", "The agency does not know this case reference."))
        return self._status(cases)

    def _status(self, cases: list[Case]) -> StatusReport:
        code, outcome = _LATER.get(cases[0].behaviour, ("open", None))
        raw = {"case": cases[0].agency_reference, "status": code, "arrived": len(cases)}
        return self.report(cases[0].agency_reference, code, raw, reason=outcome)

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
            interest=format(sum((s.interest_open for s in placement.statements if s is not None), Decimal("0.00")), "f"),
        )

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
        return next((ask for ask in asked if ask.behaviour is not None), asked[0])
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


_TOO_MANY = Text(
    "So viele Forderungen nimmt die Agentur nicht in einem Fall (Einstellung claims_per_placement).",
    "The agency does not take that many claims in one case (setting claims_per_placement).",
)


def _unusable(ledger: Path | None, why: Text) -> ConfigurationError:
    return ConfigurationError(
        Text(
            f"Das Register {ledger} (Einstellung ledger) lässt sich nicht benutzen: {why.de}. Eine andere Datei angeben.",
            f"The ledger {ledger} (setting ledger) cannot be used: {why.en}. Name another file.",
        ),
        field="ledger",
    )
