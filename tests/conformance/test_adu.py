# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""ADU: a configured HTTP interface, the pull bridge, the neutral export. Shape and codes are the settings of this module, not ADU's."""

import os
from collections.abc import Iterator
from decimal import Decimal

import pytest

from inkasso_adapters.adu import ADUBridge, ADUExport, ADUHttp
from inkasso_core import AgencyStatus, ClaimInvalid, ClaimRejected, FeedKind
from inkasso_core.testing import (
    AgencyConformance,
    Example,
    FeedConformance,
    FileConformance,
    Reply,
    sample_claim,
    sample_debtor,
    sample_placement,
)
from inkasso_core.testing.scene import Scene

API = "https://api.adu.example"
OURS = sample_placement().our_reference
HOMELESS = sample_placement(sample_claim(debtor=sample_debtor(addresses=())))
TELLING = ("amend", "report_payment", "recall", "pause", "resume", "send_message", "send_document")
NOTED = {"message": "notiert", "size": "größer"}
SETTINGS = {
    "transport": "http",
    "url": f"{API}/claims",
    "user": "beispiel",
    "password": "geheim-4711",
    "fields": {
        "ref": "reference",
        "amount": "claims.0.total_open",
        "debtor.name": "debtor.last_name",
        "debtor.street": "debtor.address.street_line",
    },
    "answer": {
        "case_reference": "number",
        "status": "status",
        "text": "message",
        "error_code": "error.code",
        "error_fields": "error.fields",
        "case": "case",
    },
    "statuses": {"10": "submitted", "90": "closed_paid"},
    "events": {
        "items": "events",
        "cursor": "next",
        "token": "mark",
        "case_reference": "case",
        "type": "type",
        "on": "date",
        "amount": "amount",
        "status": "code",
        "text": "text",
        "kinds": {"STATUS": "status", "PAYMENT": "payment"},
    },
    "find": {"url": f"{API}/claims/{{our_reference}}"},
    "fetch_status": {"url": f"{API}/cases/{{case_reference}}"},
    "fetch_feed": {"url": f"{API}/events/{{cursor}}"},
    "acknowledge": {"url": f"{API}/events/{{token}}/read"},
    **{operation: {"url": f"{API}/cases/{{case_reference}}/{operation}"} for operation in TELLING},
}
CASE = {"number": "A-77", "status": "90", "message": "erledigt"}


class TestADUHttp(AgencyConformance):
    agency_class = ADUHttp
    settings = SETTINGS
    entry_point = "adu"
    not_secret = ("idempotency_key", "events.token")
    submit_ok = ("POST", f"{API}/claims", {"number": "A-77", "status": "10", "message": "angenommen"})
    refuse = Example(
        ("POST", f"{API}/claims", {"error": {"code": "ADDRESS", "fields": ["debtor.zip"]}}, 422),
        {"agency_code": "ADDRESS", "fields": ("debtor.zip",)},
        raises=ClaimRejected,
    )
    duplicate = Example(
        ("POST", f"{API}/claims", {"error": {"code": "DUPLICATE"}}, 409), {"agency_code": "DUPLICATE"}, raises=ClaimRejected
    )
    find = (
        Example(("GET", f"{API}/claims/{OURS}", {"case": CASE}), {"agency_reference": "A-77"}),
        Example(Reply("GET", f"{API}/claims/{OURS}", {"error": {"code": "NONE"}}, 404), None),
    )
    status = Example(("GET", f"{API}/cases/A-77", {"case": CASE}), {"status": AgencyStatus.CLOSED_PAID, "agency_status": "90"})
    examples = {
        "check": (
            Example((), None),
            Example((), raises=ClaimInvalid, given=HOMELESS),
        ),
        **{operation: Example(("POST", f"{API}/cases/A-77/{operation}", NOTED), {"agency_text": "notiert"}) for operation in TELLING},
    }


class TestADUHttpFeed(FeedConformance):
    agency_class = ADUHttp
    settings = SETTINGS
    feed_ok = (
        "GET",
        f"{API}/events/",
        {
            "events": [
                {"case": "A-77", "type": "STATUS", "code": "90", "date": "02.06.2026"},
                {"case": "A-77", "type": "PAYMENT", "amount": "1.020,51", "date": "12.05.2026"},
            ],
            "next": "c2",
            "mark": "m1",
        },
    )
    feed_expects = [
        {"kind": FeedKind.STATUS, "report.status": AgencyStatus.CLOSED_PAID},
        {"kind": FeedKind.PAYMENT, "collected.amount": Decimal("1020.51")},
    ]
    feed_ack = Reply("POST", f"{API}/events/m1/read", status=204)


class TestADUBridge(AgencyConformance):
    agency_class = ADUBridge
    entry_point = "adu"
    without_requests = "puts claims into a spool that ADU's importer fetches from, sends no request"
    settings = {"transport": "bridge", "user": "importer", "password": "geheim-geheim-1"}
    case_reference = OURS
    find = (Example((), {"agency_reference": OURS}), Example((), None, given="KIT-NEVER"))
    status = Example((), {"status": AgencyStatus.SUBMITTED, "agency_status": "spooled"})
    examples = {"check": Example((), None), "fetch_feed": Example((), {"entries": ()}), "recall": Example((), {"raw": {"withdrawn": True}})}

    @pytest.fixture(scope="class")
    @classmethod
    def scene(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
        """A spool of its own."""
        settings = {**cls.settings, "spool": os.fspath(tmp_path_factory.mktemp("spool") / "spool.db")}
        with Scene(cls.agency_class, settings) as scene:
            yield scene


class TestADUExport(FileConformance):
    agency_class = ADUExport
    entry_point = "adu"
    settings = {"transport": "export"}
    file_refuse = sample_placement(count=2, number=9)
