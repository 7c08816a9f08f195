"""Records that are no trigger for collection: which statuses they bear, and which of those look like a trigger that was misspelt.

What stands where a status belongs may be anything: in an export whose columns moved, a name. So a status is stored only where it is a
number or resembles a trigger of the shop, and told only where it is one of those or the status of a good part of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

DIFFERENT = 50
"""So many different statuses are counted apart."""
_COMMON = 20
"""A status of one in so many records, and of two at least, is no slip of the columns."""
_ALIKE = 0.8
"""How much of two texts must agree, so that one is taken for a slip of the other."""
_is_number = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?").fullmatch


class Idle(NamedTuple):
    """The records of a file that were no trigger."""

    statuses: Mapping[str, int]
    """Status as the shop reported it -> how many; under the empty text those without one. The most frequent first."""
    others: int
    """Those with further statuses."""
    near: Mapping[str, str]
    """Status -> the trigger of this shop that it resembles."""

    def __repr__(self) -> str:
        return f"Idle({len(self.statuses)} statuses, {self.others} others)"


def storable(status: str | None, triggers: Sequence[str]) -> str | None:
    """Return a status that is surely one: a number, or what resembles a trigger; else None."""
    text = (status or "").strip()
    return text[:100] if text and (_is_number(text) or near_miss(text, triggers)) else None


class Tally:
    """Counts statuses, in memory that does not grow with the file."""

    def __init__(self) -> None:
        self.counted = Counter[str]()

    def add(self, statuses: Iterable[str | None]) -> None:
        """Count records by their status."""
        for status in statuses:
            name = (status or "").strip()
            if name in self.counted or len(self.counted) < DIFFERENT:
                self.counted[name] += 1

    def result(self, triggers: Sequence[str], total: int) -> Idle:
        """Return what may be told of ``total`` records; ``triggers`` are the statuses that start a claim."""
        told = {
            status: count
            for status, count in self.counted.most_common()
            if not status or storable(status, triggers) or (count > 1 and count * _COMMON >= total)
        }
        near = {status: found for status in told if (found := near_miss(status, triggers)) is not None}
        return Idle(told, total - sum(told.values()), near)


def near_miss(status: str | None, triggers: Iterable[str]) -> str | None:
    """Return the trigger that a status resembles, or None. Numbers resemble nothing: 3.5 is not 3.6."""
    if not status or not any(sign.isalpha() for sign in status):
        return None
    return _resembles(status, tuple(triggers))


@lru_cache(maxsize=256)
def _resembles(status: str, triggers: tuple[str, ...]) -> str | None:
    """Thousands of records bear the same few statuses."""
    folded = {_fold(trigger): trigger for trigger in triggers}
    found = get_close_matches(_fold(status), folded, n=1, cutoff=_ALIKE)
    return folded[found[0]] if found else None


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
