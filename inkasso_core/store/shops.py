"""What plugins bring from their shops: how far a poll came, what it is to read, what a plugin keeps, and reports in parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.store import vault
from inkasso_core.store.ids import new_id
from inkasso_core.store.schema_shops import shop_kept, shop_part, shop_poll, shop_wanted, shop_whole

_MANY = 500
"""How many rows are asked for at once."""


class Lease(NamedTuple):
    """Who has something, and how long at the most."""

    owner: str
    until: dt.datetime


def _lease(row: sa.Row[Any, Any] | None) -> Lease | None:
    return None if row is None or row.owner is None else Lease(row.owner, row.lease_until)


# How far a shop was polled


def begin_poll(connection: sa.Connection, shop: str, lease: Lease, gone: Lease | None = None) -> Lease | None:
    """Take a shop for a poll, unless somebody has it: then return who. ``gone`` is who had it and is known to be gone."""
    query = sa.select(shop_poll.c.owner, shop_poll.c.lease_until).where(shop_poll.c.shop == shop)
    row = connection.execute(query.with_for_update()).first()
    held = _lease(row)
    if held is not None and held != gone:
        return held
    values = {"owner": lease.owner, "lease_until": lease.until}
    if row is None:
        connection.execute(sa.insert(shop_poll).values(shop=shop, **values))
    else:
        connection.execute(sa.update(shop_poll).where(shop_poll.c.shop == shop).values(values))
    return None


def extend_poll(connection: sa.Connection, shop: str, lease: Lease) -> bool:
    """Go on with a poll; False where somebody else has taken the shop meanwhile."""
    mine = sa.and_(shop_poll.c.shop == shop, shop_poll.c.owner == lease.owner)
    return connection.execute(sa.update(shop_poll).where(mine).values(lease_until=lease.until)).rowcount == 1


def end_poll(connection: sa.Connection, shop: str, owner: str, *, at: dt.datetime | None = None, error: str | None = None) -> None:
    """Give a shop back; ``at`` is when its poll came to its end, ``error`` the kind of error that ended it before."""
    values: dict[str, Any] = {"owner": None, "lease_until": None, "error": error}
    if at is not None:
        values["polled_at"] = at
    connection.execute(sa.update(shop_poll).where(shop_poll.c.shop == shop, shop_poll.c.owner == owner).values(values))


class Polled(NamedTuple):
    """When a shop was last polled to the end, and on what the last poll broke."""

    shop: str
    polled_at: dt.datetime | None
    error: str | None


def polls(connection: sa.Connection) -> list[Polled]:
    """Return all shops that were ever polled."""
    query = sa.select(shop_poll.c.shop, shop_poll.c.polled_at, shop_poll.c.error).order_by(shop_poll.c.shop)
    return [Polled(*row) for row in connection.execute(query)]


def cursor_of(connection: sa.Connection, shop: str) -> str | None:
    """Return how far a shop was polled, in its plugin's words. It may name orders, so it is in the vault."""
    body_id = connection.scalar(sa.select(shop_poll.c.cursor_id).where(shop_poll.c.shop == shop))
    return None if body_id is None else vault.take(connection, body_id)


def move_cursor(connection: sa.Connection, shop: str, cursor: str, at: dt.datetime) -> None:
    """Note how far a shop was polled."""
    body_id = connection.scalar(sa.select(shop_poll.c.cursor_id).where(shop_poll.c.shop == shop))
    kept = _keep(connection, body_id, cursor, at)
    connection.execute(sa.update(shop_poll).where(shop_poll.c.shop == shop).values(cursor_id=kept))


def _keep(connection: sa.Connection, body_id: str | None, value: str, at: dt.datetime) -> str:
    """Put a value into the vault in the place of the one before."""
    if body_id is not None:
        vault.replace(connection, body_id, value)
        return body_id
    sealed = vault.seal(vault.KEPT, value)
    vault.put(connection, [sealed], at)
    return sealed.id


# What the next poll is to read


def want(connection: sa.Connection, shop: str, records: Iterable[str], at: dt.datetime) -> None:
    """Note records that the next poll is to read."""
    for record in dict.fromkeys(records):
        mine = sa.and_(shop_wanted.c.shop == shop, shop_wanted.c.record == record)
        if connection.execute(sa.update(shop_wanted).where(mine).values(times=shop_wanted.c.times + 1)).rowcount == 0:
            connection.execute(sa.insert(shop_wanted).values(shop=shop, record=record, times=1, since=at))


def wanted(connection: sa.Connection, shop: str, limit: int = _MANY) -> dict[str, int]:
    """Return what a poll is to read, and how often that was said; what waits longest comes first."""
    query = sa.select(shop_wanted.c.record, shop_wanted.c.times).where(shop_wanted.c.shop == shop)
    rows = connection.execute(query.order_by(shop_wanted.c.since, shop_wanted.c.record).limit(limit))
    return {row.record: row.times for row in rows}


def done_with(connection: sa.Connection, shop: str, read: Mapping[str, int]) -> None:
    """Forget what was read; what was asked for once more meanwhile stays."""
    for record, times in read.items():
        same = sa.and_(shop_wanted.c.shop == shop, shop_wanted.c.record == record, shop_wanted.c.times == times)
        connection.execute(sa.delete(shop_wanted).where(same))


# What a plugin keeps


def kept(connection: sa.Connection, shop: str, name: str) -> str | None:
    """Return a value that a plugin keeps."""
    body_id = connection.scalar(sa.select(shop_kept.c.value_id).where(shop_kept.c.shop == shop, shop_kept.c.name == name))
    return None if body_id is None else vault.take(connection, body_id)


def take_kept(connection: sa.Connection, shop: str, name: str, lease: Lease, gone: Lease | None = None) -> Lease | None:
    """Take a value for oneself, unless somebody has it: then return who. ``gone`` is who had it and is known to be gone."""
    mine = sa.and_(shop_kept.c.shop == shop, shop_kept.c.name == name)
    row = connection.execute(sa.select(shop_kept.c.owner, shop_kept.c.lease_until).where(mine).with_for_update()).first()
    held = _lease(row)
    if held is not None and held != gone:
        return held
    values = {"owner": lease.owner, "lease_until": lease.until}
    if row is None:
        connection.execute(sa.insert(shop_kept).values(shop=shop, name=name, **values))
    else:
        connection.execute(sa.update(shop_kept).where(mine).values(values))
    return None


def put_kept(connection: sa.Connection, shop: str, name: str, owner: str, value: str | None, at: dt.datetime) -> bool:
    """Keep another value; False where somebody else has taken it meanwhile: then nothing is changed."""
    mine = sa.and_(shop_kept.c.shop == shop, shop_kept.c.name == name, shop_kept.c.owner == owner)
    row = connection.execute(sa.select(shop_kept.c.value_id).where(mine).with_for_update()).first()
    if row is None:
        return False
    if value is None:
        if row.value_id is not None:
            vault.erase(connection, [row.value_id])
        body_id = None
    else:
        body_id = _keep(connection, row.value_id, value, at)
    connection.execute(sa.update(shop_kept).where(mine).values(value_id=body_id, changed_at=at))
    return True


def give_back(connection: sa.Connection, shop: str, name: str, owner: str) -> None:
    """Give a value back that was taken."""
    mine = sa.and_(shop_kept.c.shop == shop, shop_kept.c.name == name, shop_kept.c.owner == owner)
    connection.execute(sa.update(shop_kept).where(mine).values(owner=None, lease_until=None))


# Reports in parts


class NewPart(NamedTuple):
    """A part to be stored: what it belongs to, what names it, and the record as JSON."""

    whole: str
    once: str
    body: str

    def __repr__(self) -> str:
        return "NewPart()"


def add_parts(connection: sa.Connection, shop: str, parts: Sequence[NewPart], at: dt.datetime) -> int:
    """Store parts in their order; those that are there already are left as they are. Returns how many are new."""
    fresh = {part.once: part for part in reversed(parts)}  # of two with one name the first counts
    for known in connection.scalars(sa.select(shop_part.c.once).where(shop_part.c.shop == shop, shop_part.c.once.in_(sorted(fresh)))):
        del fresh[known]
    for part in reversed(fresh.values()):
        whole_id = _count_part(connection, shop, part.whole, at)
        sealed = vault.Sealed(new_id(), vault.PAYLOAD, None, part.body)
        vault.put(connection, [sealed], at)
        row = {"id": new_id(), "whole_id": whole_id, "shop": shop, "once": part.once, "body_id": sealed.id, "received_at": at}
        connection.execute(sa.insert(shop_part).values(row))
    return len(fresh)


def _count_part(connection: sa.Connection, shop: str, whole: str, at: dt.datetime) -> str:
    mine = sa.and_(shop_whole.c.shop == shop, shop_whole.c.whole == whole)
    found = connection.scalar(sa.select(shop_whole.c.id).where(mine).with_for_update())
    if found is None:
        found = new_id()
        row = {"id": found, "shop": shop, "whole": whole, "parts": 1, "told": 0, "changed_at": at}
        connection.execute(sa.insert(shop_whole).values(row))
    else:
        counted = {"parts": shop_whole.c.parts + 1, "changed_at": at}
        connection.execute(sa.update(shop_whole).where(shop_whole.c.id == found).values(counted))
    return found


class Whole(NamedTuple):
    """What belongs together, and how many parts of it there are."""

    id: str
    name: str
    parts: int
    changed_at: dt.datetime


def untold(connection: sa.Connection, shop: str, *, after: str = "", limit: int = _MANY) -> list[Whole]:
    """Return what has parts of which the plugin was not told yet, oldest first."""
    query = (
        sa.select(shop_whole.c.id, shop_whole.c.whole, shop_whole.c.parts, shop_whole.c.changed_at)
        .where(shop_whole.c.shop == shop, shop_whole.c.told < shop_whole.c.parts, shop_whole.c.id > after)
        .order_by(shop_whole.c.id)
        .limit(limit)
    )
    return [Whole(*row) for row in connection.execute(query)]


def shops_with_untold(connection: sa.Connection) -> list[str]:
    """Return the shops of which something has parts that its plugin was not told yet."""
    return sorted(connection.scalars(sa.select(shop_whole.c.shop).where(shop_whole.c.told < shop_whole.c.parts).distinct()))


def parts_of(connection: sa.Connection, whole_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the parts of each, in the order of their arrival: when it came, and what it said."""
    query = (
        sa.select(shop_part.c.whole_id, shop_part.c.body_id, shop_part.c.received_at)
        .where(shop_part.c.whole_id.in_(sorted(whole_ids)))
        .order_by(shop_part.c.id)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query).all():
        payload = vault.take_if_kept(connection, row.body_id)
        if payload is not None:
            found.setdefault(row.whole_id, []).append({"received_at": row.received_at.isoformat(), "payload": payload})
    return found


def told(connection: sa.Connection, wholes: Iterable[Whole]) -> None:
    """Note of how many parts the plugin was told."""
    for whole in wholes:
        connection.execute(sa.update(shop_whole).where(shop_whole.c.id == whole.id).values(told=whole.parts))
