"""What agencies were given: each claim with its newest case, as the store knows it. No personal data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor, State
from inkasso_core.store.claims import Filter, narrow, scope
from inkasso_core.store.placements import of_claim_now
from inkasso_core.store.schema import claim, placement


class Transmitted(NamedTuple):
    """A claim that left for an agency, and where its case stands there."""

    shop: str
    order: str
    """The claim's key inside its shop."""
    invoice_number: str | None
    state: State
    account: str
    agency: str
    """The adapter's name."""
    our_reference: str
    case_reference: str | None
    """The agency's (Aktenzeichen)."""
    placed_on: dt.date | None
    """When it left."""
    agency_status: str | None
    agency_code: str | None
    """The agency's own word for its status."""
    outcome: str | None
    heard_at: dt.datetime | None
    """When the agency was last heard of this case."""
    portal_url: str | None
    channel: str | None
    """Which way it went, where it was handed over outside."""

    @property
    def ref(self) -> str:
        """How people and programs name the claim: ``shop:key``."""
        return f"{self.shop}:{self.order}"


_OF_CASE = ("account", "agency", "our_reference", "case_reference", "placed_on", "agency_status", "agency_code", "outcome", "heard_at")


def transmitted(
    connection: sa.Connection, chosen: Filter, actor: Actor, *, since: dt.date | None = None, limit: int | None = None
) -> Iterator[Transmitted]:
    """Stream what left for an agency on ``since`` or later, the newest first; ``chosen`` narrows it by shop, state or vendor.

    The account is that of the case: a claim that is routed anew may have another one.
    """
    columns = [placement.c[name] for name in (*_OF_CASE, "portal_url", "channel")]
    query = (
        sa.select(claim.c.shop, claim.c.record, claim.c.invoice_number, claim.c.state, *columns)
        .select_from(claim.join(placement, placement.c.id == of_claim_now(claim.c.id)))
        .where(sa.or_(placement.c.placed_on.is_not(None), placement.c.channel.is_not(None)))
    )
    if chosen.account is not None:
        query = query.where(placement.c.account == chosen.account)
    if since is not None:
        query = query.where(placement.c.placed_on >= since)
    query = narrow(scope(query, actor), chosen._replace(account=None)).order_by(
        placement.c.placed_on.desc().nulls_first(), placement.c.id.desc(), claim.c.shop, claim.c.record
    )
    rows = connection.execution_options(stream_results=True, yield_per=500).execute(query.limit(limit) if limit is not None else query)
    return (Transmitted(row[0], row[1], row[2], State(row[3]), *row[4:]) for row in rows)
