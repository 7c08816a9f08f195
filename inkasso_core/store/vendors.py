"""What vendors of a marketplace decided, since when they have claims, and which claims a person has kept back from automatic release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor, Role, State
from inkasso_core.store import claims
from inkasso_core.store.order import next_id
from inkasso_core.store.schema import claim, history, vendor_option

_MANY = 500
"""How many ids are asked for at once."""


class Decided(NamedTuple):
    """A decision about what goes without a check, by a vendor, for him, or the default of the shop."""

    automatic: bool
    """New overdue claims."""
    chargebacks: bool
    """Claims whose payment went back."""
    actor: str
    role: Role
    reason: str | None
    at: dt.datetime


def decide(connection: sa.Connection, shop: str, vendor: str | None, decided: Decided) -> None:
    """Store a decision; without a vendor it is the shop's default. The newest counts, the others stay on record."""
    last = sa.select(sa.func.max(vendor_option.c.id)).where(vendor_option.c.shop == shop)
    row = {"id": next_id(connection, last), "shop": shop, "vendor": vendor, **decided._asdict(), "role": decided.role.value}
    connection.execute(sa.insert(vendor_option).values(**row))


def decisions(connection: sa.Connection, shop: str, names: Collection[str] | None = None) -> dict[str | None, list[Decided]]:
    """Return the decisions in a shop, oldest first: of all vendors, or of some; under None the shop's defaults."""
    query = sa.select(vendor_option).where(vendor_option.c.shop == shop).order_by(vendor_option.c.id)
    if names is not None:
        query = query.where(sa.or_(vendor_option.c.vendor.in_(sorted(names)), vendor_option.c.vendor.is_(None)))
    found: dict[str | None, list[Decided]] = {}
    for row in connection.execute(query):
        decided = Decided(row.automatic, row.chargebacks, row.actor, Role(row.role), row.reason, row.at)
        found.setdefault(row.vendor, []).append(decided)
    return found


def first_claims(connection: sa.Connection, shop: str, actor: Actor, names: Collection[str] | None = None) -> dict[str, dt.datetime]:
    """Return since when each vendor that the actor may see has claims: all, or some."""
    query = sa.select(claim.c.vendor, sa.func.min(claim.c.registered_at).label("first"))
    query = query.where(claim.c.shop == shop, claim.c.vendor.is_not(None) if names is None else claim.c.vendor.in_(sorted(names)))
    return {row.vendor: row.first for row in connection.execute(claims.scope(query, actor).group_by(claim.c.vendor))}


def counts(connection: sa.Connection, shop: str, actor: Actor) -> dict[str, dict[State, int]]:
    """Return how many claims each vendor has in each state, as the actor sees them."""
    of = claims.seen_by(actor)
    query = sa.select(of.c.vendor, of.c.state, sa.func.count()).where(of.c.shop == shop, of.c.vendor.is_not(None))
    found: dict[str, dict[State, int]] = {}
    for name, state, number in connection.execute(claims.scope(query, actor, of).group_by(of.c.vendor, of.c.state)):
        found.setdefault(name, {})[State(state)] = number
    return found


# What stood in the queue when, and who took it out of an agency's way


class Stood(NamedTuple):
    """What the history says of a claim in the queue."""

    ready_since: dt.datetime | None = None
    """When it was ready for the first time."""
    withdrawn: bool = False
    """Whether a person took its release back, and none has released it or brought it back since."""


def stood(connection: sa.Connection, ids: Collection[str]) -> Mapping[str, Stood]:
    """Return, for each of these claims, since when it was ready and whether a person keeps it back."""
    found = dict.fromkeys(ids, Stood())
    asked = sorted(found)
    for start in range(0, len(asked), _MANY):
        moves = sa.select(history.c.claim_id, history.c.at, history.c.role, history.c.from_state, history.c.to_state).where(
            history.c.claim_id.in_(asked[start : start + _MANY]),
            history.c.to_state.in_(_TOLD),
            sa.or_(history.c.from_state.is_(None), history.c.from_state != history.c.to_state),
        )
        for claim_id, at, role, before, after in connection.execute(moves.order_by(history.c.id)):
            found[claim_id] = _after(found[claim_id], at, role, before, after)
    return found


_TOLD = tuple(state.value for state in (State.WAITING, State.READY, State.RUNNING))


def _after(known: Stood, at: dt.datetime, role: str, before: str | None, after: str) -> Stood:
    """What is known of a claim after one more move. What the system did is no person's word."""
    if after == State.READY and known.ready_since is None:
        known = known._replace(ready_since=at)
    if role == Role.SYSTEM or before == State.PAUSED:  # the end of a pause leaves everything as it was
        return known
    return known._replace(withdrawn=before == State.RUNNING)
