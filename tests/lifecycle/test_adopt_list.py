"""The list of earlier hand-overs: what it may look like, and what is refused by row and column."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from earlier import AUTOMATIC, listing, row
from world import OPERATOR, VENDOR, World, claim, done, world

from inkasso_core import ConfigurationError, InvalidInput, NotFound, NotPermitted, State
from inkasso_core.readers import FileRefused


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts=AUTOMATIC, live=False) as made:
        yield made


@pytest.mark.parametrize(
    ("odd", "field", "reason"),
    [
        (row(), "order/invoice", "NO_NUMBER"),
        (row("A-1", ""), "case", "NO_CASE"),
        (row("A-1", day=""), "day", "NO_DAY"),
        (row("A-1", day="31.02.2026"), "day", "NO_SUCH_DATE"),
        (row("A-1", day="morgen"), "day", "NOT_A_DATE"),
        (row("A-1", day="20.04.2036"), "day", "ODD_DAY"),
        (row("A-1", day="20.04.1926"), "day", "ODD_DAY"),
        (row("1,23E+11"), "order", "SPREADSHEET_DAMAGE"),
        (row("A-1", "#NV"), "case", "SPREADSHEET_DAMAGE"),
        (row("9" * 301), "order", "NO_SUCH_NUMBER"),
    ],
)
def test_nonsense_is_refused_by_row_and_column_and_the_rest_counts(town: World, odd: dict[str, object], field: str, reason: str) -> None:
    adoption = town.ink.adopt("agency", listing(town.folder, row("B-1"), odd), actor=OPERATOR)
    good, bad = adoption.rows
    assert (good.fate, bad.fate, bad.place) == ("awaited", "refused", "alt.csv:3")
    assert bad.problem is not None
    assert (bad.problem.field, getattr(bad.problem, "reason", None)) == (field, reason)
    assert not adoption.is_complete
    town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
    town.report(claim("B-1"))  # a hand-over is recorded now, and still the list is not
    with pytest.raises(ConfigurationError):
        town.ink.go_live("agency", actor=OPERATOR)
    town.ink.adopt("agency", listing(town.folder, row("B-1"), row("A-1", "AZ-2")), actor=OPERATOR)
    town.ink.go_live("agency", actor=OPERATOR)


def test_a_number_with_another_case_contradicts(town: World) -> None:
    adoption = town.ink.adopt("agency", listing(town.folder, row("A-1"), row("A-1"), row("A-1", "AZ-2")), actor=OPERATOR)
    assert [one.fate for one in adoption.rows] == ["awaited", "awaited", "refused"]
    (line,) = town.ink.adopted()
    town.ink.drop_adopted(line.line.id, reason="a slip", actor=OPERATOR)
    assert town.ink.adopted() == []
    with pytest.raises(NotFound):
        town.ink.drop_adopted(line.line.id, reason="again", actor=OPERATOR)
    town.ready("A-1")


def test_json_will_do_and_other_files_will_not(town: World) -> None:
    path = town.folder / "alt.json"
    path.write_text(json.dumps([{"order": 4711, "case": "AZ-1", "day": "2026-04-20"}, {"Auftrag": "A-2", "Akte": 7, "Datum": "20.04.26"}]))
    assert town.ink.adopt("agency", path, actor=OPERATOR).counts == {"awaited": 2}
    (town.folder / "x.csv").write_text("Auftrag;Betrag\nA-1;5,00\n")
    with pytest.raises(FileRefused):
        town.ink.adopt("agency", town.folder / "x.csv", actor=OPERATOR)
    with pytest.raises(FileRefused):
        town.ink.adopt("agency", town.folder / "none.csv", actor=OPERATOR)
    with pytest.raises(InvalidInput):
        town.ink.adopt("agency", actor=OPERATOR)
    with pytest.raises(NotPermitted):
        town.ink.adopt("agency", path, actor=VENDOR)
    with pytest.raises(NotFound):
        town.ink.adopt("nobody", path, actor=OPERATOR)


def test_the_shop_is_named_where_an_account_serves_several(tmp_path: Path) -> None:
    with world(tmp_path, shops={"shop": {}, "other": {}}, live=False) as town:
        path = listing(tmp_path, row("A-1"))
        (one,) = town.ink.adopt("agency", path, actor=OPERATOR).rows
        assert one.problem is not None
        assert one.problem.field == "shop"
        assert town.ink.adopt("agency", path, shop="other", actor=OPERATOR).counts == {"awaited": 1}
        town.ready("A-1")
        assert town.report(claim("A-1"), shop="other")[0].state is State.HANDED_OVER


def test_json_that_says_two_things_is_refused_and_a_whole_number_is_that_number(town: World) -> None:
    path = town.folder / "alt.json"
    twice = {"order": "4711", "Auftrag": "4712", "case": "AZ-1", "day": "2026-04-20"}
    gaps = {"case": "AZ-2", "day": "2026-04-20"}
    path.write_text(json.dumps([twice, {**gaps, "order": 4713.0}, {**gaps, "order": "4714", "Auftrag": None}]))
    found = town.ink.adopt("agency", path, actor=OPERATOR)
    assert [(one.order, one.fate) for one in found.rows] == [(None, "refused"), ("4713", "awaited"), ("4714", "awaited")]
    problem = found.rows[0].problem
    assert problem is not None
    assert (problem.field, "471" in str(problem)) == ("order", False)


def test_a_list_that_was_killed_half_way_lets_no_account_go_live(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
    town.report(claim("A-1"))
    path = listing(town.folder, *(row(f"A-{number}", f"AZ-{number}") for number in range(1, 9)))
    monkeypatch.setattr("inkasso_core.adoption.PAGE", 3)

    def killed(what: str, done: int, _total: int | None) -> None:
        if (what, done) == ("list", 6):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        town.ink.adopt("agency", path, actor=OPERATOR, on_progress=killed)
    town.ink.rediagnose()
    assert town.state("A-1") is State.HANDED_OVER  # a hand-over is recorded, and still the list is not
    with pytest.raises(ConfigurationError, match="adopt"):
        town.ink.go_live("agency", actor=OPERATOR)
    assert town.ink.adopt("agency", path, actor=OPERATOR).is_complete
    town.ink.go_live("agency", actor=OPERATOR)


def test_a_line_with_a_wrong_case_is_taken_back_and_recorded_anew(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1", "AZ-1")), actor=OPERATOR)
    town.report(claim("A-1"))
    (line,) = town.ink.adopted(actor=OPERATOR)
    town.ink.drop_adopted(line.line.id, reason="a slip", actor=OPERATOR)
    corrected = listing(town.folder, row("A-1", "AZ-2"))
    assert town.ink.adopt("agency", corrected, actor=OPERATOR).counts == {"adopted": 1}
    assert town.ink.adopt("agency", corrected, actor=OPERATOR).counts == {"repeated": 1}
    assert [one.case_reference for one in town.ink.transmitted(actor=OPERATOR)] == ["AZ-2"]
    assert town.ink.adopted(waiting=True, actor=OPERATOR) == []
    assert town.agency.sent == []


def test_a_claim_whose_line_was_taken_back_comes_into_the_queue_again(town: World) -> None:
    town.ink.adopt("agency", listing(town.folder, row("A-1")), actor=OPERATOR)
    town.report(claim("A-1"))
    (line,) = town.ink.adopted(actor=OPERATOR)
    town.ink.drop_adopted(line.line.id, reason="a slip", actor=OPERATOR)
    done(town.ink.cancel("shop:A-1", recalled=True, reason="never there", actor=OPERATOR))
    done(town.ink.reinstate("shop:A-1", reason="never there", actor=OPERATOR))
    assert town.state("A-1") is State.READY
    town.report(claim("A-1", paid="5.00"))
    assert town.state("A-1") is State.READY
