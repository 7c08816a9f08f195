"""Changing the state of claims: asked of the life cycle, written with its history, and told to observers, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from inkasso_core.context import Context
from inkasso_core.errors import TransitionRefused
from inkasso_core.lifecycle import BEFORE_AGENCY, SYSTEM, Actor, Need, State, is_veiled, judge, state_label
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.store import claims, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import new_id

TOLD: Mapping[State, ClaimEventKind] = {
    State.WAITING: ClaimEventKind.WAITING,
    State.READY: ClaimEventKind.QUEUED,
    State.RUNNING: ClaimEventKind.RELEASED,
    State.EXPORTED: ClaimEventKind.EXPORTED,
    State.HANDED_OVER: ClaimEventKind.HANDED_OVER,
    State.FAILED: ClaimEventKind.FAILED,
    State.UNCLEAR: ClaimEventKind.UNCLEAR,
    State.PAUSED: ClaimEventKind.PAUSED,
    State.REMOVED: ClaimEventKind.REMOVED,
    State.CANCELLED: ClaimEventKind.CANCELLED,
    State.PAID: ClaimEventKind.PAID,
    State.CLOSED: ClaimEventKind.CLOSED,
}
"""What observers are told when a claim comes into a state."""


_DIAGNOSED = BEFORE_AGENCY | {State.PAUSED}
_NO_POINTS: Mapping[str, Any] = {"red": (), "warnings": (), "expected_on": None}
"""Past the queue nothing is diagnosed any more: what stood there last would only mislead."""


class Changes:
    """Collects what happens to claims, and writes all of it in one go with :meth:`flush`."""

    def __init__(self, context: Context, actor: Actor = SYSTEM) -> None:
        self.context = context
        self.actor = actor
        self.at = context.now()
        self._changed: dict[str, Stored] = {}
        self._entries: list[records.Entry] = []
        self._shops: dict[str, str] = {}

    def move(
        self,
        stored: Stored,
        target: State,
        facts: Collection[Need] = (),
        *,
        reason: str | None = None,
        details: Mapping[str, Any] | None = None,
        by: Actor | None = None,
        **columns: Any,
    ) -> Stored:
        """Change the state; raises :class:`TransitionRefused` with the reason and what would help.

        ``facts`` are the needs of the life cycle that hold now; a reason given is one of them. ``by`` is who acts, where it is not the
        actor of all these changes.
        """
        actor = by or self.actor
        given = {*facts, Need.REASON} if reason else set(facts)
        verdict = judge(stored.state, target, actor.role, self.context.profile(stored.shop), given)
        if not verdict.allowed:
            if veiled(self.context, stored, actor) is not stored:
                raise _veiled_refusal(stored)
            text = Text(f"{stored.ref}: {verdict.text.de}", f"{stored.ref}: {verdict.text.en}")
            raise TransitionRefused(text, reason=verdict.reason)
        former = stored.state if target is State.PAUSED else None
        points = {} if target in _DIAGNOSED else _NO_POINTS
        changed = stored._replace(**{**points, "state": target, "former_state": former, "changed_at": self.at, **columns})
        self._entry(changed, TOLD[target], stored.state, target, reason, details, actor)
        self._changed[stored.id] = changed
        return changed

    def begin(self, stored: Stored, facts: Collection[Need]) -> Stored:
        """Note a new claim in its first state."""
        verdict = judge(None, stored.state, self.actor.role, self.context.profile(stored.shop), facts)
        if not verdict.allowed:
            raise TransitionRefused(verdict.text, reason=verdict.reason)
        self._entry(stored, ClaimEventKind.REGISTERED, None, stored.state, None, None)
        return stored

    def note(
        self, stored: Stored, what: ClaimEventKind, *, reason: str | None = None, details: Mapping[str, Any] | None = None, **columns: Any
    ) -> Stored:
        """Note something that leaves the state as it is."""
        changed = stored._replace(changed_at=self.at, **columns)
        self._entry(changed, what, stored.state, stored.state, reason, details)
        self._changed[stored.id] = changed
        return changed

    def task(
        self,
        connection: Connection,
        stored: Stored,
        kind: str,
        message: Text,
        *,
        account: str | None = None,
        due_on: dt.date | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> bool:
        """Call a person, once per kind and claim as long as nobody did it; history and observers hear of it. False: it is there already."""
        new = records.add_task(
            connection,
            tenant=stored.tenant,
            kind=kind,
            message=message,
            at=self.at,
            claim_id=stored.id,
            account=account or stored.account,
            due_on=due_on,
            details=details,
        )
        if new is not None:
            self._entry(stored, ClaimEventKind.TASK, stored.state, stored.state, None, {"kind": kind})
        return new is not None

    def refresh(self, stored: Stored, **columns: Any) -> Stored:
        """Change columns that are no event, such as the expected date."""
        changed = stored._replace(**columns)
        if changed != stored:
            self._changed[stored.id] = changed
        return changed

    def flush(self, connection: Connection) -> None:
        """Write everything: claims, history, and notices to observers."""
        claims.update(connection, self._changed.values())
        self.flush_history(connection)
        self._changed.clear()

    def flush_history(self, connection: Connection) -> None:
        """Write history and notices only: the caller stores the claims themselves."""
        watching = {shop: self.context.plugins.observers(shop) for shop in set(self._shops.values())}
        observers = {claim_id: watching[shop] for claim_id, shop in self._shops.items()} if any(watching.values()) else {}
        records.add_history(connection, self._entries, observers)
        self._entries.clear()

    def _entry(
        self,
        stored: Stored,
        what: ClaimEventKind,
        source: State | None,
        target: State,
        reason: str | None,
        details: Mapping[str, Any] | None,
        by: Actor | None = None,
    ) -> None:
        actor = by or self.actor
        self._shops[stored.id] = stored.shop
        before = source.value if source else None
        self._entries.append(
            records.Entry(
                new_id(),
                stored.id,
                self.at,
                actor.id,
                actor.role.value,
                what.value,
                before,
                target.value,
                reason,
                dict(details) if details else None,
            )
        )


def veiled(context: Context, stored: Stored, actor: Actor) -> Stored:
    """Return a claim as it may be shown to whoever acts: a vendor of a marketplace is not told of a pause."""
    if is_veiled(stored.state, actor.role, context.profile(stored.shop)):
        return stored._replace(state=stored.former_state or stored.state, former_state=None)
    return stored


def not_meant(context: Context, stored: Stored, sources: Collection[State], actor: Actor = SYSTEM) -> TransitionRefused:
    """Return the refusal of a step that is for claims in certain states only, though the life cycle might know another way there."""
    if veiled(context, stored, actor) is not stored:
        return _veiled_refusal(stored)
    labels = {state: state_label(state, context.profile(stored.shop)) for state in State}
    fit = [labels[state] for state in State if state in sources]
    german, english = ", ".join(label.de for label in fit), ", ".join(label.en for label in fit)
    text = Text(
        f"{stored.ref}: Das geht nur mit Forderungen im Status {german}; diese ist: {labels[stored.state].de}.",
        f"{stored.ref}: This is for claims that are {english}; this one is {labels[stored.state].en}.",
    )
    return TransitionRefused(text, reason="NO_SUCH_CHANGE")


def _veiled_refusal(stored: Stored) -> TransitionRefused:
    """The refusal of whatever a vendor wants with a paused claim: it does not say what the claim is."""
    return TransitionRefused(_ASK.fill(ref=stored.ref), reason="ROLE")


_ASK = Text("{ref}: Das geht zurzeit nicht: bitte den Betreiber fragen.", "{ref}: this is not possible for now: please ask the operator.")
