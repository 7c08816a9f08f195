"""Results in an answer whose shape is set: which of them is about a case, and what can be concluded where none is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from inkasso_adapters import _reading as reading
from inkasso_adapters._calls import AnswerPaths, spelled
from inkasso_core import as_list


def listed(paths: AnswerPaths, data: Any) -> list[Any]:
    """Return the results in an answer."""
    return [data] if paths.items is None else as_list(reading.dig(data, paths.items))


def word(one: Any, path: str | None) -> str | None:
    """Return what a result says at a path, truth values as in JSON."""
    found = reading.dig(one, path)
    return spelled(found) if isinstance(found, bool) else reading.name(found)


def ours_of(paths: AnswerPaths, data: Any, our_reference: str, *, omits_lists: bool) -> list[Any] | None:
    """Return the results that are about a case, by our reference where they hold it; None where nothing can be concluded.

    That is so where there is no list (``omits_lists`` says whether an empty one may be left out), or a result does not say what it is
    about. How the reference is written, in capitals or not, makes no other one.
    """
    if paths.items is not None and not omits_lists and not _holds(data, paths.items):
        return None
    found = listed(paths, data)
    if paths.our_reference is None:
        return found
    names = [reading.name(reading.dig(one, paths.our_reference)) for one in found]
    if paths.items is not None and None in names:
        return None
    return [one for one, name in zip(found, names, strict=True) if name is None or name.casefold() == our_reference.casefold()]


def _holds(data: Any, path: str) -> bool:
    """Whether there is something at a path, be it nothing (``null``)."""
    before, _, last = path.rpartition(".")
    inside = reading.dig(data, before)
    return (isinstance(inside, Mapping) and last in inside) or (not path and isinstance(data, list))


def in_turn(times: Iterable[Any]) -> list[str]:
    """Return the times of entries as the agency writes them, each once, in turn; by the calendar where that can be read, else as texts."""
    known = {at: _key(at) for at in map(reading.name, times) if at is not None}
    is_read = None not in known.values()
    once = {str(key) if is_read else at: at for at, key in sorted(known.items())}
    return [once[key] for key in sorted(once)]


def _key(at: str) -> str | None:
    """Return a text that sorts as the time does."""
    if (moment := reading.instant(at)) is not None:
        return moment.astimezone(dt.UTC).isoformat()
    day = reading.day(at)
    return None if day is None else at if at[:4].isdecimal() else day.isoformat()
