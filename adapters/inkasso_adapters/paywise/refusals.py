"""Which field of ours a refusal means: the agency names paths in its own words, such as ``claims[0].document_date``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from inkasso_adapters.paywise.reading import obj, rows, text
from inkasso_core import Refusal

_index = re.compile(r"\[(\d+)\]")
_claim = re.compile(r"claims\[(\d+)\]\.?(.*)")

CLAIM_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "principal_amount": "principal",
        "is_disputed": "dispute",
        "dispute_reason": "dispute.reason",
        "document_reference": "invoice.number",
        "document_date": "invoice.issued_on",
        "due_date": "due_date",
        "delay_date": "due_date",
        "reminders.date": "reminders.sent_on",
        "reminders.due_date": "reminders.deadline",
        "reminders": "reminders",
        "additional_charges.amount": "charges.amount",
        "additional_charges.type": "charges.kind",
        "additional_charges.occurrence_date": "charges.on",
        "additional_charges.subject_matter": "charges.reason",
        "additional_charges": "charges",
        "payments.amount": "payments.amount",
        "payments.value_date": "payments.on",
        "payments": "payments",
        "legal_basis.claim_type_code": "kind",
        "legal_basis.contract_date": "contract.concluded_on",
        "legal_basis": "contract",
        "subject_matter": "subject",
        "documents": "documents",
        "metadata": "note",
    }
)
"""Their field of a claim -> ours. Positions inside a claim are left out: undated reminders and the like are not sent."""
DEBTOR_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "acting_as": "debtor.capacity",
        "person": "debtor.person",
        "organization": "debtor.organization",
        "organization.commercial_registration_number": "debtor.organization.register_number",
        "legal_form": "debtor.organization.legal_form",
        "addresses": "debtor.address",
        "addresses.street": "debtor.address.street",
        "addresses.postal_code": "debtor.address.postal_code",
        "addresses.city": "debtor.address.city",
        "addresses.country": "debtor.address.country",
        "communication_channels": "debtor.contacts",
    }
)
"""Their field of a debtor -> ours."""
ORDER_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "claims": "claims",
        "debtor_id": "debtor",
        "creditor_obligation_fulfilled": "performed",
        "amount": "amount",
        "value_date": "received_on",
        "title": "text",
        "body": "text",
        "text": "text",
    }
)
"""Their field of an order, or of an instruction -> ours."""


def read_refusal(data: Any) -> Refusal:
    """Read an error answer: its code, and all the fields that it names, in our words; a field without one keeps theirs."""
    found = obj(data)
    named = [text(entry.get("field"), 200) for entry in rows(found.get("errors"))]
    return Refusal(text(found.get("code")), tuple(dict.fromkeys(our_field(field) for field in named if field)))


def our_field(field: str) -> str:
    """Return our path of a field of theirs."""
    claim = _claim.fullmatch(field)
    if claim is None:
        path = _index.sub("", field).removeprefix("debtor.")
        return _longest(path, {**ORDER_FIELDS, **DEBTOR_FIELDS}) or field
    path = _index.sub("", claim.group(2))
    ours = _longest(path, CLAIM_FIELDS) or path
    return f"claims.{claim.group(1)}.{ours}" if ours else f"claims.{claim.group(1)}"


def _longest(path: str, table: Mapping[str, str]) -> str | None:
    """Return what the table says of the path, or of what it lies in; names of one field more than the table has are kept."""
    if path in table or not path:
        return table.get(path)
    inside, _, last = path.rpartition(".")
    found = _longest(inside, table)
    return f"{found}.{last}" if found in ("debtor.person", "debtor.organization") else found
