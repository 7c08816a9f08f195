"""What the pages show of claims: plain values, read from the facade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from oscar.core.loading import get_model

from inkasso_core import Actor, Filter, Inkasso, State, Stored, state_label
from inkasso_shop_plugins.oscar.words import language

PER_PAGE = 25


class AtAgency(NamedTuple):
    """Where a claim stands at its agency."""

    account: str
    case: str
    status: str
    portal: str
    """A web address, or nothing."""


class Row(NamedTuple):
    """A claim in a list."""

    ref: str
    order: str
    number: str
    """The order's number, as the shop's people know it."""
    state: str
    currency: str
    open: Decimal
    due: dt.date | None
    expected: dt.date | None
    red: str
    warnings: str
    is_ready: bool
    placed: AtAgency | None = None


class Shown(NamedTuple):
    """One page of a list."""

    rows: list[Row]
    number: int
    more: bool

    @property
    def previous(self) -> int:
        """The number of the page before; 0 for none."""
        return self.number - 1

    @property
    def next(self) -> int:
        """The number of the page after; 0 for none."""
        return self.number + 1 if self.more else 0


def shown(ink: Inkasso, chosen: Filter, actor: Actor, page: int, *, cases: bool = False) -> Shown:
    """Return one page of the claims that are chosen; with ``cases``, where each stands at its agency."""
    first = (page - 1) * PER_PAGE
    found = list(islice(ink.claims(chosen, actor=actor), first, first + PER_PAGE + 1))
    numbers = numbers_of([one.order for one in found])
    rows = [row_of(one, numbers) for one in found[:PER_PAGE]]
    if cases:
        rows = [row._replace(placed=at_agency(ink.show(row.ref, actor=actor).placements)) for row in rows]
    return Shown(rows, page, len(found) > PER_PAGE)


def numbers_of(orders: Iterable[str]) -> dict[str, str]:
    """The numbers of orders by their keys."""
    keys = [key for key in orders if key.isdecimal()]
    return {str(pk): number for pk, number in get_model("order", "Order").objects.filter(pk__in=keys).values_list("pk", "number")}


def row_of(one: Stored, numbers: Mapping[str, str]) -> Row:
    """Return a claim as a row."""
    return Row(
        ref=one.ref,
        order=one.order,
        number=numbers.get(one.order, one.order),
        state=state_label(one.state).read(language()),
        currency=one.currency,
        open=one.total_open,
        due=one.due_date,
        expected=one.expected_on,
        red=" ".join(one.red),
        warnings=" ".join(one.warnings),
        is_ready=one.state is State.READY,
    )


def at_agency(placements: list[Any]) -> AtAgency | None:
    """Where a claim stands at its agency: the last case that it was given to; None before."""
    given = [one for one in placements if one.placed_on or one.channel]
    if not given:
        return None
    last = given[-1]
    link = last.portal_url or ""
    return AtAgency(
        account=last.account,
        case=last.case_reference or "",
        status=" · ".join(part for part in (last.agency_status, last.agency_code) if part),
        portal=link if link.startswith(("https://", "http://")) else "",
    )
