"""What the pages say, in German and English: the language is Django's own."""

from __future__ import annotations

from django.utils.translation import get_language

from inkasso_core import Language, Text

_WORDS: dict[str, Text] = {
    "queue": Text("Inkasso-Warteschlange", "Collection queue"),
    "transmitted": Text("Übermittelte Forderungen", "Transmitted claims"),
    "order": Text("Bestellung", "Order"),
    "number": Text("Nummer", "Number"),
    "state": Text("Stand", "State"),
    "open": Text("Offen", "Open"),
    "due": Text("Fällig am", "Due on"),
    "expected": Text("Erwartet am", "Expected on"),
    "why": Text("Warum nicht?", "Why not?"),
    "missing": Text("Es fehlt", "What is missing"),
    "warnings": Text("Hinweise", "Warnings"),
    "account": Text("Konto", "Account"),
    "case": Text("Aktenzeichen", "Case"),
    "agency_status": Text("Status der Agentur", "Agency status"),
    "portal": Text("Portal der Agentur", "Agency's portal"),
    "all": Text("Alle", "All"),
    "filter": Text("Anzeigen", "Show"),
    "release": Text("Freigeben", "Release"),
    "remove": Text("Aus der Warteschlange nehmen", "Remove from the queue"),
    "reason": Text("Grund", "Reason"),
    "reason_needed": Text("Wer eine Forderung herausnimmt, nennt einen Grund.", "Who removes a claim gives a reason."),
    "select": Text("Auswählen", "Select"),
    "select_all": Text("Alle auf dieser Seite", "All on this page"),
    "none_chosen": Text("Es ist keine Forderung ausgewählt.", "No claim is selected."),
    "nothing": Text("Keine Forderungen.", "No claims."),
    "history": Text("Was geschah", "What happened"),
    "when": Text("Wann", "When"),
    "who": Text("Wer", "Who"),
    "what": Text("Was", "What"),
    "remedy": Text("Was hilft", "What helps"),
    "ready": Text("Alle Bedingungen sind erfüllt.", "All conditions are met."),
    "ask": Text("Warum steht eine Bestellung nicht hier? Bestellnummer:", "Why is an order not here? Order number:"),
    "look": Text("Nachsehen", "Look"),
    "no_order": Text("Eine Bestellung mit dieser Nummer gibt es nicht.", "There is no order with this number."),
    "no_claim": Text(
        "Zu dieser Bestellung gibt es keine Forderung: sie war nie in einem auslösenden Status, oder ihre Meldung ist noch unterwegs.",
        "There is no claim of this order: it never was in a status that triggers one, or its event is still on its way.",
    ),
    "on_its_way": Text(
        "Ihre Meldung liegt im Shop und ist noch nicht übernommen (inkasso_relay).",
        "Its event lies in the shop and has not been relayed yet (inkasso_relay).",
    ),
    "failed_report": Text("Aus ihrer Meldung konnte keine Forderung werden", "No claim could be made of its event"),
    "away": Text(
        "Die Inkasso-Datenbank ist gerade nicht erreichbar, oder nicht richtig eingestellt. Der Shop arbeitet weiter, und keine Meldung "
        "geht verloren. Der Grund steht im Protokoll.",
        "The inkasso database cannot be reached now, or is not set up correctly. The shop goes on, and no event is lost. The reason is in "
        "the log.",
    ),
    "done_release": Text("Freigegeben: {count}", "Released: {count}"),
    "done_remove": Text("Aus der Warteschlange genommen: {count}", "Removed from the queue: {count}"),
    "previous": Text("zurück", "previous"),
    "next": Text("weiter", "next"),
    "all_orders": Text("Bestellungen", "Orders"),
    "dashboard": Text("Übersicht", "Dashboard"),
}


def language() -> Language:
    """Return the language of this request."""
    return "de" if (get_language() or "").startswith("de") else "en"


def words() -> dict[str, str]:
    """Return all words in the language of this request."""
    return {name: text.read(language()) for name, text in _WORDS.items()}


def word(name: str, **values: object) -> str:
    """Return one of them, filled in."""
    return _WORDS[name].fill(**values).read(language())
