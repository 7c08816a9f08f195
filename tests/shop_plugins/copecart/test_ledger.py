"""One rate, from all that was told of it: what is owed, and what the routing table makes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from copecart import cancelled, charged_back, failed, made, notification, payload, pending, refunded
from hypothesis import given, settings
from hypothesis import strategies as st

from inkasso_core import Claim, InvalidInput, OrderEnd, ReturnKind
from inkasso_shop_plugins.copecart import CopeCartSettings
from inkasso_shop_plugins.copecart.claim import claim_of
from inkasso_shop_plugins.copecart.notification import Notification

PLAIN = CopeCartSettings()
BACK, FAILED, UNPAID = (f"{why}: claim, no published rule" for why in ("chargeback sepa", "failed sepa", "unpaid invoice"))
LOST = {"payment_status": "chargeback_failed"}


def invoiced(amount: str) -> dict[str, Any]:
    """The payment of an invoice."""
    return made(transaction_amount=amount, payment_method="invoice", day="2026-04-09")


def claim(*contents: dict[str, Any], rate: int = 2, **given: Any) -> Claim:
    """The claim of these notifications."""
    found = claim_of(payload(contents, rate), CopeCartSettings.model_validate(given))
    assert found is not None
    return found


def money(found: Claim) -> tuple[str, str, str, str]:
    """Principal, paid, credited, open."""
    paid, credited = sum(p.amount for p in found.payments), sum(c.amount for c in found.credits)
    return str(found.principal), str(paid or "0"), str(credited or "0"), str(found.principal_open)


@pytest.mark.parametrize(
    ("contents", "sums", "status", "triggered"),
    [
        ([made()], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([failed()], ("119.00", "0", "0", "119.00"), FAILED, True),
        ([pending()], ("119.00", "0", "0", "119.00"), UNPAID, True),
        ([charged_back()], ("119.00", "0", "0", "119.00"), BACK, True),
        ([made(), charged_back()], ("119.00", "0", "0", "119.00"), BACK, True),
        ([made(), charged_back(transaction_amount="50")], ("119.00", "69.00", "0", "50.00"), BACK, True),
        ([made(), charged_back(), made("tx_2", "2026-05-01")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([failed(), made("tx_2", "2026-05-01")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([made("tx_1", "2026-04-01"), failed()], ("119.00", "0", "0", "119.00"), FAILED, True),
        ([pending(), made(day=None, payment_method="invoice")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([failed(day=None), made()], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([pending(), refunded(transaction_amount="50,00", payment_method="invoice")], ("119.00", "0", "50.00", "69.00"), UNPAID, True),
        ([made(), refunded(transaction_amount="-50")], ("119.00", "69.00", "50.00", "0.00"), "paid", False),
        ([made(), refunded()], ("119.00", "0", "119.00", "0.00"), "refunded", False),
        ([made(), refunded(payment_status="failed_refunded")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([made(), refunded(transaction_amount=50), charged_back(day="2026-04-26")], ("119.00", "0", "50.00", "69.00"), BACK, True),
        ([made(), charged_back(), charged_back("tx_b2", "2026-04-21", **LOST)], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([charged_back(), charged_back("tx_b2", "2026-04-21", **LOST)], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([pending(), invoiced("100")], ("100.00", "100.00", "0", "0.00"), "paid", False),
        ([pending(), invoiced("0")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([pending(), invoiced("130")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([charged_back(day="2026-04-20 08:00 UTC"), made("t", "2026-05-01 10:20 UTC")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([made(day="2026-04-20 08:00:00 UTC"), charged_back(day="2026-04-01 10:20 UTC")], ("119.00", "119.00", "0", "0.00"), "paid", False),
        ([pending(transaction_amount="0")], ("0.00", "0", "0", "0.00"), "paid", False),
    ],
)  # fmt: skip
def test_what_is_owed(contents: list[dict[str, Any]], sums: tuple[str, str, str, str], status: str, triggered: bool) -> None:
    for told in (contents, contents[::-1], contents * 3):
        found = claim(*told)
        assert money(found) == sums
        assert (found.source.status, found.source.triggered) == (status, triggered)


def test_a_claim_says_what_the_buyer_will_recognise() -> None:
    found = claim(made(), charged_back(), vendors={"4711": {"name": "Beispiel Akademie"}}, products={"7a66056a": "4711"})
    source, debtor = found.source, found.debtor
    assert (source.key, source.vendor, source.version) == ("Ab12Cd34/7a66056a/2", "4711", 2)
    assert found.subject == "Online-Kurs, Rate 2 von 6, Anbieter Beispiel Akademie"
    assert found.contract is not None
    assert (found.contract.number, found.contract.concluded_on) == ("Ab12Cd34", dt.date(2026, 3, 1))
    assert (debtor.number, debtor.person and debtor.person.last_name) == ("55501", "Groß")
    assert debtor.address is not None
    assert (debtor.address.street_line, debtor.address.postal_code, debtor.address.country) == ("Lange Straße 7a", "01067", "DE")
    assert [(entry.kind, entry.on) for entry in found.returns] == [(ReturnKind.RETURNED_DEBIT, dt.date(2026, 4, 20))]
    assert claim(charged_back(payment_method="paypal")).returns[0].kind is ReturnKind.CHARGEBACK


def test_a_debit_that_is_tried_again_is_a_payment_on_its_way() -> None:
    found = claim(made(), charged_back(), notification("payment.pending", "tx_3", "2026-05-01"))
    assert (found.payment_pending, found.source.status) == (True, BACK)
    assert claim(made(), charged_back()).payment_pending is None


def test_buyers_whose_address_is_missing_or_in_one_field() -> None:
    bare = dict.fromkeys(("buyer_street", "buyer_house_number", "buyer_zipcode", "buyer_city"))
    assert claim(failed(**bare)).debtor.addresses == ()
    whole = claim(failed(**bare | {"buyer_address": "Lange Straße 7a"}))
    assert whole.debtor.address is not None
    assert whole.debtor.address.street_line == "Lange Straße 7a"
    completed = claim(made(), failed("tx_2", "2026-04-05", **bare))
    assert completed.debtor.address is not None
    assert completed.debtor.address.city == "Dresden"


def test_a_company_with_a_vat_number_is_a_business() -> None:
    company = claim(failed(buyer_company_name="Beispiel GmbH", buyer_vat_number="DE123456789")).debtor
    assert (company.capacity, company.organization and company.organization.name) == ("business", "Beispiel GmbH")
    assert claim(failed(buyer_company_name="Beispiel")).debtor.capacity == "unknown"


def test_a_day_without_a_time_keeps_the_order_in_which_such_things_happen() -> None:
    found = claim(made(day="2026-04-02"), failed(day="2026-04-02T23:00:00+02:00"))
    assert found.source.status == "paid"
    found = claim(made(day="2026-04-02T08:00:00+02:00"), failed(day="2026-04-02T23:00:00+02:00"))
    assert found.source.triggered


@pytest.mark.parametrize("number", [None, "", "0", 0, "1", 1])
def test_a_one_time_payment_is_one_rate_however_it_is_numbered(number: object) -> None:
    assert Notification(failed(payment_plan="one_time_payment", rate_number=number), PLAIN.timezone).rate == 1


# What the terms declare

TERMS = {
    "invoice_due_days": 7,
    "debit_due_days": 0,
    "due_date_origin": "contract",
    "reminder_days": [10, 20],
    "reminder_deadline_days": 7,
    "reminder_channel": "email",
    "invoiced": True,
    "invoice_number_is_order_id": True,
    "performed": True,
}


def test_an_unpaid_invoice_has_the_dates_of_the_terms() -> None:
    found = claim(pending(), terms=TERMS)
    assert found.invoice is not None
    assert (found.invoice.number, found.invoice.issued_on, found.due_date) == ("Ab12Cd34", dt.date(2026, 4, 2), dt.date(2026, 4, 9))
    assert [(one.level, one.sent_on, one.deadline) for one in found.reminders] == [
        (1, dt.date(2026, 4, 12), dt.date(2026, 4, 19)),
        (2, dt.date(2026, 4, 22), dt.date(2026, 4, 29)),
    ]
    assert set(found.asserted) == {"invoice.number", "due_date", "due_date_origin", "reminders", "performed"}


def test_a_debit_was_due_when_it_was_made_and_has_no_reminders() -> None:
    found = claim(made(), charged_back(), terms=TERMS)
    assert (found.due_date, found.reminders) == (dt.date(2026, 4, 2), ())
    assert set(found.asserted) == {"invoice.number", "invoice.issued_on", "due_date", "due_date_origin", "performed"}
    assert claim(charged_back(), terms=TERMS).due_date == dt.date(2026, 4, 20)
    assert claim(charged_back(rate_number="1"), rate=1, terms=TERMS).due_date == dt.date(2026, 3, 1)


def test_without_terms_nothing_is_asserted() -> None:
    found = claim(pending())
    assert (found.due_date, found.reminders, found.asserted, found.performed) == (None, (), (), None)
    assert claim(failed(product_type="digital")).kind == "goods"
    assert claim(failed(product_type="digital"), terms={"digital_kind": "service"}).asserted == ("kind",)


# A cancelled plan


@pytest.mark.parametrize(
    ("contents", "status"),
    [
        ([failed(day="2026-07-01"), cancelled()], "plan cancelled"),
        ([failed(day="2026-07-01"), cancelled(is_cancelled_for="2026-08-01")], FAILED),
        ([failed(day="2026-04-02"), cancelled()], FAILED),
        ([made(day="2026-07-01"), charged_back(day="2026-07-20"), cancelled()], BACK),
        ([charged_back(day="2026-07-20"), cancelled()], BACK),
        ([made(day="2026-07-01"), cancelled()], "paid"),
    ],
)
def test_a_cancelled_plan_stops_only_what_comes_after(contents: list[dict[str, Any]], status: str) -> None:
    for told in (contents, contents[::-1]):
        found = claim(*told)
        assert found.source.status == status
        assert found.ended is (OrderEnd.CANCELLED if status == "plan cancelled" else None)


# What cannot be told


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ([failed(transaction_amount="viel")], "AMOUNT_UNKNOWN"),
        ([failed(transaction_amount=None)], "AMOUNT_UNKNOWN"),
        ([failed(transaction_currency=None)], "CURRENCY_UNKNOWN"),
        ([made(), charged_back(transaction_currency="CHF")], "CURRENCY_UNKNOWN"),
        ([failed(rate_number=None)], "RATE_UNKNOWN"),
        ([failed(transaction_amount_per_product=[{"amount": "60", "slug": "a"}, {"amount": "59", "slug": "b"}])], "AMOUNT_UNKNOWN"),
    ],
)
def test_what_leaves_open_how_much_or_which_rate_is_refused(contents: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        claim_of(payload(contents), PLAIN)
    assert refused.value.reason == reason
    assert "Groß" not in str(refused.value)


def test_a_payment_closes_the_rate_also_where_its_amount_cannot_be_read() -> None:
    assert money(claim(failed(), made(day="2026-05-01", transaction_amount="viel")))[3] == "0.00"


def test_of_a_transaction_for_several_products_only_the_own_share_counts() -> None:
    shares = [{"amount": "19,00", "slug": "ffffffff", "name": "Heft"}, {"amount": "100.0", "slug": "7a66056a", "name": "Online-Kurs"}]
    assert claim(failed(transaction_amount_per_product=shares)).principal == Decimal(100)
    named = [{"amount": "19,00", "slug": "heft", "name": "Heft"}, {"amount": "100.0", "slug": "kurs", "name": "Online-Kurs"}]
    assert claim(failed(transaction_amount_per_product=named)).principal == Decimal(100)
    assert claim(failed(transaction_amount_per_product=shares[:1])).principal == Decimal(119)


def test_what_only_announces_or_tries_is_no_claim() -> None:
    assert claim_of(payload([notification("payment.trial", transaction_amount=None)]), PLAIN) is None
    assert claim_of(payload([cancelled()]), PLAIN) is None
    assert claim_of(payload([notification("payment.sung")]), PLAIN) is None
    assert claim_of(payload([]), PLAIN) is None


def test_two_vendors_of_one_rate_are_a_mistake_that_somebody_has_to_see() -> None:
    mixed = payload([made()], vendor="1")["parts"] + payload([failed()], vendor="2")["parts"]
    with pytest.raises(InvalidInput) as refused:
        claim_of({"whole": "A/b/2", "parts": mixed}, PLAIN)
    assert refused.value.reason == "VENDOR_CONFLICT"
    shared = CopeCartSettings.model_validate({"products": {"7a66056a": "2"}, "vendors": {"1": {}, "2": {}}, "vendor_field": "metadata"})
    mixed = payload([made()], vendor="1")["parts"] + payload([failed()])["parts"]
    with pytest.raises(InvalidInput) as refused:  # else whoever has a secret of his own could take over another vendor's order
        claim_of({"whole": "A/b/2", "parts": mixed}, shared)
    assert refused.value.reason == "VENDOR_CONFLICT"
    found = claim_of({"whole": "A/b/2", "parts": mixed}, shared.model_copy(update={"products": {"7a66056a": "1"}}))
    assert found is not None
    assert found.source.vendor == "1"
    for told, vendor in (({"metadata": "1"}, "1"), ({"metadata": "9"}, "2"), ({"product_id": "zz"}, None)):
        named = claim_of(payload([failed(**told)]), shared)
        assert named is not None
        assert named.source.vendor == vendor


# The law


_DAYS = st.sampled_from(
    ["2026-04-01", "2026-04-01T09:00:00+02:00", "2026-04-01T07:00:00Z", "2026-04-02T10:00:00", "03.04.2026", None, "neulich"]
)
_TEXTS = st.sampled_from([None, "119.0", "119,00", 119, "50", -50, "viel", "0", Decimal("33.33")])
_STATUSES = st.sampled_from([None, "chargeback_failed", "failed_refunded", "paid"])
_EVENTS = st.sampled_from(
    [f"payment.{name}" for name in ("made", "failed", "pending", "refunded", "charged_back", "charge_back", "trial", "new")]
)
NOTIFICATIONS = st.builds(
    lambda event, transaction, day, amount, status, method: notification(
        event, transaction, day, transaction_amount=amount, payment_method=method, **({"payment_status": status} if status else {})
    ),
    _EVENTS, st.sampled_from(["a", "b", "c", None]), _DAYS, _TEXTS, _STATUSES, st.sampled_from(["sepa", "invoice", "paypal"]),
) | st.builds(lambda day: cancelled(is_cancelled_for=day), _DAYS)  # fmt: skip


def outcome(contents: list[dict[str, Any]]) -> str:
    """What becomes of these notifications, without their number."""
    try:
        found = claim_of(payload(contents), PLAIN)
    except InvalidInput as exc:
        return exc.reason
    if found is None:
        return "none"
    assert found.source.version == len(contents)
    assert found.principal_open >= 0
    assert found.source.triggered <= (found.principal_open > 0)
    return found.digest()


@settings(max_examples=300, deadline=None)
@given(st.lists(NOTIFICATIONS, max_size=7), st.data())
def test_neither_the_order_of_arrival_nor_repetition_changes_a_claim(contents: list[dict[str, Any]], data: st.DataObject) -> None:
    arrived = data.draw(st.permutations(contents + data.draw(st.lists(st.sampled_from(contents), max_size=5)) if contents else contents))
    assert outcome(arrived) == outcome(contents)
