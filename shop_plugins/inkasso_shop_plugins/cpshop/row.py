"""One row of the export, read column by column: what is empty is unknown, what cannot be read with certainty is refused.

A refusal names the column by the merchant's heading and by our name, says what helps, and never repeats the value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn, TypeGuard, TypeVar

from inkasso_core import InvalidInput, Text, ValueRefused, country_code, parse_amount, parse_date, parse_instant, refuse_damage
from inkasso_shop_plugins.cpshop.settings import CPShopSettings, fold

V = TypeVar("V")

_GUARDED = re.compile(r"'(?=[=+\-@])")
"""The sign with which our own files keep a spreadsheet from running a text as a formula."""


class Fault(NamedTuple):
    """What is wrong with a cell and what helps; ``code`` is for programs."""

    code: str
    text: Text


NO_TEXT = Fault(
    "NO_TEXT",
    Text("weder Text noch Zahl. Abhilfe: die Zeile unverändert senden.", "neither text nor number. Remedy: send the row unchanged."),
)
EMPTY = Fault(
    "EMPTY",
    Text("Wert fehlt. Abhilfe: im Shop ergänzen und neu exportieren.", "value is missing. Remedy: add it in the shop and export again."),
)
NEGATIVE = Fault(
    "NEGATIVE_AMOUNT",
    Text(
        "negativer Betrag: eine Gutschrift ist keine Forderung. Abhilfe: die Zeile aus dem Export nehmen.",
        "negative amount: a credit is no claim. Remedy: leave the row out of the export.",
    ),
)
UNKNOWN_CODE = Fault(
    "UNKNOWN_CODE",
    Text(
        "unbekannter Code. Bekannt: {known}. Abhilfe: den Code in inkasso.toml unter [{section}] {setting} eintragen.",
        "unknown code. Known: {known}. Remedy: enter the code in inkasso.toml under [{section}] {setting}.",
    ),
)
UNKNOWN_COUNTRY = Fault(
    "UNKNOWN_COUNTRY",
    Text(
        "unbekanntes Land. Abhilfe: im Shop berichtigen oder in inkasso.toml unter [{section}] countries eintragen.",
        "unknown country. Remedy: correct it in the shop, or enter it in inkasso.toml under [{section}] countries.",
    ),
)


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    """A truth value is no number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


class Row:
    """The cells of one row by our column names. Every reader returns None for an empty cell and for a column that is not there."""

    __slots__ = ("_cells", "_settings", "section")

    def __init__(self, cells: Mapping[str, Any], settings: CPShopSettings, section: str) -> None:
        self._cells = cells
        self._settings = settings
        self.section = section
        """Where the settings stand in ``inkasso.toml``."""

    def __repr__(self) -> str:
        return f"Row({len(self._cells)} cells)"

    def refuse(self, column: str, fault: Fault, **values: object) -> NoReturn:
        """Raise ``InvalidInput`` for a column; ``values`` fill the fault's text, as does the section of the settings."""
        raise self._refusal(column, Fault(fault.code, fault.text.fill(section=self.section, **values)))

    def _refusal(self, column: str, fault: Fault) -> InvalidInput:
        heading = self._settings.heading(column)
        text = Text(f"Spalte „{heading}“ ({column}): {fault.text.de}", f'column "{heading}" ({column}): {fault.text.en}')
        return InvalidInput(text, field=column, reason=fault.code)

    def _unread(self, column: str, error: ValueRefused) -> InvalidInput:
        return self._refusal(column, Fault(error.code, error.message))

    def has(self, column: str) -> bool:
        """True where the file has this column, filled or not."""
        return column in self._cells

    def text(self, column: str) -> str | None:
        """Return a cell as text. Raises ``InvalidInput`` for what a spreadsheet made of a long number, such as ``1,23E+11``."""
        value = self._cells.get(column)
        if value is None or value == "":
            return None
        if _is_number(value):
            value = str(value)
        if not isinstance(value, str):
            self.refuse(column, NO_TEXT)
        try:
            text = refuse_damage(value.strip())
        except ValueRefused as error:
            raise self._unread(column, error) from None
        return (text[1:] if _GUARDED.match(text) else text) or None

    def needed(self, column: str) -> str:
        """Return a cell's text, which has to be there."""
        text = self.text(column)
        return self.refuse(column, EMPTY) if text is None else text

    def amount(self, column: str) -> Decimal | None:
        """Return an amount of zero or more. Raises ``InvalidInput`` for a negative or ambiguous one."""
        value = self._cells.get(column)
        amount = Decimal(value) if _is_number(value) else self._written(column)
        if amount is not None and amount < 0:
            self.refuse(column, NEGATIVE)
        return amount

    def _written(self, column: str) -> Decimal | None:
        text = self.text(column)
        try:
            return None if text is None else parse_amount(text, self._settings.dialect.decimal)
        except ValueRefused as error:
            raise self._unread(column, error) from None

    def day(self, column: str) -> dt.date | None:
        """Return a date; ``00.00.0000`` means unknown. Raises ``InvalidInput`` for a day that does not exist."""
        text = self.text(column)
        try:
            return None if text is None else parse_date(text, self._settings.dialect.date_pivot)
        except ValueRefused as error:
            raise self._unread(column, error) from None

    def instant(self, column: str) -> dt.datetime | None:
        """Return a point in time; one without zone is read in the creditor's. Raises ``InvalidInput`` as for a date."""
        text = self.text(column)
        try:
            return None if text is None else parse_instant(text, self._settings.dialect.date_pivot, self._settings.timezone)
        except ValueRefused as error:
            raise self._unread(column, error) from None

    def code(self, column: str, table: Mapping[str, V], setting: str) -> V | None:
        """Return what the table holds for a cell. Raises ``InvalidInput`` for a code that is not in it."""
        text = self.text(column)
        if text is None:
            return None
        if (code := fold(text)) not in table:
            self.refuse(column, UNKNOWN_CODE, known=", ".join(table), setting=setting)
        return table[code]

    def country(self) -> str | None:
        """Return the ISO code of the column ``country``. Raises ``InvalidInput`` for a country that nobody knows."""
        text = self.text("country")
        if text is None:
            return None
        code = self._settings.countries.get(fold(text)) or country_code(text)
        return self.refuse("country", UNKNOWN_COUNTRY) if code is None else code
