"""What Debitura is sent: a case, or the question whether it would be taken (``reference: agency-apis.md`` 3.5 and 6.3)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from inkasso_adapters.debitura.settings import DebituraSettings
from inkasso_core import Address, Capacity, Claim, ClaimInvalid, ContactKind, Debtor, Placement, Text

_LONGEST_TEXT, _LONGEST_REFERENCE = 4000, 50
_HALF_A_YEAR = dt.timedelta(days=180)
_CENT = Decimal("0.01")
_state = re.compile(r"(?:US-)?([A-Z]{2})").fullmatch


class Line(NamedTuple):
    """One claim of the case."""

    reference: str
    issued_on: dt.date | None
    due_on: dt.date | None
    amount: Decimal


class Draft(NamedTuple):
    """What a case is made of, looked up once."""

    placement: Placement
    settings: DebituraSettings
    lines: tuple[Line, ...]
    debtor: Mapping[str, str]
    description: str
    comments: str

    @property
    def amount(self) -> Decimal:
        """What is to be recovered."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def issued_on(self) -> dt.date | None:
        """The date of the case: of its oldest invoice."""
        return min((line.issued_on for line in self.lines if line.issued_on), default=None)

    @property
    def due_on(self) -> dt.date | None:
        """When the case was due: with its oldest invoice."""
        return min((line.due_on for line in self.lines if line.due_on), default=None)


def draft(placement: Placement, settings: DebituraSettings, *, agency: str) -> Draft:
    """Return what the case is made of. Raises ``ClaimInvalid`` with everything at once that keeps the agency from taking it."""
    found = Draft(
        placement=placement,
        settings=settings,
        lines=tuple(_line(claim, settings) for claim in placement.claims),
        debtor=_debtor(placement.debtor),
        description="\n".join(_described(claim, settings) for claim in placement.claims),
        comments="\n".join(dict.fromkeys(line for claim in placement.claims for line in _remarks(claim, settings))),
    )
    broken = [(field, text) for field, holds, text in _CHECKS if not holds(found)]
    if broken:
        raise ClaimInvalid(
            Text(" ".join(text.de for _, text in broken), " ".join(text.en for _, text in broken)),
            agency=agency,
            fields=tuple(dict.fromkeys(field for field, _ in broken)),
        )
    return found


def case(found: Draft) -> dict[str, Any]:
    """Return the body of ``POST /cases``."""
    settings = found.settings
    return _given(
        currencyCode=found.placement.currency,
        date=_day(found.issued_on),
        dueDate=_day(found.due_on),
        comments=found.comments,
        claimDescription=found.description,
        creditorReference=found.placement.our_reference,
        debtor=dict(found.debtor),
        creditorDivisionId=settings.division,
        **_amounts(found),
        skipDebituraVerification=settings.skip_verification or None,
        allowPendingContracts=settings.allow_pending_contracts or None,
        isTest=settings.test or None,
        tag=settings.tag if settings.test else None,
        collectionPartnerId=settings.collection_partner,
        assignedUserEmail=settings.assigned_user,
    )


def preview(found: Draft) -> dict[str, Any]:
    """Return the body of ``POST /cases/preview``: no name, no address but the country. With age buckets or lines there is no due date."""
    amounts = _amounts(found)
    kept = ("type", "countryAlpha2", "stateAlpha2")
    return _given(
        **amounts,
        currencyCode=found.placement.currency,
        debtor={field: value for field, value in found.debtor.items() if field in kept},
        dueDate=_day(found.due_on) if len(amounts) == 1 and "amountToRecover" in amounts else None,
    )


def _amounts(found: Draft) -> dict[str, Any]:
    if found.settings.claim_lines:
        return {"claimLines": [{"dueDate": _day(line.due_on), "amount": line.amount, "reference": line.reference} for line in found.lines]}
    if len(found.lines) == 1:
        return {"amountToRecover": found.amount}
    day = found.placement.placed_on
    return {
        "amountToRecover": found.amount,
        "amountToRecoverOver6Months": _older(found, lambda due: day - due > _HALF_A_YEAR),
        "amountToRecoverOver12Months": _older(found, lambda due: day > _years_after(due, 1)),
        "amountToRecoverOver24Months": _older(found, lambda due: day > _years_after(due, 2)),
    }


def _older(found: Draft, is_older: Callable[[dt.date], bool]) -> Decimal:
    return sum((line.amount for line in found.lines if line.due_on and is_older(line.due_on)), Decimal("0.00"))


def _years_after(day: dt.date, years: int) -> dt.date:
    return dt.date(day.year + years, 3, 1) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + years)


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _day(day: dt.date | None) -> str | None:
    """A date of the law as the time that the agency wants: midnight, UTC."""
    return dt.datetime.combine(day, dt.time(), dt.UTC).isoformat() if day else None


# What a case is made of


def _line(claim: Claim, settings: DebituraSettings) -> Line:
    return Line(
        reference=invoice_number(claim),
        issued_on=claim.invoice.issued_on if claim.invoice else None,
        due_on=claim.due_date,
        amount=claim.total_open if settings.charges == "amount" else claim.principal_open,
    )


def invoice_number(claim: Claim) -> str:
    """Return the number of the invoice; where there is none yet, what people call the order."""
    return (claim.invoice.number if claim.invoice else None) or claim.source.order_number or claim.source.order


def _debtor(debtor: Debtor) -> dict[str, str]:
    organization, address = debtor.organization, debtor.address or Address()
    is_company = organization is not None or debtor.capacity is Capacity.BUSINESS
    person = " ".join(part for part in (debtor.person.first_name, debtor.person.last_name) if part) if debtor.person else None
    phones, emails = debtor.values(ContactKind.MOBILE, ContactKind.PHONE), debtor.values(ContactKind.EMAIL)
    state = _state((address.state or "").strip().upper()) if address.country == "US" else None
    return _given(
        type="Company" if is_company else "Private",
        name=organization.name if organization else person,
        contactPerson=person if organization else None,
        companyRegistrationNumber=(organization.register_number or organization.vat_id) if organization else None,
        address=", ".join(part for part in (address.care_of, address.street_line, address.extra) if part),
        zipCode=address.postal_code,
        city=address.city,
        state=address.state if address.country != "US" else None,
        stateAlpha2=state[1] if state else None,
        countryAlpha2=address.country,
        email=emails[0] if emails else None,
        phone=phones[0] if phones else None,
    )


def _described(claim: Claim, settings: DebituraSettings) -> str:
    issued_on = claim.invoice.issued_on if claim.invoice else None
    said = _INVOICE.fill(
        subject=claim.subject or "–",
        number=invoice_number(claim),
        issued_on=issued_on or "–",
        due_on=claim.due_date or "–",
        amount=money(_line(claim, settings).amount),
        currency=claim.currency,
    )
    return said.read(settings.language)


def _remarks(claim: Claim, settings: DebituraSettings) -> list[str]:
    """What an agency's clerk wants to know besides, one line each."""
    concluded_on = claim.contract.concluded_on if claim.contract else None
    charges = ", ".join(
        f"{_CHARGES[charge.kind].read(settings.language)} {money(charge.amount)} {claim.currency}" for charge in claim.charges
    )
    dates = ", ".join(str(reminder.sent_on) for reminder in claim.reminders if reminder.sent_on)
    paid = ", ".join(f"{money(payment.amount)} {claim.currency} ({payment.on or '–'})" for payment in claim.payments)
    values = {
        "number": invoice_number(claim),
        "order": claim.source.order_number or claim.source.order,
        "concluded_on": concluded_on,
        "day": claim.service_date,
        "dates": dates,
        "charges": charges,
        "charges_open": money(claim.total_open - claim.principal_open),
        "currency": claim.currency,
        "paid": paid,
    }
    lines = (
        (concluded_on, _CONTRACT),
        (claim.service_date, _SERVICE),
        (dates, _REMINDERS),
        (charges, _CHARGED[settings.charges]),
        (paid, _PAID),
    )
    return [text.fill(**values).read(settings.language) for given, text in lines if given] + ([claim.note] if claim.note else [])


def money(value: Decimal) -> str:
    """Return an amount as a person reads it in either language: two decimals, a point, no groups."""
    return f"{value:.2f}" if value == value.quantize(_CENT) else format(value, "f")


_INVOICE = Text(
    "{subject}. Rechnung {number} vom {issued_on}, fällig am {due_on}: {amount} {currency}",
    "{subject}. Invoice {number} of {issued_on}, due on {due_on}: {amount} {currency}",
)
_CONTRACT = Text("Bestellung {order}, Vertrag vom {concluded_on}.", "Order {order}, contract of {concluded_on}.")
_SERVICE = Text("Geliefert oder geleistet am {day}.", "Delivered or rendered on {day}.")
_REMINDERS = Text("Mahnungen zu {number}: {dates}.", "Reminders for {number}: {dates}.")
_CHARGED = {
    "text": Text(
        "Nebenkosten zu {number}: {charges}. Davon offen und nicht im Betrag: {charges_open} {currency}.",
        "Charges on {number}: {charges}. Open of these, and not in the amount: {charges_open} {currency}.",
    ),
    "amount": Text(
        "Nebenkosten zu {number}: {charges}. Davon offen und im Betrag: {charges_open} {currency}.",
        "Charges on {number}: {charges}. Open of these, and in the amount: {charges_open} {currency}.",
    ),
}
_PAID = Text("Gezahlt auf {number}: {paid}.", "Paid on {number}: {paid}.")
_CHARGES = {
    "dunning_fee": Text("Mahnkosten", "dunning fee"),
    "bank_return_fee": Text("Rücklastschrift", "returned direct debit"),
    "bank_fee": Text("Bankkosten", "bank fee"),
    "address_research": Text("Adressermittlung", "address research"),
    "information_cost": Text("Auskunft", "information"),
    "flat_fee": Text("Pauschale", "flat fee"),
    "other": Text("Sonstiges", "other"),
}


# What must hold before

_Check = tuple[str, Callable[[Draft], object], Text]

_MISSING = Text("{what} fehlt: im Shop ergänzen.", "{what} is missing: add it in the shop.")

_CHECKS: tuple[_Check, ...] = (
    (
        "claims",
        lambda found: len(found.lines) <= found.settings.claims_per_placement,
        Text(
            "So viele Forderungen fasst ein Fall nicht (Einstellung claims_per_placement).",
            "A case does not hold that many claims (setting claims_per_placement).",
        ),
    ),
    (
        "creditorReference",
        lambda found: len(found.placement.our_reference) <= _LONGEST_REFERENCE,
        Text("Die Referenz ist länger als 50 Zeichen.", "The reference is longer than 50 characters."),
    ),
    (
        "amountToRecover",
        lambda found: all(line.amount > 0 for line in found.lines),
        Text("Ein offener Betrag ist nicht größer als 0.", "An open amount is not above 0."),
    ),
    (
        "amountToRecover",
        lambda found: all(line.amount % _CENT == 0 for line in found.lines),
        Text("Ein Betrag hat mehr als zwei Nachkommastellen.", "An amount has more than two decimals."),
    ),
    (
        "claimLines.reference",
        lambda found: not found.settings.claim_lines or len({line.reference for line in found.lines}) == len(found.lines),
        Text("Zwei Forderungen haben dieselbe Rechnungsnummer.", "Two claims have the same invoice number."),
    ),
    ("date", lambda found: all(line.issued_on for line in found.lines), _MISSING.fill(what="invoice.issued_on")),
    (
        "date",
        lambda found: all(line.issued_on is None or line.issued_on <= found.placement.placed_on for line in found.lines),
        Text("Ein Rechnungsdatum liegt in der Zukunft.", "An invoice date lies ahead."),
    ),
    ("dueDate", lambda found: all(line.due_on for line in found.lines), _MISSING.fill(what="due_date")),
    (
        "dueDate",
        lambda found: all(line.due_on is None or line.due_on <= found.placement.placed_on for line in found.lines),
        Text("Eine Forderung ist noch nicht fällig.", "A claim is not due yet."),
    ),
    (
        "dueDate",
        lambda found: all(not (line.due_on and line.issued_on) or line.due_on >= line.issued_on for line in found.lines),
        Text("Eine Forderung ist vor ihrem Rechnungsdatum fällig.", "A claim is due before its invoice date."),
    ),
    ("debtor.name", lambda found: "name" in found.debtor, _MISSING.fill(what="debtor.organization.name / debtor.person")),
    ("debtor.address", lambda found: "address" in found.debtor, _MISSING.fill(what="debtor.addresses.street")),
    ("debtor.city", lambda found: "city" in found.debtor, _MISSING.fill(what="debtor.addresses.city")),
    ("debtor.countryAlpha2", lambda found: "countryAlpha2" in found.debtor, _MISSING.fill(what="debtor.addresses.country")),
    (
        "debtor.stateAlpha2",
        lambda found: found.debtor.get("countryAlpha2") != "US" or "stateAlpha2" in found.debtor,
        Text(
            "In den USA braucht die Adresse den Bundesstaat mit zwei Buchstaben (CA, US-CA).",
            "In the United States an address needs its state in two letters (CA, US-CA).",
        ),
    ),
    (
        "claimDescription",
        lambda found: len(found.description) <= _LONGEST_TEXT,
        Text(
            "Die Beschreibung hat über 4000 Zeichen: den Betreff kürzen.", "The description has over 4000 characters: shorten the subject."
        ),
    ),
    (
        "comments",
        lambda found: len(found.comments) <= _LONGEST_TEXT,
        Text("Die Bemerkungen haben über 4000 Zeichen: die Notiz kürzen.", "The comments have over 4000 characters: shorten the note."),
    ),
)
"""Field of the agency, what must hold, what to say if it does not."""
