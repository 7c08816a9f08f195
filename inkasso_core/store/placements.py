"""Placements: which claims are with which account, in which revision, and which of them a try has carried to the agency.

A placement holds one or more claims of one debtor. Until it is sent, each may leave it by itself, and the others go on; those that a try
has carried share its answer. A claim never joins a placement later, so a later try carries no more than an earlier one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.store import instructions, queue
from inkasso_core.store.among import among
from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.order import next_id, pass_by
from inkasso_core.store.schema import claim, instruction, placement, placement_claim


class Open(NamedTuple):
    """The open placement of a claim, with its submission."""

    placement_id: str
    account: str
    agency: str
    our_reference: str
    case_reference: str | None
    agency_status: str | None
    revision_no: int
    placed_on: dt.date | None
    instruction_id: str | None
    instruction_state: str | None
    status_at: dt.datetime | None
    """When it came to this status, as the agency says; None where it never said."""
    heard_at: dt.datetime | None
    """When the agency, or a person for it, last answered us; what its feed brings does not count."""

    @property
    def is_sent(self) -> bool:
        """True from the moment a try was stored: the agency may have it, so nothing may be taken back by us alone."""
        return self.instruction_state in (queue.IN_FLIGHT, queue.UNCLEAR, queue.DONE)

    @property
    def is_outside(self) -> bool:
        """True where it was handed over outside: the agency knows it by its own reference alone."""
        return self.instruction_id is None


class New(NamedTuple):
    """A placement to be opened: its claims, each with the revision that counts now."""

    tenant: str
    account: str
    agency: str
    vendor: str | None
    actor: str
    claims: Sequence[tuple[str, int]]


# Opening


def place_many(connection: sa.Connection, new: Iterable[New], at: dt.datetime) -> None:
    """Open placements and queue their submissions; the database refuses a second open one of a claim."""
    new = list(new)
    pass_by(connection, _LAST, ids=[claim_id for one in new for claim_id, _ in one.claims])
    placed = [(new_id(), one) for one in new]
    _PLACE.run(
        connection,
        (
            {
                "id": placement_id,
                "tenant": one.tenant,
                "account": one.account,
                "agency": one.agency,
                "our_reference": placement_id,
                "opened_at": at,
            }
            for placement_id, one in placed
        ),
    )
    _PLACE_CLAIM.run(
        connection,
        (
            {"placement_id": placement_id, "claim_id": claim_id, "revision_no": number, "open": True}
            for placement_id, one in placed
            for claim_id, number in one.claims
        ),
    )
    queue.submit_many(connection, ((placement_id, one.account, one.vendor, one.actor) for placement_id, one in placed), at)


_LAST = sa.select(sa.func.max(placement_claim.c.placement_id)).where(among(placement_claim.c.claim_id))
"""The newest placement that any of some claims had: where one of them gets another, that is the one which counts."""
_PLACE = Many(sa.insert(placement), ("id", "tenant", "account", "agency", "our_reference", "opened_at"))
_PLACE_CLAIM = Many(sa.insert(placement_claim), ("placement_id", "claim_id", "revision_no", "open"))


def record_outside(
    connection: sa.Connection,
    *,
    claims: Sequence[tuple[str, int]],
    tenant: str,
    account: str,
    agency: str,
    channel: str,
    case_reference: str | None,
    placed_on: dt.date | None,
    at: dt.datetime,
) -> None:
    """Note a placement that was made outside, with its claims and the revision of each."""
    placement_id = next_id(connection, _LAST, ids=[claim_id for claim_id, _ in claims])
    connection.execute(
        sa.insert(placement).values(
            id=placement_id,
            tenant=tenant,
            account=account,
            agency=agency,
            our_reference=placement_id,
            channel=channel,
            case_reference=case_reference,
            placed_on=placed_on,
            heard_at=at,
            opened_at=at,
        )
    )
    rows = ({"placement_id": placement_id, "claim_id": claim_id, "revision_no": number, "open": True} for claim_id, number in claims)
    _PLACE_CLAIM.run(connection, rows)


def split(connection: sa.Connection, placement_id: str, claim_ids: Collection[str], at: dt.datetime) -> None:
    """Give some claims of a placement that waits to be sent a placement of their own: the others go without them."""
    query = (
        sa.select(placement.c.tenant, placement.c.account, placement.c.agency, instruction.c.vendor, instruction.c.actor)
        .join(instruction, _submission(placement.c.id))
        .where(placement.c.id == placement_id)
    )
    tenant, account, agency, vendor, actor = connection.execute(query).one()
    parting = [pair for pair in claims_of(connection, [placement_id])[placement_id] if pair[0] in claim_ids]
    leave(connection, placement_id, claim_ids, at)
    place_many(connection, [New(tenant, account, agency, vendor, actor, parting)], at)


# Leaving and coming back


def leave(connection: sa.Connection, placement_id: str, claim_ids: Collection[str], at: dt.datetime, *, outcome: str | None = None) -> None:
    """Take claims out of their placement, and what was not told of them out of the queue; payments are told all the same.

    With the last one it closes, and a submission still pending is withdrawn.
    """
    mine = placement_claim.c.placement_id == placement_id
    connection.execute(
        sa.update(placement_claim)
        .where(mine, placement_claim.c.claim_id.in_(sorted(claim_ids)), placement_claim.c.open.is_(True))
        .values(open=False, closed_at=at)
    )
    left = connection.execute(sa.select(placement_claim.c.claim_id).where(mine, placement_claim.c.open.is_(True)).limit(1)).first()
    instructions.leave(connection, placement_id, claim_ids, at, is_closed=left is None)
    if left is not None:
        return
    is_open = placement.c.closed_at.is_(None)
    connection.execute(sa.update(placement).where(placement.c.id == placement_id, is_open).values(closed_at=at, outcome=outcome))
    queue.withdraw(connection, placement_id, at)


def reopen(connection: sa.Connection, placement_id: str, claim_id: str) -> None:
    """Open a placement again for a claim: the agency took the case up once more."""
    mine = sa.and_(placement_claim.c.placement_id == placement_id, placement_claim.c.claim_id == claim_id)
    connection.execute(sa.update(placement_claim).where(mine).values(open=True, closed_at=None))
    connection.execute(sa.update(placement).where(placement.c.id == placement_id).values(closed_at=None, outcome=None))


def update_placement(connection: sa.Connection, placement_id: str, **values: Any) -> None:
    """Store what the agency said of a placement."""
    connection.execute(sa.update(placement).where(placement.c.id == placement_id).values(**values))


def note_channel(connection: sa.Connection, placement_ids: Collection[str], channel: str) -> None:
    """Note how placements are handed over, from the first try on."""
    _CHANNEL.run(connection, ({"b_id": one, "channel": channel} for one in placement_ids))


_CHANNEL = Many(
    sa.update(placement).where(placement.c.id == sa.bindparam("b_id")).values(channel=sa.bindparam("channel")), ("b_id", "channel")
)


def freeze_revisions(connection: sa.Connection, frozen: Iterable[tuple[str, str, int]]) -> None:
    """Note which revision of which claim is handed over: placement, claim, revision."""
    names = ("b_placement_id", "b_claim_id", "revision_no")
    _FREEZE.run(connection, (dict(zip(names, row, strict=True)) for row in frozen))


_FREEZE = Many(
    sa.update(placement_claim)
    .where(placement_claim.c.placement_id == sa.bindparam("b_placement_id"), placement_claim.c.claim_id == sa.bindparam("b_claim_id"))
    .values(revision_no=sa.bindparam("revision_no")),
    ("b_placement_id", "b_claim_id", "revision_no"),
)


# The claims of a placement


def claims_of(connection: sa.Connection, placement_ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    """Return, per placement, the claims that are open in it, and the revision of each that is handed over."""
    found: dict[str, list[tuple[str, int]]] = {}
    for placement_id, claim_id, number in connection.execute(_CLAIMS_OF, {"ids": placement_ids}):
        found.setdefault(placement_id, []).append((claim_id, number))
    return found


_CLAIMS_OF = (
    sa.select(placement_claim.c.placement_id, placement_claim.c.claim_id, placement_claim.c.revision_no)
    .where(among(placement_claim.c.placement_id), placement_claim.c.open.is_(True))
    .order_by(placement_claim.c.claim_id)
)


def in_case(connection: sa.Connection, placement_id: str) -> list[str]:
    """Return the claims that the agency was given in this placement: those of the last try, or all where it was made outside."""
    query = (
        sa.select(placement_claim.c.claim_id)
        .outerjoin(instruction, _submission(placement_claim.c.placement_id))
        .where(placement_claim.c.placement_id == placement_id, _is_in_case())
        .order_by(placement_claim.c.claim_id)
    )
    return list(connection.scalars(query))


def revisions_of(connection: sa.Connection, placement_id: str) -> dict[str, int]:
    """Return the revision in which each claim was handed over, of all that are or were in the placement."""
    query = sa.select(placement_claim.c.claim_id, placement_claim.c.revision_no).where(placement_claim.c.placement_id == placement_id)
    return {row.claim_id: row.revision_no for row in connection.execute(query)}


def is_closed(connection: sa.Connection, placement_id: str) -> bool:
    """Return whether the case of a placement has ended."""
    return connection.scalar(sa.select(placement.c.closed_at).where(placement.c.id == placement_id)) is not None


def together(connection: sa.Connection, claim_ids: Collection[str], states: Collection[str]) -> list[str]:
    """Return these claims, and those in one of ``states`` that are open in the same placements."""
    other = placement_claim.alias("other")
    query = (
        sa.select(other.c.claim_id)
        .join(placement_claim, placement_claim.c.placement_id == other.c.placement_id)
        .join(claim, claim.c.id == other.c.claim_id)
        .where(
            placement_claim.c.claim_id.in_(sorted(claim_ids)),
            placement_claim.c.open.is_(True),
            other.c.open.is_(True),
            claim.c.state.in_(sorted(states)),
        )
    )
    return sorted({*claim_ids, *connection.scalars(query)})


# The placements of a claim


def open_placements(connection: sa.Connection, claim_ids: Collection[str]) -> dict[str, Open]:
    """Return the open placement per claim, where there is one."""
    query = _placed().where(placement_claim.c.claim_id.in_(sorted(claim_ids)), placement_claim.c.open.is_(True))
    return {row[0]: Open(*row[1:]) for row in connection.execute(query)}


def of_id(connection: sa.Connection, placement_id: str) -> Open:
    """Return a placement, open or not, as the first claim that is open in it has it, else its first claim."""
    query = _placed().where(placement.c.id == placement_id).order_by(placement_claim.c.open.desc(), placement_claim.c.claim_id)
    return Open(*connection.execute(query.limit(1)).one()[1:])


def matching(connection: sa.Connection, account: str, case_reference: str | None, our_reference: str | None) -> list[str]:
    """Return the placements of an account that an agency speaks of: all open ones of the case, else the newest one of it.

    Our reference is asked where no case of that reference is known.
    """
    for column, value in ((placement.c.case_reference, case_reference), (placement.c.our_reference, our_reference)):
        query = sa.select(placement.c.id, placement.c.closed_at).where(placement.c.account == account, column == value)
        found = list(connection.execute(query.order_by(placement.c.id))) if value is not None else []
        if found:
            return [row.id for row in found if row.closed_at is None] or [found[-1].id]
    return []


def of_claim_now(claim_id: sa.ColumnElement[Any]) -> sa.ScalarSelect[str]:
    """The placement of a claim in a query: that which is open, else the newest in which the agency was given the claim."""
    one = placement_claim.alias("one")
    query = (
        sa.select(one.c.placement_id)
        .outerjoin(instruction, _submission(one.c.placement_id))
        .where(one.c.claim_id == claim_id, sa.or_(one.c.open.is_(True), _is_in_case(one)))
        .order_by(one.c.open.desc(), one.c.placement_id.desc())
        .limit(1)
    )
    return query.correlate(claim_id.table).scalar_subquery()


def newest(connection: sa.Connection, claim_id: str) -> str | None:
    """Return the placement of a claim that is open, else the newest in which the agency was given it."""
    return connection.scalar(sa.select(of_claim_now(claim.c.id)).where(claim.c.id == claim_id))


def closed_placement(connection: sa.Connection, claim_id: str, case_reference: str) -> Open | None:
    """Return the newest closed placement of a claim that the agency knows under this reference."""
    query = (
        _placed()
        .where(
            placement_claim.c.claim_id == claim_id,
            placement_claim.c.open.is_(False),
            placement.c.case_reference == case_reference,
            _is_in_case(),
        )
        .order_by(placement.c.id.desc())
    )
    row = connection.execute(query).first()
    return Open(*row[1:]) if row is not None else None


def of_claim(connection: sa.Connection, claim_id: str) -> list[sa.Row[Any]]:
    """Return all placements that a claim ever had, oldest first, as far as they are about this claim.

    What the agency said of a case is left out where the claim had left before the case was sent; ``closed_at`` is when the claim left, or
    the case ended.
    """
    columns = [sa.case((_is_in_case(), c)).label(c.name) if c.name in _SAID else c for c in placement.c if c.name != "closed_at"]
    query = (
        sa.select(*columns, placement_claim.c.closed_at, placement_claim.c.open, placement_claim.c.revision_no)
        .join(placement_claim, placement_claim.c.placement_id == placement.c.id)
        .outerjoin(instruction, _submission(placement.c.id))
        .where(placement_claim.c.claim_id == claim_id)
        .order_by(placement.c.id)
    )
    return list(connection.execute(query))


_SAID = frozenset(
    {"case_reference", "agency_status", "agency_code", "status_at", "heard_at", "portal_url", "channel", "outcome", "placed_on"}
)


def followed(connection: sa.Connection, account: str, states: Collection[str], *, after: str, limit: int) -> list[str]:
    """Return the open placements of an account that have a claim in one of these states, by id."""
    has_one = (
        sa.select(placement_claim.c.claim_id)
        .join(claim, claim.c.id == placement_claim.c.claim_id)
        .where(placement_claim.c.placement_id == placement.c.id, placement_claim.c.open.is_(True), claim.c.state.in_(sorted(states)))
        .exists()
    )
    query = (
        sa.select(placement.c.id)
        .where(placement.c.account == account, placement.c.closed_at.is_(None), placement.c.id > after, has_one)
        .order_by(placement.c.id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def any_outside(connection: sa.Connection, account: str) -> bool:
    """Return whether any hand-over made outside was recorded for an account."""
    ours = sa.select(instruction.c.id).where(_submission(placement.c.id)).exists()
    query = sa.select(placement.c.id).where(placement.c.account == account, ~ours).limit(1)
    return connection.execute(query).first() is not None


def _placed() -> sa.Select[Any]:
    """Placements with their claims and submissions: the claim's id, then the columns of :class:`Open`."""
    return (
        sa.select(
            placement_claim.c.claim_id,
            placement.c.id,
            placement.c.account,
            placement.c.agency,
            placement.c.our_reference,
            placement.c.case_reference,
            placement.c.agency_status,
            placement_claim.c.revision_no,
            placement.c.placed_on,
            instruction.c.id.label("instruction_id"),
            instruction.c.state,
            placement.c.status_at,
            placement.c.heard_at,
        )
        .join(placement, placement.c.id == placement_claim.c.placement_id)
        .outerjoin(instruction, _submission(placement.c.id))
    )


def _submission(placement_id: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(instruction.c.placement_id == placement_id, instruction.c.verb == queue.SUBMIT)


def _is_in_case(inside: sa.FromClause = placement_claim) -> sa.ColumnElement[bool]:
    return sa.or_(instruction.c.id.is_(None), inside.c.attempt_no == instruction.c.attempts)
