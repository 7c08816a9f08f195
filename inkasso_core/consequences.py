"""What a report means for a claim, by the state it is in: before the agency it stops or moves on, at the agency the agency is told.

Rows are asked in their order; the first that fits acts. Nothing here is a shortcut past the life cycle: every move is asked of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal
from typing import NamedTuple

from inkasso_core.assess import columns, verdict
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.lifecycle import AT_AGENCY, BEFORE_AGENCY, SYSTEM, Need, State
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.revise import difference
from inkasso_core.store import claims, inbox, placements, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import new_id
from inkasso_core.telling.news import News, tell_agency, void
from inkasso_core.telling.texts import by_hand

_QUEUED = frozenset({State.WAITING, State.READY, State.RUNNING})
_ENDS_EARLY = BEFORE_AGENCY | {State.REMOVED, State.PAUSED}
_PAYMENTS = frozenset({"paid", "paid_to_agency"})


class Situation(NamedTuple):
    """A claim after a report, with what the store knows of its placement."""

    claim: Claim
    changed: tuple[str, ...]
    diagnosis: Diagnosis
    placed: placements.Open | None
    open_before: Decimal | None = None
    """The principal that was open before the report; None for a new claim."""
    before_no: int | None = None
    """The revision that counted before; None for a new claim."""

    @property
    def in_flight(self) -> bool:
        """True while a request is under way: what changes now follows when it is answered, see :func:`catch_up`."""
        return self.placed is not None and self.placed.instruction_state == queue.IN_FLIGHT

    @property
    def is_sent(self) -> bool:
        """True once a request was answered with anything but no, or its answer was lost: the agency must hear of changes."""
        return self.placed is not None and self.placed.is_sent and not self.in_flight


def follow_report(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    """Move a claim to where a new or newer report leaves it, and return it."""
    if stored.state in _ENDS_EARLY:
        stored = changes.refresh(stored, **columns(now.diagnosis))
    if now.is_sent or stored.state in AT_AGENCY or stored.state is State.UNCLEAR or stored.former_state in AT_AGENCY:
        before_no = stored.revision_no if now.before_no is None else now.before_no
        tell_agency(connection, changes, stored, News(now.claim, before_no, now.changed), now.placed)
        return stored
    if stored.state is State.PAID:
        return _bounced(connection, changes, stored, now)
    if stored.state not in _ENDS_EARLY or now.in_flight:
        return stored
    if _is_over(now.claim):
        withdraw(connection, changes, stored, now.placed)
        return _end(changes, stored, now.claim, now.changed)
    if stored.state in _QUEUED:
        return _requeue(connection, changes, stored, now)
    return stored


def catch_up(connection: Connection, changes: Changes, stored: Stored, sent_revision: int, *, arrived: bool) -> Stored:
    """Let follow what was reported since a revision was sent, now that the try has ended.

    An agency that has the case, or may have it, must hear of it. One that certainly has not need not: there the claim itself may be over.
    """
    if arrived:
        sent = claims.body_of_revision(connection, stored.id, sent_revision) if stored.revision_no != sent_revision else None
        if sent is not None:
            claim = vault.take_claim(connection, stored.body_id)
            news = News(claim, sent_revision, difference(vault.take_claim(connection, sent), claim))
            tell_agency(connection, changes, stored, news, placements.open_placements(connection, [stored.id]).get(stored.id))
        return stored
    void(connection, changes, stored, "not at the agency", had_it=False)
    claim = vault.take_claim(connection, stored.body_id)
    if not _is_over(claim):
        return stored
    withdraw(connection, changes, stored, placements.open_placements(connection, [stored.id]).get(stored.id))
    return _end(changes, stored, claim)


ANSWER_KIND = "answer_agency"
"""The task that the agency waits for an answer."""


def expect_answer(connection: Connection, changes: Changes, stored: Stored, item_id: str | None = None) -> bool:
    """Raise the task that the agency waits for an answer; False when it is there already.

    Its question is in the inbox; where its status says no more than that it waits, the inbox has a question without a text.
    """
    if item_id is None:
        placed = placements.open_placements(connection, [stored.id]).get(stored.id)
        if inbox.open_questions(connection, stored.id):
            return False
        if placed is not None:
            new = inbox.New(placed.account, placed.placement_id, stored.id, inbox.QUESTION, f"status:{new_id()}", happened_at=changes.at)
            item_id = inbox.add(connection, new, changes.at)
    if item_id is None:
        text = _ANSWER.fill(ref=stored.ref)
    elif changes.context.offers(stored.account, "send_message"):
        text = _QUESTION.fill(ref=stored.ref, id=item_id)
    else:
        text = by_hand(changes, stored, _IN_PORTAL.fill(ref=stored.ref, id=item_id), "send_message")
    return changes.task(connection, stored, ANSWER_KIND, text)


def letter_digest(context: Context, text: str | None) -> str | None:
    """Return what knows a text again without repeating it; None where there is none."""
    words = " ".join((text or "").split())
    return hmac.new(context.secret, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest() if words else None


def contradiction(connection: Connection, changes: Changes, stored: Stored, account: str) -> bool:
    """Raise the task that the agency says what does not fit the state of the claim; False when it is there already."""
    return changes.task(connection, stored, "status_contradicts", _CONTRADICTS.fill(ref=stored.ref), account=account)


def welcome(connection: Connection, changes: Changes, stored: Stored, account: str) -> None:
    """Note with a vendor's first claim that an agency has what it does by itself then, where its adapter says that it does something."""
    notice = changes.context.first_claim_notice(account)
    if notice is None:
        return
    whose = json.dumps([account, stored.tenant, stored.vendor or stored.shop])
    key = f"first-{hashlib.sha256(whose.encode()).hexdigest()[:32]}"
    if records.set_once(connection, key, stored.id):
        changes.note(stored, ClaimEventKind.MESSAGE, reason=notice.en, details=notice._asdict())


def withdraw(connection: Connection, changes: Changes, stored: Stored, placed: placements.Open | None) -> None:
    """Take a claim out of a placement that was not sent; the others in it go on."""
    if placed is not None:
        placements.leave(connection, placed.placement_id, [stored.id], changes.at)


def _is_over(claim: Claim) -> bool:
    return claim.ended is not None or claim.principal_open <= 0


def _end(changes: Changes, stored: Stored, claim: Claim, changed: tuple[str, ...] = ()) -> Stored:
    """End a claim that is not at the agency: its order was cancelled, or it was paid."""
    target = State.CANCELLED if claim.ended is not None else State.PAID
    facts = {Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT, Need.ORDER_ENDED, Need.NOTHING_OPEN}
    return changes.move(stored, target, facts, details={"changes": list(changed)} if changed else None, by=SYSTEM)


def _requeue(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    target, facts = verdict(now.diagnosis)
    if stored.state is State.RUNNING:
        if target is State.READY and now.placed is not None:
            placements.freeze_revisions(connection, [(now.placed.placement_id, stored.id, stored.revision_no)])
            return stored
        withdraw(connection, changes, stored, now.placed)
    if target is stored.state:
        return stored
    return changes.move(stored, target, {*facts, Need.NOT_IN_FLIGHT}, reason=" ".join(now.diagnosis.red) or None)


def _bounced(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    """A payment went back when more is open than before: a part that is booked late is none."""
    more = now.open_before is not None and now.claim.principal_open > max(now.open_before, Decimal(0))
    if not more or not _PAYMENTS & set(now.changed):
        return stored
    if now.placed is not None:
        return changes.move(stored, State.HANDED_OVER, {Need.BOUNCED, Need.PLACEMENT_OPEN})
    waiting = changes.move(stored, State.WAITING, {Need.BOUNCED, Need.NO_PLACEMENT}, **columns(now.diagnosis))
    target, facts = verdict(now.diagnosis)
    return changes.move(waiting, target, facts) if target is not State.WAITING else waiting


_ANSWER = Text(
    "{ref}: Die Agentur wartet auf eine Antwort: `inkasso inbox --claim {ref}`.",
    "{ref}: the agency waits for an answer: `inkasso inbox --claim {ref}`.",
)
_QUESTION = Text(
    '{ref}: Die Agentur hat eine Frage (`inkasso inbox show {id}`): bitte mit `inkasso inbox answer {id} --text "…"` beantworten.',
    '{ref}: the agency has a question (`inkasso inbox show {id}`): please answer it with `inkasso inbox answer {id} --text "…"`.',
)
_IN_PORTAL = Text(
    "{ref}: Die Agentur hat eine Frage (`inkasso inbox show {id}`): im Portal beantworten, dann `inkasso inbox done {id} --reason …`.",
    "{ref}: the agency has a question (`inkasso inbox show {id}`): answer it in the portal, then `inkasso inbox done {id} --reason …`.",
)
_CONTRADICTS = Text(
    "{ref}: Die Agentur meldet etwas, das zum Stand der Forderung nicht passt (`inkasso show {ref}`): bitte dort nachfragen.",
    "{ref}: the agency says something that does not fit the state of the claim (`inkasso show {ref}`): please ask there.",
)
