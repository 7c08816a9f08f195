"""The marketplace (the "Schulden-Tab / Inkasso-Beta"), cell by cell: who may do what to a claim in which state, and what it then is.

``TABLE`` is the table of the reference (states and transitions of the marketplace) as people at a desk would ask it, each cell tried
through the facade on a claim of its own. A cell is the state in which the claim then is, or why nothing was done.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from world import OPERATOR, VENDOR, World, claim, done, lost, world

from inkasso_core import AgencyStatus, ClaimRejected, Inkasso, State, Text
from inkasso_core.lifecycle import ACTIONS, SYSTEM, Actor, Profile, actions, state_label
from inkasso_core.release import Handled

TABLE = """
waiting              | release          | RED       | RED           | RED
waiting              | cancel           | cancelled | cancelled     | ORDER_ENDED
waiting              | cancel, recalled | cancelled | cancelled     | ORDER_ENDED
waiting              | mark_paid        | never     | paid          | NOTHING_OPEN
waiting              | pause            | never     | paused        | never
waiting              | record_handover  | never     | handed_over   | never
waiting              | remove           | never     | never         | never
ready                | release          | running   | running       | UNATTENDED
ready                | cancel           | cancelled | cancelled     | ORDER_ENDED
ready                | cancel, recalled | cancelled | cancelled     | ORDER_ENDED
ready                | mark_paid        | never     | paid          | NOTHING_OPEN
ready                | pause            | never     | paused        | never
ready                | record_handover  | never     | handed_over   | never
ready                | remove           | never     | never         | never
running              | withdraw         | ready     | ready         | ready
running              | cancel           | cancelled | cancelled     | ORDER_ENDED
running              | cancel, recalled | cancelled | cancelled     | ORDER_ENDED
running              | mark_paid        | never     | paid          | NOTHING_OPEN
running              | pause            | never     | paused        | never
running              | record_handover  | never     | handed_over   | MANDATE
exported             | cancel           | never     | CONSENT       | RECALLED
exported             | cancel, recalled | never     | cancelled     | cancelled
exported             | mark_paid        | never     | paid          | AGENCY_CLOSED
exported             | pause            | never     | paused        | never
exported             | record_handover  | never     | PROOF         | PROOF
handed_over          | cancel           | never     | CONSENT       | RECALLED
handed_over          | cancel, recalled | never     | cancelled     | cancelled
handed_over          | mark_paid        | never     | paid          | AGENCY_CLOSED
handed_over          | pause            | never     | paused        | never
failed               | release          | never     | running       | never
failed               | cancel           | cancelled | cancelled     | ORDER_ENDED
failed               | cancel, recalled | cancelled | cancelled     | ORDER_ENDED
failed               | mark_paid        | never     | paid          | NOTHING_OPEN
failed               | pause            | never     | paused        | never
failed               | record_handover  | never     | handed_over   | never
failed               | remove           | never     | never         | never
unclear              | release          | never     | LOOKED_UP     | LOOKED_UP
unclear              | record_handover  | never     | LOOKED_UP     | LOOKED_UP
paused (ready)       | release          | never     | FORMER        | FORMER
paused (ready)       | withdraw         | never     | -             | -
paused (ready)       | cancel           | never     | cancelled     | ORDER_ENDED
paused (ready)       | cancel, recalled | never     | cancelled     | ORDER_ENDED
paused (ready)       | mark_paid        | never     | paid          | NOTHING_OPEN
paused (ready)       | pause            | never     | -             | -
paused (ready)       | resume           | never     | ready         | ready
paused (ready)       | record_handover  | never     | FORMER        | FORMER
paused (ready)       | remove           | never     | -             | -
paused (ready)       | reinstate        | never     | -             | -
paused (running)     | release          | never     | FORMER        | FORMER
paused (running)     | withdraw         | never     | -             | -
paused (running)     | cancel           | never     | cancelled     | ORDER_ENDED
paused (running)     | cancel, recalled | never     | cancelled     | ORDER_ENDED
paused (running)     | mark_paid        | never     | paid          | NOTHING_OPEN
paused (running)     | pause            | never     | -             | -
paused (running)     | resume           | never     | running       | running
paused (running)     | record_handover  | never     | FORMER        | FORMER
paused (running)     | remove           | never     | -             | -
paused (running)     | reinstate        | never     | -             | -
paused (handed_over) | release          | never     | FORMER        | FORMER
paused (handed_over) | withdraw         | never     | -             | -
paused (handed_over) | cancel           | never     | BEFORE_AGENCY | RECALLED
paused (handed_over) | cancel, recalled | never     | cancelled     | cancelled
paused (handed_over) | mark_paid        | never     | paid          | AGENCY_CLOSED
paused (handed_over) | pause            | never     | -             | -
paused (handed_over) | resume           | never     | handed_over   | handed_over
paused (handed_over) | record_handover  | never     | FORMER        | FORMER
paused (handed_over) | remove           | never     | -             | -
paused (handed_over) | reinstate        | never     | -             | -
cancelled            | record_handover  | never     | never         | REOPENED
cancelled            | reinstate        | never     | ready         | never
paid                 | record_handover  | never     | never         | REOPENED
closed               | record_handover  | never     | never         | REOPENED
closed               | reinstate        | never     | ready         | never
"""
"""State | what is done | by the vendor | by the operator | by the system.

``-``: there is no such way for anybody, and so for every line that is left out. ``never``: not in this role. In capitals: what is missing.
"""

ROLES: dict[str, Actor] = {"vendor": VENDOR, "operator": OPERATOR, "system": SYSTEM}
OUTSIDE: dict[str, Any] = {"channel": "portal", "case_reference": "AZ-77", "on": dt.date(2026, 6, 1), "reason": "entered by hand"}

Act = Callable[[Inkasso, str, Actor], list[Handled]]
ACTS: Mapping[str, Act] = {
    "release": lambda ink, ref, actor: ink.release([ref], actor=actor),
    "withdraw": lambda ink, ref, actor: ink.withdraw([ref], reason="not yet", actor=actor),
    "cancel": lambda ink, ref, actor: ink.cancel([ref], reason="goodwill", actor=actor),
    "cancel, recalled": lambda ink, ref, actor: ink.cancel([ref], reason="goodwill", consent=True, recalled=True, actor=actor),
    "mark_paid": lambda ink, ref, actor: ink.mark_paid([ref], reason="all is booked", actor=actor),
    "pause": lambda ink, ref, actor: ink.pause([ref], reason="undecided", confirmed=True, actor=actor),
    "resume": lambda ink, ref, actor: ink.resume([ref], actor=actor),
    "record_handover": lambda ink, ref, actor: ink.record_handover([ref], actor=actor, **OUTSIDE),
    "remove": lambda ink, ref, actor: ink.remove([ref], actor=actor),
    "reinstate": lambda ink, ref, actor: ink.reinstate([ref], reason="after all", actor=actor),
}
"""What people do at the desk, as the facade calls it."""


def _refuse(town: World) -> None:
    text = Text("Die Anschrift ist unbekannt.", "The address is not known.")
    town.agency.default = ClaimRejected(text, agency="scripted", agency_code="ADDR")
    town.transmit()


def _lose(town: World) -> None:
    town.agency.default = lost()
    while town.ink.count().get(State.RUNNING):  # an agency that does not answer is left alone for a while
        town.transmit()
        town.clock.forward(minutes=31)


def _each(act: str, *, ok: bool = True) -> Callable[[World, list[str]], None]:
    def do(town: World, refs: list[str]) -> None:
        for ref in refs:
            handled = ACTS[act](town.ink, ref, OPERATOR)
            assert handled[0].ok is ok

    return do


class Start(NamedTuple):
    """How many claims at once come into a state."""

    via: str
    """What the world does: ready, running, handed_over."""
    then: Callable[[World, list[str]], None] = lambda town, refs: None


def _close(town: World, refs: list[str]) -> None:
    for reference in list(town.agency.cases):
        town.agency.says(AgencyStatus.CLOSED_UNPAID, reference=reference)
    town.ink.follow()


STARTS: Mapping[str, Start] = {
    "waiting": Start("waiting"),
    "ready": Start("ready"),
    "running": Start("running"),
    "exported": Start("exported"),
    "handed_over": Start("handed_over"),
    "failed": Start("running", lambda town, refs: _refuse(town)),
    "unclear": Start("running", lambda town, refs: _lose(town)),
    "paused (ready)": Start("ready", _each("pause")),
    "paused (running)": Start("running", _each("pause")),
    "paused (handed_over)": Start("handed_over", _each("pause")),
    "cancelled": Start("ready", _each("cancel")),
    "paid": Start("ready", _each("mark_paid")),
    "closed": Start("handed_over", _close),
}


def orders() -> dict[tuple[str, str], str]:
    """A claim of its own for every action and role."""
    cells = [(act, role) for act in ACTS for role in ROLES]
    return {cell: f"M-{number}" for number, cell in enumerate(cells, 1)}


def brought(town: World, start: str) -> dict[tuple[str, str], str]:
    """Bring one claim for each cell into a state; return their refs."""
    way, keys = STARTS[start], orders()
    if way.via == "waiting":
        town.report(*(claim(order, vendor="viktor", level=1) for order in keys.values()))
        refs = [f"shop:{order}" for order in keys.values()]
    elif way.via == "exported":
        refs = town.running(*keys.values(), vendor="viktor")
        town.transmit()
    else:
        refs = getattr(town, way.via)(*keys.values(), vendor="viktor")
    way.then(town, refs)
    wanted = State(start.split(" ")[0])
    assert {town.state(ref) for ref in refs} == {wanted}
    return dict(zip(keys, refs, strict=True))


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[World, dict[tuple[str, str], str]]]]:
    """A marketplace for each state, made when it is first asked for."""
    with ExitStack() as opened:
        made: dict[str, tuple[World, dict[tuple[str, str], str]]] = {}

        def town_of(start: str) -> tuple[World, dict[tuple[str, str], str]]:
            if start not in made:
                accounts = {"agency": {"agency": "plain-file"}} if start == "exported" else None
                shops = {"shop": {"profile": "marketplace"}}
                town = opened.enter_context(world(tmp_path_factory.mktemp("market"), shops=shops, accounts=accounts))
                made[start] = town, brought(town, start)
            return made[start]

        yield town_of


def outcome(town: World, ref: str, act: str, role: str) -> str:
    (handled,) = ACTS[act](town.ink, ref, ROLES[role])
    if handled.ok:
        return town.state(ref).value
    assert handled.problem is not None
    return str(getattr(handled.problem, "reason", handled.problem.code))


MARKS = {"NO_SUCH_CHANGE": "-", "ROLE": "never"}
CELLS = {
    (state, act, role): cell
    for line in TABLE.strip().splitlines()
    for state, act, *row in [[part.strip() for part in line.split("|")]]
    for role, cell in zip(ROLES, row, strict=True)
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("start", STARTS)
def test_a_cell(towns: Callable[[str], tuple[World, dict[tuple[str, str], str]]], start: str, act: str, role: str) -> None:
    town, refs = towns(start)
    ref = refs[act, role]
    before, entries = town.state(ref), len(town.ink.history(ref))
    found = outcome(town, ref, act, role)
    assert MARKS.get(found, found) == CELLS.get((start, act, role), "-")
    if found not in set(State):
        assert town.state(ref) is before
        assert len(town.ink.history(ref)) == entries
    else:
        assert {entry.actor for entry in town.ink.history(ref)[entries:]} >= {ROLES[role].id}


@pytest.mark.parametrize("start", STARTS)
def test_nothing_is_ever_deleted(towns: Callable[[str], tuple[World, dict[tuple[str, str], str]]], start: str) -> None:
    """Whatever was tried with them, all claims are listed, to the operator now and to the vendor after the next update."""
    town, refs = towns(start)
    for act, role in refs:
        ACTS[act](town.ink, refs[act, role], ROLES[role])
    town.ink.publish_vendor_view()
    for actor in (OPERATOR, VENDOR):
        assert {stored.ref for stored in town.ink.claims(actor=actor)} == set(refs.values())
    assert not [name for name in dir(Inkasso) if "delete" in name or "erase" in name]


def test_the_lines_of_the_table_are_all_asked() -> None:
    assert {(start, act) for start, act, _ in CELLS} <= {(start, act) for start in STARTS for act in ACTS}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("start", STARTS)
def test_what_a_page_offers_is_what_the_table_permits(start: str, role: str) -> None:
    offered = actions(State(start.split(" ")[0]), ROLES[role].role, Profile.MARKETPLACE)
    permitted = {act for act in ACTS if CELLS.get((start, act, role), "-") not in ("-", "never", "RED", "LOOKED_UP", "FORMER")}
    assert set(offered) == permitted & ACTIONS.keys()


# The rows of the reference that are a way and no single step


def failed(town: World, order: str = "M-1") -> str:
    (ref,) = town.running(order, vendor="viktor")
    _refuse(town)
    town.agency.default = None
    assert town.state(ref) is State.FAILED
    return ref


@pytest.fixture
def market(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, shops={"shop": {"profile": "marketplace"}}) as town:
        yield town


def test_from_failed_to_handed_over_it_takes_two_steps_in_this_order(market: World) -> None:
    ref = failed(market)
    error = market.ink.show(ref).error
    assert error is not None
    assert "ADDR" in error.de
    for actor in ROLES.values():
        assert not market.ink.resolve([ref], found="AZ-1", reason="it is there", actor=actor)[0].ok
        assert market.ink.confirm([ref], case_reference="AZ-1", actor=actor)[0][1] is not None
    market.ink.run_due()
    assert market.state(ref) is State.FAILED
    done(market.ink.release([ref], actor=OPERATOR))
    assert (market.state(ref), len(market.agency.sent)) == (State.RUNNING, 1)
    market.transmit()
    assert market.trail(ref)[-3:] == ["failed", "running", "handed_over"]
    assert market.ink.show(ref).error is None


def test_a_status_that_reverts_by_itself_is_a_task(market: World) -> None:
    (ref,) = market.handed_over("M-1", vendor="viktor")
    market.agency.says(AgencyStatus.SUBMITTED)
    market.ink.run_due()
    assert market.state(ref) is State.UNCLEAR
    (task,) = market.tasks("status_reverted")
    assert "von selbst" in task.message.de
    market.ink.run_due()
    assert len(market.tasks("status_reverted")) == 1
    assert [task.kind for task in market.ink.tasks(actor=OPERATOR)] == ["status_reverted"]


def test_the_state_of_a_new_claim_is_called_locked() -> None:
    assert state_label(State.READY, Profile.MARKETPLACE) == Text("Gesperrt", "locked")
