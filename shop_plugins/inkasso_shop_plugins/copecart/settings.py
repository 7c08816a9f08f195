"""What the operator configures under ``[shops.NAME.settings]``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import ClaimKind, Dialect, DueDateOrigin, ShopSettings
from inkasso_shop_plugins.copecart.columns import NAMES, column_specs
from inkasso_shop_plugins.copecart.routing import Rule, Way, Word

VendorId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Days = Annotated[int, Field(ge=0, le=365)]


def _several(value: object) -> object:
    """One secret needs no list."""
    return value if isinstance(value, list | tuple) else (value,)


def _folded_keys(values: Mapping[str, str]) -> Mapping[str, str]:
    return {key.strip().casefold(): value for key, value in values.items()}


Secrets = Annotated[tuple[Annotated[SecretStr, Field(min_length=1)], ...], BeforeValidator(_several), Field(max_length=10)]
"""One secret or several: all of them hold, so that one can be changed without losing a notification."""


class Vendor(ShopSettings):
    """`[shops.NAME.settings.vendors.ID]`: one vendor, by the id that the platform gave him."""

    secret: Secrets = ()
    """The secret of his notifications, or several: `{ env = "COPECART_4711" }`. With one, only his own secrets hold for his address;
    without, the operator's."""
    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    """What his buyers know him by: it stands in the subject of his claims."""


class Terms(ShopSettings):
    """`[shops.NAME.settings.terms]`: what the operator declares where no notification says it. Each field so filled shows as asserted."""

    invoice_due_days: Days | None = Field(default=None, examples=[7])
    """An invoice was due so many days after the day of its transaction."""
    debit_due_days: Days | None = Field(default=None, examples=[0])
    """What was to be debited or paid by card was due so many days after the day of its transaction."""
    due_date_origin: DueDateOrigin | None = Field(default=None, examples=["contract"])
    """Who fixed the due date: `contract` where the buyer agreed to it when he ordered, `invoice` where only the invoice names it."""
    reminder_days: Annotated[tuple[Annotated[int, Field(ge=0, le=1000)], ...], Field(max_length=9)] = Field(default=(), examples=[[10, 20]])
    """Days from an invoice to each of its dunning letters, as the platform sends them: for unpaid invoices only."""
    reminder_deadline_days: Days | None = Field(default=None, examples=[7])
    """Days that each of them gave to pay."""
    reminder_channel: str | None = Field(default=None, examples=["email"])
    """How they were sent."""
    invoiced: bool = Field(default=False, examples=[True])
    """Every payment has an invoice, also one that is debited, written on the day of its transaction."""
    invoice_number_is_order_id: bool = Field(default=False, examples=[True])
    """The order's id is the number that the buyer finds on his invoice."""
    digital_kind: ClaimKind | None = Field(default=None, examples=["service"])
    """What was owed for where the product is `digital` or an `electronic_book`, or its type is not known: `goods` or `service`."""
    performed: bool | None = Field(default=None, examples=[True])
    """The products were sent or the services rendered."""

    @field_validator("reminder_days")
    @classmethod
    def _ascending(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if list(days) != sorted(set(days)):
            raise PydanticCustomError(
                "reminder_days", "each number is larger than the one before", {"de": "jede Zahl muss größer sein als die davor"}
            )
        return days


class Lists(ShopSettings):
    """`[shops.NAME.settings.lists]`: how the vendors' lists (CSV) are read. The platform publishes no layout of them."""

    dialect: Dialect = Dialect()
    """How they are written: `encoding`, `separator`, `quote`, `escape`, `header`, `decimal`, `date_pivot`. What is left out is
    detected."""
    columns: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Headings by column, such as `{ amount = ["Offen"] }`. They come beside our own names of the columns."""
    vendor: VendorId | None = None
    """Whose lists they are, where they have no column `vendor_id`."""
    whole_orders: bool = False
    """A row without product and rate stands for the whole order. Only in a shop of its own, which no notification reaches: the rates of
    an order and the order as a whole would be two claims of one debt."""

    @field_validator("dialect")
    @classmethod
    def _columns_stand_elsewhere(cls, dialect: Dialect) -> Dialect:
        if dialect.columns:
            raise PydanticCustomError(
                "dialect_columns", "headings are set in columns, beside dialect", {"de": "Überschriften stehen in columns, neben dialect"}
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
        try:
            Dialect(columns=column_specs(columns))
        except ValidationError:
            raise PydanticCustomError(
                "heading_twice",
                "two columns share a heading: give each headings of its own",
                {"de": "zwei Spalten teilen sich eine Überschrift: jeder eigene geben"},
            ) from None
        return columns


class CopeCartSettings(ShopSettings):
    """Settings of a CopeCart installation: one operator, one vendor or many."""

    secret: Secrets = ()
    """The secret of notifications that come to the shop's own address, or several: `{ env = "COPECART_SECRET" }`."""
    vendors: Annotated[Mapping[VendorId, Vendor], Field(max_length=100_000)] = Field(default_factory=dict)
    """The vendors by their ids. Each has an address of his own, which ends with his id, and may have a secret of his own."""
    products: Mapping[str, VendorId] = Field(default_factory=dict)
    """Product id -> vendor, for notifications that come to the shop's own address."""
    vendor_field: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$"), Field(examples=["metadata"])] | None = None
    """A field of the notification, such as `metadata`, in which the vendor's id stands; only ids in `vendors` count. Name it only
    where no buyer can fill it in."""
    order_minimum: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] = Decimal(49)
    """The least total of an order that is collected at all, in its own currency; 0 for none."""
    methods: Annotated[Mapping[str, Word], AfterValidator(_folded_keys)] = Field(default_factory=lambda: {"credit_card": "stripe"})
    """What the routing table calls a `payment_method`. Notifications say `credit_card` where the help page says Stripe: that both mean the
    same is assumed."""
    routing: Annotated[tuple[Rule, ...], Field(max_length=1000)] = ()
    """Rows of your own: they count before the published ones, the first one that fits."""
    unstated: Way = Way.CLAIM
    """What becomes of a rate for which no row fits: `claim` (with a warning, so that a person releases it), `reminder` or
    `not_possible`."""
    timezone: ZoneInfo = ZoneInfo("Europe/Berlin")
    """The zone in which an instant becomes a date, and a time without a zone is read."""
    terms: Terms | None = None
    """What the operator declares where no notification says it."""
    lists: Lists = Lists()
    """How the vendors' lists are read."""

    @model_validator(mode="after")
    def _orders_or_rates(self) -> CopeCartSettings:
        if self.lists.whole_orders and (self.secret or any(vendor.secret for vendor in self.vendors.values())):
            raise PydanticCustomError(
                "orders_and_rates",
                "lists of whole orders need a shop of their own, without a secret: else one debt would become two claims",
                {"de": "Listen ganzer Aufträge brauchen einen eigenen Shop ohne secret: sonst würde eine Schuld zu zwei Forderungen"},
            )
        return self

    def called(self, method: str) -> str:
        """Return what the routing table calls a method of payment."""
        return self.methods.get(method, method)
