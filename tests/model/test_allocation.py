"""What is owed after payments and credits: nothing vanishes, the shop's own allocation wins, the rest follows § 367(1) BGB."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from builders import green_claim
from hypothesis import given
from hypothesis import strategies as st
from strategies import amounts, law

from inkasso_core import AppliesTo, Charge, ChargeKind, Claim, Credit, Payment
from inkasso_core.model.allocation import Open, divide

ZERO = Decimal(0)
AUTO, PRINCIPAL, CHARGES = AppliesTo.AUTO, AppliesTo.PRINCIPAL, AppliesTo.CHARGES
Payments = list[tuple[AppliesTo, Decimal]]
small = amounts(most=50_000)
paid = st.lists(st.tuples(st.sampled_from(AppliesTo), small), max_size=6)


def claim_with(principal: Decimal, charges: list[Decimal], payments: Payments, credits_: list[Credit]) -> Claim:
    return green_claim(
        principal=principal,
        charges=tuple(Charge(kind=ChargeKind.DUNNING_FEE, amount=amount) for amount in charges),
        payments=tuple(Payment(amount=amount, applies_to=applies_to) for applies_to, amount in payments),
        credits=tuple(credits_),
    )


@law
@given(small, st.lists(small, max_size=4), paid, st.lists(st.builds(Credit, amount=small, allocated=st.booleans()), max_size=3))
def test_nothing_vanishes(principal: Decimal, charges: list[Decimal], payments: Payments, credits_: list[Credit]) -> None:
    claim = claim_with(principal, charges, payments, credits_)
    credited = sum((credit.amount for credit in credits_ if credit.allocated), ZERO)
    owed = principal + sum(charges, ZERO) - sum((amount for _, amount in payments), ZERO) - credited
    assert claim.total_open == owed == claim.open.principal + claim.open.charges
    assert claim.principal_open == claim.open.principal
    assert claim.open.charges >= ZERO


@law
@given(small, small, paid)
def test_what_the_shop_allocated_is_never_moved_to_costs(principal: Decimal, charges: Decimal, payments: Payments) -> None:
    on_principal = sum((amount for kind, amount in payments if kind is PRINCIPAL), ZERO)
    left = divide(principal=principal, charges=charges, payments=payments)
    assert left.principal <= principal - on_principal


@law
@given(small, small, st.lists(small, max_size=5))
def test_the_rest_pays_costs_first_and_then_the_principal(principal: Decimal, charges: Decimal, payments: list[Decimal]) -> None:
    left = divide(principal=principal, charges=charges, payments=[(AUTO, amount) for amount in payments])
    assert left.charges == max(charges - sum(payments, ZERO), ZERO)
    assert left.charges == ZERO or left.principal == principal


@law
@given(small, small, st.tuples(paid, st.randoms()))
def test_the_order_of_payments_does_not_matter(principal: Decimal, charges: Decimal, drawn: tuple[Payments, Random]) -> None:
    payments, random = drawn
    shuffled = random.sample(payments, len(payments))
    one, other = (divide(principal=principal, charges=charges, payments=each) for each in (payments, shuffled))
    assert one == other


@pytest.mark.parametrize(
    ("principal", "charges", "payments", "expected"),
    [
        ("200", "5", [(AUTO, "100")], ("105", "0")),
        ("200", "5", [(PRINCIPAL, "100")], ("100", "5")),
        ("200", "5", [(CHARGES, "3")], ("200", "2")),
        ("200", "5", [(CHARGES, "8")], ("197", "0")),
        ("200", "5", [(PRINCIPAL, "250")], ("-50", "5")),
        ("200", "5", [(PRINCIPAL, "199"), (AUTO, "3")], ("1", "2")),
        ("200", "5", [(AUTO, "205")], ("0", "0")),
        ("200", "5", [(AUTO, "206")], ("-1", "0")),
        ("200", "0", [], ("200", "0")),
    ],
)
def test_by_example(principal: str, charges: str, payments: list[tuple[AppliesTo, str]], expected: tuple[str, str]) -> None:
    given_as = [(applies_to, Decimal(amount)) for applies_to, amount in payments]
    left = divide(principal=Decimal(principal), charges=Decimal(charges), payments=given_as)
    assert left == Open(Decimal(expected[0]), Decimal(expected[1]))
    assert left.total == sum(map(Decimal, expected))


def test_a_credit_counts_only_where_the_shop_allocated_it() -> None:
    free, bound = Credit(amount=50, allocated=False), Credit(amount=20)
    claim = claim_with(Decimal(100), [Decimal(5)], [], [free, bound])
    assert (claim.principal_open, claim.total_open) == (Decimal(80), Decimal(85))
