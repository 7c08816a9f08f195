"""What changes after the hand-over is told to the agency in its order, by an account that is live, and to nobody else."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
from tellers import DAY, NO, credited, paid, states, telling_world
from world import OPERATOR, VENDOR, claim, done, lost, refusal

from inkasso_core import (
    ClaimRejected,
    Dispute,
    State,
    TemporarilyUnavailable,
    Text,
)
from inkasso_core.store import records

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
        ears.answers(TemporarilyUnavailable(NO))
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
