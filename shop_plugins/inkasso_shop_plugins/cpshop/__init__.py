"""CP::Shop (Contentpapst): an exported order file becomes claims."""

from inkasso_shop_plugins.cpshop.plugin import CPShop
from inkasso_shop_plugins.cpshop.settings import Assertion, CPShopSettings

__all__ = ["Assertion", "CPShop", "CPShopSettings"]
