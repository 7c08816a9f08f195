# ruff: noqa: RUF012  (class attributes are how an adapter and its conformance are declared)
"""What the authors of the three Acme adapters write to have them checked; the mutants are checked by the same."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

from conformance.acmes.file import AcmeFile
from conformance.acmes.http import Acme
from conformance.acmes.small import AcmeAgency
from conformance.acmes.soap import AcmeSoap

from inkasso_core import AgencyStatus, ClaimRejected, FeedKind
from inkasso_core.testing import (
    AgencyConformance,
    BatchConformance,
    Example,
    FeedConformance,
    FileConformance,
    Reply,
    WebhookConformance,
    sample_placement,
)

API = "https://api.acme.example/v2"
KEYS = {"api_key": "s3cr3t-value", "hook_secret": "h00k-secret"}
REFERENCE = sample_placement().our_reference


class Small(AgencyConformance):
    agency_class = AcmeAgency
    settings = {"client_id": "c1", "api_key": "s3cr3t-value"}
    submit_ok = ("POST", "https://api.acme.example/v1/cases", {"caseNo": "A-77"})


class SmallAndStatus(Small):
    status = Example(
        ("GET", "https://api.acme.example/v1/cases/A-77", {"state": "PAID"}),
        {"status": AgencyStatus.CLOSED_PAID, "agency_status": "PAID"},
    )


class Http(AgencyConformance):
    agency_class = Acme
    settings = KEYS
    submit_ok = (
        Reply("POST", f"{API}/debtors", {"id": 41}),
        Reply("POST", f"{API}/cases", {"case": "A-77", "state": "NEW", "fee": 12}),
    )
    refuse = Example(
        (Reply("POST", f"{API}/debtors", {"id": 41}), Reply("POST", f"{API}/cases", {"code": "E12", "fields": ["street"]}, 422)),
        {"agency_code": "E12", "fields": ("street",)},
        raises=ClaimRejected,
    )
    duplicate = Example(
        (Reply("POST", f"{API}/debtors", {"id": 41}), Reply("POST", f"{API}/cases", {"case": "A-77", "state": "NEW", "again": True})),
        {"agency_reference": "A-77"},
    )
    find = (
        Example(("GET", f"{API}/cases?reference={REFERENCE}", {"case": "A-77", "state": "NEW"}), {"agency_reference": "A-77"}),
        Example(Reply("GET", f"{API}/cases", status=404), None),
    )
    status = Example(
        ("GET", f"{API}/cases/A-77", {"case": "A-77", "state": "LOSS"}), {"status": AgencyStatus.CLOSED_UNPAID, "agency_status": "LOSS"}
    )
    examples = {"recall": Example(("POST", f"{API}/cases/A-77/recall", {"done": False}), {"done": False})}


EVENTS = [{"case": "A-77", "state": "PAID", "amount": 12}, {"case": "A-78", "state": "LOSS"}]


class HttpFeed(FeedConformance):
    agency_class = Acme
    settings = KEYS
    feed_ok = ("GET", f"{API}/events", {"events": EVENTS, "token": "t-9"})
    feed_expects = [
        {"kind": FeedKind.STATUS, "agency_reference": "A-77", "report.status": AgencyStatus.CLOSED_PAID},
        {"kind": FeedKind.STATUS, "agency_reference": "A-78", "report.agency_status": "LOSS"},
    ]
    feed_ack = Reply("POST", f"{API}/events/done", {})


class HttpWebhook(WebhookConformance):
    agency_class = Acme
    settings = KEYS
    body = '{"case": "A-77", "state": "PAID", "note": "Käufer zahlte"}'.encode()
    secret = "h00k-secret"
    expects = [{"agency_reference": "A-77", "report.status": AgencyStatus.CLOSED_PAID}]
    rotated = {"hook_secret": "new-h00k-secret", "old_hook_secret": "h00k-secret"}
    rotated_secrets = ("h00k-secret", "new-h00k-secret")

    def sign(self, body: bytes, secret: str, at: dt.datetime) -> Mapping[str, str]:
        seconds = str(int(at.timestamp()))
        signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Acme-Time": seconds, "Acme-Signature": signature}


def _answer(number: int, result: str = "taken") -> dict[str, str]:
    answer = {"reference": sample_placement(number=number).our_reference, "result": result}
    return {**answer, "case": f"A-{number}"} if result == "taken" else answer


class HttpBatch(BatchConformance):
    agency_class = Acme
    settings = KEYS
    batch_ok = ("POST", f"{API}/batches", {"answers": [_answer(1), _answer(2)]})
    batch_partial = ("POST", f"{API}/batches", {"answers": [_answer(1)]})
    batch_refuse = ("POST", f"{API}/batches", {"answers": [_answer(1), _answer(2, "E12")]})


def envelope(operation: str, inside: str) -> str:
    """An answer of the SOAP service."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation}Response xmlns="urn:acme"><return>{inside}</return></{operation}Response></s:Body></s:Envelope>'
    )


FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
    "<faultstring>E12</faultstring></s:Fault></s:Body></s:Envelope>"
)


class Soap(AgencyConformance):
    agency_class = AcmeSoap
    settings = {"password": "s3cr3t-value"}
    submit_ok = Reply("POST", None, envelope("newCase", "<case>A-77</case><state>10</state>"), operation="newCase")
    refuse = Example(("POST", None, FAULT, 500), {"agency_code": "Client"}, raises=ClaimRejected)
    status = Example(
        ("POST", "https://soap.acme.example/service", envelope("getCase", "<case>A-77</case><state>90</state>")),
        {"status": AgencyStatus.CLOSED_PAID, "agency_status": "90"},
    )


class SoapFeed(FeedConformance):
    agency_class = AcmeSoap
    settings = {"password": "s3cr3t-value"}
    feed_ok = (
        "POST",
        None,
        envelope("getNews", "<item><case>A-1</case><state>10</state></item><item><case>A-2</case><state>90</state></item>"),
    )
    feed_expects = [{"agency_reference": "A-1"}, {"agency_reference": "A-2", "report.status": AgencyStatus.CLOSED_PAID}]
    feed_single = ("POST", None, envelope("getNews", "<item><case>A-1</case><state>10</state></item>"))


class File(FileConformance):
    agency_class = AcmeFile
