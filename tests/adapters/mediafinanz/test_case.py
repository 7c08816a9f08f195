"""What is checked before anything is sent, over either transport."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor, green_person
from placements import placement

from inkasso_adapters.mediafinanz.case import CHECKS, case_of, insist, reason_fits
from inkasso_core import (
    AddressKind,
    Charge,
    ChargeKind,
    ClaimInvalid,
    Contract,
    Dispute,
    Invoice,
    Organization,
    Payment,
    Placement,
    Reminder,
)


def complaints(placed: Placement, longest: int = 250) -> set[str]:
    try:
        insist(case_of(placed), (*CHECKS, reason_fits(longest)), agency="mediafinanz")
    except ClaimInvalid as error:
        return set(error.fields)
    return set()


def test_a_green_claim_passes() -> None:
    assert complaints(placement()) == set()


def reminded(day: dt.date) -> dict[str, Any]:
    return {"reminders": (Reminder(level=1, sent_on=day),)}


REFUSED: list[tuple[dict[str, Any], set[str]]] = [
    ({"currency": "CHF"}, {"currency"}),
    ({"payments": (Payment(amount=Decimal("153.99")),)}, {"principal"}),
    ({"payments": (Payment(amount=Decimal("200.00")),)}, {"principal"}),
    ({"subject": None}, {"subject"}),
    ({"subject": "ä" * 251}, {"subject"}),
    ({"invoice": None}, {"invoice.number"}),
    ({"invoice": Invoice(issued_on=dt.date(2026, 3, 2))}, {"invoice.number"}),
    ({"reminders": ()}, {"reminders"}),
    ({"reminders": (Reminder(level=1),)}, {"reminders"}),
    (reminded(dt.date(2026, 3, 15)), {"reminders"}),
    (reminded(dt.date(2026, 6, 2)), {"reminders"}),
    ({"dispute": Dispute(reason="Ware kam nicht an")}, {"dispute"}),
    ({"contract": None, "service_date": None, "invoice": Invoice(number="1")}, {"contract.concluded_on"}),
    ({"debtor": green_debtor(addresses=())}, {f"debtor.address.{part}" for part in ("street", "postal_code", "city", "country")}),
    (
        {"debtor": green_debtor(addresses=(green_address(postal_code=None, city=None),))},
        {"debtor.address.postal_code", "debtor.address.city"},
    ),
    ({"debtor": green_debtor(person=None)}, {"debtor.person.first_name", "debtor.person.last_name"}),
    ({"debtor": green_debtor(organization=Organization())}, {"debtor.organization.name"}),
]


@pytest.mark.parametrize(("changes", "fields"), REFUSED, ids=[f"{n}-{'-'.join(sorted(f))}" for n, (_, f) in enumerate(REFUSED)])
def test_what_the_agency_would_not_take_is_named_by_its_fields(changes: dict[str, Any], fields: set[str]) -> None:
    assert complaints(placement(**changes)) == fields


PASSES: list[dict[str, Any]] = [
    {"subject": "ä" * 250},
    {"dispute": Dispute(resolved_on=dt.date(2026, 5, 1))},
    reminded(dt.date(2026, 3, 16)),
    reminded(dt.date(2026, 6, 1)),
    {"due_date": None},
    {"contract": None},
    {"debtor": green_debtor(person=None, organization=Organization(name="Müßig & Söhne GmbH"))},
    {"payments": (Payment(amount=Decimal("153.98")),)},
]


@pytest.mark.parametrize("changes", PASSES)
def test_what_lies_on_the_border_passes(changes: dict[str, Any]) -> None:
    assert complaints(placement(**changes)) == set()


def test_two_claims_are_two_cases() -> None:
    assert complaints(placement(green_claim(), green_claim())) == {"claims"}


def test_everything_is_said_at_once_and_nothing_of_the_debtor() -> None:
    debtor = green_debtor(person=green_person(last_name=None), addresses=(green_address(city=None),))
    with pytest.raises(ClaimInvalid) as caught:
        insist(case_of(placement(debtor=debtor, subject=None)), CHECKS, agency="mediafinanz")
    assert set(caught.value.fields) == {"debtor.person.last_name", "debtor.address.city", "subject"}
    assert "Jördis" not in "".join(caught.value.text)
    assert "Lange" not in "".join(caught.value.text)


def test_the_open_amounts_are_sent_and_charges_apart() -> None:
    case = case_of(
        placement(
            charges=(
                Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("5.00")),
                Charge(kind=ChargeKind.BANK_RETURN_FEE, amount=Decimal("3.5")),
            ),
            payments=(Payment(amount=Decimal("20.00"), applies_to="principal"),),
        )
    )
    assert (str(case.principal), str(case.charges)) == ("133.99", "8.50")


def test_a_line_break_in_a_text_becomes_a_blank() -> None:
    case = case_of(placement(subject="Stuhl\r\nKissen  grün", note="a\tb\nc"))
    assert (case.reason, case.note) == ("Stuhl Kissen  grün", "a b c")


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({}, dt.date(2026, 2, 26)),
        ({"contract": Contract(number="1")}, dt.date(2026, 3, 3)),
        ({"contract": None, "service_date": None}, dt.date(2026, 3, 2)),
    ],
)
def test_the_origin_is_contract_else_supply_else_invoice(changes: dict[str, Any], day: dt.date) -> None:
    assert case_of(placement(**changes)).originated_on == day


def test_only_an_address_elsewhere_is_another_one() -> None:
    same = green_address(kind=AddressKind.DELIVERY)
    half = green_address(kind=AddressKind.DELIVERY, city=None)
    other = green_address(kind=AddressKind.DELIVERY, street="Ährenweg", house_number="3")
    for addresses, found in (((green_address(), same), None), ((green_address(), half), None), ((green_address(), same, other), other)):
        assert case_of(placement(debtor=green_debtor(addresses=addresses))).other_address == found


def test_a_case_says_nothing_of_the_debtor() -> None:
    assert repr(case_of(placement())) == "Case()"
