"""Records that are no trigger for collection: which statuses they bear, and which of those look like a trigger that was misspelt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from inkasso_core.store.arrivals import LONGEST_STATUS

DIFFERENT = 20
"""So many different statuses are told apart; what comes after them is counted together."""
_ALIKE = 0.8
"""How much of two texts must agree, so that one is taken for a slip of the other."""


_IN_THE_WRONG_COLUMN = re.compile(r"[@;]|\d{6}")


def as_status(text: str | None) -> str | None:
    """Return what is kept of a status: 100 characters, and nothing of an e-mail address or a long number, which are none."""
    kept = (text or "").strip()[:LONGEST_STATUS]
    return None if not kept or _IN_THE_WRONG_COLUMN.search(kept) else kept


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


class Tally:
    """Counts statuses in memory that does not grow with the file."""

    def __init__(self, stored: Mapping[str, Any] | None = None) -> None:
        """Go on from what :meth:`as_json` gave."""
        self.counted = Counter[str]((stored or {}).get("statuses", {}))
        self.others = int((stored or {}).get("others", 0))

    def add(self, statuses: Iterable[str | None]) -> None:
        """Count records by their status."""
        for status in statuses:
            name = as_status(status) or ""
            if name in self.counted or len(self.counted) < DIFFERENT:
                self.counted[name] += 1
            else:
                self.others += 1

    def as_json(self) -> dict[str, Any]:
        """Return what was counted so far, to be stored."""
        return {"statuses": dict(self.counted), "others": self.others}

    def result(self, triggers: Sequence[str]) -> Idle:
        """Return what was counted; ``triggers`` are the statuses that start a claim."""
        near = {status: found for status in self.counted if (found := near_miss(status, triggers)) is not None}
        return Idle(dict(self.counted.most_common()), self.others, near)


def near_miss(status: str | None, triggers: Iterable[str]) -> str | None:
    """Return the trigger that a status resembles, or None. Numbers resemble nothing: 3.5 is not 3.6."""
    if not status or not any(sign.isalpha() for sign in status):
        return None
    folded = {_fold(trigger): trigger for trigger in triggers}
    found = get_close_matches(_fold(status), folded, n=1, cutoff=_ALIKE)
    return folded[found[0]] if found else None


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
