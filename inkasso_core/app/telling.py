"""The part of the facade that tells agencies of cases that they have: recalls, and what became of what they were told."""

from __future__ import annotations

from inkasso_core.app.base import Part, Refs
from inkasso_core.instructing import desk
from inkasso_core.lifecycle import Actor
from inkasso_core.release import Handled
from inkasso_core.store import instructions
from inkasso_core.store.instructed import Instructed, instructed


class Telling(Part):
    """Telling."""

    def recall(
        self,
        refs: Refs,
        *,
        reason: str,
        costs_accepted: bool = False,
        consent: bool = False,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[Handled]:
        """Take cases back from the agency (Rückruf): queues that it is asked; the claims are cancelled once it confirms.

        What the agency's adapter says of the costs is shown first: while they are not accepted, the recall is refused with that notice. In
        a marketplace the vendor's ``consent`` is needed. A case that holds several claims is recalled whole or not at all. Returns what
        became of each claim, with the reason of a refusal.
        """
        who = self._actor(actor)
        ids = self._ids(refs, shop, who)
        return desk.recall(self._context, ids, who, reason=reason, costs_accepted=costs_accepted, consent=consent)

    def instructions(
        self,
        ref: str | None = None,
        *,
        everything: bool = False,
        account: str | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> list[Instructed]:
        """Return what agencies are to be told of cases that they have: payments, changes, recalls, oldest first.

        Left out, that is what waits, is unclear or was refused; with ``everything`` all of it.
        """
        who = self._actor(actor)
        states = None if everything else instructions.WANTED
        with self._context.database.read() as connection:
            claim_id = self._find(connection, ref, shop, who, exact=False).id if ref is not None else None
            return instructed(connection, who, states=states, account=account, claim_id=claim_id)

    def resolve_instruction(
        self, instruction_id: str, *, done: bool, reason: str, send_again: bool = False, actor: Actor | None = None
    ) -> Instructed:
        """Say what a look into the agency's portal found of an instruction that is unclear or was refused; returns it as it then is.

        What the agency has not heard of is told again with ``send_again``, under a new key; else it is a task to tell it by hand. Raises
        :class:`NotFound` for one that is neither, :class:`NotPermitted` for a vendor, :class:`InvalidInput` where the case is over.
        """
        who = self._decider(actor)
        desk.resolve(self._context, instruction_id, who, done=done, send_again=send_again and not done, reason=reason)
        with self._context.database.read() as connection:
            return next(one for one in instructed(connection, who, states=None) if one.id == instruction_id)
