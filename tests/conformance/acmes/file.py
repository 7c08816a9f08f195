"""Acme Inkasso by file."""

from inkasso_core import ClaimInvalid, Column, FileAgency, FileSettings, Kind, Placement, TableDialect, TableWriter, Text


def last_name(placement: Placement) -> str:
    person = placement.debtor.person
    if person is None or person.last_name is None:
        raise ClaimInvalid(Text("Nachname fehlt.", "The last name is missing."), agency="acme-file", fields=("Nachname",))
    return person.last_name


def street(placement: Placement) -> str | None:
    address = placement.debtor.address
    return address.street_line if address else None


COLUMNS = (
    Column[Placement]("Referenz", Kind.REFERENCE, lambda p: p.our_reference),
    Column[Placement]("Nachname", Kind.NAME, last_name),
    Column[Placement]("Straße", Kind.TEXT, street),
    Column[Placement]("Grund", Kind.TEXT, lambda p: p.claim.subject, max_length=250),
    Column[Placement]("Betrag", Kind.AMOUNT, lambda p: p.principal_open, currency=lambda p: p.currency),
)


class AcmeFile(FileAgency[FileSettings]):
    name = "acme-file"
    label = "Acme Inkasso (file)"
    Settings = FileSettings

    def writer(self) -> TableWriter[Placement]:
        return TableWriter(COLUMNS, TableDialect(), agency=self.name)
