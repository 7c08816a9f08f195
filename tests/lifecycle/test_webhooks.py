"""Webhooks: the agency's signature first, then the same way as a feed; the same delivery twice is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from feeding import SIGNED, News, delivered, fed, noted, paid, reference, rows
from world import World, world

from inkasso_core import (
    DeliveryRefused,
    FeedKind,
    PluginError,
    UnsupportedOperation,
)


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture(params=["acknowledged", "cursor"])
def town(request: pytest.FixtureRequest, tmp_path: Path, news: News) -> Iterator[World]:
    with fed(tmp_path, news, cursor=request.param == "cursor") as made:
        yield made


def test_a_delivery_is_stored_and_applied_at_once_and_the_same_twice_is_one(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    body = delivered(paid(news, reference(town, ref), entry_id="W-1"), news.add(FeedKind.HINT, reference(town, ref), entry_id="W-2"))
    news.entries.clear()
    town.agency.asked.clear()
    assert town.ink.agency_webhook("agency", SIGNED, body) == 2
    assert town.ink.agency_webhook("agency", SIGNED, body) == 0
    assert len(noted(town, ref, "payment")) == 1
    assert town.agency.asked == [], "what needs a question is left to the next run"
    town.ink.follow()
    assert [operation for operation, _ in town.agency.asked] == ["fetch_status"]


def test_the_same_entry_by_webhook_and_by_feed_is_one(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    entry = paid(news, reference(town, ref))
    assert town.ink.agency_webhook("agency", SIGNED, delivered(entry)) == 1
    assert town.ink.follow().received == 0
    assert len(noted(town, ref, "payment")) == 1


def test_a_delivery_of_somebody_else_leaves_no_trace(town: World, news: News, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (ref,) = town.handed_over("A-1")
    body = delivered(news.add(FeedKind.MESSAGE, reference(town, ref), text="Zzzverräterisch"))
    with pytest.raises(DeliveryRefused):
        town.ink.agency_webhook("agency", {"X-Signed": "bad"}, body)
    assert rows(town) == []
    assert "Zzzverr" not in caplog.text


def test_an_adapter_that_breaks_on_a_delivery_says_so_without_its_content(town: World, news: News) -> None:
    news.troubles["receive"] = ValueError("Zzzverräterisch")
    with pytest.raises(PluginError) as caught:
        town.ink.agency_webhook("agency", SIGNED, b"[]")
    assert "Zzz" not in str(caught.value)
    assert caught.value.__suppress_context__
    news.troubles.clear()
    with pytest.raises(PluginError):
        town.ink.agency_webhook("agency", SIGNED, b"no json: Zzz")


def test_an_account_without_webhooks_refuses_them(tmp_path: Path) -> None:
    with world(tmp_path) as town, pytest.raises(UnsupportedOperation):
        town.ink.agency_webhook("agency", {}, b"")
