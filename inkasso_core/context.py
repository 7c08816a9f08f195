"""What every step needs: settings, database, plugins, agencies, and a clock."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.registry import Agencies
from inkasso_core.describe import did_you_mean
from inkasso_core.discretion import of_secrets
from inkasso_core.endings import Ending
from inkasso_core.errors import ConfigurationError, InkassoError, NotFound, VariableMissing
from inkasso_core.lifecycle import Profile
from inkasso_core.model.claim import Claim
from inkasso_core.model.party import Creditor
from inkasso_core.model.words import Text
from inkasso_core.plugins.base import ShopSettings
from inkasso_core.plugins.manager import Plugins
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.laws import laws_with
from inkasso_core.settings import AccountSettings, Settings, ShopConfig, complete
from inkasso_core.store import records
from inkasso_core.store.engine import Database
from inkasso_core.store.together import Together

Clock = Callable[[], dt.datetime]
Sleep = Callable[[float], None]
"""Waits so many seconds."""
T = TypeVar("T")
_LONGEST_LINK = 2000
_SECRET = "secret"  # noqa: S105  (the name of a row, not a secret)


def utc_now() -> dt.datetime:
    """The time, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(repr=False)
class Context:
    """One per application. Thread-safe: nothing here changes after it was opened but caches."""

    settings: Settings
    database: Database
    plugins: Plugins
    agencies: Agencies
    clock: Clock = utc_now
    sleep: Sleep = time.sleep
    ending: Ending = field(default_factory=Ending)
    """Set where this process is to end soon: what is under way is finished and stored, and no further request is begun."""
    _adapters: dict[str, Agency[Any]] = field(default_factory=dict)
    _shop_settings: dict[str, ShopSettings] = field(default_factory=dict)
    together: Together = field(init=False)
    """For what many threads write at the same moment."""

    def __post_init__(self) -> None:
        self.together = Together(self.database)

    def rest(self, seconds: float) -> None:
        """Wait so long, or until the process is to end: for what is left and gone on with later."""
        if self.sleep is time.sleep:
            self.ending.wait(seconds)
        else:
            self.sleep(seconds)

    def now(self) -> dt.datetime:
        """The time, in UTC."""
        return self.clock()

    def today(self) -> dt.date:
        """The date in the creditor's zone: what counts for dates of the law."""
        return self.clock().astimezone(self.settings.zone).date()

    def shop(self, name: str) -> ShopConfig:
        """Return a configured shop; raises :class:`NotFound`."""
        return _named(self.settings.shops, name, _NO_SHOP)

    def account(self, name: str) -> AccountSettings:
        """Return a configured account; raises :class:`NotFound`."""
        return _named(self.settings.accounts, name, _NO_ACCOUNT)

    def profile(self, shop: str) -> Profile:
        """Return the profile of a shop; a shop that is no longer configured keeps the stricter one."""
        config = self.settings.shops.get(shop)
        return config.profile if config else Profile.MARKETPLACE

    def adapter(self, account: str) -> Agency[Any]:
        """Return the adapter of an account; raises :class:`PluginError` or :class:`ConfigurationError`."""
        if account not in self._adapters:
            self._adapters[account] = self.another_adapter(account)
        return self._adapters[account]

    def another_adapter(self, account: str) -> Agency[Any]:
        """Return an adapter of an account for a thread of its own: its connections are not shared. Raises as :meth:`adapter`."""
        config = self.account(account)
        return self.agencies.build(config.agency, complete(config.settings, f"accounts.{account}.settings"), account=account)

    def claims_per_placement(self, account: str) -> int:
        """Return how many claims of one debtor the agency takes in one case; 1 where its adapter cannot be had: transmit says why."""
        try:
            return self.adapter(account).claims_per_placement
        except InkassoError:
            return 1

    def portal_url(self, account: str, case_reference: str | None) -> str | None:
        """Return the link to a case in the agency's portal; None where its adapter knows none, cannot be had, or breaks."""
        if case_reference is None:
            return None
        try:
            adapter = self.adapter(account)
            found: object = adapter.portal_url(case_reference) if "portal_url" in adapter.operations else None
        except Exception:  # noqa: BLE001  (a stranger's code; a link is missing then, and nothing else)
            return None
        return link(found)

    def why_by_hand(self, account: str | None, operation: str) -> Text | None:
        """Return why an agency cannot be told through its adapter; None where it can be, or where the adapter cannot be had."""
        try:
            return self.adapter(account).missing().get(operation) if account is not None else None
        except InkassoError:
            return None

    def offers(self, account: str | None, operation: str) -> bool:
        """Return whether an agency can be told through its adapter; False where the adapter cannot be had."""
        try:
            return account is not None and operation in self._kind(account).operations
        except InkassoError:
            return False

    def _kind(self, account: str) -> Agency[Any] | type[Agency[Any]]:
        """The adapter of an account; its class where a variable of its settings is not set in this process."""
        try:
            return self.adapter(account)
        except VariableMissing:
            config = self.account(account)
            return self.agencies.load(config.agency, transport=config.settings.get("transport"))

    def recall_notice(self, account: str, case_reference: str | None) -> Text | None:
        """Return what a person must know before a case is taken back; None where there is nothing, or the adapter cannot be asked."""
        try:
            found: object = self.adapter(account).recall_notice(case_reference or "")
        except Exception:  # noqa: BLE001  (a stranger's code: whoever insists on costs refuses the recall itself)
            return None
        return found if isinstance(found, Text) else None

    def first_claim_notice(self, account: str) -> Text | None:
        """Return what an agency does by itself with a vendor's first claim; None where it does nothing, or its adapter cannot be had."""
        try:
            return self.adapter(account).first_claim_notice
        except InkassoError:
            return None

    def secrets_of(self, account: str) -> list[str]:
        """Return the secrets in the settings of an account's adapter, to keep them out of texts; none before it was built."""
        adapter = self._adapters.get(account)
        return of_secrets(adapter.settings) if adapter is not None else []

    def secrets_of_shop(self, shop: str) -> list[str]:
        """Return the secrets in a shop's settings, to keep them out of texts."""
        return of_secrets(self.shop_settings(shop))

    def agency_label(self, account: str, agency: str) -> str:
        """Return the name of an account's agency as people read it; its adapter's own name where that cannot be used any more."""
        try:
            return self.adapter(account).label
        except InkassoError:
            return agency

    def shop_settings(self, shop: str) -> ShopSettings:
        """Return a shop's settings, checked by its plugin; raises :class:`PluginError` or :class:`ConfigurationError`."""
        if shop not in self._shop_settings:
            config = self.shop(shop)
            self._shop_settings[shop] = self.plugins.settings(config.plugin, complete(config.settings, f"shops.{shop}.settings"), shop=shop)
        return self._shop_settings[shop]

    def idle_statuses(self, shop: str) -> frozenset[str]:
        """Return the statuses without a claim that a shop's plugin itself writes; none where it cannot be asked, or breaks."""
        try:
            settings = self.shop_settings(shop)
            return frozenset(map(str, self.plugins.shop_plugin(self.shop(shop).plugin).idle_statuses(settings)))
        except Exception:  # noqa: BLE001  (a stranger's code; a hint is missing then, and nothing else)
            return frozenset()

    def triggers(self, shop: str) -> tuple[str, ...]:
        """Return the statuses that start a claim in a shop; none where its plugin names none, cannot be asked, or breaks."""
        try:
            settings = self.shop_settings(shop)
            return tuple(map(str, self.plugins.shop_plugin(self.shop(shop).plugin).triggers(settings)))
        except Exception:  # noqa: BLE001  (a stranger's code; a hint is missing then, and nothing else)
            return ()

    def creditor_of(self, claim: Claim, shop: str, account: str | None) -> Creditor | None:
        """Return to whom a claim is owed: as the claim says, else as the shop's or the account's configuration says."""
        if claim.creditor is not None:
            return claim.creditor
        of_shop, of_account = self.settings.shops.get(shop), self.settings.accounts.get(account or "")
        name = (of_shop.creditor if of_shop else None) or (of_account.creditor if of_account else None)
        return self.settings.creditors[name] if name else None

    def route(self, claim: Claim, shop: str) -> str | None:
        """Choose the account: plugins first, then the routes, then the shop's own; raises what a plugin raises."""
        chosen = self.plugins.choose_account(claim, shop)
        if chosen is not None:
            if chosen not in self.settings.accounts:
                raise ConfigurationError(_CHOSEN_UNKNOWN.fill(known=", ".join(sorted(self.settings.accounts)) or "-"))
            return chosen
        address = claim.debtor.address
        config = self.shop(shop)
        facts = {
            "shop": shop,
            "vendor": claim.source.vendor,
            "creditor": config.creditor,
            "country": address.country if address else None,
            "currency": claim.currency,
        }
        for route in self.settings.routes:
            if all(getattr(route, name) in (None, value) for name, value in facts.items()):
                return route.account
        return config.account

    @cached_property
    def laws(self) -> Mapping[str, Law]:
        """Country -> its law, with the base rates of the configuration."""
        return laws_with(self.settings.law.base_rates)

    @cached_property
    def secret(self) -> bytes:
        """The installation's secret, made once and kept in the database: without it nobody can guess a debtor's lookup."""
        with self.database.read() as connection:
            value = records.value_of(connection, _SECRET)
        if value is None:
            with self.database.write() as connection:
                value = records.value_of(connection, _SECRET)
                if value is None:
                    value = secrets.token_hex(32)
                    records.set_value(connection, _SECRET, value)
        return bytes.fromhex(value)


def link(found: object) -> str | None:
    """Return an address that people may be sent to; None for whatever is none."""
    is_one = isinstance(found, str) and found.startswith(("https://", "http://")) and found.isprintable() and " " not in found
    return str(found) if is_one and len(str(found)) <= _LONGEST_LINK else None


def _named(known: Mapping[str, T], name: str, text: Text) -> T:
    if name not in known:
        told, near = text.fill(name=name, known=", ".join(sorted(known)) or "-"), did_you_mean(name, known)
        raise NotFound(Text(f"{told.de}{near.de}.", f"{told.en}{near.en}."), field=name)
    return known[name]


_NO_SHOP = Text("Es ist kein Shop „{name}“ eingerichtet; eingerichtet: {known}", 'No shop "{name}" is configured; configured: {known}')
_CHOSEN_UNKNOWN = Text(
    "Ein Plugin wählt ein Konto, das nicht eingerichtet ist. Eingerichtet: {known}.",
    "A plugin chooses an account that is not configured. Configured: {known}.",
)
_NO_ACCOUNT = Text(
    "Es ist kein Konto „{name}“ eingerichtet; eingerichtet: {known}", 'No account "{name}" is configured; configured: {known}'
)
