"""Several claims in one row of a file: they are exported, confirmed, refused and resolved together."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest
from world import OPERATOR, PlainFile, World, claim, done, world

from inkasso_core import Claim, ClaimInvalid, Placement, State, Text, follow, points

ALL = "153.99"
THREE = ("A-1", "A-2", "A-3")
NO = Text("Nein.", "No.")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[World]:
    class SeveralARow(PlainFile):
        name: ClassVar[str] = "several-a-row"
        claims_per_placement = 3

    account = {"agency": SeveralARow.name, "settings": {"directory": "upload"}}
    with world(tmp_path, accounts={"upload": account}, agencies={SeveralARow.name: SeveralARow}) as town:
        yield town


def his(order: str) -> Claim:
    """A claim of the one debtor."""
    return claim(order, customer="K-7")


def released(town: World) -> list[str]:
    refs = [str(result.ref) for result in town.report(*map(his, THREE))]
    done(town.ink.release(refs, actor=OPERATOR))
    return refs


def states(town: World) -> list[State]:
    return [town.state(order) for order in THREE]


def test_a_placement_is_one_row_and_the_control_total_is_of_all_its_claims(files: World) -> None:
    released(files)
    done(files.ink.release([str(files.report(claim("B-1"))[0].ref)], actor=OPERATOR))
    (report,) = files.transmit()
    assert (report.rows, report.totals, dict(report.counts)) == (2, {"EUR": 4 * Decimal(ALL)}, {"exported": 2})
    (path,) = (files.folder / "upload").glob("*.csv")
    _, *rows = path.read_text("utf-8").splitlines()
    assert [row.rsplit(";", 1)[1] for row in rows] == ["461,97", "153,99"]
    manifest = json.loads((path.parent / f"{path.name}.manifest.json").read_text("utf-8"))
    assert (manifest["rows"], manifest["totals"]) == (2, {"EUR": "615.96"})
    assert states(files) == [State.EXPORTED] * 3


def test_the_limit_of_the_account_counts_claims(files: World) -> None:
    files.ink.go_live("upload", first=4, actor=OPERATOR)
    released(files)
    others = [str(result.ref) for result in files.report(claim("B-1"), claim("C-1"))]
    done(files.ink.release(others, actor=OPERATOR))
    (report,) = files.transmit()
    assert (report.rows, dict(report.counts)) == (2, {"exported": 2, "postponed": 1})
    assert files.ink.count() == {State.EXPORTED: 4, State.RUNNING: 1}
    assert files.ink.gate("upload").claims_left == 0


def test_the_limit_of_the_caller_counts_placements(files: World) -> None:
    released(files)
    done(files.ink.release([str(files.report(claim("B-1"))[0].ref)], actor=OPERATOR))
    (report,) = files.transmit(limit=1)
    assert report.rows == 1
    assert files.ink.count() == {State.EXPORTED: 3, State.RUNNING: 1}


def test_a_row_is_confirmed_whole_also_across_chunks(files: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "CHUNK", 2)
    refs = released(files)
    files.transmit()
    files.clock.forward(days=30)
    files.ink.run_due()
    assert [task.kind for task in files.tasks()] == ["confirm_export"]
    progress: list[int] = []
    confirmed = files.ink.confirm(refs, case_reference="AZ-1", actor=OPERATOR, on_progress=progress.append)
    assert [(stored.ref, problem) for stored, problem in confirmed] == [(ref, None) for ref in refs]
    assert progress == [2, 3]
    assert states(files) == [State.HANDED_OVER] * 3
    assert files.tasks() == []
    assert {p.case_reference for ref in refs for p in files.ink.show(ref).placements} == {"AZ-1"}


def test_one_that_is_confirmed_takes_the_others_of_its_row_along(files: World) -> None:
    refs = released(files)
    files.transmit()
    assert [stored.ref for stored, _ in files.ink.confirm([refs[2]], actor=OPERATOR)] == refs
    assert states(files) == [State.HANDED_OVER] * 3


def test_what_a_file_refuses_fails_whole(files: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refs = released(files)

    def refuse(_agency: PlainFile, _placement: Placement) -> None:
        raise ClaimInvalid(NO)

    with monkeypatch.context() as patch:
        patch.setattr(PlainFile, "check", refuse)
        (report,) = files.transmit()
    assert dict(report.counts) == {"failed": 1}
    assert states(files) == [State.FAILED] * 3
    done(files.ink.release(refs, actor=OPERATOR))
    files.transmit()
    assert states(files) == [State.EXPORTED] * 3


@pytest.mark.parametrize("again", [False, True])
def test_the_rows_of_a_file_that_is_gone_are_resolved_whole(files: World, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    refs = released(files)

    def take_away(point: str) -> None:
        if point == "batch.sealed":
            for path in (files.folder / "upload").glob(".*"):
                path.unlink()

    with monkeypatch.context() as patch:
        patch.setattr(points, "listener", take_away)
        files.transmit()
    assert states(files) == [State.UNCLEAR] * 3
    found = None if again else "AZ-7"
    done(files.ink.resolve([refs[0]], found=found, send_again=again, reason="asked them", actor=OPERATOR))
    assert states(files) == [State.RUNNING if again else State.HANDED_OVER] * 3
    files.transmit()
    assert states(files) == [State.EXPORTED if again else State.HANDED_OVER] * 3


def test_what_leaves_between_two_files_is_in_neither_twice(files: World) -> None:
    refs = released(files)
    files.ink.hold(refs[1], reason="not this one", actor=OPERATOR)
    files.transmit()
    assert states(files) == [State.EXPORTED, State.WAITING, State.EXPORTED]
    files.ink.lift_hold(files.ink.holds()[0].id, actor=OPERATOR)
    done(files.ink.release([refs[1]], actor=OPERATOR))
    files.transmit()
    rows = [row for path in sorted((files.folder / "upload").glob("*.csv")) for row in path.read_text("utf-8").splitlines()[1:]]
    assert [row.rsplit(";", 1)[1] for row in rows] == ["307,98", "153,99"]
