"""A report that failed, and that a later one of the same record has made up for: it needs nobody's care any more.

Which record a failed report is about is not known: no claim came of it. So the later report shows where in the shop's own record the key
stands, and a failed one of the same kind that holds the same key in the very same places, and cannot be the newer of the two, is settled.
Where a reader could not even read the record there is nothing to compare: it waits for a person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from inkasso_core.lifecycle import SYSTEM
from inkasso_core.model.claim import Source
from inkasso_core.model.events import ShopEventKind
from inkasso_core.register import Built, Taken
from inkasso_core.store import arrivals, vault
from inkasso_core.store.arrivals import Settlement
from inkasso_core.store.engine import Connection

_WHY = "a later report of the same record was taken"
_MAKES_UP = frozenset({"registered", "revised", "repeated", "ignored"})
_PAGE, _PAGES = 100, 20
"""Failed reports that are looked at, the oldest first: where there are more, a person has to look anyway."""

Place = tuple[str | int, ...]
Leaves = list[tuple[Place, str]]


class _Shape(NamedTuple):
    """Where in the records of one kind the parts of the key stand."""

    kind: ShopEventKind
    places: tuple[Place, ...]


class _Later(NamedTuple):
    """A report that was taken."""

    reported_at: dt.datetime | None
    source: Source
    leaves: Leaves
    claim_id: str | None


Found = Mapping[_Shape, Mapping[tuple[str, ...], _Later]]


def settle(connection: Connection, shop: str, built: Iterable[Built], taken: Iterable[Taken], *, before: str, at: dt.datetime) -> None:
    """Settle what failed ``before`` (an id of then) and these reports of the shop have made up for."""
    found, after = None, ""
    for _ in range(_PAGES):
        rows = [row for row in arrivals.failed_events(connection, shop, after=after, limit=_PAGE) if row.id < before]
        found = _keys(built, taken) if rows and found is None else found
        if not rows or not found:
            return
        payloads = vault.take_stored(connection, [row.body_id for row in rows if row.body_id is not None])
        for row in rows:
            later = _made_up(row, json.loads(payloads[row.body_id]), found) if row.body_id in payloads else None
            if later is not None:
                end = Settlement(arrivals.SETTLED, SYSTEM.id, at, _WHY, later.claim_id, forgotten=True)
                arrivals.settle(connection, [row.id], end)
        after = rows[-1].id


def _keys(built: Iterable[Built], taken: Iterable[Taken]) -> Found:
    found: dict[_Shape, dict[tuple[str, ...], _Later]] = defaultdict(dict)
    for item, became in zip(built, taken, strict=True):
        if became.outcome not in _MAKES_UP or item.claim is None or item.body is None:
            continue
        source, leaves = item.claim.source, list(_leaves(json.loads(item.body)))
        parts = {str(part) for part in (source.order, source.product, source.instalment) if part is not None}
        key = [(place, text) for place, text in leaves if text in parts]
        if {text for _, text in key} == parts:
            shape = _Shape(item.inbound.kind, tuple(place for place, _ in key))
            later = _Later(item.inbound.reported_at, source, leaves, became.stored.id if became.stored else None)
            found[shape][tuple(text for _, text in key)] = later
    return found


def _made_up(row: Any, payload: Any, found: Found) -> _Later | None:
    """Return the later report of the record that failed, or None."""
    for shape, keys in found.items():
        later = keys.get(tuple(_at(payload, place) for place in shape.places)) if shape.kind.value == row.kind else None
        if later is not None and not _may_be_newer(row.reported_at, payload, later):
            return later
    return None


def _may_be_newer(reported_at: dt.datetime | None, payload: Any, later: _Later) -> bool:
    """Whether what failed may be the newer report. Where records bear neither version nor time, they count as they arrive."""
    if reported_at is not None and later.reported_at is not None:
        return reported_at > later.reported_at
    order = later.source.version if later.source.version is not None else later.source.reported_at
    if order is None:
        return False
    places = [place for place, text in later.leaves if _read(text, order) == order]
    read = [_read(_at(payload, place), order) for place in places]
    return not read or any(value is None or value > order for value in read)


def _read(text: str, like: int | dt.datetime) -> Any:
    """Read a text as a version or a time; None where it is none."""
    try:
        if isinstance(like, int):
            return int(text)
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _leaves(node: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every value of a record with its place."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, (*place, name))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, (*place, number))
    elif node is not None:
        yield place, str(node).strip()


def _at(node: Any, place: Place) -> str:
    """Return what stands at a place; nothing where there is none such."""
    for step in place:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if node is None else str(node).strip()
