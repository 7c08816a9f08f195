"""The part of the facade for what plugins could not be told: dead letters, told again or settled."""

from __future__ import annotations

from inkasso_core import observing
from inkasso_core.app.base import Part, Refs, listed
from inkasso_core.lifecycle import Actor
from inkasso_core.store import notices
from inkasso_core.store.notices import DeadLetter


class Observers(Part):
    """Observers."""

    def dead_letters(self, plugin: str | None = None, *, settled: bool = False, actor: Actor | None = None) -> list[DeadLetter]:
        """Return what plugins could not be told for days, oldest first: nobody tells it any more; or what of it was settled.

        Those who see only their own vendors or tenants see the letters about their claims.
        """
        with self._context.database.read() as connection:
            return notices.dead_letters(connection, self._actor(actor), plugin=plugin, settled=settled)

    def tell_again(self, ids: Refs = (), *, plugin: str | None = None, actor: Actor | None = None) -> list[DeadLetter]:
        """Have dead letters told again with the next run: those of these events, or without ``ids`` all (of one ``plugin``); returns them.

        The plugin may know some of it already: an event has the same id each time. Raises :class:`NotFound` for an event that is none.
        """
        return observing.tell_again(self._context, listed(ids), plugin, self._actor(actor))

    def settle_dead_letters(
        self, ids: Refs = (), *, reason: str, plugin: str | None = None, actor: Actor | None = None
    ) -> list[DeadLetter]:
        """Note that plugins need not be told any more: who, when and why stays with the letters; returns them.

        Raises :class:`InvalidInput` without a reason, :class:`NotFound` for an event that is none.
        """
        return observing.settle(self._context, listed(ids), plugin, self._actor(actor), reason=reason)
