"""Figures for monitoring, and what the doctor makes of them."""

import datetime as dt
import json
from pathlib import Path

import pytest
from merchant import Desk
from world import OPERATOR, VENDOR, World, lost, world

from inkasso_core import AuthenticationFailed, ClaimRejected, NotPermitted, State, TemporarilyUnavailable, Text
from inkasso_core.app import AccountHealth
from inkasso_core.workers.worker import Worker

SAID = Text("Nein.", "No.")


def account(town: World, name: str = "agency") -> AccountHealth:
    return next(one for one in town.ink.health().accounts if one.account == name)


def test_an_empty_account(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        found = account(town)
        assert (found.mode, found.waiting, found.oldest_due_seconds, found.failures, found.next_at) == ("rehearsal", 0, None, {}, None)
        assert town.ink.health().parts == []


def test_the_queue_and_its_age(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.running("A-1")
        town.clock.forward(minutes=20)
        town.running("A-2")
        found = account(town)
        assert (found.waiting, found.oldest_due_seconds) == (2, 1200)
        town.ink.pause(["shop:A-1"], reason="a call", actor=OPERATOR)
        assert account(town).oldest_due_seconds == 0
        town.transmit()
        assert (account(town).oldest_due_seconds, account(town).at_agency) == (None, 1)


def test_what_must_wait_is_not_due(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.agency.answers(TemporarilyUnavailable(SAID, retry_after=600))
        town.running("A-1")
        town.transmit()
        found = account(town)
        assert (found.waiting, found.oldest_due_seconds, found.failures) == (1, None, {"unavailable": 1})
        town.clock.forward(minutes=15)
        assert account(town).oldest_due_seconds == 300


def test_how_tries_ended(tmp_path: Path) -> None:
    with world(tmp_path, finds=False) as town:
        town.agency.answers(lost(), ClaimRejected(SAID), AuthenticationFailed(SAID))
        town.running("A-1", "A-2", "A-3")
        town.transmit()
        found = account(town)
        assert found.failures == {"authentication": 1, "rejected": 1, "unknown": 1}
        assert (found.mode, found.unclear, found.claims_unclear, found.claims_failed, found.waiting) == ("stopped", 1, 1, 1, 1)
        town.clock.forward(hours=25)
        assert account(town).failures == {}


def test_limits_that_are_used_up(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"per_minute": 1}}) as town:
        town.running("A-1", "A-2")
        town.transmit()
        found = account(town)
        assert found.next_at is not None
        assert (found.next_at - town.clock()).total_seconds() == 60
        town.clock.forward(minutes=1)
        assert account(town).next_at is None


def test_a_limit_of_the_operator(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.ink.go_live("agency", nothing_to_adopt=True, first=1, actor=OPERATOR)
        town.running("A-1", "A-2")
        town.transmit()
        assert account(town).kept_back == 1


def test_the_doctor_says_what_waits_too_long(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.running("A-1")
        town.clock.forward(minutes=16)
        assert not [check for check in town.ink.doctor() if "has waited" in check.text.en]
        (late,) = [check for check in town.ink.doctor(max_wait=dt.timedelta(minutes=15)) if "16 minutes" in check.text.en]
        assert (late.subject, late.health) == ("account agency", "error")
        town.clock.forward(days=1)
        assert [check.health for check in town.ink.doctor() if "24 hours" in check.text.en] == ["warn"]
        Worker(town.ink).once()
        assert town.state("A-1") is State.HANDED_OVER
        assert not [check for check in town.ink.doctor(max_wait=dt.timedelta(0)) if "has waited" in check.text.en]


def test_a_vendor_is_told_nothing_of_accounts(tmp_path: Path) -> None:
    with world(tmp_path) as town, pytest.raises(NotPermitted):
        town.ink.health(actor=VENDOR)


def test_the_document(desk: Desk) -> None:
    desk.live("wire")
    desk.running("A-1", shop="web")
    found = desk.run("doctor", "--json", "--max-wait", "900").json
    wire = next(one for one in found["accounts"] if one["account"] == "wire")
    assert (wire["mode"], wire["waiting"], wire["oldest_due_seconds"] < 900) == ("live", 1, True)
    assert set(found) == {"well", "checks", "accounts", "parts", "last_run", "events_failed", "dead_letters", "tasks"}
    desk.run("worker", "--once", code=0)
    found = desk.run("doctor", "--json").json
    assert next(one for one in found["accounts"] if one["account"] == "wire")["at_agency"] == 1
    assert {"diagnose", "release", "recover", "observers", "vendors", "parts", "follow:wire", "transmit:wire", "export:file"} <= {
        part["name"] for part in found["parts"]
    }
    assert "A-1" not in json.dumps(found)
