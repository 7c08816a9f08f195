"""The plugin: its hooks, and how an export is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from inkasso_core import Claim, Reader, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings, hookimpl
from inkasso_shop_plugins.plentymarkets.beside import open_orders
from inkasso_shop_plugins.plentymarkets.order import claim_of
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings


class Plentymarkets(ShopPlugin[PlentySettings]):
    """plentymarkets (PlentyONE), by the order JSON of its REST API.

    Every event carries the order as it is now, so every hook builds the claim from it. All of them raise
    ``InvalidInput`` for a record that cannot be read, and pydantic's ``ValidationError`` for values no claim may have.
    """

    name: ClassVar[str] = "plentymarkets"
    label: ClassVar[str] = "plentymarkets (PlentyONE)"
    Settings: ClassVar[type[ShopSettings]] = PlentySettings
    event: ClassVar[ShopEventKind] = ShopEventKind.ORDER_STATUS_CHANGED
    reads_beside: ClassVar[bool] = True
    verified: ClassVar[str] = "specification read"
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
