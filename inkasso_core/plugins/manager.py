"""The plugins of one application: loaded one by one, broken ones listed and skipped, each hook called the way its kind demands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import metadata
from typing import Any, NamedTuple

import pluggy
from pydantic import ValidationError

from inkasso_core.describe import did_you_mean, problems, summary
from inkasso_core.discretion import of_debtors, repeats
from inkasso_core.errors import ConfigurationError, PluginError
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Finding, Level
from inkasso_core.model.events import ClaimEvent, ShopEvent
from inkasso_core.model.words import Text
from inkasso_core.plugins import spec
from inkasso_core.plugins.base import ShopPlugin, ShopSettings
from inkasso_core.plugins.context import ShopContext

GROUP = "inkasso.plugins"
ALONE = ("inkasso_review_claim", "inkasso_claim_changed")
"""Hooks whose implementations are called one by one, so that none can stop another."""
OBSERVER = "inkasso_claim_changed"
_is_code = re.compile("[A-Z][A-Z0-9_]{0,59}").fullmatch
HOOKS = tuple(name for name in vars(spec) if name.startswith("inkasso_"))
"""Every hook there is."""


class Broken(NamedTuple):
    """A plugin that could not be used, and why."""

    name: str
    text: Text


class Plugins:
    """The plugin manager. ``extra`` adds plugin objects that no distribution registers: for tests, and for a shop's own code."""

    def __init__(self, *, serving: Mapping[str, str], disabled: Iterable[str] = (), extra: Mapping[str, object] | None = None) -> None:
        """``serving`` maps each configured shop to the name of its plugin."""
        self._serving = dict(serving)
        self._manager = pluggy.PluginManager(spec.PROJECT)
        self._manager.add_hookspecs(spec)
        self.broken: list[Broken] = []
        self._shop_plugins: dict[str, ShopPlugin[Any]] = {}
        self._policies: set[str] = set()
        self._load(set(disabled), dict(extra or {}))

    # Loading

    def _load(self, disabled: set[str], extra: dict[str, object]) -> None:
        points = [p for p in metadata.entry_points(group=GROUP) if p.name not in disabled and p.name not in extra]
        count = Counter(point.name for point in points)
        found: list[tuple[str, object]] = list(extra.items())
        for point in {p.name: p for p in points}.values():
            if count[point.name] > 1:
                self.broken.append(Broken(point.name, _TWICE.fill(name=point.name)))
                continue
            try:
                found.append((point.name, point.load()))
            except (Exception, SystemExit) as exc:  # noqa: BLE001  (whatever a stranger's module raises when imported)
                self.broken.append(Broken(point.name, _UNLOADABLE.fill(name=point.name, error=type(exc).__name__)))
        # pluggy calls the last registered first: a shop's own plugin is to answer first, then policy plugins by their names
        found.sort(key=lambda item: item[0], reverse=True)
        found.sort(key=lambda item: _is_shop_plugin(item[1]))
        for name, thing in found:
            self._register(name, thing)

    def _register(self, name: str, thing: object) -> None:
        try:
            plugin = thing() if isinstance(thing, type) else thing
            self._manager.register(plugin, name=name)
            self._refuse_unknown(plugin)
            self._refuse_unmarked(plugin)
            self._refuse_wrappers(plugin)
        except (Exception, SystemExit) as exc:  # noqa: BLE001  (a stranger's constructor, or hooks that do not fit)
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            detail = " ".join(str(exc).split()) if isinstance(exc, pluggy.PluginValidationError) else type(exc).__name__
            self.broken.append(Broken(name, _UNFIT.fill(name=name, error=detail)))
            return
        if isinstance(plugin, ShopPlugin):
            self._shop_plugins[name] = plugin
        else:
            self._policies.add(name)

    def _refuse_unknown(self, plugin: object) -> None:
        """A misspelt hook would never be called."""
        for caller in self._manager.get_hookcallers(plugin) or ():
            mine = [impl for impl in caller.get_hookimpls() if impl.plugin is plugin and not impl.optionalhook]
            if mine and not caller.has_spec():
                near = "".join(f", did you mean {name}?" for name in get_close_matches(caller.name, HOOKS, n=1))
                raise pluggy.PluginValidationError(plugin, f"there is no hook {caller.name}{near}")

    def _refuse_unmarked(self, plugin: object) -> None:
        """A forgotten ``@hookimpl`` would silently switch a review off."""
        for hook in HOOKS:
            if callable(getattr(plugin, hook, None)) and self._manager.parse_hookimpl_opts(plugin, hook) is None:
                raise pluggy.PluginValidationError(plugin, f"{hook} lacks @hookimpl")

    def _refuse_wrappers(self, plugin: object) -> None:
        for hook in ALONE:
            for impl in getattr(self._manager.hook, hook).get_hookimpls():
                if impl.plugin is plugin and (impl.wrapper or impl.hookwrapper):
                    raise pluggy.PluginValidationError(plugin, f"{hook} is called one by one and cannot be wrapped")

    # Asking

    @property
    def shop_plugin_names(self) -> list[str]:
        """The names of all shop plugins that work."""
        return sorted(self._shop_plugins)

    @property
    def policy_names(self) -> list[str]:
        """The names of all policy plugins that work."""
        return sorted(self._policies)

    def shop_plugin(self, name: str) -> ShopPlugin[Any]:
        """Return one shop plugin; raises :class:`PluginError` for one that is unknown or broken."""
        if name in self._shop_plugins:
            return self._shop_plugins[name]
        for broken in self.broken:
            if broken.name == name:
                raise PluginError(broken.text, field=name)
        told, near = _UNKNOWN.fill(name=name, known=", ".join(self.shop_plugin_names) or "-"), did_you_mean(name, self._shop_plugins)
        raise PluginError(Text(f"{told.de}{near.de}.", f"{told.en}{near.en}."), field=name)

    def settings(self, plugin: str, values: Mapping[str, Any], *, shop: str) -> ShopSettings:
        """Check a shop's settings by its plugin's model; raises :class:`ConfigurationError` naming the setting."""
        model = self.shop_plugin(plugin).Settings
        try:
            return model.model_validate(dict(values))
        except ValidationError as exc:
            found = problems(exc)
            text = summary(found)
            where = f"shops.{shop}.settings"
            raise ConfigurationError(Text(f"[{where}] {text.de}", f"[{where}] {text.en}"), field=f"{where}.{found[0].field}") from None
        except Exception as exc:  # noqa: BLE001  (a stranger's validator, which has the secrets in its hands)
            raise PluginError(_UNFIT.fill(name=plugin, error=type(exc).__name__), field=f"shops.{shop}.settings") from None

    def doubts(self, plugin: str, settings: ShopSettings, *, shop: str) -> list[Text]:
        """Ask a shop's plugin what its settings leave open; raises :class:`PluginError` for one that breaks."""
        section = f"shops.{shop}.settings"
        try:
            return list(self.shop_plugin(plugin).doubts(settings, section))
        except PluginError:
            raise
        except Exception as exc:  # noqa: BLE001  (a stranger's code)
            raise PluginError(_UNFIT.fill(name=plugin, error=type(exc).__name__), field=section) from None

    def answer(self, event: ShopEvent) -> Claim | None:
        """Fire the hook of an event: the plugin that serves the shop first, then policy plugins; the first answer counts.

        Whatever a plugin raises comes through: the caller stores the event as failed. Raises :class:`PluginError` for an answer that
        is no claim.
        """
        self.shop_plugin(self._serving[event.shop])
        answer = self._caller(f"inkasso_{event.kind.value}", event.shop)(event=event)
        if answer is not None and not isinstance(answer, Claim):
            raise PluginError(_NO_CLAIM.fill(kind=type(answer).__name__))
        return answer

    def choose_account(self, claim: Claim, shop: str) -> str | None:
        """Ask the plugins which account takes the claim; None leaves it to the routes."""
        if not self._manager.hook.inkasso_choose_account.get_hookimpls():
            return None
        answer = self._caller("inkasso_choose_account", shop)(claim=claim, shop=shop)
        if answer is not None and not isinstance(answer, str):
            raise PluginError(_NO_ACCOUNT.fill(kind=type(answer).__name__))
        return answer

    def review(self, claim: Claim, shop: str) -> tuple[Finding, ...]:
        """Ask every reviewer alone. One that breaks counts as a red point: fail closed."""
        findings: list[Finding] = []
        for name, call in self._implementations("inkasso_review_claim", shop):
            try:
                finding = call(claim=claim, shop=shop)
            except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
                finding = _review_failed(name, type(exc).__name__)
            if finding is not None and not isinstance(finding, Finding):
                finding = _review_failed(name, type(finding).__name__)
            if finding is not None:
                findings.append(_discreet(name, finding, claim))
        return tuple(findings)

    def observers(self, shop: str) -> list[str]:
        """Return the names of the plugins that want to hear of this shop's claims."""
        return [name for name, _ in self._implementations(OBSERVER, shop)]

    def serves(self, plugin: str, shop: str) -> bool:
        """Return whether this is the plugin that serves the shop."""
        return self._serving.get(shop) == plugin

    def tell(self, plugin: str, event: ClaimEvent, context: ShopContext[Any] | None = None) -> None:
        """Tell one observer; whatever it raises comes through, and the caller tells it again later.

        Raises :class:`PluginError` for one that is broken now: it is to hear of it once it is mended. One that is no longer installed,
        or switched off, hears nothing.
        """
        for broken in self.broken:
            if broken.name == plugin:
                raise PluginError(broken.text, field=plugin)
        for name, call in self._implementations(OBSERVER, event.shop):
            if name == plugin:
                call(event=event, context=context)

    def _strangers(self, shop: str) -> set[str]:
        """The shop plugins that serve other shops only."""
        return set(self._shop_plugins) - {self._serving.get(shop, "")}

    def _caller(self, hook: str, shop: str) -> pluggy.HookCaller:
        strangers = [self._shop_plugins[name] for name in self._strangers(shop)]
        return self._manager.subset_hook_caller(hook, remove_plugins=strangers)

    def _implementations(self, hook: str, shop: str) -> list[tuple[str, Callable[..., Any]]]:
        strangers = self._strangers(shop)
        found = reversed(getattr(self._manager.hook, hook).get_hookimpls())
        return [(impl.plugin_name, _taking(impl)) for impl in found if impl.plugin_name not in strangers]


def _taking(impl: pluggy.HookImpl) -> Callable[..., Any]:
    """An implementation may take fewer arguments than the specification offers."""
    return lambda **offered: impl.function(*(offered[name] for name in impl.argnames))


def _is_shop_plugin(thing: object) -> bool:
    return isinstance(thing, ShopPlugin) or (isinstance(thing, type) and issubclass(thing, ShopPlugin))


def _discreet(plugin: str, finding: Finding, claim: Claim) -> Finding:
    """A finding's code is a word for programs, and its texts reach messages and the history: none of them repeats the debtor's data."""
    if not _is_code(finding.code):
        return _review_failed(plugin, "code")
    known = of_debtors([claim])
    if repeats(" ".join((finding.code, finding.field or "", *finding.message, *finding.remedy)), known):
        return finding._replace(code="REVIEW_FAILED", field=None, message=_REVIEW_QUOTES.fill(plugin=plugin), remedy=_REVIEW_REMEDY)
    return finding


def _review_failed(plugin: str, error: str) -> Finding:
    return Finding(
        code="REVIEW_FAILED",
        level=Level.BLOCK,
        fixed=True,
        field=None,
        message=_REVIEW_FAILED.fill(plugin=plugin, error=error),
        remedy=_REVIEW_REMEDY,
    )


_UNKNOWN = Text(
    "Das Shop-Plugin „{name}“ ist nicht installiert. Installiert: {known}",
    'The shop plugin "{name}" is not installed. Installed: {known}',
)
_TWICE = Text(
    "Das Plugin „{name}“ wird von mehreren Paketen angeboten: alle bis auf eines deinstallieren.",
    'The plugin "{name}" is offered by several distributions: uninstall all but one.',
)
_UNLOADABLE = Text(
    "Das Plugin „{name}“ lässt sich nicht laden: {error}. Das Paket neu installieren oder aktualisieren.",
    'The plugin "{name}" cannot be loaded: {error}. Reinstall or update its distribution.',
)
_UNFIT = Text(
    "Das Plugin „{name}“ passt nicht: {error}.",
    'The plugin "{name}" does not fit: {error}.',
)
_NO_CLAIM = Text(
    "Ein Plugin hat mit {kind} statt mit einer Forderung (Claim) geantwortet.",
    "A plugin answered with {kind} instead of a Claim.",
)
_NO_ACCOUNT = Text(
    "Ein Plugin hat mit {kind} statt mit dem Namen eines Kontos geantwortet.",
    "A plugin answered with {kind} instead of the name of an account.",
)
_REVIEW_FAILED = Text(
    "Die Prüfung durch das Plugin „{plugin}“ ist fehlgeschlagen ({error}).",
    'The review by the plugin "{plugin}" failed ({error}).',
)
_REVIEW_QUOTES = Text(
    "Die Prüfung durch das Plugin „{plugin}“ hat einen Befund, dessen Text Daten des Schuldners wiederholt und nicht gezeigt wird.",
    'The review by the plugin "{plugin}" has a finding whose text repeats the debtor\'s data and is not shown.',
)
_REVIEW_REMEDY = Text(
    "Das Plugin reparieren oder in [inkasso] disabled_plugins abschalten, dann neu prüfen.",
    "Mend the plugin or switch it off in [inkasso] disabled_plugins, then diagnose again.",
)
