"""Tellings are taken some at a time and marked just before their request: what was not marked goes on, and nobody tells twice."""

from pathlib import Path
from typing import Any

import pytest
from tellers import NO, Ears, telling_world
from world import OPERATOR, Clock, Script, World, claim

from inkasso_core import Acknowledgement, AuthenticationFailed, OrderEnd, TemporarilyUnavailable, points
from inkasso_core.instructing import sending
from inkasso_core.store import instructions
from inkasso_core.store.schema import attempt


class Ended(BaseException):
    """This process ends here."""


def paying(town: World, *orders: str, amount: str = "1.00", **more: Any) -> None:
    for order in orders:
        town.report(claim(order, paid=amount, **more))


def states(town: World) -> list[str]:
    return [one.state for one in town.ink.instructions(everything=True)]


def ends_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def reached(point: str) -> None:
        if point == name:
            raise Ended

    monkeypatch.setattr(points, "listener", reached)


def attempts(town: World) -> list[Any]:
    with town.ink._context.database.read() as connection:
        rows = connection.execute(attempt.select().order_by(attempt.c.id)).all()
    return [row for row in rows if row.outcome != "accepted"]


def test_what_was_taken_and_not_sent_goes_on_and_calls_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")
        ends_at(monkeypatch, "telling.after_attempt")
        with pytest.raises(Ended):
            town.transmit()
        assert states(town) == ["in_flight"] * 3
        monkeypatch.setattr(points, "listener", None)
        town.transmit()
        assert (states(town), town.tasks(), len(ears.asked)) == (["done"] * 3, [], 3)
        assert {(row.outcome, row.sent_at) for row in attempts(town)} == {("not_sent", None)}


def test_what_was_marked_is_unclear_and_the_rest_of_its_batch_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")
        ends_at(monkeypatch, "telling.marked")
        with pytest.raises(Ended):
            town.transmit()
        monkeypatch.setattr(points, "listener", None)
        town.transmit()
        assert (sorted(states(town)), len(ears.asked)) == (["done", "done", "unclear"], 2)
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]


def test_a_process_that_is_interrupted_gives_back_what_it_had_not_sent(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")

        def interrupted(_told: Any) -> Acknowledgement:
            raise KeyboardInterrupt

        ears.answers(interrupted)
        with pytest.raises(KeyboardInterrupt):
            town.transmit()
        assert sorted(states(town)) == ["in_flight", "pending", "pending"]
        town.transmit()
        assert sorted(states(town)) == ["done", "done", "unclear"]


def test_an_account_that_stops_gives_back_what_it_had_not_sent(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")
        ears.answers(AuthenticationFailed(NO))
        (report,) = town.transmit()
        assert (report.mode, states(town), len(ears.asked)) == ("stopped", ["pending"] * 3, 1)
        assert len(town.tasks("account_stopped")) == 1


def test_a_process_that_is_to_end_sends_no_more(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")

        def ending(_told: Any) -> Acknowledgement:
            town.ink._context.ending.set()
            return Acknowledgement(raw={})

        ears.answers(ending)
        town.transmit()
        assert (sorted(states(town)), len(ears.asked)) == (["done", "pending", "pending"], 1)


def test_what_somebody_else_gave_up_or_sent_meanwhile_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease ran out while its owner slept: another machine told it, and the owner wakes up just before his request."""
    ears, script = Ears(), Script()
    with telling_world(tmp_path, ears=ears, script=script) as (sleeper, _), telling_world(tmp_path, ears=ears, script=script) as (other, _):
        sleeper.handed_over("A-1", "A-2")
        paying(sleeper, "A-1", "A-2")
        monkeypatch.setattr("inkasso_core.owner.is_gone", lambda *_: True)

        def reached(point: str) -> None:
            if point == "telling.after_attempt":
                monkeypatch.setattr(points, "listener", None)
                other.transmit()

        monkeypatch.setattr(points, "listener", reached)
        sleeper.transmit()
        assert (states(sleeper), len(ears.asked)) == (["done", "done"], 2)


def test_what_nobody_wants_told_any_more_is_not_sent_although_it_was_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with telling_world(tmp_path, account={"recall": "automatic"}) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, ended=OrderEnd.CANCELLED))

        def reached(point: str) -> None:
            if point == "telling.after_attempt":
                monkeypatch.setattr(points, "listener", None)
                town.report(claim("A-1", version=2))

        monkeypatch.setattr(points, "listener", reached)
        town.transmit()
        assert (ears.asked, states(town), town.tasks()) == ([], ["withdrawn"], [])
        with town.ink._context.database.read() as connection:
            assert instructions.in_flight(connection) == []
            assert {row.ended_at is None for row in connection.execute(attempt.select())} == {False}


def test_the_agencys_limit_holds_and_what_is_left_says_when(tmp_path: Path) -> None:
    with telling_world(tmp_path, account={"per_minute": 5}, clock=Clock()) as (town, ears):
        town.handed_over("A-1", "A-2", "A-3")
        paying(town, "A-1", "A-2", "A-3")
        (report,) = town.transmit()
        assert len(ears.asked) == 2, "three requests of this minute handed the cases over"
        assert report.counts == {"told": 2, "postponed": 1}
        items: list[Any] = []
        town.transmit(on_item=items.append)
        assert [item.result for item in items] == ["postponed"]
        assert "01.06.2026 12:01" in items[0].text.de
        town.clock.forward(minutes=1)
        town.transmit()
        assert (len(ears.asked), states(town)) == (3, ["done"] * 3)


def test_where_requests_are_scarce_news_goes_before_new_cases(tmp_path: Path) -> None:
    with telling_world(tmp_path, account={"per_minute": 3}) as (town, ears):
        town.handed_over("A-1")
        paying(town, "A-1")
        town.running("B-1", "B-2", "B-3")
        town.transmit()
        assert (len(ears.asked), len(town.agency.sent)) == (1, 2)


def test_vendors_take_turns(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        many, few = [f"A-{n}" for n in range(12)], ["B-1", "B-2"]
        vendors = {**dict.fromkeys(many, "viktor"), **dict.fromkeys(few, "vera")}
        for order, vendor in vendors.items():
            town.handed_over(order, vendor=vendor)
        for order, vendor in vendors.items():
            paying(town, order, vendor=vendor, amount="1.00" if order in many else "2.00")
        town.transmit()
        assert ears.amounts[:4].count("2.00") == 2, "who waits for two waits for no twelve of another"
        assert len(ears.asked) == 14


def test_more_than_one_batch_and_more_than_one_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PLANNED", 5)
    monkeypatch.setattr(sending, "LEASED", 2)
    with telling_world(tmp_path) as (town, ears):
        orders = [f"A-{n}" for n in range(8)]
        town.handed_over(*orders)
        for order in orders:
            town.report(claim(order, paid="1.00", version=1))
            town.report(claim(order, paid="3.00", version=2, note="x"))
        (report,) = town.transmit(limit=3)
        assert (report.counts, len(ears.asked)) == ({"told": 3}, 3)
        town.transmit()
        assert len(ears.asked) == len(orders), "of a sum that grew before it was told, one report"


def test_what_may_be_tried_again_at_once_is_tried_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PLANNED", 2)
    with telling_world(tmp_path) as (town, ears):
        orders = [f"A-{n}" for n in range(5)]
        town.handed_over(*orders)
        paying(town, *orders)
        ears.default = TemporarilyUnavailable(NO, retry_after=0)
        (report,) = town.transmit()
        assert (report.counts, len(ears.asked)) == ({"unavailable": 5}, 5)


def test_a_long_wait_that_the_agency_asks_for_is_kept_to_the_second(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        paying(town, "A-1")
        ears.answers(TemporarilyUnavailable(NO, retry_after=7777))
        town.transmit()
        (one,) = town.ink.instructions()
        assert one.next_at is not None
        assert (one.next_at - town.clock()).total_seconds() == 7777
        town.clock.forward(seconds=7776)
        town.transmit()
        assert len(ears.asked) == 1
        town.clock.forward(seconds=1)
        town.transmit()
        assert states(town) == ["done"]


def test_a_task_is_raised_once_however_often_somebody_finds_it_unclear(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")

        def broken(_told: Any) -> Acknowledgement:
            raise RuntimeError

        ears.answers(broken)
        town.ink.recall([ref], reason="x", actor=OPERATOR)
        for _ in range(3):
            town.transmit()
        assert ([task.kind for task in town.tasks()], len(ears.asked)) == (["look_up_telling"], 1)
