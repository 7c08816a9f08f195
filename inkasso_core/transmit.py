"""Transmit: what was released goes to its agency, once. Every try is stored before it is made, every answer before anyone hears of it.

An account that is not live rehearses: everything is shown, nothing leaves, nothing changes. What an adapter raises decides the state,
by one table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from inkasso_core import export, gate, owner, points
from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.file import FileAgency
from inkasso_core.change import Changes
from inkasso_core.consequences import catch_up, contradiction, expect_answer
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, of_secrets, uncoded, unsaid
from inkasso_core.errors import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    NotFound,
    OutcomeUnknown,
    PluginError,
    TemporarilyUnavailable,
    UnsupportedOperation,
    VariableMissing,
)
from inkasso_core.lifecycle import AT_AGENCY, SYSTEM, Need, State
from inkasso_core.model.agency import AgencyStatus, Placement, Submission
from inkasso_core.model.words import Text
from inkasso_core.placing import due, load, rehearsed
from inkasso_core.report import AccountReport, Item, OnItem, Run
from inkasso_core.store import batches, claims, placements, queue, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Job

RETRY = dt.timedelta(minutes=5)


class _Ending(NamedTuple):
    """What an error means: the try's outcome, the instruction's state, and the claim's, if it changes."""

    outcome: str
    instruction: str
    target: State | None
    fact: Need | None


_ENDINGS: tuple[tuple[type[InkassoError], _Ending], ...] = (
    (ClaimInvalid, _Ending("invalid", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (ClaimRejected, _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (UnsupportedOperation, _Ending("invalid", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (TemporarilyUnavailable, _Ending("unavailable", queue.PENDING, None, None)),
    (AuthenticationFailed, _Ending("authentication", queue.PENDING, None, None)),
    (ConfigurationError, _Ending("configuration", queue.PENDING, None, None)),
    (OutcomeUnknown, _Ending("unknown", queue.UNCLEAR, State.UNCLEAR, Need.ANSWER_LOST)),
)
_UNFORESEEN = _Ending("unknown", queue.UNCLEAR, State.UNCLEAR, Need.ANSWER_LOST)
"""Whatever else an adapter raises: the request may have been sent, so nothing is assumed."""
_UNANSWERED = (State.RUNNING, State.UNCLEAR)
_STOPS_ACCOUNT = (AuthenticationFailed, ConfigurationError)


def transmit(
    context: Context,
    *,
    account: str | None = None,
    as_of: dt.date | None = None,
    limit: int | None = None,
    on_item: OnItem | None = None,
) -> list[AccountReport]:
    """Transmit what is due, for one account or all, and return a report per account.

    ``as_of`` rehearses as of a date: it never reaches a live transmission, so an account that is live refuses it
    (:class:`ConfigurationError`).
    """
    recover(context)
    with owner.working() as me:
        return [
            _account(Run(context, me, name, as_of or context.today(), limit, on_item or _ignore), dated=as_of is not None)
            for name in _due_accounts(context, account)
        ]


def _due_accounts(context: Context, account: str | None) -> list[str]:
    if account is not None:
        context.account(account)
        return [account]
    with context.database.read() as connection:
        return sorted({*queue.pending_accounts(connection, context.now()), *(b.account for b in batches.unfinished(connection))})


def _account(run: Run, *, dated: bool) -> AccountReport:
    with run.context.database.read() as connection:
        opened = gate.look(run.context, connection, run.account)
    if dated and opened.mode == "live":
        raise ConfigurationError(_NO_AS_OF.fill(account=run.account), field="as_of")
    report = AccountReport(run.account, opened.mode, opened.reason)
    if opened.mode == "stopped":
        return report
    try:
        return _kept_back(run, _through(run, run.context.adapter(run.account), report, opened))
    except VariableMissing as exc:
        return report._replace(mode="stopped", reason=exc.text)  # here and now: another process may have the variable
    except (PluginError, ConfigurationError, NotFound) as exc:
        unsaid(exc, run.context.secrets_of(run.account), AGENCY_QUOTES)
        if opened.mode == "live":
            with run.context.database.write() as connection:
                gate.stop(run.context, connection, run.account, by=SYSTEM.id, reason=exc.text)
        return report._replace(mode="stopped", reason=exc.text)


def _kept_back(run: Run, report: AccountReport) -> AccountReport:
    """Say where an exhausted limit keeps released claims back."""
    if report.mode != "live":
        return report
    with run.context.database.read() as connection:
        left = gate.examine(run.context, connection, run.account)
    return report._replace(reason=left.reason, waiting=left.waiting) if left.waiting else report


def _through(run: Run, adapter: Agency[Any], report: AccountReport, opened: gate.Gate) -> AccountReport:
    if isinstance(adapter, FileAgency):
        return export.rehearse(run, adapter, report) if opened.mode == "rehearsal" else export.export(run, adapter, report)
    return _rehearse(run, adapter, report) if opened.mode == "rehearsal" else _live(run, adapter, report)


# Rehearsal


def _rehearse(run: Run, adapter: Agency[Any], report: AccountReport) -> AccountReport:
    """Show what would be sent. Whatever the adapter says, nothing is stored and no state changes."""
    for ready in rehearsed(run.context, run.account, run.day, run.limit):
        if ready.placement is None:
            item = Item(ready.ref, "red", text=ready.why)
        else:
            item = _rehearsed(adapter, ready.ref, ready.placement)
        report = report.with_item(item)
        run.on_item(item)
    return report


def _rehearsed(adapter: Agency[Any], ref: str, placement: Placement) -> Item:
    try:
        if "check" in adapter.operations:
            adapter.check(placement)
        shown = adapter.rehearse(placement) if "rehearse" in adapter.operations else None
    except InkassoError as exc:
        return Item(ref, "refused", text=exc.text)
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
        return Item(ref, "refused", text=_REHEARSAL_BROKE.fill(error=type(exc).__name__))
    return Item(ref, "rehearsed", shown=shown)


# Live, one by one


def _live(run: Run, adapter: Agency[Any], report: AccountReport) -> AccountReport:
    after = ""
    while report.mode == "live" and (run.limit is None or report.total < run.limit):
        with run.context.database.read() as connection:
            jobs = queue.pending(connection, run.account, run.context.now(), limit=1, after=after)
        if not jobs:
            break
        after = jobs[0].instruction_id
        for item in _one(run, adapter, jobs[0]):
            report = report.with_item(item)
            run.on_item(item)
            if item.result == "stopped":
                report = report._replace(mode="stopped", reason=item.text or report.reason)
    return report


def _one(run: Run, adapter: Agency[Any], job: Job) -> list[Item]:
    """Submit one placement: store the try, send, store the answer. Nothing is returned when somebody else dealt with it."""
    points.reach("transmit.before_attempt")
    begun, items = _begin(run, job)
    if begun is None:
        return items
    points.reach("transmit.after_attempt")
    answer = _ask(adapter, begun.placement)
    points.reach("transmit.before_answer")
    items.append(_store_answer(run.context, job, begun.attempt_id, answer))
    points.reach("transmit.after_answer")
    return items


class _Begun(NamedTuple):
    """A try that was stored: from now on the agency may have the placement."""

    attempt_id: str
    placement: Placement


def _begin(run: Run, job: Job) -> tuple[_Begun | None, list[Item]]:
    """Diagnose once more, as of today, and store the try; what turned red goes back to waiting, the others go without it."""
    context = run.context
    with context.database.read() as connection:
        loaded = load(context, connection, [job])
    with context.database.write() as connection:
        changes = Changes(context)
        found = due(context, connection, changes, loaded, run.day)
        changes.flush(connection)
        items = [Item(ready.ref, "red", text=ready.why) for ready in found if ready.placement is None]
        going = next((ready for ready in found if ready.placement is not None), None)
        if going is None or going.placement is None:
            return None, items
        opened = gate.look(context, connection, job.account)
        if opened.mode != "live" or not _within(opened, going.placement):
            return None, [*items, Item(going.ref, "postponed", text=_LIMIT.fill(account=job.account))]
        request = vault.seal(vault.REQUEST, going.placement, subject=going.stored[0].debtor_id)
        vault.put(connection, [request], changes.at)
        lease = changes.at + owner.LEASE
        attempt_id = queue.begin_attempt(connection, job, owner=run.owner, lease_until=lease, at=changes.at, request_id=request.id)
        return (_Begun(attempt_id, going.placement) if attempt_id is not None else None), items


def _within(opened: gate.Gate, placement: Placement) -> bool:
    if opened.claims_left is not None and opened.claims_left < len(placement.claims):
        return False
    return opened.amount_left is None or placement.total_open <= opened.amount_left


def _ask(adapter: Agency[Any], placement: Placement) -> Submission | InkassoError:
    try:
        answer: object = adapter.submit(placement)
    except InkassoError as exc:
        return unsaid(exc, [*of_debtors(placement.claims), *of_secrets(adapter.settings)], AGENCY_QUOTES)
    except Exception as exc:  # noqa: BLE001  (a stranger's code: what it did before it broke is not known)
        return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(exc).__name__), agency=adapter.name)
    if not isinstance(answer, Submission):
        return OutcomeUnknown(_ADAPTER_BROKE.fill(error=type(answer).__name__), agency=adapter.name, raw=answer)
    return uncoded(answer, of_debtors(placement.claims))


def _store_answer(context: Context, job: Job, attempt_id: str, answer: Submission | InkassoError) -> Item:
    """Store the answer and what follows from it, in one commit: before it nobody hears of the answer, after it nothing is lost."""
    ending = _ending(answer)
    with context.database.write() as connection:
        changes = Changes(context)
        sent = placements.carried(connection, attempt_id)
        there = dict(placements.claims_of(connection, [job.placement_id]).get(job.placement_id, ()))
        stored = claims.by_ids(connection, sorted(sent), lock=True)
        waiting = [s for s in stored if s.id in there and s.state in _UNANSWERED]
        queue.end_attempt(
            connection,
            attempt_id,
            job.instruction_id,
            outcome=ending.outcome,
            state=ending.instruction if waiting else None,
            at=changes.at,
            code=_code(answer),
            message=_text(answer),
            answer_id=_seal_answer(connection, changes, answer, stored[0].debtor_id),
            not_before=changes.at + _wait(answer) if ending.instruction == queue.PENDING else None,
        )
        if isinstance(answer, Submission):
            placements.update_placement(
                connection,
                job.placement_id,
                case_reference=answer.agency_reference,
                agency_status=answer.status.value,
                agency_code=answer.agency_status,
                placed_on=context.today(),
            )
        _follow_answer(connection, changes, waiting, ending, job, answer, sent)
        _too_late(connection, changes, [s for s in stored if s not in waiting], ending, job, there)
        changes.flush(connection)
        if isinstance(answer, _STOPS_ACCOUNT):
            gate.stop(context, connection, job.account, by=SYSTEM.id, reason=answer.text)
    result = "stopped" if isinstance(answer, _STOPS_ACCOUNT) else (ending.target.value if ending.target else "postponed")
    return Item(stored[0].ref, result, text=_text(answer))


def _follow_answer(
    connection: Connection,
    changes: Changes,
    stored: Sequence[Stored],
    ending: _Ending,
    job: Job,
    answer: Submission | InkassoError,
    revisions: Mapping[str, int],
) -> None:
    """Move the claims where the answer leaves them, and let follow what was reported while it was awaited."""
    arrived = ending.instruction in (queue.DONE, queue.UNCLEAR)
    for one in stored:
        moved = _move(changes, one, ending, job, answer)
        moved = catch_up(connection, changes, moved, revisions[one.id], arrived=arrived)
        if isinstance(answer, Submission) and answer.status is AgencyStatus.NEEDS_INPUT and one is stored[0]:
            expect_answer(connection, changes, moved)
    if ending.target is State.FAILED and stored:
        placements.leave(connection, job.placement_id, [one.id for one in stored], changes.at)


def _too_late(
    connection: Connection, changes: Changes, stored: Sequence[Stored], ending: _Ending, job: Job, there: Collection[str]
) -> None:
    """The try was given up, and what it left unclear was resolved before its answer came. An agency that has the case is news, then."""
    for one in stored:
        if ending.instruction == queue.DONE and not (one.id in there and one.state in AT_AGENCY):
            contradiction(connection, changes, one, job.account)


def _ending(answer: Submission | InkassoError) -> _Ending:
    if isinstance(answer, Submission):
        if answer.agency_reference is None and answer.raw is None:
            return _UNFORESEEN
        return _ANSWERED.get(answer.status, _TAKEN)
    return next((ending for kind, ending in _ENDINGS if isinstance(answer, kind)), _UNFORESEEN)


def _move(changes: Changes, stored: Stored, ending: _Ending, job: Job, answer: Submission | InkassoError) -> Stored:
    # a late answer, to a try that was given up meanwhile, is as good as a look-up
    late = stored.state is State.UNCLEAR
    target = ending.target or (State.RUNNING if late else None)
    if target is None or target is stored.state:
        return stored
    facts = {Need.MANDATE, Need.LIVE} | ({ending.fact} if ending.fact else set())
    if late:
        facts |= {Need.LOOKED_UP, Need.PROOF if ending.instruction == queue.DONE else Need.ABSENT}
    details = {"account": job.account, "our_reference": job.our_reference, "code": _code(answer)}
    text = _text(answer)
    return changes.move(stored, target, facts, reason=text.en if text else None, details=details)


def _seal_answer(connection: Connection, changes: Changes, answer: Submission | InkassoError, subject: str) -> str | None:
    raw = answer.raw if isinstance(answer, Submission | AgencyError) else None
    if raw is None:
        return None
    sealed = vault.seal_answer(raw, subject=subject)
    vault.put(connection, [sealed], changes.at)
    return sealed.id


def _code(answer: Submission | InkassoError) -> str | None:
    if isinstance(answer, Submission):
        return answer.agency_status
    return (answer.agency_code if isinstance(answer, AgencyError) else None) or answer.code


def _text(answer: Submission | InkassoError) -> Text | None:
    if isinstance(answer, InkassoError):
        return answer.text
    return _NO_PROOF if _ending(answer) is _UNFORESEEN else None


def _wait(answer: Submission | InkassoError) -> dt.timedelta:
    if isinstance(answer, _STOPS_ACCOUNT):
        return dt.timedelta(0)  # nothing goes until a person lets the account go on; then it goes at once
    seconds = answer.retry_after if isinstance(answer, TemporarilyUnavailable) else None
    return RETRY if seconds is None else dt.timedelta(seconds=seconds)


def recover(context: Context) -> int:
    """Find tries whose process is gone: what they sent, and whether it arrived, is not known. Their claims become ``unclear``.

    Returns how many. Files are recovered by their own account's next transmission.
    """
    now, found = context.now(), 0
    with context.database.read() as connection:
        abandoned = [a for a in queue.in_flight(connection) if owner.is_gone(a.owner, a.lease_until, now)]
    for lost in abandoned:
        _store_answer(context, lost.job, lost.attempt_id, OutcomeUnknown(_INTERRUPTED))
        found += 1
    return found


def _ignore(_item: Item) -> None:
    """Nobody listens."""


_TAKEN = _Ending("accepted", queue.DONE, State.HANDED_OVER, Need.PROOF)
_UNDECIDED = _Ending("submitted", queue.DONE, None, None)
_ANSWERED: dict[AgencyStatus, _Ending] = {
    AgencyStatus.DRAFT: _UNDECIDED,
    AgencyStatus.SUBMITTED: _UNDECIDED,
    AgencyStatus.NEEDS_INPUT: _UNDECIDED,
    AgencyStatus.REJECTED: _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL),
    AgencyStatus.EXPIRED: _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL),
}
"""What a submission that was answered means; every other status: the agency has taken the case."""

_NO_AS_OF = Text(
    "Das Konto {account} ist scharf geschaltet: ein Stichtag (--as-of) gilt nur für Proben.",
    "The account {account} is live: a date (--as-of) is for rehearsals only.",
)
_LIMIT = Text(
    "Das Limit des Kontos {account} ist erreicht: mit `inkasso go-live {account} --first N --per-day BETRAG` neu setzen.",
    "The limit of the account {account} is reached: set a new one with `inkasso go-live {account} --first N --per-day AMOUNT`.",
)
_ADAPTER_BROKE = Text(
    "Die Anbindung ist beim Senden gescheitert ({error}): ob die Agentur den Fall hat, ist nicht bekannt.",
    "The adapter broke while sending ({error}): whether the agency has the case is not known.",
)
_REHEARSAL_BROKE = Text(
    "Die Anbindung ist bei der Probe gescheitert ({error}): ihr Paket aktualisieren oder den Fehler melden.",
    "The adapter broke in the rehearsal ({error}): update its distribution or report the error.",
)
_INTERRUPTED = Text(
    "Die Übermittlung wurde unterbrochen: ob die Agentur den Fall hat, ist nicht bekannt.",
    "The transmission was interrupted: whether the agency has the case is not known.",
)
_NO_PROOF = Text(
    "Die Anbindung meldet Erfolg, aber weder Aktenzeichen noch Antwort: bei der Agentur nachsehen.",
    "The adapter reports success but neither a case reference nor an answer: look it up at the agency.",
)
