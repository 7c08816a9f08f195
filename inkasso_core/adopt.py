"""Adopting: claims that were handed over by hand before are taken as handed over outside, in the commit that first knows of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from inkasso_core.adopted import matched, numbered
from inkasso_core.assess import Subject
from inkasso_core.bundling import bundles, key_of
from inkasso_core.change import Changes
from inkasso_core.errors import TransitionRefused
from inkasso_core.lifecycle import BEFORE_AGENCY, Actor, Need, Role, State
from inkasso_core.model.claim import Claim, PaymentOrigin
from inkasso_core.model.words import Text
from inkasso_core.store import adopted, placements
from inkasso_core.store.adopted import Adopted
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.placements import Open
from inkasso_core.telling.news import News, tell_agency

TAKEN_FROM = BEFORE_AGENCY | {State.REMOVED}
"""States from which a claim may become one that was handed over outside."""
TWICE_KIND = "adopted_twice"
"""The task of a claim that was handed over by hand before, and that inkasso may have handed over besides."""
_UNDER_WAY = frozenset({State.RUNNING, State.UNCLEAR, State.EXPORTED})


class _Taken(NamedTuple):
    """A claim on its way into the record."""

    stored: Stored
    claim: Claim
    line: Adopted


def take(connection: Connection, changes: Changes, subjects: Sequence[Subject], placed: Mapping[str, Open]) -> dict[str, Stored]:
    """Move the claims that were handed over before to where they are; returns them as they then are, by id.

    ``placed`` are their open placements. What is over before it goes anywhere is left to that, unless its own number stands in the list:
    then the agency has a case, and a person must tell it. A claim of which a request may be under way stays, and is a person's matter.
    """
    known = {one.stored.id: one for one in subjects}
    lines = matched(connection, (numbered(one.claim, one.stored, one.routing.account) for one in subjects))
    moved: list[_Taken] = []
    for claim_id, line in lines.items():
        claim, stored, _ = known[claim_id]
        is_over = claim.ended is not None or claim.principal_open <= 0
        if line.due_before is not None and is_over:
            continue
        new = _move(connection, changes, stored, line, placed.get(claim_id)) if stored.state in TAKEN_FROM else None
        if new is not None:
            moved.append(_Taken(new, claim, line))
        elif stored.state in _UNDER_WAY:
            text = _TWICE.fill(ref=stored.ref, case=line.case_reference or "-")
            changes.task(connection, stored, TWICE_KIND, text, account=line.account)
    _place(connection, changes, moved)
    for one in moved:
        tell_agency(connection, changes, one.stored, News(one.claim, one.stored.revision_no, _since(one)), None)
    adopted.link(connection, ((one.stored.id, one.line.id) for one in moved), changes.at)
    return {one.stored.id: one.stored for one in moved}


def _move(connection: Connection, changes: Changes, stored: Stored, line: Adopted, placed: Open | None) -> Stored | None:
    facts = {Need.OUTSIDE} if placed is not None and placed.is_sent else {Need.OUTSIDE, Need.NOT_IN_FLIGHT}
    day = line.placed_on.isoformat() if line.placed_on else None
    details = {"channel": line.channel, "case_reference": line.case_reference, "date": day, "adopted": line.id}
    who = Actor(line.actor, Role.OPERATOR)
    try:
        moved = changes.move(stored, State.HANDED_OVER, facts, reason=_why(line), details=details, by=who, account=line.account)
    except TransitionRefused:  # a request is under way
        return None
    if placed is not None:
        placements.leave(connection, placed.placement_id, [stored.id], changes.at)
    return moved


def _place(connection: Connection, changes: Changes, moved: Sequence[_Taken]) -> None:
    """The claims of one debtor under one case reference are one case."""

    def key(one: _Taken) -> Hashable:
        if one.line.case_reference is None:
            return one.stored.id
        return key_of(changes.context, one.stored, one.claim, one.line.account), one.line.case_reference, one.line.placed_on

    for bundle in bundles(moved, key, lambda _: len(moved)):
        line = bundle[0].line
        placements.record_outside(
            connection,
            claims=[(one.stored.id, one.stored.revision_no) for one in bundle],
            tenant=bundle[0].stored.tenant,
            account=line.account,
            agency=line.channel,
            channel=line.channel,
            case_reference=line.case_reference,
            placed_on=line.placed_on,
            at=changes.at,
        )


def _since(one: _Taken) -> tuple[str, ...]:
    """What the shop says happened after the hand-over: whoever handed it over must have told the agency, or tell it now."""
    day = one.line.placed_on
    paid = [p for p in one.claim.payments if p.origin is PaymentOrigin.SHOP and day is not None and (p.on is None or p.on >= day)]
    return ("paid",) * bool(paid) + ("ended",) * (one.claim.ended is not None)


def _why(line: Adopted) -> str:
    return f"handed over before {line.due_before.isoformat()}" if line.due_before is not None else "handed over before"


_TWICE = Text(
    "{ref}: steht in der Liste der früheren Übergaben (Aktenzeichen {case}), und eine Übermittlung läuft oder lief: bitte bei der Agentur "
    "klären, ob sie den Fall doppelt hat.",
    "{ref}: stands in the list of earlier hand-overs (case {case}), and a transmission is or was under way: please settle with the agency "
    "whether it has the case twice.",
)
