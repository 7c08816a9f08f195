"""Files of actindo: the result of a managed query, or an export of open items; both have columns that the merchant chose.

So our names are fixed and headings are settings; the dialect settings are those of actindo's own CSV formats
(``reference: shop-actindo.md`` section 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import ColumnSpec, Dialect, ShopSettings

Charset = Literal["auto", "utf-8", "iso-8859-1", "iso-8859-15", "utf-16", "cp850", "mac_roman"]
DateForm = Literal["DD.MM.YYYY", "YYYY-MM-DD", "MM/DD/YYYY", "YYYYMMDD"]

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "document_id": ("Beleg-ID", "id"),
        "invoice_number": ("Beleg 1", "Receipt 1", "documentNumber"),
        "order_number": ("Beleg 2", "Receipt 2"),
        "invoice_date": ("Belegdatum", "Datum", "Date", "documentDate"),
        "level": ("Mahnstufe",),
        "notice_date": ("Mahndatum",),
        "notice_number": ("Mahnungsnummer",),
        "fee": ("Mahngebühr",),
        "due_date": ("Fälligkeit", "Fällig am"),
        "amount": ("Betrag", "brutto"),
        "open_amount": ("Offener Betrag", "Offen"),
        "debit": ("Soll", "Debit"),
        "credit": ("Haben", "Credit"),
        "text": ("Text", "Buchungstext"),
        "currency": ("Währung", "currency"),
        "payment_type": ("Zahlungsart", "paymentType"),
        "customer": ("Kundennummer", "customerSupplierId"),
        "salutation": ("Anrede", "salutation"),
        "company": ("Firma", "company"),
        "first_name": ("Vorname", "customerSupplierFirstName"),
        "last_name": ("Name", "Nachname", "customerSupplierLastName"),
        "street": ("Adresse", "Straße", "customerSupplierAddress"),
        "address_extra": ("Adresszusatz", "address2"),
        "postal_code": ("PLZ", "customerSupplierZip"),
        "city": ("Ort", "customerSupplierCity"),
        "country": ("Land", "customerSupplierCountry2Digit"),
        "email": ("E-Mail", "customerSupplierEmail"),
        "phone": ("Telefon", "phone"),
        "mobile": ("Mobil", "mobile"),
        "birth_date": ("Geburtsdatum",),
        "reminder_lock": ("Mahnsperre", "reminderLock"),
        "changed_at": ("Geändert am",),
    }
)
"""Our columns and the headings under which they are found. Only `Receipt 1`, `Receipt 2`, date, debit, credit and text are documented."""


class FileSettings(ShopSettings):
    """`[shops.NAME.settings.files]`: how files are written, and what their columns mean."""

    rows: Literal["claims", "postings"] = "claims"
    """`claims`: a row is an invoice as it stands (a managed query). `postings`: rows of one invoice are added up (an export of open
    items)."""
    key: Literal["document_id", "invoice_number"] = "document_id"
    """The column that names the claim for good. `document_id`, the id of the invoice, is the key that Core1 gives, too."""
    columns: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Headings by column, such as `{ level = ["mahnstufe"] }`. They replace the default headings of that column."""
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    """The currency of files without such a column."""
    charset: Charset = "auto"
    """The encoding."""
    separator: Literal["auto", ";", ",", "tab", "|"] = ";"
    """What separates the columns."""
    quote: str = Field(default='"', min_length=1, max_length=1)
    """What surrounds a text."""
    escape: str = Field(default="\\", max_length=1)
    """What stands before a quotation mark inside a text; empty where the mark is doubled."""
    header: Literal["auto", "yes", "no"] = "yes"
    """Whether the first row holds headings; without, the columns stand in the order of `order`."""
    order: tuple[str, ...] = ()
    """Our names of the columns from left to right, for a file without headings."""
    dates: DateForm = "DD.MM.YYYY"
    """How dates are written, with or without a time."""
    decimal: Literal[",", "."] = ","
    """The decimal sign: `,` in 100.000,00, `.` in 100,000.00."""
    row_element: str = Field(default="row", min_length=1)
    """In XML: the element that is a row; the elements in it are its columns."""

    @field_validator("columns", "order")
    @classmethod
    def _known(cls, columns: Mapping[str, tuple[str, ...]] | tuple[str, ...]) -> Mapping[str, tuple[str, ...]] | tuple[str, ...]:
        if not set(columns) <= set(COLUMNS):
            known = ", ".join(COLUMNS)
            raise PydanticCustomError(
                "column_unknown", "unknown column; known are: {known}", {"known": known, "de": f"unbekannte Spalte; bekannt: {known}"}
            )
        return columns

    @model_validator(mode="after")
    def _readable(self) -> FileSettings:
        if self.header == "no" and not self.order:
            raise PydanticCustomError("order", "a file without headings needs order", {"de": "eine Datei ohne Überschriften braucht order"})
        try:
            self.dialect()
        except ValidationError:
            raise PydanticCustomError(
                "dialect",
                "two columns share a heading, or quote and escape are the same sign",
                {"de": "zwei Spalten teilen sich eine Überschrift, oder quote und escape sind dasselbe Zeichen"},
            ) from None
        return self

    @property
    def headings(self) -> Mapping[str, tuple[str, ...]]:
        """Our columns with the headings that count."""
        return {**COLUMNS, **self.columns}

    def dialect(self) -> Dialect:
        """Return how the reader takes a table apart."""
        headings = self.headings
        names = self.order if self.header == "no" else tuple(headings)
        specs = tuple(ColumnSpec(name, tuple(headings[name]), by_name_only=self.header != "no") for name in names)
        return Dialect.model_validate(
            {
                "columns": specs,
                "encoding": self.charset,
                "separator": self.separator,
                "quote": self.quote,
                "escape": self.escape or None,
                "header": self.header,
                "decimal": self.decimal,
            }
        )
