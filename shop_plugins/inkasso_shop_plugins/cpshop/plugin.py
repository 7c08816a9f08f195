"""The shop plugin of CP::Shop."""

from __future__ import annotations

from collections.abc import Sequence

from inkasso_core import Claim, Dialect, Reader, ShopEvent, ShopEventKind, ShopPlugin, hookimpl, open_records
from inkasso_shop_plugins.cpshop.mapping import claim_of
from inkasso_shop_plugins.cpshop.settings import CPShopSettings


class CPShop(ShopPlugin[CPShopSettings]):
    """Orders that a person exported from CP::Shop as a file: the shop has no interface (``reference: shop-cpshop.md`` section 1)."""

    name = "cpshop"
    label = "CP::Shop (Contentpapst)"
    Settings = CPShopSettings
    event = ShopEventKind.EXPORT_REQUESTED
    verified = "specification read"

    def open_export(self, path: str, *, settings: CPShopSettings, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open an exported table, or ``-`` for standard input. Raises ``FileRefused`` when its columns cannot be told for certain."""
        dialect = Dialect.model_validate({**dict(settings.dialect), "columns": settings.column_specs})
        return open_records(path, format="csv", dialect=dialect, skip=skip)

    @hookimpl
    def inkasso_export_requested(self, event: ShopEvent) -> Claim:
        """Return the claim of an exported row. Raises ``InvalidInput`` naming the column and what helps."""
        return claim_of(event, self.settings(event))

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim:
        """Return the claim of a row that was sent by itself. Raises ``InvalidInput`` naming the column and what helps."""
        return claim_of(event, self.settings(event))
