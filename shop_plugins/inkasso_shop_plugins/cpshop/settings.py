"""What the merchant configures under ``[shops.NAME.settings]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import ClaimKind, ColumnSpec, Dialect, DueDateOrigin, OrderEnd, Salutation, ShopSettings, State, country_code
from inkasso_shop_plugins.cpshop.columns import NAMES, column_specs

V = TypeVar("V")
SHORTEST_SECRET = 16
"""Characters of a secret that stands in an address."""

SUBJECT_FIELDS = ("order_number", "invoice_number", "order_date", "invoice_date", "service_date")
"""What a template of the subject may name."""


class Addressee(StrEnum):
    """What a code of the column ``salutation`` says: how a person is addressed, or that a company is."""

    MR = Salutation.MR.value
    MS = Salutation.MS.value
    DIVERSE = Salutation.DIVERSE.value
    UNKNOWN = Salutation.UNKNOWN.value
    COMPANY = "company"


SALUTATIONS: Mapping[str, Addressee] = {
    "m": Addressee.MR,
    "herr": Addressee.MR,
    "hr": Addressee.MR,
    "männlich": Addressee.MR,
    "f": Addressee.MS,
    "w": Addressee.MS,
    "frau": Addressee.MS,
    "fr": Addressee.MS,
    "weiblich": Addressee.MS,
    "d": Addressee.DIVERSE,
    "divers": Addressee.DIVERSE,
    "c": Addressee.COMPANY,
    "firma": Addressee.COMPANY,
    "@": Addressee.UNKNOWN,
    "unbekannt": Addressee.UNKNOWN,
    "keine angabe": Addressee.UNKNOWN,
}
"""The shop's codes are not documented. Single letters as in the agency's interface (``reference: agency-mediafinanz.md`` section 3.6)."""

CLAIM_TYPES: Mapping[str, ClaimKind] = {"1": ClaimKind.GOODS, "2": ClaimKind.PREPAID_GOODS, "3": ClaimKind.SERVICE}
"""The shop's codes are not documented. Numbers as in the agency's interface (``reference: agency-mediafinanz.md`` section 3.5)."""

COUNTRIES: Mapping[str, str] = {"d": "DE", "brd": "DE", "a": "AT", "fl": "LI"}
"""Signs that are neither an ISO code nor a country's name."""


def fold(text: str) -> str:
    """Return ``text`` as codes and statuses are compared: without regard to capitals, blanks and a full stop at the end."""
    return " ".join(text.split()).casefold().removesuffix(".")


def _folded(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(fold, values))


def _folded_keys(values: Mapping[str, V]) -> Mapping[str, V]:
    return {fold(key): value for key, value in values.items()}


def _over(built_in: Mapping[str, V]) -> AfterValidator:
    """Configured codes count before the built-in ones."""

    def merged(values: Mapping[str, V]) -> Mapping[str, V]:
        return {**built_in, **_folded_keys(values)}

    return AfterValidator(merged)


def _country(value: str) -> str:
    code = country_code(value)
    if code is None:
        raise PydanticCustomError("country_unknown", "unknown country: give the ISO code, for example DE")
    return code


def _currency(value: str) -> str:
    if not re.fullmatch("[A-Z]{3}", value):
        raise PydanticCustomError("currency_unknown", "unknown currency: give the ISO code, for example EUR")
    return value


def _template(value: str) -> str:
    """A text with ``{fields}`` of :data:`SUBJECT_FIELDS`."""
    try:
        named = {name for _, name, form, change in Formatter().parse(value) if name is not None and not form and not change}
        braces = sum(name is not None for _, name, _, _ in Formatter().parse(value))
    except ValueError:
        named, braces = set(), -1
    if not named <= set(SUBJECT_FIELDS) or (braces and not named):
        fields = ", ".join(f"{{{name}}}" for name in SUBJECT_FIELDS)
        raise PydanticCustomError(
            "template", "a template may name {fields}", {"fields": fields, "de": f"eine Vorlage kann nennen: {fields}"}
        )
    return value


Country = Annotated[str, AfterValidator(_country)]
Statuses = Annotated[tuple[str, ...], AfterValidator(_folded)]
BaseDate = Literal["order_date", "invoice_date", "service_date"]


class Assertion(ShopSettings):
    """`[shops.NAME.settings.assertion]`: what the merchant declares where the file is silent. Each field so filled is shown as asserted.

    The facts about the course of events (`invoiced_on` to `performed`) are declared of orders in one of the selected statuses only.
    """

    currency: Annotated[str, AfterValidator(_currency)] | None = Field(default=None, examples=["EUR"])
    """ISO 4217 code of all amounts, for example `EUR`."""
    country: Country | None = Field(default=None, examples=["DE"])
    """The debtors' country."""
    kind: ClaimKind | None = None
    """What was owed for: `goods`, `prepaid_goods`, `service`."""
    subject: Annotated[str, AfterValidator(_template)] | None = Field(
        default=None, examples=["Warenlieferung zur Rechnung {invoice_number}"]
    )
    """The reason of the claim, for example `Warenlieferung zur Bestellung {order_number}`. Left out where a named field is unknown."""
    ordered_on: Literal["invoice_date", "service_date"] | None = Field(default=None, examples=["service_date"])
    """The contract was concluded on the date in this column."""
    invoiced: bool = Field(default=False, examples=[True])
    """An invoice was sent, on the date in the column `invoiced_on`."""
    invoiced_on: Literal["order_date", "service_date"] = Field(default="order_date", examples=["service_date"])
    """The column with the date of the invoice."""
    due_days_after: Annotated[int, Field(ge=0, le=365)] | None = Field(default=None, examples=[14])
    """The claim was due this many days after the date `due_from`."""
    due_from: BaseDate = Field(default="order_date", examples=["invoice_date"])
    """The date from which `due_days_after` counts."""
    due_date_origin: DueDateOrigin | None = Field(default=None, examples=["contract"])
    """Who fixed the due date: `contract` where the customer agreed to it, `invoice` where only the invoice names it."""
    reminders: Annotated[int, Field(ge=0, le=9)] = Field(default=0, examples=[2])
    """So many reminders were sent."""
    reminder_days_after_due: tuple[Annotated[int, Field(ge=0, le=1000)], ...] = Field(default=(), examples=[[14, 28]])
    """Days from the due date to each reminder; without them the reminders' dates stay unknown."""
    reminder_deadline_days: Annotated[int, Field(ge=0, le=365)] | None = Field(default=None, examples=[10])
    """Days that each reminder gave to pay."""
    reminder_channel: str | None = Field(default=None, examples=["email"])
    """How reminders were sent, for example `email` or `letter`."""
    performed: bool | None = Field(default=None, examples=[True])
    """Goods were sent, or the service was rendered."""

    @model_validator(mode="after")
    def _a_date_per_reminder(self) -> Assertion:
        days = self.reminder_days_after_due
        if days and (len(days) != self.reminders or list(days) != sorted(set(days))):
            raise PydanticCustomError(
                "reminder_days",
                "reminder_days_after_due needs a number for each of the reminders, each larger than the one before",
                {"de": "reminder_days_after_due braucht je Mahnung (reminders) eine Zahl, jede größer als die davor"},
            )
        return self


class CPShopSettings(ShopSettings):
    """Settings of a CP::Shop. Every one has a default; without an assertion, what the file does not hold stays unknown."""

    status: Annotated[tuple[str, ...], Field(min_length=1)] = ("Inkasso ist in Arbeit",)
    """The order statuses that select an order for collection. An order in another status starts no claim; it only revises one that is
    known. A file without a status column is selected as a whole. Capitals and blanks do not matter."""
    ended: Annotated[Mapping[str, OrderEnd], AfterValidator(_folded_keys)] = Field(default_factory=dict)
    """The order statuses that end an order, such as `{ "Storniert" = "cancelled" }`: `cancelled`, `refunded`, `revoked`."""
    paid_status: Statuses = ()
    """The order statuses that mean: paid in full, also where no column says how much was paid."""
    dialect: Dialect = Dialect()
    """How the file is written: `encoding`, `separator`, `quote`, `escape`, `header`, `decimal`, `date_pivot`. What is left out is
    detected."""
    columns: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Headings by column, such as `{ amount = ["Offen"] }`. They replace the default headings of that column."""
    key: Literal["order_id", "order_number", "invoice_number"] | None = None
    """The column that names an order for good. Left out, it is the first of these three that the file has: set it where exports with
    different columns describe the same orders, or where one order has several invoices."""
    amount_is: Literal["invoiced", "open"] = "invoiced"
    """Whether payments in the column `paid_amount` are still to be deducted from `amount` (`invoiced`) or already are (`open`)."""
    salutations: Annotated[Mapping[str, Addressee], _over(SALUTATIONS)] = Field(default_factory=dict, validate_default=True)
    """More codes of the column `salutation`: `mr`, `ms`, `diverse`, `unknown` or `company`. They count before the built-in ones."""
    claim_types: Annotated[Mapping[str, ClaimKind], _over(CLAIM_TYPES)] = Field(default_factory=dict, validate_default=True)
    """More codes of the column `claim_type`: `goods`, `prepaid_goods` or `service`. They count before the built-in ones."""
    countries: Annotated[Mapping[str, Country], _over(COUNTRIES)] = Field(default_factory=dict, validate_default=True)
    """More names of countries, such as `{ "Ö" = "AT" }`. ISO codes, German and English names are known."""
    folder: Path | None = None
    """A folder that polls look into for exported files, relative to the configuration file's own folder where it is not absolute. A file
    that was taken in moves to `done` in it, one that cannot be read as a whole to `refused`."""
    pattern: str = Field(default="*.csv", min_length=1, max_length=100)
    """Which files in that folder are exports."""
    settle_seconds: int = Field(default=10, ge=0, le=86_400)
    """Seconds for which a file must not have changed: one that is still being copied is left for the next poll."""
    upload_secret: SecretStr | None = None
    """Lets files be uploaded to the intake (`PUT …/v1/shops/NAME/SECRET/FILE`, at least 16 characters); they go into `folder`."""
    shop_status: Mapping[State, Annotated[str, Field(min_length=1, max_length=200)]] = Field(default_factory=dict)
    """The order status to be entered in the shop by the state of the claim, such as `{ paid = "Bezahlt" }`: each becomes a task for a
    person, and a line of `inkasso tasks --csv`."""
    timezone: ZoneInfo = ZoneInfo("Europe/Berlin")
    """The creditor's zone, in which a time without a zone is read."""
    assertion: Assertion | None = None
    """What the merchant declares where the file is silent."""

    @field_validator("dialect")
    @classmethod
    def _columns_stand_elsewhere(cls, dialect: Dialect) -> Dialect:
        if dialect.columns:
            raise PydanticCustomError(
                "dialect_columns",
                "headings are set in columns, beside dialect",
                {"de": "Überschriften stehen in columns, neben dialect"},
            )
        return dialect

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        if not columns.keys() <= set(NAMES):
            known = ", ".join(NAMES)
            raise PydanticCustomError(
                "column_unknown", "unknown column; known are: {known}", {"known": known, "de": f"unbekannte Spalte; bekannt: {known}"}
            )
        if not all(columns.values()):
            raise PydanticCustomError(
                "column_empty", "a column needs at least one heading", {"de": "eine Spalte braucht mindestens eine Überschrift"}
            )
        try:
            Dialect(columns=column_specs(columns))
        except ValidationError:
            raise PydanticCustomError(
                "heading_twice",
                "two columns share a heading: give each headings of its own",
                {"de": "zwei Spalten teilen sich eine Überschrift: jeder eigene geben"},
            ) from None
        return columns

    @model_validator(mode="after")
    def _uploads_have_a_place(self) -> CPShopSettings:
        if self.upload_secret is not None and (self.folder is None or len(self.upload_secret.get_secret_value()) < SHORTEST_SECRET):
            raise PydanticCustomError(
                "upload",
                "upload_secret needs a folder, and at least {length} characters",
                {"length": SHORTEST_SECRET, "de": f"upload_secret braucht einen Ordner (folder) und mindestens {SHORTEST_SECRET} Zeichen"},
            )
        return self

    @model_validator(mode="after")
    def _one_meaning_per_status(self) -> CPShopSettings:
        meanings = [*_folded(self.status), *self.ended, *self.paid_status]
        if len(set(meanings)) != len(meanings):
            raise PydanticCustomError(
                "status_twice",
                "a status stands in only one of status, ended and paid_status, and once",
                {"de": "ein Status steht nur in einem von status, ended und paid_status, und nur einmal"},
            )
        return self

    @cached_property
    def selected(self) -> frozenset[str]:
        """The selecting statuses, folded."""
        return frozenset(_folded(self.status))

    @property
    def column_specs(self) -> tuple[ColumnSpec, ...]:
        """The columns for the reader."""
        return column_specs(self.columns)

    def heading(self, column: str) -> str:
        """Return what the merchant calls a column: its first heading."""
        return next(spec.spellings[0] for spec in self.column_specs if spec.name == column)
