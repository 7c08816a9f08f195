"""What an agency says of a case, and what that means for its claim: one table of statuses, and the moves that follow from it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from inkasso_core.change import Changes
from inkasso_core.consequences import catch_up, contradiction, expect_answer, welcome
from inkasso_core.context import Context
from inkasso_core.errors import TransitionRefused
from inkasso_core.lifecycle import Need, State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.store import claims, placements, queue, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.placements import Open
from inkasso_core.telling import halting
from inkasso_core.telling.news import tell_payments, void

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

    def plus(self, other: Applied) -> Applied:
        """Add two."""
        return Applied(self.changed + other.changed, self.tasks + other.tasks)


def apply_status(context: Context, claim_id: str, report: StatusReport, asked: Open | None = None) -> Applied:
    """Store what an agency answered of the case that a claim is in, and move all claims of the case where that leaves them.

    Said twice, it changes nothing more. A word about a case that was closed reopens it, where the claim itself has ended; else it is a
    person's task. ``asked`` is the case that was open when the agency was asked: where it has been closed meanwhile, the answer is older
    than that, and reopens nothing.
    """
    with context.database.write() as connection:
        changes = Changes(context)
        placed, is_open = _meant(connection, claim_id, report)
        if placed is None or is_overtaken(placed, report, asked, is_open=is_open):
            return Applied()
        applied = take_status(connection, changes, placed, report, is_open=is_open)
        placements.update_placement(connection, placed.placement_id, heard_at=changes.at)
        changes.flush(connection)
    return applied


def is_overtaken(placed: Open, report: StatusReport, asked: Open | None, *, is_open: bool) -> bool:
    """Whether an answer would reopen the very case that was open when its question was put, and was closed meanwhile."""
    is_same = asked is not None and asked.placement_id == placed.placement_id
    return is_same and not is_open and STATE_OF[report.status] is State.HANDED_OVER


def take_status(connection: Connection, changes: Changes, placed: Open, report: StatusReport, *, is_open: bool) -> Applied:
    """Do the same with an agency's word on one placement, in the transaction of the caller.

    ``is_open`` says which of its claims are meant: those that are open in it, or those that have left it.
    """
    open_there = dict(placements.claims_of(connection, [placed.placement_id]).get(placed.placement_id, ()))
    of_case = placements.in_case(connection, placed.placement_id)
    mine = list(open_there) if is_open else [found for found in of_case if found not in open_there]
    is_news, applied = report.status.value != placed.agency_status, Applied()
    if is_open and halting.heard(connection, changes, placed.placement_id, report.status):
        applied = Applied(changed=1)
    inside = claims.by_ids(connection, mine, lock=True)
    for stored in inside:
        one = placed._replace(revision_no=open_there.get(stored.id, placed.revision_no))
        word = _Word(report, is_news, is_open, is_first=stored is inside[0], is_alone=len(of_case) < 2)
        applied = applied.plus(_InCase(connection, changes, stored, one, word).apply())
    if inside:
        _store(connection, changes, placed, report, inside[0].debtor_id)
    return applied


def _meant(connection: Connection, claim_id: str, report: StatusReport) -> tuple[Open | None, bool]:
    """Return the placement that the agency speaks of, and whether it is open for the claim."""
    placed = placements.open_placements(connection, [claim_id]).get(claim_id)
    if report.status is not AgencyStatus.MERGED and (placed is None or placed.case_reference != report.agency_reference):
        old = placements.closed_placement(connection, claim_id, report.agency_reference)
        if old is not None:
            return old, False
    return placed, True


def settled(connection: Connection, placed: Open, settles_after: dt.timedelta | None, asked_at: dt.datetime) -> bool:
    """True when a case that the agency did not show is certainly not there: it had its own time to show it, where that is known.

    That time begins when the last try may have been sent at the latest, and is over before ``asked_at``, when the agency was asked.
    """
    if settles_after is None:
        return False
    at = queue.last_sent_by(connection, placed.instruction_id) if placed.instruction_id else None
    return at is None or asked_at >= at + settles_after


def day_left(connection: Connection, context: Context, placed: Open) -> dt.date | None:
    """Return the day on which a case left for its agency whose answer was lost: that of its last try, in the creditor's zone."""
    at = queue.last_sent_at(connection, placed.instruction_id) if placed.instruction_id else None
    return at.astimezone(context.settings.zone).date() if at is not None else None


class _Word(NamedTuple):
    """What the agency says of a case, as one of its claims hears it."""

    report: StatusReport
    is_news: bool
    is_open: bool
    """Whether the case is open."""
    is_first: bool
    """What a person must do for the case as a whole is a task of its first claim alone."""
    is_alone: bool
    """Whether there is no other claim in the case."""


class _InCase:
    """A claim in its case, with what the agency says of the case now."""

    def __init__(self, connection: Connection, changes: Changes, stored: Stored, placed: Open, word: _Word) -> None:
        self.connection, self.changes, self.stored, self.placed = connection, changes, stored, placed
        self.word, self.report, self.is_news = word, word.report, word.is_news

    def apply(self) -> Applied:
        target = self._target()
        try:
            if not self.word.is_open:
                applied = self._reopen() if self.is_news and target is State.HANDED_OVER else self._note()
            elif target is None:
                applied = self._note()
            elif target is State.RUNNING and self.stored.state is State.HANDED_OVER:
                applied = self._revert()
            else:
                applied = self._move(target)
        except TransitionRefused:
            applied = self._contradict()
        if self.is_news and self.word.is_first and self.report.status is AgencyStatus.NEEDS_INPUT:
            applied = applied.plus(Applied(tasks=int(expect_answer(self.connection, self.changes, self.stored))))
        return applied

    def _target(self) -> State | None:
        """Where the status leaves the claim; None where it says nothing about that."""
        state, target = self.stored.state, STATE_OF[self.report.status]
        if self.report.status is AgencyStatus.NEEDS_INPUT and state is State.UNCLEAR:
            target = State.RUNNING
        # what left in a file may well be undecided; what went back by itself stays unclear while the agency only repeats that
        went_back = state is State.UNCLEAR and self.placed.instruction_state != queue.UNCLEAR
        # and whoever handed a case over by hand may have done so before the agency has decided
        if target is State.RUNNING and (state is State.EXPORTED or went_back or self._is_undecided):
            return None
        if target in (State.PAID, State.CLOSED) and not self.word.is_alone:
            target = self._own_end(target)
        return None if target in (state, self.stored.former_state) else target

    @property
    def _is_undecided(self) -> bool:
        """Whether the agency never said that it has taken what was handed over outside."""
        before = self.placed.agency_status
        return self.placed.is_outside and (before is None or STATE_OF[AgencyStatus(before)] is State.RUNNING)

    def _own_end(self, of_case: State) -> State:
        """Say how a claim ends with a case of several: as the case, but for what the shop's own books say of this claim alone.

        One that the shop cancelled was not paid because the others were; one that is paid was not given up because another was.
        """
        claim = vault.take_claim(self.connection, self.stored.body_id)
        if claim.ended is not None:
            return State.CLOSED
        return State.PAID if claim.principal_open <= 0 else of_case

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
            placements.leave(self.connection, self.placed.placement_id, [self.stored.id], self.changes.at, outcome=self._reason)
        if target is State.CANCELLED:
            void(self.connection, self.changes, self.stored, "recalled", had_it=True)
        if target is State.FAILED:
            self.stored = catch_up(self.connection, self.changes, self.stored, self.placed.revision_no, arrived=False)
        return Applied(changed=1)

    def _reopen(self) -> Applied:
        self._to(State.HANDED_OVER, frozenset({Need.REOPENED}))
        placements.reopen(self.connection, self.placed.placement_id, self.stored.id)
        placed = placements.open_placements(self.connection, [self.stored.id])[self.stored.id]
        tell_payments(self.connection, self.changes, self.stored, placed)
        return Applied(changed=1)

    def _revert(self) -> Applied:
        """The agency went back by itself: nobody moves on a guess, a person looks."""
        self.stored = self.changes.move(self.stored, State.UNCLEAR, {Need.REVERTED}, reason="the agency's status reverted")
        if not self.word.is_first:
            return Applied(changed=1)
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
        if target is State.HANDED_OVER and self.word.is_first:
            welcome(self.connection, self.changes, self.stored, self.placed.account)

    @property
    def _reason(self) -> str | None:
        return self.report.reason.value if self.report.reason else None

    @property
    def _said(self) -> dict[str, str | None]:
        report = self.report
        return {"status": report.status.value, "code": report.agency_status, "case_reference": report.agency_reference}


def _store(connection: Connection, changes: Changes, placed: Open, report: StatusReport, subject: str) -> None:
    """Store the agency's word beside our value; its whole answer is about the debtor ``subject``."""
    values: dict[str, object] = {"agency_status": report.status.value, "agency_code": report.agency_status}
    if placed.case_reference is None or report.status is AgencyStatus.MERGED:
        values["case_reference"] = report.agency_reference
        values["portal_url"] = changes.context.portal_url(placed.account, report.agency_reference)
    if report.at is not None:
        values["status_at"] = report.at
    if placed.placed_on is None:
        values["placed_on"] = day_left(connection, changes.context, placed)
    placements.update_placement(connection, placed.placement_id, **values)
    if report.raw is not None and report.status.value != placed.agency_status:
        vault.put(connection, [vault.seal_answer(report.raw, subject=subject)], changes.at)


_REVERTED = Text(
    "{ref}: Die Agentur hat ihren Status von selbst zurückgesetzt: bitte dort nachfragen.",
    "{ref}: the agency went back in its status by itself: please ask there.",
)
