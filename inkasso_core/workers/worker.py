"""The worker: looks every second for what is due at once, and takes turns with other workers at all else that time brings.

The queue is the database, and nothing is kept here: a worker may be killed at any moment, and any number of them may run anywhere.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from inkasso_core.app import Done, Due, Inkasso
from inkasso_core.errors import InkassoError, StoreError
from inkasso_core.logs import say
from inkasso_core.waits import growing

LOOK = dt.timedelta(seconds=1)
"""How long a worker rests that found nothing to do."""
REST_MOST = dt.timedelta(seconds=30)
"""How long an account is left alone at the most of whose queue nothing could be moved."""
AWAY_MOST = dt.timedelta(minutes=1)
"""How long is waited at the most before a database that is away is tried again."""
_NOTICES = ""
"""Stands beside the names of accounts for what observers are to be told."""


class Rest(NamedTuple):
    """What is left alone for a while, since it could not be moved."""

    tries: int
    until: float


class Worker:
    """One worker of an installation. Only :meth:`stop` may be called from another thread."""

    def __init__(
        self, ink: Inkasso, *, every: dt.timedelta | None = None, on_done: Callable[[Done], None] | None = None, look: dt.timedelta = LOOK
    ) -> None:
        """``every`` replaces `[worker] every`; ``on_done`` hears what changed something or broke, also as ``hand_over:ACCOUNT``."""
        self._ink, self._every, self._look = ink, every, look
        self._on_done = on_done or _ignore
        self._resting: dict[str, Rest] = {}
        self._away = self._broken = 0
        """How often the database was not there, or something unforeseen broke, one time after the other."""

    def stop(self) -> None:
        """End after the request that is under way; what was taken and not sent is given back."""
        self._ink.end_soon()

    def run(self) -> None:
        """Work until :meth:`stop` is called. Whatever breaks, in an account, a plugin or the database, ends nothing."""
        say("worker.began")
        while not self._ink.is_ending:
            try:
                did = self._pass()
            except StoreError as exc:
                self._wait_for_database(exc)
                continue
            except Exception as exc:  # noqa: BLE001  (whatever it is, other work may go on; its text may quote, so the class has to do)
                self._wait_after(exc)
                continue
            self._database_is_back()
            self._broken = 0
            if not did:
                self._ink.wait(growing(self._look, self._look, 1).total_seconds())
        say("worker.ended")

    def once(self) -> None:
        """Do what is due at once, and every part that has rested long enough and that nobody else does; then return.

        Raises :class:`StoreError`; whatever else breaks is told to ``on_done``.
        """
        self._pass()

    def _pass(self) -> bool:
        """Do what is due at once, and each part whose turn has come; return whether there was anything."""
        due = self._ink.due(every=self._every)
        did = self._at_once(due)
        for name in due.turns:
            if self._ink.is_ending:
                break
            done = self._ink.take_turn(name, every=self._every)
            if done is not None:
                self._tell(done)
                did = self._at_once(self._ink.due(every=self._every)) or did or bool(done.moved)
        return did

    def _at_once(self, due: Due) -> bool:
        """Hand over, tell agencies and tell observers; return whether anything moved."""
        wanted = [*due.accounts, *([_NOTICES] if due.notices else [])]
        self._resting = {name: rest for name, rest in self._resting.items() if name in wanted}
        moved = [self._move(name) for name in wanted if not self._ink.is_ending and self._is_awake(name)]
        return any(moved)

    def _move(self, name: str) -> bool:
        """Move what waits under this name; where nothing moves, it is left alone for a while, longer each time."""
        part = f"hand_over:{name}" if name else "observers"
        try:
            done = Done(part, self._moved(name))
        except InkassoError as exc:
            done = Done(part, 0, exc.code)
        except Exception as exc:  # noqa: BLE001  (one account that breaks ends no worker; its text may quote, so the class has to do)
            done = Done(part, 0, type(exc).__name__)
        if done.error is not None:
            say("worker.broke", level=logging.WARNING, part=part, error=done.error)
        self._tell(done)
        if done.moved:
            self._resting.pop(name, None)
            return True
        tries = self._resting[name].tries + 1 if name in self._resting else 1
        self._resting[name] = Rest(tries, time.monotonic() + growing(self._look, REST_MOST, tries).total_seconds())
        return False

    def _moved(self, name: str) -> int:
        if not name:
            return self._ink.tell_observers()
        report = self._ink.wake(name)
        return report.moved if report is not None else 0

    def _is_awake(self, name: str) -> bool:
        return name not in self._resting or time.monotonic() >= self._resting[name].until

    def _tell(self, done: Done) -> None:
        if done.moved or done.error is not None:
            self._on_done(done)

    def _wait_after(self, error: Exception) -> None:
        """Wait, longer each time, after something broke outside of a part."""
        self._broken += 1
        say("worker.broke", level=logging.WARNING, part="worker", error=type(error).__name__)
        self._on_done(Done("worker", 0, type(error).__name__))
        self._ink.wait(growing(LOOK, REST_MOST, self._broken).total_seconds())

    def _wait_for_database(self, error: StoreError) -> None:
        """Wait, longer each time; say so once."""
        self._away += 1
        if self._away == 1:
            say("worker.database_away", level=logging.ERROR, error=error.code)
            self._on_done(Done("database", 0, error.code))
        self._ink.wait(growing(LOOK, AWAY_MOST, self._away).total_seconds())

    def _database_is_back(self) -> None:
        if self._away:
            say("worker.database_back", tries=self._away)
            self._on_done(Done("database", 1))
        self._away = 0


def _ignore(_done: Done) -> None:
    """Nobody listens."""
