"""Telling: one request for one instruction. The try is stored before, the agency's word after; only an account that is live tells.

Tries are taken some at a time, each placement's first instruction; just before its request each is marked as sent, and what was not marked
has certainly not left: it is given back, whatever happened to whoever took it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from inkasso_core import gate, owner, pacing, points, resting
from inkasso_core.agencies.base import Agency
from inkasso_core.answers import NOT_SENT, patiently
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, unsaid
from inkasso_core.errors import InkassoError, Interrupted, NotFound, NotSent, OutcomeUnknown, StoreError
from inkasso_core.fresh import Mark
from inkasso_core.instructing.answers import Heard, about_claims, give_up, may_repeat, store_answer, store_refusal
from inkasso_core.instructing.build import build, kept, shown
from inkasso_core.logs import say
from inkasso_core.model.instructions import Acknowledgement, Instruction
from inkasso_core.model.words import Text
from inkasso_core.report import Item, Run
from inkasso_core.store import claims, instructions, placements, queue, vault
from inkasso_core.store.engine import Connection, agree
from inkasso_core.store.instructions import Queued

PLANNED = 2000
"""How many instructions are put into a fair order at once."""
LEASED = 10
"""How many are taken at once: few, so that none of them waits long in the hands of a slow worker."""


class Begun(NamedTuple):
    """A try that was stored. Once it is marked as sent, the agency may have heard of it."""

    queued: Queued
    attempt_id: str
    instruction: Instruction
    known: list[str]
    """What the instruction says of the debtor, and the secrets: no text of the agency may repeat it."""


class _Taken(NamedTuple):
    """What became of those that were to be taken."""

    begun: list[Begun]
    items: list[Item]
    is_exhausted: bool = False
    """Whether the agency takes no more for now, or the account has stopped."""


def tell(run: Run, adapter: Agency[Any], limit: int | None) -> Iterator[Item]:
    """Tell what may be told now, vendors taking turns, each instruction once; of a placement one after the other."""
    tried, again = set[str](), set[str]()
    while limit is None or len(tried) < limit:
        with run.context.database.read() as connection:
            some = PLANNED if limit is None else min(PLANNED, limit - len(tried))
            plan = instructions.heads(connection, run.account, run.context.now(), limit=some, without=again)
        again |= {one.id for one in plan if one.id in tried}
        fresh = [one for one in plan if one.id not in tried]
        if not plan:
            return
        for start in range(0, len(fresh), LEASED):
            batch = fresh[start : start + LEASED]
            tried.update(one.id for one in batch)
            taken = _take(run, adapter, batch)
            yield from taken.items
            for item in _send_all(run, adapter, taken.begun):
                yield item
                if item.result == "stopped":
                    return
            if taken.is_exhausted or run.context.ending.is_set():
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
            yield Item(stored.ref, "rehearsed", shown=f"{queued.verb} {shown(told)}")


def recover(context: Context) -> int:
    """Find tries whose process is gone: what was sent may have been heard, what was not goes on. Returns how many there were."""
    now = context.now()
    with context.database.read() as connection:
        lost = [one for one in instructions.in_flight(connection) if owner.is_gone(one.owner, one.lease_until, now)]
    for one in lost:
        if one.sent_at is None:
            _give_back(context, [(one.attempt_id, one.queued)])
            continue
        heard = Heard(one.queued, one.attempt_id, Interrupted(_INTERRUPTED))
        store_answer(context, heard, repeats=_may_repeat(context, one.queued))
    return len(lost)


def _repeats(adapter: Agency[Any], queued: Queued) -> bool:
    """Whether the agency documents that our key keeps a repetition from having an effect: of what people write nobody says that."""
    return adapter.idempotent and queued.verb in instructions.KEYED


def _may_repeat(context: Context, queued: Queued) -> bool:
    try:
        return _repeats(context.adapter(queued.account), queued)
    except InkassoError:
        return False


# Taking


def _take(run: Run, adapter: Agency[Any], batch: Sequence[Queued]) -> _Taken:
    """Take what may still be told of these, and store the tries, in one commit; as many as the agency takes requests for now."""
    points.reach("telling.before_attempt")
    context, items = run.context, list[Item]()
    begun: list[Begun | None] = []
    with context.database.write(beside=True) as connection:
        agree(connection, run.account)
        now = context.now()
        if gate.look(context, connection, run.account).mode != "live":  # stopped by somebody else, meanwhile
            return _Taken([], [], is_exhausted=True)
        if resting.until(context, connection, run.account) is not None:
            return _Taken([], [], is_exhausted=True)
        heads = instructions.still_heads(connection, batch, now)
        pace = pacing.spend(context, connection, run.account, len(heads))
        for queued in heads[: pace.granted]:
            taken = _begin(run, connection, adapter, queued, now)
            if isinstance(taken, Item):
                items.append(taken)
            else:
                begun.append(taken)
        for queued in heads[pace.granted :]:
            (stored, *_) = claims.by_ids(connection, about_claims(connection, queued))
            items.append(Item(stored.ref, "postponed", text=_paced(context, run.account, pace.next_at)))
    points.reach("telling.after_attempt")
    found = [one for one in begun if one is not None]
    say("telling.taken", account=run.account, count=len(found), postponed=len(heads) - pace.granted)
    return _Taken(found, items, is_exhausted=pace.granted < len(heads))


def _begin(run: Run, connection: Connection, adapter: Agency[Any], queued: Queued, now: dt.datetime) -> Begun | Item | None:
    context = run.context
    if queued.state == queue.UNCLEAR and not (_repeats(adapter, queued) and may_repeat(connection, queued, now)):
        return give_up(context, connection, queued)
    about = claims.by_ids(connection, about_claims(connection, queued))
    try:
        instruction = build(context, connection, queued, placements.of_id(connection, queued.placement_id))
    except NotFound as exc:  # what may have been heard before is not told by hand before somebody has looked
        return give_up(context, connection, queued) if queued.state == queue.UNCLEAR else store_refusal(context, connection, queued, exc)
    request = vault.seal(vault.REQUEST, kept(instruction), subject=about[0].debtor_id)
    vault.put(connection, [request], now)
    lease = now + owner.LEASE
    attempt_id = instructions.begin(connection, queued, owner=run.owner, lease_until=lease, at=now, request_id=request.id)
    if attempt_id is None:
        return None
    bodies = vault.take_claims(connection, [one.body_id for one in about])
    known = [*of_debtors(bodies.values()), *of_secrets(adapter.settings), *_written(instruction)]
    return Begun(queued, attempt_id, instruction, known)


def _written(instruction: Instruction) -> list[str]:
    """What a person wrote, which may name people: the agency's words may not repeat it either."""
    return [value for name in ("text", "file_name", "reason") if (value := getattr(instruction, name, None))]


def _paced(context: Context, account: str, next_at: dt.datetime | None) -> Text:
    at = next_at.astimezone(context.settings.zone).strftime("%d.%m.%Y %H:%M") if next_at is not None else "–"
    return _PACED.fill(account=account, at=at)


# Sending


def _send_all(run: Run, adapter: Agency[Any], begun: Sequence[Begun]) -> Iterator[Item]:
    """Send these one after the other. Whatever keeps the rest from being sent, it is given back."""
    left = deque(begun)
    try:
        while left and not run.context.ending.is_set():
            item = _send(run, adapter, left[0])
            left.popleft()
            if item is not None:
                yield item
            if item is not None and item.result == "stopped":
                return
    finally:
        _give_back(run.context, [(one.attempt_id, one.queued) for one in left])


def _send(run: Run, adapter: Agency[Any], begun: Begun) -> Item | None:
    """Tell one thing; None where somebody else dealt with it meanwhile, or nobody wants it told any more."""
    context, queued = run.context, begun.queued
    started = time.monotonic()
    answer = _answer(context, adapter, begun)
    if answer is None:
        return None
    seconds = round(time.monotonic() - started, 3)
    points.reach("telling.before_answer")
    heard = Heard(queued, begun.attempt_id, answer)
    item = patiently(context, run.account, 1, partial(store_answer, context, heard, repeats=_repeats(adapter, queued)))
    points.reach("telling.after_answer")
    say("telling.answered", account=run.account, instruction=queued.id, verb=queued.verb, result=item.result, seconds=seconds)
    return item


def _answer(context: Context, adapter: Agency[Any], begun: Begun) -> Acknowledgement | InkassoError | None:
    """Mark the try as sent, and send it. What the database could not say it kept, or what was kept too long ago, is certainly not sent."""
    mark = Mark()
    try:
        with context.database.write(beside=True) as connection:
            if not instructions.mark_sent(connection, begun.attempt_id, context.now()):
                instructions.give_back(connection, begun.attempt_id, begun.queued, context.now())
                return None
    except StoreError:
        return NotSent(NOT_SENT)
    points.reach("telling.marked")
    return _ask(adapter, begun) if mark.is_fresh else NotSent(NOT_SENT)


def _give_back(context: Context, unsent: Sequence[tuple[str, Queued]]) -> None:
    """Let those wait again that were taken and not marked as sent."""
    if not unsent:
        return
    with context.database.write() as connection:
        back = [instructions.give_back(connection, attempt_id, queued, context.now()) for attempt_id, queued in unsent]
    say("telling.given_back", count=sum(back))


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
_PACED = Text(
    "Die Agentur des Kontos {account} nimmt vorerst nicht mehr Anfragen (per_minute, per_day): weiter ab {at}.",
    "The agency of the account {account} takes no more requests for now (per_minute, per_day): it goes on from {at}.",
)
