"""Agencies that take several placements in one request: stored before, one answer each, and what is missing is not known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import OPERATOR, Script, World, claim, done, scripted, taken, undecided, world

from inkasso_core import (
    Agency,
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    Dispute,
    OutcomeUnknown,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
    Text,
    owner,
    resting,
)

WORDS = Text("Wie verlangt.", "As asked for.")
SIZE = 3
Said = Mapping[str, Any]


class Counter:
    """The agency's end: every request with its placements, and what the next ones are answered."""

    def __init__(self) -> None:
        self.requests: list[list[Placement]] = []
        self.next: Callable[[Sequence[Placement]], object] = lambda sent: {one.our_reference: taken(one) for one in sent}

    def answer(self, sent: Sequence[Placement]) -> Any:
        self.requests.append(list(sent))
        said = self.next(sent)
        if isinstance(said, BaseException):
            raise said
        return said

    @property
    def sizes(self) -> list[int]:
        return [len(request) for request in self.requests]


def joint(script: Script, counter: Counter, *, size: int = SIZE, several: int = 1) -> type[Agency[Any]]:
    """A scripted adapter that takes ``size`` placements in one request."""

    class Joint(scripted(script, several=several)):  # type: ignore[misc]
        name: ClassVar[str] = "joint"
        batch_size = size

        def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Any]:
            for one in placements:
                script.says(AgencyStatus.ACTIVE, reference=one.our_reference)
            return counter.answer(placements)  # type: ignore[no-any-return]

    return Joint


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def town(tmp_path: Path, counter: Counter) -> Iterator[World]:
    script = Script()
    with world(tmp_path, script=script, agencies={"joint": joint(script, counter)}, accounts={"agency": {"agency": "joint"}}) as made:
        yield made


def test_several_placements_go_in_one_request(town: World, counter: Counter) -> None:
    refs = town.running(*(f"A-{number}" for number in range(7)))
    (report,) = town.transmit()
    assert counter.sizes == [3, 3, 1]
    assert report.counts == {"handed_over": 7}
    assert len({one.our_reference for request in counter.requests for one in request}) == 7
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert town.agency.sent == [], "none went alone"


def test_one_that_has_no_batches_is_asked_one_by_one(tmp_path: Path, counter: Counter) -> None:
    script = Script()

    class Alone(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "alone"
        batch_size = 5

    with world(tmp_path, script=script, agencies={"alone": Alone}, accounts={"agency": {"agency": "alone"}}) as town:
        town.handed_over("A-1", "A-2")
        assert len(script.sent) == 2


def _mixed(sent: Sequence[Placement]) -> Said:
    said = [taken(sent[0]), ClaimRejected(WORDS, agency_code="E-1"), TemporarilyUnavailable(WORDS, retry_after=60)]
    return {one.our_reference: answer for one, answer in zip(sent, said, strict=True)}


def test_each_has_an_answer_of_its_own(town: World, counter: Counter) -> None:
    first, second, third = town.running("A-1", "A-2", "A-3")
    counter.next = _mixed
    (report,) = town.transmit()
    assert report.counts == {"handed_over": 1, "failed": 1, "unavailable": 1}
    assert [town.state(ref) for ref in (first, second, third)] == [State.HANDED_OVER, State.FAILED, State.RUNNING]
    counter.next = lambda sent: {one.our_reference: taken(one) for one in sent}
    town.clock.forward(minutes=1)
    town.transmit()
    assert town.state(third) is State.HANDED_OVER
    assert counter.sizes == [3, 1]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_what_the_answer_does_not_name_is_unclear(town: World, counter: Counter, left: int) -> None:
    refs = town.running("A-1", "A-2", "A-3")
    counter.next = lambda sent: {one.our_reference: taken(one) for one in sent[:left]}
    town.transmit()
    assert [town.state(ref) for ref in refs] == [State.HANDED_OVER] * left + [State.UNCLEAR] * (3 - left)
    town.ink.run_due()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}, "looked up, and found"
    assert counter.sizes == [3]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ClaimInvalid(WORDS), State.FAILED),
        (ClaimRejected(WORDS), State.FAILED),
        (TemporarilyUnavailable(WORDS), State.RUNNING),
        (OutcomeUnknown(WORDS), State.UNCLEAR),
        (AuthenticationFailed(WORDS), State.RUNNING),
        (ConfigurationError(WORDS), State.RUNNING),
        (RuntimeError("a stranger's mistake"), State.UNCLEAR),
        (["no mapping"], State.UNCLEAR),
        (None, State.UNCLEAR),
    ],
)
def test_what_is_raised_holds_for_all(town: World, counter: Counter, error: Any, state: State) -> None:
    refs = town.running("A-1", "A-2", "A-3")
    counter.next = lambda _: error
    town.transmit()
    assert {town.state(ref) for ref in refs} == {state}
    stopped = isinstance(error, AuthenticationFailed | ConfigurationError)
    assert [task.kind for task in town.tasks()] == (["account_stopped"] if stopped else [])


def test_an_error_of_the_account_in_one_answer_stops_the_rest(town: World, counter: Counter) -> None:
    town.running(*(f"A-{number}" for number in range(5)))
    counter.next = lambda sent: (
        {sent[0].our_reference: taken(sent[0])} | {one.our_reference: AuthenticationFailed(WORDS) for one in sent[1:]}
    )
    (report,) = town.transmit()
    assert report.mode == "stopped"
    assert counter.sizes == [3]
    assert town.ink.count() == {State.HANDED_OVER: 1, State.RUNNING: 4}


def test_what_turned_red_is_left_out_and_the_others_go(town: World, counter: Counter) -> None:
    town.running("A-1", "A-2", "A-3")
    town.ink.hold("shop:A-2", reason="he called", actor=OPERATOR)
    (report,) = town.transmit()
    assert report.counts == {"handed_over": 2, "red": 1}
    assert counter.sizes == [2]


def test_limits_hold_within_a_request(tmp_path: Path, counter: Counter) -> None:
    script = Script()
    agencies, accounts = {"joint": joint(script, counter)}, {"agency": {"agency": "joint"}}
    with world(tmp_path, script=script, agencies=agencies, accounts=accounts, live=False) as town:
        town.running(*(f"A-{number}" for number in range(6)))
        town.go_live("agency", first=4)
        (report,) = town.transmit()
        assert counter.sizes == [3, 1]
        assert report.counts == {"handed_over": 4, "postponed": 2}
        town.ink.go_live("agency", first=10, per_day=Decimal("160.00") + 4 * Decimal("153.99"), actor=OPERATOR)
        town.transmit()
        assert counter.sizes == [3, 1, 1], "one more of 153.99 fits into the day"


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_no_more_go_than_are_asked_for(town: World, counter: Counter, limit: int) -> None:
    town.running(*(f"A-{number}" for number in range(6)))
    town.transmit(limit=limit)
    assert sum(counter.sizes) == limit


def test_killed_before_the_answers_are_stored_all_are_unclear(town: World, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    refs = town.running("A-1", "A-2", "A-3")
    counter.next = lambda _: KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        town.transmit()
    with monkeypatch.context() as patch:
        patch.setattr(owner, "is_gone", lambda *_: True)
        town.transmit()
    assert {town.state(ref) for ref in refs} == {State.UNCLEAR}
    town.ink.follow()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert counter.sizes == [3]


def test_placements_of_several_claims_go_together(tmp_path: Path, counter: Counter) -> None:
    script = Script()
    agencies, accounts = {"joint": joint(script, counter, several=2)}, {"agency": {"agency": "joint"}}
    with world(tmp_path, script=script, agencies=agencies, accounts=accounts) as town:
        refs = [str(r.ref) for r in town.report(*(claim(f"A-{number}", customer=f"K-{number // 2}") for number in range(6)))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        assert counter.sizes == [3]
        assert [len(one.claims) for one in counter.requests[0]] == [2, 2, 2]


# A law: whatever the answers, each placement ends as its own answer says


ANSWERS: dict[str, tuple[Callable[[Placement], Any] | None, State]] = {
    "yes": (taken, State.HANDED_OVER),
    "undecided": (undecided, State.RUNNING),
    "no": (lambda _: ClaimRejected(WORDS), State.FAILED),
    "invalid": (lambda _: ClaimInvalid(WORDS), State.FAILED),
    "later": (lambda _: TemporarilyUnavailable(WORDS), State.RUNNING),
    "lost": (lambda _: OutcomeUnknown(WORDS), State.UNCLEAR),
    "odd": (lambda _: 42, State.UNCLEAR),
    "empty": (lambda _: Submission(), State.UNCLEAR),
    "missing": (None, State.UNCLEAR),
}
ROUND = iter(range(10**6))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(asked=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=8))
def test_each_placement_ends_as_its_own_answer_says(town: World, counter: Counter, asked: list[str]) -> None:
    number = next(ROUND)
    refs = town.running(*(f"L-{number}-{place}" for place in range(len(asked))))
    left = iter(asked)

    def answer(sent: Sequence[Placement]) -> Said:
        said = [(one.our_reference, ANSWERS[next(left)][0]) for one in sent]
        there = {one.our_reference: one for one in sent}
        return {ours: make(there[ours]) for ours, make in said if make is not None}

    counter.next = answer
    with patch.object(resting, "heard"):  # one that is put off keeps nobody else back here
        town.transmit()
    assert [town.state(ref) for ref in refs] == [ANSWERS[name][1] for name in asked]
    # what is still due must not go with the next example
    for ref, name in zip(refs, asked, strict=True):
        if name == "later":
            done(town.ink.withdraw([ref], actor=OPERATOR))
            done(town.ink.remove([ref], actor=OPERATOR))


def test_a_disputed_one_is_told_of_later(town: World, counter: Counter) -> None:
    """What the shop reports while the request is under way follows for that one alone."""
    first, second = town.running("A-1", "A-2")

    def disputes(sent: Sequence[Placement]) -> Said:
        town.report(claim("A-2", dispute=Dispute(since=town.clock.day)))
        return {one.our_reference: taken(one) for one in sent}

    counter.next = disputes
    town.transmit()
    assert [(task.kind, task.claim_id) for task in town.tasks()] == [("report_dispute", town.ink.find(second).id)]
    assert town.state(first) is State.HANDED_OVER
