"""Agencies that take a case in several requests: what a try reached is stored before its next request, and the next try goes on there."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from world import OPERATOR, World, case_of, done, taken, world

from inkasso_core import (
    Agency,
    AgencySettings,
    AgencyStatus,
    AuthenticationFailed,
    ClaimRejected,
    InkassoError,
    OutcomeUnknown,
    Placement,
    State,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
    owner,
)
from inkasso_core.answers import Answered, store_answers
from inkasso_core.store import leases

WORDS = Text("Wie verlangt.", "As asked for.")
HOUR = dt.timedelta(hours=1)
STAGES = ("debtor", "draft", "release")


@dataclass
class Stages:
    """The agency's side: what was made there, and what goes wrong at which stage."""

    made: list[tuple[str, str]] = field(default_factory=list)
    """Stage and our reference."""
    keys: list[str] = field(default_factory=list)
    """The idempotency key of every try."""
    seen: list[dict[str, str]] = field(default_factory=list)
    """The progress that every try began with."""
    troubles: dict[str, Callable[[], object]] = field(default_factory=dict)
    """Stage -> what happens before it is made."""
    after: dict[str, Callable[[], object]] = field(default_factory=dict)
    """Stage -> what happens once it is made."""

    def make(self, stage: str, ours: str) -> str:
        self.troubles.get(stage, lambda: None)()
        self.made.append((stage, ours))
        self.after.get(stage, lambda: None)()
        return f"{stage}-{len(self.made)}"

    def count(self, stage: str) -> int:
        return sum(one == stage for one, _ in self.made)


def staged(stages: Stages, *, settles: dt.timedelta | None = dt.timedelta(0), repeatable: bool = False) -> type[Agency[Any]]:
    """An adapter that makes a debtor and a draft, and then releases the draft."""

    class Staged(Agency[AgencySettings]):
        name: ClassVar[str] = "staged"
        label: ClassVar[str] = "Staged agency"
        settles_after: ClassVar[dt.timedelta | None] = settles
        idempotent: ClassVar[bool] = repeatable

        def submit(self, placement: Placement) -> Submission:
            stages.keys.append(placement.idempotency_key)
            stages.seen.append(dict(placement.progress))
            for stage in STAGES[:2]:
                if stage not in placement.progress:
                    placement.reached(stage, stages.make(stage, placement.our_reference))
            stages.make("release", placement.our_reference)
            return taken(placement)

        def find(self, our_reference: str) -> StatusReport | None:
            there = [stage for stage, ours in stages.made if ours == our_reference]
            if "draft" not in there:
                return None
            status = AgencyStatus.ACTIVE if "release" in there else AgencyStatus.DRAFT
            return StatusReport(agency_reference=case_of(our_reference), status=status, raw={"s": status.value})

    return Staged


@pytest.fixture
def stages() -> Stages:
    return Stages()


@pytest.fixture
def town(tmp_path: Path, stages: Stages) -> Iterator[World]:
    with world(tmp_path, agencies={"staged": staged(stages)}, accounts={"agency": {"agency": "staged"}}) as made:
        yield made


def fails(error: Exception, times: int = 1) -> Callable[[], object]:
    """Raise an error so many times."""
    left = [error] * times

    def happen() -> None:
        if left:
            raise left.pop()

    return happen


def unavailable() -> TemporarilyUnavailable:
    return TemporarilyUnavailable(WORDS, retry_after=0)


@pytest.mark.parametrize("stage", STAGES)
def test_the_next_try_goes_on_where_the_last_one_ended(town: World, stages: Stages, stage: str) -> None:
    (ref,) = town.running("A-1")
    stages.troubles[stage] = fails(unavailable(), 3)
    for _ in range(4):
        town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [one for one, _ in stages.made] == list(STAGES)
    assert len(set(stages.keys)) == 1
    assert [set(seen) for seen in stages.seen] == [set(), *[set(STAGES[: STAGES.index(stage)])] * 3]


def test_a_refusal_begins_anew_with_the_next_release(town: World, stages: Stages) -> None:
    (ref,) = town.running("A-1")
    stages.troubles["release"] = fails(ClaimRejected(WORDS))
    town.transmit()
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert stages.seen == [{}, {}]
    assert len(set(stages.keys)) == 2


def test_a_draft_that_was_certainly_not_released_is_gone_on_with_under_the_same_key(town: World, stages: Stages) -> None:
    (ref,) = town.running("A-1")
    stages.troubles["release"] = fails(OutcomeUnknown(WORDS))
    town.transmit()
    assert town.state(ref) is State.UNCLEAR
    town.ink.follow()
    assert town.trail(ref) == ["ready", "running", "unclear", "running"]
    assert town.last(ref).reason == "not released at the agency"
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [one for one, _ in stages.made] == list(STAGES)
    assert len(set(stages.keys)) == 1


def test_a_release_whose_answer_was_lost_is_found_and_never_repeated(town: World, stages: Stages) -> None:
    (ref,) = town.running("A-1")
    stages.after["release"] = fails(OutcomeUnknown(WORDS))
    town.transmit()
    for _ in range(2):
        town.ink.run_due()
    assert town.state(ref) is State.HANDED_OVER
    assert stages.count("release") == 1


def test_a_draft_proves_nothing_before_the_agency_has_settled(tmp_path: Path, stages: Stages) -> None:
    """A release may still be on its way when the draft is seen."""
    agencies = {"staged": staged(stages, settles=2 * HOUR)}
    with world(tmp_path, agencies=agencies, accounts={"agency": {"agency": "staged"}}) as town:
        (ref,) = town.running("A-1")
        stages.troubles["release"] = fails(OutcomeUnknown(WORDS))
        town.transmit()
        town.clock.forward(hours=1)
        town.ink.run_due()
        assert town.state(ref) is State.UNCLEAR
        town.clock.forward(hours=1)
        town.ink.follow()
        assert town.state(ref) is State.RUNNING


def test_where_nobody_knows_how_long_it_takes_a_person_looks(tmp_path: Path, stages: Stages) -> None:
    agencies = {"staged": staged(stages, settles=None)}
    with world(tmp_path, agencies=agencies, accounts={"agency": {"agency": "staged"}}) as town:
        (ref,) = town.running("A-1")
        stages.troubles["release"] = fails(OutcomeUnknown(WORDS))
        town.transmit()
        for _ in range(2):
            town.clock.forward(days=3)
            town.ink.run_due()
        assert town.state(ref) is State.UNCLEAR
        assert [task.kind for task in town.tasks()] == ["look_up"]
        done(town.ink.resolve([ref], found=None, send_again=True, reason="only a draft", actor=OPERATOR))
        town.transmit()
        assert town.state(ref) is State.HANDED_OVER
        assert stages.seen[1] == {}, "what a person found absent begins anew"
        assert len(set(stages.keys)) == 2


def test_proved_absence_begins_anew_under_a_new_key(town: World, stages: Stages) -> None:
    (ref,) = town.running("A-1")
    stages.troubles["draft"] = fails(OutcomeUnknown(WORDS))
    town.transmit()
    town.ink.follow()
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert stages.seen == [{}, {}]
    assert len(set(stages.keys)) == 2


def interrupted() -> None:
    """The process ends here, as far as the store can see."""
    raise KeyboardInterrupt


def killed(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transmit until the process is gone; the next one finds what is left."""
    with pytest.raises(KeyboardInterrupt):
        town.transmit()
    with monkeypatch.context() as patch:
        patch.setattr(owner, "is_gone", lambda *_: True)
        town.transmit()


@pytest.mark.parametrize("repeatable", [False, True])
def test_killed_before_the_draft_was_noted(tmp_path: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch, repeatable: bool) -> None:
    """The debtor was noted, so it is known that tries have stages: a second draft is made, and one of the two is released."""
    agencies = {"staged": staged(stages, repeatable=repeatable)}
    with world(tmp_path, agencies=agencies, accounts={"agency": {"agency": "staged"}}) as town:
        (ref,) = town.running("A-1")
        stages.after["draft"] = _once(interrupted)
        killed(town, monkeypatch)
        assert town.state(ref) is State.UNCLEAR
        town.ink.run_due()
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER
        assert (stages.count("debtor"), stages.count("draft"), stages.count("release")) == (1, 2, 1)
        assert len(set(stages.keys)) == 1


def _once(happen: Callable[[], object]) -> Callable[[], object]:
    left = [happen]

    def once() -> None:
        if left:
            left.pop()()

    return once


@pytest.mark.parametrize(("repeatable", "again"), [(False, 0), (True, 1)])
def test_a_draft_of_a_try_without_stages_may_be_all_that_the_agency_makes(tmp_path: Path, repeatable: bool, again: int) -> None:
    """Sending it again would make two; unless the agency documents that it has no second effect."""
    sent: list[str] = []

    class Plain(staged(Stages(), repeatable=repeatable)):  # type: ignore[misc]
        def submit(self, placement: Placement) -> Submission:
            sent.append(placement.our_reference)
            if len(sent) == 1:
                raise OutcomeUnknown(WORDS)
            return taken(placement)

        def find(self, our_reference: str) -> StatusReport | None:
            return StatusReport(agency_reference=case_of(our_reference), status=AgencyStatus.DRAFT, raw={})

        def fetch_status(self, agency_reference: str) -> StatusReport:
            return StatusReport(agency_reference=agency_reference, status=AgencyStatus.DRAFT, raw={})

    with world(tmp_path, agencies={"staged": Plain}, accounts={"agency": {"agency": "staged"}}) as town:
        (ref,) = town.running("A-1")
        town.transmit()
        town.ink.follow()
        assert town.state(ref) is State.RUNNING
        town.transmit()
        assert len(sent) == 1 + again


def test_a_try_that_was_given_up_commits_nothing_any_more(town: World, stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.running("A-1")

    def give_up() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            town.ink.transmit("agency")
        assert town.state(ref) is State.UNCLEAR

    stages.after["draft"] = _once(give_up)
    town.transmit()
    assert stages.count("release") == 0
    assert town.state(ref) is State.RUNNING, "a late answer: certainly not handed over"
    town.clock.forward(minutes=6)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert stages.count("release") == 1


@pytest.mark.parametrize("late", [unavailable(), ClaimRejected(WORDS), OutcomeUnknown(WORDS), AuthenticationFailed(WORDS)])
def test_a_late_no_to_an_old_try_does_not_touch_the_newer_one(
    town: World, stages: Stages, monkeypatch: pytest.MonkeyPatch, late: InkassoError
) -> None:
    """The first try is given up, a person finds nothing, and while the second is under way the answer to the first one comes."""
    (ref,) = town.running("A-1")
    context = town.ink._context
    old: list[Answered] = []

    def first() -> None:
        with context.database.read() as connection:
            (found,) = leases.in_flight(connection)
        old.append(Answered(found.job, found.attempt_id, late))
        stages.troubles["debtor"] = second
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            town.ink.transmit("agency")
        done(town.ink.resolve([ref], found=None, send_again=True, reason="not there", actor=OPERATOR))
        town.ink.transmit("agency")
        interrupted()

    def second() -> None:
        stages.troubles.clear()
        store_answers(context, old)
        assert town.state(ref) is State.RUNNING
        town.clock.forward(days=1)
        town.ink.transmit("agency")
        assert len(stages.seen) == 2, "nobody begins a third one"

    stages.troubles["debtor"] = first
    with pytest.raises(KeyboardInterrupt):
        town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert stages.count("release") == 1


@pytest.mark.parametrize(("name", "value"), [("", "x"), ("x", ""), ("x" * 101, "x"), ("x", "x" * 1001), ("x", "a\0b"), ("x\n", "y")])
def test_what_cannot_be_kept_leaves_the_try_unclear(town: World, stages: Stages, name: str, value: str) -> None:
    (ref,) = town.running("A-1")
    kept: list[Placement] = []

    def submit(_self: object, placement: Placement) -> Submission:
        kept.append(placement)
        placement.reached(name, value)
        return taken(placement)

    type(town.ink._context.adapter("agency")).submit = submit  # type: ignore[method-assign]
    town.transmit()
    assert town.state(ref) is State.UNCLEAR


def test_long_values_are_kept(town: World, stages: Stages) -> None:
    (ref,) = town.running("A-1")
    stages.troubles["release"] = fails(unavailable())
    monster = "ü" * 1000

    def submit(_self: object, placement: Placement) -> Submission:
        stages.seen.append(dict(placement.progress))
        placement.reached("n" * 100, "short")
        placement.reached("n" * 100, monster)
        stages.make("release", placement.our_reference)
        return taken(placement)

    type(town.ink._context.adapter("agency")).submit = submit  # type: ignore[method-assign]
    town.transmit()
    town.transmit()
    assert stages.seen == [{}, {"n" * 100: monster}]
    assert town.state(ref) is State.HANDED_OVER


def test_a_rehearsal_keeps_nothing(tmp_path: Path, stages: Stages) -> None:
    class Rehearsing(staged(stages)):  # type: ignore[misc]
        def rehearse(self, placement: Placement) -> str:
            return placement.reached("debtor", "1")

    with world(tmp_path, agencies={"staged": Rehearsing}, accounts={"agency": {"agency": "staged"}}, live=False) as town:
        town.running("A-1")
        assert town.transmit()[0].counts == {"rehearsed": 1}
        town.go_live("agency")
        town.transmit()
        assert stages.seen == [{}]
