"""Leasing: many submissions at a time are diagnosed once more, frozen and stored as tries, in one commit. Nothing of them is sent yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from inkasso_core import gate, owner, pacing, points, resting
from inkasso_core.agencies.base import Agency
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.errors import TemporarilyUnavailable
from inkasso_core.logs import say
from inkasso_core.model.agency import Placement
from inkasso_core.model.words import Text
from inkasso_core.placing import Ready, due, load
from inkasso_core.report import Item, Run
from inkasso_core.store import leases, placements, progress, vault
from inkasso_core.store.engine import Connection, agree
from inkasso_core.store.fair import Round
from inkasso_core.store.queue import Job

MOST = 100
"""How many placements are leased at a time, at most."""
FIRST = 8
"""How many for each sender at first, while nobody knows how long the agency takes."""
AHEAD, AHEAD_OF_SEVERAL = 1.0, 0.1
"""Seconds of sending that are leased ahead: what happens meanwhile in the shop still stops what was not sent. While several send, a lease
is short: on SQLite they cannot mark their tries meanwhile."""
AT_LEAST = 16
"""How many placements are leased for several senders at least: each lease costs something, however few there are in it."""


class Leased(NamedTuple):
    """A try that was stored, and what it is to send."""

    job: Job
    attempt_id: str
    placement: Placement


class Taken(NamedTuple):
    """What came of some submissions that were due."""

    leased: Sequence[Leased]
    items: Sequence[Item]
    """What does not go, and why."""
    kept: Collection[str] = ()
    """The instructions that an exhausted limit or pace keeps back."""
    is_spent: bool = False
    """Whether the agency takes no more requests for now."""


class Supply:
    """The tries of one run, leased as the senders need them, in groups of one request each."""

    def __init__(self, run: Run, adapter: Agency[Any], *, size: int, senders: int) -> None:
        self._run, self._adapter, self._size, self._senders = run, adapter, size, senders
        self._round = Round(run.account)
        self._left = run.limit
        self._is_over = False
        self._seconds: float | None = None

    def took(self, seconds: float) -> None:
        """Note how long a request took: a quick agency is leased more for than a slow one."""
        self._seconds = seconds if self._seconds is None else 0.8 * self._seconds + 0.2 * seconds

    @property
    def seconds(self) -> float:
        """How long a request takes, as far as is known."""
        return self._seconds or 0.0

    def refill(self) -> tuple[list[list[Leased]], Sequence[Item]]:
        """Lease some more; return the groups, and what does not go. Nothing at all: there is nothing left."""
        run, context = self._run, self._run.context
        while not self._is_over and not context.ending.is_set():
            wanted = self._wanted()
            with context.database.read() as connection:
                jobs = self._round.next(connection, context.now(), wanted) if wanted else []
            if not jobs:
                self._is_over = True
                break
            points.reach("transmit.before_attempt")
            taken = lease(run, self._adapter, jobs, self._size)
            self._round.taken(jobs, [one.job.instruction_id for one in taken.leased], taken.kept)
            self._is_over = taken.is_spent
            if self._left is not None:
                self._left -= len(taken.leased) + len(taken.items)
            if taken.leased:
                points.reach("transmit.leased")
            if taken.leased or taken.items:
                return [list(taken.leased[at : at + self._size]) for at in range(0, len(taken.leased), self._size)], taken.items
        return [], ()

    def _wanted(self) -> int:
        ahead, least = (AHEAD, 1) if self._senders == 1 else (AHEAD_OF_SEVERAL, AT_LEAST)
        each = FIRST if self._seconds is None else max(1, round(ahead / max(self._seconds, 1e-6)))
        wanted = max(self._size, min(MOST, max(least, each * self._senders) * self._size))
        return wanted if self._left is None else min(wanted, self._left)


def lease(run: Run, adapter: Agency[Any], jobs: Sequence[Job], size: int = 1) -> Taken:
    """Diagnose submissions once more, as of today, and store their tries; what turned red goes back to waiting, the others go without it.

    Nothing is returned of what somebody else dealt with. ``size`` is how many go in one request, for the pace that the account keeps.
    """
    context = run.context
    with context.database.read() as connection:
        loaded = load(context, connection, jobs)
    with context.database.write(beside=True) as connection:
        opened = _opened(run, connection)
        if resting.until(context, connection, run.account) is not None:
            return Taken((), (), is_spent=True)
        changes = Changes(context)
        found = due(context, connection, changes, loaded, run.day)
        changes.flush(connection)
        items = [Item(ready.ref, "red", text=ready.why) for ready in found if ready.placement is None]
        going, unfit = _within(opened, [ready for ready in found if ready.placement is not None])
        items += [Item(ready.ref, "postponed", text=_LIMIT.fill(account=run.account)) for ready in unfit]
        pace = pacing.spend(context, connection, run.account, -(-len(going) // size)) if going else pacing.Pace(0)
        going, late = going[: pace.granted * size], going[pace.granted * size :]
        items += [Item(ready.ref, "postponed", text=_paced(context, run.account, pace)) for ready in late]
        leased = _begin(connection, changes, run, going, opened.since)
        placements.note_channel(connection, [one.job.placement_id for one in leased], adapter.channel)
    say("transmit.leased", account=run.account, placements=len(leased), others=len(items))
    kept = [ready.job.instruction_id for ready in (*unfit, *late)]
    return Taken(leased, items, kept, is_spent=bool(late))


def give_back(context: Context, left: Sequence[Leased]) -> None:
    """Give back what was leased and not sent: it is pending again at once, for whoever comes next."""
    if left:
        with context.database.write(beside=True) as connection:
            given = leases.give_back(connection, sorted(one.attempt_id for one in left), context.now())
        say("transmit.given_back", placements=given)


def _opened(run: Run, connection: Connection) -> gate.Gate:
    """Look at the gate; where workers must agree on what it lets through, nobody else decides about the account until this ends."""
    limits = run.context.account(run.account)
    opened = gate.look(run.context, connection, run.account)
    is_free = (opened.claims_left, opened.amount_left, limits.per_minute, limits.per_day) == (None, None, None, None)
    agree(connection, run.account, only_that=is_free)
    return gate.look(run.context, connection, run.account)


def _begin(connection: Connection, changes: Changes, run: Run, going: Sequence[Ready], since: dt.datetime | None) -> list[Leased]:
    sealed = [vault.seal(vault.REQUEST, ready.placement, subject=ready.stored[0].debtor_id) for ready in going]
    vault.put(connection, sealed, changes.at)
    begun = leases.begin(
        connection,
        [(ready.job, request.id) for ready, request in zip(going, sealed, strict=True)],
        owner=run.owner,
        lease_until=changes.at + owner.LEASE,
        at=max(changes.at, since or changes.at),
    )
    return [
        Leased(one.job, one.attempt_id, ready.placement.kept_by(_keeper(run.context, one.attempt_id)))
        for one, ready in zip(begun, going, strict=True)
        if ready.placement is not None
    ]


def _within(opened: gate.Gate, ready: Sequence[Ready]) -> tuple[list[Ready], list[Ready]]:
    """Part what the account's limit lets through from what it keeps back."""
    going, late = [], []
    for one in ready:
        if one.placement is None or not _fits(opened, one.placement):
            late.append(one)
        else:
            going.append(one)
            opened = _less(opened, one.placement)
    return going, late


def _fits(opened: gate.Gate, placement: Placement) -> bool:
    if opened.mode != "live" or (opened.claims_left is not None and opened.claims_left < len(placement.claims)):
        return False
    return opened.amount_left is None or placement.total_open <= opened.amount_left


def _less(opened: gate.Gate, placement: Placement) -> gate.Gate:
    """What the account still lets through after this placement."""
    return opened._replace(
        claims_left=None if opened.claims_left is None else opened.claims_left - len(placement.claims),
        amount_left=None if opened.amount_left is None else opened.amount_left - placement.total_open,
    )


def _keeper(context: Context, attempt_id: str) -> Callable[[str, str], None]:
    """Return what stores how far a try got, each time in a commit of its own."""

    def keep(name: str, value: str) -> None:
        with context.database.write(beside=True) as connection:
            if not progress.keep(connection, attempt_id, name, value, context.now()):
                raise TemporarilyUnavailable(_GIVEN_UP)
        points.reach("transmit.reached")

    return keep


def _paced(context: Context, account: str, pace: pacing.Pace) -> Text:
    at = (pace.next_at or context.now() + dt.timedelta(minutes=1)).astimezone(context.settings.zone)
    return _PACE.fill(account=account, at=f"{at:%Y-%m-%d %H:%M}")


_LIMIT = Text(
    "Das Limit des Kontos {account} ist erreicht: mit `inkasso go-live {account} --first N --per-day BETRAG` neu setzen.",
    "The limit of the account {account} is reached: set a new one with `inkasso go-live {account} --first N --per-day AMOUNT`.",
)
_PACE = Text(
    "Das Konto {account} hat gesendet, was die Agentur in der Zeit annimmt ([accounts.{account}] per_minute, per_day): weiter ab {at}.",
    "The account {account} has sent what the agency takes in that time ([accounts.{account}] per_minute, per_day): it goes on at {at}.",
)
_GIVEN_UP = Text(
    "Dieser Versuch wurde aufgegeben, weil er zu lange dauerte: er endet hier, bevor etwas übergeben ist.",
    "This try was given up because it took too long: it ends here, before anything is handed over.",
)
