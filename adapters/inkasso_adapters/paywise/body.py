"""What is sent for a placement: the debtor, then the order with its claims. Amounts are texts with two decimals, dates ISO."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from inkasso_adapters.paywise import codes
from inkasso_adapters.paywise.reading import CURRENCY
from inkasso_adapters.paywise.settings import PaywiseSettings
from inkasso_core import Address, AddressKind, Attachment, Capacity, Charge, Claim, Debtor, Payment, Person, Placement, Reminder

MOST_ADDRESSES, MOST_CHANNELS = 5, 10
_is_register_number = re.compile(r"(?i)\s*(HRA|HRB|VR|PR)\s*[0-9]{1,9}\s*[A-Z]?\s*").fullmatch
_CENT = Decimal("0.01")


def euros(amount: Decimal) -> dict[str, str]:
    """Write an amount."""
    return {"value": format(amount.quantize(_CENT), "f"), "currency": CURRENCY}


def given(**members: Any) -> dict[str, Any]:
    """Return the members that hold something: what is not known is left out, never sent as empty."""
    return {name: value for name, value in members.items() if value not in (None, [], {}, "")}


# The debtor


def capacity(debtor: Debtor) -> Capacity:
    """Return in which role the debtor owes: a person whose role is not known is protected as a consumer."""
    if debtor.capacity is not Capacity.UNKNOWN:
        return debtor.capacity
    return Capacity.BUSINESS if debtor.is_company else Capacity.CONSUMER


def debtor_body(debtor: Debtor) -> dict[str, Any]:
    """Write the debtor: a company as an organization, everyone else as a person."""
    return given(
        acting_as=codes.CAPACITIES[capacity(debtor)],
        person=None if debtor.is_company else _person(debtor.person or Person()),
        organization=_organization(debtor),
        addresses=[_address(address, is_primary=number == 0) for number, address in enumerate(_addresses(debtor))],
        communication_channels=[
            {"type": codes.CHANNELS[contact.kind], "value": contact.value}
            for contact in debtor.contacts
            if contact.kind in codes.CHANNELS and contact.valid is not False
        ][:MOST_CHANNELS],
        your_reference=debtor.number,
    )


def _person(person: Person) -> dict[str, Any]:
    return given(
        first_name=person.first_name,
        last_name=person.last_name,
        salutation=codes.SALUTATIONS.get(person.salutation),
        birth_date=person.birth_date.isoformat() if person.birth_date else None,
    )


def _organization(debtor: Debtor) -> dict[str, Any] | None:
    if debtor.organization is None:
        return None
    number = debtor.organization.register_number
    return given(
        name=debtor.organization.name,
        commercial_registration_number=number if number and _is_register_number(number) else None,
    )


def _addresses(debtor: Debtor) -> list[Address]:
    """The address that counts, then other ones where the debtor may be found; never one that may be somebody else's."""
    first = debtor.address
    others = [a for a in debtor.addresses if a.kind is AddressKind.ALTERNATIVE and a is not first and _is_complete(a)]
    return [*([first] if first else []), *others][:MOST_ADDRESSES]


def _is_complete(address: Address) -> bool:
    return all((address.street, address.postal_code, address.city, address.country)) and not (address.undeliverable or address.station)


def _address(address: Address, *, is_primary: bool) -> dict[str, Any]:
    care_of = f"c/o {address.care_of}" if address.care_of else None
    return given(
        street=", ".join(part for part in (care_of, address.street_line, address.extra) if part),
        postal_code=address.postal_code,
        city=address.city,
        country=address.country,
        primary=is_primary,
    )


# The order


def order_body(placement: Placement, debtor_id: str, settings: PaywiseSettings, files: Sequence[Attachment] = ()) -> dict[str, Any]:
    """Write the order, with all claims of the placement in their order. Each carries our reference: by it the order is found again.

    ``files`` are the documents that the claims name, all of them in their order, or none.
    """
    rest = iter(files)
    return given(
        type="invoice",
        debtor_id=debtor_id,
        starting_approach=settings.starting_approach,
        creditor_obligation_fulfilled=all(claim.performed for claim in placement.claims),
        confirmation_email=settings.confirmation_email,
        claims=[
            {
                **_claim(claim, settings),
                **given(documents=_documents(claim, rest)),
                "your_reference": placement.our_reference,
                **_default(placement, number, settings),
            }
            for number, claim in enumerate(placement.claims)
        ],
    )


def _documents(claim: Claim, files: Iterator[Attachment]) -> list[dict[str, str]]:
    mine = [file for _, file in zip(claim.documents, files, strict=False)]
    return [file_body(codes.CLAIM_DOCUMENTS, file.kind, file.file_name, file.content) for file in mine]


def file_body(kinds: Mapping[str, str], kind: str, name: str, content: bytes) -> dict[str, str]:
    """Write a document."""
    return {"type": kinds.get(kind, "other"), "filename": name, "base64": base64.b64encode(content).decode("ascii")}


def _claim(claim: Claim, settings: PaywiseSettings) -> dict[str, Any]:
    document = document_of(claim)
    disputed = claim.dispute if claim.dispute and claim.dispute.is_open else None
    return given(
        type="receivable",
        principal_amount=euros(principal(claim)),
        is_disputed=disputed is not None,
        dispute_reason=disputed.reason if disputed else None,
        document_reference=document["number"],
        document_date=document["date"],
        due_date=claim.due_date.isoformat() if claim.due_date else None,
        reminders=[_reminder(reminder) for reminder in reminders(claim)],
        additional_charges=[_charge(charge, settings) for charge in claim.charges if charge.amount],
        payments=[_payment(payment) for payment in claim.payments if payment.amount],
        legal_basis=given(
            claim_type_code=legal_basis(claim),
            contract_date=claim.contract.concluded_on.isoformat() if claim.contract and claim.contract.concluded_on else None,
        ),
        subject_matter=claim.subject,
        metadata=[{"type": kind, "value": value} for kind, value in _metadata(claim) if value],
    )


def principal(claim: Claim) -> Decimal:
    """Return the principal as invoiced, less the credit notes that belong to it: payments are sent apart."""
    return sum((-credit.amount for credit in claim.credits if credit.allocated), claim.principal)


def document_of(claim: Claim) -> dict[str, str | None]:
    """Return number and date of what the claim rests on: the invoice; where that has no date, the contract."""
    invoice, contract = claim.invoice, claim.contract
    if contract is not None and contract.concluded_on is not None and (invoice is None or invoice.issued_on is None):
        return {"number": (invoice.number if invoice else None) or contract.number, "date": contract.concluded_on.isoformat()}
    issued_on = invoice.issued_on if invoice else None
    return {"number": invoice.number if invoice else None, "date": issued_on.isoformat() if issued_on else None}


def legal_basis(claim: Claim) -> str:
    """Return the code of the main claim: ``extra.paywise.claim_type_code``, else what the kind of the claim says."""
    return str(claim.extra.get("paywise", {}).get("claim_type_code") or codes.LEGAL_BASIS[claim.kind])


def reminders(claim: Claim) -> list[Reminder]:
    """Return the reminders that have a date, oldest first."""
    return sorted((r for r in claim.reminders if r.sent_on), key=lambda r: (str(r.sent_on), r.level or 0))


def _reminder(reminder: Reminder) -> dict[str, Any]:
    return given(
        date=reminder.sent_on.isoformat() if reminder.sent_on else None,
        due_date=reminder.deadline.isoformat() if reminder.deadline else None,
    )


def charge_type(charge: Charge, settings: PaywiseSettings) -> str | None:
    """Return as what a charge goes out; None where the settings name nothing for its kind."""
    return codes.CHARGES.get(charge.kind, settings.other_charges)


def _charge(charge: Charge, settings: PaywiseSettings) -> dict[str, Any]:
    return given(
        type=charge_type(charge, settings),
        amount=euros(charge.amount),
        occurrence_date=charge.on.isoformat() if charge.on else None,
        subject_matter=charge.reason,
    )


def _payment(payment: Payment) -> dict[str, Any]:
    comment = codes.APPLIES_TO.get(payment.applies_to)
    return given(
        amount=euros(payment.amount),
        value_date=payment.on.isoformat() if payment.on else None,
        your_reference=payment.reference,
        metadata=[{"type": "comment", "value": comment}] if comment else None,
    )


def _metadata(claim: Claim) -> list[tuple[str, str | None]]:
    last = claim.last_reminder
    return [
        ("contract:reference", claim.contract.number if claim.contract else None),
        ("dunning:level", str(last.level) if last and last.level is not None else None),
        ("payment:method", claim.payment_method),
        ("claim:holder:name", claim.original_creditor),
        ("comment", claim.note),
    ]


def _default(placement: Placement, number: int, settings: PaywiseSettings) -> dict[str, Any]:
    """The first day of default by law, where the account sends it and the law of the claim is known."""
    statement = placement.statements[number] if settings.send_default_date and number < len(placement.statements) else None
    return {"delay_date": statement.default.since.isoformat()} if statement and statement.default else {}
