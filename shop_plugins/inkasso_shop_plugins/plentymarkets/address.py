"""The debtor's addresses in an order (``reference: shop-plentymarkets.md`` section 5.1)."""

from __future__ import annotations

from typing import Any

from inkasso_core import AddressKind, Station, Text
from inkasso_shop_plugins.plentymarkets.codes import (
    ADDRESS_FIELDS,
    ADDRESS_KINDS,
    COUNTRIES,
    STATION_FLAGS,
    STATIONS,
    AddressRole,
)
from inkasso_shop_plugins.plentymarkets.record import Node, identifier, wrong
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

MOST_ADDRESSES = 20
"""As many as a debtor may have."""

UNKNOWN_COUNTRY = Text(
    "ist keine bekannte Länder-ID. Sie unter [shops.NAME.settings.countries] mit ihrem ISO-Code eintragen.",
    "is no known country id. Add it with its ISO code under [shops.NAME.settings.countries].",
)


def order_addresses(order: Node) -> dict[int, Node]:
    """Return the order's addresses by their role.

    The role is said by ``pivot``, by ``addressRelations`` for an id, or by the model's own fields. A single address
    without id and role can only be the billing address.
    """
    found: dict[int, Node] = {}
    by_id: dict[str, Node] = {}
    nameless: list[Node] = []
    for address in order.nodes("addresses"):
        pivot = address.node("pivot")
        role = pivot.integer("typeId") if pivot else None
        number = identifier(address, "id")
        if role is not None:
            found.setdefault(role, address)
        if number:
            by_id.setdefault(number, address)
        elif role is None:
            nameless.append(address)
    for role, number in address_ids(order).items():
        if number in by_id:
            found.setdefault(role, by_id[number])
    for key, role in ADDRESS_FIELDS.items():
        if given := order.node(key):
            found.setdefault(role, given)
    if len(nameless) == 1:
        found.setdefault(AddressRole.BILLING, nameless[0])
    return found


def address_ids(order: Node) -> dict[int, str]:
    """Return the ids of the order's addresses by their role."""
    found: dict[int, str] = {}
    for relation in order.nodes("addressRelations"):
        role, number = relation.integer("typeId"), identifier(relation, "addressId")
        if role is not None and number:
            found.setdefault(role, number)
    return found


def places(addresses: dict[int, Node], contact: Node, settings: PlentySettings) -> list[dict[str, Any]]:
    """Return billing, delivery, then the contact's own addresses in the fields of a claim, each place once."""
    given = [(kind, addresses[role]) for role, kind in ADDRESS_KINDS.items() if role in addresses]
    given += [(AddressKind.ALTERNATIVE, address) for address in contact.nodes("addresses")]
    known: list[dict[str, Any]] = []
    unique: list[dict[str, Any]] = []
    for kind, address in given:
        place = _place(address, settings)
        if place not in known:
            known.append(place)
            unique.append({"kind": kind, **place})
    return unique[:MOST_ADDRESSES]


def _place(address: Node, settings: PlentySettings) -> dict[str, Any]:
    extra = [text for keys in (("address3", "additional"), ("address4",)) if (text := address.text(*keys))]
    return {
        "care_of": address.text("name4", "careOf"),
        "street": address.text("address1", "street"),
        "house_number": address.text("address2", "houseNumber"),
        "extra": ", ".join(extra) or None,
        "postal_code": address.text("postalCode"),
        "city": address.text("town"),
        "country": _country(address, settings),
        "station": _station(address),
    }


def _country(address: Node, settings: PlentySettings) -> str | None:
    number = address.integer("countryId")
    if not number:
        return None
    code = settings.countries.get(number) or COUNTRIES.get(number)
    if code is None:
        raise wrong(address.at("countryId"), UNKNOWN_COUNTRY)
    return code


def _station(address: Node) -> Station | None:
    flagged = next((station for flag, station in STATION_FLAGS.items() if address.truth(flag)), None)
    words = (address.text("address1", "street") or "").upper().split()
    return flagged or (STATIONS.get(words[0]) if words else None)
