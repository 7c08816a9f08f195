"""Reading and writing claims: by id, by the shop's key, in bulk, and as a stream, always within what the actor may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import SYSTEM, Actor, Role, State
from inkasso_core.store.among import among
from inkasso_core.store.many import Many
from inkasso_core.store.published import published
from inkasso_core.store.schema import claim, revision, tenant
from inkasso_core.store.schema import shop as shops

_MANY = 500
"""How many ids are asked for at once."""
_ENDED = tuple(s.value for s in (State.REMOVED, State.CANCELLED, State.PAID, State.CLOSED))


class Stored(NamedTuple):
    """A claim as the store knows it: no personal data."""

    id: str
    tenant: str
    shop: str
    record: str
    vendor: str | None
    debtor_id: str
    state: State
    former_state: State | None
    account: str | None
    currency: str
    principal_open: Decimal
    total_open: Decimal
    creditor: str | None
    invoice_number: str | None
    due_date: dt.date | None
    expected_on: dt.date | None
    red: tuple[str, ...]
    warnings: tuple[str, ...]
    revision_no: int
    reported: str
    digest: str
    body_id: str
    registered_at: dt.datetime
    changed_at: dt.datetime

    @property
    def ref(self) -> str:
        """How people and programs name the claim: ``shop:key``."""
        return f"{self.shop}:{self.record}"

    @property
    def order(self) -> str:
        """The key of the order that the claim belongs to."""
        return self.record.split("/", 1)[0]

    def row(self) -> dict[str, Any]:
        """Return the claim as a row of the table."""
        return {
            **self._asdict(),
            "state": self.state.value,
            "former_state": self.former_state.value if self.former_state else None,
            "red": " ".join(self.red),
            "warnings": " ".join(self.warnings),
        }


class Filter(NamedTuple):
    """What to list. Everything left out does not narrow."""

    shop: str | None = None
    states: Collection[State] = ()
    account: str | None = None
    vendor: str | None = None
    order: str | None = None
    invoice: str | None = None
    """The invoice's number."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    due_by: dt.date | None = None
    """The latest due date."""


def read(row: sa.Row[Any]) -> Stored:
    """Turn a row of the whole table into a stored claim. Four times a claim on its way to an agency, so without a dict."""
    values = list(row)
    for place, convert in _READ:
        values[place] = convert(values[place])
    return Stored(*values)


def _codes(codes: str) -> tuple[str, ...]:
    return tuple(codes.split())


_STATES: Mapping[str | None, State | None] = {state.value: state for state in State} | {None: None}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "state": _STATES.__getitem__,
    "former_state": _STATES.__getitem__,
    "red": _codes,
    "warnings": _codes,
}
_READ = tuple((list(claim.c.keys()).index(name), convert) for name, convert in _READERS.items())


def seen_by(actor: Actor) -> sa.FromClause:
    """The claims as an actor may look at them: a vendor of a marketplace as they were last published, everybody else as they are."""
    return published if actor.role is Role.VENDOR else claim


def scope(query: sa.Select[Any], actor: Actor, of: sa.FromClause = claim) -> sa.Select[Any]:
    """Narrow a query to what the actor may see."""
    if actor.tenants is not None:
        query = query.where(of.c.tenant.in_(sorted(actor.tenants)))
    if actor.vendors is not None:
        query = query.where(of.c.vendor.in_(sorted(actor.vendors)))
    return query


def by_id(connection: sa.Connection, claim_id: str, actor: Actor, *, lock: bool = False) -> Stored | None:
    """Return one claim, or None when there is none that the actor may see. ``lock`` keeps others from changing it meanwhile."""
    return _one(connection, scope(sa.select(claim).where(claim.c.id == claim_id), actor), lock)


def by_key(connection: sa.Connection, shop: str, record: str, actor: Actor, *, lock: bool = False) -> Stored | None:
    """Return one claim by the shop's key."""
    return _one(connection, scope(sa.select(claim).where(claim.c.shop == shop, claim.c.record == record), actor), lock)


def by_ids(connection: sa.Connection, ids: Collection[str], *, lock: bool = False, free: bool = False) -> list[Stored]:
    """Return many claims, in the order of their ids. ``lock`` keeps others from changing them meanwhile; ``free`` leaves out what others
    have locked."""
    query = (_FREE_BY_IDS if free else _LOCKED_BY_IDS) if lock else _BY_IDS
    return [read(row) for row in connection.execute(query, {"ids": ids})]


_BY_IDS = sa.select(claim).where(among(claim.c.id)).order_by(claim.c.id)
_LOCKED_BY_IDS, _FREE_BY_IDS = _BY_IDS.with_for_update(), _BY_IDS.with_for_update(skip_locked=True)


def debtors_of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return whose claims these are, by claim, in the order asked; what is not known is left out."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _MANY):
        query = sa.select(claim.c.id, claim.c.debtor_id).where(claim.c.id.in_(ids[start : start + _MANY]))
        found.update((row.id, row.debtor_id) for row in connection.execute(query))
    return {claim_id: found[claim_id] for claim_id in ids if claim_id in found}


def known(connection: sa.Connection, shop: str, records: Collection[str]) -> dict[str, Stored]:
    """Return which of these keys are known, locked against changes by others."""
    query = sa.select(claim).where(claim.c.shop == shop, claim.c.record.in_(sorted(records))).with_for_update()
    return {row.record: read(row) for row in connection.execute(query)}


def same_invoice(connection: sa.Connection, tenant: str, numbers: Collection[str]) -> dict[tuple[str | None, str], list[Stored]]:
    """Return the claims that bear these invoice numbers and are not ended, by creditor and number."""
    found: dict[tuple[str | None, str], list[Stored]] = {}
    for row in connection.execute(_SAME_INVOICE, {"tenant": tenant, "ids": numbers}):
        stored = read(row)
        found.setdefault((stored.creditor, stored.invoice_number or ""), []).append(stored)
    return found


_SAME_INVOICE = sa.select(claim).where(
    claim.c.tenant == sa.bindparam("tenant"), among(claim.c.invoice_number), claim.c.state.not_in(_ENDED)
)


def by_invoice(connection: sa.Connection, number: str, actor: Actor, shop: str | None = None, *, limit: int = 2) -> list[Stored]:
    """Return claims that bear this invoice number, of all that the actor may see or of one shop."""
    all_tenants = sa.select(tenant.c.name)  # the index begins with the tenant
    query = sa.select(claim).where(claim.c.tenant.in_(all_tenants), claim.c.invoice_number == number)
    if shop is not None:
        query = query.where(claim.c.shop == shop)
    return [read(row) for row in connection.execute(scope(query, actor).order_by(claim.c.shop, claim.c.record).limit(limit))]


def narrow(query: sa.Select[Any], chosen: Filter, of: sa.FromClause = claim) -> sa.Select[Any]:
    """Apply a filter."""
    tests: list[sa.ColumnElement[bool]] = []
    if chosen.shop is not None:
        tests.append(of.c.shop == chosen.shop)
    if chosen.states:
        tests.append(of.c.state.in_([state.value for state in chosen.states]))
    if chosen.account is not None:
        tests.append(of.c.account == chosen.account)
    if chosen.vendor is not None:
        tests.append(of.c.vendor == chosen.vendor)
    if chosen.order is not None:
        tests.append(sa.or_(of.c.record == chosen.order, of.c.record.startswith(f"{chosen.order}/", autoescape=True)))
    if chosen.invoice is not None:
        tests.append(of.c.invoice_number == chosen.invoice)
    if chosen.due_by is not None:
        tests.append(of.c.due_date <= chosen.due_by)
    if chosen.since is not None:
        tests.append(of.c.changed_at >= chosen.since)
    if chosen.until is not None:
        tests.append(of.c.changed_at < chosen.until)
    return query.where(*tests)


def listed(connection: sa.Connection, chosen: Filter, actor: Actor, *, limit: int | None = None) -> Iterator[Stored]:
    """Stream the claims that match, by shop and key, as the actor sees them."""
    of = seen_by(actor)
    query = narrow(scope(sa.select(of), actor, of), chosen, of).order_by(of.c.shop, of.c.record)
    if limit is not None:
        query = query.limit(limit)
    rows = connection.execution_options(stream_results=True, yield_per=500).execute(query)
    return (read(row) for row in rows)


def as_seen(connection: sa.Connection, stored: Stored, actor: Actor) -> Stored | None:
    """Return a claim as the actor sees it; None for a vendor to whom it was not published yet."""
    if actor.role is not Role.VENDOR:
        return stored
    row = connection.execute(sa.select(published).where(published.c.id == stored.id)).first()
    return read(row) if row is not None else None


def currencies_of_order(connection: sa.Connection, shop: str, order: str, *, without: str) -> tuple[str, ...]:
    """Return the currencies of an order's claims that are not ended, one of them left out."""
    query = sa.select(claim.c.currency).where(
        claim.c.shop == shop,
        claim.c.record >= f"{order}/",
        claim.c.record < f"{order}0",  # the character after the slash: all keys of the order, by the index
        claim.c.record != without,
        claim.c.state.not_in(_ENDED),
    )
    return tuple(sorted(set(connection.scalars(query))))


def held_by(connection: sa.Connection, shop: str, scope_name: str, target: str, *, actor: Actor = SYSTEM) -> list[Stored]:
    """Return the claims that a hold on this claim, order, invoice or debtor touches, ended ones left out."""
    tests = {
        "claim": claim.c.record == target,
        "invoice": sa.and_(claim.c.tenant == _tenant_of(shop), claim.c.invoice_number == target),  # by the index
        "order": sa.or_(claim.c.record == target, claim.c.record.startswith(f"{target}/", autoescape=True)),
        "debtor": claim.c.debtor_id == target,
    }
    query = sa.select(claim).where(claim.c.shop == shop, tests[scope_name], claim.c.state.not_in(_ENDED)).order_by(claim.c.id)
    return [read(row) for row in connection.execute(scope(query, actor))]


def _tenant_of(shop: str) -> sa.ScalarSelect[Any]:
    return sa.select(shops.c.tenant).where(shops.c.name == shop).scalar_subquery()


def page(connection: sa.Connection, chosen: Filter, *, after: str = "", size: int = 500, actor: Actor = SYSTEM) -> list[Stored]:
    """Return the next claims that match, by id: for steps that change what they walk over, or read their bodies besides."""
    query = narrow(scope(sa.select(claim), actor), chosen).where(claim.c.id > after).order_by(claim.c.id).limit(size)
    return [read(row) for row in connection.execute(query)]


def open_records(connection: sa.Connection, shop: str, *, after: str = "", limit: int = _MANY) -> list[str]:
    """Return the next keys of a shop's claims that have not ended, by key."""
    query = sa.select(claim.c.record).where(claim.c.shop == shop, claim.c.record > after, claim.c.state.not_in(_ENDED))
    return list(connection.scalars(query.order_by(claim.c.record).limit(limit)))


def count(connection: sa.Connection, chosen: Filter, actor: Actor) -> dict[State, int]:
    """Return how many claims there are per state, as the actor sees them."""
    of = seen_by(actor)
    query = narrow(scope(sa.select(of.c.state, sa.func.count()), actor, of), chosen, of).group_by(of.c.state)
    return {State(state): number for state, number in connection.execute(query)}


def count_overlooked(connection: sa.Connection, day: dt.date, *, before: dt.datetime | None = None) -> int:
    """Count claims that wait although their last diagnosis left no red point, or expected them to be ready by ``day``.

    ``before`` leaves out what has changed since.
    """
    tests = [claim.c.state == State.WAITING.value, sa.or_(claim.c.red == "", claim.c.expected_on <= day)]
    if before is not None:
        tests.append(claim.c.changed_at < before)
    return connection.scalar(sa.select(sa.func.count()).where(*tests)) or 0


def insert(connection: sa.Connection, rows: Iterable[Stored]) -> None:
    """Store new claims."""
    _INSERT.run(connection, (row.row() for row in rows))


def update(connection: sa.Connection, rows: Iterable[Stored]) -> None:
    """Store changed claims whole; the caller holds the write lock or the rows' locks."""
    _UPDATE.run(connection, ({**row.row(), "its_id": row.id} for row in rows))


_NEVER_CHANGE = ("id", "tenant", "shop", "record", "registered_at")
_CHANGING = tuple(name for name in Stored._fields if name not in _NEVER_CHANGE)
_INSERT = Many(sa.insert(claim), Stored._fields)
_UPDATE = Many(
    sa.update(claim).where(claim.c.id == sa.bindparam("its_id")).values({name: sa.bindparam(name) for name in _CHANGING}),
    (*_CHANGING, "its_id"),
)


def insert_revisions(connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store revisions."""
    _INSERT_REVISION.run(connection, rows)


_INSERT_REVISION = Many(sa.insert(revision), revision.c.keys())


def seen_digests(connection: sa.Connection, claim_ids: Collection[str]) -> dict[tuple[str, str], set[str]]:
    """Return, per claim and reported version, the digests of its revisions: a report seen before changes nothing."""
    if not claim_ids:
        return {}
    query = sa.select(revision.c.claim_id, revision.c.reported, revision.c.digest).where(revision.c.claim_id.in_(sorted(claim_ids)))
    found: dict[tuple[str, str], set[str]] = {}
    for claim_id, reported, digest in connection.execute(query):
        found.setdefault((claim_id, reported), set()).add(digest)
    return found


def last_revision_no(connection: sa.Connection, claim_ids: Collection[str]) -> dict[str, int]:
    """Return the highest revision number per claim, older reports included."""
    if not claim_ids:
        return {}
    query = (
        sa.select(revision.c.claim_id, sa.func.max(revision.c.no).label("last"))
        .where(revision.c.claim_id.in_(sorted(claim_ids)))
        .group_by(revision.c.claim_id)
    )
    return {row.claim_id: row.last for row in connection.execute(query)}


def body_of_revision(connection: sa.Connection, claim_id: str, number: int) -> str | None:
    """Return the id of the body of one revision."""
    return connection.scalar(sa.select(revision.c.body_id).where(revision.c.claim_id == claim_id, revision.c.no == number))


def _one(connection: sa.Connection, query: sa.Select[Any], lock: bool) -> Stored | None:
    row = connection.execute(query.with_for_update() if lock else query).first()
    return read(row) if row is not None else None
