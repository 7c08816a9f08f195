"""What the merchant configures under ``[shops.NAME.settings]``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import DueDateOrigin, Salutation, ShopSettings, State
from inkasso_shop_plugins.actindo.columns import FileSettings
from inkasso_shop_plugins.actindo.fields import CustomerFields, DocumentFields, Methods, Types

SHORTEST_SECRET = 24
"""Characters of a secret that is compared with what strangers send."""

SALUTATIONS: Mapping[str, Salutation] = {
    "herr": Salutation.MR,
    "mr": Salutation.MR,
    "frau": Salutation.MS,
    "mrs": Salutation.MS,
    "ms": Salutation.MS,
    "divers": Salutation.DIVERSE,
}
"""Words; whether actindo writes words or codes is not known."""


def _folded(values: Mapping[str, Salutation]) -> Mapping[str, Salutation]:
    return {**SALUTATIONS, **{key.strip().casefold(): value for key, value in values.items()}}


def _address(value: str) -> str:
    """Tokens go to this address: nothing but the host, and encrypted unless it is this machine."""
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?/?|http://(127\.0\.0\.1|localhost)(:\d+)?/?", value, re.ASCII):
        raise PydanticCustomError(
            "actindo_url",
            "is no address of an actindo instance: https://PREFIX.actindo.com, for the sandbox https://PREFIX.dev.actindo.com",
            {"de": "ist keine Adresse einer actindo-Instanz: https://PRÄFIX.actindo.com, für die Sandbox https://PRÄFIX.dev.actindo.com"},
        )
    return value.rstrip("/")


class Assertion(ShopSettings):
    """`[shops.NAME.settings.assertion]`: what the merchant declares where actindo is silent. Each field so filled is shown as asserted."""

    due_days: Annotated[int, Field(ge=0, le=365)] | None = Field(default=None, examples=[14])
    """The claim was due so many days after the date of the invoice."""
    due_date_origin: DueDateOrigin | None = Field(default=None, examples=["contract"])
    """Who fixed the due date: `contract` where the customer agreed to it, `invoice` where only the invoice names it."""
    ordered_on_invoice_date: bool = Field(default=False, examples=[True])
    """The contract was concluded on the date of the invoice."""
    performed: bool | None = Field(default=None, examples=[True])
    """Goods were sent, or the service was rendered, before the first notice."""
    reminder_deadline_days: Annotated[int, Field(ge=0, le=365)] | None = Field(default=None, examples=[10])
    """Days that each notice gave to pay."""
    reminder_channel: str | None = Field(default=None, examples=["letter"])
    """How notices were sent, for example `email` or `letter`."""


class Query(ShopSettings):
    """`[shops.NAME.settings.query]`: a managed query whose result is fetched by polls. The rows are read as `files` says."""

    url: SecretStr | None = None
    """The public download link: it holds a UUID and is a secret."""
    method: str | None = None
    """Instead: the API method that runs the query for the API user. Its name is not public."""
    body: Mapping[str, Any] = Field(default_factory=dict)
    """What is posted to that method, such as the query's id."""
    form: Literal["csv", "xml"] = "csv"
    """How the result is written."""

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", url.get_secret_value()):
            raise PydanticCustomError("query_url", "a download link begins with https://", {"de": "ein Download-Link beginnt mit https://"})
        return url

    @model_validator(mode="after")
    def _one_way(self) -> Query:
        if (self.url is None) is (self.method is None):
            raise PydanticCustomError(
                "query_way", "a query has either a url or a method", {"de": "eine Abfrage hat entweder url oder method"}
            )
        return self


class Told(ShopSettings):
    """`[[shops.NAME.settings.tell]]`: a call of the merchant's own when a claim came to a state."""

    on: tuple[State, ...] = Field(min_length=1)
    """The states, such as `["handed_over", "paid", "closed"]`."""
    method: str
    """The API method."""
    body: Mapping[str, Any] = Field(default_factory=dict)
    """What is posted. Texts may hold `{order}`, `{state}`, `{account}`, `{agency}`, `{case_reference}`, `{portal_url}`, `{day}`; a
    text that is nothing but `{order_id}` becomes the invoice's id as a number."""
    repeatable: bool = False
    """Whether the call may be made again where its answer was lost: true where a second one changes nothing more."""


class ActindoSettings(ShopSettings):
    """Settings of an actindo instance.

    Core1 needs `url`, `client_id`, `client_secret`, `redirect_uri`, `fields.invoice` and `fields.level`; files alone need none of them.
    """

    url: Annotated[str, AfterValidator(_address)] | None = Field(default=None, examples=["https://example.actindo.com"])
    """The instance: `https://PREFIX.actindo.com`, for the sandbox `https://PREFIX.dev.actindo.com`."""
    client_id: str | None = None
    """The client id of the app registration ("Dev Tools > API > App registrations")."""
    client_secret: SecretStr | None = None
    """Its secret, shown once when it is registered."""
    redirect_uri: str | None = None
    """Its redirect URI, letter by letter as registered."""
    level: Annotated[int, Field(ge=1, le=9)] = 3
    """The dunning level that is handed over."""
    level_is: Literal["at_least", "exactly"] = "at_least"
    """Whether a notice of a higher level enters the queue, too."""
    fees: Literal["newest", "sum"] = "newest"
    """Whether the fee of the newest notice is all that is claimed, or those of all notices add up."""
    factoring: tuple[str, ...] = ("KL", "BS", "BP", "PM")
    """Payment codes with a factoring partner: not the merchant's own claim, so such invoices start none."""
    methods: Methods = Methods()
    """The names of the API methods."""
    fields: DocumentFields = DocumentFields()
    """The property paths of a business document."""
    customer_fields: CustomerFields = CustomerFields()
    """The property paths of a customer."""
    types: Types = Types()
    """What the document types mean."""
    optionals: tuple[str, ...] = ()
    """More property paths to be asked for (`serializeOptionals`); those of `fields` are asked for anyway."""
    salutations: Annotated[Mapping[str, Salutation], AfterValidator(_folded)] = Field(default_factory=dict, validate_default=True)
    """More codes of the salutation: `mr`, `ms`, `diverse`, `unknown`."""
    timezone: ZoneInfo = ZoneInfo("Europe/Berlin")
    """The zone of the times that actindo names."""
    limit: Annotated[int, Field(ge=2, le=500)] = 50
    """Documents per page."""
    several: Literal["in", "repeat"] = "in"
    """How a filter names several values: with the operator `in`, or as one filter with `=` for each."""
    first_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How many days back the first poll looks."""
    overlap_minutes: Annotated[int, Field(ge=1, le=10_080)] = 90
    """By how much each poll reads back behind the last one: for documents that were stored late, and for the hour that clocks go back."""
    reread_minutes: Annotated[int, Field(ge=0, le=10_080)] = 60
    """How often the invoices and customers of open claims are read again: payments, locks, and invoices that were missing."""
    connect_timeout: float = Field(default=10.0, gt=0, le=60)
    """Seconds to connect."""
    read_timeout: float = Field(default=60.0, gt=0, le=120)
    """Seconds for the whole answer."""
    push_secret: SecretStr | None = None
    """Lets a workflow of the merchant's say which documents have changed; at least 24 characters."""
    files: FileSettings = FileSettings()
    """How files and results of queries are read."""
    query: Query | None = None
    """A managed query that polls fetch."""
    tell: tuple[Told, ...] = ()
    """Calls when a claim came to a state; left out, nothing is written to actindo."""
    assertion: Assertion | None = None
    """What the merchant declares where actindo is silent."""

    @model_validator(mode="after")
    def _one_key(self) -> ActindoSettings:
        if self.query is not None and self.reads_documents and self.files.key != "document_id":
            raise PydanticCustomError(
                "one_key",
                "documents and a query of one shop need files.key = document_id: else one invoice would be two claims",
                {"de": "Belege und Abfrage eines Shops brauchen files.key = document_id: sonst würde eine Rechnung zu zwei Forderungen"},
            )
        return self

    @model_validator(mode="after")
    def _push_is_safe(self) -> ActindoSettings:
        if self.push_secret is not None and len(self.push_secret.get_secret_value()) < SHORTEST_SECRET:
            raise PydanticCustomError(
                "push_secret",
                "push_secret needs at least {length} characters: make one with `openssl rand -hex 32`",
                {"length": SHORTEST_SECRET, "de": f"push_secret braucht mindestens {SHORTEST_SECRET} Zeichen: `openssl rand -hex 32`"},
            )
        return self

    @property
    def reads_documents(self) -> bool:
        """True where polls are to read documents: an instance is named, and it is not only there to run a query."""
        return self.url is not None and (self.query is None or self.fields.invoice is not None)

    def needed(self) -> tuple[str, ...]:
        """Return the settings that Core1 needs and that are left out."""
        given = {
            "url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": self.redirect_uri,
        }
        return tuple(name for name, value in given.items() if value is None)

    def needed_for_documents(self) -> tuple[str, ...]:
        """Return those without which documents cannot be read."""
        paths = {"fields.invoice": self.fields.invoice, "fields.level": self.fields.level}
        return (*self.needed(), *(name for name, value in paths.items() if value is None))

    def reaches(self, levels: set[int]) -> bool:
        """Whether one of these dunning levels is handed over."""
        return self.level in levels if self.level_is == "exactly" else max(levels, default=0) >= self.level

    @cached_property
    def reading(self) -> str:
        """A digest of what decides how documents are read: where it changes, a poll begins anew."""
        parts = (
            self.url,
            self.level,
            self.level_is,
            self.fields,
            self.customer_fields,
            self.types,
            self.optionals,
            self.methods.documents,
            self.methods.customers,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
