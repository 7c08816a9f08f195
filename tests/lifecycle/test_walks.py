"""Random walks: whatever shop, clerk, agency and clock do in whatever order, what must always hold holds."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from world import OPERATOR, World, claim, done, lost, taken, undecided, world

from inkasso_core import AgencyStatus, ClaimRejected, Dispute, OrderEnd, Placement, State, Submission, TemporarilyUnavailable, Text
from inkasso_core.lifecycle import AT_AGENCY, Profile, Role, judge

ORDERS = ("A-1", "A-2")
ONE_DEBTORS = ("A-1", "A-2", "A-3")
STEPS = 60
NO = Text("Nein.", "No.")
WAYS = ("taken", "taken", "undecided", "lost", "lost on the way", "refused", "unavailable")
CASE_OVER = {
    AgencyStatus.REJECTED,
    AgencyStatus.EXPIRED,
    AgencyStatus.RECALLED,
    AgencyStatus.CLOSED_PAID,
    AgencyStatus.CLOSED_PARTIAL,
    AgencyStatus.CLOSED_UNPAID,
}
PLACED = AT_AGENCY | {State.RUNNING, State.UNCLEAR}


class Walk:
    """A town with some orders, each of a debtor of its own or all of one. The agency keeps books of its own, and a person who looks a case
    up tells the truth."""

    def __init__(self, town: World, seed: int, orders: tuple[str, ...] = ORDERS, customer: str | None = None) -> None:
        self.town, self.ink, self.random = town, town.ink, Random(seed)  # noqa: S311  (a test that can be repeated)
        self.orders, self.customer = orders, customer
        self.how = "taken"
        self.kept: dict[str, set[str]] = {}
        """What the agency has taken and not let go: our reference -> orders."""
        self.ever: set[str] = set()
        """The orders that it has ever taken."""
        self.twice: list[str] = []
        self.trail: list[str] = []
        """What happened, for the one who must find out why."""
        town.agency.default = self.submit
        town.report(*(claim(order, customer=customer) for order in orders))

    def step(self) -> None:
        """Let something happen, to one of the orders."""
        what = self.random.choice(HAPPENINGS)
        order = self.random.choice(self.orders)
        self.trail.append(f"{what.__name__} {order}")
        what(self, order)
        self.trail[-1] += f" ({self.how}) -> {', '.join(self.town.state(name) for name in self.orders)}"

    # The shop, the clerk, and what the agency tells him

    def the_shop_reports(self, order: str) -> None:
        pick = self.random.choice
        report = claim(
            order,
            customer=self.customer,
            paid=pick([None, None, "50.00", "153.99"]),
            level=pick([2, 3, 1]),
            ended=pick([None, None, None, OrderEnd.CANCELLED]),
            dispute=pick([None, None, None, Dispute()]),
        )
        self.town.report(report)

    def the_clerk_says(self, order: str) -> None:
        word = self.random.choice(["withdraw", "pause", "remove", "cancel", "reinstate"])
        getattr(self.ink, word)([f"shop:{order}"], reason="because", actor=OPERATOR)

    def the_clerk_holds(self, order: str) -> None:
        until = self.town.clock.day + dt.timedelta(days=self.random.choice([0, 2]))
        self.ink.hold(f"shop:{order}", reason="because", until=until, actor=OPERATOR)

    def the_agency_confirms(self, order: str) -> None:
        ref = f"shop:{order}"
        if not self.open_cases(order) or self.town.state(ref) not in AT_AGENCY:
            return
        match self.random.choice(["pause", "recall", "payment"]):
            case "pause":
                handled = self.ink.pause([ref], reason="because", confirmed=True, actor=OPERATOR)
            case "recall":
                handled = self.ink.cancel([ref], reason="goodwill", recalled=True, actor=OPERATOR)
                self.agency_lets_go(order, AgencyStatus.RECALLED)
            case _:
                for task in self.town.tasks():
                    self.ink.finish_task(task.id, actor=OPERATOR)
                handled = self.ink.mark_paid([ref], reason="told", actor=OPERATOR)
                self.agency_lets_go(order, AgencyStatus.CLOSED_PAID)
        done(handled)

    def a_person_looks_it_up(self, order: str) -> None:
        if self.town.state(order) is State.UNCLEAR:
            found = next(iter(self.open_cases(order)), None)
            again = self.random.choice([True, False])
            self.ink.resolve([f"shop:{order}"], found=found, send_again=again, reason="looked up", actor=OPERATOR)

    # The agency and the clock

    def on_its_way(self, order: str) -> None:
        """Bring the claim, and all of its debtor, as far as it goes, whatever stopped it."""
        refs = [f"shop:{name}" for name in ([order] if self.customer is None else self.orders)]
        for ref in refs:
            self.town.report(claim(ref.removeprefix("shop:"), customer=self.customer))
            self.ink.resume(ref, actor=OPERATOR)
        self.ink.reinstate(refs, reason="another try", actor=OPERATOR)
        self.ink.release(refs, actor=OPERATOR)
        self.sent(order)

    def sent(self, _order: str) -> None:
        self.how = self.random.choice(WAYS)
        self.town.transmit()

    def submit(self, placement: Placement) -> Submission:
        """The agency's side: it notes what it keeps, and answers."""
        ours, orders, how = placement.our_reference, {one.source.order for one in placement.claims}, self.how
        if ours in self.kept or any(self.open_cases(order) for order in orders):
            self.twice.append(ours)  # an assertion would be taken for a mistake of the adapter
        if how in ("lost on the way", "refused", "unavailable"):
            self.town.agency.forgets(ours)
        else:
            self.kept[ours] = orders
            self.ever |= orders
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

    def the_agency_goes_on(self, order: str) -> None:
        self.agency_says(order, self.random.choice([status for status in AgencyStatus if status is not AgencyStatus.MERGED]))
        self.ink.follow()

    def time_passes(self, _order: str) -> None:
        self.how = "taken"
        self.town.clock.forward(hours=self.random.choice([0, 1, 24]))
        self.ink.run_due()

    def open_cases(self, order: str) -> set[str]:
        """What the agency has in hand for an order, by our reference."""
        cases = self.town.agency.cases
        return {ours for ours, orders in self.kept.items() if order in orders and cases[ours].status not in CASE_OVER}

    def agency_says(self, order: str, status: AgencyStatus) -> None:
        for ours in self.open_cases(order):
            self.town.agency.says(status, reference=ours)

    def agency_lets_go(self, order: str, status: AgencyStatus) -> None:
        """What a person has seen to for one claim: the case goes on for the others."""
        for ours in self.open_cases(order):
            if len(self.kept[ours]) > 1:
                self.kept[ours].remove(order)
            else:
                self.town.agency.says(status, reference=ours)

    # What must always hold

    def check(self) -> None:
        """Check it all."""
        assert self.twice == []
        for order in self.orders:
            self.check_history(order)
            self.check_placements(order)

    def check_history(self, order: str) -> None:
        """It is one way through the table, from the beginning to now."""
        before = None
        for entry in self.ink.history(f"shop:{order}"):
            assert entry.from_state == before
            before = entry.to_state
            if entry.from_state != entry.to_state:
                source = State(entry.from_state) if entry.from_state else None
                assert judge(source, State(str(entry.to_state)), Role(entry.role), Profile.SHOP).allowed
        assert before == self.town.state(order)

    def check_placements(self, order: str) -> None:
        """A claim has an open placement while it is on its way or at the agency, and none before and after."""
        stored = self.ink.find(f"shop:{order}")
        is_placed = stored.state in PLACED or stored.former_state in PLACED
        assert sum(p.open for p in self.ink.show(stored.ref).placements) == is_placed
        if stored.state in AT_AGENCY:
            assert order in self.ever


HAPPENINGS: tuple[Callable[[Walk, str], None], ...] = (
    Walk.the_shop_reports,
    Walk.the_clerk_says,
    Walk.the_clerk_holds,
    Walk.the_agency_confirms,
    Walk.a_person_looks_it_up,
    Walk.on_its_way,
    Walk.on_its_way,
    Walk.on_its_way,
    Walk.sent,
    Walk.the_agency_goes_on,
    Walk.the_agency_goes_on,
    Walk.time_passes,
)


@pytest.mark.parametrize("seed", range(10))
def test_a_random_walk(tmp_path: Path, seed: int) -> None:
    with world(tmp_path) as town:
        along(Walk(town, seed))


@pytest.mark.parametrize("seed", range(10))
def test_a_random_walk_of_one_debtors_claims(tmp_path: Path, seed: int) -> None:
    with world(tmp_path, several=len(ONE_DEBTORS)) as town:
        along(Walk(town, seed, ONE_DEBTORS, "K-7"))


def along(walk: Walk) -> None:
    """Go step by step, and look around after each."""
    for _ in range(STEPS):
        walk.step()
        try:
            walk.check()
        except AssertionError as exc:
            exc.add_note("\n".join(walk.trail))
            raise
