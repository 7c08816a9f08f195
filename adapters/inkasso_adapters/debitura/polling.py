"""The feed of an account: cases that changed, payments, tasks. Debitura has no call that lists all of what is new (section 5).

What changed is asked for by ``GET /cases?Sort=DateUpdated:desc`` up to a stored mark; payments and tasks come with no promised order, so
all their pages are read and what is older than their mark is left out. The marks are the agency's own times. Each fetch reads a little
before its mark again, for what the agency stored out of order: such an entry has the id that it had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from inkasso_adapters.debitura import reading
from inkasso_core import Feed, FeedEntry, as_list

Page = Callable[[str, Mapping[str, str]], Any]
"""Reads one page: the path, and the query."""

PAGE_SIZE = 100
"""The most that the agency gives at once."""
OVERLAP = dt.timedelta(minutes=10)


class Marks(NamedTuple):
    """How far each list has been read; None from the beginning."""

    cases: dt.datetime | None = None
    payments: dt.datetime | None = None
    tasks: dt.datetime | None = None

    @classmethod
    def parse(cls, cursor: str | None) -> Marks:
        """Read a cursor. One that cannot be read is none: what is known already comes again, and is known by its id."""
        parts = (cursor or "").split(" ")
        return cls(*(reading.instant(part) for part in parts)) if len(parts) == len(cls._fields) else cls()

    def cursor(self) -> str:
        """Write a cursor."""
        return " ".join(mark.isoformat() if mark else "-" for mark in self)


def fetch(page: Page, marks: Marks, *, division: str | None, test: bool) -> Feed:
    """Return what is new since the marks, oldest first."""
    cases = _cases(page, marks.cases, {"DivisionIds": division} if division else {})
    payments = _since(_items(page, "Payments", "payments", {}), marks.payments)
    tasks = _since(_items(page, "tasks", "tasks", {"status": "Open"}), marks.tasks)
    entries = [
        *(reading.case_entry(case) for case in cases if (case.get("isTestCase") is True) is test),
        *(entry for payment in payments for entry in reading.payment_entries(payment)),
        *(reading.task_entry(task) for task in tasks),
    ]
    read = Marks(_latest(cases, marks.cases), _latest(payments, marks.payments), _latest(tasks, marks.tasks))
    return Feed(entries=tuple(sorted(entries, key=_age)), cursor=read.cursor())


def _cases(page: Page, mark: dt.datetime | None, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Read changed cases, latest first, until one is older than the mark. Where one without a change stands in that order is not said."""
    found = []
    for case in _items(page, "cases", "cases", {**query, "Sort": "DateUpdated:desc"}):
        updated = reading.instant(case.get("dateUpdated"))
        if mark is not None and updated is not None and updated < mark - OVERLAP:
            break
        if not _is_old(case, mark):
            found.append(case)
    return found


def _since(things: Iterable[Mapping[str, Any]], mark: dt.datetime | None) -> list[Mapping[str, Any]]:
    return [thing for thing in things if not _is_old(thing, mark)]


def _is_old(thing: Mapping[str, Any], mark: dt.datetime | None) -> bool:
    changed = reading.changed_at(thing)
    return mark is not None and changed is not None and changed < mark - OVERLAP


def _latest(things: Iterable[Mapping[str, Any]], mark: dt.datetime | None) -> dt.datetime | None:
    times = [at for at in (mark, *map(reading.changed_at, things)) if at is not None]
    return max(times, default=None)


BEGINNING = dt.datetime.min.replace(tzinfo=dt.UTC)


def _age(entry: FeedEntry) -> dt.datetime:
    return entry.at or BEGINNING


def _items(page: Page, path: str, key: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Read page after page, as long as there are any; one that repeats the last is the end."""
    number, before = 1, None
    while True:
        answer = reading.members(page(path, {**query, "Page": str(number), "PageSize": str(PAGE_SIZE)}))
        items = as_list(answer.get(key))
        if not items or items == before:
            return
        yield from (item if isinstance(item, Mapping) else {"unreadable": item} for item in items)
        pages = reading.members(answer.get("page")).get("totalPages")
        if isinstance(pages, int) and number >= pages:
            return
        number, before = number + 1, items
