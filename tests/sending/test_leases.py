"""Leases: many tries are stored at a time, each is marked just before its request, and what was not marked was certainly not sent."""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from sending.town import at, keys
from world import OPERATOR, World, claim, done, taken, world

from inkasso_core import (
    AuthenticationFailed,
    ClaimRejected,
    Placement,
    State,
    StoreError,
    Submission,
    TemporarilyUnavailable,
    Text,
    owner,
    sending,
    transmit,
)
from inkasso_core.answers import PATIENCE, Answered, store_answers
from inkasso_core.context import Context
from inkasso_core.report import Item
from inkasso_core.store import leases

ORDERS = ("A-1", "A-2", "A-3", "A-4")
WORDS = Text("Wie verlangt.", "As asked for.")


class Killed(BaseException):
    """Ends a process as SIGKILL does: nobody tidies up."""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(sending, "AT_LATEST", 60)  # the agency is quick, however slow the machine
    with world(tmp_path) as opened:
        yield opened


def killed() -> None:
    raise Killed


def orders(town: World) -> list[str]:
    return [one.claim.source.order for one in town.agency.sent]


# Killed


@pytest.mark.parametrize(
    ("point", "nth", "sent", "unclear"),
    [
        ("transmit.before_attempt", 1, 0, 0),
        ("transmit.leased", 1, 0, 0),
        ("transmit.before_mark", 1, 0, 0),
        ("transmit.before_mark", 3, 2, 2),
        ("transmit.marked", 1, 0, 1),
        ("transmit.marked", 3, 2, 3),
        ("transmit.before_answer", 1, 4, 4),
        ("transmit.after_answer", 1, 4, 0),
    ],
)
def test_what_was_not_marked_is_sent_by_the_next_and_what_was_is_looked_up(
    tmp_path: Path, town: World, point: str, nth: int, sent: int, unclear: int
) -> None:
    refs = town.running(*ORDERS)
    with at(point, killed, nth), pytest.raises(Killed):
        town.transmit()
    assert len(town.agency.sent) == sent
    before = keys(town)
    with world(tmp_path, clock=town.clock, script=town.agency) as later:
        later.transmit()
        assert sum(later.state(ref) is State.UNCLEAR for ref in refs) == unclear
        assert {later.state(ref) for ref in refs} <= {State.UNCLEAR, State.HANDED_OVER}
        assert sorted(orders(later)) == sorted(set(orders(later))), "nothing is sent twice"
        for record, tries in keys(later).items():
            assert len({key for key, _, _ in tries}) == 1, "the key stays the same"
            assert len(tries) >= len(before.get(record, []))
            assert all(outcome == leases.NOT_SENT for _, outcome, marked in tries if not marked)
        assert later.tasks() == []


def test_a_lease_of_another_machine_is_left_alone_until_it_runs_out(tmp_path: Path, town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.running("A-1")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(owner.socket, "gethostname", lambda: "elsewhere")
        with at("transmit.leased", killed), pytest.raises(Killed):
            town.transmit()
    with world(tmp_path, clock=town.clock, script=town.agency) as later:
        later.transmit()
        assert (later.agency.sent, later.state(ref)) == ([], State.RUNNING)
        later.clock.forward(minutes=16)
        later.transmit()
        assert later.state(ref) is State.HANDED_OVER


# The fence


def test_a_lease_that_ran_out_while_its_owner_lives_is_not_sent(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.running("A-1")

    def others_think_it_is_gone() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            assert transmit.recover(town.ink._context) == 1

    with at("transmit.before_mark", others_think_it_is_gone):
        (report,) = town.transmit()
    assert (town.agency.sent, dict(report.counts), town.state(ref)) == ([], {}, State.RUNNING)
    town.transmit()
    assert (orders(town), town.state(ref)) == (["A-1"], State.HANDED_OVER)


@pytest.mark.parametrize("nth", [1, 2])
def test_two_processes_never_send_the_same(tmp_path: Path, town: World, nth: int) -> None:
    refs = town.running(*ORDERS)
    with world(tmp_path, clock=town.clock, script=town.agency) as other, at("transmit.before_mark", other.transmit, nth):
        town.transmit()
    assert sorted(orders(town)) == list(ORDERS)
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}


def test_a_try_that_was_taken_back_stays_so_when_the_claim_is_released_again(town: World) -> None:
    """Just before the mark a person takes the release back and gives it again: only the second submission goes."""
    town.running("A-1")

    def think_twice() -> None:
        done(town.ink.withdraw(["shop:A-1"], actor=OPERATOR))
        done(town.ink.release(["shop:A-1"], actor=OPERATOR))

    with at("transmit.before_mark", think_twice):
        town.transmit()
    assert orders(town) == ["A-1"]
    (first, second) = keys(town)["A-1"]
    assert (first[1], first[2], second[2]) == ("not_sent", False, True)
    assert first[0] != second[0], "another submission has a key of its own"


# What happens in the shop while something is leased


def stops(town: World) -> dict[str, tuple[Callable[[], object], State]]:
    return {
        "paid": (lambda: town.report(claim("A-2", paid="119.00", principal=Decimal("119.00"))), State.PAID),
        "withdrawn": (lambda: done(town.ink.withdraw(["shop:A-2"], actor=OPERATOR)), State.READY),
        "cancelled": (lambda: done(town.ink.cancel(["shop:A-2"], actor=OPERATOR, reason="the order ended")), State.CANCELLED),
        "marked as paid": (lambda: done(town.ink.mark_paid(["shop:A-2"], actor=OPERATOR)), State.PAID),
        "held": (lambda: town.ink.hold("shop:A-2", reason="he called", actor=OPERATOR), State.RUNNING),
    }


@pytest.mark.parametrize("what", ["paid", "withdrawn", "cancelled", "marked as paid", "held"])
@pytest.mark.parametrize("when", ["transmit.leased", "transmit.before_mark", "transmit.marked"])
def test_what_happens_before_the_request_still_stops_the_claim(town: World, what: str, when: str) -> None:
    town.running("A-1", "A-2", "A-3", principal=Decimal("119.00"))
    act, state = stops(town)[what]
    with at(when, act):
        town.transmit()
    assert sorted(orders(town)) == ["A-1", "A-3"]
    assert town.state("A-2") is state
    town.transmit()
    assert sorted(orders(town)) == ["A-1", "A-3"]


def test_what_happens_while_it_is_sent_waits_for_its_answer(town: World) -> None:
    (ref,) = town.running("A-1", principal=Decimal("119.00"))

    def paid_meanwhile(placement: Placement) -> Submission:
        town.report(claim("A-1", paid="119.00", principal=Decimal("119.00")))
        assert town.state(ref) is State.RUNNING
        return taken(placement)

    town.agency.answers(paid_meanwhile)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert town.tasks() or town.ink.instructions(), "the agency is to hear of the payment"


def test_one_claim_of_a_bundle_that_stops_lets_the_others_go(tmp_path: Path) -> None:
    with world(tmp_path, several=3) as town:
        town.running("A-1", "A-2", "A-3", customer="K-1")
        with at("transmit.leased", lambda: done(town.ink.withdraw(["shop:A-2"], actor=OPERATOR))):
            town.transmit()
        assert town.agency.sent == []
        town.transmit()
        (sent,) = town.agency.sent
        assert [one.source.order for one in sent.claims] == ["A-1", "A-3"]


# Ending early


def test_an_account_that_stops_gives_back_what_it_did_not_send(town: World) -> None:
    refs = town.running(*ORDERS)
    town.agency.answers(taken, AuthenticationFailed(WORDS))
    (report,) = town.transmit()
    assert (report.mode, dict(report.counts)) == ("stopped", {"handed_over": 1, "stopped": 1})
    assert [outcome for tries in keys(town).values() for _, outcome, _ in tries] == ["accepted", "authentication", "not_sent", "not_sent"]
    assert len(town.tasks("account_stopped")) == 1
    town.go_live("agency")
    town.transmit()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert len(orders(town)) == 5


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_interrupts_it_finds_what_was_answered_stored_and_the_rest_given_back(town: World, error: type[BaseException]) -> None:
    refs = town.running(*ORDERS)

    def interrupted() -> None:
        raise error

    with at("transmit.before_mark", interrupted, 3), pytest.raises(error):
        town.transmit()
    assert [town.state(ref) for ref in refs] == [State.HANDED_OVER, State.HANDED_OVER, State.RUNNING, State.RUNNING]
    assert [outcome for tries in keys(town).values() for _, outcome, _ in tries][2:] in (["not_sent", "not_sent"], [None, "not_sent"])
    town.transmit()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}


def test_a_process_that_is_to_end_finishes_the_request_under_way_and_gives_the_rest_back(tmp_path: Path, town: World) -> None:
    refs = town.running(*ORDERS)
    with at("transmit.marked", town.ink._context.ending.set):
        town.transmit()
    assert [town.state(ref) for ref in refs] == [State.HANDED_OVER, *[State.RUNNING] * 3]
    with world(tmp_path, clock=town.clock, script=town.agency) as later:
        later.transmit()
        assert {later.state(ref) for ref in refs} == {State.HANDED_OVER}


def test_no_more_is_leased_than_may_be_sent(town: World) -> None:
    town.running(*ORDERS)
    (report,) = town.transmit(limit=3)
    assert report.total == 3
    assert len(keys(town)) == 3


# Answers


def test_answers_of_a_quick_agency_share_a_commit_and_none_is_told_before_it(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOGETHER", 3)
    refs = town.running(*ORDERS)
    told: list[tuple[str, State]] = []
    passed: list[str] = []
    with at("transmit.after_answer", lambda: passed.append("stored")):
        town.transmit(on_item=lambda item: told.append((item.ref, town.state(item.ref))))
    assert told == [(ref, State.HANDED_OVER) for ref in refs]


@pytest.mark.parametrize(
    ("takes", "at_latest", "stored"), [(0.05, 0.02, [0, 1, 2, 3]), (0.05, 0.07, [0, 0, 2, 2]), (0.0, 60, [0, 0, 0, 0])]
)
def test_no_answer_waits_long_for_others_to_be_stored_with_it(
    town: World, monkeypatch: pytest.MonkeyPatch, takes: float, at_latest: float, stored: list[int]
) -> None:
    monkeypatch.setattr(sending, "AT_LATEST", at_latest)
    monkeypatch.setattr(sending, "IN_A_ROW", 5)  # one thread does it all
    now = 0.0
    monkeypatch.setattr(sending, "time", SimpleNamespace(perf_counter=lambda: now))
    refs = town.running(*ORDERS)
    seen: list[list[State]] = []

    def look(placement: Placement) -> Submission:
        nonlocal now
        now += takes
        seen.append([town.state(ref) for ref in refs])
        return taken(placement)

    town.agency.answers(*[look] * 4)
    town.transmit()
    assert [states.count(State.HANDED_OVER) for states in seen] == stored


def test_answers_of_a_slow_agency_to_one_sender_share_a_commit_and_none_waits_when_nothing_is_under_way(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "IN_A_ROW", 0)  # another thread sends from the first one on
    monkeypatch.setattr(sending, "ENOUGH", 60)
    monkeypatch.setattr(sending, "_FOR_ONE", sending._FOR_ONE._replace(gathered=60))
    refs = town.running(*ORDERS)
    town.agency.answers(*[slow] * 4)
    stored: list[int] = []
    with at("transmit.after_answer", lambda: stored.append([town.state(ref) for ref in refs].count(State.HANDED_OVER))):
        began = time.monotonic()
        town.transmit()
    assert stored == [4], "one commit"
    assert time.monotonic() - began < 30


def slow(placement: Placement) -> Submission:
    time.sleep(0.05)
    return taken(placement)


# Waits


def test_what_was_not_processed_waits_longer_from_try_to_try_and_never_past_a_bound(town: World) -> None:
    town.running("A-1")
    town.agency.default = TemporarilyUnavailable(WORDS)
    waits = []
    for _ in range(12):
        town.transmit()
        with town.ink._context.database.read() as connection:
            (not_before,) = connection.exec_driver_sql("SELECT not_before FROM instruction").one()
        waits.append(dt.datetime.fromisoformat(not_before) - town.clock())
        town.clock.forward(seconds=waits[-1].total_seconds())
    assert all(dt.timedelta(minutes=3) < wait <= dt.timedelta(hours=6) for wait in waits)
    assert waits[0] <= dt.timedelta(minutes=5)
    assert waits[4] > 4 * waits[0]
    assert waits[-1] > dt.timedelta(hours=4)
    assert len(set(waits)) == len(waits), "no two alike"


def test_a_wait_that_the_agency_asks_for_is_kept_as_it_is(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(TemporarilyUnavailable(WORDS, retry_after=90))
    town.transmit()
    town.clock.forward(seconds=89)
    town.transmit()
    assert len(town.agency.sent) == 1
    town.clock.forward(seconds=1)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER


@pytest.mark.parametrize("is_stored", [False, True])
def test_answers_wait_for_a_database_that_is_away(town: World, monkeypatch: pytest.MonkeyPatch, is_stored: bool) -> None:
    """Whether the first commit was lost, or only its success: the second one leaves the same."""
    refs = town.running("A-1", "A-2", "A-3")
    town.agency.answers(taken, ClaimRejected(WORDS), TemporarilyUnavailable(WORDS, retry_after=90))
    waits: list[float] = []
    monkeypatch.setattr(town.ink._context, "sleep", waits.append)
    monkeypatch.setattr(sending, "_stops", lambda _answered: False)
    tries = 0

    def away(context: Context, answered: Sequence[Answered]) -> list[Item]:
        nonlocal tries
        tries += 1
        if tries > 2:
            return store_answers(context, answered)
        if is_stored:
            store_answers(context, answered)
        raise StoreError(WORDS)

    monkeypatch.setattr(sending, "store_answers", away)
    town.transmit()
    assert waits == list(PATIENCE[:2])
    assert [town.state(ref) for ref in refs] == [State.HANDED_OVER, State.FAILED, State.RUNNING]
    assert [town.trail(ref)[-1] for ref in refs] == ["handed_over", "failed", "running"]
    assert [len(town.trail(ref)) for ref in refs] == [len(set(town.trail(ref))) for ref in refs], "each change is noted once"
    town.clock.forward(seconds=90)
    town.transmit()
    assert town.state(refs[2]) is State.HANDED_OVER
    assert orders(town) == ["A-1", "A-2", "A-3", "A-3"]
    assert town.tasks() == []
