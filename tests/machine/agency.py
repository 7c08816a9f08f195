"""The agency of the state machine: it keeps books of its own, and they alone say what was done twice.

It answers as it is told, or not at all; what it lost the answer of it has. Some cases it shows only after a while, always less than the
time that its adapter states.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from inkasso_core import (
    Acknowledgement,
    Agency,
    AgencySettings,
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    Claim,
    ClaimRejected,
    Feed,
    FeedEntry,
    FeedKind,
    Instruction,
    OutcomeUnknown,
    Placement,
    ReportPayment,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
)

NO = Text("Nein.", "No.")
LOST = Text("Die Antwort ging verloren.", "The answer was lost.")
SETTLES = dt.timedelta(hours=2)
SHOWN_LATE = dt.timedelta(minutes=90)
WAYS = ("taken", "taken", "undecided", "lost", "shown late", "lost on the way", "refused", "unavailable", "unauthorized")
"""What becomes of a submission."""
WORDS = ("yes", "yes", "later", "lost", "lost on the way", "no", "unavailable")
"""What becomes of anything else that it is told."""
OVER = frozenset(
    {
        AgencyStatus.REJECTED,
        AgencyStatus.EXPIRED,
        AgencyStatus.RECALLED,
        AgencyStatus.CLOSED_PAID,
        AgencyStatus.CLOSED_PARTIAL,
        AgencyStatus.CLOSED_UNPAID,
    }
)
REFUSED = frozenset({AgencyStatus.REJECTED, AgencyStatus.EXPIRED})
UNDECIDED = frozenset({AgencyStatus.DRAFT, AgencyStatus.SUBMITTED, AgencyStatus.NEEDS_INPUT})


class Kind(NamedTuple):
    """A kind of agency: what it offers."""

    finds: bool = True
    """It can be asked for a case by our reference."""
    repeats: bool = False
    """It documents that a repeated key has no second effect."""
    told: bool = True
    """A program can tell it of its cases."""
    feeds: bool = False
    """It brings statuses in a feed."""
    several: int = 1
    """So many claims of one debtor go in one case."""


KINDS: Mapping[str, Kind] = {
    "plain": Kind(),
    "feed": Kind(feeds=True),
    "keys": Kind(repeats=True),
    "a person looks": Kind(finds=False),
    "several claims a case": Kind(several=2),
    "told by hand": Kind(told=False),
}


@dataclass
class Case:
    """A case in the agency's books."""

    ours: str
    number: str
    key: str
    given: dict[str, Claim]
    """Order -> the claim as it was handed over."""
    status: AgencyStatus
    shown_from: dt.datetime
    orders: set[str]
    """What is still in the case."""
    known: dict[str, Claim] = field(default_factory=dict)
    """Order -> the claim as the agency was told last, by the hand-over or an amendment."""
    is_outside: bool = False
    reopened: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it works on the case."""
        return self.status not in OVER


@dataclass
class Books:
    """All that the agency has and heard. ``wrong`` is what must never be: an assertion here would be taken for an adapter's mistake."""

    now: Callable[[], dt.datetime]
    cases: dict[str, Case] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)
    """How often something that was told had an effect, by its key."""
    payments: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Our reference of the case and the shop's of the payment -> how often it counted that."""
    amounts: list[tuple[str, str | None, Decimal]] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)
    heard: set[str] = field(default_factory=set)
    """The keys of all that it knows of."""
    told: list[str] = field(default_factory=list)
    """What it brought in its feed, by case."""
    entries: list[FeedEntry] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    next_ways: list[str] = field(default_factory=list)
    next_words: list[str] = field(default_factory=list)

    def open_cases(self, order: str) -> list[Case]:
        """The cases of an order that it works on."""
        return [case for case in self.cases.values() if case.is_open and order in case.orders]

    def of(self, order: str) -> list[Case]:
        """All cases of an order that it ever had, oldest first."""
        return [case for case in self.cases.values() if order in case.given]

    def says(self, case: Case, status: AgencyStatus) -> None:
        """Let a case go on, and say so in the feed."""
        case.status = status
        number = len(self.entries) + 1
        report = self.report(case)
        self.entries.append(
            FeedEntry(entry_id=f"E-{number}", kind=FeedKind.STATUS, agency_reference=case.number, our_reference=case.ours, report=report)
        )

    def report(self, case: Case) -> StatusReport:
        """Where a case stands."""
        return StatusReport(agency_reference=case.number, status=case.status, agency_status=f"code-{case.status}", raw={"s": case.status})

    def find(self, ours: str) -> Case | None:
        """What it shows for our reference by now."""
        case = self.cases.get(ours)
        return case if case is not None and self.now() >= case.shown_from else None

    # What comes in

    def take(self, placement: Placement, *, repeats: bool, late: bool, status: AgencyStatus) -> Case:
        """A submission that arrives. Twice, or while another case has the claim, it is what must never be."""
        ours, orders = placement.our_reference, {one.source.order: one for one in placement.claims}
        old = self.cases.get(ours)
        if old is not None and repeats and old.key == placement.idempotency_key:
            return old
        if old is not None and old.status not in REFUSED:
            self.wrong.append(f"{ours} was submitted again, and is {old.status}")
        for order in orders:
            self.wrong += [f"{order} is submitted in {ours}, and {one.ours} has it" for one in self.open_cases(order) if not one.reopened]
        shown = self.now() + (SHOWN_LATE if late else dt.timedelta(0))
        number = f"AZ-{len(self.cases) + 1}"
        case = Case(ours, number, placement.idempotency_key, orders, status, shown, set(orders), dict(orders))
        self.cases[ours] = case
        self.says(case, status)
        return case

    def outside(self, order: str, number: str, claim: Claim) -> Case:
        """A case that a person gave it."""
        case = Case(number, number, number, {order: claim}, AgencyStatus.ACTIVE, self.now(), {order}, {order: claim}, is_outside=True)
        self.cases[number] = case
        return case

    def hear(self, verb: str, told: Instruction, *, repeats: bool) -> None:
        """Something about a case that arrives."""
        if told.idempotency_key in self.heard and repeats:
            return
        if told.idempotency_key in self.heard:
            self.wrong.append(f"{verb} of {told.our_reference} was told twice under one key")
        self.heard.add(told.idempotency_key)
        case = self.cases.get(told.our_reference)
        if case is None:
            self.wrong.append(f"{verb} of {told.our_reference}, which it does not have")
            return
        if isinstance(told, ReportPayment):
            self._paid(case, told)
        if isinstance(told, Amend):
            case.known |= {one.source.order: one for one in told.placement.claims}
        if verb == "send_message":
            text = getattr(told, "text", "")
            self.messages[text] += 1
            self.wrong += [f"the message {text} of {case.ours} was told twice"] if self.messages[text] > 1 else []

    def _paid(self, case: Case, told: ReportPayment) -> None:
        name = told.payment_reference or "?"
        self.payments[case.ours, name] += 1
        self.amounts.append((case.ours, name, told.amount))
        if self.payments[case.ours, name] > 1:
            self.wrong.append(f"payment {name} of {case.ours} was told twice")
        if any(payment.reference == name for claim in case.given.values() for payment in claim.payments):
            self.wrong.append(f"payment {name} of {case.ours} was told, and known from the hand-over")


class Desk:
    """Where requests arrive: counts them in the books, and answers as it is told. ``moment`` is told what is about to happen."""

    def __init__(self, books: Books, kind: Kind, moment: Callable[[str], None], seen: Callable[[str, Any], None]) -> None:
        self.books, self.kind, self.moment, self.seen = books, kind, moment, seen

    def submit(self, placement: Placement) -> Submission:
        """Answer a submission."""
        way = self.books.next_ways.pop(0) if self.books.next_ways else "taken"
        self.seen("submit", placement)
        self.moment("agency.before")
        match way:
            case "lost on the way":
                raise OutcomeUnknown(LOST, agency="books")
            case "refused":
                raise ClaimRejected(NO)
            case "unavailable":
                raise TemporarilyUnavailable(NO, retry_after=60)
            case "unauthorized":
                raise AuthenticationFailed(NO)
        status = AgencyStatus.SUBMITTED if way == "undecided" else AgencyStatus.ACTIVE
        case = self.books.take(placement, repeats=self.kind.repeats, late=way == "shown late", status=status)
        self.moment("agency.after")
        if way in ("lost", "shown late"):
            raise OutcomeUnknown(LOST, agency="books")
        return Submission(agency_reference=case.number, status=case.status, agency_status="open", raw={"s": "open"})

    def tell(self, verb: str, told: Instruction) -> Acknowledgement:
        """Answer anything else."""
        word = self.books.next_words.pop(0) if self.books.next_words else "yes"
        self.seen(verb, told)
        self.moment("agency.before")
        match word:
            case "lost on the way":
                raise OutcomeUnknown(LOST, agency="books")
            case "no":
                raise ClaimRejected(NO)
            case "unavailable":
                raise TemporarilyUnavailable(NO, retry_after=60)
        self.books.hear(verb, told, repeats=self.kind.repeats)
        done = word != "later" or verb != "recall"
        case = self.books.cases.get(told.our_reference)
        if verb == "recall" and done and case is not None and case.is_open:
            self.books.says(case, AgencyStatus.RECALLED)
        self.moment("agency.after")
        if word == "lost":
            raise OutcomeUnknown(LOST, agency="books")
        return Acknowledgement(done=done, raw={"ok": True})


VERBS = ("report_payment", "amend", "recall", "pause", "resume", "send_message")


def adapter(desk: Callable[[], Desk], kind: Kind) -> type[Agency[Any]]:
    """Return an adapter class for a kind of agency, whose requests arrive at the desk of the moment."""

    class Kept(Agency[AgencySettings]):
        name: ClassVar[str] = "books"
        label: ClassVar[str] = "Agency with books"
        settles_after: ClassVar[dt.timedelta | None] = SETTLES if kind.finds else None
        idempotent: ClassVar[bool] = kind.repeats
        claims_per_placement = kind.several

        def submit(self, placement: Placement) -> Submission:
            return desk().submit(placement)

    def find(_self: Any, our_reference: str) -> StatusReport | None:
        books = desk().books
        case = books.find(our_reference)
        return books.report(case) if case is not None else None

    def fetch_status(_self: Any, agency_reference: str) -> StatusReport:
        books = desk().books
        return next(books.report(case) for case in books.cases.values() if case.number == agency_reference)

    def fetch_feed(_self: Any, cursor: str | None) -> Feed:
        """Two at a time; the last one that was brought comes once more."""
        start = max(0, int(cursor or 0) - 1)
        entries = desk().books.entries
        end = min(start + 3, len(entries))
        return Feed(entries=tuple(entries[start:end]), cursor=str(end), more=end < len(entries))

    def teller(verb: str) -> Callable[[Any, Instruction], Acknowledgement]:
        return lambda _self, told: desk().tell(verb, told)

    operations: dict[str, Any] = {}
    if kind.finds:
        operations |= {"find": find, "fetch_status": fetch_status}
    if kind.feeds:
        operations["fetch_feed"] = fetch_feed
    if kind.told:
        operations |= {verb: teller(verb) for verb in VERBS}
    return type("Kept", (Kept,), operations)
