"""The routing table: every row that the help page shows, the operator's own rows, and what no row says."""

from __future__ import annotations

from typing import Any

import pytest
from copecart import charged_back, failed, made, payload, pending
from pydantic import ValidationError

from inkasso_core import Claim
from inkasso_shop_plugins.copecart import CopeCartSettings, statuses
from inkasso_shop_plugins.copecart.claim import claim_of
from inkasso_shop_plugins.copecart.routing import Case, Event, Number, Rule, Way, route

ONE_TIME, SUBSCRIPTION, INSTALMENTS = "one_time_payment", "abonnement", "breakdown_payment"
CLAIM, REMINDER, NO = Way.CLAIM, Way.REMINDER, Way.NOT_POSSIBLE

PAGE = {
    "stripe": (CLAIM, NO, NO),
    "paypal": (CLAIM, NO, NO),
    "sepa": (CLAIM, REMINDER, REMINDER),
    "invoice": (NO, NO, REMINDER),
    "klarna": (CLAIM, NO, NO),
    "sequra": (NO, NO, NO),
}
"""One-time payments, as the help page shows them: chargeback, failed, unpaid."""


@pytest.mark.parametrize("method", PAGE)
@pytest.mark.parametrize("number", Number)
def test_one_time_payments(method: str, number: Number) -> None:
    for event, way in zip((Event.CHARGEBACK, Event.FAILED, Event.UNPAID), PAGE[method], strict=True):
        assert route(Case(ONE_TIME, number, method, event), (), CLAIM) == (way, True)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("method", [*PAGE, "anything"])
def test_the_first_payment_of_a_subscription(method: str, event: Event) -> None:
    is_claim = event is Event.CHARGEBACK and method in ("stripe", "paypal", "sepa")
    wanted = Way.CLAIM_AND_CANCEL_PLAN if is_claim else NO
    assert route(Case(SUBSCRIPTION, Number.FIRST, method, event), (), CLAIM) == (wanted, True)


@pytest.mark.parametrize("unstated", [CLAIM, REMINDER, NO])
def test_what_no_row_says_is_marked_as_such(unstated: Way) -> None:
    for case in (
        Case(SUBSCRIPTION, Number.FOLLOW_UP, "sepa", Event.CHARGEBACK),
        Case(INSTALMENTS, Number.FIRST, "sepa", Event.CHARGEBACK),
        Case(ONE_TIME, Number.FIRST, "sofort", Event.FAILED),
        Case("", Number.FIRST, "", Event.FAILED),
    ):
        assert route(case, (), unstated) == (unstated, False)


def test_own_rows_count_before_the_published_ones_and_the_first_that_fits() -> None:
    own = [Rule(method="invoice", event="unpaid", way=CLAIM), Rule(method="INVOICE ", way=REMINDER), Rule(payment="follow_up", way=NO)]
    assert route(Case(ONE_TIME, Number.FIRST, "invoice", Event.UNPAID), own, NO) == (CLAIM, True)
    assert route(Case(ONE_TIME, Number.FIRST, "invoice", Event.FAILED), own, NO) == (REMINDER, True)
    assert route(Case(INSTALMENTS, Number.FOLLOW_UP, "sepa", Event.FAILED), own, CLAIM) == (NO, True)
    assert route(Case(INSTALMENTS, Number.FIRST, "sepa", Event.FAILED), own, CLAIM) == (CLAIM, False)


# On a claim


def claim(*contents: dict[str, Any], rate: int = 1, **given: Any) -> Claim:
    found = claim_of(payload(contents, rate), CopeCartSettings.model_validate(given))
    assert found is not None
    return found


def once(method: str, **changes: Any) -> dict[str, Any]:
    return {"payment_plan": ONE_TIME, "payment_method": method, "rate_number": None, "total_number_of_payments": None, **changes}


@pytest.mark.parametrize(
    ("content", "status", "triggered"),
    [
        (charged_back(**once("paypal")), "chargeback paypal: claim", True),
        (charged_back(**once("credit_card")), "chargeback stripe: claim", True),
        (failed(**once("credit_card")), "failed stripe: not possible", False),
        (failed(**once("sepa")), "failed sepa: reminder", False),
        (pending(**once("invoice")), "unpaid invoice: reminder", False),
        (charged_back(**once("sofort")), "chargeback sofort: claim, no published rule", True),
        (charged_back(**once("Änne Groß")), "chargeback other: claim, no published rule", True),
        (charged_back(payment_plan=SUBSCRIPTION, rate_number="1"), "chargeback sepa: claim, cancel the plan", True),
    ],
)
def test_the_status_says_what_becomes_of_the_rate(content: dict[str, Any], status: str, triggered: bool) -> None:
    found = claim(content)
    assert (found.source.status, found.source.triggered) == (status, triggered)
    assert triggered or status in statuses.idle()


def test_own_rows_settings() -> None:
    schedule = [{"method": "invoice", "event": "unpaid", "way": "claim"}]
    assert claim(pending(**once("invoice")), routing=schedule).source.status == "unpaid invoice: claim"
    found = claim(failed(**once("sofort")), unstated="reminder")
    assert (found.source.status, found.source.triggered) == ("failed sofort: reminder, no published rule", False)
    assert found.source.status in statuses.idle()
    for wrong in ({"way": "maybe"}, {"way": "claim", "event": "sung"}, {"way": "claim", "payment": "third"}, {"event": "failed"}, {"x": 1}):
        with pytest.raises(ValidationError):
            CopeCartSettings.model_validate({"routing": [wrong]})


@pytest.mark.parametrize(
    ("amount", "changes", "given", "triggered"),
    [
        ("48.99", once("paypal"), {}, False),
        ("49.00", once("paypal"), {}, True),
        ("48.99", once("paypal"), {"order_minimum": "0"}, True),
        ("12.00", {"total_number_of_payments": "4"}, {}, False),
        ("12.25", {"total_number_of_payments": "4"}, {}, True),
        ("12.00", {"payment_plan": SUBSCRIPTION, "rate_number": "1"}, {}, True),
        ("12.00", {"total_number_of_payments": None}, {}, True),
    ],
)
def test_orders_below_the_minimum_are_not_collected(amount: str, changes: dict[str, Any], given: dict[str, Any], triggered: bool) -> None:
    found = claim(charged_back(transaction_amount=amount, **changes), **given)
    assert found.source.triggered is triggered
    if not triggered:
        assert str(found.source.status).endswith("order below the minimum")
        assert found.source.status in statuses.idle()


def test_the_total_of_an_order_counts_and_not_what_went_back() -> None:
    part = {**once("paypal"), "transaction_amount": "20"}
    assert claim(made(**once("paypal")), charged_back(**part)).source.triggered
