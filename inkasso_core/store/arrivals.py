"""What shops reported, beside the claims that came of it: events, failed ones above all, records without a trigger, interrupted ingests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.schema import event, ingest, sighting

FAILED, DONE, REPLAYED, SETTLED = "failed", "done", "replayed", "settled"
"""What became of a report: no claim; a claim; a claim after all; no claim, and somebody, or a later report, has settled that."""


def add_events(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store inbound events; a failed one that was stored before (same fingerprint) is not stored twice."""
    fresh = [row for row in rows if row["fingerprint"] is None]
    marked = {(row["shop"], row["fingerprint"]): row for row in rows if row["fingerprint"] is not None}
    if marked:
        names, prints = {key[0] for key in marked}, {key[1] for key in marked}
        query = sa.select(event.c.shop, event.c.fingerprint).where(event.c.shop.in_(names), event.c.fingerprint.in_(prints))
        for there in connection.execute(query):
            marked.pop((there.shop, there.fingerprint), None)
    _ADD_EVENTS.run(connection, (*fresh, *marked.values()))


_ADD_EVENTS = Many(sa.insert(event), tuple(name for name in event.c.keys() if not name.startswith("settled")))  # noqa: SIM118


def failed_events(connection: sa.Connection, shop: str | None = None, *, after: str = "", limit: int = 1000) -> list[sa.Row[Any]]:
    """Return events that could not be turned into claims, oldest first; ``after`` is the id of the last one of the page before."""
    query = sa.select(event).where(event.c.status == FAILED, event.c.id > after).order_by(event.c.id).limit(limit)
    if shop is not None:
        query = query.where(event.c.shop == shop)
    return list(connection.execute(query))


def failed_by_id(connection: sa.Connection, ids: Collection[str]) -> list[sa.Row[Any]]:
    """Return those of these events that could not be turned into claims."""
    return list(connection.execute(sa.select(event).where(event.c.id.in_(sorted(ids)), event.c.status == FAILED)))


def settled_events(connection: sa.Connection, shop: str | None = None, *, limit: int = 1000) -> list[sa.Row[Any]]:
    """Return the events that had failed and were settled, oldest first; of very many, the newest."""
    query = sa.select(event).where(event.c.status == SETTLED).order_by(event.c.id.desc()).limit(limit)
    if shop is not None:
        query = query.where(event.c.shop == shop)
    return list(connection.execute(query))[::-1]


class Settlement(NamedTuple):
    """How a failed event ended: by whom, when, why, and the claim that it is about, where it is known."""

    status: str
    by: str
    at: dt.datetime
    why: str | None = None
    claim_id: str | None = None
    forgotten: bool = False
    """Whether the same report, should it fail again, is listed again."""


def settle(connection: sa.Connection, ids: Iterable[str], end: Settlement) -> list[str]:
    """Settle events that had failed; return the ids of those that still had to be. Their payload stays in the vault."""
    values: dict[str, Any] = {"status": end.status, "settled_by": end.by, "settled_at": end.at, "settled_why": end.why}
    if end.claim_id is not None:
        values["claim_id"] = end.claim_id
    if end.forgotten:
        values["fingerprint"] = None
    failed = sa.and_(event.c.id.in_(sorted(ids)), event.c.status == FAILED)
    found = list(connection.scalars(sa.select(event.c.id).where(failed).order_by(event.c.id)))
    connection.execute(sa.update(event).where(failed).values(values))
    return found


def last_report(connection: sa.Connection, shop: str) -> dt.datetime | None:
    """Return when a shop last reported anything, be it a trigger or not."""
    query = sa.select(event.c.received_at).where(event.c.shop == shop).order_by(event.c.id.desc()).limit(1)
    seen = sa.select(sa.func.max(sighting.c.seen_at)).where(sighting.c.shop == shop)
    return max((at for at in (connection.scalar(query), connection.scalar(seen)) if at is not None), default=None)


# Records without a trigger


class Sighting(NamedTuple):
    """A record that was seen and is no claim."""

    record: str
    reported: str
    """The time or version that the shop gave the report, so that an older one starts no claim; empty without one."""
    status: str | None
    """The order status or dunning level that it bore, where that is surely no personal data: a number, or nearly a trigger."""
    seen_at: dt.datetime

    def __repr__(self) -> str:
        return f"Sighting({self.record}, {self.seen_at})"


def sightings(connection: sa.Connection, shop: str, records: Collection[str]) -> dict[str, str]:
    """Return when records that are no claim were last seen to be none."""
    query = sa.select(sighting.c.record, sighting.c.reported).where(sighting.c.shop == shop, sighting.c.record.in_(sorted(records)))
    return {row.record: row.reported for row in connection.execute(query)}


def sighted(connection: sa.Connection, shop: str, key: str) -> Sighting | None:
    """Return the last sighting of a record, or of a part of that order."""
    parts = sa.and_(sighting.c.record >= f"{key}/", sighting.c.record < f"{key}0")  # the character after the slash
    query = sa.select(*(sighting.c[name] for name in Sighting._fields)).where(sighting.c.shop == shop, (sighting.c.record == key) | parts)
    row = connection.execute(query.order_by(sighting.c.seen_at.desc()).limit(1)).first()
    return Sighting(*row) if row is not None else None


def see(connection: sa.Connection, shop: str, seen: Iterable[Sighting], known: Collection[str]) -> None:
    """Remember records that were seen to be no claim; ``known`` are those that were seen before."""
    rows = list(seen)
    _SEE.run(connection, ({"shop": shop, **row._asdict()} for row in rows if row.record not in known))
    again = ({"b_shop": shop, "b_record": row.record, **row._asdict()} for row in rows if row.record in known)
    _SEE_AGAIN.run(connection, again)


_SEEN = ("reported", "status", "seen_at")
_SEE = Many(sa.insert(sighting), ("shop", *Sighting._fields))
_SEE_AGAIN = Many(
    sa.update(sighting)
    .where(sighting.c.shop == sa.bindparam("b_shop"), sighting.c.record == sa.bindparam("b_record"))
    .values({name: sa.bindparam(name) for name in _SEEN}),
    ("b_shop", "b_record", *_SEEN),
)


# Files


def unfinished_ingest(connection: sa.Connection, shop: str, fingerprint: str) -> sa.Row[Any] | None:
    """Return the ingest of this very file that was interrupted, or None."""
    query = sa.select(ingest).where(ingest.c.shop == shop, ingest.c.fingerprint == fingerprint, ingest.c.finished_at.is_(None))
    return connection.execute(query.order_by(ingest.c.id.desc())).first()


def begin_ingest(connection: sa.Connection, shop: str, fingerprint: str, at: dt.datetime) -> str:
    """Note that a file is being taken in."""
    ingest_id = new_id()
    row = {"id": ingest_id, "shop": shop, "fingerprint": fingerprint, "position": 0, "counts": {}, "started_at": at}
    connection.execute(sa.insert(ingest).values(**row))
    return ingest_id


def advance_ingest(
    connection: sa.Connection,
    ingest_id: str,
    position: int,
    counts: Mapping[str, int],
    finished_at: dt.datetime | None = None,
) -> None:
    """Note how far it got: committed together with the claims themselves. Finished, it stays so, whoever else still reads the file."""
    values: dict[str, Any] = {"position": position, "counts": dict(counts)}
    if finished_at is not None:
        values["finished_at"] = finished_at
    connection.execute(sa.update(ingest).where(ingest.c.id == ingest_id).values(**values))
