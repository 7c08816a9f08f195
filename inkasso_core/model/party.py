"""Who owes and to whom: debtor (Schuldner), creditor (Gläubiger), their addresses and contacts."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import Field, ValidationInfo, field_validator

from inkasso_core.model._base import Day, Model, Name, Reference
from inkasso_core.model.codes import Country, CountryIfKnown

DEFAULT_REGION = "DE"


class Salutation(StrEnum):
    """How the debtor is addressed (Anrede). Never guessed from a first name."""

    MR = "mr"
    MS = "ms"
    DIVERSE = "diverse"
    UNKNOWN = "unknown"


class Capacity(StrEnum):
    """The debtor's role in this deal: Verbraucher (§ 13 BGB) or Unternehmer (§ 14 BGB). Unknown is treated as consumer."""

    CONSUMER = "consumer"
    BUSINESS = "business"
    UNKNOWN = "unknown"


class AddressKind(StrEnum):
    """What the shop uses the address for."""

    BILLING = "billing"
    DELIVERY = "delivery"
    ALTERNATIVE = "alternative"


class Station(StrEnum):
    """A place where parcels or letters wait, but no one can be served (keine ladungsfähige Anschrift)."""

    PACKSTATION = "packstation"
    POST_OFFICE = "post_office"
    PARCEL_SHOP = "parcel_shop"
    PO_BOX = "po_box"


class AddressOrigin(StrEnum):
    """Where the address comes from; a researched one must be disclosed (RDG § 13a(1) no. 7)."""

    DEBTOR = "debtor"
    RESEARCHED = "researched"


class ContactKind(StrEnum):
    """The channel of a contact."""

    EMAIL = "email"
    PHONE = "phone"
    MOBILE = "mobile"
    FAX = "fax"


class Address(Model):
    """A postal address. Postal codes are text: 01067 keeps its zero."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "country"})

    kind: AddressKind = AddressKind.BILLING
    care_of: Name = None
    street: Name = None
    house_number: Name = None
    extra: Name = None
    postal_code: Name = None
    city: Name = None
    state: Name = None
    country: CountryIfKnown = None
    station: Station | None = None
    """Set where the shop itself marks the address as a parcel or post station."""
    origin: AddressOrigin = AddressOrigin.DEBTOR
    undeliverable: bool = False
    """True where mail came back (unbekannt verzogen)."""

    @field_validator("postal_code", mode="before")
    @classmethod
    def _postal_code(cls, value: object) -> object:
        if isinstance(value, str):
            return value.upper()
        return value

    @property
    def street_line(self) -> str | None:
        """Street and house number on one line."""
        return " ".join(part for part in (self.street, self.house_number) if part) or None


class Contact(Model):
    """An e-mail address or a telephone number: E.164 where it could be read, else as given and ``valid=False``."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "valid"})

    kind: ContactKind
    value: Reference
    valid: bool | None = None


class Person(Model):
    """A natural person."""

    salutation: Salutation = Salutation.UNKNOWN
    title: Name = None
    first_name: Name = None
    last_name: Name = None
    birth_date: Day | None = None


class Organization(Model):
    """A company, an association, an authority."""

    name: Name = None
    legal_form: Name = None
    register_number: Name = None
    vat_id: Name = None


class Debtor(Model):
    """Who owes. A company may name a contact person; a person has no organization."""

    shown: ClassVar[frozenset[str]] = frozenset({"capacity"})

    number: Name = None
    """The shop's customer number; a guest has none and is a debtor of his own."""
    capacity: Capacity = Capacity.UNKNOWN
    person: Person | None = None
    organization: Organization | None = None
    addresses: tuple[Address, ...] = Field(default=(), max_length=20)
    contacts: tuple[Contact, ...] = Field(default=(), max_length=50)
    language: Name = None
    insolvent: bool | None = None
    """Whether insolvency proceedings are open about the debtor's estate."""
    deceased: bool | None = None
    """Whether the debtor has died."""
    guardian_consent: bool | None = None
    """Whether the consent of a minor's guardians to the contract is proved (§§ 107, 108 BGB)."""
    restricted: bool | None = None
    """Whether a request of the debtor about his data is open (GDPR art. 16 to 18, 21)."""
    sanctioned: bool | None = None
    """Whether the shop's own check found the debtor on a list of sanctions."""

    @field_validator("contacts", mode="after")
    @classmethod
    def _contacts(cls, contacts: tuple[Contact, ...], info: ValidationInfo) -> tuple[Contact, ...]:
        addresses = _counting_first(info.data.get("addresses", ()))
        region = next((a.country for a in addresses if a.country), DEFAULT_REGION)
        return tuple(dict.fromkeys(_normalised(contact, region) for contact in contacts))

    @property
    def address(self) -> Address | None:
        """The address that counts: billing, else the first one."""
        return next(iter(_counting_first(self.addresses)), None)

    @property
    def is_company(self) -> bool:
        """True where the debtor is an organization."""
        return self.organization is not None

    @property
    def is_consumer(self) -> bool:
        """True unless the debtor is known to act as a business: an unknown role has the consumer's protection."""
        return self.capacity is not Capacity.BUSINESS

    def values(self, *kinds: ContactKind) -> tuple[str, ...]:
        """Return the contact values of these kinds, in the shop's order."""
        return tuple(c.value for c in self.contacts if c.kind in kinds)


class Creditor(Model):
    """To whom the money is owed, with what the agency must tell the debtor (RDG § 13a(1) no. 1 and 6)."""

    shown: ClassVar[frozenset[str]] = frozenset({"name"})

    name: Reference
    """The name or firm, as the debtor knows it."""
    legal_form: Name = None
    """GmbH, e. K., …, where the name does not say it."""
    street: Name = None
    """The street, without the house number."""
    house_number: Name = None
    """The house number with its addition."""
    postal_code: Name = None
    """The postal code, as text: 01067 keeps its zero."""
    city: Name = None
    """The town."""
    country: Country = "DE"
    """The country (ISO 3166-1, two letters)."""
    input_vat_deductible: bool | None = None
    """Whether the creditor may deduct input VAT (Vorsteuerabzug)."""


def _counting_first(addresses: tuple[Address, ...]) -> list[Address]:
    return sorted(addresses, key=lambda address: address.kind is not AddressKind.BILLING)


def _normalised(contact: Contact, region: str) -> Contact:
    read = _email if contact.kind is ContactKind.EMAIL else _phone
    value = read(contact.value, region)
    return contact.model_copy(update={"value": value or contact.value, "valid": value is not None})


@lru_cache(maxsize=1024)
def _email(value: str, _region: str) -> str | None:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


@lru_cache(maxsize=1024)
def _phone(value: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE or not number.national_number:
        return None  # also what could only be dialled from next door: without an area code it is no number in E.164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """Return the age in whole years on ``day``."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
