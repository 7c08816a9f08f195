"""A mark that is old or that the database cannot vouch for: then nothing is sent, and that is known for certain."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sending.town import at, keys
from tellers import paid, telling_world
from world import World, claim, world

from inkasso_core import State, StoreError, Text, fresh, owner, transmit
from inkasso_core.store import instructions, leases

WORDS = Text("fort", "away")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


def frozen(monkeypatch: pytest.MonkeyPatch, *, clock: int = 0, seconds: float = fresh.SECONDS + 1) -> Callable[[], None]:
    """Return what lets one of the clocks jump, as it does for a process that was stopped."""

    def freeze() -> None:
        true = fresh._now

        def later() -> list[float]:
            return [at + (seconds if number == clock else 0) for number, at in enumerate(true())]

        monkeypatch.setattr(fresh, "_now", later)

    return freeze


@pytest.mark.parametrize("clock", range(len(fresh._now())))
@pytest.mark.parametrize("seconds", [fresh.SECONDS + 1, -5])
def test_a_process_that_was_frozen_after_the_mark_sends_nothing(
    town: World, monkeypatch: pytest.MonkeyPatch, clock: int, seconds: float
) -> None:
    (ref,) = town.running("A-1")
    with monkeypatch.context() as patch, at("transmit.marked", frozen(patch, clock=clock, seconds=seconds)):
        (report,) = town.transmit()
    assert (town.agency.sent, town.state(ref), dict(report.counts)) == ([], State.RUNNING, {"postponed": 1})
    town.transmit()
    assert (len(town.agency.sent), town.state(ref)) == (1, State.HANDED_OVER)
    tries = keys(town)["A-1"]
    assert [outcome for _, outcome, _ in tries] == [leases.NOT_SENT, "accepted"]
    assert len({key for key, _, _ in tries}) == 1
    assert town.tasks() == []


def test_what_others_took_for_lost_meanwhile_is_known_again_as_not_sent(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.running("A-1")

    def gone_and_frozen() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            transmit.recover(town.ink._context)
        assert town.state(ref) is State.UNCLEAR
        frozen(monkeypatch)()

    with at("transmit.marked", gone_and_frozen):
        town.transmit()
    assert (town.agency.sent, town.state(ref)) == ([], State.RUNNING)
    monkeypatch.undo()
    town.transmit()
    assert (len(town.agency.sent), town.state(ref)) == (1, State.HANDED_OVER)


@pytest.mark.parametrize("committed", [True, False])
def test_a_mark_that_the_database_cannot_vouch_for_sends_nothing_and_leaves_nothing_unclear(
    town: World, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    refs = town.running("A-1", "A-2")
    mark, calls = leases.Marker.mark, 0

    def broken(self: leases.Marker, *args: Any, **more: Any) -> list[bool]:
        nonlocal calls
        calls += 1
        if calls > 1:
            return mark(self, *args, **more)
        if committed:
            mark(self, *args, **more)
        raise StoreError(WORDS)

    monkeypatch.setattr(leases.Marker, "mark", broken)
    (report,) = town.transmit()
    assert dict(report.counts) == {"postponed": 1, "handed_over": 1}
    town.transmit()
    assert len(town.agency.sent) == 2
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert town.tasks() == []


def test_an_instruction_is_not_told_by_a_process_that_was_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        with monkeypatch.context() as patch, at("telling.marked", frozen(patch)):
            town.transmit()
        assert ears.asked == []
        town.transmit()
        assert dict(ears.payments) == {"A": 1}
        assert town.tasks() == []


@pytest.mark.parametrize("committed", [True, False])
def test_an_instruction_whose_mark_nobody_can_vouch_for_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        mark = instructions.mark_sent

        def broken(connection: Any, *args: Any) -> bool:
            if committed:
                mark(connection, *args)
                connection.commit()
            raise StoreError(WORDS)

        with monkeypatch.context() as patch:
            patch.setattr(instructions, "mark_sent", broken)
            town.transmit()
        assert ears.asked == []
        town.transmit()
        assert dict(ears.payments) == {"A": 1}
        assert town.tasks() == []


def test_a_container_of_the_same_name_judges_no_process_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    with owner.working() as mine:
        monkeypatch.setattr(owner, "_lives", lambda *_: False)
        elsewhere = mine.replace(f"/{owner._numbers()}:", "/1:").replace(f":{os.getpid()}:", ":7:")
        here = mine.replace(f":{os.getpid()}:", ":7:")
        assert owner.is_gone(here, now + owner.LEASE, now)
        assert not owner.is_gone(elsewhere, now + owner.LEASE, now), "only its lease says"
        assert owner.is_gone(elsewhere, now, now + owner.LEASE)
