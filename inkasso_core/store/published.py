"""What the vendors of a marketplace are shown: a copy of their claims, made once a day, and read instead of the claims themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from inkasso_core.lifecycle import State
from inkasso_core.store.schema import claim, history, vendor_publication, vendor_view

_COPIED = frozenset(vendor_view.c.keys()) - {"claim_id", "shop", "state", "paused", "history_id"}
_is_copied = vendor_view.c.claim_id.is_not(None)


def _shown(column: sa.Column[object]) -> sa.ColumnElement[object]:
    """A column of a claim: from the copy where there is one. A pause does not show in it."""
    if column.name in _COPIED or column.name == "state":
        return sa.case((_is_copied, vendor_view.c[column.name]), else_=column).label(column.name)
    if column.name == "former_state":
        return sa.case((_is_copied, None), else_=column).label(column.name)
    return column


published = (
    sa.select(*(_shown(column) for column in claim.c))
    .select_from(claim.outerjoin(vendor_view, vendor_view.c.claim_id == claim.c.id))
    .where(sa.or_(_is_copied, claim.c.shop.not_in(sa.select(vendor_publication.c.shop))))
    .subquery("seen")
)
"""The claims with the columns of ``claim``, as vendors see them: in a shop that publishes nothing, as they are.

Whose a claim is, is never a matter of yesterday: tenant and vendor are those of today.
"""


def keep_shops(connection: sa.Connection, marketplaces: Collection[str], others: Collection[str]) -> None:
    """Note which shops publish to their vendors, and which of the configured ones do not, or not any more."""
    there = set(connection.scalars(sa.select(vendor_publication.c.shop)))
    for shop in sorted(set(marketplaces) - there):
        connection.execute(sa.insert(vendor_publication).values(shop=shop))
    for shop in sorted(there.intersection(others)):
        connection.execute(sa.delete(vendor_view).where(vendor_view.c.shop == shop))
        connection.execute(sa.delete(vendor_publication).where(vendor_publication.c.shop == shop))


def published_at(connection: sa.Connection, shop: str) -> dt.datetime | None:
    """Return when a shop last published; None where it never did."""
    return connection.scalar(sa.select(vendor_publication.c.published_at).where(vendor_publication.c.shop == shop))


def publish(connection: sa.Connection, shop: str, at: dt.datetime) -> int:
    """Make the copy anew from the claims as they are, all or nothing; return how many claims are in it."""
    last = sa.select(sa.func.max(history.c.id)).where(history.c.claim_id == claim.c.id).scalar_subquery()
    shown = {
        "claim_id": claim.c.id,
        "shop": claim.c.shop,
        "state": sa.case((claim.c.state == State.PAUSED.value, claim.c.former_state), else_=claim.c.state),
        "paused": claim.c.state == State.PAUSED.value,
        "history_id": sa.func.coalesce(last, ""),
        **{name: claim.c[name] for name in sorted(_COPIED)},
    }
    source = sa.select(*shown.values()).where(claim.c.shop == shop, claim.c.vendor.is_not(None))
    connection.execute(sa.delete(vendor_view).where(vendor_view.c.shop == shop))
    made = connection.execute(sa.insert(vendor_view).from_select(list(shown), source)).rowcount
    connection.execute(sa.update(vendor_publication).where(vendor_publication.c.shop == shop).values(published_at=at))
    return int(made)


def last_shown(connection: sa.Connection, claim_id: str) -> str | None:
    """Return the last entry of a claim's history that its vendor may read; None for a claim without a copy."""
    return connection.scalar(sa.select(vendor_view.c.history_id).where(vendor_view.c.claim_id == claim_id))


def paused(connection: sa.Connection, shop: str, vendor: str) -> set[str]:
    """Return the vendor's claims that were paused when the copy was made: he can do nothing with them, and is not told why."""
    query = sa.select(vendor_view.c.claim_id).join(claim, claim.c.id == vendor_view.c.claim_id)
    return set(connection.scalars(query.where(vendor_view.c.shop == shop, claim.c.vendor == vendor, vendor_view.c.paused.is_(True))))
