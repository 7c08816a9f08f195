"""mediaFinanz: getting credentials, for software that registers its users (section 3.3). No part of handing claims over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn

from pydantic import Field, SecretStr

from inkasso_adapters.mediafinanz.reading import text, yes_or_no
from inkasso_adapters.mediafinanz.settings import ReconstructibleSettings, wsdl_of
from inkasso_core import Placement, SoapAgency, Text, UnsupportedOperation


class PartnerSettings(ReconstructibleSettings):
    """Access to the partner interface."""

    application_id: int = Field(gt=0)
    """The number of the registered application."""
    service_key: SecretStr
    """The application's service key, sent as it is."""
    sandbox: bool = False
    """Whether the call is a test. Public clients always send false here."""


@dataclass(frozen=True, repr=False)
class ClientRegistration:
    """A creditor who wants to become a client of the agency. What is not known is left empty."""

    partner_customer_id: str = ""
    address: str = ""
    firstname: str = ""
    lastname: str = ""
    company: str = ""
    legal_form: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    telephone: str = ""
    fax: str = ""
    email: str = ""
    homepage: str = ""
    estimated_claims: int = 0
    """Claims a month."""
    voucher: str = ""


@dataclass(frozen=True, repr=False)
class BankAccount:
    """Where the agency pays out to; all may be empty."""

    owner: str = ""
    bank_code: str = ""
    bank_name: str = ""
    account_number: str = ""
    iban: str = ""
    bic: str = ""


_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "partner_customer_id": "partnerCustomerId",
        "legal_form": "legalForm",
        "estimated_claims": "estimatedClaims",
        "bank_code": "bankCode",
        "bank_name": "bankName",
        "account_number": "accountNumber",
    }
)
"""Our field -> the agency's member, where they differ."""


class MediafinanzPartner(SoapAgency[PartnerSettings]):
    """The partner interface. It takes no claims: it leads to the credentials of an account that does."""

    name: ClassVar[str] = "mediafinanz"
    label: ClassVar[str] = "mediaFinanz GmbH"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/mediafinanz.md"
    Settings = PartnerSettings

    def __init__(self, settings: PartnerSettings) -> None:
        super().__init__(settings.model_copy(update={"wsdl": wsdl_of("partner201", settings.wsdl)}))

    def generate_registration_key(self) -> str:
        """Return a key that an existing client enters in the creditor portal, to couple this application with his account.

        Raises ``TemporarilyUnavailable`` where the agency answers with none.
        """
        answer = self.call("generateRegistrationKey", self._auth())
        key = text(answer.value)
        if key is None:
            raise self.wire.lost(False, raw=answer.raw)
        return key

    def register_client(self, client: ClientRegistration, bank: BankAccount | None = None) -> bool:
        """Ask for a new client's account; access data come by e-mail. Returns whether the agency took the request: it gives no reason."""
        answer = self.call("registerClient", self._auth(), _members(client), _members(bank or BankAccount()), commits=True)
        taken = yes_or_no(answer.value)
        if taken is None:
            raise self.wire.lost(True, raw=answer.raw)
        return taken

    def submit(self, placement: Placement) -> NoReturn:
        """Claims go over another interface: raises ``UnsupportedOperation``."""
        raise UnsupportedOperation(_NO_CLAIMS.fill(label=self.label), agency=self.name)

    def _auth(self) -> dict[str, Any]:
        key = self.settings.service_key.get_secret_value()
        return {"applicationId": self.settings.application_id, "licenceKey": key, "sandbox": self.settings.sandbox}


def _members(found: ClientRegistration | BankAccount) -> dict[str, Any]:
    return {_NAMES.get(field.name, field.name): getattr(found, field.name) for field in fields(found)}


_NO_CLAIMS = Text(
    "{label}: diese Schnittstelle nimmt keine Forderungen an.",
    "{label}: this interface takes no claims.",
)
