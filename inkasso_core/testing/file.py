# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of an adapter that writes files: what is in the file is what was placed, to the letter and to the cent."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from inkasso_core.agencies.cells import TRIGGERS, TableDialect
from inkasso_core.agencies.file import FileAgency, Rendered
from inkasso_core.errors import ClaimInvalid, UnsupportedOperation
from inkasso_core.model.agency import Placement
from inkasso_core.model.party import Debtor
from inkasso_core.testing.common import AdapterConformance
from inkasso_core.testing.sample import forms, sample_claim, sample_debtor, sample_placement, traced
from inkasso_core.testing.scene import Scene
from inkasso_core.testing.verdict import insist_on_values

_NUMBER = re.compile(r"[+-]?[\d.,/ ]+")
_FORMULA = '=HYPERLINK("https://example.org")'


class FileConformance(AdapterConformance):
    """Subclass it for a :class:`FileAgency`; it needs ``agency_class`` and ``settings``, whose ``directory`` the kit brings."""

    file_count: ClassVar[int] = 3
    file_refuse: ClassVar[Placement | None] = None
    """A placement that the agency would not take; left out, one whose debtor has neither name nor address."""

    @classmethod
    def placements(cls) -> list[Placement]:
        """Return what goes into the file."""
        return [cls.placed(number=number) for number in range(1, cls.file_count + 1)]

    def test_rows_are_the_placements(self, scene: Scene) -> None:
        """One row a placement, in their order, and nothing of it is said aloud."""
        with scene.discreet():
            rendered, content = written(self.adapter(scene), self.placements())
        rows = self.rows(scene, content)
        assert rendered.rows == len(rows) == self.file_count
        for row, placement in zip(rows, self.placements(), strict=True):
            own = {placement.our_reference, *(c.invoice.number for c in placement.claims if c.invoice), *forms(placement.principal_open)}
            assert own & set(row), "a row holds nothing that is its placement's own"

    def test_amounts_and_umlauts_are_intact(self, scene: Scene) -> None:
        """The file can be read in its encoding; amounts stand in it to the cent, and the debtor's data letter by letter."""
        _, content = written(self.adapter(scene), self.placements())
        for row, placement in zip(self.rows(scene, content), self.placements(), strict=True):
            insist_on_values(placement, row)

    def test_the_control_total_is_the_sum(self, scene: Scene) -> None:
        """The control total is the sum of what each row adds, per currency."""
        agency = self.adapter(scene)
        rendered, _ = written(agency, self.placements())
        assert rendered.totals == {"EUR": sum((agency.amount(placement) for placement in self.placements()), Decimal(0))}

    def test_no_amount_becomes_a_float(self, scene: Scene) -> None:
        """Nowhere is a float made of an amount."""
        floated: list[str] = []
        written(self.adapter(scene), [traced(placement, floated) for placement in self.placements()])
        assert not floated, f"a float was made of {floated}"

    def test_the_same_placements_give_the_same_bytes(self, scene: Scene) -> None:
        """Whoever writes the file again after a crash writes the same."""
        agency = self.adapter(scene)
        assert written(agency, self.placements())[1] == written(agency, self.placements())[1]

    def test_a_refused_placement_is_named_and_left_out(self, scene: Scene) -> None:
        """What cannot be expressed is named with its fields, without its values, and the others are written."""
        odd = self.file_refuse or sample_placement(sample_claim(9, debtor=Debtor()), number=9)
        refused: list[tuple[Placement, ClaimInvalid]] = []
        with scene.discreet() as listener:
            rendered, content = written(self.adapter(scene), [*self.placements(), odd], refused)
            for _, error in refused:
                listener.listen("the refusal", error)
        assert rendered.rows + len(refused) == self.file_count + 1, "a placement was left out and not named"
        if not refused:
            pytest.skip("not covered: name in file_refuse a placement that is refused")
        assert [placement.our_reference for placement, _ in refused] == [odd.our_reference]
        assert refused[0][1].fields, "the refusal names no field"
        assert rendered.rows == len(self.rows(scene, content)) == self.file_count
        assert content == written(self.adapter(scene), self.placements())[1]

    def test_no_cell_runs_as_a_formula(self, scene: Scene) -> None:
        """What a shop's customer writes into his name does not run in a spreadsheet."""
        person = sample_debtor().person
        assert person is not None
        debtor = sample_debtor(person=person.model_copy(update={"last_name": _FORMULA}))
        placement = sample_placement(sample_claim(debtor=debtor, subject=_FORMULA))
        _, content = written(self.adapter(scene), [placement], [])
        cells = [cell for row in self.rows(scene, content) for cell in row]
        formulas = [cell for cell in cells if cell[:1] in tuple(TRIGGERS) and len(cell) > 1 and not _NUMBER.fullmatch(cell)]
        assert not formulas, f"{len(formulas)} cells begin as a formula does"

    def test_checking_and_rehearsing_write_nothing(self, scene: Scene) -> None:
        """``check`` and ``rehearse`` leave the directory as it is; what is rehearsed is what would be written."""
        agency, placement = self.adapter(scene), self.placed()
        folder = Path(scene.settings.directory) if hasattr(scene.settings, "directory") else None
        before = sorted(folder.iterdir()) if folder and folder.exists() else []
        agency.check(placement)
        shown = agency.rehearse(placement)
        _, content = written(agency, [placement])
        assert shown == content.decode(self.dialect(scene).encoding)
        assert (sorted(folder.iterdir()) if folder and folder.exists() else []) == before
        assert not any(secret in shown for secret in scene.secrets)

    def test_it_takes_no_single_submission(self, scene: Scene) -> None:
        """A hand-over is an export: ``submit`` says so."""
        with pytest.raises(UnsupportedOperation):
            scene.agency.submit(self.placed())

    def adapter(self, scene: Scene) -> FileAgency[Any]:
        """Return the adapter."""
        agency = scene.agency
        assert isinstance(agency, FileAgency), "FileConformance is for subclasses of FileAgency"
        return agency

    def dialect(self, scene: Scene) -> TableDialect:
        """Return how the table is written."""
        return self.adapter(scene).writer().dialect

    def rows(self, scene: Scene, content: bytes) -> list[list[str]]:
        """Read the file back, without its header."""
        dialect = self.dialect(scene)
        text = content.decode(dialect.encoding)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator, strict=True))
        return rows[1:] if dialect.header else rows


def written(
    agency: FileAgency[Any], placements: Sequence[Placement], refused: list[tuple[Placement, ClaimInvalid]] | None = None
) -> tuple[Rendered, bytes]:
    """Write a file into memory; what is refused is kept in ``refused``, or fails the check."""
    out = io.BytesIO()
    keep = None if refused is None else lambda placement, error: refused.append((placement, error))
    return agency.render(placements, out, refused=keep), out.getvalue()
