"""Entries of agencies' feeds: which case each is about, and what it means there.

An entry is applied in one commit with the note that it was: killed before, it is applied again, and killed after, never again. What a
person wrote stays in the vault; history and tasks name the entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from inkasso_core.cases import Followed, coded
from inkasso_core.change import Changes
from inkasso_core.consequences import expect_answer, letter_digest
from inkasso_core.lifecycle import State
from inkasso_core.model.agency import AgencyStatus, StatusReport
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.feed import FeedEntry, FeedKind
from inkasso_core.statuses import STATE_OF, take_status
from inkasso_core.store import claims, feeds, inbox, placements, queue, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.feeds import Received
from inkasso_core.store.placements import Open


class Meant(NamedTuple):
    """A placement that an entry is about, with its claims: those that are open in it, else those that it was given with."""

    placed: Open
    is_open: bool
    stored: tuple[Stored, ...]


class _Heard(NamedTuple):
    """An entry, with all that is needed to apply it."""

    connection: Connection
    changes: Changes
    row: Received
    entry: FeedEntry
    meant: list[Meant]

    @property
    def first(self) -> Stored:
        """What is about the case as a whole stands with its first claim alone."""
        return self.meant[0].stored[0]

    def keep(self, kind: str, **values: Any) -> str | None:
        """Put it into the inbox; its id there, or None where it is there already. Where its text is missing, it is asked for."""
        row, entry = self.row, self.entry
        placement_id = self.meant[0].placed.placement_id
        digest = letter_digest(self.changes.context, entry.text)
        if digest is None and kind != inbox.PAYMENT:
            inbox.note_letters(self.connection, [placement_id], self.changes.at)
        values = {"happened_at": entry.at, "happened_on": entry.on, **values}
        new = inbox.New(row.account, placement_id, self.first.id, kind, f"feed:{row.id}", row.body_id, digest, **values)
        return inbox.add(self.connection, new, self.changes.at)

    def note(self, what: ClaimEventKind, reason: str | None = None, **details: object) -> Followed:
        self.changes.note(self.first, what, reason=reason, details={"entry": self.row.id, **details})
        return Followed(changed=1)


def meant(connection: Connection, row: Received) -> list[Meant]:
    """Return the placements that an entry is about; none where its case is not known."""
    ids = placements.matching(connection, row.account, row.agency_reference, row.our_reference)
    found = []
    for placement_id in [row.placement_id] if row.placement_id is not None and not ids else ids:
        there = [claim_id for claim_id, _ in placements.claims_of(connection, [placement_id]).get(placement_id, ())]
        stored = claims.by_ids(connection, there or placements.in_case(connection, placement_id))
        if stored:
            found.append(Meant(placements.of_id(connection, placement_id), bool(there), tuple(stored)))
    return found


def apply(connection: Connection, changes: Changes, row_id: str) -> Followed:
    """Apply an entry in the transaction of the caller, or leave it for a person; one that was applied meanwhile is left alone."""
    row = feeds.take(connection, row_id, lock=True)
    if row is None or row.status not in (feeds.NEW, feeds.REVIEW):
        return Followed()
    cases = meant(connection, row)
    if not cases:
        feeds.put(connection, [row.id], status=feeds.REVIEW, reason=feeds.UNKNOWN_CASE)
        return Followed()
    if any(case.placed.instruction_state == queue.IN_FLIGHT for case in cases):
        return Followed()  # its submission is just being answered: the next run applies it
    row = row._replace(placement_id=cases[0].placed.placement_id)
    feeds.put(connection, [row.id], status=feeds.NEW, placement_id=row.placement_id, reason=None)
    vault.assign(connection, row.body_id, cases[0].stored[0].debtor_id)
    entry = vault.take_entry(connection, row.body_id)
    if entry.kind is FeedKind.HINT or (entry.kind is FeedKind.STATUS and entry.report is None):
        feeds.put(connection, [row.id], reason=feeds.ASK)
        return Followed()
    feeds.put(connection, [row.id], status=feeds.APPLIED)
    return _EFFECTS[entry.kind](_Heard(connection, changes, row, entry, cases))


# What each kind means


def _status(heard: _Heard) -> Followed:
    result, idle = Followed(), []
    for case in heard.meant:
        report = coded(heard.connection, _dated(heard.entry), case.stored)
        why = _idle(heard, case, report)
        if why is not None:
            idle.append(why)
            continue
        changed, tasks = take_status(heard.connection, heard.changes, case.placed, report, is_open=case.is_open)
        result = result.plus(Followed(changed=changed, tasks=tasks))
    if feeds.ASK in idle:
        feeds.put(heard.connection, [heard.row.id], status=feeds.NEW, reason=feeds.ASK)
    elif len(idle) == len(heard.meant):
        feeds.put(heard.connection, [heard.row.id], reason=idle[0])
    return result


def _dated(entry: FeedEntry) -> StatusReport:
    """The entry's own time counts where its report bears none."""
    if entry.report is None:
        raise TypeError("a status without a report is to be asked for")
    return entry.report if entry.report.at is not None else entry.report.model_copy(update={"at": entry.at})


def _idle(heard: _Heard, case: Meant, report: StatusReport) -> str | None:
    """Say why a status changes nothing: newer is known, it is the echo of our own hand-over, or a look-up decides; None where it does.

    A case that was closed, by an answer to our recall above all, is reopened by what the agency says later alone. Where an entry does not
    say whether it is later, it may be as old as the case, and the agency is asked.
    """
    placed = case.placed
    if report.status is AgencyStatus.DRAFT and placed.instruction_state == queue.UNCLEAR:
        return feeds.LOOK_UP  # a submission that was lost on its way may have left a draft, and goes on from there
    if _is_before(report.at, heard.entry.on, placed.status_at):
        return feeds.OLDER
    if report.at is None and heard.entry.on is None and feeds.is_overtaken(heard.connection, heard.row):
        return feeds.OLDER
    goes_back = STATE_OF[report.status] is State.RUNNING and any(one.state is State.HANDED_OVER for one in case.stored)
    goes_on = not case.is_open and STATE_OF[report.status] is State.HANDED_OVER
    if goes_on and placed.heard_at is not None and not _is_after(report.at, heard.entry.on, placed.heard_at):
        return feeds.OLDER if _is_before(report.at, heard.entry.on, placed.heard_at) else feeds.ASK
    if goes_back and placed.heard_at is not None and not _is_after(report.at, heard.entry.on, placed.heard_at):
        return feeds.OLDER
    return None


def _is_before(at: dt.datetime | None, on: dt.date | None, known: dt.datetime | None) -> bool:
    if known is None:
        return False
    return at < known if at is not None else on is not None and on < known.date()


def _is_after(at: dt.datetime | None, on: dt.date | None, known: dt.datetime) -> bool:
    return at > known if at is not None else on is not None and on > known.date()


def _payment(heard: _Heard) -> Followed:
    paid = heard.entry.collected
    if paid is None:
        heard.keep(inbox.PAYMENT)
        return heard.note(ClaimEventKind.PAYMENT)
    heard.keep(inbox.PAYMENT, amount=paid.amount, currency=paid.currency, happened_on=paid.received_on)
    money = {"amount": str(paid.amount), "currency": paid.currency, "received_on": paid.received_on.isoformat()}
    return heard.note(ClaimEventKind.PAYMENT, f"{paid.amount} {paid.currency}, {paid.received_on}", **money)


def _message(heard: _Heard) -> Followed:
    heard.keep(inbox.MESSAGE)
    return heard.note(ClaimEventKind.MESSAGE)


def _question(heard: _Heard) -> Followed:
    item_id = heard.keep(inbox.QUESTION)
    heard.note(ClaimEventKind.MESSAGE)
    return Followed(changed=1, tasks=int(expect_answer(heard.connection, heard.changes, heard.first, item_id)))


def _ledger(heard: _Heard) -> Followed:
    return heard.note(ClaimEventKind.LEDGER)


_EFFECTS: Mapping[FeedKind, Callable[[_Heard], Followed]] = {
    FeedKind.STATUS: _status,
    FeedKind.PAYMENT: _payment,
    FeedKind.MESSAGE: _message,
    FeedKind.QUESTION: _question,
    FeedKind.LEDGER: _ledger,
    FeedKind.OTHER: _message,
}
"""Kind of entry -> what follows. A hint is asked about instead, outside of a transaction."""
