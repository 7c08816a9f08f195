"""The floor of intake: what anybody must at least do who takes the same claims into the same tables with the same libraries.

Read the lines, bring the text into NFC, check it with plain pydantic models, normalise e-mail addresses (email-validator), telephone
numbers (phonenumbers) and country names (babel), and insert the same rows with raw ``sqlite3``. No diagnosis, no look-up of what is
known, no life cycle, no revisions compared: none of our code runs here, but for the migration that made the tables.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import phonenumbers
from babel import Locale
from email_validator import validate_email
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

BATCH = 500
"""Claims to a commit: as many as the ingest of the package."""
AT = "2026-06-01T10:00:00.000000Z"
_DECODER = json.JSONDecoder(parse_float=Decimal)


@cache
def _codes() -> dict[str, str]:
    names = {"deu": "DE"}
    for language in ("de", "en"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2:
                names[name.casefold()] = names[code.casefold()] = code
    return names


def _country(name: str) -> str:
    return _codes()[name.casefold()]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Text = Annotated[str, Field(max_length=300)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


class Source(_Model):
    order: Text
    order_number: Text
    status: Text
    version: int
    reported_at: AwareDatetime


class Person(_Model):
    salutation: Text
    first_name: Text
    last_name: Text
    birth_date: dt.date


class Organization(_Model):
    name: Text
    legal_form: Text


class Address(_Model):
    street: Text
    house_number: Text
    postal_code: Text
    city: Text
    country: Annotated[str, AfterValidator(_country)]


class Contact(_Model):
    kind: Text
    value: Text


class Debtor(_Model):
    number: Text
    capacity: Text
    person: Person | None = None
    organization: Organization | None = None
    addresses: tuple[Address, ...]
    contacts: tuple[Contact, ...]


class Contract(_Model):
    number: Text
    concluded_on: dt.date


class Invoice(_Model):
    number: Text
    issued_on: dt.date


class Charge(_Model):
    kind: Text
    amount: Money
    on: dt.date
    reason: Text


class Payment(_Model):
    amount: Money
    on: dt.date
    applies_to: Text


class Reminder(_Model):
    level: int
    sent_on: dt.date
    deadline: dt.date
    channel: Text


class Dispute(_Model):
    since: dt.date
    reason: Text


class Claim(_Model):
    source: Source
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    principal: Money
    debtor: Debtor
    subject: Text
    contract: Contract
    invoice: Invoice
    service_date: dt.date
    performed: bool
    due_date: dt.date
    due_date_origin: Text
    payment_method: Text
    charges: tuple[Charge, ...] = ()
    payments: tuple[Payment, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    dispute: Dispute | None = None


_ROWS: dict[str, tuple[str, ...]] = {
    "vault": ("id", "kind", "subject", "body", "created_at"),
    "debtor": ("id", "tenant", "shop", "lookup", "created_at"),
    "claim": (
        *("id", "tenant", "shop", "record", "vendor", "debtor_id", "state", "former_state", "account", "currency", "principal_open"),
        *("total_open", "creditor", "invoice_number", "due_date", "expected_on", "red", "warnings", "revision_no", "reported", "digest"),
        *("body_id", "registered_at", "changed_at"),
    ),
    "revision": ("id", "claim_id", "no", "older", "reported", "digest", "changes", "body_id", "event_id", "received_at"),
    "event": (
        *("id", "shop", "kind", "status", "fingerprint", "place", "code", "field", "message", "claim_id", "body_id", "reported_at"),
        "received_at",
    ),
    "history": ("id", "claim_id", "at", "actor", "role", "what", "from_state", "to_state", "reason", "details"),
}
_INSERTS = {
    table: f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    for table, columns in _ROWS.items()
}


def intake(path: Path, database: Path) -> None:
    """Take the claims of an NDJSON file into the tables of ``database``."""
    link = connect(database)
    number = 0
    with path.open(encoding="utf-8") as lines:
        while batch := list(islice(lines, BATCH)):
            rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _ROWS}
            for line in batch:
                number += 1
                for table, row in _rows(line, number):
                    rows[table].append(row)
            link.execute("BEGIN IMMEDIATE")
            for table, values in rows.items():
                link.executemany(_INSERTS[table], values)
            link.execute("COMMIT")
    link.close()


def connect(database: Path) -> sqlite3.Connection:
    """Open the database with the same guarantees as the package: write-ahead log, synced commits, foreign keys held."""
    link = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        link.execute(f"PRAGMA {pragma}")
    return link


def _rows(line: str, number: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the seven rows of one claim: two bodies, debtor, claim, revision, event, history."""
    payload = _DECODER.decode(unicodedata.normalize("NFC", line))
    for contact in payload["debtor"]["contacts"]:
        contact["value"] = _email(contact["value"]) if contact["kind"] == "email" else _phone(contact["value"])
    claim = Claim.model_validate(payload)
    body = claim.model_dump_json(exclude_defaults=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    ids = [f"{number * 8 + offset:026d}" for offset in range(7)]
    body_id, payload_id, debtor_id, claim_id, revision_id, event_id, history_id = ids
    charges, paid = sum(charge.amount for charge in claim.charges), sum(payment.amount for payment in claim.payments)
    principal, total = int((claim.principal - paid) * 10_000), int((claim.principal - paid + charges) * 10_000)
    reported, due = "v0000000001", claim.due_date.isoformat()
    yield "vault", (body_id, "claim", debtor_id, body, AT)
    yield "vault", (payload_id, "payload", debtor_id, line, AT)
    yield "debtor", (debtor_id, "default", "bench", hashlib.sha256(claim.debtor.number.encode()).hexdigest()[:48], AT)
    yield (
        "claim",
        (
            *(claim_id, "default", "bench", claim.source.order, None, debtor_id, "ready", None, "agency", claim.currency, principal),
            *(total, "Beispiel Handel GmbH", claim.invoice.number, due, due, "", "MANDATE_MISSING", 1, reported, digest),
            *(body_id, AT, AT),
        ),
    )
    yield "revision", (revision_id, claim_id, 1, 0, reported, digest, "registered", body_id, event_id, AT)
    yield (
        "event",
        (
            *(event_id, "bench", "export_requested", "done", None, f"claims.ndjson:{number}", None, None, None, claim_id, payload_id),
            *(AT, AT),
        ),
    )
    yield "history", (history_id, claim_id, AT, "system", "system", "registered", None, "ready", None, None)


def _email(value: str) -> str:
    return validate_email(value, check_deliverability=False, test_environment=True).normalized


def _phone(value: str) -> str:
    number = phonenumbers.parse(value, "DE")
    if not phonenumbers.is_possible_number(number):
        raise ValueError("impossible telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
