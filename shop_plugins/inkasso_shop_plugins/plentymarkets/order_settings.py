"""What the merchant configures of how an order becomes a claim, wherever the order comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from inkasso_core import Capacity, DueDateOrigin, ShopSettings, country_code
from inkasso_shop_plugins.plentymarkets.status import Statuses, StatusRange


def _country(value: str) -> str:
    code = country_code(value)
    if code is None:
        raise PydanticCustomError("country_unknown", "unknown country: give the ISO code, for example DE")
    return code


def _folded(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.strip().casefold() for value in values)


Deduction = Literal["giftCardAmount", "prepaidAmount"]


class OrderSettings(ShopSettings):
    """The part of the settings that orders from files need, too. Only ``status`` has to be given."""

    status: Annotated[Statuses, Field(min_length=1, examples=[["3.6", "7.5-7.9"]])]
    """The order statuses that mean collection, such as `["3.6", "7.5-7.9"]`. An order in another status starts no
    claim; it only revises one that is known."""
    cancelled: Statuses = (StatusRange(Decimal(8), Decimal("8.9999")),)
    """The order statuses that mean: cancelled, nothing is owed. They count before `status`."""
    plenty_ids: tuple[int, ...] = ()
    """Only orders of these clients (Mandanten, `plentyId`); empty: of all. One creditor needs one shop in
    `inkasso.toml`."""
    timezone: ZoneInfo = ZoneInfo("Europe/Berlin")
    """The creditor's zone, in which an instant becomes a date."""
    due_date_origin: DueDateOrigin = DueDateOrigin.INVOICE
    """Who fixed the due date (date type 7): `contract` where the customer agreed to it, `invoice` where only the
    invoice names it. The latter puts no consumer in default by itself."""
    customer_number: Literal["number", "id"] = "number"
    """What names the debtor: the contact's `number`, or its id where it has none or is not in the record; `id`: always
    the id."""
    company_capacity: Capacity = Capacity.UNKNOWN
    """The role of a debtor of whom only a company name is known: no VAT number, no commercial legal form at the end of
    the name. `unknown` is treated as a consumer."""
    contact_classes: dict[int, Capacity] = Field(default_factory=dict)
    """The role by contact class (`classId`), such as `{ 3 = "business" }`. It counts before everything else."""
    countries: dict[int, Annotated[str, AfterValidator(_country)]] = Field(default_factory=dict)
    """More country ids (`countryId`), such as `{ 4711 = "IS" }`. They count before the built-in ones."""
    deduct: tuple[Deduction, ...] = ("giftCardAmount", "prepaidAmount")
    """Amounts that count as payments besides `paidAmount`. It is not documented whether `invoiceTotal` or `paidAmount`
    already contains them, so the default claims rather too little: leave out what an order of your own system shows to
    be contained."""
    dunning_variations: tuple[int, ...] = ()
    """Variation ids of your dunning charge. Their order items count as dunning fees, as those of item type 12 do."""
    payment_methods: dict[str, str] = Field(default_factory=dict)
    """Names for the ids of payment methods (property 3), such as `{ "4711" = "invoice" }`. An id without a name is passed
    on."""
    no_dispute: Annotated[tuple[str, ...], AfterValidator(_folded)] = ("0", "none", "no", "false")
    """Values of the dispute status (property 25) that mean: no dispute. Any other value is one; the shop's values are
    not documented."""
