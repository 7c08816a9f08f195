"""A placement as an order of the old shop interface: the members that its importer may ask for.

Member names and units are those of ``reference: shop-plentymarkets.md`` section 12.4; what a claim holds that an order has no member for
is listed on the documentation's page. Amounts are text with the currency's decimals, so that they stay exact on the way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from inkasso_core import Address, AddressKind, ChargeKind, Claim, ContactKind, Debtor, Organization, Person, Placement, Salutation

FORMS = {Salutation.MR: 0, Salutation.MS: 1}
COMPANY = 2
"""``FormOfAddress`` of a company; one that is not known is left out."""
PAID, PARTLY_PAID = 1, 4
"""``PaymentStatus``; that of an unpaid order is not known, so it is left out."""
NOON = dt.time(12, tzinfo=dt.UTC)
"""The interface counts seconds since 1970 and has no dates: at noon the day is the same in all of Europe."""
CHARGES: Mapping[ChargeKind, str] = {
    ChargeKind.DUNNING_FEE: "Mahngebühr",
    ChargeKind.BANK_RETURN_FEE: "Rücklastschriftkosten",
    ChargeKind.BANK_FEE: "Bankgebühr",
    ChargeKind.ADDRESS_RESEARCH: "Adressermittlung",
    ChargeKind.INFORMATION_COST: "Auskunftskosten",
    ChargeKind.FLAT_FEE: "Verzugspauschale",
    ChargeKind.OTHER: "Nebenforderung",
}

_ADDRESS: Mapping[str, Callable[[Debtor, Address], Any]] = {
    "CustomerNo": lambda debtor, _: debtor.number,
    "FormOfAddress": lambda debtor, _: COMPANY if debtor.is_company else FORMS.get(_person(debtor).salutation),
    "Title": lambda debtor, _: _person(debtor).title,
    "Company": lambda debtor, _: (debtor.organization or Organization()).name,
    "FirstName": lambda debtor, _: _person(debtor).first_name,
    "Surname": lambda debtor, _: _person(debtor).last_name,
    "AdditionalName": lambda _, address: address.care_of,
    "Street": lambda _, address: address.street,
    "HouseNumber": lambda _, address: address.house_number,
    "ZIP": lambda _, address: address.postal_code,
    "City": lambda _, address: address.city,
    "State": lambda _, address: address.state,
    "CountryISO2": lambda _, address: address.country,
    "Email": lambda debtor, _: _first(debtor, ContactKind.EMAIL),
    "Telephone": lambda debtor, _: _first(debtor, ContactKind.PHONE, ContactKind.MOBILE),
    "Fax": lambda debtor, _: _first(debtor, ContactKind.FAX),
    "CustomerVATNumber": lambda debtor, _: (debtor.organization or Organization()).vat_id,
}
"""Member of ``OrderCustomerAddress`` -> what stands there."""


def seconds(day: dt.date | None) -> int | None:
    """Return a day as the interface counts it."""
    return None if day is None else int(dt.datetime.combine(day, NOON).timestamp())


def order_of(placement: Placement) -> dict[str, Any]:
    """Return the order of a placement with one claim: head, addresses and rows, without the numbers that the spool gives."""
    claim, debtor = placement.claim, placement.debtor
    rows = list(_rows(claim))
    delivery = next((address for address in debtor.addresses if address.kind is AddressKind.DELIVERY), None)
    return {
        "OrderHead": _head(claim, sum((Decimal(row["Price"]) for row in rows), Decimal("0.00"))),
        "OrderCustomerAddress": _address(debtor, debtor.address or Address()),
        "OrderDeliveryAddress": _address(debtor, delivery) if delivery is not None else None,
        "OrderItems": [{"OrderRowID": number, "Quantity": "1", **row} for number, row in enumerate(rows, 1)],
        "InvoiceURL": next((document.url for document in claim.documents if document.kind == "invoice" and document.url), None),
    }


def payments_of(placement: Placement) -> list[dict[str, Any]]:
    """Return what the creditor has received so far."""
    claim = placement.claim
    return [payment_of(payment.amount, claim.currency, payment.on, payment.reference) for payment in claim.payments]


def payment_of(amount: Decimal, currency: str, on: dt.date | None, reference: str | None) -> dict[str, Any]:
    """Return a payment by the members of the interface."""
    return _filled({"Amount": _text(amount), "Currency": currency, "Date": seconds(on), "ReasonForPayment": reference})


def _head(claim: Claim, total: Decimal) -> dict[str, Any]:
    invoice, contract = claim.invoice, claim.contract
    ordered = contract.concluded_on if contract else None
    return _filled(
        {
            "ExternalOrderID": claim.source.order_number or claim.source.order,
            "OrderType": "order",
            "OrderTimestamp": seconds(ordered or claim.service_date or (invoice.issued_on if invoice else None)),
            "DoneTimestamp": seconds(claim.delivered_on or claim.service_date),
            "PaymentStatus": _payment_status(claim),
            "DunningLevel": max((reminder.level or 0 for reminder in claim.reminders), default=0),
            "Currency": claim.currency,
            "ExchangeRatio": "1",
            "IsNetto": False,
            "TotalBrutto": _text(total),
            "TotalInvoice": _text(total),
            "InitialCurrencyTotalInvoice": _text(total),
            "Invoice": invoice.number if invoice else None,
            "DunningLetterNumber": [reminder.number for reminder in claim.reminders if reminder.number],
        }
    )


def _rows(claim: Claim) -> Iterator[dict[str, Any]]:
    """Yield the rows of the order: what was sold, each charge, and each credit as a negative row."""
    yield {"ItemText": claim.subject or claim.kind.value, "Price": _text(claim.principal), "Currency": claim.currency}
    for charge in claim.charges:
        yield {"ItemText": charge.reason or CHARGES[charge.kind], "Price": _text(charge.amount), "Currency": claim.currency}
    for credit in claim.credits:
        if credit.allocated:
            yield {"ItemText": credit.reference or "Gutschrift", "Price": _text(-credit.amount), "Currency": claim.currency}


def _payment_status(claim: Claim) -> int | None:
    if claim.total_open <= 0:
        return PAID
    return PARTLY_PAID if claim.payments else None


def _address(debtor: Debtor, address: Address) -> dict[str, Any]:
    return _filled({member: read(debtor, address) for member, read in _ADDRESS.items()})


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in members.items() if value is not None}


def _person(debtor: Debtor) -> Person:
    return debtor.person or Person()


def _first(debtor: Debtor, *kinds: ContactKind) -> str | None:
    return next(iter(debtor.values(*kinds)), None)


def _text(amount: Decimal) -> str:
    return format(amount, "f")
