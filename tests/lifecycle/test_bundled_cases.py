"""Several claims in one case at the agency: its answer and its status are for all of them, what the shop reports is for one."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, World, claim, done, lost, taken, undecided, world

from inkasso_core import (
    AgencyStatus,
    Claim,
    ClaimInvalid,
    ClaimRejected,
    Credit,
    Dispute,
    OrderEnd,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
    Text,
    cases,
    owner,
)
from inkasso_core.statuses import apply_status

ALL = "153.99"
THREE = ("A-1", "A-2", "A-3")
NO = Text("Nein.", "No.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, several=3) as town:
        yield town


def his(order: str, **changes: Any) -> Claim:
    """A claim of the one debtor."""
    return claim(order, customer="K-7", **changes)


def released(town: World, *orders: str) -> list[str]:
    refs = [str(result.ref) for result in town.report(*map(his, orders or THREE))]
    done(town.ink.release(refs, actor=OPERATOR))
    return refs


def handed_over(town: World) -> list[str]:
    refs = released(town)
    town.transmit()
    assert states(town) == [State.HANDED_OVER] * 3
    return refs


def states(town: World) -> list[State]:
    return [town.state(order) for order in THREE]


def sent(town: World) -> list[list[str]]:
    return [[one.source.order for one in placement.claims] for placement in town.agency.sent]


def open_ones(town: World) -> list[list[bool]]:
    """Per claim, which of its placements are open."""
    return [[p.open for p in town.ink.show(f"shop:{order}").placements] for order in THREE]


# The answer


@pytest.mark.parametrize(
    ("answer", "named"),
    [(ClaimInvalid(NO, fields=("claims",)), "claims"), (ClaimRejected(NO, agency_code="E1"), "E1")],
    ids=["invalid", "no"],
)
def test_a_refused_case_fails_for_all_its_claims_and_each_may_be_released_again(town: World, answer: Exception, named: str) -> None:
    refs = released(town)
    town.agency.answers(answer)
    (report,) = town.transmit()
    assert dict(report.counts) == {"failed": 1}
    assert states(town) == [State.FAILED] * 3
    assert open_ones(town) == [[False]] * 3
    assert {town.ink.show(ref).error for ref in refs} == {Text(f"{NO.de} ({named})", f"{NO.en} ({named})")}
    done(town.ink.release(refs[1:], actor=OPERATOR))
    town.transmit()
    assert sent(town) == [list(THREE), ["A-2", "A-3"]]
    assert states(town) == [State.FAILED, State.HANDED_OVER, State.HANDED_OVER]


def test_what_left_before_a_refusal_hears_nothing_of_it(town: World) -> None:
    refs = released(town)
    done(town.ink.withdraw([refs[1]], actor=OPERATOR))
    town.agency.answers(ClaimRejected(NO))
    town.transmit()
    assert town.ink.show(refs[1]).error is None
    assert states(town) == [State.FAILED, State.READY, State.FAILED]


def test_what_left_between_two_tries_heard_the_first_answer_alone(town: World) -> None:
    refs = released(town)
    busy = Text("Überlastet.", "Busy.")
    town.agency.answers(TemporarilyUnavailable(busy, retry_after=60), ClaimRejected(NO))
    town.transmit()
    assert states(town) == [State.RUNNING] * 3
    done(town.ink.withdraw([refs[1]], actor=OPERATOR))
    town.clock.forward(minutes=2)
    town.transmit()
    assert sent(town) == [list(THREE), ["A-1", "A-3"]]
    assert len({placement.idempotency_key for placement in town.agency.sent}) == 1
    assert [str(town.ink.show(ref).error) for ref in refs] == [str(NO), str(busy), str(NO)]


def test_an_agency_that_has_not_decided_keeps_all_running_and_asks_once(town: World) -> None:
    released(town)
    town.agency.answers(undecided)
    town.transmit()
    assert states(town) == [State.RUNNING] * 3
    town.agency.says(AgencyStatus.NEEDS_INPUT)
    town.ink.follow()
    assert [task.kind for task in town.tasks()] == ["answer_agency"]
    town.agency.says(AgencyStatus.ACTIVE)
    town.ink.follow()
    assert states(town) == [State.HANDED_OVER] * 3


def test_what_is_reported_of_one_while_the_answer_is_awaited_is_told_of_that_one(town: World) -> None:
    refs = released(town)

    def meanwhile(placement: Placement) -> Submission:
        town.report(his("A-2", paid=ALL))
        return taken(placement)

    town.agency.answers(meanwhile)
    town.transmit()
    assert states(town) == [State.HANDED_OVER] * 3
    assert [(task.kind, task.claim_id) for task in town.tasks()] == [("report_payment", town.ink.find(refs[1]).id)]


def test_what_is_paid_while_a_refusal_is_awaited_is_paid_and_the_others_fail(town: World) -> None:
    released(town)

    def meanwhile(_placement: Placement) -> Submission:
        town.report(his("A-2", paid=ALL))
        raise ClaimRejected(NO)

    town.agency.answers(meanwhile)
    town.transmit()
    assert states(town) == [State.FAILED, State.PAID, State.FAILED]
    assert town.tasks() == []


# The answer is lost


def unclear(town: World, *, arrived: bool = True) -> list[str]:
    refs = released(town)
    town.agency.answers(lost())
    town.transmit()
    assert states(town) == [State.UNCLEAR] * 3
    if not arrived:
        town.agency.forgets()
    return refs


def test_a_lost_case_that_is_found_is_handed_over_whole_by_one_look_up(town: World) -> None:
    unclear(town)
    town.ink.follow()
    assert states(town) == [State.HANDED_OVER] * 3
    assert [operation for operation, _ in town.agency.asked] == ["find", "fetch_status"]
    town.ink.run_due()
    assert len(town.agency.sent) == 1


def test_a_lost_case_that_never_arrived_goes_again_without_what_was_paid_meanwhile(town: World) -> None:
    unclear(town, arrived=False)
    town.report(his("A-2", paid=ALL))
    assert states(town) == [State.UNCLEAR] * 3
    town.ink.follow()
    assert states(town) == [State.RUNNING, State.PAID, State.RUNNING]
    town.transmit()
    assert sent(town) == [list(THREE), ["A-1", "A-3"]]
    assert len({placement.idempotency_key for placement in town.agency.sent}) == 2
    assert len({placement.our_reference for placement in town.agency.sent}) == 1
    assert states(town) == [State.HANDED_OVER, State.PAID, State.HANDED_OVER]
    assert town.tasks() == []


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ({"found": "AZ-9"}, State.HANDED_OVER),
        ({"found": None}, State.FAILED),
        ({"found": None, "send_again": True}, State.RUNNING),
    ],
)
def test_what_a_person_finds_of_one_is_so_of_all(tmp_path: Path, how: dict[str, Any], end: State) -> None:
    with world(tmp_path, several=3, finds=False) as town:
        refs = unclear(town)
        town.ink.run_due()
        assert [task.kind for task in town.tasks()] == ["look_up"]
        handled = done(town.ink.resolve([refs[1]], reason="seen in the portal", actor=OPERATOR, **how))
        assert [h.ref for h in handled] == refs
        assert states(town) == [end] * 3
        assert open_ones(town) == [[end is not State.FAILED]] * 3
        assert town.tasks() == []
        town.transmit()
        assert len(town.agency.sent) == (2 if end is State.RUNNING else 1)
        if end is State.HANDED_OVER:
            assert {p.case_reference for ref in refs for p in town.ink.show(ref).placements} == {"AZ-9"}


def late(town: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """The try is given up as interrupted, something happens ``meanwhile``, and then the agency's yes comes after all."""

    def slow(placement: Placement) -> Submission:
        with monkeypatch.context() as patch:
            patch.setattr(owner, "is_gone", lambda *_: True)
            town.ink.transmit("agency")
        assert states(town) == [State.UNCLEAR] * 3
        meanwhile()
        return taken(placement)

    town.agency.answers(slow)
    town.transmit()


def test_a_late_yes_hands_all_over(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    released(town)
    late(town, monkeypatch, bool)
    assert states(town) == [State.HANDED_OVER] * 3
    assert town.tasks() == []


@pytest.mark.parametrize("again", [False, True])
def test_a_late_yes_is_news_for_the_one_that_left_after_that_try(town: World, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    refs = released(town)

    def looked_up_and_one_left() -> None:
        done(town.ink.resolve(refs, found=None, send_again=True, reason="not in the portal", actor=OPERATOR))
        done(town.ink.withdraw([refs[1]], actor=OPERATOR))
        if again:
            done(town.ink.release([refs[1]], actor=OPERATOR))

    late(town, monkeypatch, looked_up_and_one_left)
    assert states(town) == [State.HANDED_OVER, State.HANDED_OVER if again else State.READY, State.HANDED_OVER]
    assert sent(town) == [list(THREE), *([["A-2"]] if again else [])], "its new release is another placement, with an answer of its own"
    assert [(task.kind, task.claim_id) for task in town.tasks()] == [("status_contradicts", town.ink.find(refs[1]).id)]


# At the agency


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (AgencyStatus.CLOSED_PAID, State.PAID),
        (AgencyStatus.CLOSED_PARTIAL, State.CLOSED),
        (AgencyStatus.CLOSED_UNPAID, State.CLOSED),
        (AgencyStatus.RECALLED, State.CANCELLED),
        (AgencyStatus.REJECTED, State.FAILED),
        (AgencyStatus.JUDICIAL, State.HANDED_OVER),
    ],
)
def test_the_status_of_the_case_is_that_of_all_its_claims_and_is_asked_for_once(town: World, status: AgencyStatus, end: State) -> None:
    handed_over(town)
    town.agency.asked.clear()
    town.agency.says(status)
    town.ink.follow()
    assert [operation for operation, _ in town.agency.asked] == ["fetch_status"]
    assert states(town) == [end] * 3
    assert open_ones(town) == [[end is State.HANDED_OVER]] * 3
    told = [len(town.ink.history(f"shop:{order}")) for order in THREE]
    town.ink.follow()
    assert [len(town.ink.history(f"shop:{order}")) for order in THREE] == told


@pytest.mark.parametrize(
    ("changes", "status", "end"),
    [
        ({"ended": OrderEnd.CANCELLED}, AgencyStatus.CLOSED_PAID, State.CLOSED),
        ({"paid": ALL}, AgencyStatus.CLOSED_UNPAID, State.PAID),
        ({"paid": ALL}, AgencyStatus.CLOSED_PARTIAL, State.PAID),
        ({"credits": (Credit(amount=Decimal(ALL)),)}, AgencyStatus.CLOSED_UNPAID, State.PAID),
        ({"paid": "50.00"}, AgencyStatus.CLOSED_UNPAID, State.CLOSED),
        ({"paid": "50.00"}, AgencyStatus.CLOSED_PAID, State.PAID),
    ],
)
def test_a_claim_is_not_paid_or_given_up_because_others_of_its_case_were(
    town: World, changes: dict[str, Any], status: AgencyStatus, end: State
) -> None:
    handed_over(town)
    town.report(his("A-2", **changes))
    town.agency.says(status)
    town.ink.follow()
    others = State.PAID if status is AgencyStatus.CLOSED_PAID else State.CLOSED
    assert states(town) == [others, end, others]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"paid": ALL}, "report_payment"),
        ({"credits": (Credit(amount=Decimal(ALL)),)}, "report_credit"),
        ({"ended": OrderEnd.REVOKED}, "report_cancellation"),
        ({"dispute": Dispute(since=dt.date(2026, 5, 20))}, "report_dispute"),
    ],
)
def test_what_happens_to_one_at_the_agency_is_a_task_for_that_one(town: World, changes: dict[str, Any], kind: str) -> None:
    refs = handed_over(town)
    town.report(his("A-2", **changes))
    assert states(town) == [State.HANDED_OVER] * 3
    assert [(task.kind, task.claim_id) for task in town.tasks()] == [(kind, town.ink.find(refs[1]).id)]


def test_what_a_clerk_ends_at_the_agency_ends_alone_and_the_case_goes_on_for_the_others(town: World) -> None:
    refs = handed_over(town)
    town.report(his("A-2", paid=ALL))
    town.finish("report_payment")
    done(town.ink.mark_paid([refs[1]], reason="told", actor=OPERATOR))
    assert open_ones(town) == [[True], [False], [True]]
    town.agency.says(AgencyStatus.CLOSED_UNPAID)
    town.ink.follow()
    assert states(town) == [State.CLOSED, State.PAID, State.CLOSED]


def test_a_case_that_is_reopened_is_so_for_all_that_were_in_it(town: World) -> None:
    refs = released(town)
    done(town.ink.cancel([refs[1]], reason="goodwill", actor=OPERATOR))
    town.transmit()
    town.agency.says(AgencyStatus.CLOSED_UNPAID)
    town.ink.follow()
    assert states(town) == [State.CLOSED, State.CANCELLED, State.CLOSED]
    town.agency.says(AgencyStatus.ACTIVE)
    (report,) = town.agency.cases.values()
    apply_status(town.ink._context, town.ink.find(refs[0]).id, report)
    assert states(town) == [State.HANDED_OVER, State.CANCELLED, State.HANDED_OVER]
    assert open_ones(town) == [[True], [False], [True]]


def test_a_status_that_reverts_is_one_task(town: World) -> None:
    handed_over(town)
    town.agency.says(AgencyStatus.SUBMITTED)
    town.ink.follow()
    assert states(town) == [State.UNCLEAR] * 3
    assert [task.kind for task in town.tasks()] == ["status_reverted"]


def test_pages_of_cases_are_followed_whole(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "PAGE", 1)
    released(town)
    town.report(*(claim(f"B-{number}", customer="K-8") for number in range(2)))
    done(town.ink.release(["shop:B-0", "shop:B-1"], actor=OPERATOR))
    town.transmit()
    for placement in town.agency.sent:
        town.agency.says(AgencyStatus.CLOSED_PAID, reference=placement.our_reference)
    town.ink.follow()
    assert town.ink.count() == {State.PAID: 5}


def test_what_was_handed_over_outside_under_one_reference_is_one_case_per_debtor(town: World) -> None:
    refs = [str(result.ref) for result in town.report(his("A-1"), his("A-2"), claim("A-3"))]
    on = town.clock.day
    done(town.ink.record_handover(refs, channel="post", case_reference="P-1", on=on, reason="by hand", actor=OPERATOR))
    shown = [town.ink.show(ref).placements[0] for ref in refs]
    assert [p.case_reference for p in shown] == ["P-1"] * 3
    assert shown[0].our_reference == shown[1].our_reference != shown[2].our_reference
    assert states(town) == [State.HANDED_OVER] * 3
