"""Random walks: whatever shop, clerk, agency and clock do in whatever order, what must always hold holds."""

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from world import OPERATOR, World, claim, done, lost, taken, undecided, world

from inkasso_core import AgencyStatus, ClaimRejected, Dispute, OrderEnd, Placement, State, Submission, TemporarilyUnavailable, Text
from inkasso_core.lifecycle import AT_AGENCY, Profile, Role, judge

ORDERS = ("A-1", "A-2")
NO = Text("Nein.", "No.")
CASE_OVER = {
    AgencyStatus.REJECTED,
    AgencyStatus.EXPIRED,
    AgencyStatus.RECALLED,
    AgencyStatus.CLOSED_PAID,
    AgencyStatus.CLOSED_PARTIAL,
    AgencyStatus.CLOSED_UNPAID,
}
PLACED = AT_AGENCY | {State.RUNNING, State.UNCLEAR}
orders = st.sampled_from(ORDERS)


class Walk(RuleBasedStateMachine):
    """A town with two orders. The agency keeps its own books, and a person who looks a case up tells the truth."""

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.town: World = self.stack.enter_context(world(Path(self.stack.enter_context(TemporaryDirectory()))))
        self.ink = self.town.ink
        self.how = "taken"
        self.town.agency.default = self.submit
        self.twice: list[str] = []
        self.kept: dict[str, str] = {}  # what the agency has ever taken: our reference -> order
        for order in ORDERS:
            self.town.report(claim(order))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    # The shop

    @rule(
        order=orders,
        paid=st.sampled_from([None, None, "50.00", "153.99"]),
        level=st.sampled_from([2, 3, 1]),
        ended=st.sampled_from([None, None, None, None, OrderEnd.CANCELLED]),
        dispute=st.sampled_from([None, None, None, None, Dispute()]),
    )
    def the_shop_reports(self, order: str, paid: str | None, level: int, ended: OrderEnd | None, dispute: Dispute | None) -> None:
        self.town.report(claim(order, paid=paid, level=level, ended=ended, dispute=dispute))

    # The clerk, and what the agency tells him

    @rule(order=orders, word=st.sampled_from(["withdraw", "pause", "remove", "cancel", "reinstate"]))
    def the_clerk_says(self, order: str, word: str) -> None:
        getattr(self.ink, word)([f"shop:{order}"], reason="because", actor=OPERATOR)

    @rule(order=orders, days=st.sampled_from([0, 2]))
    def the_clerk_holds(self, order: str, days: int) -> None:
        until = self.town.clock.day + dt.timedelta(days=days)
        self.ink.hold(f"shop:{order}", reason="because", until=until, actor=OPERATOR)

    @rule(order=orders, what=st.sampled_from(["pause", "recall", "payment"]))
    def the_agency_confirms(self, order: str, what: str) -> None:
        ref = f"shop:{order}"
        if not self.open_cases(order) or self.town.state(ref) not in AT_AGENCY:
            return
        match what:
            case "pause":
                handled = self.ink.pause([ref], reason="because", confirmed=True, actor=OPERATOR)
            case "recall":
                handled = self.ink.cancel([ref], reason="goodwill", recalled=True, actor=OPERATOR)
                self.end(order, AgencyStatus.RECALLED)
            case _:
                for task in self.town.tasks():
                    self.ink.finish_task(task.id, actor=OPERATOR)
                handled = self.ink.mark_paid([ref], reason="told", actor=OPERATOR)
                self.end(order, AgencyStatus.CLOSED_PAID)
        done(handled)

    @rule(order=orders, send_again=st.booleans())
    def a_person_looks_it_up(self, order: str, send_again: bool) -> None:
        if self.town.state(order) is State.UNCLEAR:
            found = next(iter(self.open_cases(order)), None)
            self.ink.resolve([f"shop:{order}"], found=found, send_again=send_again, reason="looked up", actor=OPERATOR)

    # The agency and the clock

    @rule(order=orders, how=st.sampled_from(["taken", "undecided", "lost", "lost on the way", "refused", "unavailable"]))
    def on_its_way(self, order: str, how: str) -> None:
        """Bring the claim as far as it goes, whatever stopped it."""
        ref = f"shop:{order}"
        self.ink.resume(ref, actor=OPERATOR)
        self.ink.reinstate([ref], reason="another try", actor=OPERATOR)
        self.ink.release([ref], actor=OPERATOR)
        self.how = how
        self.town.transmit()
        self.how = "taken"

    def submit(self, placement: Placement) -> Submission:
        """The agency's side: it notes what it keeps, and answers."""
        ours, order, how = placement.our_reference, placement.claim.source.order, self.how
        if ours in self.kept or self.open_cases(order):
            self.twice.append(order)  # an assertion would be taken for a mistake of the adapter
        if how in ("lost on the way", "refused", "unavailable"):
            self.town.agency.forgets(ours)
        else:
            self.kept[ours] = order
        match how:
            case "lost" | "lost on the way":
                raise lost()
            case "refused":
                raise ClaimRejected(NO)
            case "unavailable":
                raise TemporarilyUnavailable(NO, retry_after=60)
            case "undecided":
                self.town.agency.says(AgencyStatus.SUBMITTED)
                return undecided(placement)
        return taken(placement)

    @rule(order=orders, status=st.sampled_from(AgencyStatus))
    def the_agency_goes_on(self, order: str, status: AgencyStatus) -> None:
        for ours in self.open_cases(order):
            if status is not AgencyStatus.MERGED:
                self.town.agency.says(status, reference=ours)

    @rule(hours=st.sampled_from([0, 0, 1, 24]))
    def time_passes(self, hours: int) -> None:
        self.town.clock.forward(hours=hours)
        self.ink.run_due()

    # What must always hold

    def open_cases(self, order: str) -> set[str]:
        """What the agency has in hand for an order, by our reference."""
        cases = self.town.agency.cases
        return {ours for ours, name in self.kept.items() if name == order and cases[ours].status not in CASE_OVER}

    def end(self, order: str, status: AgencyStatus) -> None:
        for ours in self.open_cases(order):
            self.town.agency.says(status, reference=ours)

    @invariant()
    def the_history_is_a_way_of_the_table(self) -> None:
        for order in ORDERS if hasattr(self, "town") else ():
            before = None
            for entry in self.ink.history(f"shop:{order}"):
                assert entry.from_state == before
                before = entry.to_state
                if entry.from_state != entry.to_state:
                    source = State(entry.from_state) if entry.from_state else None
                    assert judge(source, State(str(entry.to_state)), Role(entry.role), Profile.SHOP).allowed
            assert before == self.town.state(order)

    @invariant()
    def nothing_is_handed_over_twice(self) -> None:
        assert not getattr(self, "twice", [])

    @invariant()
    def placements_fit_the_state(self) -> None:
        for order in ORDERS if hasattr(self, "town") else ():
            stored = self.ink.find(f"shop:{order}")
            is_placed = stored.state in PLACED or stored.former_state in PLACED
            assert sum(p.open for p in self.ink.show(stored.ref).placements) == is_placed


def test_random_walks() -> None:
    few = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Walk, settings=few)
