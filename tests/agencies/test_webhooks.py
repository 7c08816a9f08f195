"""Webhook signatures: right, wrong, missing, old, and of a secret that is being replaced."""

import datetime as dt
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core import Delivery, DeliveryRefused, check_signature, check_time

NOW = dt.datetime(2026, 9, 1, 12, 0, tzinfo=dt.UTC)
BODY = '{"id": "e-1", "text": "Köln"}'.encode()
DELIVERY = Delivery(headers={"X-Acme-Signature": "…"}, body=BODY, received_at=NOW)


def sign(key: bytes, body: bytes = BODY) -> str:
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def test_a_right_signature_is_taken_also_of_the_second_secret_and_in_capitals() -> None:
    for given_ in (sign(b"new"), sign(b"old"), sign(b"new").upper(), f" {sign(b'new')} "):
        check_signature(DELIVERY, signed=BODY, given=[given_], keys=[b"new", b"old"], agency="acme")
    check_signature(DELIVERY, signed=BODY, given=["nonsense", sign(b"new")], keys=[b"new"], agency="acme")


@pytest.mark.parametrize("given_", [[], [""], ["nonsense"], ["ü"], [sign(b"other")], [sign(b"new", BODY + b" ")]])
def test_a_wrong_one_is_refused(given_: list[str]) -> None:
    with pytest.raises(DeliveryRefused) as caught:
        check_signature(DELIVERY, signed=BODY, given=given_, keys=[b"new"], agency="acme")
    assert caught.value.agency == "acme"


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(DeliveryRefused):
        check_signature(DELIVERY, signed=BODY, given=[sign(b"")], keys=[], agency="acme")


@given(st.integers(-1000, 1000))
def test_the_time_counts_both_ways(away: int) -> None:
    seconds = str(int(NOW.timestamp()) + away)
    if abs(away) <= 300:
        check_time(DELIVERY, seconds, agency="acme")
    else:
        with pytest.raises(DeliveryRefused):
            check_time(DELIVERY, seconds, agency="acme")


@pytest.mark.parametrize("seconds", [None, "", "soon", "1.5", "-1", "²", "9" * 40])
def test_a_time_that_is_none_is_refused(seconds: str | None) -> None:
    with pytest.raises(DeliveryRefused):
        check_time(DELIVERY, seconds, agency="acme")


def test_headers_are_found_whatever_their_spelling() -> None:
    assert DELIVERY.header("x-acme-signature") == "…"
    assert DELIVERY.header("X-Other") is None
    assert "Köln" not in repr(DELIVERY)
