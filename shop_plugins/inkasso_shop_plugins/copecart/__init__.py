"""CopeCart: notifications of single transactions become one claim per order, product and instalment."""

from inkasso_shop_plugins.copecart.plugin import CopeCart
from inkasso_shop_plugins.copecart.settings import CopeCartSettings

__all__ = ["CopeCart", "CopeCartSettings"]
