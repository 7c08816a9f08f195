"""Turns: many workers share what time brings. Each part of it is done by one of them at a time, and rests in between.

Turns save work, and nothing depends on them: each step is safe where two do it at once. A worker that was killed loses its turn at once
where another of its machine looks, and with its lease elsewhere.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from inkasso_core import follow, gate, owner, polling, release, resting, schedule, vendorview, wholes
from inkasso_core.agencies.file import FileAgency
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError
from inkasso_core.instructing import sending as telling
from inkasso_core.logs import say
from inkasso_core.observing import tell_observers
from inkasso_core.report import AccountReport
from inkasso_core.store import look, records, turns
from inkasso_core.store.engine import Connection
from inkasso_core.transmit import recover, transmit

_EXPORT = "export:"
"""What the names of those parts begin with that write files."""


class Due(NamedTuple):
    """What is to be done now. All but the turns is new, and need not wait for one."""

    accounts: list[str]
    """Accounts that are live, whose agency can be given or told something now."""
    notices: bool
    """Whether observers are to be told something."""
    turns: list[str]
    """The parts of what time brings that have rested long enough, in the order of a claim's way."""


class Done(NamedTuple):
    """A turn that was taken."""

    name: str
    """``poll:SHOP``, ``parts``, ``diagnose``, ``release``, ``recover``, ``transmit:ACCOUNT``, ``export:ACCOUNT``, ``follow:ACCOUNT``,
    ``observers`` or ``vendors``."""
    moved: int
    """How many things it changed."""
    error: str | None = None
    """On what it broke: the code of an error, or the class of an exception."""


def look_around(context: Context, every: dt.timedelta) -> Due:
    """Say what is to be done; cheap. Files are written in their turn alone: an agency wants one a day, not one a claim."""
    with context.database.read() as connection:
        now, last = context.now(), turns.every(connection)
        live = [name for name in _live(context, connection) if not _takes_files(context, name)]
        live = [name for name in live if resting.until(context, connection, name) is None]
        due = [name for name in _parts(context) if _is_due(context, name, every, last.get(name))]
        return Due(look.accounts(connection, now, live), look.untold(connection, now), due)


def wake(context: Context, account: str, limit: int | None = None) -> AccountReport | None:
    """Hand over and tell what is due for an account, at most so many; None where it is not live, so that nothing is to be done."""
    with context.database.read() as connection:
        if gate.look(context, connection, account).mode != "live":
            return None
    return transmit(context, account=account, limit=limit)[0]


def take(context: Context, name: str, every: dt.timedelta) -> Done | None:
    """Do one part of what time brings, if nobody does it just now and it has rested for so long; else None.

    What breaks it is told in the result and stored. Raises :class:`StoreError` where not even that can be stored.
    """
    work = _parts(context).get(name)
    if work is None:
        return None
    with owner.working() as me:
        if not _begin(context, name, every, me):
            return None
        try:
            done = _do(context, name, work)
        except BaseException:
            with suppress(InkassoError), context.database.write() as connection:
                turns.give_back(connection, name, me)
            raise
        with context.database.write() as connection:
            if context.ending.is_set():
                turns.give_back(connection, name, me)  # it may have been left half-way: whoever goes on begins it again, at once
            else:
                turns.end(connection, name, me, context.now(), done.error)
    return done


def _do(context: Context, name: str, work: Callable[[], int]) -> Done:
    began = context.now()
    try:
        done = Done(name, work())
    except InkassoError as exc:
        done = Done(name, 0, exc.code)
    except Exception as exc:  # noqa: BLE001  (a part that breaks ends no worker; its text may quote, so the class has to do)
        done = Done(name, 0, type(exc).__name__)
    level = logging.WARNING if done.error is not None else logging.INFO if done.moved else logging.DEBUG
    seconds = round((context.now() - began).total_seconds(), 3)
    say("worker.turn", level=level, part=name, moved=done.moved, seconds=seconds, error=done.error)
    return done


def _begin(context: Context, name: str, every: dt.timedelta, me: str) -> bool:
    with context.database.write() as connection:
        if not _is_due(context, name, every, turns.of(connection, name)):
            return False
        turns.begin(connection, name, me, context.now() + owner.LEASE)
    return True


def _is_due(context: Context, name: str, every: dt.timedelta, last: turns.Turn | None) -> bool:
    now = context.now()
    if last is None:
        return True
    if last.owner is not None and last.lease_until is not None:
        return owner.is_gone(last.owner, last.lease_until, now)
    if last.ended_at is None:
        return True
    if name.startswith(_EXPORT):
        return last.ended_at < vendorview.hour_before(context, context.settings.worker.export_hour)
    return last.ended_at + every <= now


def _parts(context: Context) -> dict[str, Callable[[], int]]:
    """Name of a part -> what does it, and returns how much it changed."""
    accounts = sorted(context.settings.accounts)
    return {
        **{f"poll:{shop}": partial(_poll, context, shop) for shop in polling.polled_shops(context)},
        "parts": lambda: len(wholes.tell_all(context)),
        "diagnose": partial(_diagnose, context),
        "release": partial(release.release_automatically, context),
        "recover": lambda: recover(context) + telling.recover(context),
        **{f"{_EXPORT if _takes_files(context, one) else 'transmit:'}{one}": partial(_transmit, context, one) for one in accounts},
        **{f"follow:{one}": partial(_follow, context, one) for one in accounts},
        "observers": lambda: tell_observers(context).told,
        "vendors": lambda: len(vendorview.publish_due(context)),
    }


def _poll(context: Context, shop: str) -> int:
    looked = polling.poll(context, shop)
    if looked.problem is not None:
        raise looked.problem
    return sum(looked.counts.values())


def _diagnose(context: Context) -> int:
    started = context.now()
    count = schedule.rediagnose_all(context, None)
    if not context.ending.is_set():  # else it was left before its end
        with context.database.write() as connection:
            records.note_run(connection, records.Run(started, context.now()))
    return count


def _transmit(context: Context, account: str) -> int:
    report = wake(context, account)
    return report.moved if report is not None else 0


def _follow(context: Context, account: str) -> int:
    found = follow.follow(context, account, due_only=True)
    return found.changed + found.looked_up + found.tasks + found.received


def _live(context: Context, connection: Connection) -> list[str]:
    return [name for name in sorted(context.settings.accounts) if gate.look(context, connection, name).mode == "live"]


def _takes_files(context: Context, account: str) -> bool:
    try:
        return isinstance(context.adapter(account), FileAgency)
    except InkassoError:
        return False  # its transmission says why
