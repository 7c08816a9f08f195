"""One JSON object of the shop, read leniently: both key spellings, numbers as texts, keys left out instead of null.

The shop's own examples differ in all of this (``reference: shop-plentymarkets.md`` section 4). What cannot be read at
all is refused with the path of the field, never with its value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from inkasso_core import InvalidInput, Text

T = TypeVar("T")

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?")
_HIGHEST = 10**12
_MOST_DECIMALS = 20
"""Beyond these bounds nothing is an amount, a quantity or an id, and exact arithmetic ends."""

_ZERO_DATES = ("0000-00-00", "-0001-11-30")
"""How PHP and MySQL write a date that was never set."""

MISSING = Text(
    "fehlt. Den Auftrag mit seinen Relationen abrufen (lazyLoaded=false oder with[]) und neu einlesen.",
    "is missing. Query the order with its relations (lazyLoaded=false or with[]) and ingest it again.",
)
NO_NUMBER = Text(
    "ist keine Zahl in der Schreibweise der REST-API (153.99). Den Auftrag unverändert aus der REST-API exportieren.",
    "is no number as the REST API writes it (153.99). Export the order from the REST API without changes.",
)
NO_INTEGER = Text(
    "ist keine ganze Zahl. Den Auftrag unverändert aus der REST-API exportieren.",
    "is no whole number. Export the order from the REST API without changes.",
)
NO_TEXT = Text(
    "ist kein Text. Den Auftrag unverändert aus der REST-API exportieren.",
    "is no text. Export the order from the REST API without changes.",
)
NO_TRUTH = Text(
    "ist weder true noch false. Den Auftrag unverändert aus der REST-API exportieren.",
    "is neither true nor false. Export the order from the REST API without changes.",
)
NO_OBJECT = Text(
    "ist kein JSON-Objekt. Den Auftrag unverändert aus der REST-API exportieren.",
    "is no JSON object. Export the order from the REST API without changes.",
)
NO_LIST = Text(
    "ist keine JSON-Liste. Den Auftrag unverändert aus der REST-API exportieren.",
    "is no JSON array. Export the order from the REST API without changes.",
)
NO_INSTANT = Text(
    "ist kein Zeitpunkt nach ISO 8601 (2026-01-31T10:00:00+01:00). Im Shop berichtigen und den Auftrag neu einlesen.",
    "is no ISO 8601 time (2026-01-31T10:00:00+01:00). Correct it in the shop and ingest the order again.",
)


def wrong(field: str, what: Text) -> InvalidInput:
    """Return the refusal of ``field``, a path such as ``amounts.0.invoiceTotal``; ``what`` tells fault and remedy."""
    return InvalidInput(Text(f"{field} {what.de}", f"{field} {what.en}"), field=field)


@cache
def snake(key: str) -> str:
    """Return ``invoiceTotal`` as ``invoice_total``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


class Node:
    """One JSON object and the path that leads to it.

    Every reader returns None for what is missing, null or an empty text, and expects keys in camelCase. Raises
    ``InvalidInput`` naming the path for a value of the wrong form.
    """

    __slots__ = ("data", "path")

    def __init__(self, data: Mapping[str, Any], path: str = "") -> None:
        self.data = data
        self.path = path

    def __repr__(self) -> str:
        return f"Node({self.path!r})"

    def at(self, key: str | int) -> str:
        """Return the path of ``key``."""
        return f"{self.path}.{key}" if self.path else str(key)

    def get(self, key: str) -> Any:
        """Return the raw value under either spelling."""
        value = self.data.get(key)
        if value is None:
            value = self.data.get(snake(key))
        return None if isinstance(value, str) and not value.strip() else value

    def needed(self, key: str, value: T | None) -> T:
        """Return ``value``, which was read from ``key`` and has to be there."""
        if value is None:
            raise wrong(self.at(key), MISSING)
        return value

    def text(self, *keys: str) -> str | None:
        """Return the first of ``keys`` that is filled, as text: a bare number (a house number, an id) is one, too."""
        for key in keys:
            value = self.get(key)
            if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float | None):
                raise wrong(self.at(key), NO_TEXT)
            if value is not None:
                return value.strip() if isinstance(value, str) else str(value)
        return None

    def number(self, key: str) -> Decimal | None:
        """Return a decimal number, given as number or as text with a decimal point."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
            raise wrong(self.at(key), NO_NUMBER)
        if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
            raise wrong(self.at(key), NO_NUMBER)
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not number.is_finite() or abs(number) >= _HIGHEST or -int(number.as_tuple().exponent) > _MOST_DECIMALS:
            raise wrong(self.at(key), NO_NUMBER)
        return number

    def integer(self, key: str) -> int | None:
        """Return a whole number, such as a type id."""
        number = self.number(key)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise wrong(self.at(key), NO_INTEGER)
        return int(number)

    def truth(self, key: str) -> bool | None:
        """Return a truth value, also where it is written 0 and 1 or as a text."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, bool | int | str):
            known = _TRUTHS.get(str(value).strip().casefold())
            if known is not None:
                return known
        raise wrong(self.at(key), NO_TRUTH)

    def instant(self, key: str, zone: ZoneInfo) -> dt.datetime | None:
        """Return a point in time. One without offset is read in ``zone``, a bare date as its first moment there."""
        value = self.get(key)
        if value is None or (isinstance(value, str) and value.strip().startswith(_ZERO_DATES)):
            return None
        if not isinstance(value, str):
            raise wrong(self.at(key), NO_INSTANT)
        try:
            instant = dt.datetime.fromisoformat(value.strip())
            known = instant if instant.tzinfo else instant.replace(tzinfo=zone)
            return known.astimezone(dt.UTC).astimezone(zone)
        except (ValueError, OverflowError):
            raise wrong(self.at(key), NO_INSTANT) from None

    def day(self, key: str, zone: ZoneInfo) -> dt.date | None:
        """Return the day in ``zone`` on which the instant fell."""
        instant = self.instant(key, zone)
        return instant.date() if instant else None

    def node(self, key: str) -> Node | None:
        """Return an object inside this one. An empty list counts as none: so PHP writes an empty object."""
        value = self.get(key)
        if value is None or value == []:
            return None
        if not isinstance(value, Mapping):
            raise wrong(self.at(key), NO_OBJECT)
        return Node(value, self.at(key))

    def nodes(self, key: str) -> tuple[Node, ...]:
        """Return the objects of a list inside this one, without nulls."""
        value = self.get(key)
        if value is None or value == {}:
            return ()
        if not isinstance(value, list | tuple):
            raise wrong(self.at(key), NO_LIST)
        found = []
        for number, item in enumerate(value):
            path = f"{self.at(key)}.{number}"
            if item is None:
                continue
            if not isinstance(item, Mapping):
                raise wrong(path, NO_OBJECT)
            found.append(Node(item, path))
        return tuple(found)


_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


EMPTY = Node({})
"""An object without content, for what the record leaves out."""


def identifier(node: Node, key: str) -> str | None:
    """Return an id, given as number or as text, as text; 0 stands for none."""
    found = node.text(key)
    return None if found == "0" else found


def by_type(nodes: Iterable[Node], key: str) -> dict[int, Node]:
    """Return the objects by ``typeId``; of several with one type, the first where ``key`` is filled."""
    found: dict[int, Node] = {}
    for node in nodes:
        kind = node.integer("typeId")
        if kind is not None and node.get(key) is not None:
            found.setdefault(kind, node)
    return found


def readable(read: Callable[[], T]) -> T | None:
    """Return what was read, None where it cannot be: for a look at a record that is refused elsewhere, with the path of what is wrong."""
    try:
        return read()
    except InvalidInput:
        return None


def plain(number: Decimal) -> str:
    """Return ``number`` without exponent and trailing zeros: 3.40 is ``3.4``."""
    return format(number.normalize(), "f")
