"""mediaFinanz GmbH, Osnabrück: claims as a file for the upload in the creditor portal.

That the portal takes a CSV file, that the user assigns its columns at the first upload, and the 18 columns in their order
are facts (``reference: agency-mediafinanz.md`` section 5, ``shop-cpshop.md`` section 2.1). Separator, encoding, header,
number and date format and the codes of Geschlecht, Land and Forderungstyp are published nowhere: they are settings, whose
defaults follow the agency's SOAP interface (sections 3.5 and 3.6) and German practice. Confirm them with one test file.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import ClassVar, Literal, NamedTuple

from babel import Locale
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from inkasso_core import (
    Address,
    Claim,
    ClaimInvalid,
    Column,
    ContactKind,
    FileAgency,
    FileSettings,
    Kind,
    Person,
    Placement,
    TableDialect,
    TableWriter,
    Text,
)

CURRENCY = "EUR"
"""The agency takes nothing else (section 3.5)."""


class _Codes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class SalutationCodes(_Codes):
    """What stands in the column Geschlecht. The defaults are the codes of the SOAP interface; unknown is never guessed."""

    mr: str = "m"
    ms: str = "f"
    company: str = "c"
    diverse: str = "@"
    unknown: str = "@"


class ClaimTypeCodes(_Codes):
    """What stands in the column Forderungstyp. The defaults are the codes of the SOAP interface."""

    goods: str = "1"
    prepaid_goods: str = "2"
    service: str = "3"


class Reasons(_Codes):
    """What was sold or done, where the claim has no subject of its own. The agency prints it in its letters."""

    goods: str = "Warenlieferung"
    prepaid_goods: str = "Warenlieferung gegen Vorkasse"
    service: str = "Dienstleistung"


class MediafinanzFileSettings(FileSettings):
    """How the file is written: everything that the agency has not published can be set."""

    dialect: TableDialect = TableDialect()
    salutations: SalutationCodes = SalutationCodes()
    claim_types: ClaimTypeCodes = ClaimTypeCodes()
    country: Literal["alpha-2", "german-name"] = "alpha-2"
    """Whether the column Land holds ``DE`` or ``Deutschland``."""
    reason: str = "{subject}"
    """The pattern of the column Forderungsgrund: ``{subject}``, ``{order}`` and ``{invoice}`` may stand in it."""
    reasons: Reasons = Reasons()
    reason_length: int = Field(default=250, ge=20, le=4000)
    """Characters. One public module of the agency cuts at 250; the real limit is not published."""
    invoice_fallback: bool = True
    """Whether the order number stands in the column Rechnungsnr where a claim has no invoice number."""
    reminder_date_required: bool = True
    """Whether a claim without the date of a reminder is refused; otherwise the column stays empty."""

    @field_validator("reason")
    @classmethod
    def _reason(cls, pattern: str) -> str:
        try:
            fields = {field for _, field, _, _ in string.Formatter().parse(pattern) if field is not None}
            pattern.format(**dict.fromkeys(fields, ""))
        except (ValueError, KeyError, IndexError, AttributeError):
            fields = {""}
        if not fields <= {"subject", "order", "invoice"}:
            raise PydanticCustomError("reason_placeholders", "only {{subject}}, {{order}} and {{invoice}} may stand in braces")
        return pattern


class _Row(NamedTuple):
    """What the columns read, looked up once a row."""

    placed_on: dt.date
    claims: int
    claim: Claim
    is_company: bool
    person: Person
    company: str | None
    salutation: str
    address: Address
    country: str | None
    phones: Sequence[str]
    fax: str | None
    email: str | None
    invoice: str | None
    amount: Decimal
    reason: str
    performed_on: dt.date | None
    reminded_on: dt.date | None
    claim_type: str


def columns(reason_length: int) -> tuple[Column[_Row], ...]:
    """Return the 18 columns in the documented order. Charges have no column in this layout."""
    return (
        Column("Vorname", Kind.NAME, lambda row: row.person.first_name),
        Column("Nachname", Kind.NAME, lambda row: row.person.last_name),
        Column("Geschlecht", Kind.CODE, lambda row: row.salutation),
        Column("Firma", Kind.NAME, lambda row: row.company),
        Column("Strasse", Kind.TEXT, lambda row: row.address.street_line),
        Column("PLZ", Kind.POSTAL, lambda row: row.address.postal_code),
        Column("Ort", Kind.TEXT, lambda row: row.address.city),
        Column("Land", Kind.CODE, lambda row: row.country),
        Column("Telefon 1", Kind.PHONE, lambda row: row.phones[0] if row.phones else None),
        Column("Telefon 2", Kind.PHONE, lambda row: row.phones[1] if len(row.phones) > 1 else None),
        Column("Fax", Kind.PHONE, lambda row: row.fax),
        Column("Email", Kind.EMAIL, lambda row: row.email),
        Column("Rechnungsnr", Kind.REFERENCE, lambda row: row.invoice),
        Column("Forderungsbetrag", Kind.AMOUNT, lambda row: row.amount, currency=CURRENCY),
        Column("Forderungsgrund", Kind.TEXT, lambda row: row.reason, max_length=reason_length),
        Column("Leistungsdatum", Kind.DATE, lambda row: row.performed_on),
        Column("Mahndatum", Kind.DATE, lambda row: row.reminded_on),
        Column("Forderungstyp", Kind.CODE, lambda row: row.claim_type),
    )


_Check = tuple[str, Callable[[_Row], object], Text]

_NEEDED = Text("{column} fehlt: im Shop ergänzen.", "{column} is missing: add it in the shop.")

CHECKS: tuple[_Check, ...] = (
    (
        "Forderungsbetrag",
        lambda row: row.claims == 1,
        Text("Eine Zeile fasst nur eine Forderung: einzeln übergeben.", "A row holds one claim only: place them one by one."),
    ),
    (
        "Forderungsbetrag",
        lambda row: row.claim.currency == CURRENCY,
        Text("Die Agentur nimmt nur EUR: eine andere Agentur wählen.", "The agency takes EUR only: choose another agency."),
    ),
    (
        "Forderungsbetrag",
        lambda row: row.amount > 0,
        Text("Die offene Hauptforderung ist nicht größer als 0.", "The open principal is not above 0."),
    ),
    ("Firma", lambda row: row.company or not row.is_company, _NEEDED),
    ("Vorname", lambda row: row.person.first_name or row.is_company, _NEEDED),
    ("Nachname", lambda row: row.person.last_name or row.is_company, _NEEDED),
    ("Strasse", lambda row: row.address.street, _NEEDED),
    ("PLZ", lambda row: row.address.postal_code, _NEEDED),
    ("Ort", lambda row: row.address.city, _NEEDED),
    ("Land", lambda row: row.country, _NEEDED),
    ("Rechnungsnr", lambda row: row.invoice, _NEEDED),
    ("Forderungsgrund", lambda row: row.reason.strip(), _NEEDED),
    ("Leistungsdatum", lambda row: row.performed_on, _NEEDED),
    (
        "Mahndatum",
        lambda row: row.reminded_on is None or row.reminded_on <= row.placed_on,
        Text("Das Mahndatum liegt in der Zukunft: im Shop berichtigen.", "The Mahndatum lies ahead: correct it in the shop."),
    ),
)
"""Column, what must hold, what to say if it does not."""

REMINDER: _Check = ("Mahndatum", lambda row: row.reminded_on, _NEEDED)


class MediafinanzFile(FileAgency[MediafinanzFileSettings]):
    """mediaFinanz GmbH by file: one claim a row, in EUR, the open principal as its amount."""

    name: ClassVar[str] = "mediafinanz-file"
    label: ClassVar[str] = "mediaFinanz GmbH (Dateiimport)"
    verified: ClassVar[str] = "specification read"
    documentation: ClassVar[str] = "docs/agencies/mediafinanz-file.md"
    Settings = MediafinanzFileSettings

    def __init__(self, settings: MediafinanzFileSettings) -> None:
        super().__init__(settings)
        self._columns = columns(settings.reason_length)
        self._checks = (*CHECKS, REMINDER) if settings.reminder_date_required else CHECKS

    def writer(self) -> TableWriter[Placement]:
        """Return a writer of the 18 columns, which raises ``ClaimInvalid`` for what the agency would not take."""
        return TableWriter(self._columns, self.settings.dialect, view=self._row, agency=self.name)

    def _row(self, placement: Placement) -> _Row:
        claim, settings = placement.claim, self.settings
        debtor = claim.debtor
        person, company, address = debtor.person or _NOBODY, debtor.organization, debtor.address or _NOWHERE
        fax, email = debtor.values(ContactKind.FAX), debtor.values(ContactKind.EMAIL)
        invoice, reminder = self._invoice(claim), claim.last_reminder
        row = _Row(
            placed_on=placement.placed_on,
            claims=len(placement.claims),
            claim=claim,
            is_company=company is not None,
            person=person,
            company=company.name if company else None,
            salutation=settings.salutations.company if company else getattr(settings.salutations, person.salutation),
            address=address,
            country=_german_name(address.country) if settings.country == "german-name" else address.country,
            phones=debtor.values(ContactKind.PHONE, ContactKind.MOBILE),
            fax=fax[0] if fax else None,
            email=email[0] if email else None,
            invoice=invoice,
            amount=claim.principal_open,
            reason=settings.reason.format(
                subject=claim.subject or getattr(settings.reasons, claim.kind),
                order=_order_number(claim),
                invoice=invoice or "",
            ),
            performed_on=_performed_on(claim),
            reminded_on=reminder.sent_on if reminder else None,
            claim_type=getattr(settings.claim_types, claim.kind),
        )
        self._insist(row)
        return row

    def _invoice(self, claim: Claim) -> str | None:
        if claim.invoice and claim.invoice.number:
            return claim.invoice.number
        return _order_number(claim) if self.settings.invoice_fallback else None

    def _insist(self, row: _Row) -> None:
        """Raise ``ClaimInvalid`` with everything at once that keeps the agency from taking the row."""
        broken = [(column, text.fill(column=column)) for column, holds, text in self._checks if not holds(row)]
        if broken:
            raise ClaimInvalid(
                Text(" ".join(text.de for _, text in broken), " ".join(text.en for _, text in broken)),
                agency=self.name,
                fields=tuple(dict.fromkeys(column for column, _ in broken)),
            )


_NOBODY = Person()
_NOWHERE = Address()


def _order_number(claim: Claim) -> str:
    return claim.source.order_number or claim.source.order


def _performed_on(claim: Claim) -> dt.date | None:
    """Return the date of supply; where the shop has none, the date of the contract, else that of the invoice."""
    concluded_on = claim.contract.concluded_on if claim.contract else None
    issued_on = claim.invoice.issued_on if claim.invoice else None
    return claim.service_date or concluded_on or issued_on


@cache
def _german_name(country: str | None) -> str | None:
    return None if country is None else Locale("de").territories.get(country, country)
