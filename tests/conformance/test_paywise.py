# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""paywise: debtor and draft first, the release commits; feed of events."""

from decimal import Decimal

from inkasso_adapters.paywise import Paywise
from inkasso_core import AgencyStatus, ClaimRejected, FeedKind
from inkasso_core.testing import AgencyConformance, Example, FeedConformance, Reply, sample_placement

API = "https://api.paywise.de/v2"
ORDER = "0b0e6b1c-7d4a-4a57-9d1e-0f0f0f0f0f01"
OURS = sample_placement().our_reference
PLACED = {"id": ORDER, "status": "submitted"}
DRAFT = (Reply("POST", f"{API}/debtors/", {"id": "D-1"}, 201), Reply("POST", f"{API}/orders/", {"id": ORDER, "status": "draft"}, 201))
FINALIZE = f"{API}/orders/{ORDER}/finalize/"
CLAIMS = Reply(
    "GET",
    f"{API}/claims/?your_reference={OURS}",
    {"results": [{"id": "C-1", "order_id": ORDER, "your_reference": OURS, "document_reference": "RE-2026-0001"}]},
)
READ = Reply("GET", f"{API}/orders/{ORDER}/", PLACED)
MESSAGE = Reply("POST", f"{API}/orders/{ORDER}/messages/", {"id": "M-1"}, 201)


class TestPaywise(AgencyConformance):
    agency_class = Paywise
    settings = {"token": "paywise-token-4711"}
    entry_point = "paywise"
    case_reference = ORDER
    always = Reply("GET", f"{API}/orders/{ORDER}/", {"id": ORDER, "status": "draft"})
    submit_ok = (*DRAFT, Reply("POST", FINALIZE, PLACED))
    refuse = Example(
        (*DRAFT, Reply("POST", FINALIZE, {"code": "incomplete", "errors": [{"field": "claims[0].document_date"}]}, 422)),
        {"agency_code": "incomplete", "fields": ("claims.0.invoice.issued_on",)},
        raises=ClaimRejected,
    )
    duplicate = Example(
        (*DRAFT, Reply("POST", FINALIZE, {"code": "not_a_draft"}, 409), READ),
        {"agency_reference": ORDER, "status": AgencyStatus.SUBMITTED},
    )
    find = (
        Example((CLAIMS, READ), {"agency_reference": ORDER, "status": AgencyStatus.SUBMITTED}),
        Example(("GET", f"{API}/claims/?your_reference={OURS}", {"results": []}), None),
    )
    status = Example(READ, {"status": AgencyStatus.SUBMITTED, "agency_status": "submitted"})
    examples = {
        "check": Example((), None),
        "report_payment": Example((CLAIMS, Reply("POST", f"{API}/claims/C-1/payments/", {"id": "P-1"}, 201)), {"reference": "P-1"}),
        "recall": Example(
            (Reply("GET", f"{API}/orders/{ORDER}/", {"id": ORDER, "status": "accepted"}), MESSAGE), {"done": False, "reference": "M-1"}
        ),
        "amend": Example((READ, MESSAGE), {"done": False}),
        "send_message": Example((READ, MESSAGE), {"done": True, "reference": "M-1"}),
        "send_document": Example((READ, MESSAGE), {"reference": "M-1"}),
        "fetch_messages": Example(
            (
                READ,
                Reply(
                    "GET",
                    f"{API}/orders/{ORDER}/messages/",
                    {"results": [{"id": "M-1", "body": "Größe?", "created_at": "2026-06-01T10:00:00Z"}]},
                ),
            ),
            [{"reference": "M-1"}],
        ),
        "fetch_ledger": Example(READ, {"currency": "EUR", "collected": None}),
        "fetch_payouts": Example(
            (
                Reply("GET", f"{API}/statements/", {"results": [{"id": "S-1"}]}),
                Reply(
                    "GET",
                    f"{API}/statements/S-1/",
                    {"id": "S-1", "clearing_no": "7", "financials": {"total_balance": {"value": "20.01", "currency": "EUR"}}},
                ),
                Reply("GET", f"{API}/single-mandate-statements/", {"results": []}),
            ),
            [{"amount": Decimal("20.01"), "number": "7"}],
        ),
    }


def _events(kind: str) -> dict[str, object]:
    event = {"id": "E-1", "type": kind, "created_at": "2026-06-01T10:00:00Z", "data": {"order_id": ORDER}}
    return {"results": [event, {**event, "id": "E-2", "type": "order.submitted"}], "cursor": "c-2"}


class TestPaywiseFeed(FeedConformance):
    agency_class = Paywise
    settings = {"token": "paywise-token-4711"}
    feed_ok = ("GET", f"{API}/events/", _events("order.accepted"))
    feed_expects = [
        {"entry_id": "E-1", "kind": FeedKind.HINT, "agency_reference": ORDER},
        {"entry_id": "E-2", "kind": FeedKind.HINT},
    ]
    feed_unknown = ("GET", f"{API}/events/", _events("order.exploded"))
