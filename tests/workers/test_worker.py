"""One worker: what it does at once, what in its turn, and that nothing ends it."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from world import Reports, World, world

from inkasso_core import Asked, Inkasso, Page, ShopContext, ShopSettings, State, StoreError, TemporarilyUnavailable, Text, turns
from inkasso_core.app import Done
from inkasso_core.store.engine import Database
from inkasso_core.workers import worker
from inkasso_core.workers.worker import Worker

NEVER = dt.timedelta(days=36500)


class Watched(Worker):
    """A worker that keeps what it did."""

    def __init__(self, ink: Inkasso, **options: object) -> None:
        self.done: list[Done] = []
        super().__init__(ink, on_done=self.done.append, **options)  # type: ignore[arg-type]

    def names(self) -> list[str]:
        return [done.name for done in self.done]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts={"agency": {"mode": "automatic"}}) as made:
        yield made


def test_one_pass_takes_a_claim_all_the_way(town: World) -> None:
    town.ready("A-1")
    watched = Watched(town.ink)
    watched.once()
    assert town.state("A-1") is State.HANDED_OVER
    assert watched.names() == ["observers", "release", "hand_over:agency", "observers"]
    assert [event.kind.value for event in town.shop.told][-1] == "handed_over"
    watched.once()
    assert len(town.agency.sent) == 1


def test_turns_rest_and_what_is_due_does_not_wait_for_them(town: World) -> None:
    watched = Watched(town.ink)
    watched.once()
    town.ready("A-1")
    watched.once()
    assert town.state("A-1") is State.READY  # its turn has not come
    town.running("A-2")
    watched.once()
    assert town.state("A-2") is State.HANDED_OVER
    town.clock.forward(seconds=301)
    watched.once()
    assert town.state("A-1") is State.HANDED_OVER


def test_a_turn_is_taken_by_one_of_two(tmp_path: Path, town: World) -> None:
    with world(tmp_path, clock=town.clock, script=town.agency, accounts={"agency": {"mode": "automatic"}}) as other:
        taken: list[object] = []

        def meanwhile(*_: object) -> int:
            taken.append(other.ink.take_turn("release"))
            return 0

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("inkasso_core.release.release_automatically", meanwhile)
            assert town.ink.take_turn("release") is not None
        assert taken == [None]
        assert other.ink.take_turn("release") is None  # it rests
        assert other.ink.take_turn("release", every=dt.timedelta(0)) is not None


def test_an_account_that_is_not_live_is_left_alone(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        town.running("A-1")
        assert town.ink.due().accounts == []
        Watched(town.ink).once()
        assert town.ink.wake("agency") is None
        assert (town.agency.sent, town.agency.asked) == ([], [])


def test_a_broken_account_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(
        tmp_path, accounts={"a-broken": {}, "agency": {}}, shops={"bad": {"account": "a-broken"}, "shop": {"account": "agency"}}
    ) as town:
        real = turns.wake

        def wake(context: object, account: str, limit: int | None = None) -> object:
            if account == "a-broken":
                raise ZeroDivisionError("Erika Mustermann")
            return real(context, account, limit)  # type: ignore[arg-type]

        monkeypatch.setattr(turns, "wake", wake)
        town.running("B-1", shop="bad")
        town.running("A-1", shop="shop")
        watched = Watched(town.ink)
        watched.once()
        assert town.state("A-1") is State.HANDED_OVER
        parts = ("hand_over:a-broken", "transmit:a-broken")
        assert {done for done in watched.done if done.error} == {Done(part, 0, "ZeroDivisionError") for part in parts}
        assert town.state("B-1", shop="bad") is State.RUNNING


def test_a_plugin_that_breaks_is_named_and_tried_again(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: object) -> int:
        raise RuntimeError("Erika Mustermann")

    monkeypatch.setattr("inkasso_core.release.release_automatically", torn)
    town.ready("A-1")
    watched = Watched(town.ink)
    watched.once()
    assert Done("release", 0, "RuntimeError") in watched.done
    (found,) = [part for part in town.ink.health().parts if part.error]
    assert (found.name, found.error, found.is_running) == ("release", "RuntimeError", False)
    assert any(check.subject == "worker" and "release" in check.text.en for check in town.ink.doctor())
    monkeypatch.undo()
    town.clock.forward(seconds=301)
    watched.once()
    assert town.state("A-1") is State.HANDED_OVER
    assert not any(part.error for part in town.ink.health().parts)


def test_a_database_that_is_away_is_waited_for_and_said_once(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK", dt.timedelta(milliseconds=1))
    town.running("A-1")
    away, real = [0], Database.read

    def read(database: Database) -> object:
        away[0] += 1
        if away[0] <= 5:
            raise StoreError(Text("weg", "away"))
        return real(database)

    monkeypatch.setattr(Database, "read", read)
    watched = Watched(town.ink, look=dt.timedelta(milliseconds=1))
    running = threading.Thread(target=watched.run)
    running.start()
    wait_until(lambda: Done("hand_over:agency", 1) in watched.done)
    watched.stop()
    running.join(30)
    assert not running.is_alive()
    assert [done for done in watched.done if done.name == "database"] == [Done("database", 0, "STORE"), Done("database", 1)]


def test_what_breaks_outside_of_every_part_ends_nothing_either(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK", dt.timedelta(milliseconds=1))
    left, real = [3], turns.look_around

    def torn(context: object, every: dt.timedelta) -> object:
        left[0] -= 1
        if left[0] >= 0:
            raise ZeroDivisionError("Erika Mustermann")
        return real(context, every)  # type: ignore[arg-type]

    monkeypatch.setattr(turns, "look_around", torn)
    town.running("A-1")
    watched = Watched(town.ink, look=dt.timedelta(milliseconds=1))
    running = threading.Thread(target=watched.run)
    running.start()
    wait_until(lambda: Done("hand_over:agency", 1) in watched.done)
    watched.stop()
    running.join(30)
    assert watched.done[:3] == [Done("worker", 0, "ZeroDivisionError")] * 3


def test_a_diagnosis_that_was_left_is_no_run(town: World) -> None:
    town.ink.end_soon()
    town.ink.take_turn("diagnose")
    assert town.ink.last_run() is None


def wait_until(what: Callable[[], bool]) -> None:
    for _ in range(600):
        if what():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not happen in time")


def test_what_cannot_be_moved_is_left_alone_longer_and_longer(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    town.ink.go_live("agency", nothing_to_adopt=True, first=1)
    town.running("A-1", "A-2")
    watched = Watched(town.ink, every=NEVER)
    asked: list[str] = []
    real = town.ink.wake
    monkeypatch.setattr(town.ink, "wake", lambda account: (asked.append(account), real(account))[1])
    for _ in range(150):
        now[0] += 1
        watched.once()
    assert len(town.agency.sent) == 1
    assert 5 < len(asked) < 20  # in the end about every half minute, not every second


def test_a_temporary_error_waits_as_long_as_it_says(town: World) -> None:
    town.agency.answers(TemporarilyUnavailable(Text("gleich", "soon"), retry_after=600))
    town.running("A-1")
    watched = Watched(town.ink, every=NEVER)
    watched.once()
    assert town.ink.due().accounts == []
    town.clock.forward(minutes=11)
    assert town.ink.due().accounts == ["agency"]
    watched.once()
    assert town.state("A-1") is State.HANDED_OVER


def test_files_are_written_once_a_day(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"agency": "plain-file"}}) as town:
        watched = Watched(town.ink)
        town.running("A-1")
        watched.once()  # for the first time at once
        assert town.state("A-1") is State.EXPORTED
        town.running("A-2")
        for hours in (1, 8):
            town.clock.forward(hours=hours)
            watched.once()
        assert town.state("A-2") is State.RUNNING
        town.clock.forward(hours=11)  # seven in the morning
        watched.once()
        assert town.state("A-2") is State.EXPORTED
        assert len(list((tmp_path / "agency").glob("*.csv"))) == 2


def test_a_turn_of_a_process_that_is_gone_is_due_at_once(town: World) -> None:
    with town.ink._context.database.write() as connection:
        from inkasso_core.store import turns

        turns.begin(connection, "release", "elsewhere:1:1:x", town.clock() + dt.timedelta(minutes=15))
    assert town.ink.take_turn("release") is None
    (part,) = town.ink.health().parts
    assert part.is_running
    town.clock.forward(minutes=16)
    assert town.ink.take_turn("release") is not None


def test_a_turn_that_is_interrupted_is_given_back(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("inkasso_core.release.release_automatically", interrupted)
    with pytest.raises(KeyboardInterrupt):
        town.ink.take_turn("release")
    monkeypatch.undo()
    assert not town.ink.health().parts[0].is_running
    assert town.ink.take_turn("release") is not None


def test_once_it_is_told_to_end_nothing_is_begun(town: World) -> None:
    town.running("A-1", "A-2", "A-3")
    town.agency.answers(lambda placement: ending(town, placement))
    Watched(town.ink).run()
    assert len(town.agency.sent) == 1
    assert [town.state(order) for order in ("A-1", "A-2", "A-3")] == [State.HANDED_OVER, State.RUNNING, State.RUNNING]
    assert town.ink.health().accounts[0].in_flight == 0  # what was taken was given back


def ending(town: World, placement: object) -> object:
    from world import taken

    town.ink.end_soon()
    return taken(placement)  # type: ignore[arg-type]


class Endless(Reports):
    """A shop whose poll brings page after page, and that waits in between."""

    name = "endless"

    def __init__(self) -> None:
        super().__init__()
        self.pages, self.waits = 0, 0.0

    def poll(self, shop: ShopContext[ShopSettings], asked: Asked) -> Iterator[Page]:
        """Yield empty pages for ever."""
        while True:
            self.pages += 1
            yield Page(reports=(), cursor=str(self.pages))
            if self.waits:
                shop.sleep(self.waits)


@pytest.mark.parametrize("waits", [0.0, 600.0])
def test_a_poll_ends_with_its_page_and_goes_on_later(tmp_path: Path, waits: float) -> None:
    shop = Endless()
    shop.waits = waits
    with world(tmp_path, shops={"shop": {"plugin": "endless"}}, plugins={"endless": shop}) as town:
        watched = Watched(town.ink)
        running = threading.Thread(target=watched.run)
        running.start()
        wait_until(lambda: shop.pages >= 1)
        watched.stop()
        running.join(30)
        assert not running.is_alive()
        (part,) = [part for part in town.ink.health().parts if part.name == "poll:shop"]
        assert (part.is_running, part.error, part.ended_at) == (False, None, None)  # due again at once
        assert not [check for check in town.ink.doctor() if check.subject == "shop shop" and check.health != "ok"]
