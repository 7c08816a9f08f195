"""What people say: that a case is to be recalled, and what became of an instruction whose answer was lost or was no."""

from __future__ import annotations

from collections.abc import Sequence

from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, InvalidInput, NotFound, TransitionRefused
from inkasso_core.instructing.answers import about_claims, call_person, looked_for
from inkasso_core.instructing.writing import may_write
from inkasso_core.lifecycle import AT_AGENCY, SYSTEM, Actor, Need, Profile, State, judge
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.store import claims, instructions, placements, queue, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import BY_HAND, RECALL, TOLD, Queued
from inkasso_core.store.placements import Open
from inkasso_core.store.records import Task
from inkasso_core.telling import halting
from inkasso_core.telling.news import kind_of, note, queue_up
from inkasso_core.telling.texts import ENDED, TELL_AGENCY

_RECALLED = AT_AGENCY | {State.PAUSED}
_NOT_AGAIN = (*instructions.UNTOLD, queue.DONE, TOLD)


def recall(
    context: Context, ids: Sequence[str], actor: Actor, *, reason: str, costs_accepted: bool = False, consent: bool = False
) -> list[Handled]:
    """Queue the recall of the cases that these claims are in; returns what became of each claim, with the reason of a refusal.

    A case that holds several claims is recalled whole or not at all.
    """
    with context.database.write() as connection:
        changes = Changes(context, actor)
        placed = placements.open_placements(connection, ids)
        stored = {one.id: one for one in claims.by_ids(connection, ids, lock=True)}
        asked: dict[str, InkassoError | None] = {}
        handled = []
        for one in stored.values():
            case = placed.get(one.id)
            problem: InkassoError | None = _refused(context, one, actor, consent)
            if problem is None and case is not None and case.placement_id not in asked:
                asked[case.placement_id] = _recall(connection, changes, one, case, set(stored), reason, costs_accepted=costs_accepted)
            if problem is None:
                problem = asked.get(case.placement_id) if case is not None else _by_hand(context, one, one.account)
            if problem is None:
                _done(connection, changes, one, TELL_AGENCY[ENDED].kind, "recalled")
            handled.append(Handled(one.ref, veiled(context, one, actor), problem))
        changes.flush(connection)
    return handled


def _refused(context: Context, stored: Stored, actor: Actor, consent: bool) -> TransitionRefused | None:
    """Ask the life cycle whether this person may take this claim back, given that the agency will confirm it."""
    at_agency = stored.state in AT_AGENCY or stored.former_state in AT_AGENCY
    if stored.state not in _RECALLED or not at_agency:
        return not_meant(context, stored, AT_AGENCY, actor)
    profile = context.profile(stored.shop)
    facts = {Need.AT_AGENCY, Need.RECALLED, Need.REASON}
    if consent or profile is Profile.SHOP:
        facts.add(Need.CONSENT)
    verdict = judge(stored.state, State.CANCELLED, actor.role, profile, facts)
    return None if verdict.allowed else TransitionRefused(_named(stored, verdict.text), reason=verdict.reason)


def _recall(
    connection: Connection, changes: Changes, stored: Stored, placed: Open, meant: set[str], reason: str, *, costs_accepted: bool
) -> InkassoError | None:
    """Queue the recall of one case, or say why not."""
    context = changes.context
    inside = {claim_id for claim_id, _ in placements.claims_of(connection, [placed.placement_id])[placed.placement_id]}
    if not inside <= meant:
        others = ", ".join(one.ref for one in claims.by_ids(connection, sorted(inside - meant)))
        return TransitionRefused(_WHOLE.fill(ref=stored.ref, others=others), reason="WHOLE_CASE")
    if placed.instruction_id is None or not context.offers(placed.account, RECALL):
        return _by_hand(context, stored, placed.account)
    if any(row.state in _NOT_AGAIN for row in instructions.of_placement(connection, placed.placement_id, RECALL)):
        return TransitionRefused(_ASKED.fill(ref=stored.ref), reason="RECALLED_ALREADY")
    notice = context.recall_notice(placed.account, placed.case_reference)
    if notice is not None and not costs_accepted:
        text = Text(_COSTS.de.format(ref=stored.ref, notice=notice.de), _COSTS.en.format(ref=stored.ref, notice=notice.en))
        return TransitionRefused(text, reason="COSTS_NOT_ACCEPTED")
    body = {"reason": reason, "costs_accepted": costs_accepted}
    instruction_id = queue_up(connection, changes, stored, placed, RECALL, body, whole_case=True)
    queued = instructions.by_id(connection, instruction_id)
    if queued is not None:
        note(changes, stored, queued, queue.PENDING, reason=reason)
    return None


def _by_hand(context: Context, stored: Stored, account: str | None) -> TransitionRefused:
    why = context.why_by_hand(account, RECALL) or _OUTSIDE
    return TransitionRefused(_NO_RECALL.fill(ref=stored.ref, why_de=why.de, why_en=why.en), reason="NO_RECALL")


# What became of an instruction


def resolve(context: Context, instruction_id: str, actor: Actor, *, done: bool, send_again: bool, reason: str) -> Queued:
    """Say what a look into the agency's portal found of an instruction that is unclear or was refused; returns it as it then is.

    What the agency has not heard of is sent again under a new key, or told by a person. Raises :class:`NotFound` for one that is neither,
    :class:`InvalidInput` where nothing is to be sent any more.
    """
    with context.database.write() as connection:
        queued = _meant(connection, instruction_id, actor)
        changes = Changes(context, actor)
        stored = claims.by_ids(connection, about_claims(connection, queued), lock=True)[0]
        state = _resolved(queued, done=done, send_again=send_again)
        if state == queue.PENDING and placements.is_closed(connection, queued.placement_id):
            raise InvalidInput(_CASE_OVER.fill(ref=stored.ref), field="send_again")
        queue.set_instruction(connection, queued.id, state, changes.at, fresh_key=state == queue.PENDING)
        instructions.wait(connection, queued.id, None)
        note(changes, stored, queued, state, reason=reason)
        looked_for(connection, changes, stored, reason)
        if state == queue.REFUSED:
            call_person(connection, changes, stored, queued, _NOT_THERE)
        else:
            _done(connection, changes, stored, kind_of(connection, queued), reason)
        changes.flush(connection)
        if done and queued.verb in halting.HALTS:
            halting.confirmed(connection, changes, queued)
        return instructions.by_id(connection, queued.id) or queued


def told_by_hand(context: Context, connection: Connection, task: Task, actor: Actor) -> None:
    """Note that a person told the agency what a program could not: his task is done. A vendor of a marketplace does not speak to it."""
    if task.claim_id is None:
        return
    (stored,) = claims.by_ids(connection, [task.claim_id])
    if not may_write(context, stored.shop, actor):
        return
    for one in instructions.listed(connection, SYSTEM, states=[queue.REFUSED], claim_id=task.claim_id):
        if kind_of(connection, one.queued) == task.kind:
            queue.set_instruction(connection, one.queued.id, BY_HAND, context.now())


def _resolved(queued: Queued, *, done: bool, send_again: bool) -> str:
    """The state in which a person's word leaves an instruction. The agency decides about a recall later, whoever asked for it."""
    if done:
        return BY_HAND if queued.state == queue.REFUSED else TOLD if queued.verb == RECALL else queue.DONE
    return queue.PENDING if send_again else queue.REFUSED


def _meant(connection: Connection, instruction_id: str, actor: Actor) -> Queued:
    seen = instructions.listed(connection, actor, states=[queue.UNCLEAR, queue.REFUSED])
    found = next((one.queued for one in seen if one.queued.id == instruction_id), None)
    if found is None:
        raise NotFound(_NONE.fill(id=instruction_id), field="id")
    return found


def _done(connection: Connection, changes: Changes, stored: Stored, kind: str, resolution: str) -> None:
    """Finish what a person need not tell any more."""
    tasks = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind == kind]
    records.finish_tasks(connection, tasks, by=changes.actor.id, at=changes.at, resolution=resolution)


def _named(stored: Stored, text: Text) -> Text:
    return Text(f"{stored.ref}: {text.de}", f"{stored.ref}: {text.en}")


_OUTSIDE = Text("der Fall wurde auf anderem Weg übergeben", "the case was handed over outside")
_WHOLE = Text(
    "{ref}: Zum selben Fall gehören auch: {others}. Ein Rückruf nimmt den ganzen Fall zurück: alle nennen, oder der Agentur schreiben.",
    "{ref}: to the same case belong, too: {others}. A recall takes the whole case back: name all of them, or write to the agency.",
)
_ASKED = Text(
    "{ref}: Der Rückruf ist schon beauftragt: `inkasso show {ref}`.", "{ref}: the recall has been asked for already: `inkasso show {ref}`."
)
_COSTS = Text(
    "{ref}: {notice} Wenn das in Ordnung ist: noch einmal mit --accept-costs.",
    "{ref}: {notice} If that is all right: once more with --accept-costs.",
)
_NO_RECALL = Text(
    "{ref}: Die Anbindung kann nicht zurückrufen ({why_de}): im Portal der Agentur zurückrufen, dann `inkasso cancel {ref} --recalled "
    "--reason GRUND`.",
    "{ref}: the adapter cannot recall ({why_en}): recall the case in the agency's portal, then `inkasso cancel {ref} --recalled --reason "
    "TEXT`.",
)
_CASE_OVER = Text(
    "{ref}: Der Fall ist bei der Agentur zu Ende: nichts wird mehr gesendet. Ohne --send-again angeben, dass sie es nicht weiß.",
    "{ref}: the case has ended at the agency: nothing is sent any more. Say without --send-again that it does not know.",
)
_NOT_THERE = Text("Die Agentur weiß davon nichts.", "The agency has not heard of it.")
_NONE = Text(
    "Es gibt keine Meldung {id}, die ungeklärt oder abgelehnt ist: `inkasso instructions` listet sie mit ihren Nummern.",
    "There is no instruction {id} that is unclear or refused: `inkasso instructions` lists them with their ids.",
)
