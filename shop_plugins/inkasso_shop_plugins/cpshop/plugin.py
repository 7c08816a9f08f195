"""The shop plugin of CP::Shop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inkasso_core import (
    Asked,
    Claim,
    ClaimEvent,
    Dialect,
    Finding,
    Page,
    Reader,
    Received,
    ShopContext,
    ShopEvent,
    ShopEventKind,
    ShopPlugin,
    ShopRequest,
    Text,
    hookimpl,
    open_records,
)
from inkasso_shop_plugins.cpshop.back import ask_for_status
from inkasso_shop_plugins.cpshop.folder import examined, uploaded, watched
from inkasso_shop_plugins.cpshop.mapping import claim_of
from inkasso_shop_plugins.cpshop.settings import CPShopSettings

NOTHING_ASSERTED = Text(
    "[{section}.assertion] fehlt: der dokumentierte Export nennt weder Währung noch Fälligkeit noch alle Mahnungen. Was auf jeden Auftrag "
    "zutrifft, dort erklären; was nicht, weglassen (docs/shops/cpshop.md).",
    "[{section}.assertion] is missing: the documented export names neither currency nor due date nor all reminders. Assert there what is "
    "true of every order, and leave out what is not (docs/shops/cpshop.md).",
)
NO_CURRENCY_ASSERTED = Text(
    '[{section}.assertion] currency fehlt: ohne sie und ohne eine Spalte dafür wird jede Zeile abgelehnt, zum Beispiel currency = "EUR".',
    '[{section}.assertion] currency is missing: without it and without a column for it every row is refused; for example currency = "EUR".',
)


class CPShop(ShopPlugin[CPShopSettings]):
    """Orders that a person exported from CP::Shop as a file: the shop has no interface (``reference: shop-cpshop.md`` section 1)."""

    name = "cpshop"
    label = "CP::Shop (Contentpapst)"
    Settings = CPShopSettings
    event = ShopEventKind.EXPORT_REQUESTED
    verified = "specification read"
    documentation = "docs/shops/cpshop.md"
    assertion = "assertion"
    assertable = (
        *("currency", "kind", "subject", "contract.concluded_on", "invoice.issued_on", "due_date", "due_date_origin"),
        *("reminders", "performed"),
    )

    def open_export(self, path: str, *, settings: CPShopSettings, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open an exported table, or ``-`` for standard input. Raises ``FileRefused`` when its columns cannot be told for certain."""
        dialect = Dialect.model_validate({**dict(settings.dialect), "columns": settings.column_specs})
        return open_records(path, format="csv", dialect=dialect, skip=skip)

    def triggers(self, settings: CPShopSettings) -> Sequence[str]:
        """Return the selected statuses."""
        return settings.status

    def doubts(self, settings: CPShopSettings, section: str) -> Sequence[Text]:
        """Without an assertion, or without its currency, the documented columns make no claim."""
        if settings.assertion is None:
            return (NOTHING_ASSERTED.fill(section=section),)
        return () if settings.assertion.currency else (NO_CURRENCY_ASSERTED.fill(section=section),)

    def poll(self, context: ShopContext[CPShopSettings], asked: Asked) -> Iterator[Page]:
        """Take in what lies in the watched folder, oldest file first. Raises ``ConfigurationError`` for a folder that cannot be used."""
        yield from watched(context)

    def examine(self, context: ShopContext[CPShopSettings]) -> Iterator[Finding]:
        """Look whether the watched folder is there and can be used."""
        yield from examined(context)

    def receive(self, context: ShopContext[CPShopSettings], request: ShopRequest) -> Received:
        """Put an uploaded file into the watched folder: the next poll takes it in."""
        return uploaded(context, request)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[CPShopSettings] | None) -> None:
        """Ask a person to enter the order status that belongs to the claim's new state: the shop cannot be told by a program."""
        if context is not None:
            ask_for_status(event, context)

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim:
        """Return the claim of an exported row. Raises ``InvalidInput`` naming the column and what helps."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim:
        """Return the claim of a row that was sent by itself. Raises ``InvalidInput`` naming the column and what helps."""
        return claim_of(event, self.settings(event))
