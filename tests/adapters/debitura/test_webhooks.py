"""Signed deliveries: right, wrong, old, rotated, repeated, of a test; and what each event says."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from decimal import Decimal

import pytest
from placements import placement

from inkasso_adapters.debitura import Debitura, mapping
from inkasso_core import Delivery, DeliveryRefused, FeedKind

from .conftest import Made
from .stand_in import NOW, StandIn, delivery

SECRET = base64.b64encode(b"a secret of 32 bytes, more or less").decode()
OTHER = base64.b64encode(b"another secret of the same account").decode()
CASE = {
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "reference": "Q8OAXF3W",
    "creditorReference": "T-1",
    "lifecycle": "Active",
    "grossAmount": Decimal("119.10"),
    "currency": "EUR",
    "debtor": {"name": "Jördis Groß-Möller"},
}


def arrived(headers: dict[str, str], body: bytes, at: dt.datetime = NOW) -> Delivery:
    return Delivery(headers=headers, body=body, received_at=at)


def signed(body: bytes, secret: str = SECRET, at: int = int(NOW.timestamp())) -> dict[str, str]:
    """The headers of any body."""
    digest = hmac.new(base64.b64decode(secret), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"x-debitura-signature": f"t={at},v1={digest}"}


@pytest.fixture
def receiver(made: Made) -> Debitura:
    """An adapter that knows the webhook's secret."""
    return made(webhook_secret=SECRET)


@pytest.mark.parametrize("event", mapping.EVENTS)
def test_a_right_signature_is_read(receiver: Debitura, event: str) -> None:
    headers, body = delivery(SECRET, event, CASE, int(NOW.timestamp()))
    feed = receiver.receive(arrived(headers, body))
    (entry,) = feed.entries
    assert (entry.kind, entry.agency_reference, entry.our_reference) == (mapping.EVENTS[event], CASE["id"], "T-1")
    assert entry.entry_id == json.loads(body)["id"]
    assert entry.at == NOW
    assert entry.report is None
    assert entry.collected is None, "the amount of an event is not said to be the payment's: the payments are read"
    assert entry.raw == body.decode()
    assert "Jördis" not in repr(feed)
    assert (feed.token, feed.cursor, feed.more) == (None, None, False)


def wrong() -> dict[str, dict[str, str]]:
    headers, body = delivery(SECRET, "case.updated", CASE, int(NOW.timestamp()))
    stamp, _, digest = headers["X-Debitura-Signature"].partition(",")
    return {
        "missing": {},
        "empty": {"X-Debitura-Signature": ""},
        "another secret": signed(body, OTHER),
        "undecoded secret": {"X-Debitura-Signature": f"{stamp},v1=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()},
        "without the time": {"X-Debitura-Signature": digest},
        "without the signature": {"X-Debitura-Signature": stamp},
        "another version": {"X-Debitura-Signature": f"{stamp},{digest.replace('v1', 'v0')}"},
        "another time": {"X-Debitura-Signature": f"t={int(NOW.timestamp()) + 1},{digest}"},
        "cut": {"X-Debitura-Signature": headers["X-Debitura-Signature"][:-1]},
        "words": {"X-Debitura-Signature": "t=now,v1=ü"},
    }


@pytest.mark.parametrize("case", wrong())
def test_a_wrong_signature_is_refused(receiver: Debitura, case: str) -> None:
    _, body = delivery(SECRET, "case.updated", CASE, int(NOW.timestamp()))
    with pytest.raises(DeliveryRefused):
        receiver.receive(arrived(wrong()[case], body))


def test_a_changed_body_is_refused(receiver: Debitura) -> None:
    headers, body = delivery(SECRET, "case.updated", CASE, int(NOW.timestamp()))
    with pytest.raises(DeliveryRefused):
        receiver.receive(arrived(headers, body.replace(b"119.1", b"119.2")))


@pytest.mark.parametrize(("seconds", "is_taken"), [(-301, False), (-300, True), (0, True), (300, True), (301, False), (86400, False)])
def test_a_signature_holds_for_300_seconds(receiver: Debitura, seconds: int, is_taken: bool) -> None:
    headers, body = delivery(SECRET, "case.updated", CASE, int(NOW.timestamp()))
    at = NOW + dt.timedelta(seconds=seconds)
    if is_taken:
        assert receiver.receive(arrived(headers, body, at)).entries
    else:
        with pytest.raises(DeliveryRefused):
            receiver.receive(arrived(headers, body, at))


def test_two_secrets_let_one_be_changed(made: Made) -> None:
    both = made(webhook_secret=OTHER, webhook_secret_before=SECRET)
    body = b'{"id": "evt_1", "event": "case.updated"}'
    for secret in (SECRET, OTHER):
        assert both.receive(arrived(signed(body, secret), body)).entries[0].entry_id == "evt_1"
    with pytest.raises(DeliveryRefused):
        made(webhook_secret=OTHER).receive(arrived(signed(body, SECRET), body))


def test_two_signatures_in_one_header(receiver: Debitura) -> None:
    body = b'{"id": "evt_1", "event": "case.updated"}'
    stamp, _, right = signed(body)["x-debitura-signature"].partition(",")
    header = {"X-DEBITURA-SIGNATURE": f"{stamp}, v1={'0' * 64}, {right.upper().replace('V1', 'v1')}"}
    assert receiver.receive(arrived(header, body)).entries


def test_a_repeated_delivery_has_the_same_id(receiver: Debitura) -> None:
    headers, body = delivery(SECRET, "payment.created", CASE, int(NOW.timestamp()))
    again = {**signed(body, at=int(NOW.timestamp()) + 3600), "X-Debitura-Replay": "true"}
    first = receiver.receive(arrived(headers, body))
    second = receiver.receive(arrived(again, body, NOW + dt.timedelta(hours=1)))
    assert first.entries[0].entry_id == second.entries[0].entry_id


def test_a_test_changes_nothing_but_in_an_account_for_tests(receiver: Debitura, made: Made) -> None:
    headers, body = delivery(SECRET, "case.closed", CASE, int(NOW.timestamp()), is_test=True)
    (kept,) = receiver.receive(arrived(headers, body)).entries
    assert (kept.kind, kept.agency_reference, kept.text) == (FeedKind.OTHER, None, "case.closed")
    (told,) = made(webhook_secret=SECRET, test=True).receive(arrived(headers, body)).entries
    assert told.kind is FeedKind.HINT


ODD = [b"", b"not json", b"\xff\xfe", b"[]", b"7", b"{}", b'{"event": "case.archived", "id": 7}', b'{"event": "case.updated", "data": [1]}']


@pytest.mark.parametrize("body", ODD)
def test_what_cannot_be_understood_is_kept(receiver: Debitura, body: bytes) -> None:
    (entry,) = receiver.receive(arrived(signed(body), body)).entries
    assert entry.kind is (FeedKind.HINT if b"case.updated" in body else FeedKind.OTHER)
    assert entry.entry_id
    assert entry.agency_reference is None
    assert entry.raw == body.decode("utf-8", "replace")


def test_the_agency_signs_what_happens_to_a_case(agency: StandIn, made: Made) -> None:
    secret = agency.subscribe("case.created", "case.updated", "case.closed", "payment.created", is_test=True)
    assert agency.subscribe("chat.created")
    debitura = made(test=True, webhook_secret=secret)
    case = str(debitura.submit(placement()).agency_reference)
    for to, advanced in (("Active", True), ("Active", False), ("Closed:Paid", True)):
        assert debitura.call("POST", f"test/cases/{case}/advance", json={"to": to, "amount": Decimal("153.99")})["advanced"] is advanced
    told = [debitura.receive(arrived(*sent)).entries[0] for sent in agency.deliveries]
    assert [entry.kind for entry in told] == [FeedKind.HINT, FeedKind.HINT, FeedKind.PAYMENT, FeedKind.HINT, FeedKind.HINT]
    assert {entry.agency_reference for entry in told} == {case}
    assert debitura.fetch_status(case).status.value == "closed_paid"


def test_without_a_secret_nothing_is_received(made: Made) -> None:
    assert "receive" not in made().operations
    with pytest.raises(DeliveryRefused):
        made().receive(arrived(signed(b"{}"), b"{}"))


@pytest.mark.parametrize("header", ["t=1,v1=\udcff", "t=\udcff,v1=00", "t=²,v1=00"])
def test_a_signature_in_bytes_that_are_no_text_is_refused(receiver: Debitura, header: str) -> None:
    with pytest.raises(DeliveryRefused):
        receiver.receive(arrived({"X-Debitura-Signature": header}, b"{}"))
