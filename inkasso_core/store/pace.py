"""How many requests each account has sent, minute by minute: what all processes and machines together keep a limit by."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from inkasso_core.store.schema import pace

KEPT = dt.timedelta(days=3)
"""How long a minute is remembered: past the longest limit, a day of any zone."""


def spent(connection: sa.Connection, account: str, since: dt.datetime) -> int:
    """Return how many requests were sent in the minutes from ``since`` on."""
    query = sa.select(sa.func.coalesce(sa.func.sum(pace.c.requests), 0)).where(pace.c.account == account, pace.c.minute >= since)
    return int(connection.scalar(query) or 0)


def spend(connection: sa.Connection, account: str, minute: dt.datetime, requests: int) -> None:
    """Note requests that are about to be sent, and forget those of long ago."""
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(pace)
    row = insert.values(account=account, minute=minute, requests=requests)
    grown = {"requests": pace.c.requests + row.excluded.requests}
    connection.execute(row.on_conflict_do_update(index_elements=[pace.c.account, pace.c.minute], set_=grown))
    connection.execute(sa.delete(pace).where(pace.c.account == account, pace.c.minute < minute - KEPT))
