"""Follow: what comes back from agencies, what is looked up after an answer was lost, and telling the shops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from inkasso_core import points
from inkasso_core.agencies.base import Agency
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.errors import AgencyError, InkassoError
from inkasso_core.lifecycle import SYSTEM, Actor, Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.events import ClaimEvent, ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.store import claims, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Open

PAGE = 200
RETRY_FIRST = dt.timedelta(minutes=1)
RETRY_MOST = dt.timedelta(hours=12)

STATE_OF: dict[AgencyStatus, State | None] = {
    AgencyStatus.DRAFT: State.RUNNING,
    AgencyStatus.SUBMITTED: State.RUNNING,
    AgencyStatus.NEEDS_INPUT: None,
    AgencyStatus.REJECTED: State.FAILED,
    AgencyStatus.EXPIRED: State.FAILED,
    AgencyStatus.ACTIVE: State.HANDED_OVER,
    AgencyStatus.PAUSED: State.HANDED_OVER,
    AgencyStatus.DISPUTED: State.HANDED_OVER,
    AgencyStatus.JUDICIAL: State.HANDED_OVER,
    AgencyStatus.ENFORCEMENT: State.HANDED_OVER,
    AgencyStatus.MONITORING: State.HANDED_OVER,
    AgencyStatus.RECALLED: State.CANCELLED,
    AgencyStatus.CLOSED_PAID: State.PAID,
    AgencyStatus.CLOSED_PARTIAL: State.CLOSED,
    AgencyStatus.CLOSED_UNPAID: State.CLOSED,
    AgencyStatus.MERGED: None,
    AgencyStatus.UNKNOWN: None,
}
"""What the agency's status means for the claim; None leaves it as it is."""

_FACTS: dict[State, frozenset[Need]] = {
    State.HANDED_OVER: frozenset({Need.PROOF, Need.MANDATE, Need.LIVE, Need.LOOKED_UP, Need.REOPENED}),
    State.RUNNING: frozenset({Need.LOOKED_UP}),
    State.FAILED: frozenset({Need.REFUSAL, Need.LOOKED_UP}),
    State.CANCELLED: frozenset({Need.AT_AGENCY, Need.CONSENT, Need.RECALLED}),
    State.PAID: frozenset({Need.AT_AGENCY, Need.AGENCY_CLOSED}),
    State.CLOSED: frozenset({Need.AT_AGENCY, Need.AGENCY_CLOSED}),
}
"""What an agency's status proves."""

_ENDS_PLACEMENT = frozenset({State.FAILED, State.CANCELLED, State.PAID, State.CLOSED})
_BEHIND = {State.RUNNING: frozenset({State.HANDED_OVER, State.EXPORTED})}
"""A status that the claim is past already: the agency goes back by itself."""


class Followed(NamedTuple):
    """What following brought."""

    changed: int = 0
    looked_up: int = 0
    tasks: int = 0
    told: int = 0
    failed: int = 0

    def plus(self, other: Followed) -> Followed:
        """Add two."""
        return Followed(*(a + b for a, b in zip(self, other, strict=True)))


def follow(context: Context, account: str | None = None) -> Followed:
    """Look up what is unclear, ask agencies for statuses, raise tasks for silent exports; for one account or all."""
    result = Followed()
    for name in [account] if account else sorted(context.settings.accounts):
        try:
            adapter = context.adapter(name)
        except InkassoError:
            continue  # transmit stops the account with an alarm; `doctor` says why
        result = result.plus(_look_up(context, name, adapter)).plus(_fetch(context, name, adapter)).plus(_silent(context, name))
    return result


# After a lost answer


def _look_up(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    """Ask for what is unclear by our reference. Absence counts only after the agency's own time to settle."""
    result = Followed()
    for row, stored in _open(context, account, {State.UNCLEAR}):
        if "find" not in adapter.operations:
            result = result.plus(_ask_person(context, stored))
            continue
        try:
            report = adapter.find(row.our_reference)
        except AgencyError:
            result = result.plus(Followed(failed=1))
            continue
        if report is not None:
            result = result.plus(Followed(looked_up=1)).plus(apply_status(context, stored.id, report))
        elif _settled(context, row, adapter.settles_after):
            result = result.plus(Followed(looked_up=1, changed=_absent(context, stored.id)))
    return result


def _settled(context: Context, row: Open, settles_after: dt.timedelta) -> bool:
    with context.database.read() as connection:
        at = queue.last_attempt_at(connection, row.instruction_id) if row.instruction_id else None
    return at is None or context.now() >= at + settles_after


def _absent(context: Context, claim_id: str) -> int:
    """The agency certainly does not have it: it may be sent again, under a new key."""
    with context.database.write() as connection:
        changes = Changes(context)
        stored = claims.by_id(connection, claim_id, SYSTEM, lock=True)
        placed = queue.open_placements(connection, [claim_id]).get(claim_id)
        if stored is None or stored.state is not State.UNCLEAR or placed is None or placed.instruction_id is None:
            return 0
        changes.move(stored, State.RUNNING, {Need.LOOKED_UP, Need.ABSENT}, reason="not found at the agency")
        queue.set_instruction(connection, placed.instruction_id, queue.PENDING, changes.at, fresh_key=True)
        changes.flush(connection)
    return 1


def _ask_person(context: Context, stored: Stored) -> Followed:
    with context.database.write() as connection:
        new = records.add_task(
            connection,
            tenant=stored.tenant,
            kind="look_up",
            message=_LOOK_UP.fill(ref=stored.ref),
            at=context.now(),
            claim_id=stored.id,
            account=stored.account,
        )
    return Followed(tasks=1 if new else 0)


# Statuses


def _fetch(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    if "fetch_status" not in adapter.operations:
        return Followed()
    result = Followed()
    for row, stored in _open(context, account, {State.RUNNING, State.EXPORTED, State.HANDED_OVER}):
        if row.case_reference is None or not row.is_sent:
            continue
        try:
            report = adapter.fetch_status(row.case_reference)
        except AgencyError:
            result = result.plus(Followed(failed=1))
            continue
        result = result.plus(apply_status(context, stored.id, report))
    return result


def apply_status(context: Context, claim_id: str, report: StatusReport) -> Followed:
    """Store what an agency says of a claim, and move the claim where that leaves it. Said twice, it changes nothing more."""
    with context.database.write() as connection:
        changes = Changes(context)
        stored = claims.by_id(connection, claim_id, SYSTEM, lock=True)
        placed = queue.open_placements(connection, [claim_id]).get(claim_id)
        if stored is None or placed is None:
            return Followed()
        target = STATE_OF[report.status]
        if target is None or target is stored.state:
            changed, tasks = _note_status(connection, changes, stored, placed, report)
        elif stored.state in _BEHIND.get(target, ()):
            changed, tasks = _reverted(connection, changes, stored)
        else:
            changed, tasks = _move(connection, changes, stored, placed, report, target)
        _store_status(connection, changes, placed, report, stored)
        changes.flush(connection)
    return Followed(changed=changed, tasks=tasks)


def _move(connection: Connection, changes: Changes, stored: Stored, placed: Open, report: StatusReport, target: State) -> tuple[int, int]:
    if stored.state is State.UNCLEAR and target not in (State.HANDED_OVER, State.FAILED):
        # what was unclear is at the agency after all, and then went further
        stored = changes.move(stored, State.HANDED_OVER, _FACTS[State.HANDED_OVER], details=_said(report))
        if target is State.RUNNING:
            return 1, 0
    if stored.state is State.RUNNING and target in (State.PAID, State.CLOSED, State.CANCELLED):
        stored = changes.move(stored, State.HANDED_OVER, _FACTS[State.HANDED_OVER], details=_said(report))
    changes.move(stored, target, _FACTS[target], reason=report.reason.value if report.reason else None, details=_said(report))
    if placed.instruction_id is not None:
        state = queue.REFUSED if target is State.FAILED else queue.DONE
        queue.set_instruction(connection, placed.instruction_id, state, changes.at)
    if target in _ENDS_PLACEMENT:
        queue.close_placement(connection, placed.placement_id, changes.at, outcome=report.reason.value if report.reason else None)
    return 1, 0


def _note_status(connection: Connection, changes: Changes, stored: Stored, placed: Open, report: StatusReport) -> tuple[int, int]:
    if report.status.value == placed.agency_status:
        return 0, 0
    changes.note(stored, ClaimEventKind.STATUS, details=_said(report))
    if report.status is not AgencyStatus.NEEDS_INPUT:
        return 1, 0
    text = _ANSWER.fill(ref=stored.ref)
    new = records.add_task(
        connection, tenant=stored.tenant, kind="answer_agency", message=text, at=changes.at, claim_id=stored.id, account=stored.account
    )
    return 1, 1 if new else 0


def _reverted(connection: Connection, changes: Changes, stored: Stored) -> tuple[int, int]:
    """The agency went back by itself: nobody moves on a guess, a person looks."""
    text = _REVERTED.fill(ref=stored.ref)
    new = records.add_task(
        connection, tenant=stored.tenant, kind="status_reverted", message=text, at=changes.at, claim_id=stored.id, account=stored.account
    )
    if stored.state is State.HANDED_OVER:
        changes.move(stored, State.UNCLEAR, {Need.REVERTED}, reason="the agency's status reverted")
        return 1, 1 if new else 0
    return 0, 1 if new else 0


def _store_status(connection: Connection, changes: Changes, placed: Open, report: StatusReport, stored: Stored) -> None:
    values: dict[str, object] = {"agency_status": report.status.value, "agency_code": report.agency_status}
    if placed.case_reference is None:
        values["case_reference"] = report.agency_reference
    queue.update_placement(connection, placed.placement_id, **values)
    if report.raw is not None and report.status.value != placed.agency_status:
        vault.put(connection, [vault.seal(vault.ANSWER, report.raw, subject=stored.debtor_id)], changes.at)


def _said(report: StatusReport) -> dict[str, str | None]:
    return {"status": report.status.value, "code": report.agency_status, "case_reference": report.agency_reference}


# Exports that nobody confirms


def _silent(context: Context, account: str) -> Followed:
    """A task for each export that nobody confirmed for too long."""
    oldest = context.today() - dt.timedelta(days=context.account(account).confirm_after_days)
    new = 0
    for row, stored in _open(context, account, {State.EXPORTED}):
        if row.placed_on is None or row.placed_on > oldest:
            continue
        with context.database.write() as connection:
            task = records.add_task(
                connection,
                tenant=stored.tenant,
                kind="confirm_export",
                message=_CONFIRM.fill(ref=stored.ref, day=row.placed_on),
                at=context.now(),
                claim_id=stored.id,
                account=account,
            )
        new += 1 if task else 0
    return Followed(tasks=new)


def _open(context: Context, account: str, states: Collection[State]) -> list[tuple[Open, Stored]]:
    """Open placements of an account with their claims; the list holds ids and references only."""
    found: list[tuple[Open, Stored]] = []
    after = ""
    with context.database.read() as connection:
        while rows := queue.followed(connection, account, {s.value for s in states}, after=after, limit=PAGE):
            after = rows[-1].id
            ids = [row.claim_id for row in rows]
            placed = queue.open_placements(connection, ids)
            found += [(placed[stored.id], stored) for stored in claims.by_ids(connection, ids) if stored.id in placed]
    return found


# Telling observers


def tell_observers(context: Context) -> Followed:
    """Tell plugins what happened: at least once each, idempotent by the event's id; what fails is told again, later and later."""
    result = Followed()
    while True:
        with context.database.read() as connection:
            rows = records.due_notices(connection, context.now())
        if not rows:
            return result
        for row in rows:
            event = ClaimEvent(
                row.id,
                ClaimEventKind(row.what),
                row.at,
                row.shop,
                row.claim_id,
                row.record,
                row.to_state or row.state,
                row.account,
                row.reason,
            )
            error = _tell(context, row.plugin, event)
            points.reach("notices.before_mark")
            now = context.now()
            wait = min(RETRY_FIRST * 2**row.tries, RETRY_MOST)
            with context.database.write() as connection:
                records.mark_notice(connection, row.id, row.plugin, told_at=None if error else now, next_at=now + wait, error=error)
            result = result.plus(Followed(failed=1) if error else Followed(told=1))


def _tell(context: Context, plugin: str, event: ClaimEvent) -> str | None:
    try:
        context.plugins.tell(plugin, event)
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only, and is told again)
        return type(exc).__name__
    return None


# Confirmation by a person


def confirm(
    context: Context, ids: Collection[str], actor: Actor, *, case_reference: str | None = None
) -> list[tuple[Stored, InkassoError | None]]:
    """Note that the agency has what was exported: the claims are handed over."""
    result: list[tuple[Stored, InkassoError | None]] = []
    with context.database.write() as connection:
        changes = Changes(context, actor)
        placed = queue.open_placements(connection, ids)
        for stored in claims.by_ids(connection, sorted(ids), lock=True):
            try:
                details = {"case_reference": case_reference} if case_reference else None
                moved = changes.move(stored, State.HANDED_OVER, {Need.PROOF}, details=details)
            except InkassoError as exc:
                result.append((stored, exc))
                continue
            result.append((moved, None))
            values = {"agency_status": AgencyStatus.ACTIVE.value, **({"case_reference": case_reference} if case_reference else {})}
            queue.update_placement(connection, placed[stored.id].placement_id, **values)
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
_ANSWER = Text(
    "{ref}: Die Agentur wartet auf Angaben: bitte im Portal beantworten.",
    "{ref}: the agency waits for your answer: please give it in the portal.",
)
_REVERTED = Text(
    "{ref}: Die Agentur hat ihren Status von selbst zurückgesetzt: bitte dort nachfragen.",
    "{ref}: the agency went back in its status by itself: please ask there.",
)
_CONFIRM = Text(
    "{ref}: am {day} übermittelt und noch nicht bestätigt: im Portal nachsehen, dann `inkasso confirm {ref}`.",
    "{ref}: exported on {day} and not confirmed yet: look it up in the portal, then `inkasso confirm {ref}`.",
)
