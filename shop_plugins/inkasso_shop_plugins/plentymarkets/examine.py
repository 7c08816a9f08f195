"""What ``inkasso doctor --online`` asks the shop: whether it lets us in, and whether it has what the settings name. Changes nothing.

A status or client that was not released for the user account looks like one that has no orders (``reference: shop-plentymarkets.md``
section 2.3), so whatever the settings name and the shop does not show is warned of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from inkasso_core import AuthenticationFailed, Finding, InkassoError, Level, ShopContext, Text
from inkasso_shop_plugins.plentymarkets import search
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.login import forget_refusal
from inkasso_shop_plugins.plentymarkets.pages import entries, walk
from inkasso_shop_plugins.plentymarkets.record import Node, identifier, plain
from inkasso_shop_plugins.plentymarkets.rights import (
    READ_CLIENTS,
    READ_DOCUMENTS,
    READ_NOTES,
    READ_ORDERS,
    READ_PAYMENTS,
    READ_STATUSES,
    WRITE_CONTACTS,
    WRITE_NOTES,
    WRITE_ORDERS,
    WRITE_PAYMENTS,
)
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

_ABSENT = frozenset({404})
_MOST_SHOWN = 60


def examine(context: ShopContext[PlentySettings]) -> Iterator[Finding]:
    """Yield what is found; nothing is asked where the settings name no address."""
    if not context.settings.is_connected:
        yield _finding("PLENTY_NOT_CONNECTED", Level.INFO, "base_url", NOT_CONNECTED, NO_NEED)
        return
    forget_refusal(context)
    client = Client(context)
    try:
        client.log_in()
    except InkassoError as exc:
        yield _finding("PLENTY_LOGIN", Level.BLOCK, "username", exc.text, CHECK_ACCOUNT)
        return
    look = _Look(context, client)
    for question in (look.clients, look.statuses, look.orders, look.documents, look.notes, look.payments):
        yield from _asked(question)
    yield from look.writing()


def _asked(question: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a question brings; a right that is missing, or no answer, is a finding, too."""
    try:
        yield from question()
    except AuthenticationFailed as exc:
        yield _finding("PLENTY_RIGHT", Level.BLOCK, "username", exc.text, GIVE_RIGHT)
    except InkassoError as exc:
        yield _finding("PLENTY_ANSWER", Level.WARN, None, exc.text, ASK_AGAIN)


class _Look:
    """The questions."""

    def __init__(self, context: ShopContext[PlentySettings], client: Client) -> None:
        self._context, self._settings, self._client = context, context.settings, client
        self._order: str | None = None
        """One that the shop showed, to ask about."""

    def clients(self) -> Iterator[Finding]:
        """The clients, and those of the settings that are none."""
        known: dict[int, str] = {}
        for node in entries(self._client.get("/webstores", right=READ_CLIENTS)):
            for number in (node.integer("storeIdentifier"), node.integer("id")):
                if number is not None:
                    known.setdefault(number, node.text("name") or "")
        shown = {number: name for number, name in known.items() if number in self._settings.plenty_ids or not self._settings.plenty_ids}
        yield _finding("PLENTY_CLIENTS", Level.INFO, "plenty_ids", CLIENTS.fill(clients=_list(shown)), NO_NEED)
        for number in self._settings.plenty_ids:
            if number not in known:
                yield _finding("PLENTY_CLIENT", Level.WARN, "plenty_ids", NO_CLIENT.fill(client=number), RELEASE_CLIENT)

    def statuses(self) -> Iterator[Finding]:
        """The statuses that the account sees, and those of the settings that it does not."""
        known: dict[Decimal, str] = {}
        for node in walk(lambda page: self._statuses(page)):
            number = node.number("statusId")
            if number is not None:
                known[number] = _name(node)
        settings = self._settings
        chosen = {number: name for number, name in known.items() if any(one.covers(number) for one in settings.status)}
        yield _finding("PLENTY_STATUSES", Level.INFO, "status", STATUSES.fill(statuses=_list(chosen), count=len(known)), NO_NEED)
        for status in settings.status:
            if not any(status.covers(number) for number in known):
                yield _finding("PLENTY_STATUS", Level.WARN, "status", NO_STATUS.fill(status=status), RELEASE_STATUS)
        for after in sorted(set(settings.status_after.values()) - set(known)):
            yield _finding("PLENTY_STATUS", Level.WARN, "status_after", NO_STATUS.fill(status=plain(after)), RELEASE_STATUS)

    def _statuses(self, page: int) -> Any:
        params = [("page", str(page)), ("itemsPerPage", "100"), ("language", self._settings.note_language)]
        return self._client.get("/orders/statuses", params, right=READ_STATUSES)

    def orders(self) -> Iterator[Finding]:
        """How many orders wait for collection."""
        today = self._context.now().astimezone(self._settings.timezone).date()
        params = [("page", "1"), ("itemsPerPage", "1"), ("sortBy", "orderId"), ("sortOrder", "asc")]
        answer = self._client.search(search.PATH, params, search.triggered(self._settings, today), right=READ_ORDERS)
        found = entries(answer)
        self._order = identifier(found[0], "id") if found else None
        count = Node(answer).integer("totalsCount") if isinstance(answer, dict) else len(found)
        yield _finding("PLENTY_ORDERS", Level.INFO, "status", ORDERS.fill(count=count or 0), NO_NEED)

    def documents(self) -> Iterator[Finding]:
        """Whether documents may be read, where the settings ask for any."""
        if self._settings.documents and self._order:
            params = [("page", "1"), ("itemsPerPage", "1")]
            self._client.get(f"/orders/{self._order}/documents", params, right=READ_DOCUMENTS, absent=_ABSENT)
        yield from ()

    def notes(self) -> Iterator[Finding]:
        """Whether notes may be read: they are, before one is written that may be there."""
        if self._settings.notes != "off" and self._order:
            self._client.get(f"/comments/order/{self._order}", right=READ_NOTES, absent=_ABSENT)
        yield from ()

    def payments(self) -> Iterator[Finding]:
        """Whether payments may be read, and the payment method for new ones is known."""
        if not self._settings.book_payments:
            return
        method = self._settings.booking_method
        known = [node.integer("id") for node in entries(self._client.get("/payments/methods", right=READ_PAYMENTS))]
        if method not in known:
            yield _finding("PLENTY_METHOD", Level.WARN, "booking_method", NO_METHOD.fill(method=method), CHOOSE_METHOD)

    def writing(self) -> Iterator[Finding]:
        """The rights that show only when they are used."""
        settings = self._settings
        needed = {
            WRITE_NOTES: settings.notes != "off",
            WRITE_ORDERS: bool(settings.status_after or settings.dunning_level_after),
            WRITE_PAYMENTS: settings.book_payments,
            WRITE_CONTACTS: settings.block_contact,
        }
        rights = [right for right, is_needed in needed.items() if is_needed]
        if rights:
            text = Text(
                UNTESTED.de.format(rights=", ".join(right.de for right in rights)),
                UNTESTED.en.format(rights=", ".join(right.en for right in rights)),
            )
            yield _finding("PLENTY_UNTESTED", Level.INFO, "username", text, NO_NEED)


def _name(node: Node) -> str:
    """Return the name of a status: how ``names`` is built is not published, so whatever text it holds."""
    names = node.get("names")
    if isinstance(names, dict):
        return next((str(name) for name in names.values() if isinstance(name, str)), "")
    return names if isinstance(names, str) else ""


def _list(found: dict[Any, str]) -> str:
    shown = [f"{plain(Decimal(number))} {name}".strip() for number, name in sorted(found.items())]
    return ", ".join(shown[:_MOST_SHOWN]) + (" …" if len(shown) > _MOST_SHOWN else "") if shown else "–"


def _finding(code: str, level: Level, field: str | None, message: Text, remedy: Text) -> Finding:
    return Finding(code, level, fixed=False, field=field, message=message, remedy=remedy)


NOT_CONNECTED = Text(
    "Die Einstellungen nennen keine base_url: der Shop wird nicht gefragt, Aufträge kommen aus Dateien.",
    "The settings name no base_url: the shop is not asked, orders come in files.",
)
NO_NEED = Text("Nichts zu tun.", "Nothing to do.")
CHECK_ACCOUNT = Text("base_url und die Zugangsdaten in den Einstellungen prüfen.", "Check base_url and the credentials in the settings.")
GIVE_RIGHT = Text("Das Recht in der Rolle des Benutzers im Shop setzen.", "Set the right in the user's role in the shop.")
ASK_AGAIN = Text("Später noch einmal prüfen.", "Examine it again later.")
CLIENTS = Text("Mandanten: {clients}", "Clients: {clients}")
NO_CLIENT = Text(
    "Der Mandant {client} aus plenty_ids ist für das Benutzerkonto nicht zu sehen.",
    "The client {client} of plenty_ids cannot be seen by the user account.",
)
RELEASE_CLIENT = Text(
    "Die ID prüfen und den Mandanten für das Konto freigeben: sonst kommen von ihm keine Aufträge.",
    "Check the id and release the client for the account: else no orders of it come.",
)
STATUSES = Text(
    "Auftragsstatus, die Inkasso bedeuten: {statuses} (von {count} sichtbaren)",
    "Order statuses that mean collection: {statuses} (of {count} visible)",
)
NO_STATUS = Text(
    "Den Auftragsstatus {status} sieht das Benutzerkonto nicht: es gibt ihn nicht, oder er ist nicht freigegeben.",
    "The user account does not see the order status {status}: there is none, or it is not released.",
)
RELEASE_STATUS = Text(
    "Den Status anlegen oder für das Konto freigeben: bis dahin sieht es aus, als gäbe es keine Aufträge.",
    "Make the status, or release it for the account: until then it looks as if there were no orders.",
)
ORDERS = Text("Aufträge, die Inkasso verlangen: {count}", "Orders that ask for collection: {count}")
NO_METHOD = Text(
    "Die Zahlungsart {method} (booking_method) gibt es im Shop nicht.", "There is no payment method {method} (booking_method) in the shop."
)
CHOOSE_METHOD = Text("Eine Zahlungsart des Shops nennen.", "Name a payment method of the shop.")
UNTESTED = Text(
    "Diese Rechte zeigen sich erst beim Schreiben, geprüft sind sie nicht: {rights}",
    "These rights show only when something is written and were not tested: {rights}",
)
