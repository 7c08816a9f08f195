"""Debitura ApS, Copenhagen: its Customer API v1 (``reference: agency-apis.md`` section 6, the published OpenAPI document)."""

from inkasso_adapters.debitura.agency import Debitura
from inkasso_adapters.debitura.settings import DebituraSettings

__all__ = ["Debitura", "DebituraSettings"]
