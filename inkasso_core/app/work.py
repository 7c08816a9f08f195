"""The part of the facade that people use at the desk: what is released, stopped, held, confirmed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from inkasso_core import desk, follow, release
from inkasso_core.app.base import Part, Refs
from inkasso_core.desk import Outside, Word
from inkasso_core.errors import InkassoError, NotFound
from inkasso_core.lifecycle import Actor, State
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.store import batches, claims
from inkasso_core.store.claims import Stored
from inkasso_core.store.records import Hold


class Work(Part):
    """The desk."""

    def release(
        self,
        refs: Refs,
        *,
        shop: str | None = None,
        actor: Actor | None = None,
        as_of: dt.date | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Handled]:
        """Release claims for hand-over; returns what became of each, in the order of ``refs``.

        Claims of one debtor that are released in one call go in one placement where the agency takes several
        (:attr:`Agency.claims_per_placement`). ``on_progress`` hears how many are done.
        """
        who, done = self._actor(actor), []
        for handled in release.release(self._context, self._ids(refs, shop, who), who, as_of=as_of):
            done.append(handled)
            if on_progress is not None:
                on_progress(len(done))
        return done

    def withdraw(self, refs: Refs, *, shop: str | None = None, actor: Actor | None = None, reason: str | None = None) -> list[Handled]:
        """Take a release back, as long as nothing was sent."""
        who = self._actor(actor)
        return desk.withdraw(self._context, self._ids(refs, shop, who), who, reason)

    def remove(self, refs: Refs, *, shop: str | None = None, actor: Actor | None = None, reason: str | None = None) -> list[Handled]:
        """Take claims out of the queue: new reports leave them removed, until :meth:`reinstate` brings them back."""
        return self._move(refs, shop, State.REMOVED, actor, Word(reason=reason))

    def reinstate(self, refs: Refs, *, reason: str, shop: str | None = None, actor: Actor | None = None) -> list[Handled]:
        """Bring removed, cancelled or closed claims back into the queue."""
        who = self._actor(actor)
        return desk.reinstate(self._context, self._ids(refs, shop, who), who, reason)

    def cancel(
        self,
        refs: Refs,
        *,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
        consent: bool = False,
        recalled: bool = False,
    ) -> list[Handled]:
        """Stop claims before the hand-over; at the agency only with the vendor's consent and a recall that it confirmed."""
        return self._move(refs, shop, State.CANCELLED, actor, Word(reason=reason, consent=consent, confirmed=recalled))

    def mark_paid(self, refs: Refs, *, reason: str | None = None, shop: str | None = None, actor: Actor | None = None) -> list[Handled]:
        """Note that claims are paid in full; at the agency only after it was told."""
        return self._move(refs, shop, State.PAID, actor, Word(reason=reason))

    def record_handover(
        self,
        refs: Refs,
        *,
        channel: str,
        case_reference: str,
        on: dt.date,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[Handled]:
        """Record a hand-over that was made outside: by hand, in a portal, by letter. One case holds the claims of one debtor."""
        return self._move(refs, shop, State.HANDED_OVER, actor, Word(reason=reason, outside=Outside(channel, case_reference, on)))

    def resolve(
        self,
        refs: Refs,
        *,
        found: str | None,
        reason: str,
        shop: str | None = None,
        actor: Actor | None = None,
        send_again: bool = False,
    ) -> list[Handled]:
        """Say what a look-up at the agency found for unclear claims: its case reference, or None for not there.

        What is found of a claim is so of all claims in the same placement: they move together.
        What is not there becomes ``failed``, or ``running`` again with ``send_again``.
        """
        target = State.HANDED_OVER if found else State.RUNNING if send_again else State.FAILED
        return self._move(refs, shop, target, actor, Word(reason=reason, looked_up=True, case_reference=found))

    def hold(
        self,
        ref: str,
        *,
        reason: str,
        scope: str = "claim",
        until: dt.date | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> str:
        """Put a hold (Mahnstopp) on a ``claim``, its ``order``, ``invoice`` or ``debtor``, with or without a last day; returns its id.

        On its last day it still holds; then it is over by itself. Raises :class:`InvalidInput` for a claim without an invoice number.
        """
        who = self._actor(actor)
        return desk.hold(self._context, self.find(ref, shop=shop, actor=who, exact=True), scope, who, reason=reason, until=until)

    def lift_hold(self, hold_id: str, *, actor: Actor | None = None) -> bool:
        """End a hold; False when there was none."""
        return desk.lift_hold(self._context, hold_id, self._actor(actor))

    def holds(self, shop: str | None = None, *, actor: Actor | None = None) -> list[Hold]:
        """Return the holds that nobody lifted; for a vendor those that concern his claims and nobody else's."""
        with self._context.database.read() as connection:
            return desk.holds(connection, self._actor(actor), shop)

    def held(self, hold: Hold, *, actor: Actor | None = None) -> list[Stored]:
        """Return the claims not ended that a hold touches, of those that the actor may see."""
        with self._context.database.read() as connection:
            return claims.held_by(connection, hold.shop, hold.scope, hold.target, actor=self._actor(actor))

    def confirm(
        self,
        refs: Refs = (),
        *,
        file: str | None = None,
        case_reference: str | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[tuple[Stored, InkassoError | None]]:
        """Confirm that the agency has what was exported: single claims, or all claims of an export ``file``.

        Claims that are in one placement are confirmed together. ``on_progress`` hears how many of ``refs`` are done.
        """
        who = self._actor(actor)
        ids = list(self._ids(refs, shop, who)) + (self._ids_of_file(file, who) if file else [])
        return follow.confirm(self._context, ids, who, case_reference=case_reference, on_progress=on_progress)

    def _ids_of_file(self, file: str, actor: Actor) -> list[str]:
        name = Path(file).name
        with self._context.database.read() as connection:
            found = batches.by_name(connection, name)
            if found is None:
                raise NotFound(_NO_FILE.fill(file=name), field="file")
            return batches.claim_ids(connection, found.id, State.EXPORTED.value, actor, after="", limit=10_000_000)

    def _move(self, refs: Refs, shop: str | None, target: State, actor: Actor | None, word: Word) -> list[Handled]:
        who = self._actor(actor)
        return desk.change(self._context, self._ids(refs, shop, who), target, who, word)


_NO_FILE = Text("Es wurde keine Datei „{file}“ exportiert.", 'No file "{file}" was exported.')
