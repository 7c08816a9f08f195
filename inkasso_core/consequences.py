"""What a report means for a claim, by the state it is in: before the agency it stops or moves on, at the agency a person is told.

Rows are asked in their order; the first that fits acts. Nothing here is a shortcut past the life cycle: every move is asked of it.
"""

from __future__ import annotations

from typing import NamedTuple

from inkasso_core.assess import columns, verdict
from inkasso_core.change import Changes
from inkasso_core.lifecycle import AT_AGENCY, BEFORE_AGENCY, Need, State
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.words import Text
from inkasso_core.store import queue, records
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection

_QUEUED = frozenset({State.WAITING, State.READY, State.RUNNING})
_ENDS_EARLY = BEFORE_AGENCY | {State.REMOVED, State.PAUSED}

TELL_AGENCY: dict[str, tuple[str, Text]] = {
    "paid": (
        "report_payment",
        Text(
            "Der Kunde hat an den Shop gezahlt: bitte der Agentur melden (Portal), dann die Aufgabe erledigen.",
            "The debtor paid the shop: please report it to the agency (portal), then finish this task.",
        ),
    ),
    "credited": (
        "report_credit",
        Text(
            "Der Shop hat eine Gutschrift gebucht: bitte der Agentur melden, dann die Aufgabe erledigen.",
            "The shop booked a credit note: please report it to the agency, then finish this task.",
        ),
    ),
    "ended": (
        "report_cancellation",
        Text(
            "Der Auftrag wurde storniert, erstattet oder widerrufen: bitte den Fall bei der Agentur zurückrufen.",
            "The order was cancelled, refunded or revoked: please recall the case from the agency.",
        ),
    ),
    "dispute": (
        "report_dispute",
        Text(
            "Der Kunde bestreitet die Forderung (oder der Streit ist geklärt): bitte der Agentur melden.",
            "The debtor disputes the claim (or the dispute is settled): please tell the agency.",
        ),
    ),
    "amount": (
        "report_correction",
        Text(
            "Betrag oder Kosten wurden berichtigt: bitte der Agentur melden.", "Amount or charges were corrected: please tell the agency."
        ),
    ),
    "debtor": (
        "report_debtor",
        Text("Daten des Schuldners haben sich geändert: bitte der Agentur melden.", "The debtor's data changed: please tell the agency."),
    ),
}
"""What changed -> the task for a person, where the agency cannot be told by itself."""


class Situation(NamedTuple):
    """A claim after a report, with what the store knows of its placement."""

    claim: Claim
    changed: tuple[str, ...]
    diagnosis: Diagnosis
    placed: queue.Open | None

    @property
    def in_flight(self) -> bool:
        """True once a submission may have reached the agency."""
        return self.placed is not None and self.placed.is_sent


def follow_report(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    """Move a claim to where a new or newer report leaves it, and return it."""
    stored = changes.refresh(stored, **columns(now.diagnosis))
    if stored.state in AT_AGENCY or stored.state is State.UNCLEAR or stored.former_state in AT_AGENCY:
        tell_agency(connection, changes, stored, now.changed)
        return stored
    if stored.state is State.PAID:
        return _bounced(connection, changes, stored, now)
    if stored.state not in _ENDS_EARLY or now.in_flight:
        return stored
    target = _early_end(now)
    if target is not None:
        withdraw(connection, changes, now.placed)
        facts = {Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT, Need.ORDER_ENDED, Need.NOTHING_OPEN}
        return changes.move(stored, target, facts, details={"changes": list(now.changed)} if now.changed else None)
    if stored.state in _QUEUED:
        return _requeue(connection, changes, stored, now)
    return stored


def tell_agency(connection: Connection, changes: Changes, stored: Stored, changed: tuple[str, ...]) -> None:
    """Raise a task for each change that the agency must hear of."""
    for aspect in changed:
        if aspect in TELL_AGENCY:
            kind, message = TELL_AGENCY[aspect]
            text = Text(f"{stored.ref}: {message.de}", f"{stored.ref}: {message.en}")
            records.add_task(
                connection, tenant=stored.tenant, kind=kind, message=text, at=changes.at, claim_id=stored.id, account=stored.account
            )


def withdraw(connection: Connection, changes: Changes, placed: queue.Open | None) -> None:
    """Take back a submission that was not begun."""
    if placed is not None:
        queue.close_placement(connection, placed.placement_id, changes.at)


def _early_end(now: Situation) -> State | None:
    if now.claim.ended is not None:
        return State.CANCELLED
    return State.PAID if now.claim.principal_open <= 0 else None


def _requeue(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    target, facts = verdict(now.diagnosis)
    if stored.state is State.RUNNING:
        if target is State.READY and now.placed is not None:
            queue.freeze_revision(connection, now.placed.placement_id, stored.id, stored.revision_no)
            return stored
        withdraw(connection, changes, now.placed)
    if target is stored.state:
        return stored
    return changes.move(stored, target, {*facts, Need.NOT_IN_FLIGHT}, reason=" ".join(now.diagnosis.red) or None)


def _bounced(connection: Connection, changes: Changes, stored: Stored, now: Situation) -> Stored:
    if now.claim.principal_open <= 0 or "paid" not in now.changed:
        return stored
    if now.placed is not None:
        return changes.move(stored, State.HANDED_OVER, {Need.BOUNCED, Need.PLACEMENT_OPEN})
    waiting = changes.move(stored, State.WAITING, {Need.BOUNCED, Need.NO_PLACEMENT})
    target, facts = verdict(now.diagnosis)
    return changes.move(waiting, target, facts) if target is not State.WAITING else waiting
