"""What plugins bring from their shops: how far a poll came, what it is to read, what a plugin keeps, and reports in parts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.store import vault
from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.order import next_id
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


def postpone(connection: sa.Connection, shop: str, records: Iterable[str], at: dt.datetime) -> None:
    """Let what could not be read wait behind the others."""
    for record in records:
        connection.execute(sa.update(shop_wanted).where(shop_wanted.c.shop == shop, shop_wanted.c.record == record).values(since=at))


def done_with(connection: sa.Connection, shop: str, read: Mapping[str, int]) -> None:
    """Forget what was read; what was asked for once more meanwhile stays."""
    for record, times in read.items():
        same = sa.and_(shop_wanted.c.shop == shop, shop_wanted.c.record == record, shop_wanted.c.times == times)
        connection.execute(sa.delete(shop_wanted).where(same))


class Waiting(NamedTuple):
    """What of a shop waits: records that the next poll is to read, and wholes with parts that its plugin was not told yet."""

    records: int
    wholes: int


def waiting(connection: sa.Connection) -> dict[str, Waiting]:
    """Return what waits, by shop; none where nothing does."""
    number = sa.func.count().label("number")
    asked = sa.select(shop_wanted.c.shop, number).group_by(shop_wanted.c.shop)
    records = {row.shop: row.number for row in connection.execute(asked)}
    untold_ones = sa.select(shop_whole.c.shop, number).where(shop_whole.c.told < shop_whole.c.parts).group_by(shop_whole.c.shop)
    wholes = {row.shop: row.number for row in connection.execute(untold_ones)}
    return {shop: Waiting(records.get(shop, 0), wholes.get(shop, 0)) for shop in sorted(records.keys() | wholes.keys())}


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
    latest: bool = False
    """Whether it takes the place of an earlier one of that name."""
    above: str | None = None
    """What the whole itself belongs to."""

    def __repr__(self) -> str:
        return "NewPart()"


def add_parts(connection: sa.Connection, shop: str, parts: Sequence[NewPart], at: dt.datetime) -> int:
    """Store parts in their order; those that are there already are left as they are, or replaced. Returns how many are new or other."""
    parts = [part._replace(above=None) if part.above == part.whole else part for part in parts]  # told to itself it would never end
    fresh: dict[str, NewPart] = {}
    for part in parts:  # of two with one name the first counts, of two that are the latest the last
        if part.latest:
            fresh.pop(part.once, None)
        fresh.setdefault(part.once, part)
    known = [(row, fresh.pop(row.once)) for row in connection.execute(_KNOWN_PARTS, {"in_shop": shop, "names": sorted(fresh)}).all()]
    others = _that_say_something_else(connection, [(row, part) for row, part in known if part.latest])
    for row, part in others:
        _replace_part(connection, shop, row, part, at)
    for part in fresh.values():
        whole_id = _count_part(connection, shop, part, at)
        sealed = vault.Sealed(new_id(), vault.PAYLOAD, None, part.body)
        vault.put(connection, [sealed], at)
        values = {
            "id": next_id(connection, _LAST_PART, of=whole_id),
            "whole_id": whole_id,
            "shop": shop,
            "once": part.once,
            "body_id": sealed.id,
            "received_at": at,
        }
        _ADD_PART.run(connection, [values])
    return len(fresh) + len(others)


def has_parts(connection: sa.Connection, shop: str, parts: Sequence[NewPart]) -> bool:
    """Whether all of them are there already, and none takes the place of an earlier one: then there is nothing to write."""
    names = {part.once for part in parts}
    if any(part.latest for part in parts):
        return False
    return len(connection.execute(_KNOWN_PARTS, {"in_shop": shop, "names": sorted(names)}).all()) == len(names)


_Known = tuple[sa.Row[Any], NewPart]
"""A part as it is stored, and the one of that name that came now."""


def _that_say_something_else(connection: sa.Connection, known: Sequence[_Known]) -> list[_Known]:
    """Return those that are not the same of the same whole."""
    found: list[_Known] = []
    for first in range(0, len(known), _MANY):
        some = known[first : first + _MANY]
        bodies = vault.take_stored(connection, [row.body_id for row, _ in some])
        named = sa.select(shop_whole.c.id, shop_whole.c.whole).where(shop_whole.c.id.in_(sorted({row.whole_id for row, _ in some})))
        wholes = {row.id: row.whole for row in connection.execute(named)}
        found += [(row, part) for row, part in some if (bodies.get(row.body_id), wholes[row.whole_id]) != (part.body, part.whole)]
    return found


def _replace_part(connection: sa.Connection, shop: str, row: sa.Row[Any], part: NewPart, at: dt.datetime) -> None:
    """Put a part in the place of an earlier one, as if it had come just now."""
    whole_id = _count_part(connection, shop, part, at)
    if whole_id != row.whole_id:  # what it belonged to is told without it
        _COUNT_PART.run(connection, [{"mine": row.whole_id, "changed_at": at}])
    sealed = vault.Sealed(new_id(), vault.PAYLOAD, None, part.body)
    vault.put(connection, [sealed], at)
    values = {"id": next_id(connection, _LAST_PART, of=whole_id), "whole_id": whole_id, "body_id": sealed.id, "received_at": at}
    connection.execute(sa.update(shop_part).where(shop_part.c.id == row.id).values(values))
    vault.erase(connection, [row.body_id])


def _count_part(connection: sa.Connection, shop: str, part: NewPart, at: dt.datetime) -> str:
    found: str | None = connection.scalar(_WHOLE, {"in_shop": shop, "name": part.whole})
    if found is None:
        found = new_id()
        row = {"id": found, "shop": shop, "whole": part.whole, "above": part.above, "parts": 1, "told": 0, "changed_at": at}
        _ADD_WHOLE.run(connection, [row])
    else:
        _COUNT_PART.run(connection, [{"mine": found, "changed_at": at}])
    return found


_KNOWN_PARTS = sa.select(shop_part).where(
    shop_part.c.shop == sa.bindparam("in_shop"), shop_part.c.once.in_(sa.bindparam("names", expanding=True))
)
_WHOLE = (
    sa.select(shop_whole.c.id)
    .where(shop_whole.c.shop == sa.bindparam("in_shop"), shop_whole.c.whole == sa.bindparam("name"))
    .with_for_update()
)
_LAST_PART = sa.select(sa.func.max(shop_part.c.id)).where(shop_part.c.whole_id == sa.bindparam("of"))
_ADD_WHOLE = Many(sa.insert(shop_whole), ("id", "shop", "whole", "above", "parts", "told", "changed_at"))
_ADD_PART = Many(sa.insert(shop_part), ("id", "whole_id", "shop", "once", "body_id", "received_at"))
_COUNT_PART = Many(
    sa.update(shop_whole)
    .where(shop_whole.c.id == sa.bindparam("mine"))
    .values(parts=shop_whole.c.parts + sa.literal_column("1"), changed_at=sa.bindparam("changed_at")),
    ("mine", "changed_at"),
)


class Whole(NamedTuple):
    """What belongs together, and how often something new was said of it."""

    id: str
    name: str
    parts: int
    changed_at: dt.datetime
    above: str | None


def untold(connection: sa.Connection, shop: str, *, after: str = "", limit: int = _MANY) -> list[Whole]:
    """Return what has parts of which the plugin was not told yet, oldest first."""
    query = (
        sa.select(*(shop_whole.c[name] for name in ("id", "whole", "parts", "changed_at", "above")))
        .where(shop_whole.c.shop == shop, shop_whole.c.told < shop_whole.c.parts, shop_whole.c.id > after)
        .order_by(shop_whole.c.id)
        .limit(limit)
    )
    return [Whole(*row) for row in connection.execute(query)]


def forget_told(connection: sa.Connection, shop: str) -> int:
    """Let the plugin be told of everything anew; return of how much."""
    return connection.execute(sa.update(shop_whole).where(shop_whole.c.shop == shop).values(told=0)).rowcount


def shops_with_untold(connection: sa.Connection) -> list[str]:
    """Return the shops of which something has parts that its plugin was not told yet."""
    return sorted(connection.scalars(sa.select(shop_whole.c.shop).where(shop_whole.c.told < shop_whole.c.parts).distinct()))


def parts_of(connection: sa.Connection, shop: str, wholes: Collection[Whole]) -> dict[str, list[dict[str, Any]]]:
    """Return the parts of each, those of what it belongs to included, in the order of their arrival: when it came, and what it said."""
    names = {whole.above for whole in wholes if whole.above is not None}
    query = sa.select(shop_whole.c.whole, shop_whole.c.id).where(shop_whole.c.shop == shop, shop_whole.c.whole.in_(sorted(names)))
    above: dict[str, str] = {row.whole: row.id for row in connection.execute(query)} if names else {}
    told = {whole.id: [whole.id, above[whole.above]] if whole.above in above else [whole.id] for whole in wholes}
    parts = _parts(connection, {whole_id for ids in told.values() for whole_id in ids})
    body_ids = [part.body_id for found in parts.values() for part in found]
    bodies: dict[str, str] = {}
    for first in range(0, len(body_ids), _MANY):
        bodies |= vault.take_stored(connection, body_ids[first : first + _MANY])
    result: dict[str, list[dict[str, Any]]] = {}
    for whole_id, ids in told.items():
        kept = [part for one in ids for part in parts.get(one, ()) if part.body_id in bodies]
        result[whole_id] = [
            {"received_at": part.received_at.isoformat(), "payload": json.loads(bodies[part.body_id], parse_float=Decimal)}
            for part in sorted(kept, key=attrgetter("id"))
        ]
    return result


def _parts(connection: sa.Connection, whole_ids: Collection[str]) -> dict[str, list[sa.Row[Any]]]:
    columns = (shop_part.c[name] for name in ("id", "whole_id", "body_id", "received_at"))
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(sa.select(*columns).where(shop_part.c.whole_id.in_(sorted(whole_ids)))):
        found.setdefault(row.whole_id, []).append(row)
    return found


def told(connection: sa.Connection, shop: str, wholes: Sequence[Whole], at: dt.datetime) -> int:
    """Note of how many parts the plugin was told, and that it has to be told again of what belongs to these: returns of how many.

    That is noted here and not when a part is stored: what is stored at the same moment by another process is seen by one of the two.
    """
    for whole in wholes:
        connection.execute(sa.update(shop_whole).where(shop_whole.c.id == whole.id).values(told=whole.parts))
    below = sa.and_(shop_whole.c.shop == shop, shop_whole.c.above.in_(sorted(whole.name for whole in wholes)))
    return connection.execute(sa.update(shop_whole).where(below).values(parts=shop_whole.c.parts + 1, changed_at=at)).rowcount
