"""The partner interface: a key for existing clients, a registration for new ones."""

from typing import Any

import pytest
from peers.mediafinanz import PARTNER_ID, SERVICE_KEY, SoapPeer
from placements import placement

from inkasso_adapters.mediafinanz import BankAccount, ClientRegistration, MediafinanzPartner, PartnerSettings
from inkasso_core import ClaimRejected, UnsupportedOperation


@pytest.fixture
def access(soap: SoapPeer) -> dict[str, Any]:
    return {"wsdl": soap.address("partner201"), "application_id": PARTNER_ID, "service_key": SERVICE_KEY}


def partner(access: dict[str, Any], **changes: Any) -> MediafinanzPartner:
    return MediafinanzPartner(PartnerSettings.model_validate({**access, **changes}))


def test_a_registration_key_is_given(access: dict[str, Any]) -> None:
    assert partner(access).generate_registration_key() == "KEY-1"


def test_a_new_client_arrives_whole(soap: SoapPeer, access: dict[str, Any]) -> None:
    client = ClientRegistration(
        partner_customer_id="77",
        company="Müßig & Söhne",
        legal_form="GmbH",
        street="Ährenweg 3",
        estimated_claims=12,
        email="a@example.org",
    )
    assert partner(access).register_client(client, BankAccount(owner="Müßig & Söhne", iban="DE00")) is True
    (arrived,) = soap.state()["partner"]["clients"]
    assert arrived["client"] == {
        **dict.fromkeys(("address", "firstname", "lastname", "postcode", "city", "telephone", "fax", "homepage", "voucher"), ""),
        "partnerCustomerId": "77",
        "company": "Müßig & Söhne",
        "legalForm": "GmbH",
        "street": "Ährenweg 3",
        "country": "DE",
        "email": "a@example.org",
        "estimatedClaims": 12,
    }
    assert (arrived["bank"]["owner"], arrived["bank"]["bankCode"]) == ("Müßig & Söhne", "")
    assert "Müßig" not in repr(client)


def test_a_no_is_a_no(soap: SoapPeer, access: dict[str, Any]) -> None:
    assert partner(access).register_client(ClientRegistration()) is False


def test_a_wrong_key_is_refused(access: dict[str, Any]) -> None:
    with pytest.raises(ClaimRejected):
        partner(access, service_key="falsch").generate_registration_key()


def test_it_takes_no_claims(access: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedOperation):
        partner(access).submit(placement())


def test_the_agencys_own_wsdl_is_the_default() -> None:
    settings = PartnerSettings(application_id=1, service_key="x")
    assert MediafinanzPartner(settings).settings.wsdl == "https://soap.mediafinanz.de/partner201.wsdl"
    assert "x" not in repr(settings.service_key)
