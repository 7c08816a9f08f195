"""The configuration that ``inkasso init`` writes: made from what is installed, with each plugin's settings, in both languages."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Language, Text
from inkasso_core.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso

WIDTH = 110


def write(ink: Inkasso, folder: Path, *, agency: str | None, shop_plugin: str | None, language: Language) -> Path:
    """Write a new configuration into ``folder`` and return its path.

    Raises :class:`ConfigurationError` where one is there already or nothing can be written, :class:`PluginError` for an unknown name.
    """
    path = folder / DEFAULT_FILE
    content = render(ink, agency=agency, shop_plugin=shop_plugin, language=language)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        raise ConfigurationError(_THERE.fill(path=path)) from None
    except OSError as exc:
        raise ConfigurationError(_UNWRITABLE.fill(path=path, error=exc.strerror)) from None
    return path


def render(ink: Inkasso, *, agency: str | None, shop_plugin: str | None, language: Language) -> str:
    """Return the configuration as text."""
    chosen = agency or _default_agency(ink)
    account = (chosen or "NAME").removesuffix("-file")
    names = ink.plugins.shop_plugin_names
    if shop_plugin is not None:
        ink.plugins.shop_plugin(shop_plugin)  # says which there are, where this is none
        names = [shop_plugin]
    lines = [*_head(language), *_creditor(), *_account(ink, chosen, account), *_said(_SHOPS)]
    for name in names:
        lines += _shop(ink, name, account if chosen else None, active=shop_plugin is not None)
    return "\n".join([*lines, ""])


def _default_agency(ink: Inkasso) -> str | None:
    """The first agency that only wants to know where its files go: it needs no credentials, and nothing leaves by itself."""
    names = [row.name for row in ink.agencies.installed() if not row.duplicate]
    return next((name for name in names if "directory" in ink.agencies.load(name).Settings.model_fields), names[0] if names else None)


def _head(language: Language) -> Iterator[str]:
    yield from _said(_FILE)
    yield ""
    yield "[inkasso]"
    yield from _said(_DATABASE)
    yield 'database = "sqlite:///inkasso.db"'
    yield from _said(_TIMEZONE)
    yield 'timezone = "Europe/Berlin"'
    yield f'language = "{language}"  # de, en'


def _creditor() -> Iterator[str]:
    yield ""
    yield from _said(_CREDITOR)
    yield "[creditors.main]"
    yield f"name = {_toml(f'{_YOUR_NAME.de} / {_YOUR_NAME.en}')}"
    for example in ('legal_form = "GmbH"', 'street = "…"', 'house_number = "…"', 'postal_code = "…"', 'city = "…"', 'country = "DE"'):
        yield f"#{example}"
    yield from _said(_INPUT_VAT)
    yield "#input_vat_deductible = true"


def _account(ink: Inkasso, agency: str | None, account: str) -> Iterator[str]:
    yield ""
    yield from _said(_ACCOUNT)
    if agency is None:
        yield from _said(_NO_AGENCY)
        return
    adapter = ink.agencies.load(agency)
    yield f"[accounts.{account}]  # {adapter.label}"
    yield f'agency = "{agency}"'
    yield 'creditor = "main"'
    yield from _said(_MODE)
    yield 'mode = "manual"'
    yield ""
    yield f"[accounts.{account}.settings]"
    yield from _settings(adapter.Settings, "")
    yield ""
    yield from _said(_POLICY)
    yield f"#[accounts.{account}.policy]"
    yield '#minimum = "20.00"'
    yield "#reminders = 2"
    yield ""


def _shop(ink: Inkasso, name: str, account: str | None, *, active: bool) -> Iterator[str]:
    plugin = ink.plugins.shop_plugin(name)
    mark = "" if active else "#"
    yield ""
    yield f"{mark}[shops.{name}]  # {plugin.label}"
    yield f'{mark}plugin = "{name}"'
    yield f'{mark}creditor = "main"'
    if account is not None:
        yield f'{mark}account = "{account}"'
    if plugin.Settings.model_fields:
        yield ""
        yield f"{mark}[shops.{name}.settings]"
        yield from _settings(plugin.Settings, mark)


def _settings(model: type[BaseModel], mark: str) -> Iterator[str]:
    """Yield every simple setting with its meaning: what is required stands there with an example, the rest as a comment."""
    defaults, tables = model.model_construct(), []
    for name, info in model.model_fields.items():
        if _is_table(info):
            tables.append(name)
            continue
        for line in textwrap.wrap(_first_sentence(info.description), WIDTH):
            yield f"# {line}"
        if info.is_required():
            yield from _said(_REQUIRED)
        value = _example(info) if info.is_required() else _plain(model, name, getattr(defaults, name))
        active = info.is_required() and value is not None
        yield f"{mark if active else '#'}{name} = {'…' if value is None else _toml(value)}"
    if tables:
        yield from _said(_TABLES.fill(names=", ".join(tables)))


def _is_table(info: FieldInfo) -> bool:
    """True for a setting that is a model of its own, or may be one."""
    kinds = (info.annotation, *get_args(info.annotation))
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)


def _example(info: FieldInfo) -> Any:
    """An example of a required setting: the author's own, or a folder for a path."""
    if info.examples:
        return info.examples[0]
    return "export" if info.annotation is Path else None


def _plain(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return a default as it stands in a file."""
    return model.model_construct(**{name: value}).model_dump(mode="json", include={name}, warnings=False)[name]


def _toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_toml(key)} = {_toml(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _first_sentence(description: str | None) -> str:
    first, stop, _ = " ".join((description or "").split()).replace("``", "`").partition(". ")
    return first + stop.strip()


def _said(text: Text) -> Iterator[str]:
    for words in (text.de, text.en):
        for line in textwrap.wrap(words, WIDTH):
            yield f"# {line}"


_THERE = Text("{path} gibt es schon; sie wird nicht überschrieben.", "{path} is there already; it is not overwritten.")
_UNWRITABLE = Text("{path} lässt sich nicht schreiben: {error}.", "{path} cannot be written: {error}.")
_FILE = Text(
    'Einstellungen von inkasso. Geheimnisse gehören nicht hierher, sondern in die Umgebung: { env = "NAME" }',
    'Settings of inkasso. Secrets do not belong here but into the environment: { env = "NAME" }',
)
_DATABASE = Text("Relativ zu dieser Datei; oder postgresql://…", "Relative to this file; or postgresql://…")
_TIMEZONE = Text("Die Zone des Gläubigers: Fristen sind Tage dort.", "The creditor's zone: time limits are days there.")
_CREDITOR = Text(
    "Der Gläubiger: wem das Geld geschuldet wird. Ohne Anschrift bleibt jede Forderung rot. Bitte ausfüllen.",
    "The creditor: to whom the money is owed. Without an address every claim stays red. Please fill in.",
)
_YOUR_NAME = Text("Name der Firma", "name of the company")
_INPUT_VAT = Text("Zum Vorsteuerabzug berechtigt?", "Entitled to deduct input VAT?")
_ACCOUNT = Text(
    "Ein Konto ist eine Agentur für einen Gläubiger. Es probt nur, bis `inkasso mandate` und `inkasso go-live` es scharf schalten.",
    "An account is an agency for a creditor. It only rehearses until `inkasso mandate` and `inkasso go-live` let it transmit for real.",
)
_NO_AGENCY = Text("Es ist keine Agentur installiert.", "No agency is installed.")
_MODE = Text(
    "manual: jemand gibt frei. automatic: was ohne rote Punkte und Warnungen ist, geht von selbst.",
    "manual: somebody releases. automatic: what has no red point and no warning goes by itself.",
)
_POLICY = Text(
    "Schwellen dieses Kontos; alle stehen in der Dokumentation.", "Thresholds of this account; the documentation has all of them."
)
_SHOPS = Text(
    "Ein Shop. Sein Name gehört für immer zum Schlüssel jeder Forderung: nie umbenennen.",
    "A shop. Its name is part of every claim's key for good: never rename it.",
)
_TABLES = Text("Weitere Tabellen, siehe Dokumentation: {names}.", "More tables, see the documentation: {names}.")
_REQUIRED = Text("Erforderlich; hier steht ein Beispiel.", "Required; this is an example.")
