"""Pauses that have had their last day: their claims are again what they were. An agency that was told the day goes on by itself."""

from __future__ import annotations

from inkasso_core import desk
from inkasso_core.context import Context
from inkasso_core.desk import Word
from inkasso_core.lifecycle import SYSTEM, State
from inkasso_core.store import claims, pauses


def end_due(context: Context) -> int:
    """End the pauses whose last day is over, each by itself; returns how many."""
    with context.database.read() as connection:
        found = claims.by_ids(connection, pauses.over(connection, context.today()))
    ended = 0
    for stored in found:
        target = stored.former_state or stored.state
        handled = desk.change(context, [stored.id], target, SYSTEM, Word(resumed=True, reason=_OVER), sources={State.PAUSED})
        ended += sum(one.ok for one in handled)
    return ended


_OVER = "the pause is over"
