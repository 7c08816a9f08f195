"""Follow: what comes back from agencies, what is looked up after an answer was lost, and telling the shops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
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
from inkasso_core.store import claims, placements, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.placements import Open

CHUNK = 200
PAGE = 200
RETRY_FIRST = dt.timedelta(minutes=1)
RETRY_MOST = dt.timedelta(hours=12)
RETRY_DOUBLED = 10
"""How often the wait is doubled: more is past ``RETRY_MOST``, and after some weeks past what a number of days can hold."""
_FETCHED = frozenset({State.RUNNING, State.EXPORTED, State.HANDED_OVER, State.PAUSED})


class _Case(NamedTuple):
    """An open placement with those of its claims that are asked about."""

    placed: Open
    stored: tuple[Stored, ...]


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
    for case in _open(context, account, {State.UNCLEAR}):
        is_lost = case.placed.instruction_state == queue.UNCLEAR  # else the agency had it and went back: there is a task for that
        if "find" not in adapter.operations:
            result = result.plus(_ask_person(context, case)) if is_lost else result
            continue
        try:
            report = _said_of(adapter.find(case.placed.our_reference))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if _stopped(context, account, case, exc):
                break
            continue
        if report is not None:
            result = result.plus(Followed(looked_up=1)).plus(_applied(context, case, report))
        elif is_lost and adapter.settles_after is None:
            result = result.plus(_ask_person(context, case))
        elif is_lost and _is_settled(context, case.placed, adapter):
            result = result.plus(Followed(looked_up=1, changed=_absent(context, case)))
    return result


def _is_settled(context: Context, row: Open, adapter: Agency[Any]) -> bool:
    with context.database.read() as connection:
        return settled(context, connection, row, adapter.settles_after)


def _absent(context: Context, case: _Case) -> int:
    """The agency certainly does not have it: all its claims may be sent again, under a new key."""
    with context.database.write() as connection:
        changes = Changes(context)
        placed = placements.open_placements(connection, [stored.id for stored in case.stored])
        lost = [s for s in claims.by_ids(connection, sorted(placed), lock=True) if s.state is State.UNCLEAR]
        if not lost or case.placed.instruction_id is None:
            return 0
        queue.set_instruction(connection, case.placed.instruction_id, queue.PENDING, changes.at, fresh_key=True)
        for stored in lost:
            moved = changes.move(stored, State.RUNNING, {Need.LOOKED_UP, Need.ABSENT}, reason="not found at the agency")
            catch_up(connection, changes, moved, placed[stored.id].revision_no, arrived=False)
        changes.flush(connection)
    return len(lost)


def _ask_person(context: Context, case: _Case) -> Followed:
    stored = case.stored[0]
    with context.database.write() as connection:
        changes = Changes(context)
        new = changes.task(connection, stored, "look_up", _LOOK_UP.fill(ref=stored.ref))
        changes.flush(connection)
    return Followed(tasks=int(new))


# Statuses


def _fetch(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    result = Followed()
    for case in _open(context, account, _FETCHED):
        placed = case.placed
        operation = "find" if placed.case_reference is None else "fetch_status"
        if operation not in adapter.operations or not placed.is_sent:
            continue
        try:
            report = _said_of(getattr(adapter, operation)(placed.case_reference or placed.our_reference))
        except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
            result = result.plus(Followed(failed=1))
            if _stopped(context, account, case, exc):
                break
            continue
        if report is not None:
            result = result.plus(_applied(context, case, report))
    return result


def _applied(context: Context, case: _Case, report: StatusReport) -> Followed:
    if not (report.agency_status or "").isalnum():
        report = uncoded(report, _of_debtor(context, case))
    changed, tasks = apply_status(context, case.stored[0].id, report)
    return Followed(changed=changed, tasks=tasks)


def _said_of(answer: object) -> StatusReport | None:
    """Return an adapter's answer if it is one."""
    if answer is None or isinstance(answer, StatusReport):
        return answer
    raise TypeError(f"a StatusReport was expected, not {type(answer).__name__}")


def _of_debtor(context: Context, case: _Case) -> list[str]:
    with context.database.read() as connection:
        return of_debtors([vault.take_claim(connection, stored.body_id) for stored in case.stored])


def _stopped(context: Context, account: str, case: _Case, error: Exception) -> bool:
    """Stop the account where the error is one of the account itself: asking for the next case would fail alike."""
    if not isinstance(error, AuthenticationFailed | ConfigurationError):
        return False
    unsaid(error, [*_of_debtor(context, case), *context.secrets_of(account)], AGENCY_QUOTES)
    with context.database.write() as connection:
        gate.stop(context, connection, account, by=SYSTEM.id, reason=error.text)
    return True


# Exports that nobody confirms


def _silent(context: Context, account: str) -> Followed:
    """A task for each exported placement that nobody confirmed for too long."""
    oldest = context.today() - dt.timedelta(days=context.account(account).confirm_after_days)
    new = 0
    for placed, (stored, *_) in _open(context, account, {State.EXPORTED}):
        if placed.placed_on is None or placed.placed_on > oldest:
            continue
        with context.database.write() as connection:
            changes = Changes(context)
            new += changes.task(connection, stored, "confirm_export", _CONFIRM.fill(ref=stored.ref, day=placed.placed_on), account=account)
            changes.flush(connection)
    return Followed(tasks=new)


def _open(context: Context, account: str, states: Collection[State]) -> list[_Case]:
    """Open placements of an account with their claims in these states; the list holds ids and references only."""
    found: list[_Case] = []
    after = ""
    with context.database.read() as connection:
        while page := placements.followed(connection, account, {s.value for s in states}, after=after, limit=PAGE):
            after = page[-1]
            inside = placements.claims_of(connection, page)
            ids = [claim_id for mine in inside.values() for claim_id, _ in mine]
            placed = placements.open_placements(connection, ids)
            stored = {s.id: s for s in claims.by_ids(connection, ids) if s.state in states}
            for placement_id in page:
                mine = [stored[claim_id] for claim_id, _ in inside[placement_id] if claim_id in stored]
                found.append(_Case(placed[mine[0].id], tuple(mine)))
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
            placements.update_placement(connection, placed[stored.id].placement_id, **values)
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
