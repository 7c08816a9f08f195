"""``inkasso recall`` and ``inkasso instructions``: what an agency is told of its cases, by the command line alone."""

from decimal import Decimal
from pathlib import Path

import pytest
from merchant import SETTINGS, TODAY, Desk, claim

from inkasso_core import Payment


def _payment(amount: str, reference: str) -> Payment:
    return Payment(amount=Decimal(amount), on=TODAY, reference=reference)


@pytest.fixture
def told(desk: Desk) -> Desk:
    """An agency with a ledger on the disk has a case, of which it loses the answers where it is told more."""
    ledger = desk.folder / "ledger.jsonl"
    (desk.folder / "inkasso.toml").write_text(f'{SETTINGS}\n[accounts.wire.settings]\nledger = "{ledger}"\n', "utf-8")
    desk.live("wire")
    return desk


def _handed_over(desk: Desk, asks: str, *payments: Payment) -> None:
    extra = {"dummy": {"told": asks}}
    desk.running("A-1", shop="web", extra=extra)
    desk.run("transmit", "--account", "wire", code=0)
    desk.run("ingest", desk.orders(claim("A-1", extra=extra, payments=payments), file="paid.ndjson"), "--shop", "web", code=0)


def test_a_payment_waits_is_told_and_stands_with_the_claim(told: Desk) -> None:
    _handed_over(told, "accept", _payment("10.00", "TX-1"))
    listed = told.run("instructions", code=0).out
    assert "web:A-1" in listed
    assert f"Zahlung 10.00 EUR, {TODAY}" in listed
    assert "wartet" in listed
    (waiting,) = told.run("instructions", "--json", code=0).json["instructions"]
    assert (waiting["verb"], waiting["state"], waiting["ref"]) == ("report_payment", "pending", "web:A-1")
    assert "1 der Agentur gemeldet" in told.run("transmit", "--account", "wire", code=0).out
    assert "nichts zu melden" in told.run("instructions", code=0).out
    shown = told.run("show", "web:A-1", code=0).out
    assert "Meldungen an die Agentur" in shown
    assert "gemeldet" in shown
    assert told.run("show", "web:A-1", "--json", code=0).json["instructions"][0]["state"] == "done"
    assert [one["state"] for one in told.run("instructions", "--all", "--claim", "web:A-1", "--json").json["instructions"]] == ["done"]


def test_what_nobody_knows_is_resolved_with_a_reason(told: Desk) -> None:
    _handed_over(told, "lose", _payment("10.00", "TX-1"))
    ran = told.run("transmit", "--account", "wire", code=1)
    assert "Meldung ungeklärt" in ran.out
    (unclear,) = told.run("instructions", "--json", code=0).json["instructions"]
    assert unclear["id"] in told.run("tasks", code=0).out
    assert "instructions" in told.run("doctor").out
    told.run("instructions", "resolve", unclear["id"], "--reason", "x", code=2)
    told.run("instructions", "resolve", unclear["id"], "--done", "--send-again", "--reason", "x", code=2)
    assert "gemeldet" in told.run("instructions", "resolve", unclear["id"], "--done", "--reason", "im Portal gesehen", code=0).out
    assert "im Portal gesehen" in told.run("history", "web:A-1", code=0).out
    told.run("instructions", "resolve", unclear["id"], "--done", "--reason", "noch einmal", code=4)
    assert told.run("tasks", "--json", code=0).json["tasks"] == []


def test_what_never_arrived_is_sent_again(told: Desk) -> None:
    _handed_over(told, "lose-before", _payment("10.00", "TX-1"))
    told.run("transmit", "--account", "wire", code=1)
    (unclear,) = told.run("instructions", "--json", code=0).json["instructions"]
    again = ("instructions", "resolve", unclear["id"], "--not-done", "--send-again", "--reason", "nicht da", "--json")
    assert told.run(*again, code=0).json["instruction"]["state"] == "pending"


def test_a_recall_cancels(told: Desk) -> None:
    _handed_over(told, "accept")
    assert "Erledigt: 1" in told.run("recall", "web:A-1", "--reason", "irrtümlich übergeben", code=0).out
    told.run("recall", "web:A-1", "--reason", "noch einmal", code=1)
    told.run("transmit", "--account", "wire", code=0)
    assert told.state("web:A-1") == "cancelled"
    assert "irrtümlich übergeben" in told.run("history", "web:A-1", code=0).out


def test_english_is_spoken_too(told: Desk) -> None:
    assert "nothing to be told" in told.run("--lang", "en", "instructions", code=0).out
    assert "Recalls cases" in told.run("--lang", "en", "recall", "--help", code=0).out


def test_the_ledger_is_the_agencys_own_count(told: Desk, tmp_path: Path) -> None:
    _handed_over(told, "accept", _payment("10.00", "TX-1"), _payment("10.00", "TX-2"))
    for _ in range(2):
        told.run("transmit", "--account", "wire", code=0)
    assert len((told.folder / "ledger.told.jsonl").read_text("utf-8").splitlines()) == 2
