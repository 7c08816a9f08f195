"""A hold (Mahnstopp) on a debtor, an order, an invoice or a claim, until a day."""

import datetime as dt
from pathlib import Path

import pytest
from merchant import Desk
from world import Clock, World, claim, refusal, world

from inkasso_core import InvalidInput, Invoice, State
from inkasso_core.app import Filter

ONE_INVOICE = Invoice(number="RE-7", issued_on=dt.date(2026, 3, 2))


def instalments(town: World) -> list[str]:
    """Two instalments of one order with one invoice, and another order."""
    town.report(*(claim("A-1", instalment=n, invoice=ONE_INVOICE) for n in (1, 2)), claim("A-2"))
    return ["A-1//1", "A-1//2"]


def test_a_hold_on_an_invoice_stops_all_that_bears_it(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        first, second = instalments(town)
        hold = town.ink.hold(first, scope="invoice", shop="shop", reason="Reklamation")
        assert [town.state(ref) for ref in (first, second, "A-2")] == [State.WAITING, State.WAITING, State.READY]
        assert refusal(town.ink.release([second], shop="shop")) == "RED"
        (found,) = town.ink.holds()
        assert (found.scope, found.target, found.reason) == ("invoice", "RE-7", "Reklamation")
        assert [stored.record for stored in town.ink.held(found)] == [first, second]
        assert town.ink.lift_hold(hold)
        assert [town.state(ref) for ref in (first, second)] == [State.READY, State.READY]


def test_what_comes_later_with_that_invoice_is_held_too(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.ready("A-1", invoice=ONE_INVOICE)
        town.ink.hold("A-1", scope="invoice", shop="shop", reason="Reklamation")
        (late,) = town.report(claim("A-1", instalment=2, invoice=ONE_INVOICE))
        assert late.diagnosis is not None
        assert "HELD" in late.diagnosis.red


def test_a_claim_without_an_invoice_number_names_the_other_ways(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.report(claim("A-1", invoice=None))
        with pytest.raises(InvalidInput, match="no invoice number") as raised:
            town.ink.hold("A-1", scope="invoice", shop="shop", reason="x")
        assert "Auftrag" in raised.value.text.de


@pytest.mark.parametrize("scope", ["claim", "order", "invoice", "debtor"])
@pytest.mark.parametrize("late", [1, 8, 40])
def test_a_hold_ends_by_itself_and_a_missed_week_changes_nothing(tmp_path: Path, scope: str, late: int) -> None:
    clock = Clock()
    until = clock.day + dt.timedelta(days=10)
    with world(tmp_path, clock=clock) as town:
        (ref,) = town.ready("A-1")
        town.ink.hold(ref, scope=scope, reason="Ratenplan", until=until)
        assert town.ink.find(ref).expected_on == until + dt.timedelta(days=1)
        clock.forward(days=10)
        town.ink.run_due()
        assert town.state(ref) is State.WAITING  # on its last day it still holds
        clock.forward(days=late)
        town.ink.run_due()
        assert town.state(ref) is State.READY
        assert [hold.ended_at for hold in town.ink.holds()] == [None]


def test_a_filter_finds_claims_by_their_invoice(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        refs = instalments(town)
        assert [stored.record for stored in town.ink.claims(Filter(invoice="RE-7"))] == refs


# On the command line


def test_an_invoice_is_held_by_its_number(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    hold = desk.run("hold", "--invoice", "RE-A-1", "--reason", "Reklamation", "--until", "31.12.2999", "--json", code=0).json
    assert (hold["ref"], hold["scope"], hold["state"]) == (ref, "invoice", "waiting")
    ran = desk.run("holds", code=0)
    assert "Rechnung erp:RE-A-1  31.12.2999  Reklamation" in ran.out
    assert "Mahnstopp: Er gilt für die Rechnung" in desk.run("diagnose", ref, code=0).out
    (row,) = desk.run("holds", "--json", code=0).json["holds"]
    assert (row["target"], row["claims"], row["over"]) == ("RE-A-1", [ref], False)
    assert row["set_by"]
    desk.run("holds", "lift", hold["id"], code=0)
    assert desk.state(ref) == "ready"


def test_the_scope_may_be_said_of_a_claim(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    desk.run("hold", ref, "--scope", "invoice", "--reason", "x", code=0)
    assert "invoice erp:RE-A-1" in desk.run("--lang", "en", "holds", code=0).out


def test_a_debtor_is_listed_by_his_claims_and_an_old_hold_as_over(desk: Desk) -> None:
    desk.ready("A-1", customer="K-1")
    desk.ready("A-2", customer="K-1")
    desk.run("hold", "erp:A-1", "--scope", "debtor", "--reason", "x", "--until", "2026-01-31", code=0)
    ran = desk.run("holds", code=0)
    assert "Schuldner von erp:A-1, erp:A-2  31.01.2026 (vorbei)" in ran.out
    assert desk.run("holds", "--json", code=0).json["holds"][0]["over"] is True


def test_a_claim_or_an_invoice_and_not_both(desk: Desk) -> None:
    (ref,) = desk.ready("A-1")
    desk.run("hold", "--reason", "x", code=2)
    desk.run("hold", ref, "--invoice", "RE-A-1", "--reason", "x", code=2)
    desk.run("hold", "--invoice", "RE-A-1", "--scope", "debtor", "--reason", "x", code=2)
    assert "RE-9" in desk.run("hold", "--invoice", "RE-9", "--reason", "x", code=4).err
    desk.ready("A-1", shop="web")
    assert "erp, web" in desk.run("hold", "--invoice", "RE-A-1", "--reason", "x", code=2).err
    desk.run("hold", "--invoice", "RE-A-1", "--shop", "web", "--reason", "x", code=0)
    assert (desk.state(ref), desk.state("web:A-1")) == ("ready", "waiting")
