"""The shop plugin of actindo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from inkasso_core import (
    Asked,
    Claim,
    ClaimEvent,
    Finding,
    Level,
    Page,
    Reader,
    Received,
    ShopContext,
    ShopEvent,
    ShopEventKind,
    ShopPlugin,
    ShopRequest,
    ShopSettings,
    Text,
    hookimpl,
)
from inkasso_shop_plugins.actindo import examine, files, push, query, tell
from inkasso_shop_plugins.actindo.claim import LOCKS, NAME, UNREAD, claim_of
from inkasso_shop_plugins.actindo.place import Place
from inkasso_shop_plugins.actindo.reading import Reading
from inkasso_shop_plugins.actindo.rows import claim_of_row
from inkasso_shop_plugins.actindo.settings import ActindoSettings

INVOICE_UNKNOWN = Finding(
    code="INVOICE_UNKNOWN",
    level=Level.BLOCK,
    fixed=True,
    field="invoice",
    message=Text("Rechnung: actindo hat sie noch nicht herausgegeben.", "Invoice: actindo has not given it out yet."),
    remedy=Text(
        "Sie wird von selbst gelesen, sobald es sie gibt. Bleibt es so: die Rechte des Benutzers und fields.invoice prüfen.",
        "It is read by itself as soon as it is there. If it stays so: check the user's rights and fields.invoice.",
    ),
)
LOCKED = Finding(
    code="REMINDER_LOCK",
    level=Level.BLOCK,
    fixed=True,
    field="debtor",
    message=Text("Mahnsperre: Der Kunde hat in actindo eine.", "Dunning block: the customer has one in actindo."),
    remedy=Text("Soll der Fall weitergehen, die Sperre in actindo aufheben.", "If the case is to go on, take the block away in actindo."),
)
CREDIT_UNREADABLE = Finding(
    code="CREDIT_UNREADABLE",
    level=Level.BLOCK,
    fixed=True,
    field="credits",
    message=Text("Gutschrift: Der Betrag einer Gutschrift lässt sich nicht lesen.", "Credit: the amount of a credit cannot be read."),
    remedy=Text(
        "Die Gutschrift zur Rechnung in actindo berichtigen; danach wird sie von selbst neu gelesen.",
        "Correct the invoice's credit in actindo; then it is read again by itself.",
    ),
)
_NO_LOCKS = Text(
    "[{section}.methods] customers fehlt: Mahnsperren der Kunden werden nicht gesehen.",
    "[{section}.methods] customers is missing: customers' dunning blocks are not seen.",
)
_NO_PAYMENTS = Text(
    "[{section}.fields] open_amount fehlt: Zahlungen werden nicht gesehen, und bezahlte Rechnungen blieben in der Warteschlange.",
    "[{section}.fields] open_amount is missing: payments are not seen, and paid invoices would stay in the queue.",
)
_NO_DUE_DATE = Text(
    "[{section}] weder fields.due_date noch assertion.due_days: die Fälligkeit bleibt unbekannt.",
    "[{section}] neither fields.due_date nor assertion.due_days: the due date stays unknown.",
)
_MISSING = Text(
    "[{section}] {name} fehlt: ohne das kann actindo nicht abgefragt werden.",
    "[{section}] {name} is missing: without it actindo cannot be polled.",
)


class Actindo(ShopPlugin[ActindoSettings]):
    """actindo: dunning notices over Core1, or rows of a managed query or an export of open items (``reference: shop-actindo.md``)."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = "actindo"
    Settings: ClassVar[type[ShopSettings]] = ActindoSettings
    event: ClassVar[ShopEventKind] = ShopEventKind.DUNNING_LEVEL_REACHED
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/shops/actindo.md"
    assertion: ClassVar[str | None] = "assertion"
    assertable: ClassVar[Sequence[str]] = (
        *("contract.concluded_on", "due_date", "due_date_origin", "performed", "reminders.0.deadline", "reminders.0.channel"),
    )

    def open_export(self, path: str, *, settings: ActindoSettings, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open a table, XML, or lines of JSON. Raises ``FileRefused`` where the file as a whole cannot be read."""
        return files.open_export(path, settings.files, skip)

    def triggers(self, settings: ActindoSettings) -> Sequence[str]:
        """Return the dunning levels that are handed over."""
        return [str(level) for level in range(10) if settings.reaches({level})]

    def idle_statuses(self, settings: ActindoSettings) -> Sequence[str]:
        """Return the other dunning levels."""
        return [str(level) for level in range(10) if not settings.reaches({level})]

    def doubts(self, settings: ActindoSettings, section: str) -> Sequence[Text]:
        """Return what cannot be polled, or will not be seen."""
        if not settings.reads_documents:
            return ()
        found = [_MISSING.fill(section=section, name=name) for name in settings.needed_for_documents()]
        found += [_NO_LOCKS.fill(section=section)] if settings.methods.customers is None else []
        found += [_NO_PAYMENTS.fill(section=section)] if settings.fields.open_amount is None else []
        declared = settings.assertion is not None and settings.assertion.due_days is not None
        found += [_NO_DUE_DATE.fill(section=section)] if settings.fields.due_date is None and not declared else []
        return found

    def poll(self, context: ShopContext[ActindoSettings], asked: Asked) -> Iterator[Page]:
        """Yield new notices, credits and reversals, then what open claims wait for, then the result of the query; nothing for files alone.

        Raises what :class:`~inkasso_shop_plugins.actindo.client.Core1` raises.
        """
        settings = context.settings
        place = Place.of(asked.cursor, settings.reading)
        if settings.reads_documents:
            for page in Reading(context).pages(asked, place):
                place = Place.of(page.cursor, settings.reading) if page.cursor else place
                yield page
        if settings.query is not None:
            yield from query.pages(context, settings.query, place)

    def receive(self, context: ShopContext[ActindoSettings], request: ShopRequest) -> Received:
        """Take ids of documents that changed, or the code of a permission."""
        return push.received(context, request)

    def examine(self, context: ShopContext[ActindoSettings]) -> Iterator[Finding]:
        """Ping, and look for the configured properties in a first document."""
        return examine.examine(context)

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim | None:
        """Return the claim of an invoice with its notices, or of a row. Raises ``InvalidInput`` naming what cannot be read."""
        return self._claim(event)

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim | None:
        """Return the claim of a row that was sent by itself."""
        return self._claim(event)

    def _claim(self, event: ShopEvent) -> Claim | None:
        read = claim_of if "whole" in event.payload else claim_of_row
        return read(event, self.settings(event))

    @hookimpl
    def inkasso_review_claim(self, claim: Claim, shop: str) -> Finding | None:
        """Keep a claim waiting: its invoice is not known yet, a credit cannot be read, or the customer has a dunning block."""
        if claim.invoice is None:
            return INVOICE_UNKNOWN
        marks = claim.extra.get(NAME, {})
        if marks.get(UNREAD):
            return CREDIT_UNREADABLE
        locks = marks.get("locks", ())
        return LOCKED if any(name in LOCKS for name in locks) else None

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[ActindoSettings] | None) -> None:
        """Make the calls that the merchant configured for the state; none where nothing is."""
        if context is not None and context.settings.tell:
            tell.tell(event, context)
