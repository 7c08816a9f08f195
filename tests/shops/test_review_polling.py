"""Polls that break, wait long, or are interrupted: nothing of them stays behind, and nobody takes the shop away meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from shops.live import LiveShop
from world import World, claim, world

from inkasso_core import Asked, Page, Part, Received, Reported, ShopContext, Text, points
from inkasso_core.owner import LEASE
from inkasso_core.store.schema_shops import shop_poll


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops={"shop": {"plugin": "live"}}, plugins={"live": live}) as made:
        yield made


def reported(order: str, part: Part | None = None) -> Reported:
    body = claim(order).model_dump(mode="json", exclude_defaults=True)
    return Reported(payload={"claim": body} if part else body, part=part)


def test_what_a_plugin_holds_is_let_go_when_its_page_cannot_be_stored(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def pages(context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        with context.shelf.locked("token"):
            yield Page(reports=(reported("A-1"),), cursor="1")

    def breaks(name: str) -> None:
        if name == "poll.stored":
            raise RuntimeError

    live.pages = pages
    monkeypatch.setattr(points, "listener", breaks)
    (polled,) = town.ink.poll("shop")
    monkeypatch.setattr(points, "listener", None)
    assert polled.problem is not None  # and with it the place where it was raised

    def again(context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        with context.shelf.locked("token", wait=0):
            yield Page()

    live.pages = again
    assert town.ink.poll("shop")[0].problem is None


def test_a_poll_that_was_interrupted_did_not_come_to_its_end(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(name: str) -> None:
        if name == "poll.stored":
            raise KeyboardInterrupt

    live.pages = lambda _context, _asked: iter([Page(cursor="1")])
    monkeypatch.setattr(points, "listener", interrupt)
    with pytest.raises(KeyboardInterrupt):
        town.ink.poll("shop")
    assert [one.polled_at for one in town.ink.polls()] == [None]


def test_the_shop_stays_ours_while_the_plugin_waits(town: World, live: LiveShop) -> None:
    until: list[dt.datetime] = []

    def held() -> dt.datetime:
        with town.ink._context.database.read() as connection:
            found: dt.datetime | None = connection.scalar(sa.select(shop_poll.c.lease_until))
        assert found is not None
        return found

    def pages(context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        for _ in range(5):
            before = context.now()
            context.sleep(600)
            until.append(held())
            town.clock.forward(seconds=600)
            assert until[-1] > before + dt.timedelta(seconds=600)
        yield Page(reports=(reported("A-1"),), cursor="1")

    object.__setattr__(town.ink._context, "sleep", lambda _seconds: None)
    live.pages = pages
    assert town.ink.poll("shop")[0].problem is None
    assert until[-1] - until[0] >= LEASE


def test_a_whole_that_belongs_to_itself_is_told_once(town: World, live: LiveShop) -> None:
    live.pages = lambda _context, _asked: iter([Page(reports=(reported("A-1", Part(whole="A-1", above="A-1", once="one")),))])
    (polled,) = town.ink.poll("shop")
    assert [result.outcome for result in polled.results] == ["registered"]
    assert len(live.wholes) == 1


def test_a_whole_that_lost_a_part_to_another_says_when_it_changed(town: World, live: LiveShop) -> None:
    def poll(*parts: Reported) -> None:
        live.pages = lambda _context, _asked: iter([Page(reports=parts)])
        live.wholes.clear()
        town.clock.forward(hours=1)
        assert town.ink.poll("shop")[0].problem is None

    first, moved = Part(whole="A-1", once="one", latest=True), Part(whole="A-1", once="two", latest=True)
    poll(reported("A-1", first), reported("A-1", moved))
    poll(reported("A-2", moved.model_copy(update={"whole": "A-2"})))
    told = {whole["whole"]: (whole["changed_at"], len(whole["parts"])) for whole in live.wholes}
    assert told == {"A-1": (town.clock().isoformat(), 1), "A-2": (town.clock().isoformat(), 1)}


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 201])
def test_a_record_that_no_store_can_name_is_the_plugins_error_everywhere(name: str) -> None:
    with pytest.raises(ValidationError):
        Received(wanted=(name,))


def test_an_event_that_is_told_again_late_takes_nobodys_place_on_the_desk(town: World, live: LiveShop) -> None:
    live.pages = lambda _context, _asked: iter([Page(reports=(reported("A-1"),))])
    town.ink.poll("shop")
    asked: list[bool] = []

    def pages(context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        older, newer, text = "01J00000000000000000000001", "01J00000000000000000000002", Text("Eintragen.", "Enter.")
        asked.extend(context.desk.ask("A-1", event, text, status=status) for event, status in ((newer, "paid"), (older, "with agency")))
        yield Page()

    live.pages = pages
    assert town.ink.poll("shop")[0].problem is None
    assert asked == [True, False]
    assert [errand.status for errand in town.ink.errands("shop")] == ["paid"]
