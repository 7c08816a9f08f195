"""ADU by file: claims in a neutral table or as JSON lines, for a person to upload, mail or type in.

ADU publishes no file format. The columns are ours (``reference: agency-adu.md`` section 5 names what a hand-over needs); which of them are
written, in which order and under which names is a setting.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from inkasso_adapters._record import check_map, flat, known_paths, mapped, record
from inkasso_adapters.adu.portal import PortalSettings
from inkasso_core import (
    NOT_PUBLISHED,
    Cell,
    ClaimInvalid,
    Column,
    ConfigurationError,
    Document,
    FileAgency,
    FileSettings,
    Kind,
    Placement,
    TableDialect,
    TableWriter,
    Text,
    to_json,
)

DOCUMENTS = "documents"
"""The path of our record's vouchers: their addresses, else their names. Their content is not in the file."""
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "Referenz": "reference",
        "Bestellnummer": "claims.0.order_number",
        "Rechnungsnummer": "claims.0.invoice.number",
        "Rechnungsdatum": "claims.0.invoice.issued_on",
        "Fällig am": "claims.0.due_date",
        "Letzte Mahnung": "claims.0.last_reminder_on",
        "Mahnungen": "claims.0.reminder_count",
        "Währung": "currency",
        "Hauptforderung": "claims.0.principal",
        "Offene Hauptforderung": "claims.0.principal_open",
        "Mahngebühren": "claims.0.dunning_fees",
        "Offen gesamt": "claims.0.total_open",
        "Verzug seit": "claims.0.default_since",
        "Forderungsgrund": "claims.0.subject",
        "Leistungsdatum": "claims.0.service_date",
        "Kundennummer": "debtor.number",
        "Firma": "debtor.company",
        "Anrede": "debtor.salutation",
        "Titel": "debtor.title",
        "Vorname": "debtor.first_name",
        "Nachname": "debtor.last_name",
        "Geburtsdatum": "debtor.birth_date",
        "Adresszusatz": "debtor.address.care_of",
        "Straße": "debtor.address.street",
        "Hausnummer": "debtor.address.house_number",
        "PLZ": "debtor.address.postal_code",
        "Ort": "debtor.address.city",
        "Land": "debtor.address.country",
        "Telefon": "debtor.phone",
        "Mobil": "debtor.mobile",
        "E-Mail": "debtor.email",
        "Belege": DOCUMENTS,
    }
)
"""Column -> where its value stands in our record."""

_KINDS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.AMOUNT: frozenset(
            {
                "amount",
                "bank_return_fees",
                "charges_open",
                "dunning_fees",
                "interest_open",
                "principal",
                "principal_open",
                "total_open",
            }
        ),
        Kind.DATE: frozenset(
            {
                "birth_date",
                "concluded_on",
                "deadline",
                "default_since",
                "delivered_on",
                "due_date",
                "first",
                "issued_on",
                "last",
                "last_reminder_on",
                "on",
                "placed_on",
                "sent_on",
                "service_date",
            }
        ),
        Kind.NAME: frozenset({"company", "first_name", "last_name"}),
        Kind.PHONE: frozenset({"fax", "mobile", "phone"}),
        Kind.POSTAL: frozenset({"postal_code"}),
        Kind.EMAIL: frozenset({"email"}),
        Kind.CODE: frozenset({"country", "currency", "kind", "salutation"}),
        Kind.REFERENCE: frozenset({"number", "order", "order_number", "reference"}),
    }
)
"""What a column holds, by the last part of its path; everything else is text."""
_Row = Mapping[str, Any]


class ADUExportSettings(FileSettings, PortalSettings):
    """Where the file goes, and what stands in it."""

    transport: Literal["export"]
    """Always ``export``."""
    format: Literal["csv", "json-lines"] = "csv"
    """A table, or one JSON object a line with all that our record holds."""
    dialect: TableDialect = TableDialect(encoding="utf-8-sig")
    """How the table is written."""
    columns: Mapping[str, str] = Field(default_factory=lambda: dict(COLUMNS), min_length=1)
    """For ``csv``: name of the column -> path in our record, in the order of the table."""
    fields: Mapping[str, str] = Field(default_factory=dict)
    """For ``json-lines``: path in the object -> path in our record. Left out, the object is our record."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """Call a file of JSON lines so where nothing else is said."""
        if isinstance(given, Mapping) and given.get("format") == "json-lines":
            return {"file_name": "{account}-{day}-{run:04d}.jsonl", **given}
        return given


class ADUExport(FileAgency[ADUExportSettings]):
    """ADU-Inkasso by file: one claim a row or line, in a layout of ours."""

    name: ClassVar[str] = "adu"
    label: ClassVar[str] = "ADU-Inkasso"
    verified: ClassVar[str] = "specification read"
    documentation: ClassVar[str] = "docs/agencies/adu.md"
    Settings = ADUExportSettings
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        {
            **{operation: why for operation, why in FileAgency.lacks.items() if operation != "portal_url"},
            **dict.fromkeys(("fetch_feed", "amend", "report_payment", "pause", "resume"), NOT_PUBLISHED),
        }
    )

    def __init__(self, settings: ADUExportSettings) -> None:
        super().__init__(settings)
        for header, path in settings.columns.items():
            if path != DOCUMENTS and _generic(path) not in known_paths():
                raise ConfigurationError(_NO_PATH.fill(header=header, path=path), field=f"columns.{header}")
        check_map(settings.fields, setting="fields")
        self._columns = tuple(_column(header, path) for header, path in settings.columns.items())

    def writer(self) -> TableWriter[Placement]:
        """Return a writer of the table, or of JSON lines."""
        if self.settings.format == "csv":
            return TableWriter(self._columns, self.settings.dialect, view=self._row, agency=self.name)
        return JsonLines(self)

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to a case, once somebody noted its number."""
        return self.settings.link(case_reference=agency_reference)

    def line(self, placement: Placement) -> dict[str, Any]:
        """Return what stands on a line of JSON."""
        self._insist(placement)
        body = mapped(record(placement), self.settings.fields)
        return {**body, DOCUMENTS: [_voucher(document) for document in placement.claim.documents]}

    def _row(self, placement: Placement) -> _Row:
        self._insist(placement)
        vouchers = (document.url or document.name or document.kind for document in placement.claim.documents)
        return {**flat(record(placement)), DOCUMENTS: " | ".join(vouchers)}

    def _insist(self, placement: Placement) -> None:
        if len(placement.claims) != 1:
            raise ClaimInvalid(_ONE_CLAIM, agency=self.name, fields=("claims",))


class JsonLines(TableWriter[Placement]):
    """Writes placements as JSON lines in UTF-8. Amounts are numbers with all their digits."""

    def __init__(self, agency: ADUExport) -> None:
        super().__init__((), TableDialect(encoding="utf-8"))
        self._line_of = agency.line

    def header(self) -> bytes:
        """Return nothing: the names stand in every line."""
        return b""

    def row(self, item: Placement) -> bytes:
        """Return the placement as one line. Raises ``ClaimInvalid``."""
        line = to_json(self._line_of(item))
        self.rows += 1
        return line + b"\n"


def _column(header: str, path: str) -> Column[_Row]:
    kind = next((kind for kind, names in _KINDS.items() if path.rpartition(".")[2] in names), Kind.TEXT)
    return Column(header, kind, lambda row: _cell(row.get(path), kind), currency=lambda row: str(row["currency"]))


def _cell(value: Any, kind: Kind) -> Cell:
    if kind is Kind.DATE and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value if value is None or isinstance(value, Decimal) else str(value)


def _generic(path: str) -> str:
    return ".".join("*" if part.isdigit() else part for part in path.split("."))


def _voucher(document: Document) -> dict[str, Any]:
    return document.model_dump(mode="json")


_ONE_CLAIM = Text(
    "Eine Zeile fasst nur eine Forderung: einzeln übergeben.",
    "A row holds one claim only: place them one by one.",
)
_NO_PATH = Text(
    "columns: die Spalte {header} nennt den Pfad {path}, den unser Datensatz nicht hat; die Seite der Anbindung nennt alle.",
    "columns: the column {header} names the path {path}, which our record has not; the adapter's page lists all.",
)
