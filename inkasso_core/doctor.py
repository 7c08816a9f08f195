"""The doctor: is this installation well? Every finding names what is wrong and what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from inkasso_core import gate
from inkasso_core.agencies.file import FileAgency
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError
from inkasso_core.lifecycle import SYSTEM, State
from inkasso_core.model.words import Text
from inkasso_core.store import claims, records
from inkasso_core.store.claims import Filter

Health = Literal["ok", "warn", "error"]


class Check(NamedTuple):
    """One thing that was looked at."""

    subject: str
    health: Health
    text: Text


def examine(context: Context) -> list[Check]:
    """Look at everything; never raises for what it finds."""
    checks: list[Callable[[Context], Iterator[Check]]] = [_database, _plugins, _agencies, _shops, _accounts, _work]
    return [check for look in checks for check in look(context)]


def _database(context: Context) -> Iterator[Check]:
    kind = context.database.engine.dialect.name
    yield Check("database", "ok", Text(f"Datenbank ({kind}) ist bereit.", f"The database ({kind}) is ready."))


def _plugins(context: Context) -> Iterator[Check]:
    for broken in context.plugins.broken:
        yield Check(f"plugin {broken.name}", "error", broken.text)
    names = ", ".join([*context.plugins.shop_plugin_names, *context.plugins.policy_names]) or "-"
    yield Check("plugins", "ok", Text(f"Geladen: {names}.", f"Loaded: {names}."))


def _agencies(context: Context) -> Iterator[Check]:
    for row in context.agencies.installed():
        try:
            context.agencies.load(row.name)
        except InkassoError as exc:
            yield Check(f"agency {row.name}", "error", exc.text)


def _shops(context: Context) -> Iterator[Check]:
    if not context.settings.shops:
        yield Check("shops", "warn", Text("Es ist kein Shop eingerichtet: [shops.NAME].", "No shop is configured: [shops.NAME]."))
    for name, shop in sorted(context.settings.shops.items()):
        try:
            context.shop_settings(name)
        except InkassoError as exc:
            yield Check(f"shop {name}", "error", exc.text)
            continue
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
        else:
            yield Check(f"shop {name}", "ok", Text(f"Plugin {shop.plugin} ist bereit.", f"The plugin {shop.plugin} is ready."))


def _accounts(context: Context) -> Iterator[Check]:
    for name in sorted(context.settings.accounts):
        try:
            adapter = context.adapter(name)
        except InkassoError as exc:
            yield Check(f"account {name}", "error", exc.text)
            continue
        with context.database.read() as connection:
            opened = gate.look(context, connection, name)
        yield Check(f"account {name}", "ok" if opened.mode == "live" else "warn", opened.reason)
        if isinstance(adapter, FileAgency):
            yield _folder(context, name, adapter)


def _folder(context: Context, name: str, adapter: FileAgency) -> Check:  # type: ignore[type-arg]
    folder = context.settings.folder / adapter.settings.directory
    if folder.exists() and not folder.is_dir():
        text = Text(
            f"[accounts.{name}.settings] directory: {folder} ist eine Datei: bitte einen Ordner nennen.",
            f"[accounts.{name}.settings] directory: {folder} is a file: please name a folder.",
        )
        return Check(f"account {name}", "error", text)
    return Check(f"account {name}", "ok", Text(f"Dateien gehen nach {folder}.", f"Files go to {folder}."))


def _work(context: Context) -> Iterator[Check]:
    with context.database.read() as connection:
        failed = len(claims.failed_events(connection))
        counts = claims.count(connection, Filter(), SYSTEM)
        tasks = len(records.tasks(connection, SYSTEM))
    if failed:
        text = Text(
            f"{failed} Meldungen wurden keine Forderung: `inkasso events` nennt die Gründe, `inkasso replay` versucht es erneut.",
            f"{failed} reports became no claim: `inkasso events` names the reasons, `inkasso replay` tries again.",
        )
        yield Check("events", "warn", text)
    if unclear := counts.get(State.UNCLEAR, 0):
        text = Text(f"{unclear} Forderungen sind ungeklärt: `inkasso tasks`.", f"{unclear} claims are unclear: `inkasso tasks`.")
        yield Check("unclear", "warn", text)
    if tasks:
        yield Check("tasks", "warn", Text(f"{tasks} Aufgaben warten: `inkasso tasks`.", f"{tasks} tasks wait: `inkasso tasks`."))
