"""What paywise v2 takes: the write models of the published client (paywise 0.1.0, MIT), as tables; a test holds them against that client.

A field that is not listed is refused, as the real service does (``reference: agency-apis.md`` 7.1).
"""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple


class Field(NamedTuple):
    """``kind`` is text, date, bool, decimal, instant, the name of a shape, or a tuple of words; ``most`` limits characters or rows."""

    kind: Any
    required: bool = False
    most: int = 0
    many: bool = False


def text(most: int = 0, *, required: bool = False) -> Field:
    return Field("text", required, most)


def many(shape: str, most: int = 0) -> Field:
    return Field(shape, False, most, many=True)


DATE, BOOL, TEXT = Field("date"), Field("bool"), text()
MONEY = {"value": Field("decimal", required=True), "currency": Field(("EUR",))}
METADATA = {"type": text(required=True), "value": text(required=True)}
DOCUMENT_TYPES = ("bank_statement", "claim_statement", "correspondence", "invoice", "other", "payment_proof", "reminder")
DEBTOR = {
    "addresses": many("AddressWriteRequest", 5),
    "bank_accounts": many("BankAccountWriteRequest", 10),
    "communication_channels": many("CommunicationChannelWriteRequest", 10),
    "events": many("DebtorEventWriteRequest"),
    "legal_representatives": many("LegalRepresentativeWriteRequest", 10),
    "metadata": many("DebtorMetadataWriteRequest"),
    "your_reference": TEXT,
}

SHAPES: dict[str, dict[str, Field]] = {
    "ConsumerDebtorWriteRequest": {**DEBTOR, "person": Field("DebtorPersonWriteRequest", required=True)},
    "BusinessDebtorWriteRequest": {
        **DEBTOR,
        "legal_form": TEXT,
        "organization": Field("OrganizationWriteRequest"),
        "person": Field("DebtorPersonWriteRequest"),
    },
    "DebtorPersonWriteRequest": {
        "birth_date": DATE,
        "first_name": text(required=True),
        "last_name": text(required=True),
        "salutation": Field(("mr", "ms", "mx", "")),
    },
    "OrganizationWriteRequest": {"commercial_register": TEXT, "commercial_registration_number": TEXT, "name": text(required=True)},
    "AddressWriteRequest": {
        "city": text(required=True),
        "country": text(required=True),
        "id": TEXT,
        "postal_code": text(required=True),
        "primary": BOOL,
        "street": text(required=True),
    },
    "CommunicationChannelWriteRequest": {
        "id": TEXT,
        "type": Field(("email", "phone", "mobile_phone"), required=True),
        "value": text(required=True),
    },
    "BankAccountWriteRequest": {"account_holder": TEXT, "bic": TEXT, "iban": text(required=True), "id": TEXT},
    "DebtorMetadataWriteRequest": METADATA,
    "ReceivableClaimCreateRequest": {
        "additional_charges": many("ClaimChargeWriteRequest", 50),
        "delay_date": DATE,
        "dispute_reason": TEXT,
        "document_date": DATE,
        "document_reference": TEXT,
        "documents": many("InlineClaimDocumentCreateRequest", 20),
        "due_date": DATE,
        "events": many("ClaimEventWriteRequest"),
        "is_disputed": Field("bool", required=True),
        "items": many("ClaimItemWriteRequest", 100),
        "legal_basis": Field("ClaimLegalBasisWriteRequest"),
        "metadata": many("ClaimMetadataWriteRequest"),
        "payments": many("PaymentWriteRequest", 50),
        "principal_amount": Field("ClaimPrincipalAmountWriteRequest", required=True),
        "reminders": many("ClaimReminderWriteRequest", 50),
        "subject_matter": text(2000),
        "your_reference": TEXT,
    },
    "ClaimPrincipalAmountWriteRequest": MONEY,
    "ClaimAmountWriteRequest": MONEY,
    "PaymentAmountWriteRequest": MONEY,
    "ClaimChargeWriteRequest": {
        "amount": Field("ClaimAmountWriteRequest", required=True),
        "events": many("AdditionalChargeEventWriteRequest"),
        "metadata": many("ClaimMetadataWriteRequest"),
        "occurrence_date": DATE,
        "subject_matter": text(2000),
        "type": Field(("reminder_fee", "bank_charge", "research_costs"), required=True),
        "your_reference": TEXT,
    },
    "ClaimReminderWriteRequest": {"date": Field("date", required=True), "due_date": DATE, "id": TEXT},
    "ClaimLegalBasisWriteRequest": {"claim_type_code": TEXT, "contract_date": DATE, "description": text(2000)},
    "ClaimMetadataWriteRequest": METADATA,
    "PaymentMetadataWriteRequest": METADATA,
    "PaymentWriteRequest": {
        "amount": Field("PaymentAmountWriteRequest", required=True),
        "metadata": many("PaymentMetadataWriteRequest"),
        "value_date": Field("date", required=True),
        "your_reference": TEXT,
    },
    "InlineClaimDocumentCreateRequest": {"base64": text(required=True), "filename": TEXT, "type": Field(DOCUMENT_TYPES, required=True)},
    "InlineDocumentCreateRequest": {
        "base64": text(required=True),
        "filename": TEXT,
        "type": Field((*DOCUMENT_TYPES, "enforceable_title", "rental_agreement"), required=True),
    },
    "MessageCreateRequest": {
        "body": text(required=True),
        "documents": many("InlineDocumentCreateRequest", 20),
        "title": text(required=True),
    },
    "AnswerWriteRequest": {
        "additional_comment": TEXT,
        "booking_date": DATE,
        "documents": many("InlineDocumentCreateRequest", 20),
        "text": TEXT,
    },
}
"""Model of the client -> its fields."""

ORDER: dict[str, Field] = {
    "additional_debtor_ids": Field("text", most=10, many=True),
    "claims": many("ReceivableClaimCreateRequest", 50),
    "confirmation_email": TEXT,
    "creditor_obligation_fulfilled": BOOL,
    "debtor_id": text(required=True),
    "rental_agreement": Field("RentalAgreementInlineRequest"),
    "starting_approach": Field(("extrajudicial", "judicial")),
    "success_fee_confirmed": BOOL,
    "type": Field(("invoice", "rental", "titled")),
}
"""What an order is made of: parameters of a method of the client, not a model."""
WITHDRAW: dict[str, Field] = {"reason": text(5000)}
NOT_TAKEN_APART = {
    "AdditionalChargeEventWriteRequest",
    "ClaimEventWriteRequest",
    "ClaimItemWriteRequest",
    "DebtorEventWriteRequest",
    "LegalRepresentativeWriteRequest",
    "RentalAgreementInlineRequest",
}
"""Shapes that nothing here sends."""

_IS = {
    "decimal": re.compile(r"-?\d+(\.\d{1,2})?").fullmatch,
    "date": re.compile(r"\d{4}-\d\d-\d\d").fullmatch,
}


class Problem(NamedTuple):
    field: str
    code: str


def problems(value: Any, shape: dict[str, Field], path: str = "") -> Iterator[Problem]:
    """Yield what does not fit a shape: every field at once."""
    dot = f"{path}." if path else ""
    if not isinstance(value, dict):
        yield Problem(path, "invalid")
        return
    for name in value.keys() - shape.keys():
        yield Problem(f"{dot}{name}", "unknown_field")
    for name, field in shape.items():
        here = value.get(name)
        if here is None:
            if field.required:
                yield Problem(f"{dot}{name}", "required")
        elif field.many:
            yield from _rows(here, field, f"{dot}{name}")
        else:
            yield from _one(here, field, f"{dot}{name}")


def _rows(value: Any, field: Field, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(path, "not_a_list")
        return
    if field.most and len(value) > field.most:
        yield Problem(path, "max_length")
    for number, row in enumerate(value):
        if field.kind == "ReceivableClaimCreateRequest":
            row = {key: inner for key, inner in row.items() if key != "type" or inner != "receivable"}
        yield from _one(row, field, f"{path}[{number}]")


def _one(value: Any, field: Field, path: str) -> Iterator[Problem]:
    if field.kind in SHAPES:
        yield from problems(value, SHAPES[field.kind], path)
    elif isinstance(field.kind, tuple):
        if value not in field.kind:
            yield Problem(path, "invalid_choice")
    elif not _fits(value, field.kind):
        yield Problem(path, "invalid")
    elif field.kind == "text" and (len(value) > field.most > 0 or (field.required and not value.strip())):
        yield Problem(path, "blank" if not value.strip() else "max_length")


def _fits(value: Any, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "date":
        return _IS["date"](value) is not None and bool(dt.date.fromisoformat(value))
    return kind == "text" or (_IS["decimal"](value) is not None and Decimal(value).is_finite())
