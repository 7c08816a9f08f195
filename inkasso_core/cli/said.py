"""What an entry of the history says beside its state: the reason, and the details in the language chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from inkasso_core.cli import output
from inkasso_core.cli.language import say
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Entry

_SILENT = frozenset({"status", "code", "our_reference", "instruction", "de", "en"})
"""Details that stand elsewhere or say nothing to people."""
_NAMES: Mapping[str, Text] = MappingProxyType(
    {
        "account": Text("Konto", "account"),
        "case_reference": Text("Aktenzeichen", "case"),
        "changes": Text("geändert", "changed"),
        "channel": Text("Weg", "channel"),
        "date": Text("am", "on"),
        "entry": Text("Eintrag", "entry"),
        "fields": Text("Felder", "fields"),
        "file": Text("Datei", "file"),
        "inbox": Text("Eingang", "inbox"),
        "kind": Text("Art", "kind"),
        "revision": Text("Fassung", "revision"),
        "scope": Text("für", "for"),
        "state": Text("Stand", "state"),
        "until": Text("bis", "until"),
        "verb": Text("Meldung", "report"),
    }
)
_VALUES: Mapping[str, Mapping[str, Text]] = MappingProxyType(
    {
        "changes": {
            "amount": Text("Betrag", "amount"),
            "circumstances": Text("Umstände", "circumstances"),
            "credited": Text("Gutschrift", "credit"),
            "debtor": Text("Schuldner", "debtor"),
            "dispute": Text("Einwand", "dispute"),
            "due_date": Text("Fälligkeit", "due date"),
            "ended": Text("Ende des Auftrags", "end of the order"),
            "invoice": Text("Rechnung", "invoice"),
            "other": Text("anderes", "other"),
            "paid": Text("Zahlung", "payment"),
            "paid_to_agency": Text("Zahlung an die Agentur", "payment to the agency"),
            "reminders": Text("Mahnungen", "reminders"),
            "status": Text("Auftragsstatus", "order status"),
            "subject": Text("Grund der Forderung", "subject"),
        },
        "kind": {
            "account_stopped": Text("Konto angehalten", "account stopped"),
            "answer_agency": Text("der Agentur antworten", "answer the agency"),
            "confirm_export": Text("Übermittlung bestätigen", "confirm the export"),
            "file_lost": Text("Datei verschwunden", "file lost"),
            "report_cancellation": Text("der Agentur das Ende des Auftrags melden", "report the end of the order to the agency"),
            "report_correction": Text("der Agentur die Berichtigung melden", "report the correction to the agency"),
            "report_credit": Text("der Agentur die Gutschrift melden", "report the credit to the agency"),
            "report_debtor": Text("der Agentur die neuen Daten melden", "report the new data to the agency"),
            "report_dispute": Text("der Agentur den Einwand melden", "report the dispute to the agency"),
            "report_payment": Text("der Agentur die Zahlung melden", "report the payment to the agency"),
            "report_retraction": Text("der Agentur die berichtigte Zahlung melden", "report the corrected payment to the agency"),
            "look_up_telling": Text("nachsehen, ob die Agentur die Meldung bekam", "look whether the agency heard of it"),
            "pause_agency": Text("den Fall bei der Agentur ruhen lassen", "have the agency pause the case"),
            "resume_agency": Text("den Fall bei der Agentur fortsetzen", "have the agency go on with the case"),
            "tell_agency": Text("der Agentur etwas mitteilen", "tell the agency something"),
            "look_up": Text("bei der Agentur nachsehen", "look it up at the agency"),
            "status_contradicts": Text("Status der Agentur passt nicht", "the agency's status does not fit"),
            "status_reverted": Text("Status der Agentur zurückgesetzt", "the agency's status reverted"),
        },
        "state": {
            "pending": Text("wartet", "waits"),
            "in_flight": Text("wird gesendet", "is being sent"),
            "done": Text("gemeldet", "told"),
            "told": Text("gemeldet, noch nicht entschieden", "told, not decided yet"),
            "refused": Text("abgelehnt", "refused"),
            "unclear": Text("ungeklärt", "unclear"),
            "withdrawn": Text("zurückgezogen", "withdrawn"),
            "by_hand": Text("von Hand gemeldet", "told by hand"),
        },
        "verb": {
            "report_payment": Text("Zahlung", "payment"),
            "amend": Text("Änderung", "change"),
            "recall": Text("Rückruf", "recall"),
            "pause": Text("Ruhen", "pause"),
            "resume": Text("Fortsetzung", "resumption"),
            "send_message": Text("Nachricht", "message"),
            "send_document": Text("Unterlage", "document"),
        },
        "scope": {
            "claim": Text("Forderung", "claim"),
            "debtor": Text("Schuldner", "debtor"),
            "invoice": Text("Rechnung", "invoice"),
            "order": Text("Auftrag", "order"),
        },
    }
)
_OURS: Mapping[str, Text] = MappingProxyType(
    {
        "the pause is over": Text("die Pause ist vorbei", "the pause is over"),
        "lifted": Text("aufgehoben", "lifted"),
        "not released at the agency": Text("bei der Agentur nicht freigegeben", "not released at the agency"),
        "not found at the agency": Text("bei der Agentur nicht gefunden", "not found at the agency"),
        "the agency's status reverted": Text("Die Agentur hat ihren Status zurückgesetzt.", "the agency's status reverted"),
    }
)
"""Reasons that the system gives, as they are stored."""


def word_of(name: str, item: str) -> str:
    """Return what people read for a value of a detail: a ``verb``, a ``state`` of an instruction, a ``kind`` of task."""
    return _value(name, item)


def why(entry: Entry) -> str:
    """Return the reason and the details, those that people can use: a file, a case reference, what changed."""
    return " ".join(filter(None, (_reason(entry), "; ".join(_details(entry)))))


def _reason(entry: Entry) -> str | None:
    """The reason as it was given, or in the language chosen where the entry has it in both."""
    told = entry.details or {}
    if {"de", "en"} <= set(told):
        return say(Text(told["de"], told["en"]))
    known = _OURS.get(entry.reason or "")
    return say(known) if known is not None else entry.reason


def _details(entry: Entry) -> list[str]:
    return [
        f"{say(_NAMES[name]) if name in _NAMES else name} {', '.join(_value(name, item) for item in _listed(value))}"
        for name, value in (entry.details or {}).items()
        if name not in _SILENT and value not in (None, "", [])
    ]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _value(name: str, value: object) -> str:
    known = _VALUES.get(name, {})
    if value in known:
        return say(known[str(value)])
    return output.day(dt.date.fromisoformat(str(value))) if name in ("date", "until") else str(value)
