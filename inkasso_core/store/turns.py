"""Turns: many workers share what time brings, so that each part of it is done by one of them at a time, and not all the time."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from inkasso_core.store.schema import turn


class Turn(NamedTuple):
    """A part of the work, as it was last left."""

    name: str
    owner: str | None
    """Who does it now, or did when he was killed."""
    lease_until: dt.datetime | None
    ended_at: dt.datetime | None
    """When it was last done to its end, well or not."""
    error: str | None
    """On what it broke then, in a word; None where it did not."""


def of(connection: sa.Connection, name: str) -> Turn | None:
    """Return a part of the work; None where it was never done."""
    row = connection.execute(sa.select(*_COLUMNS).where(turn.c.name == name)).first()
    return None if row is None else Turn(*row)


def every(connection: sa.Connection) -> dict[str, Turn]:
    """Return all parts that were ever begun, by their names."""
    return {row.name: Turn(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(turn.c.name))}


def begin(connection: sa.Connection, name: str, owner: str, lease_until: dt.datetime) -> None:
    """Note who does a part from now on. To be decided in a transaction that writes alone."""
    values = {"owner": owner, "lease_until": lease_until}
    if connection.execute(sa.update(turn).where(turn.c.name == name).values(values)).rowcount == 0:
        connection.execute(sa.insert(turn).values(name=name, **values))


def end(connection: sa.Connection, name: str, owner: str, at: dt.datetime, error: str | None) -> None:
    """Note that a part was done; nothing changes where somebody else has taken it meanwhile."""
    mine = sa.and_(turn.c.name == name, turn.c.owner == owner)
    connection.execute(
        sa.update(turn).where(mine).values(owner=None, lease_until=None, ended_at=at, error=error[:_LONGEST] if error else None)
    )


def give_back(connection: sa.Connection, name: str, owner: str) -> None:
    """Note that a part was left before its end: it is due as it was."""
    connection.execute(sa.update(turn).where(turn.c.name == name, turn.c.owner == owner).values(owner=None, lease_until=None))


_LONGEST = 100
_COLUMNS = tuple(turn.c[name] for name in Turn._fields)
