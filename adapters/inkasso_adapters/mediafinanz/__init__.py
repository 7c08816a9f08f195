"""mediaFinanz GmbH, Osnabrück (``reference: agency-mediafinanz.md``): REST and SOAP, chosen by the setting ``transport``.

What REST lacks goes over SOAP where an account has access to both. The upload of files is an adapter of its own, ``mediafinanz-file``.
"""

from __future__ import annotations

from inkasso_adapters.mediafinanz.partner import BankAccount, ClientRegistration, MediafinanzPartner, PartnerSettings
from inkasso_adapters.mediafinanz.rest import MediafinanzRest
from inkasso_adapters.mediafinanz.soap import HistoryEntry, MediafinanzSoap
from inkasso_core import Transports

MEDIAFINANZ = Transports(
    name="mediafinanz",
    label="mediaFinanz GmbH",
    by_transport={"rest": MediafinanzRest, "soap": MediafinanzSoap},
)

__all__ = [
    "MEDIAFINANZ",
    "BankAccount",
    "ClientRegistration",
    "HistoryEntry",
    "MediafinanzPartner",
    "MediafinanzRest",
    "MediafinanzSoap",
    "PartnerSettings",
]
