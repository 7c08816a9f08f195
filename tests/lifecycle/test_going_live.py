"""Daring to switch it on: an account that is not live changes nothing at its agency, whatever is asked of it, and shows what it would send.

The agency counts: every request that would change something there, and every one that only asks.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from world import OPERATOR, VENDOR, Script, World, claim, done, scripted, taken, world

from inkasso_core import (
    Acknowledgement,
    Agency,
    AgencyStatus,
    ConfigurationError,
    Feed,
    InvalidInput,
    Ledger,
    Message,
    NotPermitted,
    OrderEnd,
    Placement,
    State,
    StatusReport,
    Submission,
)
from inkasso_core.report import Item
from inkasso_core.store import records
from inkasso_core.workers.worker import Worker

CHANGING = ("submit", "acknowledge", "report_payment", "amend", "recall", "pause", "resume", "send_message", "send_document")
HALTED = {"pause": AgencyStatus.PAUSED, "resume": AgencyStatus.ACTIVE}


def counting(script: Script, counts: Counter[str]) -> type[Agency[Any]]:
    """An agency that offers everything, and counts every request."""

    class Counting(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "counting"
        asks_to_check: ClassVar[bool] = True

        def submit(self, placement: Placement) -> Submission:
            counts["submit"] += 1
            return script.submit(placement)

        def check(self, placement: Placement) -> None:
            counts["check"] += 1

        def rehearse(self, placement: Placement) -> str:
            return written(placement)

        def fetch_feed(self, cursor: str | None) -> Feed:
            counts["fetch_feed"] += 1
            return Feed(token="t-1")

        def fetch_ledger(self, agency_reference: str) -> Ledger:
            counts["fetch_ledger"] += 1
            return Ledger(currency="EUR")

        def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
            counts["fetch_messages"] += 1
            return ()

        def acknowledge(self, token: str) -> None:
            counts["acknowledge"] += 1

    def tell(verb: str) -> Any:
        def told(_self: Any, instruction: Any) -> Acknowledgement:
            counts[verb] += 1
            status = HALTED.get(verb)
            report = StatusReport(agency_reference=instruction.agency_reference, status=status) if status is not None else None
            return Acknowledgement(report=report)

        return told

    return type("All", (Counting,), {verb: tell(verb) for verb in CHANGING[2:]})


def written(placement: Placement) -> str:
    """The request, letter by letter."""
    return json.dumps(placement.model_dump(mode="json", exclude={"progress"}), sort_keys=True)


@contextmanager
def town_of(tmp_path: Path, counts: Counter[str], **options: Any) -> Iterator[World]:
    script = options.pop("script", Script())
    accounts = {"agency": {"agency": "counting", "mode": "automatic", "recall": "automatic"}}
    with world(tmp_path, accounts=accounts, agencies={"counting": counting(script, counts)}, script=script, **options) as town:
        yield town


def changed(counts: Counter[str]) -> dict[str, int]:
    return {verb: counts[verb] for verb in CHANGING if counts[verb]}


def work(town: World, days: int = 3) -> None:
    """What cron and workers do, for some days."""
    for _ in range(days):
        town.ink.run_due()
        Worker(town.ink).once()
        town.ink.follow()
        town.ink.transmit()
        town.clock.forward(days=1)


def off(town: World) -> None:
    """Take the account off live again: what no command does, and what must hold all the same."""
    with town.ink._context.database.write() as connection:
        records.decide(connection, "agency", "live", {"live": False}, by="olga", at=town.clock())


def ask_for_everything(town: World, ref: str) -> None:
    """Everything that people and shops may want told to the agency of a case that it has."""
    town.ink.send_message(ref, "Bitte um Stand.", actor=OPERATOR)
    town.ink.send_document(ref, b"%PDF-1.7", kind="invoice", actor=OPERATOR)
    town.ink.pause(ref, reason="asked for", actor=OPERATOR)
    list(town.ink.reconcile(online=True, actor=OPERATOR))
    list(town.ink.ledger(online=True, actor=OPERATOR))


@pytest.mark.parametrize("is_mandated", [False, True])
def test_an_account_that_was_never_live_changes_nothing_at_its_agency(tmp_path: Path, is_mandated: bool) -> None:
    counts = Counter[str]()
    with town_of(tmp_path, counts, live=False) as town:
        if is_mandated:
            town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        (outside,) = town.ready("A-0", version=1)
        case = {"channel": "portal", "case_reference": "AZ-0", "on": dt.date(2026, 4, 1), "reason": "by hand before"}
        done(town.ink.record_handover(outside, **case, actor=OPERATOR))
        (ref,) = town.running("A-1", version=1)
        work(town)
        town.report(claim("A-0", paid="10.00", version=2), claim("A-1", paid="10.00", version=2))
        town.ink.undo(outside, reason="x", costs_accepted=True, actor=OPERATOR)
        work(town)
        assert changed(counts) == {}
        assert town.state(ref) is State.RUNNING
        assert bool(counts["check"]) is is_mandated  # without a mandate the agency hears of no claim at all
        if not is_mandated:
            assert sum(counts.values()) == 0


def test_it_shows_the_exact_request(tmp_path: Path) -> None:
    counts, shown = Counter[str](), list[Item]()
    with town_of(tmp_path, counts, live=False) as town:
        (ref,) = town.running("A-1")
        town.ink.transmit(on_item=shown.append)
        assert [(item.ref, item.result) for item in shown] == [(ref, "rehearsed")]
        town.go_live("agency")
        town.transmit()
        assert [written(placement) for placement in town.agency.sent] == [shown[0].shown]
        assert changed(counts) == {"submit": 1}


@pytest.mark.parametrize("how", ["off", "stopped"])
def test_no_verb_leaves_an_account_that_is_not_live_any_more_and_each_goes_once_when_it_is(tmp_path: Path, how: str) -> None:
    counts = Counter[str]()
    with town_of(tmp_path, counts) as town:
        refs = town.handed_over("A-1", "A-2", "A-3", version=1)
        town.ink.run_due()
        before = Counter(changed(counts))
        off(town) if how == "off" else town.ink.stop("agency", reason="wait", actor=OPERATOR)
        town.report(claim("A-1", paid="10.00", version=2), claim("A-2", ended=OrderEnd.CANCELLED, version=2))
        town.report(claim("A-3", principal=Decimal("140.00"), version=2), claim("A-4"))
        ask_for_everything(town, refs[0])
        shown: list[Item] = []
        for _ in range(3):
            town.ink.run_due(on_item=shown.append)
            Worker(town.ink).once()
            town.ink.follow()
            town.clock.forward(days=1)
        assert Counter(changed(counts)) == before
        if how == "off":  # each is shown as it would be told
            assert {item.shown.split(" ")[0] for item in shown if item.shown} >= {"report_payment", "recall", "amend"}
        town.ink.go_live("agency", nothing_to_adopt=True, actor=OPERATOR)
        work(town, days=4)
        fresh = Counter(changed(counts)) - before
        del fresh["acknowledge"]
        assert fresh == {"submit": 1, "report_payment": 1, "recall": 1, "amend": 1, "send_message": 1, "send_document": 1, "pause": 1}


def test_going_live_demands_the_mandate_and_the_earlier_hand_overs(tmp_path: Path) -> None:
    with town_of(tmp_path, Counter(), live=False) as town:
        with pytest.raises(ConfigurationError, match="mandate"):
            town.ink.go_live("agency", nothing_to_adopt=True, actor=OPERATOR)
        town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        with pytest.raises(ConfigurationError, match="inkasso adopt agency"):
            town.ink.go_live("agency", actor=OPERATOR)
        town.ink.adopt("agency", before=dt.date(2026, 1, 1), actor=OPERATOR)
        town.ink.go_live("agency", first=1, actor=OPERATOR)
        assert town.ink.gate("agency").claims_left == 1


def test_the_first_few_then_the_daily_amount_then_no_limit(tmp_path: Path) -> None:
    counts = Counter[str]()
    with town_of(tmp_path, counts, live=False) as town:
        town.running(*(f"A-{number}" for number in range(6)))
        town.go_live("agency", first=2)
        town.ink.run_due()
        town.ink.run_due()
        assert counts["submit"] == 2
        assert town.ink.gate("agency").waiting == 4
        town.ink.go_live("agency", per_day=Decimal("400.00"), actor=OPERATOR)  # two were handed over today already
        town.ink.run_due()
        assert counts["submit"] == 2
        town.clock.forward(days=1)
        town.ink.run_due()
        town.ink.run_due()
        assert counts["submit"] == 4
        town.ink.go_live("agency", actor=OPERATOR)
        town.ink.run_due()
        assert counts["submit"] == 6


def test_a_person_stops_an_account_at_once(tmp_path: Path) -> None:
    counts = Counter[str]()
    with town_of(tmp_path, counts) as town:
        town.running("A-1", "A-2", "A-3")

        def first(placement: Placement) -> Submission:
            town.ink.stop("agency", reason="the wrong creditor", actor=OPERATOR)
            return taken(placement)

        town.agency.answers(first)
        town.transmit()
        town.transmit()
        assert counts["submit"] == 1  # what was under way is answered as always; what was leased besides went back
        assert sorted(town.state(f"A-{number}") for number in (1, 2, 3)) == [State.HANDED_OVER, State.RUNNING, State.RUNNING]
        town.running("A-9")
        work(town)
        assert counts["submit"] == 1
        assert town.ink.gate("agency").mode == "stopped"
        (alarm,) = town.tasks("account_stopped")
        assert "has stopped: the wrong creditor. Then" in alarm.message.en
        with pytest.raises(InvalidInput):
            town.ink.stop("agency", reason=" ", actor=OPERATOR)
        with pytest.raises(NotPermitted):
            town.ink.stop("agency", reason="x", actor=VENDOR)
