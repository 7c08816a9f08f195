"""Figures for whoever watches over an installation: how long the queue of each account is and how old, and how its last tries ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from inkasso_core.lifecycle import State
from inkasso_core.store import instructions
from inkasso_core.store.queue import IN_FLIGHT, PENDING, REFUSED, SUBMIT, UNCLEAR, due
from inkasso_core.store.schema import attempt, claim, instruction, placement_claim

_WELL = ("accepted", "submitted", "sent", "exported", instructions.NOT_SENT)
"""Outcomes of tries that are no failure."""


def waiting(connection: sa.Connection) -> Mapping[tuple[str, str], int]:
    """Return account and state -> how many instructions there are, of those that have not come to their end; paused claims wait, too."""
    wanted = instruction.c.state.in_((PENDING, IN_FLIGHT, UNCLEAR, REFUSED))
    submitted = sa.and_(instruction.c.verb == SUBMIT, instruction.c.state == REFUSED)
    query = sa.select(instruction.c.account, instruction.c.state, sa.func.count()).where(wanted, ~submitted)
    return {(row[0], row[1]): row[2] for row in connection.execute(query.group_by(instruction.c.account, instruction.c.state))}


def due_since(connection: sa.Connection, account: str, now: dt.datetime) -> dt.datetime | None:
    """Return since when the oldest instruction is due that could be sent now; None where there is none."""
    since = sa.func.coalesce(instruction.c.not_before, instruction.c.created_at, type_=instruction.c.created_at.type)
    inside = sa.and_(placement_claim.c.placement_id == instruction.c.placement_id, placement_claim.c.open.is_(True))
    goes = sa.select(claim.c.id).join(placement_claim, placement_claim.c.claim_id == claim.c.id)
    goes = goes.where(inside, claim.c.state == State.RUNNING.value)
    mine = (instruction.c.account == account, instruction.c.verb == SUBMIT, instruction.c.state == PENDING, due(now), goes.exists())
    found = [connection.scalar(sa.select(sa.func.min(since, type_=instruction.c.created_at.type)).where(*mine))]
    found += [one.not_before or one.created_at for one in instructions.heads(connection, account, now, limit=None)]
    return min((at for at in found if at is not None), default=None)


def claims(connection: sa.Connection) -> Mapping[tuple[str, State], int]:
    """Return account and state -> how many claims stand there; one that is paused stands where it stood."""
    is_paused = claim.c.state == sa.literal_column(f"'{State.PAUSED.value}'")  # no parameter: the database is to see that both are one
    stands = sa.case((is_paused, claim.c.former_state), else_=claim.c.state)
    query = sa.select(claim.c.account, stands, sa.func.count()).where(claim.c.account.is_not(None)).group_by(claim.c.account, stands)
    return {(row[0], State(row[1])): row[2] for row in connection.execute(query)}


def failures(connection: sa.Connection, since: dt.datetime) -> Mapping[str, dict[str, int]]:
    """Return account -> outcome -> how many tries ended so since then, without those that ended well."""
    query = (
        sa.select(instruction.c.account, attempt.c.outcome, sa.func.count())
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .where(attempt.c.started_at >= since, attempt.c.outcome.is_not(None), attempt.c.outcome.not_in(_WELL))
        .group_by(instruction.c.account, attempt.c.outcome)
        .order_by(attempt.c.outcome)
    )
    found: dict[str, dict[str, int]] = {}
    for account, outcome, count in connection.execute(query):
        found.setdefault(account, {})[outcome] = count
    return found
