"""The plugin: its hooks, how an export is read, and the way to the REST API, which is loaded only where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from inkasso_core import Claim, ClaimEvent, Reader, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings, hookimpl
from inkasso_shop_plugins.plentymarkets.beside import open_orders
from inkasso_shop_plugins.plentymarkets.order import claim_of
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

if TYPE_CHECKING:
    from inkasso_core import Asked, Finding, Page, Received, ShopContext, ShopRequest


class Plentymarkets(ShopPlugin[PlentySettings]):
    """plentymarkets (PlentyONE), by its REST API, or by the order JSON of that API in files.

    Every event carries the order as it is now, so every hook builds the claim from it. All of them raise
    ``InvalidInput`` for a record that cannot be read, and pydantic's ``ValidationError`` for values no claim may have.
    """

    name: ClassVar[str] = "plentymarkets"
    label: ClassVar[str] = "plentymarkets (PlentyONE)"
    Settings: ClassVar[type[ShopSettings]] = PlentySettings
    event: ClassVar[ShopEventKind] = ShopEventKind.ORDER_STATUS_CHANGED
    reads_beside: ClassVar[bool] = True
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/shops/plentymarkets.md"

    def open_export(self, path: str, *, settings: PlentySettings, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open exported orders: one, an array, NDJSON, or pages with ``entries``.

        The files ``beside`` hold addresses and contacts; they are put into the orders that refer to them. Raises
        ``FileRefused`` for a file that cannot be read, ``InvalidInput`` for records beside that fit no order.
        """
        return open_orders(path, beside, skip)

    def triggers(self, settings: PlentySettings) -> Sequence[str]:
        """Return the order statuses that mean collection."""
        return [str(status) for status in settings.status]

    def poll(self, context: ShopContext[PlentySettings], asked: Asked) -> Iterator[Page]:
        """Read the orders that ask for collection, and what changed of those that we know."""
        from inkasso_shop_plugins.plentymarkets.poll import poll

        return poll(context, asked)

    def receive(self, context: ShopContext[PlentySettings], request: ShopRequest) -> Received:
        """Take a call of the shop's event procedure: the next poll reads the order that it names."""
        from inkasso_shop_plugins.plentymarkets.hook import receive

        return receive(context, request)

    def examine(self, context: ShopContext[PlentySettings]) -> Iterator[Finding]:
        """Look whether the shop lets us in, and has the clients, statuses and payment method that the settings name."""
        from inkasso_shop_plugins.plentymarkets.examine import examine

        return examine(context)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent, context: ShopContext[PlentySettings] | None) -> None:
        """Write back what happened: notes, and what else the settings ask for."""
        if context is not None and context.settings.writes:
            from inkasso_shop_plugins.plentymarkets.writeback import write_back

            write_back(event, context)

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim | None:
        """Return the claim of the order; not triggered where its status does not mean collection."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim | None:
        """Return the claim of the order; its status counts here, too."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_payment_received(self, event: ShopEvent) -> Claim | None:
        """Return the claim of the order with its payments."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_order_cancelled(self, event: ShopEvent) -> Claim | None:
        """Return the claim of the order, ended whatever the status says."""
        return claim_of(event, self.settings(event))
