"""Pacing: no account asks its agency for more than the agency takes, however many processes and machines work for it.

Every request is spent before it is sent, in a commit: a crash may waste one, and never sends one too many.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from inkasso_core.context import Context
from inkasso_core.store import pace
from inkasso_core.store.engine import Connection

_MINUTE = dt.timedelta(minutes=1)


class Pace(NamedTuple):
    """What an account may send now."""

    granted: int
    """How many requests."""
    next_at: dt.datetime | None = None
    """Where fewer were granted than wanted: when there may be more."""


def left(context: Context, connection: Connection, account: str, wanted: int = 1) -> Pace:
    """Say how many of so many requests an account may send now; nothing is spent."""
    limits, now = context.account(account), context.now()
    minute = now.replace(second=0, microsecond=0)
    if limits.per_minute is None and limits.per_day is None:
        return Pace(wanted)
    midnight = dt.datetime.combine(context.today(), dt.time(), context.settings.zone)
    granted, next_at = wanted, None
    for limit, since, until in (
        (limits.per_minute, minute, minute + _MINUTE),
        (limits.per_day, midnight.astimezone(dt.UTC), midnight + dt.timedelta(days=1)),
    ):
        if limit is not None and (rest := max(0, limit - pace.spent(connection, account, since))) < granted:
            granted, next_at = rest, until.astimezone(dt.UTC)
    return Pace(granted, next_at)


def spend(context: Context, connection: Connection, account: str, wanted: int) -> Pace:
    """Spend up to so many requests of an account, in the transaction of the caller, which holds the write lock.

    What was granted counts as sent, whether it is or not.
    """
    limits, may = context.account(account), left(context, connection, account, wanted)
    if may.granted and not (limits.per_minute is None and limits.per_day is None):
        pace.spend(connection, account, context.now().replace(second=0, microsecond=0), may.granted)
    return may
