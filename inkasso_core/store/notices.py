"""Notices: who is still to be told of which entry of the history, who tells it just now, and what nobody could be told (dead letters)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import SYSTEM, Actor
from inkasso_core.store.claims import scope
from inkasso_core.store.schema import claim, history, notice

_UNTOLD = sa.and_(notice.c.told_at.is_(None), notice.c.dead_at.is_(None))
_DEAD = sa.and_(notice.c.dead_at.is_not(None), notice.c.told_at.is_(None))


class Notice(NamedTuple):
    """One entry of the history for one observer, with the claim that it is about."""

    id: str
    """Of the entry: what observers know it by."""
    plugin: str
    tries: int
    what: str
    at: dt.datetime
    claim_id: str
    shop: str
    record: str
    account: str | None
    state: str
    to_state: str | None
    reason: str | None
    actor: str
    details: Mapping[str, Any] | None
    revived: int | None
    """How often it had been told in vain when a person last had it told again."""


class DeadLetter(NamedTuple):
    """What an observer was told again and again, and broke each time: nobody tells it any more until a person says so."""

    id: str
    """Of the entry of the history."""
    plugin: str
    ref: str
    what: str
    at: dt.datetime
    tries: int
    error: str
    """What the observer raised the last time: a class or a code, never its text."""
    dead_at: dt.datetime
    settled_at: dt.datetime | None
    settled_by: str | None
    settled_why: str | None


def take(connection: sa.Connection, now: dt.datetime, *, owner: str, lease_until: dt.datetime, limit: int) -> list[Notice]:
    """Take notices that are due, for an owner who tells them now. Of each claim an observer hears one after the other, the oldest first."""
    older, of_older = notice.alias("older"), history.alias("of_older")
    before = sa.select(older.c.history_id).where(
        of_older.c.claim_id == history.c.claim_id,
        of_older.c.id < history.c.id,
        older.c.history_id == of_older.c.id,
        older.c.plugin == notice.c.plugin,
        older.c.told_at.is_(None),
        older.c.dead_at.is_(None),
    )
    query = _notices().where(_UNTOLD, notice.c.owner.is_(None), notice.c.next_at <= now, ~before.exists())
    found = [Notice(*row) for row in connection.execute(query.order_by(notice.c.next_at, notice.c.history_id).limit(limit))]
    for one in found:
        connection.execute(_of(one.id, one.plugin).values(owner=owner, lease_until=lease_until))
    return found


def taken(connection: sa.Connection) -> list[tuple[str, dt.datetime]]:
    """Return who tells something just now, each with the latest end of his leases."""
    query = sa.select(notice.c.owner, sa.func.max(notice.c.lease_until, type_=notice.c.lease_until.type))
    return [(row[0], row[1]) for row in connection.execute(query.where(notice.c.owner.is_not(None)).group_by(notice.c.owner))]


def give_back(connection: sa.Connection, owners: Collection[str]) -> None:
    """Give back what these owners took and did not tell."""
    connection.execute(sa.update(notice).where(notice.c.owner.in_(sorted(owners))).values(owner=None, lease_until=None))


def told(connection: sa.Connection, one: Notice, at: dt.datetime) -> None:
    """Note that an observer was told."""
    connection.execute(_of(one.id, one.plugin).values(tries=notice.c.tries + 1, told_at=at, error=None, owner=None, lease_until=None))


def failed(connection: sa.Connection, one: Notice, error: str, *, next_at: dt.datetime, dead_at: dt.datetime | None) -> None:
    """Note that an observer broke on it: when it is told again, or that nobody tells it any more."""
    values = {"tries": notice.c.tries + 1, "next_at": next_at, "error": error, "dead_at": dead_at, "owner": None, "lease_until": None}
    connection.execute(_of(one.id, one.plugin).values(**values))


def dead_letters(connection: sa.Connection, actor: Actor = SYSTEM, *, plugin: str | None = None, settled: bool = False) -> list[DeadLetter]:
    """Return what could not be told, oldest first: what waits for a person, or what one has settled."""
    query = (
        sa.select(
            notice.c.history_id,
            notice.c.plugin,
            claim.c.shop,
            claim.c.record,
            history.c.what,
            history.c.at,
            notice.c.tries,
            notice.c.error,
            notice.c.dead_at,
            notice.c.settled_at,
            notice.c.settled_by,
            notice.c.settled_why,
        )
        .join(history, history.c.id == notice.c.history_id)
        .join(claim, claim.c.id == history.c.claim_id)
        .where(_DEAD, notice.c.settled_at.is_not(None) if settled else notice.c.settled_at.is_(None))
        .order_by(notice.c.history_id, notice.c.plugin)
    )
    if plugin is not None:
        query = query.where(notice.c.plugin == plugin)
    return [
        DeadLetter(row[0], row[1], f"{row.shop}:{row.record}", row.what, row.at, row.tries, row.error or "", *row[8:])
        for row in connection.execute(scope(query, actor))
    ]


def revive(connection: sa.Connection, letter: DeadLetter, at: dt.datetime) -> None:
    """Have a dead letter told again, as if it had just happened; how often it was told stays."""
    connection.execute(_of(letter.id, letter.plugin).values(dead_at=None, next_at=at, revived=notice.c.tries))


def settle(connection: sa.Connection, letter: DeadLetter, *, by: str, at: dt.datetime, why: str) -> None:
    """Note that a dead letter need not be told any more."""
    connection.execute(_of(letter.id, letter.plugin).values(settled_at=at, settled_by=by, settled_why=why))


def _of(history_id: str, plugin: str) -> sa.Update:
    return sa.update(notice).where(notice.c.history_id == history_id, notice.c.plugin == plugin)


def _notices() -> sa.Select[Any]:
    return (
        sa.select(
            history.c.id,
            notice.c.plugin,
            notice.c.tries,
            history.c.what,
            history.c.at,
            history.c.claim_id,
            claim.c.shop,
            claim.c.record,
            claim.c.account,
            claim.c.state,
            history.c.to_state,
            history.c.reason,
            history.c.actor,
            history.c.details,
            notice.c.revived,
        )
        .select_from(notice)
        .join(history, history.c.id == notice.c.history_id)
        .join(claim, claim.c.id == history.c.claim_id)
    )
