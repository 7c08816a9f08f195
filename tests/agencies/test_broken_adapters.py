"""An adapter that breaks leaves its claims where they certainly are, never sends twice, and stops no other account."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from world import OPERATOR, PlainFile, World, world

from inkasso_core import (
    Agency,
    AgencySettings,
    AgencyStatus,
    AuthenticationFailed,
    Column,
    ConfigurationError,
    Kind,
    NotFound,
    Placement,
    State,
    StatusReport,
    Submission,
    TableDialect,
    TableWriter,
    Text,
)

Do = Callable[[Any], Any]
WORDS = Text("Der Schlüssel gilt nicht.", "The key is not valid.")


def accepts(_argument: Any) -> Submission:
    return Submission(agency_reference="S-1", raw={"case": "S-1"})


def active(reference: str) -> StatusReport:
    return StatusReport(agency_reference=reference, status=AgencyStatus.ACTIVE)


def raising(error: Exception) -> Do:
    def fail(_argument: Any) -> None:
        raise error

    return fail


class Shaky(Agency[AgencySettings]):
    """Does what a test tells it, and counts what was sent."""

    name: ClassVar[str] = "shaky"
    label: ClassVar[str] = "Shaky"
    does: ClassVar[dict[str, Do]] = {}
    sent: ClassVar[list[str]] = []

    def __init__(self, settings: AgencySettings) -> None:
        super().__init__(settings)
        self.does.get("init", accepts)(settings)

    def submit(self, placement: Placement) -> Submission:
        self.sent.append(placement.our_reference)
        return self.does.get("submit", accepts)(placement)

    def rehearse(self, placement: Placement) -> str:
        return self.does.get("rehearse", lambda p: p.our_reference)(placement)

    def find(self, our_reference: str) -> StatusReport | None:
        return self.does.get("find", active)(our_reference)

    def fetch_status(self, agency_reference: str) -> StatusReport:
        return self.does.get("fetch_status", active)(agency_reference)


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shaky, "does", {})
    monkeypatch.setattr(Shaky, "sent", [])


def opened(tmp_path: Path, *, live: bool = True, **does: Do) -> AbstractContextManager[World]:
    """Two shops with an account each: ``shop`` at the shaky agency, ``second`` at a good one."""
    Shaky.does.update(does)
    return world(
        tmp_path,
        accounts={"a-shaky": {"agency": "shaky"}, "good": {}},
        shops={"shop": {"account": "a-shaky"}, "second": {"account": "good"}},
        agencies={"shaky": Shaky},
        live=live,
    )


def both_running(town: World) -> None:
    town.running("A-1", "A-2")
    town.running("B-1", shop="second")


NO_SUBMISSION: list[Do] = [
    raising(KeyError("Erika Beispiel")),
    lambda _placement: None,
    lambda _placement: {"case": "S-1"},
    lambda _placement: Submission(),
    lambda _placement: Submission(agency_reference=17),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("submit", NO_SUBMISSION)
def test_whatever_is_no_submission_makes_the_claim_unclear_and_is_not_sent_again(tmp_path: Path, submit: Do) -> None:
    with opened(tmp_path, submit=submit, find=raising(TimeoutError())) as town:
        both_running(town)
        reports = {report.account: dict(report.counts) for report in town.transmit()}
        assert reports == {"a-shaky": {"unclear": 2}, "good": {"handed_over": 1}}
        assert "Erika" not in str(town.ink.history("shop:A-1"))
        town.clock.forward(days=1)
        town.ink.run_due()
        assert len(Shaky.sent) == 2
        assert town.state("A-1") is State.UNCLEAR


@pytest.mark.parametrize("raw", [object(), b"\xff<html>", {"when": {1, 2}}, [float], "text"])
def test_a_yes_counts_whatever_the_raw_answer_is(tmp_path: Path, raw: object) -> None:
    with opened(tmp_path, submit=lambda _p: Submission(agency_reference="S-1", raw=raw)) as town:
        town.running("A-1")
        town.transmit()
        assert town.state("A-1") is State.HANDED_OVER
        town.ink.run_due()
        assert len(Shaky.sent) == 1


def test_a_rehearsal_that_breaks_says_so_and_the_next_account_is_rehearsed(tmp_path: Path) -> None:
    with opened(tmp_path, live=False, rehearse=raising(KeyError("Erika Beispiel"))) as town:
        both_running(town)
        items = []
        reports = {report.account: dict(report.counts) for report in town.transmit(on_item=items.append)}
        assert reports == {"a-shaky": {"refused": 2}, "good": {"rehearsed": 1}}
        broken = [item.text for item in items if item.result == "refused"]
        assert all("KeyError" in text.en and "KeyError" in text.de and "Erika" not in text.en for text in broken if text)
        assert town.state("A-1") is State.RUNNING


def test_a_constructor_that_breaks_stops_its_own_account_with_one_task(tmp_path: Path) -> None:
    with opened(tmp_path, init=raising(KeyError("Erika Beispiel"))) as town:
        both_running(town)
        for _ in range(2):
            town.ink.run_due()
        assert (town.state("A-1"), town.state("B-1", shop="second")) == (State.RUNNING, State.HANDED_OVER)
        (task,) = town.tasks("account_stopped")
        assert "KeyError" in task.message.en
        assert {check.subject: check.health for check in town.ink.doctor()}["account a-shaky"] == "error"


BREAKS: list[Do] = [raising(KeyError("Erika Beispiel")), raising(NotFound(WORDS)), lambda _reference: {"state": "open"}]


@pytest.mark.parametrize("find", BREAKS)
def test_a_look_up_that_breaks_proves_nothing(tmp_path: Path, find: Do) -> None:
    with opened(tmp_path, submit=raising(TimeoutError()), find=find) as town:
        both_running(town)
        town.transmit()
        town.clock.forward(days=1)
        followed = town.ink.follow()
        assert followed.failed == 2
        assert {town.state("A-1"), town.state("A-2")} == {State.UNCLEAR}
        assert ("fetch_status", town.agency.asked[-1][1]) == town.agency.asked[-1], "the other account was asked all the same"
        Shaky.does["find"] = active
        town.ink.follow()
        assert town.state("A-1") is State.HANDED_OVER
        assert len(Shaky.sent) == 2


@pytest.mark.parametrize("fetch", BREAKS)
def test_a_question_for_a_status_that_breaks_changes_nothing(tmp_path: Path, fetch: Do) -> None:
    with opened(tmp_path, fetch_status=fetch) as town:
        both_running(town)
        town.transmit()
        assert town.ink.follow().failed == 2
        assert town.state("A-1") is State.HANDED_OVER
        assert town.agency.asked


@pytest.mark.parametrize("error", [AuthenticationFailed(WORDS), ConfigurationError(WORDS)])
@pytest.mark.parametrize("operation", ["find", "fetch_status"])
def test_an_error_of_the_account_stops_it_at_the_first_question(tmp_path: Path, operation: str, error: Exception) -> None:
    submit = raising(TimeoutError()) if operation == "find" else accepts
    with opened(tmp_path, submit=submit, **{operation: raising(error)}) as town:
        both_running(town)
        town.transmit()
        town.clock.forward(days=1)
        assert town.ink.follow().failed == 1
        assert (town.ink.gate("a-shaky").mode, town.ink.gate("good").mode) == ("stopped", "live")
        (task,) = town.tasks("account_stopped")
        assert WORDS.en in task.message.en
        Shaky.does[operation] = active
        town.ink.go_live("a-shaky", nothing_to_adopt=True, actor=OPERATOR)
        town.ink.follow()
        assert town.state("A-1") is State.HANDED_OVER


# Files


class ShakyFile(PlainFile):
    """A file whose first column does what a test tells it."""

    name: ClassVar[str] = "shaky-file"
    does: ClassVar[dict[str, Do]] = {}

    def writer(self) -> TableWriter[Placement]:
        self.does.get("writer", accepts)(self)
        return TableWriter([Column("Auftrag", Kind.REFERENCE, lambda p: self.does["column"](p))], TableDialect(encoding="utf-8"))


def breaks_on_the_second(placement: Placement) -> str:
    if placement.claim.source.order == "A-2":
        raise KeyError("Erika Beispiel")
    return placement.claim.source.order


def with_file(tmp_path: Path, *, live: bool = True, **does: Do) -> AbstractContextManager[World]:
    ShakyFile.does.clear()
    ShakyFile.does.update({"column": breaks_on_the_second, **does})
    return world(
        tmp_path,
        accounts={"a-shaky": {"agency": "shaky-file", "settings": {"directory": "out"}}, "good": {}},
        shops={"shop": {"account": "a-shaky"}, "second": {"account": "good"}},
        agencies={"shaky-file": ShakyFile},
        live=live,
    )


def test_a_column_that_breaks_on_a_claim_leaves_it_out_and_the_others_go(tmp_path: Path) -> None:
    with with_file(tmp_path) as town:
        both_running(town)
        reports = {report.account: (dict(report.counts), report.rows) for report in town.transmit()}
        assert reports == {"a-shaky": ({"failed": 1, "exported": 1}, 1), "good": ({"handed_over": 1}, 0)}
        assert (town.state("A-1"), town.state("A-2")) == (State.EXPORTED, State.FAILED)
        assert "KeyError" in str(town.last("A-2").reason)
        assert "Erika" not in str(town.ink.history("shop:A-2"))
        ShakyFile.does["column"] = lambda placement: placement.claim.source.order
        town.ink.release(["shop:A-2"], actor=OPERATOR)
        town.transmit("a-shaky")
        assert town.state("A-2") is State.EXPORTED


def test_a_column_that_breaks_is_seen_in_the_rehearsal(tmp_path: Path) -> None:
    with with_file(tmp_path, live=False) as town:
        both_running(town)
        reports = {report.account: (dict(report.counts), report.rows) for report in town.transmit()}
        assert reports == {"a-shaky": ({"rehearsed": 1, "refused": 1}, 1), "good": ({"rehearsed": 1}, 0)}


def test_a_table_that_cannot_be_made_stops_its_own_account_with_one_task_and_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    with with_file(tmp_path, writer=raising(KeyError("Erika Beispiel")), column=lambda p: p.claim.source.order) as town:
        both_running(town)
        for _ in range(2):
            town.ink.run_due()
        assert (town.state("A-1"), town.state("B-1", shop="second")) == (State.RUNNING, State.HANDED_OVER)
        (task,) = town.tasks("account_stopped")
        assert "KeyError" in task.message.en
        assert list((tmp_path / "out").glob("*")) == []
        del ShakyFile.does["writer"]
        town.ink.go_live("a-shaky", nothing_to_adopt=True, actor=OPERATOR)
        (report,) = town.transmit("a-shaky")
        assert report.rows == 2
        assert town.state("A-1") is State.EXPORTED
