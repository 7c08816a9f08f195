"""An agency of the tests' own that takes several claims of one debtor in one row of its file."""

from decimal import Decimal
from typing import ClassVar

from inkasso_core import Agency, ClaimInvalid, Column, FileAgency, FileSettings, Kind, Placement, TableDialect, TableWriter, Text

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


AGENCIES: dict[str, type[Agency[FileSettings]]] = {SeveralRows.name: SeveralRows}
"""What the installation has besides the installed adapters."""
