"""The answer was lost: what is unclear is looked up, never sent again on a guess, and a late answer still counts."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, World, case_of, claim, done, lost, refusal, taken, undecided, world

from inkasso_core import (
    AgencyStatus,
    ClaimRejected,
    OrderEnd,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
    Text,
    owner,
)

HOUR = dt.timedelta(hours=1)
WORDS = Text("Wie verlangt.", "As asked for.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as town:
        yield town


def test_what_is_unclear_is_never_sent_again_by_itself(town: World) -> None:
    ref = town.unclear()
    town.agency.troubles["find"] = TemporarilyUnavailable(WORDS)
    for _ in range(3):
        town.clock.forward(days=1)
        town.ink.run_due()
    assert town.state(ref) is State.UNCLEAR
    assert len(town.agency.sent) == 1


def test_a_case_that_is_found_is_handed_over(town: World) -> None:
    ref = town.unclear()
    town.ink.follow()
    assert town.trail(ref) == ["ready", "running", "unclear", "handed_over"]
    (placement,) = town.ink.show(ref).placements
    assert placement.case_reference == case_of(placement.our_reference)
    town.ink.run_due()
    assert len(town.agency.sent) == 1


def test_absence_is_proved_only_after_the_agency_has_settled_and_then_the_key_is_new(tmp_path: Path) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = town.unclear(arrived=False)
        town.clock.forward(hours=1.9)
        town.ink.run_due()
        assert town.state(ref) is State.UNCLEAR
        town.clock.forward(hours=0.1)
        town.ink.follow()
        assert town.trail(ref) == ["ready", "running", "unclear", "running"]
        town.transmit()
        assert town.state(ref) is State.HANDED_OVER
        first, second = town.agency.sent
        assert first.idempotency_key != second.idempotency_key
        assert first.our_reference == second.our_reference


def test_where_nobody_knows_how_long_it_takes_to_show_absence_proves_nothing(tmp_path: Path) -> None:
    with world(tmp_path, settles_after=None) as town:
        ref = town.unclear(arrived=False)
        for _ in range(3):
            town.clock.forward(days=30)
            town.ink.run_due()
        assert town.state(ref) is State.UNCLEAR
        assert [t.kind for t in town.tasks()] == ["look_up"]
        done(town.ink.resolve([ref], found=None, send_again=True, reason="they say they have nothing", actor=OPERATOR))
        town.transmit()
        assert town.state(ref) is State.HANDED_OVER
        assert town.tasks() == []


def test_a_case_that_appears_late_is_found_before_absence_counts(tmp_path: Path) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = town.unclear(arrived=False)
        town.ink.run_due()
        town.agency.says(AgencyStatus.ACTIVE)
        town.clock.forward(hours=3)
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER
        assert len(town.agency.sent) == 1


def test_a_case_that_is_found_refused_is_failed_and_may_be_released_again(town: World) -> None:
    ref = town.unclear()
    town.agency.says(AgencyStatus.REJECTED)
    town.ink.follow()
    assert town.state(ref) is State.FAILED
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (AgencyStatus.CLOSED_PAID, State.PAID),
        (AgencyStatus.CLOSED_UNPAID, State.CLOSED),
        (AgencyStatus.RECALLED, State.CANCELLED),
        (AgencyStatus.MERGED, State.HANDED_OVER),
        (AgencyStatus.JUDICIAL, State.HANDED_OVER),
    ],
)
def test_a_case_that_is_found_further_on_was_handed_over_in_between(town: World, status: AgencyStatus, end: State) -> None:
    ref = town.unclear()
    town.agency.says(status)
    town.ink.follow()
    assert town.trail(ref)[:4] == ["ready", "running", "unclear", "handed_over"]
    assert town.state(ref) is end


@pytest.mark.parametrize("status", [AgencyStatus.SUBMITTED, AgencyStatus.DRAFT, AgencyStatus.NEEDS_INPUT])
def test_a_case_that_is_found_undecided_runs_and_is_not_sent_again(town: World, status: AgencyStatus) -> None:
    ref = town.unclear()
    town.agency.says(status)
    for _ in range(3):
        town.ink.run_due()
        town.clock.forward(days=1)
    assert town.trail(ref) == ["ready", "running", "unclear", "running"]
    assert len(town.agency.sent) == 1
    tasks = {AgencyStatus.NEEDS_INPUT: ["answer_agency"], AgencyStatus.DRAFT: ["look_up"]}
    assert [t.kind for t in town.tasks()] == tasks.get(status, []), "a draft may have yet to be sent off: only a person can tell"
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER


def test_an_unknown_status_of_what_is_unclear_leaves_it_unclear(town: World) -> None:
    ref = town.unclear()
    town.agency.says(AgencyStatus.UNKNOWN)
    town.ink.follow()
    assert town.state(ref) is State.UNCLEAR


def test_late_money_is_recorded_and_the_state_stays(town: World) -> None:
    ref = town.unclear()
    town.report(claim("A-1", paid="153.99"))
    assert town.state(ref) is State.UNCLEAR
    assert town.ink.find(ref).principal_open == 0
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert [t.kind for t in town.tasks()] == ["report_payment"]


@pytest.mark.parametrize(("changes", "end"), [({"paid": "153.99"}, State.PAID), ({"ended": OrderEnd.REVOKED}, State.CANCELLED)])
def test_late_money_for_what_never_arrived_ends_the_claim(town: World, changes: dict[str, Any], end: State) -> None:
    ref = town.unclear(arrived=False)
    town.report(claim("A-1", **changes))
    assert town.state(ref) is State.UNCLEAR
    town.ink.run_due()
    town.ink.run_due()
    assert town.state(ref) is end
    assert len(town.agency.sent) == 1
    assert town.tasks() == []
    assert [p.open for p in town.ink.show(ref).placements] == [False]


def test_what_turned_red_while_unclear_is_not_sent_again(town: World) -> None:
    ref = town.unclear(arrived=False)
    town.ink.hold(ref, reason="the debtor is in hospital", actor=OPERATOR)
    town.ink.run_due()
    town.ink.run_due()
    assert town.state(ref) is State.WAITING
    assert len(town.agency.sent) == 1


def test_an_agency_that_cannot_be_asked_is_one_task_and_a_person_resolves(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        ref = town.unclear()
        for _ in range(3):
            town.ink.run_due()
        assert [t.kind for t in town.tasks()] == ["look_up"]
        assert refusal(town.ink.resolve([ref], found="AZ-3", reason="", actor=OPERATOR)) == "REASON"
        done(town.ink.resolve([ref], found="AZ-3", reason="seen in the portal", actor=OPERATOR))
        assert town.state(ref) is State.HANDED_OVER
        assert town.ink.show(ref).placements[0].case_reference == "AZ-3"
        assert town.tasks() == []


def test_a_person_who_does_not_find_it_sends_it_again_under_a_new_key(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        ref = town.unclear()
        done(town.ink.resolve([ref], found=None, send_again=True, reason="not in the portal", actor=OPERATOR))
        assert town.state(ref) is State.RUNNING
        town.transmit()
        assert town.state(ref) is State.HANDED_OVER
        first, second = town.agency.sent
        assert first.idempotency_key != second.idempotency_key


def test_a_person_who_does_not_find_it_may_let_it_fail(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        ref = town.unclear()
        done(town.ink.resolve([ref], found=None, reason="not in the portal", actor=OPERATOR))
        assert town.state(ref) is State.FAILED
        assert [p.open for p in town.ink.show(ref).placements] == [False]


@pytest.mark.parametrize("send_again", [True, False])
def test_a_person_cannot_know_of_absence_before_the_agency_has_settled(tmp_path: Path, send_again: bool) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = town.unclear(arrived=False)
        asked = {"found": None, "send_again": send_again, "reason": "not in the portal", "actor": OPERATOR}
        assert refusal(town.ink.resolve([ref], **asked)) == "ABSENT"
        town.clock.forward(hours=2)
        done(town.ink.resolve([ref], **asked))


def late(town: World, monkeypatch: pytest.MonkeyPatch, answer: Any, meanwhile: Callable[[], object] = bool) -> None:
    """The try is given up as interrupted, something happens ``meanwhile``, and then its answer comes after all."""

    def slow(placement: Placement) -> Submission:
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            town.ink.transmit("agency")
        assert town.state("A-1") is State.UNCLEAR
        meanwhile()
        if isinstance(answer, Exception):
            raise answer
        return answer(placement)  # type: ignore[no-any-return]

    town.agency.answers(slow)
    town.transmit()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (taken, State.HANDED_OVER),
        (undecided, State.RUNNING),
        (ClaimRejected(WORDS), State.FAILED),
        (TemporarilyUnavailable(WORDS, retry_after=60), State.RUNNING),
        (lost(), State.UNCLEAR),
    ],
)
def test_a_late_answer_counts(town: World, monkeypatch: pytest.MonkeyPatch, answer: Any, state: State) -> None:
    town.running("A-1")
    late(town, monkeypatch, answer)
    assert town.state("A-1") is state
    assert len(town.agency.sent) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_late_yes_to_what_a_person_gave_up_is_a_task(town: World, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    (ref,) = town.running("A-1")

    def give_up() -> None:
        done(town.ink.resolve([ref], found=None, reason="not in the portal", actor=OPERATOR))
        if again:
            done(town.ink.release([ref], actor=OPERATOR))

    late(town, monkeypatch, taken, give_up)
    assert [t.kind for t in town.tasks()] == ["status_contradicts"]
    assert town.ink.show(ref).placements[0].case_reference == case_of(town.agency.sent[0].our_reference)
    assert town.trail(ref)[:4] == ["ready", "running", "unclear", "failed"]


@pytest.mark.parametrize("answer", [taken, ClaimRejected(WORDS), TemporarilyUnavailable(WORDS), lost()])
def test_a_late_answer_to_what_a_person_found_changes_nothing(town: World, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    (ref,) = town.running("A-1")
    late(town, monkeypatch, answer, lambda: done(town.ink.resolve([ref], found="AZ-1", reason="seen", actor=OPERATOR)))
    assert town.trail(ref) == ["ready", "running", "unclear", "handed_over"]
    assert town.tasks() == []
    town.agency.asked.clear()
    town.ink.follow()
    assert [operation for operation, _ in town.agency.asked] == ["fetch_status"]
