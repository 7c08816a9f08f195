"""Listing claims: one table of fields for JSON and CSV, and everything about a single claim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core import spreadsheet
from inkasso_core.agencies.table import Column, Kind
from inkasso_core.idle import near_miss
from inkasso_core.lifecycle import AT_AGENCY, Actor, Profile, State, state_label
from inkasso_core.model.claim import Claim
from inkasso_core.model.words import Language, Text
from inkasso_core.store import arrivals, claims, placements, queue, records, vault
from inkasso_core.store.arrivals import Sighting
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructed import Instructed, instructed
from inkasso_core.store.records import Entry, Task

_TRACED = 100
_ARRIVED = AT_AGENCY | {State.PAID, State.CLOSED}
"""Where a claim is past every no that it once got."""


class Details(NamedTuple):
    """All that is known of one claim: for the screen of somebody who may see it."""

    stored: Stored
    claim: Claim
    history: list[Entry]
    placements: list[Any]
    tasks: list[Task]
    instructions: list[Instructed]
    """What the agency was told of it, or is to be told, besides the hand-over."""
    error: Text | None
    """What the agency or the adapter said last, where it was no; nothing once the agency has the claim."""


def details(connection: Connection, stored: Stored) -> Details:
    """Read everything about a claim."""
    from inkasso_core.lifecycle import SYSTEM

    messages = queue.last_messages(connection, stored.id)
    return Details(
        stored,
        vault.take_claim(connection, stored.body_id),
        records.read_history(connection, stored.id),
        placements.of_claim(connection, stored.id),
        records.tasks(connection, SYSTEM, claim_id=stored.id),
        instructed(connection, SYSTEM, states=None, claim_id=stored.id),
        _said(connection, *messages[-1]) if messages and (stored.former_state or stored.state) not in _ARRIVED else None,
    )


def _said(connection: Connection, message: Mapping[str, str], answer_id: str | None) -> Text:
    """The agency's own words, which are in the vault alone where they repeat the debtor's data."""
    answer = vault.take_if_kept(connection, answer_id) if answer_id else None
    said = answer.get("said") if isinstance(answer, Mapping) else None
    return Text(**(said if isinstance(said, Mapping) and said.keys() == {"de", "en"} else message))


class Trace(NamedTuple):
    """What is known of an order under whose number there is no claim."""

    shop: str | None
    """The configured shop that was asked about; None where none was named."""
    key: str
    claims: list[Stored]
    """Claims of that order, or of an invoice of that number: products and instalments have numbers of their own."""
    failed: list[Any]
    """Reports in which the number stands, and which failed."""
    settled: list[Any]
    """The same, where somebody has settled that, or a later report has made up for it."""
    idle: Sighting | None
    """When the shop last reported it, and with which status; that one is no trigger, so there is nothing to collect."""
    triggers: tuple[str, ...]
    """The statuses that start a claim in this shop, where its plugin names them."""
    near: str | None
    """That of them which the reported status resembles."""
    last_report: dt.datetime | None
    """When the shop last reported anything."""


def trace(connection: Connection, shop: str | None, key: str, failed: list[Any], actor: Actor, triggers: tuple[str, ...] = ()) -> Trace:
    """Look where an order is that is no claim."""
    of_order = list(claims.listed(connection, Filter(shop=shop, order=key), actor, limit=_TRACED))
    waiting = [row for row in failed if row.status == arrivals.FAILED]
    settled = [row for row in failed if row.status == arrivals.SETTLED]
    idle = arrivals.sighted(connection, shop, key) if shop is not None and actor.vendors is None else None
    if not of_order and idle is None:
        bearing = claims.by_invoice(connection, key, actor, shop, limit=_TRACED)
        of_order = [seen for stored in bearing if (seen := claims.as_seen(connection, stored, actor)) is not None]
    last = arrivals.last_report(connection, shop) if shop is not None else None
    near = near_miss(idle.status, triggers) if idle is not None else None
    return Trace(shop, key, of_order, waiting, settled, idle, triggers, near, last)


def as_json(stored: Stored) -> dict[str, object]:
    """Return a claim for programs: amounts as text, no personal data."""
    return {
        "ref": stored.ref,
        "id": stored.id,
        "shop": stored.shop,
        "order": stored.record,
        "vendor": stored.vendor,
        "tenant": stored.tenant,
        "state": stored.state.value,
        "account": stored.account,
        "invoice_number": stored.invoice_number,
        "currency": stored.currency,
        "principal_open": str(stored.principal_open),
        "total_open": str(stored.total_open),
        "due_date": _iso(stored.due_date),
        "expected_on": _iso(stored.expected_on),
        "red": list(stored.red),
        "warnings": list(stored.warnings),
        "revision": stored.revision_no,
        "registered_at": _iso(stored.registered_at),
        "changed_at": _iso(stored.changed_at),
    }


def write_csv(path: Path, rows: Iterable[Stored], language: Language, profile: Callable[[str], Profile]) -> int:
    """Write claims as CSV for a spreadsheet; return the number of rows.

    ``profile`` gives that of a shop: states are called as people call them there.
    """
    return spreadsheet.write_csv(path, _columns(language, profile), rows)


_HEADERS: tuple[tuple[Text, Kind], ...] = (
    (Text("Shop", "Shop"), Kind.TEXT),
    (Text("Auftrag", "Order"), Kind.REFERENCE),
    (Text("Verkäufer", "Vendor"), Kind.TEXT),
    (Text("Status", "State"), Kind.TEXT),
    (Text("Konto", "Account"), Kind.TEXT),
    (Text("Rechnung", "Invoice"), Kind.REFERENCE),
    (Text("Währung", "Currency"), Kind.CODE),
    (Text("Hauptforderung offen", "Principal open"), Kind.AMOUNT),
    (Text("Gesamt offen", "Total open"), Kind.AMOUNT),
    (Text("Fällig am", "Due on"), Kind.DATE),
    (Text("Erwartet am", "Expected on"), Kind.DATE),
    (Text("Rote Punkte", "Red points"), Kind.TEXT),
    (Text("Warnungen", "Warnings"), Kind.TEXT),
    (Text("Geändert am", "Changed on"), Kind.DATE),
)


def _columns(language: Language, profile: Callable[[str], Profile]) -> list[Column[Stored]]:
    looks = (
        lambda s: s.shop,
        lambda s: s.record,
        lambda s: s.vendor,
        lambda s: state_label(s.state, profile(s.shop)).read(language),
        lambda s: s.account,
        lambda s: s.invoice_number,
        lambda s: s.currency,
        lambda s: s.principal_open,
        lambda s: s.total_open,
        lambda s: s.due_date,
        lambda s: s.expected_on,
        lambda s: " ".join(s.red),
        lambda s: " ".join(s.warnings),
        lambda s: s.changed_at.date(),
    )
    return [Column(text.read(language), kind, look) for (text, kind), look in zip(_HEADERS, looks, strict=True)]


def _iso(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None
