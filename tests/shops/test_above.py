"""What is said of an order is told with each of its instalments, whichever of the two came first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shops.live import LiveShop
from world import World, claim, world

from inkasso_core import Page, Part, Reported, points


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops={"shop": {"plugin": "live"}}, plugins={"live": live}) as made:
        yield made


def part(order: str, once: str, whole: str, above: str | None = None) -> Reported:
    body = {"named": once, "claim": claim(order).model_dump(mode="json", exclude_defaults=True)}
    return Reported(payload=body, part=Part(whole=whole, above=above, once=once))


def arrive(town: World, live: LiveShop, *parts: Reported) -> dict[str, list[str]]:
    """Store parts and tell what is new; return what was told last of each whole, by the names of its parts."""
    live.pages = lambda _context, _asked: iter([Page(reports=parts)])
    live.wholes.clear()
    town.ink.poll("shop")
    return told(live)


def told(live: LiveShop) -> dict[str, list[str]]:
    return {whole["whole"]: [named(one) for one in whole["parts"]] for whole in live.wholes}


def named(one: dict[str, Any]) -> str:
    return str(one["payload"]["named"])


def test_what_comes_above_is_told_to_everything_below(town: World, live: LiveShop) -> None:
    first, second = part("A-1", "one", "O/1", "O"), part("A-2", "two", "O/2", "O")
    other, alone = part("B-1", "other", "P/1", "P"), part("C-1", "alone", "O2")
    assert arrive(town, live, first, other, alone) == {"O/1": ["one"], "P/1": ["other"], "O2": ["alone"]}
    said = part("A-9", "said", "O")
    assert arrive(town, live, said) == {"O": ["said"], "O/1": ["one", "said"]}
    assert arrive(town, live, second) == {"O/2": ["said", "two"]}
    assert arrive(town, live, said, first) == {}


def test_it_is_told_also_where_the_process_dies_between_the_two(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(town, live, part("A-1", "one", "O/1", "O"))
    assert arrive(town, live) == {}

    class Killed(BaseException):
        """Nothing catches it."""

    def kill(name: str) -> None:
        if name == "wholes.told":
            raise Killed

    monkeypatch.setattr(points, "listener", kill)
    with pytest.raises(Killed):
        arrive(town, live, part("A-9", "said", "O"))
    monkeypatch.setattr(points, "listener", None)
    live.wholes.clear()
    town.ink.tell_parts()
    assert told(live) == {"O/1": ["one", "said"]}
    live.wholes.clear()
    town.ink.tell_parts()
    assert told(live) == {}
