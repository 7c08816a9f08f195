"""Looking from outside whether actindo lets us in and has what the settings name. Changes nothing but a token that was about to end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inkasso_core import AuthenticationFailed, Finding, InkassoError, Level, ShopContext, Text
from inkasso_shop_plugins.actindo.client import Core1, any_of
from inkasso_shop_plugins.actindo.reading import optionals
from inkasso_shop_plugins.actindo.record import holds
from inkasso_shop_plugins.actindo.settings import ActindoSettings
from inkasso_shop_plugins.actindo.tokens import SHELF, permission_url, read

PING = "42"
_OF: Mapping[str, tuple[str, ...]] = {
    "invoice": ("number", "date", "gross", "currency", "payment_type", "customer", "last_name", "open_amount", "due_date", "positions"),
    "notice": ("number", "date", "created", "invoice", "level", "fee", "deadline"),
}
"""The properties that documents of a kind are looked through for."""

NOTHING = Text("nichts zu tun.", "nothing to do.")
FILES_ONLY = Text("actindo wird nicht abgefragt: es werden nur Dateien gelesen.", "actindo is not polled: only files are read.")
PING_WRONG = Text("actindo antwortet auf {method} nicht wie dokumentiert.", "actindo does not answer {method} as documented.")
CHECK_URL = Text("url und methods prüfen.", "check url and methods.")
LET_IN = Text("actindo antwortet; der Zugang gilt bis {until}.", "actindo answers; the access counts until {until}.")
PERMIT = Text("In actindo angemeldet öffnen und zustimmen: {url}", "Open it, logged in to actindo, and permit it: {url}")
NO_DOCUMENT = Text("Es gibt noch keinen Beleg der Art {types}.", "There is no document of the type {types} yet.")
LOOK_LATER = Text("Noch einmal prüfen, sobald es einen gibt.", "Look again once there is one.")
NOT_THERE = Text(
    "Im neuesten Beleg der Art {types} steht „{path}“ ({name}) nicht.",
    'The newest document of the type {types} does not hold "{path}" ({name}).',
)
COMPARE = Text(
    "[{section}.fields] {name} mit „Dev Tools > API > DATA MODEL“ vergleichen.",
    '[{section}.fields] {name}: compare with "Dev Tools > API > DATA MODEL".',
)
FOUND = Text("Die Felder der Belege {types} sind da.", "The properties of documents {types} are there.")


def examine(context: ShopContext[ActindoSettings]) -> Iterator[Finding]:
    """Yield what was found: the access, an answer to a ping, and whether a first document has the configured properties."""
    settings = context.settings
    if settings.url is None and settings.query is None:
        yield _finding("ACTINDO_FILES", Level.INFO, FILES_ONLY, NOTHING)
        return
    if settings.url is None:
        return
    try:
        core1 = Core1(context)
        yield _pinged(context, core1)
        if settings.reads_documents:
            for kind, names in _OF.items():
                yield from _looked_through(context, core1, kind, names)
    except AuthenticationFailed as exc:
        remedy = PERMIT.fill(url=permission_url(settings, context.shop, context.now())) if exc.http_status != 403 else CHECK_URL
        yield _finding("ACTINDO_ACCESS", Level.BLOCK, exc.text, remedy)
    except InkassoError as exc:
        yield _finding("ACTINDO_CALL", Level.BLOCK, exc.text, CHECK_URL, exc.field)


def _pinged(context: ShopContext[ActindoSettings], core1: Core1) -> Finding:
    method = context.settings.methods.ping
    answer = core1.call(method, {}, query={"ping": PING})
    if str(answer.get("pong")) != PING:
        return _finding("ACTINDO_PING", Level.BLOCK, PING_WRONG.fill(method=method), CHECK_URL)
    token = read(context.shelf.read(SHELF))
    until = token.ends_at.astimezone(context.settings.timezone).strftime("%H:%M") if token else "?"
    return _finding("ACTINDO_PING", Level.INFO, LET_IN.fill(until=until), NOTHING)


def _looked_through(context: ShopContext[ActindoSettings], core1: Core1, kind: str, names: tuple[str, ...]) -> Iterator[Finding]:
    settings, fields = context.settings, context.settings.fields
    types: tuple[str, ...] = getattr(settings.types, kind)
    newest = [{"field": fields.created, "order": "DESC"}]
    filters = any_of(fields.type, types, settings.several)
    found = core1.listed(settings.methods.documents, filters, sort=newest, serializeOptionals=optionals(settings))
    if not found:
        yield _finding("ACTINDO_NO_DOCUMENT", Level.WARN, NO_DOCUMENT.fill(types=", ".join(types)), LOOK_LATER)
        return
    missing = [name for name in names if (path := getattr(fields, name)) is not None and not holds(found[0], path)]
    section = f"shops.{context.shop}.settings"
    for name in missing:
        text = NOT_THERE.fill(types=", ".join(types), path=getattr(fields, name), name=name)
        yield _finding("ACTINDO_FIELD", Level.WARN, text, COMPARE.fill(section=section, name=name), f"fields.{name}")
    if not missing:
        yield _finding("ACTINDO_FIELDS", Level.INFO, FOUND.fill(types=", ".join(types)), NOTHING)


def _finding(code: str, level: Level, message: Text, remedy: Text, field: Any = None) -> Finding:
    return Finding(code=code, level=level, fixed=False, field=field, message=message, remedy=remedy)
