"""Who owes: the billing address of an order, and its customer or guest."""

from __future__ import annotations

from typing import Any

from inkasso_core import ContactKind, Salutation
from inkasso_shop_plugins.oscar.conf import OscarOptions


def debtor(order: Any, settings: OscarOptions) -> dict[str, Any]:
    """Return the fields of the claim's debtor. A guest has no number: he is a debtor of his own."""
    address = order.billing_address or order.shipping_address
    return {
        "number": str(order.user_id) if order.user_id else None,
        "capacity": settings.capacity,
        "person": _person(address, settings) if address is not None else None,
        "addresses": _addresses(order),
        "contacts": _contacts(order),
    }


def _person(address: Any, settings: OscarOptions) -> dict[str, Any]:
    """The name on the address. A title that is no salutation (Dr) is a title; nothing is guessed from a first name."""
    salutation = settings.salutations.get(address.title)
    return {
        "salutation": salutation or Salutation.UNKNOWN,
        "title": None if salutation else address.title,
        "first_name": address.first_name,
        "last_name": address.last_name,
    }


def _addresses(order: Any) -> list[dict[str, Any]]:
    kinds = (("billing", order.billing_address), ("delivery", order.shipping_address))
    return [_address(kind, address) for kind, address in kinds if address is not None]


def _address(kind: str, address: Any) -> dict[str, Any]:
    """Oscar's first line holds street and house number, as the customer wrote them; ``line4`` is the town."""
    beside = ", ".join(line for line in (address.line2, address.line3) if line)
    return {
        "kind": kind,
        "street": address.line1,
        "extra": beside,
        "postal_code": address.postcode,
        "city": address.line4,
        "state": address.state,
        "country": address.country_id,
    }


def _contacts(order: Any) -> list[dict[str, Any]]:
    """The e-mail address of the account, or the guest's, and the telephone number of the shipping address."""
    phone = str(order.shipping_address.phone_number or "") if order.shipping_address is not None else ""
    found = ((ContactKind.EMAIL, order.email), (ContactKind.PHONE, phone))
    return [{"kind": kind, "value": value} for kind, value in found if value]
