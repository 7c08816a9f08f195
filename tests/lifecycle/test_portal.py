"""What people need at the agency's portal: case reference and link, in tasks and in the picture of a claim; and what it tells them."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from world import OPERATOR, Script, World, case_of, claim, done, lost, scripted, taken, world

from inkasso_core import AGENCY_HAS_NONE, NOT_BUILT_YET, Agency, AgencyStatus, Credit, OrderEnd, Placement, State, Submission, Text
from inkasso_core.statuses import apply_status
from inkasso_core.store import placements

NOTICE = Text("Der Verkäufer hat jetzt Zugang zum Portal.", "The vendor has access to the portal now.")


def linking(script: Script, link: Callable[[str], Any]) -> type[Agency[Any]]:
    """A scripted adapter that knows where its portal shows a case; it can be told of payments, and of nothing else."""

    class Linking(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "linking"
        lacks: ClassVar[dict[str, Text]] = {"recall": AGENCY_HAS_NONE}

        def portal_url(self, agency_reference: str) -> str:
            return link(agency_reference)  # type: ignore[no-any-return]

        def report_payment(self, instruction: object) -> Any:
            raise NotImplementedError

    return Linking


def portal(reference: str) -> str:
    return f"https://portal.example/cases/{reference}"


def town_with(tmp_path: Path, link: Callable[[str], Any] = portal) -> Any:
    script = Script()
    return world(tmp_path, script=script, agencies={"linking": linking(script, link)}, accounts={"agency": {"agency": "linking"}})


def placed(town: World, ref: str) -> Any:
    return town.ink.show(ref).placements[-1]


def test_the_link_is_kept_with_the_placement_and_stands_in_tasks(tmp_path: Path) -> None:
    with town_with(tmp_path) as town:
        (ref,) = town.handed_over("A-1")
        case = case_of(town.agency.sent[0].our_reference)
        assert placed(town, ref).portal_url == portal(case)
        town.report(claim("A-1", credits=(Credit(amount=Decimal("10.00")),)))
        (task,) = town.tasks()
        assert (task.case_reference, task.portal_url) == (case, portal(case))
        assert town.ink.show(ref).tasks == [task]


def test_what_the_answer_says_comes_before_what_the_adapter_can_make(tmp_path: Path) -> None:
    with town_with(tmp_path) as town:
        town.running("A-1")
        town.agency.answers(lambda placement: taken(placement).model_copy(update={"portal_url": "https://portal.example/x"}))
        town.transmit()
        assert placed(town, "shop:A-1").portal_url == "https://portal.example/x"


def _raises(_reference: str) -> str:
    raise KeyError


@pytest.mark.parametrize(
    "link",
    [_raises, lambda _: "javascript:alert(1)", lambda _: "https://x/" + "y" * 3000, lambda _: "https://a b", lambda _: 4, lambda _: None],
)
def test_what_is_no_link_is_none(tmp_path: Path, link: Callable[[str], Any]) -> None:
    with town_with(tmp_path, link) as town:
        (ref,) = town.handed_over("A-1")
        assert placed(town, ref).portal_url is None


@pytest.mark.parametrize("way", ["look-up", "person", "status"])
def test_a_case_that_is_known_later_has_its_link_then(tmp_path: Path, way: str) -> None:
    with town_with(tmp_path) as town:
        (ref,) = town.running("A-1")
        if way == "status":
            town.agency.answers(lambda p: taken(p).model_copy(update={"agency_reference": None, "status": AgencyStatus.SUBMITTED}))
        else:
            town.agency.answers(lost())
        town.transmit()
        assert placed(town, ref).portal_url is None
        if way == "person":
            done(town.ink.resolve([ref], found="AZ-7", reason="seen", actor=OPERATOR))
        else:
            town.ink.follow()
        assert placed(town, ref).portal_url == portal(placed(town, ref).case_reference)


def test_a_merged_case_leads_to_the_other(tmp_path: Path) -> None:
    with town_with(tmp_path) as town:
        (ref,) = town.handed_over("A-1")
        town.agency.says(AgencyStatus.MERGED, agency_reference="AZ-OTHER")
        town.agency.cases["AZ"] = town.agency.cases.pop(town.agency.sent[0].our_reference)
        apply_status(town.ink._context, town.ink.find(ref).id, town.agency.cases["AZ"])
        assert placed(town, ref).portal_url == portal("AZ-OTHER")


def test_a_confirmed_export_has_the_case_and_its_link(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"files": {"agency": "plain-file"}}) as town:
        (ref,) = town.running("A-1")
        town.transmit()
        town.ink.confirm([ref], case_reference="AZ-9", actor=OPERATOR)
        found = placed(town, ref)
        assert (found.case_reference, found.portal_url, found.channel) == ("AZ-9", None, "file")


def test_a_task_says_why_no_program_does_it(tmp_path: Path) -> None:
    with town_with(tmp_path) as town:
        town.handed_over("A-1")
        town.report(claim("A-1", paid="10.00"))
        assert [(one.verb, one.state) for one in town.ink.instructions()] == [("report_payment", "pending")], "a program tells it"
        town.report(claim("A-1", paid="10.00", ended=OrderEnd.CANCELLED))
        town.report(claim("A-1", paid="10.00", ended=OrderEnd.CANCELLED, principal="120.00"))
        said = {task.kind: task.message for task in town.tasks()}
        assert AGENCY_HAS_NONE.de in said["report_cancellation"].de
        assert NOT_BUILT_YET.en in said["report_correction"].en
        assert "report_payment" not in said


def test_a_claim_that_left_before_its_case_was_sent_has_no_link_of_it(tmp_path: Path) -> None:
    with world(tmp_path, several=2) as town:
        refs = [str(r.ref) for r in town.report(claim("A-1", customer="K"), claim("A-2", customer="K"))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.ink.hold(refs[1], reason="he called", actor=OPERATOR)
        town.transmit()
        assert town.state(refs[0]) is State.HANDED_OVER
        assert placed(town, refs[1]).case_reference is None
        with town.ink._context.database.read() as connection:
            assert placements.newest(connection, town.ink.find(refs[1]).id) is None


# How it was handed over


def test_the_way_of_the_hand_over_is_recorded_from_the_first_try_on(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        (ref,) = town.running("A-1")
        assert placed(town, ref).channel is None
        town.go_live("agency")
        town.agency.answers(lost())
        town.transmit()
        assert placed(town, ref).channel == "interface"


def test_a_hand_over_by_hand_is_told_apart_whatever_its_channel_is_called(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        (ref,) = town.ready("A-1")
        outside = {"channel": "interface", "case_reference": "AZ-1", "on": town.clock.day, "reason": "entered"}
        town.ink.mandate("agency", dated=town.clock.day, actor=OPERATOR)
        done(town.ink.record_handover([ref], actor=OPERATOR, **outside))
        town.ink.go_live("agency", actor=OPERATOR)
        assert town.ink.gate("agency").mode == "live"


# What the agency tells with its yes


def _noticed(placement: Placement) -> Submission:
    return taken(placement).model_copy(update={"notices": (NOTICE,)})


def test_what_the_agency_tells_with_its_yes_is_noted_and_told(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.running("A-1")
        town.agency.answers(_noticed)
        town.transmit()
        town.ink.follow()
        last = town.last(ref)
        assert (last.what, last.reason, last.details) == ("message", NOTICE.en, NOTICE._asdict())
        assert [event.reason for event in town.shop.told if event.kind == "message"] == [NOTICE.en]
        assert town.state(ref) is State.HANDED_OVER


def test_a_notice_and_a_link_that_repeat_the_debtor_are_left_out(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.running("A-1")
        name = str(town.ink.show(ref).claim.debtor.person.last_name)  # type: ignore[union-attr]
        said = {"notices": (Text(f"{name} hat Zugang.", f"{name} has access."), NOTICE), "portal_url": f"https://x.example/?n={name}"}
        town.agency.answers(lambda placement: taken(placement).model_copy(update=said))
        town.transmit()
        assert [entry.reason for entry in town.ink.history(ref) if entry.what == "message"] == [NOTICE.en]
        assert placed(town, ref).portal_url is None


# A vendor's first claim


def welcoming(script: Script) -> type[Agency[Any]]:
    class Welcoming(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "welcoming"
        first_claim_notice: ClassVar[Text | None] = NOTICE

    return Welcoming


def notes(town: World, ref: str) -> int:
    return sum(entry.reason == NOTICE.en for entry in town.ink.history(ref))


def test_what_an_agency_does_with_a_vendors_first_claim_is_noted_once(tmp_path: Path) -> None:
    script = Script()
    agencies = {"welcoming": welcoming(script)}
    with world(tmp_path, script=script, agencies=agencies, accounts={"agency": {"agency": "welcoming"}}) as town:
        refs = [*town.handed_over("A-1", "A-2"), *town.handed_over("A-3")]
        assert [notes(town, ref) for ref in refs] == [1, 0, 0]


def test_it_is_noted_when_the_agency_has_decided_not_before(tmp_path: Path) -> None:
    script = Script()
    agencies = {"welcoming": welcoming(script)}
    with world(tmp_path, script=script, agencies=agencies, accounts={"agency": {"agency": "welcoming"}}) as town:
        town.running("A-1")
        town.agency.answers(lambda placement: taken(placement).model_copy(update={"status": AgencyStatus.SUBMITTED}))
        town.transmit()
        (ref,) = [stored.ref for stored in town.ink.claims()]
        assert (town.state("A-1"), notes(town, ref)) == (State.RUNNING, 0)
        town.agency.says(AgencyStatus.ACTIVE)
        town.ink.follow()
        assert (town.state("A-1"), notes(town, ref)) == (State.HANDED_OVER, 1)


# What left by mail


def test_a_message_that_left_is_exported_until_somebody_confirms_it(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.running("A-1")
        town.agency.answers(lambda _: Submission(confirmed=False, status=AgencyStatus.SUBMITTED, raw={"message_id": "<T-1@shop.example>"}))
        town.transmit()
        assert town.state("A-1") is State.EXPORTED
        town.transmit()
        assert len(town.agency.sent) == 1
        (ref,) = [stored.ref for stored in town.ink.claims()]
        town.ink.confirm([ref], case_reference="LAW-7", actor=OPERATOR)
        assert town.state("A-1") is State.HANDED_OVER
        assert placed(town, ref).case_reference == "LAW-7"
