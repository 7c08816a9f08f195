"""Names, addresses and contacts of a row."""

from __future__ import annotations

from typing import Any

import pytest

from inkasso_core import Address, Capacity, ContactKind, Salutation


@pytest.mark.parametrize(
    ("cell", "salutation"),
    [
        ("m", Salutation.MR), ("f", Salutation.MS), ("w", Salutation.MS), ("d", Salutation.DIVERSE), ("@", Salutation.UNKNOWN),
        ("Herr", Salutation.MR), ("FRAU", Salutation.MS), ("Fr.", Salutation.MS), (" Divers ", Salutation.DIVERSE),
        ("", Salutation.UNKNOWN),
    ],
)  # fmt: skip
def test_salutation_codes(claim: Any, cell: str, salutation: Salutation) -> None:
    person = claim({"Geschlecht": cell}).debtor.person
    assert (person.salutation, person.first_name, person.last_name) == (salutation, "Jördis", "Groß-Möller")


def test_configured_codes_count_before_the_built_in_ones(claim: Any) -> None:
    codes = {"M": "unknown", "Mme": "ms", "K": "company"}
    assert claim({"Geschlecht": "m"}, salutations=codes).debtor.person.salutation is Salutation.UNKNOWN
    assert claim({"Geschlecht": "mme"}, salutations=codes).debtor.person.salutation is Salutation.MS
    assert claim({"Geschlecht": "f"}, salutations=codes).debtor.person.salutation is Salutation.MS
    assert claim({"Geschlecht": "k"}, salutations=codes).debtor.is_company


def test_a_company_without_names(claim: Any) -> None:
    debtor = claim({"Firma": 'Müller & Söhne "Zur Linde" GmbH', "Vorname": "", "Nachname": "", "Geschlecht": "Firma"}).debtor
    assert debtor.organization.name == 'Müller & Söhne "Zur Linde" GmbH'
    assert debtor.person is None
    assert debtor.capacity is Capacity.UNKNOWN


@pytest.mark.parametrize(("cell", "salutation"), [("m", Salutation.MR), ("c", Salutation.UNKNOWN), ("", Salutation.UNKNOWN)])
def test_a_company_with_a_contact_person(claim: Any, cell: str, salutation: Salutation) -> None:
    debtor = claim({"Firma": "Müller & Söhne", "Vorname": "Seán", "Nachname": "O'Neill", "Geschlecht": cell}).debtor
    assert debtor.organization.name == "Müller & Söhne"
    assert (debtor.person.first_name, debtor.person.last_name, debtor.person.salutation) == ("Seán", "O'Neill", salutation)


def test_a_company_whose_name_is_missing_stays_a_company(claim: Any) -> None:
    debtor = claim({"Geschlecht": "c"}).debtor
    assert debtor.is_company
    assert debtor.organization.name is None


def test_nobody_is_named(claim: Any) -> None:
    debtor = claim({"Vorname": "", "Nachname": "", "Geschlecht": "m"}).debtor
    assert (debtor.person, debtor.organization) == (None, None)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("Deutschland", "DE"), ("Germany", "DE"), ("D", "DE"), ("BRD", "DE"),
        ("Österreich", "AT"), ("Austria", "AT"), ("A", "AT"), ("Schweiz", "CH"), ("NL", "NL"), ("Niederlande", "NL"), ("", None),
        ("Ö", "AT"),
    ],
)  # fmt: skip
def test_countries(claim: Any, cell: str, code: str | None) -> None:
    assert claim({"Land": cell}, countries={"Ö": "Österreich"}).debtor.address.country == code


@pytest.mark.parametrize(
    ("postal_code", "country", "found", "is_asserted"),
    [
        ("01067", "DE", "01067", False),
        ("1067", "DE", "01067", True),
        ("1067", "Deutschland", "01067", True),
        ("4020", "AT", "4020", False),
        ("4020", "", "4020", False),
        ("106", "DE", "106", False),
        ("A067", "DE", "A067", False),
        ("1012 ab", "NL", "1012 AB", False),
        ("", "DE", None, False),
    ],
)
def test_postal_codes_are_text_and_a_lost_zero_is_shown(claim: Any, postal_code: str, country: str, found: str, is_asserted: bool) -> None:
    result = claim({"PLZ": postal_code, "Land": country})
    assert result.debtor.address.postal_code == found
    assert ("debtor.addresses.0.postal_code" in result.asserted) is is_asserted


def test_a_zero_is_not_added_for_a_country_that_is_only_asserted(claim: Any) -> None:
    result = claim({"PLZ": "4020", "Land": ""}, assertion={"currency": "EUR", "country": "DE"})
    assert (result.debtor.address.postal_code, result.debtor.address.country) == ("4020", "DE")
    assert result.asserted == ("currency", "debtor.addresses.0.country")


def test_street_and_house_number_stay_as_they_are(claim: Any) -> None:
    address = claim({"Hausnummer": "", "Adresszusatz": "Hinterhaus"}).debtor.address
    assert (address.street, address.house_number, address.extra) == ("Lange Straße 7 a", None, "Hinterhaus")
    assert claim({"Strasse": "Lange Straße", "Hausnummer": "7 a"}).debtor.address.street_line == "Lange Straße 7 a"


def test_no_address_at_all(claim: Any) -> None:
    empty = dict.fromkeys(("Strasse", "PLZ", "Ort", "Land"), "")
    assert claim(empty, assertion={"currency": "EUR", "country": "DE"}).debtor.addresses == ()
    assert claim({**empty, "Land": "AT"}).debtor.addresses == (Address(country="AT"),)


def test_contacts(claim: Any) -> None:
    cells = {"Telefon 1": "0351 4567890", "Telefon 2": "0049 171 2345678", "Mobil": "0171 9876543", "Fax": "0351/45678-91"}
    contacts = [(contact.kind, contact.value, contact.valid) for contact in claim(cells).debtor.contacts]
    assert contacts == [
        (ContactKind.EMAIL, "joerdis@example.org", True),
        (ContactKind.PHONE, "+493514567890", True),
        (ContactKind.PHONE, "+491712345678", True),
        (ContactKind.MOBILE, "+491719876543", True),
        (ContactKind.FAX, "+493514567891", True),
    ]


def test_a_contact_that_cannot_be_read_stays_as_given(claim: Any) -> None:
    (contact,) = claim({"Telefon 1": "", "Email": "keine"}).debtor.contacts
    assert (contact.value, contact.valid) == ("keine", False)


def test_further_facts_about_the_debtor(claim: Any) -> None:
    debtor = claim({"Kundennummer": "00815", "Titel": "Dr.", "Geburtsdatum": "29.02.1984"}).debtor
    assert debtor.number == "00815"
    assert (debtor.person.title, str(debtor.person.birth_date)) == ("Dr.", "1984-02-29")
