"""Agencies and lawyers who take claims by e-mail: a message with the data as files, and the documents of the claim.

No format of anybody: the record is ours (``docs/agencies/email.md``), agreed with whoever reads it.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from inkasso_adapters._record import flat, record
from inkasso_core import (
    AGENCY_HAS_NONE,
    Acknowledgement,
    AgencyStatus,
    Amend,
    Attachment,
    ClaimInvalid,
    Instruction,
    MailAgency,
    MailSettings,
    Pause,
    Placement,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    Submission,
    Text,
    read_documents,
    to_json,
)

_MEGABYTE = 1024 * 1024
_CSV_DELIMITER = ";"
_ONE_WAY = Text("eine E-Mail geht nur hin", "an e-mail goes one way")


class EmailSettings(MailSettings):
    """Who writes to whom, and what goes with a message."""

    documents: Path | None = None
    """The folder in which the documents lie that claims name (invoices, reminders): all of them go along, or the claim does not. Left out,
    none goes along; the data name them."""
    largest_message: int = Field(default=20, ge=1, le=150)
    """Megabytes (MB): the most that the documents of one message may have together."""
    claims_per_message: int = Field(default=1, ge=1, le=200)
    """How many claims of one debtor go in one message, at most."""
    greeting: str = "Guten Tag,"
    signature: str = ""
    """What stands below every message: the creditor's name and telephone number."""


class Email(MailAgency[EmailSettings]):
    """Claims, and what happens to them, as messages to a person."""

    name = "email"
    label = "E-Mail"
    Settings = EmailSettings
    verified = "stand-in"
    documentation = "docs/agencies/email.md"
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        {
            **dict.fromkeys(
                ("find", "fetch_status", "fetch_feed", "acknowledge", "receive", "fetch_messages", "fetch_ledger", "fetch_payouts"),
                _ONE_WAY,
            ),
            "portal_url": AGENCY_HAS_NONE,
        }
    )

    def __init__(self, settings: EmailSettings) -> None:
        super().__init__(settings)
        self.claims_per_placement = settings.claims_per_message

    def check(self, placement: Placement) -> None:
        """Build the message with all that goes with it, and send nothing. Raises ``ClaimInvalid``."""
        self.sealed(self._claim_message(placement))

    def rehearse(self, placement: Placement) -> str:
        """Return the message as it would leave, before it is sealed, with the names and sizes of what goes with it."""
        message = self._claim_message(placement)
        body = message.get_body(("plain",))
        heads = [f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Message-ID")]
        files = [f"{part.get_filename()} ({len(part.get_payload(decode=True) or b'')} bytes)" for part in message.iter_attachments()]
        return "\n".join([*heads, "", body.get_content() if body else "", *files])

    def submit(self, placement: Placement) -> Submission:
        """Send the message. The agency has yet to confirm that it arrived."""
        message = self._claim_message(placement)
        sent = self.send(message)
        raw = {"message_id": sent.message_id, "size": sent.size, "files": _digests(message)}
        return Submission(status=AgencyStatus.SUBMITTED, confirmed=False, agency_status="sent", raw=raw)

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Send what changed, with the whole record as it is now."""
        facts = {"changed": list(instruction.changed), "note": instruction.note}
        return self._tell(instruction, "amend", facts, files=_data(record(instruction.placement)))

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Send that the debtor paid the creditor."""
        return self._tell(instruction, "report_payment", _facts(instruction))

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back."""
        return self._tell(instruction, "recall", _facts(instruction))

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Ask for the case to be halted."""
        return self._tell(instruction, "pause", _facts(instruction))

    def resume(self, instruction: Resume) -> Acknowledgement:
        """Ask for the case to go on."""
        return self._tell(instruction, "resume", _facts(instruction))

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Send a message."""
        return self._tell(instruction, "send_message", {}, text=instruction.text)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Send a document. Raises ``ClaimInvalid`` for one that is too large."""
        if len(instruction.content) > self.settings.largest_message * _MEGABYTE:
            raise ClaimInvalid(_TOO_LARGE.fill(most=self.settings.largest_message), agency=self.name, fields=("content",))
        document = Attachment(instruction.kind, instruction.file_name, instruction.media_type, instruction.content)
        return self._tell(instruction, "send_document", {"kind": instruction.kind}, files=[document])

    # Messages

    def _claim_message(self, placement: Placement) -> EmailMessage:
        folder, largest = self.settings.documents, self.settings.largest_message * _MEGABYTE
        documents = read_documents(placement.claims, folder, agency=self.name, largest=largest) if folder else []
        text = _HANDED_OVER.format(number=len(placement.claims), total=_german(placement.total_open), currency=placement.currency)
        message = self._message(placement.our_reference, placement.idempotency_key, "submit", text)
        _attach(message, [*_data(record(placement)), *documents])
        return message

    def _tell(
        self, instruction: Instruction, operation: str, facts: Mapping[str, Any], *, text: str = "", files: list[Attachment] | None = None
    ) -> Acknowledgement:
        lines = [
            _SUBJECTS[operation],
            *([text] if text else []),
            *(f"{_LABELS[name]}: {_shown(value)}" for name, value in facts.items() if value),
        ]
        lines.append(f"Ihr Aktenzeichen: {instruction.agency_reference}")
        message = self._message(instruction.our_reference, instruction.idempotency_key, operation, "\n".join(lines))
        _attach(message, files or [])
        sent = self.send(message)
        return Acknowledgement(done=False, reference=sent.message_id, raw={"message_id": sent.message_id, "size": sent.size})

    def _message(self, our_reference: str, key: str, operation: str, text: str) -> EmailMessage:
        """Write a message; its subject and headers name no person. Its id is the key's: the same try has the same id."""
        host = self.settings.sender.rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self.settings.sender, self.settings.recipient
        message["Subject"] = f"{_SUBJECTS[operation]} {our_reference}"
        message["Message-ID"] = f"<{our_reference}.{key}@{host}>"
        message["References"] = f"<{our_reference}@{host}>"
        message["Date"] = dt.datetime.now(dt.UTC)
        message.set_content("\n\n".join(part for part in (self.settings.greeting, text, self.settings.signature) if part))
        return message


def _data(content: Mapping[str, Any]) -> list[Attachment]:
    rows = flat(dict(content))
    table = io.StringIO()
    writer = csv.writer(table, delimiter=_CSV_DELIMITER, lineterminator="\r\n")
    writer.writerow(rows)
    writer.writerow("" if value is None else _text(value) for value in rows.values())
    return [
        Attachment("data", "forderung.json", "application/json", to_json(content)),
        Attachment("data", "forderung.csv", "text/csv", table.getvalue().encode("utf-8-sig")),
    ]


def _text(value: Any) -> str:
    """A cell; one that a spreadsheet would take for a formula is marked as text."""
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" and not text.lstrip("-").replace(".", "", 1).isdigit() else text


def _attach(message: EmailMessage, files: list[Attachment]) -> None:
    for file in (given.sendable() for given in files):
        maintype, subtype = file.media_type.split("/")
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.file_name)


def _digests(message: EmailMessage) -> dict[str, str]:
    return {part.get_filename() or "": hashlib.sha256(_content(part)).hexdigest() for part in message.iter_attachments()}


def _content(part: Any) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _facts(instruction: Instruction) -> dict[str, Any]:
    return {name: getattr(instruction, name) for name in _LABELS if hasattr(instruction, name)}


def _shown(value: Any) -> str:
    match value:
        case dt.date():
            return value.strftime("%d.%m.%Y")
        case list() | tuple():
            return ", ".join(map(str, value))
        case True:
            return "ja"
        case _:
            return str(value)


def _german(amount: Any) -> str:
    """Write an amount with all the decimals that it has, two at least."""
    return f"{amount:,f}".translate(str.maketrans(",.", ".,"))


_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "submit": "Neue Forderung",
        "amend": "Änderung einer Forderung",
        "report_payment": "Direktzahlung des Schuldners",
        "recall": "Rückruf einer Forderung",
        "pause": "Bitte um Ruhen der Sache",
        "resume": "Bitte um Fortsetzung der Sache",
        "send_message": "Nachricht zu einer Forderung",
        "send_document": "Unterlage zu einer Forderung",
    }
)
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "amount": "Betrag",
        "currency": "Währung",
        "received_on": "Eingegangen am",
        "payment_reference": "Unser Zeichen der Zahlung",
        "claim_reference": "Rechnung",
        "applies_to": "Verrechnet auf",
        "until": "Bis einschließlich",
        "reason": "Grund",
        "changed": "Geändert",
        "note": "Bemerkung",
        "kind": "Art der Unterlage",
        "costs_accepted": "Kostenhinweis gesehen",
    }
)
_HANDED_OVER = """wir übergeben Ihnen eine Forderungsangelegenheit ({number} Forderung(en), offen {total} {currency}).
Die Angaben liegen als Datei bei; die Nachricht gilt erst mit Ihrer Bestätigung als angenommen."""
_TOO_LARGE = Text("Das Dokument ist größer als {most} MB: verkleinern.", "The document is larger than {most} MB: make it smaller.")
