"""plentymarkets (PlentyONE): the order JSON of its REST API becomes a claim."""

from inkasso_shop_plugins.plentymarkets.plugin import Plentymarkets
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

__all__ = ["PlentySettings", "Plentymarkets"]
