"""The inbox: what agencies wrote, asked and collected, each once, with who read it and how it was answered. Texts are in the vault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from inkasso_core.lifecycle import Actor
from inkasso_core.store import vault
from inkasso_core.store.claims import scope
from inkasso_core.store.ids import new_id
from inkasso_core.store.queue import DONE, SUBMIT
from inkasso_core.store.schema import claim, inbox, instruction, letter_turn, placement

MESSAGE, QUESTION, PAYMENT = "message", "question", "payment"
KINDS = (QUESTION, MESSAGE, PAYMENT)
ANSWERED = "answered"
_LONGEST_LIST = 10_000


class New(NamedTuple):
    """Something that an agency brought of a case."""

    account: str
    placement_id: str
    claim_id: str
    kind: str
    source: str
    """The agency's own id of it: what comes twice is one."""
    body_id: str | None = None
    """Its text in the vault."""
    digest: str | None = None
    """A keyed digest of its text: what comes by two ways is one, too."""
    sender: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    happened_at: dt.datetime | None = None
    happened_on: dt.date | None = None


class InboxItem(NamedTuple):
    """Something that an agency wrote, asked or collected: without personal data."""

    id: str
    ref: str
    """The claim that it is about, or the first one of its case."""
    kind: str
    """``question`` (the agency waits for an answer), ``message``, or ``payment`` (the agency collected it)."""
    account: str
    our_reference: str
    case_reference: str | None
    sender: str | None
    """``agency``, ``debtor`` or ``unknown``; None where nobody says."""
    amount: Decimal | None
    """What was collected, in ``currency``; None where the agency does not say how much."""
    currency: str | None
    happened_at: dt.datetime | None
    happened_on: dt.date | None
    received_at: dt.datetime
    read_at: dt.datetime | None
    read_by: str | None
    answer_id: str | None
    """The instruction that tells the agency the answer."""
    answer_state: str | None
    """How far that is: ``pending``, ``in_flight``, ``done``, ``told``, ``refused``, ``unclear``, ``by_hand`` or ``withdrawn``."""
    answered_at: dt.datetime | None
    answered_by: str | None
    done_at: dt.datetime | None
    """When it was answered, read where nothing was asked, or settled."""
    done_by: str | None
    done_why: str | None
    has_text: bool


class Inside(NamedTuple):
    """Where an item belongs, for the steps."""

    id: str
    kind: str
    placement_id: str
    claim_id: str
    body_id: str | None
    answer_id: str | None
    done_at: dt.datetime | None


def add(connection: sa.Connection, new: New, at: dt.datetime) -> str | None:
    """Store an item and return its id; None where it is there already (:func:`is_known`)."""
    if is_known(connection, new):
        return None
    item_id = new_id()
    connection.execute(sa.insert(inbox).values(id=item_id, received_at=at, **new._asdict()))
    return item_id


def is_known(connection: sa.Connection, new: New) -> bool:
    """Return whether an item is there already: by its source, or by its text where that came by another way."""
    same = inbox.c.source == new.source
    if new.digest is not None:
        same = sa.or_(same, sa.and_(inbox.c.digest == new.digest, inbox.c.source.not_like(f"{_way(new.source)}:%")))
    query = sa.select(inbox.c.id).where(inbox.c.placement_id == new.placement_id, same)
    return connection.execute(query.limit(1)).first() is not None


def _way(source: str) -> str:
    """By which way it came: two of the same text that came by the same way are two."""
    return source.partition(":")[0]


# Reading


def listed(
    connection: sa.Connection,
    actor: Actor,
    *,
    everything: bool = False,
    kinds: Collection[str] = KINDS,
    account: str | None = None,
    shop: str | None = None,
    claim_id: str | None = None,
    item_id: str | None = None,
) -> list[InboxItem]:
    """Return items that the actor may see, oldest first: what is open, or with ``everything`` the rest, too (of very many, the newest)."""
    query = (
        sa.select(
            inbox.c.id,
            claim.c.shop,
            claim.c.record,
            inbox.c.kind,
            inbox.c.account,
            placement.c.our_reference,
            placement.c.case_reference,
            *(
                inbox.c[name]
                for name in ("sender", "amount", "currency", "happened_at", "happened_on", "received_at", "read_at", "read_by")
            ),
            inbox.c.answer_id,
            instruction.c.state,
            *(inbox.c[name] for name in ("answered_at", "answered_by", "done_at", "done_by", "done_why")),
            inbox.c.body_id.is_not(None),
        )
        .join(placement, placement.c.id == inbox.c.placement_id)
        .join(claim, claim.c.id == inbox.c.claim_id)
        .outerjoin(instruction, instruction.c.id == inbox.c.answer_id)
        .where(inbox.c.kind.in_(sorted(kinds)))
        .order_by(inbox.c.id.desc())
        .limit(_LONGEST_LIST)
    )
    if not everything:
        query = query.where(inbox.c.done_at.is_(None))
    for column, value in ((inbox.c.account, account), (claim.c.shop, shop), (inbox.c.claim_id, claim_id), (inbox.c.id, item_id)):
        if value is not None:
            query = query.where(column == value)
    found = connection.execute(scope(query, actor))
    return [InboxItem(*(row[0], f"{row[1]}:{row[2]}", *row[3:])) for row in found][::-1]


def inside(connection: sa.Connection, item_id: str, *, lock: bool = False) -> Inside:
    """Return where an item belongs. ``lock`` keeps others from changing it meanwhile."""
    query = sa.select(*(inbox.c[name] for name in Inside._fields)).where(inbox.c.id == item_id)
    return Inside(*connection.execute(query.with_for_update() if lock else query).one())


def text_of(connection: sa.Connection, body_id: str | None) -> str | None:
    """Return what the agency wrote: personal data. None where it wrote nothing, or where it was erased."""
    body = vault.take_if_kept(connection, body_id) if body_id is not None else None
    text = body.get("entry", {}).get("text") if isinstance(body, dict) else None
    return text if isinstance(text, str) else None


def open_questions(connection: sa.Connection, claim_id: str) -> list[str]:
    """Return the questions about a claim that nobody has answered or settled."""
    query = sa.select(inbox.c.id).where(inbox.c.claim_id == claim_id, inbox.c.kind == QUESTION, inbox.c.done_at.is_(None))
    return list(connection.scalars(query.order_by(inbox.c.id)))


def count_open(connection: sa.Connection) -> dict[str, int]:
    """Count the open items of each kind."""
    query = sa.select(inbox.c.kind, sa.func.count()).where(inbox.c.done_at.is_(None)).group_by(inbox.c.kind)
    return {row[0]: row[1] for row in connection.execute(query)}


# Changing


def note_read(connection: sa.Connection, item_id: str, *, by: str, at: dt.datetime) -> None:
    """Note who read it first, and when; what asks nothing is done with that."""
    mine = inbox.c.id == item_id
    connection.execute(sa.update(inbox).where(mine, inbox.c.read_at.is_(None)).values(read_at=at, read_by=by))
    is_idle = sa.and_(mine, inbox.c.kind != QUESTION, inbox.c.done_at.is_(None))
    connection.execute(sa.update(inbox).where(is_idle).values(done_at=at, done_by=by))


def note_answer(connection: sa.Connection, item_id: str, answer_id: str, *, by: str, at: dt.datetime) -> None:
    """Note with which instruction it is answered, by whom and when."""
    values = {"answer_id": answer_id, "answered_at": at, "answered_by": by}
    connection.execute(sa.update(inbox).where(inbox.c.id == item_id).values(**values))
    note_done(connection, [item_id], by=by, at=at, why=ANSWERED)


def note_done(connection: sa.Connection, ids: Collection[str], *, by: str, at: dt.datetime, why: str | None) -> list[str]:
    """Note that items need nobody's care any more; returns those that did until now."""
    mine = sa.and_(inbox.c.id.in_(sorted(ids)), inbox.c.done_at.is_(None))
    found = list(connection.scalars(sa.select(inbox.c.id).where(mine).order_by(inbox.c.id)))
    connection.execute(sa.update(inbox).where(mine).values(done_at=at, done_by=by, done_why=why))
    connection.execute(sa.update(inbox).where(inbox.c.id.in_(found), inbox.c.read_at.is_(None)).values(read_at=at, read_by=by))
    return found


# Whose messages are to be asked for


def due_letters(connection: sa.Connection, account: str, now: dt.datetime, *, wanted_only: bool, limit: int) -> list[str]:
    """Return cases of an account that are open and whose messages are to be asked for now, that which waits longest first.

    ``wanted_only``: those alone of which the agency said that there are some.
    """
    submitted = sa.select(instruction.c.id).where(
        instruction.c.placement_id == placement.c.id, instruction.c.verb == SUBMIT, instruction.c.state == DONE
    )
    query = (
        sa.select(placement.c.id)
        .outerjoin(letter_turn, letter_turn.c.placement_id == placement.c.id)
        .where(
            placement.c.account == account,
            placement.c.case_reference.is_not(None),
            submitted.exists(),
            letter_turn.c.next_at <= now
            if wanted_only
            else sa.and_(placement.c.closed_at.is_(None), sa.or_(letter_turn.c.next_at.is_(None), letter_turn.c.next_at <= now)),
        )
        .order_by(letter_turn.c.next_at.is_not(None), letter_turn.c.next_at, placement.c.id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def note_letters(connection: sa.Connection, placement_ids: Collection[str], next_at: dt.datetime | None) -> None:
    """Note when the messages of cases are to be asked for next; None: not before the agency says that there are some."""
    if next_at is None:
        connection.execute(sa.delete(letter_turn).where(letter_turn.c.placement_id.in_(sorted(placement_ids))))
        return
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for placement_id in placement_ids:
        row = insert(letter_turn).values(placement_id=placement_id, next_at=next_at)
        connection.execute(row.on_conflict_do_update(index_elements=[letter_turn.c.placement_id], set_={"next_at": next_at}))
