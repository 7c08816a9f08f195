"""The way back: what became of a claim as a note in Tryton, and a look at Tryton for ``inkasso doctor --online``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from inkasso_core import ClaimEvent, Finding, InkassoError, Level, ShopContext, Text
from inkasso_shop_plugins.tryton.database import within
from inkasso_shop_plugins.tryton.settings import TrytonSettings

_SHOWN_REASONS = 2000
_LATE = dt.timedelta(hours=1)


def write_note(event: ClaimEvent, context: ShopContext[TrytonSettings]) -> None:
    """Write the note of an event beside the receivable, once. Raises what :func:`within` raises: then inkasso tells it again."""
    settings, line = context.settings, line_of(event.order)
    if line is None or settings.database is None:
        return
    case = context.book.case(event.order)
    values = {
        "line": line,
        "event": event.id,
        "at": event.at.astimezone(dt.UTC).replace(tzinfo=None),
        "kind": str(event.kind),
        "state": event.state,
        "agency": case.agency if case else None,
        "case_reference": case.case_reference if case else None,
        "portal_url": case.portal_url if case else None,
        "reason": (event.reason or "")[:_SHOWN_REASONS] or None,
        "actor": event.actor or None,
    }
    within(settings.config, settings.database, lambda pool: _write(pool, values))


def line_of(order: str) -> int | None:
    """Return the id of the receivable that a claim's key names; None for a key that the module never wrote."""
    _, dash, line = order.partition("-")
    return int(line) if dash and line.isascii() and line.isdecimal() else None


def _write(pool: Any, values: dict[str, Any]) -> None:
    found = pool.get("account.move.line").search([("id", "=", values["line"])])
    for line in found:  # none where the receivable was deleted: there is nothing to write it on
        pool.get("inkasso.note").write_once({**values, "company": line.account.company.id})


def examine(settings: TrytonSettings) -> Iterator[Finding]:
    """Look whether Tryton can be opened, a level hands over, and no row waits for long. Changes nothing."""
    if settings.config is None or settings.database is None:
        return
    try:
        levels, waiting = within(settings.config, settings.database, _state_of)
    except InkassoError as exc:
        yield Finding("TRYTON_CLOSED", Level.BLOCK, True, exc.field, exc.text, _OPEN)
        return
    if not levels:
        yield Finding("NO_LEVEL_HANDS_OVER", Level.WARN, False, None, _NO_LEVEL, _FLAG)
    if waiting:
        yield Finding("EVENTS_WAIT", Level.WARN, False, None, _WAITING.fill(count=waiting), _RELAY)


def _state_of(pool: Any) -> tuple[int, int]:
    late = dt.datetime.now(dt.UTC).replace(tzinfo=None) - _LATE
    levels = pool.get("account.dunning.level").search([("inkasso_hand_over", "=", True)], count=True)
    waiting = pool.get("inkasso.event").search([("relayed_at", "=", None), ("create_date", "<", late)], count=True)
    return levels, waiting


_OPEN = Text("Die Einstellungen config und database prüfen.", "Check the settings config and database.")
_NO_LEVEL = Text("Mahnwesen: Keine Stufe übergibt an das Inkasso.", "Dunning: no level hands over to an agency.")
_FLAG = Text(
    "In Tryton an einer Mahnstufe „An Inkasso übergeben“ ankreuzen.",
    'Tick "Hand Over to Agency" on a level of a dunning procedure in Tryton.',
)
_WAITING = Text(
    "Tryton: Ereignisse warten seit über einer Stunde auf die Weitergabe: {count}.",
    "Tryton: events have been waiting for the relay for more than an hour: {count}.",
)
_RELAY = Text(
    "In Tryton unter Mahnungen, Inkasso, Ereignisse nachsehen; trytond-cron oder python -m inkasso_shop_plugins.tryton ausführen.",
    "Look into Dunnings, Inkasso, Events in Tryton; run trytond-cron or python -m inkasso_shop_plugins.tryton.",
)
