"""Follow: what comes back from agencies, what is looked up after an answer was lost, and telling the shops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, NamedTuple

from inkasso_core import gate, points
from inkasso_core.agencies.base import Agency
from inkasso_core.change import Changes, not_meant
from inkasso_core.consequences import catch_up
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, of_debtors, uncoded, unsaid
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError
from inkasso_core.lifecycle import SYSTEM, Actor, Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.events import ClaimEvent, ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.statuses import apply_status, settled
from inkasso_core.store import claims, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.queue import Open

PAGE = 200
RETRY_FIRST = dt.timedelta(minutes=1)
RETRY_MOST = dt.timedelta(hours=12)
RETRY_DOUBLED = 10
"""How often the wait is doubled: more is past ``RETRY_MOST``, and after some weeks past what a number of days can hold."""
_FETCHED = frozenset({State.RUNNING, State.EXPORTED, State.HANDED_OVER, State.PAUSED})


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
        is_lost = row.instruction_state == queue.UNCLEAR  # else the agency had it and went back: there is a task for that
        if "find" not in adapter.operations:
            result = result.plus(_ask_person(context, stored)) if is_lost else result
            continue
        try:
            report = _said_of(adapter.find(row.our_reference))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if _stopped(context, account, stored, exc):
                break
            continue
        if report is not None:
            result = result.plus(Followed(looked_up=1)).plus(_applied(context, stored, report))
        elif is_lost and adapter.settles_after is None:
            result = result.plus(_ask_person(context, stored))
        elif is_lost and _is_settled(context, row, adapter):
            result = result.plus(Followed(looked_up=1, changed=_absent(context, stored.id)))
    return result


def _is_settled(context: Context, row: Open, adapter: Agency[Any]) -> bool:
    with context.database.read() as connection:
        return settled(context, connection, row, adapter.settles_after)


def _absent(context: Context, claim_id: str) -> int:
    """The agency certainly does not have it: it may be sent again, under a new key."""
    with context.database.write() as connection:
        changes = Changes(context)
        stored = claims.by_id(connection, claim_id, SYSTEM, lock=True)
        placed = queue.open_placements(connection, [claim_id]).get(claim_id)
        if stored is None or stored.state is not State.UNCLEAR or placed is None or placed.instruction_id is None:
            return 0
        moved = changes.move(stored, State.RUNNING, {Need.LOOKED_UP, Need.ABSENT}, reason="not found at the agency")
        queue.set_instruction(connection, placed.instruction_id, queue.PENDING, changes.at, fresh_key=True)
        catch_up(connection, changes, moved, placed.revision_no, arrived=False)
        changes.flush(connection)
    return 1


def _ask_person(context: Context, stored: Stored) -> Followed:
    with context.database.write() as connection:
        changes = Changes(context)
        new = changes.task(connection, stored, "look_up", _LOOK_UP.fill(ref=stored.ref))
        changes.flush(connection)
    return Followed(tasks=int(new))


# Statuses


def _fetch(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    result = Followed()
    for row, stored in _open(context, account, _FETCHED):
        operation = "find" if row.case_reference is None else "fetch_status"
        if operation not in adapter.operations or not row.is_sent:
            continue
        try:
            report = _said_of(getattr(adapter, operation)(row.case_reference or row.our_reference))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if _stopped(context, account, stored, exc):
                break
            continue
        if report is not None:
            result = result.plus(_applied(context, stored, report))
    return result


def _applied(context: Context, stored: Stored, report: StatusReport) -> Followed:
    if not (report.agency_status or "").isalnum():
        report = uncoded(report, _of_debtor(context, stored))
    changed, tasks = apply_status(context, stored.id, report)
    return Followed(changed=changed, tasks=tasks)


def _said_of(answer: object) -> StatusReport | None:
    """Return an adapter's answer if it is one."""
    if answer is None or isinstance(answer, StatusReport):
        return answer
    raise TypeError(f"a StatusReport was expected, not {type(answer).__name__}")


def _of_debtor(context: Context, stored: Stored) -> list[str]:
    with context.database.read() as connection:
        return of_debtors([vault.take_claim(connection, stored.body_id)])


def _stopped(context: Context, account: str, stored: Stored, error: Exception) -> bool:
    """Stop the account where the error is one of the account itself: asking for the next case would fail alike."""
    if not isinstance(error, AuthenticationFailed | ConfigurationError):
        return False
    unsaid(error, [*_of_debtor(context, stored), *context.secrets_of(account)], AGENCY_QUOTES)
    with context.database.write() as connection:
        gate.stop(context, connection, account, by=SYSTEM.id, reason=error.text)
    return True


# Exports that nobody confirms


def _silent(context: Context, account: str) -> Followed:
    """A task for each export that nobody confirmed for too long."""
    oldest = context.today() - dt.timedelta(days=context.account(account).confirm_after_days)
    new = 0
    for row, stored in _open(context, account, {State.EXPORTED}):
        if row.placed_on is None or row.placed_on > oldest:
            continue
        with context.database.write() as connection:
            changes = Changes(context)
            new += changes.task(connection, stored, "confirm_export", _CONFIRM.fill(ref=stored.ref, day=row.placed_on), account=account)
            changes.flush(connection)
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
            wait = min(RETRY_FIRST * 2 ** min(row.tries, RETRY_DOUBLED), RETRY_MOST)
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
            if stored.state is not State.EXPORTED:
                result.append((stored, not_meant(context, stored, {State.EXPORTED})))
                continue
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
_CONFIRM = Text(
    "{ref}: am {day} übermittelt und noch nicht bestätigt: im Portal nachsehen, dann `inkasso confirm {ref}`.",
    "{ref}: exported on {day} and not confirmed yet: look it up in the portal, then `inkasso confirm {ref}`.",
)
