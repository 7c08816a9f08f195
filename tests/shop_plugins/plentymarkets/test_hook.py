"""Calls of the shop's event procedure: a secret, an order, and the next poll reads it."""

import datetime as dt

import pytest

from inkasso_core import InvalidInput, NotFound, ShopRequest
from inkasso_core.errors import DeliveryRefused

from .invented import child, order
from .town import polled

SECRET = "abcdefghijklmnop-1234"


@pytest.fixture
def ink(install, shop):
    """An installation with two orders to be collected and one that is not."""
    shop.orders = {number: order(number) for number in (101, 102)} | {103: order(103, statusId=7)}
    return install()


def _call(path, method="POST"):
    return ShopRequest(headers={}, body=b"anything", received_at=dt.datetime(2026, 4, 3, tzinfo=dt.UTC), method=method, path=path)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("path", [f"{SECRET}/103", f"{SECRET}/103/"])
def test_a_call_lets_the_next_poll_read_the_order(install, shop, method, path):
    shop.orders = {103: order(103, statusId=7)}
    ink = install(hook_secret=SECRET)
    received, results = ink.receive("plenty", _call(path, method))
    assert (received.status, received.body, results) == (200, b"OK", [])
    assert polled(ink) == [("ignored", None)]
    assert polled(ink) == []


@pytest.mark.parametrize("path", ["", "103", f"{SECRET[:-1]}/103", f"{SECRET}x/103", f"x/{SECRET}/103", "/", "ü/103"])
def test_a_call_without_the_secret_is_refused(install, path):
    with pytest.raises(DeliveryRefused) as caught:
        install(hook_secret=SECRET).receive("plenty", _call(path))
    assert SECRET not in str(caught.value.text)


def test_without_a_secret_every_call_is_refused(install):
    for path in ("", "/103", "None/103"):
        with pytest.raises(DeliveryRefused):
            install().receive("plenty", _call(path))


@pytest.mark.parametrize("rest", ["", "[OrderID]", "0", "-1", "103a", "103/104", "9" * 30, "²"])
def test_a_call_without_an_order_is_refused(install, rest):
    with pytest.raises(InvalidInput):
        install(hook_secret=SECRET).receive("plenty", _call(f"{SECRET}/{rest}"))


def test_an_order_that_the_shop_does_not_know_is_done_with(install, shop):
    ink = install(hook_secret=SECRET)
    ink.receive("plenty", _call(f"{SECRET}/999"))
    assert polled(ink) == []
    before = len(shop.counted("read"))
    assert polled(ink) == []
    assert len(shop.counted("read")) - before == 2, "nobody asks for it again"
    with pytest.raises(NotFound):
        ink.find("plenty:999")


def test_a_call_for_a_credit_note_reads_the_order_of_it(ink, install, shop):
    polled(ink)
    shop.orders[201] = child(201, 101, 4, "40.00")
    other = install(hook_secret=SECRET)
    other.receive("plenty", _call(f"{SECRET}/201"))
    assert ("revised", "101") in polled(other)


def test_an_order_becomes_overdue_while_nothing_changes(install, shop, clock):
    """It was read before, when it was not overdue yet."""
    shop.orders = {101: order(101)}
    ink = install(overdue_days=80, hook_secret=SECRET)
    ink.receive("plenty", _call(f"{SECRET}/101"))
    assert polled(ink) == [("ignored", None)]
    assert polled(ink) == []
    clock.forward(days=9)
    assert polled(ink) == [("registered", "101")]
