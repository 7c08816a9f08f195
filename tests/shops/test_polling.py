"""Polls: a page and its place are one commit; what breaks loses nothing; one poll of a shop at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shops.live import LiveShop
from world import NOON, World, claim, world

from inkasso_core import (
    Asked,
    InkassoError,
    InvalidInput,
    NotFound,
    Page,
    Part,
    Reported,
    ShopContext,
    ShopRequest,
    State,
    TemporarilyUnavailable,
    Text,
    points,
    to_json,
)

SHOPS = {"shop": {"plugin": "live"}}
DOWN = TemporarilyUnavailable(Text("Nicht erreichbar.", "Not reachable."))


def reported(order: str, **changes: Any) -> Reported:
    return Reported(payload=claim(order, **changes).model_dump(mode="json", exclude_defaults=True))


def changed(order: str) -> ShopRequest:
    """The shop says that an order changed."""
    return ShopRequest(headers={}, body=to_json({"order": order}), received_at=NOON, path="s3cr3t-of-the-shop")


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS, plugins={"live": live}) as made:
        yield made


def test_a_poll_takes_claims_page_by_page_and_the_next_goes_on_where_it_was(town: World, live: LiveShop) -> None:
    live.pages = lambda _context, _asked: iter([Page(reports=(reported("A-1"), reported("A-2")), cursor="2"), Page(cursor="3")])
    (polled,) = town.ink.poll("shop")
    assert (polled.pages, [result.ref for result in polled.results], polled.problem) == (2, ["shop:A-1", "shop:A-2"], None)
    assert town.state("A-1") is State.READY
    town.ink.poll()
    assert [asked.cursor for asked in live.asked] == [None, "3"]
    assert [(one.shop, one.polled_at, one.error) for one in town.ink.polls()] == [("shop", town.clock(), None)]


def test_what_breaks_between_two_pages_loses_neither_the_claims_nor_the_place(town: World, live: LiveShop) -> None:
    def pages(_context: ShopContext[Any], asked: Asked) -> Iterator[Page]:
        yield Page(reports=(reported("A-1"),), cursor="first")
        raise DOWN

    live.pages = pages
    (polled,) = town.ink.poll("shop")
    assert polled.problem is DOWN
    assert town.state("A-1") is State.READY
    (seen,) = town.ink.polls()
    assert (seen.polled_at, seen.error) == (None, "TEMPORARILY_UNAVAILABLE")
    town.ink.poll("shop")
    assert live.asked[-1].cursor == "first"


def test_a_plugin_that_breaks_is_named_and_its_data_are_not(town: World, live: LiveShop) -> None:
    def pages(_context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        raise RuntimeError("Erika Beispiel, s3cr3t-of-the-shop")
        yield

    live.pages = pages
    (polled,) = town.ink.poll("shop")
    assert polled.problem is not None
    assert "live" in polled.problem.text.en
    assert "RuntimeError" in polled.problem.text.de
    assert "Beispiel" not in str(polled.problem)
    live.pages = lambda _context, _asked: _raise(TemporarilyUnavailable(Text("s3cr3t-of-the-shop", "s3cr3t-of-the-shop")))
    (polled,) = town.ink.poll("shop")
    assert "s3cr3t" not in str(polled.problem)


def _raise(error: Exception) -> Iterator[Page]:
    raise error


def test_a_page_that_cannot_be_committed_leaves_nothing_of_itself(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    live.pages = lambda _context, _asked: iter([Page(reports=(reported("A-1"),), cursor="1", read=("A-1",))])
    town.ink.receive("shop", changed("A-1"))

    class Killed(BaseException):
        """Nothing catches it."""

    def kill(name: str) -> None:
        if name == "intake.before_commit":
            raise Killed

    monkeypatch.setattr(points, "listener", kill)
    with pytest.raises(Killed):
        town.ink.poll("shop")
    monkeypatch.setattr(points, "listener", None)
    assert list(town.ink.claims()) == []
    (polled,) = town.ink.poll("shop")  # the lease of this process was given back
    assert (live.asked[-1].cursor, live.asked[-1].wanted) == (None, ("A-1",))
    assert [result.outcome for result in polled.results] == ["registered"]


def test_two_polls_of_a_shop_at_once_are_one(town: World, live: LiveShop) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def pages(_context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        inside.set()
        assert go_on.wait(10)
        yield Page(reports=(reported("A-1"),), cursor="1")

    live.pages = pages
    thread = threading.Thread(target=town.ink.poll, args=("shop",))
    thread.start()
    assert inside.wait(10)
    with pytest.raises(TemporarilyUnavailable) as refused:
        town.ink.poll("shop")
    (one,) = town.ink.poll()
    assert isinstance(one.problem, TemporarilyUnavailable)
    go_on.set()
    thread.join()
    assert "anderen Prozess" in refused.value.text.de
    assert len(live.asked) == 1
    assert town.state("A-1") is State.READY


def test_what_a_shop_says_has_changed_is_read_and_then_forgotten(town: World, live: LiveShop) -> None:
    for order in ("A-1", "A-2", "A-1"):
        town.ink.receive("shop", changed(order))

    def pages(_context: ShopContext[Any], asked: Asked) -> Iterator[Page]:
        yield Page(reports=(reported("A-1"),), read=("A-1", "never asked"))
        town.ink.receive("shop", changed("A-2"))  # it changed again while it was read
        yield Page(reports=(reported("A-2"),), read=("A-2",))

    live.pages = pages
    town.ink.poll("shop")
    live.pages = lambda _context, _asked: iter(())
    town.ink.poll("shop")
    assert [asked.wanted for asked in live.asked] == [("A-1", "A-2"), ("A-2",)]


def test_a_shop_that_is_not_polled_says_so(town: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with world(tmp_path / "other") as other:
        assert other.ink.poll() == []
        for wrong in (lambda: other.ink.poll("shop"), lambda: other.ink.poll("nowhere")):
            with pytest.raises(NotFound):
                wrong()


def test_a_page_may_hold_parts_and_claims_together(town: World, live: LiveShop) -> None:
    body = {"claim": claim("P-1").model_dump(mode="json", exclude_defaults=True)}
    part = Reported(payload=body, part=Part(whole="P-1", once="tx-1"))
    live.pages = lambda _context, _asked: iter([Page(reports=(part, reported("A-1"), part), cursor="1", total=2)])
    glances: list[Any] = []
    (polled,) = town.ink.poll("shop", on_glance=glances.append)
    assert sorted(str(result.ref) for result in polled.results) == ["shop:A-1", "shop:P-1"]
    assert [(glance.done, glance.total) for glance in glances] == [(2, 2)]


def test_a_report_that_is_no_claim_stops_nothing(town: World, live: LiveShop) -> None:
    broken = Reported(payload={"source": {"order": "B-1"}})
    live.pages = lambda _context, _asked: iter([Page(reports=(broken, reported("A-1")), cursor="1")])
    (polled,) = town.ink.poll("shop")
    assert [result.outcome for result in polled.results] == ["failed", "registered"]
    assert isinstance(polled.results[0].problem, InvalidInput)
    assert len(town.ink.failed_events("shop")) == 1


def test_polling_every_shop_goes_on_where_one_cannot_be_served(tmp_path: Path, live: LiveShop) -> None:
    shops = {"bad": {"plugin": "live", "settings": {"secret": {"env": "NOT_SET_ANYWHERE"}}}, "shop": {"plugin": "live"}}
    with world(tmp_path, shops=shops, plugins={"live": live}) as town:
        live.pages = lambda _context, _asked: iter([Page(reports=(reported("A-1"),), cursor="1")])
        bad, good = town.ink.poll()
        assert isinstance(bad.problem, InkassoError)
        assert good.problem is None
        assert town.state("A-1") is State.READY


def test_what_cannot_be_read_keeps_nothing_from_its_turn(town: World, live: LiveShop) -> None:
    for number in range(501):
        town.ink.receive("shop", changed(f"W-{number:03}"))
        town.clock.forward(seconds=1)
    town.ink.poll("shop")
    assert "W-500" not in live.asked[-1].wanted
    town.ink.poll("shop")
    assert live.asked[-1].wanted[0] == "W-500"


def test_of_very_many_reports_all_are_counted_and_some_are_kept(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.polling.MOST_TAKEN", 3)
    live.pages = lambda _context, _asked: iter([Page(reports=tuple(reported(f"A-{number}") for number in range(5)), cursor="1")])
    (polled,) = town.ink.poll("shop")
    assert (len(polled.results), dict(polled.counts)) == (3, {"registered": 5})
