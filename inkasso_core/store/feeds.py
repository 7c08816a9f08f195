"""What agencies bring by themselves: the entries of their feeds and webhooks, and how far each feed was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.model.feed import FeedEntry
from inkasso_core.store import vault
from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.order import pass_by
from inkasso_core.store.schema import feed_cursor, feed_entry, placement

NEW, APPLIED, REVIEW, SETTLED = "new", "applied", "review", "settled"
"""What became of an entry: nothing yet; it was taken to its claims; a person must look at it; a person has done so."""
ASK, OLDER, LOOK_UP = "ask", "older", "look_up"
"""Why a new entry waits, or an applied one changed nothing: the agency is to be asked; newer is known; a look-up decides."""
UNKNOWN_CASE, NOT_ASKABLE, NOT_FOUND = "unknown_case", "not_askable", "not_found"
"""Why a person must look: no placement of that reference; the adapter cannot ask for its status; the agency does not know it."""


class Received(NamedTuple):
    """An entry as the store keeps it: no personal data, which is in its body alone."""

    id: str
    account: str
    entry_id: str
    """The agency's own id of it."""
    kind: str
    agency_reference: str | None
    our_reference: str | None
    happened_at: dt.datetime | None
    happened_on: dt.date | None
    body_id: str
    status: str
    placement_id: str | None
    reason: str | None
    """Why it is in review, or the kind of error on which applying it broke."""
    tries: int
    """How often applying it broke."""
    received_at: dt.datetime
    settled_at: dt.datetime | None
    settled_by: str | None
    settled_why: str | None


# How far a feed was read


class Place(NamedTuple):
    """Where the next fetch begins."""

    cursor: str | None = None


def place_of(connection: sa.Connection, account: str) -> Place:
    """Return how far an account's feed was read."""
    row = connection.execute(sa.select(feed_cursor.c.cursor).where(feed_cursor.c.account == account)).first()
    return Place(*row) if row is not None else Place()


def move(connection: sa.Connection, account: str, place: Place, cursor: str | None, at: dt.datetime) -> None:
    """Note how far a feed was read, unless somebody else has read on meanwhile."""
    same = feed_cursor.c.cursor.is_not_distinct_from(place.cursor)
    values = {"cursor": cursor if cursor is not None else place.cursor, "fetched_at": at}
    if connection.execute(sa.select(feed_cursor.c.account).where(feed_cursor.c.account == account)).first() is None:
        connection.execute(sa.insert(feed_cursor).values(account=account, **values))
    else:
        connection.execute(sa.update(feed_cursor).where(feed_cursor.c.account == account, same).values(**values))


# Entries


def add(connection: sa.Connection, account: str, entries: Iterable[FeedEntry], at: dt.datetime) -> int:
    """Store entries whole, in their order; those that are there already are left as they are. Returns how many are new."""
    fresh = {entry.entry_id: entry for entry in reversed(list(entries))}  # of two with one id the first counts
    query = sa.select(feed_entry.c.entry_id).where(feed_entry.c.account == account, feed_entry.c.entry_id.in_(sorted(fresh)))
    for known in connection.scalars(query):
        del fresh[known]
    rows = [(entry, vault.seal_entry(entry)) for entry in reversed(fresh.values())]
    if rows:
        pass_by(connection, _LAST, of=account)
    vault.put(connection, (sealed for _, sealed in rows), at)
    _ADD.run(connection, (_row(account, entry, sealed.id, at) for entry, sealed in rows))
    return len(rows)


def _row(account: str, entry: FeedEntry, body_id: str, at: dt.datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "account": account,
        "entry_id": entry.entry_id,
        "kind": entry.kind.value,
        "agency_reference": entry.agency_reference,
        "our_reference": entry.our_reference,
        "happened_at": entry.at,
        "happened_on": entry.on,
        "body_id": body_id,
        "status": NEW,
        "tries": 0,
        "received_at": at,
    }


# One look into the index for each status: of all entries that an account ever had, only the newest counts.
_NEWEST = [
    sa.select(sa.func.max(feed_entry.c.id).label("id")).where(feed_entry.c.status == status, feed_entry.c.account == sa.bindparam("of"))
    for status in (NEW, APPLIED, REVIEW, SETTLED)
]
_LAST = sa.select(sa.func.max(sa.union_all(*_NEWEST).subquery().c.id))
_ADDED = ("id", "account", "entry_id", "kind", "agency_reference", "our_reference", "happened_at", "happened_on")
_ADD = Many(sa.insert(feed_entry), (*_ADDED, "body_id", "status", "tries", "received_at"))


def todo(connection: sa.Connection, account: str, *, after: str, limit: int) -> list[str]:
    """Return what is to be applied, in the order of arrival: what is new, and what was in review until its case became known."""
    known = sa.or_(placement.c.case_reference == feed_entry.c.agency_reference, placement.c.our_reference == feed_entry.c.our_reference)
    is_known = sa.select(placement.c.id).where(placement.c.account == feed_entry.c.account, known).exists()
    waits = sa.and_(feed_entry.c.status == REVIEW, feed_entry.c.reason == UNKNOWN_CASE, is_known)
    query = (
        sa.select(feed_entry.c.id)
        .where(feed_entry.c.status.in_((NEW, REVIEW)), feed_entry.c.account == account, feed_entry.c.id > after)
        .where(sa.or_(feed_entry.c.status == NEW, waits))
        .order_by(feed_entry.c.id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def take(connection: sa.Connection, row_id: str, *, lock: bool = False) -> Received | None:
    """Return an entry, or None when there is none. ``lock`` keeps others from changing it meanwhile."""
    query = sa.select(feed_entry).where(feed_entry.c.id == row_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return Received(*row) if row is not None else None


def asked_about(connection: sa.Connection, account: str) -> list[Received]:
    """Return the new entries that want the agency to be asked, in the order of arrival."""
    query = sa.select(feed_entry).where(feed_entry.c.status == NEW, feed_entry.c.account == account, feed_entry.c.reason == ASK)
    return [Received(*row) for row in connection.execute(query.order_by(feed_entry.c.id))]


def put(connection: sa.Connection, ids: Collection[str], **values: Any) -> None:
    """Change entries."""
    connection.execute(sa.update(feed_entry).where(feed_entry.c.id.in_(sorted(ids))).values(**values))


def broke(connection: sa.Connection, ids: Collection[str], error: str) -> None:
    """Note that applying entries broke: they stay as they are and are tried again."""
    put(connection, ids, reason=error, tries=feed_entry.c.tries + 1)


def is_overtaken(connection: sa.Connection, row: Received) -> bool:
    """Return whether a later entry about the same placement was applied before this one."""
    later = sa.select(feed_entry.c.id).where(
        feed_entry.c.placement_id == row.placement_id,
        feed_entry.c.kind == row.kind,
        feed_entry.c.status == APPLIED,
        feed_entry.c.id > row.id,
    )
    return connection.execute(later.limit(1)).first() is not None


_WAITS = sa.or_(feed_entry.c.status == REVIEW, sa.and_(feed_entry.c.status == NEW, feed_entry.c.tries > 0))
"""What a person should look at: what is in review, and what breaks."""


def listed(connection: sa.Connection, account: str | None = None, *, settled: bool = False, limit: int = 1000) -> list[Received]:
    """Return entries that a person should look at, or those that were settled, oldest first; of very many, the newest."""
    query = sa.select(feed_entry).where(feed_entry.c.status == SETTLED if settled else _WAITS).order_by(feed_entry.c.id.desc())
    if account is not None:
        query = query.where(feed_entry.c.account == account)
    return [Received(*row) for row in connection.execute(query.limit(limit))][::-1]


def count_waiting(connection: sa.Connection) -> int:
    """Count the entries that a person should look at."""
    return connection.scalar(sa.select(sa.func.count()).where(_WAITS)) or 0
