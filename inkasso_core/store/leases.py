"""Tries of submissions, taken many at a time: leased, marked as sent one by one just before each request, and ended many at a time.

A try that has no mark was certainly not sent: it can be taken back, and its instruction is pending again with the same key. The mark and
the taking back are each one statement that says what must still hold: of the two only one can win.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.model.words import Text
from inkasso_core.store.among import among
from inkasso_core.store.engine import Database
from inkasso_core.store.ids import new_id
from inkasso_core.store.kept import Kept
from inkasso_core.store.many import Many
from inkasso_core.store.queue import IN_FLIGHT, IS_SUBMIT, PENDING, UNCLEAR, Job, carry, jobs_query
from inkasso_core.store.schema import attempt, instruction, placement, placement_claim

NOT_SENT = "not_sent"
"""The outcome of a try that was taken back before it was sent."""


class Lease(NamedTuple):
    """A try that was stored; nothing of it was sent yet."""

    attempt_id: str
    job: Job


# Beginning


def begin(
    connection: sa.Connection, jobs: Sequence[tuple[Job, str]], *, owner: str, lease_until: dt.datetime, at: dt.datetime
) -> list[Lease]:
    """Note tries of submissions, each with the id of its request; the caller has locked them, and seen that they are pending."""
    leases = [(Lease(new_id(), job), request_id) for job, request_id in jobs]
    _TAKE.run(connection, ({"b_id": one.job.instruction_id, "number": one.job.attempts + 1} for one, _ in leases))
    carry(connection, (one.job for one, _ in leases))
    rows = (
        {
            "id": one.attempt_id,
            "instruction_id": one.job.instruction_id,
            "no": one.job.attempts + 1,
            "owner": owner,
            "lease_until": lease_until,
            "key": one.job.key,
            "request_id": request_id,
            "started_at": at,
        }
        for one, request_id in leases
    )
    _BEGIN.run(connection, rows)
    return [one for one, _ in leases]


_TAKE = Many(
    sa.update(instruction)
    .where(instruction.c.id == sa.bindparam("b_id"), instruction.c.state == sa.literal_column(f"'{PENDING}'"))
    .values(state=sa.literal_column(f"'{IN_FLIGHT}'"), attempts=sa.bindparam("number")),
    ("b_id", "number"),
)
_BEGIN = Many(sa.insert(attempt), ("id", "instruction_id", "no", "owner", "lease_until", "key", "request_id", "started_at"))


# The mark: the fence before every request


class Marker:
    """Marks tries as sent, those of one request in a commit. One for a run: what its threads mark at the same moment is one commit, too."""

    def __init__(self, database: Database) -> None:
        self._kept = Kept(database, _MARK, ("b_id", "sent_at", "lease_until"))

    def mark(self, attempt_ids: Sequence[str], *, at: dt.datetime, lease_until: dt.datetime) -> list[bool]:
        """Mark tries as sent; False for one that was taken back, given up or sent meanwhile: it must not be sent.

        Raises :class:`StoreError`; then nobody knows whether any of them is marked.
        """
        counts = self._kept.run([{"b_id": one, "sent_at": at, "lease_until": lease_until} for one in attempt_ids])
        return [count == 1 for count in counts]

    def close(self) -> None:
        """End its connection."""
        self._kept.close()


_MARK = (
    sa.update(attempt)
    .where(attempt.c.id == sa.bindparam("b_id"), attempt.c.ended_at.is_(None), attempt.c.sent_at.is_(None))
    .values(sent_at=sa.bindparam("sent_at"), lease_until=sa.bindparam("lease_until"))
)


# Taking back


def take_back(connection: sa.Connection, claim_ids: Collection[str], at: dt.datetime) -> int:
    """Take back tries of the open placements of these claims that were not sent yet: their instructions are pending again.

    For whoever stops a claim, in the transaction that does. Returns how many there were.
    """
    if not claim_ids:
        return 0
    return give_back(connection, set(connection.scalars(_UNSENT, {"ids": claim_ids})), at)


def take_back_of(connection: sa.Connection, account: str, at: dt.datetime) -> int:
    """Do the same for all that an account has not sent yet: somebody stops it."""
    return give_back(connection, connection.scalars(_ALL_UNSENT.where(instruction.c.account == account)), at)


def give_back(connection: sa.Connection, attempt_ids: Iterable[str], at: dt.datetime) -> int:
    """Give back those of these tries that were not sent; returns how many. Tries are marked in the same order: no deadlock."""
    given = [one for one in sorted(attempt_ids) if connection.execute(_GIVE_BACK, {"b_id": one, "at": at}).rowcount == 1]
    _PEND.run(connection, ({"b_id": one} for one in given))
    return len(given)


_ALL_UNSENT = (
    sa.select(attempt.c.id)
    .join(instruction, instruction.c.id == attempt.c.instruction_id)
    .where(
        IS_SUBMIT,
        instruction.c.state == IN_FLIGHT,
        attempt.c.ended_at.is_(None),
        attempt.c.sent_at.is_(None),
        attempt.c.batch_id.is_(None),
    )
)
_UNSENT = _ALL_UNSENT.join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id).where(
    among(placement_claim.c.claim_id), placement_claim.c.open.is_(True)
)
_GIVE_BACK = (
    sa.update(attempt)
    .where(attempt.c.id == sa.bindparam("b_id"), attempt.c.ended_at.is_(None), attempt.c.sent_at.is_(None))
    .values(outcome=NOT_SENT, ended_at=sa.bindparam("at", type_=attempt.c.ended_at.type))
)
_PEND = Many(
    sa.update(instruction)
    .where(
        instruction.c.id == sa.select(attempt.c.instruction_id).where(attempt.c.id == sa.bindparam("b_id")).scalar_subquery(),
        instruction.c.state == sa.literal_column(f"'{IN_FLIGHT}'"),
    )
    .values(state=sa.literal_column(f"'{PENDING}'")),
    ("b_id",),
)


# What was left behind


class Abandoned(NamedTuple):
    """A try without an end: its owner may be gone."""

    attempt_id: str
    owner: str
    lease_until: dt.datetime
    is_sent: bool
    job: Job


def in_flight(connection: sa.Connection) -> list[Abandoned]:
    """Return all tries of submissions that were begun one by one and have not ended."""
    query = (
        jobs_query()
        .add_columns(attempt.c.id, attempt.c.owner, attempt.c.lease_until, attempt.c.sent_at.is_not(None))
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .where(IS_SUBMIT, instruction.c.state == IN_FLIGHT, attempt.c.ended_at.is_(None), attempt.c.batch_id.is_(None))
    )
    return [Abandoned(row[7], row[8], row[9], bool(row[10]), Job(*row[:7])) for row in connection.execute(query)]


# Ending


class Carried(NamedTuple):
    """What a try carried."""

    is_last: bool
    """Whether no other try of the same instruction was begun after it."""
    revisions: dict[str, int]
    """The claims that it carried, with the revision of each, whether they are still in their placement or not."""
    there: set[str]
    """Those that still are."""


def carried(connection: sa.Connection, attempt_ids: Collection[str]) -> dict[str, Carried]:
    """Return what these tries carried."""
    found: dict[str, Carried] = {}
    for attempt_id, number, attempts, claim_id, revision_no, is_open in connection.execute(_CARRIED, {"ids": attempt_ids}):
        one = found.setdefault(attempt_id, Carried(number == attempts, {}, set()))
        one.revisions[claim_id] = revision_no
        if is_open:
            one.there.add(claim_id)
    return found


_CARRIED = (
    sa.select(
        attempt.c.id,
        attempt.c.no,
        instruction.c.attempts,
        placement_claim.c.claim_id,
        placement_claim.c.revision_no,
        placement_claim.c.open,
    )
    .join(instruction, instruction.c.id == attempt.c.instruction_id)
    .join(placement_claim, placement_claim.c.placement_id == instruction.c.placement_id)
    .where(among(attempt.c.id), placement_claim.c.attempt_no >= attempt.c.no)
    .order_by(placement_claim.c.claim_id)
)


class End(NamedTuple):
    """How a try ended, and what that means for its instruction: its new state, or None where that was decided meanwhile."""

    attempt_id: str
    instruction_id: str
    outcome: str
    state: str | None
    code: str | None = None
    message: Text | None = None
    answer_id: str | None = None
    not_before: dt.datetime | None = None


def end(connection: sa.Connection, ends: Sequence[End], at: dt.datetime) -> None:
    """Store how tries ended."""
    _END.run(
        connection,
        (
            {
                "b_id": one.attempt_id,
                "outcome": one.outcome,
                "code": one.code,
                "message": one.message._asdict() if one.message else None,
                "answer_id": one.answer_id,
                "ended_at": at,
            }
            for one in ends
        ),
    )
    _SET.run(
        connection,
        (
            {
                "b_id": one.instruction_id,
                "state": one.state,
                "ended_at": None if one.state in (PENDING, UNCLEAR) else at,
                "not_before": one.not_before,
            }
            for one in ends
            if one.state is not None
        ),
    )


def _values(*names: str) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name) for name in names}


_ENDED = ("outcome", "code", "message", "answer_id", "ended_at")
_END = Many(sa.update(attempt).where(attempt.c.id == sa.bindparam("b_id")).values(_values(*_ENDED)), ("b_id", *_ENDED))
_SETS = ("state", "ended_at", "not_before")
_SET = Many(sa.update(instruction).where(instruction.c.id == sa.bindparam("b_id")).values(_values(*_SETS)), ("b_id", *_SETS))


# What the agency said of placements

SAID = ("case_reference", "agency_status", "agency_code", "portal_url", "heard_at", "placed_on")


def note_said(connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store what the agency said of placements: rows of :data:`SAID`, with ``placement_id``."""
    _SAY.run(connection, rows)


_SAY = Many(
    sa.update(placement).where(placement.c.id == sa.bindparam("placement_id")).values(_values(*SAID)),
    ("placement_id", *SAID),
)
