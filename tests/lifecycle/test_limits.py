"""Mandates and limits: what was confirmed in place of what, and an exhausted limit that says so and uses up no number."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from world import OPERATOR, World, claim, done, world

from inkasso_core import InvalidInput, State

FILE = {"agency": {"agency": "plain-file"}}


@pytest.fixture(params=["plain-file", "scripted"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts={"agency": {"agency": request.param}}) as opened:
        yield opened


def batches(town: World) -> list[str]:
    """The files that left, in order."""
    return sorted(path.name for path in (town.folder / "agency").glob("*.csv"))


def lift(town: World, **limit: object) -> None:
    town.ink.go_live("agency", actor=OPERATOR, **limit)  # type: ignore[arg-type]


# Mandates


def test_nobody_has_a_contract_of_tomorrow(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        with pytest.raises(InvalidInput) as caught:
            town.ink.mandate("agency", dated=town.clock.day + dt.timedelta(days=1), actor=OPERATOR)
        assert (caught.value.field, caught.value.reason) == ("dated", "NOT_YET")
        assert "02.06.2026" in caught.value.text.de
        assert "2026-06-02" in caught.value.text.en
        assert town.ink.gate("agency").mode == "rehearsal"
        assert town.ink.mandate("agency", dated=town.clock.day, actor=OPERATOR).replaced is None


def test_today_is_today_where_the_creditor_is(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        town.clock.at = dt.datetime(2026, 6, 1, 22, 30, tzinfo=dt.UTC)  # half past midnight in Berlin
        assert town.ink.mandate("agency", dated=dt.date(2026, 6, 2), actor=OPERATOR).dated == dt.date(2026, 6, 2)


def test_a_new_mandate_tells_what_it_replaces(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        first = town.ink.mandate("agency", dated=dt.date(2026, 1, 15), note="V-1", actor=OPERATOR)
        town.clock.forward(days=1)
        second = town.ink.mandate("agency", dated=dt.date(2026, 2, 1), actor=OPERATOR)
        assert (second.dated, second.note, second.by, second.at) == (dt.date(2026, 2, 1), None, "olga", town.clock())
        assert second.replaced == first
        third = town.ink.mandate("agency", dated=dt.date(2026, 3, 1), actor=OPERATOR)
        assert third.replaced is not None
        assert (third.replaced.dated, third.replaced.replaced) == (dt.date(2026, 2, 1), None)


# Limits


def test_runs_under_an_exhausted_limit_use_up_no_number(tmp_path: Path) -> None:
    with world(tmp_path, accounts=FILE) as town:
        lift(town, first=1)
        town.running("A-1", "A-2", "A-3")
        for _ in range(4):
            town.transmit()
        lift(town)
        town.transmit()
        assert [name.rsplit("-", 1)[-1] for name in batches(town)] == ["0001.csv", "0002.csv"]


def test_a_run_in_which_all_turned_red_uses_up_no_number(tmp_path: Path) -> None:
    with world(tmp_path, accounts=FILE) as town:
        refs = town.running("A-1", "A-2")
        for ref in refs:
            town.ink.hold(ref, reason="x", actor=OPERATOR)
        (report,) = town.transmit()
        assert (report.file, report.counts) == (None, {"red": 2})
        town.running("A-3")
        town.transmit()
        assert [name.rsplit("-", 1)[-1] for name in batches(town)] == ["0001.csv"]


def test_an_exhausted_limit_says_how_many_wait_and_what_lifts_it(town: World) -> None:
    lift(town, first=1)
    town.running("A-1", "A-2", "A-3")
    for _ in range(2):
        (report,) = town.transmit()
        assert (report.mode, report.waiting) == ("live", 2)
        for text in report.reason:
            assert "2" in text
            assert "inkasso go-live agency" in text
    assert [town.state(ref) for ref in ("A-1", "A-2", "A-3")].count(State.RUNNING) == 2
    gate = town.ink.gate("agency")
    assert (gate.claims_left, gate.waiting, gate.reason) == (0, 2, report.reason)
    (check,) = [check for check in town.ink.doctor() if check.text == report.reason]
    assert (check.subject, check.health) == ("account agency", "warn")
    lift(town)
    (report,) = town.transmit()
    assert report.waiting == town.ink.gate("agency").waiting == 0


def test_the_first_ones_are_counted_where_a_clock_is_behind_that_of_whoever_set_the_limit(town: World) -> None:
    town.clock.forward(minutes=5)
    lift(town, first=2)
    town.clock.forward(minutes=-5)
    town.running("A-1", "A-2", "A-3", "A-4", "A-5")
    for _ in range(3):
        town.transmit()
    assert [town.state(f"shop:A-{number}") for number in range(1, 6)].count(State.RUNNING) == 3


def test_a_limit_with_room_keeps_nothing_back(town: World) -> None:
    lift(town, first=2)
    town.running("A-1", "A-2")
    assert town.ink.gate("agency").waiting == 0
    (report,) = town.transmit()
    assert report.waiting == 0
    assert town.ink.gate("agency").waiting == 0, "nothing is released any more"


def test_the_day_s_limit_goes_on_tomorrow(town: World) -> None:
    lift(town, per_day=Decimal(320))
    town.running("A-1", "A-2", "A-3")
    (report,) = town.transmit()
    assert report.waiting == 1
    assert "Morgen" in report.reason.de
    assert "Tomorrow" in report.reason.en
    town.clock.forward(days=1)
    (report,) = town.transmit()
    assert report.waiting == 0


def test_a_claim_larger_than_the_day_s_limit_does_not_wait_for_tomorrow(town: World) -> None:
    lift(town, per_day=Decimal(100))
    town.running("A-1")
    (report,) = town.transmit()
    assert report.waiting == 1
    assert "Morgen" not in report.reason.de


def test_a_claim_larger_than_what_is_left_waits_and_a_smaller_one_goes(town: World) -> None:
    lift(town, per_day=Decimal(200))
    town.running("A-1", "A-2")
    town.report(claim("B-1", principal=Decimal(30), charges=()))
    done(town.ink.release("shop:B-1", actor=OPERATOR))
    (report,) = town.transmit()
    assert report.waiting == 1
    assert town.state("B-1") is not State.RUNNING


def test_what_is_paused_does_not_wait_for_the_limit(town: World) -> None:
    lift(town, first=1)
    refs = town.running("A-1", "A-2")
    town.transmit()
    left = next(ref for ref in refs if town.state(ref) is State.RUNNING)
    done(town.ink.pause(left, reason="x", actor=OPERATOR))
    assert town.ink.gate("agency").waiting == 0
