"""Export files: which placements are in which file, and how far it got."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor
from inkasso_core.store.claims import scope
from inkasso_core.store.ids import new_id
from inkasso_core.store.queue import DONE, IN_FLIGHT, PENDING, UNCLEAR, Job, carry, first_claim
from inkasso_core.store.schema import attempt, batch, claim, instruction, placement, placement_claim, revision

PREPARING, SEALED, PUBLISHED, FINISHED, LOST = "preparing", "sealed", "published", "finished", "lost"
CHANNEL = "file"
"""How a placement was handed over that left in a file."""
_UNFINISHED = (PREPARING, SEALED, PUBLISHED)


class Batch(NamedTuple):
    """One export file."""

    id: str
    account: str
    run: int
    name: str
    state: str
    rows: int
    totals: Mapping[str, str]
    size: int | None
    sha256: str | None
    owner: str
    lease_until: dt.datetime
    placed_on: dt.date
    created_at: dt.datetime
    ended_at: dt.datetime | None


class Row(NamedTuple):
    """One placement of a file: its job, and the bodies of its claims in the revisions that are frozen in it."""

    job: Job
    shop: str
    body_ids: tuple[str, ...]


class Pair(NamedTuple):
    """A try of a file, with what it tries."""

    attempt_id: str
    instruction_id: str
    placement_id: str


def unfinished(connection: sa.Connection, account: str | None = None) -> list[Batch]:
    """Return the files that were begun and not finished, oldest first."""
    query = sa.select(batch).where(batch.c.state.in_(_UNFINISHED)).order_by(batch.c.id)
    if account is not None:
        query = query.where(batch.c.account == account)
    return [Batch(**row._mapping) for row in connection.execute(query)]


def begin(
    connection: sa.Connection, account: str, *, name: Any, owner: str, lease_until: dt.datetime, placed_on: dt.date, at: dt.datetime
) -> Batch:
    """Begin a file; ``name`` makes its name from the run number."""
    run = int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(batch.c.run), 0)).where(batch.c.account == account)) or 0) + 1
    new = Batch(new_id(), account, run, name(run), PREPARING, 0, {}, None, None, owner, lease_until, placed_on, at, None)
    connection.execute(sa.insert(batch).values(**new._asdict()))
    return new


def take_over(connection: sa.Connection, found: Batch, *, owner: str, lease_until: dt.datetime) -> bool:
    """Become the owner of an abandoned file; False when someone else was quicker, or its owner brought it further since it was read."""
    as_read = (batch.c.owner == found.owner, batch.c.lease_until == found.lease_until, batch.c.state == found.state)
    statement = sa.update(batch).where(batch.c.id == found.id, *as_read)
    return connection.execute(statement.values(owner=owner, lease_until=lease_until)).rowcount == 1


def update(connection: sa.Connection, found: Batch, **values: Any) -> bool:
    """Store how far a file got; False when somebody else has taken it over since it was read."""
    statement = sa.update(batch).where(batch.c.id == found.id, batch.c.owner == found.owner)
    return connection.execute(statement.values(**values)).rowcount == 1


def join(connection: sa.Connection, found: Batch, jobs: Sequence[Job], at: dt.datetime) -> None:
    """Put submissions into the file: from now on they are in flight. The caller holds the lock and has seen that they are pending."""
    if not jobs:
        return
    connection.execute(
        sa.update(instruction)
        .where(instruction.c.id == sa.bindparam("b_id"), instruction.c.state == PENDING)
        .values(state=IN_FLIGHT, attempts=sa.bindparam("number")),
        [{"b_id": job.instruction_id, "number": job.attempts + 1} for job in jobs],
    )
    carry(connection, jobs)
    connection.execute(
        sa.insert(attempt),
        [
            {
                "id": new_id(),
                "instruction_id": job.instruction_id,
                "no": job.attempts + 1,
                "batch_id": found.id,
                "owner": found.owner,
                "lease_until": found.lease_until,
                "key": job.key,
                "started_at": at,
            }
            for job in jobs
        ],
    )


def is_empty(connection: sa.Connection, batch_id: str) -> bool:
    """Return whether nothing has joined the file."""
    return connection.execute(sa.select(attempt.c.id).where(attempt.c.batch_id == batch_id).limit(1)).first() is None


def rows(connection: sa.Connection, batch_id: str) -> Iterator[Row]:
    """Stream the file's placements in its order: day of release, invoice number and key of the first claim.

    The order never depends on when it is asked.
    """
    first = claim.alias("first")
    query = (
        sa.select(
            instruction.c.id,
            instruction.c.placement_id,
            instruction.c.account,
            placement.c.our_reference,
            instruction.c.key,
            instruction.c.attempts,
            instruction.c.actor,
            first.c.shop,
            revision.c.body_id,
        )
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .join(placement, placement.c.id == instruction.c.placement_id)
        .join(placement_claim, sa.and_(placement_claim.c.placement_id == placement.c.id, placement_claim.c.open.is_(True)))
        .join(
            revision,
            sa.and_(revision.c.claim_id == placement_claim.c.claim_id, revision.c.no == placement_claim.c.revision_no),
        )
        .join(first, first.c.id == first_claim())
        .where(attempt.c.batch_id == batch_id)
        .order_by(
            sa.func.substr(placement.c.opened_at, 1, 10),
            first.c.invoice_number,
            first.c.shop,
            first.c.record,
            placement_claim.c.claim_id,
        )
    )
    found = connection.execution_options(stream_results=True, yield_per=500).execute(query)
    for head, claims in groupby(found, key=lambda row: row[:8]):
        yield Row(Job(*head[:7]), head[7], tuple(row.body_id for row in claims))


def open_pairs(connection: sa.Connection, batch_id: str, limit: int) -> list[Pair]:
    """Return tries of the file that have not ended."""
    query = (
        sa.select(attempt.c.id, attempt.c.instruction_id, instruction.c.placement_id)
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .where(attempt.c.batch_id == batch_id, attempt.c.ended_at.is_(None))
        .order_by(attempt.c.id)
        .limit(limit)
    )
    return [Pair(*row) for row in connection.execute(query)]


def end(connection: sa.Connection, pairs: Sequence[Pair], *, outcome: str, at: dt.datetime, placed_on: dt.date) -> None:
    """Note that these placements have left, or that nobody knows."""
    if not pairs:
        return
    state = DONE if outcome == "exported" else UNCLEAR
    connection.execute(
        sa.update(attempt).where(attempt.c.id == sa.bindparam("b_id")).values(outcome=outcome, ended_at=at),
        [{"b_id": pair.attempt_id} for pair in pairs],
    )
    connection.execute(
        sa.update(instruction).where(instruction.c.id == sa.bindparam("b_id")).values(state=state, ended_at=at if state == DONE else None),
        [{"b_id": pair.instruction_id} for pair in pairs],
    )
    ids = [pair.placement_id for pair in pairs]
    connection.execute(sa.update(placement).where(placement.c.id.in_(ids)).values(placed_on=placed_on, channel=CHANNEL))


def by_name(connection: sa.Connection, name: str, account: str | None = None) -> Batch | None:
    """Return a file by its name."""
    query = sa.select(batch).where(batch.c.name == name)
    if account is not None:
        query = query.where(batch.c.account == account)
    row = connection.execute(query.order_by(batch.c.id.desc())).first()
    return Batch(**row._mapping) if row is not None else None


def claim_ids(connection: sa.Connection, batch_id: str, state: str, actor: Actor, *, after: str, limit: int) -> list[str]:
    """Return the claims of a file that are in some state and that the actor may see, by id."""
    query = (
        sa.select(claim.c.id)
        .join(placement_claim, placement_claim.c.claim_id == claim.c.id)
        .join(instruction, instruction.c.placement_id == placement_claim.c.placement_id)
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .where(attempt.c.batch_id == batch_id, claim.c.state == state, placement_claim.c.open.is_(True), claim.c.id > after)
        .order_by(claim.c.id)
        .limit(limit)
    )
    return list(connection.scalars(scope(query, actor)))
