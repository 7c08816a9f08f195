"""Polling: a shop's plugin asks what is new, page by page. A page and its place are one commit, so a killed poll goes on where it was."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

from inkasso_core import intake, owner, points, shopside, wholes
from inkasso_core.context import Context
from inkasso_core.discretion import unsaid
from inkasso_core.errors import InkassoError, NotFound, PluginError, TemporarilyUnavailable
from inkasso_core.ingest import Progress, ingest
from inkasso_core.model.shop import Asked, Page
from inkasso_core.model.words import Text
from inkasso_core.owner import LEASE
from inkasso_core.readers import FileRefused
from inkasso_core.register import Inbound, Taken
from inkasso_core.store import shops
from inkasso_core.store.engine import Connection
from inkasso_core.store.shops import Lease

MOST_TAKEN = 10_000


class Looked(NamedTuple):
    """What a poll of one shop brought."""

    shop: str
    pages: int = 0
    taken: tuple[Taken, ...] = ()
    """What became of its reports, the first :data:`MOST_TAKEN` of them: a folder may hold millions."""
    counts: Mapping[str, int] = MappingProxyType({})
    """What became of all of them."""
    problem: InkassoError | None = None
    """Why it ended before its end; the next one goes on from the last page."""

    def __repr__(self) -> str:
        return f"Looked({self.shop}, {self.pages} pages)"


class Glance(NamedTuple):
    """How far a poll has come."""

    shop: str
    done: int
    total: int | None


OnGlance = Callable[[Glance], None]


def polled_shops(context: Context) -> list[str]:
    """Return the shops whose plugin polls, or works, and was not told of all parts."""
    found = []
    for name, config in sorted(context.settings.shops.items()):
        try:
            if "poll" in context.plugins.shop_plugin(config.plugin).operations:
                found.append(name)
        except PluginError:
            continue  # `doctor` lists it
    return found


def poll(context: Context, shop: str, *, on_glance: OnGlance | None = None) -> Looked:
    """Ask one shop what is new. Two polls of a shop at once are one: the later one raises :class:`TemporarilyUnavailable`.

    Raises :class:`NotFound` for a shop that is not configured or whose plugin does not poll, :class:`ConfigurationError` for one whose
    settings do not do. What the plugin raises is the ``problem``.
    """
    plugin = context.plugins.shop_plugin(context.shop(shop).plugin)
    if "poll" not in plugin.operations:
        raise NotFound(_NO_POLL.fill(shop=shop, plugin=plugin.name), field="shop")
    context.shop_settings(shop)
    with owner.working() as me:
        _begin(context, shop, me)
        run = _Poll(context, shop, me, on_glance)
        problem: InkassoError | None = None
        at: dt.datetime | None = None
        try:
            if run.go():
                at = context.now()
        except InkassoError as exc:
            if not context.ending.is_set():  # else it was left, and goes on next time
                problem = unsaid(exc, context.secrets_of_shop(shop), _QUOTES)
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            problem = PluginError(_BROKE.fill(plugin=plugin.name, error=type(exc).__name__), field=shop)
        finally:
            with context.database.write() as connection:
                shops.end_poll(connection, shop, me, at=at, error=problem.code if problem else None)
        return Looked(shop, run.pages, tuple(run.taken), run.counts, problem)


def poll_all(context: Context, *, on_glance: OnGlance | None = None) -> list[Looked]:
    """Ask every shop whose plugin polls; one that breaks stops none of the others."""
    found = []
    for shop in polled_shops(context):
        try:
            found.append(poll(context, shop, on_glance=on_glance))
        except InkassoError as exc:
            found.append(Looked(shop, problem=exc))
    return found


def _begin(context: Context, shop: str, me: str) -> None:
    gone: Lease | None = None
    for _ in range(2):
        now = context.now()
        with context.database.write() as connection:
            held = shops.begin_poll(connection, shop, Lease(me, now + LEASE), gone)
        if held is None:
            return
        if not owner.is_gone(held.owner, held.until, now):
            break
        gone = held
    raise TemporarilyUnavailable(_BUSY.fill(shop=shop))


def _throw(pages: Iterator[Page], refused: FileRefused) -> Page | None:
    """Raise where the page was yielded: a generator may go on with the next one."""
    if not isinstance(pages, Generator):
        raise refused
    try:
        return cast("Page", pages.throw(refused))
    except StopIteration:
        return None


class _Poll:
    """One poll under way."""

    def __init__(self, context: Context, shop: str, me: str, on_glance: OnGlance | None) -> None:
        self.context, self.shop, self.me, self.on_glance = context, shop, me, on_glance
        self.wanted: list[str] = []
        self.until = context.now()
        """How long the shop is ours for certain."""
        self.pages = 0
        self.taken: list[Taken] = []
        self.counts: Counter[str] = Counter()

    def go(self) -> bool:
        """Ask page by page; False where the process is to end before the last one."""
        context = self.context
        with context.database.read() as connection:
            asked = Asked(cursor=shops.cursor_of(connection, self.shop), wanted=tuple(waits := shops.wanted(connection, self.shop)))
        self.wanted = list(asked.wanted)
        plugin = context.plugins.shop_plugin(context.shop(self.shop).plugin)
        pages = plugin.poll(replace(shopside.shop_context(context, self.shop), sleep=self._sleep), asked)
        with closing(pages) if isinstance(pages, Generator) else nullcontext():  # what it holds must not outlive a poll that broke
            page = next(pages, None)
            while page is not None:
                refused = self._ingest(page.files)
                self._store(page, {record: waits[record] for record in page.read if record in waits})
                self.wanted = [record for record in self.wanted if record not in page.read]
                if context.ending.is_set():
                    return False
                page = next(pages, None) if refused is None else _throw(pages, refused)
        if self.wanted:  # what could not be read now comes last next time: it keeps none of the others from their turn
            with context.database.write() as connection:
                shops.postpone(connection, self.shop, self.wanted, context.now())
        return True

    def _note(self, *taken: Taken) -> None:
        self.counts.update(one.outcome for one in taken)
        self.taken += taken[: max(0, MOST_TAKEN - len(self.taken))]

    def _sleep(self, seconds: float) -> None:
        """Let the plugin wait; meanwhile the shop stays ours, so that no process on another machine takes it."""
        if self.context.now() + dt.timedelta(seconds=seconds) + LEASE / 2 > self.until:
            with self.context.database.write() as connection:
                self._hold(connection, seconds)
        self.context.rest(seconds)
        if self.context.ending.is_set():
            raise TemporarilyUnavailable(_ENDING)

    def _hold(self, connection: Connection, seconds: float = 0.0) -> None:
        until = self.context.now() + dt.timedelta(seconds=seconds) + LEASE
        if not shops.extend_poll(connection, self.shop, Lease(self.me, until)):
            raise TemporarilyUnavailable(_BUSY.fill(shop=self.shop))
        self.until = until

    def _ingest(self, files: Sequence[str]) -> FileRefused | None:
        """Take exported files in; return why the first of them cannot be read as a whole."""
        for path in files:
            try:
                ingest(self.context, self.shop, path, on_taken=self._note, on_progress=self._hold_on)
            except FileRefused as exc:
                kind = self.context.plugins.shop_plugin(self.context.shop(self.shop).plugin).event
                self._note(*intake.take(self.context, self.shop, [Inbound(kind, place=Path(path).name, refusal=exc)]))
                return exc
        return None

    def _hold_on(self, _progress: Progress) -> None:
        with self.context.database.write() as connection:
            self._hold(connection)

    def _store(self, page: Page, read: dict[str, int]) -> None:
        def within(connection: Connection, _taken: Sequence[Taken] = ()) -> None:
            self._hold(connection)
            if page.cursor is not None:
                shops.move_cursor(connection, self.shop, page.cursor, self.context.now())
            shops.done_with(connection, self.shop, read)
            wholes.add(connection, self.context, self.shop, parts)

        points.reach("poll.fetched")
        parts = [reported for reported in page.reports if reported.part is not None]
        alone = [wholes.inbound(self.context, self.shop, reported) for reported in page.reports if reported.part is None]
        if alone:
            self._note(*intake.take(self.context, self.shop, alone, within=within))
        else:
            with self.context.database.write() as connection:
                within(connection)
        points.reach("poll.stored")
        self.pages += 1
        if parts:
            self._note(*wholes.tell(self.context, self.shop))
        if self.on_glance is not None:
            self.on_glance(Glance(self.shop, self.counts.total(), page.total))


_NO_POLL = Text(
    "Der Shop „{shop}“ wird nicht abgefragt: sein Plugin {plugin} hört nur zu oder liest Dateien.",
    'The shop "{shop}" is not polled: its plugin {plugin} only listens, or reads files.',
)
_BUSY = Text(
    "Der Shop „{shop}“ wird gerade von einem anderen Prozess abgefragt: dort geht es weiter.",
    'The shop "{shop}" is being polled by another process: it goes on there.',
)
_BROKE = Text(
    "Das Plugin {plugin} ist beim Abfragen gescheitert ({error}): sein Paket aktualisieren oder den Fehler melden. Was schon geholt war, "
    "ist gespeichert.",
    "The plugin {plugin} broke while polling ({error}): update its distribution or report the error. What was fetched already is stored.",
)
_ENDING = Text("Der Prozess endet: die nächste Abfrage macht hier weiter.", "The process ends: the next poll goes on here.")
_QUOTES = Text(
    "Das Plugin meldet beim Abfragen einen Fehler ({error}), dessen Text ein Geheimnis wiederholt und nicht gezeigt wird.",
    "The plugin reports an error while polling ({error}) whose text repeats a secret and is not shown.",
)
