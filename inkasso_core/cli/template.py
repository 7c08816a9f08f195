"""The configuration that ``inkasso init`` writes: made from what is installed, with each plugin's settings, in both languages."""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from inkasso_core.cli.exits import WrongUsage
from inkasso_core.errors import ConfigurationError, PluginError
from inkasso_core.model.words import Language, Text
from inkasso_core.settings import DEFAULT_FILE, YOUR_NAME

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso

WIDTH = 110


def write(
    ink: Inkasso, folder: Path, *, agency: str | None, shop_plugin: str | None, language: Language, transport: str | None = None
) -> Path:
    """Write a new configuration into ``folder`` and return its path.

    Raises :class:`ConfigurationError` where one is there already, nothing can be written, or the agency has no such transport,
    :class:`PluginError` for an unknown name.
    """
    path = folder / DEFAULT_FILE
    content = render(ink, agency=agency, shop_plugin=shop_plugin, language=language, transport=transport)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        raise ConfigurationError(_THERE.fill(path=path)) from None
    except OSError as exc:
        raise ConfigurationError(_UNWRITABLE.fill(path=path, error=exc.strerror)) from None
    return path


def render(ink: Inkasso, *, agency: str | None, shop_plugin: str | None, language: Language, transport: str | None = None) -> str:
    """Return the configuration as text."""
    chosen = agency or _default_agency(ink)
    account = (chosen or "NAME").removesuffix("-file")
    names = ink.plugins.shop_plugin_names
    if shop_plugin is not None:
        ink.plugins.shop_plugin(shop_plugin)  # says which there are, where this is none
        names = [shop_plugin]
    lines = [*_head(language), *_creditor(), *_account(ink, chosen, account, transport), *_said(_SHOPS)]
    for name in names:
        lines += _shop(ink, name, account if chosen else None, active=shop_plugin is not None)
    return "\n".join([*lines, ""])


def _default_agency(ink: Inkasso) -> str | None:
    """The first agency that takes files and nothing else: it needs no credentials, and nothing leaves by itself. Those that came with us
    are asked before those of others: what is installed besides changes nothing that the documentation says."""
    names = []
    for row in sorted(ink.agencies.installed(), key=lambda row: row.distribution != "inkasso"):
        try:
            kinds = ink.agencies.variants(row.name)
        except PluginError:
            continue  # `inkasso doctor` names it
        if all("directory" in kind.Settings.model_fields and len(kinds) == 1 for kind in kinds.values()):
            return row.name
        names.append(row.name)
    return names[0] if names else None


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
    yield f"name = {_toml(YOUR_NAME)}"
    for example in ('legal_form = "GmbH"', 'street = "…"', 'house_number = "…"', 'postal_code = "…"', 'city = "…"', 'country = "DE"'):
        yield f"#{example}"
    yield from _said(_INPUT_VAT)
    yield "#input_vat_deductible = true"


def _account(ink: Inkasso, agency: str | None, account: str, transport: str | None) -> Iterator[str]:
    yield ""
    yield from _said(_ACCOUNT)
    if agency is None:
        yield from _said(_NO_AGENCY)
        return
    chosen, variants = _transport(ink, agency, transport), ink.agencies.variants(agency)
    adapter = variants[chosen]
    yield f"[accounts.{account}]  # {ink.agencies.family(agency).label}"
    yield f'agency = "{agency}"'
    yield 'creditor = "main"'
    yield from _said(_MODE)
    yield 'mode = "manual"'
    yield ""
    yield f"[accounts.{account}.settings]"
    if chosen:
        yield from _said(_TRANSPORT.fill(known=", ".join(variants)))
        yield f"transport = {_toml(chosen)}"
    yield from _settings(
        adapter.Settings, "", account, adapter.documentation or f"`inkasso agencies {agency}`", but=("transport",) if chosen else ()
    )
    yield ""
    yield from _said(_POLICY)
    yield f"#[accounts.{account}.policy]"
    yield '#minimum = "20.00"'
    yield "#reminders = 2"
    yield ""


def _transport(ink: Inkasso, agency: str, wanted: str | None) -> str:
    """Return the transport that the account gets: the one wanted, else the default, else the first. Empty where there is no choice."""
    family = ink.agencies.family(agency)
    if wanted is None:
        return family.default if family.default is not None else next(iter(family.by_transport))
    if set(family.by_transport) == {""}:
        raise WrongUsage(_NO_TRANSPORTS.fill(label=family.label), field="--transport")
    family.chosen(wanted)  # says which there are, where this is none
    return wanted


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
        section, page = f"shops.{name}.settings", plugin.documentation or f"`inkasso shops {name}`"
        yield ""
        yield f"{mark}[{section}]"
        yield from _settings(plugin.Settings, mark, name, page, apart=plugin.assertion)
        if plugin.assertion is not None:
            yield from _asserted(plugin.Settings, plugin.assertion, mark, section, page)


def _settings(
    model: type[BaseModel], mark: str, name: str, page: str, *, apart: str | None = None, but: Collection[str] = ()
) -> Iterator[str]:
    """Yield every simple setting with its meaning: what is required stands there with an example, the rest as a comment.

    ``name`` is that of the account or shop; ``page`` explains the tables that are not written out; ``apart`` is one that is. What is in
    ``but`` stands there already.
    """
    defaults, tables = model.model_construct(), []
    for field, info in model.model_fields.items():
        if field in but:
            continue
        if _is_table(info):
            tables.append(field)
            continue
        yield from _meaning(info)
        if info.is_required():
            yield from _said(_REQUIRED)
        value = None if info.is_required() else _plain(model, field, getattr(defaults, field))
        if _is_secret(info):
            yield f"#{field} = {_toml({'env': _variable(name, field)})}"
        elif info.is_required():
            example = _example(info)
            yield f"{'#' if example is None else mark}{field} = {_toml(_instance(info.annotation) if example is None else example)}"
        elif value is None:
            yield f"#{field} = {_toml(_instance(info.annotation) if (example := _example(info)) is None else example)}  {_EXAMPLE}"
        else:
            yield f"#{field} = {_toml(value)}"
    if others := [table for table in tables if table != apart]:
        yield from _said(_TABLES.fill(names=", ".join(others), page=page))


def _asserted(model: type[BaseModel], field: str, mark: str, section: str, page: str) -> Iterator[str]:
    """Yield the table of what a merchant asserts, each line a comment: the statement is his own, and the values are examples."""
    table = next(kind for kind in _kinds(model.model_fields[field]) if issubclass(kind, BaseModel))
    defaults = table.model_construct()
    yield ""
    yield from _said(_ASSERTION.fill(page=page))
    yield f"{mark}[{section}.{field}]"
    for name, info in table.model_fields.items():
        yield from _meaning(info)
        value, example = _plain(table, name, getattr(defaults, name)), _example(info)
        shown = _instance(info.annotation) if value is None and example is None else value if example is None else example
        yield f"#{name} = {_toml(shown)}"


def _meaning(info: FieldInfo) -> Iterator[str]:
    for line in textwrap.wrap(_first_sentence(info.description), WIDTH):
        yield f"# {line}"


def _kinds(info: FieldInfo) -> Iterator[type]:
    parts = [_bare(part) for part in (info.annotation, *get_args(_bare(info.annotation)))]
    yield from (kind for kind in parts if isinstance(kind, type))


def _bare(annotation: Any) -> Any:
    """Return a type without what stands beside it (``Annotated``)."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_table(info: FieldInfo) -> bool:
    """True for a setting that is a model of its own, or may be one."""
    return any(issubclass(kind, BaseModel) for kind in _kinds(info))


def _is_secret(info: FieldInfo) -> bool:
    return any(issubclass(kind, SecretStr | SecretBytes) for kind in _kinds(info))


def _variable(*parts: str) -> str:
    """Name the variable of the environment for a secret."""
    return re.sub(r"\W+", "_", "_".join(parts).replace("-", "_")).upper()


def _example(info: FieldInfo) -> Any:
    """An example of a setting: the author's own, or a folder for a path."""
    if info.examples:
        return info.examples[0]
    for part in get_args(info.annotation):  # Annotated[str, Field(examples=…)] | None
        beside = get_args(part)[1:] if get_origin(part) is Annotated else ()
        if found := next((one.examples for one in beside if isinstance(one, FieldInfo) and one.examples), None):
            return found[0]
    return "export" if info.annotation is Path else None


def _instance(annotation: Any) -> Any:
    """Any value of the right kind, where the author gives no example: what is uncommented is TOML at least."""
    annotation = _bare(annotation)
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return next(iter(annotation)).value
        return next((value for kind, value in _INSTANCES if issubclass(annotation, kind)), _ELLIPSIS)
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if isinstance(kind := get_origin(annotation), type) and kind not in (Union, UnionType):
        return _instance(kind)
    return next((_instance(part) for part in get_args(annotation) if part is not type(None)), _ELLIPSIS)


def _plain(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return a default as it stands in a file."""
    return model.model_construct(**{name: value}).model_dump(mode="json", include={name}, warnings=False)[name]


def _toml(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_toml(item)}' for name, item in value.items())} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _first_sentence(description: str | None) -> str:
    first, stop, _ = " ".join((description or "").split()).replace("``", "`").partition(". ")
    return first + stop.strip()


def _said(text: Text) -> Iterator[str]:
    for words in (text.de, text.en):
        for line in textwrap.wrap(words, WIDTH):
            yield f"# {line}"


_ELLIPSIS = "…"
_INSTANCES: tuple[tuple[type, Any], ...] = (
    (bool, True),
    (int, 1),
    (float, 1.0),
    (Decimal, "1.00"),
    (dt.date, dt.date(2026, 1, 31)),
    (Mapping, {}),
    (str, _ELLIPSIS),
    (Collection, []),
)
"""Kind of a setting -> a value of it."""
_EXAMPLE = "# Beispiel / example"

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
_INPUT_VAT = Text("Zum Vorsteuerabzug berechtigt?", "Entitled to deduct input VAT?")
_ACCOUNT = Text(
    "Ein Konto ist eine Agentur für einen Gläubiger. Es probt nur, bis `inkasso mandate` und `inkasso go-live` es scharf schalten.",
    "An account is an agency for a creditor. It only rehearses until `inkasso mandate` and `inkasso go-live` let it transmit for real.",
)
_TRANSPORT = Text("Wie übertragen wird: eines von {known}.", "How it is transmitted: one of {known}.")
_NO_TRANSPORTS = Text(
    "{label} hat nur einen Übertragungsweg: --transport weglassen.", "{label} has one transport only: leave --transport out."
)
_NO_AGENCY = Text("Es ist keine Agentur installiert.", "No agency is installed.")
_MODE = Text(
    "manual: jemand gibt frei. automatic: was ohne rote Punkte und Warnungen ist, geht von selbst.",
    "manual: somebody releases. automatic: what has no red point and no warning goes by itself.",
)
_POLICY = Text(
    "Schwellen dieses Kontos; alle stehen in docs/configuration.md.", "Thresholds of this account; docs/configuration.md has all of them."
)
_SHOPS = Text(
    "Ein Shop. Sein Name gehört für immer zum Schlüssel jeder Forderung: nie umbenennen.",
    "A shop. Its name is part of every claim's key for good: never rename it.",
)
_TABLES = Text("Weitere Tabellen: {names}; siehe {page}.", "More tables: {names}; see {page}.")
_ASSERTION = Text(
    "Was der Shop nicht exportiert, lässt sich hier erklären: das # vor den Zeilen entfernen, die auf JEDEN gemeldeten Auftrag zutreffen. "
    "Die Werte sind Beispiele. Das Inkassounternehmen beruft sich darauf, notfalls vor Gericht; siehe {page}.",
    "What the shop does not export can be asserted here: take away the # before the lines that are true of EVERY reported order. The "
    "values are examples. The agency relies on it, in court if need be; see {page}.",
)
_REQUIRED = Text("Erforderlich; hier steht ein Beispiel.", "Required; this is an example.")
