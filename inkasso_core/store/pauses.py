"""Pauses that end by themselves: the last day of each, and which are over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from inkasso_core.lifecycle import State
from inkasso_core.store.schema import claim, pause_end


def note(connection: sa.Connection, claim_ids: Collection[str], until: dt.date | None) -> None:
    """Note the last day of pauses that begin now; None: a person ends them."""
    connection.execute(sa.delete(pause_end).where(pause_end.c.claim_id.in_(sorted(claim_ids))))
    if until is not None and claim_ids:
        connection.execute(sa.insert(pause_end), [{"claim_id": claim_id, "until": until} for claim_id in claim_ids])


def over(connection: sa.Connection, day: dt.date) -> list[str]:
    """Return the claims whose pause had its last day before ``day``."""
    query = sa.select(claim.c.id).join(pause_end, pause_end.c.claim_id == claim.c.id)
    return list(connection.scalars(query.where(pause_end.c.until < day, claim.c.state == State.PAUSED.value).order_by(claim.c.id)))
