"""The state machine: whatever happens in whatever order on two machines, what must always hold holds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from machine.agency import KINDS, WAYS, WORDS
from machine.house import House, Plan
from machine.play import ORDERS, STARTS, STATUSES, WORDS_OF_CLERK, Play
from machine.shop import CHANGES, TOLD

from inkasso_core import points

EXAMPLES = int(os.environ.get("INKASSO_MACHINE_EXAMPLES", "0"))
"""For the long form: how many examples, other ones each time. Left out, the suite plays the same 500 each time."""
IN_SUITE = 500
STEPS = 8

orders = st.sampled_from(ORDERS)
changes = st.sampled_from(CHANGES)
ways = st.lists(st.sampled_from(WAYS), max_size=2).map(tuple)
words = st.lists(st.sampled_from(WORDS), max_size=3).map(tuple)
minutes = st.sampled_from([5, 20, 20, 130, 24 * 60])
reports = st.one_of(
    st.tuples(st.just("says"), orders, changes),
    st.tuples(st.just("says"), orders, changes),
    st.tuples(st.just("writes"), orders, changes),
    st.tuples(st.just("delivers"), orders, st.integers(0, 3)),
)
runs = st.one_of(
    st.tuples(st.just("transmit"), ways, words),
    st.tuples(st.just("follow")),
    st.tuples(st.just("run_due"), ways, words),
)
clerks = st.tuples(st.just("clerk"), orders, st.sampled_from(WORDS_OF_CLERK))
looks = st.tuples(st.just("looks"), orders)
passes = st.tuples(st.just("passes"), minutes)
goes_on = st.tuples(st.just("goes_on"), orders, st.sampled_from(STATUSES))
takes_over = st.tuples(st.just("takes_over"), st.sampled_from([20, 130]))
meanwhile = st.lists(st.one_of(takes_over, reports, runs, clerks, goes_on), min_size=1, max_size=2).map(tuple)


def plans(*names: str, often: int = 2) -> st.SearchStrategy[Plan | None]:
    """What may befall a machine at these moments: it dies, and ``often`` as likely, or the other one does something meanwhile."""
    moments = st.sampled_from(names)
    crashes = [st.builds(Plan, moments, st.sampled_from([0, 0, 0, 1, 2]), st.none())] * often
    return st.one_of(*crashes, st.builds(Plan, moments, st.sampled_from([0, 0, 0, 1]), meanwhile))


def rooms(*names: str) -> list[str]:
    """The named points of some rooms."""
    return [name for name in points.POINTS if name.partition(".")[0] in names]


SENT = [name for name in rooms("transmit") if name != "transmit.reached"]
AT_AGENCY = ("agency.before", "agency.after", "agency.after")
sending = plans(*SENT, *AT_AGENCY, "commit")
telling = plans(*rooms("telling"), *AT_AGENCY, "commit")
anything = st.one_of(st.none(), plans(*rooms("transmit", "telling", "feed", "notices"), *AT_AGENCY, "shop.told", "commit", ""))
taking = st.one_of(st.none(), plans(*rooms("intake", "release"), "commit", often=1))
machines = st.integers(0, 1)


class Town(RuleBasedStateMachine):
    """Two machines, a shop, a clerk, an agency and a clock; :func:`town_in` says where."""

    house: House
    plays: dict[str, Play]

    def __init__(self) -> None:
        super().__init__()
        self.is_sound = True

    @initialize(kind=st.sampled_from(sorted(KINDS)), start=st.sampled_from(STARTS))
    def begins(self, kind: str, start: str) -> None:
        if kind not in self.plays:
            self.plays[kind] = Play(self.house, KINDS[kind])
        self.play = self.plays[kind]
        self.play.begin(start)

    def act(self, who: int, plan: Plan | None, what: str, *args: Any) -> None:
        self._soundly(lambda: (self.play.act(who, plan, what, *args), self.play.promises.check()))

    def _soundly(self, act: Callable[[], object]) -> None:
        """What is broken already need not come to rest."""
        self.is_sound, was = False, self.is_sound
        act()
        self.is_sound = was

    @rule(who=machines, plan=taking, what=reports)
    def the_shop_reports(self, who: int, plan: Plan | None, what: Any) -> None:
        self.act(who, plan, *what)

    @rule(who=machines, plan=telling, order=orders, change=st.sampled_from(TOLD), words=words)
    def it_tells(self, who: int, plan: Plan | None, order: str, change: str, words: Any) -> None:
        if not self.play.is_there(order):
            self.act(who, None, "anew")
            self.act(who, None, "transmit", (), ())
        self.act(who, None, "says", order, change)
        self.act(who, plan, "transmit", (), words)

    @rule(who=machines, plan=taking, what=clerks)
    def the_clerk_acts(self, who: int, plan: Plan | None, what: Any) -> None:
        self.act(who, plan, *what)

    @rule(who=machines, plan=sending, ways=ways, words=words)
    def it_sends(self, who: int, plan: Plan | None, ways: Any, words: Any) -> None:
        self.act(who, None, "anew")
        self.act(who, plan, "transmit", ways, words)

    @rule(who=machines, plan=anything, what=goes_on)
    def the_agency_goes_on(self, who: int, plan: Plan | None, what: Any) -> None:
        self.act(who, None, *what)
        self.act(who, plan, "follow")

    @rule(who=machines, plan=anything, what=runs, deaf=st.integers(0, 2))
    def it_runs(self, who: int, plan: Plan | None, what: Any, deaf: int) -> None:
        self.act(who, None, "is_deaf", deaf)
        self.act(who, plan, *what)

    @rule(who=machines, what=st.one_of(looks, passes), plan=anything)
    def a_person_looks_or_time_passes(self, who: int, what: Any, plan: Plan | None) -> None:
        self.act(who, plan, *what)

    def teardown(self) -> None:
        """All comes to rest, and the agency's own books are opened."""
        if self.is_sound and hasattr(self, "play"):
            self.play.rest()
            self.play.promises.judge()


def town_in(folder: Path) -> type[RuleBasedStateMachine]:
    """Return the state machine, with its installation in this folder."""
    return type("Town", (Town,), {"house": House(folder), "plays": {}})


def effort(examples: int, *, shrinks: bool = True, **more: Any) -> settings:
    """How hard to look; without ``shrinks`` the first failure found is told as it is."""
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        report_multiple_bugs=shrinks,
        **more,
    )
