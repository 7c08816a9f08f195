"""What happens in the shop while a claim is on its way: payments and their return, cancellations, disputes, holds."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_address, green_debtor
from world import OPERATOR, World, claim, done, lost, refusal, taken, undecided, world

from inkasso_core import (
    Claim,
    ClaimRejected,
    Credit,
    Dispute,
    InvalidInput,
    OrderEnd,
    Payment,
    PaymentOrigin,
    Placement,
    State,
    Submission,
    Text,
    release,
)

ALL = "153.99"
"""The whole principal of a green claim."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as town:
        yield town


def disputed(order: str = "A-1", *, resolved: dt.date | None = None) -> Claim:
    return claim(order, dispute=Dispute(since=dt.date(2026, 5, 20), resolved_on=resolved))


def cancelled(order: str = "A-1") -> Claim:
    return claim(order, ended=OrderEnd.CANCELLED)


# Paid before the agency


@pytest.mark.parametrize("start", ["ready", "running"])
def test_a_payment_in_full_before_the_agency_ends_the_claim(town: World, start: str) -> None:
    (ref,) = getattr(town, start)("A-1")
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.PAID
    town.transmit()
    assert town.agency.sent == []
    assert [p.open for p in town.ink.show(ref).placements] == ([] if start == "ready" else [False])


def test_a_payment_in_part_before_the_agency_goes_along(town: World) -> None:
    (ref,) = town.running("A-1")
    town.report(claim("A-1", paid="50.00"))
    assert town.state(ref) is State.RUNNING
    town.transmit()
    assert town.agency.sent[0].principal_open == Decimal("103.99")
    assert town.tasks() == []


@pytest.mark.parametrize(("level", "back"), [(1, State.WAITING), (2, State.READY)])
def test_a_payment_that_bounces_before_the_agency_brings_the_claim_back_to_the_queue(town: World, level: int, back: State) -> None:
    town.ready("A-1")
    town.report(claim("A-1", paid=ALL))
    town.report(claim("A-1", level=level))
    assert town.state("A-1") is back
    assert town.trail("A-1") == ["ready", "paid", "waiting"] + (["ready"] if back is State.READY else [])


def test_paid_bounced_and_paid_again(town: World) -> None:
    town.ready("A-1")
    for paid, state in [(ALL, State.PAID), ("0.01", State.READY), (ALL, State.PAID), (None, State.READY)]:
        town.report(claim("A-1", paid=paid))
        assert town.state("A-1") is state


def test_a_payment_that_bounces_after_the_agency_was_told_starts_anew(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.report(claim("A-1", paid=ALL))
    town.finish("report_payment")
    done(town.ink.mark_paid([ref], reason="told", actor=OPERATOR))
    town.report(claim("A-1"))
    assert town.state(ref) is State.READY
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert len(town.agency.sent) == 2
    assert [p.open for p in town.ink.show(ref).placements] == [False, True]


def test_a_first_part_booked_after_a_person_said_paid_is_no_bounce(town: World) -> None:
    """Cash in hand, and the shop's books follow in two steps: nothing went back."""
    (ref,) = town.ready("A-1")
    done(town.ink.mark_paid([ref], reason="cash", actor=OPERATOR))
    town.report(claim("A-1", paid="100.00"))
    assert town.state(ref) is State.PAID
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.PAID
    town.report(claim("A-1", paid="100.00"))
    assert town.state(ref) is State.READY


def test_a_removed_claim_that_is_paid_is_paid(town: World) -> None:
    (ref,) = town.ready("A-1")
    done(town.ink.remove([ref], actor=OPERATOR))
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.PAID


def test_a_paused_claim_that_is_paid_is_paid(town: World) -> None:
    (ref,) = town.running("A-1")
    done(town.ink.pause([ref], reason="wait", actor=OPERATOR))
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.PAID
    town.transmit()
    assert town.agency.sent == []


# Paid while it is at the agency


def test_what_the_agency_knows_of_a_payment_is_not_told_to_it(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    known = [Payment(amount=Decimal("50.00"), origin=origin) for origin in (PaymentOrigin.AGENCY, PaymentOrigin.US)]
    town.report(claim("A-1", payments=known))
    assert town.ink.find(ref).principal_open == Decimal("53.99")
    assert town.tasks() == []
    town.report(claim("A-1", payments=[*known, Payment(amount=Decimal("10.00"))]))
    assert [task.kind for task in town.tasks()] == ["report_payment"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"credits": (Credit(amount=Decimal("10.00")),)}, "report_credit"),
        ({"ended": OrderEnd.CANCELLED}, "report_cancellation"),
        ({"ended": OrderEnd.REVOKED}, "report_cancellation"),
        ({"dispute": Dispute(since=dt.date(2026, 5, 20))}, "report_dispute"),
        ({"principal": Decimal("150.00")}, "report_correction"),
        ({"debtor": green_debtor(number="K-A-1", addresses=(green_address(city="Leipzig"),))}, "report_debtor"),
    ],
)
def test_what_changes_at_the_agency_is_one_task_and_no_change_of_state(town: World, changes: dict[str, Any], kind: str) -> None:
    (ref,) = town.handed_over("A-1")
    for _ in range(2):
        town.report(claim("A-1", **changes))
        town.ink.run_due()
    assert town.state(ref) is State.HANDED_OVER
    assert [task.kind for task in town.tasks()] == [kind]
    assert len(town.agency.sent) == 1


def test_a_claim_at_the_agency_is_not_set_paid_while_something_is_to_be_told(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.report(cancelled())
    assert refusal(town.ink.mark_paid([ref], reason="anyway", actor=OPERATOR)) == "AGENCY_TOLD"


def test_a_paused_claim_at_the_agency_is_told_on_too(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    done(town.ink.pause([ref], reason="wait", actor=OPERATOR, confirmed=True))
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.PAUSED
    assert [task.kind for task in town.tasks()] == ["report_payment"]


# Cancelled, disputed


@pytest.mark.parametrize("start", ["ready", "running"])
def test_an_order_cancelled_before_the_hand_over_is_cancelled(town: World, start: str) -> None:
    (ref,) = getattr(town, start)("A-1")
    town.ink.order_cancelled(shop="shop", payload=cancelled().model_dump(mode="json"))
    assert town.state(ref) is State.CANCELLED
    town.transmit()
    assert town.agency.sent == []


def test_a_cancelled_claim_comes_back_with_a_reason_only_and_is_diagnosed(town: World) -> None:
    (ref,) = town.ready("A-1")
    town.report(cancelled())
    town.report(claim("A-1"))
    assert town.state(ref) is State.CANCELLED
    done(town.ink.reinstate([ref], reason="the cancellation was a mistake", actor=OPERATOR))
    assert town.state(ref) is State.READY


def test_a_failed_claim_whose_order_is_cancelled_is_cancelled(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(ClaimRejected(Text("Nein.", "No.")))
    town.transmit()
    town.report(cancelled())
    assert town.state(ref) is State.CANCELLED


def test_a_dispute_takes_a_released_claim_back_until_it_is_resolved(town: World) -> None:
    (ref,) = town.running("A-1")
    town.report(disputed())
    assert town.state(ref) is State.WAITING
    assert town.last(ref).reason == "DISPUTED"
    assert [p.open for p in town.ink.show(ref).placements] == [False]
    town.transmit()
    assert town.agency.sent == []
    town.report(disputed(resolved=dt.date(2026, 5, 30)))
    assert town.state(ref) is State.READY


def test_what_turns_red_by_itself_goes_back_when_it_would_be_sent(town: World) -> None:
    (ref,) = town.running("A-1")
    town.ink.hold(ref, reason="the debtor is in hospital", actor=OPERATOR)
    (report,) = town.transmit()
    assert report.counts == {"red": 1}
    assert town.state(ref) is State.WAITING
    assert town.agency.sent == []


def test_a_release_is_withdrawn_as_long_as_nothing_was_sent(town: World) -> None:
    running, sent = town.running("A-1", "A-2")
    done(town.ink.withdraw([running], actor=OPERATOR))
    assert town.trail(running) == ["ready", "running", "waiting", "ready"]
    town.transmit()
    assert [p.claim.source.order for p in town.agency.sent] == ["A-2"]
    assert refusal(town.ink.withdraw([sent], actor=OPERATOR)) == "NO_SUCH_CHANGE"


def test_withdraw_and_reinstate_do_only_what_they_say(town: World) -> None:
    running, removed, paused = town.running("A-1", "A-2", "A-3")
    done(town.ink.withdraw([removed, paused], actor=OPERATOR))
    done(town.ink.remove([removed], actor=OPERATOR))
    done(town.ink.pause([paused], reason="wait", actor=OPERATOR))
    refusal(town.ink.reinstate([running], reason="no", actor=OPERATOR))
    refusal(town.ink.withdraw([removed], reason="no", actor=OPERATOR))
    refusal(town.ink.withdraw([paused], reason="no", actor=OPERATOR))
    assert [town.state(ref) for ref in (running, removed, paused)] == [State.RUNNING, State.REMOVED, State.PAUSED]


# While the request is under way


def meanwhile(town: World, report: Claim, answer: Any = taken) -> Any:
    """An answer of the agency before which the shop reports something."""

    def submit(placement: Placement) -> Submission:
        assert town.ink.register(report, shop="shop").state is State.RUNNING
        if isinstance(answer, Exception):
            raise answer
        return answer(placement)  # type: ignore[no-any-return]

    return submit


def test_a_report_while_the_request_is_under_way_is_told_after_the_hand_over(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(meanwhile(town, claim("A-1", paid=ALL)))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [task.kind for task in town.tasks()] == ["report_payment"]
    assert town.agency.sent[0].principal_open == Decimal(ALL)


def test_a_cancellation_while_the_request_is_under_way_is_told_after_the_hand_over(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(meanwhile(town, cancelled()))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [task.kind for task in town.tasks()] == ["report_cancellation"]


def test_nobody_takes_back_what_is_under_way(town: World) -> None:
    (ref,) = town.running("A-1")
    reasons: list[str] = []

    def submit(placement: Placement) -> Submission:
        desk = town.ink
        reasons.extend(
            refusal(handled)
            for handled in (
                desk.withdraw([ref], actor=OPERATOR),
                desk.cancel([ref], reason="stop", actor=OPERATOR),
                desk.mark_paid([ref], actor=OPERATOR),
                desk.pause([ref], reason="stop", actor=OPERATOR),
                desk.record_handover([ref], channel="p", case_reference="r", on=town.clock.day, reason="x", actor=OPERATOR),
            )
        )
        return taken(placement)

    town.agency.answers(submit)
    town.transmit()
    assert reasons == ["NOT_IN_FLIGHT"] * 5
    assert town.state(ref) is State.HANDED_OVER


def test_a_payment_while_the_request_is_under_way_that_is_refused_ends_the_claim(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(meanwhile(town, claim("A-1", paid=ALL), ClaimRejected(Text("Nein.", "No."))))
    town.transmit()
    assert town.trail(ref) == ["ready", "running", "failed", "paid"]
    assert town.tasks() == []


def test_a_report_while_the_request_is_under_way_is_told_when_the_answer_is_lost(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(meanwhile(town, claim("A-1", paid=ALL), lost()))
    town.transmit()
    assert town.state(ref) is State.UNCLEAR
    assert [task.kind for task in town.tasks("report_payment")] == ["report_payment"]


def test_reports_while_the_agency_decides_are_told_at_once(town: World) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(meanwhile(town, claim("A-1", paid="50.00"), undecided))
    town.transmit()
    assert town.state(ref) is State.RUNNING
    assert [task.kind for task in town.tasks()] == ["report_payment"]
    town.finish("report_payment")
    town.report(claim("A-1", paid=ALL))
    assert town.state(ref) is State.RUNNING
    assert [task.kind for task in town.tasks()] == ["report_payment"]


def test_a_report_between_the_file_and_its_publication_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inkasso_core import points

    with world(tmp_path, accounts={"upload": {"agency": "plain-file"}}) as town:
        (ref,) = town.running("A-1")

        def between(point: str) -> None:
            if point == "batch.sealed":
                town.report(claim("A-1", paid=ALL))

        monkeypatch.setattr(points, "listener", between)
        town.transmit()
        assert town.state(ref) is State.EXPORTED
        assert [task.kind for task in town.tasks()] == ["report_payment"]


# Holds


def test_a_hold_on_the_debtor_blocks_all_his_claims_and_ends_by_date(town: World) -> None:
    mine, other = ("A-1", "A-2"), "B-1"
    town.ready(*mine, customer="K-7")
    town.ready(other)
    town.ink.hold("shop:A-1", scope="debtor", reason="instalments agreed", until=dt.date(2026, 6, 10), actor=OPERATOR)
    assert [town.state(order) for order in (*mine, other)] == [State.WAITING, State.WAITING, State.READY]
    assert town.ink.find("shop:A-2").expected_on == dt.date(2026, 6, 11)
    assert refusal(town.ink.release(["shop:A-2"], actor=OPERATOR)) == "RED"
    # a claim that comes later is his, too
    assert town.report(claim("A-3", customer="K-7"))[0].state is State.WAITING
    town.clock.forward(days=9)
    town.ink.run_due()
    assert town.state("A-1") is State.WAITING
    town.clock.forward(days=1)
    town.ink.run_due()
    assert [town.state(order) for order in (*mine, "A-3")] == [State.READY] * 3


def test_a_hold_on_an_order_blocks_its_instalments_alone(town: World) -> None:
    town.report(claim("A-1", instalment=1), claim("A-1", instalment=2), claim("A-11"))
    town.ink.hold("shop:A-1//1", scope="order", reason="goods are checked", actor=OPERATOR)
    states = {s.record: s.state for s in town.ink.claims()}
    assert states == {"A-1//1": State.WAITING, "A-1//2": State.WAITING, "A-11": State.READY}


def test_a_lifted_hold_lets_go_what_it_alone_kept_back(town: World) -> None:
    town.ready("A-1", "A-2", customer="K-7")
    first = town.ink.hold("shop:A-1", scope="debtor", reason="one", actor=OPERATOR)
    second = town.ink.hold("shop:A-2", reason="two", actor=OPERATOR)
    assert town.ink.lift_hold(first, actor=OPERATOR)
    assert [town.state(order) for order in ("A-1", "A-2")] == [State.READY, State.WAITING]
    assert town.ink.lift_hold(second, actor=OPERATOR)
    assert not town.ink.lift_hold(second, actor=OPERATOR)
    assert town.state("A-2") is State.READY
    assert [(e.what, e.reason, e.actor) for e in town.ink.history("A-2", shop="shop") if e.what == "hold"] == [
        ("hold", "one", "olga"),
        ("hold", "two", "olga"),
        ("hold", "lifted", "olga"),
        ("hold", "lifted", "olga"),
    ]


def test_a_hold_on_something_else_is_refused(town: World) -> None:
    (ref,) = town.ready("A-1")
    with pytest.raises(InvalidInput) as caught:
        town.ink.hold(ref, scope="tenant", reason="all of them", actor=OPERATOR)
    assert caught.value.field == "scope"
    assert "debtor" in caught.value.text.de


def test_a_hold_is_no_state(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.ink.hold(ref, reason="the debtor called", actor=OPERATOR)
    town.ink.run_due()
    assert town.state(ref) is State.HANDED_OVER


def test_a_release_that_waited_its_turn_does_not_release_again_what_the_agency_refused_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked saw it ready; that it was refused since is for a person to see first."""
    with world(tmp_path) as town:
        town.report(claim("A-1"))
        town.agency.answers(ClaimRejected(Text("Nein.", "No."), agency="scripted"))
        prepared = release.prepare

        def meanwhile(*arguments: Any) -> Any:
            monkeypatch.setattr(release, "prepare", prepared)
            done(town.ink.release(["shop:A-1"], actor=OPERATOR))
            town.transmit()
            return prepared(*arguments)

        monkeypatch.setattr(release, "prepare", meanwhile)
        (handled,) = town.ink.release(["shop:A-1"], actor=OPERATOR)
        assert not handled.ok
        assert getattr(handled.problem, "reason", None) == "CHANGED"
        assert town.state("A-1") is State.FAILED
        done(town.ink.release(["shop:A-1"], actor=OPERATOR))
        assert town.state("A-1") is State.RUNNING
