# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""An invented interface for the adapters whose agencies publish none: what a merchant would set, and the answers to it."""

from typing import Any

from conformance.acme_cases import FAULT, envelope
from conformance.acmes.soap import AcmeSoap

from inkasso_core import AgencyStatus, ClaimInvalid, ClaimRejected
from inkasso_core.testing import (
    AgencyConformance,
    BatchConformance,
    Example,
    FeedConformance,
    Reply,
    sample_claim,
    sample_debtor,
    sample_placement,
)

API = "https://api.agency.example/v1"
OURS = sample_placement().our_reference
HOMELESS = sample_placement(sample_claim(debtor=sample_debtor(addresses=())))
TELLING = ("amend", "report_payment", "recall", "pause", "resume", "send_message")
FIELDS = {
    "ref": "reference",
    "name": "debtor.last_name",
    "street": "debtor.address.street_line",
    "amount": "claims.0.total_open",
}
CASE = {"agency_reference": "case", "status": "state", "text": "text"}
HTTP: dict[str, Any] = {
    "transport": "http",
    "base_url": API,
    "client_id": "mandant-1",
    "password": "geheim-4711",
    "status_map": {"10": "active", "90": "closed_paid"},
    "portal": "https://portal.agency.example/{agency_reference}",
    "errors": {"error_code": "code", "error_fields": "fields"},
    "operations": {
        "submit": {"path": "claims", "fields": FIELDS, "answer": {**CASE, "result": "result", "accepted": ["yes"], "rejected": ["no"]}},
        "find": {"path": "claims/{our_reference}", "answer": CASE},
        "fetch_status": {"path": "cases/{agency_reference}", "answer": CASE},
        "fetch_feed": {"path": "news", "answer": {**CASE, "items": "news", "at": "at"}},
        "fetch_ledger": {"path": "cases/{agency_reference}/ledger", "answer": {"collected": "paid", "outstanding": "open"}},
        **{operation: {"path": f"cases/{{agency_reference}}/{operation}"} for operation in TELLING},
    },
}
BATCHED: dict[str, Any] = {
    **HTTP,
    "batch_size": 5,
    "operations": {
        **HTTP["operations"],
        "submit": {
            **HTTP["operations"]["submit"],
            "list_at": "claims",
            "answer": {**HTTP["operations"]["submit"]["answer"], "items": "answers", "our_reference": "ref"},
        },
    },
}
SFTP = {"host": "sftp.agency.example", "username": "mandant-1", "password": "geheim-4711", "known_hosts": "known_hosts"}
YES = {"result": "yes", "case": "A-77", "state": "10"}


class ConfiguredHttpCase(AgencyConformance):
    """What is the same for every agency of this kind."""

    settings = HTTP
    submit_ok = ("POST", f"{API}/claims", YES)
    refuse = (
        Example(("POST", f"{API}/claims", {"code": "E12", "fields": ["street"]}, 422), {"agency_code": "E12"}, raises=ClaimRejected),
        Example(("POST", f"{API}/claims", {"result": "no"}), raises=ClaimRejected),
    )
    duplicate = Example(("POST", f"{API}/claims", {"code": "DUPLICATE"}, 409), {"agency_code": "DUPLICATE"}, raises=ClaimRejected)
    find = (
        Example(("GET", f"{API}/claims/{OURS}", {"case": "A-77", "state": "10"}), {"agency_reference": "A-77"}),
        Example(Reply("GET", f"{API}/claims/{OURS}", {"code": "none"}, 404), None),
    )
    status = Example(
        ("GET", f"{API}/cases/A-77", {"case": "A-77", "state": "90"}), {"status": AgencyStatus.CLOSED_PAID, "agency_status": "90"}
    )
    examples = {
        "check": (
            Example((), None),
            Example((), raises=ClaimInvalid, given=HOMELESS),
        ),
        "fetch_ledger": Example(("GET", f"{API}/cases/A-77/ledger", {"paid": "20,01", "open": "1.114,62"}), {"currency": "EUR"}),
        **{operation: Example(("POST", f"{API}/cases/A-77/{operation}", {"done": "ja"}), {}) for operation in TELLING},
    }


class ConfiguredFeedCase(FeedConformance):
    """Entries with status and time."""

    settings = HTTP
    feed_ok = (
        "GET",
        f"{API}/news",
        {
            "news": [
                {"case": "A-77", "state": "90", "at": "2026-06-01T10:00:00+02:00", "text": "Größe"},
                {"case": "A-78", "state": "10", "at": "2026-06-02T10:00:00+02:00"},
            ]
        },
    )
    feed_expects = [{"agency_reference": "A-77", "report.status": AgencyStatus.CLOSED_PAID}, {"report.status": AgencyStatus.ACTIVE}]


def _answer(number: int, **changes: str) -> dict[str, str]:
    return {"ref": sample_placement(number=number).our_reference, **YES, "case": f"A-{number}", **changes}


class ConfiguredBatchCase(BatchConformance):
    """A list of claims, and a list of answers."""

    settings = BATCHED
    batch_ok = ("POST", f"{API}/claims", {"answers": [_answer(1), _answer(2)]})
    batch_partial = ("POST", f"{API}/claims", {"answers": [_answer(1)]})
    batch_refuse = ("POST", f"{API}/claims", {"answers": [_answer(1), _answer(2, result="no")]})


SOAP: dict[str, Any] = {
    "transport": "soap",
    "wsdl": str(AcmeSoap.wsdl),
    "client_id": "mandant-1",
    "password": "geheim-4711",
    "client_id_at": "client",
    "status_map": {"10": "active", "90": "closed_paid"},
    "operations": {
        "submit": {
            "name": "newCase",
            "fields": {
                "reference": "reference",
                "name": "debtor.last_name",
                "street": "debtor.address.street_line",
                "item.*.invoice": "claims.*.invoice.number",
                "item.*.open": "claims.*.principal_open",
            },
            "answer": CASE,
        },
        "fetch_status": {"name": "getCase", "fields": {"case": "agency_reference"}, "answer": CASE},
    },
}


class ConfiguredSoapCase(AgencyConformance):
    """Over the WSDL of the invented agency."""

    settings = SOAP
    submit_ok = Reply("POST", None, envelope("newCase", "<case>A-77</case><state>10</state>"), operation="newCase")
    refuse = Example(("POST", None, FAULT, 500), {"agency_code": "Client"}, raises=ClaimRejected)
    status = Example(
        Reply("POST", None, envelope("getCase", "<case>A-77</case><state>90</state>"), operation="getCase"),
        {"status": AgencyStatus.CLOSED_PAID, "agency_status": "90"},
    )
    examples = {"check": Example((), None)}
