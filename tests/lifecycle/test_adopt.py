"""Earlier hand-overs: what the list names is never handed over again, whoever reports it, whenever, and whatever is killed in between."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from earlier import AUTOMATIC, DAY, listing, live, row
from feeding import News, feeding
from shops.live import LiveShop
from world import OPERATOR, Script, World, claim, done, refusal, world

from inkasso_core import (
    AgencyStatus,
    ConfigurationError,
    FeedKind,
    InvalidInput,
    Invoice,
    OrderEnd,
    Page,
    Payment,
    Reported,
    Source,
    State,
    StatusReport,
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts=AUTOMATIC, live=False) as made:
        yield made


def never_ready(town: World, ref: str) -> bool:
    return not {"ready", "running"} & set(town.trail(ref))


# The proof that counts: 300 old orders and the first poll


def test_300_adopted_orders_are_not_handed_over_by_the_first_poll_of_an_automatic_and_live_account(tmp_path: Path) -> None:
    shop = LiveShop()
    orders = [f"A-{number}" for number in range(300)]
    with world(tmp_path, accounts=AUTOMATIC, shops={"shop": {"plugin": "live"}}, plugins={"live": shop}, live=False) as town:
        town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        with pytest.raises(ConfigurationError, match="adopt"):
            town.ink.go_live("agency", actor=OPERATOR)
        path = listing(tmp_path, *(row(order, f"AZ-{order}") for order in orders))
        adoption = town.ink.adopt("agency", path, actor=OPERATOR)
        assert (adoption.counts, adoption.is_complete) == ({"awaited": 300}, True)
        town.ink.go_live("agency", actor=OPERATOR)
        assert town.ink.gate("agency").mode == "live"

        pages = [Page(reports=tuple(reported(order) for order in orders[start : start + 50])) for start in range(0, 300, 50)]
        shop.pages = lambda _context, _asked: iter(pages)
        for _ in range(3):
            town.ink.run_due()
            town.clock.forward(days=1)
        assert town.agency.sent == []
        assert Counter(stored.state for stored in town.ink.claims()) == {State.HANDED_OVER: 300}
        assert all(never_ready(town, f"shop:{order}") for order in orders)
        assert {one.case_reference for one in town.ink.transmitted()} == {f"AZ-{order}" for order in orders}

        shop.pages = lambda _context, _asked: iter([Page(reports=(reported("NEW-1"),))])
        town.ink.run_due()
        assert [placement.claim.source.order for placement in town.agency.sent] == ["NEW-1"]


def reported(order: str, **changes: Any) -> Reported:
    return Reported(payload=claim(order, **changes).model_dump(mode="json", exclude_defaults=True))


# By which number, and when


@pytest.mark.parametrize(
    ("named", "reports"),
    [
        (row("A-1"), claim("A-1")),
        (row(" a-1 "), claim("A-1")),
        (row(invoice="RE-A-1"), claim("A-1")),
        (row("A-1", invoice="another"), claim("A-1")),
        (row("another", invoice="RE-A-1"), claim("A-1")),
        (row("B 17"), claim("A-1").model_copy(update={"source": Source(order="A-1", order_number="B 17")})),
        (row("A-1"), claim("A-1", product="p", instalment=2)),
        (row("A-1/p/2"), claim("A-1", product="p", instalment=2)),
    ],
)
def test_any_number_that_fits_counts(town: World, named: dict[str, object], reports: Any) -> None:
    town.ink.adopt("agency", listing(town.folder, named), actor=OPERATOR)
    live(town)
    (result,) = town.report(reports)
    assert result.state is State.HANDED_OVER
    town.ink.run_due()
    assert town.agency.sent == []
    assert town.trail(str(result.ref)) == ["waiting", "handed_over"]
    assert [entry.actor for entry in town.ink.history(str(result.ref))][-1] == "olga"


def test_only_what_the_list_names_is_kept_back(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1/p/2")), actor=OPERATOR)
    live(town)
    town.report(claim("A-1", product="p", instalment=1), claim("RE-A-1"))
    town.ink.run_due()
    assert {placement.claim.source.order for placement in town.agency.sent} == {"A-1", "RE-A-1"}


def test_an_invoice_number_that_arrives_later_takes_the_claim_out_of_the_queue(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row(invoice="RE-9")), actor=OPERATOR)
    (ref,) = town.ready("A-1", version=1)
    town.report(claim("A-1", invoice=Invoice(number="RE-9", issued_on=dt.date(2026, 3, 2)), version=2))
    assert town.state(ref) is State.HANDED_OVER
    live(town)
    town.ink.run_due()
    assert town.agency.sent == []


def test_what_is_released_already_is_taken_back_unless_it_is_under_way(town: World) -> None:
    live(town, nothing_to_adopt=True)
    unclear, (sent,) = town.unclear("A-2"), town.handed_over("A-3")
    (released,) = town.running("A-1")
    path = listing(town.folder, row("A-1"), row("A-2", "AZ-2"), row("A-3", "AZ-3"))
    assert [one.fate for one in town.ink.adopt("agency", path, actor=OPERATOR).rows] == ["adopted", "under_way", "elsewhere"]
    assert [town.state(ref) for ref in (released, unclear, sent)] == [State.HANDED_OVER, State.UNCLEAR, State.HANDED_OVER]
    assert town.ink.instructions("shop:A-1", everything=True) == []
    assert [task.kind for task in town.tasks("adopted_twice")] == ["adopted_twice"]


def test_known_claims_of_every_state_before_the_agency_are_taken(town: World) -> None:
    waiting = town.report(claim("W-1", reminders=()))[0].ref
    (ready,), (running,), (removed,) = town.ready("R-1"), town.running("L-1"), town.ready("X-1")
    done(town.ink.remove(removed, actor=OPERATOR))
    path = listing(town.folder, *(row(order, f"AZ-{order}") for order in ("W-1", "R-1", "L-1", "X-1", "N-1")))
    adoption = town.ink.adopt("agency", path, actor=OPERATOR)
    assert [one.fate for one in adoption.rows] == ["adopted"] * 4 + ["awaited"]
    assert adoption.claims == 4
    assert {town.state(str(ref)) for ref in (waiting, ready, running, removed)} == {State.HANDED_OVER}
    live(town)
    town.ink.run_due()
    assert town.agency.sent == []
    again = town.ink.adopt("agency", path, actor=OPERATOR)
    assert (again.counts, again.claims) == ({"repeated": 4, "awaited": 1}, 0)
    assert town.trail(ready)[-1] == "handed_over"
    assert town.trail(ready).count("handed_over") == 1


def test_what_was_recorded_by_hand_before_is_the_same_hand_over(town: World) -> None:
    (ref,) = town.ready("A-1")
    done(town.ink.record_handover(ref, channel="portal", case_reference="AZ-1", on=DAY, reason="by hand", actor=OPERATOR))
    (one,) = town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR).rows
    assert (one.fate, one.refs) == ("adopted", (ref,))
    (other,) = town.ink.adopt("agency", listing(town.folder, row(invoice="RE-A-1", case="AZ-2")), actor=OPERATOR).rows
    assert other.fate == "awaited"


def test_the_claims_of_one_debtor_under_one_case_are_one_case(town: World) -> None:
    town.ready("A-1", customer="K-1")
    town.ready("A-2", customer="K-1")
    town.ink.adopt("agency", listing(town.folder, row("A-1"), row("A-2")), actor=OPERATOR)
    placements = {town.ink.show(f"shop:{order}").placements[0].id for order in ("A-1", "A-2")}
    assert len(placements) == 1


def test_money_that_came_after_the_day_is_a_task_and_later_money_too(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1"), row("A-2", "AZ-2")), actor=OPERATOR)
    early = Payment(amount=Decimal("10.00"), on=DAY - dt.timedelta(days=1))
    town.report(claim("A-1", paid="10.00", version=1), claim("A-2", payments=(early,), version=1))
    assert [task.claim_id for task in town.tasks("report_payment")] == [town.ink.find("shop:A-1").id]
    town.report(claim("A-2", payments=(early, Payment(amount=Decimal("20.00"), on=town.clock.day)), version=2))
    assert len(town.tasks("report_payment")) == 2


def test_an_order_that_was_cancelled_meanwhile_is_recalled_by_hand(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR)
    town.report(claim("A-1", ended=OrderEnd.CANCELLED))
    assert town.state("A-1") is State.HANDED_OVER
    assert [task.kind for task in town.tasks()] == ["report_cancellation"]


# Numbers that come again


def test_who_ordered_more_than_a_year_after_the_hand_over_was_not_meant_and_a_slip_of_the_list_hands_nobody_over(town: World) -> None:
    days = {"A-1": "25.02.2025", "A-2": "26.02.2025", "A-3": "20.02.2026", "A-4": "26.02.2026"}
    town.ink.adopt("agency", listing(town.folder, *(row(order, day=day) for order, day in days.items())), actor=OPERATOR)
    states = [result.state for result in town.report(*(claim(order) for order in days))]  # ordered on 26 February 2026
    assert states == [State.READY, State.HANDED_OVER, State.HANDED_OVER, State.HANDED_OVER]


def test_a_line_that_has_found_its_order_means_no_other_of_that_number(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("10001")), actor=OPERATOR)
    first = claim("1").model_copy(update={"source": Source(order="1", order_number="10001", instalment=1)})
    again = first.model_copy(update={"source": Source(order="1", order_number="10001", instalment=2)})
    later = claim("10001").model_copy(update={"source": Source(order="10001", order_number="20001")})
    assert [result.state for result in town.report(first, again, later)] == [State.HANDED_OVER, State.HANDED_OVER, State.READY]


def test_what_the_agencys_feed_says_of_an_adopted_case_counts(tmp_path: Path) -> None:
    news, script = News(), Script()
    adapters = {"feeding": feeding(script, news)}
    with world(tmp_path, accounts={"agency": {"agency": "feeding"}}, agencies=adapters, script=script) as town:
        town.ink.adopt("agency", listing(tmp_path, row("A-1")), actor=OPERATOR)
        town.report(claim("A-1"))
        paid = StatusReport(agency_reference="AZ-1", status=AgencyStatus.CLOSED_PAID, agency_status="paid")
        news.add(FeedKind.STATUS, report=paid, agency_reference="AZ-1")
        town.ink.run_due()
        assert (town.state("A-1"), town.agency.sent) == (State.PAID, [])


# All before a day


def test_all_that_was_due_before_a_day(town: World) -> None:
    known = town.ready("OLD-1")[0]
    adoption = town.ink.adopt("agency", before=dt.date(2026, 3, 17), actor=OPERATOR)
    assert (adoption.claims, adoption.is_complete) == (1, True)
    live(town)
    town.report(claim("OLD-2"), claim("NEW-1", due_date=dt.date(2026, 3, 17)), claim("NONE-1", principal="0.00"))
    town.ink.run_due()
    assert {town.state(ref) for ref in (known, "OLD-2")} == {State.HANDED_OVER}
    assert [placement.claim.source.order for placement in town.agency.sent] == ["NEW-1"]
    assert town.state("NONE-1") is State.PAID  # nothing is owed: nobody has it
    assert town.ink.adopt("agency", before=dt.date(2026, 3, 17), actor=OPERATOR).counts == {"repeated": 1}
    with pytest.raises(InvalidInput, match="future"):
        town.ink.adopt("agency", before=town.clock.day + dt.timedelta(days=1), actor=OPERATOR)


# Killed, and at the same time


def test_killed_after_the_lines_were_stored_nothing_can_go_and_repeating_ends_it(town: World) -> None:
    refs = _live_and_killed(town)
    assert {town.state(ref) for ref in refs} == {State.RUNNING}
    town.ink.run_due()
    assert town.agency.sent == []  # red at transmit time, and then taken as handed over
    town.ink.run_due()
    assert {town.state(ref) for ref in refs} == {State.HANDED_OVER}
    assert town.ink.adopt("agency", town.folder / "alt.csv", actor=OPERATOR).is_complete
    assert town.agency.sent == []


@pytest.mark.parametrize("is_released", [False, True])
def test_a_list_that_another_process_stores_meanwhile_counts(tmp_path: Path, is_released: bool) -> None:
    with world(tmp_path, accounts=AUTOMATIC) as one, world(tmp_path, accounts=AUTOMATIC, clock=one.clock, script=one.agency) as two:
        one.ready("A-0")
        path = listing(tmp_path, row("A-0", "AZ-0"), row("A-1"))
        if is_released:
            done(one.ink.release("shop:A-0", actor=OPERATOR))
        two.ink.adopt("agency", path, actor=OPERATOR)
        one.report(claim("A-1"))
        one.ink.run_due()
        two.ink.run_due()
        assert one.agency.sent == []


def test_a_claim_of_the_list_that_is_reinstated_is_handed_over_and_not_ready(town: World) -> None:
    (ref,) = town.ready("A-1")
    done(town.ink.cancel(ref, reason="wrong", actor=OPERATOR))
    (one,) = town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR).rows
    assert one.fate == "ended"
    done(town.ink.reinstate(ref, reason="back", actor=OPERATOR))
    assert town.state(ref) is State.HANDED_OVER
    assert refusal(town.ink.release(ref, actor=OPERATOR)) == "NO_SUCH_CHANGE"


def test_an_adopted_case_that_was_recalled_may_go_to_another_agency(town: World) -> None:
    (ref,) = town.ready("A-1")
    town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR)
    live(town)
    done(town.ink.cancel(ref, reason="taken back", recalled=True, actor=OPERATOR))
    done(town.ink.reinstate(ref, reason="elsewhere", actor=OPERATOR))
    assert town.state(ref) is State.READY


# The guards, one by one


def _live_and_killed(town: World) -> list[str]:
    """Two released claims of a list that was stored, and no more: the process died before it took them."""
    refs = town.running("A-1", "A-2")
    live(town, nothing_to_adopt=True)

    def killed(_what: str, _done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    path = listing(town.folder, row("A-1"), row("A-2", "AZ-2"))
    with pytest.raises(KeyboardInterrupt):
        town.ink.adopt("agency", path, actor=OPERATOR, on_progress=killed)
    return refs


def test_without_the_look_into_the_list_before_sending_they_would_go_twice(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.assess.matched", lambda _connection, _claims: {})
    _live_and_killed(town)
    town.ink.transmit()
    assert len(town.agency.sent) == 2


def test_without_the_look_into_the_list_when_they_are_reported_they_would_be_ready(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR)
    monkeypatch.setattr("inkasso_core.assess.matched", lambda _connection, _claims: {})
    monkeypatch.setattr("inkasso_core.adopt.matched", lambda _connection, _claims: {})
    assert town.report(claim("A-1"))[0].state is State.READY
