"""The money of cases: what agencies said they collected, what they were told, and their own accounts. No personal data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor, State
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.feed import Ledger
from inkasso_core.store import claims
from inkasso_core.store.claims import Filter, Stored, narrow, scope
from inkasso_core.store.placements import of_claim_now
from inkasso_core.store.schema import claim, history, instruction, placement, placement_claim, task
from inkasso_core.store.schema_books import case_ledger


class InCase(NamedTuple):
    """A claim with the case in which an agency has it, or had it last."""

    stored: Stored
    placement_id: str
    account: str
    our_reference: str
    case_reference: str | None
    agency_status: str | None
    agency_code: str | None
    outcome: str | None
    channel: str | None
    placed_on: dt.date | None
    heard_at: dt.datetime | None
    is_open: bool
    """Whether the claim is in the case now."""
    revision_no: int
    """The revision with which it was handed over."""
    is_outside: bool
    """Whether it was handed over outside."""


_OF_CASE = (
    "id",
    "account",
    "our_reference",
    "case_reference",
    "agency_status",
    "agency_code",
    "outcome",
    "channel",
    "placed_on",
    "heard_at",
)


def page(connection: sa.Connection, chosen: Filter, actor: Actor, *, after: str = "", size: int = 200) -> list[InCase]:
    """Return the next claims that an agency has or had, by id; an account is that of the case."""
    outside = ~sa.select(instruction.c.id).where(instruction.c.placement_id == placement.c.id, instruction.c.verb == "submit").exists()
    query = (
        sa.select(claim, *(placement.c[name] for name in _OF_CASE), placement_claim.c.open, placement_claim.c.revision_no, outside)
        .select_from(
            claim.join(placement, placement.c.id == of_claim_now(claim.c.id)).join(
                placement_claim, sa.and_(placement_claim.c.placement_id == placement.c.id, placement_claim.c.claim_id == claim.c.id)
            )
        )
        .where(claim.c.id > after, sa.or_(placement.c.placed_on.is_not(None), outside, claim.c.state == State.UNCLEAR.value))
    )
    if chosen.account is not None:
        query = query.where(placement.c.account == chosen.account)
    query = narrow(scope(query, actor), chosen._replace(account=None)).order_by(claim.c.id).limit(size)
    width = len(claim.c)
    return [InCase(claims.read(row[:width]), *row[width:]) for row in connection.execute(query)]  # type: ignore[arg-type]


class Told(NamedTuple):
    """A payment that an agency told us."""

    amount: Decimal
    currency: str
    on: dt.date


def collected(connection: sa.Connection, claim_ids: Collection[str]) -> dict[str, list[Told]]:
    """Return the payments that agencies told us, by claim, in their order; one without an amount is left out."""
    query = (
        sa.select(history.c.claim_id, history.c.details)
        .where(history.c.claim_id.in_(sorted(claim_ids)), history.c.what == ClaimEventKind.PAYMENT.value)
        .order_by(history.c.id)
    )
    found: dict[str, list[Told]] = {}
    for claim_id, details in connection.execute(query):
        if details and details.get("amount"):
            told = Told(Decimal(details["amount"]), details["currency"], dt.date.fromisoformat(details["received_on"]))
            found.setdefault(claim_id, []).append(told)
    return found


class Reported(NamedTuple):
    """A payment to the shop that the agency is told, or was."""

    state: str
    body_id: str


def reported(connection: sa.Connection, placement_ids: Collection[str], verb: str) -> dict[tuple[str, str], list[Reported]]:
    """Return what agencies are told of payments to the shop, by case and claim; what was withdrawn is left out."""
    query = (
        sa.select(instruction.c.placement_id, instruction.c.claim_id, instruction.c.state, instruction.c.body_id)
        .where(instruction.c.placement_id.in_(sorted(placement_ids)), instruction.c.verb == verb, instruction.c.state != "withdrawn")
        .order_by(instruction.c.id)
    )
    found: dict[tuple[str, str], list[Reported]] = {}
    for placement_id, claim_id, state, body_id in connection.execute(query):
        found.setdefault((placement_id, claim_id), []).append(Reported(state, body_id))
    return found


def by_hand(connection: sa.Connection, claim_ids: Collection[str], kind: str) -> set[str]:
    """Return those of the claims for which a task of that kind is open: a person has yet to tell the agency."""
    query = sa.select(task.c.claim_id).where(task.c.claim_id.in_(sorted(claim_ids)), task.c.kind == kind, task.c.done_at.is_(None))
    return set(connection.scalars(query))


def inside(connection: sa.Connection, placement_ids: Collection[str]) -> dict[str, list[str]]:
    """Return the claims of each case. What an agency says of the money of a case as a whole stands with the first of them alone."""
    query = (
        sa.select(placement_claim.c.placement_id, placement_claim.c.claim_id)
        .where(placement_claim.c.placement_id.in_(sorted(placement_ids)))
        .order_by(placement_claim.c.claim_id)
    )
    found: dict[str, list[str]] = {}
    for placement_id, claim_id in connection.execute(query):
        found.setdefault(placement_id, []).append(claim_id)
    return found


# The agency's own account of a case


class CaseLedger(NamedTuple):
    """What an agency last said of the money of a case; None where it did not say."""

    currency: str
    claimed: Decimal | None
    collected: Decimal | None
    outstanding: Decimal | None
    fees: Decimal | None
    interest: Decimal | None
    paid_out: Decimal | None
    as_of: dt.date | None
    fetched_at: dt.datetime


def put(connection: sa.Connection, placement_id: str, ledger: Ledger, at: dt.datetime) -> None:
    """Store an agency's account of a case in the place of the one before."""
    values: Mapping[str, Any] = {name: getattr(ledger, name) for name in CaseLedger._fields if name != "fetched_at"} | {"fetched_at": at}
    mine = case_ledger.c.placement_id == placement_id
    if connection.execute(sa.update(case_ledger).where(mine).values(**values)).rowcount == 0:
        connection.execute(sa.insert(case_ledger).values(placement_id=placement_id, **values))


def ledgers(connection: sa.Connection, placement_ids: Collection[str]) -> dict[str, CaseLedger]:
    """Return the agencies' accounts of cases, as far as they gave any."""
    columns = [case_ledger.c[name] for name in CaseLedger._fields]
    query = sa.select(case_ledger.c.placement_id, *columns).where(case_ledger.c.placement_id.in_(sorted(placement_ids)))
    return {row[0]: CaseLedger(*row[1:]) for row in connection.execute(query)}
