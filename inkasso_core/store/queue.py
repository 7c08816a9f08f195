"""Instructions and attempts: the submissions, and every try of anything that agencies are told.

What they are told of a case that they have is in :mod:`inkasso_core.store.instructions`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text
from inkasso_core.store import queued
from inkasso_core.store.among import among
from inkasso_core.store.columns import Money
from inkasso_core.store.ids import new_id, new_key
from inkasso_core.store.many import Many
from inkasso_core.store.schema import attempt, claim, instruction, placement, placement_claim, progress

SUBMIT = "submit"
PENDING, IN_FLIGHT, DONE, REFUSED, UNCLEAR, WITHDRAWN = "pending", "in_flight", "done", "refused", "unclear", "withdrawn"
IS_SUBMIT = instruction.c.verb == SUBMIT


class Job(NamedTuple):
    """An instruction to submit one placement."""

    instruction_id: str
    placement_id: str
    account: str
    our_reference: str
    key: str
    attempts: int
    actor: str


def submit_many(connection: sa.Connection, placed: Iterable[tuple[str, str, str | None, str]], at: dt.datetime) -> None:
    """Queue the submission of placements: placement, account, vendor, and who released it."""
    rows = (
        {
            "id": new_id(),
            "placement_id": placement_id,
            "account": account,
            "vendor": vendor or "",
            "verb": SUBMIT,
            "state": PENDING,
            "key": new_key(),
            "attempts": 0,
            "actor": actor,
            "created_at": at,
        }
        for placement_id, account, vendor, actor in queued.noted(connection, placed)
    )
    _INSTRUCT.run(connection, rows)


_INSTRUCT = Many(
    sa.insert(instruction), ("id", "placement_id", "account", "vendor", "verb", "state", "key", "attempts", "actor", "created_at")
)


def withdraw(connection: sa.Connection, placement_id: str, at: dt.datetime) -> None:
    """Withdraw a submission that is still pending."""
    connection.execute(
        sa.update(instruction)
        .where(IS_SUBMIT, instruction.c.placement_id == placement_id, instruction.c.state == PENDING)
        .values(state=WITHDRAWN, ended_at=at)
    )


def pending_accounts(connection: sa.Connection, now: dt.datetime) -> list[str]:
    """Return the accounts for which a submission is due."""
    query = sa.select(instruction.c.account).where(IS_SUBMIT, instruction.c.state == PENDING, due(now)).distinct()
    return sorted(connection.scalars(query))


def pending(connection: sa.Connection, account: str, now: dt.datetime, *, limit: int, after: str = "") -> list[Job]:
    """Return submissions that are due, oldest first."""
    query = (
        jobs_query()
        .where(IS_SUBMIT, instruction.c.state == PENDING, instruction.c.account == account, instruction.c.id > after, due(now))
        .order_by(instruction.c.id)
        .limit(limit)
    )
    return [Job(*row) for row in connection.execute(query)]


def stream_pending(connection: sa.Connection, account: str, now: dt.datetime) -> Iterator[Job]:
    """Stream submissions that are due in the order in which a file holds them: day of release, first claim's invoice number and key."""
    query = (
        jobs_query()
        .join(claim, claim.c.id == first_claim())
        .where(IS_SUBMIT, instruction.c.state == PENDING, instruction.c.account == account, due(now))
        .order_by(sa.func.substr(placement.c.opened_at, 1, 10), claim.c.invoice_number, claim.c.shop, claim.c.record)
    )
    for row in connection.execution_options(stream_results=True, yield_per=500).execute(query):
        yield Job(*row)


def first_claim() -> sa.ScalarSelect[str]:
    """The first claim of a placement in a query of placements: what a placement is named and sorted by."""
    inside = placement_claim.alias("inside")
    query = sa.select(sa.func.min(inside.c.claim_id)).where(inside.c.placement_id == placement.c.id, inside.c.open.is_(True))
    return query.correlate(placement).scalar_subquery()


def still_pending(connection: sa.Connection, jobs: Collection[Job]) -> set[str]:
    """Return the ids of those that nobody took meanwhile, locked against others; one that was tried in between is another job by now."""
    tried = {row.id: row.attempts for row in connection.execute(_STILL_PENDING, {"ids": [job.instruction_id for job in jobs]})}
    return {job.instruction_id for job in jobs if tried.get(job.instruction_id) == job.attempts}


_STILL_PENDING = (
    sa.select(instruction.c.id, instruction.c.attempts)
    .where(among(instruction.c.id), instruction.c.state == PENDING)
    .order_by(instruction.c.id)
    .with_for_update(skip_locked=True)
)


class Waiting(NamedTuple):
    """What is released and due in an account."""

    claims: int
    fitting: int
    """How many of its placements a limit would let through."""


def waiting(connection: sa.Connection, account: str, now: dt.datetime, *, claims: int | None, amount: Decimal | None) -> Waiting:
    """Count what is due, and which of its placements fit into so many ``claims`` and such an ``amount``; None is no bound."""
    number, total = sa.func.count().label("number"), sa.func.sum(claim.c.total_open, type_=Money).label("total")
    each = _due_claims(account, now, number, total).group_by(instruction.c.placement_id).subquery()
    fits = [each.c.number <= claims] if claims is not None else []
    fits += [each.c.total <= amount] if amount is not None else []
    found = connection.execute(sa.select(sa.func.sum(each.c.number), sa.func.count(sa.case((sa.and_(sa.true(), *fits), 1))))).one()
    return Waiting(int(found[0] or 0), int(found[1]))


def _due_claims(account: str, now: dt.datetime, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The claims whose submission is due; one that is paused is not."""
    return (
        sa.select(*columns)
        .select_from(instruction)
        .join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(
            IS_SUBMIT,
            instruction.c.state == PENDING,
            instruction.c.account == account,
            due(now),
            placement_claim.c.open.is_(True),
            claim.c.state == State.RUNNING.value,
        )
    )


def any_pending(connection: sa.Connection, account: str, now: dt.datetime) -> bool:
    """True when a submission is due; one whose claim is paused is not."""
    return connection.execute(_due_claims(account, now, instruction.c.id).limit(1)).first() is not None


def take(connection: sa.Connection, instruction_id: str, attempts: int, state: str = PENDING) -> bool:
    """Take an instruction that is in this state after so many tries; False when someone else took it meanwhile."""
    taken = connection.execute(
        sa.update(instruction)
        .where(instruction.c.id == instruction_id, instruction.c.state == state, instruction.c.attempts == attempts)
        .values(state=IN_FLIGHT, attempts=attempts + 1)
    )
    return taken.rowcount == 1


def add_attempt(
    connection: sa.Connection,
    instruction_id: str,
    number: int,
    key: str,
    owner: str,
    lease_until: dt.datetime,
    at: dt.datetime,
    request_id: str | None,
) -> str:
    """Note a try that begins now, and return its id."""
    attempt_id = new_id()
    connection.execute(
        sa.insert(attempt).values(
            id=attempt_id,
            instruction_id=instruction_id,
            no=number,
            owner=owner,
            lease_until=lease_until,
            key=key,
            request_id=request_id,
            started_at=at,
        )
    )
    return attempt_id


def carry(connection: sa.Connection, jobs: Iterable[Job]) -> None:
    """Note for the claims that are open in these placements that the try which begins now carries them."""
    _CARRY.run(connection, ({"b_placement_id": job.placement_id, "attempt_no": job.attempts + 1} for job in jobs))


_CARRY = Many(
    sa.update(placement_claim)
    .where(placement_claim.c.placement_id == sa.bindparam("b_placement_id"), placement_claim.c.open.is_(True))
    .values(attempt_no=sa.bindparam("attempt_no")),
    ("b_placement_id", "attempt_no"),
)


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
    """Change an instruction after a look-up or a person's word; a fresh key only after a certain refusal or a proved absence.

    With a fresh key it begins anew: what earlier tries reached is forgotten.
    """
    values: dict[str, Any] = {"state": state, "ended_at": None if state in (PENDING, UNCLEAR) else at}
    if fresh_key:
        values["key"] = new_key()
        connection.execute(sa.delete(progress).where(progress.c.instruction_id == instruction_id))
    changed = sa.update(instruction).where(instruction.c.id == instruction_id).values(**values)
    account = connection.scalar(changed.returning(instruction.c.account))
    if state == PENDING and account is not None:
        queued.note(connection, account)


def last_sent_by(connection: sa.Connection, instruction_id: str) -> dt.datetime | None:
    """Return the latest moment at which a try of an instruction may have gone out: when it ended, or was given up, else when it was sent.

    A try is leased long before, and a process that died may have sent it at any moment until others took note.
    """
    tries = sa.select(attempt.c.started_at, attempt.c.sent_at, attempt.c.ended_at).where(attempt.c.instruction_id == instruction_id)
    return max((at for row in connection.execute(tries) for at in row if at is not None), default=None)


def last_sent_at(connection: sa.Connection, instruction_id: str) -> dt.datetime | None:
    """Return when an instruction was last sent; None where it never was."""
    sent = sa.func.coalesce(attempt.c.sent_at, attempt.c.started_at, type_=attempt.c.started_at.type)
    query = sa.select(sa.func.max(sent, type_=attempt.c.started_at.type)).where(attempt.c.instruction_id == instruction_id)
    return connection.scalar(query)


def last_messages(connection: sa.Connection, claim_id: str) -> list[tuple[Mapping[str, str], str | None]]:
    """Return what submissions that carried a claim ended with, where it was no yes, each with the id of the answer's body: oldest first."""
    query = (
        sa.select(attempt.c.message, attempt.c.answer_id)
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id)
        .where(
            IS_SUBMIT,
            placement_claim.c.claim_id == claim_id,
            attempt.c.no <= placement_claim.c.attempt_no,
            attempt.c.ended_at.is_not(None),
        )
        .order_by(placement_claim.c.placement_id, attempt.c.no)
    )
    return [(row.message, row.answer_id) for row in connection.execute(query) if row.message]


def gone_since(connection: sa.Connection, account: str, since: dt.datetime) -> tuple[int, Decimal]:
    """Return how many claims left through an account since then, or may have left, and their total amount."""
    query = (
        sa.select(sa.func.count(), sa.func.sum(claim.c.total_open, type_=Money))
        .select_from(attempt)
        .join(instruction, instruction.c.id == attempt.c.instruction_id)
        .join(
            placement_claim,
            sa.and_(placement_claim.c.placement_id == instruction.c.placement_id, placement_claim.c.attempt_no == attempt.c.no),
        )
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


def due(now: dt.datetime | sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    """Whether an instruction in a query need not wait any more."""
    return sa.or_(instruction.c.not_before.is_(None), instruction.c.not_before <= now)


def jobs_query() -> sa.Select[Any]:
    """The columns of :class:`Job`."""
    return sa.select(
        instruction.c.id,
        instruction.c.placement_id,
        instruction.c.account,
        placement.c.our_reference,
        instruction.c.key,
        instruction.c.attempts,
        instruction.c.actor,
    ).join(placement, placement.c.id == instruction.c.placement_id)
