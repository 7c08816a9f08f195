"""Records that are no trigger: their statuses are counted and named, and an order among them is found afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import OPERATOR, VENDOR, World, claim, world

from inkasso_core import Invoice, NotFound, points
from inkasso_core.idle import DIFFERENT, Idle, Tally, near_miss

SHOPS: dict[str, dict[str, Any]] = {
    "cp": {"plugin": "cpshop", "settings": {"assertion": {"currency": "EUR"}}},
    "own": {"plugin": "canonical"},
    "plenty": {"plugin": "plentymarkets", "settings": {"status": ["3.6", "7-7.5"]}},
}
TRIGGER = "Inkasso ist in Arbeit"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS) as opened:
        yield opened


def export(town: World, *statuses: str, name: str = "o.csv") -> Path:
    """Write an export with one order for each status, numbered from 20001."""
    rows = [f"{20001 + number};Muster;12,00;{status}" for number, status in enumerate(statuses)]
    file = town.folder / name
    file.write_text("\n".join(["Bestellnr;Nachname;Forderungsbetrag;Bestellstatus", *rows, ""]), encoding="utf-8")
    return file


# Counting


def test_the_statuses_without_a_trigger_are_counted_and_a_slip_is_named(town: World) -> None:
    done = town.ink.ingest(export(town, TRIGGER, "Versendet", "Inkasso in Arbeit", "Versendet", ""), shop="cp")
    assert (done.counts["registered"], done.counts["ignored"]) == (1, 4)
    assert done.idle == Idle({"Versendet": 2, "Inkasso in Arbeit": 1, "": 1}, 0, {"Inkasso in Arbeit": TRIGGER})


def test_a_file_with_very_many_statuses_names_none_that_is_rare(town: World) -> None:
    statuses = [f"Zustand {number % 200} {'x' * 200}" for number in range(600)]
    assert town.ink.ingest(export(town, *statuses), shop="cp").idle == Idle({}, 600, {})


def test_what_may_be_no_status_but_a_value_in_its_column_is_neither_told_nor_stored(town: World) -> None:
    names = [f"Erfunden {number}" for number in range(40)]
    idle = town.ink.ingest(export(town, "jo@example.org", "Versendet", "Versendet", *names), shop="cp").idle
    assert idle == Idle({}, 43, {}), "two of 43 may be namesakes"
    for order in ("cp:20001", "cp:20002", "cp:20004"):
        seen = town.ink.trace(order).idle
        assert seen is not None
        assert seen.status is None


def test_an_interrupted_file_counts_the_rest_and_loses_no_number(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = export(town, *["Versendet", "Offen"] * 600)
    commits = iter(range(100))

    def cut(point: str) -> None:
        if point == "intake.before_commit" and next(commits) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(points, "reach", cut)
    with pytest.raises(KeyboardInterrupt):
        town.ink.ingest(file, shop="cp")
    monkeypatch.undo()
    done = town.ink.ingest(file, shop="cp")
    assert done.continued_at > 0
    assert set(done.idle.statuses) == {"Versendet", "Offen"}
    assert sum(done.idle.statuses.values()) + done.idle.others == done.counts["ignored"] == 1200


@given(st.lists(st.text(max_size=150) | st.none(), max_size=200))
def test_nothing_is_lost_in_counting(statuses: list[str | None]) -> None:
    tally = Tally()
    tally.add(statuses)
    idle = tally.result((), len(statuses))
    assert sum(idle.statuses.values()) + idle.others == len(statuses)
    assert len(idle.statuses) <= DIFFERENT


@pytest.mark.parametrize(
    ("status", "near"),
    [
        ("Inkasso in Arbeit", TRIGGER),
        ("INKASSO  IST IN  ARBIET", TRIGGER),
        ("Versendet", None),
        ("Inkasso abgeschlossen", None),
        ("3.5", None),
        ("", None),
        (None, None),
    ],
)
def test_what_resembles_a_trigger(status: str | None, near: str | None) -> None:
    assert near_miss(status, [TRIGGER, "3.6"]) == near


# Finding one afterwards


def test_an_order_without_a_trigger_is_found_with_day_status_and_what_was_wanted(town: World) -> None:
    town.ink.ingest(export(town, "Versendet", "Inkasso in Arbeit"), shop="cp")
    trace = town.ink.trace("cp:20002")
    assert trace.idle is not None
    assert (trace.idle.status, trace.idle.seen_at) == ("Inkasso in Arbeit", town.clock())
    assert (trace.triggers, trace.near, trace.last_report) == ((TRIGGER,), TRIGGER, town.clock())
    other = town.ink.trace("cp:20001")
    assert other.idle is not None
    assert (other.idle.status, other.near) == (None, None), "what resembles no trigger may be anything: it is not kept"
    assert town.ink.trace("cp:20009").idle is None
    assert town.ink.trace("cp:20002", actor=VENDOR).idle is None


def test_the_last_status_that_was_seen_counts(town: World) -> None:
    for number, status in enumerate(("Inkasso", "Inkasso in Arbeit")):
        town.clock.forward(days=1)
        at = town.clock() - dt.timedelta(hours=1)
        town.ink.ingest(export(town, status, name=f"{number}.csv"), shop="cp", reported_at=at)
    seen = town.ink.trace("cp:20001").idle
    assert seen is not None
    assert (seen.status, seen.seen_at) == ("Inkasso in Arbeit", town.clock())


def test_a_report_without_a_date_is_found_too_and_keeps_an_older_one_from_starting_a_claim(town: World) -> None:
    idle = claim("A-1", triggered=False, status="open", creditor=None)
    town.ink.register(idle, shop="own")
    assert town.ink.trace("own:A-1").idle is not None
    dated = claim("A-2", triggered=False, status="paid", version=5, creditor=None)
    town.ink.register(dated, shop="own")
    town.ink.register(claim("A-2", triggered=False, status="open", creditor=None), shop="own")
    seen = town.ink.trace("own:A-2").idle
    assert seen is not None
    assert seen.reported
    assert town.ink.register(claim("A-2", version=4, creditor=None), shop="own").outcome == "older"


def test_a_part_of_an_order_is_found_by_the_order_s_number(town: World) -> None:
    town.ink.register(claim("A-1", product="7", triggered=False, status="open", creditor=None), shop="own")
    seen = town.ink.trace("own:A-1").idle
    assert seen is not None
    assert seen.record == "A-1/7"


def test_plugins_name_their_triggers(town: World) -> None:
    triggers = town.ink._context.triggers
    assert triggers("cp") == (TRIGGER,)
    assert triggers("plenty") == ("3.6", "7-7.5")
    assert triggers("own") == ()
    assert triggers("nix") == ()


# By the number of an invoice


def test_a_claim_is_found_by_its_invoice_s_number_where_it_alone_bears_it(town: World) -> None:
    town.report(claim("A-1"), claim("A-2", invoice=Invoice(number="R-7")), shop="own")
    assert town.ink.find("RE-A-1").record == "A-1"
    assert town.ink.find("own:RE-A-1").record == "A-1"
    assert town.ink.diagnose("R-7", shop="own").is_ready is False
    for ref in ("RE-A-1", "own:RE-A-1"):
        with pytest.raises(NotFound):
            town.ink.find(ref, exact=True)
        with pytest.raises(NotFound):
            town.ink.release([ref], actor=OPERATOR)
    with pytest.raises(NotFound):
        town.ink.find("cp:RE-A-1")
    with pytest.raises(NotFound):
        town.ink.find("RE-A-1", actor=VENDOR)


def test_an_invoice_of_several_claims_names_none_of_them(town: World) -> None:
    both = [claim("A-1", instalment=number, invoice=Invoice(number="R-7")) for number in (1, 2)]
    town.report(*both, shop="own")
    with pytest.raises(NotFound):
        town.ink.find("own:R-7")
    assert [stored.record for stored in town.ink.trace("own:R-7").claims] == ["A-1//1", "A-1//2"]


def test_an_order_s_number_is_never_taken_for_another_s_invoice(town: World) -> None:
    """The question "why is 20003 not here?" is about the order of that number, which was seen."""
    town.report(claim("A-1", invoice=Invoice(number="20003")), shop="own")
    assert town.ink.find("own:20003").record == "A-1"
    town.ink.register(claim("20003", triggered=False, status="open", creditor=None), shop="own")
    with pytest.raises(NotFound):
        town.ink.find("own:20003")
    trace = town.ink.trace("own:20003")
    assert (trace.claims, trace.idle is not None) == ([], True)
