"""What an adapter raises: the claim's state, the account that stops with one alarm, and nothing that breaks another."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from world import OPERATOR, Script, World, scripted, world

from inkasso_core import (
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ConfigurationError,
    NotFound,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
    Text,
)
from inkasso_core.report import Item

WORDS = Text("Wie verlangt.", "As asked for.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as town:
        yield town


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


@pytest.mark.parametrize("trouble", [TemporarilyUnavailable(WORDS), NotFound(WORDS), KeyError("a stranger's mistake")])
@pytest.mark.parametrize("operation", ["find", "fetch_status"])
def test_an_adapter_that_breaks_while_following_breaks_itself_only(town: World, operation: str, trouble: Exception) -> None:
    town.unclear("A-1")
    town.handed_over("A-2")
    town.agency.troubles[operation] = trouble
    followed = town.ink.follow()
    assert followed.failed == 1 + (operation == "fetch_status")  # in the same run, the case that was found is asked about
    assert town.state("A-1") is (State.UNCLEAR if operation == "find" else State.HANDED_OVER)
    assert town.state("A-2") is State.HANDED_OVER


@pytest.mark.parametrize("is_away", [False, True])
def test_an_agency_that_checks_claims_itself_hears_of_one_only_with_a_mandate(tmp_path: Path, is_away: bool) -> None:
    script, asked = Script(), []

    class Asking(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "asking"
        asks_to_check: ClassVar[bool] = True

        def check(self, placement: Placement) -> None:
            asked.append(placement.our_reference)
            if is_away:
                raise TemporarilyUnavailable(Text("Die Agentur ist nicht erreichbar.", "The agency cannot be reached."))

        def rehearse(self, placement: Placement) -> str:
            return "the request"

    agencies: dict[str, Any] = {"asking": Asking}
    with world(tmp_path, script=script, agencies=agencies, accounts={"agency": {"agency": "asking"}}, live=False) as town:
        town.running("A-1")
        items: list[Item] = []
        town.transmit(on_item=items.append)
        assert (asked, items[0].result) == ([], "rehearsed")
        town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        (report,) = town.transmit(on_item=items.append)
        assert (report.mode, len(asked), items[1].result) == ("rehearsal", 1, "unchecked" if is_away else "rehearsed")
        assert [item.shown for item in items] == ["the request", "the request"]
        assert script.sent == []
