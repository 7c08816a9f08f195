"""Going live and keeping the books by the command alone: ``adopt``, ``adopted``, ``reconcile``, ``ledger``, ``undo``, ``stop``."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from merchant import SETTINGS, TODAY, Desk, claim

from inkasso_core import Payment


@pytest.fixture
def wired(desk: Desk) -> Desk:
    """An agency with a ledger of its own on the disk."""
    ledger = desk.folder / "ledger.jsonl"
    (desk.folder / "inkasso.toml").write_text(f'{SETTINGS}\n[accounts.wire.settings]\nledger = "{ledger}"\n', "utf-8")
    return desk


def _list(desk: Desk, *rows: str) -> str:
    path = desk.folder / "alt.csv"
    path.write_text("Auftrag;Aktenzeichen;Datum\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    return str(path)


def test_a_list_is_adopted_before_going_live_and_nothing_of_it_leaves(wired: Desk) -> None:
    wired.run("mandate", "wire", "--date", "2026-01-15", code=0)
    assert "inkasso adopt wire" in wired.run("go-live", "wire", code=2).err
    ran = wired.run("adopt", "wire", _list(wired, "A-1;AZ-1;01.02.2026", "A-2;AZ-2;02.02.2026"), code=0)
    assert "vorgemerkt" in ran.out
    assert "go-live wire" in ran.out
    assert wired.run("adopted", "--waiting", "--json", code=0).json["adopted"][0]["case_reference"] == "AZ-1"
    wired.run("go-live", "wire", "--first", "10", code=0)
    wired.run("ingest", wired.orders(claim("A-1"), claim("A-2")), "--shop", "web", code=0)
    wired.run("release", "--all", "--yes")
    wired.run("run")
    ledger = wired.folder / "ledger.jsonl"
    assert not ledger.exists() or ledger.read_text("utf-8") == "", "asked about, never submitted"
    assert "Ans Inkasso übergeben" in wired.run("show", "web:A-1", code=0).out
    again = wired.run("adopt", "wire", str(wired.folder / "alt.csv"), "--json", code=0).json
    assert (again["counts"], again["claims"], again["complete"]) == ({"repeated": 2}, 0, True)


def test_nonsense_is_named_by_row_and_column(wired: Desk) -> None:
    ran = wired.run("adopt", "wire", _list(wired, "A-1;AZ-1;01.02.2026", ";AZ-2;02.02.2026", "A-3;AZ-3;31.02.2026"), code=1)
    assert "alt.csv:3" in ran.out
    assert "order/invoice" in ran.out
    assert "alt.csv:4" in ran.out
    assert "nicht vollständig" in ran.out
    english = wired.run("--lang", "en", "adopt", "wire", str(wired.folder / "alt.csv"), code=1).out
    assert "not recorded completely" in english
    wired.run("adopt", "wire", code=2)
    wired.run("adopt", "wire", "x", "--before", "2026-01-01", code=2)


def test_many_rows_are_summed_up(wired: Desk) -> None:
    ran = wired.run("adopt", "wire", _list(wired, *(f"A-{number};AZ-{number};01.02.2026" for number in range(300))), code=0)
    assert "300 vorgemerkt" in ran.out
    assert ran.out.count("AZ-") == 0


def test_all_before_a_day_and_a_wrong_line_taken_back(wired: Desk) -> None:
    assert "go-live" in wired.run("adopt", "wire", "--before", "2026-01-01", code=0).out
    (line,) = wired.run("adopted", "--json", code=0).json["adopted"]
    assert "fällig vor 01.01.2026" in wired.run("adopted", code=0).out
    wired.run("adopted", "drop", line["id"], "--reason", "falsch", code=0)
    wired.run("adopted", "drop", line["id"], "--reason", "falsch", code=4)
    assert "Keine frühere" in wired.run("adopted", code=0).out


def test_the_books(wired: Desk) -> None:
    wired.live("wire")
    assert "Verglichen: 0" in wired.run("reconcile", code=0).out
    assert "Noch kein Fall" in wired.run("ledger", code=0).out
    wired.running("A-1", shop="web")
    wired.run("transmit", "--account", "wire", code=0)
    assert "Abweichungen: 0" in wired.run("reconcile", "--online", code=0).out
    paid = claim("A-1", payments=(Payment(amount=Decimal("10.00"), on=TODAY),))
    wired.run("ingest", wired.orders(paid, file="paid.ndjson"), "--shop", "web", code=0)
    ran = wired.run("reconcile", code=1)
    assert "NOT_TOLD" in ran.out
    assert "inkasso instructions" in ran.out
    (line,) = wired.run("reconcile", "--json", code=1).records
    assert (line["ref"], line["untold"], line["differences"][0]["code"]) == ("web:A-1", "10.00", "NOT_TOLD")
    assert "web:A-1" in wired.run("ledger", code=0).out
    (entry,) = wired.run("ledger", "--json", code=0).records
    assert entry["paid_to_shop"] == "10.00"
    for command in ("reconcile", "ledger"):
        path = wired.folder / f"{command}.csv"
        wired.run(command, "--csv", str(path), code=int(command == "reconcile"))
        wired.run(command, "--csv", str(path), "--json", code=2)
        assert _rows(path) == 1


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return len(list(csv.DictReader(stream, delimiter=";")))


def test_by_mistake_and_stopped(wired: Desk) -> None:
    wired.live("wire")
    wired.running("A-1", shop="web")
    assert "ANGEHALTEN" in wired.run("stop", "wire", "--reason", "falscher Gläubiger", code=0).out
    assert "falscher Gläubiger" in wired.run("tasks", code=0).out
    wired.run("transmit", "--account", "wire", code=1)
    assert not (wired.folder / "ledger.jsonl").exists()
    wired.run("undo", "web:A-1", "--reason", "Irrtum", code=0)
    wired.run("undo", "web:A-1", "--reason", "Irrtum", code=1)
    wired.run("go-live", "wire", code=0)
    wired.run("release", "web:A-1", code=0)
    wired.run("transmit", "--account", "wire", code=0)
    wired.run("undo", "web:A-1", "--reason", "Irrtum", code=0)
    wired.run("transmit", "--account", "wire", code=0)
    assert "Gekündigt" in wired.run("show", "web:A-1", code=0).out
