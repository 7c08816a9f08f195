"""What comes back from an agency: lost answers and look-ups, statuses, late refusals, reopened cases, refused credentials."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, World, case_of, claim, done, lost, refusal, taken, undecided, world

from inkasso_core import (
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    NotFound,
    OrderEnd,
    Outcome,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
    Text,
    owner,
)
from inkasso_core.statuses import STATE_OF, apply_status

HOUR = dt.timedelta(hours=1)
WORDS = Text("Wie verlangt.", "As asked for.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as town:
        yield town


def unclear(town: World, order: str = "A-1", *, arrived: bool = True) -> str:
    """A claim whose answer was lost."""
    (ref,) = town.running(order)
    town.agency.answers(lost())
    town.transmit()
    assert town.state(ref) is State.UNCLEAR
    if not arrived:
        town.agency.forgets()
    return ref


# The answer was lost


def test_what_is_unclear_is_never_sent_again_by_itself(town: World) -> None:
    ref = unclear(town)
    town.agency.troubles["find"] = TemporarilyUnavailable(WORDS)
    for _ in range(3):
        town.clock.forward(days=1)
        town.ink.run_due()
    assert town.state(ref) is State.UNCLEAR
    assert len(town.agency.sent) == 1


def test_a_case_that_is_found_is_handed_over(town: World) -> None:
    ref = unclear(town)
    town.ink.follow()
    assert town.trail(ref) == ["ready", "running", "unclear", "handed_over"]
    (placement,) = town.ink.show(ref).placements
    assert placement.case_reference == case_of(placement.our_reference)
    town.ink.run_due()
    assert len(town.agency.sent) == 1


def test_absence_is_proved_only_after_the_agency_has_settled_and_then_the_key_is_new(tmp_path: Path) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = unclear(town, arrived=False)
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


def test_a_case_that_appears_late_is_found_before_absence_counts(tmp_path: Path) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = unclear(town, arrived=False)
        town.ink.run_due()
        town.agency.says(AgencyStatus.ACTIVE)
        town.clock.forward(hours=3)
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER
        assert len(town.agency.sent) == 1


def test_a_case_that_is_found_refused_is_failed_and_may_be_released_again(town: World) -> None:
    ref = unclear(town)
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
    ref = unclear(town)
    town.agency.says(status)
    town.ink.follow()
    assert town.trail(ref)[:4] == ["ready", "running", "unclear", "handed_over"]
    assert town.state(ref) is end


@pytest.mark.parametrize("status", [AgencyStatus.SUBMITTED, AgencyStatus.DRAFT, AgencyStatus.NEEDS_INPUT])
def test_a_case_that_is_found_undecided_runs_and_is_not_sent_again(town: World, status: AgencyStatus) -> None:
    ref = unclear(town)
    town.agency.says(status)
    for _ in range(3):
        town.ink.run_due()
        town.clock.forward(days=1)
    assert town.trail(ref) == ["ready", "running", "unclear", "running"]
    assert len(town.agency.sent) == 1
    assert [t.kind for t in town.tasks()] == (["answer_agency"] if status is AgencyStatus.NEEDS_INPUT else [])
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER


def test_an_unknown_status_of_what_is_unclear_leaves_it_unclear(town: World) -> None:
    ref = unclear(town)
    town.agency.says(AgencyStatus.UNKNOWN)
    town.ink.follow()
    assert town.state(ref) is State.UNCLEAR


def test_late_money_is_recorded_and_the_state_stays(town: World) -> None:
    ref = unclear(town)
    town.report(claim("A-1", paid="153.99"))
    assert town.state(ref) is State.UNCLEAR
    assert town.ink.find(ref).principal_open == 0
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert [t.kind for t in town.tasks()] == ["report_payment"]


@pytest.mark.parametrize(("changes", "end"), [({"paid": "153.99"}, State.PAID), ({"ended": OrderEnd.REVOKED}, State.CANCELLED)])
def test_late_money_for_what_never_arrived_ends_the_claim(town: World, changes: dict[str, Any], end: State) -> None:
    ref = unclear(town, arrived=False)
    town.report(claim("A-1", **changes))
    assert town.state(ref) is State.UNCLEAR
    town.ink.run_due()
    town.ink.run_due()
    assert town.state(ref) is end
    assert len(town.agency.sent) == 1
    assert town.tasks() == []
    assert [p.open for p in town.ink.show(ref).placements] == [False]


def test_what_turned_red_while_unclear_is_not_sent_again(town: World) -> None:
    ref = unclear(town, arrived=False)
    town.ink.hold(ref, reason="the debtor is in hospital", actor=OPERATOR)
    town.ink.run_due()
    town.ink.run_due()
    assert town.state(ref) is State.WAITING
    assert len(town.agency.sent) == 1


def test_an_agency_that_cannot_be_asked_is_one_task_and_a_person_resolves(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        ref = unclear(town)
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
        ref = unclear(town)
        done(town.ink.resolve([ref], found=None, send_again=True, reason="not in the portal", actor=OPERATOR))
        assert town.state(ref) is State.RUNNING
        town.transmit()
        assert town.state(ref) is State.HANDED_OVER
        first, second = town.agency.sent
        assert first.idempotency_key != second.idempotency_key


def test_a_person_who_does_not_find_it_may_let_it_fail(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        ref = unclear(town)
        done(town.ink.resolve([ref], found=None, reason="not in the portal", actor=OPERATOR))
        assert town.state(ref) is State.FAILED
        assert [p.open for p in town.ink.show(ref).placements] == [False]


@pytest.mark.parametrize("send_again", [True, False])
def test_a_person_cannot_know_of_absence_before_the_agency_has_settled(tmp_path: Path, send_again: bool) -> None:
    with world(tmp_path, settles_after=2 * HOUR) as town:
        ref = unclear(town, arrived=False)
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


# Statuses


def test_every_status_has_its_line() -> None:
    assert set(STATE_OF) == set(AgencyStatus)


def following(
    status: AgencyStatus, end: State, *, open_after: bool, reason: Outcome | None = None
) -> tuple[AgencyStatus, Outcome | None, State, bool]:
    return status, reason, end, open_after


@pytest.mark.parametrize(
    ("status", "reason", "end", "is_open"),
    [
        following(AgencyStatus.NEEDS_INPUT, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.ACTIVE, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.PAUSED, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.DISPUTED, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.JUDICIAL, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.ENFORCEMENT, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.MONITORING, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.MERGED, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.UNKNOWN, State.HANDED_OVER, open_after=True),
        following(AgencyStatus.REJECTED, State.FAILED, open_after=False),
        following(AgencyStatus.EXPIRED, State.FAILED, open_after=False),
        following(AgencyStatus.RECALLED, State.CANCELLED, open_after=False, reason=Outcome.RECALLED_BY_CREDITOR),
        following(AgencyStatus.CLOSED_PAID, State.PAID, open_after=False, reason=Outcome.PAID_FULL),
        following(AgencyStatus.CLOSED_PARTIAL, State.CLOSED, open_after=False, reason=Outcome.PAID_PARTIAL),
        following(AgencyStatus.CLOSED_UNPAID, State.CLOSED, open_after=False, reason=Outcome.UNTRACEABLE),
    ],
)
def test_what_the_agency_says_moves_the_claim_once(
    town: World, status: AgencyStatus, reason: Outcome | None, end: State, is_open: bool
) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(status, reason=reason)
    town.ink.follow()
    assert town.state(ref) is end
    told = len(town.ink.history(ref))
    town.ink.follow()
    assert len(town.ink.history(ref)) == told
    (placement,) = town.ink.show(ref).placements
    assert placement.open is is_open
    assert (placement.agency_status, placement.agency_code) == (status.value, f"code-{status}")
    assert placement.outcome == (None if reason is None else reason.value)
    assert [t.kind for t in town.tasks()] == (["answer_agency"] if status is AgencyStatus.NEEDS_INPUT else [])


def test_a_merged_case_goes_on_under_the_other_reference(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.MERGED, agency_reference="AZ-OTHER")
    placement = town.ink.show(ref).placements[0]
    with town.ink._context.database.read():
        pass
    apply_status(town.ink._context, placement_claim(town, ref), town.agency.cases[placement.our_reference])
    assert town.ink.show(ref).placements[0].case_reference == "AZ-OTHER"
    assert town.state(ref) is State.HANDED_OVER


def placement_claim(town: World, ref: str) -> str:
    return town.ink.find(ref).id


@pytest.mark.parametrize("behind", [AgencyStatus.SUBMITTED, AgencyStatus.DRAFT])
def test_a_status_that_reverts_is_unclear_and_a_task(town: World, behind: AgencyStatus) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(behind)
    for _ in range(3):
        town.ink.run_due()
        town.clock.forward(days=1)
    assert town.trail(ref) == ["ready", "running", "handed_over", "unclear"]
    assert [t.kind for t in town.tasks()] == ["status_reverted"]
    assert len(town.agency.sent) == 1
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER


def test_what_reverted_and_is_then_not_found_waits_for_a_person(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.SUBMITTED)
    town.ink.follow()
    town.agency.forgets()
    for _ in range(3):
        town.clock.forward(days=1)
        town.ink.run_due()
    assert town.state(ref) is State.UNCLEAR
    assert len(town.agency.sent) == 1
    done(town.ink.resolve([ref], found=None, reason="they lost it", actor=OPERATOR))
    assert town.state(ref) is State.FAILED
    assert town.tasks() == []


def test_an_answer_that_decides_nothing_leaves_it_running_until_the_agency_decides(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(undecided)
    town.transmit()
    assert town.state(ref) is State.RUNNING
    town.agency.says(AgencyStatus.SUBMITTED)
    town.ink.run_due()
    assert town.state(ref) is State.RUNNING
    assert len(town.agency.sent) == 1
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.run_due()
    assert town.trail(ref) == ["ready", "running", "handed_over"]


def test_an_answer_that_asks_for_more_is_a_task_at_once(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(Submission(agency_reference="AZ-1", status=AgencyStatus.NEEDS_INPUT, raw={}))
    town.transmit()
    assert town.state(ref) is State.RUNNING
    assert [t.kind for t in town.tasks()] == ["answer_agency"]


def test_an_answer_without_a_reference_is_followed_by_ours(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(lambda p: Submission(status=AgencyStatus.SUBMITTED, raw={"queued": True}))
    town.transmit()
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    (placement,) = town.ink.show(ref).placements
    assert placement.case_reference == case_of(placement.our_reference)


def test_a_late_refusal_closes_the_placement_and_a_person_may_try_again(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.REJECTED)
    town.ink.run_due()
    assert town.trail(ref) == ["ready", "running", "handed_over", "failed"]
    assert [p.open for p in town.ink.show(ref).placements] == [False]
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert len({p.our_reference for p in town.agency.sent}) == 2


@pytest.mark.parametrize("ended", [AgencyStatus.CLOSED_PAID, AgencyStatus.CLOSED_UNPAID, AgencyStatus.RECALLED])
def test_an_agency_that_reopens_a_case_has_it_again(town: World, ended: AgencyStatus) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(ended)
    town.ink.follow()
    town.agency.says(AgencyStatus.ACTIVE)
    (report,) = town.agency.cases.values()
    apply_status(town.ink._context, town.ink.find(ref).id, report)
    assert town.state(ref) is State.HANDED_OVER
    (placement,) = town.ink.show(ref).placements
    assert (placement.open, placement.closed_at, placement.outcome) == (True, None, None)
    town.agency.says(AgencyStatus.CLOSED_PAID)
    town.ink.follow()
    assert town.state(ref) is State.PAID


def test_a_word_about_an_old_case_does_not_move_the_new_one(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.CLOSED_UNPAID)
    town.ink.follow()
    (old,) = town.agency.cases.values()
    done(town.ink.reinstate([ref], reason="another try", actor=OPERATOR))
    apply_status(town.ink._context, town.ink.find(ref).id, old.model_copy(update={"status": AgencyStatus.ACTIVE}))
    assert town.state(ref) is State.READY
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    apply_status(town.ink._context, town.ink.find(ref).id, old)
    assert town.state(ref) is State.HANDED_OVER


def test_a_closed_claim_is_reinstated_and_goes_its_way_again(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.CLOSED_UNPAID, reason=Outcome.UNTRACEABLE)
    town.ink.follow()
    assert town.state(ref) is State.CLOSED
    assert refusal(town.ink.release([ref], actor=OPERATOR)) == "NO_SUCH_CHANGE"
    done(town.ink.reinstate([ref], reason="a new address", actor=OPERATOR))
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert town.trail(ref)[-5:] == ["closed", "waiting", "ready", "running", "handed_over"]


def test_an_unknown_status_changes_nothing_and_is_kept(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.UNKNOWN, agency_status="x-4711")
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert town.ink.show(ref).placements[0].agency_code == "x-4711"
    assert town.last(ref).details == {"status": "unknown", "code": "x-4711", "case_reference": case_of(town.agency.sent[0].our_reference)}


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (AgencyStatus.ACTIVE, State.PAUSED),
        (AgencyStatus.PAUSED, State.PAUSED),
        (AgencyStatus.CLOSED_PAID, State.PAID),
        (AgencyStatus.CLOSED_UNPAID, State.CLOSED),
        (AgencyStatus.RECALLED, State.CANCELLED),
        (AgencyStatus.REJECTED, State.PAUSED),
        (AgencyStatus.SUBMITTED, State.PAUSED),
    ],
)
def test_a_paused_claim_at_the_agency_is_followed(town: World, status: AgencyStatus, end: State) -> None:
    (ref,) = town.handed_over("A-1")
    done(town.ink.pause([ref], reason="wait", actor=OPERATOR, confirmed=True))
    town.agency.says(status)
    town.ink.follow()
    town.ink.follow()
    assert town.state(ref) is end
    contradicts = status in (AgencyStatus.REJECTED, AgencyStatus.SUBMITTED)
    assert [t.kind for t in town.tasks()] == (["status_contradicts"] if contradicts else [])


@pytest.mark.parametrize("trouble", [TemporarilyUnavailable(WORDS), NotFound(WORDS), KeyError("a stranger's mistake")])
@pytest.mark.parametrize("operation", ["find", "fetch_status"])
def test_an_adapter_that_breaks_while_following_breaks_itself_only(town: World, operation: str, trouble: Exception) -> None:
    unclear(town, "A-1")
    town.handed_over("A-2")
    town.agency.troubles[operation] = trouble
    followed = town.ink.follow()
    assert followed.failed == 1 + (operation == "fetch_status")  # in the same run, the case that was found is asked about
    assert town.state("A-1") is (State.UNCLEAR if operation == "find" else State.HANDED_OVER)
    assert town.state("A-2") is State.HANDED_OVER


# The account itself


@pytest.mark.parametrize("error", [AuthenticationFailed(WORDS), ConfigurationError(WORDS)])
def test_an_error_of_the_account_stops_it_with_one_alarm_and_go_live_resumes(town: World, error: Exception) -> None:
    refs = town.running("A-1", "A-2", "A-3")
    town.agency.answers(error, error)
    (report,) = town.transmit()
    assert (report.mode, report.counts) == ("stopped", {"stopped": 1})
    for _ in range(3):
        town.clock.forward(days=1)
        town.ink.run_due()
    assert {town.state(ref) for ref in refs} == {State.RUNNING}
    assert [t.kind for t in town.tasks()] == ["account_stopped"]
    assert len(town.agency.sent) == 1
    assert town.ink.gate("agency").mode == "stopped"

    town.agency._next.clear()
    town.ink.go_live("agency", actor=OPERATOR)
    assert town.tasks() == []
    town.transmit()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert town.agency.sent[0].idempotency_key == town.agency.sent[1].idempotency_key


def test_an_account_resumes_at_once_and_alarms_again(town: World) -> None:
    (ref,) = town.running("A-1")
    for _ in range(2):
        town.agency.answers(AuthenticationFailed(WORDS))
        town.transmit()
        assert [t.kind for t in town.tasks()] == ["account_stopped"]
        town.ink.go_live("agency", actor=OPERATOR)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER


def test_an_account_that_resumes_keeps_its_limit(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        town.running("A-1", "A-2", "A-3")
        town.go_live("agency", first=2)
        town.agency.answers(AuthenticationFailed(WORDS))
        town.transmit()
        town.ink.go_live("agency", actor=OPERATOR)
        (report,) = town.transmit()
        assert report.counts == {"handed_over": 2, "postponed": 1}
        town.ink.go_live("agency", actor=OPERATOR)
        (report,) = town.transmit()
        assert report.counts == {"handed_over": 1}


def test_credentials_refused_while_following_stop_the_account_too(town: World) -> None:
    town.handed_over("A-1", "A-2")
    town.agency.troubles["fetch_status"] = AuthenticationFailed(WORDS)
    town.agency.asked.clear()
    town.ink.follow()
    assert [t.kind for t in town.tasks()] == ["account_stopped"]
    assert len(town.agency.asked) == 1


def test_one_account_that_stops_does_not_stop_the_other(tmp_path: Path) -> None:
    routes = [{"account": "second", "shop": "other"}]
    with world(tmp_path, accounts={"first": {}, "second": {}}, shops={"shop": {}, "other": {}}, routes=routes) as town:
        town.running("A-1")
        town.running("B-1", shop="other")
        town.agency.answers(AuthenticationFailed(WORDS))
        town.transmit()
        assert (town.state("A-1"), town.state("B-1", shop="other")) == (State.RUNNING, State.HANDED_OVER)


def test_what_was_certainly_not_processed_is_tried_again_under_the_same_key(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(TemporarilyUnavailable(WORDS, retry_after=600))
    town.transmit()
    assert town.state(ref) is State.RUNNING
    town.clock.forward(minutes=9)
    town.transmit()
    assert len(town.agency.sent) == 1
    town.clock.forward(minutes=1)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert len({p.idempotency_key for p in town.agency.sent}) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (ClaimInvalid(WORDS, fields=("debtor",)), State.FAILED),
        (RuntimeError("a stranger's mistake"), State.UNCLEAR),
        (Submission(), State.UNCLEAR),
        (Submission(status=AgencyStatus.REJECTED, raw={"no": 1}), State.FAILED),
        (Submission(raw={"ok": 1}), State.HANDED_OVER),
    ],
)
def test_what_an_adapter_says_decides_the_state(town: World, answer: Any, state: State) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(answer if isinstance(answer, Exception | Submission) else _raising(answer))
    town.transmit()
    assert town.state(ref) is state


def _raising(error: Exception) -> Callable[[Placement], Submission]:
    def submit(_placement: Placement) -> Submission:
        raise error

    return submit


def test_a_rehearsal_sends_nothing_and_changes_nothing(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        (ref,) = town.running("A-1")
        before = town.ink.history(ref)
        (report,) = town.transmit(as_of=dt.date(2026, 7, 1))
        assert (report.mode, report.counts) == ("rehearsal", {"rehearsed": 1})
        assert town.agency.sent == []
        assert town.ink.history(ref) == before
