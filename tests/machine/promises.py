"""What must always hold (section 8 of the design), as simple as it can be said: of the agency's books, the database, and what was told."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from machine.agency import Books, Case, Kind
from machine.house import House
from machine.shop import Order, says_same

from inkasso_core import Claim, Instruction, PaymentOrigin, Placement, ReportPayment, State
from inkasso_core.lifecycle import AT_AGENCY, Profile, Role, judge

_PLACED = AT_AGENCY | {State.RUNNING, State.UNCLEAR}
_OVER_BEFORE = {State.READY, State.RUNNING, State.FAILED}
"""Where nothing may stand that is not owed any more."""
_ASKS_PERSON = ("status_contradicts", "status_reverted")
_NEWS = ("report_retraction", "report_credit", "report_dispute", "report_correction", "report_debtor", "report_cancellation")
"""The tasks that stand for an amendment."""


class Known(NamedTuple):
    """What was so when a machine began to work."""

    accepted: Mapping[str, int]
    """Order -> the newest version that was accepted."""
    running: frozenset[str]
    held: frozenset[str]


class Standing(NamedTuple):
    """Where a claim stands, by the database."""

    id: str
    state: State
    former: State | None
    version: int

    @property
    def is_there(self) -> bool:
        """Whether it counts as being at the agency."""
        return self.state in AT_AGENCY or self.former in AT_AGENCY


class Promises:
    """The model, and what it says of everything that happens. ``broken`` collects what must never be."""

    def __init__(self, house: House, books: Books, kind: Kind, orders: Mapping[str, Order]) -> None:
        self.house, self.books, self.kind, self.orders = house, books, kind, orders
        self.accepted: dict[str, int] = {}
        self.holds: dict[str, str] = {}
        """Hold -> order."""
        self.notes: dict[str, list[str]] = {}
        """Message to the agency -> the cases that it had of the claim then."""
        self.heard: set[str] = set()
        """The events that the shop was told."""
        self.deaf = 0
        """So many of the next events the shop does not take."""
        self.broken: list[str] = []
        self._history: dict[str, tuple[Any, ...]] = {}

    # What is known

    def known(self) -> Known:
        """What is so now, for a machine that begins to work."""
        running = frozenset(name for name, one in self.standing().items() if one.state is State.RUNNING)
        return Known(dict(self.accepted), running, frozenset(self.holds.values()))

    def standing(self) -> dict[str, Standing]:
        """Where each claim stands, by order."""
        rows = self.house.look("SELECT record, id, state, former_state, reported FROM claim")
        return {
            record: Standing(claim_id, State(state), State(former) if former else None, int(reported.removeprefix("v")))
            for record, claim_id, state, former, reported in rows
        }

    def accept(self, order: str, version: int) -> None:
        """The shop was told that its report has arrived."""
        self.accepted[order] = max(self.accepted.get(order, 0), version)

    # What happens

    def hear(self, event: Any) -> None:
        """The shop is told of an event: it must be stored, and count once however often it is told."""
        if not self.house.look("SELECT 1 FROM history WHERE id = ?", event.id):
            self.broken.append(f"{event.kind} was told before it was stored")
        self.house.moment("shop.told")
        if self.deaf:
            self.deaf -= 1
            raise RuntimeError("the shop is away")
        self.heard.add(event.id)

    def seen(self, verb: str, sent: Placement | Instruction) -> None:
        """A request arrives at the agency: its try is stored and under way, and it says what it may say."""
        tries = "SELECT count(*) FROM attempt JOIN instruction ON instruction.id = instruction_id"
        under_way = f"{tries} WHERE state = 'in_flight' AND attempt.key = ? AND attempt.ended_at IS NULL AND sent_at IS NOT NULL"
        if self.house.look(under_way, sent.idempotency_key) == [(0,)]:
            self.broken.append(f"{verb} of {sent.our_reference} was sent, and no try of it is under way")
        if isinstance(sent, Placement):
            for one in sent.claims:
                self.broken += self._submitted(one)
        if isinstance(sent, ReportPayment):
            self.broken += self._reported(sent)

    def _submitted(self, claim: Claim) -> Iterator[str]:
        """What a claim must be that is handed over: green, as new as what was accepted before, released and not held."""
        order, work = claim.source.order, self.house.works[-1]
        if claim.ended is not None or claim.dispute is not None or claim.principal_open <= 0:
            yield f"{order} was handed over, and is not owed or is disputed"
        accepted = work.known.accepted.get(order, 0)
        if (claim.source.version or 0) < accepted and not says_same(claim, self.orders[order].reports[accepted - 1]):
            yield f"{order} was handed over in version {claim.source.version}, and version {accepted} was accepted before"
        if order in work.known.held:
            yield f"{order} was handed over, and a hold is on it"
        if order not in work.known.running and not work.is_done:
            yield f"{order} was handed over, and nobody released it"

    def _reported(self, told: ReportPayment) -> Iterator[str]:
        every = [one for order in self.orders.values() for report in order.reports for one in report.payments]
        mine = [one for one in every if one.reference == told.payment_reference]
        if not any(one.origin is PaymentOrigin.SHOP and one.amount == told.amount for one in mine):
            yield f"payment {told.payment_reference} was told with {told.amount}, and the shop got none like it"

    # What holds after each step

    def check(self) -> None:
        """Check all that holds at any time."""
        wrong = [*self.books.wrong, *self.broken, *self._trails(), *self._placements()]
        wrong += [
            f"{order} version {version} was accepted, and is not there"
            for order, version in self.accepted.items()
            if order not in (found := self.standing()) or found[order].version < version
        ]
        assert wrong == [], wrong

    def _trails(self) -> Iterator[str]:
        """No entry of the history goes or changes, and each claim's is one way through the table, from its beginning to now."""
        rows = self.house.look("SELECT id, claim_id, from_state, to_state, role, what, reason, details FROM history ORDER BY id")
        now = {row[0]: row for row in rows}
        yield from (f"the entry {one} was changed" for one, row in self._history.items() if now.get(one) != row)
        self._history = now
        states: dict[str, str | None] = defaultdict(lambda: None)
        for _, claim_id, source, target, role, what, *_ in rows:
            if source != states[claim_id]:
                yield f"{what} goes on from {source}, and the claim was {states[claim_id]}"
            states[claim_id] = target
            if source != target:
                before = State(source) if source else None
                if not judge(before, State(target), Role(role), Profile.SHOP).allowed:
                    yield f"{role} may not change {source} to {target}"
        for order, one in self.standing().items():
            if states[one.id] != one.state:
                yield f"{order} is {one.state}, its history ends in {states[one.id]}"

    def _placements(self) -> Iterator[str]:
        """A claim has one open placement while it is on its way or at the agency, and none before and after."""
        rows = self.house.look("SELECT claim_id, count(*) FROM placement_claim WHERE open GROUP BY claim_id")
        opened = dict(rows)
        for order, one in self.standing().items():
            wanted = one.state in _PLACED or one.former in _PLACED
            if opened.get(one.id, 0) != wanted:
                yield f"{order} is {one.state} with {opened.get(one.id, 0)} open placements"

    # What holds once all has come to rest

    def is_at_rest(self) -> bool:
        """Whether nothing waits but what somebody has paused."""
        waiting = (
            "SELECT count(*) FROM instruction i WHERE state IN ('pending', 'in_flight', 'unclear') AND NOT EXISTS (SELECT 1 FROM"
            " placement_claim p JOIN claim c ON c.id = p.claim_id WHERE p.placement_id = i.placement_id AND c.state = 'paused')"
        )
        untold = "SELECT count(*) FROM notice WHERE told_at IS NULL"
        unclear = "SELECT count(*) FROM claim WHERE state IN ('unclear', 'running')"
        new = "SELECT count(*) FROM feed_entry WHERE status = 'new'"
        return self.house.look(f"SELECT ({waiting}) + ({untold}) + ({unclear}) + ({new})") == [(0,)]

    def judge(self) -> None:
        """Judge by the agency's own books, when all answers are there and everything was looked up."""
        self.check()
        wrong = []
        for order, one in self.standing().items():
            cases = self.books.open_cases(order)
            newest = self.orders[order].newest
            wrong += self._is_true(order, one, newest, cases)
            for case in cases:
                if one.is_there and not case.is_outside and not self._asks_person(one.id, _ASKS_PERSON):
                    wrong += self._is_told(order, one, newest, case)
        told = {row[0] for row in self.house.look("SELECT id FROM history")}
        wrong += [f"{len(told - self.heard)} events were never told"] if told - self.heard else []
        assert wrong == [], wrong

    def _is_true(self, order: str, one: Standing, newest: Claim, cases: list[Case]) -> Iterator[str]:
        if one.version != newest.source.version:
            yield f"{order} stands at version {one.version} of {newest.source.version}"
        if one.is_there != bool(cases) and not self._asks_person(one.id, _ASKS_PERSON):
            there = [(case.ours, str(case.status)) for case in self.books.of(order)]
            yield f"{order} is {one.state} ({one.former}), at the agency it is {there}"
        if one.state in _OVER_BEFORE and (newest.ended is not None or newest.principal_open <= 0):
            yield f"{order} is {one.state}, and nothing is owed"
        if one.state is State.READY and (newest.dispute is not None or order in self.holds.values()):
            yield f"{order} is ready, and disputed or held"

    def _is_told(self, order: str, one: Standing, newest: Claim, case: Case) -> Iterator[str]:
        """The agency knows of each payment once and of the rest as it is now, or a person is asked to tell it."""
        given = {payment.reference for payment in case.given[order].payments}
        for payment in newest.payments:
            counted, is_ours = self.books.payments[case.ours, str(payment.reference)], payment.origin is PaymentOrigin.SHOP
            if payment.reference in given or counted == is_ours:
                continue
            if counted or not self._is_for_person(one.id, "report_payment", ("report_payment",)):
                yield f"payment {payment.reference} ({payment.origin}) of {order} is known {counted} times"
        for note, cases in self.notes.items():
            if case.ours in cases and not self.books.messages[note] and not self._is_for_person(one.id, "send_message", ("tell_agency",)):
                yield f"the message {note} about {order} was never told"
        known = case.known[order]
        facts = [(claim.credits, claim.dispute, claim.debtor, claim.principal) for claim in (known, newest)]
        if facts[0] != facts[1] and not self._is_for_person(one.id, "amend", _NEWS):
            yield f"{order} has changed, and the agency does not know"
        if newest.ended is not None and known.ended is None and not self._is_for_person(one.id, "recall", _NEWS, told=True):
            yield f"{order} has ended, and the agency does not know"

    def _is_for_person(self, claim_id: str, verb: str, kinds: tuple[str, ...], *, told: bool = False) -> bool:
        """Whether a person is, or was, asked to tell it; with ``told`` also whether the agency was."""
        states = ("refused", "by_hand", *(("done", "told") if told else ()))
        marks = ", ".join("?" * len(states))
        query = (
            "SELECT count(*) FROM instruction i JOIN placement_claim p ON p.placement_id = i.placement_id"
            f" WHERE p.claim_id = ? AND verb = ? AND i.state IN ({marks})"
        )
        return self.house.look(query, claim_id, verb, *states) != [(0,)] or self._asks_person(claim_id, kinds)

    def _asks_person(self, claim_id: str, kinds: tuple[str, ...]) -> bool:
        marks = ", ".join("?" * len(kinds))
        return self.house.look(f"SELECT count(*) FROM task WHERE claim_id = ? AND kind IN ({marks})", claim_id, *kinds) != [(0,)]
