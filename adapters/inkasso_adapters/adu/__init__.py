"""ADU-Inkasso (Allgemeiner Debitoren- und Inkassodienst GmbH), which publishes no interface for claims: three ways to choose from.

``export`` writes files in a layout of ours, ``http`` sends JSON to an address and in a shape that are set, ``bridge`` lets ADU's importer
pull from us as it once pulled from the shop.
"""

from inkasso_adapters.adu.bridge import ADUBridge, application
from inkasso_adapters.adu.export import ADUExport
from inkasso_adapters.adu.http import ADUHttp
from inkasso_core import Transports

__all__ = ["ADU", "ADUBridge", "ADUExport", "ADUHttp", "application"]

ADU = Transports(name="adu", label="ADU-Inkasso", by_transport={"export": ADUExport, "http": ADUHttp, "bridge": ADUBridge})
