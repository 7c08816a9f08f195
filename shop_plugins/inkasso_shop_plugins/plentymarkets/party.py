"""Who owes: billing address, its options and the contact become a debtor.

From ``reference: shop-plentymarkets.md`` section 5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from inkasso_core import Capacity, ContactKind, Salutation
from inkasso_shop_plugins.plentymarkets.address import order_addresses, places
from inkasso_shop_plugins.plentymarkets.codes import (
    ADDRESS_CONTACTS,
    COMMERCIAL_FORMS,
    CONTACT_FIELDS,
    CONTACT_OPTIONS,
    MOBILE_SUBTYPES,
    OPTION_ALIASES,
    SALUTATIONS,
    AddressOption,
    AddressRole,
    Property,
)
from inkasso_shop_plugins.plentymarkets.record import EMPTY, Node, by_type, identifier
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

MOST_CONTACTS = 50
"""As many as a debtor may have."""


def debtor(order: Node, properties: Mapping[int, str], settings: PlentySettings) -> dict[str, Any]:
    """Return the fields of the claim's debtor.

    Names come from the billing address, and from the contact only where there is no billing address: the recipient of a
    delivery need not be the one who owes.
    """
    addresses = order_addresses(order)
    billing = addresses.get(AddressRole.BILLING)
    contact = receiver(order) or EMPTY
    account = next(iter(contact.nodes("accounts")), EMPTY)
    options = _options(billing or EMPTY)
    company = billing.text("name1", "companyName") if billing else account.text("companyName")
    vat_id = options.get(AddressOption.VAT_NUMBER) or properties.get(Property.VAT_NUMBER) or account.text("taxIdNumber")
    return {
        "number": customer_number(order, contact, settings),
        "capacity": capacity(contact, company, vat_id, settings),
        "organization": {"name": company, "vat_id": vat_id} if company else None,
        "person": _person(billing, contact, options, settings, is_company=company is not None),
        "addresses": places(addresses, contact, settings),
        "contacts": list(_contacts(options, contact))[:MOST_CONTACTS],
        "language": properties.get(Property.DOCUMENT_LANGUAGE) or contact.text("lang"),
    }


def receiver(order: Node) -> Node | None:
    """Return the contact in the record: the one who received the goods."""
    return order.node("contactReceiver") or order.node("contact")


def receiver_id(order: Node) -> str | None:
    """Return the id of that contact, also where the record only refers to it; a guest has none."""
    for relation in order.nodes("relations"):
        if relation.text("referenceType") == "contact" and relation.text("relation") == "receiver":
            return identifier(relation, "referenceId")
    return identifier(order, "contactReceiverId")


def customer_number(order: Node, contact: Node, settings: PlentySettings) -> str | None:
    """Return what names the debtor inside the shop, None for a guest."""
    number = contact.text("number") if settings.customer_number == "number" else None
    return number or receiver_id(order) or identifier(contact, "id")


def capacity(contact: Node, company: str | None, vat_id: str | None, settings: PlentySettings) -> Capacity:
    """Return the debtor's role in this deal.

    The contact's class decides where it is configured. A company name alone makes no business (``reference: domain.md``
    section 1); with a VAT number or the legal form of a commercial company it does. A person's role stays unknown.
    """
    contact_class = contact.integer("classId")
    if contact_class in settings.contact_classes:
        return settings.contact_classes[contact_class]
    if not company:
        return Capacity.UNKNOWN
    return Capacity.BUSINESS if vat_id or is_commercial(company) else settings.company_capacity


def is_commercial(company: str) -> bool:
    """True where the name ends with a commercial legal form, ``GmbH & Co. KG``, ``UG (haftungsbeschränkt)``."""
    words = company.casefold().replace("(haftungsbeschränkt)", "").split()
    return len(words) > 1 and words[-1].rstrip(".,") in COMMERCIAL_FORMS


def _options(address: Node) -> dict[int, str]:
    """Return the address options by type; the fields that repeat them fill what is missing."""
    given = by_type(address.nodes("options"), "value")
    found = {kind: text for kind, option in given.items() if (text := option.text("value"))}
    for kind, alias in OPTION_ALIASES.items():
        if kind not in found and (text := address.text(alias)):
            found[kind] = text
    return found


def _person(
    billing: Node | None, contact: Node, options: Mapping[int, str], settings: PlentySettings, *, is_company: bool
) -> dict[str, Any] | None:
    """Return the person who owes, or a company's contact person; None where nobody is named.

    A company without a person's name has the contact person of its address, whole in the last name: in the shop it is
    one text.
    """
    first = billing.text("name2", "firstName") if billing else contact.text("firstName")
    last = billing.text("name3", "lastName") if billing else contact.text("lastName")
    if is_company and not first and not last:
        last = options.get(AddressOption.CONTACT_PERSON)
    if not first and not last:
        return None
    gender = (billing.text("gender") if billing else None) or contact.text("gender") or ""
    return {
        "salutation": SALUTATIONS.get(gender.casefold(), Salutation.UNKNOWN),
        "title": options.get(AddressOption.TITLE) or contact.text("title"),
        "first_name": first,
        "last_name": last,
        "birth_date": _birth_date(billing or EMPTY, contact, settings),
    }


def _birth_date(billing: Node, contact: Node, settings: PlentySettings) -> dt.date | None:
    option = by_type(billing.nodes("options"), "value").get(AddressOption.BIRTHDAY, EMPTY)
    zone = settings.timezone
    return option.day("value", zone) or billing.day("birthday", zone) or contact.day("birthdayAt", zone)


def _contacts(options: Mapping[int, str], contact: Node) -> Iterator[dict[str, Any]]:
    for option, kind in ADDRESS_CONTACTS.items():
        if option in options:
            yield {"kind": kind, "value": options[option]}
    for key, kind in CONTACT_FIELDS.items():
        if value := contact.text(key):
            yield {"kind": kind, "value": value}
    for entry in contact.nodes("options"):
        known = CONTACT_OPTIONS.get(entry.integer("typeId") or 0)
        value = entry.text("value")
        if known and value:
            is_mobile = known is ContactKind.PHONE and entry.integer("subTypeId") in MOBILE_SUBTYPES
            yield {"kind": ContactKind.MOBILE if is_mobile else known, "value": value}
