"""Who owes: name, address and contacts of a row become a debtor (``reference: shop-cpshop.md`` sections 2.1 and 4.4)."""

from __future__ import annotations

import re
from typing import Any

from inkasso_core import ContactKind, Salutation
from inkasso_shop_plugins.cpshop.asserted import Filled
from inkasso_shop_plugins.cpshop.row import Row
from inkasso_shop_plugins.cpshop.settings import Addressee, Assertion, CPShopSettings

_CONTACTS = {
    "email": ContactKind.EMAIL,
    "phone": ContactKind.PHONE,
    "phone2": ContactKind.PHONE,
    "mobile": ContactKind.MOBILE,
    "fax": ContactKind.FAX,
}

_ADDRESS = {
    "street": "street",
    "house_number": "house_number",
    "extra": "address_extra",
    "city": "city",
}
"""Field of an address -> our column."""

_POSTAL_CODE = "debtor.addresses.0.postal_code"

_GERMAN_WITHOUT_ZERO = re.compile(r"[0-9]{4}")


def debtor(row: Row, settings: CPShopSettings, assertion: Assertion, filled: Filled) -> dict[str, Any]:
    """Return the fields of the claim's debtor.

    A company without a person's name is an organization, with one it has a contact person. The role stays unknown: a company's name
    alone makes no business (``reference: domain.md`` section 1).
    """
    addressee = row.code("salutation", settings.salutations, "salutations")
    company = row.text("company")
    is_company = company is not None or addressee is Addressee.COMPANY
    address = _address(row, assertion, filled)
    return {
        "number": row.text("customer_number"),
        "organization": {"name": company} if is_company else None,
        "person": _person(row, addressee),
        "addresses": [address] if address else [],
        "contacts": [{"kind": kind, "value": value} for column, kind in _CONTACTS.items() if (value := row.text(column))],
    }


def _person(row: Row, addressee: Addressee | None) -> dict[str, Any] | None:
    """Return the person who is named, None where nobody is: a salutation alone names nobody."""
    first, last = row.text("first_name"), row.text("last_name")
    if not first and not last:
        return None
    is_person = addressee not in (None, Addressee.COMPANY)
    return {
        "salutation": addressee if is_person else Salutation.UNKNOWN,
        "title": row.text("title"),
        "first_name": first,
        "last_name": last,
        "birth_date": row.day("birth_date"),
    }


def _address(row: Row, assertion: Assertion, filled: Filled) -> dict[str, Any] | None:
    """Return the billing address, None where the row holds none.

    A German postal code of four digits has lost its zero in a spreadsheet; it is added, and shown as asserted. That needs the row's own
    country: of a country that is only asserted it could as well be Austria's.
    """
    country, postal_code = row.country(), row.text("postal_code")
    address: dict[str, Any] = {field: row.text(column) for field, column in _ADDRESS.items()}
    if not postal_code and not country and not any(address.values()):
        return None
    if postal_code and country == "DE" and _GERMAN_WITHOUT_ZERO.fullmatch(postal_code):
        postal_code = filled.fill(_POSTAL_CODE, None, f"0{postal_code}")
    address["postal_code"] = postal_code
    address["country"] = filled.fill("debtor.addresses.0.country", country, assertion.country)
    return address
