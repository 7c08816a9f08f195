"""Following within the agency's limits: how often a case is asked about, how many requests a minute and a day take, and who asks."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import Clock, World, world

from inkasso_core import AgencyStatus, AuthenticationFailed, State, TemporarilyUnavailable, Text, cases, pacing

ACCOUNT = "agency"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


def asked(town: World) -> list[str]:
    """About which cases the agency was asked since the last time, in that order."""
    found = [reference for operation, reference in town.agency.asked if operation == "fetch_status"]
    town.agency.asked.clear()
    return found


def busy(seconds: int | None = None) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(Text("ausgelastet", "busy"), retry_after=seconds)


# How often


def test_the_worker_asks_about_a_case_once_in_its_time(town: World) -> None:
    town.handed_over("A-1", "A-2")
    town.ink.run_due(often=True)
    assert len(asked(town)) == 2
    town.clock.forward(minutes=60)
    town.ink.run_due(often=True)
    assert asked(town) == [], "not before the time is over"
    town.clock.forward(seconds=1)
    town.ink.run_due(often=True)
    assert len(asked(town)) == 2


def test_a_person_who_follows_and_a_run_of_cron_ask_at_once(town: World) -> None:
    town.handed_over("A-1")
    for act in (town.ink.follow, town.ink.run_due, town.ink.follow):
        act()
        assert len(asked(town)) == 1


def test_how_often_is_a_setting_of_the_account(tmp_path: Path) -> None:
    with world(tmp_path, accounts={ACCOUNT: {"status_every_minutes": 5}}) as town:
        town.handed_over("A-1")
        for _ in range(3):
            town.ink.run_due(often=True)
            assert len(asked(town)) == 1
            town.clock.forward(minutes=5, seconds=1)


def test_two_who_follow_at_the_same_time_ask_about_different_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "AT_ONCE", 2)
    with world(tmp_path) as town, world(tmp_path, script=town.agency, clock=town.clock) as other:
        town.handed_over("A-1", "A-2", "A-3", "A-4", "A-5")
        ask = town.agency.ask

        def ask_while_another_follows(operation: str, reference: str) -> None:
            ask(operation, reference)
            monkeypatch.setattr(town.agency, "ask", ask)
            other.ink.run_due(often=True)

        monkeypatch.setattr(town.agency, "ask", ask_while_another_follows)
        town.ink.run_due(often=True)
        found = asked(town)
        assert len(found) == len(set(found)) == 5


# Within the agency's limits


def test_no_more_is_asked_than_the_agency_takes_in_a_minute_and_the_rest_comes_later(tmp_path: Path) -> None:
    with world(tmp_path, accounts={ACCOUNT: {"per_minute": 10}}) as town:
        town.handed_over(*(f"A-{number}" for number in range(7)))
        town.clock.forward(minutes=1)
        town.ink.run_due(often=True)
        assert len(asked(town)) == 7
        town.clock.forward(hours=2)
        with town.ink._context.database.write() as connection:
            assert pacing.spend(town.ink._context, connection, ACCOUNT, 6).granted == 6
        town.ink.run_due(often=True)
        first = asked(town)
        assert len(first) == 4, "the others have spent six"
        town.clock.forward(minutes=1)
        town.ink.run_due(often=True)
        second = asked(town)
        assert len(second) == 3
        assert not set(first) & set(second), "who was not asked about waits longest, and comes first"


def test_a_look_up_keeps_the_limit_too(tmp_path: Path) -> None:
    with world(tmp_path, accounts={ACCOUNT: {"per_day": 2}}) as town:
        town.unclear("A-1")
        town.ink.follow()
        assert town.state("A-1") is State.HANDED_OVER
        town.agency.asked.clear()
        town.ink.follow()
        assert town.agency.asked == []
        town.clock.forward(days=1)
        town.ink.follow()
        assert len(town.agency.asked) == 1


def test_an_agency_that_asks_for_patience_is_left_in_peace_as_long_as_it_says(town: World) -> None:
    town.handed_over("A-1", "A-2", "A-3")
    town.agency.troubles["fetch_status"] = busy(600)
    assert town.ink.follow().failed == 1
    assert len(asked(town)) == 1, "the others are not asked about just to hear the same"
    del town.agency.troubles["fetch_status"]
    town.clock.forward(minutes=9)
    town.ink.follow()
    assert asked(town) == []
    town.clock.forward(minutes=1)
    town.ink.follow()
    assert len(asked(town)) == 3


def test_one_case_that_cannot_be_asked_about_keeps_nobody_back(town: World) -> None:
    town.handed_over("A-1", "A-2", "A-3")
    town.agency.troubles["fetch_status"] = busy()
    assert town.ink.follow().failed == 3
    assert len(asked(town)) == 3


def test_a_broken_account_asks_once_and_the_rest_is_due_as_before(town: World) -> None:
    town.handed_over("A-1", "A-2", "A-3")
    town.agency.troubles["fetch_status"] = AuthenticationFailed(Text("Schlüssel falsch", "wrong key"))
    town.ink.run_due(often=True)
    assert len(asked(town)) == 1
    assert [task.kind for task in town.tasks()] == ["account_stopped"]
    del town.agency.troubles["fetch_status"]
    town.ink.run_due(often=True)
    assert len(asked(town)) == 3, "nobody was noted as asked about who was not"


def test_a_status_that_reverts_raises_one_task_however_often_it_is_asked(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.SUBMITTED)
    for _ in range(3):
        town.ink.run_due(often=True)
        town.clock.forward(hours=2)
    assert town.state(ref) is State.UNCLEAR
    assert [task.kind for task in town.tasks()] == ["status_reverted"]


def test_an_answer_that_was_overtaken_reopens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ask about the same case; the slower one gets the older answer, and comes to store it last."""
    with world(tmp_path) as town, world(tmp_path, script=town.agency, clock=town.clock) as other:
        (ref,) = town.handed_over("A-1")
        ask = town.agency.ask
        stale = next(iter(town.agency.cases.values()))

        def answered_late(operation: str, reference: str) -> None:
            monkeypatch.setattr(town.agency, "ask", ask)
            town.agency.says(AgencyStatus.CLOSED_PAID)
            other.ink.follow()
            assert other.state(ref) is State.PAID
            town.agency.cases[stale_reference] = stale

        stale_reference = next(iter(town.agency.cases))
        monkeypatch.setattr(town.agency, "ask", answered_late)
        town.ink.follow()
        assert town.state(ref) is State.PAID
        assert town.trail(ref) == ["ready", "running", "handed_over", "paid"]


# Pacing itself


@given(
    wanted=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 90)), max_size=12),
    per_minute=st.none() | st.integers(1, 8),
    per_day=st.none() | st.integers(1, 20),
)
def test_no_minute_and_no_day_ever_takes_more_than_its_limit(
    wanted: list[tuple[int, int]], per_minute: int | None, per_day: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = Clock()
    with world(tmp_path_factory.mktemp("pace"), accounts={ACCOUNT: {"per_minute": per_minute, "per_day": per_day}}, clock=clock) as town:
        spent: dict[dt.datetime, int] = {}
        for number, seconds in wanted:
            clock.forward(seconds=seconds)
            with town.ink._context.database.write() as connection:
                pace = pacing.spend(town.ink._context, connection, ACCOUNT, number)
            minute = clock().replace(second=0, microsecond=0)
            spent[minute] = spent.get(minute, 0) + pace.granted
            assert 0 <= pace.granted <= number
            assert (pace.next_at is None) == (pace.granted == number)
            assert pace.next_at is None or pace.next_at > clock()
            assert per_minute is None or spent[minute] <= per_minute
            assert per_day is None or sum(spent.values()) <= per_day, "all of this is one day"
            if pace.granted < number:
                full = per_minute is not None and spent[minute] == per_minute
                assert full or sum(spent.values()) == per_day, "nothing is kept back while something is left"
