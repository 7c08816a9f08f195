"""Agencies that take a file: settings, rehearsal, and rendering many placements in the memory of one."""

import datetime as dt
import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_claim
from placements import placement
from pydantic import ValidationError

from inkasso_core import (
    Claim,
    ClaimInvalid,
    Column,
    FileAgency,
    FileSettings,
    Kind,
    Placement,
    TableDialect,
    TableWriter,
    UnsupportedOperation,
)
from inkasso_core.agencies.cells import Change
from inkasso_core.agencies.drop import Found, look, publish, write_part

DAY = dt.date(2026, 6, 1)


def name_of(placed: Placement) -> str | None:
    person = placed.debtor.person
    return person.last_name if person else None


class Sample(FileAgency[FileSettings]):
    """What an author writes: a name, a label, and the table."""

    name = "sample"
    label = "Sample"

    def writer(self) -> TableWriter[Placement]:
        columns = [
            Column[Placement]("Name", Kind.NAME, name_of),
            Column[Placement]("Betrag", Kind.AMOUNT, lambda p: p.principal_open, currency=lambda p: p.currency),
        ]
        return TableWriter(columns, TableDialect(encoding="utf-8-sig"), agency=self.name)


@pytest.fixture
def agency(tmp_path: Path) -> Sample:
    return Sample(FileSettings(directory=tmp_path))


def nameless() -> Claim:
    claim = green_claim()
    assert claim.debtor.person is not None
    person = claim.debtor.person.model_copy(update={"last_name": "-"})
    return claim.model_copy(update={"debtor": claim.debtor.model_copy(update={"person": person})})


# --- Settings ---


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{account}-{day}-{run:04d}.csv", "acme-2026-06-01-0007.csv"),
        ("forderungen_{day:%Y%m%d}_{run}.txt", "forderungen_20260601_7.txt"),
        ("{run}", "7"),
    ],
)
def test_the_file_name_holds_account_day_and_run(tmp_path: Path, pattern: str, name: str) -> None:
    settings = FileSettings(directory=tmp_path, file_name=pattern)
    assert settings.name_of(account="acme", day=DAY, run=7) == name


@pytest.mark.parametrize(
    "pattern",
    [
        "claims.csv",
        "{day}.csv",
        "{run}-{debtor}.csv",
        "{run}-{name}.csv",
        "{run}-{account.__class__}.csv",
        "{run}-{account[0]}.csv",
        "{run:{day}}.csv",
        "{run}-{}.csv",
        "{run",
        "{run:%Y}.csv",
        "out/{run}.csv",
        "../{run}.csv",
        ".{run}.csv",
        "{{run}}.csv",
    ],
)
def test_a_file_name_without_a_run_or_with_anything_else_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValidationError) as refused:
        FileSettings(directory=tmp_path, file_name=pattern)
    assert refused.value.errors()[0]["loc"] == ("file_name",)


def test_the_default_settings(tmp_path: Path) -> None:
    settings = FileSettings.model_validate({"directory": str(tmp_path)})
    assert settings.manifest
    assert settings.name_of(account="acme", day=DAY, run=12) == "acme-2026-06-01-0012.csv"


# --- One placement ---


def test_a_rehearsal_shows_header_and_row_as_text(agency: Sample) -> None:
    assert agency.rehearse(placement()) == "Name;Betrag\r\nGroß-Möller;153,99\r\n"


def test_a_check_refuses_what_cannot_be_expressed(agency: Sample) -> None:
    agency.check(placement())
    for ask in (agency.check, agency.rehearse):
        with pytest.raises(ClaimInvalid) as refused:
            ask(placement(nameless()))
        assert refused.value.fields == ("Name",)
        assert refused.value.agency == "sample"


def test_submitting_is_not_what_a_file_does(agency: Sample) -> None:
    with pytest.raises(UnsupportedOperation, match="file"):
        agency.submit(placement())
    with pytest.raises(UnsupportedOperation, match="one way"):
        agency.find("T-1")
    assert {"check", "rehearse"} < agency.operations
    assert "find" not in agency.operations


# --- Many placements ---


def test_rendering_counts_rows_totals_and_changes(agency: Sample) -> None:
    out = io.BytesIO()
    placements = [
        placement(reference="T-1"),
        placement(reference="T-2", principal=Decimal("10.01")),
        placement(reference="T-3", principal=Decimal("7.00"), currency="CHF"),
        placement(reference="T-4", principal=Decimal(1500), currency="JPY"),
    ]
    rendered = agency.render(placements, out)
    assert rendered.rows == 4
    assert rendered.totals == {"EUR": Decimal("164.00"), "CHF": Decimal("7.00"), "JPY": Decimal(1500)}
    assert len(rendered.changes) == 0
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    assert lines == ["Name;Betrag", "Groß-Möller;153,99", "Groß-Möller;10,01", "Groß-Möller;7,00", "Groß-Möller;1500"]


def test_rendering_stops_at_what_cannot_be_expressed_unless_somebody_takes_it(agency: Sample) -> None:
    placements = [placement(reference="T-1"), placement(nameless(), reference="T-2"), placement(reference="T-3")]
    with pytest.raises(ClaimInvalid):
        agency.render(placements, io.BytesIO())
    refused: list[tuple[str, tuple[str, ...]]] = []
    out = io.BytesIO()
    rendered = agency.render(placements, out, refused=lambda placed, exc: refused.append((placed.our_reference, exc.fields)))
    assert refused == [("T-2", ("Name",))]
    assert rendered.rows == 2
    assert rendered.totals == {"EUR": Decimal("307.98")}
    assert out.getvalue().count(b"\r\n") == 3


def test_the_same_placements_give_the_same_bytes(agency: Sample) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    agency.render([placement()], first)
    agency.render([placement()], second)
    assert first.getvalue() == second.getvalue()


def test_a_rendered_file_goes_through_the_drop(agency: Sample) -> None:
    directory = agency.settings.directory
    name = agency.settings.name_of(account="acme", day=DAY, run=1)
    part = write_part(directory, name, lambda out: agency.render([placement()], out))
    assert part.result.rows == 1
    final = publish(directory, name, part.sha256)
    assert hashlib.sha256(final.read_bytes()).hexdigest() == part.sha256
    assert look(directory, name, part.sha256) is Found.PUBLISHED


def test_memory_does_not_grow_with_the_number_of_rows(agency: Sample, tmp_path: Path) -> None:
    spoiled = green_claim(debtor=nameless().debtor)
    person = spoiled.debtor.person
    assert person is not None
    doubtful = spoiled.debtor.model_copy(update={"person": person.model_copy(update={"last_name": "-Łuk"})})
    one = placement(green_claim(debtor=doubtful))

    def many(count: int) -> Iterator[Placement]:
        for number in range(count):
            yield one.model_copy(update={"our_reference": f"T-{number}"})

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            with (tmp_path / "out.csv").open("wb") as out:
                rendered = agency.render(many(count), out)
            assert rendered.changes.counts["Name", Change.TRIGGER_REMOVED] == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = peak(2_000)
    assert peak(6_000) - few < 64 * 1024


def test_an_author_may_count_something_else(tmp_path: Path) -> None:
    class Total(Sample):
        def amount(self, placed: Placement) -> Decimal:
            return placed.total_open

    charged: dict[str, Any] = {"charges": ({"kind": "dunning_fee", "amount": "2.50"},)}
    rendered = Total(FileSettings(directory=tmp_path)).render([placement(**charged)], io.BytesIO())
    assert rendered.totals == {"EUR": Decimal("156.49")}
