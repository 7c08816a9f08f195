"""Settings of a Tryton database as a shop: what its records do not say, and where the way back leads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from inkasso_core import ClaimKind, DueDateOrigin, ShopSettings, country_code

Names = Literal["first last", "last first", "last, first"]
PartyKind = Literal["mr", "ms", "diverse", "person", "organization"]


def _country(value: str) -> str:
    code = country_code(value)
    if code is None:
        raise PydanticCustomError("country_unknown", "unknown country: give the ISO code, for example DE")
    return code


class Assertion(ShopSettings):
    """`[shops.NAME.settings.assertion]`: what the merchant declares where Tryton is silent. Each field so filled is shown as asserted."""

    due_date_origin: DueDateOrigin | None = Field(default=None, examples=["contract"])
    """Who fixed the due date: `contract` where the customer agreed to the payment term, `invoice` where only the invoice names it."""
    concluded_on: Literal["invoice_date"] | None = Field(default=None, examples=["invoice_date"])
    """The contract was concluded on the day of the invoice. Where the invoice comes from a sale, the sale's date counts."""
    performed: bool | None = Field(default=None, examples=[True])
    """Goods were sent, or the service was rendered, before a level that hands over is reached."""
    subject: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(default=None, examples=["Warenlieferung"])
    """The reason of the claim, where neither invoice nor booking describes it."""
    country: Annotated[str, AfterValidator(_country)] | None = Field(default=None, examples=["DE"])
    """The debtors' country, where an address names none."""
    kind: ClaimKind | None = Field(default=None, examples=["goods"])
    """What was owed for: `goods`, `prepaid_goods`, `service`."""


class TrytonSettings(ShopSettings):
    """Settings of a Tryton shop. Every one has a default; what Tryton does not hold stays unknown without an assertion."""

    config: Path | None = None
    """The `trytond.conf` of the server: with `database`, notes are written back into Tryton. Left out, nothing is written back."""
    database: str | None = None
    """The name of the Tryton database."""
    names: Names | None = None
    """How names of persons are written in parties: `first last`, `last first` or `last, first`. Left out, they are not divided."""
    categories: Mapping[str, PartyKind] = Field(default_factory=dict)
    """What a party category says of its members: `mr`, `ms`, `diverse`, `person` or `organization`, such as `{ "Frau" = "ms" }`."""
    unmarked: Literal["person", "organization"] | None = None
    """What a party is that has neither such a category nor a tax identifier. Left out, its name stays unknown and the claim waits."""
    write_offs: Literal["credit", "ignore"] = "credit"
    """What a write-off in Tryton means for the debtor: `credit`, he owes so much less; `ignore`, it is the bookkeeper's matter alone."""
    agency_journals: tuple[str, ...] = ()
    """Codes of the journals in which payouts of agencies are booked: such a payment is never reported back to the agency."""
    assertion: Assertion | None = None
    """What you declare where Tryton is silent: the next table."""
