"""A Tryton party as a debtor: its name divided as the merchant says, its addresses, its contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkasso_shop_plugins.tryton.settings import Names, TrytonSettings

_CONTACTS = {"email": "email", "phone": "phone", "mobile": "mobile", "fax": "fax"}
"""Tryton's contact mechanisms that reach a debtor -> ours."""
ORGANIZATION = "organization"
_SALUTATIONS = {"mr": "mr", "ms": "ms", "diverse": "diverse", "person": "unknown"}
_PERSONS = frozenset(_SALUTATIONS)
_REGISTER = "de_handelsregisternummer"
_MOST_ADDRESSES = 20
_MOST_CONTACTS = 50


def debtor_of(party: Mapping[str, Any], settings: TrytonSettings, asserted: list[str]) -> dict[str, Any]:
    """Return the fields of the debtor; paths of what the merchant asserts are added to ``asserted``."""
    kind = _kind(party, settings)
    identifiers = {found["type"]: found["code"] for found in party["identifiers"]}
    return {
        "number": party["code"],
        "capacity": "business" if kind == ORGANIZATION and party["tax_identifier"] else "unknown",
        "person": {**_divided(party["name"], settings.names), "salutation": _SALUTATIONS[kind]} if kind in _PERSONS else None,
        "organization": {
            "name": party["name"],
            "vat_id": party["tax_identifier"],
            "register_number": identifiers.get(_REGISTER),
        }
        if kind == ORGANIZATION
        else None,
        "addresses": [_address(found, index, settings, asserted) for index, found in enumerate(party["addresses"][:_MOST_ADDRESSES])],
        "contacts": [
            {"kind": _CONTACTS[found["type"]], "value": found["value"]}
            for found in party["contacts"]
            if found["type"] in _CONTACTS and found["value"]
        ][:_MOST_CONTACTS],
        "language": party["language"],
    }


def _kind(party: Mapping[str, Any], settings: TrytonSettings) -> str | None:
    """A category that the merchant named counts before the tax identifier: a trader may be a person. ``ms`` says more than ``person``."""
    named = [settings.categories[name] for name in party["categories"] if name in settings.categories]
    if named:
        return min(named, key=("mr", "ms", "diverse", "organization", "person").index)
    return ORGANIZATION if party["tax_identifier"] else settings.unmarked


def _divided(name: str | None, order: Names | None) -> dict[str, str | None]:
    """Divide a name as the merchant writes it; a particle in small letters (von, van der) belongs to the last name."""
    words = (name or "").split()
    if order == "last, first":
        last, _, first = (name or "").partition(",")
        return {"last_name": last.strip() or None, "first_name": first.strip() or None}
    if order is None or len(words) < 2:
        return {"last_name": " ".join(words) or None}
    if order == "first last":
        at = next((index for index, word in enumerate(words[1:-1], 1) if word[0].islower()), len(words) - 1)
        return {"first_name": " ".join(words[:at]), "last_name": " ".join(words[at:])}
    at = next((index for index, word in enumerate(words) if not word[0].islower()), 0) + 1
    return {"last_name": " ".join(words[:at]), "first_name": " ".join(words[at:]) or None}


def _address(found: Mapping[str, Any], index: int, settings: TrytonSettings, asserted: list[str]) -> dict[str, Any]:
    """The first address is the invoice's. A street that nobody divided keeps its house number."""
    country = found["country"]
    if country is None and settings.assertion and settings.assertion.country:
        country = settings.assertion.country
        asserted.append(f"debtor.addresses.{index}.country")
    street, number = found["street_name"], found["building_number"]
    if not street:
        street, number = found["street"], None
    return {
        "kind": "billing" if found["invoice"] else "delivery" if found["delivery"] else "alternative",
        "care_of": found["attention"],
        "street": found["post_box"] or _one_line(street),
        "house_number": None if found["post_box"] else number,
        "postal_code": found["postal_code"],
        "city": found["city"],
        "state": found["subdivision"],
        "country": country,
        "station": "po_box" if found["post_box"] else None,
    }


def _one_line(text: str | None) -> str | None:
    return ", ".join(line.strip() for line in (text or "").splitlines() if line.strip()) or None
