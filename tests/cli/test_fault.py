"""As a marketplace's staff would ask: why is this order not in dunning, when will it be, and is something broken?

Two groups of conditions, mixed red and green; a day of appearance; all conditions met and the claim still missing.
"""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import world
from merchant import Desk

from inkasso_core import Claim, DueDateOrigin, Invoice, PaymentReturn, Reminder, ReturnKind, Source, schedule

MARKET = """
[accounts.file.policy]
groups = ["reminded_invoice", "chargeback_or_returned_debit"]
"""
DAY = dt.date(2026, 6, 1)
Set = Callable[[dt.date], None]


@pytest.fixture
def market(desk: Desk, on: Set) -> Desk:
    """A marketplace that asks both groups, on a day of its own."""
    settings = desk.folder / "inkasso.toml"
    text = settings.read_text("utf-8").replace("[shops.erp]\n", '[shops.erp]\nprofile = "marketplace"\n') + MARKET
    settings.write_text(text, "utf-8")
    on(DAY)
    return desk


def young(order: str = "A-1", **changes: Any) -> Claim:
    """Reminded for the last time on 20 May: the deadline and the days for payments under way still run on :data:`DAY`."""
    first = Reminder(level=1, sent_on=dt.date(2026, 4, 24), deadline=dt.date(2026, 5, 8), channel="letter")
    last = Reminder(level=2, sent_on=dt.date(2026, 5, 20), deadline=dt.date(2026, 6, 3), channel="letter")
    return world.claim(order, reminders=(first, last), **changes)


def bring(desk: Desk, *claims: Claim) -> None:
    desk.run("ingest", desk.orders(*claims), "--shop", "erp", code=0)


def part(out: str, group: str) -> list[str]:
    """The points under a group's heading: code and colour's word, "red" without one."""
    lines = out.partition(f"Gruppe „{group}“")[2].partition("\n\n")[0].splitlines()
    points = (re.match(r"● (\w+).*?(erfüllt)?$", text) for text in lines)
    return [f"{found[1]} {'green' if found[2] else 'red'}" for found in points if found is not None]


# Two groups, and when it appears


def test_two_groups_with_red_and_green_points_and_the_day_of_appearance(market: Desk) -> None:
    bring(market, young())
    ran = market.run("diagnose", "erp:A-1", "--all-conditions", code=0)
    assert "Fälligkeitsdatum: erscheint voraussichtlich am 09.06.2026." in ran.out
    assert "Gruppe „Gemahnte Rechnung“: 1 roter Punkt" in ran.out
    assert "Gruppe „Rückbuchung oder Rücklastschrift“: 1 roter Punkt" in ran.out
    reminded, returned = part(ran.out, "Gemahnte Rechnung"), part(ran.out, "Rückbuchung oder Rücklastschrift")
    assert {"GRACE_RUNNING red", "REMINDER_MISSING green", "FULLY_PAID green"} <= set(reminded)
    assert {"CHARGEBACK_MISSING red", "FULLY_PAID green"} <= set(returned)
    assert not {point for point in (*reminded, *returned) if point.startswith("GRACE")} - {"GRACE_RUNNING red"}
    assert not any(point.startswith("REMINDER_MISSING") for point in returned)
    english = market.run("--lang", "en", "diagnose", "erp:A-1", code=0).out
    assert "Due date: expected to appear on 2026-06-09." in english
    assert 'Group "chargeback or returned debit": 1 red point' in english
    assert " met" not in english


def test_programs_get_the_points_of_each_group(market: Desk) -> None:
    bring(market, young())
    body = market.run("diagnose", "erp:A-1", "--all-conditions", "--json", code=0).json
    reminded, returned = body["groups"]
    assert (reminded["group"], reminded["red"], reminded["ready"]) == ("reminded_invoice", ["GRACE_RUNNING"], False)
    assert (returned["group"], returned["red"], returned["label"]["en"]) == (
        "chargeback_or_returned_debit",
        ["CHARGEBACK_MISSING"],
        "chargeback or returned debit",
    )
    assert "REMINDER_MISSING" in reminded["met"]
    assert "REMINDER_MISSING" not in returned["met"]
    assert (body["expected_on"], body["fault"]) == ("2026-06-09", None)


def test_all_conditions_of_one_group_are_enough(market: Desk) -> None:
    returned = PaymentReturn(kind=ReturnKind.CHARGEBACK, on=dt.date(2026, 4, 10))
    bring(market, world.claim("A-1", level=0, returns=(returned,), due_date_origin=DueDateOrigin.CONTRACT))
    ran = market.run("diagnose", "erp:A-1", code=0)
    assert "erp:A-1  Gesperrt" in ran.out
    assert part(ran.out, "Gemahnte Rechnung") == ["REMINDER_MISSING red"]
    assert "Gruppe „Rückbuchung oder Rücklastschrift“: bereit" in ran.out
    assert market.claims()["erp:A-1"]["red"] == []
    assert "REMINDER_MISSING" not in market.run("show", "erp:A-1", code=0).out


def test_on_its_day_it_appears(market: Desk, on: Set) -> None:
    bring(market, young())
    on(dt.date(2026, 6, 9))
    market.run("run", code=0)
    assert market.state("erp:A-1") == "ready"
    assert market.run("diagnose", "erp:A-1", "--json", code=0).json["fault"] is None


def test_after_a_missed_week_nothing_is_skipped(market: Desk, on: Set) -> None:
    bring(market, young())
    on(dt.date(2026, 6, 17))
    market.run("run", code=0)
    assert market.state("erp:A-1") == "ready"


# Met but missing


def test_met_and_not_queued_names_the_run_that_moves_it(market: Desk, on: Set) -> None:
    bring(market, young())
    on(dt.date(2026, 6, 10))
    ran = market.run("diagnose", "erp:A-1", code=0)
    assert "● MET_BUT_WAITING  letzter Lauf: nie" in ran.out
    assert "steht trotzdem nicht in der Warteschlange" in ran.out
    assert "`inkasso run`" in ran.out
    fault = market.run("diagnose", "erp:A-1", "--json", code=0).json["fault"]
    assert (fault["code"], fault["group"], fault["expected_on"]) == ("MET_BUT_WAITING", "reminded_invoice", "2026-06-09")
    assert (fault["to_report"], fault["last_run"]) == (False, None)
    assert "hier lief noch keiner bis zum Ende" in market.run("doctor", code=0).out


def test_it_is_no_fault_that_the_run_of_the_day_is_still_to_come(market: Desk, on: Set) -> None:
    bring(market, young())
    market.run("run", code=0)
    on(dt.date(2026, 6, 9))
    body = market.run("diagnose", "erp:A-1", "--json", code=0).json
    assert (body["fault"]["to_report"], body["fault"]["last_run"][:10], body["last_run"]["finished"][:10]) == (
        False,
        "2026-06-01",
        "2026-06-01",
    )
    checks = market.run("doctor", "--json", code=0).json["checks"]
    assert [check["health"] for check in checks if check["subject"] == "queue"] == ["warn"]
    assert "seit dem letzten Lauf so geworden" in market.run("diagnose", "erp:A-1", code=0).out


def test_a_run_that_left_it_behind_is_a_fault_to_report(market: Desk, on: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(market, young(), world.claim("A-2"))
    on(dt.date(2026, 6, 10))
    with monkeypatch.context() as patched:
        patched.setattr(schedule, "rediagnose_all", lambda _context, _as_of: 0)
        market.run("run", code=0)
    on(dt.date(2026, 6, 11))
    ran = market.run("diagnose", "erp:A-1", code=0)
    assert "● MET_BUT_WAITING  letzter Lauf: 10.06.2026 12:00" in ran.out
    assert "ein Fehler" in ran.out
    assert market.run("diagnose", "erp:A-1", "--json", code=0).json["fault"]["to_report"] is True
    english = market.run("--lang", "en", "doctor", code=1).out
    assert "Claims that should stand in the queue since the last run: 1. A fault" in english
    market.run("run", code=0)
    assert market.state("erp:A-1") == "ready"
    assert "queue" not in {check["subject"] for check in market.run("doctor", "--json", code=0).json["checks"]}


def test_a_claim_without_a_red_point_that_waits_is_found_in_the_store(market: Desk, on: Set) -> None:
    bring(market, world.claim("A-1"))
    market.run("run", code=0)
    on(DAY + dt.timedelta(days=1))
    with closing(sqlite3.connect(market.folder / "inkasso.db")) as database, database:
        database.execute("UPDATE claim SET state = 'waiting', changed_at = '2026-05-31T00:00:00.000000Z'")
    assert market.run("diagnose", "erp:A-1", "--json", code=0).json["fault"]["to_report"] is True
    assert "Forderungen, die seit dem letzten Lauf in der Warteschlange stehen müssten: 1. Ein Fehler" in market.run("doctor", code=1).out


def test_an_expected_day_that_passed_with_something_red_since_is_told(market: Desk, on: Set) -> None:
    bring(market, young())
    on(dt.date(2026, 6, 10))
    settings = market.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + 'maximum = "100"\n[accounts.file.policy.levels]\nABOVE_MAXIMUM = "block"\n', "utf-8")
    ran = market.run("diagnose", "erp:A-1", code=0)
    assert "EXPECTED_DAY_PASSED" in ran.out
    assert "am 09.06.2026 in der Warteschlange erscheinen" in ran.out
    assert "ABOVE_MAXIMUM" in ran.out
    market.run("run", code=0)
    assert market.run("diagnose", "erp:A-1", "--json", code=0).json["fault"] is None


def test_another_day_is_no_matter_of_faults(market: Desk, on: Set) -> None:
    bring(market, young())
    assert market.run("diagnose", "erp:A-1", "--as-of", "2026-06-30", "--json", code=0).json["fault"] is None


# No claim under that number


def test_nothing_known_says_which_shop_and_what_to_check(market: Desk) -> None:
    ran = market.run("diagnose", "erp:X-1", code=4)
    assert "erp (Plugin canonical) hat noch nie etwas gemeldet" in ran.out
    for word in ("Nummer", "Auslöser", "inkasso ingest FILE --shop erp"):
        assert word in ran.out
    assert "keine Forderung „erp:X-1“" in ran.err
    bring(market, world.claim("A-1"))
    body = market.run("diagnose", "X-1", "--shop", "erp", "--json", code=4).json
    assert (body["shop"], body["reason"], body["last_report"][:10]) == ("erp", "not_reported", "2026-06-01")
    assert "last reported something on 2026-06-01" in body["checks"][0]["en"]


def test_a_number_without_its_shop_is_asked_back(market: Desk) -> None:
    ran = market.run("diagnose", "X-1", code=4)
    assert "Welcher Shop?" in ran.out
    assert "erp, web" in ran.out
    assert market.run("diagnose", "nix:X-1", "--json", code=4).json["reason"] == "no_shop"


def test_an_order_that_was_reported_without_a_trigger_is_known_as_such(market: Desk) -> None:
    source = Source(order="A-1", status="open", triggered=False, reported_at=dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC))
    bring(market, world.claim("A-1", source=source))
    ran = market.run("diagnose", "erp:A-1", code=4)
    assert "zuletzt am 01.06.2026 mit einem anderen Status oder ohne gemeldet; das ist kein Auslöser" in ran.out
    assert market.run("diagnose", "erp:A-1", "--json", code=4).json["reason"] == "no_trigger"


def test_a_number_that_is_one_claim_s_names_that_claim(market: Desk) -> None:
    bring(market, world.claim("A-1", instalment=1))
    ran = market.run("diagnose", "erp:A-1", code=4)
    assert "gemeint ist wohl" in ran.out
    assert "keine einzelne" not in ran.out
    assert "erp:A-1//1" in ran.out


def test_an_order_of_several_claims_names_them(market: Desk) -> None:
    bring(
        market,
        world.claim("A-1", instalment=1),
        world.claim("A-1", instalment=2, invoice=Invoice(number="RE-2", issued_on=dt.date(2026, 3, 2))),
    )
    ran = market.run("diagnose", "erp:A-1", code=4)
    assert "ist keine einzelne Forderung" in ran.out
    assert "erp:A-1//1" in ran.out
    assert market.run("diagnose", "erp:A-1", "--json", code=4).json["claims"] == ["erp:A-1//1", "erp:A-1//2"]
