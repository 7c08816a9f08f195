"""What Debitura has no call for is said in the chat of the case, and a person at the partner's acts on it (section 6.1)."""

from __future__ import annotations

from inkasso_adapters.debitura.writing import invoice_number, money
from inkasso_core import Amend, ContactKind, Debtor, Language, Placement, Recall, ReportPayment, Text

LONGEST = 10_000
"""Characters of a message."""


def recall(instruction: Recall, language: Language) -> str:
    """Return the wish to have the case back."""
    said = _RECALL.fill(reference=instruction.our_reference).read(language)
    return _with_note(said, instruction.reason, language)


def payment(instruction: ReportPayment, language: Language) -> str:
    """Return the news of a payment to the creditor."""
    values = {
        "reference": instruction.our_reference,
        "amount": money(instruction.amount),
        "currency": instruction.currency,
        "day": instruction.received_on,
        "invoice": instruction.claim_reference,
        "number": instruction.payment_reference,
    }
    lines = (
        (True, _PAYMENT),
        (instruction.claim_reference, _FOR_INVOICE),
        (instruction.payment_reference, _NUMBERED),
        (instruction.applies_to, _APPLIES.get(str(instruction.applies_to))),
    )
    return "\n".join(text.fill(**values).read(language) for given, text in lines if given and text)


def amended(instruction: Amend, language: Language) -> str:
    """Return what has changed, and how the case stands now."""
    changed = [_CHANGED.get(what, Text(what, what)).read(language) for what in instruction.changed]
    lines = [_AMEND.fill(reference=instruction.our_reference, what=", ".join(changed)).read(language)]
    lines += _amounts(instruction.placement, language)
    if "debtor" in instruction.changed:
        lines.append(_debtor(instruction.placement.debtor, language))
    return _with_note("\n".join(lines), instruction.note, language)


def _amounts(placement: Placement, language: Language) -> list[str]:
    return [
        _OPEN.fill(
            invoice=invoice_number(claim),
            principal=money(claim.principal_open),
            total=money(claim.total_open),
            currency=claim.currency,
        ).read(language)
        for claim in placement.claims
    ]


def _debtor(debtor: Debtor, language: Language) -> str:
    address, person, organization = debtor.address, debtor.person, debtor.organization
    parts = [
        organization.name if organization else None,
        " ".join(part for part in (person.first_name, person.last_name) if part) if person else None,
        *((address.street_line, address.extra, address.postal_code, address.city, address.country) if address else ()),
        *debtor.values(ContactKind.EMAIL, ContactKind.MOBILE, ContactKind.PHONE),
    ]
    return _DEBTOR.fill(debtor=", ".join(part for part in parts if part)).read(language)


def _with_note(said: str, note: str | None, language: Language) -> str:
    return f"{said}\n{_NOTE.fill(note=note).read(language)}" if note else said


_RECALL = Text(
    "Der Gläubiger nimmt den Fall {reference} zurück: bitte die Einziehung beenden, den Fall schließen und die Schließung bestätigen.",
    "The creditor takes case {reference} back: please stop collecting, close the case, and confirm that it is closed.",
)
_PAYMENT = Text(
    "Zum Fall {reference} hat der Schuldner am {day} unmittelbar an den Gläubiger {amount} {currency} gezahlt.",
    "On case {reference} the debtor paid {amount} {currency} to the creditor directly on {day}.",
)
_FOR_INVOICE = Text("Für die Rechnung {invoice}.", "For invoice {invoice}.")
_NUMBERED = Text("Zahlungsnummer des Gläubigers: {number}.", "The creditor's payment number: {number}.")
_APPLIES = {
    "principal": Text("Der Gläubiger hat auf die Hauptforderung gebucht.", "The creditor booked it on the principal."),
    "charges": Text("Der Gläubiger hat auf die Nebenkosten gebucht.", "The creditor booked it on the charges."),
}
_AMEND = Text("Der Fall {reference} hat sich geändert: {what}.", "Case {reference} has changed: {what}.")
_CHANGED = {
    "credited": Text("Gutschrift", "credit note"),
    "amount": Text("Betrag", "amount"),
    "debtor": Text("Schuldner", "debtor"),
    "dispute": Text("der Schuldner bestreitet", "the debtor contests"),
    "ended": Text("die Bestellung ist beendet", "the order has ended"),
    "paid": Text("bezahlt", "paid"),
}
_OPEN = Text(
    "Rechnung {invoice}: offen sind jetzt {principal} {currency}, mit Nebenkosten {total} {currency}.",
    "Invoice {invoice}: now open are {principal} {currency}, with charges {total} {currency}.",
)
_DEBTOR = Text("Schuldner jetzt: {debtor}.", "Debtor now: {debtor}.")
_NOTE = Text("Anmerkung: {note}", "Note: {note}")
