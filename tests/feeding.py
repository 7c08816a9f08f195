"""An agency that brings news by itself, for tests: a feed that must be acknowledged, or one with a cursor, and webhooks."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from world import Script, World, case_of, scripted, world

from inkasso_core import (
    Agency,
    AgencyStatus,
    Collected,
    Delivery,
    DeliveryRefused,
    Feed,
    FeedEntry,
    FeedKind,
    StatusReport,
    Text,
)
from inkasso_core.app import Received
from inkasso_core.store.schema import feed_entry

SIGNATURE = "X-Signed"
WORDS = Text("Wie verlangt.", "As asked for.")


@dataclass
class News:
    """The agency's end of its feed: what it has to tell, and how far it was told."""

    entries: list[FeedEntry] = field(default_factory=list)
    page: int = 2
    """Entries of one answer."""
    acknowledged: int = 0
    fetched: list[str | None] = field(default_factory=list)
    """The cursors of all fetches."""
    troubles: dict[str, Exception] = field(default_factory=dict)
    """Operation -> what it raises."""

    def add(self, kind: FeedKind, ours: str | None = None, *, entry_id: str | None = None, **more: Any) -> FeedEntry:
        """Have something to tell: of the case of our reference, or of none that anybody knows."""
        values = {"agency_reference": case_of(ours) if ours else "AZ-NOBODY", "raw": {"number": Decimal("1.50")}, **more}
        entry = FeedEntry(entry_id=entry_id or f"E-{len(self.entries) + 1}", kind=kind, **values)
        self.entries.append(entry)
        return entry

    def status(self, ours: str, status: AgencyStatus, *, at: dt.datetime | None = None, **more: Any) -> FeedEntry:
        """Have a status to tell."""
        report = StatusReport(agency_reference=case_of(ours), status=status, agency_status=f"code-{status}", raw={"s": status.value})
        return self.add(FeedKind.STATUS, ours, report=report, at=at, **more)

    def raise_if_told(self, operation: str) -> None:
        """Raise what is told for an operation."""
        if operation in self.troubles:
            raise self.troubles[operation]


def feeding(script: Script, news: News, *, cursor: bool = False, **options: Any) -> type[Agency[Any]]:
    """A scripted adapter with a feed: one that must be acknowledged, or one with a ``cursor``; and with webhooks."""

    class Feeding(scripted(script, **options)):  # type: ignore[misc]
        name: ClassVar[str] = "feeding"

        def receive(self, delivery: Delivery) -> Feed:
            if delivery.header(SIGNATURE) != "good":
                raise DeliveryRefused(WORDS, agency="feeding")
            news.raise_if_told("receive")
            return Feed(entries=tuple(FeedEntry.model_validate(one) for one in json.loads(delivery.body)))

    class Acknowledged(Feeding):
        def fetch_feed(self, cursor: str | None) -> Feed:
            news.fetched.append(cursor)
            news.raise_if_told("fetch_feed")
            end = min(news.acknowledged + news.page, len(news.entries))
            return Feed(entries=tuple(news.entries[news.acknowledged : end]), token=str(end), more=end < len(news.entries))

        def acknowledge(self, token: str) -> None:
            news.raise_if_told("acknowledge")
            news.acknowledged = max(news.acknowledged, int(token))

    class WithCursor(Feeding):
        def fetch_feed(self, cursor: str | None) -> Feed:
            news.fetched.append(cursor)
            news.raise_if_told("fetch_feed")
            start = int(cursor or 0)
            end = min(start + news.page, len(news.entries))
            return Feed(entries=tuple(news.entries[start:end]), cursor=str(end), more=end < len(news.entries))

    return WithCursor if cursor else Acknowledged


@contextmanager
def fed(tmp_path: Path, news: News, *, cursor: bool = False, finds: bool = True, **options: Any) -> Iterator[World]:
    """An installation whose account ``agency`` has that feed."""
    script = Script()
    agencies = {"feeding": feeding(script, news, cursor=cursor, finds=finds)}
    accounts = {"agency": {"agency": "feeding"}, **options.pop("accounts", {})}
    with world(tmp_path, script=script, agencies=agencies, accounts=accounts, **options) as made:
        yield made


def delivered(*entries: FeedEntry) -> bytes:
    """The body of a webhook."""
    return json.dumps([json.loads(entry.model_dump_json(exclude_defaults=True)) for entry in entries]).encode()


SIGNED: Mapping[str, str] = {SIGNATURE.lower(): "good"}


def paid(news: News, ours: str, amount: str = "25.00", **more: Any) -> FeedEntry:
    """Have a payment to tell."""
    collected = Collected(amount=Decimal(amount), currency="EUR", received_on=dt.date(2026, 6, 1))
    return news.add(FeedKind.PAYMENT, ours, collected=collected, **more)


def rows(town: World) -> list[Received]:
    """Every entry that the installation has, in the order of arrival."""
    with town.ink._context.database.read() as connection:
        return [Received(*row) for row in connection.execute(sa.select(feed_entry).order_by(feed_entry.c.id))]


def noted(town: World, ref: str, what: str) -> list[Any]:
    """The entries of one kind in a claim's history."""
    return [entry for entry in town.ink.history(ref) if entry.what == what]


def reference(town: World, ref: str) -> str:
    """Our reference of a claim's newest placement."""
    return str(town.ink.show(ref).placements[-1].our_reference)
