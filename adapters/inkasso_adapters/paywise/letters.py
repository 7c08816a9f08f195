"""What the agency's clerk reads: messages, answers to questions, documents. In German, which is what he writes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from inkasso_adapters.paywise import codes
from inkasso_adapters.paywise.body import file_body, given
from inkasso_adapters.paywise.reading import day
from inkasso_core import Amend, Claim, ClaimInvalid, Placement, Recall, SendDocument, Text

MESSAGE, RECALL, AMEND, DOCUMENT = "Nachricht", "Rückruf", "Änderung", "Unterlage"
is_answer = re.compile(r"(?is)\s*(?:antwort|answer)\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*:\s*(.+)").fullmatch
_word = re.compile(r"(?s)\s*([^\W\d]+(?: [^\W\d]+)?)\s*(?:[,;:.\n]\s*(.*))?").fullmatch


def escaped(said: str) -> str:
    """Return a text as the body of a message, which is HTML: a ``<`` would otherwise be lost."""
    return html.escape(said, quote=False)


# Letters


def recall(instruction: Recall) -> str:
    """Ask for a case back."""
    lines = [f"bitte schließen Sie den Vorgang zu unserer Referenz {instruction.our_reference} ab: wir nehmen ihn zurück."]
    return _letter([*lines, *([f"Grund: {instruction.reason}"] if instruction.reason else [])])


def amendment(instruction: Amend) -> str:
    """Tell what changed, with what counts now."""
    lines = [f"zum Vorgang mit unserer Referenz {instruction.our_reference} hat sich geändert:"]
    lines += [line for change in instruction.changed for line in _AMENDED.get(change, _other)(instruction.placement)]
    return _letter([*dict.fromkeys(lines), *([instruction.note] if instruction.note else [])])


def _letter(lines: list[str]) -> str:
    return "\n\n".join(["Guten Tag,", *lines])


def _named(claim: Claim) -> str:
    return f"Rechnung {claim.invoice.number}" if claim.invoice and claim.invoice.number else f"Auftrag {claim.source.order}"


def _open(placement: Placement) -> list[str]:
    said = "{}: offene Hauptforderung jetzt {} EUR, Nebenforderungen {} EUR."
    return [said.format(_named(claim), _euros(claim.principal_open), _euros(claim.open.charges)) for claim in placement.claims]


def _euros(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _disputed(placement: Placement) -> list[str]:
    found = []
    for claim in placement.claims:
        if claim.dispute is not None:
            word = "wird bestritten" if claim.dispute.is_open else "wird nicht mehr bestritten"
            found.append(f"{_named(claim)} {word}." + (f" Grund: {claim.dispute.reason}" if claim.dispute.reason else ""))
    return found


def _ended(placement: Placement) -> list[str]:
    words = {"cancelled": "storniert", "refunded": "erstattet", "revoked": "widerrufen"}
    return [f"{_named(claim)} wurde {words[claim.ended.value]}." for claim in placement.claims if claim.ended is not None]


def _debtor(placement: Placement) -> list[str]:
    debtor, address = placement.debtor, placement.debtor.address
    person, company = debtor.person, debtor.organization
    names = [company.name if company else None, " ".join(p for p in (person.first_name, person.last_name) if p) if person else None]
    lines = [*names, address.care_of, address.street_line, address.extra] if address else names
    town = " ".join(p for p in (address.country, address.postal_code, address.city) if p) if address else None
    contacts = [contact.value for contact in debtor.contacts]
    return ["Angaben zum Schuldner jetzt: " + ", ".join(part for part in (*lines, town, *contacts) if part)]


def _other(_placement: Placement) -> list[str]:
    return ["Bitte sehen Sie sich den Vorgang an."]


_AMENDED: Mapping[str, Callable[[Placement], list[str]]] = MappingProxyType(
    {"credited": _open, "amount": _open, "paid": _open, "dispute": _disputed, "ended": _ended, "debtor": _debtor}
)
"""What changed -> the lines that say what counts now."""


# Answers


def answer(kind: str, said: str) -> dict[str, Any]:
    """Write the answer to a question of this kind. Raises ``ClaimInvalid`` where a text does not answer it."""
    choices = codes.CHOICES.get(kind)
    if choices is None:
        return {"text": said.strip()}
    found = _word(said)
    word = codes.WORDS.get(found.group(1).casefold()) if found else None
    rest = ((found.group(2) if found else "") or "").strip()
    booked = day(rest) if word == "yes" and kind in codes.DATE_ON_YES else None
    is_short = (word == "no" and kind in codes.COMMENT_ON_NO and not rest) or (
        word == "yes" and kind in codes.DATE_ON_YES and booked is None
    )
    if word not in choices or is_short:
        raise ClaimInvalid(_ANSWERS[kind], agency="paywise", fields=("text",))
    return given(text=word, additional_comment=rest if booked is None else None, booking_date=booked.isoformat() if booked else None)


_YES_NO = Text("Die Antwort ist ja oder nein.", "The answer is yes or no.")
_ANSWERS: Mapping[str, Text] = MappingProxyType(
    {
        "yes-no": _YES_NO,
        "yes-no-dontknow": Text("Die Antwort ist ja, nein oder unbekannt.", "The answer is yes, no or dontknow."),
        "yes-no-freetext-on-no": Text(
            "Die Antwort ist ja, oder nein mit Begründung: `nein: …`.", "The answer is yes, or no with a reason: `no: …`."
        ),
        "yes-with-date-no-freetext-on-no": Text(
            "Die Antwort ist ja mit Datum, `ja: 2026-01-31`, oder nein mit Begründung, `nein: …`.",
            "The answer is yes with a date, `yes: 2026-01-31`, or no with a reason, `no: …`.",
        ),
    }
)


# Documents


def attachment(document: SendDocument) -> dict[str, str]:
    """Write a document as a part of a message. Raises ``ClaimInvalid`` for a form or size that the agency does not take."""
    if document.media_type not in codes.FILE_TYPES:
        raise ClaimInvalid(_FILE_TYPE, agency="paywise", fields=("media_type",))
    if not 0 < len(document.content) <= codes.LARGEST_FILE:
        raise ClaimInvalid(_FILE_SIZE, agency="paywise", fields=("content",))
    return file_body(codes.DOCUMENTS, document.kind, document.file_name, document.content)


_FILE_TYPE = Text("paywise nimmt nur PDF, JPEG und PNG.", "paywise takes PDF, JPEG and PNG only.")
_FILE_SIZE = Text("paywise nimmt Dateien bis 10 MiB, und keine leere.", "paywise takes files of up to 10 MiB, and no empty one.")
