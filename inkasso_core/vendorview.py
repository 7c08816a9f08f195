"""What the vendors of a marketplace see: their claims as of the last nightly update. The operator sees the same list as it is now.

A pause does not show: the claim stands as what it was before, and nothing can be done with it. What happened since the update shows with
the next one, so that a vendor reads "paid" when everything is booked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from inkasso_core import vendors
from inkasso_core.context import Context
from inkasso_core.lifecycle import SYSTEM, Actor, Role, State, actions
from inkasso_core.listing import Details
from inkasso_core.store import claims, published
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.records import Entry


class Published(NamedTuple):
    """One update of what a marketplace's vendors see."""

    shop: str
    claims: int
    at: dt.datetime


class Line(NamedTuple):
    """A claim as its vendor sees it, and what he may do to it: methods of the facade."""

    stored: Stored
    actions: tuple[str, ...]


class View(NamedTuple):
    """A vendor's claims."""

    shop: str
    vendor: str
    updated_at: dt.datetime | None
    """As of when: the last update, or now for whoever sees the live data; None where nothing was published yet."""
    live: bool
    lines: list[Line]
    """By their keys."""


def publish(context: Context, shop: str) -> Published:
    """Publish a marketplace's claims to its vendors, whole or not at all; again, it is the same with newer data."""
    at = context.now()
    with context.database.write() as connection:
        count = published.publish(connection, shop, at)
    return Published(shop, count, at)


def publish_due(context: Context) -> list[Published]:
    """Publish every marketplace that has not been published since its hour came last."""
    found = []
    for name in vendors.markets(context, SYSTEM):
        with context.database.read() as connection:
            last = published.published_at(connection, name)
        if last is None or last < hour_before(context, context.shop(name).vendors.view_hour):
            found.append(publish(context, name))
    return found


def hour_before(context: Context, hour: int) -> dt.datetime:
    """The last time that the clocks of the creditor showed this hour."""
    here = context.now().astimezone(context.settings.zone)
    day = here.date() if here.hour >= hour else here.date() - dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(hour), context.settings.zone).astimezone(dt.UTC)


def view(context: Context, connection: Connection, shop: str, vendor: str, chosen: Filter, actor: Actor) -> View:
    """Return a vendor's claims: to a vendor as last published, to the operator as they are. Raises :class:`NotFound` for a vendor who is
    not known, or whom the actor may not see."""
    vendors.options(context, connection, shop, vendor, actor)  # raises for one who is not known
    live = actor.role is not Role.VENDOR
    updated_at = context.now() if live else published.published_at(connection, shop)
    paused = set() if live else published.paused(connection, shop, vendor)
    profile = context.profile(shop)
    rows = claims.listed(connection, chosen._replace(shop=shop, vendor=vendor), actor)
    lines = [Line(stored, () if stored.id in paused else actions(stored.state, Role.VENDOR, profile)) for stored in rows]
    return View(shop, vendor, updated_at, live, lines)


def story(connection: Connection, claim_id: str, entries: Iterable[Entry], actor: Actor) -> list[Entry]:
    """Return a claim's history as the actor may read it: a vendor up to the last update, without its pauses."""
    last = published.last_shown(connection, claim_id) if actor.role is Role.VENDOR else None
    if last is None:
        return list(entries)
    return list(_without_pauses(entry for entry in entries if entry.id <= last))


def details(connection: Connection, found: Details, actor: Actor) -> Details:
    """Return all that is known of a claim as the actor may read it: where something happened since the update, a vendor hears neither of
    what the agency says nor of what is to be done."""
    told = story(connection, found.stored.id, found.history, actor)
    if actor.role is not Role.VENDOR or not _is_behind(connection, found):
        return found._replace(history=told)
    return found._replace(history=told, placements=[], tasks=[], instructions=[], error=None)


def _is_behind(connection: Connection, found: Details) -> bool:
    last = published.last_shown(connection, found.stored.id)
    return last is not None and found.history[-1].id > last


def _without_pauses(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Leave out when a pause began and ended; what happens meanwhile, happens in the state before."""
    former: str | None = None
    for entry in entries:
        before = former if entry.from_state == State.PAUSED else entry.from_state
        if entry.to_state == State.PAUSED:
            if entry.from_state == State.PAUSED:
                yield entry._replace(from_state=former, to_state=former)
            former = before
        elif entry.from_state != State.PAUSED or entry.to_state != former:
            yield entry._replace(from_state=before)
