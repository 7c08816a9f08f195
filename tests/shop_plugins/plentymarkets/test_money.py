"""Principal, dunning fees, payments, currencies."""

import copy
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inkasso_core import AppliesTo, ChargeKind, InvalidInput, PaymentOrigin

CENTS = st.decimals(min_value=0, max_value=10_000, places=2)


def _payment(number, amount, **changes):
    return {"id": number, "amount": amount, "currency": "EUR", "type": "credit", "status": 2} | changes


def _franc(order):
    """Let the customer have bought in francs: every amount gets a second entry."""
    for holder in (order, *order["orderItems"]):
        foreign = {
            key: Decimal(value) * 2 if key.startswith(("price", "invoice", "paid")) else value
            for key, value in holder["amounts"][0].items()
        }
        holder["amounts"].append(foreign | {"currency": "CHF", "isSystemCurrency": False})
    return order


def test_dunning_charges_are_no_principal(order, claim):
    found = claim(order)
    assert found.currency == "EUR"
    assert found.principal == Decimal("120.00")
    (fee,) = found.charges
    assert fee.kind is ChargeKind.DUNNING_FEE
    assert fee.amount == Decimal("2.50")
    assert fee.on == dt.date(2026, 2, 20)
    assert fee.reason == "Mahngebühr"


def test_a_dunning_charge_can_be_an_ordinary_item(order, claim):
    order["orderItems"][3]["typeId"] = 1
    assert claim(order).charges == ()
    found = claim(order, dunning_variations=[1099])
    assert [fee.amount for fee in found.charges] == [Decimal("2.50")]
    assert found.principal == Decimal("120.00")
    assert "Mahngebühr" not in found.subject


def test_the_quantity_of_dunning_charges_counts(order, claim):
    order["orderItems"][3]["quantity"] = "3"
    found = claim(order)
    assert found.charges[0].amount == Decimal("7.50")
    assert found.principal == Decimal("115.00")


def test_a_fee_is_rounded_as_a_line_of_the_invoice(order, claim):
    order["orderItems"][3]["amounts"][0]["priceGross"] = Decimal("2.4951")
    found = claim(order)
    assert found.charges[0].amount == Decimal("2.50")
    assert found.principal + found.charges[0].amount == Decimal("122.50")


def test_a_net_order_has_net_fees(order, claim):
    order["amounts"][0]["isNet"] = True
    assert claim(order).charges[0].amount == Decimal("2.10")


def test_more_fees_than_the_whole_order_are_refused(order, ask):
    order["orderItems"][3]["quantity"] = 100
    with pytest.raises(InvalidInput, match="Correct the order items") as caught:
        ask(order)
    assert caught.value.field == "orderItems"


def test_a_fee_without_price_in_the_order_currency_is_refused(order, ask):
    order["orderItems"][3]["amounts"][0]["currency"] = "USD"
    with pytest.raises(InvalidInput, match="no price in the currency") as caught:
        ask(order)
    assert caught.value.field == "orderItems.3.amounts"


def test_the_customers_currency_counts(order, claim):
    found = claim(_franc(order))
    assert found.currency == "CHF"
    assert found.principal == Decimal("240.00")
    assert found.charges[0].amount == Decimal("5.00")
    assert [payment.amount for payment in found.payments] == [Decimal("40.00")], "the listed payment is in euros"


def test_the_system_currency_counts_where_there_is_no_other(order, claim):
    order["amounts"][0].pop("isSystemCurrency")
    assert claim(order).principal == Decimal("120.00")


def test_the_order_of_the_entries_makes_no_difference(order, claim):
    order = _franc(order)
    order["amounts"].reverse()
    assert claim(order).currency == "CHF"


def test_two_foreign_currencies_are_refused(order, ask):
    order = _franc(order)
    order["amounts"].append(order["amounts"][1] | {"currency": "GBP"})
    with pytest.raises(InvalidInput, match="several amounts") as caught:
        ask(order)
    assert caught.value.field == "amounts"


def test_amounts_that_do_not_say_whose_they_are_are_refused(order, ask):
    order = _franc(order)
    for amount in order["amounts"]:
        del amount["isSystemCurrency"]
    with pytest.raises(InvalidInput, match="isSystemCurrency"):
        ask(order)


def test_an_unknown_currency_is_refused_without_its_value(order, ask):
    order["amounts"][0]["currency"] = "QQQ"
    order["orderItems"].pop()
    with pytest.raises(ValidationError, match="unknown currency") as caught:
        ask(order)
    assert "QQQ" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("invoiceTotal", "1.234,50"), ("paidAmount", "zwanzig"), ("invoiceTotal", "")])
def test_an_amount_that_is_no_number_is_refused(order, ask, key, value):
    order["amounts"][0][key] = value
    with pytest.raises(InvalidInput) as caught:
        ask(order)
    assert caught.value.field == f"amounts.0.{key}"
    assert "1.234,50" not in caught.value.read("de")


def test_a_negative_total_is_refused(order, ask):
    order["orderItems"] = []
    order["amounts"][0]["invoiceTotal"] = -5
    with pytest.raises(ValidationError, match="principal"):
        ask(order)


def test_payments_keep_their_dates(order, claim):
    (payment,) = claim(order).payments
    assert payment.amount == Decimal("20.00")
    assert payment.on == dt.date(2026, 2, 11), "23:15 UTC is the next day in Berlin"
    assert payment.origin is PaymentOrigin.SHOP
    assert payment.applies_to is AppliesTo.AUTO
    assert payment.reference == "3001"


def test_several_payments_that_add_up_stay_apart(order, claim):
    order["payments"] = [_payment(1, Decimal("12.50")), _payment(2, "7.5000", importedAt="2026-02-12T08:00:00+01:00")]
    first, second = claim(order).payments
    assert (first.amount, first.on) == (Decimal("12.50"), None)
    assert (second.amount, second.on) == (Decimal("7.50"), dt.date(2026, 2, 12))


@pytest.mark.parametrize(
    "extra",
    [
        {"status": 1},
        {"status": 5},
        {"status": 6},
        {"status": 9},
        {"status": 11},
        {"status": None},
        {"type": None},
        {"deleted": 1},
        {"deleted": True},
        {"unaccountable": "1"},
        {"currency": "USD"},
    ],
)
def test_payments_that_do_not_count_are_left_out(order, claim, extra):
    order["payments"].append(_payment(2, 100) | extra)
    (payment,) = claim(order).payments
    assert (payment.amount, payment.on) == (Decimal("20.00"), dt.date(2026, 2, 11))


@pytest.mark.parametrize(
    "listed",
    [
        [_payment(1, 15)],
        [_payment(1, 20), _payment(2, 5)],
        [_payment(1, 25), _payment(2, 5, type="debit")],
        [_payment(1, 20), _payment(2, 20), _payment(3, 20, type="debit")],
        [],
        None,
    ],
)
def test_payments_that_disagree_with_the_paid_amount_give_way_to_it(order, claim, listed):
    (payment,) = claim(order | {"payments": listed}).payments
    assert (payment.amount, payment.on, payment.reference) == (Decimal("20.00"), None, None)


def test_without_paid_amount_the_listed_payments_count(order, claim):
    del order["amounts"][0]["paidAmount"]
    assert [payment.reference for payment in claim(order).payments] == ["3001"]
    order["payments"] += [_payment(2, 10), _payment(3, 4, type="debit")]
    assert [payment.amount for payment in claim(order).payments] == [Decimal("26.00")]
    assert claim(order | {"payments": []}).payments == ()


def test_nothing_paid_is_no_payment(order, claim):
    order["amounts"][0]["paidAmount"] = 0
    order["payments"] = []
    assert claim(order).payments == ()


@pytest.mark.parametrize("status", ["fullyPaid", "overpaid"])
def test_an_order_that_the_shop_calls_paid_has_nothing_open(order, claim, status):
    order["properties"][1]["value"] = status
    found = claim(order)
    assert found.total_open == 0
    assert [payment.reference for payment in found.payments] == ["3001", "payment status"]


def test_an_overpaid_order_stays_overpaid(order, claim):
    order["properties"][1]["value"] = "overpaid"
    order["amounts"][0]["paidAmount"] = 130
    assert claim(order).total_open == Decimal("-7.50")


@pytest.mark.parametrize("key", ["giftCardAmount", "prepaidAmount"])
def test_gift_cards_and_advances_are_deducted_unless_told_otherwise(order, claim, key):
    order["amounts"][0][key] = Decimal("30.00")
    found = claim(order)
    assert found.principal == Decimal("120.00")
    assert found.total_open == Decimal("72.50")
    assert (found.payments[-1].applies_to, found.payments[-1].reference) == (AppliesTo.PRINCIPAL, key)
    others = [name for name in ("giftCardAmount", "prepaidAmount") if name != key]
    assert claim(order, deduct=others).total_open == Decimal("102.50")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=CENTS, fees=st.lists(CENTS, max_size=4), quantity=st.integers(1, 3))
def test_principal_and_fees_together_are_the_order(order, claim, total, fees, quantity):
    order = copy.deepcopy(order)
    order["amounts"][0]["invoiceTotal"] = total
    order["orderItems"] = [{"typeId": 12, "quantity": quantity, "amounts": [{"currency": "EUR", "priceGross": fee}]} for fee in fees]
    if sum(fees) * quantity > total:
        with pytest.raises(InvalidInput):
            claim(order)
        return
    found = claim(order)
    assert found.principal + sum(charge.amount for charge in found.charges) == total
