"""Storing reports: new claims, revisions, older reports, failed events, each in the transaction that the caller holds."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from inkasso_core import adopt
from inkasso_core.assess import Routing, Subject, assess, columns, verdict
from inkasso_core.change import Changes
from inkasso_core.consequences import Situation, follow_report
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, InvalidInput
from inkasso_core.idle import storable
from inkasso_core.lifecycle import State
from inkasso_core.model.claim import Claim, Written
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.events import ClaimEventKind, ShopEventKind
from inkasso_core.revise import UNDATED, Report, compare, difference, order_of
from inkasso_core.store import arrivals, claims, leases, placements, records, vault
from inkasso_core.store.arrivals import Sighting
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import keyed_digest, new_id

Outcome = Literal["registered", "revised", "repeated", "older", "ignored", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("registered", "revised", "repeated", "older", "ignored", "failed")
_ROUTED_ANEW = frozenset({State.WAITING, State.READY, State.FAILED})


class Inbound(NamedTuple):
    """One report: the shop's own record, or a claim that is built already."""

    kind: ShopEventKind
    payload: Mapping[str, Any] | None = None
    claim: Claim | None = None
    reported_at: dt.datetime | None = None
    place: str | None = None
    """Where it stands, for messages: file and row."""
    refusal: InvalidInput | None = None
    """Set where a file's reader could not even read the record."""

    def __repr__(self) -> str:
        return f"Inbound({self.kind}, {self.place})"


class Built(NamedTuple):
    """A report after the plugin has seen it: a claim, nothing (``ignored``), or a problem."""

    inbound: Inbound
    claim: Claim | None = None
    routing: Routing = Routing(None, ())
    problem: InkassoError | None = None
    written: Written | None = None
    body: str | None = None
    """The record as it came, written down before a plugin had it in its hands."""

    def __repr__(self) -> str:
        return f"Built({self.inbound!r})"


class Taken(NamedTuple):
    """What became of one report."""

    outcome: Outcome
    stored: Stored | None = None
    diagnosis: Diagnosis | None = None
    problem: InkassoError | None = None
    place: str | None = None
    changes: tuple[str, ...] = ()
    """What a newer report changed: ``paid``, ``amount``, ``debtor``, …"""
    status: str | None = None
    """The status that the shop reported, where the record is no trigger and no claim."""

    def __repr__(self) -> str:
        return f"Taken({self.outcome}, {self.stored.ref if self.stored else self.place})"


class _Plan(NamedTuple):
    """What is to be stored for one report."""

    outcome: Outcome
    item: Built
    stored: Stored | None = None
    """The claim as it will be known after this report, before anything follows from it."""
    known: Stored | None = None
    """The claim as it was known before."""
    changes: tuple[str, ...] = ()


def store_all(context: Context, connection: Connection, shop: str, built: Sequence[Built], as_of: dt.date) -> list[Taken]:
    """Store reports of one shop, in their order, and return what became of each."""
    return [taken for wave in _waves(built) for taken in _Wave(context, connection, shop, as_of).store(wave)]


def _waves(built: Sequence[Built]) -> Iterator[list[Built]]:
    """Split reports so that no record stands twice in a wave: the second one finds the first in the store."""
    wave: list[Built] = []
    keys: set[str] = set()
    for item in built:
        key = item.claim.source.key if item.claim is not None else None
        if key is not None and key in keys:
            yield wave
            wave, keys = [], set()
        wave.append(item)
        if key is not None:
            keys.add(key)
    if wave:
        yield wave


class _Wave:
    """Reports of different records, stored in bulk: look up, plan, write, diagnose, and let follow what follows."""

    def __init__(self, context: Context, connection: Connection, shop: str, as_of: dt.date) -> None:
        self.context, self.connection, self.shop, self.as_of = context, connection, shop, as_of
        self.config = context.shop(shop)
        self.changes = Changes(context)
        self.at = self.changes.at
        self.sealed: list[vault.Sealed] = []
        self.debtors: dict[str, dict[str, Any]] = {}
        self.revisions: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.seen_idle: list[Sighting] = []
        self.triggers, self.idle_statuses = context.triggers(shop), context.idle_statuses(shop)

    def store(self, wave: Sequence[Built]) -> list[Taken]:
        self._look_up([item.claim for item in wave if item.claim is not None])
        plans = [self._plan(item) for item in wave]
        vault.put(self.connection, self.sealed, self.at)
        records.add_debtors(self.connection, list(self.debtors.values()))
        plans, diagnoses = self._diagnose(plans)
        self.adopted = self._adopt(plans)
        arrivals.see(self.connection, self.shop, self.seen_idle, self.idle)
        claims.insert_revisions(self.connection, self.revisions)
        arrivals.add_events(self.connection, self.events)
        taken = [self._finish(plan, diagnosis) for plan, diagnosis in zip(plans, diagnoses, strict=True)]
        self.changes.flush(self.connection)
        return taken

    def _look_up(self, reported: Sequence[Claim]) -> None:
        """Read, in a handful of queries, everything that the store knows of these records."""
        self.known = claims.known(self.connection, self.shop, {c.source.key for c in reported}) if reported else {}
        ids = {stored.id for stored in self.known.values()}
        self.seen = claims.seen_digests(self.connection, ids)
        self.numbers = claims.last_revision_no(self.connection, ids)
        leases.take_back(self.connection, [s.id for s in self.known.values() if s.state is State.RUNNING], self.at)
        self.placed = placements.open_placements(self.connection, ids) if ids else {}
        unknown = {c.source.key for c in reported} - self.known.keys()
        self.idle = arrivals.sightings(self.connection, self.shop, unknown) if unknown else {}
        lookups = {self._lookup(c) for c in reported}
        self.debtor_ids = records.known_debtors(self.connection, self.shop, lookups) if lookups else {}

    def _lookup(self, claim: Claim) -> str:
        """A guest has no number: he is found by his order alone."""
        number = claim.debtor.number
        parts = ("customer", number) if number else ("guest", claim.source.order)
        return keyed_digest(self.context.secret, self.config.tenant, self.shop, *parts)

    def _debtor(self, claim: Claim) -> str:
        lookup = self._lookup(claim)
        if lookup not in self.debtor_ids:
            self.debtor_ids[lookup] = new_id()
            self.debtors[lookup] = {
                "id": self.debtor_ids[lookup],
                "tenant": self.config.tenant,
                "shop": self.shop,
                "lookup": lookup,
                "created_at": self.at,
            }
        return self.debtor_ids[lookup]

    # Planning: what a report is worth

    def _plan(self, item: Built) -> _Plan:
        if item.problem is not None:
            self._event(item, problem=item.problem)
            return _Plan("failed", item)
        if item.claim is None:
            return _Plan("ignored", item)
        known = self.known.get(item.claim.source.key)
        if known is None:
            return self._first(item, item.claim)
        reported, written = order_of(item.claim, item.inbound.reported_at), item.written or item.claim.written()
        current = Report(known.reported, known.digest, dated=known.digest not in self.seen.get((known.id, UNDATED), ()))
        match compare(Report(reported, written.digest), current, self.seen.get((known.id, reported), ())):
            case "repeated":
                return _Plan("repeated", item, known, known)
            case "confirmed":
                return _Plan("repeated", item, self.changes.refresh(known, reported=reported), known)
            case "older":
                self._report(item, item.claim, known.id, reported, written, changes=("older",))
                return _Plan("older", item, known, known)
            case "newer":
                return self._revise(item, item.claim, known, reported, written)

    def _first(self, item: Built, claim: Claim) -> _Plan:
        """A record that is no claim yet: a trigger starts one, unless a later report said already that there is nothing to collect."""
        key, reported = claim.source.key, order_of(claim, item.inbound.reported_at)
        last = self.idle.get(key, "")
        outdated = bool(reported) and reported[:1] == last[:1] and reported < last
        if claim.source.triggered:
            return _Plan("older", item) if outdated else self._register(item, claim)
        if not outdated:
            status = claim.source.status
            told = status if status in self.idle_statuses else storable(status, self.triggers)
            self.seen_idle.append(Sighting(key, reported or last, told, self.at))
        return _Plan("ignored", item)

    def _register(self, item: Built, claim: Claim) -> _Plan:
        claim_id, reported, written = new_id(), order_of(claim, item.inbound.reported_at), item.written or claim.written()
        body_id, number = self._report(item, claim, claim_id, reported, written, changes=("registered",))
        stored = Stored(
            id=claim_id,
            tenant=self.config.tenant,
            shop=self.shop,
            record=claim.source.key,
            state=State.WAITING,
            former_state=None,
            expected_on=None,
            red=(),
            warnings=(),
            registered_at=self.at,
            changed_at=self.at,
            reported=reported,
            digest=written.digest,
            **self._columns(item, claim, body_id, number),
        )
        return _Plan("registered", item, stored)

    def _revise(self, item: Built, claim: Claim, known: Stored, reported: str, written: Written) -> _Plan:
        changed = difference(vault.take_claim(self.connection, known.body_id), claim)
        body_id, number = self._report(item, claim, known.id, reported, written, changes=changed)
        # a report without a date counts as it arrives; what is older than the last dated one stays older
        values = self._columns(item, claim, body_id, number) | {"reported": reported or known.reported, "digest": written.digest}
        if known.state not in _ROUTED_ANEW:
            values["account"] = known.account
        details = {"revision": number, "changes": list(changed)}
        stored = self.changes.note(known, ClaimEventKind.REVISED, details=details, **values)
        return _Plan("revised", item, stored, known, changed)

    def _columns(self, item: Built, claim: Claim, body_id: str, number: int) -> dict[str, Any]:
        """The columns of a claim that its newest report fills."""
        open_now = claim.open
        return {
            "vendor": claim.source.vendor,
            "debtor_id": self._debtor(claim),
            "account": item.routing.account,
            "currency": claim.currency,
            "principal_open": open_now.principal,
            "total_open": open_now.total,
            "creditor": claim.creditor.name if claim.creditor else self.config.creditor,
            "invoice_number": claim.invoice.number if claim.invoice else None,
            "due_date": claim.due_date,
            "revision_no": number,
            "body_id": body_id,
        }

    def _report(
        self, item: Built, claim: Claim, claim_id: str, reported: str, written: Written, *, changes: tuple[str, ...]
    ) -> tuple[str, int]:
        """Store what was reported, as it was reported; return the ids of its body and revision."""
        sealed = vault.seal_written(written, subject=self._debtor(claim))
        self.sealed.append(sealed)
        number = self.numbers.get(claim_id, 0) + 1
        self.revisions.append(
            {
                "id": new_id(),
                "claim_id": claim_id,
                "no": number,
                "older": changes == ("older",),
                "reported": reported,
                "digest": written.digest,
                "changes": " ".join(changes),
                "body_id": sealed.id,
                "event_id": self._event(item, claim_id=claim_id, subject=sealed.subject),
                "received_at": self.at,
            }
        )
        return sealed.id, number

    def _event(self, item: Built, *, problem: InkassoError | None = None, claim_id: str | None = None, subject: str | None = None) -> str:
        """Note the inbound event. A failed one keeps its payload for a replay; the same failure twice is one event."""
        inbound = item.inbound
        body = None
        if item.body is not None:
            body = vault.Sealed(new_id(), vault.PAYLOAD, subject, item.body)
            self.sealed.append(body)
        event_id = new_id()
        self.events.append(
            {
                "id": event_id,
                "shop": self.shop,
                "kind": inbound.kind.value,
                "status": "failed" if problem else "done",
                "fingerprint": _fingerprint(inbound, body) if problem else None,
                "place": inbound.place,
                "code": _code(problem) if problem else None,
                "field": problem.field if problem else None,
                "message": problem.text._asdict() if problem else None,
                "claim_id": claim_id,
                "body_id": body.id if body else None,
                "reported_at": inbound.reported_at,
                "received_at": self.at,
            }
        )
        return event_id

    # Diagnosis, and what follows

    def _diagnose(self, plans: Sequence[_Plan]) -> tuple[list[_Plan], list[Diagnosis | None]]:
        """Diagnose every claim that is new or changed; new ones are stored in the state that this gives."""
        asked = [number for number, plan in enumerate(plans) if plan.outcome in ("registered", "revised")]
        subjects = [_subject(plans[number]) for number in asked]
        found = dict(zip(asked, assess(self.connection, self.context, subjects, self.as_of), strict=True))
        result, fresh = list(plans), []
        for number in asked:
            stored = plans[number].stored
            if plans[number].outcome == "registered" and stored is not None:
                state, facts = verdict(found[number])
                stored = stored._replace(state=state, **columns(found[number]))
                fresh.append(self.changes.begin(stored, facts))
                result[number] = plans[number]._replace(stored=stored)
        claims.insert(self.connection, fresh)
        return result, [found.get(number) for number in range(len(plans))]

    def _adopt(self, plans: Sequence[_Plan]) -> dict[str, Stored]:
        """Take what was handed over by hand before as handed over, new or changed: it is never ready."""
        subjects = [_subject(plan) for plan in plans if plan.outcome in ("registered", "revised")]
        return adopt.take(self.connection, self.changes, subjects, self.placed) if subjects else {}

    def _finish(self, plan: _Plan, diagnosis: Diagnosis | None) -> Taken:
        stored, claim = plan.stored, plan.item.claim
        status = claim.source.status if claim is not None and plan.outcome == "ignored" else None
        if stored is not None and stored.id in self.adopted:
            stored = self.adopted[stored.id]
        elif diagnosis is not None and stored is not None and claim is not None:
            known = plan.known
            before = (known.principal_open, known.revision_no) if known is not None else (None, None)
            situation = Situation(claim, plan.changes, diagnosis, self.placed.get(stored.id), *before)
            stored = follow_report(self.connection, self.changes, stored, situation)
        return Taken(plan.outcome, stored, diagnosis, plan.item.problem, plan.item.inbound.place, plan.changes, status)


def _subject(plan: _Plan) -> Subject:
    if plan.item.claim is None or plan.stored is None:
        raise TypeError("only a plan with a claim can be diagnosed")
    return Subject(plan.item.claim, plan.stored, plan.item.routing)


def _fingerprint(inbound: Inbound, body: vault.Sealed | None) -> str:
    """The same broken report twice is one failed event."""
    text = body.body if body else f"{inbound.place}\x1f{_code(inbound.refusal)}"
    return hashlib.sha256(f"{inbound.kind}\x1f{text}".encode()).hexdigest()


def _code(problem: InkassoError | None) -> str:
    if isinstance(problem, InvalidInput):
        return problem.reason
    return problem.code if problem else ""
