"""Writing back into the shop what became of a claim: notes, the order's status and dunning level, payments, a blocked contact.

Each of these is a step of an event. That an event is begun stands in the order's journal before its first request leaves. One that is told
again goes on with the step where it ended: what may have been done is looked up in the shop first, or has no second effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from inkasso_core import ClaimEvent, ClaimEventKind, NotFound, OutcomeUnknown, ShopContext, TemporarilyUnavailable
from inkasso_shop_plugins.plentymarkets import booking, notes
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import Property
from inkasso_shop_plugins.plentymarkets.journal import Journal, journal
from inkasso_shop_plugins.plentymarkets.memory import Memory, Seen
from inkasso_shop_plugins.plentymarkets.party import receiver_id
from inkasso_shop_plugins.plentymarkets.record import Node
from inkasso_shop_plugins.plentymarkets.rights import READ_ORDERS, WRITE_CONTACTS, WRITE_ORDERS
from inkasso_shop_plugins.plentymarkets.settings import NOTED, WRITTEN, PlentySettings

PATIENCE = 120.0
"""Seconds: longer nobody waits for a limit while he holds an order's journal. The event is told again."""
_ABSENT = frozenset({404})


class Step(NamedTuple):
    """One thing to do for an event, and its name in the journal."""

    name: str
    do: Callable[[bool], None]
    """Does it; is told whether it may be done already."""
    is_looked_up: bool = False
    """Whether it looks in the shop itself whether it was done, so that the journal need not know."""


def write_back(event: ClaimEvent, context: ShopContext[PlentySettings]) -> None:
    """Do all that the settings ask for after an event. Raises what the client raises: then it is told again, and goes on from there."""
    if not _concerns(event, context.settings):
        return
    with journal(context.shelf, event.order) as kept:
        may_be_done = kept.was_begun(event.id) or event.tries > 0
        for step in _WriteBack(event, context, kept).steps():
            if kept.is_done(event.id, step.name):
                continue
            kept.begin(event.id)
            step.do(may_be_done)
            if not step.is_looked_up:
                kept.done(event.id, step.name)


def _concerns(event: ClaimEvent, settings: PlentySettings) -> bool:
    """Whether anything at all follows from an event: for most of them nothing is looked up."""
    if not settings.is_connected or not (event.order.isascii() and event.order.isdigit()):
        return False
    books = settings.book_payments and event.kind is ClaimEventKind.PAYMENT
    blocks = settings.block_contact and event.kind is ClaimEventKind.HANDED_OVER
    return books or blocks or _is_noted(event, settings) or bool(_changes(event, settings))


def _is_noted(event: ClaimEvent, settings: PlentySettings) -> bool:
    return settings.notes != "off" and NOTED.get(event.kind) in settings.note_events


def _changes(event: ClaimEvent, settings: PlentySettings) -> dict[str, Any]:
    """Return what is to be changed in the order after an event."""
    state = WRITTEN.get(event.kind)
    found: dict[str, Any] = {}
    if state is not None and state in settings.status_after:
        found["statusId"] = settings.status_after[state]
    if state is not None and state in settings.dunning_level_after:
        found["properties"] = [{"typeId": int(Property.DUNNING_LEVEL), "value": str(settings.dunning_level_after[state])}]
    return found


class _WriteBack:
    """What follows from one event."""

    def __init__(self, event: ClaimEvent, context: ShopContext[PlentySettings], kept: Journal) -> None:
        self._event, self._context, self._settings, self._journal = event, context, context.settings, kept
        self._client = Client(context, patience=PATIENCE)

    def steps(self) -> Iterator[Step]:
        """The money first, then what people see."""
        event, settings = self._event, self._settings
        paid = booking.paid_in(event) if settings.book_payments and event.kind is ClaimEventKind.PAYMENT else None
        if paid is not None and self._is_of_claim(paid):
            yield Step("payment", lambda _: self._book(paid))
        if _changes(event, settings):
            yield Step("order", lambda _: self._change())
        if settings.block_contact and event.kind is ClaimEventKind.HANDED_OVER and self._contact is not None:
            yield Step("block", lambda _: self._block())
        if _is_noted(event, settings):
            for kind, number in self._targets():
                yield Step(f"note:{kind}", lambda again, kind=kind, number=number: self._note(kind, number, again), True)  # type: ignore[misc]

    def _targets(self) -> Iterator[tuple[str, str]]:
        contact = self._contact if self._settings.notes != "order" else None
        if self._settings.notes != "contact" or contact is None:
            yield "order", self._event.order
        if contact is not None:
            yield "contact", contact

    def _note(self, kind: str, number: str, again: bool) -> None:
        if again and notes.is_there(self._client, kind, number, self._event.id):
            return
        notes.write(self._client, kind, number, self._text)

    @cached_property
    def _text(self) -> str:
        return notes.note(self._event, self._context.book.case(self._event.order), self._settings)

    def _change(self) -> None:
        """Change the order; what was changed for a later event stays."""
        if self._journal.is_outdated(self._event.at):
            return
        self._idempotent("PUT", f"/orders/{self._event.order}", _changes(self._event, self._settings), right=WRITE_ORDERS)
        self._journal.moved(self._event.at)

    def _block(self) -> None:
        self._idempotent("PUT", f"/accounts/contacts/{self._contact}", {"blocked": True}, right=WRITE_CONTACTS)

    def _idempotent(self, method: str, path: str, body: Any, *, right: Any) -> None:
        """Change something to what it may be already: a lost answer only means to do it again. What is not there any more is left."""
        try:
            self._client.write(method, path, body, right=right, absent=_ABSENT)
        except OutcomeUnknown as exc:
            raise TemporarilyUnavailable(exc.text, agency=exc.agency) from None

    def _is_of_claim(self, paid: booking.Paid) -> bool:
        """Whether it was paid in the claim's currency. Another one would be read back as money that the shop itself received."""
        try:
            return paid.currency == self._context.book.claim(self._event.order).currency
        except NotFound:
            return True  # what was erased meanwhile names no currency

    def _book(self, paid: booking.Paid) -> None:
        payment = booking.make(self._client, paid, self._settings, self._journal)
        booking.assign(self._client, payment, self._event.order)

    @cached_property
    def _contact(self) -> str | None:
        """The id of the order's contact; asked for only where no poll has read the order."""
        memory, order = Memory(self._context), self._event.order
        seen = memory.recall(order)
        if seen is None:
            found = self._client.get(f"/orders/{order}", [("with[]", "relations")], right=READ_ORDERS, absent=_ABSENT)
            seen = Seen(None, False, receiver_id(Node(found)) if isinstance(found, dict) else None)
            memory.keep({order: seen})
        return seen.contact
