"""Lists of the REST API: pages in an envelope, or bare arrays (``reference: shop-plentymarkets.md`` section 2.6).

Asked for a page behind the last one, the shop may answer with another page: an answer that is not the page asked for is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from inkasso_core import TemporarilyUnavailable, Text
from inkasso_shop_plugins.plentymarkets.login import NAME
from inkasso_shop_plugins.plentymarkets.record import Node, readable

FIRST = 1
MOST_PAGES = 20_000
MOST_STALE = 3
"""Pages in a row without anything new. Where many records come in before the place that was reached, one page may hold what was seen."""

NO_PAGE = Text(
    "plentymarkets hat nicht mit einer Seite einer Liste geantwortet: es wird wieder versucht. Bleibt es so, base_url prüfen.",
    "plentymarkets did not answer with a page of a list: it is tried again. If that stays so, check base_url.",
)


def walk(fetch: Callable[[int], Any]) -> Iterator[Node]:
    """Yield the entries of all pages; ``fetch`` asks for one by its number. Raises ``TemporarilyUnavailable`` for what is no page.

    Ends with the last page, with an answer that is another page, with an empty one, and where nothing new comes any more.
    """
    seen: set[str] = set()
    stale = 0
    for number in range(FIRST, MOST_PAGES):
        answer = fetch(number)
        if isinstance(answer, list):
            yield from entries(answer)
            return
        if not isinstance(answer, dict) or not isinstance(answer.get("entries"), list):
            raise TemporarilyUnavailable(NO_PAGE, agency=NAME)
        envelope = Node(answer)
        if (envelope.integer("page") or number) != number:
            return
        found = envelope.nodes("entries")
        fresh = [entry for entry in found if _key(entry) not in seen]
        seen.update(map(_key, fresh))
        yield from fresh
        stale = 0 if fresh else stale + 1
        if not found or stale >= MOST_STALE or is_last(envelope, number):
            return


def is_last(envelope: Node, number: int) -> bool:
    """True for the last page; where the envelope does not say so, the number of the last page or of entries tells."""
    said = envelope.truth("isLastPage")
    if said is not None:
        return said
    last = envelope.integer("lastPageNumber")
    if last is not None:
        return number >= last
    size = envelope.integer("itemsPerPage")
    return size is not None and len(envelope.nodes("entries")) < size


def entries(answer: Any) -> list[Node]:
    """Return the records of an answer that holds all of them: a bare array, an envelope, or nothing."""
    found = answer.get("entries", []) if isinstance(answer, dict) else answer
    return list(Node({"entries": found if isinstance(found, list) else []}).nodes("entries"))


def _key(entry: Node) -> str:
    """Return what tells one entry from another."""
    return readable(partial(entry.text, "id", "statusId")) or str(entry.data)
