"""Instructions besides the submission: what an agency is told of a case that it has, one at a time and in order for each placement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor, State
from inkasso_core.store.claims import scope
from inkasso_core.store.ids import new_key
from inkasso_core.store.order import next_id
from inkasso_core.store.queue import DONE as DONE
from inkasso_core.store.queue import IN_FLIGHT, PENDING, REFUSED, SUBMIT, UNCLEAR, WITHDRAWN, add_attempt, due, take
from inkasso_core.store.queued import note as note_queued
from inkasso_core.store.schema import attempt, claim, instruction, placement, placement_claim

REPORT_PAYMENT, AMEND, RECALL, PAUSE, RESUME = "report_payment", "amend", "recall", "pause", "resume"
SEND_MESSAGE, SEND_DOCUMENT = "send_message", "send_document"
KEYED = (REPORT_PAYMENT, AMEND, RECALL)
"""What an agency that documents idempotency (:attr:`Agency.idempotent`) may be told again under the same key."""
MOOT = (AMEND, RECALL, PAUSE, RESUME)
"""What nobody needs to hear any more once the case has ended."""
STEERS = (RECALL, PAUSE, RESUME)
"""What moves the claims of a case, once the agency says yes."""
WRITTEN = (SEND_MESSAGE, SEND_DOCUMENT)
"""What people wrote: it is sent, or a person is called."""
TOLD = "told"
"""The agency has heard of it, and decides later."""
UNKNOWN, NOT_SENT = "unknown", "not_sent"
"""Outcome of a try whose answer was lost, and of one that ended before its request went out."""
BY_HAND = "by_hand"
"""A person tells it: there is a task, or there was one."""
UNTOLD = (PENDING, IN_FLIGHT, UNCLEAR)
"""States of what must come to its end before the next one of the same placement is told."""
WANTED = (*UNTOLD, REFUSED)
"""States of what people may want to see: it waits, or something is to be done."""
_UNDECIDED = tuple(state.value for state in (State.RUNNING, State.EXPORTED, State.UNCLEAR))


class Queued(NamedTuple):
    """An instruction besides the submission, as it stands in the queue."""

    id: str
    placement_id: str
    claim_id: str | None
    """None where it is about the whole case."""
    account: str
    verb: str
    state: str
    key: str
    attempts: int
    body_id: str
    not_before: dt.datetime | None
    actor: str
    created_at: dt.datetime
    ended_at: dt.datetime | None


def add(
    connection: sa.Connection,
    *,
    placement_id: str,
    account: str,
    verb: str,
    actor: str,
    at: dt.datetime,
    body_id: str,
    claim_id: str | None,
    state: str = PENDING,
) -> str:
    """Queue an instruction, under a key of its own; return its id."""
    row = Queued(
        next_id(connection, _LAST, of=placement_id),
        placement_id,
        claim_id,
        account,
        verb,
        state,
        new_key(),
        0,
        body_id,
        None,
        actor,
        at,
        None if state == PENDING else at,
    )
    connection.execute(sa.insert(instruction).values(**row._asdict()))
    if state == PENDING:
        note_queued(connection, account)
    return row.id


_LAST = sa.select(sa.func.max(instruction.c.id)).where(instruction.c.placement_id == sa.bindparam("of"))


# Reading


def of_claim(connection: sa.Connection, placement_id: str, claim_id: str, verb: str) -> list[Queued]:
    """Return the instructions of one kind about a claim in a placement, oldest first, without those withdrawn."""
    return _read(connection, _of_placement(placement_id, verb).where(instruction.c.claim_id == claim_id))


def of_placement(connection: sa.Connection, placement_id: str, verb: str) -> list[Queued]:
    """Return the instructions of one kind about a placement and its claims, oldest first, without those withdrawn."""
    return _read(connection, _of_placement(placement_id, verb))


def by_id(connection: sa.Connection, instruction_id: str) -> Queued | None:
    """Return an instruction; None where there is none of that id, and for a submission."""
    found = _read(connection, _queued().where(instruction.c.id == instruction_id))
    return found[0] if found else None


def heads(connection: sa.Connection, account: str, now: dt.datetime, *, limit: int | None, without: Collection[str] = ()) -> list[Queued]:
    """Return what may be told now: of each placement the first one, if it is due and the agency has the case.

    Vendors take turns, each with what waits longest of his: one who has thousands keeps no other waiting.
    """
    first = sa.select(sa.func.min(placement_claim.c.claim_id)).where(placement_claim.c.placement_id == instruction.c.placement_id)
    about = sa.func.coalesce(instruction.c.claim_id, first.correlate(instruction).scalar_subquery())
    turn = sa.func.row_number().over(partition_by=(claim.c.tenant, claim.c.vendor), order_by=instruction.c.id)
    query = _queued().join(claim, claim.c.id == about)
    query = query.where(instruction.c.account == account, instruction.c.id.not_in(sorted(without)), _is_head(now))
    query = query.order_by(turn, instruction.c.id)
    return _read(connection, query if limit is None else query.limit(limit))


def still_heads(connection: sa.Connection, some: Sequence[Queued], now: dt.datetime) -> list[Queued]:
    """Return those that nobody took or changed meanwhile and that may be told now, in their order; locked until the transaction ends.

    What another worker has locked is left to him.
    """
    query = _queued().where(instruction.c.id.in_(sorted(one.id for one in some)), _is_head(now))
    found = {one.id: one for one in _read(connection, query.with_for_update(of=instruction, skip_locked=True))}
    return [found[one.id] for one in some if one.id in found and found[one.id].attempts == one.attempts]


def any_head(connection: sa.Connection, account: str, now: dt.datetime) -> bool:
    """Return whether the agency of an account may be told something now; cheap also where thousands wait."""
    query = sa.select(instruction.c.id).where(instruction.c.account == account, _is_head(now))
    return connection.execute(query.limit(1)).first() is not None


def accounts(connection: sa.Connection, now: dt.datetime) -> list[str]:
    """Return the accounts whose agency may be told something now."""
    return sorted(connection.scalars(sa.select(instruction.c.account).where(_is_head(now)).distinct()))


def count(connection: sa.Connection) -> Mapping[str, int]:
    """Return how many instructions there are per state, of those in which something waits or is to be done."""
    query = sa.select(instruction.c.state, sa.func.count()).where(instruction.c.verb != SUBMIT, instruction.c.state.in_(WANTED))
    return {row[0]: row[1] for row in connection.execute(query.group_by(instruction.c.state))}


class Listed(NamedTuple):
    """An instruction for people: with the claim that it is about, or the first one of its case, and how its last try ended."""

    queued: Queued
    ref: str
    our_reference: str
    case_reference: str | None
    message: Mapping[str, str] | None


def listed(
    connection: sa.Connection,
    actor: Actor,
    *,
    states: Sequence[str] | None = WANTED,
    account: str | None = None,
    claim_id: str | None = None,
    instruction_id: str | None = None,
) -> list[Listed]:
    """Return instructions that the actor may see, oldest first; with ``claim_id`` those about that claim, or about a case that it is in."""
    first = sa.select(sa.func.min(placement_claim.c.claim_id)).where(placement_claim.c.placement_id == instruction.c.placement_id)
    said = (
        sa.select(attempt.c.message)
        .where(attempt.c.instruction_id == instruction.c.id, attempt.c.no == instruction.c.attempts)
        .correlate(instruction)
        .scalar_subquery()
    )
    about = sa.func.coalesce(instruction.c.claim_id, first.correlate(instruction).scalar_subquery())
    query = (
        _queued()
        .add_columns(claim.c.shop, claim.c.record, placement.c.our_reference, placement.c.case_reference, said)
        .join(placement, placement.c.id == instruction.c.placement_id)
        .join(claim, claim.c.id == about)
        .order_by(instruction.c.id)
    )
    if states is not None:
        query = query.where(instruction.c.state.in_(states))
    if account is not None:
        query = query.where(instruction.c.account == account)
    if instruction_id is not None:
        query = query.where(instruction.c.id == instruction_id)
    if claim_id is not None:
        mine = sa.select(placement_claim.c.placement_id).where(placement_claim.c.claim_id == claim_id)
        query = query.where(
            instruction.c.placement_id.in_(mine), sa.or_(instruction.c.claim_id.is_(None), instruction.c.claim_id == claim_id)
        )
    size = len(Queued._fields)
    return [
        Listed(Queued(*row[:size]), f"{row[size]}:{row[size + 1]}", *row[size + 2 :]) for row in connection.execute(scope(query, actor))
    ]


# Telling


def begin(
    connection: sa.Connection, queued: Queued, *, owner: str, lease_until: dt.datetime, at: dt.datetime, request_id: str
) -> str | None:
    """Take an instruction and note the try, before anything is sent; None where somebody was quicker."""
    if not take(connection, queued.id, queued.attempts, queued.state):
        return None
    return add_attempt(connection, queued.id, queued.attempts + 1, queued.key, owner, lease_until, at, request_id)


def mark_sent(connection: sa.Connection, attempt_id: str, at: dt.datetime) -> bool:
    """Note that the request goes out now; False where the try was given up or its instruction withdrawn: then nothing may be sent."""
    taken = sa.select(instruction.c.id).where(instruction.c.id == attempt.c.instruction_id, instruction.c.state == IN_FLIGHT).exists()
    mine = sa.update(attempt).where(attempt.c.id == attempt_id, _is_unsent(), taken).values(sent_at=at)
    return connection.execute(mine).rowcount == 1


def give_back(connection: sa.Connection, attempt_id: str, queued: Queued, at: dt.datetime) -> bool:
    """End a try that certainly sent nothing: its instruction waits again, under the same key. False where that is not so any more."""
    mine = sa.update(attempt).where(attempt.c.id == attempt_id, _is_unsent()).values(outcome=NOT_SENT, ended_at=at)
    if connection.execute(mine).rowcount != 1:
        return False
    state = UNCLEAR if is_unsure(connection, queued.id, queued.key) else PENDING
    taken = sa.and_(instruction.c.id == queued.id, instruction.c.state == IN_FLIGHT)
    connection.execute(sa.update(instruction).where(taken).values(state=state))
    return True


def take_back_of(connection: sa.Connection, account: str, at: dt.datetime) -> int:
    """Give back all that was taken of an account and not sent; returns how many there were."""
    return sum(give_back(connection, one.attempt_id, one.queued, at) for one in in_flight(connection, account) if one.sent_at is None)


def _is_unsent() -> sa.ColumnElement[bool]:
    return sa.and_(attempt.c.sent_at.is_(None), attempt.c.ended_at.is_(None))


class Abandoned(NamedTuple):
    """A try without an end: its owner may be gone."""

    attempt_id: str
    owner: str
    lease_until: dt.datetime
    sent_at: dt.datetime | None
    """When its request went out; None: certainly nothing was sent."""
    queued: Queued


def in_flight(connection: sa.Connection, account: str | None = None) -> list[Abandoned]:
    """Return all tries that have not ended, of one account or all."""
    query = (
        _queued()
        .add_columns(attempt.c.id, attempt.c.owner, attempt.c.lease_until, attempt.c.sent_at)
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .where(instruction.c.state == IN_FLIGHT, attempt.c.ended_at.is_(None))
        .order_by(instruction.c.id)
    )
    if account is not None:
        query = query.where(instruction.c.account == account)
    size = len(Queued._fields)
    return [Abandoned(*(*row[size:], Queued(*row[:size]))) for row in connection.execute(query)]


def is_unsure(connection: sa.Connection, instruction_id: str, key: str) -> bool:
    """Return whether the answer to a try under this key was lost: the agency may have heard of it."""
    query = sa.select(attempt.c.id).where(attempt.c.instruction_id == instruction_id, attempt.c.key == key, attempt.c.outcome == UNKNOWN)
    return connection.execute(query.limit(1)).first() is not None


def is_last(connection: sa.Connection, attempt_id: str) -> bool:
    """Return whether no other try of the same instruction was begun after this one."""
    query = sa.select(attempt.c.no == instruction.c.attempts).where(instruction.c.id == attempt.c.instruction_id)
    return bool(connection.scalar(query.where(attempt.c.id == attempt_id)))


def first_try(connection: sa.Connection, instruction_id: str, key: str) -> dt.datetime | None:
    """Return when an instruction was first tried under this key."""
    query = sa.select(attempt.c.started_at).where(attempt.c.instruction_id == instruction_id, attempt.c.key == key)
    return connection.scalar(query.order_by(attempt.c.no).limit(1))


def wait(connection: sa.Connection, instruction_id: str, until: dt.datetime | None) -> None:
    """Note when an instruction may be tried at the earliest."""
    connection.execute(sa.update(instruction).where(instruction.c.id == instruction_id).values(not_before=until))


# Ending


def withdraw(connection: sa.Connection, instruction_id: str, at: dt.datetime) -> bool:
    """Withdraw what was not told; False where its request is out just now, or was."""
    return _withdraw(connection, at, instruction.c.id == instruction_id) == 1


def withdraw_of(connection: sa.Connection, claim_id: str, at: dt.datetime, *, had_it: bool) -> int:
    """Withdraw what was not told of a claim: no agency has it, or not any more (``had_it``). Returns how many.

    What a person told, or was to tell, goes with it where the agency never had the claim; where it had, what people wrote is sent all the
    same.
    """
    if had_it:
        return _withdraw(connection, at, instruction.c.claim_id == claim_id, instruction.c.verb.not_in(WRITTEN), states=(PENDING, REFUSED))
    return _withdraw(connection, at, instruction.c.claim_id == claim_id, states=(PENDING, REFUSED, BY_HAND))


def leave(connection: sa.Connection, placement_id: str, claim_ids: Collection[str], at: dt.datetime, *, is_closed: bool) -> None:
    """Claims leave their placement: what was not told of them is withdrawn, and what is about the case as a whole where it ends.

    Payments are told all the same: the agency settles by them. So is what people wrote.
    """
    about = instruction.c.claim_id.in_(sorted(claim_ids))
    mine = sa.or_(about, instruction.c.claim_id.is_(None)) if is_closed else about
    _withdraw(connection, at, instruction.c.placement_id == placement_id, instruction.c.verb.in_(MOOT), mine)


def _withdraw(connection: sa.Connection, at: dt.datetime, *which: sa.ColumnElement[bool], states: Sequence[str] = (PENDING,)) -> int:
    tries = sa.select(attempt.c.id).where(attempt.c.instruction_id == instruction.c.id)
    sent = tries.where(attempt.c.no == instruction.c.attempts, attempt.c.sent_at.is_not(None))
    unsure = tries.where(attempt.c.key == instruction.c.key, attempt.c.outcome == UNKNOWN)
    leased = sa.and_(instruction.c.state == IN_FLIGHT, ~sent.exists(), ~unsure.exists())  # its request has not gone out: now it will not
    mine = sa.and_(instruction.c.verb != SUBMIT, sa.or_(instruction.c.state.in_(states), leased), *which)
    return int(connection.execute(sa.update(instruction).where(mine).values(state=WITHDRAWN, ended_at=at)).rowcount)


# Queries


def _queued() -> sa.Select[Any]:
    return sa.select(*(instruction.c[name] for name in Queued._fields)).where(instruction.c.verb != SUBMIT)


def _may_be_tried() -> sa.ColumnElement[bool]:
    """Pending, or unclear where the agency documents that our key keeps a repetition from having an effect: then it has a time."""
    again = sa.and_(instruction.c.state == UNCLEAR, instruction.c.not_before.is_not(None))
    return sa.or_(instruction.c.state == PENDING, again)


def _of_placement(placement_id: str, verb: str) -> sa.Select[Any]:
    mine = _queued().where(instruction.c.placement_id == placement_id, instruction.c.verb == verb, instruction.c.state != WITHDRAWN)
    return mine.order_by(instruction.c.id)


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Queued]:
    return [Queued(*row) for row in connection.execute(query)]


def _is_head(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Due, the first of its placement that is not told, the placement submitted, and the agency's reference known or not to be expected."""
    earlier, submission = instruction.alias("earlier"), instruction.alias("submission")
    before = sa.select(earlier.c.id).where(
        earlier.c.placement_id == instruction.c.placement_id,
        earlier.c.verb != SUBMIT,
        earlier.c.id < instruction.c.id,
        earlier.c.state.in_(UNTOLD),
    )
    submitted = sa.select(submission.c.id).where(
        submission.c.placement_id == instruction.c.placement_id, submission.c.verb == SUBMIT, submission.c.state == DONE
    )
    there = placement_claim.c.claim_id == claim.c.id
    inside = sa.select(claim.c.id).where(there, placement_claim.c.placement_id == instruction.c.placement_id, placement_claim.c.open)
    known = sa.select(placement.c.id).where(placement.c.id == instruction.c.placement_id, placement.c.case_reference.is_not(None))
    undecided, unclear = claim.c.state.in_(_UNDECIDED), claim.c.state == State.UNCLEAR.value
    return sa.and_(
        instruction.c.verb != SUBMIT,
        _may_be_tried(),
        due(now),
        ~before.exists(),
        submitted.exists(),
        ~inside.where(unclear).exists(),
        sa.or_(known.exists(), ~inside.where(undecided).exists()),
    )
