"""What a shop plugin is given besides events: values that it keeps between processes, and what is known of its shop's claims."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inkasso_core import owner
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.errors import NotFound, TemporarilyUnavailable
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.model.agency import AgencyStatus, Outcome
from inkasso_core.model.claim import Claim
from inkasso_core.model.shop import Case
from inkasso_core.model.words import Text
from inkasso_core.plugins.context import Kept, ShopContext
from inkasso_core.store import claims, placements, records, shops, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.shops import Lease

ENTER = "enter_in_shop"
"""The kind of task that asks for something to be entered in the shop."""
LEASE = dt.timedelta(minutes=5)
"""How long a value is left to a process on another machine that took it: more than any single request may last."""
_EVENT_ID = 26
_LOOK_AGAIN = 0.05
"""Seconds between two looks at a value that somebody else has."""


def shop_context(context: Context, shop: str) -> ShopContext[Any]:
    """Return what the plugin of a shop works with; raises :class:`ConfigurationError` or :class:`PluginError` for one that cannot."""
    return ShopContext(
        shop=shop,
        settings=context.shop_settings(shop),
        shelf=_Shelf(context, shop),
        book=_Book(context, shop),
        desk=_Desk(context, shop),
        folder=context.settings.folder,
        now=context.now,
        sleep=context.sleep,
    )


class _Kept:
    """A value that is ours for a while."""

    def __init__(self, context: Context, shop: str, name: str, me: str, value: str | None) -> None:
        self._context, self._shop, self._name, self._me = context, shop, name, me
        self._value = value

    @property
    def value(self) -> str | None:
        return self._value

    def put(self, value: str | None) -> None:
        with self._context.database.write() as connection:
            mine = shops.put_kept(connection, self._shop, self._name, self._me, value, self._context.now())
        if not mine:
            raise TemporarilyUnavailable(_LOST.fill(name=self._name, shop=self._shop))
        self._value = value


class _Shelf:
    """The values of one shop's plugin."""

    def __init__(self, context: Context, shop: str) -> None:
        self._context, self._shop = context, shop

    def read(self, name: str) -> str | None:
        with self._context.database.read() as connection:
            return shops.kept(connection, self._shop, name)

    @contextmanager
    def locked(self, name: str, *, wait: float = 60.0) -> Iterator[Kept]:
        with owner.working() as me:
            self._take(name, me, time.monotonic() + wait)
            try:
                yield _Kept(self._context, self._shop, name, me, self.read(name))
            finally:
                with self._context.database.write() as connection:
                    shops.give_back(connection, self._shop, name, me)

    def _take(self, name: str, me: str, until: float) -> None:
        gone: Lease | None = None
        while True:
            now = self._context.now()
            with self._context.database.write() as connection:
                held = shops.take_kept(connection, self._shop, name, Lease(me, now + LEASE), gone)
            if held is None:
                return
            if owner.is_gone(held.owner, held.until, now):
                gone = held
            elif time.monotonic() > until:
                raise TemporarilyUnavailable(_BUSY.fill(name=name, shop=self._shop))
            else:
                time.sleep(_LOOK_AGAIN)


class _Book:
    """What is known of one shop's claims."""

    def __init__(self, context: Context, shop: str) -> None:
        self._context, self._shop = context, shop

    def claim(self, order: str) -> Claim:
        with self._context.database.read() as connection:
            return vault.take_claim(connection, self._stored(connection, order).body_id)

    def case(self, order: str) -> Case | None:
        with self._context.database.read() as connection:
            newest = [row for row in placements.of_claim(connection, self._stored(connection, order).id) if row.placed_on or row.channel]
        if not newest:
            return None
        row = newest[-1]
        return Case(
            account=row.account,
            agency=self._context.agency_label(row.account, row.agency),
            our_reference=row.our_reference,
            case_reference=row.case_reference,
            portal_url=row.portal_url,
            status=AgencyStatus(row.agency_status) if row.agency_status else None,
            agency_code=row.agency_code,
            outcome=_outcome(row.outcome),
            placed_on=row.placed_on,
            is_open=bool(row.open),
        )

    def open_orders(self, after: str = "", most: int = 500) -> list[str]:
        with self._context.database.read() as connection:
            return claims.open_records(connection, self._shop, after=after, limit=most)

    def _stored(self, connection: Connection, order: str) -> Stored:
        return _claim_of(connection, self._shop, order)


class _Desk:
    """Asks people to enter something in one shop."""

    def __init__(self, context: Context, shop: str) -> None:
        self._context, self._shop = context, shop

    def ask(self, order: str, event_id: str, text: Text, *, status: str | None = None) -> bool:
        with self._context.database.write() as connection:
            changes = Changes(self._context)
            stored = _claim_of(connection, self._shop, order)
            mine = [task for task in records.tasks(connection, SYSTEM, done=True, claim_id=stored.id) if task.kind == ENTER]
            if any(_is_told((task.details or {}).get("event"), event_id) for task in mine):
                return False
            waiting = [task.id for task in mine if task.done_at is None]
            records.finish_tasks(connection, waiting, by=SYSTEM.id, at=changes.at, resolution="superseded")
            details = {"event": event_id, "order": order, "status": status}
            changes.task(connection, stored, ENTER, text, details=details)
            changes.flush(connection)
        return True


def _is_told(known: str | None, event_id: str) -> bool:
    """Whether that was asked, or something newer: an event that is told once more, late, is no news. The ids of events are in order."""
    if known is None or known == event_id:
        return known == event_id
    return len(known) == len(event_id) == _EVENT_ID and known > event_id


def _claim_of(connection: Connection, shop: str, order: str) -> Stored:
    found = claims.by_key(connection, shop, order, SYSTEM)
    if found is None:
        raise NotFound(_NO_CLAIM.fill(shop=shop), field="order")
    return found


def _outcome(value: str | None) -> Outcome | None:
    return Outcome(value) if value in {outcome.value for outcome in Outcome} else None


_NO_CLAIM = Text("Im Shop „{shop}“ gibt es keine solche Forderung.", 'There is no such claim in the shop "{shop}".')
_BUSY = Text(
    "„{name}“ des Shops „{shop}“ ist von einem anderen Prozess belegt: es wird wieder versucht.",
    '"{name}" of the shop "{shop}" is taken by another process: it is tried again.',
)
_LOST = Text(
    "„{name}“ des Shops „{shop}“ hat inzwischen ein anderer Prozess: es wird wieder versucht.",
    'Another process has "{name}" of the shop "{shop}" meanwhile: it is tried again.',
)
