"""How each account does, in figures: for monitoring. What is wrong and what helps, the doctor says in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inkasso_core import gate, owner, pacing, resting
from inkasso_core.context import Context
from inkasso_core.lifecycle import SYSTEM, State
from inkasso_core.model.words import Text
from inkasso_core.store import arrivals, health, notices, queue, records, turns
from inkasso_core.store.engine import Connection
from inkasso_core.store.records import Run

LOOKED_BACK = dt.timedelta(hours=24)
_AT_AGENCY = (State.EXPORTED, State.HANDED_OVER)


class AccountHealth(NamedTuple):
    """One account now."""

    account: str
    agency: str
    mode: gate.Mode
    """``live``, ``rehearsal`` or ``stopped``."""
    reason: Text
    automatic: bool
    """Whether the system releases by itself."""
    waiting: int
    """Instructions that are to be sent: due, or once something else has come to its end."""
    oldest_due_seconds: int | None
    """For how long the oldest one is due that could be sent now; None where nothing is."""
    kept_back: int
    """Released claims that an exhausted limit keeps back."""
    in_flight: int
    """Instructions that are being sent, or were when their process died."""
    unclear: int
    """Instructions whose answer was lost, submissions included."""
    refused: int
    """What the agency was to be told of its cases, and refused: a person is to tell it."""
    failures: Mapping[str, int]
    """How tries of the last 24 hours ended that did not end well: ``unavailable``, ``unknown``, ``rejected``, ``invalid``,
    ``authentication``, ``configuration`` -> how many."""
    at_agency: int
    """Claims that the agency has, or was sent in a file."""
    claims_unclear: int
    claims_failed: int
    next_at: dt.datetime | None
    """Where the limits per minute or day are used up, or the account rests: when the next request may go."""


class PartHealth(NamedTuple):
    """A part of what time brings, as workers left it."""

    name: str
    ended_at: dt.datetime | None
    error: str | None
    """On what it broke the last time."""
    is_running: bool


class Health(NamedTuple):
    """The installation in figures."""

    accounts: Sequence[AccountHealth]
    parts: Sequence[PartHealth]
    """Empty where no worker ever ran; then `inkasso run` does all of it."""
    last_run: Run | None
    """When `inkasso run`, or a worker's diagnosis, last came to its end."""
    events_failed: int
    """Reports that became no claim."""
    dead_letters: int
    """What observers could not be told."""
    tasks: int


def figures(context: Context) -> Health:
    """Look at everything, as of one moment. Nothing of a debtor is in it."""
    with context.database.read() as connection:
        return Health(
            _accounts(context, connection),
            _parts(context, connection),
            records.last_run(connection),
            len(arrivals.failed_events(connection)),
            len(notices.dead_letters(connection)),
            len(records.tasks(connection, SYSTEM)),
        )


def _accounts(context: Context, connection: Connection) -> list[AccountHealth]:
    now = context.now()
    told, stored = health.waiting(connection), health.claims(connection)
    failures = health.failures(connection, now - LOOKED_BACK)
    found = []
    for name, config in sorted(context.settings.accounts.items()):
        opened, since = gate.examine(context, connection, name), health.due_since(connection, name, now)
        found.append(
            AccountHealth(
                account=name,
                agency=config.agency,
                mode=opened.mode,
                reason=opened.reason,
                automatic=config.mode == "automatic",
                waiting=told.get((name, queue.PENDING), 0),
                oldest_due_seconds=None if since is None else max(0, int((now - since).total_seconds())),
                kept_back=opened.waiting,
                in_flight=told.get((name, queue.IN_FLIGHT), 0),
                unclear=told.get((name, queue.UNCLEAR), 0),
                refused=told.get((name, queue.REFUSED), 0),
                failures=failures.get(name, {}),
                at_agency=sum(stored.get((name, state), 0) for state in _AT_AGENCY),
                claims_unclear=stored.get((name, State.UNCLEAR), 0),
                claims_failed=stored.get((name, State.FAILED), 0),
                next_at=_next_at(context, connection, name),
            )
        )
    return found


def _next_at(context: Context, connection: Connection, account: str) -> dt.datetime | None:
    both = (pacing.left(context, connection, account).next_at, resting.until(context, connection, account))
    return max((at for at in both if at is not None), default=None)


def _parts(context: Context, connection: Connection) -> list[PartHealth]:
    now = context.now()
    return [
        PartHealth(one.name, one.ended_at, one.error, one.owner is not None and not _is_gone(one, now))
        for one in turns.every(connection).values()
    ]


def _is_gone(one: turns.Turn, now: dt.datetime) -> bool:
    return one.owner is None or one.lease_until is None or owner.is_gone(one.owner, one.lease_until, now)
