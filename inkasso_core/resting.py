"""Resting: an agency that asks for a pause gets it from the whole account, and one that is down is not asked once for each claim.

``Retry-After`` counts for the account: until then no process sends or asks anything of it. After :data:`IN_A_ROW` requests that it took
nothing of, could not be reached for or did not answer, and no time named, the account rests for a while that grows; the first answer ends
that. All processes share it. So an agency that hangs leaves a few claims unclear, not all that are due.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence

from inkasso_core.context import Context
from inkasso_core.errors import ClaimRejected, Interrupted, NotFound, NotSent, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.logs import say
from inkasso_core.model.words import Text
from inkasso_core.store import instructions, leases, rests
from inkasso_core.store.engine import Connection
from inkasso_core.waits import growing

IN_A_ROW = 3
"""So many requests without an answer to what they asked, and the account rests."""
FIRST, MOST = dt.timedelta(minutes=1), dt.timedelta(minutes=30)
"""How long, at first and at most."""


def until(context: Context, connection: Connection, account: str) -> dt.datetime | None:
    """Return until when nothing is sent or asked; None where the account does not rest."""
    return rests.of(connection, account).until(context.now())


def is_failure(answer: object) -> bool:
    """Whether it is a reason to leave the agency alone: it processes nothing for now, or its answer was lost. Ours alone are none."""
    return isinstance(answer, TemporarilyUnavailable | OutcomeUnknown) and not isinstance(answer, NotSent | Interrupted)


def is_reached(answer: object) -> bool:
    """Whether an answer shows that the agency works."""
    return not isinstance(answer, Exception) or isinstance(answer, ClaimRejected | NotFound)


def counted(answers: Sequence[object]) -> list[bool]:
    """Return which of the answers to one request count: of its failures the first, and any that names a time."""
    first = next((place for place, answer in enumerate(answers) if is_failure(answer)), None)
    return [
        not is_failure(answer) or place == first or getattr(answer, "retry_after", None) is not None for place, answer in enumerate(answers)
    ]


def heard(context: Context, connection: Connection, account: str, answers: Iterable[object]) -> None:
    """Note, in the transaction of the caller, what the agency answered, in that order.

    Where an answer begins a rest, what others have taken and not sent goes back to the queue. The caller writes alone, or has agreed with
    the others on the account, wherever an answer is a failure.
    """
    said = [answer for answer in answers if is_failure(answer) or is_reached(answer)]
    if not any(map(is_failure, said)):
        if said:
            rests.answered(connection, account)
        return
    now, before = context.now(), rests.of(connection, account)
    after = before
    for answer in said:
        after = _after(after, answer, now)
    if after == before:
        return
    rests.put(connection, account, after)
    if after.until(now) != before.until(now) and after.until(now) is not None:
        given = leases.take_back_of(connection, account, now) + instructions.take_back_of(connection, account, now)
        say("account.rests", level=logging.WARNING, account=account, until=str(after.until(now)), given_back=given)


def note(context: Context, account: str, answer: object) -> None:
    """Note what the agency said to a question, in a commit of its own; nothing is written where nothing changes."""
    if not is_failure(answer):
        if not is_reached(answer):
            return
        with context.database.read() as connection:
            if rests.of(connection, account).failures == 0:
                return
    with context.database.write() as connection:
        heard(context, connection, account, [answer])


def _after(before: rests.Rest, answer: object, now: dt.datetime) -> rests.Rest:
    if is_reached(answer):
        return before._replace(failures=0, guessed_until=None)
    if isinstance(answer, TemporarilyUnavailable) and answer.retry_after is not None:
        asked = now + dt.timedelta(seconds=answer.retry_after)
        return before._replace(asked_until=asked if before.asked_until is None else max(asked, before.asked_until))
    if before.until(now) is not None:
        return before  # sent before the rest began: it says nothing new
    failures = before.failures + 1
    rests_now = failures >= IN_A_ROW
    return before._replace(failures=failures, guessed_until=now + growing(FIRST, MOST, failures - IN_A_ROW + 1) if rests_now else None)


def text(context: Context, account: str, at: dt.datetime) -> Text:
    """Return what people read of a rest."""
    local = at.astimezone(context.settings.zone)
    return _RESTS.fill(account=account, at=Text(f"{local:%d.%m.%Y %H:%M}", f"{local:%Y-%m-%d %H:%M}"))


_RESTS = Text(
    "Die Agentur des Kontos {account} nimmt gerade nichts an, antwortet nicht oder ist nicht zu erreichen: weiter ab {at.de}.",
    "The agency of the account {account} takes nothing just now, does not answer or cannot be reached: it goes on at {at.en}.",
)
