"""The part of the facade that tells agencies of cases that they have: recalls, pauses, and what became of what they were told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inkasso_core import desk as queue_desk
from inkasso_core.app.base import Part, Refs
from inkasso_core.desk import Word
from inkasso_core.errors import InvalidInput, NotFound
from inkasso_core.instructing import desk, pausing, writing
from inkasso_core.instructing.writing import Letter
from inkasso_core.lifecycle import Actor, State
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.store import claims, instructions
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructed import Instructed, instructed, said
from inkasso_core.telling.halting import HALTS


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

    def pause(
        self,
        refs: Refs,
        *,
        reason: str,
        until: dt.date | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
        confirmed: bool = False,
    ) -> list[Handled]:
        """Block claims (Ruhen, Stundung), up to the last day ``until`` or until somebody ends it: at once before the agency has them.

        What an agency has is paused once it says so: queues that it is asked, where its adapter can; else there is a task, and whoever
        arranged it there says so with ``confirmed``. A case of several claims is paused whole or not at all. Returns what became of each
        claim, with the reason of a refusal; raises :class:`InvalidInput` for a last day that is over.
        """
        who = self._actor(actor)
        if until is not None and until < self.today():
            raise InvalidInput(_OVER, field="until")
        wanted = pausing.Wanted(instructions.PAUSE, reason=reason, until=until)

        def move(ids: Sequence[str]) -> list[Handled]:
            return queue_desk.change(self._context, ids, State.PAUSED, who, Word(reason=reason, confirmed=confirmed))

        return pausing.paused(self._context, self._ids(refs, shop, who), who, wanted, confirmed=confirmed, move=move)

    def resume(self, refs: Refs, *, shop: str | None = None, actor: Actor | None = None, confirmed: bool = False) -> list[Handled]:
        """End pauses: each claim is again what it was, at the agency once it says so, or a person for it (``confirmed``).

        Where the adapter cannot ask, the claim goes on here at once, and there is a task to say so there. A pause that the agency has not
        heard of yet is withdrawn.
        """
        who = self._actor(actor)
        ids = self._ids(refs, shop, who)
        return pausing.paused(
            self._context, ids, who, pausing.Wanted(instructions.RESUME), confirmed=confirmed, move=lambda some: self._resumed(some, who)
        )

    def _resumed(self, ids: Sequence[str], actor: Actor) -> list[Handled]:
        with self._context.database.read() as connection:
            found = claims.by_ids(connection, ids)
        return [
            handled
            for one in found
            for handled in queue_desk.change(
                self._context, [one.id], one.former_state or one.state, actor, Word(resumed=True), sources={State.PAUSED}
            )
        ]

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
            found = instructed(connection, who, states=states, account=account, claim_id=claim_id)
        return [one for one in found if self._is_shown(one, who)]

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
            return self._instruction(connection, instruction_id, who)

    def instruction(self, instruction_id: str, *, actor: Actor | None = None) -> tuple[Instructed, Mapping[str, Any]]:
        """Return an instruction with all that it tells, personal data included, but for a document's content. Raises :class:`NotFound`."""
        who = self._actor(actor)
        with self._context.database.read() as connection:
            return self._instruction(connection, instruction_id, who), said(connection, instruction_id)

    def send_message(self, ref: str, text: str, *, shop: str | None = None, actor: Actor | None = None) -> Instructed:
        """Write to the agency's clerk about a claim that it has; returns the instruction, which the next transmission tells.

        Where its adapter sends no messages, there is a task for a person. Raises :class:`InvalidInput` for a text that says nothing or too
        much, :class:`TransitionRefused` where no agency has the claim, :class:`NotPermitted` for a vendor of a marketplace.
        """
        return self._write(ref, writing.message(text), shop, actor)

    def send_document(
        self,
        ref: str,
        document: str | Path | bytes,
        *,
        kind: str = "other",
        file_name: str | None = None,
        media_type: str | None = None,
        shop: str | None = None,
        actor: Actor | None = None,
    ) -> Instructed:
        """Send the agency a document for a claim that it has: a file, or its bytes; returns the instruction.

        ``kind`` is ``invoice``, ``reminder``, ``contract``, ``delivery``, ``title`` or ``other``; name and media type are those of the file
        where they are left out. Raises what :meth:`send_message` raises; :class:`InvalidInput` names a file that is missing, empty or too
        large.
        """
        return self._write(ref, writing.document(document, kind=kind, file_name=file_name, media_type=media_type), shop, actor)

    def _write(self, ref: str, letter: Letter, shop: str | None, actor: Actor | None) -> Instructed:
        who = self._actor(actor)
        written = writing.write(self._context, self.find(ref, shop=shop, actor=who, exact=True).id, who, letter)
        with self._context.database.read() as connection:
            return self._instruction(connection, written, who)

    def _instruction(self, connection: Connection, instruction_id: str, who: Actor) -> Instructed:
        found = instructed(connection, who, states=None, instruction_id=instruction_id)
        if not found or not self._is_shown(found[0], who):
            raise NotFound(_NO_INSTRUCTION.fill(id=instruction_id), field="id")
        return found[0]

    def _is_shown(self, one: Instructed, who: Actor) -> bool:
        return one.verb not in HALTS or not self._is_veiled(one.ref, who)


_NO_INSTRUCTION = Text(
    "Es gibt keine Meldung {id}: `inkasso instructions --all` listet sie mit ihren Nummern.",
    "There is no instruction {id}: `inkasso instructions --all` lists them with their ids.",
)
_OVER = Text("Der letzte Tag der Pause ist schon vorbei.", "The last day of the pause is over already.")
