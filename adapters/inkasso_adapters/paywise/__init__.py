"""paywise GmbH: the Case Management API v2. See :mod:`~inkasso_adapters.paywise.agency`."""

from inkasso_adapters.paywise.agency import Paywise
from inkasso_adapters.paywise.settings import PaywiseSettings

__all__ = ["Paywise", "PaywiseSettings"]
