"""What the merchant configures under ``[shops.NAME.settings]``: how an order is read, and what the REST API needs besides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import ClaimEventKind, State
from inkasso_shop_plugins.plentymarkets.order_settings import OrderSettings
from inkasso_shop_plugins.plentymarkets.status import OneStatus, Statuses, covered

Noted = Literal["handed_over", "status", "payment", "message", "failed", "unclear", "paused", "cancelled", "paid", "closed"]
"""The kinds of events that may become a note."""
Written = Literal["handed_over", "failed", "paused", "cancelled", "paid", "closed"]
"""The states after which something may be changed in the order. Before the agency has the claim nothing is: the order would leave the
statuses that mean collection."""
_SHORTEST_SECRET = 16


def _address(value: str) -> str:
    """An address such as https://shop.example, with or without /rest at its end."""
    try:
        parts = urlsplit(value.strip())
        usable = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment and parts.username is None
        )
    except ValueError:
        usable = False
    if not usable:
        raise PydanticCustomError(
            "address", "an address is written as https://shop.example", {"de": "eine Adresse schreibt sich https://shop.example"}
        )
    return value.strip().rstrip("/")


def _long_enough(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if len(secret) < _SHORTEST_SECRET or not secret.isascii() or not secret.replace("-", "").replace("_", "").isalnum():
        raise PydanticCustomError(
            "hook_secret",
            "the secret in the address needs at least 16 letters, digits, - and _",
            {"de": "das Geheimnis in der Adresse braucht mindestens 16 Zeichen aus Buchstaben, Ziffern, - und _"},
        )
    return value


def _is_in_part(values: tuple[object, ...]) -> bool:
    return 0 < sum(value is not None for value in values) < len(values)


_Address = Annotated[str, AfterValidator(_address)]


class PlentySettings(OrderSettings):
    """Settings of a plentymarkets system. Only ``status`` has to be given; the rest here is what the REST API needs."""

    base_url: _Address | None = Field(default=None, examples=["https://shop.example/rest/"])
    """The address of the REST API, with or without `/rest` at its end, such as `https://shop.example`. Without it nothing is asked of the
    shop: orders come in files."""
    username: str | None = None
    """The name of the user account for the API. It needs `password`."""
    password: SecretStr | None = None
    """Its password."""
    client_id: str | None = None
    """Instead of a user: the id of an app client. It needs `client_secret` and `token_url`."""
    client_secret: SecretStr | None = None
    """Its secret."""
    token_url: _Address | None = Field(default=None, examples=["https://shop.example/token"])
    """The address that the shop shows as token URL of the app client."""
    connect_timeout: Annotated[float, Field(gt=0)] = 10.0
    """Seconds to connect."""
    read_timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds for a whole answer."""
    page_size: Annotated[int, Field(ge=1, le=250)] = 50
    """How many orders are asked for in one request."""
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """How far a poll looks back behind the last one, in minutes: for a change that the shop's search shows late."""
    dunning_level: Annotated[int, Field(ge=1, le=4)] | None = None
    """Only orders of at least this dunning level (property 9) become claims. Besides `status`, which counts in any case."""
    overdue_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Only orders whose payment is overdue (date type 7) by more than so many days become claims."""
    credit_notes: Literal["deduct", "review", "ignore"] = "deduct"
    """What a credit note (order type 4) of an order means: `deduct` takes it off the claim, `review` names it and lets a person release the
    claim, `ignore` does not look for them."""
    hold_for_returns: bool = True
    """Whether an order with an open return (order type 3) starts no claim. A return is open until it has a credit note, is cancelled, or
    is in one of `settled_returns`."""
    settled_returns: Statuses = ()
    """The statuses of returns that are done with, such as `["9.5"]`."""
    documents: tuple[Literal["invoice", "dunning_letter"], ...] = ()
    """The documents that go with a claim as PDF files. They need `documents_folder`, and one more request an order."""
    documents_folder: Path | None = None
    """Where the PDF files are put: the folder that the account's agency takes documents from. Relative to the configuration file's own
    folder where it is not absolute."""
    hook_secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    """The secret in the address that the shop's event procedure calls; at least 16 letters, digits, `-` and `_`. Without it every call is
    refused."""
    notes: Literal["order", "contact", "both", "off"] = "both"
    """Where notes of what happens to a claim are written: on the order, on the customer's contact, on both, or nowhere. A guest has no
    contact: his notes stand on the order."""
    note_events: tuple[Noted, ...] = ("handed_over", "status", "payment", "paused", "cancelled", "paid", "closed")
    """The events that are noted, one note an event."""
    note_language: Literal["de", "en"] = "de"
    """The language of the notes."""
    status_after: dict[Written, OneStatus] = Field(default_factory=dict)
    """The order status to set when a claim comes into a state, such as `{ handed_over = "7.9", paid = "7.95" }`."""
    dunning_level_after: dict[Written, Annotated[int, Field(ge=1, le=4)]] = Field(default_factory=dict)
    """The dunning level (property 9) to set when a claim comes into a state, such as `{ handed_over = 4 }`."""
    book_payments: bool = False
    """Whether payments that the agency reports are booked in the shop and assigned to the order."""
    booking_method: Annotated[int, Field(ge=0)] = 5000
    """The id of the payment method (`mopId`) of such payments; 5000 is a payment entered by hand."""
    block_contact: bool = False
    """Whether the customer's contact is blocked when the claim is handed over. It is never unblocked: that is for a person."""

    @property
    def is_connected(self) -> bool:
        """Whether the shop can be asked anything at all."""
        return self.base_url is not None

    @property
    def writes(self) -> bool:
        """Whether anything is written back."""
        asked = self.notes != "off" or self.status_after or self.dunning_level_after or self.book_payments or self.block_contact
        return self.is_connected and bool(asked)

    @property
    def rest(self) -> str:
        """The address that paths are added to, without a slash at its end."""
        base = self.base_url or ""
        return base if base.endswith("/rest") else f"{base}/rest"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        user, client = (self.username, self.password), (self.client_id, self.client_secret, self.token_url)
        ways = [all(value is not None for value in way) for way in (user, client)]
        given = [value for value in (self.base_url, *user, *client) if value is not None]
        if given and (self.base_url is None or sum(ways) != 1 or _is_in_part(user) or _is_in_part(client)):
            raise PydanticCustomError(
                "credentials",
                "the REST API needs base_url and either username and password, or client_id, client_secret and token_url",
                {"de": "die REST-API braucht base_url und entweder username und password oder client_id, client_secret und token_url"},
            )
        if any(covered(status, self.cancelled) for state, status in self.status_after.items() if state != "cancelled"):
            raise PydanticCustomError(
                "status_after", "status_after would cancel the order", {"de": "status_after würde den Auftrag stornieren"}
            )
        if bool(self.documents) != (self.documents_folder is not None):
            raise PydanticCustomError(
                "documents", "documents and documents_folder are given together", {"de": "documents und documents_folder gehören zusammen"}
            )
        return self


NOTED: dict[ClaimEventKind, Noted] = {
    ClaimEventKind.HANDED_OVER: "handed_over",
    ClaimEventKind.STATUS: "status",
    ClaimEventKind.PAYMENT: "payment",
    ClaimEventKind.MESSAGE: "message",
    ClaimEventKind.FAILED: "failed",
    ClaimEventKind.UNCLEAR: "unclear",
    ClaimEventKind.PAUSED: "paused",
    ClaimEventKind.CANCELLED: "cancelled",
    ClaimEventKind.PAID: "paid",
    ClaimEventKind.CLOSED: "closed",
}
"""Kind of event -> its name in ``note_events``."""

WRITTEN: dict[ClaimEventKind, Written] = {
    ClaimEventKind.HANDED_OVER: State.HANDED_OVER.value,
    ClaimEventKind.FAILED: State.FAILED.value,
    ClaimEventKind.PAUSED: State.PAUSED.value,
    ClaimEventKind.CANCELLED: State.CANCELLED.value,
    ClaimEventKind.PAID: State.PAID.value,
    ClaimEventKind.CLOSED: State.CLOSED.value,
}
"""Kind of event -> its name in ``status_after`` and ``dunning_level_after``."""
