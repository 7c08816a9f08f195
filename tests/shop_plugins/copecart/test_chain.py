"""From the notification to the agency, and what people are asked to do: through the facade, on the test's clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import AS_OF
from copecart import charged_back, failed, made, notification, pending, request
from world import OPERATOR, World, done, world

from inkasso_core import Actor, Role, State
from inkasso_shop_plugins.copecart import CopeCart

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
INVOICES = [{"method": "invoice", "event": "unpaid", "way": "claim"}]
SETTINGS = {"vendors": {"4711": {"secret": "geheim-4711", "name": "Beispiel Akademie"}}, "terms": TERMS, "routing": INVOICES}
VENDOR = Actor("viktor", Role.VENDOR, vendors=frozenset({"4711"}))
ONCE: dict[str, Any] = {"payment_plan": "one_time_payment", "rate_number": "1", "total_number_of_payments": None}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    market = {"plugin": "copecart", "profile": "marketplace", "creditor": "firm", "settings": SETTINGS}
    with world(tmp_path, shops={"shop": market}, plugins={"copecart": CopeCart()}) as made_up:
        yield made_up


def tell(town: World, *contents: dict[str, Any]) -> str:
    """Let the vendor's platform send them; return the claim's ref."""
    for content in contents:
        town.ink.receive("shop", request(content, "4711"))
    (result,) = town.ink.tell_parts("shop")
    return str(result.ref)


def test_a_chargeback_is_started_by_its_vendor_and_reaches_the_agency(town: World) -> None:
    ref = tell(town, made(**ONCE, payment_method="paypal"), charged_back(**ONCE, payment_method="paypal"))
    assert town.state(ref) is State.READY, town.ink.diagnose(ref).red
    done(town.ink.release([ref], actor=VENDOR))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    (sent,) = town.agency.sent
    assert (sent.claims[0].principal_open, sent.claims[0].subject) == (119, "Online-Kurs, Anbieter Beispiel Akademie")


def test_an_unpaid_invoice_waits_for_the_end_of_the_schedule(town: World) -> None:
    issued = AS_OF - dt.timedelta(days=5)
    ref = tell(town, pending(day=issued.isoformat(), **ONCE))
    diagnosis = town.ink.diagnose(ref)
    assert town.state(ref) is State.WAITING
    assert diagnosis.expected_on is not None
    assert diagnosis.expected_on > issued + dt.timedelta(days=27)
    before = diagnosis.expected_on - dt.timedelta(days=1)
    assert not town.ink.diagnose(ref, as_of=before).is_ready
    town.clock.forward(days=(diagnosis.expected_on - AS_OF).days)
    town.ink.run_due()
    assert town.state(ref) is State.READY


def test_a_missing_address_is_what_the_diagnosis_says(town: World) -> None:
    bare = dict.fromkeys(("buyer_street", "buyer_house_number", "buyer_zipcode", "buyer_city"))
    ref = tell(town, charged_back(**ONCE, **bare, payment_method="paypal"))
    assert "ADDRESS_INCOMPLETE" in town.ink.diagnose(ref).red
    assert town.state(ref) is State.WAITING
    town.ink.receive("shop", request(charged_back("tx_9", "2026-04-21T10:00:00Z", **ONCE, payment_method="paypal"), "4711"))
    town.ink.tell_parts()
    assert "ADDRESS_INCOMPLETE" not in town.ink.diagnose(ref).red


def test_what_no_published_rule_covers_is_released_by_a_person_only(town: World) -> None:
    ref = tell(town, charged_back())
    assert "RULE_NOT_PUBLISHED" in town.ink.diagnose(ref).warnings
    done(town.ink.release([ref], actor=OPERATOR))


def test_a_person_is_asked_once_to_cancel_the_plan_of_a_subscription(town: World) -> None:
    first = {"payment_plan": "abonnement", "rate_number": "1", "total_number_of_payments": None}
    tell(town, made(**first), charged_back(**first))
    town.ink.run_due()
    town.ink.receive("shop", request(charged_back("tx_again", "2026-04-22T10:00:00Z", **first), "4711"))
    town.ink.run_due()
    (task,) = [task for task in town.ink.tasks() if "Ab12Cd34" in task.message.de]
    assert "kündigen" in task.message.de
    assert "cancel" in task.message.en


def test_a_single_notification_posted_as_an_event_is_refused(town: World) -> None:
    result = town.ink.export_requested(shop="shop", payload=notification("payment.failed"))
    assert result.outcome == "failed"
    assert getattr(result.problem, "reason", None) == "SINGLE_NOTIFICATION"
    tell(town, failed())
    assert len(list(town.ink.claims())) == 1
