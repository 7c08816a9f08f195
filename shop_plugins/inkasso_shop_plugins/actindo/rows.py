"""One row of a file becomes one claim: the result of a managed query, or the added-up postings of an invoice."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from inkasso_core import (
    AppliesTo,
    Capacity,
    ChargeKind,
    Claim,
    ContactKind,
    InvalidInput,
    Salutation,
    ShopEvent,
    Text,
    ValueRefused,
    parse_amount,
    parse_date,
    parse_instant,
    refuse_damage,
)
from inkasso_shop_plugins.actindo.claim import NAME, NOTHING, ZERO
from inkasso_shop_plugins.actindo.record import NO
from inkasso_shop_plugins.actindo.settings import ActindoSettings

POSTINGS = "postings"
"""In a record: the rows of one invoice, to be added up."""
_OTHER_DATES = {
    "MM/DD/YYYY": re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})(?P<rest>\D.*)?", re.ASCII),
    "YYYYMMDD": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<rest>\D.*)?", re.ASCII),
}
_CONTACTS = {"email": ContactKind.EMAIL, "phone": ContactKind.PHONE, "mobile": ContactKind.MOBILE}

EMPTY = Text("Wert fehlt: in der Abfrage oder im Export ergänzen.", "value is missing: add it to the query or the export.")
NO_POSTINGS = Text("Die Buchungen der Rechnung sind keine Zeilen.", "The postings of the invoice are no rows.")
NO_TEXT = Text("weder Text noch Zahl.", "neither text nor number.")
NO_LEVEL = Text("keine Mahnstufe von 0 bis 9.", "no dunning level of 0 to 9.")


class Row:
    """The cells of one row by our column names. Every reader returns None for an empty cell and for a column that is not there."""

    __slots__ = ("_cells", "_settings")

    def __init__(self, cells: Mapping[str, Any], settings: ActindoSettings) -> None:
        self._cells, self._settings = cells, settings

    def __repr__(self) -> str:
        return f"Row({len(self._cells)} cells)"

    def has(self, column: str) -> bool:
        """True where the file has this column, filled or not."""
        return column in self._cells

    def refused(self, column: str, what: Text, reason: str) -> InvalidInput:
        """Return the refusal of a cell, by the merchant's heading and our name."""
        heading = self._settings.files.headings[column][0]
        return InvalidInput(
            Text(f"Spalte „{heading}“ ({column}): {what.de}", f'column "{heading}" ({column}): {what.en}'), field=column, reason=reason
        )

    def text(self, column: str) -> str | None:
        """Return a cell as text."""
        value = self._cells.get(column)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.refused(column, NO_TEXT, "NO_TEXT")
        try:
            return refuse_damage(str(value).strip()) or None
        except ValueRefused as error:
            raise self.refused(column, error.message, error.code) from None

    def needed(self, column: str) -> str:
        """Return a cell's text, which has to be there."""
        text = self.text(column)
        if text is None:
            raise self.refused(column, EMPTY, "EMPTY")
        return text

    def amount(self, column: str) -> Decimal | None:
        """Return an amount, with the configured decimal sign."""
        text = self.text(column)
        try:
            return None if text is None else parse_amount(text, self._settings.files.decimal)
        except ValueRefused as error:
            raise self.refused(column, error.message, error.code) from None

    def level(self) -> int | None:
        """Return the dunning level."""
        text = self.text("level")
        if text is not None and not (text.isascii() and text.isdecimal() and int(text) <= 9):
            raise self.refused("level", NO_LEVEL, "NO_LEVEL")
        return None if text is None else int(text)

    def day(self, column: str) -> dt.date | None:
        """Return a date, written as the settings say, with or without a time."""
        text = self._dated(column)
        try:
            return None if text is None else parse_date(text)
        except ValueRefused as error:
            raise self.refused(column, error.message, error.code) from None

    def instant(self, column: str) -> dt.datetime | None:
        """Return a point in time; one without a zone is read in the merchant's."""
        text = self._dated(column)
        try:
            return None if text is None else parse_instant(text, zone=self._settings.timezone)
        except ValueRefused as error:
            raise self.refused(column, error.message, error.code) from None

    def _dated(self, column: str) -> str | None:
        """Return a date's text in a form that everybody reads."""
        text = self.text(column)
        form = _OTHER_DATES.get(self._settings.files.dates)
        found = form.fullmatch(text) if form is not None and text is not None else None
        return f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}{found['rest'] or ''}" if found else text

    def is_set(self, column: str) -> bool:
        """Whether a mark is set; whatever is not plainly "no" is."""
        return (self.text(column) or "").casefold() not in NO


def claim_of_row(event: ShopEvent, settings: ActindoSettings) -> Claim:
    """Return the claim of an exported row; one without a dunning level that counts starts none, and only revises one that is known.

    Raises ``InvalidInput`` naming the column and what helps.
    """
    rows = _rows(event.payload, settings)
    is_added, row = POSTINGS in event.payload, _merged(rows, settings)
    level, code = row.level(), row.text("payment_type")
    is_assigned = code in settings.factoring
    reaches = settings.reaches({level}) if level is not None else not row.has("level") and not is_added
    issued, said = row.day("invoice_date"), settings.assertion or NOTHING
    due = row.day("due_date")
    asserted = [] if due or issued is None or said.due_days is None else ["due_date"]
    if asserted and issued is not None:
        due = issued + dt.timedelta(said.due_days or 0)
    locks = {NAME: {"locks": ["reminder_lock"]}} if row.is_set("reminder_lock") else {}
    return Claim.model_validate(
        {
            "source": {
                "order": row.needed(settings.files.key),
                "order_number": row.text("order_number"),
                "status": None if level is None else str(level),
                "triggered": reaches and not is_assigned,
                "reported_at": row.instant("changed_at"),
            },
            "currency": row.text("currency") or settings.files.currency,
            **(_added(rows) if is_added else _money(row)),
            "charges": [{"kind": ChargeKind.DUNNING_FEE, "amount": fee}] if (fee := row.amount("fee")) else [],
            "debtor": _debtor(row, settings),
            "subject": row.text("text"),
            "invoice": {"number": row.text("invoice_number"), "issued_on": issued},
            "due_date": due,
            "due_date_origin": said.due_date_origin if due else None,
            "performed": said.performed,
            "contract": {"concluded_on": issued} if issued and said.ordered_on_invoice_date else None,
            "reminders": _reminder(row, level, said.reminder_deadline_days, said.reminder_channel),
            "payment_method": code,
            "assigned_to": code if is_assigned else None,
            "extra": locks,
            "asserted": asserted + _asserted(due, issued, settings),
        }
    )


def _rows(payload: Mapping[str, Any], settings: ActindoSettings) -> list[Row]:
    """Return the rows of a record: one, or all postings of an invoice."""
    found = payload.get(POSTINGS, [payload])
    if not isinstance(found, list) or not found or not all(isinstance(one, Mapping) for one in found):
        raise InvalidInput(NO_POSTINGS, field=POSTINGS, reason="NO_POSTINGS")
    return [Row(one, settings) for one in found]


def _asserted(due: dt.date | None, issued: dt.date | None, settings: ActindoSettings) -> list[str]:
    said = settings.assertion or NOTHING
    found = {
        "due_date_origin": due is not None and said.due_date_origin is not None,
        "performed": said.performed is not None,
        "contract.concluded_on": issued is not None and said.ordered_on_invoice_date,
    }
    return [path for path, is_asserted in found.items() if is_asserted]


def _merged(rows: Sequence[Row], settings: ActindoSettings) -> Row:
    """Return one row for all of an invoice: of each column the first cell that is filled."""
    if len(rows) == 1:
        return rows[0]
    cells: dict[str, Any] = {}
    for row in rows:
        for column in settings.files.headings:
            if row.has(column) and not cells.get(column):
                cells[column] = row.text(column)
    return Row(cells, settings)


def _money(row: Row) -> dict[str, Any]:
    """Return principal and payments: what is not open any more was paid."""
    amount, still_open = row.amount("amount"), row.amount("open_amount")
    principal = amount if amount is not None else still_open
    if principal is None:
        raise row.refused("amount", EMPTY, "EMPTY")
    paid = ZERO if still_open is None else principal - still_open
    return {"principal": principal, "payments": [{"amount": paid, "applies_to": AppliesTo.PRINCIPAL}] if paid > ZERO else []}


def _added(rows: Sequence[Row]) -> dict[str, Any]:
    """Return principal and payments of postings: what was debited, and what was credited."""
    debits = sum((amount for row in rows if (amount := row.amount("debit"))), ZERO)
    paid = [(amount, row) for row in rows if (amount := row.amount("credit"))]
    if not debits:
        raise rows[0].refused("debit", EMPTY, "EMPTY")
    payments = [{"amount": amount, "on": row.day("invoice_date"), "applies_to": AppliesTo.PRINCIPAL} for amount, row in paid]
    return {"principal": debits, "payments": payments}


def _reminder(row: Row, level: int | None, days: int | None, channel: str | None) -> list[dict[str, Any]]:
    sent = row.day("notice_date")
    if sent is None and not level:
        return []
    deadline = sent + dt.timedelta(days) if sent is not None and days is not None else None
    return [{"level": level, "sent_on": sent, "deadline": deadline, "channel": channel, "number": row.text("notice_number")}]


def _debtor(row: Row, settings: ActindoSettings) -> dict[str, Any]:
    first, last, company = row.text("first_name"), row.text("last_name"), row.text("company")
    salutation = settings.salutations.get((row.text("salutation") or "").casefold(), Salutation.UNKNOWN)
    person = {"salutation": salutation, "first_name": first, "last_name": last, "birth_date": row.day("birth_date")}
    address: dict[str, Any] = {name: row.text(name) for name in ("street", "postal_code", "city", "country")}
    extra = row.text("address_extra")
    return {
        "number": row.text("customer"),
        "capacity": Capacity.UNKNOWN,
        "organization": {"name": company} if company else None,
        "person": person if first or last else None,
        "addresses": [{**address, "extra": extra}] if any(address.values()) else [],
        "contacts": [{"kind": kind, "value": value} for name, kind in _CONTACTS.items() if (value := row.text(name))],
    }
