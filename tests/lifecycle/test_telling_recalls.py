"""Recalls: who may ask for a case back, what they cost, and what becomes of the claims."""

from pathlib import Path
from typing import Any

from tellers import credited, states, telling_world
from world import OPERATOR, VENDOR, World, claim, done, refusal

from inkasso_core import (
    Acknowledgement,
    AgencyStatus,
    ClaimRejected,
    OrderEnd,
    State,
    Text,
)


def ended(town: World, order: str = "A-1", **more: Any) -> None:
    town.report(claim(order, ended=OrderEnd.CANCELLED, **more))


def test_an_order_that_ended_asks_a_person_who_recalls(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ended(town)
        (task,) = town.tasks()
        assert task.kind == "report_cancellation"
        assert f"inkasso recall {ref}" in task.message.en
        town.transmit()
        assert ears.asked == []
        ears.default = Acknowledgement(done=False, raw={"ok": True})
        done(town.ink.recall([ref], reason="the order was cancelled", actor=OPERATOR))
        assert town.tasks() == []
        assert (town.last(ref).actor, town.last(ref).reason) == (OPERATOR.id, "the order was cancelled")
        assert refusal(town.ink.recall([ref], reason="again", actor=OPERATOR)) == "RECALLED_ALREADY"
        town.transmit()
        assert (ears.recalls, ears.heard[0].reason) == (1, "the order was cancelled")  # type: ignore[attr-defined]
        assert town.state(ref) is State.HANDED_OVER, "the agency has yet to decide"
        assert refusal(town.ink.recall([ref], reason="again", actor=OPERATOR)) == "RECALLED_ALREADY"
        town.agency.says(AgencyStatus.RECALLED)
        town.ink.follow()
        assert town.state(ref) is State.CANCELLED


def test_a_recall_that_the_agency_confirms_cancels(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, _):
        (ref,) = town.handed_over("A-1")
        done(town.ink.recall([ref], reason="by mistake", actor=OPERATOR))
        town.transmit()
        assert town.state(ref) is State.CANCELLED
        done(town.ink.reinstate([ref], reason="after all", actor=OPERATOR))


def test_a_person_may_confirm_a_recall_for_the_agency(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.default = Acknowledgement(done=False, raw={"ok": True})
        town.report(claim("A-1", credits=credited("1.00")))
        done(town.ink.recall([ref], reason="by mistake", actor=OPERATOR))
        done(town.ink.cancel([ref], reason="they wrote so", recalled=True, actor=OPERATOR))
        town.transmit()
        assert ears.asked == [], "what was not told yet needs no telling"


def test_a_recall_shows_its_costs_first(tmp_path: Path) -> None:
    notice = Text("Ein Rückruf kostet 10 EUR.", "A recall costs 10 EUR.")
    with telling_world(tmp_path, notice=notice) as (town, ears):
        (ref,) = town.handed_over("A-1")
        (handled,) = town.ink.recall([ref], reason="by mistake", actor=OPERATOR)
        assert refusal([handled]) == "COSTS_NOT_ACCEPTED"
        assert handled.problem is not None
        assert notice.en in handled.problem.text.en
        done(town.ink.recall([ref], reason="by mistake", costs_accepted=True, actor=OPERATOR))
        town.transmit()
        assert [one.costs_accepted for one in ears.heard] == [True]  # type: ignore[attr-defined]


def test_in_a_marketplace_the_vendor_must_agree_and_nothing_goes_by_itself(tmp_path: Path) -> None:
    shops = {"shop": {"profile": "marketplace"}}
    with telling_world(tmp_path, shops=shops, account={"recall": "automatic"}) as (town, ears):
        (ref,) = town.handed_over("A-1", vendor="viktor")
        ended(town, vendor="viktor")
        assert [task.kind for task in town.tasks()] == ["report_cancellation"]
        assert refusal(town.ink.recall([ref], reason="x", actor=OPERATOR)) == "CONSENT"
        assert refusal(town.ink.recall([ref], reason="x", consent=True, actor=VENDOR)) == "ROLE"
        done(town.ink.recall([ref], reason="x", consent=True, actor=OPERATOR))
        town.transmit()
        assert ears.recalls == 1


def test_an_account_may_recall_by_itself(tmp_path: Path) -> None:
    with telling_world(tmp_path, account={"recall": "automatic"}) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ended(town)
        ended(town, note="again")
        town.transmit()
        assert ears.recalls == 1
        assert town.state(ref) is State.CANCELLED


def test_a_recall_that_is_no_longer_needed_is_withdrawn(tmp_path: Path) -> None:
    with telling_world(tmp_path, account={"recall": "automatic"}) as (town, ears):
        town.handed_over("A-1", "A-2")
        town.report(claim("A-1", version=1, ended=OrderEnd.CANCELLED), claim("A-2", ended=OrderEnd.CANCELLED))
        town.report(claim("A-1", version=2))
        town.agency.says(AgencyStatus.CLOSED_PAID)
        town.ink.follow()
        town.transmit()
        assert ears.asked == []
        assert states(town) == [("recall", "withdrawn")] * 2


def test_an_order_that_goes_on_after_its_recall_was_told_is_a_persons(tmp_path: Path) -> None:
    with telling_world(tmp_path, account={"recall": "automatic"}) as (town, ears):
        town.handed_over("A-1")
        ears.default = Acknowledgement(done=False, raw={"ok": True})
        town.report(claim("A-1", version=1, ended=OrderEnd.CANCELLED))
        town.transmit()
        town.report(claim("A-1", version=2))
        (task,) = town.tasks()
        assert "stands after all" in task.message.en


def test_what_is_not_at_an_agency_or_cannot_be_recalled_is_refused(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("amend",)) as (town, _):
        (ref,) = town.ready("A-1")
        assert refusal(town.ink.recall([ref], reason="x", actor=OPERATOR)) == "NO_SUCH_CHANGE"
        done(town.ink.release([ref], actor=OPERATOR))
        town.transmit()
        (handled,) = town.ink.recall([ref], reason="x", actor=OPERATOR)
        assert refusal([handled]) == "NO_RECALL"
        ended(town)
        assert [task.kind for task in town.tasks()] == ["report_cancellation"]
        assert "recall --" not in town.tasks()[0].message.en


def test_a_case_with_several_claims_is_recalled_whole(tmp_path: Path) -> None:
    with telling_world(tmp_path, several=3) as (town, ears):
        refs = [str(r.ref) for r in town.report(*(claim(f"A-{n}", customer="K") for n in (1, 2, 3)))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        assert refusal(town.ink.recall(refs[:1], reason="x", actor=OPERATOR)) == "WHOLE_CASE"
        ended(town, "A-2", customer="K")
        town.transmit()
        assert ears.amended == [("ended",)], "one claim of a case is told as a change, never as a recall of all"
        ended(town, "A-1", customer="K")
        ended(town, "A-3", customer="K")
        assert [task.kind for task in town.tasks()] == ["report_cancellation"]
        done(town.ink.recall(refs, reason="x", actor=OPERATOR))
        town.transmit()
        assert ears.recalls == 1
        assert {town.state(ref) for ref in refs} == {State.CANCELLED}


def test_a_refused_recall_may_be_asked_for_again(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(ClaimRejected(Text("Zu spät.", "Too late.")))
        done(town.ink.recall([ref], reason="x", actor=OPERATOR))
        town.transmit()
        (task,) = town.tasks("report_cancellation")
        assert "Too late." in task.message.en
        assert town.state(ref) is State.HANDED_OVER
        done(town.ink.recall([ref], reason="once more", actor=OPERATOR))
        town.transmit()
        assert (ears.recalls, town.state(ref)) == (1, State.CANCELLED)
