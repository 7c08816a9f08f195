"""Records of actindo, read leniently: numbers as texts, properties left out, objects that are empty arrays.

A poll takes from each record only what the settings name, under our own names (:func:`taken`), so nothing else of a debtor is stored; the
hook reads those values (:class:`Values`), and refuses what it cannot read with the property's path and never with its value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from inkasso_core import InvalidInput, Text, ValueRefused, parse_date

_NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,10})?", re.ASCII)
_HIGHEST = 10**12

NO_TEXT = Text("ist weder Text noch Zahl: den Pfad unter {section} prüfen.", "is neither text nor number: check the path under {section}.")
NO_NUMBER = Text(
    "ist keine Zahl mit Dezimalpunkt: den Pfad unter {section} prüfen.",
    "is no number with a decimal point: check the path under {section}.",
)
NO_LEVEL = Text(
    "ist keine Mahnstufe von 0 bis 9: den Pfad unter {section} prüfen.", "is no dunning level of 0 to 9: check the path under {section}."
)
NO_DAY = Text(
    "ist kein Datum (JJJJ-MM-TT): den Pfad unter {section} prüfen, oder den Beleg in actindo berichtigen.",
    "is no date (YYYY-MM-DD): check the path under {section}, or correct the document in actindo.",
)
MISSING = Text(
    "fehlt: den Pfad unter {section} mit „Dev Tools > API“ vergleichen.",
    'is missing: compare the path under {section} with "Dev Tools > API".',
)


def at(record: object, path: str) -> Any:
    """Return what stands at a path; None where any part of it is missing, or is an empty array instead of an object."""
    node = record
    if isinstance(node, Mapping) and path in node:  # a name may hold a dot itself
        return node[path]
    for step in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(step)
    return node


def holds(record: object, path: str) -> bool:
    """Whether a record has a property at all, empty or not: for the check of the settings."""
    node = record
    *above, last = path.split(".")
    for step in above:
        node = node.get(step) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping) and last in node


def name_of(record: object, path: str) -> str | None:
    """Return an id, given as number or text, as text; None where there is none, or where 0 stands for it."""
    value = at(record, path)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = str(value).strip()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        text = str(int(value))
    return None if text in ("", "0") or len(text) > _LONGEST_NAME else text


_LONGEST_NAME = 100


def taken(record: object, paths: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what stands at the configured paths under our own names; what is empty is left out."""
    found = {name: _simple(at(record, path)) for name, path in paths.items() if path is not None}
    return {name: value for name, value in found.items() if value is not None}


def _simple(value: Any) -> Any:
    """What is neither text nor number is handed on as a mark of what it is: the hook refuses it, or leaves it out."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or isinstance(value, bool | int | Decimal):
        return value
    return [] if value == [] else {}


class Values:
    """What was taken from one record, read by our names. Every reader returns None for what is not there."""

    __slots__ = ("_paths", "_section", "_values")

    def __init__(self, values: Mapping[str, Any], paths: Mapping[str, str | None], section: str) -> None:
        self._values, self._paths, self._section = values, paths, section

    def __repr__(self) -> str:
        return f"Values({len(self._values)})"

    def refused(self, name: str, what: Text, reason: str) -> InvalidInput:
        """Return the refusal of a property, by the merchant's path and our name."""
        path, filled = self._paths.get(name) or name, what.fill(section=f"[{self._section}]")
        return InvalidInput(Text(f"{path} ({name}) {filled.de}", f"{path} ({name}) {filled.en}"), field=name, reason=reason)

    def text(self, name: str) -> str | None:
        """Return a text; a number is one, too."""
        value = self._values.get(name)
        if value is None or value in ("", []):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.refused(name, NO_TEXT, "NO_TEXT")
        return str(value)

    def needed(self, name: str) -> str:
        """Return a text that has to be there."""
        text = self.text(name)
        if text is None:
            raise self.refused(name, MISSING, "MISSING")
        return text

    def number(self, name: str) -> Decimal | None:
        """Return a number, given as number or as text with a decimal point."""
        value = self._values.get(name)
        if value is None or value in ("", []):
            return None
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return Decimal(value)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or abs(Decimal(value)) >= _HIGHEST:
            raise self.refused(name, NO_NUMBER, "NO_NUMBER")
        return Decimal(value)

    def level(self, name: str) -> int | None:
        """Return a dunning level."""
        number = self.number(name)
        if number is None:
            return None
        if number not in range(10):
            raise self.refused(name, NO_LEVEL, "NO_LEVEL")
        return int(number)

    def day(self, name: str, zone: ZoneInfo) -> dt.date | None:
        """Return a date, written with or without a time; one with an offset is a date of ``zone``."""
        text = self.text(name)
        if text is None:
            return None
        try:
            if _OFFSET.search(text):
                return dt.datetime.fromisoformat(text).astimezone(zone).date()
            return parse_date(text)
        except (ValueRefused, ValueError, OverflowError):
            raise self.refused(name, NO_DAY, "NO_DAY") from None

    def truth(self, name: str) -> bool:
        """Whether a mark is set. Whatever is not plainly "no" is set: a lock that cannot be read must hold."""
        value = self._values.get(name)
        return str(value).strip().casefold() not in NO if value is not None and value != [] else False


_OFFSET = re.compile(r"\d[ T]\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$", re.ASCII)
NO = frozenset({"", "0", "false", "no", "nein", "n", "off", "none", "null"})
