"""Notes on orders and contacts: one an event, in the merchant's language, with the link to the agency's portal.

From ``reference: shop-plentymarkets.md`` section 6 and ``agency-adu.md`` section 2.1. Each note ends with a mark that names its event:
it is looked for before a note is written that may stand there already.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency

from inkasso_core import AgencyStatus, Case, ClaimEvent, ClaimEventKind, Language, Text
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.pages import entries
from inkasso_shop_plugins.plentymarkets.rights import READ_NOTES, WRITE_NOTES
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_ABSENT = frozenset({404})

WORDS: Mapping[ClaimEventKind, Text] = {
    ClaimEventKind.HANDED_OVER: Text("Auftrag {order} an {agency} übergeben.", "Order {order} handed over to {agency}."),
    ClaimEventKind.STATUS: Text("Stand bei {agency}: {status}.", "Status at {agency}: {status}."),
    ClaimEventKind.PAYMENT: Text("Zahlung bei {agency} eingegangen: {amount}.", "Payment received by {agency}: {amount}."),
    ClaimEventKind.MESSAGE: Text("Nachricht von {agency}.", "Message from {agency}."),
    ClaimEventKind.FAILED: Text(
        "{agency} hat Auftrag {order} nicht angenommen: Grund in der Inkasso-Warteschlange.",
        "{agency} did not take order {order}: the reason stands in the collection queue.",
    ),
    ClaimEventKind.UNCLEAR: Text(
        "Auftrag {order}: ob er bei {agency} angekommen ist, wird geklärt.",
        "Order {order}: whether it reached {agency} is being looked up.",
    ),
    ClaimEventKind.PAUSED: Text("Inkasso für Auftrag {order} ruht.", "The collection of order {order} is paused."),
    ClaimEventKind.CANCELLED: Text(
        "Inkasso für Auftrag {order} beendet: zurückgezogen.", "The collection of order {order} ended: withdrawn."
    ),
    ClaimEventKind.PAID: Text("Auftrag {order} ist bezahlt, das Inkasso beendet.", "Order {order} is paid; its collection has ended."),
    ClaimEventKind.CLOSED: Text(
        "{agency} hat den Fall zu Auftrag {order} geschlossen, ohne dass alles bezahlt ist.",
        "{agency} closed the case of order {order} without all of it being paid.",
    ),
}
"""Kind of event -> what the note says."""

STATUSES: Mapping[AgencyStatus, Text] = {
    AgencyStatus.DRAFT: Text("Entwurf", "draft"),
    AgencyStatus.SUBMITTED: Text("eingereicht", "submitted"),
    AgencyStatus.NEEDS_INPUT: Text("wartet auf Angaben", "waits for information"),
    AgencyStatus.REJECTED: Text("abgelehnt", "rejected"),
    AgencyStatus.EXPIRED: Text("verfallen", "expired"),
    AgencyStatus.ACTIVE: Text("in Bearbeitung", "being collected"),
    AgencyStatus.PAUSED: Text("ruht", "paused"),
    AgencyStatus.DISPUTED: Text("bestritten", "disputed"),
    AgencyStatus.JUDICIAL: Text("gerichtliches Verfahren", "court proceedings"),
    AgencyStatus.ENFORCEMENT: Text("Zwangsvollstreckung", "enforcement"),
    AgencyStatus.MONITORING: Text("Langzeitüberwachung", "long-term monitoring"),
    AgencyStatus.RECALLED: Text("zurückgezogen", "recalled"),
    AgencyStatus.CLOSED_PAID: Text("abgeschlossen, bezahlt", "closed, paid"),
    AgencyStatus.CLOSED_PARTIAL: Text("abgeschlossen, teilweise bezahlt", "closed, paid in part"),
    AgencyStatus.CLOSED_UNPAID: Text("abgeschlossen, unbezahlt", "closed, unpaid"),
    AgencyStatus.MERGED: Text("mit einem anderen Fall verbunden", "merged with another case"),
    AgencyStatus.UNKNOWN: Text("unbekannt", "unknown"),
}

AGENCY = Text("Inkassounternehmen", "Collection agency")
"""Where no agency is named."""
UNNAMED_AMOUNT = Text("Betrag nicht genannt", "amount not given")
CASE = Text("Aktenzeichen: {case}.", "Case: {case}.")
DAY = Text("Vorgangsdatum: {day}.", "Date: {day}.")
LINK = Text("zu {agency}", "to {agency}")


def note(event: ClaimEvent, case: Case | None, settings: PlentySettings) -> str:
    """Return the text of a note, in HTML as the shop stores it: what happened, the case, the day, the link twice, and the mark."""
    language, details = settings.note_language, event.details or {}
    agency = case.agency if case else AGENCY.read(language)
    facts = {"order": event.order, "agency": agency, "status": _status(details, language), "amount": _amount(details, language)}
    reference = details.get("case_reference") or (case.case_reference if case else None)
    parts = [html.escape(WORDS[event.kind].fill(**facts).read(language))]
    if reference:
        parts.append(html.escape(CASE.fill(case=reference).read(language)))
    parts.append(DAY.fill(day=format_date(_day(event, details, settings), "medium", locale=language)).read(language))
    if case and case.portal_url and case.portal_url.startswith(("https://", "http://")):
        address = html.escape(case.portal_url)
        parts.append(f'<a href="{address}">{html.escape(LINK.fill(agency=agency).read(language))}</a> {address}')
    return " ".join([*parts, mark(event.id)])


def mark(event_id: str) -> str:
    """Return what names the event in its note."""
    return f"[inkasso {event_id}]"


def _status(details: Mapping[str, Any], language: Language) -> str:
    said = details.get("status")
    word = STATUSES.get(AgencyStatus(said), STATUSES[AgencyStatus.UNKNOWN]) if said in _VALUES else STATUSES[AgencyStatus.UNKNOWN]
    code = details.get("code")
    return f"{word.read(language)} ({code})" if code else word.read(language)


_VALUES = frozenset(status.value for status in AgencyStatus)


def _amount(details: Mapping[str, Any], language: Language) -> str:
    amount, currency = details.get("amount"), details.get("currency")
    return format_currency(Decimal(amount), currency, locale=language) if amount and currency else UNNAMED_AMOUNT.read(language)


def _day(event: ClaimEvent, details: Mapping[str, Any], settings: PlentySettings) -> dt.date:
    """Return when it happened, which need not be when it is noted."""
    said = details.get("received_on")
    return dt.date.fromisoformat(said) if said else event.at.astimezone(settings.timezone).date()


# Writing


def is_there(client: Client, kind: str, number: str, event_id: str) -> bool:
    """Return whether the note of an event stands on an ``order`` or a ``contact`` already."""
    found = client.get(f"/comments/{kind}/{number}", right=READ_NOTES, absent=_ABSENT)
    return any(mark(event_id) in (entry.text("text") or "") for entry in entries(found))


def write(client: Client, kind: str, number: str, text: str) -> None:
    """Write a note that the customer does not see. Raises what the client raises; nothing where there is no such record any more."""
    body = {"referenceType": kind, "referenceValue": int(number), "text": text, "isVisibleForContact": False}
    client.write("POST", "/comments", body, right=WRITE_NOTES, absent=_ABSENT)
