"""Agencies of the tests' own: several claims in a row of a file, several placements in a request, and one with stages and a feed.

Those that are not files keep their books as the dummy does, in a ledger that says what really arrived.
"""

import json
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from inkasso_adapters.dummy import Case, DummyAgency, DummySettings
from inkasso_core import (
    Agency,
    AgencyError,
    AgencyStatus,
    ClaimInvalid,
    Collected,
    Column,
    Feed,
    FeedEntry,
    FeedKind,
    FileAgency,
    FileSettings,
    Kind,
    OutcomeUnknown,
    Placement,
    StatusReport,
    Submission,
    TableDialect,
    TableWriter,
    Text,
)

JOINT = "+"
"""Between what belongs to the claims of one row."""


class SeveralRows(FileAgency[FileSettings]):
    """Up to three claims a row, in EUR: their invoices, the amount of each, and the sum."""

    name: ClassVar[str] = "several-rows"
    label: ClassVar[str] = "Several claims a row"
    Settings = FileSettings
    claims_per_placement = 3

    def writer(self) -> TableWriter[Placement]:
        """The columns are named as in the other file, so that one reader reads both."""
        return TableWriter(
            [
                Column("Rechnungsnr", Kind.TEXT, _invoices),
                Column("Einzelbetrag", Kind.TEXT, lambda p: JOINT.join(format(one.principal_open, "f") for one in p.claims)),
                Column("Forderungsbetrag", Kind.AMOUNT, _euros),
            ],
            TableDialect(encoding="utf-8"),
        )


def _invoices(placement: Placement) -> str:
    return JOINT.join(one.invoice.number for one in placement.claims if one.invoice and one.invoice.number)


def _euros(placement: Placement) -> Decimal:
    if placement.currency != "EUR":
        raise ClaimInvalid(Text("Nur EUR.", "EUR only."), fields=("currency",))
    return placement.principal_open


class Bulk(DummyAgency):
    """Takes three placements in a request. Where it loses an answer, its answer does not name that placement."""

    name: ClassVar[str] = "bulk"
    batch_size = 3

    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        """One answer each."""
        return dict(answer for one in placements for answer in self._answer(one))

    def _answer(self, placement: Placement) -> list[tuple[str, Submission | AgencyError]]:
        try:
            return [(placement.our_reference, self.submit(placement))]
        except OutcomeUnknown:
            return []
        except AgencyError as exc:
            return [(placement.our_reference, exc)]


ENTRIES = 4
"""How many entries its feed has for each case."""


class Eventful(DummyAgency):
    """Takes a case in three requests, of which the last one commits, and tells what happens in a feed that must be acknowledged."""

    name: ClassVar[str] = "eventful"

    def __init__(self, settings: DummySettings) -> None:
        super().__init__(settings)
        assert settings.ledger is not None
        self._drafts, self._acknowledged = settings.ledger.with_suffix(".drafts"), settings.ledger.with_suffix(".acknowledged")

    def submit(self, placement: Placement) -> Submission:
        """Debtor, draft, release."""
        self.check(placement)
        if "debtor" not in placement.progress:
            placement.reached("debtor", f"D-{placement.debtor.number}")
        if "draft" not in placement.progress:
            _write(self._drafts, placement.our_reference)
            placement.reached("draft", f"DRAFT-{placement.our_reference}")
        return super().submit(placement)

    def find(self, our_reference: str) -> StatusReport | None:
        """A draft is a case that was not released."""
        if our_reference in _lines(self._drafts) and not self.ledger.cases(our_reference):
            return StatusReport(agency_reference=f"DUMMY-{our_reference}", status=AgencyStatus.DRAFT, raw={"draft": our_reference})
        return super().find(our_reference)

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Three entries at a time, from what was not acknowledged on."""
        cases = [case for case in self.ledger.cases() if case.account == "events"]
        told = [_unknown(), *(entry for case in cases for entry in self._entries(case))]
        start = int((_lines(self._acknowledged) or ["0"])[-1])
        end = min(start + 3, len(told))
        return Feed(entries=tuple(told[start:end]), token=str(end), more=end < len(told))

    def acknowledge(self, token: str) -> None:
        """On the disk when this returns."""
        _write(self._acknowledged, token)

    def _entries(self, case: Case) -> list[FeedEntry]:
        report = self.report(case.agency_reference, "open", {"case": case.agency_reference})
        money = Collected(amount=Decimal("25.00"), currency="EUR", received_on="2026-06-01")  # type: ignore[arg-type]
        more: list[dict[str, Any]] = [
            {"kind": FeedKind.STATUS, "report": report},
            {"kind": FeedKind.PAYMENT, "collected": money},
            {"kind": FeedKind.QUESTION, "text": "?"},
            {"kind": FeedKind.HINT},
        ]
        assert len(more) == ENTRIES
        names = {"agency_reference": case.agency_reference, "our_reference": case.our_reference}
        return [FeedEntry(entry_id=f"{case.our_reference}-{number}", **names, **one) for number, one in enumerate(more)]


def _unknown() -> FeedEntry:
    return FeedEntry(entry_id="nobody", kind=FeedKind.MESSAGE, agency_reference="NOBODY", text="Who is that?")


def _write(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(path: Path) -> list[str]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


AGENCIES: dict[str, type[Agency[Any]]] = {one.name: one for one in (SeveralRows, Bulk, Eventful)}
"""What the installation has besides the installed adapters."""
