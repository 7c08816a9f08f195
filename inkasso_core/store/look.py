"""A cheap look at the queues: is there anything to do at once? For workers, which look every second."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from inkasso_core.store import instructions, queue
from inkasso_core.store.schema import notice


def untold(connection: sa.Connection, now: dt.datetime) -> bool:
    """Return whether an observer is to be told of something, and nobody tells him just now."""
    waits = (notice.c.told_at.is_(None), notice.c.dead_at.is_(None), notice.c.owner.is_(None), notice.c.next_at <= now)
    return connection.execute(sa.select(notice.c.history_id).where(*waits).limit(1)).first() is not None


def accounts(connection: sa.Connection, now: dt.datetime, live: list[str]) -> list[str]:
    """Return those of the accounts for which something is to be handed over, or told to the agency, now."""
    return [name for name in live if queue.any_pending(connection, name, now) or instructions.any_head(connection, name, now)]
