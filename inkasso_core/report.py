"""A transmission of one account: what it is told, and what it reports, an item per placement and a summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from inkasso_core.context import Context
from inkasso_core.model.words import Text


class Item(NamedTuple):
    """What became of one placement.

    ``result``: a claim's new state, or ``rehearsed``, ``refused`` (in a rehearsal), ``red`` (no longer ready), ``postponed``, ``stopped``;
    of what is told of a case that the agency has ``told``, ``told_refused``, ``told_unclear`` or ``unavailable``.
    """

    ref: str
    result: str
    text: Text | None = None
    shown: str | None = None
    """In a rehearsal: the exact request or row. It holds personal data and is for the screen alone."""

    def __repr__(self) -> str:
        return f"Item({self.ref!r}, {self.result!r})"


_AS_THEY_WERE = frozenset({"postponed", "unavailable", "stopped", "rehearsed"})


class AccountReport(NamedTuple):
    """What a transmission did for one account."""

    account: str
    mode: Literal["live", "rehearsal", "stopped"]
    reason: Text
    counts: Mapping[str, int] = {}
    file: str | None = None
    rows: int = 0
    totals: Mapping[str, Decimal] = {}
    sha256: str | None = None
    waiting: int = 0
    """How many released claims the account's exhausted limit keeps back."""
    rests_until: dt.datetime | None = None
    """Until when nothing is sent: the agency asked for it, or cannot be reached."""

    @property
    def total(self) -> int:
        """How many placements were looked at."""
        return sum(self.counts.values())

    @property
    def moved(self) -> int:
        """How many placements are not as they were: all but those whose agency could not be reached, or that had to wait."""
        return sum(count for result, count in self.counts.items() if result not in _AS_THEY_WERE)

    def with_item(self, item: Item) -> AccountReport:
        """Return the report with one more item in it."""
        return self._replace(counts={**self.counts, item.result: self.counts.get(item.result, 0) + 1})


OnItem = Callable[[Item], None]


class Run(NamedTuple):
    """One transmission of one account."""

    context: Context
    owner: str
    """Who does it, so that others can tell whether it still goes on."""
    account: str
    day: dt.date
    """The day on which claims are diagnosed: today, or a date asked for in a rehearsal."""
    limit: int | None
    on_item: OnItem
