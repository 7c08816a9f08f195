"""The vendors' lists (CSV), for vendors whose notifications do not reach us: one row is one rate, or one order.

The lists were made by people who had decided already, so every row is a claim; its version is the file's time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from inkasso_core import (
    Claim,
    Dialect,
    InvalidInput,
    Reader,
    ShopEvent,
    Text,
    ValueRefused,
    open_records,
    parse_amount,
    parse_date,
    parse_instant,
    refuse_damage,
)
from inkasso_shop_plugins.copecart import statuses
from inkasso_shop_plugins.copecart.asserted import Filled
from inkasso_shop_plugins.copecart.codes import PRODUCT_KINDS, return_kind
from inkasso_shop_plugins.copecart.columns import REMINDERS, column_specs
from inkasso_shop_plugins.copecart.debtor import debtor
from inkasso_shop_plugins.copecart.notification import Notification
from inkasso_shop_plugins.copecart.routing import Event
from inkasso_shop_plugins.copecart.settings import CopeCartSettings, Terms

ZERO = Decimal(0)
_EVENTS = frozenset(Event)


def open_list(path: str, settings: CopeCartSettings, skip: int) -> Reader:
    """Open a list, or ``-`` for standard input. Raises ``FileRefused`` when its columns cannot be told for certain."""
    dialect = Dialect.model_validate({**dict(settings.lists.dialect), "columns": column_specs(settings.lists.columns)})
    return open_records(path, format="csv", dialect=dialect, skip=skip)


def listed_claim(event: ShopEvent, settings: CopeCartSettings) -> Claim:
    """Return the claim of a row. Raises ``InvalidInput`` naming the column and what helps, never the value."""
    row = Row(event.payload, settings)
    terms, filled = settings.terms or Terms(), Filled()
    reason = row.event()
    returned_on = row.day("returned_on") if reason is Event.CHARGEBACK else None
    method = (row.text("payment_method") or "").casefold()
    product_type = (row.text("product_type") or "").casefold()
    fields: dict[str, Any] = {
        "source": _source(row, reason, method, settings, event.reported_at),
        "currency": row.needed("currency").upper(),
        "principal": row.amount("amount") or ZERO,
        "payments": [{"amount": paid}] if (paid := row.amount("paid_amount")) else [],
        "returns": [{"kind": return_kind(method), "on": returned_on}] if reason is Event.CHARGEBACK else [],
        "debtor": debtor([Notification(event.payload, settings.timezone)]),
        "subject": row.text("product_name"),
        "contract": {"number": row.text("order_id"), "concluded_on": row.day("order_date")},
        "payment_method": method or None,
        "invoice": _invoice(row),
        "due_date": row.day("due_date"),
        "due_date_origin": filled.fill("due_date_origin", terms.due_date_origin) if row.day("due_date") else None,
        "reminders": _reminders(row),
        "performed": filled.fill("performed", terms.performed),
    }
    kind = PRODUCT_KINDS.get(product_type) or filled.fill("kind", terms.digital_kind)
    if kind is not None:
        fields["kind"] = kind
    return Claim.model_validate({**fields, "asserted": filled.paths})


class Row:
    """The cells of one row by our names. Every reader returns None for an empty cell and for a column that is not there."""

    __slots__ = ("_cells", "_settings")

    def __init__(self, cells: Mapping[str, Any], settings: CopeCartSettings) -> None:
        self._cells, self._settings = cells, settings

    def __repr__(self) -> str:
        return f"Row({len(self._cells)} cells)"

    def text(self, column: str) -> str | None:
        """Return a cell as text. Raises ``InvalidInput`` for what a spreadsheet has damaged."""
        value = self._cells.get(column)
        if value is None or value == "" or isinstance(value, bool | list | dict):
            return None
        try:
            return refuse_damage(str(value).strip()) or None
        except ValueRefused as error:
            self._refuse(column, error.code, error.message)

    def needed(self, column: str) -> str:
        """Return a cell's text, which has to be there."""
        found = self.text(column)
        return self._refuse(column, "EMPTY", _EMPTY) if found is None else found

    def amount(self, column: str) -> Decimal | None:
        """Return an amount. Raises ``InvalidInput`` for one that is negative or can be read in two ways."""
        text = self.text(column)
        try:
            found = None if text is None else parse_amount(text, self._settings.lists.dialect.decimal)
        except ValueRefused as error:
            self._refuse(column, error.code, error.message)
        return self._refuse(column, "NEGATIVE_AMOUNT", _NEGATIVE) if found is not None and found < ZERO else found

    def whole(self, column: str) -> int | None:
        """Return a number of something."""
        text = self.text(column)
        if text is None:
            return None
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else self._refuse(column, "NOT_A_NUMBER", _NO_NUMBER)

    def day(self, column: str) -> dt.date | None:
        """Return a date."""
        text = self.text(column)
        try:
            return None if text is None else parse_date(text, self._settings.lists.dialect.date_pivot)
        except ValueRefused as error:
            self._refuse(column, error.code, error.message)

    def instant(self, column: str) -> dt.datetime | None:
        """Return a point in time."""
        text = self.text(column)
        try:
            return None if text is None else parse_instant(text, self._settings.lists.dialect.date_pivot, self._settings.timezone)
        except ValueRefused as error:
            self._refuse(column, error.code, error.message)

    def event(self) -> Event | None:
        """Return why the rate is open, where the list says so."""
        word = (self.text("event") or "").casefold()
        return Event(word) if word in _EVENTS else self._refuse("event", "UNKNOWN_CODE", _NO_EVENT) if word else None

    def _refuse(self, column: str, reason: str, text: Text) -> NoReturn:
        heading = next(iter(self._settings.lists.columns.get(column, ())), column)
        said = Text(f"Spalte „{heading}“ ({column}): {text.de}", f'column "{heading}" ({column}): {text.en}')
        raise InvalidInput(said, field=column, reason=reason)

    def refuse_whole_order(self) -> NoReturn:
        """Raise that the row does not say which rate it is about."""
        self._refuse("rate_number", "RATE_UNKNOWN", _WHOLE_ORDER)


def _source(row: Row, reason: Event | None, method: str, settings: CopeCartSettings, reported_at: dt.datetime | None) -> dict[str, Any]:
    product, rate = row.text("product_id"), row.whole("rate_number")
    if (product is None or rate is None) and not settings.lists.whole_orders:
        row.refuse_whole_order()
    return {
        "order": row.needed("order_id"),
        "product": product,
        "instalment": rate,
        "vendor": row.text("vendor_id") or settings.lists.vendor,
        "status": f"{reason} {statuses.LIST}" if reason else statuses.LIST,
        "reported_at": row.instant("changed_at") or reported_at,
    }


def _invoice(row: Row) -> dict[str, Any] | None:
    number, issued_on = row.text("invoice_number"), row.day("invoice_date")
    return {"number": number, "issued_on": issued_on} if number or issued_on else None


def _reminders(row: Row) -> list[dict[str, Any]]:
    return [{"level": level, "sent_on": day} for level, column in enumerate(REMINDERS, 1) if (day := row.day(column))]


_EMPTY = Text("Wert fehlt. Abhilfe: in der Liste ergänzen.", "value is missing. Remedy: add it to the list.")
_NEGATIVE = Text("negativer Betrag: das ist keine Forderung.", "negative amount: that is no claim.")
_NO_NUMBER = Text("keine ganze Zahl.", "no whole number.")
_NO_EVENT = Text("unbekannt. Möglich: unpaid, failed, chargeback.", "unknown. Possible: unpaid, failed, chargeback.")
_WHOLE_ORDER = Text(
    "Produkt und Rate fehlen. Abhilfe: beide Spalten ergänzen; für Listen ganzer Aufträge ein eigener Shop mit lists.whole_orders = true.",
    "product and rate are missing. Remedy: add both columns; for lists of whole orders make a shop of its own with "
    "lists.whole_orders = true.",
)
