"""PNO inkasso AG, Deggendorf: claims over SOAP, HTTP, SFTP or in a file, in a shape that is set.

PNO publishes no interface. That a merchant has a contract, then a client id and a password, that claims go out and the state comes back,
and that no processing fee is due for failed collections that were handed over straight from the shop's system, are facts (``reference:
agency-pno.md`` section 2); the rest is settings. For that fee the placement records how it was handed over (``Agency.channel``).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from inkasso_adapters._table import SftpTableAgency, SftpTableSettings, TableAgency, TableAgencySettings
from inkasso_adapters._wired import ConfiguredHttp, ConfiguredHttpSettings, ConfiguredSoap, ConfiguredSoapSettings
from inkasso_core import Text, Transports

NAME, LABEL, PAGE = "pno", "PNO inkasso", "docs/agencies/pno.md"


class _PNO:
    """What is the same for every transport."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = PAGE

    def recall_notice(self, agency_reference: str) -> Text:
        """Return what a person must know before the case is taken back."""
        return _RECALL


class PNOSoapSettings(ConfiguredSoapSettings):
    """PNO over SOAP."""


class PNOSoap(_PNO, ConfiguredSoap[PNOSoapSettings]):
    """PNO over SOAP, by the WSDL that it issues."""

    Settings = PNOSoapSettings


class PNOHttpSettings(ConfiguredHttpSettings):
    """PNO over HTTP."""


class PNOHttp(_PNO, ConfiguredHttp[PNOHttpSettings]):
    """PNO over HTTP."""

    Settings = PNOHttpSettings


class PNOFileSettings(TableAgencySettings):
    """PNO by file, for a person to upload in PNO's portal."""

    transport: Literal["file"] = "file"
    """Always ``file``."""
    client_id: str = Field(min_length=1)
    """Who we are to PNO."""


class PNOFile(_PNO, TableAgency[PNOFileSettings]):
    """PNO by file."""

    verified: ClassVar[str] = "specification read"
    Settings = PNOFileSettings

    def known_of_us(self) -> dict[str, Any]:
        """Return the client id, also under the name of the default column."""
        return {"client_id": self.settings.client_id, "client_number": self.settings.client_id}


class PNOSftpSettings(SftpTableSettings):
    """PNO over SFTP."""

    transport: Literal["sftp"] = "sftp"
    """Always ``sftp``."""
    client_id: str = Field(min_length=1)
    """Who we are to PNO."""


class PNOSftp(_PNO, SftpTableAgency[PNOSftpSettings]):
    """PNO over SFTP."""

    channel: ClassVar[str] = "interface"
    Settings = PNOSftpSettings

    def known_of_us(self) -> dict[str, Any]:
        """Return the client id, also under the name of the default column."""
        return {"client_id": self.settings.client_id, "client_number": self.settings.client_id}


PNO = Transports(
    name=NAME,
    label=LABEL,
    by_transport=MappingProxyType({"soap": PNOSoap, "http": PNOHttp, "sftp": PNOSftp, "file": PNOFile}),
)

_RECALL = Text(
    "PNO inkasso hat nicht veröffentlicht, was eine Rücknahme kostet: vorher dort nachfragen.",
    "PNO inkasso has not published what taking a case back costs: ask there first.",
)
