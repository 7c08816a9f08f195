"""The stories of three shop systems, told through the facade: actindo, CopeCart, CP::Shop."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_address, green_debtor
from world import OPERATOR, VENDOR, World, claim, done, refusal, world

from inkasso_core import Actor, Claim, ClaimRejected, Role, State, Text
from inkasso_core.store.claims import Filter

NOTICE = "dunning_level_reached"


@pytest.fixture
def actindo(tmp_path: Path) -> Iterator[World]:
    """A merchant with one clerk; his notices of level 2 and above go into the queue."""
    with world(tmp_path) as town:
        yield town


def notice(town: World, order: str, level: int) -> State | None:
    """The ERP made a dunning notice."""
    payload = claim(order, level=level, status=f"Mahnstufe {level}").model_dump(mode="json")
    return town.ink.dunning_level_reached(shop="shop", payload=payload).state


# actindo: a queue of dunning notices


def test_actindo_a_notice_below_the_level_waits_and_the_next_one_queues_it(actindo: World) -> None:
    assert notice(actindo, "A-1", level=1) is State.WAITING
    assert notice(actindo, "A-1", level=2) is State.READY
    assert [s.record for s in actindo.ink.queue()] == ["A-1"]


def test_actindo_queueing_sends_nothing(actindo: World) -> None:
    notice(actindo, "A-1", level=2)
    actindo.ink.run_due()
    assert actindo.agency.sent == []
    assert actindo.state("A-1") is State.READY


def test_actindo_transmit_the_chosen_ones(actindo: World) -> None:
    refs = actindo.ready("A-1", "A-2", "A-3")
    done(actindo.ink.release(refs[:2], actor=OPERATOR))
    (report,) = actindo.transmit()
    assert report.counts == {"handed_over": 2}
    assert [p.claim.source.order for p in actindo.agency.sent] == ["A-1", "A-2"]
    assert [s.record for s in actindo.ink.queue()] == ["A-3"]


def test_actindo_transmit_all_that_the_list_shows(actindo: World) -> None:
    actindo.ready("A-1", "A-2")
    actindo.report(claim("B-1", source={"order": "B-1", "vendor": "else"}))
    shown = [s.ref for s in actindo.ink.queue(Filter(vendor="else"))]
    done(actindo.ink.release(shown, actor=OPERATOR))
    actindo.transmit()
    assert [p.claim.source.order for p in actindo.agency.sent] == ["B-1"]
    done(actindo.ink.release([s.ref for s in actindo.ink.queue()], actor=OPERATOR))
    actindo.transmit()
    assert list(actindo.ink.queue()) == []
    assert actindo.ink.count() == {State.HANDED_OVER: 3}


def test_actindo_removed_at_level_2_stays_removed_at_level_3(actindo: World) -> None:
    notice(actindo, "A-1", level=2)
    done(actindo.ink.remove(["shop:A-1"], actor=OPERATOR, reason="the customer called"))
    assert notice(actindo, "A-1", level=3) is State.REMOVED
    assert actindo.last("A-1").what == "revised"
    assert actindo.last("A-1").details == {"revision": 2, "changes": ["reminders", "status"]}
    actindo.ink.run_due()
    assert list(actindo.ink.queue()) == []
    assert refusal(actindo.ink.release(["shop:A-1"], actor=OPERATOR)) == "NO_SUCH_CHANGE"
    removed = next(e for e in actindo.ink.history("A-1", shop="shop") if e.what == "removed")
    assert (removed.actor, removed.at, removed.reason) == ("olga", actindo.clock(), "the customer called")


def test_actindo_a_removed_claim_comes_back_with_a_reason_and_as_it_was_last_reported(actindo: World) -> None:
    notice(actindo, "A-1", level=2)
    done(actindo.ink.remove(["shop:A-1"], actor=OPERATOR))
    notice(actindo, "A-1", level=3)
    assert refusal(actindo.ink.reinstate(["shop:A-1"], reason="", actor=OPERATOR)) == "REASON"
    (back,) = done(actindo.ink.reinstate(["shop:A-1"], reason="the promise was broken", actor=OPERATOR))
    assert back.stored is not None
    assert back.stored.state is State.READY
    assert actindo.trail("A-1") == ["ready", "removed", "waiting", "ready"]
    done(actindo.ink.release(["shop:A-1"], actor=OPERATOR))
    actindo.transmit()
    assert [r.level for r in actindo.agency.sent[0].claim.reminders] == [1, 2, 3]


def test_actindo_what_was_transmitted_cannot_be_removed(actindo: World) -> None:
    (ref,) = actindo.handed_over("A-1")
    assert refusal(actindo.ink.remove([ref], actor=OPERATOR)) == "NO_SUCH_CHANGE"


def test_actindo_a_refused_notice_can_be_removed(actindo: World) -> None:
    refs = actindo.running("A-1")
    actindo.agency.answers(ClaimRejected(Text("Nein.", "No."), agency_code="E-7"))
    actindo.transmit()
    done(actindo.ink.remove(refs, actor=OPERATOR))
    assert actindo.trail("A-1") == ["ready", "running", "failed", "removed"]


# CopeCart: vendors start, the operator helps


MARKET: dict[str, Any] = {"shops": {"shop": {"profile": "marketplace"}}}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[World]:
    """A marketplace with vendors."""
    with world(tmp_path, **MARKET) as town:
        yield town


def bad_address() -> ClaimRejected:
    text = Text("Die Anschrift ist unbekannt.", "The address is not known.")
    return ClaimRejected(text, agency="scripted", agency_code="ADDR", fields=("debtor.address",))


def moved_house(order: str) -> Claim:
    """The same order with the right address."""
    address = green_address(street="Neue Straße", house_number="12", postal_code="04109", city="Leipzig")
    return claim(order, vendor="viktor", debtor=green_debtor(number=f"K-{order}", addresses=(address,)))


def failed_at_the_agency(market: World, order: str = "M-1") -> str:
    (ref,) = market.ready(order, vendor="viktor")
    done(market.ink.release([ref], actor=VENDOR))
    market.agency.answers(bad_address())
    market.transmit()
    assert market.state(ref) is State.FAILED
    return ref


def test_copecart_start_failed_corrected_and_the_two_steps_back(market: World) -> None:
    ref = failed_at_the_agency(market)
    entry = market.last(ref)
    assert (entry.what, entry.reason) == ("failed", "The address is not known. (ADDR, debtor.address)")
    assert entry.details is not None
    assert entry.details["code"] == "ADDR"
    error = market.ink.show(ref).error
    assert error is not None
    assert error.de == "Die Anschrift ist unbekannt. (ADDR, debtor.address)"

    # the vendor may not start it again, corrected or not
    assert refusal(market.ink.release([ref], actor=VENDOR)) == "ROLE"
    market.report(moved_house("M-1"))
    assert market.state(ref) is State.FAILED
    assert refusal(market.ink.release([ref], actor=VENDOR)) == "ROLE"

    # the operator takes two steps, in this order
    done(market.ink.release([ref], actor=OPERATOR))
    assert market.state(ref) is State.RUNNING
    assert len(market.agency.sent) == 1
    market.transmit()
    assert market.trail(ref) == ["ready", "running", "failed", "running", "handed_over"]
    first, second = market.agency.sent
    assert second.debtor.address is not None
    assert second.debtor.address.city == "Leipzig"
    assert first.idempotency_key != second.idempotency_key
    assert first.our_reference != second.our_reference
    assert [(p.open, p.case_reference is not None) for p in market.ink.show(ref).placements] == [(False, False), (True, True)]


def test_copecart_there_is_no_step_from_failed_to_handed_over(market: World) -> None:
    ref = failed_at_the_agency(market)
    before = market.ink.history(ref)
    ((_, problem),) = market.ink.confirm([ref], actor=OPERATOR)
    assert getattr(problem, "reason", None) == "NO_SUCH_CHANGE"
    assert refusal(market.ink.resolve([ref], found="AZ-1", reason="it is there", actor=OPERATOR)) == "OUTSIDE"
    market.transmit()
    market.ink.follow()
    assert market.state(ref) is State.FAILED
    assert market.ink.history(ref) == before


OUTSIDE = {"channel": "portal", "case_reference": "AZ-77", "on": dt.date(2026, 6, 1), "reason": "entered by hand"}


@pytest.mark.parametrize(("fact", "value"), [("channel", ""), ("case_reference", ""), ("reason", ""), ("on", dt.date(2026, 6, 2))])
def test_copecart_a_hand_over_made_outside_wants_all_its_facts(market: World, fact: str, value: Any) -> None:
    ref = failed_at_the_agency(market)
    assert refusal(market.ink.record_handover([ref], actor=OPERATOR, **{**OUTSIDE, fact: value})) == "OUTSIDE"
    assert market.state(ref) is State.FAILED


def test_copecart_a_hand_over_made_outside_is_recorded_by_the_operator_alone(market: World) -> None:
    ref = failed_at_the_agency(market)
    assert refusal(market.ink.record_handover([ref], actor=VENDOR, **OUTSIDE)) == "ROLE"
    done(market.ink.record_handover([ref], actor=OPERATOR, **OUTSIDE))
    assert market.state(ref) is State.HANDED_OVER
    assert market.last(ref).details == {"channel": "portal", "case_reference": "AZ-77", "date": "2026-06-01"}
    (old, new) = market.ink.show(ref).placements
    assert (old.open, new.open, new.channel, new.case_reference, new.placed_on) == (False, True, "portal", "AZ-77", dt.date(2026, 6, 1))
    market.transmit()
    assert len(market.agency.sent) == 1


def test_copecart_a_hand_over_made_outside_takes_a_released_claim_out_of_the_queue(market: World) -> None:
    (ref,) = market.running("M-1")
    done(market.ink.record_handover([ref], actor=OPERATOR, **OUTSIDE))
    market.transmit()
    assert market.agency.sent == []
    assert market.state(ref) is State.HANDED_OVER


@pytest.mark.parametrize("start", ["waiting", "ready", "running", "failed"])
def test_copecart_the_vendor_cancels_before_the_hand_over(market: World, start: str) -> None:
    if start == "failed":
        ref = failed_at_the_agency(market)
    else:
        market.report(claim("M-1", vendor="viktor", level=1 if start == "waiting" else 2))
        ref = "shop:M-1"
        if start == "running":
            done(market.ink.release([ref], actor=VENDOR))
    assert market.state(ref) is State(start)
    sent = len(market.agency.sent)
    done(market.ink.cancel([ref], reason="goodwill", actor=VENDOR))
    market.transmit()
    assert market.state(ref) is State.CANCELLED
    assert len(market.agency.sent) == sent


def test_copecart_at_the_agency_only_the_operator_cancels_with_consent_and_a_confirmed_recall(market: World) -> None:
    (ref,) = market.handed_over("M-1", vendor="viktor")
    assert refusal(market.ink.cancel([ref], reason="goodwill", actor=VENDOR, consent=True, recalled=True)) == "ROLE"
    assert refusal(market.ink.cancel([ref], reason="goodwill", actor=OPERATOR)) == "CONSENT"
    assert refusal(market.ink.cancel([ref], reason="goodwill", actor=OPERATOR, recalled=True)) == "CONSENT"
    assert refusal(market.ink.cancel([ref], reason="goodwill", actor=OPERATOR, consent=True)) == "RECALLED"
    done(market.ink.cancel([ref], reason="goodwill", actor=OPERATOR, consent=True, recalled=True))
    assert market.state(ref) is State.CANCELLED
    assert [p.open for p in market.ink.show(ref).placements] == [False]


@pytest.mark.parametrize("start", ["ready", "running", "handed_over"])
def test_copecart_the_vendor_never_removes_never_sets_paid_never_blocks(market: World, start: str) -> None:
    (ref,) = getattr(market, start)("M-1", vendor="viktor")
    refused = "NO_SUCH_CHANGE" if start in ("running", "handed_over") else "ROLE"
    assert refusal(market.ink.remove([ref], actor=VENDOR)) == refused
    assert refusal(market.ink.remove([ref], actor=OPERATOR)) == refused
    assert refusal(market.ink.mark_paid([ref], actor=VENDOR, reason="he paid me")) == "ROLE"
    assert refusal(market.ink.pause([ref], actor=VENDOR, reason="wait", confirmed=True)) == "ROLE"
    assert market.state(ref) is State(start)


@pytest.mark.parametrize("former", ["ready", "running", "handed_over"])
def test_copecart_the_operator_blocks_and_the_claim_is_again_what_it_was(market: World, former: str) -> None:
    (ref,) = getattr(market, former)("M-1", vendor="viktor")
    done(market.ink.pause([ref], reason="the vendor is undecided", actor=OPERATOR, confirmed=True))
    assert market.state(ref) is State.PAUSED
    assert market.ink.find(ref).former_state is State(former)
    sent = len(market.agency.sent)
    market.ink.run_due()
    assert market.state(ref) is State.PAUSED
    assert len(market.agency.sent) == sent
    assert refusal(market.ink.resume(ref, actor=VENDOR)) == "ROLE"
    done(market.ink.resume(ref, actor=OPERATOR))
    assert market.state(ref) is State(former)
    assert market.ink.find(ref).former_state is None
    market.transmit()
    assert market.state(ref) is (State.READY if former == "ready" else State.HANDED_OVER)


def test_copecart_at_the_agency_a_pause_wants_its_word(market: World) -> None:
    (ref,) = market.handed_over("M-1")
    assert refusal(market.ink.pause([ref], reason="undecided", actor=OPERATOR)) == "BY_HAND", "the adapter cannot ask for it"
    assert market.state(ref) is State.HANDED_OVER
    done(market.ink.pause([ref], reason="undecided", actor=OPERATOR, confirmed=True))
    assert market.state(ref) is State.PAUSED


@pytest.mark.parametrize("start", ["waiting", "ready", "running", "handed_over"])
def test_copecart_resuming_what_is_not_paused_changes_nothing(market: World, start: str) -> None:
    (ref,) = ["shop:M-1"] if start == "waiting" else getattr(market, start)("M-1")
    if start == "waiting":
        market.report(claim("M-1", level=1))
    assert refusal(market.ink.resume(ref, actor=OPERATOR)) == "NO_SUCH_CHANGE"
    assert market.state(ref) is State(start)


def test_copecart_a_paused_claim_leaves_the_pause_by_its_own_door_alone(market: World) -> None:
    (ref,) = market.handed_over("M-1")
    done(market.ink.pause([ref], reason="undecided", actor=OPERATOR, confirmed=True))
    assert refusal(market.ink.record_handover([ref], actor=OPERATOR, **OUTSIDE)) == "FORMER"
    assert refusal(market.ink.resolve([ref], found="AZ-1", reason="it is there", actor=OPERATOR)) == "FORMER"
    assert [p.open for p in market.ink.show(ref).placements] == [True]


# CopeCart: automatic mode


def automatic(**account: Any) -> dict[str, Any]:
    return {**MARKET, "accounts": {"agency": {"mode": "automatic", **account}}}


PERFORMANCE_UNKNOWN = {"performed": None}


def test_copecart_automatic_mode_hands_over_what_is_green(tmp_path: Path) -> None:
    with world(tmp_path, **automatic()) as market:
        market.ready("M-1")
        ran = market.ink.run_due()
        assert ran.released == 1
        assert market.trail("M-1") == ["ready", "running", "handed_over"]
        assert {e.role for e in market.ink.history("M-1", shop="shop")} == {Role.SYSTEM}


def test_copecart_a_warning_stops_automatic_mode_and_a_person_goes_on(tmp_path: Path) -> None:
    with world(tmp_path, **automatic()) as market:
        (ref,) = market.ready("M-1", vendor="viktor", **PERFORMANCE_UNKNOWN)
        assert market.ink.find(ref).warnings == ("PERFORMANCE_UNKNOWN",)
        assert market.ink.run_due().released == 0
        assert market.state(ref) is State.READY
        system = Actor("job", Role.SYSTEM)
        assert refusal(market.ink.release([ref], actor=system)) == "UNATTENDED"
        done(market.ink.release([ref], actor=VENDOR))


def test_copecart_a_warning_that_the_account_accepts_stops_nobody(tmp_path: Path) -> None:
    with world(tmp_path, **automatic(accept_warnings=["PERFORMANCE_UNKNOWN"])) as market:
        market.ready("M-1", **PERFORMANCE_UNKNOWN)
        assert market.ink.run_due().released == 1
        assert market.state("M-1") is State.HANDED_OVER


def test_copecart_without_a_mandate_automatic_mode_releases_nothing(tmp_path: Path) -> None:
    with world(tmp_path, live=False, **automatic()) as market:
        market.ready("M-1")
        assert market.ink.find("shop:M-1").warnings == ("MANDATE_MISSING",)
        assert market.ink.run_due().released == 0


def test_copecart_automatic_mode_does_not_start_again_what_failed(tmp_path: Path) -> None:
    with world(tmp_path, **automatic()) as market:
        market.ready("M-1")
        market.agency.answers(bad_address())
        market.ink.run_due()
        market.clock.forward(days=1)
        assert market.ink.run_due().released == 0
        assert market.trail("M-1") == ["ready", "running", "failed"]


# CP::Shop: a file, a confirmation, and a customer who pays the shop


@pytest.fixture
def cpshop(tmp_path: Path) -> Iterator[World]:
    """A shop whose claims leave in a file."""
    with world(tmp_path, accounts={"upload": {"agency": "plain-file"}}) as town:
        yield town


def exported(town: World, *orders: str) -> str:
    """Export claims; return the name of the file."""
    town.running(*orders)
    (report,) = town.transmit()
    assert report.file is not None
    assert {town.state(order) for order in orders} == {State.EXPORTED}
    return report.file


def test_cpshop_exported_confirmed_by_file_and_the_customer_pays_the_shop(cpshop: World) -> None:
    file = exported(cpshop, "C-1", "C-2")
    assert Path(file).read_text("utf-8").count("\n") == 3
    confirmed = cpshop.ink.confirm(file=file, actor=OPERATOR)
    assert [(stored.record, problem) for stored, problem in confirmed] == [("C-1", None), ("C-2", None)]
    assert cpshop.trail("C-1") == ["ready", "running", "exported", "handed_over"]

    paid = claim("C-1", paid="153.99", status="bezahlt")
    for _ in range(3):
        cpshop.report(paid)
        cpshop.ink.run_due()
    assert cpshop.state("C-1") is State.HANDED_OVER
    assert cpshop.ink.find("shop:C-1").principal_open == Decimal(0)
    (task,) = cpshop.tasks()
    assert task.kind == "report_payment"
    assert "C-1" in task.message.de
    assert "C-1" in task.message.en

    assert refusal(cpshop.ink.mark_paid(["shop:C-1"], reason="paid in the shop", actor=OPERATOR)) == "AGENCY_TOLD"
    cpshop.finish("report_payment")
    done(cpshop.ink.mark_paid(["shop:C-1"], reason="paid in the shop, the agency was told", actor=OPERATOR))
    assert cpshop.state("C-1") is State.PAID
    (placement,) = cpshop.ink.show("shop:C-1").placements
    assert (placement.open, placement.closed_at) == (False, cpshop.clock())
    cpshop.report(paid)
    cpshop.ink.run_due()
    assert cpshop.tasks() == []
    assert cpshop.state("C-2") is State.HANDED_OVER


def test_cpshop_a_second_payment_is_a_second_task_only_when_the_first_is_done(cpshop: World) -> None:
    exported(cpshop, "C-1")
    cpshop.report(claim("C-1", paid="50.00"))
    cpshop.report(claim("C-1", paid="70.00"))
    assert [task.kind for task in cpshop.tasks()] == ["report_payment"]
    cpshop.finish("report_payment")
    cpshop.report(claim("C-1", paid="153.99"))
    assert [task.kind for task in cpshop.tasks()] == ["report_payment"]
    assert cpshop.state("C-1") is State.EXPORTED


def test_cpshop_a_paused_claim_begins_no_file(cpshop: World) -> None:
    (paused, other) = cpshop.running("C-1", "C-2")
    done(cpshop.ink.pause([paused], reason="wait", actor=OPERATOR))
    files = [cpshop.transmit()[0].file for _ in range(3)]
    assert [file and Path(file).name for file in files] == ["upload-2026-06-01-0001.csv", None, None]
    done(cpshop.ink.resume(paused, actor=OPERATOR))
    (report,) = cpshop.transmit()
    assert report.file is not None
    assert Path(report.file).name == "upload-2026-06-01-0002.csv"
    assert cpshop.state(other) is State.EXPORTED


def test_cpshop_what_is_confirmed_twice_is_confirmed_once(cpshop: World) -> None:
    file = exported(cpshop, "C-1")
    cpshop.ink.confirm(file=file, actor=OPERATOR)
    assert cpshop.ink.confirm(file=file, actor=OPERATOR) == []
    ((_, problem),) = cpshop.ink.confirm(["shop:C-1"], actor=OPERATOR)
    assert problem is not None


def test_cpshop_silence_becomes_one_task_after_some_days_and_the_confirmation_ends_it(cpshop: World) -> None:
    exported(cpshop, "C-1")
    cpshop.clock.forward(days=2)
    cpshop.ink.run_due()
    assert cpshop.tasks() == []
    for _ in range(3):
        cpshop.clock.forward(days=1)
        cpshop.ink.run_due()
    assert [task.kind for task in cpshop.tasks()] == ["confirm_export"]
    cpshop.ink.confirm(["shop:C-1"], case_reference="AZ-9", actor=OPERATOR)
    assert cpshop.tasks() == []
    assert cpshop.ink.show("shop:C-1").placements[0].case_reference == "AZ-9"


def test_cpshop_a_refusal_learned_in_the_portal_and_a_second_try(cpshop: World) -> None:
    exported(cpshop, "C-1")
    assert refusal(cpshop.ink.resolve(["shop:C-1"], found=None, reason="", actor=OPERATOR)) == "REASON"
    done(cpshop.ink.resolve(["shop:C-1"], found=None, reason="refused: no date of birth", actor=OPERATOR))
    assert cpshop.state("C-1") is State.FAILED
    assert [p.open for p in cpshop.ink.show("shop:C-1").placements] == [False]
    done(cpshop.ink.release(["shop:C-1"], actor=OPERATOR))
    cpshop.transmit()
    assert cpshop.trail("C-1") == ["ready", "running", "exported", "failed", "running", "exported"]


def test_cpshop_a_case_found_in_the_portal_is_confirmed_with_its_reference(cpshop: World) -> None:
    exported(cpshop, "C-1")
    cpshop.clock.forward(days=4)
    cpshop.ink.run_due()
    done(cpshop.ink.resolve(["shop:C-1"], found="AZ-5", reason="seen in the portal", actor=OPERATOR))
    assert cpshop.state("C-1") is State.HANDED_OVER
    assert cpshop.ink.show("shop:C-1").placements[0].case_reference == "AZ-5"
    assert cpshop.tasks() == []
