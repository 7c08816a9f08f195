"""Placements, instructions and attempts: what is to be told to agencies, and every try of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text
from inkasso_core.store.ids import new_id, new_key
from inkasso_core.store.many import Many
from inkasso_core.store.schema import Money, attempt, claim, instruction, placement, placement_claim

SUBMIT = "submit"
PENDING, IN_FLIGHT, DONE, REFUSED, UNCLEAR, WITHDRAWN = "pending", "in_flight", "done", "refused", "unclear", "withdrawn"


class Job(NamedTuple):
    """An instruction to submit one placement."""

    instruction_id: str
    placement_id: str
    account: str
    our_reference: str
    key: str
    attempts: int
    actor: str


class Open(NamedTuple):
    """The open placement of a claim, with its submission."""

    placement_id: str
    account: str
    agency: str
    our_reference: str
    case_reference: str | None
    agency_status: str | None
    revision_no: int
    placed_on: dt.date | None
    instruction_id: str | None
    instruction_state: str | None

    @property
    def is_sent(self) -> bool:
        """True from the moment a try was stored: the agency may have it, so nothing may be taken back by us alone."""
        return self.instruction_state in (IN_FLIGHT, UNCLEAR, DONE)


def place(
    connection: sa.Connection, *, claim_id: str, tenant: str, account: str, agency: str, revision_no: int, actor: str, at: dt.datetime
) -> str:
    """Open a placement for a claim and queue its submission; the database refuses a second open one. Return its id."""
    placement_id = new_id()
    connection.execute(
        sa.insert(placement).values(
            id=placement_id, tenant=tenant, account=account, agency=agency, our_reference=placement_id, channel=account, opened_at=at
        )
    )
    connection.execute(sa.insert(placement_claim).values(placement_id=placement_id, claim_id=claim_id, revision_no=revision_no, open=True))
    connection.execute(
        sa.insert(instruction).values(
            id=new_id(),
            placement_id=placement_id,
            account=account,
            verb=SUBMIT,
            state=PENDING,
            key=new_key(),
            attempts=0,
            actor=actor,
            created_at=at,
        )
    )
    return placement_id


def place_many(connection: sa.Connection, rows: Iterable[Mapping[str, Any]], at: dt.datetime) -> None:
    """Open many placements at once: each row has ``claim_id tenant account agency revision_no actor``."""
    placed = [{**row, "placement_id": new_id()} for row in rows]
    _PLACE.run(
        connection,
        (
            {**row, "id": row["placement_id"], "our_reference": row["placement_id"], "channel": row["account"], "opened_at": at}
            for row in placed
        ),
    )
    _PLACE_CLAIM.run(connection, ({**row, "open": True} for row in placed))
    _INSTRUCT.run(
        connection,
        ({**row, "id": new_id(), "verb": SUBMIT, "state": PENDING, "key": new_key(), "attempts": 0, "created_at": at} for row in placed),
    )


_PLACE = Many(sa.insert(placement), ("id", "tenant", "account", "agency", "our_reference", "channel", "opened_at"))
_PLACE_CLAIM = Many(sa.insert(placement_claim), ("placement_id", "claim_id", "revision_no", "open"))
_INSTRUCT = Many(sa.insert(instruction), ("id", "placement_id", "account", "verb", "state", "key", "attempts", "actor", "created_at"))


def record_outside(
    connection: sa.Connection,
    *,
    claim_id: str,
    tenant: str,
    account: str,
    agency: str,
    revision_no: int,
    channel: str,
    case_reference: str,
    placed_on: dt.date,
    at: dt.datetime,
) -> str:
    """Note a placement that was made outside; return its id."""
    placement_id = new_id()
    connection.execute(
        sa.insert(placement).values(
            id=placement_id,
            tenant=tenant,
            account=account,
            agency=agency,
            our_reference=placement_id,
            channel=channel,
            case_reference=case_reference,
            placed_on=placed_on,
            opened_at=at,
        )
    )
    connection.execute(sa.insert(placement_claim).values(placement_id=placement_id, claim_id=claim_id, revision_no=revision_no, open=True))
    return placement_id


def open_placements(connection: sa.Connection, claim_ids: Collection[str]) -> dict[str, Open]:
    """Return the open placement per claim, where there is one."""
    query = _placed().where(placement_claim.c.claim_id.in_(sorted(claim_ids)), placement_claim.c.open.is_(True))
    return {row[0]: Open(*row[1:]) for row in connection.execute(query)}


def closed_placement(connection: sa.Connection, claim_id: str, case_reference: str) -> Open | None:
    """Return the newest closed placement of a claim that the agency knows under this reference."""
    query = (
        _placed()
        .where(placement_claim.c.claim_id == claim_id, placement_claim.c.open.is_(False), placement.c.case_reference == case_reference)
        .order_by(placement.c.id.desc())
    )
    row = connection.execute(query).first()
    return Open(*row[1:]) if row is not None else None


def close_placement(connection: sa.Connection, placement_id: str, at: dt.datetime, *, outcome: str | None = None) -> None:
    """Close a placement for all its claims; a submission still pending is withdrawn."""
    connection.execute(sa.update(placement_claim).where(placement_claim.c.placement_id == placement_id).values(open=False))
    connection.execute(sa.update(placement).where(placement.c.id == placement_id).values(closed_at=at, outcome=outcome))
    connection.execute(
        sa.update(instruction)
        .where(instruction.c.placement_id == placement_id, instruction.c.state == PENDING)
        .values(state=WITHDRAWN, ended_at=at)
    )


def reopen_placement(connection: sa.Connection, placement_id: str) -> None:
    """Open a placement again: the agency took the case up once more."""
    connection.execute(sa.update(placement_claim).where(placement_claim.c.placement_id == placement_id).values(open=True))
    connection.execute(sa.update(placement).where(placement.c.id == placement_id).values(closed_at=None, outcome=None))


def update_placement(connection: sa.Connection, placement_id: str, **values: Any) -> None:
    """Store what the agency said of a placement."""
    connection.execute(sa.update(placement).where(placement.c.id == placement_id).values(**values))


def freeze_revisions(connection: sa.Connection, frozen: Iterable[tuple[str, str, int]]) -> None:
    """Note which revision of which claim is handed over: placement, claim, revision."""
    names = ("b_placement_id", "b_claim_id", "revision_no")
    _FREEZE.run(connection, (dict(zip(names, row, strict=True)) for row in frozen))


_FREEZE = Many(
    sa.update(placement_claim)
    .where(placement_claim.c.placement_id == sa.bindparam("b_placement_id"), placement_claim.c.claim_id == sa.bindparam("b_claim_id"))
    .values(revision_no=sa.bindparam("revision_no")),
    ("b_placement_id", "b_claim_id", "revision_no"),
)


# Instructions and attempts


def pending_accounts(connection: sa.Connection, now: dt.datetime) -> list[str]:
    """Return the accounts for which something is due."""
    query = sa.select(instruction.c.account).where(instruction.c.state == PENDING, _due(now)).distinct()
    return sorted(connection.scalars(query))


def pending(connection: sa.Connection, account: str, now: dt.datetime, *, limit: int, after: str = "") -> list[Job]:
    """Return submissions that are due, oldest first."""
    query = (
        _jobs()
        .where(instruction.c.state == PENDING, instruction.c.account == account, instruction.c.id > after, _due(now))
        .order_by(instruction.c.id)
        .limit(limit)
    )
    return [Job(*row) for row in connection.execute(query)]


def stream_pending(connection: sa.Connection, account: str, now: dt.datetime) -> Iterator[Job]:
    """Stream submissions that are due in the order in which a file holds them: day of release, invoice number, key."""
    query = (
        _jobs()
        .join(placement_claim, placement_claim.c.placement_id == placement.c.id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(instruction.c.state == PENDING, instruction.c.account == account, _due(now))
        .order_by(sa.func.substr(placement.c.opened_at, 1, 10), claim.c.invoice_number, claim.c.shop, claim.c.record)
    )
    for row in connection.execution_options(stream_results=True, yield_per=500).execute(query):
        yield Job(*row)


def still_pending(connection: sa.Connection, jobs: Collection[Job]) -> set[str]:
    """Return the ids of those that nobody took meanwhile, locked against others; one that was tried in between is another job by now."""
    query = sa.select(instruction.c.id, instruction.c.attempts).where(
        instruction.c.id.in_(sorted(job.instruction_id for job in jobs)), instruction.c.state == PENDING
    )
    tried = {row.id: row.attempts for row in connection.execute(query.with_for_update())}
    return {job.instruction_id for job in jobs if tried.get(job.instruction_id) == job.attempts}


def any_pending(connection: sa.Connection, account: str, now: dt.datetime) -> bool:
    """True when a submission is due; one whose claim is paused is not."""
    query = (
        sa.select(instruction.c.id)
        .join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(instruction.c.state == PENDING, instruction.c.account == account, _due(now), claim.c.state == State.RUNNING.value)
    )
    return connection.execute(query.limit(1)).first() is not None


def begin_attempt(
    connection: sa.Connection, job: Job, *, owner: str, lease_until: dt.datetime, at: dt.datetime, request_id: str | None = None
) -> str | None:
    """Take an instruction and note the try, before anything is sent; None when someone else took it meanwhile."""
    taken = connection.execute(
        sa.update(instruction)
        .where(instruction.c.id == job.instruction_id, instruction.c.state == PENDING, instruction.c.attempts == job.attempts)
        .values(state=IN_FLIGHT, attempts=job.attempts + 1)
    )
    if taken.rowcount != 1:
        return None
    attempt_id = new_id()
    connection.execute(
        sa.insert(attempt).values(
            id=attempt_id,
            instruction_id=job.instruction_id,
            no=job.attempts + 1,
            owner=owner,
            lease_until=lease_until,
            key=job.key,
            request_id=request_id,
            started_at=at,
        )
    )
    return attempt_id


def end_attempt(
    connection: sa.Connection,
    attempt_id: str,
    instruction_id: str,
    *,
    outcome: str,
    state: str | None,
    at: dt.datetime,
    code: str | None = None,
    message: Text | None = None,
    answer_id: str | None = None,
    not_before: dt.datetime | None = None,
) -> None:
    """Store how a try ended, and what that means for its instruction: its new state, or None where that was decided meanwhile."""
    connection.execute(
        sa.update(attempt)
        .where(attempt.c.id == attempt_id)
        .values(outcome=outcome, code=code, message=message._asdict() if message else None, answer_id=answer_id, ended_at=at)
    )
    if state is None:
        return
    ended = None if state in (PENDING, UNCLEAR) else at
    connection.execute(
        sa.update(instruction).where(instruction.c.id == instruction_id).values(state=state, ended_at=ended, not_before=not_before)
    )


def set_instruction(connection: sa.Connection, instruction_id: str, state: str, at: dt.datetime, *, fresh_key: bool = False) -> None:
    """Change an instruction after a look-up or a person's word; a fresh key only after a certain refusal or a proved absence."""
    values: dict[str, Any] = {"state": state, "ended_at": None if state in (PENDING, UNCLEAR) else at}
    if fresh_key:
        values["key"] = new_key()
    connection.execute(sa.update(instruction).where(instruction.c.id == instruction_id).values(**values))


class Abandoned(NamedTuple):
    """A try without an end: its owner may be gone."""

    attempt_id: str
    owner: str
    lease_until: dt.datetime
    job: Job


def in_flight(connection: sa.Connection) -> list[Abandoned]:
    """Return all tries that were begun one by one and have not ended."""
    query = (
        _jobs()
        .add_columns(attempt.c.id, attempt.c.owner, attempt.c.lease_until)
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .where(instruction.c.state == IN_FLIGHT, attempt.c.ended_at.is_(None), attempt.c.batch_id.is_(None))
    )
    return [Abandoned(row[7], row[8], row[9], Job(*row[:7])) for row in connection.execute(query)]


def last_attempt_at(connection: sa.Connection, instruction_id: str) -> dt.datetime | None:
    """Return when an instruction was last tried."""
    return connection.scalar(
        sa.select(attempt.c.started_at).where(attempt.c.instruction_id == instruction_id).order_by(attempt.c.no.desc()).limit(1)
    )


def last_messages(connection: sa.Connection, placement_ids: Collection[str]) -> list[tuple[Mapping[str, str], str | None]]:
    """Return what tries of these placements ended with, where it was no yes, each with the id of the answer's body: oldest first."""
    query = (
        sa.select(attempt.c.message, attempt.c.answer_id)
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .where(instruction.c.placement_id.in_(sorted(placement_ids)), attempt.c.ended_at.is_not(None))
        .order_by(attempt.c.id)
    )
    return [(row.message, row.answer_id) for row in connection.execute(query) if row.message]


def claims_of(connection: sa.Connection, placement_ids: Collection[str], *, closed_too: bool = False) -> dict[str, list[tuple[str, int]]]:
    """Return, per placement, its claims and the revision of each that is handed over; closed placements have none unless asked for."""
    query = (
        sa.select(placement_claim.c.placement_id, placement_claim.c.claim_id, placement_claim.c.revision_no)
        .where(placement_claim.c.placement_id.in_(sorted(placement_ids)))
        .order_by(placement_claim.c.claim_id)
    )
    if not closed_too:
        query = query.where(placement_claim.c.open.is_(True))
    found: dict[str, list[tuple[str, int]]] = {}
    for placement_id, claim_id, number in connection.execute(query):
        found.setdefault(placement_id, []).append((claim_id, number))
    return found


def placements(connection: sa.Connection, claim_id: str) -> list[sa.Row[Any]]:
    """Return all placements that a claim ever had, oldest first."""
    query = (
        sa.select(placement, placement_claim.c.open, placement_claim.c.revision_no)
        .join(placement_claim, placement_claim.c.placement_id == placement.c.id)
        .where(placement_claim.c.claim_id == claim_id)
        .order_by(placement.c.id)
    )
    return list(connection.execute(query))


def followed(connection: sa.Connection, account: str, states: Collection[str], *, after: str, limit: int) -> list[sa.Row[Any]]:
    """Return open placements of an account whose claims are in these states, by id."""
    query = (
        sa.select(placement, placement_claim.c.claim_id)
        .join(placement_claim, placement_claim.c.placement_id == placement.c.id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(
            placement.c.account == account,
            placement.c.closed_at.is_(None),
            placement_claim.c.open.is_(True),
            claim.c.state.in_(sorted(states)),
            placement.c.id > after,
        )
        .order_by(placement.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))


def any_outside(connection: sa.Connection, account: str) -> bool:
    """Return whether any hand-over made outside was recorded for an account."""
    query = sa.select(placement.c.id).where(placement.c.account == account, placement.c.channel != account).limit(1)
    return connection.execute(query).first() is not None


def gone_since(connection: sa.Connection, account: str, since: dt.datetime) -> tuple[int, Decimal]:
    """Return how many claims left through an account since then, or may have left, and their total amount."""
    query = (
        sa.select(sa.func.count(), sa.func.sum(claim.c.total_open, type_=Money))
        .select_from(attempt)
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(
            instruction.c.account == account,
            instruction.c.verb == SUBMIT,
            instruction.c.state.in_((DONE, IN_FLIGHT, UNCLEAR)),
            attempt.c.no == instruction.c.attempts,  # the last try alone: one that was certainly not processed took nothing away
            attempt.c.started_at >= since,
        )
    )
    number, total = connection.execute(query).one()
    return int(number), total or Decimal(0)


def _placed() -> sa.Select[Any]:
    """Placements with their claims and submissions: the claim's id, then the columns of :class:`Open`."""
    return (
        sa.select(
            placement_claim.c.claim_id,
            placement.c.id,
            placement.c.account,
            placement.c.agency,
            placement.c.our_reference,
            placement.c.case_reference,
            placement.c.agency_status,
            placement_claim.c.revision_no,
            placement.c.placed_on,
            instruction.c.id.label("instruction_id"),
            instruction.c.state,
        )
        .join(placement, placement.c.id == placement_claim.c.placement_id)
        .outerjoin(instruction, sa.and_(instruction.c.placement_id == placement.c.id, instruction.c.verb == SUBMIT))
    )


def _due(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(instruction.c.not_before.is_(None), instruction.c.not_before <= now)


def _jobs() -> sa.Select[Any]:
    return sa.select(
        instruction.c.id,
        instruction.c.placement_id,
        instruction.c.account,
        placement.c.our_reference,
        instruction.c.key,
        instruction.c.attempts,
        instruction.c.actor,
    ).join(placement, placement.c.id == instruction.c.placement_id)
