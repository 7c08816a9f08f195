"""Sending: one committing request, for one placement or for several together. Every try in it is stored before, every answer after.

An agency that takes several placements at once (``batch_size``) gives one answer each; what is missing in its answer is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from inkasso_core import gate, owner, points
from inkasso_core.agencies.base import Agency
from inkasso_core.answers import Answered, store_answers
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, uncoded, unsaid
from inkasso_core.errors import InkassoError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.model.agency import Placement, Submission
from inkasso_core.model.words import Text
from inkasso_core.placing import Ready, due, load
from inkasso_core.report import Item, Run
from inkasso_core.store import placements, progress, queue, vault
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Job


class Begun(NamedTuple):
    """A try that was stored: from now on the agency may have the placement."""

    job: Job
    attempt_id: str
    placement: Placement


def at_once(adapter: Agency[Any]) -> int:
    """Return how many placements go in one request."""
    return adapter.batch_size if type(adapter).submit_batch is not Agency.submit_batch else 1


def send(run: Run, adapter: Agency[Any], jobs: Sequence[Job]) -> list[Item]:
    """Submit what of ``jobs`` may go, in one request: store the tries, send, store the answers.

    Nothing is returned of what somebody else dealt with.
    """
    points.reach("transmit.before_attempt")
    begun, items = begin(run, adapter, jobs)
    if not begun:
        return items
    points.reach("transmit.after_attempt")
    answers = ask(adapter, [one.placement for one in begun])
    points.reach("transmit.before_answer")
    items += store_answers(run.context, [Answered(one.job, one.attempt_id, answer) for one, answer in zip(begun, answers, strict=True)])
    points.reach("transmit.after_answer")
    return items


# Before


def begin(run: Run, adapter: Agency[Any], jobs: Sequence[Job]) -> tuple[list[Begun], list[Item]]:
    """Diagnose once more, as of today, and store the tries; what turned red goes back to waiting, the others go without it."""
    context = run.context
    with context.database.read() as connection:
        loaded = load(context, connection, jobs)
    with context.database.write() as connection:
        changes = Changes(context)
        found = due(context, connection, changes, loaded, run.day)
        changes.flush(connection)
        items = [Item(ready.ref, "red", text=ready.why) for ready in found if ready.placement is None]
        going = [ready for ready in found if ready.placement is not None]
        opened = gate.look(context, connection, run.account) if going else None
        begun: list[Begun] = []
        for ready in going:
            if opened is None or ready.placement is None or not _fits(opened, ready.placement):
                items.append(Item(ready.ref, "postponed", text=_LIMIT.fill(account=run.account)))
                continue
            opened = _less(opened, ready.placement)
            begun += _begin(connection, changes, run, ready, ready.placement)
        placements.note_channel(connection, [one.job.placement_id for one in begun], adapter.channel)
    return begun, items


def _begin(connection: Connection, changes: Changes, run: Run, ready: Ready, placement: Placement) -> list[Begun]:
    request = vault.seal(vault.REQUEST, placement, subject=ready.stored[0].debtor_id)
    vault.put(connection, [request], changes.at)
    lease = changes.at + owner.LEASE
    attempt_id = queue.begin_attempt(connection, ready.job, owner=run.owner, lease_until=lease, at=changes.at, request_id=request.id)
    return [Begun(ready.job, attempt_id, placement.kept_by(_keeper(run.context, attempt_id)))] if attempt_id is not None else []


def _fits(opened: gate.Gate, placement: Placement) -> bool:
    if opened.mode != "live" or (opened.claims_left is not None and opened.claims_left < len(placement.claims)):
        return False
    return opened.amount_left is None or placement.total_open <= opened.amount_left


def _less(opened: gate.Gate, placement: Placement) -> gate.Gate:
    """What the account still lets through after this placement."""
    return opened._replace(
        claims_left=None if opened.claims_left is None else opened.claims_left - len(placement.claims),
        amount_left=None if opened.amount_left is None else opened.amount_left - placement.total_open,
    )


def _keeper(context: Context, attempt_id: str) -> Callable[[str, str], None]:
    """Return what stores how far a try got, each time in a commit of its own."""

    def keep(name: str, value: str) -> None:
        with context.database.write() as connection:
            if not progress.keep(connection, attempt_id, name, value, context.now()):
                raise TemporarilyUnavailable(_GIVEN_UP)
        points.reach("transmit.reached")

    return keep


# The request


def ask(adapter: Agency[Any], sent: Sequence[Placement]) -> list[Submission | InkassoError]:
    """Send the request and return one answer for each placement, in their order. Never raises."""
    known = [*(value for one in sent for value in of_debtors(one.claims)), *of_secrets(adapter.settings)]
    try:
        said = _ask(adapter, sent)
    except InkassoError as exc:
        return [unsaid(exc, known, AGENCY_QUOTES)] * len(sent)
    except Exception as exc:  # noqa: BLE001  (a stranger's code: what it did before it broke is not known)
        return [_broke(adapter, exc)] * len(sent)
    return [_checked(adapter, answer, known) for answer in said]


def _ask(adapter: Agency[Any], sent: Sequence[Placement]) -> list[object]:
    if at_once(adapter) == 1:
        return [adapter.submit(one) for one in sent]  # there is only one
    said: object = adapter.submit_batch(sent)
    if not isinstance(said, Mapping):
        return [said] * len(sent)
    return [said.get(one.our_reference, OutcomeUnknown(_NOT_ANSWERED, agency=adapter.name)) for one in sent]


def _checked(adapter: Agency[Any], answer: object, known: Sequence[str]) -> Submission | InkassoError:
    if isinstance(answer, InkassoError):
        return unsaid(answer, known, AGENCY_QUOTES)
    return uncoded(answer, known) if isinstance(answer, Submission) else _broke(adapter, answer)


def _broke(adapter: Agency[Any], instead: object) -> OutcomeUnknown:
    raw = None if isinstance(instead, Exception) else instead
    return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(instead).__name__), agency=adapter.name, raw=raw)


_LIMIT = Text(
    "Das Limit des Kontos {account} ist erreicht: mit `inkasso go-live {account} --first N --per-day BETRAG` neu setzen.",
    "The limit of the account {account} is reached: set a new one with `inkasso go-live {account} --first N --per-day AMOUNT`.",
)
_ADAPTER_BROKE = Text(
    "Die Anbindung ist beim Senden gescheitert ({error}): ob die Agentur den Fall hat, ist nicht bekannt.",
    "The adapter broke while sending ({error}): whether the agency has the case is not known.",
)
_NOT_ANSWERED = Text(
    "Die Antwort der Agentur auf die gemeinsame Übermittlung nennt diesen Fall nicht: ob sie ihn hat, ist nicht bekannt.",
    "The agency's answer to the joint submission does not name this case: whether the agency has it is not known.",
)
_GIVEN_UP = Text(
    "Dieser Versuch wurde aufgegeben, weil er zu lange dauerte: er endet hier, bevor etwas übergeben ist.",
    "This try was given up because it took too long: it ends here, before anything is handed over.",
)
