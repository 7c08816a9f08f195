"""The part of the facade for what plugins could not be told: dead letters, told again or settled."""

from __future__ import annotations

from inkasso_core import observing
from inkasso_core.app.base import Part, Refs, listed
from inkasso_core.lifecycle import Actor, Role
from inkasso_core.store import notices
from inkasso_core.store.notices import DeadLetter


class Observers(Part):
    """Observers."""

    def dead_letters(self, plugin: str | None = None, *, settled: bool = False, actor: Actor | None = None) -> list[DeadLetter]:
        """Return what plugins could not be told for days, oldest first: nobody tells it any more; or what of it was settled.

        Those who see some tenants only see the letters about their claims. A vendor sees none: what happened is more than was published
        to him.
        """
        who = self._actor(actor)
        if who.role is Role.VENDOR:
            return []
        with self._context.database.read() as connection:
            return notices.dead_letters(connection, who, plugin=plugin, settled=settled)

    def tell_again(self, ids: Refs = (), *, plugin: str | None = None, actor: Actor | None = None) -> list[DeadLetter]:
        """Have dead letters told again with the next run: those of these events, or without ``ids`` all (of one ``plugin``); returns them.

        The plugin may know some of it already: an event has the same id each time. Raises :class:`NotFound` for an event that is none,
        :class:`NotPermitted` for a vendor.
        """
        return observing.tell_again(self._context, listed(ids), plugin, self._decider(actor))

    def settle_dead_letters(
        self, ids: Refs = (), *, reason: str, plugin: str | None = None, actor: Actor | None = None
    ) -> list[DeadLetter]:
        """Note that plugins need not be told any more: who, when and why stays with the letters; returns them.

        Raises :class:`InvalidInput` without a reason, :class:`NotFound` for an event that is none, :class:`NotPermitted` for a vendor.
        """
        return observing.settle(self._context, listed(ids), plugin, self._decider(actor), reason=reason)
