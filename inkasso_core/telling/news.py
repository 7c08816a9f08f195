"""From a report to what the agency must hear: an instruction where its adapter can tell it, else a task for a person.

What was told stands in the queue, so asking twice tells nothing twice: a payment is news as long as it is neither in the revision that was
handed over nor in an instruction. What was not told yet and is not true any more is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from inkasso_core.change import Changes
from inkasso_core.errors import NotFound
from inkasso_core.lifecycle import SYSTEM, Profile
from inkasso_core.model.claim import Claim, OrderEnd, Payment, PaymentOrigin
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.revise import difference
from inkasso_core.store import claims, instructions, placements, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.instructions import AMEND, BY_HAND, RECALL, REPORT_PAYMENT, Queued
from inkasso_core.store.placements import Open
from inkasso_core.store.queue import PENDING, REFUSED
from inkasso_core.telling.payments import growth, has_moved, matched
from inkasso_core.telling.texts import (
    AMENDED,
    ASKED_FOR,
    ENDED,
    GOES_ON,
    PAID,
    RECALL_ASKED,
    RETRACTED,
    TELL_AGENCY,
    TELL_KINDS,
    by_hand,
    named,
)


class News(NamedTuple):
    """A claim as it is now, against the revision before."""

    claim: Claim
    before_no: int
    """The revision that counted before; where it is the one that was handed over, all since then is news."""
    changed: tuple[str, ...]


def tell_agency(connection: Connection, changes: Changes, stored: Stored, news: News, placed: Open | None) -> None:
    """Let the agency hear of what changed: each payment by itself, the rest as an amendment or, at the end of an order, as a recall."""
    if placed is None:
        _Tasks(connection, changes, stored).raise_all(aspect for aspect in news.changed if aspect in TELL_AGENCY)
        return
    _Teller(connection, changes, stored, news, placed).tell()


def tell_payments(connection: Connection, changes: Changes, stored: Stored, placed: Open) -> None:
    """Tell the payments alone that are news: the agency took the case up again, and what came in meanwhile it has not heard of."""
    claim = vault.take_claim(connection, stored.body_id)
    _Teller(connection, changes, stored, News(claim, placed.revision_no, ()), placed).payments()


def void(connection: Connection, changes: Changes, stored: Stored, why: str, *, had_it: bool) -> None:
    """The agency has not got the claim, or not any more (``had_it``): nothing of it is to be told, neither by a program nor by a person."""
    instructions.withdraw_of(connection, stored.id, changes.at, had_it=had_it)
    tasks = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind in TELL_KINDS]
    records.finish_tasks(connection, tasks, by=SYSTEM.id, at=changes.at, resolution=why)


def queue_up(
    connection: Connection,
    changes: Changes,
    stored: Stored,
    placed: Open,
    verb: str,
    body: Mapping[str, Any],
    *,
    state: str = PENDING,
    whole_case: bool = False,
) -> str:
    """Queue an instruction about a claim, or about the ``whole_case``; return its id. ``body`` says what to tell, for the vault."""
    sealed = vault.seal(vault.TELLING, body, subject=stored.debtor_id)
    vault.put(connection, [sealed], changes.at)
    return instructions.add(
        connection,
        placement_id=placed.placement_id,
        account=placed.account,
        verb=verb,
        actor=changes.actor.id,
        at=changes.at,
        body_id=sealed.id,
        claim_id=None if whole_case else stored.id,
        state=state,
    )


def note(changes: Changes, stored: Stored, queued: Queued, state: str, text: Text | None = None, *, reason: str | None = None) -> None:
    """Note in the history what became of an instruction: with the agency's reason, or the one that a person gave."""
    details = {"verb": queued.verb, "state": state, "instruction": queued.id, **(text._asdict() if text is not None else {})}
    changes.note(stored, ClaimEventKind.TOLD, reason=text.en if text is not None else reason, details=details)


def kind_of(connection: Connection, queued: Queued) -> str:
    """Return the kind of the task that stands for an instruction where a person must tell it."""
    if queued.verb in ASKED_FOR:
        return ASKED_FOR[queued.verb].kind
    if queued.verb != AMEND:
        return next(telling.kind for telling in TELL_AGENCY.values() if telling.operation == queued.verb)
    body = vault.take_if_kept(connection, queued.body_id)
    changed = [aspect for aspect in (body or {}).get("changed", ()) if aspect in TELL_AGENCY]
    return TELL_AGENCY[changed[0] if changed else "amount"].kind


class _Tasks:
    """What people are asked to tell."""

    def __init__(self, connection: Connection, changes: Changes, stored: Stored) -> None:
        self.connection, self.changes, self.stored = connection, changes, stored

    def raise_all(self, aspects: Iterable[str]) -> None:
        for aspect in aspects:
            telling = TELL_AGENCY[aspect]
            text = by_hand(self.changes, self.stored, named(self.stored, telling.text), telling.operation)
            self.changes.task(self.connection, self.stored, telling.kind, text)


class _Known(NamedTuple):
    """A payment that the agency knows of, or is to be told of: from the hand-over (without a row), or as an instruction."""

    key: str
    payment: Payment
    revision_no: int
    """The revision of the claim with which it came."""
    row: Queued | None = None

    @property
    def is_told(self) -> bool:
        return self.row is None or self.row.state != PENDING


class _Teller:
    """What one report means for one case."""

    def __init__(self, connection: Connection, changes: Changes, stored: Stored, news: News, placed: Open) -> None:
        self.connection, self.changes, self.stored, self.placed = connection, changes, stored, placed
        self.claim, self.before_no, self.changed = news.claim, news.before_no, set(news.changed)
        self.before = self._revision(news.before_no)
        self.given = self._revision(placed.revision_no) or self.before
        self.tasks = _Tasks(connection, changes, stored)

    def tell(self) -> None:
        known = self.payments()
        if self._has_moved(known, self.before, self.before_no):
            self.changed.add(RETRACTED)
        if ENDED in self.changed and not self._end():
            self.changed.discard(ENDED)
        self._amend(known)

    def _can(self, operation: str) -> bool:
        """Whether a program tells it; of what was handed over outside, the adapter knows nothing."""
        return self.placed.instruction_id is not None and self.changes.context.offers(self.placed.account, operation)

    def _revision(self, number: int) -> Claim | None:
        """A revision of the claim; None where it was erased."""
        body_id = claims.body_of_revision(self.connection, self.stored.id, number)
        try:
            return vault.take_claim(self.connection, body_id) if body_id is not None else None
        except NotFound:
            return None

    # Payments

    def payments(self) -> list[_Known]:
        """Queue each payment to the shop that is news, and withdraw those not told that are not true any more; return what is known."""
        if self.given is None:
            return []  # erased: nobody can say what is news
        reported = self.claim.payments
        known = self._known(self.given)
        pairs = matched([one.payment for one in known], reported)
        for place, one in enumerate(known):
            if not one.is_told and one.row is not None and (place not in pairs or reported[pairs[place]] != one.payment):
                instructions.withdraw(self.connection, one.row.id, self.changes.at)
        known = self._known(self.given)
        pairs = matched([one.payment for one in known], reported)
        told = {found: known[place] for place, found in pairs.items()}
        for place, payment in enumerate(reported):
            if payment.origin is PaymentOrigin.SHOP:
                self._report(payment, told.get(place))
        return known

    def _known(self, given: Claim) -> list[_Known]:
        """What the agency knows of: what was there when the case was handed over, whoever told it first, and what it was told since."""
        known = {f"{place}": _Known(f"{place}", one, self.placed.revision_no) for place, one in enumerate(given.payments)}
        for row in instructions.of_claim(self.connection, self.placed.placement_id, self.stored.id, REPORT_PAYMENT):
            body = vault.take_if_kept(self.connection, row.body_id)
            if body is not None:
                known.pop(body["grown_from"] or "", None)
                known[row.id] = _Known(row.id, Payment.model_validate(body["payment"]), body["revision"], row)
        return list(known.values())

    def _report(self, payment: Payment, told: _Known | None) -> None:
        """Report a payment that is news; of a sum that has grown the rest."""
        amount = payment.amount if told is None else growth(told.payment, payment)
        if amount <= 0:
            return
        can = self._can(REPORT_PAYMENT)
        day = payment.on or self.changes.context.today()  # where the shop names none, the day of its report
        body = {
            "payment": payment.model_dump(mode="json"),
            "amount": str(amount),
            "currency": self.claim.currency,
            "received_on": day.isoformat(),
            "grown_from": told.key if told is not None else None,
            "revision": self.stored.revision_no,
        }
        queue_up(self.connection, self.changes, self.stored, self.placed, REPORT_PAYMENT, body, state=PENDING if can else BY_HAND)
        if not can:
            self.tasks.raise_all([PAID])

    def _has_moved(self, known: Sequence[_Known], since: Claim | None, since_no: int) -> bool:
        """Whether a payment to the shop that the agency knows of has gone, come back or changed since a revision."""
        if since is None:
            return False
        told = [one for one in known if one.is_told and one.payment.origin is PaymentOrigin.SHOP]
        payments = [one.payment for one in told]
        then, now = _found(payments, since), _found(payments, self.claim)
        # what came later is compared with what the agency was told of it
        was = [one.payment if one.revision_no > since_no else found for one, found in zip(told, then, strict=True)]
        return any(has_moved(*each) for each in zip(payments, was, now, strict=True))

    # The rest

    def _amend(self, known: Sequence[_Known]) -> None:
        """Queue one amendment for all that changed, in the place of one that was not told yet; it says how the case stands now."""
        aspects = [aspect for aspect in _AMENDED if aspect in self.changed]
        if not self._can(AMEND):
            self.tasks.raise_all(aspects)
            return
        if not aspects:
            return
        rows = instructions.of_claim(self.connection, self.placed.placement_id, self.stored.id, AMEND)
        waiting = next((row for row in reversed(rows) if row.state == PENDING), None)
        since_no, since = self.before_no, self.before
        if waiting is not None and instructions.withdraw(self.connection, waiting.id, self.changes.at):
            body = vault.take(self.connection, waiting.body_id)
            since_no, since = body["since"], self._revision(body["since"])
            self.changed |= {ENDED} & set(body["changed"])
        if since is not None:
            aspects = self._changed_since(since, since_no, known)
        if aspects:
            body = {"changed": aspects, "since": since_no, "claims": self._frozen()}
            queue_up(self.connection, self.changes, self.stored, self.placed, AMEND, body)

    def _changed_since(self, since: Claim, since_no: int, known: Sequence[_Known]) -> list[str]:
        """What is another since a revision, all reports in between together: what was changed and changed back is nothing."""
        changed = set(difference(since, self.claim))
        if self._has_moved(known, since, since_no):
            changed.add(RETRACTED)
        if ENDED not in self.changed:
            changed.discard(ENDED)
        return [aspect for aspect in _AMENDED if aspect in changed]

    def _frozen(self) -> dict[str, int]:
        """The revisions of all claims in the case as they count now."""
        return {**{one.id: one.revision_no for one in self._others()}, self.stored.id: self.stored.revision_no}

    def _others(self) -> list[Stored]:
        """The other claims that are open in the case."""
        inside = placements.claims_of(self.connection, [self.placed.placement_id]).get(self.placed.placement_id, ())
        return claims.by_ids(self.connection, [claim_id for claim_id, _ in inside if claim_id != self.stored.id])

    def _end(self) -> bool:
        """The order ended, or goes on after all. True where that is to be told as an amendment: other claims of the case go on."""
        if self.claim.ended is None:
            return self._goes_on()
        if any(vault.take_claim(self.connection, one.body_id).ended is None for one in self._others()):
            return True
        asked = instructions.of_placement(self.connection, self.placed.placement_id, RECALL)
        if any(row.state not in (REFUSED, BY_HAND) for row in asked):
            return False
        account = self.changes.context.settings.accounts.get(self.placed.account)
        may_ask = self.changes.context.profile(self.stored.shop) is Profile.SHOP
        if not self._can(RECALL):
            self.tasks.raise_all([ENDED])
        elif account is not None and account.recall == "automatic" and may_ask:
            body = {"reason": _REASONS[self.claim.ended], "costs_accepted": True}
            queue_up(self.connection, self.changes, self.stored, self.placed, RECALL, body, whole_case=True)
        else:
            text = RECALL_ASKED.fill(ref=self.stored.ref)
            self.changes.task(self.connection, self.stored, TELL_AGENCY[ENDED].kind, text)
        return False

    def _goes_on(self) -> bool:
        """The order was ended by mistake: a recall that was not told is withdrawn, one that was is a person's matter."""
        asked = instructions.of_placement(self.connection, self.placed.placement_id, RECALL)
        told = [row for row in asked if not instructions.withdraw(self.connection, row.id, self.changes.at)]
        kind = TELL_AGENCY[ENDED].kind
        tasks = [task.id for task in records.tasks(self.connection, SYSTEM, claim_id=self.stored.id) if task.kind == kind]
        records.finish_tasks(self.connection, tasks, by=SYSTEM.id, at=self.changes.at, resolution="the order goes on")
        if any(row.state not in (REFUSED, BY_HAND) for row in told):
            self.changes.task(self.connection, self.stored, kind, named(self.stored, GOES_ON))
        return bool(self._others())


def _found(payments: Sequence[Payment], claim: Claim) -> list[Payment | None]:
    """Each payment as a revision has it; None where it is not there."""
    pairs = matched(payments, claim.payments)
    return [claim.payments[pairs[place]] if place in pairs else None for place in range(len(payments))]


_AMENDED = (RETRACTED, ENDED, *AMENDED)
_REASONS: Mapping[OrderEnd, str] = {
    OrderEnd.CANCELLED: "Auftrag storniert (order cancelled)",
    OrderEnd.REFUNDED: "Auftrag erstattet (order refunded)",
    OrderEnd.REVOKED: "Vertrag widerrufen (contract revoked)",
}
"""What the agency reads where the system recalls."""
