"""Follow: what comes back from agencies, and what is looked up after an answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from inkasso_core import feeds, letters, points
from inkasso_core.agencies.base import Agency
from inkasso_core.cases import Case, Followed, ask, asks, coded, due_cases, may_ask, open_cases, stopped
from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.consequences import catch_up, welcome
from inkasso_core.context import Context
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError
from inkasso_core.lifecycle import SYSTEM, Actor, Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.words import Text
from inkasso_core.statuses import apply_status, settled
from inkasso_core.store import claims, placements, progress, queue, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.placements import Open
from inkasso_core.telling.texts import by_hand

CHUNK = 200
_FETCHED = frozenset({State.RUNNING, State.EXPORTED, State.HANDED_OVER, State.PAUSED})


def follow(context: Context, account: str | None = None, *, due_only: bool = False) -> Followed:
    """Read feeds, look up what is unclear, ask agencies for statuses, raise tasks for silent exports; for one account or all.

    ``due_only`` asks for no status that was asked for a short while ago (``status_every_minutes`` of the account). No agency is asked for
    more than it takes (:mod:`inkasso_core.pacing`): what is left then comes with the next run, that which waits longest first.
    """
    result = Followed()
    for name in [account] if account else sorted(context.settings.accounts):
        try:
            adapter = context.adapter(name)
        except InkassoError:
            continue  # transmit stops the account with an alarm; `doctor` says why
        result = result.plus(feeds.follow(context, name, adapter)).plus(_look_up(context, name, adapter))
        result = result.plus(letters.follow(context, name, adapter))
        if not feeds.are_read(context, name, adapter):
            result = result.plus(_fetch(context, name, adapter, due_only=due_only))
        result = result.plus(_silent(context, name))
    return result


# After a lost answer


def _look_up(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    """Ask for what is unclear by our reference. Absence counts only after the agency's own time to settle, and so does a draft."""
    result = Followed()
    for case in open_cases(context, account, {State.UNCLEAR}):
        is_lost = case.placed.instruction_state == queue.UNCLEAR  # else the agency had it and went back: there is a task for that
        if "find" not in adapter.operations:
            result = result.plus(_ask_person(context, case)) if is_lost else result
            continue
        if not may_ask(context, account):
            break
        try:
            report = ask(adapter, "find", case.placed)
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if stopped(context, account, exc, case.stored):
                break
            continue
        not_sent = is_lost and (report is None or _goes_on(context, adapter, case, report))
        if report is not None and not not_sent:
            result = result.plus(Followed(looked_up=1)).plus(_applied(context, case, report))
        elif not_sent and adapter.settles_after is None:
            result = result.plus(_ask_person(context, case))
        elif not_sent and _is_settled(context, case.placed, adapter):
            result = result.plus(Followed(looked_up=1, changed=_again(context, case, as_draft=report is not None)))
    return result


def _goes_on(context: Context, adapter: Agency[Any], case: Case, report: StatusReport) -> bool:
    """Whether what was found is only what the submission prepares: a draft, which the next try releases.

    It is so where tries are known to have stages, or where repeating them has no second effect; else a draft may be all that the agency
    makes of a submission, and sending it again would make two.
    """
    if report.status is not AgencyStatus.DRAFT or case.placed.instruction_id is None:
        return False
    with context.database.read() as connection:
        return adapter.idempotent or bool(progress.of(connection, [case.placed.instruction_id]))


def _is_settled(context: Context, row: Open, adapter: Agency[Any]) -> bool:
    with context.database.read() as connection:
        return settled(context, connection, row, adapter.settles_after)


def _again(context: Context, case: Case, *, as_draft: bool) -> int:
    """All claims of the case may be sent again: the agency certainly does not have it, or has a draft that certainly was not released.

    A draft is gone on with, under the same key; else everything begins anew, under a new one.
    """
    reason = "not released at the agency" if as_draft else "not found at the agency"
    with context.database.write() as connection:
        changes = Changes(context)
        placed = placements.open_placements(connection, [stored.id for stored in case.stored])
        lost = [s for s in claims.by_ids(connection, sorted(placed), lock=True) if s.state is State.UNCLEAR]
        if not lost or case.placed.instruction_id is None:
            return 0
        queue.set_instruction(connection, case.placed.instruction_id, queue.PENDING, changes.at, fresh_key=not as_draft)
        for stored in lost:
            moved = changes.move(stored, State.RUNNING, {Need.LOOKED_UP, Need.ABSENT}, reason=reason)
            catch_up(connection, changes, moved, placed[stored.id].revision_no, arrived=False)
        changes.flush(connection)
    return len(lost)


def _ask_person(context: Context, case: Case) -> Followed:
    stored = case.stored[0]
    with context.database.write() as connection:
        changes = Changes(context)
        new = changes.task(connection, stored, "look_up", by_hand(changes, stored, _LOOK_UP.fill(ref=stored.ref), "find"))
        changes.flush(connection)
    return Followed(tasks=int(new))


# Statuses


def _fetch(context: Context, account: str, adapter: Agency[Any], *, due_only: bool) -> Followed:
    """Ask for the status of every case, one by one. Where there is a feed, that brings them, and nobody asks."""
    result, every = Followed(), dt.timedelta(minutes=context.account(account).status_every_minutes)
    cases = due_cases(context, account, _FETCHED, every) if due_only and every else iter(open_cases(context, account, _FETCHED))
    for case in cases:
        operation = asks(adapter, case.placed)
        if operation is None or not case.placed.is_sent:
            continue
        if feeds.must_wait(context, account) or not may_ask(context, account):
            break
        try:
            report = ask(adapter, operation, case.placed)
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(feeds.failed(context, account, exc, case.stored))
            if isinstance(exc, AuthenticationFailed | ConfigurationError):
                break
            continue
        if report is not None:
            result = result.plus(_applied(context, case, report))
    return result


def _applied(context: Context, case: Case, report: StatusReport) -> Followed:
    with context.database.read() as connection:
        report = coded(connection, report, case.stored)
    changed, tasks = apply_status(context, case.stored[0].id, report)
    return Followed(changed=changed, tasks=tasks)


# Exports that nobody confirms


def _silent(context: Context, account: str) -> Followed:
    """A task for each exported placement that nobody confirmed for too long."""
    oldest = context.today() - dt.timedelta(days=context.account(account).confirm_after_days)
    new = 0
    for placed, (stored, *_) in open_cases(context, account, {State.EXPORTED}):
        if placed.placed_on is None or placed.placed_on > oldest:
            continue
        with context.database.write() as connection:
            changes = Changes(context)
            text = by_hand(changes, stored, _CONFIRM.fill(ref=stored.ref, day=placed.placed_on), "fetch_status")
            new += changes.task(connection, stored, "confirm_export", text, account=account)
            changes.flush(connection)
    return Followed(tasks=new)


# Confirmation by a person


Confirmed = tuple[Stored, InkassoError | None]
"""A claim, and why it was not confirmed; None where it was."""


def confirm(
    context: Context,
    ids: Sequence[str],
    actor: Actor,
    *,
    case_reference: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[Confirmed]:
    """Note that the agency has what was exported: the claims are handed over, each with the others of its placement.

    Commits some hundred at a time; ``on_progress`` hears how many of ``ids`` are done.
    """
    result: dict[str, Confirmed] = {}
    for start in range(0, len(ids), CHUNK):
        some = [claim_id for claim_id in ids[start : start + CHUNK] if claim_id not in result]
        result.update((stored.id, (stored, problem)) for stored, problem in _confirm(context, some, actor, case_reference))
        if on_progress is not None:
            on_progress(min(start + CHUNK, len(ids)))
    return list(result.values())


def _confirm(context: Context, ids: Collection[str], actor: Actor, case_reference: str | None) -> Iterable[Confirmed]:
    result: list[Confirmed] = []
    with context.database.write() as connection:
        changes = Changes(context, actor)
        ids = placements.together(connection, ids, {State.EXPORTED})
        placed = placements.open_placements(connection, ids)
        for stored in claims.by_ids(connection, ids, lock=True):
            if stored.state is not State.EXPORTED:
                result.append((veiled(context, stored, actor), not_meant(context, stored, {State.EXPORTED}, actor)))
                continue
            try:
                details = {"case_reference": case_reference} if case_reference else None
                moved = changes.move(stored, State.HANDED_OVER, {Need.PROOF}, details=details)
            except InkassoError as exc:
                result.append((stored, exc))
                continue
            result.append((moved, None))
            values: dict[str, object] = {"agency_status": AgencyStatus.ACTIVE.value, "heard_at": changes.at}
            if case_reference:
                portal_url = context.portal_url(placed[stored.id].account, case_reference)
                values |= {"case_reference": case_reference, "portal_url": portal_url}
            placements.update_placement(connection, placed[stored.id].placement_id, **values)
            welcome(connection, changes, moved, placed[stored.id].account)
            done = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind == "confirm_export"]
            records.finish_tasks(connection, done, by=actor.id, at=changes.at, resolution="confirmed")
        changes.flush(connection)
        points.reach("confirm.before_commit")
    points.reach("confirm.after_commit")
    return result


_LOOK_UP = Text(
    "{ref}: Die Antwort der Agentur ging verloren. Bitte im Portal nachsehen, dann `inkasso resolve {ref} --there AKTENZEICHEN` oder "
    "`--not-there`.",
    "{ref}: the agency's answer was lost. Please look it up in the portal, then `inkasso resolve {ref} --there CASE` or `--not-there`.",
)
_CONFIRM = Text(
    "{ref}: am {day} übermittelt und noch nicht bestätigt: im Portal nachsehen, dann `inkasso confirm {ref}`.",
    "{ref}: exported on {day} and not confirmed yet: look it up in the portal, then `inkasso confirm {ref}`.",
)
