"""Handed over by mistake: one command that takes it back from wherever it is, with the notice of the costs, or a task for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from world import OPERATOR, VENDOR, Script, World, done, refusal, scripted, world

from inkasso_core import Acknowledgement, Agency, AgencyStatus, Recall, State, StatusReport, Text
from inkasso_core.release import Handled

COSTS = Text("Ein Rückruf kostet 25 EUR.", "A recall costs 25 EUR.")


def recalling(script: Script, asked: list[Recall]) -> type[Agency[Any]]:
    """An agency that takes cases back, at a price."""

    class Recalling(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "recalling"

        def recall(self, instruction: Recall) -> Acknowledgement:
            asked.append(instruction)
            report = StatusReport(agency_reference=instruction.agency_reference, status=AgencyStatus.RECALLED)
            return Acknowledgement(report=report)

        def recall_notice(self, agency_reference: str) -> Text | None:
            return COSTS

    return Recalling


def undo(town: World, ref: str, **options: Any) -> list[Handled]:
    return town.ink.undo(ref, reason="by mistake", actor=OPERATOR, **options)


def test_a_release_is_taken_back(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.running("A-1")
        done(undo(town, ref))
        assert town.state(ref) is State.READY
        town.transmit()
        assert town.agency.sent == []


def test_a_case_is_recalled_after_its_costs_were_read(tmp_path: Path) -> None:
    script, asked = Script(), list[Recall]()
    accounts = {"agency": {"agency": "recalling"}}
    with world(tmp_path, accounts=accounts, agencies={"recalling": recalling(script, asked)}, script=script) as town:
        (ref,) = town.handed_over("A-1")
        (refused,) = undo(town, ref)
        assert refused.problem is not None
        assert "25 EUR" in refused.problem.text.de
        assert asked == []
        done(undo(town, ref, costs_accepted=True))
        assert refusal(undo(town, ref, costs_accepted=True)) == "RECALLED_ALREADY"
        town.transmit()
        town.transmit()
        assert (len(asked), town.state(ref)) == (1, State.CANCELLED)
        done(town.ink.reinstate(ref, reason="again", actor=OPERATOR))


def test_where_the_agency_has_no_call_a_task_says_what_to_do(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.handed_over("A-1")
        done(undo(town, ref))
        done(undo(town, ref))
        (task,) = town.tasks("report_cancellation")
        assert "AZ-" in task.message.de
        assert "--recalled" in task.message.en
        assert town.state(ref) is State.HANDED_OVER
        town.finish("report_cancellation")
        done(town.ink.cancel(ref, reason="recalled", recalled=True, actor=OPERATOR))


def test_the_costs_are_read_before_a_person_is_sent(tmp_path: Path) -> None:
    script = Script()

    class Noticing(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "noticing"

        def recall_notice(self, agency_reference: str) -> Text | None:
            return COSTS

    with world(tmp_path, accounts={"agency": {"agency": "noticing"}}, agencies={"noticing": Noticing}, script=script) as town:
        (ref,) = town.handed_over("A-1")
        assert refusal(undo(town, ref)) == "COSTS_NOT_ACCEPTED"
        assert town.tasks() == []
        done(undo(town, ref, costs_accepted=True))
        assert "25 EUR" in town.tasks("report_cancellation")[0].message.de


def test_nothing_to_take_back_and_what_is_unclear(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.ready("A-1")
        assert refusal(undo(town, ref)) == "NOT_THERE"
        unclear = town.unclear("A-2")
        assert refusal(undo(town, unclear)) == "LOOK_UP_FIRST"


def test_no_vendor_learns_of_a_pause_by_undoing(tmp_path: Path) -> None:
    with world(tmp_path, shops={"shop": {"profile": "marketplace"}}) as town:
        (ref,) = town.ready("A-1", vendor="viktor")
        town.ink.publish_vendor_view()
        done(town.ink.pause(ref, reason="x", actor=OPERATOR))
        (told,) = town.ink.undo(ref, reason="x", actor=VENDOR)
        assert told.problem is not None
        assert told.stored is not None
        assert (told.stored.state, told.stored.former_state) == (State.READY, None)
        assert "paus" not in str(told.problem).casefold()
