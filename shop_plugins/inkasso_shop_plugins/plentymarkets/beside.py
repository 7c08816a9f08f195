"""Addresses and contacts given beside the orders, put into each order's record before anybody else sees it.

So the record that is stored is complete, and reading it again needs no second file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from inkasso_core import InvalidInput, Reader, Record, Rejected, Text, open_records
from inkasso_shop_plugins.plentymarkets.address import address_ids, order_addresses
from inkasso_shop_plugins.plentymarkets.codes import ADDRESS_KINDS, COLLECTED, AddressRole
from inkasso_shop_plugins.plentymarkets.party import receiver, receiver_id
from inkasso_shop_plugins.plentymarkets.record import Node, identifier

STANDARD_INPUT = "-"

ADDRESS_MARKS = ("address1", "street", "postalCode", "town", "countryId", "name2", "name3")
"""Fields that only an address has."""

CONTACT_MARKS = ("number", "classId", "fullName", "firstName", "lastName", "email")
"""Fields that, besides addresses, only a contact has."""

UNREADABLE = Text(
    "{place} kann nicht gelesen werden ({code}). Die Datei neu exportieren.",
    "{place} cannot be read ({code}). Export the file again.",
)
NEITHER = Text(
    "{place} ist weder eine Adresse noch ein Kontakt. Neben die Aufträge gehören nur Adressen und Kontakte der REST-API.",
    "{place} is neither an address nor a contact. Only these records of the REST API belong beside the orders.",
)
CONTACT_WITHOUT_ID = Text(
    "{place} ist ein Kontakt ohne id und passt zu keinem Auftrag. Kontakte mit ihrer id exportieren.",
    "{place} is a contact without id and fits no order. Export contacts with their id.",
)
SEVERAL_NAMELESS = Text(
    "{place} ist eine weitere Adresse ohne id. Adressen mit ihrer id exportieren, oder nur eine angeben.",
    "{place} is one more address without id. Export addresses with their id, or give only one.",
)
NEEDED_BY_SEVERAL = Text(
    "{place} ist eine Adresse ohne id, aber mehrere Aufträge brauchen eine Adresse. Adressen mit ihrer id exportieren.",
    "{place} is an address without id, but several orders need an address. Export addresses with their id.",
)
NEEDED_BY_NONE = Text(
    "{place} ist eine Adresse ohne id, aber kein Auftrag braucht eine Adresse. Die Datei weglassen.",
    "{place} is an address without id, but no order needs an address. Leave the file out.",
)
NOT_WITH_STDIN = Text(
    "{place} ist eine Adresse ohne id; dazu muss der Export vorab gelesen werden. Ihn als Datei angeben.",
    "{place} is an address without id; for that the export has to be read beforehand. Give it as a file.",
)

Json = Mapping[str, Any]


class Nameless(NamedTuple):
    """An address record without id, and where it stands."""

    data: Json
    path: str
    place: Text


class Beside:
    """What stands in the files beside the orders: addresses and contacts by id, at most one address without id.

    Holds all of it in memory. Of several records with one id the last counts; an address record counts before an
    address inside a contact.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        """Read the files. Raises ``FileRefused`` or ``InvalidInput`` for one that cannot be read as a whole."""
        self.addresses: dict[str, Json] = {}
        self.contacts: dict[str, Json] = {}
        self.nameless: Nameless | None = None
        self._inside: dict[str, Json] = {}
        for path in paths:
            for node, place in _records(path):
                try:
                    self._add(node, path, place)
                except InvalidInput as error:
                    if error.field is None:
                        raise
                    raise _refused(UNREADABLE, path, place, code=error.field) from None
        self.addresses = self._inside | self.addresses

    def _add(self, node: Node, path: str, place: Text) -> None:
        number = identifier(node, "id")
        if _has(node, ADDRESS_MARKS):
            if number:
                self.addresses[number] = node.data
            elif self.nameless:
                raise _refused(SEVERAL_NAMELESS, path, place)
            else:
                self.nameless = Nameless(node.data, path, place)
        elif not _has(node, CONTACT_MARKS):
            raise _refused(NEITHER, path, place)
        elif not number:
            raise _refused(CONTACT_WITHOUT_ID, path, place)
        else:
            self.contacts[number] = node.data
            for address in node.nodes("addresses"):
                if key := identifier(address, "id"):
                    self._inside[key] = address.data

    def complete(self, data: Json) -> Json:
        """Return the order with the addresses and the contact that it only refers to; what it holds itself stays."""
        order = Node(data)
        try:
            added = self._missing_addresses(order)
            number = receiver_id(order)
            contact = self.contacts.get(number) if number and receiver(order) is None else None
        except InvalidInput:
            return data  # the hook refuses the record, with the path of what is wrong in it
        whole = dict(data)
        if added:
            whole["addresses"] = [address.data for address in order.nodes("addresses")] + added
        if contact is not None:
            whole["contactReceiver"] = contact
        return whole

    def _missing_addresses(self, order: Node) -> list[Json]:
        held = order_addresses(order)
        added = {
            role: self.addresses[number]
            for role, number in address_ids(order).items()
            if role in ADDRESS_KINDS and role not in held and number in self.addresses
        }
        if self.nameless and self.needs_address(order):
            added[AddressRole.BILLING] = self.nameless.data
        return [{**address, "pivot": {"typeId": int(role)}} for role, address in added.items()]

    def needs_address(self, order: Node) -> bool:
        """True for an order that can become a claim and has no billing address, neither in itself nor here by id."""
        number = address_ids(order).get(AddressRole.BILLING)
        is_known = AddressRole.BILLING in order_addresses(order) or number in self.addresses
        return order.integer("typeId") in COLLECTED and not is_known

    def check_nameless(self, export: str) -> None:
        """Raise ``InvalidInput`` unless it is plain whose the address without id is: one order of the export needs it."""
        if self.nameless is None:
            return
        if export == STANDARD_INPUT:
            raise _refused(NOT_WITH_STDIN, self.nameless.path, self.nameless.place)
        count = 0
        with open_records(export) as orders:
            for entry in orders:
                count += isinstance(entry, Record) and self._seems_to_need(entry.data)
                if count > 1:
                    break
        if count != 1:
            what = NEEDED_BY_SEVERAL if count else NEEDED_BY_NONE
            raise _refused(what, self.nameless.path, self.nameless.place)

    def _seems_to_need(self, data: Json) -> bool:
        try:
            return self.needs_address(Node(data))
        except InvalidInput:
            return False


def _records(path: str) -> Iterator[tuple[Node, Text]]:
    """The records of one file, each with its place for messages."""
    with open_records(path) as reader:
        for entry in reader:
            number = entry.position.index + 1
            place = Text(f"Datei {path}, Datensatz {number}", f"file {path}, record {number}")
            if isinstance(entry, Rejected):
                raise _refused(UNREADABLE, path, place, code=entry.code)
            yield Node(entry.data), place


def _has(node: Node, keys: Sequence[str]) -> bool:
    return any(node.get(key) is not None for key in keys)


def _refused(text: Text, path: str, place: Text, **facts: str) -> InvalidInput:
    filled = Text(text.de.format(place=place.de, **facts), text.en.format(place=place.en, **facts))
    return InvalidInput(filled, where=path)


def open_orders(path: str, beside: Sequence[str], skip: int) -> Reader:
    """Open the orders in ``path``, completed by the records in the files ``beside``.

    Raises ``FileRefused`` for a file that cannot be read, ``InvalidInput`` for records beside that fit no order.
    """
    if not beside:
        return open_records(path, skip=skip)
    known = Beside(beside)
    known.check_nameless(path)
    return open_records(path, skip=skip).completed(known.complete)
