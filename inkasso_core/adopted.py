"""Which claims were handed over by hand before inkasso did it: found by any number that a line of the list names.

A line counts also for what no shop has reported yet, and for an invoice number that arrives later than its claim: such a claim is never
ready (:mod:`inkasso_core.assess`), and whoever takes it in notes it as handed over (:mod:`inkasso_core.adopt`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from inkasso_core.model.claim import Claim
from inkasso_core.store import adopted
from inkasso_core.store.adopted import Adopted, folded
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection

_REUSED_AFTER = dt.timedelta(days=365)
"""So long after a hand-over an order of the same number is another one."""


class Numbered(NamedTuple):
    """A claim by what people call it."""

    stored: Stored
    account: str | None
    """Which takes it by the routes: what was due before a day counts for an account."""
    record: str
    orders: frozenset[str]
    invoice: str | None
    due: dt.date | None
    ordered_on: dt.date | None


def numbered(claim: Claim, stored: Stored, account: str | None) -> Numbered:
    """Return the numbers by which a list may name the claim, and the day since when it is due, as far as the shop says so."""
    source, invoice = claim.source, claim.invoice.number if claim.invoice is not None else None
    orders = {stored.record, stored.order, source.order, source.order_number}
    return Numbered(
        stored,
        account,
        folded(stored.record),
        frozenset(folded(number) for number in orders if number),
        folded(invoice) if invoice else None,
        claim.due_date
        or (claim.invoice.issued_on if claim.invoice is not None else None)
        or (claim.contract.concluded_on if claim.contract is not None else None),
        claim.contract.concluded_on if claim.contract is not None else None,
    )


def matched(connection: Connection, claims: Iterable[Numbered]) -> dict[str, Adopted]:
    """Return, by claim, the line by which it was handed over before; claims that were taken by a line once are left out."""
    by_shop: dict[str, list[Numbered]] = {}
    for one in claims:
        by_shop.setdefault(one.stored.shop, []).append(one)
    found: dict[str, Adopted] = {}
    for shop in adopted.shops_of(connection, by_shop):
        found |= _of_shop(connection, shop, by_shop[shop])
    if not found:
        return {}
    done = adopted.taken(connection, found)
    return {claim_id: line for claim_id, line in found.items() if claim_id not in done}


def _of_shop(connection: Connection, shop: str, claims: list[Numbered]) -> dict[str, Adopted]:
    orders = {number for one in claims for number in one.orders}
    invoices = {one.invoice for one in claims if one.invoice is not None}
    lines = adopted.fitting(connection, shop, orders, invoices)
    owners = adopted.orders_of(connection, [line.id for line in lines if line.order_key is not None])
    by_number: dict[tuple[str, str], list[Adopted]] = {}
    for line in lines:
        for kind, number in (("order", line.order_key), ("invoice", line.invoice_key)):
            if number is not None:
                by_number.setdefault((kind, number), []).append(line)
    dated = [line for line in lines if line.due_before is not None]
    best = ((one.stored.id, _best(one, by_number, dated, owners)) for one in claims)
    return {claim_id: line for claim_id, line in best if line is not None}


def _best(
    one: Numbered, by_number: Mapping[tuple[str, str], list[Adopted]], dated: list[Adopted], owners: Mapping[str, set[str]]
) -> Adopted | None:
    """The line that fits best; of two that fit alike, the older one."""
    keys = [("order", number) for number in sorted(one.orders)] + ([("invoice", one.invoice)] if one.invoice is not None else [])
    fits = {line.id: line for key in keys for line in by_number.get(key, ()) if _may_mean(one, line, owners.get(line.id, set()))}
    if fits:
        return min(fits.values(), key=lambda line: (_rank(one, line), line.id))
    return next((line for line in dated if _was_due(one, line)), None)


def _may_mean(one: Numbered, line: Adopted, owners: Collection[str]) -> bool:
    """Whether a line can mean this claim at all: a number may come again as the id of another order, years later.

    Who ordered long after the day of the hand-over was not meant; where it is not so long, the day is rather a slip of the list, and what
    may be with the agency goes nowhere by itself. A line that has found its order means no other by that number.
    """
    if one.ordered_on is not None and line.placed_on is not None and one.ordered_on > line.placed_on + _REUSED_AFTER:
        return False
    by_invoice = line.invoice_key is not None and line.invoice_key == one.invoice
    return by_invoice or not owners or one.stored.order in owners


def _rank(one: Numbered, line: Adopted) -> int:
    """Both numbers, then the claim's own key, then a single number, then one of two numbers that the line names."""
    fits_order, fits_invoice = line.order_key in one.orders, line.invoice_key is not None and line.invoice_key == one.invoice
    if fits_order and fits_invoice:
        return 0
    if line.order_key == one.record:
        return 1
    return 3 if line.order_key is not None and line.invoice_key is not None else 2


def _was_due(one: Numbered, line: Adopted) -> bool:
    return one.due is not None and line.due_before is not None and one.due < line.due_before and one.account == line.account
