"""Payments after the hand-over are told to the agency: each once, in order, and what it knows already never."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from tellers import DAY, credited, paid, states, telling_world, where
from world import OPERATOR, claim, done, refusal, taken, undecided

from inkasso_core import (
    AgencyStatus,
    AppliesTo,
    PaymentOrigin,
    ReportPayment,
    State,
)
from inkasso_core.statuses import apply_status


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
