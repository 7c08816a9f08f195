"""Rests: an agency that asks for a pause gets it from the whole account, and one that is down is not asked once for each claim."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from tellers import paid, telling_world
from world import World, claim, taken, world

from inkasso_core import AuthenticationFailed, ClaimRejected, OutcomeUnknown, State, TemporarilyUnavailable, Text, resting, sending
from inkasso_core.errors import Interrupted
from inkasso_core.report import AccountReport
from inkasso_core.store import rests

WORDS = Text("ausgelastet", "busy")
ORDERS = tuple(f"A-{number:02d}" for number in range(1, 13))


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(sending, "AT_LATEST", 60)  # the agency is quick, however slow the machine
    with world(tmp_path) as opened:
        yield opened


def down(seconds: float | None = None) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(WORDS, retry_after=seconds)


def rest(town: World) -> rests.Rest:
    with town.ink._context.database.read() as connection:
        return rests.of(connection, "agency")


def in_flight(town: World) -> int:
    with town.ink._context.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM instruction WHERE state = 'in_flight'").scalar_one())


# As the agency asks for it


def test_a_wait_that_the_agency_asks_for_is_the_account_s(town: World) -> None:
    refs = town.running(*ORDERS)
    town.agency.answers(taken, down(600))
    (report,) = town.transmit()
    assert dict(report.counts) == {"handed_over": 1, "unavailable": 1}
    assert (len(town.agency.sent), in_flight(town)) == (2, 0), "what was leased and not sent is given back at once"
    until = town.clock() + dt.timedelta(seconds=600)
    assert report.rests_until == until
    assert "12:10" in report.reason.en or "14:10" in report.reason.en, "the report says until when"
    town.clock.forward(seconds=599)
    (report,) = town.transmit()
    assert (len(town.agency.sent), report.total, report.rests_until) == (2, 0, until)
    town.clock.forward(seconds=2)
    (report,) = town.transmit()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert report.rests_until is None


def test_nothing_is_asked_or_told_either_and_every_process_knows(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2")
        ears.answers(down(600))
        town.report(claim("A-1", payments=(paid("1.00", "A"),)), claim("A-2", payments=(paid("2.00", "B"),)))
        town.transmit()
        assert len(ears.asked) == 1, "the second payment is not even tried"
        town.agency.asked.clear()
        with telling_world(tmp_path, clock=town.clock, script=town.agency) as (other, also):
            other.running("B-1")
            other.transmit()
            other.ink.follow()
            assert (also.asked, other.agency.asked) == ([], [])
            assert other.state("B-1") is State.RUNNING
        town.clock.forward(seconds=601)
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}
        assert town.state("B-1") is State.HANDED_OVER


def test_a_question_that_is_put_off_keeps_submissions_back(town: World) -> None:
    town.handed_over("A-1")
    town.agency.troubles["fetch_status"] = down(300)
    town.ink.follow()
    town.running("A-2")
    town.transmit()
    assert town.state("A-2") is State.RUNNING
    assert len(town.agency.sent) == 1


def test_what_another_process_has_leased_is_not_sent_any_more(tmp_path: Path, town: World) -> None:
    """While this one is about to send, another one is told to wait."""
    town.running(*ORDERS[:3])
    submit = town.agency.submit

    def told_to_wait(placement: object) -> object:
        town.agency.submit = submit  # type: ignore[method-assign]
        with town.ink._context.database.write() as connection:
            resting.heard(town.ink._context, connection, "agency", [down(60)])
        return submit(placement)  # type: ignore[arg-type]

    town.agency.submit = told_to_wait  # type: ignore[assignment, method-assign]
    (report,) = town.transmit()
    assert (len(town.agency.sent), in_flight(town)) == (1, 0)
    assert report.rests_until is not None


def test_a_yes_to_what_was_sent_before_does_not_end_the_wait_that_was_asked_for(town: World) -> None:
    context = town.ink._context
    for answers in ([down(600)], ["yes"], [down(60)]):
        with context.database.write() as connection:
            resting.heard(context, connection, "agency", answers)
    assert rest(town).asked_until == town.clock() + dt.timedelta(seconds=600)


# An agency that is down


def test_an_agency_that_is_down_is_not_asked_once_for_each_claim(town: World) -> None:
    town.running(*ORDERS)
    town.agency.default = down()
    (report,) = town.transmit()
    assert (len(town.agency.sent), in_flight(town)) == (resting.IN_A_ROW, 0)
    assert report.rests_until is not None
    waits = []
    for tries in range(1, 5):
        until = rest(town).until(town.clock())
        assert until is not None
        waits.append(until - town.clock())
        most = min(resting.FIRST * 2 ** (tries - 1), resting.MOST)
        assert 0.75 * most <= waits[-1] <= most
        town.clock.at = until + dt.timedelta(seconds=1)
        sent = len(town.agency.sent)
        town.transmit()
        assert len(town.agency.sent) == sent + 1, "one request finds out whether it is back"
    town.agency.default = None
    town.clock.forward(hours=1)
    (report,) = town.transmit()
    assert (rest(town), report.rests_until) == (rests.Rest(), None), "the first answer ends it"
    assert dict(report.counts) == {"handed_over": len(ORDERS)}
    assert {town.state(f"shop:{order}") for order in ORDERS} == {State.HANDED_OVER}


def test_an_agency_that_hangs_leaves_a_few_claims_unclear_not_all(town: World) -> None:
    refs = town.running(*ORDERS)
    town.agency.default = OutcomeUnknown(WORDS)
    (report,) = town.transmit()
    assert dict(report.counts) == {"unclear": resting.IN_A_ROW}
    assert report.rests_until is not None
    assert "does not answer" in report.reason.en
    town.clock.at = report.rests_until + dt.timedelta(seconds=1)
    town.transmit()
    assert [town.state(ref) for ref in refs].count(State.UNCLEAR) == resting.IN_A_ROW + 1, "one request finds out whether it is back"
    town.agency.default = None
    town.clock.forward(hours=1)
    town.transmit()
    assert [town.state(ref) for ref in refs].count(State.HANDED_OVER) == len(ORDERS) - resting.IN_A_ROW - 1
    assert rest(town) == rests.Rest()


def test_an_agency_that_hangs_is_not_told_everything_either(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over(*ORDERS[:6])
        ears.default = OutcomeUnknown(WORDS)
        town.report(*(claim(order, payments=(paid("1.00", order),)) for order in ORDERS[:6]))
        town.transmit()
        assert len(ears.asked) == resting.IN_A_ROW


def test_one_request_counts_once_however_many_cases_it_was_about() -> None:
    lost, busy = OutcomeUnknown(WORDS), down(60)
    assert resting.counted([lost, "yes", lost, down(), busy]) == [True, True, False, False, True]


def test_tries_of_a_process_that_was_killed_say_nothing_of_the_agency(town: World) -> None:
    context = town.ink._context
    with context.database.write() as connection:
        resting.heard(context, connection, "agency", [Interrupted(WORDS)] * resting.IN_A_ROW)
    assert rest(town) == rests.Rest()


def test_an_answer_in_between_begins_the_count_anew(town: World) -> None:
    town.running(*ORDERS)
    town.agency.answers(down(), OutcomeUnknown(WORDS), taken, down(), ClaimRejected(WORDS), OutcomeUnknown(WORDS), down())
    town.transmit()
    assert rest(town).until(town.clock()) is None
    assert len(town.agency.sent) == len(ORDERS)


def test_cases_are_not_asked_about_one_after_the_other_while_the_agency_is_down(town: World) -> None:
    town.handed_over(*ORDERS)
    town.agency.troubles["fetch_status"] = down()
    town.ink.follow()
    assert len(town.agency.asked) == resting.IN_A_ROW
    town.agency.troubles.clear()
    town.clock.forward(minutes=2)
    town.ink.follow()
    assert len(town.agency.asked) == resting.IN_A_ROW + len(ORDERS)
    assert rest(town) == rests.Rest()


def test_several_senders_stop_together(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"at_once": 3}}) as town:
        refs = town.running(*ORDERS)
        town.agency.default = down(60)
        town.transmit()
        assert len(town.agency.sent) <= 3
        assert in_flight(town) == 0
        town.agency.default = None
        town.clock.forward(minutes=2)
        town.transmit()
        assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}


def test_a_stopped_account_takes_back_what_others_have_leased(town: World) -> None:
    town.running(*ORDERS[:4])
    town.agency.answers(taken, AuthenticationFailed(WORDS))
    reports: list[AccountReport] = town.transmit()
    assert (reports[0].mode, len(town.agency.sent), in_flight(town)) == ("stopped", 2, 0)


def test_a_worker_finds_nothing_due_while_an_account_rests(town: World) -> None:
    town.running(*ORDERS[:2])
    town.agency.answers(down(600))
    town.transmit()
    assert town.ink.due().accounts == []
    town.clock.forward(seconds=601)
    assert town.ink.due().accounts == ["agency"]
