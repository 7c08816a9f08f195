# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""Debitura: case, look-ups, chat, feed of changes, signed webhooks."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal

from inkasso_adapters.debitura import Debitura
from inkasso_core import AgencyStatus, AuthenticationFailed, ClaimInvalid, ClaimRejected, FeedKind, OutcomeUnknown
from inkasso_core.testing import AgencyConformance, Example, FeedConformance, Reply, WebhookConformance, sample_placement

API = "https://customer-api.debitura.com"
HOOK = base64.b64encode(b"hook-secret-of-the-kit-0000000001").decode()
NEW_HOOK = base64.b64encode(b"hook-secret-of-the-kit-0000000002").decode()
SETTINGS = {"api_key": "debitura-key-4711", "chat_user": "clerk@beispiel.example", "webhook_secret": HOOK, "claims_per_placement": 3}
OURS = sample_placement().our_reference
CASE = {
    "id": "A-77",
    "creditorReference": OURS,
    "lifecycle": "Active",
    "dateCreated": "2026-06-01T09:00:00Z",
    "currency": "EUR",
    "remainder": Decimal("1114.62"),
}
CHAT = ("POST", f"{API}/cases/A-77/chats", {"id": "M-1"})
TOLD = {"reference": "M-1", "done": False}


def _business(code: str, status: int = 400) -> Reply:
    error = {"type": code, "message": "of no use"}
    return Reply("POST", f"{API}/cases", {"error": "x", "message": "y", "businessErrors": [error]}, status)


class TestDebitura(AgencyConformance):
    agency_class = Debitura
    settings = SETTINGS
    entry_point = "debitura"
    submit_ok = ("POST", f"{API}/cases", {**CASE, "lifecycle": "Pending Verification"})
    refuse = (
        Example(_business("NoPartnerAvailable"), {"agency_code": "NoPartnerAvailable"}, raises=ClaimRejected),
        Example(_business("CreditorBlocked"), {"agency_code": "CreditorBlocked"}, raises=AuthenticationFailed),
    )
    duplicate = Example(_business("DuplicateCreditorReference"), {"agency_code": "DuplicateCreditorReference"}, raises=OutcomeUnknown)
    find = (
        Example(
            (
                Reply("GET", f"{API}/cases/by-creditor-reference/{OURS}", CASE),
                Reply("GET", f"{API}/cases/A-77/timeline", {"currentEngagementPhase": "Legal"}),
            ),
            {"agency_reference": "A-77", "status": AgencyStatus.JUDICIAL},
        ),
        Example(Reply("GET", f"{API}/cases/by-creditor-reference/{OURS}", {"message": "none"}, 404), None),
    )
    status = Example(
        ("GET", f"{API}/cases/A-77", {**CASE, "lifecycle": "Paused"}), {"status": AgencyStatus.PAUSED, "agency_status": "Paused"}
    )
    examples = {
        "check": (
            Example(("POST", f"{API}/cases/preview", {"result": {"isEligible": True, "requiredActions": []}}), None),
            Example(("POST", f"{API}/cases/preview", {"result": {"isEligible": False}}), raises=ClaimInvalid),
        ),
        "amend": Example(CHAT, TOLD),
        "report_payment": Example(CHAT, TOLD),
        "recall": Example(CHAT, TOLD),
        "send_message": Example(CHAT, {"reference": "M-1", "done": True}),
        "send_document": Example(("POST", f"{API}/cases/A-77/files", {"id": "F-1"}), {"reference": "F-1"}),
        "fetch_messages": Example(
            ("GET", f"{API}/cases/A-77/chats", [{"id": "M-1", "roleLabel": "Partner", "message": "Größe?"}]), [{"text": "Größe?"}]
        ),
        "fetch_ledger": Example(
            (
                Reply("GET", f"{API}/cases/A-77", CASE),
                Reply(
                    "GET",
                    f"{API}/cases/A-77/payments",
                    [{"id": "P-1", "grossAmount": Decimal("20.01"), "currency": "EUR", "date": "2026-06-01T00:00:00Z"}],
                ),
            ),
            {"outstanding": Decimal("1114.62"), "collected": Decimal("20.01")},
        ),
    }


class TestDebituraFeed(FeedConformance):
    agency_class = Debitura
    settings = SETTINGS
    feed_ok = (
        Reply("GET", f"{API}/cases", {"cases": [{**CASE, "lifecycle": "Paused"}, {**CASE, "id": "A-78"}], "page": {"totalPages": 1}}),
        Reply(
            "GET",
            f"{API}/Payments",
            {
                "payments": [
                    {
                        "id": "P-1",
                        "grossAmount": Decimal("20.01"),
                        "currency": "EUR",
                        "date": "2026-06-01T00:00:00Z",
                        "dateCreated": "2026-06-01T10:00:00Z",
                        "invoice": {"invoiceId": "A-77"},
                    }
                ],
                "page": {"totalPages": 1},
            },
        ),
        Reply("GET", f"{API}/tasks", {"tasks": [{"id": "T-1", "caseId": "A-77", "title": "Rechnung?"}], "page": {"totalPages": 1}}),
    )
    feed_expects = [
        {"kind": FeedKind.QUESTION, "text": "Rechnung?"},
        {"kind": FeedKind.STATUS, "report.status": AgencyStatus.PAUSED, "our_reference": OURS},
        {"kind": FeedKind.HINT, "agency_reference": "A-78"},
        {"kind": FeedKind.PAYMENT, "collected.amount": Decimal("20.01")},
    ]


class TestDebituraWebhook(WebhookConformance):
    agency_class = Debitura
    settings = SETTINGS
    body = (
        f'{{"id": "evt_1", "event": "case.updated", "timestamp": "2026-06-01T09:00:00Z", '
        f'"data": {{"caseId": "A-77", "creditorReference": "{OURS}", "note": "größer"}}}}'
    ).encode()
    secret = HOOK
    expects = [{"entry_id": "evt_1", "agency_reference": "A-77", "our_reference": OURS}]
    rotated = {"webhook_secret": NEW_HOOK, "webhook_secret_before": HOOK}
    rotated_secrets = (HOOK, NEW_HOOK)

    def sign(self, body: bytes, secret: str, at: dt.datetime) -> Mapping[str, str]:
        seconds = int(at.timestamp())
        key = base64.b64decode(secret) if secret in (HOOK, NEW_HOOK) else secret.encode()
        signature = hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Debitura-Signature": f"t={seconds},v1={signature}", "X-Debitura-Event": "case.updated"}
