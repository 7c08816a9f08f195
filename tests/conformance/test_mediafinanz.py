# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""mediaFinanz over SOAP and over REST. The forms of answers are those of our stand-ins, as the page of the adapter says."""

from decimal import Decimal

from conformance.acme_cases import envelope

from inkasso_adapters.mediafinanz import MediafinanzRest, MediafinanzSoap
from inkasso_core import AgencyStatus, ClaimInvalid, ClaimRejected, FeedKind
from inkasso_core.testing import AgencyConformance, Example, FeedConformance, Reply

SOAP = "https://soap.mediafinanz.example/encashment"
ACCESS = {
    "client_id": 4711,
    "application_licence": "APPLIKATION-1",
    "client_licence": "Mandant2Lizenz",
    "wsdl": "reconstruction",
    "address": SOAP,
}
OVER_SOAP = {**ACCESS, "transport": "soap", "portal": "https://portal.mediafinanz.example/{case}"}
NUMBER = "40000000001"


def said(operation: str, inside: str) -> Reply:
    """An answer of the SOAP service."""
    return Reply("POST", SOAP, envelope(operation, inside), operation=operation)


PROOF = said("getPayoutList", "")
TOLD = {
    "report_payment": Example(said("bookDirectPayment", "true"), {"done": True}),
    "send_message": Example(said("sendMessage", "true"), {"done": True}),
    "fetch_messages": Example(
        said("getMessageHistory", "<item><time>2026-06-01T10:00:00</time><text>Größe?</text></item>"), [{"text": "Größe?"}]
    ),
    "fetch_ledger": Example(
        said("getClaimAccountingSummary", "<totalDebts>1114.62</totalDebts><paid>20.01</paid>"),
        {"claimed": Decimal("1114.62"), "collected": Decimal("20.01")},
    ),
    "fetch_payouts": Example(
        said("getPayoutList", "<item><total>20.01</total><date>2026-06-02</date><payoutNumber>7</payoutNumber></item>"),
        [{"amount": Decimal("20.01"), "number": "7"}],
    ),
}


class TestMediafinanzSoap(AgencyConformance):
    agency_class = MediafinanzSoap
    settings = OVER_SOAP
    entry_point = "mediafinanz"
    case_reference = NUMBER
    always = PROOF
    submit_ok = said("newClaim", f"<fileNumber>{NUMBER}</fileNumber>")
    refuse = Example(said("newClaim", "<errorList><item>E1</item></errorList>"), raises=ClaimRejected)
    status = Example(
        said("getClaimStatus", "<statusCode>10210</statusCode><statusText>Forderung von Ihnen storniert</statusText>"),
        {"status": AgencyStatus.RECALLED, "agency_status": "10210"},
    )
    examples = {
        **TOLD,
        "check": Example((), None),
        "recall": Example(said("closeClaim", "true"), {"done": False}),
    }


def _feed(second: str) -> tuple[Reply, Reply]:
    changes = f"<item><fileNumber>{NUMBER}</fileNumber><statusCode>10210</statusCode><time>2026-06-01T10:00:00</time></item>{second}"
    messages = f"<item><fileNumber>{NUMBER}</fileNumber><text>Größe?</text></item>"
    return (
        said("getClaimStatusChanges", f"<transactionId>7</transactionId><changes>{changes}</changes>"),
        said("getNewMessages", f"<transactionId>8</transactionId><messages>{messages}</messages>"),
    )


class MediafinanzFeed(FeedConformance):
    """The same feed, whichever transport was chosen."""

    feed_ok = _feed("<item><fileNumber>40000000002</fileNumber><statusCode>10299</statusCode></item>")
    feed_expects = [
        {"agency_reference": NUMBER, "report.status": AgencyStatus.RECALLED},
        {"agency_reference": "40000000002", "report.status": AgencyStatus.UNKNOWN},
        {"kind": FeedKind.MESSAGE, "text": "Größe?"},
    ]
    feed_single = _feed("")
    feed_ack = (said("commitTransaction", "true"), said("commitTransaction", "true"))


class TestMediafinanzSoapFeed(MediafinanzFeed):
    agency_class = MediafinanzSoap
    settings = OVER_SOAP


API = "https://api.mediafinanz.de/v2.2/collect/claim"
REST_NUMBER = "50000000001"
OVER_REST = {
    "transport": "rest",
    "uuid": "7d9f3c1e-0000-4000-8000-0123456789ab",
    "user": "beispiel",
    "password": "geheim-3",
    "portal": "https://portal.mediafinanz.example/{case}",
    "soap": {**ACCESS, "prove_login": False},
}
WRONG = {
    "bSuccess": False,
    "aMessage": [{"sSubject": "Notice", "sBody": "Validierung fehlgeschlagen"}],
    "aValidationResult": [{"name": "Debtor.PostalAddress.City", "code": "error_pattern"}],
}


class TestMediafinanzRest(AgencyConformance):
    agency_class = MediafinanzRest
    settings = OVER_REST
    entry_point = "mediafinanz"
    case_reference = REST_NUMBER
    submit_ok = ("PUT", f"{API}/new/", {"bSuccess": True, "aMessage": [], "az": REST_NUMBER})
    refuse = Example(("PUT", f"{API}/new/", WRONG, 400), {"agency_code": "error_pattern"}, raises=ClaimRejected)
    duplicate = Example(
        ("PUT", f"{API}/new/", {"bSuccess": False, "aMessage": [{"sKey": "error", "sValue": "bereits übergeben [DUP001]"}]}, 400),
        {"agency_code": "DUP001"},
        raises=ClaimRejected,
    )
    status = Example(
        ("GET", f"{API}/{REST_NUMBER}/status/", {"bSuccess": True, "statusCode": 10210}),
        {"status": AgencyStatus.RECALLED, "agency_status": "10210"},
    )
    examples = {
        **TOLD,
        "check": (
            Example(("PUT", f"{API}/new/", {"bSuccess": True, "aMessage": []}), None),
            Example(("PUT", f"{API}/new/", WRONG, 400), {"agency_code": "error_pattern"}, raises=ClaimInvalid),
        ),
        "recall": Example(("POST", f"{API}/{REST_NUMBER}/close/", {"bSuccess": True, "aMessage": []}), {"done": False}),
    }


class TestMediafinanzRestFeed(MediafinanzFeed):
    agency_class = MediafinanzRest
    settings = OVER_REST
