"""The part of the facade that workers use: what is due at once, taking turns with other workers, and ending."""

from __future__ import annotations

import datetime as dt

from inkasso_core import turns
from inkasso_core.app.base import Part
from inkasso_core.health import Health, figures
from inkasso_core.lifecycle import Actor
from inkasso_core.observing import tell_observers
from inkasso_core.report import AccountReport
from inkasso_core.store.queued import Waker
from inkasso_core.turns import Done, Due


class Working(Part):
    """Working."""

    def due(self, *, every: dt.timedelta | None = None) -> Due:
        """Say what is to be done now; cheap enough to be asked every second. ``every``: how long turns rest, else `[worker] every`.

        Raises :class:`StoreError`.
        """
        return turns.look_around(self._context, self._rest(every))

    def wake(self, account: str, *, limit: int | None = None) -> AccountReport | None:
        """Hand over what is due for an account, and tell its agency what it is to be told; None where the account is not live.

        It only looks into the queue: called twice, late, or by many at once, it does nothing twice. Raises :class:`NotFound`.
        """
        self._context.account(account)
        return turns.wake(self._context, account, limit)

    def on_queued(self, waker: Waker) -> None:
        """Have somebody told when something is queued for an agency, such as a queue engine on the same database.

        ``waker`` is called inside the transaction, just before its commit, with the driver's own connection and the accounts; it must not
        commit. Where it raises, what it wrote is rolled back, and all else is committed.
        """
        self._context.database.wakers.append(waker)

    def tell_observers(self) -> int:
        """Tell observers what is due; return how many were told."""
        return tell_observers(self._context).told

    def take_turn(self, name: str, *, every: dt.timedelta | None = None) -> Done | None:
        """Do one part of what time brings; None where another worker does it, or it has not rested for ``every`` (left out: the settings').

        Raises :class:`StoreError` where the database cannot be used; whatever else breaks a part is in the result.
        """
        return turns.take(self._context, name, self._rest(every))

    def _rest(self, every: dt.timedelta | None) -> dt.timedelta:
        return dt.timedelta(seconds=self.settings.worker.every) if every is None else every

    def health(self, *, actor: Actor | None = None) -> Health:
        """Return how each account does, in figures for monitoring: mode, queue and its age, unclear, failures, limits used up.

        Raises :class:`NotPermitted` for a vendor, and for whoever sees some tenants only: an account may serve many.
        """
        for account in self.settings.accounts:
            self._decider(actor, account)
        return figures(self._context)

    def end_soon(self) -> None:
        """Begin no further request, and give back what was taken and not sent. May be called from any thread, and from a signal."""
        self._context.ending.set()

    @property
    def is_ending(self) -> bool:
        """True once :meth:`end_soon` was called."""
        return self._context.ending.is_set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until :meth:`end_soon` is called."""
        self._context.ending.wait(seconds)
