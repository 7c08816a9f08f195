"""Ingesting a file: streamed in constant memory, in commits of some hundred records, continued where a killed run stopped."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core.context import Context
from inkasso_core.errors import ConfigurationError, InkassoError, InvalidInput, PluginError
from inkasso_core.idle import Idle, Tally
from inkasso_core.intake import take
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.plugins.base import ShopPlugin
from inkasso_core.readers import Reader, Record, Rejected
from inkasso_core.register import OUTCOMES, Inbound, Taken
from inkasso_core.store import arrivals
from inkasso_core.store.engine import Connection

BATCH = 500
STANDARD_INPUT = "-"


class Progress(NamedTuple):
    """How far an ingest got: records, and bytes of how many (None for standard input)."""

    records: int
    offset: int
    size: int | None


class Ingested(NamedTuple):
    """What became of a file: how many records were registered, revised, repeated, older, ignored, failed."""

    counts: dict[str, int]
    continued_at: int
    """Records that an earlier, killed run had taken in already."""
    detected: dict[str, str]
    """What the reader found out about the file: encoding, separator, header."""
    idle: Idle
    """The statuses of the records that were no trigger (``ignored``)."""


def ingest(
    context: Context,
    shop: str,
    path: str,
    *,
    beside: Sequence[str] = (),
    as_of: dt.date | None = None,
    reported_at: dt.datetime | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_taken: Callable[[Taken], None] | None = None,
) -> Ingested:
    """Take in an exported file, or standard input (``-``).

    ``reported_at`` says when the export was made, for records that bear no time of their own; left out, the file's own time counts.
    Raises :class:`FileRefused` when the file as a whole cannot be read; a bad row is counted, stored with its reason, and stops nobody.
    """
    config = context.shop(shop)
    plugin = context.plugins.shop_plugin(config.plugin)
    if beside and not plugin.reads_beside:
        raise ConfigurationError(_NOTHING_BESIDE.fill(label=plugin.label), field="beside")
    settings = context.shop_settings(shop)
    fingerprint = _fingerprint(path, beside)
    ingest_id, position, counts = _begin(context, shop, fingerprint)
    idle = Tally()  # of a file that is continued it counts the rest only: a status may be anything, and is not stored
    when, name = reported_at or _time_of(path), Path(path).name if path != STANDARD_INPUT else "stdin"
    with _broken_told(plugin):
        opened = plugin.open_export(path, settings=settings, beside=beside, skip=position)
    with opened as reader:
        for batch in _batches(_items(reader, plugin), BATCH):
            inbound = [_inbound(item, plugin.event, when, name) for item in batch]

            def remember(connection: Connection, taken: list[Taken]) -> None:
                counts.update(Counter(t.outcome for t in taken))
                idle.add(t.status for t in taken if t.outcome == "ignored")
                if ingest_id is not None:
                    arrivals.advance_ingest(connection, ingest_id, sum(counts.values()), counts)

            for item in take(context, shop, inbound, as_of=as_of, within=remember):
                if on_taken is not None:
                    on_taken(item)
            if on_progress is not None:
                on_progress(Progress(sum(counts.values()), batch[-1].position.offset, reader.size))
        detected = reader.report.texts()
    if ingest_id is not None:
        with context.database.write() as connection:
            arrivals.advance_ingest(connection, ingest_id, sum(counts.values()), counts, finished_at=context.now())
    return Ingested({name: counts[name] for name in OUTCOMES}, position, detected, idle.result(context.triggers(shop), counts["ignored"]))


def _begin(context: Context, shop: str, fingerprint: str | None) -> tuple[str | None, int, Counter[str]]:
    """Find the interrupted ingest of this very file, or begin a new one; standard input cannot be continued."""
    counts: Counter[str] = Counter()
    if fingerprint is None:
        return None, 0, counts
    with context.database.write() as connection:
        row = arrivals.unfinished_ingest(connection, shop, fingerprint)
        if row is not None:
            counts.update(row.counts)
            return row.id, row.position, counts
        return arrivals.begin_ingest(connection, shop, fingerprint, context.now()), 0, counts


@contextmanager
def _broken_told(plugin: ShopPlugin[Any]) -> Iterator[None]:
    """Say that a plugin broke while reading a file; its own text, which may quote a record, goes no further."""
    try:
        yield
    except InkassoError:
        raise
    except Exception as exc:  # noqa: BLE001  (a stranger's code)
        raise PluginError(_READER_BROKE.fill(plugin=plugin.name, error=type(exc).__name__), field=plugin.name) from None


def _items(reader: Reader, plugin: ShopPlugin[Any]) -> Iterator[Record | Rejected]:
    with _broken_told(plugin):
        yield from reader


def _batches(items: Iterable[Record | Rejected], size: int) -> Iterator[list[Record | Rejected]]:
    """Yield the items in lists; what was read before an error is handed on before the error."""
    batch: list[Record | Rejected] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except PluginError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _inbound(item: Record | Rejected, kind: ShopEventKind, when: dt.datetime | None, name: str) -> Inbound:
    line = item.position.line
    where = f"{name}:{line}" if line is not None else f"{name}#{item.position.index + 1}"
    if isinstance(item, Rejected):
        refusal = InvalidInput(item.message, field=item.field, where=where, reason=item.code)
        return Inbound(kind, reported_at=when, place=where, refusal=refusal)
    return Inbound(kind, item.data, reported_at=when, place=where)


def _fingerprint(path: str, beside: Sequence[str]) -> str | None:
    if path == STANDARD_INPUT:
        return None
    digest = hashlib.sha256()
    for file in (path, *beside):
        try:
            with Path(file).open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:
            return None  # the plugin's reader says what is wrong with it
    return digest.hexdigest()


def _time_of(path: str) -> dt.datetime | None:
    if path == STANDARD_INPUT:
        return None
    try:
        return dt.datetime.fromtimestamp(Path(path).stat().st_mtime, dt.UTC)
    except OSError:
        return None


_NOTHING_BESIDE = Text(
    "{label} liest keine Dateien neben dem Export: --beside weglassen.", "{label} reads no files beside the export: leave --beside out."
)
_READER_BROKE = Text(
    "Das Shop-Plugin {plugin} ist beim Lesen der Datei gescheitert ({error}): Plugin reparieren; was davor gelesen wurde, ist aufgenommen.",
    "The shop plugin {plugin} broke while reading the file ({error}): mend the plugin; what was read before is taken in.",
)
