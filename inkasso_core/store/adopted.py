"""What was handed over by hand before: by the number of an order or an invoice, or all that was due before a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from inkasso_core.store.many import Many
from inkasso_core.store.schema import claim
from inkasso_core.store.schema_books import adopted, adopted_claim

_MANY = 500


class Adopted(NamedTuple):
    """One line of the record of earlier hand-overs. A number is kept as it is compared: see :func:`folded`."""

    id: str
    shop: str
    account: str
    order_key: str | None
    invoice_key: str | None
    due_before: dt.date | None
    """Instead of a number: all that was due before this day."""
    case_reference: str | None
    placed_on: dt.date | None
    """When it was handed over; None where only the day before which it was is known."""
    channel: str
    actor: str
    at: dt.datetime


_COLUMNS = [adopted.c[name] for name in Adopted._fields]


def folded(number: str) -> str:
    """Return a number as it is compared: without blanks around it, and whatever its case."""
    return " ".join(number.split()).casefold()


def add(connection: sa.Connection, rows: Iterable[Adopted]) -> None:
    """Store lines."""
    _ADD.run(connection, (row._asdict() for row in rows))


_ADD = Many(sa.insert(adopted), Adopted._fields)


def shops_of(connection: sa.Connection, shops: Collection[str]) -> set[str]:
    """Return those of the shops of which anything was handed over before."""
    found = (sa.select(adopted.c.shop).where(adopted.c.shop == shop, adopted.c.dropped_at.is_(None)).limit(1) for shop in sorted(shops))
    return {shop for query in found if (shop := connection.scalar(query)) is not None}


def fitting(connection: sa.Connection, shop: str, orders: Collection[str], invoices: Collection[str]) -> list[Adopted]:
    """Return the lines of a shop that name one of these orders or invoices, and those that name a day instead; oldest first."""
    counts = sa.and_(adopted.c.shop == shop, adopted.c.dropped_at.is_(None))
    asked = (  # one by one: each has an index of its own
        adopted.c.order_key.in_(sorted(orders)),
        adopted.c.invoice_key.in_(sorted(invoices)),
        adopted.c.due_before.is_not(None),
    )
    rows = (row for one in asked for row in connection.execute(sa.select(*_COLUMNS).where(counts, one)))
    return [found for _, found in sorted({row.id: Adopted(*row) for row in rows}.items())]


def taken(connection: sa.Connection, claim_ids: Collection[str]) -> set[str]:
    """Return those of the claims that were taken by a line that counts: none is so twice."""
    asked, found = sorted(claim_ids), set[str]()
    for start in range(0, len(asked), _MANY):
        query = (
            sa.select(adopted_claim.c.claim_id)
            .join(adopted, adopted.c.id == adopted_claim.c.adopted_id)
            .where(adopted_claim.c.claim_id.in_(asked[start : start + _MANY]), adopted.c.dropped_at.is_(None))
        )
        found.update(connection.scalars(query))
    return found


def taken_once(connection: sa.Connection, claim_ids: Collection[str]) -> set[str]:
    """Return those of the claims that were ever taken, also by a line that was dropped since."""
    asked, found = sorted(claim_ids), set[str]()
    for start in range(0, len(asked), _MANY):
        query = sa.select(adopted_claim.c.claim_id).where(adopted_claim.c.claim_id.in_(asked[start : start + _MANY]))
        found.update(connection.scalars(query))
    return found


def orders_of(connection: sa.Connection, line_ids: Collection[str]) -> dict[str, set[str]]:
    """Return the orders whose claims were taken by these lines, by line."""
    found: dict[str, set[str]] = {}
    for line_id, refs in claims_of(connection, line_ids).items():
        found[line_id] = {ref.partition(":")[2].split("/", 1)[0] for ref in refs}
    return found


def link(connection: sa.Connection, pairs: Iterable[tuple[str, str]], at: dt.datetime) -> None:
    """Note which claim was taken by which line: claim, line. The line that took it before, and was dropped, has it no more."""
    rows = [{"claim_id": claim_id, "adopted_id": adopted_id, "at": at} for claim_id, adopted_id in pairs]
    for start in range(0, len(rows), _MANY):
        mine = adopted_claim.c.claim_id.in_([row["claim_id"] for row in rows[start : start + _MANY]])
        connection.execute(sa.delete(adopted_claim).where(mine))
    _LINK.run(connection, rows)


_LINK = Many(sa.insert(adopted_claim), ("claim_id", "adopted_id", "at"))


class Listed(NamedTuple):
    """A line, and how many claims were taken by it."""

    line: Adopted
    claims: int


def listed(
    connection: sa.Connection, account: str | None = None, shops: Collection[str] | None = None, *, waiting: bool = False
) -> Iterator[Listed]:
    """Stream the lines that count, oldest first; ``waiting``: only those that name a number of which no shop has reported a claim."""
    count = sa.select(sa.func.count()).where(adopted_claim.c.adopted_id == adopted.c.id).correlate(adopted).scalar_subquery()
    query = sa.select(*_COLUMNS, count).where(adopted.c.dropped_at.is_(None)).order_by(adopted.c.id)
    if account is not None:
        query = query.where(adopted.c.account == account)
    if shops is not None:
        query = query.where(adopted.c.shop.in_(sorted(shops)))
    if waiting:
        query = query.where(count == 0, adopted.c.due_before.is_(None))
    rows = connection.execution_options(stream_results=True, yield_per=_MANY).execute(query)
    return (Listed(Adopted(*row[:-1]), row[-1]) for row in rows)


def drop(connection: sa.Connection, line_id: str, *, by: str, at: dt.datetime, why: str) -> Adopted | None:
    """Let a line count no more for claims to come; returns it, or None where there is none that counts."""
    row = connection.execute(sa.select(*_COLUMNS).where(adopted.c.id == line_id, adopted.c.dropped_at.is_(None))).first()
    if row is None:
        return None
    connection.execute(sa.update(adopted).where(adopted.c.id == line_id).values(dropped_at=at, dropped_by=by, dropped_why=why))
    return Adopted(*row)


def claims_of(connection: sa.Connection, line_ids: Collection[str]) -> dict[str, list[str]]:
    """Return the claims that were taken by these lines, by line: how people call them."""
    asked, found = sorted(line_ids), dict[str, list[str]]()
    for start in range(0, len(asked), _MANY):
        query = (
            sa.select(adopted_claim.c.adopted_id, claim.c.shop, claim.c.record)
            .join(claim, claim.c.id == adopted_claim.c.claim_id)
            .where(adopted_claim.c.adopted_id.in_(asked[start : start + _MANY]))
            .order_by(claim.c.shop, claim.c.record)
        )
        for line_id, shop, record in connection.execute(query):
            found.setdefault(line_id, []).append(f"{shop}:{record}")
    return found
