"""Telling: one request for one instruction. The try is stored before, the agency's word after; only an account that is live tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from inkasso_core import gate, owner, points
from inkasso_core.agencies.base import Agency
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, unsaid
from inkasso_core.errors import InkassoError, NotFound, OutcomeUnknown
from inkasso_core.instructing.answers import Heard, about_claims, give_up, may_repeat, store_answer, store_refusal
from inkasso_core.instructing.build import build
from inkasso_core.model.instructions import Acknowledgement, Instruction
from inkasso_core.model.words import Text
from inkasso_core.report import Item, Run
from inkasso_core.store import claims, instructions, placements, queue, vault
from inkasso_core.store.instructions import Queued

CHUNK = 50


class Begun(NamedTuple):
    """A try that was stored: from now on the agency may have heard of it."""

    queued: Queued
    attempt_id: str
    instruction: Instruction
    known: list[str]
    """What the instruction says of the debtor, and the secrets: no text of the agency may repeat it."""


def tell(run: Run, adapter: Agency[Any], limit: int | None) -> Iterator[Item]:
    """Tell what may be told now, oldest first, each instruction once; of a placement one after the other."""
    tried: set[str] = set()
    while limit is None or len(tried) < limit:
        with run.context.database.read() as connection:
            some = CHUNK if limit is None else min(CHUNK, limit - len(tried))
            heads = instructions.heads(connection, run.account, run.context.now(), limit=some, without=tried)
        if not heads:
            return
        for queued in heads:
            tried.add(queued.id)
            item = send(run, adapter, queued)
            if item is not None:
                yield item
            if item is not None and item.result == "stopped":
                return


def rehearse(run: Run, limit: int | None) -> Iterator[Item]:
    """Show what would be told now. Nothing is stored, nothing leaves, nothing changes."""
    with run.context.database.read() as connection:
        for queued in instructions.heads(connection, run.account, run.context.now(), limit=limit):
            (stored, *_) = claims.by_ids(connection, about_claims(connection, queued))
            try:
                told = build(run.context, connection, queued, placements.of_id(connection, queued.placement_id))
            except NotFound as exc:
                yield Item(stored.ref, "refused", text=exc.text)
                continue
            yield Item(stored.ref, "rehearsed", shown=f"{queued.verb} {told.model_dump_json(indent=2, exclude_defaults=True)}")


def send(run: Run, adapter: Agency[Any], queued: Queued) -> Item | None:
    """Tell one thing; None where somebody else dealt with it, or it must wait by now."""
    points.reach("telling.before_attempt")
    begun = _begin(run, adapter, queued)
    if not isinstance(begun, Begun):
        return begun
    points.reach("telling.after_attempt")
    answer = _ask(adapter, begun)
    points.reach("telling.before_answer")
    item = store_answer(run.context, Heard(begun.queued, begun.attempt_id, answer), repeats=adapter.idempotent)
    points.reach("telling.after_answer")
    return item


def recover(context: Context) -> int:
    """Find tries whose process is gone: whether the agency heard of it is not known. Returns how many there were."""
    now = context.now()
    with context.database.read() as connection:
        lost = [one for one in instructions.in_flight(connection) if owner.is_gone(one.owner, one.lease_until, now)]
    for one in lost:
        heard = Heard(one.queued, one.attempt_id, OutcomeUnknown(_INTERRUPTED))
        store_answer(context, heard, repeats=_repeats(context, one.queued.account))
    return len(lost)


def _repeats(context: Context, account: str) -> bool:
    """Whether the agency documents that our key keeps a repetition from having an effect; no where its adapter cannot be had."""
    try:
        return context.adapter(account).idempotent
    except InkassoError:
        return False


def _begin(run: Run, adapter: Agency[Any], queued: Queued) -> Begun | Item | None:
    context = run.context
    with context.database.write() as connection:
        now = context.now()
        stopped = gate.look(context, connection, run.account).mode != "live"  # by somebody else, meanwhile
        if stopped or not instructions.is_head(connection, queued.id, now):
            return None
        if queued.state == queue.UNCLEAR and not (adapter.idempotent and may_repeat(connection, queued, now)):
            return give_up(context, connection, queued)
        about = claims.by_ids(connection, about_claims(connection, queued))
        try:
            instruction = build(context, connection, queued, placements.of_id(connection, queued.placement_id))
        except NotFound as exc:
            return store_refusal(context, connection, queued, exc)
        request = vault.seal(vault.REQUEST, instruction, subject=about[0].debtor_id)
        vault.put(connection, [request], now)
        lease = now + owner.LEASE
        attempt_id = instructions.begin(connection, queued, owner=run.owner, lease_until=lease, at=now, request_id=request.id)
        bodies = vault.take_claims(connection, [one.body_id for one in about])
    known = [*of_debtors(bodies.values()), *of_secrets(adapter.settings)]
    return Begun(queued, attempt_id, instruction, known) if attempt_id is not None else None


def _ask(adapter: Agency[Any], begun: Begun) -> Acknowledgement | InkassoError:
    """Send the request, and return the agency's word. Never raises."""
    try:
        said: object = getattr(adapter, begun.queued.verb)(begun.instruction)
    except InkassoError as exc:
        return unsaid(exc, begun.known, AGENCY_QUOTES)
    except Exception as exc:  # noqa: BLE001  (a stranger's code: what it did before it broke is not known)
        return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(exc).__name__), agency=adapter.name)
    if isinstance(said, Acknowledgement):
        return said
    return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(said).__name__), agency=adapter.name, raw=said)


_ADAPTER_BROKE = Text(
    "Die Anbindung ist beim Melden gescheitert ({error}): ob die Agentur davon weiß, ist nicht bekannt.",
    "The adapter broke while telling ({error}): whether the agency knows of it is not known.",
)
_INTERRUPTED = Text(
    "Die Meldung wurde unterbrochen: ob die Agentur davon weiß, ist nicht bekannt.",
    "The telling was interrupted: whether the agency knows of it is not known.",
)
