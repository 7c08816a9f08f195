"""Which submissions are next: the vendors of an account in turn, each vendor's oldest first, so that nobody's many keep another's few."""

from __future__ import annotations

import datetime as dt
import random
from collections import deque
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from inkasso_core.store.queue import PENDING, SUBMIT, Job, due, jobs_query
from inkasso_core.store.schema import instruction

_chance = random.SystemRandom()
_FURTHEST = 32
"""Of so many portions, at most, a worker chooses one where others take the same ones as it does."""
_AGAIN = 3
"""How often it comes by once more, at most."""


class Round:
    """One run's way through what is pending in an account. It comes by everything once, whatever becomes of it."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._served = deque[str]()
        self._after: dict[str, str] = {}
        self._kept: set[str] = set()
        self._spread = 0
        self._lost, self._again = False, _AGAIN

    def next(self, connection: sa.Connection, now: dt.datetime, limit: int) -> list[Job]:
        """Return the next submissions that are due, at most ``limit``."""
        skipped = _chance.randint(0, self._spread) * limit
        jobs = self._gather(connection, now, limit, skipped) if skipped else []
        jobs = jobs or self._gather(connection, now, limit, 0)
        if not jobs and self._lost and self._again:
            self._lost, self._again = False, self._again - 1
            self._after = dict.fromkeys(self._after, "")
            jobs = self._gather(connection, now, limit, 0)
        return jobs

    def taken(self, jobs: Collection[Job], leased: Collection[str], kept: Collection[str]) -> None:
        """Note what came of those returned last: which were leased, and which this run keeps back; others had the rest in their hands.

        Where others take the same ones, this run looks further behind them; and what they had in their hands and did not take it finds
        when it comes by once more.
        """
        self._kept.update(kept)
        lost = len(jobs) - len(leased) - len(kept)
        self._lost = self._lost or lost > 0
        self._spread = min(2 * self._spread + 1, _FURTHEST) if 2 * lost > len(jobs) else max(0, self._spread - 1)

    def _gather(self, connection: sa.Connection, now: dt.datetime, limit: int, skipped: int) -> list[Job]:
        """Take an equal share of each vendor, and from those who have more what the others leave."""
        vendors, found = self._in_turn(_vendors(connection, self._account)), list[Job]()
        while vendors and len(found) < limit:
            share = -(-(limit - len(found)) // len(vendors))
            left = []
            for vendor in vendors:
                jobs = self._of(connection, vendor, now, min(share, limit - len(found)), skipped if len(vendors) == 1 else 0)
                found += jobs
                if len(jobs) == share:
                    left.append(vendor)
                if len(found) == limit:
                    break
            vendors = left
        return found

    def _in_turn(self, vendors: list[str]) -> list[str]:
        """Those served last come last; where others serve the same ones, chance says who of the others comes first."""
        served = {vendor: place for place, vendor in enumerate(self._served)}
        if self._spread:
            _chance.shuffle(vendors)
        return sorted(vendors, key=lambda vendor: served.get(vendor, -1))

    def _of(self, connection: sa.Connection, vendor: str, now: dt.datetime, limit: int, skipped: int) -> list[Job]:
        parameters = {"account": self._account, "vendor": vendor, "after": self._after.get(vendor, ""), "now": now}
        query = _NEXT.limit(limit).offset(skipped)
        jobs = [Job(*row) for row in connection.execute(query, parameters)]
        if not jobs:
            return jobs
        self._serve(vendor)
        if not skipped:
            self._after[vendor] = jobs[-1].instruction_id
        return [job for job in jobs if job.instruction_id not in self._kept]

    def _serve(self, vendor: str) -> None:
        if vendor in self._after:
            self._served.remove(vendor)
        self._served.append(vendor)
        self._after.setdefault(vendor, "")


# The index of pending submissions is a partial one: what it is of stands in the query as it is, not as a parameter.
_IS_PENDING = sa.and_(instruction.c.verb == sa.literal_column(f"'{SUBMIT}'"), instruction.c.state == sa.literal_column(f"'{PENDING}'"))
_MINE = sa.and_(_IS_PENDING, instruction.c.account == sa.bindparam("account"))
_NEXT: sa.Select[Any] = (
    jobs_query()
    .where(
        _MINE,
        instruction.c.vendor == sa.bindparam("vendor"),
        instruction.c.id > sa.bindparam("after"),
        due(sa.bindparam("now", type_=instruction.c.not_before.type)),
    )
    .order_by(instruction.c.id)
)


def _vendors(connection: sa.Connection, account: str) -> list[str]:
    """Return the vendors for whom anything is pending, by one look into the index for each, however many submissions he has."""
    first = sa.select(sa.func.min(instruction.c.vendor).label("vendor")).where(_MINE)
    found = first.cte("found", recursive=True)
    following = sa.select(sa.func.min(instruction.c.vendor)).where(_MINE, instruction.c.vendor > found.c.vendor)
    found = found.union_all(sa.select(following.correlate(found).scalar_subquery()).where(found.c.vendor.is_not(None)))
    return list(connection.scalars(sa.select(found.c.vendor).where(found.c.vendor.is_not(None)), {"account": account}))
