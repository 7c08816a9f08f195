"""What an agency says of a case, and what that means for its claim: one table of statuses, and the moves that follow from it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from inkasso_core.change import Changes
from inkasso_core.consequences import catch_up, contradiction, expect_answer
from inkasso_core.context import Context
from inkasso_core.errors import TransitionRefused
from inkasso_core.lifecycle import SYSTEM, Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.store import claims, queue, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.queue import Open

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
    AgencyStatus.MERGED: State.HANDED_OVER,
    AgencyStatus.UNKNOWN: None,
}
"""What the agency's status means for the claim; None leaves it as it is."""

_FACTS: dict[State, frozenset[Need]] = {
    State.HANDED_OVER: frozenset({Need.PROOF, Need.MANDATE, Need.LIVE, Need.LOOKED_UP}),
    State.RUNNING: frozenset({Need.LOOKED_UP, Need.PROOF}),
    State.FAILED: frozenset({Need.REFUSAL, Need.LOOKED_UP}),
    State.CANCELLED: frozenset({Need.AT_AGENCY, Need.RECALLED}),
    State.PAID: frozenset({Need.AT_AGENCY, Need.AGENCY_CLOSED}),
    State.CLOSED: frozenset({Need.AT_AGENCY, Need.AGENCY_CLOSED}),
}
"""What an agency's status proves."""

_ENDED = frozenset({State.CANCELLED, State.PAID, State.CLOSED})
"""Ends at the agency: whatever comes here was handed over before, also where we did not hear of it."""


class Applied(NamedTuple):
    """What a status brought: changes, and new tasks."""

    changed: int = 0
    tasks: int = 0


def apply_status(context: Context, claim_id: str, report: StatusReport) -> Applied:
    """Store what an agency says of a claim, and move the claim where that leaves it. Said twice, it changes nothing more.

    A word about a case that was closed reopens it, where the claim itself has ended; else it is a person's task.
    """
    with context.database.write() as connection:
        changes = Changes(context)
        stored = claims.by_id(connection, claim_id, SYSTEM, lock=True)
        placed = queue.open_placements(connection, [claim_id]).get(claim_id)
        old = queue.closed_placement(connection, claim_id, report.agency_reference) if report.status is not AgencyStatus.MERGED else None
        if old is not None and (placed is None or placed.case_reference != report.agency_reference):
            placed, is_open = old, False
        else:
            is_open = True
        if stored is None or placed is None:
            return Applied()
        applied = _Case(connection, changes, stored, placed, report, is_open=is_open).apply()
        changes.flush(connection)
    return applied


def settled(context: Context, connection: Connection, placed: Open, settles_after: dt.timedelta | None) -> bool:
    """True when a case that the agency does not show is certainly not there: it had its own time to show it, where that is known."""
    if settles_after is None:
        return False
    at = queue.last_attempt_at(connection, placed.instruction_id) if placed.instruction_id else None
    return at is None or context.now() >= at + settles_after


class _Case:
    """A claim's case, with what the agency says of it now."""

    def __init__(
        self, connection: Connection, changes: Changes, stored: Stored, placed: Open, report: StatusReport, *, is_open: bool
    ) -> None:
        self.connection, self.changes, self.stored, self.placed, self.report = connection, changes, stored, placed, report
        self.is_open = is_open
        self.is_news = report.status.value != placed.agency_status

    def apply(self) -> Applied:
        target = self._target()
        try:
            if not self.is_open:
                applied = self._reopen() if self.is_news and target is State.HANDED_OVER else self._note()
            elif target is None:
                applied = self._note()
            elif target is State.RUNNING and self.stored.state is State.HANDED_OVER:
                applied = self._revert()
            else:
                applied = self._move(target)
        except TransitionRefused:
            applied = self._contradict()
        if self.is_news and self.report.status is AgencyStatus.NEEDS_INPUT:
            applied = applied._replace(tasks=applied.tasks + expect_answer(self.connection, self.changes, self.stored))
        self._store()
        return applied

    def _target(self) -> State | None:
        """Where the status leaves the claim; None where it says nothing about that."""
        state, target = self.stored.state, STATE_OF[self.report.status]
        if self.report.status is AgencyStatus.NEEDS_INPUT and state is State.UNCLEAR:
            target = State.RUNNING
        # what left in a file may well be undecided; what went back by itself stays unclear while the agency only repeats that
        went_back = state is State.UNCLEAR and self.placed.instruction_state != queue.UNCLEAR
        if target is State.RUNNING and (state is State.EXPORTED or went_back):
            return None
        return None if target in (state, self.stored.former_state) else target

    def _note(self) -> Applied:
        if not self.is_news:
            return Applied()
        self.changes.note(self.stored, ClaimEventKind.STATUS, details=self._said)
        return Applied(changed=1)

    def _move(self, target: State) -> Applied:
        if self.stored.state in (State.RUNNING, State.UNCLEAR) and target in _ENDED:
            self._to(State.HANDED_OVER)
        self._to(target)
        if self.placed.instruction_id is not None:
            state = queue.REFUSED if target is State.FAILED else queue.DONE
            queue.set_instruction(self.connection, self.placed.instruction_id, state, self.changes.at)
        if target in _ENDED or target is State.FAILED:
            queue.close_placement(self.connection, self.placed.placement_id, self.changes.at, outcome=self._reason)
        if target is State.FAILED:
            self.stored = catch_up(self.connection, self.changes, self.stored, self.placed.revision_no, arrived=False)
        return Applied(changed=1)

    def _reopen(self) -> Applied:
        self._to(State.HANDED_OVER, frozenset({Need.REOPENED}))
        queue.reopen_placement(self.connection, self.placed.placement_id)
        return Applied(changed=1)

    def _revert(self) -> Applied:
        """The agency went back by itself: nobody moves on a guess, a person looks."""
        self.stored = self.changes.move(self.stored, State.UNCLEAR, {Need.REVERTED}, reason="the agency's status reverted")
        text = _REVERTED.fill(ref=self.stored.ref)
        new = self.changes.task(self.connection, self.stored, "status_reverted", text, account=self.placed.account)
        return Applied(changed=1, tasks=int(new))

    def _contradict(self) -> Applied:
        """The life cycle has no way for what the agency says: the claim stays, a person looks."""
        if not self.is_news:
            return Applied()
        self.changes.note(self.stored, ClaimEventKind.STATUS, details=self._said)
        return Applied(changed=1, tasks=int(contradiction(self.connection, self.changes, self.stored, self.placed.account)))

    def _to(self, target: State, facts: frozenset[Need] | None = None) -> None:
        self.stored = self.changes.move(self.stored, target, facts or _FACTS[target], reason=self._reason, details=self._said)

    def _store(self) -> None:
        report = self.report
        values: dict[str, object] = {"agency_status": report.status.value, "agency_code": report.agency_status}
        if self.placed.case_reference is None or report.status is AgencyStatus.MERGED:
            values["case_reference"] = report.agency_reference
        queue.update_placement(self.connection, self.placed.placement_id, **values)
        if report.raw is not None and self.is_news:
            vault.put(self.connection, [vault.seal_answer(report.raw, subject=self.stored.debtor_id)], self.changes.at)

    @property
    def _reason(self) -> str | None:
        return self.report.reason.value if self.report.reason else None

    @property
    def _said(self) -> dict[str, str | None]:
        report = self.report
        return {"status": report.status.value, "code": report.agency_status, "case_reference": report.agency_reference}


_REVERTED = Text(
    "{ref}: Die Agentur hat ihren Status von selbst zurückgesetzt: bitte dort nachfragen.",
    "{ref}: the agency went back in its status by itself: please ask there.",
)
