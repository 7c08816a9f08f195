"""Amounts: exact, not negative, in one spelling, and never guessed from what is no amount."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pytest
from builders import green_claim
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import law

from inkasso_core import Charge, ChargeKind, Claim, Credit, Payment
from inkasso_core.describe import problems

Refusal = Callable[[Callable[[], object]], str]


def amount(value: object) -> Decimal:
    return Payment(amount=value).amount


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("153.99", "153.99"),
        ("153.9", "153.90"),
        (" 153.990 ", "153.99"),
        ("+5", "5.00"),
        (5, "5.00"),
        (Decimal("1E+3"), "1000.00"),
        ("1e3", "1000.00"),
        (Decimal("0.0010"), "0.001"),
        ("00012.50", "12.50"),
        (0, "0.00"),
        ("-0", "0.00"),
        (-0.0, "0.00"),
        ("99999999999.9999", "99999999999.9999"),
    ],
)
def test_an_amount_has_one_spelling(given_as: object, expected: str) -> None:
    assert str(amount(given_as)) == expected


@law
@given(st.integers(0, 10**10))
def test_a_float_means_what_its_repr_says(cents: int) -> None:
    value = cents / 100
    assert amount(value) == Decimal(repr(value))


def test_a_float_that_was_computed_shows_what_it_is(refusal: Refusal) -> None:
    assert refusal(lambda: amount(0.1 + 0.2)) == "decimal_max_digits"
    assert amount(0.1) == Decimal("0.1")


REFUSED: list[tuple[Any, str]] = [
    (True, "amount_type"),
    (False, "amount_type"),
    (-1, "greater_than_equal"),
    ("-0.01", "greater_than_equal"),
    (float("nan"), "finite_number"),
    (float("inf"), "finite_number"),
    ("NaN", "finite_number"),
    ("sNaN", "finite_number"),
    ("-Infinity", "finite_number"),
    (Decimal("Infinity"), "finite_number"),
    (10**11, "decimal_whole_digits"),
    ("9" * 5000, "decimal_max_digits"),
    (1e22, "decimal_max_digits"),
    ("0.00001", "decimal_max_places"),
    ("1_000", "decimal_parsing"),
    ("１２", "decimal_parsing"),
    ("٣", "decimal_parsing"),
    ("12,50", "decimal_parsing"),
    ("1.234,56", "decimal_parsing"),
    ("12.50 €", "decimal_parsing"),
    ("0x10", "decimal_parsing"),
    ("", "decimal_parsing"),
    (None, "decimal_type"),
    ((0, (1, 2), -1), "decimal_type"),
    ([12], "decimal_type"),
    (b"12", "decimal_type"),
    (12j, "decimal_type"),
]


@pytest.mark.parametrize(("value", "kind"), REFUSED)
def test_what_is_no_amount_is_refused(value: object, kind: str, refusal: Refusal) -> None:
    assert refusal(lambda: amount(value)) == kind


@pytest.mark.parametrize(
    ("currency", "changes", "path"),
    [
        ("EUR", {"principal": "1.999"}, "principal"),
        ("EUR", {"charges": [{"kind": "other", "amount": 1}, {"kind": "other", "amount": "2.505"}]}, "charges.1.amount"),
        ("EUR", {"payments": [{"amount": "0.0001"}]}, "payments.0.amount"),
        ("EUR", {"credits": [{"amount": "0.001"}]}, "credits.0.amount"),
        ("JPY", {"principal": "1000.5"}, "principal"),
        ("JPY", {"payments": [{"amount": "0.01"}]}, "payments.0.amount"),
        ("TND", {"principal": "1.0001"}, "principal"),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused_by_path(currency: str, changes: dict[str, Any], path: str) -> None:
    document = {"source": {"order": "1"}, "currency": currency, "principal": 1000, "debtor": {}, **changes}
    with pytest.raises(ValidationError) as caught:
        Claim.model_validate(document)
    (problem,) = problems(caught.value)
    assert problem.field == path
    for text in problem.text:
        assert path in text
        assert currency in text


@pytest.mark.parametrize(("currency", "principal"), [("JPY", "1000"), ("JPY", "1000.00"), ("TND", "1.001"), ("EUR", "0.01")])
def test_as_many_decimals_as_the_currency_has_are_taken(currency: str, principal: str) -> None:
    claim = green_claim(currency=currency, principal=principal)
    assert claim.principal == Decimal(principal)


def test_the_surrounding_program_cannot_make_arithmetic_coarser() -> None:
    with localcontext(prec=5):
        assert amount("12345678.90") == Decimal("12345678.90")


def test_the_largest_sums_fit_the_database() -> None:
    most = Decimal("99999999999.99")
    charges = tuple(Charge(kind=ChargeKind.OTHER, amount=most) for _ in range(200))
    owed = green_claim(principal=most, charges=charges)
    paid = green_claim(principal=0, payments=tuple(Payment(amount=most) for _ in range(1000)))
    credited = green_claim(principal=0, credits=tuple(Credit(amount=most) for _ in range(200)))
    for claim in (owed, paid, credited):
        assert abs(claim.open.principal.scaleb(4)) < 2**63
        assert abs(claim.total_open.scaleb(4)) < 2**63


def test_json_numbers_stay_exact() -> None:
    document = json.loads('{"source": {"order": "1"}, "currency": "EUR", "principal": 0.29, "debtor": {}}', parse_float=Decimal)
    assert Claim.model_validate(document).principal == Decimal("0.29")
    assert Claim.model_validate(json.loads(json.dumps(document, default=float))).principal == Decimal("0.29")
