"""A neutral record of a placement, for agencies that publish no field list: ours, not any agency's. Settings map it to what one takes.

Values are plain: text, ``Decimal`` amounts in the claim's currency, dates as ISO text, truth values, lists. Every field is always
there, None where it is unknown. A path is dotted; a number names one entry of a list, ``*`` every one: ``debtor.address.city``,
``claims.0.invoice.number``, ``claims.*.principal_open``. ``docs/agencies/pno.md`` lists all paths.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache, lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import Any

from inkasso_adapters._fields import PLACEMENT, Many, One
from inkasso_core import ConfigurationError, Placement, Text

EVERY = "*"
NO_CODES: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def record(placement: Placement) -> dict[str, Any]:
    """Return the placement as plain nested values."""
    return _fields(PLACEMENT, placement)


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record as dotted paths to values; an empty list has none."""
    return dict(_leaves(record, ()))


def check_map(field_map: Mapping[str, str], *, setting: str = "field_map", known: frozenset[str] | None = None) -> None:
    """Raise ``ConfigurationError`` for a source that there is not, and for targets that cannot be side by side.

    ``known`` are the sources where it is not our record that is mapped; see :func:`every_path`.
    """
    _check(tuple(field_map.items()), setting, every_path() if known is None else known)


@lru_cache(maxsize=64)
def _check(pairs: tuple[tuple[str, str], ...], setting: str, known: frozenset[str]) -> None:
    for target, source in pairs:
        if generic(source) not in known:
            raise ConfigurationError(_NO_SOURCE.fill(setting=setting, source=source), field=f"{setting}.{target}")
        if source.split(".").count(EVERY) != target.split(".").count(EVERY) or "" in target.split("."):
            raise ConfigurationError(_NO_TARGET.fill(setting=setting, target=target), field=f"{setting}.{target}")
    check_targets(tuple(target for target, _ in pairs), setting=setting)


def check_targets(targets: Iterable[str], *, setting: str) -> None:
    """Raise ``ConfigurationError`` for paths that cannot be side by side: one is the other, or holds it."""
    for target, other in combinations(targets, 2):
        if all(part == beside or EVERY in (part, beside) for part, beside in zip(target.split("."), other.split("."), strict=False)):
            raise ConfigurationError(_TWICE.fill(setting=setting, target=target, other=other), field=f"{setting}.{target}")


def check_paths(paths: Iterable[str], *, setting: str, known: frozenset[str]) -> None:
    """Raise ``ConfigurationError`` for a path that there is not."""
    for path in paths:
        if generic(path) not in known:
            raise ConfigurationError(_NO_SOURCE.fill(setting=setting, source=path), field=f"{setting}.{path}")


def lacking(record: Mapping[str, Any], paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of these paths at which nothing is known: for one with ``*`` where a single entry lacks it, or there is none."""
    return tuple(path for path in paths if not _is_there([value for _, value in _found(record, path.split("."))]))


def _is_there(found: list[Any]) -> bool:
    return bool(found) and all(map(_is_said, found))


def _is_said(value: Any) -> bool:
    return any(map(_is_said, value.values())) if isinstance(value, Mapping) else value not in (None, "", [])


def mapped(
    record: Mapping[str, Any],
    field_map: Mapping[str, str],
    *,
    codes: Mapping[str, Mapping[str, str]] = NO_CODES,
    known: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return the record in other names: target path <- source path, nested as the targets say. What is unknown is left out.

    Not so an entry of a list, where ``*`` stands for each: an empty one keeps its place, so that lists beside each other stay in step.
    A target's segment that is a number, or stands where the source has ``*``, makes a list. ``codes`` replaces values: source path ->
    our value -> the agency's. An empty map gives the record itself. Raises ``ConfigurationError`` as :func:`check_map` does.
    """
    if not field_map:
        return dict(record)
    check_map(field_map, known=known)
    tree: dict[str, Any] = {}
    for target, source in field_map.items():
        theirs = codes.get(source) or codes.get(generic(source), {})
        parts = target.split(".")
        entry = next((place for place in range(len(parts), 0, -1) if parts[place - 1] == EVERY), 0)
        for numbers, value in _found(record, source.split(".")):
            path = _numbered(target, numbers)
            if value is not None:
                put(tree, path, theirs.get(code_of(value), value))
            elif entry:
                _hold(tree, path[:entry], None if entry == len(path) else {})
    return {name: _listed(value) for name, value in tree.items()}


def code_of(value: Any) -> str:
    """Return how a value is written in the setting ``codes``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value into nested dicts."""
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def _hold(tree: dict[str, Any], path: list[str], empty: Any) -> None:
    """Keep the place of an entry, unless something stands there."""
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree.setdefault(path[-1], empty)


def _fields(fields: Mapping[str, Any], thing: Any) -> dict[str, Any]:
    return {name: _value(field, thing) for name, field in fields.items()}


def _value(field: Any, thing: Any) -> Any:
    match field:
        case One(read, fields):
            return _fields(fields, read(thing))
        case Many(read, fields):
            return [_fields(fields, one) for one in read(thing)]
    value = field(thing)
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, dt.date) else value


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, Mapping | list):
        yield ".".join(path), node
        return
    for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
        yield from _leaves(value, (*path, str(key)))


@cache
def every_path() -> frozenset[str]:
    """Return every path of the record, with ``*`` for the entries of a list."""

    def paths(fields: Mapping[str, Any], before: str) -> Iterator[str]:
        for name, field in fields.items():
            here = f"{before}{name}"
            yield here
            if isinstance(field, Many):
                here += f".{EVERY}"
                yield here
            if isinstance(field, One | Many):
                yield from paths(field.fields, f"{here}.")

    return frozenset(paths(PLACEMENT, ""))


def known_paths() -> list[str]:
    """Return the paths of all values that the record has, ``*`` for the entries of a list."""
    found = every_path()
    return sorted(path for path in found if not any(other.startswith(f"{path}.") for other in found))


def generic(path: str) -> str:
    """Return a path with ``*`` for each number in it."""
    return ".".join(EVERY if part.isdecimal() else part for part in path.split("."))


def _found(node: Any, path: list[str], numbers: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what lies at a path, with the number of each entry that ``*`` stands for."""
    if not path:
        yield numbers, node
        return
    here, rest = path[0], path[1:]
    if isinstance(node, Mapping):
        yield from _found(node[here], rest, numbers)
    elif here == EVERY:
        for number, entry in enumerate(node):
            yield from _found(entry, rest, (*numbers, str(number)))
    elif int(here) < len(node):
        yield from _found(node[int(here)], rest, numbers)


def _numbered(target: str, numbers: tuple[str, ...]) -> list[str]:
    left = iter(numbers)
    return [next(left) if part == EVERY else part for part in target.split(".")]


def _listed(node: Any) -> Any:
    """Turn what has numbers for names into lists."""
    if not isinstance(node, dict):
        return node
    inner = {name: _listed(value) for name, value in node.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


_NO_SOURCE = Text(
    "{setting}: der Datensatz kennt kein {source}; die Dokumentation der Anbindung nennt alle Pfade.",
    "{setting}: the record has no {source}; the adapter's documentation lists all paths.",
)
_NO_TARGET = Text(
    "{setting}: {target} muss so viele * haben wie seine Quelle und darf keine leeren Teile haben.",
    "{setting}: {target} must have as many * as its source, and no empty parts.",
)
_TWICE = Text(
    "{setting}: {target} und {other} schließen einander aus: das eine ist das andere oder enthält es.",
    "{setting}: {target} and {other} exclude each other: one is the other, or holds it.",
)
