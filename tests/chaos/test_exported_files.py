"""What left in files is what the list of claims says, line by line, in however many files, after whatever was reported meanwhile."""

from decimal import Decimal
from pathlib import Path

from chaos.checker import ExportFile, read_files
from chaos.player import Driver, Yard, opened
from chaos.scenario import REPORTED
from world import claim

from inkasso_core import Inkasso, Source, State, listing
from inkasso_core.store.claims import Filter

EXPORTED = Filter(states=(State.EXPORTED,))


def test_the_file_agrees_with_the_list_line_by_line(driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, "file")
    driver.finish(installation, "take_in", "let_go")
    with opened(installation) as ink:
        ink.transmit("file")
        listed = _listed(ink)
    (file,) = read_files(installation)
    assert _lines(file) == [(one["invoice_number"], Decimal(str(one["principal_open"]))) for one in listed]
    assert len(file.rows) == len(listed) == 5
    assert sum(file.amounts) == sum(Decimal(str(one["principal_open"])) for one in listed)
    assert {one["currency"] for one in listed} == {"EUR"}


def test_several_files_together_agree_with_the_list(driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, "file")
    driver.finish(installation, "take_in", "let_go")
    with opened(installation) as ink:
        for _ in range(3):
            ink.transmit("file", limit=2)
        listed = _listed(ink)
    files = read_files(installation)
    assert [len(file.rows) for file in files] == [2, 2, 1]
    lines = sorted(line for file in files for line in _lines(file))
    assert lines == [(one["invoice_number"], Decimal(str(one["principal_open"]))) for one in listed]


def test_what_is_reported_after_the_file_was_sealed_is_told_to_a_person(driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, "file")
    driver.kill(installation, {"kind": "point", "name": "batch.sealed", "nth": 1})
    with opened(installation) as ink:
        source = Source(order="F-01", status="inkasso", reported_at=REPORTED.replace(hour=9))
        ink.register(claim("F-01", source=source, principal=Decimal("101.01"), paid="50.00", creditor=None), shop="file")
        ink.transmit("file")
        assert ink.find("file:F-01").state is State.EXPORTED
        assert [(task.kind, task.claim_id) for task in ink.tasks()] == [("report_payment", ink.find("file:F-01").id)]
    file, _ = read_files(installation)
    assert file.rows[0]["Rechnungsnr"] == "RE-F-01"
    assert file.amounts[0] == Decimal("101.01"), "the revision that was frozen when it joined"


def _listed(ink: Inkasso) -> list[dict[str, object]]:
    """What ``inkasso claims --json --state exported`` prints."""
    return [listing.as_json(stored) for stored in ink.claims(EXPORTED)]


def _lines(file: ExportFile) -> list[tuple[str, Decimal]]:
    return [(row["Rechnungsnr"], amount) for row, amount in zip(file.rows, file.amounts, strict=True)]
