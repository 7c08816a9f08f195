"""What shop, clerk, agency and clock do, one happening at a time, on either machine."""

import copy
import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine.agency import OVER, REFUSED, UNDECIDED, Books, Case, Desk, Kind, adapter
from machine.house import House, Plan, Work, empty_database
from machine.promises import Promises
from machine.shop import Order
from world import OPERATOR

from inkasso_core import AgencyStatus, Inkasso, InvalidInput, NotFound, State, TransitionRefused
from inkasso_core.telling.texts import TELL_KINDS

ORDERS = ("A-1", "A-2")
STARTS = ("new", "running", "handed over")
"""How far the claims are when an example begins."""
WORDS_OF_CLERK = (
    *("release", "release", "release", "withdraw", "pause", "resume", "remove", "cancel", "reinstate", "reinstate", "hold", "lift"),
    *("recall", "recall", "recalled", "mark_paid", "hand_over", "finish", "go_live", "message"),
)
STATUSES = tuple(status for status in AgencyStatus if status is not AgencyStatus.MERGED)
WHILE_ASKED = dt.timedelta(minutes=5)
"""How long a request takes at most: less than the lease of whoever sends it."""
MAY_NOT_LAST = ("agency.before", "agency.after", "transmit.marked", "telling.marked")
_NOT_BACK = OVER | UNDECIDED | {AgencyStatus.UNKNOWN}
"""What does not say that a case was taken up again."""
MOST_ROUNDS = 12


@dataclass
class Begun:
    """A town in which something has happened already: its database, and what shop and agency know."""

    file: Path
    books: Books
    orders: dict[str, Order]
    promises: Mapping[str, Any]


class Play:
    """An installation with everything around it, for all examples with one kind of agency."""

    def __init__(self, house: House, kind: Kind) -> None:
        self.house, self.kind = house, kind
        self._adapter = adapter(lambda: self.desk, kind)
        self._begun: dict[str, Begun] = {}
        self._latest: dt.datetime | None = None
        """While a request is under way, the clock goes no further."""

    # Beginning

    def begin(self, start: str) -> None:
        """Begin anew, with claims that are that far."""
        if start not in self._begun:
            self._prepare(start)
        begun = self._begun[start]
        self.house.begin(begun.file, self._adapter)
        self._know(copy.deepcopy(begun.books), copy.deepcopy(begun.orders))
        vars(self.promises).update(copy.deepcopy(begun.promises))

    def _know(self, books: Books, orders: dict[str, Order]) -> None:
        self.house.clock.at = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
        books.now = self.house.clock
        self.books, self.orders = books, orders
        self.promises = Promises(self.house, books, self.kind, orders)
        self.desk = Desk(books, self.kind, self.house.moment, self.promises.seen)
        self.house.hear, self.house.befall = self.promises.hear, self._befall

    def _prepare(self, start: str) -> None:
        file = self.house.folder / f"{'-'.join(map(str, self.kind))}-{start}.db"
        file.write_bytes(empty_database())
        self.house.begin(file, self._adapter)
        customers = ["K-1" if self.kind.several > 1 else f"K-{name}" for name in ORDERS]
        self._know(Books(self.house.clock), {name: Order(name, customer) for name, customer in zip(ORDERS, customers, strict=True)})
        self.act(0, None, "first_live")
        for order in ORDERS if start != "new" else ():
            self.act(0, None, "says", order, "nothing")
        if start in ("running", "handed over"):
            self.act(0, None, "all_released")
        if start == "handed over":
            self.act(0, None, "transmit", (), ())
            self.act(0, None, "run_due", (), ())
        self.house.end()
        file.write_bytes(self.house.file.read_bytes())
        kept = {name: getattr(self.promises, name) for name in ("accepted", "heard", "_history")}
        self.books.now = _no_clock
        self._begun[start] = Begun(file, copy.deepcopy(self.books), copy.deepcopy(self.orders), copy.deepcopy(kept))

    # Acting

    def act(self, who: int, plan: Plan | None, what: str, *args: Any) -> None:
        """Let something happen on one machine, with whatever befalls it meanwhile."""
        machine = self.house.machines[who]
        with self.house.working(Work(machine, plan, self.promises.known())):
            getattr(self, what)(machine.ink, *args)
        self._note_outside()

    def _befall(self, work: Work, moment: str) -> None:
        """While one machine stands still, the other one acts."""
        assert work.plan is not None
        other = next(place for place, machine in enumerate(self.house.machines) if machine is not work.machine)
        self._latest = self.house.clock.at + WHILE_ASKED if moment in MAY_NOT_LAST else None
        for what, *args in work.plan.meanwhile or ():
            self.act(other, None, what, *args)
        self._latest = None

    # The shop

    def says(self, ink: Inkasso, order: str, change: str) -> None:
        """Something happens to an order, and is reported."""
        self.writes(ink, order, change)
        self.delivers(ink, order, 0)

    def writes(self, _ink: Inkasso, order: str, change: str) -> None:
        """Something happens to an order, and its report is still on its way."""
        if self.orders[order].reports or change == "nothing":
            self.orders[order].change(change)
        self.orders[order].report()

    def delivers(self, ink: Inkasso, order: str, back: int) -> None:
        """A report arrives, for the first time or again: the newest, or one some versions back."""
        reports = self.orders[order].reports or [self.orders[order].report()]
        report = reports[-1 - back % len(reports)]
        ink.register(report, shop="shop")
        self.promises.accept(order, report.source.version or 0)

    # The clerk

    def first_live(self, ink: Inkasso) -> None:
        """Open the installation, confirm the mandate and go live, for the first time."""
        ink._open()
        ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        ink.go_live("agency", nothing_to_adopt=True, actor=OPERATOR)

    def all_released(self, ink: Inkasso) -> None:
        """Release all in one go, so that they may go in one case."""
        ink.release([_ref(order) for order in ORDERS], actor=OPERATOR)

    def anew(self, ink: Inkasso) -> None:
        """All that can be handed over, or could be once more, is released."""
        known = self.promises.standing()
        for order in ORDERS:
            if order not in known:
                self.says(ink, order, "nothing")
            elif known[order].state in (State.CANCELLED, State.CLOSED, State.REMOVED):
                self._reinstate(ink, order)
        self.all_released(ink)

    def is_there(self, order: str) -> bool:
        """Whether the agency has a claim."""
        stood = self.promises.standing().get(order)
        return stood is not None and stood.is_there

    def clerk(self, ink: Inkasso, order: str, word: str) -> None:
        """The clerk does something to a claim that is known."""
        if order in self.promises.standing():
            with suppress(TransitionRefused, InvalidInput, NotFound):  # then nothing was done
                getattr(self, f"_{word}")(ink, order)

    def _release(self, ink: Inkasso, _order: str) -> None:
        known = [_ref(order) for order in self.promises.standing()]
        ink.release(known, actor=OPERATOR)

    def _withdraw(self, ink: Inkasso, order: str) -> None:
        ink.withdraw([_ref(order)], reason="because", actor=OPERATOR)

    def _pause(self, ink: Inkasso, order: str) -> None:
        ink.pause([_ref(order)], reason="because", actor=OPERATOR)

    def _resume(self, ink: Inkasso, order: str) -> None:
        ink.resume([_ref(order)], actor=OPERATOR)

    def _remove(self, ink: Inkasso, order: str) -> None:
        ink.remove([_ref(order)], reason="because", actor=OPERATOR)

    def _cancel(self, ink: Inkasso, order: str) -> None:
        ink.cancel([_ref(order)], reason="because", actor=OPERATOR)

    def _reinstate(self, ink: Inkasso, order: str) -> None:
        ink.reinstate([_ref(order)], reason="because", actor=OPERATOR)

    def _hold(self, ink: Inkasso, order: str) -> None:
        self.promises.holds[ink.hold(_ref(order), reason="because", actor=OPERATOR)] = order

    def _lift(self, ink: Inkasso, order: str) -> None:
        for hold in [hold for hold, held in self.promises.holds.items() if held == order]:
            del self.promises.holds[hold]
            ink.lift_hold(hold, actor=OPERATOR)

    def _recall(self, ink: Inkasso, order: str) -> None:
        mine = [one.given for one in self.books.open_cases(order)]
        refs = sorted({_ref(name) for given in mine for name in given} | {_ref(order)})
        ink.recall(refs, reason="because", costs_accepted=True, actor=OPERATOR)

    def _recalled(self, ink: Inkasso, order: str) -> None:
        """On the telephone the agency gives a case back."""
        if self.promises.standing()[order].is_there:
            for case in self.books.open_cases(order):
                self.books.says(case, AgencyStatus.RECALLED)
                ink.cancel([_ref(name) for name in case.orders], reason="because", recalled=True, actor=OPERATOR)

    def _mark_paid(self, ink: Inkasso, order: str) -> None:
        """Before the hand-over; after it, once the agency has agreed on the telephone."""
        if self.promises.standing()[order].is_there:
            for case in self.books.open_cases(order):
                self.books.says(case, AgencyStatus.CLOSED_PAID)
        ink.mark_paid([_ref(order)], reason="because", actor=OPERATOR)

    def _hand_over(self, ink: Inkasso, order: str) -> None:
        """The clerk hands over by letter; see :meth:`_note_outside`."""
        if not self.books.of(order):
            given = {"channel": "letter", "case_reference": f"OUT-{order}", "on": self.house.clock.day}
            ink.record_handover([_ref(order)], reason="because", actor=OPERATOR, **given)

    def _note_outside(self) -> None:
        """What is recorded as handed over outside is at the agency: the clerk has posted it before."""
        rows = self.house.look(
            "SELECT record, case_reference FROM placement p JOIN placement_claim ON placement_id = p.id JOIN claim c ON c.id = claim_id"
            " WHERE p.channel = 'letter'"
        )
        for order, number in rows:
            if number not in self.books.cases:
                self.books.outside(order, number, self.orders[order].newest)

    def _finish(self, ink: Inkasso, _order: str) -> None:
        """The clerk tells the agency on the telephone what a program could not."""
        for task in ink.tasks():
            if task.kind in TELL_KINDS:
                ink.finish_task(task.id, resolution="told", actor=OPERATOR)

    def _go_live(self, ink: Inkasso, _order: str) -> None:
        if ink.gate("agency").mode == "stopped":
            ink.go_live("agency", nothing_to_adopt=True, actor=OPERATOR)

    def _message(self, ink: Inkasso, order: str) -> None:
        text = f"note {len(self.books.messages) + len(self.promises.notes)}"
        cases = [case.ours for case in self.books.open_cases(order)]
        ink.send_message(_ref(order), text, actor=OPERATOR)
        self.promises.notes[text] = cases

    def looks(self, ink: Inkasso, order: str) -> None:
        """A person looks into the portal, and says what is there."""
        stood = self.promises.standing().get(order)
        if stood is None:
            return
        if stood.state is State.UNCLEAR:
            self._looks_for_case(ink, order, stood.id)
        for one in ink.instructions(_ref(order)):
            if one.state == "unclear" and one.next_at is None:
                ((key,),) = self.house.look("SELECT key FROM instruction WHERE id = ?", one.id)
                knows = key in self.books.heard
                is_over = self.house.look("SELECT 1 FROM placement WHERE our_reference = ? AND closed_at IS NOT NULL", one.our_reference)
                again = not knows and not is_over
                with suppress(NotFound):  # somebody else has looked
                    ink.resolve_instruction(one.id, done=knows, send_again=again, reason="looked", actor=OPERATOR)

    def _looks_for_case(self, ink: Inkasso, order: str, claim_id: str) -> None:
        rows = self.house.look(
            "SELECT our_reference FROM placement p JOIN placement_claim ON placement_id = p.id WHERE claim_id = ? AND open", claim_id
        )
        for (ours,) in rows:
            case = self.books.find(ours)
            found = case.number if case is not None and case.status not in REFUSED else None
            ink.resolve([_ref(order)], found=found, send_again=True, reason="looked", actor=OPERATOR)

    # The agency, the clock, and the program itself

    def goes_on(self, _ink: Inkasso, order: str, status: AgencyStatus) -> None:
        """The agency goes on with a case that it works on, or takes one up again."""
        cases = self.books.of(order)
        case = cases[-1] if cases else None
        if case is None or not self._is_followed(case):
            return
        is_decided = case.status not in REFUSED
        if case.is_open:
            self.books.says(case, status)
        elif self.kind.feeds and is_decided and status not in _NOT_BACK and not self.books.open_cases(order):
            case.reopened = True
            self.books.says(case, status)

    def _is_followed(self, case: Case) -> bool:
        """Whether a program hears how a case goes on."""
        return self.kind.finds and not (self.kind.feeds and case.is_outside)

    def passes(self, _ink: Inkasso, minutes: int) -> None:
        """Time passes."""
        later = self.house.clock.at + dt.timedelta(minutes=minutes)
        self.house.clock.at = later if self._latest is None else min(later, self._latest)

    def is_deaf(self, _ink: Inkasso, events: int) -> None:
        """The shop cannot be told anything for a while."""
        self.promises.deaf = events

    def transmit(self, ink: Inkasso, ways: tuple[str, ...], words: tuple[str, ...]) -> None:
        """Transmit, and the agency answers in these ways."""
        self._answers(ways, words)
        ink.transmit()

    def follow(self, ink: Inkasso) -> None:
        """Follow."""
        ink.follow()

    def run_due(self, ink: Inkasso, ways: tuple[str, ...], words: tuple[str, ...]) -> None:
        """Do all that is due."""
        self._answers(ways, words)
        ink.run_due()

    def takes_over(self, ink: Inkasso, minutes: int) -> None:
        """After so long, this machine does everything, looks up what is unclear, and does everything again."""
        self.passes(ink, minutes)
        for _ in range(2):
            ink.run_due()
            for order in ORDERS:
                self.looks(ink, order)
            # what a person has just said counts for what the machine does then, as it would in an act of its own
            self.house.works[-1].known = self.promises.known()
        ink.run_due()

    def _answers(self, ways: tuple[str, ...], words: tuple[str, ...]) -> None:
        self.books.next_ways = [way for way in ways if self.kind.finds or way not in ("undecided", "shown late")]
        self.books.next_words = list(words)

    # The end

    def rest(self) -> None:
        """Let everything come to rest: reports arrive, the agency answers, people look, until nothing waits any more."""
        self.promises.deaf = 0
        self._answers((), ())
        for order in self.promises.standing():
            self.act(0, None, "delivers", order, 0)
        for number in range(MOST_ROUNDS):
            self.house.clock.forward(hours=13)
            for case in self.books.cases.values():
                if case.is_open and case.status in UNDECIDED | {AgencyStatus.UNKNOWN}:
                    self.books.says(case, AgencyStatus.ACTIVE)
            self.act(number % 2, None, "_round")
            self.promises.check()
            if self.promises.is_at_rest():
                return
        raise AssertionError(f"it does not come to rest: {self.promises.standing()}")

    def _round(self, ink: Inkasso) -> None:
        self._go_live(ink, "")
        ink.run_due()
        for order, stood in self.promises.standing().items():
            self.looks(ink, order)
            self._given_back(ink, order, stood.is_there)

    def _given_back(self, ink: Inkasso, order: str, is_there: bool) -> None:
        """Where no program hears how a case ends, a person looks and says so."""
        last = [case for case in self.books.of(order) if case.number in self._open_reference(order)]
        if not is_there or not last or last[-1].is_open or self._is_followed(last[-1]):
            return
        self._finish(ink, order)
        if last[-1].status is AgencyStatus.RECALLED:
            ink.cancel([_ref(order)], reason="looked", recalled=True, actor=OPERATOR)
        else:
            ink.mark_paid([_ref(order)], reason="looked", actor=OPERATOR)

    def _open_reference(self, order: str) -> set[str]:
        rows = self.house.look(
            "SELECT coalesce(p.case_reference, our_reference) FROM placement p JOIN placement_claim ON placement_id = p.id"
            " JOIN claim c ON c.id = claim_id WHERE open AND record = ?",
            order,
        )
        return {row[0] for row in rows}


def _ref(order: str) -> str:
    return f"shop:{order}"


def _no_clock() -> dt.datetime:
    raise AssertionError("these books are kept, not used")
