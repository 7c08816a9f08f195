"""What an agency must hear: the task for a person where no program can tell it, the operation that would, and what the person reads."""

from __future__ import annotations

from typing import NamedTuple

from inkasso_core.change import Changes
from inkasso_core.model.words import Text
from inkasso_core.store.claims import Stored
from inkasso_core.store.instructions import AMEND, PAUSE, RECALL, REPORT_PAYMENT, RESUME, SEND_DOCUMENT, SEND_MESSAGE


class Telling(NamedTuple):
    """One kind of news."""

    kind: str
    """Of the task."""
    operation: str
    text: Text


PAID, RETRACTED, ENDED = "paid", "retracted", "ended"
TELL_AGENCY: dict[str, Telling] = {
    PAID: Telling(
        "report_payment",
        REPORT_PAYMENT,
        Text(
            "Der Kunde hat an den Shop gezahlt: bitte der Agentur melden (Portal), dann die Aufgabe erledigen.",
            "The debtor paid the shop: please report it to the agency (portal), then finish this task.",
        ),
    ),
    RETRACTED: Telling(
        "report_retraction",
        AMEND,
        Text(
            "Eine Zahlung, die die Agentur kennt, ging zurück oder wurde berichtigt: bitte der Agentur melden, dann die Aufgabe erledigen.",
            "A payment that the agency knows of went back or was corrected: please report it to the agency, then finish this task.",
        ),
    ),
    "credited": Telling(
        "report_credit",
        AMEND,
        Text(
            "Der Shop hat eine Gutschrift gebucht: bitte der Agentur melden, dann die Aufgabe erledigen.",
            "The shop booked a credit note: please report it to the agency, then finish this task.",
        ),
    ),
    ENDED: Telling(
        "report_cancellation",
        RECALL,
        Text(
            "Der Auftrag wurde storniert, erstattet oder widerrufen: bitte den Fall bei der Agentur zurückrufen.",
            "The order was cancelled, refunded or revoked: please recall the case from the agency.",
        ),
    ),
    "dispute": Telling(
        "report_dispute",
        AMEND,
        Text(
            "Der Kunde bestreitet die Forderung (oder der Streit ist geklärt): bitte der Agentur melden.",
            "The debtor disputes the claim (or the dispute is settled): please tell the agency.",
        ),
    ),
    "amount": Telling(
        "report_correction",
        AMEND,
        Text(
            "Betrag oder Kosten wurden berichtigt: bitte der Agentur melden.", "Amount or charges were corrected: please tell the agency."
        ),
    ),
    "debtor": Telling(
        "report_debtor",
        AMEND,
        Text("Daten des Schuldners haben sich geändert: bitte der Agentur melden.", "The debtor's data changed: please tell the agency."),
    ),
}
"""What changed -> the task for a person, where the agency cannot be told by itself."""
VERBS: dict[str, Text] = {
    REPORT_PAYMENT: Text("Zahlung", "payment"),
    AMEND: Text("Änderung", "change"),
    RECALL: Text("Rückruf", "recall"),
    PAUSE: Text("Ruhen", "pause"),
    RESUME: Text("Fortsetzung", "resumption"),
    SEND_MESSAGE: Text("Nachricht", "message"),
    SEND_DOCUMENT: Text("Unterlage", "document"),
}
"""What people read for what an agency is told."""
TELL_KINDS = frozenset(telling.kind for telling in TELL_AGENCY.values())
BY_PERSON = Telling(
    "tell_agency",
    SEND_MESSAGE,
    Text(
        "Der Agentur etwas zum Fall mitteilen (Portal): `inkasso instructions --claim {ref}` nennt es, `instructions show ID` zeigt es.",
        "Tell the agency something of the case (portal): `inkasso instructions --claim {ref}` lists it, `instructions show ID` shows it.",
    ),
)
"""The same for what people write to the agency."""
ASKED_FOR: dict[str, Telling] = {
    PAUSE: Telling(
        "pause_agency",
        PAUSE,
        Text(
            "Die Agentur soll den Fall ruhen lassen: bitte dort veranlassen, dann `inkasso pause {ref} --confirmed --reason GRUND`.",
            "The agency is to pause the case: please arrange it there, then `inkasso pause {ref} --confirmed --reason REASON`.",
        ),
    ),
    RESUME: Telling(
        "resume_agency",
        RESUME,
        Text(
            "Die Agentur soll den Fall fortsetzen: bitte dort veranlassen, dann `inkasso resume {ref} --confirmed`.",
            "The agency is to go on with the case: please arrange it there, then `inkasso resume {ref} --confirmed`.",
        ),
    ),
    SEND_MESSAGE: BY_PERSON,
    SEND_DOCUMENT: BY_PERSON,
}
"""What people ask for -> the same, where no program can tell it."""
AMENDED = ("credited", "amount", "dispute", "debtor")
"""Aspects of a report that an amendment tells."""
LOOK_UP_KIND = "look_up_telling"
"""The task of an instruction whose answer was lost."""


def named(stored: Stored, text: Text) -> Text:
    """Put the claim's name before a text."""
    return Text(f"{stored.ref}: {text.de}", f"{stored.ref}: {text.en}")


def by_hand(changes: Changes, stored: Stored, text: Text, operation: str) -> Text:
    """Say in a task, besides, why no program can do it: what the adapter says of an operation that it lacks."""
    why = changes.context.why_by_hand(stored.account, operation)
    return text if why is None else _BY_HAND.fill(de=text.de, en=text.en, why_de=why.de, why_en=why.en)


_BY_HAND = Text("{de} Von Hand, denn die Anbindung kann es nicht: {why_de}.", "{en} By hand, because the adapter cannot: {why_en}.")
RECALL_ASKED = Text(
    "{ref}: Der Auftrag wurde storniert, erstattet oder widerrufen: mit `inkasso recall {ref} --reason GRUND` den Fall zurückrufen.",
    "{ref}: the order was cancelled, refunded or revoked: recall the case with `inkasso recall {ref} --reason REASON`.",
)
GOES_ON = Text(
    "Der Auftrag gilt doch, der Rückruf läuft aber schon: bitte mit der Agentur klären.",
    "The order stands after all, but the recall is under way: please settle it with the agency.",
)
