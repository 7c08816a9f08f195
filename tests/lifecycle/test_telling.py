"""What happens after the hand-over is told to the agency: each thing once, in order, and nobody guesses where an answer was lost."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest
from tellers import NO, Ears, lost_answer, lost_on_the_way, telling_world, where
from world import OPERATOR, VENDOR, World, claim, done, lost, refusal, taken, undecided

from inkasso_core import (
    Acknowledgement,
    AgencyStatus,
    AppliesTo,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    Credit,
    Dispute,
    InvalidInput,
    NotFound,
    NotPermitted,
    OrderEnd,
    Payment,
    PaymentOrigin,
    ReportPayment,
    State,
    TemporarilyUnavailable,
    Text,
    UnsupportedOperation,
)
from inkasso_core.change import Changes
from inkasso_core.instructing import answers, sending
from inkasso_core.statuses import apply_status
from inkasso_core.store import instructions, placements, records
from inkasso_core.telling.news import queue_up

DAY = dt.date(2026, 5, 28)


def paid(amount: str, reference: str | None = None, **more: Any) -> Payment:
    return Payment(amount=Decimal(amount), on=more.pop("on", DAY), reference=reference, **more)


def states(town: World, *, everything: bool = True) -> list[tuple[str, str]]:
    return [(one.verb, one.state) for one in town.ink.instructions(everything=everything)]


def credited(amount: str) -> tuple[Credit, ...]:
    return (Credit(amount=Decimal(amount)),)


# Payments


def test_a_payment_is_told_once_with_all_that_the_shop_says_of_it(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        payment = paid("10.05", "TX-1", applies_to=AppliesTo.PRINCIPAL)
        town.report(claim("A-1", payments=(payment,)))
        assert states(town) == [("report_payment", "pending")]
        assert town.tasks() == []
        town.transmit()
        town.transmit()
        (told,) = ears.heard
        assert isinstance(told, ReportPayment)
        placement = town.agency.sent[0]
        assert (told.amount, told.currency, told.received_on) == (Decimal("10.05"), "EUR", DAY)
        assert (told.payment_reference, told.applies_to, told.claim_reference) == ("TX-1", AppliesTo.PRINCIPAL, None)
        assert told.our_reference == placement.our_reference
        assert told.agency_reference == town.ink.show(ref).placements[-1].case_reference
        assert told.idempotency_key not in (placement.idempotency_key, "")
        assert told.asked_on == town.clock.day
        assert town.last(ref).what == "told"
        assert (town.last(ref).details or {})["verb"] == "report_payment"
        assert states(town) == [("report_payment", "done")]
        assert town.ink.instructions() == [], "nothing waits any more"


def test_payments_of_the_agency_and_our_own_bookings_are_never_told(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", payments=(paid("10.00", "A", origin=PaymentOrigin.AGENCY), paid("5.00", "U", origin=PaymentOrigin.US))))
        town.report(claim("A-1", payments=(paid("10.00", "A", origin=PaymentOrigin.AGENCY), paid("7.00", "S"))))
        town.transmit()
        assert dict(ears.payments) == {"S": 1}


def test_what_was_handed_over_with_the_claim_is_no_news(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", payments=(paid("10.00", "A"), paid("5.00")))
        town.report(claim("A-1", payments=(paid("10.00", "A"), paid("5.00"), paid("5.00"))))
        town.transmit()
        assert ears.amounts == ["5.00"]


def test_the_same_payment_in_many_revisions_is_told_once(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00"),)))
        town.transmit()
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"),)))
        town.report(claim("A-1", version=3, payments=(paid("20.00", "TX-2"), paid("10.00", "TX-1"))))
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        town.report(claim("A-1", version=4, payments=(paid("10.00", "TX-1"), paid("20.00", "TX-2")), note="x"))
        town.transmit()
        assert ears.amounts == ["10.00", "20.00"]
        assert ears.amended == []
        assert town.tasks() == []


def test_two_alike_without_a_reference_are_two(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", payments=(paid("10.00"),)))
        town.transmit()
        town.report(claim("A-1", payments=(paid("10.00"), paid("10.00"))))
        town.transmit()
        assert ears.amounts == ["10.00", "10.00"]


def test_of_a_sum_that_the_shop_carries_on_the_rest_is_told(tmp_path: Path) -> None:
    """Many shops report no more than what was paid so far, as one payment with the day of the report."""
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", paid="20.00")
        for version, (amount, told) in enumerate((("50.00", True), ("60.00", False), ("70.00", True), ("70.00", True)), 1):
            town.report(claim("A-1", version=version, payments=(paid(amount, on=DAY + dt.timedelta(days=version)),)))
            if told:
                town.transmit()
        assert ears.amounts == ["30.00", "20.00"]
        assert ears.amended == []
        town.report(claim("A-1", version=8, payments=(paid("65.00"),)))
        town.transmit()
        assert (ears.amounts, ears.amended) == (["30.00", "20.00"], [("paid",)])
        town.report(claim("A-1", version=9, payments=(paid("71.00"),)))
        town.transmit()
        assert ears.amounts[2:] == ["1.00"]
        assert ears.amended == [("paid",), ("paid",)], "what went back came back"


def test_a_payment_booked_wrongly_and_corrected_before_it_was_told_is_told_as_corrected(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("100.00", "TX-1"), paid("3.00", "TX-2"))))
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert ears.amounts == ["10.00"]
        assert ears.amended == []
        assert sorted(states(town)) == [("report_payment", "done"), ("report_payment", "withdrawn"), ("report_payment", "withdrawn")]


def test_a_payment_that_went_back_is_no_negative_report_but_a_change(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        town.report(claim("A-1", version=2))
        town.transmit()
        assert ears.amounts == ["10.00"]
        assert ears.amended == [("paid",)]
        assert ears.heard[-1].placement.total_open == town.agency.sent[0].total_open  # type: ignore[attr-defined]
        town.report(claim("A-1", version=3, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert ears.amounts == ["10.00"], "it came back: nothing new, but another state"
        assert ears.amended == [("paid",), ("paid",)]


def test_a_payment_that_is_gone_and_back_before_anybody_was_told_is_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        town.report(claim("A-1", version=2))
        town.report(claim("A-1", version=3, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert (ears.amounts, ears.amended) == (["10.00"], [])


def test_a_payment_that_went_back_is_a_task_where_the_agency_cannot_be_told(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("report_payment",)) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        town.report(claim("A-1", version=2))
        assert [task.kind for task in town.tasks()] == ["report_retraction"]
        town.transmit()
        assert ears.amounts == ["10.00"]


def test_payments_while_the_hand_over_is_under_way_wait_for_it(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.running("A-1")

        def meanwhile(placement: Any) -> Any:
            town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
            assert town.ink.instructions() == []
            return taken(placement)

        town.agency.answers(meanwhile)
        town.transmit()
        assert ears.amounts == ["10.00"], "told in the same run, once the agency has the case"


def test_payments_while_the_hand_over_is_unclear_wait_until_it_is_found(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.unclear("A-1")
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert (ears.asked, states(town)) == ([], [("report_payment", "pending")])
        town.ink.follow()
        town.transmit()
        assert dict(ears.payments) == {"TX-1": 1}


def test_what_never_arrived_is_not_told_of_but_handed_over_with_its_payments(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.unclear("A-1", arrived=False)
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.ink.follow()
        town.transmit()
        assert ears.asked == []
        assert town.agency.sent[-1].claim.payments[0].reference == "TX-1"
        assert states(town) == [("report_payment", "withdrawn")]


def test_before_the_agency_has_given_its_reference_nothing_is_told(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.running("A-1")
        town.agency.answers(lambda placement: undecided(placement).model_copy(update={"agency_reference": None}))
        town.transmit()
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert ears.asked == []
        town.agency.says(AgencyStatus.ACTIVE)
        town.ink.follow()
        town.transmit()
        assert dict(ears.payments) == {"TX-1": 1}


def test_a_case_without_a_reference_is_a_persons(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.running("A-1")
        town.agency.answers(lambda placement: taken(placement).model_copy(update={"agency_reference": None}))
        town.transmit()
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert ears.asked == []
        assert [task.kind for task in town.tasks()] == ["report_payment"]
        assert "case reference" in town.tasks()[0].message.en


def test_a_payment_that_closes_the_case_pays_the_claim(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(where(AgencyStatus.CLOSED_PAID))
        town.report(claim("A-1", paid="1000.00"))
        town.transmit()
        assert town.state(ref) is State.PAID
        assert [entry.what for entry in town.ink.history(ref)][-2:] == ["told", "paid"]


def test_what_came_in_while_the_case_was_closed_is_told_when_it_is_reopened(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        town.agency.says(AgencyStatus.CLOSED_UNPAID)
        town.ink.follow()
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        assert (town.state(ref), town.ink.instructions()) == (State.CLOSED, [])
        town.agency.says(AgencyStatus.ACTIVE)
        apply_status(town.ink._context, town.ink.find(ref).id, next(iter(town.agency.cases.values())))
        assert town.state(ref) is State.HANDED_OVER
        town.transmit()
        assert dict(ears.payments) == {"TX-1": 1}


def test_a_payment_not_told_yet_is_told_although_the_case_ends_meanwhile(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"),), credits=credited("5.00")))
        town.agency.says(AgencyStatus.CLOSED_PARTIAL)
        town.ink.follow()
        town.transmit()
        assert (dict(ears.payments), ears.amended) == ({"TX-1": 1}, [])
        assert sorted(states(town)) == [("amend", "withdrawn"), ("report_payment", "done")]


def test_of_several_claims_in_a_case_the_agency_hears_which_one_is_paid(tmp_path: Path) -> None:
    with telling_world(tmp_path, several=2) as (town, ears):
        refs = [str(r.ref) for r in town.report(claim("A-1", customer="K"), claim("A-2", customer="K"))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        town.report(claim("A-2", customer="K", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert [one.claim_reference for one in ears.heard] == ["RE-A-2"]  # type: ignore[attr-defined]


def test_a_case_handed_over_outside_is_a_persons(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.ready("A-1")
        done(town.ink.record_handover([ref], channel="letter", case_reference="AZ-9", on=DAY, reason="by letter", actor=OPERATOR))
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert ears.asked == []
        assert [task.kind for task in town.tasks()] == ["report_payment"]
        assert refusal(town.ink.recall([ref], reason="x", actor=OPERATOR)) == "NO_RECALL"


def test_what_a_person_told_is_not_told_again_by_a_program(tmp_path: Path) -> None:
    """An adapter learns to report payments: what people reported before is not repeated."""
    with telling_world(tmp_path, ("amend",)) as (town, _):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.finish("report_payment")
        script = town.agency
    with telling_world(tmp_path, script=script) as (town, ears):
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"), paid("5.00", "TX-2"))))
        town.transmit()
        assert dict(ears.payments) == {"TX-2": 1}
        assert town.tasks() == []


# Changes


def test_several_changes_before_they_are_told_are_one_that_says_how_it_stands(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, credits=credited("5.00")))
        town.report(claim("A-1", version=2, credits=credited("7.00"), principal="120.00"))
        town.report(claim("A-1", version=3, credits=credited("7.00"), principal="120.00", dispute=Dispute(since=DAY)))
        town.transmit()
        town.transmit()
        assert ears.amended == [("credited", "amount", "dispute")]
        told = ears.heard[0].placement  # type: ignore[attr-defined]
        assert told.principal_open == Decimal("113.00")
        assert told.our_reference == town.agency.sent[0].our_reference
        assert town.tasks() == []


def test_what_was_changed_and_changed_back_before_it_was_told_is_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, credits=credited("5.00")))
        town.report(claim("A-1", version=2))
        town.transmit()
        assert ears.asked == []
        assert states(town) == [("amend", "withdrawn")]


def test_things_are_told_in_their_order_one_after_the_other(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.report(claim("A-1", version=1, payments=(paid("10.00", "TX-1"),)))
        town.report(claim("A-1", version=2, payments=(paid("10.00", "TX-1"),), credits=credited("5.00")))
        town.report(claim("A-1", version=3, payments=(paid("10.00", "TX-1"), paid("3.00", "TX-2")), credits=credited("5.00")))
        town.transmit()
        assert [type(one).__name__ for one in ears.heard] == ["ReportPayment", "Amend", "ReportPayment"]
        amend = ears.heard[1]
        assert len(amend.placement.claim.payments) == 1, "as it stood then: what came later is told after it"  # type: ignore[attr-defined]


def test_while_one_waits_the_later_ones_of_that_case_wait_and_other_cases_go_on(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1", "A-2")
        ears.answers(TemporarilyUnavailable(NO, retry_after=600))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        town.report(claim("A-2", payments=(paid("3.00", "C"),)))
        town.transmit()
        assert dict(ears.payments) == {"C": 1}
        town.transmit()
        assert dict(ears.payments) == {"C": 1}
        town.clock.forward(seconds=601)
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1, "C": 1}
        keys = [one.idempotency_key for one in ears.asked]
        assert keys[0] == keys[2], "the same key for every try"
        assert len(set(keys)) == 3


# The agency's word


@pytest.mark.parametrize("error", [ClaimInvalid, ClaimRejected, UnsupportedOperation, NotFound])
def test_a_refusal_is_a_task_with_the_reason(tmp_path: Path, error: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(error(Text("Nur in Euro.", "In euros only.")))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.counts == {"told_refused": 1, "told": 1}
        assert dict(ears.payments) == {"B": 1}, "a refusal holds nothing up"
        (task,) = town.tasks()
        assert task.kind == "report_payment"
        assert "In euros only." in task.message.en
        (left,) = town.ink.instructions()
        assert (left.state, left.ref, left.what) == ("refused", ref, f"1.00 EUR, {DAY}")
        assert any(check.subject == "instructions" for check in town.ink.doctor())
        town.finish("report_payment")
        assert town.ink.instructions() == []
        assert not any(check.subject == "instructions" for check in town.ink.doctor())
        town.transmit()
        assert len(ears.asked) == 2


@pytest.mark.parametrize("error", [AuthenticationFailed, ConfigurationError])
def test_a_broken_account_stops_and_nothing_is_lost(tmp_path: Path, error: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.answers(error(NO))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.mode == "stopped"
        assert states(town) == [("report_payment", "pending")] * 2
        assert len(ears.asked) == 1
        town.ink.go_live("agency", actor=OPERATOR)
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}


def test_what_the_agency_decides_later_is_told(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.default = Acknowledgement(done=False, raw={"ok": True})
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        town.transmit()
        assert len(ears.asked) == 1
        assert states(town) == [("report_payment", "told")]


def test_waits_grow_where_the_agency_says_none(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        ears.default = TemporarilyUnavailable(NO)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        waits = []
        for _ in range(12):
            town.transmit()
            (one,) = town.ink.instructions()
            assert one.next_at is not None
            waits.append(one.next_at - town.clock())
            town.clock.at = one.next_at
        assert waits == sorted(waits)
        assert waits[0] == answers.RETRY
        assert waits[-1] == answers.RETRY_MOST


@pytest.mark.parametrize("answer", [lost_answer, lost_on_the_way, lambda: RuntimeError("x"), lambda: Text("x", "y")])
def test_a_lost_answer_is_never_repeated_a_person_looks(tmp_path: Path, answer: Any) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        ears.answers(answer() if isinstance(answer(), Exception) else lambda _: answer())
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        (report,) = town.transmit()
        assert report.counts == {"told_unclear": 1}
        town.clock.forward(days=30)
        town.transmit()
        assert len(ears.asked) == 1, "and the later one waits"
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        (unclear, _) = town.ink.instructions(ref)
        assert unclear.state == "unclear"
        assert unclear.id in town.tasks()[0].message.en
        assert any("instructions" in check.text.en for check in town.ink.doctor())
        assert town.ink.show(ref).instructions == town.ink.instructions(ref, everything=True)


def unclear(town: World, ears: Ears, *, arrived: bool) -> str:
    (ref,) = town.handed_over("A-1")
    ears.answers(lost_answer() if arrived else lost_on_the_way())
    town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
    town.transmit()
    return ref


def test_a_person_says_that_the_agency_knows(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        ref = unclear(town, ears, arrived=True)
        waiting = town.ink.instructions()[0].id
        found = town.ink.resolve_instruction(waiting, done=True, reason="seen in the portal", actor=OPERATOR)
        assert found.state == "done"
        entry = town.last(ref)
        assert (entry.what, entry.actor, entry.reason) == ("told", OPERATOR.id, "seen in the portal")
        assert town.tasks() == []
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}


def test_a_person_says_that_the_agency_does_not_know_and_it_is_sent_again(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        ref = unclear(town, ears, arrived=False)
        waiting = town.ink.instructions()[0].id
        found = town.ink.resolve_instruction(waiting, done=False, send_again=True, reason="not there", actor=OPERATOR)
        assert found.state == "pending"
        assert (town.last(ref).actor, town.last(ref).reason) == (OPERATOR.id, "not there")
        town.transmit()
        assert dict(ears.payments) == {"A": 1, "B": 1}
        assert ears.asked[0].idempotency_key != ears.asked[1].idempotency_key, "a new key after a proved absence"
        assert town.tasks() == []


def test_a_person_says_that_the_agency_does_not_know_and_tells_it_himself(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        unclear(town, ears, arrived=False)
        waiting = town.ink.instructions()[0].id
        town.ink.resolve_instruction(waiting, done=False, reason="not there", actor=OPERATOR)
        assert [task.kind for task in town.tasks()] == ["report_payment"]
        town.transmit()
        assert dict(ears.payments) == {"B": 1}
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B")), note="again"))
        town.transmit()
        assert dict(ears.payments) == {"B": 1}, "a person does it"
        town.finish("report_payment")
        assert states(town) == [("report_payment", "by_hand"), ("report_payment", "done")]


def test_only_what_is_open_can_be_resolved_and_no_vendor_may(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        unclear(town, ears, arrived=True)
        first, second = (one.id for one in town.ink.instructions())
        for wrong in (second, "nothing", town.agency.sent[0].our_reference):
            with pytest.raises(NotFound):
                town.ink.resolve_instruction(wrong, done=True, reason="x", actor=OPERATOR)
        with pytest.raises(NotPermitted):
            town.ink.resolve_instruction(first, done=True, reason="x", actor=VENDOR)
        town.agency.says(AgencyStatus.CLOSED_UNPAID)
        town.ink.follow()
        with pytest.raises(InvalidInput):
            town.ink.resolve_instruction(first, done=False, send_again=True, reason="x", actor=OPERATOR)


# Repeating, where the agency documents that a key has no second effect


def test_a_lost_answer_is_repeated_with_the_same_key_where_that_is_documented(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.answers(lost_answer(), TemporarilyUnavailable(NO))
        town.report(claim("A-1", payments=(paid("1.00", "A"), paid("2.00", "B"))))
        town.transmit()
        assert town.tasks() == []
        town.report(claim("A-1", payments=(paid("2.00", "B"),)))
        assert ("report_payment", "unclear") in states(town), "it may have been heard, so it is not withdrawn"
        for _ in range(3):
            town.clock.forward(hours=2)
            town.transmit()
        assert len({one.idempotency_key for one in ears.of(ReportPayment) if one.payment_reference == "A"}) == 1
        assert [one.payment_reference for one in ears.asked if isinstance(one, ReportPayment)] == ["A", "A", "A", "B"]
        assert ears.amended == [("paid",)]


def test_it_is_not_repeated_for_ever(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.default = lost_answer()
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        for _ in range(30):
            town.transmit()
            town.clock.forward(hours=1)
        assert 1 < len(ears.asked) < 10
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        asked = len(ears.asked)
        town.clock.forward(days=10)
        town.transmit()
        assert len(ears.asked) == asked


def test_it_is_not_repeated_once_the_key_may_be_forgotten(tmp_path: Path) -> None:
    with telling_world(tmp_path, repeats=True) as (town, ears):
        town.handed_over("A-1")
        ears.answers(lost_answer())
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        town.clock.forward(days=1)  # nobody ran it meanwhile
        town.transmit()
        assert len(ears.asked) == 1
        assert [task.kind for task in town.tasks()] == ["look_up_telling"]
        town.transmit()
        assert len(ears.asked) == 1


# What ends while it is told


def test_the_true_answer_counts_although_the_try_was_given_up(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")

        def slow(_told: Any) -> Acknowledgement:
            with town.ink._context.database.read() as connection:
                (mine,) = instructions.in_flight(connection)
            sending.store_answer(town.ink._context, answers.Heard(mine.queued, mine.attempt_id, lost_answer()), repeats=False)
            assert [task.kind for task in town.tasks()] == ["look_up_telling"]
            return Acknowledgement(raw={"ok": True})

        ears.answers(slow)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        assert states(town) == [("report_payment", "done")]
        assert town.tasks() == []
        assert town.state(ref) is State.HANDED_OVER


def test_a_late_yes_after_a_person_decided_calls_a_person(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")

        def slow(_told: Any) -> Acknowledgement:
            with town.ink._context.database.read() as connection:
                (mine,) = instructions.in_flight(connection)
            sending.store_answer(town.ink._context, answers.Heard(mine.queued, mine.attempt_id, lost_answer()), repeats=False)
            town.ink.resolve_instruction(mine.queued.id, done=False, reason="not there", actor=OPERATOR)
            return Acknowledgement(raw={"ok": True})

        ears.answers(slow)
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        assert sorted(task.kind for task in town.tasks()) == ["report_payment", "status_contradicts"]


# What the mechanism carries besides


def test_pauses_messages_and_documents_go_the_same_way(tmp_path: Path) -> None:
    operations = ("pause", "resume", "send_message", "send_document")
    with telling_world(tmp_path, operations) as (town, ears):
        (ref,) = town.handed_over("A-1")
        bodies: dict[str, dict[str, Any]] = {
            "pause": {"until": "2026-07-31", "reason": "Stundung"},
            "resume": {},
            "send_message": {"text": "Bitte prüfen."},
            "send_document": {"kind": "invoice", "file_name": "r.pdf", "media_type": "application/pdf", "content": "JVBERg=="},
        }
        with town.ink._context.database.write() as connection:
            changes, stored = Changes(town.ink._context), town.ink.find(ref)
            placed = placements.open_placements(connection, [stored.id])[stored.id]
            for verb, body in bodies.items():
                queue_up(connection, changes, stored, placed, verb, body)
        ears.answers(ClaimRejected(Text("Zu lang.", "Too long.")))
        town.transmit()
        assert [type(one).__name__ for one in ears.asked] == ["Pause", "Resume", "SendMessage", "SendDocument"]
        assert ears.asked[3].content == b"%PDF"  # type: ignore[attr-defined]
        assert [task.kind for task in town.tasks()] == ["tell_agency"]


# Not live


def test_an_account_that_is_not_live_shows_what_it_would_tell_and_tells_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        with town.ink._context.database.write() as connection:
            records.decide(connection, "agency", "live", {"live": False}, by="olga", at=town.clock())
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        items: list[Any] = []
        (report,) = town.transmit(on_item=items.append)
        assert (report.mode, report.counts) == ("rehearsal", {"rehearsed": 1})
        assert "TX-1" in str(items[0].shown)
        assert '"amount": "10.00"' in str(items[0].shown)
        assert (ears.asked, states(town)) == ([], [("report_payment", "pending")])
        town.go_live("agency")
        town.transmit()
        assert dict(ears.payments) == {"TX-1": 1}


def test_a_limit_on_new_cases_holds_back_no_news(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        town.clock.forward(minutes=1)
        town.go_live("agency", first=1)
        town.running("A-2", "A-3")
        town.report(claim("A-1", payments=(paid("10.00", "TX-1"),)))
        town.transmit()
        assert len(town.agency.sent) == 2
        assert dict(ears.payments) == {"TX-1": 1}


# Recalls


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


# What people may do meanwhile


def test_nobody_sets_to_paid_what_the_agency_was_not_told(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, _):
        (ref,) = town.handed_over("A-1")
        town.report(claim("A-1", paid="1000.00"))
        assert refusal(town.ink.mark_paid([ref], reason="x", actor=OPERATOR)) == "AGENCY_TOLD"
        town.transmit()
        done(town.ink.mark_paid([ref], reason="x", actor=OPERATOR))


def test_a_vendor_sees_what_is_told_of_his_claims_alone(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, _):
        town.handed_over("A-1", vendor="viktor")
        town.handed_over("A-2", vendor="vera")
        for order, vendor in (("A-1", "viktor"), ("A-2", "vera")):
            town.report(claim(order, vendor=vendor, payments=(paid("1.00", order),)))
        assert [one.ref for one in town.ink.instructions(actor=VENDOR)] == ["shop:A-1"]


def test_nothing_of_the_debtor_stands_outside_of_the_vault(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        (ref,) = town.handed_over("A-1")
        name = str(builders.green_debtor().person.last_name)  # type: ignore[union-attr]
        ears.answers(ClaimRejected(Text(f"{name} hat nicht gezahlt.", f"{name} did not pay.")))
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        told = [str(town.tasks()), str(town.ink.history(ref)), str(town.ink.instructions())]
        assert all(name not in text for text in told)


def test_a_case_whose_answer_was_lost_in_the_second_place_waits_too(tmp_path: Path) -> None:
    """A claim that is unclear is looked up before anything else happens to it."""
    with telling_world(tmp_path) as (town, ears):
        town.running("A-1")
        town.agency.answers(lost())
        town.transmit()
        town.report(claim("A-1", payments=(paid("1.00", "A"),)))
        town.transmit()
        assert ears.asked == []


def test_what_a_person_was_to_tell_of_a_case_that_never_arrived_counts_for_nothing(tmp_path: Path) -> None:
    with telling_world(tmp_path, ("amend",)) as (town, _):
        town.unclear("A-1", arrived=False)
        town.report(claim("A-1", version=1, payments=(paid("10.00"),)))
        assert [task.kind for task in town.tasks("report_payment")] == ["report_payment"]
        town.ink.follow()
        town.transmit()
        assert (town.tasks("report_payment"), town.state("A-1")) == ([], State.HANDED_OVER)
        town.report(claim("A-1", version=2, payments=(paid("10.00"), paid("10.00"))))
        assert [task.kind for task in town.tasks()] == ["report_payment"], "the second one of that amount is news"
