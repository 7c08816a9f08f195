"""Who owes: the buyer of the latest notification that names him (``reference: shop-copecart.md`` section 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inkasso_core import Capacity, ContactKind
from inkasso_shop_plugins.copecart.notification import Notification

_ADDRESS = {
    "street": "buyer_street",
    "house_number": "buyer_house_number",
    "extra": "buyer_address_details",
    "postal_code": "buyer_zipcode",
    "city": "buyer_city",
    "state": "buyer_state",
}
"""Field of an address -> the notification's."""
_NAMES = ("buyer_firstname", "buyer_lastname", "buyer_company_name")
_CONTACTS = {"buyer_email": ContactKind.EMAIL, "buyer_phone_number": ContactKind.PHONE}


def debtor(notifications: Sequence[Notification]) -> dict[str, Any]:
    """Return the fields of the claim's debtor. Address, names and contacts each come whole from the latest that has them."""
    newest = list(reversed(notifications))
    named = _first(newest, _NAMES)
    company, vat_id = named.text("buyer_company_name"), named.text("buyer_vat_number")
    first, last = named.text("buyer_firstname"), named.text("buyer_lastname")
    address = _address(_first(newest, (*_ADDRESS.values(), "buyer_address")))
    contacts = _first(newest, tuple(_CONTACTS))
    return {
        "number": _first(newest, ("buyer_id",)).text("buyer_id"),
        "capacity": Capacity.BUSINESS if company and vat_id else Capacity.UNKNOWN,
        "organization": {"name": company, "vat_id": vat_id} if company else None,
        "person": {"first_name": first, "last_name": last} if first or last else None,
        "addresses": [address] if address else [],
        "contacts": [{"kind": kind, "value": value} for name, kind in _CONTACTS.items() if (value := contacts.text(name))],
    }


def _first(newest: Sequence[Notification], names: Sequence[str]) -> Notification:
    """Return the newest notification that has one of these fields; the newest of all where none has."""
    return next((one for one in newest if any(one.text(name) for name in names)), newest[0])


def _address(notification: Notification) -> Mapping[str, Any] | None:
    """Return the address; a country alone is none. Street and number in one field stay together."""
    address = {field: notification.text(name) for field, name in _ADDRESS.items()}
    address["street"] = address["street"] or notification.text("buyer_address")
    if not any(address.values()):
        return None
    return address | {"country": notification.text("buyer_country_code") or notification.text("buyer_country")}
