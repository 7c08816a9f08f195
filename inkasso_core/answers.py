"""Answers: what an agency, or the line to it, said to submissions, stored with all that follows from it.

What an adapter raises decides the state, by one table. Before an answer is stored nobody hears of it, and after that nothing of it is lost.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeVar

from inkasso_core import gate, resting
from inkasso_core.change import Changes
from inkasso_core.consequences import catch_up, contradiction, expect_answer, welcome
from inkasso_core.context import Context, link
from inkasso_core.errors import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    NotSent,
    OutcomeUnknown,
    StoreError,
    TemporarilyUnavailable,
    UnsupportedOperation,
)
from inkasso_core.lifecycle import AT_AGENCY, SYSTEM, Need, State
from inkasso_core.logs import say
from inkasso_core.model.agency import AgencyStatus, Submission
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.report import Item
from inkasso_core.store import claims, leases, placements, queue, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection, agree
from inkasso_core.store.queue import Job
from inkasso_core.waits import growing

FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=5), dt.timedelta(hours=6)
"""How long what was certainly not processed waits to be tried again, at first and at most, where the agency does not say."""


PATIENCE = (0.5, 1, 2, 4, 8)
"""Seconds between tries to store what the agency answered."""
T = TypeVar("T")


class _Ending(NamedTuple):
    """What an answer means: the try's outcome, the instruction's state, and the claim's, if it changes."""

    outcome: str
    instruction: str
    target: State | None
    fact: Need | None


_ENDINGS: tuple[tuple[type[InkassoError], _Ending], ...] = (
    (ClaimInvalid, _Ending("invalid", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (ClaimRejected, _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (UnsupportedOperation, _Ending("invalid", queue.REFUSED, State.FAILED, Need.REFUSAL)),
    (NotSent, _Ending(leases.NOT_SENT, queue.PENDING, None, None)),
    (TemporarilyUnavailable, _Ending("unavailable", queue.PENDING, None, None)),
    (AuthenticationFailed, _Ending("authentication", queue.PENDING, None, None)),
    (ConfigurationError, _Ending("configuration", queue.PENDING, None, None)),
    (OutcomeUnknown, _Ending("unknown", queue.UNCLEAR, State.UNCLEAR, Need.ANSWER_LOST)),
)
_UNFORESEEN = _Ending("unknown", queue.UNCLEAR, State.UNCLEAR, Need.ANSWER_LOST)
"""Whatever else an adapter raises: the request may have been sent, so nothing is assumed."""
_TAKEN = _Ending("accepted", queue.DONE, State.HANDED_OVER, Need.PROOF)
_UNDECIDED = _Ending("submitted", queue.DONE, None, None)
_LEFT = _Ending("sent", queue.DONE, State.EXPORTED, Need.LEFT)
"""A message has left, and the agency has yet to say that it arrived."""
_ANSWERED: dict[AgencyStatus, _Ending] = {
    AgencyStatus.DRAFT: _UNDECIDED,
    AgencyStatus.SUBMITTED: _UNDECIDED,
    AgencyStatus.NEEDS_INPUT: _UNDECIDED,
    AgencyStatus.REJECTED: _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL),
    AgencyStatus.EXPIRED: _Ending("rejected", queue.REFUSED, State.FAILED, Need.REFUSAL),
}
"""What a submission that was answered means; every other status: the agency has taken the case."""
_UNANSWERED = (State.RUNNING, State.UNCLEAR)
_STOPS_ACCOUNT = (AuthenticationFailed, ConfigurationError)


class Answered(NamedTuple):
    """A try, and what came of it."""

    job: Job
    attempt_id: str
    answer: Submission | InkassoError
    counts: bool = True
    """Whether it says something of the agency that no other answer to the same request has said."""


def store_answers(context: Context, answered: Sequence[Answered]) -> list[Item]:
    """Store answers, of one account, and what follows from them, in one commit: before it nobody hears of them. In their order."""
    if not answered:
        return []
    account = answered[0].job.account
    links = [_link(context, one) for one in answered]
    stops = next((one.answer for one in answered if isinstance(one.answer, _STOPS_ACCOUNT)), None)
    said = [one.answer for one in answered if one.counts]
    with context.database.write(beside=True) as connection:
        if stops is not None or any(map(resting.is_failure, said)) or context.first_claim_notice(account) is not None:
            agree(connection, account)
        carried = leases.carried(connection, [one.attempt_id for one in answered])
        stored = {s.id: s for s in claims.by_ids(connection, sorted({c for one in carried.values() for c in one.revisions}), lock=True)}
        changes, book = Changes(context), _Book()
        mine = [_Answer(connection, changes, one, carried[one.attempt_id], stored) for one in answered]
        for answer, portal_url in zip(mine, links, strict=True):
            answer.note(book, portal_url)
        book.write(connection, changes.at)
        items = [answer.follow() for answer in mine]
        changes.flush(connection)
        resting.heard(context, connection, account, said)
        if stops is not None:
            gate.stop(context, connection, account, by=SYSTEM.id, reason=stops.text)
    return items


def patiently(context: Context, account: str, count: int, store: Callable[[], T]) -> T:
    """Store so many answers; where the database is away, wait a little for it: without them a person would have to look up what is known.

    What was stored although the database could not say so is stored once more: that changes nothing.
    """
    for seconds in PATIENCE:
        try:
            return store()
        except StoreError:
            say("transmit.database_away", level=logging.WARNING, account=account, answers=count)
            context.sleep(seconds)
    return store()


class _Book:
    """What answers leave in the tables of tries and placements, gathered to be written together."""

    def __init__(self) -> None:
        self.ends: list[leases.End] = []
        self.sealed: list[vault.Sealed] = []
        self.said: list[dict[str, object]] = []

    def write(self, connection: Connection, at: dt.datetime) -> None:
        vault.put(connection, self.sealed, at)
        leases.end(connection, self.ends, at)
        leases.note_said(connection, self.said)


def _link(context: Context, one: Answered) -> str | None:
    if not isinstance(one.answer, Submission):
        return None
    return link(one.answer.portal_url) or context.portal_url(one.job.account, one.answer.agency_reference)


class _Answer:
    """One answer, on its way into the store."""

    def __init__(self, connection: Connection, changes: Changes, one: Answered, carried: leases.Carried, stored: dict[str, Stored]) -> None:
        self.connection, self.changes, self.carried, self.stored = connection, changes, carried, stored
        self.job, self.attempt_id, self.answer, _ = one
        self.ending = _ending(one.answer)

    def note(self, book: _Book, portal_url: str | None) -> None:
        """Note how the try ended, and what that means for its instruction."""
        mine = self._mine()
        book.ends.append(
            leases.End(
                self.attempt_id,
                self.job.instruction_id,
                outcome=self.ending.outcome,
                state=self.ending.instruction if self._waiting(mine) else None,
                code=_code(self.answer),
                message=_text(self.answer),
                answer_id=self._seal(book, mine[0].debtor_id),
                not_before=self._not_before(),
            )
        )
        if isinstance(self.answer, Submission):
            book.said.append(self._said(self.answer, portal_url))

    def follow(self) -> Item:
        """Let follow what the answer means for the claims; the try has ended by now."""
        mine = self._mine()
        waiting = self._waiting(mine)
        moved = self._follow(waiting, self.carried.revisions)
        self.stored.update({one.id: one for one in moved})
        self._too_late([s for s in mine if s not in waiting], self.carried.there)
        if isinstance(self.answer, Submission):
            self._tell((moved or mine)[0], self.answer.notices)
        return Item(mine[0].ref, self._result, text=_text(self.answer))

    def _mine(self) -> list[Stored]:
        return [self.stored[claim_id] for claim_id in self.carried.revisions]

    def _waiting(self, mine: Sequence[Stored]) -> list[Stored]:
        """The claims that still wait for this answer: of a try that was given up, and followed by another, only a yes still counts."""
        if self.ending.instruction != queue.DONE and not self.carried.is_last:
            return []
        return [s for s in mine if s.id in self.carried.there and s.state in _UNANSWERED]

    @property
    def _result(self) -> str:
        """What became of it, in a word."""
        if isinstance(self.answer, _STOPS_ACCOUNT):
            return "stopped"
        if self.ending.target is not None:
            return self.ending.target.value
        if isinstance(self.answer, NotSent):
            return "postponed"
        return "unavailable" if self.ending.instruction == queue.PENDING else "submitted"

    def _said(self, answer: Submission, portal_url: str | None) -> dict[str, object]:
        return {
            "placement_id": self.job.placement_id,
            "case_reference": answer.agency_reference,
            "agency_status": answer.status.value,
            "agency_code": answer.agency_status,
            "portal_url": portal_url,
            "heard_at": self.changes.at,
            "placed_on": self.changes.context.today(),
        }

    def _follow(self, waiting: Sequence[Stored], revisions: Mapping[str, int]) -> list[Stored]:
        """Move the claims where the answer leaves them, and let follow what was reported while it was awaited."""
        arrived = self.ending.instruction in (queue.DONE, queue.UNCLEAR)
        result = []
        for one in waiting:
            moved = catch_up(self.connection, self.changes, self._move(one), revisions[one.id], arrived=arrived)
            if isinstance(self.answer, Submission) and self.answer.status is AgencyStatus.NEEDS_INPUT and one is waiting[0]:
                expect_answer(self.connection, self.changes, moved)
            if moved.state is State.HANDED_OVER and one is waiting[0]:
                welcome(self.connection, self.changes, moved, self.job.account)
            result.append(moved)
        if self.ending.target is State.FAILED and waiting:
            placements.leave(self.connection, self.job.placement_id, [one.id for one in waiting], self.changes.at)
        return result

    def _move(self, stored: Stored) -> Stored:
        # a late answer, to a try that was given up meanwhile, is as good as a look-up
        late = stored.state is State.UNCLEAR
        target = self.ending.target or (State.RUNNING if late else None)
        if target is None or target is stored.state:
            return stored
        facts = {Need.MANDATE, Need.LIVE} | ({self.ending.fact} if self.ending.fact else set())
        if late:
            facts |= {Need.LOOKED_UP, Need.PROOF if self.ending.instruction == queue.DONE else Need.ABSENT}
        details = {"account": self.job.account, "our_reference": self.job.our_reference, "code": _code(self.answer)}
        text = _text(self.answer)
        if text is not None:
            details |= text._asdict()
        return self.changes.move(stored, target, facts, reason=text.en if text else None, details=details)

    def _too_late(self, others: Sequence[Stored], there: Collection[str]) -> None:
        """The try was given up, and what it left unclear was resolved before its answer came. An agency that has the case is news, then."""
        for one in others:
            if self.ending.instruction == queue.DONE and not (one.id in there and one.state in AT_AGENCY):
                contradiction(self.connection, self.changes, one, self.job.account)

    def _tell(self, stored: Stored, notices: Sequence[Text]) -> None:
        """Note what the agency wants people to know: it is about the case, and stands with its first claim."""
        for notice in notices:
            self.changes.note(stored, ClaimEventKind.MESSAGE, reason=notice.en, details=notice._asdict())

    def _not_before(self) -> dt.datetime | None:
        """When it may be tried again: as long as the agency asks for, else longer from try to try."""
        if self.ending.instruction != queue.PENDING or isinstance(self.answer, (*_STOPS_ACCOUNT, NotSent)):
            return None  # an account that has stopped goes on when a person says so, and then at once
        seconds = self.answer.retry_after if isinstance(self.answer, TemporarilyUnavailable) else None
        wait = growing(FIRST_WAIT, LONGEST_WAIT, self.job.attempts + 1) if seconds is None else dt.timedelta(seconds=seconds)
        return self.changes.at + wait

    def _seal(self, book: _Book, subject: str) -> str | None:
        raw = self.answer.raw if isinstance(self.answer, Submission | AgencyError) else None
        if raw is None:
            return None
        sealed = vault.seal_answer(raw, subject=subject)
        book.sealed.append(sealed)
        return sealed.id


def _ending(answer: Submission | InkassoError) -> _Ending:
    if isinstance(answer, Submission):
        if answer.agency_reference is None and answer.raw is None:
            return _UNFORESEEN
        return _ANSWERED.get(answer.status, _TAKEN) if answer.confirmed else _LEFT
    return next((ending for kind, ending in _ENDINGS if isinstance(answer, kind)), _UNFORESEEN)


def _code(answer: Submission | InkassoError) -> str | None:
    if isinstance(answer, Submission):
        return answer.agency_status
    return (answer.agency_code if isinstance(answer, AgencyError) else None) or answer.code


def _text(answer: Submission | InkassoError) -> Text | None:
    """Return what people read: of a refusal with the agency's code and the fields that it names."""
    if isinstance(answer, ClaimInvalid | ClaimRejected):
        named = [*([answer.agency_code] if answer.agency_code else []), *answer.fields]
        new = [name for name in named if name not in answer.text.de]
        return Text(*(f"{text} ({', '.join(new)})" for text in answer.text)) if new else answer.text
    if isinstance(answer, InkassoError):
        return answer.text
    return _NO_PROOF if _ending(answer) is _UNFORESEEN else None


NOT_SENT = Text(
    "Nichts ist gesendet worden, denn dieser Prozess stand still oder die Datenbank war fort: es wird wieder versucht.",
    "Nothing was sent, since this process stood still or the database was away: it is tried again.",
)
_NO_PROOF = Text(
    "Die Anbindung meldet Erfolg, aber weder Aktenzeichen noch Antwort: bei der Agentur nachsehen.",
    "The adapter reports success but neither a case reference nor an answer: look it up at the agency.",
)
