"""Observing: plugins are told what happened to claims, at least once each, idempotent by the event's id; of one claim in its order.

What fails is told again, later and later. What fails for days becomes a dead letter: it holds nobody up any more, a task calls a person,
and he has it told again once the observer is mended, or says why nobody need be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from inkasso_core import owner, points
from inkasso_core.cases import Followed
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, InvalidInput, NotFound
from inkasso_core.lifecycle import SYSTEM, Actor
from inkasso_core.logs import say
from inkasso_core.model.events import ClaimEvent, ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.shopside import shop_context
from inkasso_core.store import notices, records
from inkasso_core.store.engine import Connection
from inkasso_core.store.notices import DeadLetter, Notice
from inkasso_core.waits import growing

CHUNK = 50
"""So many are taken at once; whoever is killed leaves as many to be told again."""
RETRY_FIRST = dt.timedelta(minutes=1)
RETRY_MOST = dt.timedelta(hours=12)
MOST_TRIES = 16
"""After so many tries in vain, some four days, a person must look."""
TASK = "observer_failed"


def tell_observers(context: Context) -> Followed:
    """Tell plugins what happened, until nothing is due; what another process tells just now is left to it."""
    result = Followed()
    _recover(context)
    with owner.working() as me:
        while some := _take(context, me):
            for one in some:
                if context.ending.is_set():
                    break
                error = _tell(context, one.plugin, _event(one))
                points.reach("notices.before_mark")
                _mark(context, one, error)
                result = result.plus(Followed(failed=1) if error else Followed(told=1))
            if context.ending.is_set():
                with context.database.write() as connection:
                    notices.give_back(connection, [me])
                break
    return result


def _recover(context: Context) -> None:
    """Give back what was taken by those who are gone: whether they told it is not known, so it is told again."""
    now = context.now()
    with context.database.read() as connection:
        gone = [name for name, until in notices.taken(connection) if owner.is_gone(name, until, now)]
    if gone:
        with context.database.write() as connection:
            notices.give_back(connection, gone)


def _take(context: Context, me: str) -> list[Notice]:
    with context.database.write() as connection:
        now = context.now()
        return notices.take(connection, now, owner=me, lease_until=now + owner.LEASE, limit=CHUNK)


def _event(one: Notice) -> ClaimEvent:
    return ClaimEvent(
        one.id,
        ClaimEventKind(one.what),
        one.at,
        one.shop,
        one.claim_id,
        one.record,
        one.to_state or one.state,
        one.account,
        one.reason,
        one.actor,
        one.details,
        one.tries,
    )


def _tell(context: Context, plugin: str, event: ClaimEvent) -> str | None:
    """Tell one observer; returns what it raised, in a word that quotes nobody."""
    try:
        serves = context.plugins.serves(plugin, event.shop)
        context.plugins.tell(plugin, event, shop_context(context, event.shop) if serves else None)
    except InkassoError as exc:
        return exc.code
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only, and is told again)
        return type(exc).__name__
    return None


def _mark(context: Context, one: Notice, error: str | None) -> None:
    with context.database.write() as connection:
        now = context.now()
        if error is None:
            notices.told(connection, one, now)
            return
        tries = one.tries + 1
        dead = tries - (one.revived or 0) >= MOST_TRIES
        notices.failed(connection, one, error, next_at=now + growing(RETRY_FIRST, RETRY_MOST, tries), dead_at=now if dead else None)
        if dead:
            text = _DEAD.fill(plugin=one.plugin)
            records.add_task(connection, tenant="", kind=TASK, message=text, at=now, details={"plugin": one.plugin})
            say("observers.gave_up", event_id=one.id, plugin=one.plugin, error=error)


# Dead letters


def tell_again(context: Context, ids: Collection[str], plugin: str | None, actor: Actor) -> list[DeadLetter]:
    """Have dead letters told again by the next run: those of these events, or without ids all of a plugin; returns them.

    Raises :class:`NotFound` for an event that is none; then nothing changes.
    """
    with context.database.write() as connection:
        letters = _meant(connection, ids, plugin, actor)
        for letter in letters:
            notices.revive(connection, letter, context.now())
        _finish(context, connection, actor, "told again")
    return letters


def settle(context: Context, ids: Collection[str], plugin: str | None, actor: Actor, *, reason: str) -> list[DeadLetter]:
    """Note that dead letters need not be told any more: who, when and why stays with them; returns them.

    Raises :class:`InvalidInput` without a reason, :class:`NotFound` for an event that is none; then nothing changes.
    """
    if not reason.strip():
        raise InvalidInput(_NO_REASON, field="reason")
    with context.database.write() as connection:
        letters = _meant(connection, ids, plugin, actor)
        for letter in letters:
            notices.settle(connection, letter, by=actor.id, at=context.now(), why=reason.strip())
        _finish(context, connection, actor, reason.strip())
    return letters


def _meant(connection: Connection, ids: Collection[str], plugin: str | None, actor: Actor) -> list[DeadLetter]:
    there = notices.dead_letters(connection, actor, plugin=plugin)
    unknown = sorted(set(ids) - {letter.id for letter in there})
    if unknown:
        raise NotFound(_NONE.fill(id=unknown[0]), field="id")
    return [letter for letter in there if not ids or letter.id in ids]


def _finish(context: Context, connection: Connection, actor: Actor, resolution: str) -> None:
    """Finish the task once nothing waits for a person any more."""
    if not notices.dead_letters(connection):
        tasks = [task.id for task in records.tasks(connection, SYSTEM) if task.kind == TASK]
        records.finish_tasks(connection, tasks, by=actor.id, at=context.now(), resolution=resolution)


_DEAD = Text(
    "Das Plugin {plugin} war über Tage nicht zu erreichen oder scheitert: was geschehen ist, weiß es nicht. Die Ursache beheben, dann "
    "`inkasso notices replay`; `inkasso notices` zeigt, worum es geht.",
    "The plugin {plugin} could not be reached for days, or breaks: it does not know what happened. Mend the cause, then run `inkasso "
    "notices replay`; `inkasso notices` shows what it is about.",
)
_NONE = Text(
    "Es gibt keine unzustellbare Nachricht {id}: `inkasso notices` listet sie. Nichts wurde geändert.",
    "There is no dead letter {id}: `inkasso notices` lists them. Nothing was changed.",
)
_NO_REASON = Text("Bitte einen Grund angeben: er bleibt bei der Nachricht stehen.", "Please give a reason: it stays with the letter.")
