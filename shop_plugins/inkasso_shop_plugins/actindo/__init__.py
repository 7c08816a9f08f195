"""actindo (ERP): dunning notices of a chosen level become claims, over Core1 or from files."""

from inkasso_shop_plugins.actindo.plugin import Actindo
from inkasso_shop_plugins.actindo.settings import ActindoSettings

__all__ = ["Actindo", "ActindoSettings"]
