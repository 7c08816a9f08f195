"""Parts that are records as they stand: the newest takes the place of the one before, and what says the same changes nothing."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shops.live import LiveShop
from world import World, claim, world

from inkasso_core import Asked, Page, Part, Reported, ShopContext, State

SHOPS = {"shop": {"plugin": "live"}}


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS, plugins={"live": live}) as made:
        yield made


def part(whole: str, once: str, word: str, *, latest: bool = True) -> Reported:
    body = claim(whole, note=word).model_dump(mode="json", exclude_defaults=True)
    return Reported(payload={"word": word, "claim": body}, part=Part(whole=whole, once=once, latest=latest))


def poll(town: World, live: LiveShop, *parts: Reported) -> list[list[str]]:
    """Poll once; return the words of each whole that the plugin was told."""
    live.wholes.clear()
    live.pages = lambda _context, _asked: iter([Page(reports=parts, cursor="1")])
    (polling,) = town.ink.poll("shop")
    assert polling.problem is None
    town.clock.forward(minutes=1)
    return [[one["payload"]["word"] for one in whole["parts"]] for whole in live.wholes]


def test_the_newest_takes_the_place_of_the_one_before(town: World, live: LiveShop) -> None:
    assert poll(town, live, part("W", "a", "one"), part("W", "b", "two")) == [["one", "two"]]
    assert poll(town, live, part("W", "a", "one"), part("W", "b", "two")) == []
    assert poll(town, live, part("W", "a", "other")) == [["two", "other"]]
    assert poll(town, live, part("W", "a", "one")) == [["two", "one"]]  # back again, which is news
    assert poll(town, live, part("W", "a", "x"), part("W", "a", "y")) == [["two", "y"]]


def test_without_that_word_a_part_counts_once(town: World, live: LiveShop) -> None:
    assert poll(town, live, part("W", "a", "one", latest=False), part("W", "a", "two", latest=False)) == [["one"]]
    assert poll(town, live, part("W", "a", "two", latest=False)) == []


def test_one_that_moves_to_another_whole_is_told_there_and_missing_here(town: World, live: LiveShop) -> None:
    poll(town, live, part("W", "a", "one"), part("W", "b", "two"))
    told = poll(town, live, part("V", "a", "one"))
    assert sorted(told) == [["one"], ["two"]]


def test_what_was_replaced_is_not_kept(town: World, live: LiveShop) -> None:
    poll(town, live, part("W", "a", "secret-word-of-before"))
    poll(town, live, part("W", "a", "after"))
    with closing(sqlite3.connect(town.folder / "test.db")) as database:
        parts = [row[0] for row in database.execute("select v.body from vault v join shop_part p on p.body_id = v.id")]
        before = database.execute("select count(*) from vault where kind = 'payload' and body is null").fetchone()
    assert [json.loads(body)["word"] for body in parts] == ["after"]
    assert before == (1,)


def test_open_orders_are_those_that_have_not_ended_in_their_order(town: World, live: LiveShop) -> None:
    found: list[list[str]] = []

    def look(context: ShopContext[Any], _asked: Asked) -> Iterator[Page]:
        found.append(context.book.open_orders())
        found.append(context.book.open_orders("A-1", 1))
        yield from ()

    bodies = [claim(order).model_dump(mode="json", exclude_defaults=True) for order in ("A-3", "A-1", "A-2", "A-4")]
    live.pages = lambda _context, _asked: iter([Page(reports=tuple(Reported(payload=body) for body in bodies), cursor="1")])
    town.ink.poll("shop")
    town.ink.remove(["shop:A-2"])
    assert town.state("A-2") is State.REMOVED
    live.pages = look
    town.ink.poll("shop")
    assert found == [["A-1", "A-3", "A-4"], ["A-3"]]
