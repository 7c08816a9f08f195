"""Handed over by mistake: the way back from wherever a claim is, by what is right there.

Before the agency a release is taken back. At the agency the case is recalled, its cost notice shown and accepted before; where the agency
has no call for that, a person does it, and a task says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from inkasso_core import desk
from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.context import Context
from inkasso_core.errors import TransitionRefused
from inkasso_core.instructing.desk import recall
from inkasso_core.lifecycle import AT_AGENCY, Actor, State
from inkasso_core.model.words import Text
from inkasso_core.release import Handled
from inkasso_core.store import claims, placements
from inkasso_core.store.claims import Stored
from inkasso_core.telling.texts import ENDED, TELL_AGENCY

_NO_CALL = "NO_RECALL"


def undo(
    context: Context, ids: Sequence[str], actor: Actor, *, reason: str, costs_accepted: bool = False, consent: bool = False
) -> list[Handled]:
    """Take back what was handed over or released by mistake; returns what became of each claim, with the reason of a refusal."""
    with context.database.read() as connection:
        stored = claims.by_ids(connection, ids)
    released = [one.id for one in stored if one.state is State.RUNNING]
    at_agency = [one.id for one in stored if one.state in AT_AGENCY or one.former_state in AT_AGENCY]
    others = [one for one in stored if one.id not in {*released, *at_agency}]
    handled = desk.withdraw(context, released, actor, reason) if released else []
    if at_agency:
        asked = recall(context, at_agency, actor, reason=reason, costs_accepted=costs_accepted, consent=consent)
        handled += [_by_hand(context, one, actor, costs_accepted=costs_accepted) for one in asked]
    return handled + [Handled(one.ref, veiled(context, one, actor), _nothing(context, one, actor)) for one in others]


def _by_hand(context: Context, asked: Handled, actor: Actor, *, costs_accepted: bool) -> Handled:
    """Call a person where the agency has no call: that is done, too, once its costs are accepted."""
    problem, stored = asked.problem, asked.stored
    if stored is None or not isinstance(problem, TransitionRefused) or problem.reason != _NO_CALL:
        return asked
    with context.database.write() as connection:
        changes = Changes(context, actor)
        case = placements.open_placements(connection, [stored.id]).get(stored.id)
        notice = context.recall_notice(case.account, case.case_reference) if case is not None else None
        if notice is not None and not costs_accepted:
            text = _COSTS.fill(ref=stored.ref, de=notice.de, en=notice.en)
            return asked._replace(problem=TransitionRefused(text, reason="COSTS_NOT_ACCEPTED"))
        costs = notice or Text("", "")
        text = _TASK.fill(ref=stored.ref, case=(case.case_reference if case is not None else None) or "-", de=costs.de, en=costs.en)
        changes.task(connection, stored, TELL_AGENCY[ENDED].kind, text, account=case.account if case is not None else None)
        changes.flush(connection)
    return asked._replace(problem=None)


def _nothing(context: Context, stored: Stored, actor: Actor) -> TransitionRefused:
    if veiled(context, stored, actor) is not stored:
        return not_meant(context, stored, AT_AGENCY, actor)
    if stored.state is State.UNCLEAR:
        return TransitionRefused(_UNCLEAR.fill(ref=stored.ref), reason="LOOK_UP_FIRST")
    return TransitionRefused(_NOT_THERE.fill(ref=stored.ref), reason="NOT_THERE")


_TASK = Text(
    "{ref}: irrtümlich übergeben: den Fall {case} im Portal der Agentur zurückrufen, dann `inkasso cancel {ref} --recalled --reason "
    "GRUND`. {de}",
    "{ref}: handed over by mistake: recall the case {case} in the agency's portal, then `inkasso cancel {ref} --recalled --reason TEXT`. "
    "{en}",
)
_COSTS = Text(
    "{ref}: {de} Wenn das in Ordnung ist: noch einmal mit --accept-costs.",
    "{ref}: {en} If that is all right: once more with --accept-costs.",
)
_UNCLEAR = Text(
    "{ref}: Ob die Agentur den Fall hat, ist ungeklärt: erst `inkasso run` (sieht nach) oder `inkasso resolve {ref}`.",
    "{ref}: whether the agency has the case is not known: first `inkasso run` (looks it up) or `inkasso resolve {ref}`.",
)
_NOT_THERE = Text(
    "{ref}: liegt bei keiner Agentur: es gibt nichts zurückzunehmen.", "{ref}: is with no agency: there is nothing to take back."
)
