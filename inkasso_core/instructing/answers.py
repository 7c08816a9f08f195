"""The agency's word on what it was told, stored with all that follows from it. Before that nobody hears of it.

What is lost on its way is told again only where the agency documents that our key keeps that from having an effect; else a person looks.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from inkasso_core import gate, resting
from inkasso_core.cases import coded
from inkasso_core.change import Changes
from inkasso_core.consequences import contradiction
from inkasso_core.context import Context
from inkasso_core.errors import (
    AgencyError,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    InkassoError,
    NotFound,
    NotSent,
    TemporarilyUnavailable,
    UnsupportedOperation,
)
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.instructions import Acknowledgement
from inkasso_core.model.words import Text
from inkasso_core.report import Item
from inkasso_core.statuses import take_status
from inkasso_core.store import claims, instructions, placements, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import BY_HAND, RECALL, TOLD, UNKNOWN, Queued
from inkasso_core.telling import halting
from inkasso_core.telling.news import kind_of, note
from inkasso_core.telling.texts import ASKED_FOR, LOOK_UP_KIND, TELL_AGENCY, VERBS
from inkasso_core.waits import growing

RETRY = dt.timedelta(minutes=5)
RETRY_MOST = dt.timedelta(hours=12)
REPEATS_FOR = dt.timedelta(hours=12)
"""How long after its first try an instruction is repeated under the same key: no agency says how long it remembers keys."""


class Heard(NamedTuple):
    """A try, and what came of it."""

    queued: Queued
    attempt_id: str
    answer: Acknowledgement | InkassoError


class _Ending(NamedTuple):
    """What an answer means: the try's outcome, the instruction's state, and the word for a transmission's report."""

    outcome: str
    state: str
    result: str


_ENDINGS: tuple[tuple[type[InkassoError], _Ending], ...] = (
    (ClaimInvalid, _Ending("invalid", queue.REFUSED, "told_refused")),
    (ClaimRejected, _Ending("rejected", queue.REFUSED, "told_refused")),
    (UnsupportedOperation, _Ending("invalid", queue.REFUSED, "told_refused")),
    (NotFound, _Ending("rejected", queue.REFUSED, "told_refused")),
    (NotSent, _Ending(instructions.NOT_SENT, queue.PENDING, "postponed")),
    (TemporarilyUnavailable, _Ending("unavailable", queue.PENDING, "unavailable")),
    (AuthenticationFailed, _Ending("authentication", queue.PENDING, "stopped")),
    (ConfigurationError, _Ending("configuration", queue.PENDING, "stopped")),
)
_UNFORESEEN = _Ending(UNKNOWN, queue.UNCLEAR, "told_unclear")
"""Whatever else an adapter raises: the request may have been sent, so nothing is assumed."""
_DONE = _Ending("accepted", queue.DONE, "told")
_UNDECIDED = _Ending("submitted", TOLD, "told")
_DECIDED_OTHERWISE = (queue.REFUSED, BY_HAND)
_STOPS_ACCOUNT = (AuthenticationFailed, ConfigurationError)


def store_answer(context: Context, heard: Heard, *, repeats: bool) -> Item:
    """Store the agency's word and what follows from it, in one commit. ``repeats``: it documents that a repeated key has no effect.

    A plain yes changes the rows of its own instruction and claim alone, so workers store theirs beside each other.
    """
    is_plain = isinstance(heard.answer, Acknowledgement) and heard.answer.report is None and heard.queued.verb not in instructions.STEERS
    with context.database.write(beside=is_plain) as connection:
        changes = Changes(context)
        item = _Answer(connection, changes, heard, repeats=repeats).store()
        changes.flush(connection)
        resting.heard(context, connection, heard.queued.account, [heard.answer])
        if isinstance(heard.answer, _STOPS_ACCOUNT):
            gate.stop(context, connection, heard.queued.account, by=SYSTEM.id, reason=heard.answer.text)
    return item


def store_refusal(context: Context, connection: Connection, queued: Queued, why: InkassoError) -> Item:
    """Store, in the transaction of the caller, that something cannot even be asked: a person tells it."""
    changes = Changes(context)
    stored = _first(connection, queued)
    queue.set_instruction(connection, queued.id, queue.REFUSED, changes.at)
    call_person(connection, changes, stored, queued, why.text)
    note(changes, stored, queued, queue.REFUSED, why.text)
    changes.flush(connection)
    return Item(stored.ref, "told_refused", text=why.text)


def give_up(context: Context, connection: Connection, queued: Queued) -> Item:
    """Store, in the transaction of the caller, that what is unclear is not repeated any more: a person looks."""
    changes = Changes(context)
    stored = _first(connection, queued)
    instructions.wait(connection, queued.id, None)
    note(changes, stored, queued, queue.UNCLEAR)
    _call_looker(connection, changes, stored, queued)
    changes.flush(connection)
    return Item(stored.ref, _UNFORESEEN.result)


def may_repeat(connection: Connection, queued: Queued, at: dt.datetime) -> bool:
    """Whether the agency surely still remembers the key of what may have arrived before."""
    first = instructions.first_try(connection, queued.id, queued.key)
    return first is not None and at < first + REPEATS_FOR


def about_claims(connection: Connection, queued: Queued) -> list[str]:
    """Return the claims that an instruction is about."""
    return [queued.claim_id] if queued.claim_id is not None else placements.in_case(connection, queued.placement_id)


def call_person(connection: Connection, changes: Changes, stored: Stored, queued: Queued, why: Text) -> None:
    """Raise the task that a person tells the agency what a program could not."""
    kind = kind_of(connection, queued)
    text = next(telling.text for telling in (*TELL_AGENCY.values(), *ASKED_FOR.values()) if telling.kind == kind).fill(ref=stored.ref)
    message = _REFUSED.fill(ref=stored.ref, de=text.de, en=text.en, why_de=why.de, why_en=why.en, id=queued.id)
    changes.task(connection, stored, kind, message, account=queued.account)


def _call_looker(connection: Connection, changes: Changes, stored: Stored, queued: Queued) -> None:
    what = VERBS[queued.verb]
    text = _LOOK_UP.fill(ref=stored.ref, id=queued.id, what_de=what.de, what_en=what.en)
    changes.task(connection, stored, LOOK_UP_KIND, text, account=queued.account)


def looked_for(connection: Connection, changes: Changes, stored: Stored, resolution: str) -> None:
    """Finish the task that somebody looks whether the agency heard of it."""
    tasks = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind == LOOK_UP_KIND]
    records.finish_tasks(connection, tasks, by=changes.actor.id, at=changes.at, resolution=resolution)


def _first(connection: Connection, queued: Queued) -> Stored:
    return claims.by_ids(connection, about_claims(connection, queued), lock=True)[0]


class _Answer:
    """The agency's word, on its way into the store."""

    def __init__(self, connection: Connection, changes: Changes, heard: Heard, *, repeats: bool) -> None:
        self.connection, self.changes = connection, changes
        self.queued, self.attempt_id, self.answer = heard
        self.stored = _first(connection, heard.queued)
        self.ending, self.repeats = _ending(heard.answer), repeats

    def store(self) -> Item:
        now = instructions.by_id(self.connection, self.queued.id)
        counts = now is not None and self._counts(now)
        state, not_before = self._next()
        queue.end_attempt(
            self.connection,
            self.attempt_id,
            self.queued.id,
            outcome=self.ending.outcome,
            state=state if counts else None,
            at=self.changes.at,
            code=self._code,
            message=self._text,
            answer_id=self._seal(),
            not_before=not_before,
        )
        if counts:
            self._follow(state, not_before)
        elif self._is_yes and now is not None and (now.key != self.queued.key or now.state in _DECIDED_OTHERWISE):
            contradiction(self.connection, self.changes, self.stored, self.queued.account)
        result = _UNFORESEEN.result if (self.ending.state, state) == (queue.REFUSED, queue.UNCLEAR) else self.ending.result
        return Item(self.stored.ref, result, text=self._text)

    @property
    def _is_yes(self) -> bool:
        return self.ending.state in (queue.DONE, TOLD)

    def _counts(self, now: Queued) -> bool:
        """Whether the answer decides. A late one, to a try that was given up, does so while nothing else was decided."""
        is_last = instructions.is_last(self.connection, self.attempt_id) and now.key == self.queued.key
        if now.state in (queue.IN_FLIGHT, queue.UNCLEAR):
            return is_last
        return self._is_yes and now.state == queue.PENDING

    def _next(self) -> tuple[str, dt.datetime | None]:
        """The state of the instruction, and when it is tried again; None where it is not.

        Who refuses a repetition may have heard the first time: a payment that closes its case is refused once the case is closed.
        """
        ending, at = self.ending, self.changes.at
        if self._is_yes:
            return ending.state, None
        is_unsure = ending.state == queue.UNCLEAR or instructions.is_unsure(self.connection, self.queued.id, self.queued.key)
        if ending.state == queue.REFUSED:
            return queue.UNCLEAR if is_unsure else queue.REFUSED, None
        again = at + _wait(self.answer, self.queued.attempts)
        if not is_unsure:
            is_moot = self.queued.verb in instructions.MOOT and placements.is_closed(self.connection, self.queued.placement_id)
            return (queue.WITHDRAWN, None) if is_moot else (queue.PENDING, again)
        return queue.UNCLEAR, again if self.repeats and may_repeat(self.connection, self.queued, again) else None

    def _follow(self, state: str, not_before: dt.datetime | None) -> None:
        """Note what became of it, call a person where only he can go on, and take the status that came with it."""
        if state == queue.PENDING or (state == queue.UNCLEAR and not_before is not None):
            return
        looked_for(self.connection, self.changes, self.stored, "answered")
        note(self.changes, self.stored, self.queued, state, self._text)
        if state == queue.UNCLEAR:
            _call_looker(self.connection, self.changes, self.stored, self.queued)
        if state == queue.REFUSED and self._text is not None:
            call_person(self.connection, self.changes, self.stored, self.queued, self._text)
        self.changes.flush(self.connection)  # what follows finds the claims as they are by now
        if state == queue.DONE and self.queued.verb in halting.HALTS:
            halting.confirmed(self.connection, self.changes, self.queued)
        report = self._report()
        if report is not None:
            self._take(report)

    def _report(self) -> StatusReport | None:
        """Where the case stands by the agency's word: a recall that is done is a case that is back."""
        if not isinstance(self.answer, Acknowledgement):
            return None
        placed = placements.of_id(self.connection, self.queued.placement_id)
        if self.answer.report is None and self.queued.verb == RECALL and self.answer.done and placed.case_reference is not None:
            return StatusReport(agency_reference=placed.case_reference, status=AgencyStatus.RECALLED)
        return self.answer.report

    def _take(self, report: StatusReport) -> None:
        placed = placements.of_id(self.connection, self.queued.placement_id)
        inside = dict(placements.claims_of(self.connection, [placed.placement_id]).get(placed.placement_id, ()))
        known = coded(self.connection, report, claims.by_ids(self.connection, placements.in_case(self.connection, placed.placement_id)))
        take_status(self.connection, self.changes, placed, known, is_open=bool(inside))
        placements.update_placement(self.connection, placed.placement_id, heard_at=self.changes.at)

    @property
    def _text(self) -> Text | None:
        return self.answer.text if isinstance(self.answer, InkassoError) else None

    @property
    def _code(self) -> str | None:
        if not isinstance(self.answer, InkassoError):
            return None
        return (self.answer.agency_code if isinstance(self.answer, AgencyError) else None) or self.answer.code

    def _seal(self) -> str | None:
        """Store the agency's own words, with its id of what was made."""
        raw: object = None
        if isinstance(self.answer, Acknowledgement):
            raw = {"reference": self.answer.reference, "text": self.answer.agency_text, "raw": self.answer.raw}
        elif isinstance(self.answer, AgencyError):
            raw = self.answer.raw
        if raw is None:
            return None
        sealed = vault.seal_answer(raw, subject=self.stored.debtor_id)
        vault.put(self.connection, [sealed], self.changes.at)
        return sealed.id


def _ending(answer: Acknowledgement | InkassoError) -> _Ending:
    if isinstance(answer, Acknowledgement):
        return _DONE if answer.done else _UNDECIDED
    return next((ending for kind, ending in _ENDINGS if isinstance(answer, kind)), _UNFORESEEN)


def _wait(answer: Acknowledgement | InkassoError, tries: int) -> dt.timedelta:
    """How long to wait before the next try: as the agency asks, else longer from try to try; not at all once a stopped account goes on."""
    if isinstance(answer, (*_STOPS_ACCOUNT, NotSent)):
        return dt.timedelta(0)
    seconds = answer.retry_after if isinstance(answer, TemporarilyUnavailable) else None
    return growing(RETRY, RETRY_MOST, tries + 1) if seconds is None else dt.timedelta(seconds=seconds)


_REFUSED = Text(
    "{ref}: {de} Von Hand, denn: {why_de} Danach die Aufgabe erledigen, oder mit `inkasso instructions resolve {id}` noch einmal senden.",
    "{ref}: {en} By hand, because: {why_en} Then finish this task, or send it again with `inkasso instructions resolve {id}`.",
)
_LOOK_UP = Text(
    "{ref}: Ob die Agentur die Meldung ({what_de}) bekam, ist nicht bekannt. Bitte im Portal nachsehen, dann `inkasso instructions resolve "
    "{id} --done` oder `--not-done`.",
    "{ref}: whether the agency heard of it ({what_en}) is not known. Please look it up in the portal, then `inkasso instructions resolve "
    "{id} --done` or `--not-done`.",
)
