"""Which agency adapters are installed: listed without importing any, loaded one by name. The only place that knows stevedore."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from stevedore import DriverManager, NamedExtensionManager
from stevedore.exception import MultipleMatches, NoMatches

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.agencies.family import Transports
from inkasso_core.describe import did_you_mean, problems, summary
from inkasso_core.discretion import of_secrets, unsaid
from inkasso_core.errors import ConfigurationError, InkassoError, PluginError
from inkasso_core.model.words import Text

GROUP = "inkasso.agencies"


class Installed(NamedTuple):
    """An adapter that is installed, not yet imported."""

    name: str
    distribution: str
    version: str
    duplicate: bool


class Agencies:
    """The installed adapters. ``extra`` adds classes that no distribution registers: for tests, and for a shop's own adapter."""

    def __init__(self, extra: Mapping[str, type[Agency[Any]]] | None = None) -> None:
        self._extra = dict(extra or {})

    def names(self) -> list[str]:
        """Return the names of all adapters, without importing one."""
        manager: NamedExtensionManager[Any] = NamedExtensionManager(GROUP, names=[])
        return sorted({*manager.entry_points_names(), *self._extra})

    def installed(self) -> list[Installed]:
        """Return all adapters with the distribution that brings them, without importing one."""
        points = list(metadata.entry_points(group=GROUP))
        count = Counter(point.name for point in points)
        rows = [
            Installed(point.name, point.dist.name if point.dist else "", point.dist.version if point.dist else "", count[point.name] > 1)
            for point in points
        ]
        rows += [Installed(name, "", "", duplicate=False) for name in self._extra if name not in count]
        return sorted(rows)

    def load(self, name: str, transport: object = None) -> type[Agency[Any]]:
        """Import one adapter; raises :class:`PluginError` for one that is unknown, broken, or claimed twice.

        Of an agency with several transports, the class for ``transport``; left out, its default or its first.
        """
        found = self._found(name)
        if not isinstance(found, Transports):
            return found
        return found.chosen(transport) if transport is not None or found.default else next(iter(found.by_transport.values()))

    def variants(self, name: str) -> dict[str, type[Agency[Any]]]:
        """Import one adapter and return its classes by transport; the key is empty where it has only one. Raises as :meth:`load`."""
        return dict(self.family(name).by_transport)

    def family(self, name: str) -> Transports:
        """Import one adapter and return all its transports, the default and the label among them. Raises as :meth:`load`."""
        found = self._found(name)
        return found if isinstance(found, Transports) else Transports(name, found.label, {"": found}, default="")

    def _found(self, name: str) -> type[Agency[Any]] | Transports:
        if name in self._extra:
            return self._extra[name]
        try:
            found: object = DriverManager[Any](GROUP, name, invoke_on_load=False).driver
        except NoMatches:
            raise PluginError(_unknown(name, self.names()), field=name) from None
        except MultipleMatches:
            raise PluginError(self._twice(name), field=name) from None
        except (Exception, SystemExit) as exc:  # noqa: BLE001  (whatever a stranger's module raises; its text goes no further)
            raise PluginError(_broken(name, exc), field=name) from None
        if any(row.duplicate for row in self.installed() if row.name == name):
            raise PluginError(self._twice(name), field=name)  # stevedore lets pass what two distributions define alike
        for one in _classes(found) or [found]:
            _check(one, name)
        return found  # type: ignore[return-value]  # checked above

    def build(self, name: str, settings: Mapping[str, Any], *, account: str) -> Agency[Any]:
        """Return the adapter with its settings; raises :class:`PluginError`, or :class:`ConfigurationError` naming the setting."""
        found = self._found(name)
        adapter = found.chosen(settings.get("transport")) if isinstance(found, Transports) else found
        checked = read_settings(adapter.Settings, settings, where=f"accounts.{account}.settings")
        try:
            built = adapter(checked)
            takes = (built.claims_per_placement, built.batch_size)
        except InkassoError as exc:
            raise unsaid(exc, of_secrets(checked), _SECRET) from None
        except Exception as exc:  # noqa: BLE001  (a stranger's constructor, which has the secrets in its hands)
            raise PluginError(_broken(name, exc), field=name) from None
        for setting, value in zip(("claims_per_placement", "batch_size"), takes, strict=True):
            if type(value) is not int or value < 1:
                raise PluginError(_takes_none(name, setting), field=name)
        return built

    def _twice(self, name: str) -> Text:
        who = ", ".join(sorted(f"{row.distribution} {row.version}" for row in self.installed() if row.name == name))
        return Text(
            f"Die Agentur „{name}“ wird von mehreren Paketen angeboten ({who}): alle bis auf eines deinstallieren.",
            f'The agency "{name}" is offered by several distributions ({who}): uninstall all but one.',
        )


def _classes(found: object) -> list[object]:
    return list(found.by_transport.values()) if isinstance(found, Transports) else []


def _check(found: object, name: str) -> None:
    """Raise :class:`PluginError` for what is no adapter of this name."""
    if not (isinstance(found, type) and issubclass(found, Agency)):
        raise PluginError(_no_agency(name), field=name)
    if getattr(found, "name", None) != name:
        raise PluginError(_misnamed(name), field=name)
    if missing := [*sorted(found.__abstractmethods__), *(() if hasattr(found, "label") else ("label",))]:
        raise PluginError(_unfinished(name, missing), field=name)


def read_settings(model: type[AgencySettings], settings: Mapping[str, Any], *, where: str) -> AgencySettings:
    """Check an adapter's settings; raises :class:`ConfigurationError` naming the setting, never its value."""
    try:
        return model.model_validate(dict(settings))
    except ValidationError as exc:
        found = problems(exc)
        text = summary(found)
        raise ConfigurationError(Text(f"[{where}] {text.de}", f"[{where}] {text.en}"), field=f"{where}.{found[0].field}") from None
    except Exception as exc:  # noqa: BLE001  (a stranger's validator)
        raise ConfigurationError(_UNREADABLE.fill(where=where, error=_where(exc)), field=where) from None


def _unknown(name: str, known: list[str]) -> Text:
    names, near = ", ".join(known) or "-", did_you_mean(name, known)
    return Text(
        f"Die Agentur „{name}“ ist nicht installiert. Installiert: {names}{near.de}. Schreibweise prüfen oder das Paket installieren.",
        f'The agency "{name}" is not installed. Installed: {names}{near.en}. Check the spelling or install its distribution.',
    )


def _broken(name: str, exc: BaseException) -> Text:
    what = _where(exc)
    extra = f" ({exc.name})" if isinstance(exc, ImportError) and exc.name else ""
    return Text(
        f"Die Agentur „{name}“ ist installiert, lässt sich aber nicht laden: {what}{extra}. Das Paket neu installieren oder aktualisieren.",
        f'The agency "{name}" is installed but cannot be loaded: {what}{extra}. Reinstall or update its distribution.',
    )


def _where(exc: BaseException) -> str:
    """Name an error and the line that raised it: its text may hold a secret."""
    line = traceback.extract_tb(exc.__traceback__)[-1]
    return f"{type(exc).__name__}, {Path(line.filename).name}:{line.lineno}"


_SECRET = Text(
    "Die Anbindung meldet einen Fehler ({error}), dessen Text ein Geheimnis enthält: die Einstellungen prüfen, die Anbindung reparieren.",
    "The adapter reports an error ({error}) whose text holds a secret: check the settings, mend the adapter.",
)
_UNREADABLE = Text(
    "[{where}] lässt sich nicht prüfen ({error}): die Anbindung reparieren.",
    "[{where}] cannot be checked ({error}): mend the adapter.",
)


def _no_agency(name: str) -> Text:
    return Text(
        f"Der Einstiegspunkt „{name}“ ist keine Unterklasse von inkasso_core.Agency.",
        f'The entry point "{name}" is no subclass of inkasso_core.Agency.',
    )


def _misnamed(name: str) -> Text:
    return Text(
        f"Die Klasse hinter „{name}“ trägt einen anderen Namen: `name` muss dem Einstiegspunkt gleichen.",
        f'The class behind "{name}" bears another name: `name` must equal the entry point.',
    )


def _takes_none(name: str, setting: str) -> Text:
    return Text(
        f"Die Klasse hinter „{name}“: `{setting}` muss eine ganze Zahl ab 1 sein.",
        f'The class behind "{name}": `{setting}` must be a whole number from 1 on.',
    )


def _unfinished(name: str, missing: list[str]) -> Text:
    what = ", ".join(missing)
    return Text(f"Der Klasse hinter „{name}“ fehlt: {what}.", f'The class behind "{name}" lacks: {what}.')
