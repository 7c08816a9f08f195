"""When the agency was last asked where a case stands: the next one is that which waits longest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from inkasso_core.store.schema import claim, placement, placement_claim


def due(connection: sa.Connection, account: str, states: Collection[str], *, before: dt.datetime, limit: int) -> list[str]:
    """Return open placements with a claim in one of these states about which nobody asked since then, the longest ago first."""
    inside = placement_claim.join(claim, claim.c.id == placement_claim.c.claim_id)
    mine = sa.select(placement_claim.c.claim_id).select_from(inside).where(placement_claim.c.placement_id == placement.c.id)
    has_one = mine.where(placement_claim.c.open.is_(True), claim.c.state.in_(sorted(states))).exists()
    query = (
        sa.select(placement.c.id)
        .where(placement.c.account == account, placement.c.closed_at.is_(None), has_one)
        .where(sa.or_(placement.c.asked_at.is_(None), placement.c.asked_at < before))
        .order_by(placement.c.asked_at.asc().nulls_first(), placement.c.id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def note(connection: sa.Connection, ids: Collection[str], at: dt.datetime | None) -> None:
    """Note when the agency was asked about these placements; None where it was not, after all."""
    connection.execute(sa.update(placement).where(placement.c.id.in_(sorted(ids))).values(asked_at=at))
