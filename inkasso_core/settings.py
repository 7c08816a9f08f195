"""``inkasso.toml``: shops, accounts, creditors, routes and actors. Secrets come from the environment with ``{ env = "NAME" }``.

What is a decision with consequences (mandate, live, limits) is not here: it is stored with who made it and when.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from inkasso_core import tomlfile
from inkasso_core.describe import did_you_mean, problems, summary
from inkasso_core.errors import ConfigurationError, VariableMissing
from inkasso_core.lifecycle import Profile, Role
from inkasso_core.model._base import read_amount
from inkasso_core.model.codes import Country
from inkasso_core.model.party import Creditor
from inkasso_core.model.words import Language, Text
from inkasso_core.rules.law.laws import laws_with
from inkasso_core.rules.policy import Policy, check_policy
from inkasso_core.settings_serve import ClientSettings as ClientSettings
from inkasso_core.settings_serve import Part as _Part
from inkasso_core.settings_serve import ServeSettings
from inkasso_core.settings_serve import Unset as Unset
from inkasso_core.settings_worker import WorkerSettings as WorkerSettings

ENVIRONMENT_FILE = "INKASSO_CONFIG"
ENVIRONMENT_DATABASE = "INKASSO_DATABASE"
DEFAULT_FILE = "inkasso.toml"
YOUR_NAME = "Name der Firma / name of the company"
"""What ``inkasso init`` writes for the creditor's name, to be replaced."""


class General(_Part):
    """``[inkasso]``: what holds for the whole installation."""

    database: str = Field(default="sqlite:///inkasso.db", repr=False)
    """Address of the database; a relative SQLite path is relative to the configuration file."""
    timezone: str = "Europe/Berlin"
    """The creditor's zone: dates of the law are dates there."""
    language: Language = "de"
    """What the command line speaks: ``de`` or ``en``."""
    log: Literal["off", "text", "json"] = "off"
    """What `inkasso run`, `worker`, `transmit`, `follow`, `poll` and `serve` write to standard error about their work, with ids alone:
    nothing, lines for people, or one JSON object a line."""
    disabled_plugins: tuple[str, ...] = ()
    """Entry points of the group ``inkasso.plugins`` that are not loaded."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise PydanticCustomError("zone_unknown", "unknown time zone: for example Europe/Berlin") from None
        return value


def _legal_date(value: object) -> object:
    """TOML's keys are texts; a bad one is named by its path, so the date's own error says enough."""
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_parsing", "is no date: YYYY-MM-DD") from None


_Since = Annotated[dt.date, BeforeValidator(_legal_date)]
_Rate = Annotated[Decimal, Field(ge=-100, le=100, decimal_places=6, allow_inf_nan=False), BeforeValidator(read_amount)]


class LawSettings(_Part):
    """``[law]``: legal values that came after this version of inkasso."""

    base_rates: Mapping[Country, Mapping[_Since, _Rate]] = Field(default_factory=dict)
    """Base rates (Basiszinssätze) by country, in percent a year: `[law.base_rates.DE]`, `"2027-01-01" = "1.77"`."""


class ActorSettings(_Part):
    """``[actors.NAME]``: the rights of one user of the operating system."""

    role: Role = Role.OPERATOR
    """``operator`` or ``vendor``. In the profile ``shop`` the one clerk has the rights of both."""
    tenants: tuple[str, ...] | None = None
    """The tenants that this user sees; left out, all."""
    vendors: tuple[str, ...] | None = None
    """The vendors whose claims this user sees; left out, all."""


class AccountSettings(_Part):
    """``[accounts.NAME]``: one agency for one creditor."""

    agency: str
    """Name of the adapter, as ``inkasso agencies`` lists it."""
    creditor: str | None = None
    """Name of a section ``[creditors.NAME]``: to whom the money is owed, where neither the claim nor its shop says."""
    mode: Literal["manual", "automatic"] = "manual"
    """Automatic: claims without a red point or warning are released by the system; in a marketplace each vendor decides that instead."""
    accept_warnings: tuple[str, ...] = ()
    """Codes of warnings that do not stop an automatic release."""
    confirm_after_days: int = Field(default=3, ge=1)
    """Days after which an export that nobody confirmed becomes a task."""
    recall: Literal["ask", "automatic"] = "ask"
    """Where an order ends after the hand-over: `ask` raises a task, and a person recalls the case (`inkasso recall`). `automatic` asks the
    agency by itself and accepts what it costs; not in a marketplace, where the vendor must agree."""
    at_once: int = Field(default=1, ge=1, le=64)
    """How many requests one process sends to this agency at the same time."""
    per_minute: int | None = Field(default=None, ge=1)
    """How many requests the agency takes in a minute, from all processes and machines together; left out, as many as there are."""
    per_day: int | None = Field(default=None, ge=1)
    """The same for a day (creditor's zone)."""
    status_every_minutes: int = Field(default=60, ge=0)
    """Where the agency has no feed: so many minutes after it was asked about a case, `inkasso worker` asks again. `inkasso run` and
    `inkasso follow` ask each time."""
    policy: Policy = Policy()
    """The thresholds of this account, ``[accounts.NAME.policy]``."""
    settings: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """The adapter's own settings, ``[accounts.NAME.settings]``: they stand on the page of the agency."""


class VendorSettings(_Part):
    """``[shops.NAME.vendors]``: what holds for the vendors of a marketplace, where none of them decided otherwise."""

    automatic: bool = False
    """For vendors who gave no answer: whether new overdue claims are released without a check."""
    chargebacks: bool = False
    """For vendors who gave no answer: whether claims whose payment went back are released without a check."""
    answer_within_days: int = Field(default=7, ge=0, le=365)
    """Calendar days after a vendor's first claim in which he may answer: before that, nothing of his is released without a check."""
    change_after_days: int = Field(default=30, ge=0, le=365)
    """Calendar days for which a vendor is bound by his own answer. The operator may change it earlier, with a reason."""
    view_hour: int = Field(default=3, ge=0, le=23)
    """The hour (creditor's zone) from which on `inkasso run` publishes once a day what vendors see."""


class ShopConfig(_Part):
    """``[shops.NAME]``: one shop. NAME is part of every key for good: never rename it."""

    plugin: str
    """Name of the shop plugin, as ``inkasso shops`` lists it."""
    tenant: str = "default"
    """The business that this shop belongs to; nothing is visible across tenants."""
    creditor: str | None = None
    """Name of a section ``[creditors.NAME]``: to whom the shop's claims are owed, where they do not say themselves."""
    account: str | None = None
    """The account when no route matches."""
    profile: Profile = Profile.SHOP
    """``shop``: one clerk does everything. ``marketplace``: vendors start and cancel, the operator does the rest."""
    vendors: VendorSettings = VendorSettings()
    """What holds for the vendors of a marketplace, ``[shops.NAME.vendors]``."""
    settings: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """The plugin's own settings, ``[shops.NAME.settings]``: they stand on the page of the shop."""

    @model_validator(mode="after")
    def _has_vendors(self) -> ShopConfig:
        if self.profile is not Profile.MARKETPLACE and "vendors" in self.model_fields_set:
            raise PydanticCustomError(
                "vendors_unused",
                "vendors is for a shop with the profile marketplace alone: set it, or leave vendors out",
                {"de": "vendors gibt es nur in einem Shop mit dem Profil marketplace: es setzen, oder vendors weglassen"},
            )
        return self


class Route(_Part):
    """``[[routes]]``: the first one that matches chooses the account."""

    account: str
    """The account that takes the claim when all else of this route matches."""
    shop: str | None = None
    """Name of the shop; left out, any, and so for all below."""
    vendor: str | None = None
    """The claim's vendor."""
    creditor: str | None = None
    """Name of the shop's creditor, as in ``[creditors.NAME]``."""
    country: str | None = None
    """The country of the debtor's address (ISO 3166-1, two letters)."""
    currency: str | None = None
    """The claim's currency (ISO 4217)."""


class Settings(_Part):
    """The whole configuration."""

    inkasso: General = General()
    law: LawSettings = LawSettings()
    actors: Mapping[str, ActorSettings] = Field(default_factory=dict)
    creditors: Mapping[str, Creditor] = Field(default_factory=dict)
    accounts: Mapping[str, AccountSettings] = Field(default_factory=dict)
    shops: Mapping[str, ShopConfig] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    serve: ServeSettings = ServeSettings()
    worker: WorkerSettings = WorkerSettings()
    folder: Path = Path()
    """The folder of the configuration file; relative paths count from here."""

    @model_validator(mode="after")
    def _names_exist(self) -> Settings:
        creditors, accounts, shops = set(self.creditors), set(self.accounts), set(self.shops)
        wanted = [(f"accounts.{name}.creditor", a.creditor, creditors) for name, a in self.accounts.items()]
        wanted += [(f"shops.{name}.creditor", s.creditor, creditors) for name, s in self.shops.items()]
        wanted += [(f"shops.{name}.account", s.account, accounts) for name, s in self.shops.items()]
        wanted += [(f"routes.{number}.account", r.account, accounts) for number, r in enumerate(self.routes)]
        wanted += [(f"serve.clients.{name}.shops", shop, shops) for name, client in self.serve.clients.items() for shop in client.shops]
        for path, name, known in wanted:
            if name is not None and name not in known:
                near = did_you_mean(name, known)
                raise PydanticCustomError(
                    "name_unknown",
                    "{path} names something that is not configured; configured: {known}{near}",
                    {"path": path, "known": ", ".join(sorted(known)) or "-", "near": near.en, "near_de": near.de},
                )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The creditor's time zone."""
        return ZoneInfo(self.inkasso.timezone)

    @property
    def database_url(self) -> str:
        """The database's address, with a relative SQLite path made absolute."""
        url, prefix = self.inkasso.database, "sqlite:///"
        if url.startswith(prefix) and url != prefix and not url.startswith("sqlite:////") and url != f"{prefix}:memory:":
            return prefix + str((self.folder / url.removeprefix(prefix)).resolve())
        return url


def load(path: str | Path | None = None) -> Settings:
    """Read the configuration from ``path``, else the file named by ``INKASSO_CONFIG``, else ``inkasso.toml``.

    Raises :class:`ConfigurationError` naming file, setting and remedy.
    """
    file = Path(path or os.environ.get(ENVIRONMENT_FILE) or DEFAULT_FILE)
    try:
        data = tomlfile.read(file)
    except FileNotFoundError:
        raise ConfigurationError(
            Text(
                f"Es gibt keine Konfiguration {file}: mit `inkasso init` anlegen oder mit --config angeben.",
                f"There is no configuration {file}: make one with `inkasso init` or name it with --config.",
            )
        ) from None
    return build(data, file.resolve().parent, where=str(file))


def build(data: Mapping[str, Any], folder: Path, *, where: str = "inkasso.toml") -> Settings:
    """Check a configuration that was read from somewhere; raises :class:`ConfigurationError`."""
    filled = _from_environment(data, where)
    if database := os.environ.get(ENVIRONMENT_DATABASE):
        filled = {**filled, "inkasso": {**filled.get("inkasso", {}), "database": database}}
    try:
        settings = Settings.model_validate({**filled, "folder": folder})
    except ValidationError as exc:
        found = problems(exc)
        text = summary(found)
        raise ConfigurationError(Text(f"{where}: {text.de}", f"{where}: {text.en}"), field=found[0].field) from None
    for name, account in settings.accounts.items():
        try:
            check_policy(account.policy)
        except ConfigurationError as exc:
            path = f"accounts.{name}.policy"
            raise ConfigurationError(Text(f"{where}: {path}: {exc.text.de}", f"{where}: {path}: {exc.text.en}"), field=path) from None
    try:
        laws_with(settings.law.base_rates)
    except ConfigurationError as exc:
        raise ConfigurationError(Text(f"{where}: {exc.text.de}", f"{where}: {exc.text.en}"), field=exc.field) from None
    return settings


def _from_environment(node: Any, where: str, path: tuple[str, ...] = ()) -> Any:
    """Replace each ``{ env = "NAME" }`` by that variable.

    One that is not set makes its shop, account or client unusable where it stands in their own settings, and everything where it stands
    elsewhere.
    """
    if isinstance(node, list):
        return [_from_environment(item, where, (*path, str(number))) for number, item in enumerate(node)]
    if not isinstance(node, Mapping):
        return node
    if set(node) == {"env"} and isinstance(node["env"], str):
        name = node["env"]
        if name not in os.environ:
            missing = Unset(name)
            if _is_of_one(path):
                return missing
            raise _not_set(".".join(path[:-1]), path[-1] if path else "", name, where)
        return os.environ[name]
    return {key: _from_environment(value, where, (*path, key)) for key, value in node.items()}


def _is_of_one(path: tuple[str, ...]) -> bool:
    """Whether a setting is a matter of one shop, account or client alone."""
    return path[:2] == ("serve", "clients") or (len(path) > 3 and path[0] in ("accounts", "shops") and path[2] == "settings")


def complete(settings: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """Return the settings of an adapter or plugin; raises :class:`VariableMissing` naming section, setting and variable."""
    for path, variable in _unset(settings):
        raise _not_set(section, path, variable)
    return settings


def _unset(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Unset):
        yield path, node.variable
    elif isinstance(node, Mapping | list):
        inner = node.items() if isinstance(node, Mapping) else enumerate(node)
        for name, value in inner:
            yield from _unset(value, f"{path}.{name}" if path else str(name))


def _not_set(section: str, setting: str, variable: str, where: str = "") -> VariableMissing:
    text = _NOT_SET.fill(file=f"{where}: " if where else "", section=section, setting=setting, variable=variable)
    return VariableMissing(text, field=f"{section}.{setting}" if section else setting)


_NOT_SET = Text(
    "{file}[{section}] {setting}: die Umgebungsvariable {variable} ist nicht gesetzt. Vor dem Aufruf setzen, auch für cron.",
    "{file}[{section}] {setting}: the environment variable {variable} is not set. Set it before the call, for cron, too.",
)
