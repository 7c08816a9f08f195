"""What is said of a placement over either transport, and what must hold before anything is sent (section 8, point 8)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from inkasso_adapters.mediafinanz.reading import CURRENCY
from inkasso_core import Address, AddressKind, Claim, ClaimInvalid, ContactKind, Debtor, Person, Placement, Text

_CENT = Decimal("0.01")
_BREAKS = re.compile(r"[\r\n\t]+")
"""A public client takes them out of the remark as well."""
_NOBODY, _NOWHERE = Person(), Address()


class Case(NamedTuple):
    """A placement as both interfaces see it: one claim, its debtor, and what is open."""

    claim: Claim
    claims: int
    placed_on: dt.date
    debtor: Debtor
    person: Person
    company: str | None
    address: Address
    other_address: Address | None
    emails: Sequence[str]
    phones: Sequence[str]
    mobiles: Sequence[str]
    faxes: Sequence[str]
    invoice: str | None
    invoiced_on: dt.date | None
    originated_on: dt.date | None
    reminded_on: dt.date | None
    principal: Decimal
    charges: Decimal
    reason: str | None
    note: str | None

    def __repr__(self) -> str:
        return "Case()"


def case_of(placement: Placement) -> Case:
    """Return what is to be said of a placement."""
    claim, debtor = placement.claim, placement.debtor
    address, reminder = debtor.address or _NOWHERE, claim.last_reminder
    return Case(
        claim=claim,
        claims=len(placement.claims),
        placed_on=placement.placed_on,
        debtor=debtor,
        person=debtor.person or _NOBODY,
        company=debtor.organization.name if debtor.organization else None,
        address=address,
        other_address=_other(debtor, address),
        emails=debtor.values(ContactKind.EMAIL),
        phones=debtor.values(ContactKind.PHONE),
        mobiles=debtor.values(ContactKind.MOBILE),
        faxes=debtor.values(ContactKind.FAX),
        invoice=claim.invoice.number if claim.invoice else None,
        invoiced_on=claim.invoice.issued_on if claim.invoice else None,
        originated_on=_originated_on(claim),
        reminded_on=reminder.sent_on if reminder else None,
        principal=claim.principal_open.quantize(_CENT),
        charges=(claim.total_open - claim.principal_open).quantize(_CENT),
        reason=_one_line(claim.subject),
        note=_one_line(claim.note),
    )


def _originated_on(claim: Claim) -> dt.date | None:
    """Return the date of the contract; where the shop has none, that of the supply, else that of the invoice."""
    concluded_on = claim.contract.concluded_on if claim.contract else None
    return concluded_on or claim.service_date or (claim.invoice.issued_on if claim.invoice else None)


def _other(debtor: Debtor, main: Address) -> Address | None:
    """Return a delivery or alternative address at another place."""
    apart = (a for a in debtor.addresses if a.kind is not AddressKind.BILLING and _place(a) != _place(main))
    return next((a for a in apart if a.street_line and a.postal_code and a.city), None)


def _place(address: Address) -> tuple[str | None, ...]:
    return (address.street_line, address.postal_code, address.city, address.country)


def _one_line(text: str | None) -> str | None:
    return _BREAKS.sub(" ", text) if text else None


Check = tuple[str, Callable[[Case], object], Text]
"""The field, what must hold, what to say if it does not."""


def missing(field: str, holds: Callable[[Case], object], de: str, en: str) -> Check:
    """Make the check that something is there."""
    return field, holds, Text(f"{de} fehlt: im Shop ergänzen.", f"{en} is missing: add it in the shop.")


def at_most(field: str, longest: int, value: Callable[[Case], str | None], de: str, en: str) -> Check:
    """Make the check that a text has room: it is never cut in silence."""
    text = Text(f"{de} hat mehr als {longest} Zeichen: kürzen.", f"{en} has more than {longest} characters: shorten it.")
    return field, lambda case: len(value(case) or "") <= longest, text


CHECKS: tuple[Check, ...] = (
    (
        "claims",
        lambda case: case.claims == 1,
        Text("Ein Fall fasst nur eine Forderung: einzeln übergeben.", "A case holds one claim only: place them one by one."),
    ),
    (
        "currency",
        lambda case: case.claim.currency == CURRENCY,
        Text("Die Agentur nimmt nur EUR: eine andere Agentur wählen.", "The agency takes EUR only: choose another agency."),
    ),
    (
        "principal",
        lambda case: case.principal > 0,
        Text("Die offene Hauptforderung ist nicht größer als 0.", "The open principal is not above 0."),
    ),
    missing("debtor.organization.name", lambda c: c.company or not c.debtor.is_company, "Der Name der Firma", "The company's name"),
    missing("debtor.person.first_name", lambda c: c.person.first_name or c.debtor.is_company, "Der Vorname", "The first name"),
    missing("debtor.person.last_name", lambda c: c.person.last_name or c.debtor.is_company, "Der Nachname", "The last name"),
    missing("debtor.address.street", lambda c: c.address.street, "Die Straße", "The street"),
    missing("debtor.address.postal_code", lambda c: c.address.postal_code, "Die Postleitzahl", "The postal code"),
    missing("debtor.address.city", lambda c: c.address.city, "Der Ort", "The city"),
    missing("debtor.address.country", lambda c: c.address.country, "Das Land", "The country"),
    missing("invoice.number", lambda c: c.invoice, "Die Rechnungsnummer", "The invoice number"),
    missing("contract.concluded_on", lambda c: c.originated_on, "Das Datum des Vertrags", "The date of the contract"),
    missing("subject", lambda c: c.reason, "Der Forderungsgrund", "The reason of the claim"),
    missing("reminders", lambda c: c.reminded_on, "Das Datum der letzten Mahnung", "The date of the last reminder"),
    (
        "reminders",
        lambda case: case.reminded_on is None or case.claim.due_date is None or case.reminded_on >= case.claim.due_date,
        Text("Die letzte Mahnung liegt vor der Fälligkeit.", "The last reminder is dated before the due date."),
    ),
    (
        "reminders",
        lambda case: case.reminded_on is None or case.reminded_on <= case.placed_on,
        Text("Das Mahndatum liegt in der Zukunft: im Shop berichtigen.", "The date of the reminder lies ahead: correct it in the shop."),
    ),
    (
        "dispute",
        lambda case: case.claim.dispute is None or not case.claim.dispute.is_open,
        Text("Die Forderung ist bestritten.", "The claim is disputed."),
    ),
)
"""What both interfaces need."""


def reason_fits(longest: int) -> Check:
    """Make the check of the reason's length: it stands word for word in letters to the debtor."""
    return at_most("subject", longest, lambda case: case.reason, "Der Forderungsgrund", "The reason of the claim")


def insist(case: Case, checks: Sequence[Check], *, agency: str) -> None:
    """Raise ``ClaimInvalid`` with everything at once that keeps the agency from taking the case."""
    broken = [(field, text) for field, holds, text in checks if not holds(case)]
    if broken:
        raise ClaimInvalid(
            Text(" ".join(text.de for _, text in broken), " ".join(text.en for _, text in broken)),
            agency=agency,
            fields=tuple(dict.fromkeys(field for field, _ in broken)),
        )


def written(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: no interface of the agency wants an empty value (a birth date of zeros above all)."""
    return {name: value for name, value in values.items() if value is not None}
