"""What the agency says of a case: its statuses move the claim, once; what does not fit is a person's task."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import OPERATOR, World, case_of, done, refusal, undecided, world

from inkasso_core import (
    AgencyStatus,
    Outcome,
    State,
    StatusReport,
    Submission,
    Text,
)
from inkasso_core.statuses import STATE_OF, apply_status

WORDS = Text("Wie verlangt.", "As asked for.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as town:
        yield town


def hear(town: World, ref: str, report: StatusReport | None = None) -> None:
    """Bring the agency's word (left out, about its only case) to the claim unasked, as a feed would."""
    if report is None:
        (report,) = town.agency.cases.values()
    apply_status(town.ink._context, town.ink.find(ref).id, report)


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
    hear(town, ref)
    assert town.ink.show(ref).placements[0].case_reference == "AZ-OTHER"
    assert town.state(ref) is State.HANDED_OVER


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
    hear(town, ref)
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
    hear(town, ref, old.model_copy(update={"status": AgencyStatus.ACTIVE}))
    assert town.state(ref) is State.READY
    assert [t.kind for t in town.tasks()] == ["status_contradicts"]
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    hear(town, ref, old)
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
