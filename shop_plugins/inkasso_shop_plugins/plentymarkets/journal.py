"""What was written back of each order: which events were begun, and which of their steps are done.

An event is noted before its first request leaves. So a process that dies, or an answer that is lost, leaves behind what is to be looked up
before it is done again; and an event that is told twice is done once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inkasso_core import Kept, Shelf, from_json, to_json

_MOST_EVENTS = 200
"""How many events of one order are remembered; the oldest are forgotten first."""
_LONGEST_NAME = 80


class Journal:
    """The journal of one order, held by this process alone."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        data = _parsed(kept.value)
        self._events: dict[str, list[str]] = data["events"]
        self._booked: dict[str, str] = data["booked"]
        self._moved_at: str | None = data["moved_at"]

    def was_begun(self, event: str) -> bool:
        """True for an event of which something may be done already."""
        return event in self._events

    def begin(self, event: str) -> None:
        """Note, before a request leaves, that an event is being written back; once is enough."""
        if event not in self._events:
            self._events[event] = []
            for oldest in list(self._events)[:-_MOST_EVENTS]:
                del self._events[oldest]
            self._store()

    def is_done(self, event: str, step: str) -> bool:
        """True for a step that was done, and is not to be done again."""
        return step in self._events.get(event, ())

    def done(self, event: str, step: str) -> None:
        """Note that a step is done."""
        self._events.setdefault(event, []).append(step)
        self._store()

    def booked(self, entry: str, payment: str) -> None:
        """Note which payment of the shop an entry of the agency's feed became."""
        self._booked[entry] = payment
        self._store()

    def payment_of(self, entry: str) -> str | None:
        """Return it."""
        return self._booked.get(entry)

    def is_outdated(self, at: dt.datetime) -> bool:
        """True where the order was moved for an event that happened later: it is not moved back."""
        return self._moved_at is not None and at < dt.datetime.fromisoformat(self._moved_at)

    def moved(self, at: dt.datetime) -> None:
        """Note for which moment the order was moved; stored with the step that did it."""
        self._moved_at = at.isoformat()

    def _store(self) -> None:
        self._kept.put(to_json({"events": self._events, "booked": self._booked, "moved_at": self._moved_at}).decode())


@contextmanager
def journal(shelf: Shelf, order: str) -> Iterator[Journal]:
    """Hold the journal of an order; of all processes one at a time has it."""
    with shelf.locked(_name(order)) as kept:
        yield Journal(kept)


def booked_payments(shelf: Shelf, order: str) -> list[str]:
    """Return the ids of the payments that we booked for an order."""
    return sorted(_parsed(shelf.read(_name(order)))["booked"].values())


def _parsed(value: str | None) -> dict[str, Any]:
    return {"events": {}, "booked": {}, "moved_at": None} if value is None else dict(from_json(value.encode()))


def _name(order: str) -> str:
    return f"told.{order if len(order) <= _LONGEST_NAME else hashlib.sha256(order.encode()).hexdigest()}"
