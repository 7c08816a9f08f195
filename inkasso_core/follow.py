"""Follow: what comes back from agencies, and what is looked up after an answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any

from inkasso_core import feeds, gate, letters, points
from inkasso_core.agencies.base import Agency
from inkasso_core.cases import Case, Followed, ask, asks, coded, due_cases, may_ask, open_cases, question, stopped
from inkasso_core.change import Changes, not_meant, veiled
from inkasso_core.consequences import catch_up, welcome
from inkasso_core.context import Context
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError, NotFound
from inkasso_core.lifecycle import SYSTEM, Actor, Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.words import Text
from inkasso_core.statuses import apply_status, settled
from inkasso_core.store import claims, placements, progress, queue, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.telling.texts import by_hand

CHUNK = 200
UNKNOWN_KIND = "case_unknown"
"""The task of a claim that was handed over outside, of which the agency knows nothing."""
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
        operation = asks(adapter, case.placed) if case.placed.is_outside else "find"  # of that it has never heard our reference
        if operation is None or operation not in adapter.operations:
            result = result.plus(_ask_person(context, case, _LOOK_UP, State.UNCLEAR)) if is_lost else result
            continue
        if not may_ask(context, account):
            break
        asked_at = context.now()
        try:
            report = question(context, account, partial(ask, adapter, operation, case.placed))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if stopped(context, account, exc, case.stored):
                break
            continue
        not_sent = is_lost and (report is None or _goes_on(context, adapter, case, report))
        if report is not None and not not_sent:
            result = result.plus(Followed(looked_up=1)).plus(_applied(context, case, report))
            if is_lost and report.status is AgencyStatus.DRAFT:
                result = result.plus(_ask_person(context, case, _DRAFT, State.RUNNING))
        elif not_sent and adapter.settles_after is None:
            result = result.plus(_ask_person(context, case, _LOOK_UP, State.UNCLEAR))
        elif not_sent and (again := _again(context, case, adapter, asked_at, as_draft=report is not None)):
            result = result.plus(Followed(looked_up=1, changed=again))
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


def _again(context: Context, case: Case, adapter: Agency[Any], asked_at: dt.datetime, *, as_draft: bool) -> int:
    """All claims of the case may be sent again: the agency certainly does not have it, or has a draft that certainly was not released.

    A draft is gone on with, under the same key; else everything begins anew, under a new one. Where the agency had no time to show what was
    tried last, or somebody has tried again since it was asked, nothing changes.
    """
    reason = "not released at the agency" if as_draft else "not found at the agency"
    with context.database.write() as connection:
        changes = Changes(context)
        placed = placements.open_placements(connection, [stored.id for stored in case.stored])
        lost = [s for s in claims.by_ids(connection, sorted(placed), lock=True) if s.state is State.UNCLEAR]
        if not lost or case.placed.instruction_id is None or not settled(connection, case.placed, adapter.settles_after, asked_at):
            return 0
        queue.set_instruction(connection, case.placed.instruction_id, queue.PENDING, changes.at, fresh_key=not as_draft)
        for stored in lost:
            moved = changes.move(stored, State.RUNNING, {Need.LOOKED_UP, Need.ABSENT}, reason=reason)
            catch_up(connection, changes, moved, placed[stored.id].revision_no, arrived=False)
        changes.flush(connection)
    return len(lost)


def _ask_person(context: Context, case: Case, text: Text, state: State) -> Followed:
    """Call a person to look at a case, if it still stands where it did."""
    with context.database.write() as connection:
        stored = _still(connection, case, state)
        if stored is None:
            return Followed()
        changes = Changes(context)
        new = changes.task(connection, stored, "look_up", by_hand(changes, stored, text.fill(ref=stored.ref), "find"))
        changes.flush(connection)
    return Followed(tasks=int(new))


def _still(connection: Connection, case: Case, state: State) -> Stored | None:
    """Return the first claim of a case as it is by now; None where it has moved on since it was read."""
    (stored,) = claims.by_ids(connection, [case.stored[0].id], lock=True)
    return stored if stored.state is state else None


# Statuses


def _fetch(context: Context, account: str, adapter: Agency[Any], *, due_only: bool) -> Followed:
    """Ask for the status of every case, one by one. Where there is a feed, that brings them, and nobody asks."""
    result, every = Followed(), dt.timedelta(minutes=context.account(account).status_every_minutes)
    with context.database.read() as connection:
        is_live = gate.look(context, connection, account).mode == "live"  # until then the agency hears of nothing that it was not sent
    cases = due_cases(context, account, _FETCHED, every) if due_only and every else iter(open_cases(context, account, _FETCHED))
    for case in cases:
        operation = asks(adapter, case.placed)
        if operation is None or not (case.placed.is_sent or (case.placed.is_outside and is_live)):
            continue
        if not may_ask(context, account):
            break
        try:
            report = question(context, account, partial(ask, adapter, operation, case.placed))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            unknown = isinstance(exc, NotFound) and case.placed.is_outside
            result = result.plus(_unknown_there(context, case) if unknown else feeds.failed(context, account, exc, case.stored))
            if isinstance(exc, AuthenticationFailed | ConfigurationError):
                break
            continue
        if report is not None:
            result = result.plus(_applied(context, case, report))
    return result


def _unknown_there(context: Context, case: Case) -> Followed:
    """Call a person, once: the agency does not know what was handed over outside, mostly because its reference was misspelt."""
    with context.database.write() as connection:
        changes = Changes(context)
        (stored,) = claims.by_ids(connection, [case.stored[0].id], lock=True)
        if any(task.kind == UNKNOWN_KIND for task in records.tasks(connection, SYSTEM, done=True, claim_id=stored.id)):
            return Followed()
        text = _UNKNOWN.fill(ref=stored.ref, case=case.placed.case_reference)
        new = changes.task(connection, stored, UNKNOWN_KIND, text, account=case.placed.account)
        changes.flush(connection)
    return Followed(tasks=int(new))


def _applied(context: Context, case: Case, report: StatusReport) -> Followed:
    with context.database.read() as connection:
        report = coded(connection, report, case.stored)
    changed, tasks = apply_status(context, case.stored[0].id, report, case.placed)
    return Followed(changed=changed, tasks=tasks)


# Exports that nobody confirms


def _silent(context: Context, account: str) -> Followed:
    """A task for each exported placement that nobody confirmed for too long."""
    oldest = context.today() - dt.timedelta(days=context.account(account).confirm_after_days)
    new = 0
    for case in open_cases(context, account, {State.EXPORTED}):
        placed_on = case.placed.placed_on
        if placed_on is None or placed_on > oldest:
            continue
        with context.database.write() as connection:
            stored = _still(connection, case, State.EXPORTED)
            if stored is None:
                continue
            changes = Changes(context)
            text = by_hand(changes, stored, _CONFIRM.fill(ref=stored.ref, day=placed_on), "fetch_status")
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
_DRAFT = Text(
    "{ref}: Die Antwort der Agentur ging verloren, und dort liegt nur ein Entwurf. Bitte im Portal nachsehen, ob er noch abzusenden ist.",
    "{ref}: the agency's answer was lost, and there is only a draft there. Please look in the portal whether it has yet to be sent off.",
)
_UNKNOWN = Text(
    "{ref}: Die Agentur kennt den Fall {case} nicht, der früher von Hand übergeben wurde: Aktenzeichen bei ihr erfragen. War es falsch: "
    "den Eintrag zurücknehmen (`inkasso adopted drop ID`) und mit dem richtigen neu eintragen (`inkasso adopt`).",
    "{ref}: the agency does not know the case {case}, which was handed over by hand before: ask it for its reference. If that was wrong: "
    "take the line back (`inkasso adopted drop ID`) and record it anew with the right one (`inkasso adopt`).",
)
_CONFIRM = Text(
    "{ref}: am {day} übermittelt und noch nicht bestätigt: im Portal nachsehen, dann `inkasso confirm {ref}`.",
    "{ref}: exported on {day} and not confirmed yet: look it up in the portal, then `inkasso confirm {ref}`.",
)
