"""Reading documents over Core1, page by page: what is new or changed since the last poll, and what open claims wait for.

New notices, credits and reversals are found by when they were created. A page is asked for from the time of the last document on, never by
a number of documents passed over: what is inserted or removed meanwhile shifts nothing. Of each record only what the settings name is
stored; an invoice with its debtor only where a notice of a level that counts names it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from inkasso_core import Asked, ConfigurationError, NotFound, Page, Part, Reported, ShopContext
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.client import Core1, Document, any_of
from inkasso_shop_plugins.actindo.place import Place
from inkasso_shop_plugins.actindo.record import at, name_of, taken
from inkasso_shop_plugins.actindo.settings import ActindoSettings

UNLINKED = "unlinked/"
"""Before the id of a document that names no invoice: what it belongs to is not known."""
POSITIONS = "positions"
_TIME = "%Y-%m-%d %H:%M:%S"
_OF_NOTICE = ("id", "number", "date", "level", "fee", "deadline", "currency", "gross", "customer")
_OF_CREDIT = ("id", "type", "number", "date", "gross", "currency")
_OF_INVOICE = (
    *("id", "number", "date", "due_date", "gross", "open_amount", "currency", "payment_type", "payment_label", "customer"),
    *("first_name", "last_name", "company", "street", "postal_code", "city", "country", "email"),
)
STORED: Mapping[str, tuple[str, ...]] = {"notice": _OF_NOTICE, "credit": _OF_CREDIT, "reversal": _OF_CREDIT, "invoice": _OF_INVOICE}
"""What is stored of each kind of document; of credits and reversals nothing that is personal."""


class Reading:
    """One poll of one shop. Raises ``ConfigurationError`` where settings are missing without which documents cannot be read."""

    def __init__(self, context: ShopContext[ActindoSettings]) -> None:
        self.context, self.settings = context, context.settings
        if missing := self.settings.needed_for_documents():
            raise ConfigurationError(words.NOT_SET.fill(shop=context.shop, names=", ".join(missing)))
        self.core1 = Core1(context)
        self.fields = self.settings.fields
        self.paths: Mapping[str, str | None] = self.fields.model_dump()

    def pages(self, asked: Asked, place: Place) -> Iterator[Page]:
        """Yield what was asked for by name, then what is new, then what open claims wait for."""
        for ids in _chunks(asked.wanted, self.settings.limit):
            yield Page(reports=self._reports(self._by_id(ids)), read=ids)
        is_first = place.created is None
        for documents, created in self._new(self._since(place)):
            place = place.but(created=created)
            yield Page(reports=self._reports(documents), cursor=place.cursor)
        if is_first:  # whatever there is was read just now
            yield Page(cursor=place.but(created=place.created or self._since(place), reread_at=self.context.now()).cursor)
        else:
            yield from self._again(place)

    # What is new

    def _since(self, place: Place) -> str:
        """From when on documents are asked for."""
        settings = self.settings
        if place.created is None:
            start = self.context.now().astimezone(settings.timezone) - dt.timedelta(days=settings.first_days)
            return start.strftime(_TIME)
        try:
            last = dt.datetime.fromisoformat(place.created)
        except ValueError:
            return place.created  # a form of time that nobody can reckon with: at least nothing is passed over
        return (last - dt.timedelta(minutes=settings.overlap_minutes)).strftime(_TIME)

    def _new(self, since: str) -> Iterator[tuple[list[Document], str]]:
        """Yield documents that were created at ``since`` or later, in the order of that, each page with the time that it came to."""
        seen: set[str] = set()
        passed, last = 0, [""]
        while found := self._page(since, passed):
            ids = [self._id(one) for one in found]
            if ids == last:
                return  # a list that knows no `start` has been read to its end
            last, newest = ids, self._newest(found, since)
            fresh = [one for one, name in zip(found, ids, strict=True) if name not in seen]
            if newest > since:
                seen = {name for one, name in zip(found, ids, strict=True) if self._created(one) == newest}
                since, passed, last = newest, 0, [""]
            else:  # of one second there may be more than a page holds
                seen.update(ids)
                passed += len(found)
            if fresh:
                yield fresh, since

    def _newest(self, found: Sequence[Document], since: str) -> str:
        times = [self._created(one) for one in found]
        if times != sorted(times):
            path = self.fields.created
            raise ConfigurationError(words.NOT_SORTED.fill(path=path, shop=self.context.shop), field="fields.created")
        return max(since, times[-1])

    def _page(self, since: str, passed: int) -> list[Document]:
        fields = self.fields
        filters = any_of(fields.type, self.settings.types.streamed, self.settings.several)
        filters.append({"property": fields.created, "operator": ">=", "value": since})
        order = [{"field": fields.created, "order": "ASC"}, {"field": fields.id, "order": "ASC"}]
        return self._listed(filters, start=passed, sort=order)

    def _listed(self, filters: Sequence[Mapping[str, Any]], **more: Any) -> list[Document]:
        return self.core1.listed(self.settings.methods.documents, filters, serializeOptionals=optionals(self.settings), **more)

    def _id(self, document: Document) -> str:
        return name_of(document, self.fields.id) or self._lacks("id")

    def _created(self, document: Document) -> str:
        created = at(document, self.fields.created)
        return created if isinstance(created, str) and created else self._lacks("created")

    def _lacks(self, name: str) -> NoReturn:
        path = self.paths[name]
        raise ConfigurationError(words.NO_FIELD.fill(path=path, name=name, shop=self.context.shop), field=f"fields.{name}")

    # What open claims wait for

    def _again(self, place: Place) -> Iterator[Page]:
        """Read the invoices and customers of open claims again, a page at a time; a poll that was killed goes on there."""
        now = self.context.now()
        is_due = place.reread_at is None or now >= place.reread_at + dt.timedelta(minutes=self.settings.reread_minutes)
        if not is_due and not place.after:
            return
        while orders := self.context.book.open_orders(place.after, self.settings.limit):
            place = place.but(after=orders[-1])
            yield Page(reports=tuple(self._invoices(orders)), cursor=place.cursor)
        yield Page(cursor=place.but(after="", reread_at=now).cursor)

    def _by_id(self, ids: Sequence[str]) -> list[Document]:
        return self._all(ids, self.fields.id, lambda filters: self._listed(filters))

    def _customers(self, ids: Iterable[str]) -> dict[str, Document]:
        """Return the customers by id; none where the merchant named no method that lists them."""
        method, path = self.settings.methods.customers, self.settings.customer_fields.id
        if method is None:
            return {}
        found = self._all(ids, path, lambda filters: self.core1.listed(method, filters))
        return {name: one for one in found if (name := name_of(one, path)) is not None}

    def _all(self, ids: Iterable[str], path: str, ask: Callable[[list[dict[str, Any]]], list[Document]]) -> list[Document]:
        """Ask for records by their ids, some at a time; what a short page left out is asked for once more."""
        found: list[Document] = []
        for some in _chunks(tuple(dict.fromkeys(ids)), self.settings.limit):
            left = some
            while left:
                got = {
                    name: one for one in ask(any_of(path, _numbers(left), self.settings.several)) if (name := name_of(one, path)) in left
                }
                found += got.values()
                left = tuple(name for name in left if name not in got) if got else ()
        return found

    # From documents to parts

    def _reports(self, documents: Iterable[Document]) -> tuple[Reported, ...]:
        """Return the parts that a page brings: its documents, and the invoices that its notices make matter."""
        parts: list[Reported] = []
        invoices: dict[str, None] = {}
        for document in documents:
            kind, name = self._kind(document), self._id(document)
            if kind == "invoice" and self._is_known(name):
                invoices[name] = None
            elif kind is not None and kind != "invoice":
                invoice = name_of(document, self.fields.invoice or "")
                parts.append(self._part(kind, document, invoice or f"{UNLINKED}{name}"))
                if kind == "notice" and invoice is not None and self._counts(document):
                    invoices[invoice] = None
        return (*parts, *self._invoices(invoices))

    def _invoices(self, ids: Iterable[str]) -> Iterator[Reported]:
        """Yield invoices, each with its customer."""
        found = [one for one in self._by_id(tuple(ids)) if self._kind(one) == "invoice"]
        customer = {self._id(one): name_of(one, self.fields.customer) for one in found}
        customers = self._customers(name for name in customer.values() if name is not None)
        for document in found:
            name = self._id(document)
            yield self._part("invoice", document, name)
            if (record := customers.get(customer[name] or "")) is not None:
                values = taken(record, self.settings.customer_fields.model_dump())
                yield Reported(payload={"is": "customer", "values": values}, part=Part(whole=name, once=f"{name}/customer", latest=True))

    def _part(self, kind: str, document: Document, whole: str) -> Reported:
        values = taken(document, {name: self.paths[name] for name in STORED[kind]})
        payload: dict[str, Any] = {"is": kind, "values": values}
        if kind == "invoice":
            payload[POSITIONS] = self._positions(document)
        return Reported(payload=payload, part=Part(whole=whole, once=f"document/{self._id(document)}", latest=True))

    def _positions(self, document: Document) -> list[dict[str, Any]]:
        found = at(document, self.fields.positions)
        paths = {"name": self.fields.position_name, "quantity": self.fields.position_quantity}
        return [taken(one, paths) for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    def _kind(self, document: Document) -> str | None:
        written = at(document, self.fields.type)
        types: Mapping[str, tuple[str, ...]] = self.settings.types.model_dump()
        return next((kind for kind, names in types.items() if written in names), None)

    def _counts(self, notice: Document) -> bool:
        """Whether a notice is of a level that is handed over. One whose level cannot be read counts: its hook says what is wrong."""
        level = str(taken(notice, {"level": self.fields.level}).get("level", "0"))
        return not (level.isascii() and level.isdecimal()) or self.settings.reaches({int(level)})

    def _is_known(self, order: str) -> bool:
        try:
            self.context.book.claim(order)
        except NotFound:
            return False
        return True


def optionals(settings: ActindoSettings) -> list[str]:
    """Return the properties that are left out unless they are asked for: the first part of every path that leads into an object."""
    paths: list[str | None] = list(settings.fields.model_dump().values())
    inner = [path.partition(".")[0] for path in paths if path and "." in path]
    return list(dict.fromkeys([settings.fields.positions.partition(".")[0], *inner, *settings.optionals]))


def _numbers(ids: Iterable[str]) -> list[Any]:
    """Ids are numbers where they look like ones."""
    return [int(one) if one.isascii() and one.isdecimal() else one for one in ids]


def _chunks(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
