"""The facade: what shops, the command line, pages and workers call. Thread-safe; one per process.

Every method that changes something takes an :class:`~inkasso_core.lifecycle.Actor`; left out, it is the system itself for what shops and
clocks bring, and the operator running this process for what people do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from inkasso_core.adoption import AdoptedRow, Adoption
from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.registry import Agencies
from inkasso_core.app.base import Result
from inkasso_core.app.books import Books
from inkasso_core.app.inbox import Inbox
from inkasso_core.app.observers import Observers
from inkasso_core.app.questions import Questions
from inkasso_core.app.reports import Reports
from inkasso_core.app.running import DatabaseStatus, Running
from inkasso_core.app.shops import Polling, Shops, Taker
from inkasso_core.app.telling import Telling
from inkasso_core.app.vendors import Vendors
from inkasso_core.app.work import Work
from inkasso_core.app.working import Working
from inkasso_core.cases import Followed
from inkasso_core.context import Clock, Context, Sleep, utc_now
from inkasso_core.engines import waker
from inkasso_core.faults import Fault
from inkasso_core.gate import Gate, Mandate
from inkasso_core.health import AccountHealth, Health, PartHealth
from inkasso_core.idle import Idle
from inkasso_core.ingest import Ingested, Progress
from inkasso_core.legal import Lapses, Lapsing, LegalTable, Reckoned
from inkasso_core.listing import Details, Trace, as_json
from inkasso_core.merchant_ledger import Entry as LedgerEntry
from inkasso_core.plugins.manager import Plugins
from inkasso_core.polling import Glance
from inkasso_core.reconcile import Difference, Reconciled
from inkasso_core.release import Handled
from inkasso_core.report import AccountReport, Item
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import group_label
from inkasso_core.schedule import Ran
from inkasso_core.settings import Settings, load
from inkasso_core.store import records
from inkasso_core.store.adopted import Listed as Earlier
from inkasso_core.store.arrivals import Sighting
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Database
from inkasso_core.store.feeds import Received
from inkasso_core.store.inbox import InboxItem
from inkasso_core.store.instructed import Instructed
from inkasso_core.store.notices import DeadLetter
from inkasso_core.store.records import Entry, Hold, Run, Task
from inkasso_core.store.shops import Polled
from inkasso_core.store.transmitted import Transmitted
from inkasso_core.turns import Done, Due
from inkasso_core.vendors import Options, Seller, note_marketplaces
from inkasso_core.vendorview import Line, Published, View

__all__ = [
    "AccountHealth",
    "AccountReport",
    "AdoptedRow",
    "Adoption",
    "Condition",
    "DatabaseStatus",
    "DeadLetter",
    "Details",
    "Difference",
    "Done",
    "Due",
    "Earlier",
    "Entry",
    "Fault",
    "Filter",
    "Followed",
    "Gate",
    "Glance",
    "Handled",
    "Health",
    "Hold",
    "Idle",
    "InboxItem",
    "Ingested",
    "Inkasso",
    "Instructed",
    "Item",
    "Lapses",
    "Lapsing",
    "LedgerEntry",
    "LegalTable",
    "Line",
    "Mandate",
    "Options",
    "PartHealth",
    "Polled",
    "Polling",
    "Progress",
    "Published",
    "Ran",
    "Received",
    "Reckoned",
    "Reconciled",
    "Result",
    "Run",
    "Seller",
    "Sighting",
    "Stored",
    "Taker",
    "Task",
    "Trace",
    "Transmitted",
    "View",
    "as_json",
    "group_label",
]
"""The facade, and what its methods take and give: a face needs no other module."""


class Inkasso(Reports, Questions, Work, Vendors, Telling, Inbox, Shops, Observers, Working, Books, Running):
    """Hands overdue orders over to collection agencies: once, with a diagnosis, and with the way back."""

    def __init__(
        self,
        settings: Settings,
        *,
        agencies: Mapping[str, type[Agency[Any]]] | None = None,
        plugins: Mapping[str, object] | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
        upgrade: bool = True,
    ) -> None:
        """Open the installation. ``agencies`` and ``plugins`` add objects of your own that no distribution registers;
        ``clock`` and ``sleep`` are for tests.

        Raises :class:`StoreError` for a database of a newer version, :class:`ConfigurationError` for settings that do not fit.
        """
        serving = {name: shop.plugin for name, shop in settings.shops.items()}
        self._context = Context(
            settings,
            Database(settings.database_url),
            Plugins(serving=serving, disabled=settings.inkasso.disabled_plugins, extra=plugins),
            Agencies(agencies),
            clock,
            sleep,
        )
        if settings.worker.engine != "none":
            self.on_queued(waker(settings.worker.engine, database=settings.database_url))
        if upgrade:
            self._open()

    @classmethod
    def from_config(cls, path: str | Path | None = None, **options: Any) -> Inkasso:
        """Open the installation that ``path`` describes (else ``INKASSO_CONFIG``, else ``inkasso.toml``)."""
        return cls(load(path), **options)

    def __enter__(self) -> Inkasso:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the database's connections back."""
        self._context.database.close()

    def _open(self) -> None:
        self._context.database.open()
        shops = {name: (shop.tenant, shop.plugin) for name, shop in self._context.settings.shops.items()}
        with self._context.database.write() as connection:
            records.ensure_shops(connection, shops, self._context.now())
            note_marketplaces(self._context, connection)

    @property
    def plugins(self) -> Plugins:
        """The plugins, with those that are broken."""
        return self._context.plugins

    @property
    def agencies(self) -> Agencies:
        """The installed agency adapters."""
        return self._context.agencies

    def upgrade_database(self) -> None:
        """Bring the database to this version's level."""
        self._context.database.upgrade()
        self._open()
