"""The desk: what a person does to claims in the queue and at the agency. Every move is asked of the life cycle, with what holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from inkasso_core import adopt
from inkasso_core.assess import Prepared, Subject, assess_prepared, columns, hold_targets, prepare, verdict
from inkasso_core.bundling import Key, bundles, key_of
from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.consequences import catch_up
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, InvalidInput, NotPermitted, TransitionRefused
from inkasso_core.lifecycle import AT_AGENCY, BEFORE_AGENCY, SYSTEM, Actor, Need, Profile, State
from inkasso_core.model.agency import AgencyStatus
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.statuses import day_left, settled
from inkasso_core.store import claims, instructions, leases, placements, queue, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import new_id
from inkasso_core.store.placements import Open
from inkasso_core.telling.news import void
from inkasso_core.telling.texts import TELL_KINDS

_ENDS_PLACEMENT = frozenset({State.REMOVED, State.CANCELLED, State.PAID, State.CLOSED})
_ANSWERED_BY_LOOKING = frozenset({"look_up", "confirm_export", "status_reverted", "status_contradicts"})
_LOOKED_UP = frozenset({State.UNCLEAR, State.EXPORTED})
"""What a look-up at the agency is about."""
_TAKEN_BACK = frozenset({State.RUNNING})
_ENDED = frozenset({State.REMOVED, State.CANCELLED, State.CLOSED})
_RECALL = frozenset({Need.CONSENT.name, Need.RECALLED.name})
"""Why a recall is refused that may come yet."""


class Outside(NamedTuple):
    """A hand-over made outside."""

    channel: str
    case_reference: str
    day: dt.date


class Word(NamedTuple):
    """What a person vouches for when changing a state."""

    reason: str | None = None
    consent: bool = False
    """The vendor agrees."""
    confirmed: bool = False
    """The agency confirmed it (a recall, a pause)."""
    outside: Outside | None = None
    looked_up: bool = False
    case_reference: str | None = None
    resumed: bool = False
    """The pause ends."""


def change(
    context: Context,
    ids: Sequence[str],
    target: State,
    actor: Actor,
    word: Word = Word(),  # noqa: B008
    *,
    sources: Collection[State] = frozenset(State),
) -> list[Handled]:
    """Move claims into a state, each by itself; returns what became of each, with the reason of a refusal.

    Only claims in one of ``sources`` are moved: the same change may be the end of several ways, of which the caller means one. What was
    looked up holds for all claims of the placement: they move, too, and are returned with those asked for.
    """
    with context.database.read() as connection:
        if word.looked_up:
            ids = placements.together(connection, ids, _LOOKED_UP)
        prepared = prepare(context, claims.by_ids(connection, ids))
    with context.database.write() as connection:
        changes = Changes(context, actor)
        stored = claims.by_ids(connection, ids, lock=True)
        leases.take_back(connection, [one.id for one in stored if one.state is State.RUNNING], changes.at)
        placed = placements.open_placements(connection, ids)
        diagnoses = assess_prepared(connection, context, stored, prepared, context.today())
        handled = []
        for one in stored:
            if one.state not in sources:
                handled.append(Handled(one.ref, one, not_meant(context, one, sources, actor)))
                continue
            facts = _facts(connection, context, one, placed.get(one.id), target, word)
            if one.id in diagnoses:
                facts |= verdict(diagnoses[one.id])[1]
                one = changes.refresh(one, **columns(diagnoses[one.id])) if one.state in BEFORE_AGENCY else one
            handled.append(_one(connection, changes, one, placed.get(one.id), target, facts, word))
        if word.outside is not None:
            _record_outside(
                context, connection, changes, [h.stored for h in handled if h.ok and h.stored is not None], prepared, word.outside
            )
        changes.flush(connection)
    return [h._replace(stored=veiled(context, h.stored, actor)) if h.stored is not None else h for h in handled]


def withdraw(context: Context, ids: Sequence[str], actor: Actor, reason: str | None) -> list[Handled]:
    """Take a release back."""
    return _back_to_queue(context, ids, actor, reason, _TAKEN_BACK)


def reinstate(context: Context, ids: Sequence[str], actor: Actor, reason: str | None) -> list[Handled]:
    """Bring claims back that have left the queue for good."""
    return _back_to_queue(context, ids, actor, reason, _ENDED)


def _back_to_queue(context: Context, ids: Sequence[str], actor: Actor, reason: str | None, sources: Collection[State]) -> list[Handled]:
    """Bring claims back to waiting and diagnose them at once: what is green is ready again. Claims in other states are refused."""
    handled = change(context, ids, State.WAITING, actor, Word(reason=reason), sources=sources)
    rediagnose(context, [h.stored.id for h in handled if h.ok and h.stored is not None])
    with context.database.read() as connection:
        fresh = {s.id: s for s in claims.by_ids(connection, ids)}
    return [h._replace(stored=fresh.get(h.stored.id)) if h.ok and h.stored is not None else h for h in handled]


def rediagnose(context: Context, ids: Sequence[str], *, as_of: dt.date | None = None) -> int:
    """Diagnose claims in the queue again and move them between waiting and ready; return how many moved."""
    with context.database.read() as connection:
        prepared = prepare(context, claims.by_ids(connection, ids))
    moved = 0
    with context.database.write() as connection:
        changes = Changes(context)
        stored = [s for s in claims.by_ids(connection, ids, lock=True) if s.state in (State.WAITING, State.READY)]
        diagnoses = assess_prepared(connection, context, stored, prepared, as_of or context.today())
        before = adopt.take(
            connection, changes, [Subject(prepared[s.id].claim, s, prepared[s.id].routing) for s in stored if s.id in diagnoses], {}
        )
        moved += len(before)
        for one in stored:
            if one.id not in diagnoses or one.id in before:
                continue
            target, facts = verdict(diagnoses[one.id])
            account = prepared[one.id].routing.account
            fresh = changes.refresh(one, account=account, **columns(diagnoses[one.id]))
            if target is not one.state:
                changes.move(fresh, target, facts, reason=" ".join(diagnoses[one.id].red) or None)
                moved += 1
        changes.flush(connection)
    return moved


def hold(context: Context, stored: Stored, scope: str, actor: Actor, *, reason: str, until: dt.date | None) -> str:
    """Put a hold (Mahnstopp) on a claim, its order, its invoice or its debtor; returns the hold's id.

    What else comes to bear that invoice's number in the same shop is held, too. Raises :class:`InvalidInput` for a claim without one.
    """
    targets = hold_targets(stored)
    if scope not in targets:
        raise InvalidInput(_NO_SCOPE.fill(known=", ".join(targets)), field="scope")
    target = targets[scope]
    if target is None:
        raise InvalidInput(_NO_INVOICE.fill(ref=stored.ref), field="scope")
    with context.database.write() as connection:
        if actor.vendors is not None and not {stored.vendor, *_vendors(connection, stored.shop, scope, target)} <= actor.vendors:
            raise NotPermitted(_NOT_YOURS.fill(ref=stored.ref))
        changes = Changes(context, actor)
        new = records.Hold(new_id(), stored.tenant, stored.shop, scope, target, reason, until, actor.id, changes.at, None, None)
        records.add_hold(connection, new)
        held = claims.held_by(connection, stored.shop, scope, target)
        leases.take_back(connection, [one.id for one in held if one.state is State.RUNNING], changes.at)
        for one in held:
            changes.note(one, ClaimEventKind.HOLD, reason=reason, details={"scope": scope, "until": until.isoformat() if until else None})
        changes.flush(connection)
    _requeue(context, stored.shop, scope, target)
    return new.id


def holds(connection: Connection, actor: Actor, shop: str | None = None) -> list[records.Hold]:
    """Return the holds that nobody lifted; for a vendor those that concern his claims and nobody else's."""
    found = records.holds(connection, shop)
    if actor.tenants is not None:
        found = [h for h in found if h.tenant in actor.tenants]
    if actor.vendors is not None:
        touched = ((h, _vendors(connection, h.shop, h.scope, h.target)) for h in found)
        found = [h for h, vendors in touched if vendors and vendors <= actor.vendors]
    return found


def _vendors(connection: Connection, shop: str, scope: str, target: str) -> set[str | None]:
    return {one.vendor for one in claims.held_by(connection, shop, scope, target)}


def lift_hold(context: Context, hold_id: str, actor: Actor) -> bool:
    """End a hold; what it alone kept back is ready again. False when there was none."""
    with context.database.write() as connection:
        found = next((h for h in holds(connection, actor) if h.id == hold_id), None)
        if found is None or not records.end_hold(connection, hold_id, by=actor.id, at=context.now()):
            return False
        changes = Changes(context, actor)
        for one in claims.held_by(connection, found.shop, found.scope, found.target):
            changes.note(one, ClaimEventKind.HOLD, reason="lifted", details={"scope": found.scope})
        changes.flush(connection)
    _requeue(context, found.shop, found.scope, found.target)
    return True


def _requeue(context: Context, shop: str, scope: str, target: str) -> None:
    with context.database.read() as connection:
        ids = [s.id for s in claims.held_by(connection, shop, scope, target)]
    rediagnose(context, ids)


def _facts(connection: Connection, context: Context, stored: Stored, placed: Open | None, target: State, word: Word) -> set[Need]:
    """Return the needs that hold: from the store where it knows, from the person's word where only a person can know."""
    at_agency = stored.state in AT_AGENCY or stored.former_state in AT_AGENCY
    told = not any(task.kind in TELL_KINDS for task in records.tasks(connection, SYSTEM, claim_id=stored.id))
    told = told and not instructions.listed(connection, SYSTEM, states=instructions.UNTOLD, claim_id=stored.id)
    holds = {
        Need.NOT_IN_FLIGHT: at_agency or placed is None or not placed.is_sent,
        Need.BEFORE_AGENCY: not at_agency,
        Need.AT_AGENCY: at_agency,
        Need.FORMER: word.resumed and stored.former_state is target,
        Need.NO_PLACEMENT: placed is None,
        Need.PLACEMENT_OPEN: placed is not None,
        Need.AGENCY_TOLD: told,
        Need.CONSENT: word.consent or context.profile(stored.shop) is Profile.SHOP,
        Need.RECALLED: word.confirmed,
        Need.AGENCY_PAUSED: word.confirmed,
        Need.OUTSIDE: word.outside is not None and all(word.outside) and word.outside.day <= context.today() and bool(word.reason),
        Need.LOOKED_UP: word.looked_up,
        Need.ABSENT: word.looked_up and placed is not None and _is_settled(connection, context, placed),
        Need.PROOF: word.looked_up or word.confirmed,
        Need.REFUSAL: word.looked_up,
    }
    return {need for need, holds_now in holds.items() if holds_now}


def _is_settled(connection: Connection, context: Context, placed: Open) -> bool:
    """Where nobody can say how long a case takes to show, the word of the person who looked counts."""
    try:
        settles_after = context.adapter(placed.account).settles_after
    except InkassoError:
        settles_after = None
    return settled(connection, placed, settles_after or dt.timedelta(0), context.now())


def _one(
    connection: Connection, changes: Changes, stored: Stored, placed: Open | None, target: State, facts: Collection[Need], word: Word
) -> Handled:
    before = stored.state
    try:
        details = {"case_reference": word.case_reference} if word.case_reference else None
        if word.outside is not None:
            details = {"channel": word.outside.channel, "case_reference": word.outside.case_reference, "date": word.outside.day.isoformat()}
        moved = changes.move(stored, target, facts, reason=word.reason, details=details)
    except TransitionRefused as exc:
        return Handled(stored.ref, stored, _with_costs(changes.context, placed, exc))
    return Handled(stored.ref, _placement_follows(connection, changes, moved, before, placed, word))


def _with_costs(context: Context, placed: Open | None, refused: TransitionRefused) -> TransitionRefused:
    """Say besides what taking a case back costs, as its agency's adapter tells it, to whoever is about to."""
    notice = context.recall_notice(placed.account, placed.case_reference) if placed is not None and refused.reason in _RECALL else None
    if notice is None:
        return refused
    return TransitionRefused(Text(f"{refused.text.de} {notice.de}", f"{refused.text.en} {notice.en}"), reason=refused.reason)


def _placement_follows(connection: Connection, changes: Changes, stored: Stored, before: State, placed: Open | None, word: Word) -> Stored:
    """Let the claim leave its placement or stay in it, as the new state demands; the others in it are not touched."""
    withdrawn = before is State.RUNNING and stored.state in (State.WAITING, State.READY)
    if placed is not None and (stored.state in _ENDS_PLACEMENT or withdrawn or word.outside is not None):
        placements.leave(connection, placed.placement_id, [stored.id], changes.at)
    if placed is not None and stored.state is State.CANCELLED:
        void(connection, changes, stored, "recalled", had_it=True)
    if before in (State.UNCLEAR, State.EXPORTED) and word.looked_up and placed is not None:
        return _resolved(connection, changes, stored, placed, word)
    return stored


def _record_outside(
    context: Context,
    connection: Connection,
    changes: Changes,
    handed_over: Sequence[Stored],
    prepared: Mapping[str, Prepared],
    outside: Outside,
) -> None:
    """Note what was handed over outside: the claims of one debtor under one case reference are one case."""

    def key(stored: Stored) -> Key | str:
        found = prepared.get(stored.id)
        return stored.id if found is None else key_of(context, stored, found.claim, stored.account or "")

    for bundle in bundles(handed_over, key, lambda _: len(handed_over)):
        placements.record_outside(
            connection,
            claims=[(stored.id, stored.revision_no) for stored in bundle],
            tenant=bundle[0].tenant,
            account=bundle[0].account or "",
            agency=outside.channel,
            channel=outside.channel,
            case_reference=outside.case_reference,
            placed_on=outside.day,
            at=changes.at,
        )


def _resolved(connection: Connection, changes: Changes, stored: Stored, placed: Open, word: Word) -> Stored:
    """A person looked it up: the instruction ends as found, or is tried again under a new key."""
    if placed.instruction_id is not None:
        state = {State.RUNNING: queue.PENDING, State.FAILED: queue.REFUSED}.get(stored.state, queue.DONE)
        queue.set_instruction(connection, placed.instruction_id, state, changes.at, fresh_key=state == queue.PENDING)
    if stored.state is State.HANDED_OVER:
        placements.update_placement(
            connection,
            placed.placement_id,
            case_reference=word.case_reference,
            agency_status=AgencyStatus.ACTIVE.value,
            portal_url=changes.context.portal_url(placed.account, word.case_reference),
            heard_at=changes.at,
            placed_on=placed.placed_on or day_left(connection, changes.context, placed),
        )
    if stored.state is State.FAILED:
        placements.leave(connection, placed.placement_id, [stored.id], changes.at)
    done = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind in _ANSWERED_BY_LOOKING]
    records.finish_tasks(connection, done, by=changes.actor.id, at=changes.at, resolution=word.reason)
    if stored.state in BEFORE_AGENCY:
        return catch_up(connection, changes, stored, placed.revision_no, arrived=False)
    return stored


_NO_SCOPE = Text("Ein Mahnstopp gilt für eines von: {known}.", "A hold is for one of: {known}.")
_NO_INVOICE = Text(
    "{ref}: Für diese Forderung ist keine Rechnungsnummer gemeldet: den Mahnstopp auf die Forderung oder den Auftrag setzen.",
    "{ref}: no invoice number is reported for this claim: put the hold on the claim or on its order.",
)
_NOT_YOURS = Text(
    "{ref}: Der Mahnstopp träfe auch Forderungen anderer Verkäufer: nur für diese Forderung setzen, oder den Betreiber bitten.",
    "{ref}: the hold would touch claims of other vendors, too: put it on this claim alone, or ask the operator.",
)
