"""The part of the facade that runs the installation: accounts, what time brings, tasks, health."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from inkasso_core import doctor, follow, gate, schedule
from inkasso_core.app.base import Part
from inkasso_core.cases import Followed
from inkasso_core.doctor import Check
from inkasso_core.errors import InvalidInput
from inkasso_core.gate import Gate, Mandate
from inkasso_core.instructing.desk import told_by_hand
from inkasso_core.instructing.writing import answered_by_hand
from inkasso_core.legal import LegalTable, legal_tables
from inkasso_core.lifecycle import Actor, Role
from inkasso_core.model.words import Text
from inkasso_core.observing import tell_observers
from inkasso_core.report import AccountReport, Item
from inkasso_core.schedule import Ran
from inkasso_core.store import claims, leases, records, versions
from inkasso_core.store.engine import Connection
from inkasso_core.store.records import Run, Task
from inkasso_core.telling.halting import HALTS
from inkasso_core.telling.texts import ASKED_FOR
from inkasso_core.transmit import transmit


class DatabaseStatus(NamedTuple):
    """Which database is used, and whether it is at this version's level."""

    address: str
    """Without its password."""
    kind: str
    found: str | None
    """Its level; None for an empty one."""
    newest: str
    """The level of this version of inkasso."""


class Running(Part):
    """Accounts, time, tasks, health."""

    def mandate(self, account: str, *, dated: dt.date, note: str | None = None, actor: Actor | None = None) -> Mandate:
        """Confirm the contract with the agency: who, and of which date; returns it with what it replaced.

        Raises :class:`NotPermitted` for a vendor or where the account serves tenants of others, too, :class:`InvalidInput` for a day to
        come.
        """
        who = self._decider(actor, account)
        with self._context.database.write() as connection:
            confirmed = gate.confirm_mandate(self._context, connection, account, dated=dated, by=who.id, note=note)
        schedule.rediagnose_all(self._context, None)
        return confirmed

    def go_live(
        self,
        account: str,
        *,
        nothing_to_adopt: bool = False,
        first: int | None = None,
        per_day: Decimal | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Let an account transmit for real, with a limit if wanted, else without; one that has stopped goes on within the limit it had.

        Raises :class:`ConfigurationError` without a mandate, :class:`NotPermitted` for a vendor.
        """
        who = self._decider(actor, account)
        with self._context.database.write() as connection:
            gate.go_live(
                self._context,
                connection,
                account,
                by=who.id,
                nothing_to_adopt=nothing_to_adopt,
                first=first,
                per_day=per_day,
            )

    def stop(self, account: str, *, reason: str, actor: Actor | None = None) -> None:
        """Stop an account at once: from now on nothing more of it is sent, whichever process works, until :meth:`go_live`.

        A request that is under way is answered as always; what was taken to be sent and is not yet, goes back into the queue. Raises
        :class:`InvalidInput` without a reason, :class:`NotPermitted` for a vendor.
        """
        who = self._decider(actor, account)
        self._context.account(account)
        if not reason.strip():
            raise InvalidInput(_NO_REASON, field="reason")
        with self._context.database.write() as connection:
            gate.stop(self._context, connection, account, by=who.id, reason=Text(reason.strip(), reason.strip()))
            leases.take_back_of(connection, account, self._context.now())

    def gate(self, account: str) -> Gate:
        """Say whether an account transmits live, rehearses, or has stopped, and why."""
        self._context.account(account)
        with self._context.database.read() as connection:
            return gate.examine(self._context, connection, account)

    # Time

    def transmit(
        self,
        account: str | None = None,
        *,
        as_of: dt.date | None = None,
        limit: int | None = None,
        rehearse: bool = False,
        on_item: Callable[[Item], None] | None = None,
    ) -> list[AccountReport]:
        """Transmit what is released: live where the account is, else as a rehearsal; with ``rehearse`` nothing leaves, wherever it is live.

        ``as_of`` is for rehearsals only: a live account refuses it without ``rehearse`` (:class:`ConfigurationError`).
        """
        return transmit(self._context, account=account, as_of=as_of, limit=limit, rehearse=rehearse, on_item=on_item)

    def follow(self, account: str | None = None) -> Followed:
        """Look up what is unclear, ask agencies for statuses, raise tasks for silent exports, tell observers."""
        return follow.follow(self._context, account).plus(tell_observers(self._context))

    def run_due(self, *, on_item: Callable[[Item], None] | None = None, poll: bool = True, often: bool = False) -> Ran:
        """Do all that time brings: poll shops, diagnose again, release automatically, transmit, follow, tell shops. For cron or a worker.

        Without ``poll`` no shop is asked. ``often`` is for what runs every few seconds: no agency is asked for the status of a case again
        before ``status_every_minutes`` of its account.
        """
        return schedule.run_due(self._context, on_item=on_item, poll=poll, often=often)

    # Tasks, health

    def tasks(self, *, done: bool = False, actor: Actor | None = None) -> list[Task]:
        """Return what only a person can do."""
        with self._context.database.read() as connection:
            return self._tasks(connection, self._actor(actor), done=done)

    def _tasks(self, connection: Connection, who: Actor, *, done: bool = False) -> list[Task]:
        """The tasks that somebody may see: none of a pause, where he is not to know of it."""
        found = records.tasks(connection, who, done=done)
        if who.role is not Role.VENDOR:
            return found
        ids = sorted({task.claim_id for task in found if task.kind in _OF_PAUSES and task.claim_id is not None})
        veiled = {one.id for one in claims.by_ids(connection, ids) if self._is_veiled(one.ref, who)} if ids else set()
        return [task for task in found if task.kind not in _OF_PAUSES or task.claim_id not in veiled]

    def finish_task(self, task_id: str, *, resolution: str | None = None, actor: Actor | None = None) -> bool:
        """Mark a task as done; False when there is none open that the actor may see."""
        who = self._actor(actor)
        with self._context.database.write() as connection:
            mine, now = [task for task in self._tasks(connection, who) if task.id == task_id], self._context.now()
            for task in mine:
                told_by_hand(self._context, connection, task, who)
                answered_by_hand(self._context, connection, task, who, resolution)
            return records.finish_tasks(connection, [task.id for task in mine], by=who.id, at=now, resolution=resolution) == 1

    def doctor(self, *, online: bool = False, max_wait: dt.timedelta | None = None) -> list[Check]:
        """Check the installation: configuration, database, plugins, accounts, and what waits for a person.

        ``online`` also asks each shop itself, as far as its plugin can (:attr:`ShopPlugin.operations`), and says what waits of each. What
        a live account could send and has not sent for ``max_wait`` is an error.
        """
        return doctor.examine(self._context, online=online, max_wait=max_wait)

    def database_status(self) -> DatabaseStatus:
        """Say which database is used and which level it has; changes nothing."""
        database = self._context.database
        return DatabaseStatus(database.address, database.engine.dialect.name, versions.found(database.engine), versions.HEAD)

    def legal_tables(self) -> list[LegalTable]:
        """Return every table of legal values with its source, and how long it lasts; those that run out first."""
        return legal_tables(self._context)

    def last_run(self) -> Run | None:
        """Return when :meth:`run_due` last came to its end, and when that run began."""
        with self._context.database.read() as connection:
            return records.last_run(connection)


_OF_PAUSES = frozenset(ASKED_FOR[verb].kind for verb in HALTS)
_NO_REASON = Text("Bitte einen Grund angeben: er steht in der Aufgabe.", "Please give a reason: it stands in the task.")
