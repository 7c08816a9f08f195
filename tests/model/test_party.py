"""Debtors: which address counts, and what becomes of telephone numbers and e-mail addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import debtors, law_of_claims

from inkasso_core import Address, AddressKind, Capacity, Contact, ContactKind, Debtor, Organization, Person

BILLING, DELIVERY = AddressKind.BILLING, AddressKind.DELIVERY


def reached(value: str, kind: ContactKind = ContactKind.PHONE, *addresses: Address) -> Contact:
    (contact,) = Debtor(addresses=addresses, contacts=(Contact(kind=kind, value=value),)).contacts
    return contact


@pytest.mark.parametrize(
    ("country", "written", "expected"),
    [
        ("DE", "0351 4567890", "+493514567890"),
        ("DE", "0351/4567890", "+493514567890"),
        ("DE", "0049 351 4567890", "+493514567890"),
        ("DE", "+49 (0)351 4567890", "+493514567890"),
        ("AT", "01 5345678", "+4315345678"),
        ("CH", "044 668 18 00", "+41446681800"),
        ("DE", "+41 44 668 18 00", "+41446681800"),
        (None, "0351 4567890", "+493514567890"),
    ],
)
def test_a_number_becomes_e164_by_the_debtors_country(country: str | None, written: str, expected: str) -> None:
    for kind in (ContactKind.PHONE, ContactKind.MOBILE, ContactKind.FAX):
        assert reached(written, kind, Address(country=country)) == Contact(kind=kind, value=expected, valid=True)


def test_the_country_is_that_of_the_address_that_counts() -> None:
    delivery, billing = Address(kind=DELIVERY, country="AT"), Address(kind=BILLING, country="DE")
    assert reached("0351 4567890", ContactKind.PHONE, delivery, billing).value == "+493514567890"
    assert reached("01 5345678", ContactKind.PHONE, delivery, Address(kind=BILLING)).value == "+4315345678"


@pytest.mark.parametrize("written", ["keine", "0000", "siehe E-Mail", "12", "+49 351 4567890123456789", "0351 456789 oder 0172"])
def test_a_number_that_cannot_be_one_is_kept_and_marked(written: str) -> None:
    assert reached(written) == Contact(kind=ContactKind.PHONE, value=written, valid=False)


@pytest.mark.parametrize(
    ("written", "value", "valid"),
    [
        ("joerdis@example.org", "joerdis@example.org", True),
        ("Joerdis@EXAMPLE.ORG", "Joerdis@example.org", True),
        ("jördis@example.org", "jördis@example.org", True),
        ("joerdis@", "joerdis@", False),
        ("joerdis at example.org", "joerdis at example.org", False),
        ("@", "@", False),
    ],
)
def test_an_email_address_is_checked_without_asking_anybody(written: str, value: str, valid: bool) -> None:
    assert reached(written, ContactKind.EMAIL) == Contact(kind=ContactKind.EMAIL, value=value, valid=valid)


def test_what_a_sender_says_of_validity_does_not_count() -> None:
    wrong = Contact(kind=ContactKind.PHONE, value="keine", valid=True)
    right = Contact(kind=ContactKind.EMAIL, value="kim@example.org", valid=False)
    assert [contact.valid for contact in Debtor(contacts=(wrong, right)).contacts] == [False, True]


def test_the_same_contact_twice_is_one() -> None:
    spellings = ("0351 4567890", "+493514567890", "0351-4567890")
    debtor = Debtor(contacts=tuple(Contact(kind=ContactKind.PHONE, value=value) for value in spellings))
    assert debtor.values(ContactKind.PHONE) == ("+493514567890",)


@law_of_claims
@given(debtors)
def test_reading_a_debtor_again_changes_nothing(debtor: Debtor) -> None:
    assert Debtor.model_validate(debtor.model_dump(mode="json")) == debtor


def test_the_billing_address_counts_wherever_it_stands() -> None:
    first, second = Address(kind=DELIVERY, city="Linz"), Address(kind=BILLING, city="Dresden")
    assert Debtor(addresses=(first, second)).address is not None
    assert Debtor(addresses=(first, second)).address == second
    assert Debtor(addresses=(first,)).address == first
    assert Debtor().address is None


def test_who_is_no_business_has_the_consumers_protection() -> None:
    assert [capacity for capacity in Capacity if not Debtor(capacity=capacity).is_consumer] == [Capacity.BUSINESS]
    assert Debtor(organization=Organization(name="Zur Linde")).is_company
    assert not Debtor(person=Person(last_name="Groß")).is_company
