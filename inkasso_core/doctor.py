"""The doctor: is this installation well? Every finding names what is wrong and what helps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import Any, Literal, NamedTuple

from inkasso_core import gate, shopside
from inkasso_core.agencies.file import FileAgency
from inkasso_core.context import Context
from inkasso_core.discretion import unsaid
from inkasso_core.errors import InkassoError
from inkasso_core.faults import count_faults
from inkasso_core.health import figures
from inkasso_core.legal import legal_tables
from inkasso_core.lifecycle import SYSTEM, Role, State
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.plugins.base import ShopPlugin
from inkasso_core.plugins.context import ShopContext
from inkasso_core.settings import YOUR_NAME, complete
from inkasso_core.store import arrivals, claims, feeds, instructions, queue, queued, records, shops, turns
from inkasso_core.store.claims import Filter

Health = Literal["ok", "warn", "error"]


DELAYED = dt.timedelta(days=1)
"""Cron may run once a day: what is due for longer is left lying."""


class Check(NamedTuple):
    """One thing that was looked at."""

    subject: str
    health: Health
    text: Text


def examine(context: Context, *, online: bool = False, max_wait: dt.timedelta | None = None) -> list[Check]:
    """Look at everything; never raises for what it finds. ``online`` also asks the shops themselves, as far as their plugins can.

    What a live account could send and has not sent for ``max_wait`` is an error, and after a day a warning in any case.
    """
    checks: list[Callable[[Context], Iterator[Check]]] = [
        *(_database, _plugins, _agencies, _creditors, _shops, _clients, _actors, _accounts, _law, _work, _engine, _workers, _overlooked)
    ]
    checks += [_polls, _outside] if online else [_broken_polls]
    return [*(check for look in checks for check in look(context)), *_delayed(context, max_wait)]


def _database(context: Context) -> Iterator[Check]:
    kind = context.database.engine.dialect.name
    yield Check("database", "ok", Text(f"Datenbank ({kind}) ist bereit.", f"The database ({kind}) is ready."))
    if exposed := context.database.exposed():
        yield Check("database", "warn", _EXPOSED.fill(files=" ".join(map(str, exposed))))


def _plugins(context: Context) -> Iterator[Check]:
    for broken in context.plugins.broken:
        yield Check(f"plugin {broken.name}", "error", broken.text)
    names = ", ".join([*context.plugins.shop_plugin_names, *context.plugins.policy_names]) or "-"
    yield Check("plugins", "ok", Text(f"Geladen: {names}.", f"Loaded: {names}."))


def _agencies(context: Context) -> Iterator[Check]:
    for row in context.agencies.installed():
        try:
            variants = context.agencies.variants(row.name)
        except InkassoError as exc:
            yield Check(f"agency {row.name}", "error", exc.text)
            continue
        for transport, kind in variants.items():
            if transport and "transport" not in kind.Settings.model_fields:
                yield Check(f"agency {row.name}", "error", _NO_CHOICE.fill(name=row.name, transport=transport))


def _creditors(context: Context) -> Iterator[Check]:
    """Agencies must name the creditor to the debtor: the name from ``inkasso init`` is nobody's, and without an address nothing goes."""
    for key, creditor in sorted(context.settings.creditors.items()):
        if creditor.name == YOUR_NAME:
            yield Check(f"creditor {key}", "error", _NO_NAME.fill(key=key))
        if missing := [part for part in _ADDRESS if getattr(creditor, part) in (None, "…")]:
            yield Check(f"creditor {key}", "warn", _NO_ADDRESS.fill(key=key, parts=", ".join(missing)))


def _shops(context: Context) -> Iterator[Check]:
    if not context.settings.shops:
        yield Check("shops", "warn", Text("Es ist kein Shop eingerichtet: [shops.NAME].", "No shop is configured: [shops.NAME]."))
    for name, shop in sorted(context.settings.shops.items()):
        try:
            doubts = context.plugins.doubts(shop.plugin, context.shop_settings(name), shop=name)
        except InkassoError as exc:
            yield Check(f"shop {name}", "error", exc.text)
            continue
        yield from (Check(f"shop {name}", "warn", doubt) for doubt in doubts)
        missing = [field for field in ("creditor", "account") if getattr(shop, field) is None]
        if "account" in missing and context.settings.routes:
            missing.remove("account")
        if missing:
            fields = ", ".join(missing)
            text = Text(
                f"[shops.{name}] {fields} fehlt: ohne diese Angabe bleibt jede Forderung rot.",
                f"[shops.{name}] {fields} is missing: without it every claim stays red.",
            )
            yield Check(f"shop {name}", "warn", text)
        elif not doubts:
            yield Check(f"shop {name}", "ok", Text(f"Plugin {shop.plugin} ist bereit.", f"The plugin {shop.plugin} is ready."))


def _clients(context: Context) -> Iterator[Check]:
    """A client of the intake whose secret is not there is let in by nobody."""
    for name, client in sorted(context.settings.serve.clients.items()):
        try:
            complete(dict(client), f"serve.clients.{name}")
        except InkassoError as exc:
            yield Check(f"client {name}", "error", exc.text)


def _actors(context: Context) -> Iterator[Check]:
    """A vendor without vendors sees, and decides on, all claims."""
    for name, actor in sorted(context.settings.actors.items()):
        if actor.role is Role.VENDOR and actor.vendors is None:
            yield Check(f"actor {name}", "warn", _ALL_VENDORS.fill(name=name))


def _accounts(context: Context) -> Iterator[Check]:
    for name in sorted(context.settings.accounts):
        try:
            adapter = context.adapter(name)
        except InkassoError as exc:
            yield Check(f"account {name}", "error", exc.text)
            continue
        with context.database.read() as connection:
            opened = gate.examine(context, connection, name)
        yield Check(f"account {name}", "ok" if opened.mode == "live" and not opened.waiting else "warn", opened.reason)
        if isinstance(adapter, FileAgency):
            yield _folder(context, name, adapter)


def _folder(context: Context, name: str, adapter: FileAgency) -> Check:  # type: ignore[type-arg]
    """Look whether files can be written, as far as that is known without making the folder: else in the nearest one that is there."""
    folder = context.settings.folder / adapter.settings.directory
    section = f"[accounts.{name}.settings] directory"
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        if not nearest.is_dir():
            return Check(f"account {name}", "error", _A_FILE.fill(section=section, folder=nearest))
        with TemporaryFile(dir=nearest, prefix=".inkasso-"):
            pass  # it vanishes with its last reader
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        return Check(f"account {name}", "error", _UNWRITABLE.fill(section=section, folder=folder, why=why))
    return Check(f"account {name}", "ok", Text(f"Dateien gehen nach {folder}.", f"Files go to {folder}."))


def _work(context: Context) -> Iterator[Check]:
    with context.database.read() as connection:
        failed = len(arrivals.failed_events(connection))
        counts = claims.count(connection, Filter(), SYSTEM)
        tasks = len(records.tasks(connection, SYSTEM))
        entries = feeds.count_waiting(connection)
        told = instructions.count(connection)
    if failed:
        yield Check("events", "warn", _FAILED.fill(count=failed))
    if unclear := counts.get(State.UNCLEAR, 0):
        yield Check("unclear", "warn", _UNCLEAR.fill(count=unclear))
    for state, text in ((queue.UNCLEAR, _TOLD_UNCLEAR), (queue.REFUSED, _TOLD_REFUSED)):
        if state in told:
            yield Check("instructions", "warn", text.fill(count=told[state]))
    if entries:
        yield Check("feeds", "warn", _ENTRIES.fill(count=entries))
    if tasks:
        yield Check("tasks", "warn", _TASKS.fill(count=tasks))


def _delayed(context: Context, max_wait: dt.timedelta | None) -> Iterator[Check]:
    """What is due and does not go: nobody does what time brings, or the agency cannot be reached."""
    for one in figures(context).accounts:
        age = dt.timedelta(seconds=one.oldest_due_seconds or 0)
        if one.mode == "live" and one.oldest_due_seconds is not None and age > min(max_wait or DELAYED, DELAYED):
            health: Health = "error" if max_wait is not None and age > max_wait else "warn"
            yield Check(f"account {one.account}", health, _DELAYED.fill(age=_for(age), account=one.account))


def _for(age: dt.timedelta) -> Text:
    """How long something has waited, in the unit that people would take."""
    seconds = int(age.total_seconds())
    if seconds < 120:
        return Text(f"{seconds} Sekunden", f"{seconds} seconds")
    if seconds < 7200:
        return Text(f"{seconds // 60} Minuten", f"{seconds // 60} minutes")
    return Text(f"{seconds // 3600} Stunden", f"{seconds // 3600} hours")


def _engine(context: Context) -> Iterator[Check]:
    """Whether an engine of others can be told of what is queued: where it cannot, everything goes all the same, only later."""
    with context.database.write() as connection:
        deaf = queued.deaf(connection, context.database.wakers)
    for error in deaf:
        yield Check("engine", "error", _DEAF.fill(engine=context.settings.worker.engine, error=error))


def _workers(context: Context) -> Iterator[Check]:
    with context.database.read() as connection:
        parts = turns.every(connection).values()
    for one in parts:
        if one.error is not None:
            yield Check("worker", "warn", _PART_BROKE.fill(part=one.name, error=one.error))


def _broken_polls(context: Context) -> Iterator[Check]:
    yield from (check for check in _polls(context) if check.health != "ok")


def _polls(context: Context) -> Iterator[Check]:
    """When each shop was last asked to the end, on what its last poll broke, and what waits."""
    with context.database.read() as connection:
        polled = {row.shop: row for row in shops.polls(connection)}
        waiting = shops.waiting(connection)
    for name in sorted(context.settings.shops.keys() & (polled.keys() | waiting.keys())):
        row, waits = polled.get(name), waiting.get(name, shops.Waiting(0, 0))
        at = row.polled_at.astimezone(context.settings.zone).strftime("%Y-%m-%d %H:%M") if row and row.polled_at else None
        ended = _POLLED.fill(at=at) if at else _NEVER_POLLED
        broke = _POLL_BROKE.fill(code=row.error, shop=name) if row and row.error else Text("", "")
        left = _WAITING.fill(records=waits.records, wholes=waits.wholes) if waits.records or waits.wholes else Text("", "")
        parts = [text for text in (broke, ended, left) if text.en]
        yield Check(f"shop {name}", "warn" if broke.en else "ok", Text(" ".join(t.de for t in parts), " ".join(t.en for t in parts)))


def _outside(context: Context) -> Iterator[Check]:
    for name, shop in sorted(context.settings.shops.items()):
        try:
            plugin = context.plugins.shop_plugin(shop.plugin)
            surroundings = shopside.shop_context(context, name)
        except InkassoError:
            continue  # _shops names it
        if "examine" in plugin.operations:
            yield from _asked(context, name, plugin, surroundings)


def _asked(context: Context, name: str, plugin: ShopPlugin[Any], surroundings: ShopContext[Any]) -> Iterator[Check]:
    """Say what a shop answered; a plugin that breaks while it asks is an error of its own, and keeps what it found before."""
    count = 0
    try:
        for finding in plugin.examine(surroundings):
            count += 1
            text = Text(f"{finding.message.de} {finding.remedy.de}".strip(), f"{finding.message.en} {finding.remedy.en}".strip())
            yield Check(f"shop {name}", _HEALTH_OF[finding.level], text)
    except InkassoError as exc:
        yield Check(f"shop {name}", "error", unsaid(exc, context.secrets_of_shop(name), _PLUGIN_QUOTES).text)
    except Exception as exc:  # noqa: BLE001  (a stranger's code; its text may quote)
        yield Check(f"shop {name}", "error", _PLUGIN_BROKE.fill(plugin=plugin.name, error=type(exc).__name__))
    else:
        if not count:
            yield Check(f"shop {name}", "ok", _ANSWERS)


def _law(context: Context) -> Iterator[Check]:
    for table in legal_tables(context):
        if table.health != "ok":
            yield Check("data", table.health, table.text)


def _overlooked(context: Context) -> Iterator[Check]:
    """Claims that should stand in the queue: the next run moves them, unless it was so before the last one."""
    with context.database.read() as connection:
        run = records.last_run(connection)
        found = count_faults(connection, context.today(), run, context.settings.zone)
    if found.to_report:
        yield Check("queue", "error", _TO_REPORT.fill(count=found.to_report))
    if found.to_run:
        yield Check("queue", "warn", (_TO_RUN if run else _NEVER_RUN).fill(count=found.to_run))


_EXPOSED = Text(
    "Alle Benutzer dieses Rechners dürfen die Daten der Schuldner lesen: `chmod o= {files}`.",
    "Every user of this machine may read the debtors' data: `chmod o= {files}`.",
)
_HEALTH_OF: dict[Level, Health] = {Level.BLOCK: "error", Level.WARN: "warn", Level.INFO: "ok"}
_POLLED = Text("Zuletzt zu Ende abgefragt: {at}.", "Last polled to the end: {at}.")
_NEVER_POLLED = Text("Noch nie zu Ende abgefragt.", "Never polled to the end yet.")
_POLL_BROKE = Text(
    "Die letzte Abfrage brach ab ({code}): `inkasso poll {shop}` sagt, woran.",
    "The last poll broke ({code}): `inkasso poll {shop}` says on what.",
)
_WAITING = Text(
    "Es warten: {records} Datensätze auf die nächste Abfrage, {wholes} Vorgänge in Teilen auf `inkasso run`.",
    "Waiting: {records} records for the next poll, {wholes} matters in parts for `inkasso run`.",
)
_ANSWERS = Text("Der Shop antwortet, und nichts fehlt.", "The shop answers, and nothing is missing.")
_PLUGIN_QUOTES = Text(
    "Der Shop lässt sich nicht prüfen ({error}); der Text des Plugins wiederholt ein Geheimnis und wird nicht gezeigt.",
    "The shop cannot be examined ({error}); the plugin's text repeats a secret and is not shown.",
)
_PLUGIN_BROKE = Text(
    "Das Plugin {plugin} ist bei der Prüfung gescheitert ({error}): sein Paket aktualisieren oder den Fehler melden.",
    "The plugin {plugin} broke while examining ({error}): update its distribution or report the error.",
)
_ADDRESS = ("street", "postal_code", "city")
_NO_NAME = Text(
    "[creditors.{key}] name ist noch die Vorlage: den Namen der Firma eintragen.",
    "[creditors.{key}] name is still the example: enter the company's name.",
)
_NO_ADDRESS = Text(
    "[creditors.{key}] {parts} fehlt: ohne Anschrift bleibt jede Forderung rot.",
    "[creditors.{key}] {parts} is missing: without an address every claim stays red.",
)
_A_FILE = Text("{section}: {folder} ist eine Datei: bitte einen Ordner nennen.", "{section}: {folder} is a file: please name a folder.")
_UNWRITABLE = Text(
    "{section}: in {folder} lässt sich nicht schreiben ({why}): Rechte prüfen oder einen anderen Ordner nennen.",
    "{section}: {folder} cannot be written to ({why}): check the permissions, or name another folder.",
)
_ALL_VENDORS = Text(
    "[actors.{name}] ist Verkäufer ohne vendors und sieht damit die Forderungen aller Verkäufer: seine eigenen nennen.",
    "[actors.{name}] is a vendor without vendors, and so sees every vendor's claims: name his own.",
)
_FAILED = Text(
    "Meldungen, die keine Forderung wurden: {count}. `inkasso events` nennt die Gründe, `inkasso replay` versucht es erneut.",
    "Reports that became no claim: {count}. `inkasso events` names the reasons, `inkasso replay` tries again.",
)
_UNCLEAR = Text("Ungeklärte Forderungen: {count}. `inkasso tasks`.", "Unclear claims: {count}. `inkasso tasks`.")
_TOLD_UNCLEAR = Text(
    "Meldungen an Agenturen, deren Antwort verloren ging: {count}. `inkasso instructions`, dann `inkasso tasks`.",
    "Reports to agencies whose answer was lost: {count}. `inkasso instructions`, then `inkasso tasks`.",
)
_TOLD_REFUSED = Text(
    "Meldungen, die Agenturen abgelehnt haben: {count}. `inkasso instructions`, dann `inkasso tasks`.",
    "Reports that agencies refused: {count}. `inkasso instructions`, then `inkasso tasks`.",
)
_ENTRIES = Text(
    "Einträge der Agenturen, die niemandem zuzuordnen sind oder an denen etwas scheitert: {count}. `inkasso feed`.",
    "Entries of agencies that nobody could assign, or on which something breaks: {count}. `inkasso feed`.",
)
_DELAYED = Text(
    "Was zu übergeben oder zu melden ist, wartet seit {age.de}. Läuft `inkasso worker` oder `inkasso run`? `inkasso transmit "
    "--account {account}` sagt, woran es liegt.",
    "What is to be handed over or told has waited for {age.en}. Does `inkasso worker` or `inkasso run` run? `inkasso transmit "
    "--account {account}` says what stands in the way.",
)
_DEAF = Text(
    "[worker] engine: {engine} lässt sich nicht wecken ({error}): seine Tabellen anlegen (`procrastinate --app=inkasso_core.workers."
    "procrastinate.app schema --apply`, einmal) oder sein Paket prüfen. Übergeben wird trotzdem, nur später.",
    "[worker] engine: {engine} cannot be woken ({error}): make its tables (`procrastinate --app=inkasso_core.workers.procrastinate.app "
    "schema --apply`, once) or check its distribution. Claims are handed over all the same, only later.",
)
_PART_BROKE = Text(
    "Beim letzten Mal gescheitert ist, was Arbeiter tun: {part} ({error}). Sie versuchen es wieder.",
    "What workers do broke the last time: {part} ({error}). They try again.",
)
_TASKS = Text("Aufgaben: {count}. `inkasso tasks`.", "Tasks: {count}. `inkasso tasks`.")
_TO_REPORT = Text(
    "Forderungen, die seit dem letzten Lauf in der Warteschlange stehen müssten: {count}. Ein Fehler: `inkasso run` noch einmal ausführen; "
    "bleibt es dabei, `inkasso claims --state waiting --json` und `inkasso diagnose --json` melden.",
    "Claims that should stand in the queue since the last run: {count}. A fault: run `inkasso run` once more; if it stays, report "
    "`inkasso claims --state waiting --json` and `inkasso diagnose --json`.",
)
_NO_CHOICE = Text(
    "Die Agentur „{name}“ lässt sich nicht über {transport} einrichten: ihren Einstellungen fehlt das Feld transport. Ihr Paket "
    "aktualisieren.",
    'The agency "{name}" cannot be configured for {transport}: its settings lack the field transport. Update its distribution.',
)
_TO_RUN = Text(
    "Forderungen, die auf den nächsten Lauf warten: {count}. `inkasso run`.", "Claims that wait for the next run: {count}. `inkasso run`."
)
_NEVER_RUN = Text(
    "Forderungen, die auf einen Lauf warten: {count}; hier lief noch keiner bis zum Ende. `inkasso run` täglich mit cron ausführen.",
    "Claims that wait for a run: {count}; none has come to its end here yet. Have cron run `inkasso run` daily.",
)
