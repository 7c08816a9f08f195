"""What the order shows: a note per event with the link to the agency's portal, and another status where the pipeline allows it."""

from __future__ import annotations

from typing import Any

from oscar.core.loading import get_model

from inkasso_core import AgencyStatus, Case, ClaimEvent, ClaimEventKind, ShopContext, State, Text, state_label
from inkasso_shop_plugins.oscar.conf import OscarOptions, options

_SAID: dict[ClaimEventKind, Text] = {
    ClaimEventKind.REGISTERED: Text("Forderung angelegt", "Claim registered"),
    ClaimEventKind.REVISED: Text("Forderung geändert", "Claim changed"),
    ClaimEventKind.QUEUED: Text("Bereit zur Übergabe ans Inkasso", "Ready to be handed over for collection"),
    ClaimEventKind.WAITING: Text("Wartet: noch nicht bereit zur Übergabe", "Waits: not ready to be handed over yet"),
    ClaimEventKind.RELEASED: Text("Zur Übergabe freigegeben", "Released for hand-over"),
    ClaimEventKind.EXPORTED: Text("An die Agentur übermittelt, noch nicht bestätigt", "Sent to the agency, not confirmed yet"),
    ClaimEventKind.HANDED_OVER: Text("Ans Inkasso übergeben", "Handed over for collection"),
    ClaimEventKind.FAILED: Text("Übergabe fehlgeschlagen", "Hand-over failed"),
    ClaimEventKind.UNCLEAR: Text("Übergabe ungeklärt", "Hand-over unclear"),
    ClaimEventKind.PAUSED: Text("Blockiert", "Paused"),
    ClaimEventKind.REMOVED: Text("Aus der Warteschlange entfernt", "Removed from the queue"),
    ClaimEventKind.CANCELLED: Text("Gekündigt", "Cancelled"),
    ClaimEventKind.PAID: Text("Bezahlt", "Paid"),
    ClaimEventKind.CLOSED: Text("Von der Agentur abgeschlossen", "Closed by the agency"),
    ClaimEventKind.STATUS: Text("Neuer Status bei der Agentur", "New status at the agency"),
    ClaimEventKind.PAYMENT: Text("Zahlung", "Payment"),
    ClaimEventKind.MESSAGE: Text("Nachricht der Agentur", "Message of the agency"),
    ClaimEventKind.LEDGER: Text("Abrechnung der Agentur", "The agency's account"),
    ClaimEventKind.TASK: Text("Aufgabe für eine Person: siehe Inkasso", "Task for a person: see Inkasso"),
    ClaimEventKind.HOLD: Text("Mahnstopp", "Hold"),
}
_BEFORE = frozenset(
    {
        ClaimEventKind.REGISTERED,
        ClaimEventKind.REVISED,
        ClaimEventKind.QUEUED,
        ClaimEventKind.WAITING,
        ClaimEventKind.RELEASED,
        ClaimEventKind.REMOVED,
        ClaimEventKind.HOLD,
    }
)
"""Events that are about no case at an agency: what is told late shall not seem to be."""
_CASE = Text("{agency}, Aktenzeichen {reference}", "{agency}, case {reference}")
_STATUS = Text("Status bei der Agentur: {status}", "Status at the agency: {status}")
_NOT_SET = Text(
    "Der Bestellstatus „{status}“ wurde nicht gesetzt: von „{now}“ führt in OSCAR_ORDER_STATUS_PIPELINE kein Weg dorthin.",
    'The order status "{status}" was not set: OSCAR_ORDER_STATUS_PIPELINE has no way there from "{now}".',
)


def write_back(event: ClaimEvent, context: ShopContext[Any]) -> str | None:
    """Write the note of an event, and set the status that belongs to it; return the status that was set.

    Called in a transaction, once per event. An order that is gone is left alone.
    """
    settings = options()
    order = get_model("order", "Order").objects.select_for_update().filter(pk=event.order).first() if event.order.isdecimal() else None
    if order is None:
        return None
    status, refusal = _set_status(order, settings.statuses.get(event.kind), settings)
    if event.kind in settings.notes or refusal:
        case = context.book.case(event.order) if event.kind not in _BEFORE else None
        notes = get_model("order", "OrderNote")
        message = "\n".join([*_lines(event, case, settings), *refusal])
        notes.objects.create(order=order, note_type=notes.SYSTEM, message=message)
    return status


def _set_status(order: Any, wanted: str | None, settings: OscarOptions) -> tuple[str | None, list[str]]:
    """Set a status that the pipeline allows now; return it, or what the note says where it does not."""
    if wanted is None or wanted == order.status:
        return None, []
    if wanted not in order.available_statuses():
        return None, [_NOT_SET.fill(status=wanted, now=order.status).read(settings.language)]
    order.set_status(wanted)
    return wanted, []


def _lines(event: ClaimEvent, case: Case | None, settings: OscarOptions) -> list[str]:
    """What the note says. Nothing in it is the agency's free text: a note may be shown to many."""
    said = _SAID[event.kind].read(settings.language)
    if event.kind is ClaimEventKind.REGISTERED:
        said = f"{said}: {state_label(State(event.state)).read(settings.language)}"
    lines = [f"Inkasso: {said}"]
    if case is not None and case.case_reference:
        lines.append(_CASE.fill(agency=case.agency, reference=case.case_reference).read(settings.language))
    if case is not None and event.kind is ClaimEventKind.STATUS:
        known = case.status if case.status not in (None, AgencyStatus.UNKNOWN) else None
        lines.append(_STATUS.fill(status=case.agency_code or (known.value if known else "?")).read(settings.language))
    if case is not None and case.portal_url:
        lines.append(case.portal_url)
    return lines
