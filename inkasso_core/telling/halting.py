"""Pauses at the agency (Ruhen): a claim is paused, and goes on, only once the agency has said so, or a person for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from inkasso_core.change import Changes
from inkasso_core.lifecycle import AT_AGENCY, SYSTEM, Actor, Need, State
from inkasso_core.model.agency import AgencyStatus
from inkasso_core.store import claims, instructions, pauses, placements, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import PAUSE, RESUME, TOLD, Queued
from inkasso_core.telling.texts import ASKED_FOR

HALTS = (PAUSE, RESUME)


def is_at_agency(stored: Stored) -> bool:
    """Whether the agency has a claim, paused or not."""
    return stored.state in AT_AGENCY or (stored.state is State.PAUSED and stored.former_state in AT_AGENCY)


def confirmed(connection: Connection, changes: Changes, queued: Queued) -> None:
    """The agency did what it was asked: the claims of the case are paused, or go on, by the word of whoever asked."""
    by, asked = Actor(queued.actor), vault.take_if_kept(connection, queued.body_id) or {}
    until = dt.date.fromisoformat(asked["until"]) if asked.get("until") else None
    inside = placements.claims_of(connection, [queued.placement_id]).get(queued.placement_id, ())
    for stored in claims.by_ids(connection, [claim_id for claim_id, _ in inside], lock=True):
        if queued.verb == PAUSE and stored.state in AT_AGENCY:
            changes.move(stored, State.PAUSED, {Need.AGENCY_PAUSED, Need.AT_AGENCY}, reason=asked.get("reason"), by=by)
            pauses.note(connection, [stored.id], until)
        elif queued.verb == RESUME and stored.state is State.PAUSED and stored.former_state in AT_AGENCY:
            changes.move(stored, stored.former_state, {Need.FORMER, Need.AT_AGENCY}, by=by)
        finish(connection, changes, stored, queued.verb, "confirmed")
    changes.flush(connection)


_GRANTED: Mapping[str, frozenset[AgencyStatus]] = {
    PAUSE: frozenset({AgencyStatus.PAUSED}),
    RESUME: frozenset(
        {AgencyStatus.ACTIVE, AgencyStatus.DISPUTED, AgencyStatus.JUDICIAL, AgencyStatus.ENFORCEMENT, AgencyStatus.MONITORING}
    ),
}
"""What was asked for -> the statuses that grant it."""


def heard(connection: Connection, changes: Changes, placement_id: str, status: AgencyStatus) -> bool:
    """The agency says where a case stands: what it took and had yet to grant may be granted now. True where it is."""
    granted = [
        row
        for verb, statuses in _GRANTED.items()
        if status in statuses
        for row in instructions.of_placement(connection, placement_id, verb)
        if row.state == TOLD
    ]
    for row in granted:
        queue.set_instruction(connection, row.id, queue.DONE, changes.at)
        confirmed(connection, changes, row)
    return bool(granted)


def vouched(connection: Connection, changes: Changes, placement_id: str, verb: str) -> None:
    """A person says that the agency confirmed it: what was not told need not be, and what it had yet to decide is decided."""
    for row in instructions.of_placement(connection, placement_id, verb):
        if row.state in (TOLD, queue.REFUSED, queue.UNCLEAR):
            queue.set_instruction(connection, row.id, instructions.BY_HAND, changes.at)
        instructions.withdraw(connection, row.id, changes.at)


def finish(connection: Connection, changes: Changes, stored: Stored, verb: str, resolution: str) -> None:
    """Finish the task that a person asks for it."""
    kind = ASKED_FOR[verb].kind
    tasks = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind == kind]
    records.finish_tasks(connection, tasks, by=changes.actor.id, at=changes.at, resolution=resolution)
