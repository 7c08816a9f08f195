"""Observers fail open: one that breaks stops nobody, and is told again, later and later, by the same event id, until it listens."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from world import World, world

from inkasso_core import ClaimEvent, PluginError, ShopPlugin, ShopSettings, State, hookimpl, points
from inkasso_core.observing import MOST_TRIES
from inkasso_core.plugins.manager import Plugins
from inkasso_core.waits import JITTER


class Observer:
    """Remembers what it was told, after failing ``deaf`` times."""

    def __init__(self, deaf: int = 0) -> None:
        self.deaf = deaf
        self.tried: list[ClaimEvent] = []
        self.told: list[ClaimEvent] = []

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        self.tried.append(event)
        if self.deaf:
            self.deaf -= 1
            raise ConnectionError("Erika Beispiel")
        self.told.append(event)


NEVER = 10**6


def ids(events: list[ClaimEvent]) -> list[str]:
    return [event.id for event in events]


@pytest.fixture
def observers() -> dict[str, Observer]:
    return {"a-quick": Observer(), "broken": Observer(NEVER), "z-quick": Observer()}


@pytest.fixture
def town(tmp_path: Path, observers: dict[str, Observer]) -> Iterator[World]:
    with world(tmp_path, plugins=observers) as opened:
        yield opened


def test_everything_in_the_history_is_told_once_in_order_with_its_id(town: World, observers: dict[str, Observer]) -> None:
    town.handed_over("A-1")
    town.ink.follow()
    history = town.ink.history("shop:A-1")
    for name in ("a-quick", "z-quick"):
        told = observers[name].told
        assert ids(told) == [entry.id for entry in history]
        assert [event.kind for event in told] == ["registered", "released", "handed_over"]
        assert [event.state for event in told] == ["ready", "running", "handed_over"]
    assert {(event.shop, event.order, event.account) for event in told} == {("shop", "A-1", "agency")}
    town.ink.follow()
    assert len(observers["a-quick"].told) == len(history), "told once, not at every run"


def test_nothing_personal_is_in_what_they_are_told(town: World, observers: dict[str, Observer]) -> None:
    town.handed_over("A-1")
    town.ink.follow()
    told = str(observers["a-quick"].told)
    assert "Jördis" not in told
    assert "Groß" not in told


def test_one_that_breaks_stops_nobody(town: World, observers: dict[str, Observer]) -> None:
    town.ready("A-1")
    followed = town.ink.follow()
    assert (followed.told, followed.failed) == (3, 1), "the shop's own plugin listens, too"
    assert len(observers["a-quick"].told) == len(observers["z-quick"].told) == 1
    assert town.state("A-1") is State.READY


def test_it_is_told_again_by_the_same_id_with_growing_waits_until_it_listens(town: World, observers: dict[str, Observer]) -> None:
    town.ready("A-1")
    town.ink.follow()
    for minutes in (1, 2, 4, 8, 16):
        tries = len(observers["broken"].tried)
        town.clock.forward(minutes=minutes * (1 - JITTER), seconds=-1)
        assert town.ink.follow().failed == 0, "not yet"
        town.clock.forward(minutes=minutes * JITTER, seconds=1)
        assert town.ink.follow().failed == 1
        assert len(observers["broken"].tried) == tries + 1
    observers["broken"].deaf = 0
    town.clock.forward(minutes=32)
    assert town.ink.follow().told == 1
    assert len(set(ids(observers["broken"].tried))) == 1
    assert ids(observers["broken"].told) == ids(observers["a-quick"].told)
    town.clock.forward(days=1)
    assert (town.ink.follow().told, len(observers["a-quick"].told)) == (0, 1)


def test_the_wait_ends_at_half_a_day_however_long_it_was_deaf(town: World, observers: dict[str, Observer]) -> None:
    town.ready("A-1")
    for _ in range(MOST_TRIES - 1):
        assert town.ink.follow().failed == 1
        town.clock.forward(hours=12)
    observers["broken"].deaf = 0
    assert town.ink.follow().told == 1


def test_others_are_told_of_later_events_while_one_is_deaf(town: World, observers: dict[str, Observer]) -> None:
    town.ready("A-1")
    town.ink.follow()
    town.ready("A-2")
    town.ink.follow()
    assert [event.order for event in observers["a-quick"].told] == ["A-1", "A-2"]
    assert [event.order for event in observers["broken"].tried] == ["A-1", "A-2"]


def test_it_is_told_only_of_what_is_stored(tmp_path: Path) -> None:
    seen: list[tuple[str, State]] = []

    class Looking:
        @hookimpl
        def inkasso_claim_changed(self, event: ClaimEvent) -> None:
            seen.append((event.state, opened[0].ink.find(event.claim_id).state))

    opened: list[World] = []
    with world(tmp_path, plugins={"looking": Looking}) as town:
        opened.append(town)
        town.handed_over("A-1")
        assert seen == [], "not inside of the steps: after them"
        town.ink.follow()
        assert seen == [("ready", State.HANDED_OVER), ("running", State.HANDED_OVER), ("handed_over", State.HANDED_OVER)]


class Killed(BaseException):
    """The process ends here."""


def test_killed_between_telling_and_noting_it_is_told_again_by_the_same_id(
    town: World, observers: dict[str, Observer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(point: str) -> None:
        if point == "notices.before_mark":
            raise Killed

    town.ready("A-1")
    with monkeypatch.context() as patch:
        patch.setattr(points, "listener", kill)
        with pytest.raises(Killed):
            town.ink.follow()
    town.ink.follow()
    heard = [ids(listener.told) for listener in (town.shop, observers["a-quick"], observers["z-quick"])]
    assert sorted(map(len, heard)) == [1, 1, 2], "the one that was told before the end is told again, the others once"
    assert len({event for one in heard for event in one}) == 1


def test_one_that_is_broken_at_the_next_start_is_told_once_it_is_mended(tmp_path: Path) -> None:
    class Unloadable(Observer):
        def __init__(self) -> None:
            raise RuntimeError

    with world(tmp_path, plugins={"crm": Observer(NEVER)}) as town:
        town.ready("A-1")
        town.ink.follow()
    with world(tmp_path, plugins={"crm": Unloadable}) as town:
        town.clock.forward(days=1)
        followed = town.ink.follow()
        assert (followed.told, followed.failed) == (0, 1)
    mended = Observer()
    with world(tmp_path, plugins={"crm": mended}) as town:
        town.clock.forward(days=2)
        assert town.ink.follow().told == 1
        assert [event.order for event in mended.told] == ["A-1"]


def test_one_that_was_taken_away_is_waited_for_no_longer(tmp_path: Path) -> None:
    with world(tmp_path, plugins={"crm": Observer(NEVER)}) as town:
        town.ready("A-1")
        town.ink.follow()
    with world(tmp_path) as town:
        town.clock.forward(days=1)
        assert town.ink.follow().failed == 0
    late = Observer()
    with world(tmp_path, plugins={"crm": late}) as town:
        town.clock.forward(days=2)
        town.ink.follow()
        assert late.tried == []


def test_a_shop_plugin_hears_of_its_own_shops_only(tmp_path: Path) -> None:
    class Shop(Observer, ShopPlugin[ShopSettings]):
        name = "own"
        label = "Own"
        Settings = ShopSettings

    own = Shop()
    with world(tmp_path, shops={"shop": {"plugin": "own"}, "second": {}}, plugins={"own": own}) as town:
        town.ready("A-1")
        town.ready("B-1", shop="second")
        town.ink.follow()
        assert [event.shop for event in own.told] == ["shop"]
        assert [event.shop for event in town.shop.told] == ["second"]


def test_telling_one_that_is_broken_says_so() -> None:
    class Unloadable:
        def __init__(self) -> None:
            raise RuntimeError

    at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    event: Any = ClaimEvent("1", "queued", at, "shop", "2", "A-1", "ready", None, None)  # type: ignore[arg-type]
    plugins = Plugins(serving={}, extra={"crm": Unloadable})
    with pytest.raises(PluginError, match="RuntimeError"):
        plugins.tell("crm", event)
