"""What is written beside a claim: history, notices to observers, tasks, holds, decisions, names, runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor
from inkasso_core.model.words import Text
from inkasso_core.store import ids, placements
from inkasso_core.store.among import among
from inkasso_core.store.columns import stamp
from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.order import next_id
from inkasso_core.store.schema import (
    claim,
    debtor,
    decision,
    history,
    hold,
    meta,
    notice,
    placement,
    shop,
    task,
    tenant,
)


class Entry(NamedTuple):
    """One line of a claim's history: never changed, never deleted, no personal data."""

    id: str
    claim_id: str
    at: dt.datetime
    actor: str
    role: str
    what: str
    from_state: str | None
    to_state: str | None
    reason: str | None
    details: Mapping[str, Any] | None


def add_history(connection: sa.Connection, entries: Sequence[Entry], observers: Mapping[str, Sequence[str]]) -> None:
    """Write history entries, and for each a notice to every observer of the claim (claim id -> names), in the same transaction.

    A claim's history sorts by the ids of its entries. The claims are locked by now, so what is there is what came before: where another
    machine's clock is ahead of ours, or made its ids in the same millisecond, these get ids behind them.
    """
    entries = _behind(connection, entries)
    _ADD_HISTORY.run(connection, (entry._asdict() for entry in entries))
    notices = (
        {"history_id": entry.id, "plugin": name, "tries": 0, "next_at": entry.at}
        for entry in entries
        for name in observers.get(entry.claim_id, ())
    )
    _ADD_NOTICES.run(connection, notices)


def _behind(connection: sa.Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
    known = sorted({entry.claim_id for entry in entries if entry.from_state is not None})
    last = connection.scalar(_LAST, {"ids": known}) if known else None
    if last is None or last < min(entry.id for entry in entries):
        return entries
    ids.pass_by(last)
    return [entry._replace(id=ids.new_id()) for entry in entries]


_LAST = sa.select(sa.func.max(history.c.id)).where(among(history.c.claim_id))
_ADD_HISTORY = Many(sa.insert(history), Entry._fields)
_ADD_NOTICES = Many(sa.insert(notice), ("history_id", "plugin", "tries", "next_at"))


def read_history(connection: sa.Connection, claim_id: str) -> list[Entry]:
    """Return a claim's history, oldest first."""
    query = sa.select(history).where(history.c.claim_id == claim_id).order_by(history.c.id)
    return [Entry(**row._mapping) for row in connection.execute(query)]


# Tasks: what only a person can do


class Task(NamedTuple):
    """Something that only a person can do."""

    id: str
    tenant: str
    claim_id: str | None
    account: str | None
    kind: str
    message: Text
    details: Mapping[str, Any] | None
    """What programs read of it; nothing of the debtor."""
    due_on: dt.date | None
    created_at: dt.datetime
    done_at: dt.datetime | None
    done_by: str | None
    resolution: str | None
    case_reference: str | None
    """The agency's reference of the case that the claim is or was in."""
    portal_url: str | None
    """The link to that case in the agency's portal."""


def add_task(
    connection: sa.Connection,
    *,
    tenant: str,
    kind: str,
    message: Text,
    at: dt.datetime,
    claim_id: str | None = None,
    account: str | None = None,
    due_on: dt.date | None = None,
    details: Mapping[str, Any] | None = None,
) -> str | None:
    """Add a task unless the same kind is open already for that claim or account; return its id, or None."""
    same = sa.select(task.c.id).where(
        task.c.kind == kind,
        task.c.done_at.is_(None),
        task.c.claim_id.is_not_distinct_from(claim_id),
        task.c.account.is_not_distinct_from(account),
    )
    if connection.execute(same).first() is not None:
        return None
    task_id = new_id()
    row = {"id": task_id, "tenant": tenant, "claim_id": claim_id, "account": account, "kind": kind, "message": message._asdict()}
    connection.execute(sa.insert(task).values(**row, details=details, due_on=due_on, created_at=at))
    return task_id


def tasks(connection: sa.Connection, actor: Actor, *, done: bool = False, claim_id: str | None = None) -> list[Task]:
    """Return open tasks (or all), oldest first."""
    query = (
        sa.select(task, placement.c.case_reference, placement.c.portal_url)
        .select_from(task)
        .outerjoin(placement, placement.c.id == placements.of_claim_now(task.c.claim_id))
        .order_by(task.c.id)
    )
    if not done:
        query = query.where(task.c.done_at.is_(None))
    if claim_id is not None:
        query = query.where(task.c.claim_id == claim_id)
    if actor.tenants is not None:
        query = query.where(task.c.tenant.in_(sorted(actor.tenants)))
    if actor.vendors is not None:
        query = query.where(task.c.claim_id.in_(sa.select(claim.c.id).where(claim.c.vendor.in_(sorted(actor.vendors)))))
    return [Task(**{**row._mapping, "message": Text(**row.message)}) for row in connection.execute(query)]


def finish_tasks(connection: sa.Connection, ids: Collection[str], *, by: str, at: dt.datetime, resolution: str | None) -> int:
    """Mark tasks as done; return how many were open."""
    result = connection.execute(
        sa.update(task).where(task.c.id.in_(sorted(ids)), task.c.done_at.is_(None)).values(done_at=at, done_by=by, resolution=resolution)
    )
    return int(result.rowcount)


# Holds, in German: Mahnstopp


class Hold(NamedTuple):
    """A hold on a debtor, an order, an invoice or a claim; ``target`` is the debtor's id, the order's key, the invoice's number or the
    claim's key."""

    id: str
    tenant: str
    shop: str
    scope: str
    target: str
    reason: str
    until: dt.date | None
    set_by: str
    set_at: dt.datetime
    ended_by: str | None
    ended_at: dt.datetime | None


def add_hold(connection: sa.Connection, value: Hold) -> None:
    """Store a hold."""
    connection.execute(sa.insert(hold).values(**value._asdict()))


def holds(connection: sa.Connection, shop_name: str | None = None) -> list[Hold]:
    """Return the holds that nobody lifted; whether one is over is for the day that is asked about."""
    query = sa.select(hold).where(hold.c.ended_at.is_(None)).order_by(hold.c.id)
    if shop_name is not None:
        query = query.where(hold.c.shop == shop_name)
    return [Hold(**row._mapping) for row in connection.execute(query)]


def end_hold(connection: sa.Connection, hold_id: str, *, by: str, at: dt.datetime) -> bool:
    """Lift a hold; False when it was lifted before."""
    statement = sa.update(hold).where(hold.c.id == hold_id, hold.c.ended_at.is_(None)).values(ended_by=by, ended_at=at)
    return connection.execute(statement).rowcount == 1


# Decisions about accounts: mandate, live, limits


def decide(connection: sa.Connection, account: str, kind: str, value: Mapping[str, Any], *, by: str, at: dt.datetime) -> None:
    """Store a decision; the newest of its kind counts, the others stay on record."""
    last = sa.select(sa.func.max(decision.c.id)).where(decision.c.account == account)
    row = {"id": next_id(connection, last), "account": account, "kind": kind, "value": dict(value), "actor": by, "at": at}
    connection.execute(sa.insert(decision).values(**row))


def decided(connection: sa.Connection, account: str) -> dict[str, sa.Row[Any]]:
    """Return the decision in force per kind."""
    query = sa.select(decision).where(decision.c.account == account).order_by(decision.c.id)
    return {row.kind: row for row in connection.execute(query)}


def decisions(connection: sa.Connection, account: str, kind: str) -> list[dict[str, Any]]:
    """Return all decisions of one kind, oldest first."""
    query = sa.select(decision.c.value).where(decision.c.account == account, decision.c.kind == kind).order_by(decision.c.id)
    return [dict(value) for value in connection.scalars(query)]


# Names


def ensure_shops(connection: sa.Connection, shops: Mapping[str, tuple[str, str]], at: dt.datetime) -> None:
    """Write down the configured shops (name -> tenant, plugin), once each."""
    there = {row.name for row in connection.execute(sa.select(shop.c.name))}
    tenants = {row.name for row in connection.execute(sa.select(tenant.c.name))}
    for name in sorted({values[0] for values in shops.values()} - tenants):
        connection.execute(sa.insert(tenant).values(name=name, created_at=at))
    for name, (of_tenant, plugin) in sorted(shops.items()):
        if name not in there:
            connection.execute(sa.insert(shop).values(name=name, tenant=of_tenant, plugin=plugin, created_at=at))


def known_debtors(connection: sa.Connection, shop_name: str, lookups: Collection[str]) -> dict[str, str]:
    """Return lookup -> id of the debtors that are known."""
    query = sa.select(debtor.c.lookup, debtor.c.id).where(debtor.c.shop == shop_name, debtor.c.lookup.in_(sorted(lookups)))
    return {row.lookup: row.id for row in connection.execute(query)}


def add_debtors(connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store new debtors."""
    _ADD_DEBTORS.run(connection, rows)


_ADD_DEBTORS = Many(sa.insert(debtor), debtor.c.keys())


def value_of(connection: sa.Connection, key: str) -> str | None:
    """Return a value of the installation."""
    return connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))


def set_value(connection: sa.Connection, key: str, value: str) -> None:
    """Store a value of the installation that is not there yet."""
    connection.execute(sa.insert(meta).values(key=key, value=value))


def set_once(connection: sa.Connection, key: str, value: str) -> bool:
    """Store a value of the installation; False where it is there already, also where another transaction stores it meanwhile."""
    if value_of(connection, key) is not None:
        return False
    try:
        with connection.begin_nested():
            set_value(connection, key, value)
    except sa.exc.IntegrityError:
        return False
    return True


# Runs


class Run(NamedTuple):
    """The last time that everything due was done (``inkasso run``) to the end."""

    started: dt.datetime
    finished: dt.datetime


_RUN = "last_run"


def note_run(connection: sa.Connection, run: Run) -> None:
    """Note a run that came to its end."""
    value = " ".join(stamp(at) for at in run)
    if connection.execute(sa.update(meta).where(meta.c.key == _RUN).values(value=value)).rowcount == 0:
        set_value(connection, _RUN, value)


def last_run(connection: sa.Connection) -> Run | None:
    """Return the last run that came to its end."""
    value = value_of(connection, _RUN)
    return Run(*map(dt.datetime.fromisoformat, value.split())) if value else None
