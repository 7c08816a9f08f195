"""The fields of our neutral record, see :mod:`inkasso_adapters._record`: each a name, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

from inkasso_core import (
    Address,
    ChargeKind,
    Claim,
    ContactKind,
    Contract,
    Debtor,
    Dispute,
    Invoice,
    Organization,
    Person,
    Statement,
)


class One(NamedTuple):
    """Fields of what belongs to a thing."""

    read: Callable[[Any], Any]
    fields: Mapping[str, Any]


class Many(NamedTuple):
    """Fields of each of several."""

    read: Callable[[Any], Iterable[Any]]
    fields: Mapping[str, Any]


class _Item(NamedTuple):
    """A claim, and what the law makes of it."""

    claim: Claim
    statement: Statement | None


_ADDRESS = {
    "care_of": lambda address: address.care_of,
    "street": lambda address: address.street,
    "house_number": lambda address: address.house_number,
    "street_line": lambda address: address.street_line,
    "extra": lambda address: address.extra,
    "postal_code": lambda address: address.postal_code,
    "city": lambda address: address.city,
    "state": lambda address: address.state,
    "country": lambda address: address.country,
}

_CREDITOR = {
    "name": lambda creditor: creditor.name,
    "legal_form": lambda creditor: creditor.legal_form,
    "street": lambda creditor: creditor.street,
    "house_number": lambda creditor: creditor.house_number,
    "postal_code": lambda creditor: creditor.postal_code,
    "city": lambda creditor: creditor.city,
    "country": lambda creditor: creditor.country,
    "input_vat_deductible": lambda creditor: creditor.input_vat_deductible,
}


def _first(kind: ContactKind) -> Callable[[Debtor], str | None]:
    return lambda debtor: next(iter(debtor.values(kind)), None)


_DEBTOR = {
    "number": lambda debtor: debtor.number,
    "kind": lambda debtor: "company" if debtor.is_company else "person",
    "capacity": lambda debtor: debtor.capacity,
    "salutation": lambda debtor: _person(debtor).salutation,
    "title": lambda debtor: _person(debtor).title,
    "first_name": lambda debtor: _person(debtor).first_name,
    "last_name": lambda debtor: _person(debtor).last_name,
    "birth_date": lambda debtor: _person(debtor).birth_date,
    "company": lambda debtor: _organization(debtor).name,
    "legal_form": lambda debtor: _organization(debtor).legal_form,
    "register_number": lambda debtor: _organization(debtor).register_number,
    "vat_id": lambda debtor: _organization(debtor).vat_id,
    "email": _first(ContactKind.EMAIL),
    "phone": _first(ContactKind.PHONE),
    "mobile": _first(ContactKind.MOBILE),
    "fax": _first(ContactKind.FAX),
    "language": lambda debtor: debtor.language,
    "address": One(lambda debtor: debtor.address or Address(), _ADDRESS),
}

_CLAIM = {
    "order": lambda item: item.claim.source.order,
    "order_number": lambda item: item.claim.source.order_number or item.claim.source.order,
    "product": lambda item: item.claim.source.product,
    "instalment": lambda item: item.claim.source.instalment,
    "vendor": lambda item: item.claim.source.vendor,
    "kind": lambda item: item.claim.kind,
    "subject": lambda item: item.claim.subject,
    "currency": lambda item: item.claim.currency,
    "principal": lambda item: item.claim.principal,
    "principal_open": lambda item: item.claim.principal_open,
    "charges_open": lambda item: item.claim.open.charges,
    "total_open": lambda item: item.claim.total_open,
    "dunning_fees": lambda item: _charged(item.claim, ChargeKind.DUNNING_FEE),
    "bank_return_fees": lambda item: _charged(item.claim, ChargeKind.BANK_RETURN_FEE),
    "invoice": One(
        lambda item: item.claim.invoice or Invoice(),
        {"number": lambda invoice: invoice.number, "issued_on": lambda invoice: invoice.issued_on},
    ),
    "contract": One(
        lambda item: item.claim.contract or Contract(),
        {
            "number": lambda contract: contract.number,
            "concluded_on": lambda contract: contract.concluded_on,
            "channel": lambda contract: contract.channel,
        },
    ),
    "service_date": lambda item: item.claim.service_date,
    "delivered_on": lambda item: item.claim.delivered_on,
    "due_date": lambda item: item.claim.due_date,
    "default_since": lambda item: item.statement.default.since if item.statement and item.statement.default else None,
    "default_cause": lambda item: item.statement.default.cause if item.statement and item.statement.default else None,
    "interest_open": lambda item: item.statement.interest_open if item.statement else None,
    "reminder_count": lambda item: len(item.claim.reminders),
    "last_reminder_on": lambda item: item.claim.last_reminder.sent_on if item.claim.last_reminder else None,
    "payment_method": lambda item: item.claim.payment_method,
    "disputed": lambda item: item.claim.dispute is not None and item.claim.dispute.is_open,
    "dispute_reason": lambda item: (item.claim.dispute or Dispute()).reason,
    "note": lambda item: item.claim.note,
    "charges": Many(
        lambda item: item.claim.charges,
        {
            "kind": lambda charge: charge.kind,
            "amount": lambda charge: charge.amount,
            "on": lambda charge: charge.on,
            "reason": lambda charge: charge.reason,
        },
    ),
    "payments": Many(
        lambda item: item.claim.payments,
        {
            "amount": lambda payment: payment.amount,
            "on": lambda payment: payment.on,
            "applies_to": lambda payment: payment.applies_to,
            "reference": lambda payment: payment.reference,
        },
    ),
    "credits": Many(
        lambda item: [credit for credit in item.claim.credits if credit.allocated],
        {"amount": lambda credit: credit.amount, "on": lambda credit: credit.on, "reference": lambda credit: credit.reference},
    ),
    "reminders": Many(
        lambda item: item.claim.reminders,
        {
            "level": lambda reminder: reminder.level,
            "sent_on": lambda reminder: reminder.sent_on,
            "deadline": lambda reminder: reminder.deadline,
            "channel": lambda reminder: reminder.channel,
            "number": lambda reminder: reminder.number,
        },
    ),
    "returns": Many(
        lambda item: item.claim.returns,
        {"kind": lambda back: back.kind, "on": lambda back: back.on, "code": lambda back: back.code, "decided": lambda back: back.decided},
    ),
    "interest": Many(
        lambda item: item.statement.segments if item.statement else (),
        {
            "first": lambda line: line.first,
            "last": lambda line: line.last,
            "days": lambda line: line.days,
            "principal": lambda line: line.principal,
            "percent": lambda line: line.percent,
            "amount": lambda line: line.amount,
        },
    ),
}

PLACEMENT = {
    "reference": lambda placement: placement.our_reference,
    "account": lambda placement: placement.account,
    "placed_on": lambda placement: placement.placed_on,
    "currency": lambda placement: placement.currency,
    "principal_open": lambda placement: placement.principal_open,
    "total_open": lambda placement: placement.total_open,
    "creditor": One(lambda placement: placement.creditor, _CREDITOR),
    "debtor": One(lambda placement: placement.debtor, _DEBTOR),
    "claims": Many(
        lambda placement: [_Item(*pair) for pair in zip_longest(placement.claims, placement.statements)],
        _CLAIM,
    ),
}


def _person(debtor: Debtor) -> Person:
    return debtor.person or Person()


def _organization(debtor: Debtor) -> Organization:
    return debtor.organization or Organization()


def _charged(claim: Claim, kind: ChargeKind) -> Decimal:
    return sum((charge.amount for charge in claim.charges if charge.kind is kind), Decimal("0.00"))
