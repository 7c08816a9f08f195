"""Agencies that take a file whose columns are set, into a directory or over SFTP, and may answer with one.

The default columns are ours (``reference: agency-diagonal.md`` section 4.3 proposes them), not any agency's. What the columns have no
place for is not in the file.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field

from inkasso_adapters import _reading as reading
from inkasso_adapters._calls import Part
from inkasso_adapters._record import check_map, check_paths, code_of, every_path, flat, generic, known_paths, lacking, record
from inkasso_core import (
    NOT_CONFIGURED,
    AgencyStatus,
    Cell,
    ClaimInvalid,
    Column,
    ColumnSpec,
    ConfigurationError,
    Dialect,
    Feed,
    FeedEntry,
    FeedKind,
    FileAgency,
    FileSettings,
    Inbox,
    InvalidInput,
    Kind,
    LocalInbox,
    Outcome,
    Paper,
    Placement,
    Rejected,
    SftpFileAgency,
    SftpFolder,
    SftpInbox,
    SftpSettings,
    StatusReport,
    TableDialect,
    TableWriter,
    Text,
    entry_digest,
    open_records,
)

_ONE_WAY = Text("eine Datei geht nur hin", "a file goes one way")
_KIND_OF: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(
            ("principal", "principal_open", "charges_open", "total_open", "dunning_fees", "bank_return_fees", "interest_open", "amount"),
            Kind.AMOUNT,
        ),
        **dict.fromkeys(
            (
                "birth_date",
                "issued_on",
                "concluded_on",
                "service_date",
                "delivered_on",
                "due_date",
                "default_since",
                "last_reminder_on",
                "placed_on",
                "sent_on",
                "deadline",
                "on",
                "first",
                "last",
            ),
            Kind.DATE,
        ),
        **dict.fromkeys(("first_name", "last_name", "company"), Kind.NAME),
        **dict.fromkeys(("phone", "mobile", "fax"), Kind.PHONE),
        **dict.fromkeys(("reference", "order", "order_number", "number", "client_id", "client_number"), Kind.REFERENCE),
        **dict.fromkeys(("currency", "country", "salutation", "kind"), Kind.CODE),
        "postal_code": Kind.POSTAL,
        "email": Kind.EMAIL,
    }
)
"""The last part of a path -> what its column holds; everything else is text."""


class ColumnSettings(Part):
    """One column."""

    header: str = Field(min_length=1)
    """Its name in the first line."""
    path: str
    """Path in our record."""
    max_length: int | None = Field(default=None, ge=1)
    """Characters."""


def _columns(*pairs: tuple[str, str]) -> tuple[ColumnSettings, ...]:
    return tuple(ColumnSettings(header=header, path=path) for header, path in pairs)


COLUMNS = _columns(
    ("Referenz", "reference"),
    ("Mandant", "client_number"),
    ("Anrede", "debtor.salutation"),
    ("Vorname", "debtor.first_name"),
    ("Nachname", "debtor.last_name"),
    ("Firma", "debtor.company"),
    ("Strasse", "debtor.address.street"),
    ("Hausnummer", "debtor.address.house_number"),
    ("Adresszusatz", "debtor.address.extra"),
    ("PLZ", "debtor.address.postal_code"),
    ("Ort", "debtor.address.city"),
    ("Land", "debtor.address.country"),
    ("Email", "debtor.email"),
    ("Telefon", "debtor.phone"),
    ("Geburtsdatum", "debtor.birth_date"),
    ("Bestellnummer", "claims.0.order_number"),
    ("Rechnungsnummer", "claims.0.invoice.number"),
    ("Rechnungsdatum", "claims.0.invoice.issued_on"),
    ("Faelligkeit", "claims.0.due_date"),
    ("Rate", "claims.0.instalment"),
    ("Hauptforderung", "claims.0.principal_open"),
    ("Waehrung", "currency"),
    ("Mahnkosten", "claims.0.dunning_fees"),
    ("Ruecklastschriftkosten", "claims.0.bank_return_fees"),
    ("LetzteMahnung", "claims.0.last_reminder_on"),
    ("AnzahlMahnungen", "claims.0.reminder_count"),
    ("Forderungsgrund", "claims.0.subject"),
    ("Leistungsdatum", "claims.0.service_date"),
    ("Zahlart", "claims.0.payment_method"),
    ("Bemerkung", "claims.0.note"),
)


class AnswerFiles(Part):
    """Where answer files lie and how they are read. A file that was taken is moved into the folder ``done`` beside it."""

    folder: str
    """The directory, relative to the working directory; over SFTP the folder on the server."""
    pattern: str = "*.csv"
    """Which of its files are answers."""
    our_reference: str = "Referenz"
    """The heading of the column with our reference."""
    agency_reference: str = "Aktenzeichen"
    status: str = "Status"
    text: str = "Statustext"
    on: str = "Datum"
    amount: str | None = None
    """The heading of the column with the amount of a payment, where each row that has one is a payment of its own. Left out, amounts stay
    in what is kept of the row."""


class TableAgencySettings(FileSettings):
    """Columns, their form, and the answers."""

    columns: tuple[ColumnSettings, ...] = Field(default=COLUMNS, min_length=1)
    """The columns, in order. The default is ours."""
    dialect: TableDialect = TableDialect()
    """How the table is written."""
    codes: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Path in our record -> our value -> what the agency calls it."""
    required: tuple[str, ...] = (
        "debtor.address.street_line",
        "debtor.address.postal_code",
        "debtor.address.city",
        "debtor.address.country",
    )
    """Paths in our record without which a claim is refused."""
    status_map: Mapping[str, AgencyStatus] = Field(default_factory=dict)
    """The agency's status code -> ours. What is not listed is ``unknown``."""
    outcome_map: Mapping[str, Outcome] = Field(default_factory=dict)
    """The agency's status code -> why the case ended."""
    status_mode: Literal["file", "none"] = "file"
    """``file`` reads answer files where ``answers`` names them."""
    answers: AnswerFiles | None = None
    """Answer files, where the agency sends some."""


TS = TypeVar("TS", bound=TableAgencySettings)


class TableAgency(FileAgency[TS]):
    """An agency that takes a configured table in a directory of this machine."""

    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        dict.fromkeys(
            (
                *("find", "fetch_status", "receive", "amend", "report_payment", "recall", "pause", "resume", "send_document"),
                *("send_message", "fetch_messages", "fetch_ledger", "fetch_payouts", "portal_url"),
            ),
            _ONE_WAY,
        )
    )

    def __init__(self, settings: TS) -> None:
        super().__init__(settings)
        of_us = frozenset(self.known_of_us())
        values = {str(number): column.path for number, column in enumerate(settings.columns)}
        check_map(values, setting="columns", known=frozenset(known_paths()) | of_us)
        check_paths(settings.required, setting="required", known=every_path() | of_us)
        check_paths(settings.codes, setting="codes", known=frozenset(known_paths()) | of_us)
        for path in settings.codes:
            if _kind(path) in (Kind.AMOUNT, Kind.DATE):
                raise ConfigurationError(_NO_CODE.fill(path=path), field=f"codes.{path}")
        if settings.answers is None or settings.status_mode == "none":
            for operation in ("fetch_feed", "acknowledge"):
                self.withhold(operation, NOT_CONFIGURED)

    @abstractmethod
    def known_of_us(self) -> dict[str, Any]:
        """Return what our record holds besides the placement: who we are to the agency."""

    def own(self, placement: Placement) -> dict[str, Any]:
        """Return what our record holds besides, for this placement."""
        return self.known_of_us()

    def needed(self) -> tuple[str, ...]:
        """Return the paths in our record without which a claim is refused."""
        return self.settings.required

    def writer(self) -> TableWriter[Placement]:
        """Return a writer of the set columns."""
        columns = [
            Column(one.header, kind := _kind(one.path), _reader(one.path, kind), one.max_length, lambda row: str(row["currency"]))
            for one in self.settings.columns
        ]
        return TableWriter(columns, self.settings.dialect, view=self._row, agency=self.name)

    def _row(self, placement: Placement) -> Mapping[str, Any]:
        whole = {**record(placement), **self.own(placement)}
        found, missing = flat(whole), lacking(whole, self.needed())
        missing += ("claims",) * (len(placement.claims) > 1) + ("principal_open",) * (placement.principal_open <= 0)
        if missing:
            raise ClaimInvalid(_MISSING.fill(fields=", ".join(missing)), agency=self.name, fields=missing)
        codes = self.settings.codes
        theirs = {column.path: codes.get(column.path) or codes.get(generic(column.path), {}) for column in self.settings.columns}
        return {path: theirs.get(path, {}).get(code_of(value), value) for path, value in found.items()}

    # Answers

    def inbox(self, answers: AnswerFiles) -> Inbox:
        """Return the folder of answer files."""
        return LocalInbox(Path(answers.folder).expanduser(), answers.pattern)

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Read the first answer file that was not taken yet: one entry a row. A file that cannot be read is one entry of kind OTHER."""
        answers = self._answers("fetch_feed")
        with self.inbox(answers) as inbox:
            paper = inbox.first()
        if paper is None:
            return Feed()
        return Feed(entries=tuple(self._entries(paper, answers)), token=paper.token, more=paper.more)

    def acknowledge(self, token: str) -> None:
        """Move the file away: its rows are stored."""
        with self.inbox(self._answers("acknowledge")) as inbox:
            inbox.settle(token)

    def _answers(self, operation: str) -> AnswerFiles:
        return self.settings.answers or self._unsupported(operation)

    def _entries(self, paper: Paper, answers: AnswerFiles) -> Iterator[FeedEntry]:
        known = tuple(map(ColumnSpec, (answers.our_reference, answers.agency_reference, answers.status)))
        found = paper.read(lambda path: open_records(path, format="csv", dialect=Dialect(header="yes", columns=known)))
        if isinstance(found, InvalidInput):
            yield self._odd(paper, found.text, None)
            return
        seen = Counter[str]()
        for row in found:
            if isinstance(row, Rejected):
                yield self._odd(paper, row.message, row.position.line)
                continue
            once = entry_digest(self.name, row.data)
            seen[once] += 1
            yield from self._of_row(row.data, answers, once if seen[once] == 1 else f"{once}-{seen[once]}")

    def _odd(self, paper: Paper, why: Text, line: int | None) -> FeedEntry:
        at = entry_digest(self.name, paper.token, line)
        return FeedEntry(entry_id=at, kind=FeedKind.OTHER, text=why.de, raw={"file": paper.name, "line": line})

    def _of_row(self, row: Mapping[str, Any], answers: AnswerFiles, entry_id: str) -> Iterator[FeedEntry]:
        number, ours, code = (reading.name(row.get(column)) for column in (answers.agency_reference, answers.our_reference, answers.status))
        on, said = reading.day(row.get(answers.on)), reading.prose(row.get(answers.text))
        case = {"agency_reference": number, "our_reference": ours, "on": on, "text": said, "raw": dict(row)}
        known = number or ours
        if known is None or code is None:
            yield FeedEntry(entry_id=entry_id, kind=FeedKind.OTHER, **case)
        else:
            report = StatusReport(
                agency_reference=known,  # a row that was refused gets no number: ours stands in
                status=self.settings.status_map.get(code, AgencyStatus.UNKNOWN),
                reason=self.settings.outcome_map.get(code),
                agency_status=code,
                agency_text=said,
                raw=dict(row),
            )
            yield FeedEntry(entry_id=entry_id, kind=FeedKind.STATUS, report=report, **case)
        amount = str(row.get(answers.amount) or "") if answers.amount else ""
        paid = reading.amount(amount)
        if amount and paid != 0:  # an amount that cannot be read is a payment all the same
            collected = reading.collected(paid, "EUR", on)
            yield FeedEntry(entry_id=f"{entry_id}-paid", kind=FeedKind.PAYMENT, collected=collected, **case)


class SftpTableSettings(TableAgencySettings, SftpSettings):
    """A configured table over SFTP; ``directory`` is the outbox on this machine."""


STS = TypeVar("STS", bound=SftpTableSettings)


class SftpTableAgency(TableAgency[STS], SftpFileAgency[STS]):
    """An agency that takes a configured table over SFTP, and answers in a folder there."""

    def inbox(self, answers: AnswerFiles) -> Inbox:
        """Return the folder of answer files on the server."""
        return SftpInbox(SftpFolder(self.settings, answers.folder, agency=self.name, label=self.label), answers.pattern)


def _kind(path: str) -> Kind:
    return _KIND_OF.get(path.rpartition(".")[2], Kind.TEXT)


def _reader(path: str, kind: Kind) -> Any:
    def text(row: Mapping[str, Any]) -> Cell:
        value = row.get(path)
        return None if value is None else str(value)

    def date(row: Mapping[str, Any]) -> Cell:
        value = row.get(path)
        return None if value is None else dt.date.fromisoformat(value)

    def amount(row: Mapping[str, Any]) -> Cell:
        value = row.get(path)
        return value if isinstance(value, Decimal) else None

    return {Kind.DATE: date, Kind.AMOUNT: amount}.get(kind, text)


_NO_CODE = Text(
    "codes: {path} ist ein Betrag oder ein Tag, und die haben keine Codes.",
    "codes: {path} is an amount or a day, and these have no codes.",
)
_MISSING = Text(
    "Es fehlt oder passt nicht: {fields}. Im Shop oder in den Einstellungen ergänzen.",
    "Missing, or it does not fit: {fields}. Add it in the shop, or in the settings.",
)
