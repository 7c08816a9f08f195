"""Stop rules: what ends or changes a claim in the shop stops it before the hand-over; after it the agency or a person hears of it.

Every event against every moment of a claim's way, with an agency that can be told and with one that cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, PlainFile, Script, World, claim, done, lost, scripted, taken, world

from inkasso_core import (
    Acknowledgement,
    Agency,
    ClaimRejected,
    Credit,
    Dispute,
    OrderEnd,
    Payment,
    PaymentOrigin,
    Placement,
    State,
    Submission,
    Text,
    points,
)

WORDS = Text("Wie verlangt.", "As asked for.")
EVENTS: dict[str, dict[str, Any]] = {
    "paid": {"paid": "153.99"},
    "part paid": {"paid": "50.00"},
    "credited": {"credits": (Credit(amount=Decimal("153.99")),)},
    "cancelled": {"ended": OrderEnd.CANCELLED},
    "refunded": {"ended": OrderEnd.REFUNDED},
    "revoked": {"ended": OrderEnd.REVOKED},
    "disputed": {"dispute": Dispute(reason="Ware defekt")},
}
TASKS = {
    "paid": "report_payment",
    "part paid": "report_payment",
    "credited": "report_credit",
    "cancelled": "report_cancellation",
    "refunded": "report_cancellation",
    "revoked": "report_cancellation",
    "disputed": "report_dispute",
}
VERBS = {
    name: "report_payment" if "paid" in name else "recall" if kind == "report_cancellation" else "amend" for name, kind in TASKS.items()
}
ENDS = {"paid": State.PAID, "credited": State.PAID, "cancelled": State.CANCELLED, "refunded": State.CANCELLED, "revoked": State.CANCELLED}
"""Where a claim ends that is not at the agency; a part payment goes on with what is left, a dispute waits."""


def telling(script: Script, told: list[str]) -> type[Agency[Any]]:
    """An agency that can be told of everything."""

    def tell(verb: str) -> Any:
        def tell_it(_self: Any, _instruction: Any) -> Acknowledgement:
            told.append(verb)
            return Acknowledgement()

        return tell_it

    base = scripted(script)
    return type("Telling", (base,), {"name": "telling", **{verb: tell(verb) for verb in ("report_payment", "amend", "recall")}})


@contextmanager
def town_of(tmp_path: Path, told: list[str] | None) -> Iterator[World]:
    """``told`` is where an agency that can be told writes it down; None is one that cannot."""
    script = Script()
    name = "scripted" if told is None else "telling"
    adapters = {} if told is None else {"telling": telling(script, told)}
    accounts = {"agency": {"agency": name, "recall": "automatic"}}
    with world(tmp_path, accounts=accounts, agencies=adapters, script=script) as town:
        yield town


def happen(town: World, event: str) -> None:
    town.report(claim("A-1", version=2, **EVENTS[event]))


# Before the hand-over


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("moment", ["ready", "running", "failed", "paused", "leased"])
def test_before_the_hand_over_the_claim_stops(tmp_path: Path, moment: str, event: str) -> None:
    with town_of(tmp_path, told := []) as town:
        if moment == "failed":
            town.agency.answers(ClaimRejected(WORDS))
        refs = town.ready("A-1", version=1) if moment == "ready" else town.running("A-1", version=1)
        if moment == "failed":
            town.transmit()
            town.agency.sent.clear()
        if moment == "paused":
            done(town.ink.pause(refs, reason="x", actor=OPERATOR))
        with reporting(moment == "leased", lambda: happen(town, event)):
            town.transmit()
        if moment == "paused" and town.state("A-1") is State.PAUSED:
            done(town.ink.resume(refs, actor=OPERATOR))
        town.ink.run_due()
        assert told == []
        assert town.tasks() == []
        if event == "part paid" and moment in ("running", "paused", "leased"):  # it goes, with what is left
            assert [placement.principal_open for placement in town.agency.sent] == [Decimal("103.99")]
            return
        assert town.agency.sent == []
        assert town.state("A-1") in (ENDS.get(event), State.WAITING, State.READY, State.FAILED)
        if event in ENDS:
            assert town.state("A-1") is ENDS[event]
        if event == "disputed":
            assert [one.problem is None for one in town.ink.release(refs, actor=OPERATOR)] == [False]


@contextmanager
def reporting(is_leased: bool, happens: Callable[[], None]) -> Iterator[None]:
    """Let it happen now, or between the lease of its submission and the request."""
    if not is_leased:
        happens()
        yield
        return
    seen: list[str] = []

    def listen(name: str) -> None:
        if name == "transmit.leased" and not seen:
            seen.append(name)
            happens()

    points.listener = listen
    try:
        yield
    finally:
        points.listener = None
    assert seen


# While it is under way, and after it


def in_flight(town: World, event: str) -> None:
    def submit(placement: Placement) -> Submission:
        happen(town, event)
        return taken(placement)

    town.running("A-1", version=1)
    town.agency.answers(submit)
    town.transmit()


def unclear(town: World, event: str) -> None:
    town.running("A-1", version=1)
    town.agency.answers(lost())
    town.transmit()
    assert town.state("A-1") is State.UNCLEAR
    happen(town, event)
    assert town.state("A-1") is State.UNCLEAR
    town.ink.follow()


def handed_over(town: World, event: str) -> None:
    town.handed_over("A-1", version=1)
    happen(town, event)


def paused(town: World, event: str) -> None:
    (ref,) = town.handed_over("A-1", version=1)
    done(town.ink.pause(ref, reason="x", confirmed=True, actor=OPERATOR))
    happen(town, event)


MOMENTS = (in_flight, unclear, handed_over, paused)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_after_it_the_agency_is_told_once(tmp_path: Path, moment: Callable[[World, str], None], event: str) -> None:
    with town_of(tmp_path, told := []) as town:
        moment(town, event)
        for _ in range(3):
            happen(town, event)
            town.ink.run_due()
            town.clock.forward(hours=13)
        assert told == [VERBS[event]]
        assert len(town.agency.sent) == 1
        assert town.tasks() == []


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_or_a_task_is_raised_once(tmp_path: Path, moment: Callable[[World, str], None], event: str) -> None:
    with town_of(tmp_path, None) as town:
        moment(town, event)
        for _ in range(3):
            happen(town, event)
            town.ink.run_due()
            town.clock.forward(hours=13)
        assert [task.kind for task in town.tasks()] == [TASKS[event]]
        assert len(town.agency.sent) == 1


@pytest.mark.parametrize("event", EVENTS)
def test_of_what_left_in_a_file_a_task_is_raised(tmp_path: Path, event: str) -> None:
    with world(tmp_path, accounts={"agency": {"agency": PlainFile.name}}) as town:
        town.running("A-1", version=1)
        town.transmit()
        assert town.state("A-1") is State.EXPORTED
        happen(town, event)
        happen(town, event)
        assert [task.kind for task in town.tasks()] == [TASKS[event]]


# Payments by their origin


@pytest.mark.parametrize("origin", [PaymentOrigin.AGENCY, PaymentOrigin.US])
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_the_agency_told_us_or_we_booked_is_never_reported_back(
    tmp_path: Path, moment: Callable[[World, str], None], origin: PaymentOrigin, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = Payment(amount=Decimal("50.00"), origin=origin)
    monkeypatch.setitem(EVENTS, "booked", {"payments": (payment,)})
    with town_of(tmp_path, told := []) as town:
        moment(town, "booked")
        town.ink.run_due()
        assert told == []
        assert town.tasks() == []
