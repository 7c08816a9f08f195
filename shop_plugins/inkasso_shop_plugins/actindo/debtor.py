"""Who owes: the party of an invoice, and what the customer record adds."""

from __future__ import annotations

from typing import Any

from inkasso_core import Capacity, ContactKind, Salutation
from inkasso_shop_plugins.actindo.record import Values
from inkasso_shop_plugins.actindo.settings import ActindoSettings

CONTACTS = {
    "phone": ContactKind.PHONE,
    "phone2": ContactKind.PHONE,
    "mobile": ContactKind.MOBILE,
    "fax": ContactKind.FAX,
}


def debtor(party: Values | None, customer: Values | None, settings: ActindoSettings, *, fallback: str | None = None) -> dict[str, Any]:
    """Return the fields of the claim's debtor; of one whose invoice is not known yet no more than the number ``fallback``.

    A company's name alone makes no business (``reference: domain.md`` section 1); with a VAT number it does.
    """
    if party is None:
        return {"number": fallback}
    company = party.text("company") or (customer.text("company") if customer else None)
    vat_id = customer.text("vat_id") if customer else None
    return {
        "number": party.text("customer") or fallback,
        "capacity": Capacity.BUSINESS if company and vat_id else Capacity.UNKNOWN,
        "organization": {"name": company, "vat_id": vat_id} if company else None,
        "person": _person(party, customer, settings),
        "addresses": _addresses(party, customer),
        "contacts": _contacts(party, customer),
        "language": customer.text("language") if customer else None,
    }


def _person(party: Values, customer: Values | None, settings: ActindoSettings) -> dict[str, Any] | None:
    first, last = party.text("first_name"), party.text("last_name")
    if not first and not last:
        return None
    word = (customer.text("salutation") if customer else None) or ""
    return {
        "salutation": settings.salutations.get(word.strip().casefold(), Salutation.UNKNOWN),
        "first_name": first,
        "last_name": last,
        "birth_date": customer.day("birth_date", settings.timezone) if customer else None,
    }


def _addresses(party: Values, customer: Values | None) -> list[dict[str, Any]]:
    address: dict[str, Any] = {name: party.text(name) for name in ("street", "postal_code", "city", "country")}
    if not any(address.values()):
        return []
    return [{**address, "extra": customer.text("address_extra") if customer else None}]


def _contacts(party: Values, customer: Values | None) -> list[dict[str, Any]]:
    found = [{"kind": ContactKind.EMAIL, "value": email}] if (email := party.text("email")) else []
    if customer is not None:
        found += [{"kind": kind, "value": value} for name, kind in CONTACTS.items() if (value := customer.text(name))]
    return found
