"""What people ask of the agency for a while: to let a case rest, and to go on with it. The claims follow once it has said yes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, TransitionRefused
from inkasso_core.lifecycle import AT_AGENCY, Actor, Need, State, judge
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.store import claims, instructions, pauses, placements, queue
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import PAUSE, RESUME, TOLD
from inkasso_core.store.placements import Open
from inkasso_core.telling import halting
from inkasso_core.telling.news import note, queue_up
from inkasso_core.telling.texts import ASKED_FOR, by_hand, named

_OPEN = (*instructions.UNTOLD, TOLD)


class Wanted:
    """What is asked for: the verb, what it says, and whether a person confirms it for the agency."""

    def __init__(self, verb: str, *, reason: str | None = None, until: dt.date | None = None) -> None:
        self.verb, self.reason, self.until = verb, reason, until
        self.body = {"reason": reason, "until": until.isoformat() if until else None} if verb == PAUSE else {}

    def target(self, stored: Stored) -> State:
        """Where the claim is to stand."""
        return State.PAUSED if self.verb == PAUSE else stored.former_state or stored.state


def at_agency(context: Context, ids: Sequence[str], verb: str) -> list[str]:
    """Return those of these claims whose agency is to be asked: it has them, or it is just being asked for the pause that is to end."""
    with context.database.read() as connection:
        found = claims.by_ids(connection, ids)
        if verb == PAUSE:
            return [one.id for one in found if one.state in AT_AGENCY]
        placed = placements.open_placements(connection, ids)
        return [one.id for one in found if halting.is_at_agency(one) and (_is_paused(one) or _asked(connection, placed.get(one.id), PAUSE))]


def _is_paused(stored: Stored) -> bool:
    return stored.state is State.PAUSED


def ask(context: Context, ids: Sequence[str], actor: Actor, wanted: Wanted) -> list[Handled]:
    """Queue that the agency is asked, for the cases that these claims are in; returns what became of each, with the reason of a refusal.

    A case that holds several claims rests whole or not at all. Where no program can ask, there is a task for a person.
    """
    with context.database.write() as connection:
        changes = Changes(context, actor)
        placed = placements.open_placements(connection, ids)
        stored = {one.id: one for one in claims.by_ids(connection, ids, lock=True)}
        asked: dict[str, InkassoError | None] = {}
        handled = []
        for one in stored.values():
            case = placed.get(one.id)
            problem: InkassoError | None = _refused(context, one, actor, wanted)
            if problem is None and case is not None and case.placement_id not in asked:
                asked[case.placement_id] = _ask(connection, changes, one, case, set(stored), wanted)
            if problem is None:
                problem = asked.get(case.placement_id) if case is not None else not_meant(context, one, AT_AGENCY, actor)
            handled.append(Handled(one.ref, veiled(context, one, actor), problem))
        changes.flush(connection)
    return handled


def confirm(context: Context, handled: Sequence[Handled], actor: Actor, verb: str) -> None:
    """Note that a person confirmed it for the agency: for claims that were moved, nothing more is to be asked."""
    ids = [one.stored.id for one in handled if one.ok and one.stored is not None]
    with context.database.write() as connection:
        changes = Changes(context, actor)
        placed = placements.open_placements(connection, ids)
        for stored in claims.by_ids(connection, ids, lock=True):
            if stored.id in placed:
                halting.vouched(connection, changes, placed[stored.id].placement_id, verb)
                halting.finish(connection, changes, stored, verb, "confirmed")
        changes.flush(connection)


def tell_by_hand(context: Context, handled: Sequence[Handled], actor: Actor) -> None:
    """Call a person who tells the agency that it goes on with claims, where the adapter cannot: they go on here already."""
    ids = [one.stored.id for one in handled if one.ok and one.stored is not None and one.stored.state in AT_AGENCY]
    if not ids:
        return
    with context.database.write() as connection:
        changes = Changes(context, actor)
        for stored in claims.by_ids(connection, ids, lock=True):
            _task(connection, changes, stored, RESUME)
        changes.flush(connection)


def offered(context: Context, ids: Sequence[str], verb: str) -> list[str]:
    """Return those claims whose agency can be asked by a program."""
    with context.database.read() as connection:
        placed = placements.open_placements(connection, ids)
    return [one for one in ids if one in placed and placed[one].instruction_id is not None and context.offers(placed[one].account, verb)]


def _refused(context: Context, stored: Stored, actor: Actor, wanted: Wanted) -> TransitionRefused | None:
    """Ask the life cycle whether this person may, given that the agency will confirm it."""
    if not halting.is_at_agency(stored):
        return not_meant(context, stored, AT_AGENCY, actor)
    if wanted.verb == RESUME and not _is_paused(stored):
        verdict = judge(State.PAUSED, stored.state, actor.role, context.profile(stored.shop), {Need.FORMER})
    else:
        facts = {Need.AT_AGENCY, Need.AGENCY_PAUSED, Need.FORMER, Need.REASON}
        verdict = judge(stored.state, wanted.target(stored), actor.role, context.profile(stored.shop), facts)
    if verdict.allowed:
        return None
    if veiled(context, stored, actor) is not stored:
        return not_meant(context, stored, AT_AGENCY, actor)
    return TransitionRefused(named(stored, verdict.text), reason=verdict.reason)


def _ask(connection: Connection, changes: Changes, stored: Stored, placed: Open, meant: set[str], wanted: Wanted) -> InkassoError | None:
    """Queue it for one case, or say why not."""
    context = changes.context
    inside = {claim_id for claim_id, _ in placements.claims_of(connection, [placed.placement_id])[placed.placement_id]}
    if not inside <= meant:
        others = ", ".join(one.ref for one in claims.by_ids(connection, sorted(inside - meant)))
        return TransitionRefused(_WHOLE.fill(ref=stored.ref, others=others), reason="WHOLE_CASE")
    if wanted.verb == RESUME and not _is_paused(stored):
        return _take_back(connection, changes, stored, placed)
    if placed.instruction_id is None or not context.offers(placed.account, wanted.verb):
        _task(connection, changes, stored, wanted.verb)
        return TransitionRefused(_BY_HAND.fill(ref=stored.ref), reason="BY_HAND")
    if _asked(connection, placed, wanted.verb):
        return TransitionRefused(_ASKED.fill(ref=stored.ref), reason="ASKED_ALREADY")
    instruction_id = queue_up(connection, changes, stored, placed, wanted.verb, wanted.body, whole_case=True)
    queued = instructions.by_id(connection, instruction_id)
    if queued is not None:
        note(changes, stored, queued, queue.PENDING, reason=wanted.reason)
    return None


def _take_back(connection: Connection, changes: Changes, stored: Stored, placed: Open) -> InkassoError | None:
    """The pause is not wanted any more: what the agency was not told is withdrawn; what it has heard must come to its end first."""
    rows = [row for row in instructions.of_placement(connection, placed.placement_id, PAUSE) if row.state in _OPEN]
    for row in rows:
        if not instructions.withdraw(connection, row.id, changes.at):
            return TransitionRefused(_UNDER_WAY.fill(ref=stored.ref), reason="ASKED_ALREADY")
        note(changes, stored, row, queue.WITHDRAWN)
    return None


def _asked(connection: Connection, placed: Open | None, verb: str) -> bool:
    """Whether the agency is being asked for it, or has yet to decide."""
    return placed is not None and any(row.state in _OPEN for row in instructions.of_placement(connection, placed.placement_id, verb))


def _task(connection: Connection, changes: Changes, stored: Stored, verb: str) -> None:
    asked = ASKED_FOR[verb]
    changes.task(connection, stored, asked.kind, by_hand(changes, stored, named(stored, asked.text.fill(ref=stored.ref)), verb))


Change = Callable[[Sequence[str]], list[Handled]]
"""What the desk itself does with claims: move them at once."""


def paused(context: Context, ids: Sequence[str], actor: Actor, wanted: Wanted, *, confirmed: bool, move: Change) -> list[Handled]:
    """Pause claims, or end their pauses: at once before the agency, or where a person confirms it for the agency; else by asking it.

    ``move`` is what the desk does at once. Returns what became of each claim, in the order of ``ids``.
    """
    there = [] if confirmed else at_agency(context, ids, wanted.verb)
    if wanted.verb == RESUME:  # where no program can ask to go on, it goes on here, and a person says so there
        can = set(offered(context, there, RESUME))
        with context.database.read() as connection:
            waiting = {one.id for one in claims.by_ids(connection, there) if not _is_paused(one)}
        there = [one for one in there if one in can | waiting]
    at_once = [one for one in ids if one not in set(there)]
    moved = move(at_once) if at_once else []
    if wanted.verb == PAUSE:
        _note_end(context, moved, wanted.until)
    if confirmed:
        confirm(context, moved, actor, wanted.verb)
    elif wanted.verb == RESUME:
        tell_by_hand(context, moved, actor)
    asked = ask(context, there, actor, wanted) if there else []
    place = {claim_id: number for number, claim_id in enumerate(ids)}
    return sorted([*moved, *asked], key=lambda one: place.get(one.stored.id, 0) if one.stored is not None else 0)


def _note_end(context: Context, handled: Sequence[Handled], until: dt.date | None) -> None:
    """Note the last day of pauses that have begun."""
    ids = [one.stored.id for one in handled if one.ok and one.stored is not None]
    if ids:
        with context.database.write() as connection:
            pauses.note(connection, ids, until)


_WHOLE = Text(
    "{ref}: Zum selben Fall gehören auch: {others}. Die Agentur lässt den ganzen Fall ruhen oder keinen: alle nennen.",
    "{ref}: to the same case belong, too: {others}. The agency pauses the whole case or none: name all of them.",
)
_ASKED = Text(
    "{ref}: Das ist bei der Agentur schon beauftragt: `inkasso show {ref}`.",
    "{ref}: the agency was asked for that already: `inkasso show {ref}`.",
)
_UNDER_WAY = Text(
    "{ref}: Die Agentur weiß schon von der Pause: ihre Antwort abwarten, dann fortsetzen.",
    "{ref}: the agency has heard of the pause already: wait for its answer, then resume.",
)
_BY_HAND = Text(
    "{ref}: Die Anbindung kann das nicht veranlassen: die Aufgabe dazu sagt, was zu tun ist (`inkasso tasks`).",
    "{ref}: the adapter cannot arrange that: the task says what is to be done (`inkasso tasks`).",
)
