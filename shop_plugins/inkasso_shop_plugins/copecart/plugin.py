"""The shop plugin of CopeCart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inkasso_core import (
    Claim,
    ClaimEvent,
    ClaimEventKind,
    Finding,
    InvalidInput,
    Level,
    NotFound,
    Reader,
    Received,
    ShopContext,
    ShopEvent,
    ShopEventKind,
    ShopPlugin,
    ShopRequest,
    Text,
    hookimpl,
)
from inkasso_shop_plugins.copecart import receiving, statuses
from inkasso_shop_plugins.copecart.claim import claim_of
from inkasso_shop_plugins.copecart.lists import listed_claim, open_list
from inkasso_shop_plugins.copecart.settings import CopeCartSettings


class CopeCart(ShopPlugin[CopeCartSettings]):
    """CopeCart, by the notifications (IPN) of its vendors, or by their lists. It has no interface to write to.

    A notification tells of one transaction. What is known of one payment of an order is one claim, or none (``claim.py``).
    """

    name = "copecart"
    label = "CopeCart"
    Settings = CopeCartSettings
    event = ShopEventKind.EXPORT_REQUESTED
    verified = "stand-in"
    documentation = "docs/shops/copecart.md"
    assertion = "terms"
    assertable = (*("kind", "invoice.number", "invoice.issued_on", "due_date", "due_date_origin", "reminders", "performed"),)

    def open_export(self, path: str, *, settings: CopeCartSettings, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open a vendor's list (CSV), or ``-`` for standard input. Raises ``FileRefused`` when its columns cannot be told for certain."""
        return open_list(path, settings, skip)

    def receive(self, context: ShopContext[CopeCartSettings], request: ShopRequest) -> Received:
        """Take a notification; a vendor's comes to the shop's address with his id behind it. Answered with ``OK`` once it is stored.

        Raises ``DeliveryRefused`` for a wrong signature, ``InvalidInput`` for what is no notification.
        """
        return receiving.receive(context.settings, request)

    def idle_statuses(self, settings: CopeCartSettings) -> Sequence[str]:
        """Return what a rate is called that is no claim."""
        return statuses.idle()

    def doubts(self, settings: CopeCartSettings, section: str) -> Sequence[Text]:
        """Without a secret nothing can be received; without terms no claim has a due date."""
        has_secret = settings.secret or any(vendor.secret for vendor in settings.vendors.values())
        found = [] if has_secret or settings.lists.whole_orders else [_NO_SECRET]
        bare = [name for name, vendor in settings.vendors.items() if not vendor.secret and not settings.secret and has_secret]
        found += [_VENDOR_WITHOUT.fill(section="{section}", vendor=name) for name in bare[:_TOLD]]
        found += [] if settings.terms is not None else [_NO_TERMS]
        return [Text(text.de.replace("{section}", section), text.en.replace("{section}", section)) for text in found]

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim | None:
        """Return the claim of all notifications of one rate, or of a row of a list. Raises ``InvalidInput`` saying what is wrong."""
        if "parts" in event.payload or "whole" in event.payload:
            return claim_of(event.payload, self.settings(event))
        if "event_type" in event.payload:
            raise InvalidInput(_SINGLE, field="event_type", reason="SINGLE_NOTIFICATION")
        return listed_claim(event, self.settings(event))

    @hookimpl
    def inkasso_review_claim(self, claim: Claim, shop: str) -> Finding | None:
        """Warn of a claim for which no row of the routing table fits: a person is to decide."""
        if not (claim.source.status or "").endswith(statuses.UNSTATED):
            return None
        return Finding("RULE_NOT_PUBLISHED", Level.WARN, False, "source.status", _NO_RULE, _RULE_REMEDY)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[Any] | None) -> None:
        """Ask a person to cancel the plan of payments where the table says so; else nothing: nothing can be written to the platform."""
        if context is None or event.kind not in _BEGINS:
            return
        try:
            source = context.book.claim(event.order).source
        except NotFound:
            return
        if source.triggered and (source.status or "").endswith(statuses.CANCEL_PLAN):
            context.desk.ask(event.order, f"cancel-plan/{source.order}/{source.product}", _CANCEL_PLAN.fill(order=source.order))


_BEGINS = frozenset({ClaimEventKind.REGISTERED, ClaimEventKind.REVISED})
_TOLD = 5
_NO_SECRET = Text(
    "[{section}] secret fehlt, auch bei den vendors: keine Benachrichtigung kann angenommen werden. Das Geheimnis der "
    'IPN-Einstellungen eintragen, am besten secret = { env = "COPECART_SECRET" } (docs/shops/copecart.md).',
    "[{section}] secret is missing, for the vendors, too: no notification can be taken. Enter the secret of the IPN settings, preferably "
    'secret = { env = "COPECART_SECRET" } (docs/shops/copecart.md).',
)
_VENDOR_WITHOUT = Text(
    "[{section}.vendors.{vendor}] secret fehlt, und der Shop hat keines: an die Adresse dieses Verkäufers kommt nichts an.",
    "[{section}.vendors.{vendor}] secret is missing, and the shop has none: nothing is taken at this vendor's address.",
)
_NO_TERMS = Text(
    "[{section}.terms] fehlt: keine Benachrichtigung nennt eine Fälligkeit oder eine Mahnung, und ohne sie wird keine Forderung bereit. "
    "Was auf jeden Auftrag zutrifft, dort erklären (docs/shops/copecart.md).",
    "[{section}.terms] is missing: no notification names a due date or a reminder, and without them no claim gets ready. Assert there what "
    "is true of every order (docs/shops/copecart.md).",
)
_SINGLE = Text(
    "Eine einzelne Benachrichtigung ist noch keine Forderung: sie gehört an die Adresse des Shops (`inkasso serve`), mit Unterschrift.",
    "A single notification is no claim yet: it belongs to the shop's own address (`inkasso serve`), with its signature.",
)
_NO_RULE = Text(
    "Weiterleitung: Für diese Zahlung ist keine Regel veröffentlicht und keine eingestellt.",
    "Routing: no rule is published for this payment, and none is set.",
)
_RULE_REMEDY = Text(
    "Bewusst von Hand freigeben, oder in den Einstellungen des Shops unter routing eine Zeile dafür eintragen.",
    "Release it by hand on purpose, or enter a row for it in the shop's settings under routing.",
)
_CANCEL_PLAN = Text(
    "Auftrag {order}: bitte den Zahlungsplan auf der Plattform kündigen, damit nichts mehr abgebucht wird.",
    "Order {order}: please cancel the payment plan on the platform, so that nothing is debited any more.",
)
