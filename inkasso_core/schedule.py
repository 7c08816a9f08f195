"""What time brings: news of shops, conditions that are met now, releases in automatic mode, transmission, following, telling.

For cron or a worker. Conditions look at the state as it is, never at "exactly today": after a missed week nothing is skipped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from inkasso_core import desk, follow, pauses, polling, release, vendorview, wholes
from inkasso_core.cases import Followed
from inkasso_core.context import Context
from inkasso_core.lifecycle import State
from inkasso_core.observing import tell_observers
from inkasso_core.polling import Looked
from inkasso_core.report import AccountReport, Item
from inkasso_core.store import claims, records
from inkasso_core.store.claims import Filter
from inkasso_core.transmit import transmit
from inkasso_core.vendorview import Published

_QUEUED = (State.WAITING, State.READY)
PAGE = 500


class Ran(NamedTuple):
    """What a run did."""

    moved: int
    """Claims that a fresh diagnosis moved between waiting and ready."""
    released: int
    reports: list[AccountReport]
    followed: Followed
    polled: list[Looked]
    """What shops were asked, and what that brought."""
    published: list[Published]
    """The marketplaces whose vendors were shown the new state."""


def run_due(context: Context, *, on_item: Callable[[Item], None] | None = None, poll: bool = True, often: bool = False) -> Ran:
    """Do everything that is due, in the order of a claim's way. Safe to repeat, and to kill. Without ``poll`` no shop is asked.

    ``often`` is for what runs every few seconds: no agency is asked for a status again before ``status_every_minutes`` of its account.
    """
    started = context.now()
    polled = polling.poll_all(context) if poll else []
    wholes.tell_all(context)
    pauses.end_due(context)
    moved = rediagnose_all(context, None)
    released = release.release_automatically(context)
    reports = transmit(context, on_item=on_item)
    followed = follow.follow(context, due_only=often).plus(tell_observers(context))
    published = vendorview.publish_due(context)
    with context.database.write() as connection:
        records.note_run(connection, records.Run(started, context.now()))
    return Ran(moved, released, reports, followed, polled, published)


def rediagnose_all(context: Context, as_of: dt.date | None) -> int:
    """Diagnose everything that waits, page by page; return how many claims moved."""
    moved, after = 0, ""
    while not context.ending.is_set():
        with context.database.read() as connection:
            ids = [stored.id for stored in claims.page(connection, Filter(states=_QUEUED), after=after, size=PAGE)]
        if not ids:
            return moved
        after = ids[-1]
        moved += desk.rediagnose(context, ids, as_of=as_of)
    return moved
