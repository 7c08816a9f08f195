"""Asking the shop what is new: what it told us to look at, what changed of orders that we know, and what is to be collected.

Killed anywhere, the next poll begins anew and passes over what was read: that is remembered once it is stored. The cursor is only the time
from which changes are looked for, and moves when all is read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from inkasso_core import Asked, NotFound, Page, Reported, ShopContext, from_json, to_json
from inkasso_shop_plugins.plentymarkets import search
from inkasso_shop_plugins.plentymarkets.children import number_of, parents_of
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import REDUCING
from inkasso_shop_plugins.plentymarkets.memory import Memory, unread
from inkasso_shop_plugins.plentymarkets.orders import Orders
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings


def poll(context: ShopContext[PlentySettings], asked: Asked) -> Iterator[Page]:
    """Yield the orders page by page. Without an address in the settings there is nothing to ask, and nothing is yielded."""
    if context.settings.is_connected:
        yield from _Poll(context, asked).pages()


class _Poll:
    """One poll under way."""

    def __init__(self, context: ShopContext[PlentySettings], asked: Asked) -> None:
        self._context, self._asked, self._settings = context, asked, context.settings
        self._client = Client(context)
        self._orders = Orders(context, self._client)
        self._memory = Memory(context)
        self._done: set[str] = set()

    def pages(self) -> Iterator[Page]:
        started = self._context.now()
        since = _since(self._asked.cursor)
        if since is None:
            yield Page(cursor=_cursor(started))  # also where this first poll is killed, changes count from here
        yield from self._wanted()
        if since is not None:
            yield from self._changed(since - dt.timedelta(minutes=self._settings.overlap_minutes))
        yield from self._triggered()
        yield Page(cursor=_cursor(started))

    def _wanted(self) -> Iterator[Page]:
        """What the shop told us to look at, whatever we know of it; ids that it does not know are done with, too."""
        yield from self._read(self._asked.wanted, wanted=True)

    def _changed(self, since: dt.datetime) -> Iterator[Page]:
        """What changed of orders that we know: payments, cancellations, and the returns and credit notes that refer to them."""
        heads = search.heads(self._client, search.changed(self._settings, since), self._settings.page_size)
        reducing = [head.id for head in heads.values() if head.kind in REDUCING]
        orders = [(head.id, head.updated) for head in heads.values() if head.kind not in REDUCING and self._knows(head.id)]
        yield from self._read([*reducing, *unread(orders, self._memory, as_trigger=False)])

    def _triggered(self) -> Iterator[Page]:
        """What is to be collected and was not read so, or has changed since."""
        today = self._context.now().astimezone(self._settings.timezone).date()
        heads = search.heads(self._client, search.triggered(self._settings, today), self._settings.page_size)
        yield from self._read(unread(((head.id, head.updated) for head in heads.values()), self._memory, as_trigger=True))

    def _read(self, ids: Iterable[str], *, wanted: bool = False) -> Iterator[Page]:
        """Read orders chunk by chunk, and after them those that a return or a credit note among them refers to.

        A return that the shop told us of is done with only when what it refers to was read.
        """
        left = [number for number in dict.fromkeys(ids) if number not in self._done]
        reducing: list[str] = []
        while left:
            chunk, left = left[: self._settings.page_size], left[self._settings.page_size :]
            self._done.update(chunk)
            found = self._orders.read(chunk)
            parents = {parent for child in found.reducing for parent in parents_of(child)} - self._done - set(left)
            left += sorted(parents)  # one that we do not know may be a return of an order that we do
            reducing += [number for child in found.reducing if (number := number_of(child))]
            done = tuple(number for number in chunk if number not in reducing) if wanted else ()
            yield Page(reports=tuple(Reported(payload=record) for record in found.records), read=done, total=len(self._done) + len(left))
            self._memory.keep(found.seen)
        if wanted and reducing:
            yield Page(read=tuple(reducing))

    def _knows(self, order: str) -> bool:
        """Whether an order ever became a claim, or was read before."""
        seen = self._memory.recall(order)
        if seen is not None and seen.updated is not None:
            return True
        try:
            self._context.book.claim(order)
        except NotFound:
            return False
        return True


def _since(cursor: str | None) -> dt.datetime | None:
    return None if cursor is None else dt.datetime.fromisoformat(from_json(cursor.encode())["since"])


def _cursor(since: dt.datetime) -> str:
    return to_json({"since": since.isoformat()}).decode()
