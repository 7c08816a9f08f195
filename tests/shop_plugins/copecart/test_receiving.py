"""Notifications as they arrive: whose they are, what is kept of them, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from copecart import SECRET, cancelled, charged_back, cope_signature, encoded, failed, ipn_signature, made, notification, refunded, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import NOON, World, world

from inkasso_core import DeliveryRefused, InvalidInput, ShopRequest, State
from inkasso_shop_plugins.copecart import CopeCart, CopeCartSettings
from inkasso_shop_plugins.copecart.receiving import MOST_BYTES, receive

SETTINGS = {
    "secret": ["neues-geheimnis", SECRET],
    "vendors": {"4711": {"secret": "geheim-des-verkaeufers", "name": "Beispiel Akademie"}, "79424": {}},
}
MARKETPLACE = {"plugin": "copecart", "profile": "marketplace", "creditor": "firm", "settings": SETTINGS}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, shops={"shop": MARKETPLACE}, plugins={"copecart": CopeCart()}) as made_up:
        yield made_up


def taken(town: World, asked: ShopRequest) -> str:
    """Let the shop send it; return what it is answered with."""
    received, results = town.ink.receive("shop", asked)
    assert (received.status, results) == (200, [])
    return received.body.decode()


def told(town: World) -> list[tuple[str, str | None]]:
    """Tell the plugin what came; return what became of each."""
    return [(result.outcome, result.ref) for result in town.ink.tell_parts("shop")]


# Whose it is


@pytest.mark.parametrize("secret", ["neues-geheimnis", SECRET])
def test_every_secret_holds_while_one_is_being_changed(town: World, secret: str) -> None:
    assert taken(town, request(failed(), secret=secret)) == "OK"
    assert told(town) == [("registered", "shop:Ab12Cd34/7a66056a/2")]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("", "falsch"),
        ("", "geheim-des-verkaeufers"),
        ("4711", SECRET),
        ("79424", "geheim-des-verkaeufers"),
        ("nobody", SECRET),
        ("4711/79424", SECRET),
        ("4711/..", "geheim-des-verkaeufers"),
    ],
)
def test_who_does_not_know_the_secret_of_the_address_stores_nothing(town: World, path: str, secret: str) -> None:
    with pytest.raises(DeliveryRefused):
        town.ink.receive("shop", request(failed(), path, secret=secret))
    assert told(town) == []


@pytest.mark.parametrize(
    ("path", "secret", "vendor"), [("4711", "geheim-des-verkaeufers", "4711"), ("79424/", SECRET, "79424"), ("", SECRET, None)]
)
def test_the_address_says_whose_order_it_is(town: World, path: str, secret: str, vendor: str | None) -> None:
    assert taken(town, request(failed(), path, secret=secret)) == "OK"
    told(town)
    assert town.ink.find("shop:Ab12Cd34/7a66056a/2").vendor == vendor


def test_the_signature_is_over_the_bytes_as_they_came(town: World) -> None:
    body = encoded(failed())
    spaced = body.replace(b",", b", ")
    for changed in (spaced, body + b" ", body[:-1], body.replace(b"119.0", b"219.0"), b""):
        with pytest.raises(DeliveryRefused):
            town.ink.receive("shop", request(changed, headers={"X-Copecart-Signature": ipn_signature(body)}))
    assert taken(town, request(spaced, headers={"x-copecart-signature": f" {ipn_signature(spaced)} "})) == "OK"


BODY = encoded(failed())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Copecart-Signature": ""},
        {"X-Copecart-Signature": "kein base64"},
        {"X-Copecart-Signature": "ü" * 44},
        {"X-Copecart-Signature": ipn_signature(BODY)[:-4]},
        {"X-Copecart-Signature": ipn_signature(BODY) * 50},
        {"X-Cope-Signature": ""},
        {"X-Cope-Signature": "t=,v1="},
        {"X-Cope-Signature": cope_signature(BODY).replace("v1", "v0")},
        {"X-Cope-Signature": cope_signature(BODY, at=NOON - dt.timedelta(seconds=301))},
        {"X-Cope-Signature": cope_signature(BODY, at=NOON + dt.timedelta(seconds=301))},
        {"X-Cope-Signature": cope_signature(BODY) + ",t=1"},
        {"X-Cope-Signature": "t=99999999999999999999," + cope_signature(BODY).split(",")[1]},
        {"X-Cope-Signature": cope_signature(BODY, "falsch")},
        {"X-Cope-Signature": cope_signature(BODY, "falsch"), "X-Copecart-Signature": ipn_signature(BODY)},
        {"X-Cope-Signature": "," * 1000 + cope_signature(BODY)},
    ],
)
def test_signatures_that_are_none(headers: dict[str, str]) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        receive(CopeCartSettings.model_validate(SETTINGS), request(BODY, headers=headers))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_the_new_platform_signs_the_time_too(seconds: int) -> None:
    at = NOON + dt.timedelta(seconds=seconds)
    both = f"{cope_signature(BODY, 'altes', at=at)},{cope_signature(BODY, at=at).split(',')[1]}"
    for header in (cope_signature(BODY, at=at), both):
        received = receive(CopeCartSettings.model_validate(SETTINGS), request(BODY, headers={"X-Cope-Signature": header}))
        assert (received.body, len(received.reports)) == (b"OK", 1)


def test_without_a_secret_nothing_is_taken() -> None:
    for path in ("", "1"):
        with pytest.raises(DeliveryRefused):
            receive(CopeCartSettings.model_validate({"vendors": {"1": {}}}), request(failed(), path, secret=""))


# What is kept


@pytest.mark.parametrize(
    "test",
    [{"test_payment": True}, {"test_payment": "true"}, {"test_payment": 1}, {"payment_status": "test_paid"}, {"payment_method": "test"}],
)
def test_a_test_is_answered_and_not_kept(town: World, test: dict[str, Any]) -> None:
    assert taken(town, request(failed(**test))) == "OK"
    assert told(town) == []


def test_the_same_one_again_is_kept_once(town: World) -> None:
    first, other = failed(), charged_back()
    for content in (first, first, other, first | {"a_new_field": "of today"}, other):
        assert taken(town, request(content)) == "OK"
    (result,) = town.ink.tell_parts("shop")
    assert result.outcome == "registered"
    assert town.ink.show("shop:Ab12Cd34/7a66056a/2").claim.source.version == 2
    assert told(town) == []


def test_two_products_of_one_transaction_are_two_claims(town: World) -> None:
    for product in ("aaaaaaaa", "bbbbbbbb"):
        taken(town, request(failed(product_id=product)))
    assert told(town) == [("registered", "shop:Ab12Cd34/aaaaaaaa/2"), ("registered", "shop:Ab12Cd34/bbbbbbbb/2")]


def test_events_nobody_knows_are_kept_and_mean_nothing(town: World) -> None:
    new = {"event_type": "payment.sale.succeeded", "idempotency_key": "k-1", "order": {"uuid": "0192"}, "buyer": {"email": "a@example.org"}}
    body = encoded(new)
    for content in (notification("payment.sung"), notification("payment.recurring.upcoming", None), {"hello": 1}, {}):
        assert taken(town, request(content)) == "OK"
    for number in ("evt_1", "evt_1", "evt_2"):
        headers = {"X-Cope-Signature": cope_signature(body), "X-Cope-Event-Id": number}
        assert taken(town, request(body, headers=headers)) == "OK"
    assert [outcome for outcome, _ in told(town)] == ["ignored"] * 6
    assert town.ink.failed_events("shop") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "NO_JSON"),
        (b"{", "NO_JSON"),
        (b"\xff\xfe", "NO_JSON"),
        (b"[" * 100_000, "NO_JSON"),
        (b"[]", "NO_OBJECT"),
        (b'"OK"', "NO_OBJECT"),
        (b'{"a": NaN}', "NO_JSON"),
        (b'{"a":' + b"[" * 21 + b"]" * 21 + b"}", "TOO_DEEP"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "TOO_DEEP"),
        (b" " * (MOST_BYTES + 1), "TOO_LARGE"),
        (encoded(failed(order_id="x" * 61)), "ID_TOO_LONG"),
        (encoded(failed(product_id="/" * 21)), "ID_TOO_LONG"),
    ],
)
def test_what_is_no_notification_is_refused_by_its_form(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        receive(CopeCartSettings.model_validate(SETTINGS), request(body))
    assert refused.value.reason == reason


def test_ids_with_slashes_stay_apart(town: World) -> None:
    taken(town, request(failed(order_id="a/b", product_id="c")))
    taken(town, request(failed(order_id="a", product_id="b/c")))
    assert sorted(str(ref) for _, ref in told(town)) == ["shop:a%2Fb/c/2", "shop:a/b%2Fc/2"]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["payment.failed", "1", "2026-04-01", "\ud800", "a\0b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(failed())), _JSON))
def test_garbage_under_a_right_signature_breaks_nothing(town: World, changes: dict[str, Any]) -> None:
    body = json.dumps({**failed(), **changes}).encode()
    try:
        received, _ = town.ink.receive("shop", request(body))
    except InvalidInput:
        return
    assert received.body == b"OK"
    assert {result.outcome for result in town.ink.tell_parts("shop")} <= {"registered", "revised", "repeated", "ignored", "failed"}
    for row in town.ink.failed_events("shop"):
        assert row.code != "PLUGIN_BROKE", row.message


# What becomes of it


def test_six_instalments_the_second_charged_back(town: World) -> None:
    for rate in range(1, 7):
        taken(town, request(made(f"tx_{rate}", f"2026-0{rate}-01", rate_number=str(rate))))
    taken(town, request(charged_back(rate_number="2")))
    outcomes = {ref: outcome for outcome, ref in told(town) if ref}
    assert outcomes == {"shop:Ab12Cd34/7a66056a/2": "registered"}
    shown = town.ink.show("shop:Ab12Cd34/7a66056a/2").claim
    assert (shown.principal_open, shown.source.status) == (119, "chargeback sepa: claim, no published rule")
    trace = town.ink.trace("shop:Ab12Cd34/7a66056a/3")
    assert trace.idle is not None
    assert trace.idle.status == "paid"


def test_a_payment_that_arrives_first_keeps_a_failure_before_it_from_being_a_claim(town: World) -> None:
    taken(town, request(made("tx_2", "2026-04-05")))
    assert told(town) == [("ignored", None)]
    taken(town, request(failed(day="2026-04-02")))
    assert told(town) == [("ignored", None)]
    assert list(town.ink.claims()) == []


def test_a_payment_ends_the_claim(town: World) -> None:
    taken(town, request(failed()))
    told(town)
    taken(town, request(made("tx_2", "2026-04-05")))
    assert told(town) == [("revised", "shop:Ab12Cd34/7a66056a/2")]
    assert town.state("Ab12Cd34/7a66056a/2") is State.PAID


def test_a_cancelled_plan_is_told_to_every_rate_whatever_came_first(town: World) -> None:
    later = failed("tx_4", "2026-09-01", rate_number="4")
    taken(town, request(failed()))
    taken(town, request(failed("tx_3", "2026-08-01", rate_number="3")))
    assert len(told(town)) == 2
    taken(town, request(cancelled(is_cancelled_for="2026-07-01")))
    taken(town, request(later))
    assert sorted(told(town)) == [
        ("ignored", None),
        ("ignored", None),
        ("ignored", None),
        ("repeated", "shop:Ab12Cd34/7a66056a/2"),
        ("revised", "shop:Ab12Cd34/7a66056a/3"),
    ]
    assert town.state("Ab12Cd34/7a66056a/3") is State.CANCELLED
    assert town.state("Ab12Cd34/7a66056a/2") is State.WAITING
    trace = town.ink.trace("shop:Ab12Cd34/7a66056a/4")
    assert trace.idle is not None
    assert trace.idle.status == "plan cancelled"
    assert told(town) == []


def test_a_payment_of_which_nobody_knows_the_rate_waits_for_a_person(town: World) -> None:
    taken(town, request(failed()))
    taken(town, request(charged_back(rate_number=None)))
    assert sorted(told(town)) == [("failed", None), ("registered", "shop:Ab12Cd34/7a66056a/2"), ("repeated", "shop:Ab12Cd34/7a66056a/2")]
    (row,) = town.ink.failed_events("shop")
    assert row.code == "RATE_UNKNOWN"


STORIES = {
    "charged back": ([made(), charged_back()], 119),
    "refunded in part, then charged back": ([made(), refunded(transaction_amount="20", day="2026-04-10"), charged_back()], 99),
    "charged back in part, and that part refunded": ([made(), charged_back(transaction_amount="50"), refunded(transaction_amount="50")], 0),
    "failed, paid, charged back": ([failed("a", "2026-04-01"), made(), charged_back()], 119),
    "paid again after a chargeback": ([made(), charged_back(), made("b", "2026-05-01")], 0),
    "refunded": ([failed("a", "2026-04-01"), made(), refunded()], 0),
    "let off": ([failed("a", "2026-04-01"), refunded(), refunded("r2", "2026-04-26", transaction_amount="1")], 0),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_end_is_the_same_whatever_was_told_on_the_way(tmp_path: Path, story: str) -> None:
    contents, owed = STORIES[story]
    for number, order in enumerate(permutations(contents)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with world(folder, shops={"shop": MARKETPLACE}, plugins={"copecart": CopeCart()}) as town:
            for content in order:
                taken(town, request(content))
                town.ink.tell_parts("shop")
            still = [stored.principal_open for stored in town.ink.claims() if stored.state not in (State.PAID, State.CANCELLED)]
            assert still == ([owed] if owed else []), [content["event_type"] for content in order]
