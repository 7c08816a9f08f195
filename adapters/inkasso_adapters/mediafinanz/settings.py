"""Settings of an account at mediaFinanz, for both transports (sections 3.1 to 3.3 and 4.1 to 4.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core import AgencySettings, AgencyStatus, HttpSettings, SoapSettings

RECONSTRUCTION = "reconstruction"
"""The value of ``wsdl`` that names the WSDL beside this module."""
SOAP_HOST = "https://soap.mediafinanz.de"
REST_PRODUCTION, REST_TEST = "https://api.mediafinanz.de/v2.2/", "https://test.api.mediafinanz.de/v2.2/"
Version = Literal["2.0.4", "2.0.1"]


def wsdl_of(name: str, setting: str | None) -> str:
    """Return where a WSDL is: what the setting says, else at the agency, by the address that public clients use (section 3.1)."""
    if setting == RECONSTRUCTION:
        return str(Path(__file__).with_name(f"{name}.wsdl"))
    return setting or f"{SOAP_HOST}/{name}.wsdl"


class ReconstructibleSettings(SoapSettings):
    """Where a SOAP service is."""

    wsdl: str | None = Field(default=None, min_length=1)
    """The address or the file of the WSDL. Left out, the agency's own address; ``reconstruction`` is the WSDL that this adapter brings,
    which is not the agency's: it serves tests, and needs ``address``."""

    @model_validator(mode="after")
    def _address(self) -> ReconstructibleSettings:
        if self.wsdl == RECONSTRUCTION and self.address is None:
            raise PydanticCustomError("address_missing", "the reconstruction of the WSDL knows no address: set `address` as well")
        return self


class SoapAccess(ReconstructibleSettings):
    """Access to the SOAP interface."""

    version: Version = "2.0.4"
    """The version of the interface."""
    client_id: int = Field(gt=0)
    """The creditor's number at the agency (Mandanten-ID)."""
    application_licence: SecretStr
    """The licence of this integration (Applikations-Lizenzschlüssel), from the agency. Those of public shop modules are not yours."""
    client_licence: SecretStr
    """The creditor's licence (Mandanten-Lizenzschlüssel), from the creditor portal."""
    prove_login: bool = True
    """Whether a call that changes nothing proves the credentials before the first claim of a process is sent."""


class CommonSettings(AgencySettings):
    """What holds for both transports."""

    sandbox: bool = False
    """Whether claims go to the agency's test: over SOAP a flag of each call, over REST another host."""
    reason_length: int = Field(default=250, ge=20, le=4000)
    """Characters of the reason, at most. One public module cuts at 250; the real limit is not published."""
    statuses: dict[str, AgencyStatus] = Field(default_factory=dict)
    """The agency's status code -> our status, for codes whose meaning the agency told you."""
    inferred_statuses: bool = False
    """Whether codes count whose meaning was only read off pictures in a shop module."""
    portal: str | None = Field(default=None, pattern=r"^https?://.*\{case\}")
    """The address of a case in the creditor portal; ``{case}`` stands for the case number."""


class MediafinanzSoapSettings(CommonSettings, SoapAccess):
    """Settings of an account that speaks SOAP."""

    transport: Literal["soap"] = "soap"
    """``soap``."""


class _Codes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class PersonTypes(_Codes):
    """``PersonType``: only the code for a man is known, from a sample; a code that is left out is not sent."""

    mr: int | None = 1
    ms: int | None = None
    company: int | None = None
    diverse: int | None = None
    unknown: int | None = None


class MeansCodes(_Codes):
    """``Communications.Means``, inferred from a sample; a code that is left out is not sent, nor is the number."""

    email: int | None = 1
    phone: int | None = 2
    mobile: int | None = 3
    fax: int | None = 4


class CatalogueNumbers(_Codes):
    """``ContractualItemCatalogueNo`` by the kind of the claim: the values are not published, so nothing is sent unless it is set."""

    goods: str | None = None
    prepaid_goods: str | None = None
    service: str | None = None


class MediafinanzRestSettings(CommonSettings, HttpSettings):
    """Settings of an account that speaks REST, version 2.2."""

    transport: Literal["rest"] = "rest"
    """``rest``."""
    base_url: str | None = Field(default=None, pattern=r"^https?://")
    """The address that paths are added to; left out, the agency's production host, or its test host with ``sandbox``."""
    uuid: SecretStr = Field(min_length=1, max_length=36)
    """The creditor's UUID, from the agency."""
    user: str = Field(min_length=1)
    """The user name, from the agency."""
    password: SecretStr
    """The password, from the agency."""
    partner_no: int | None = None
    """``PartnerNo``: the number that the agency gave to a cooperation partner."""
    validate_first: bool = False
    """Whether the agency's own check (``validate: 1``) comes before every claim: a second request, which stores nothing."""
    amount: Literal["total", "principal"] = "total"
    """What ``Claim.Amount`` holds: principal and charges, or the principal. The agency has not published which."""
    contractual_condition: int | None = None
    """``ContractualCondition``: its values are not published, so nothing is sent unless it is set."""
    person_types: PersonTypes = PersonTypes()
    """``PersonType`` by salutation."""
    means: MeansCodes = MeansCodes()
    """``Communications.Means`` by kind of contact."""
    catalogue: CatalogueNumbers = CatalogueNumbers()
    """``ContractualItemCatalogueNo`` by kind of claim."""
    soap: SoapAccess | None = None
    """Access to the SOAP interface as well, for what REST lacks."""

    @property
    def address(self) -> str:
        """The address of the interface; ends in ``/``."""
        chosen = self.base_url or (REST_TEST if self.sandbox else REST_PRODUCTION)
        return chosen.rstrip("/") + "/"

    def soap_settings(self) -> MediafinanzSoapSettings | None:
        """Return the settings of the SOAP interface: its own access, and what holds for the account."""
        if self.soap is None:
            return None
        shared = {name: getattr(self, name) for name in CommonSettings.model_fields}
        own = {name: getattr(self.soap, name) for name in SoapAccess.model_fields}
        return MediafinanzSoapSettings.model_construct(transport="soap", **shared, **own)
