"""Answers that prove nothing: never a yes, never an absence, never an error that is none of an agency; and no event stops the others."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_answers import odd_answers, written
from peers.paywise.stand_in import StandIn
from placements import placement

from inkasso_adapters.paywise import Paywise, PaywiseSettings
from inkasso_core import (
    AgencyStatus,
    ClaimInvalid,
    FeedKind,
    InkassoError,
    OutcomeUnknown,
    Placement,
    Recall,
    ReportPayment,
    TemporarilyUnavailable,
)

API = "https://api.paywise.de/v2"
ORDER, MANDATE = "0b0e6b1c-7d4a-4a57-9d1e-0f0f0f0f0f01", "1c0e6b1c-7d4a-4a57-9d1e-0f0f0f0f0f02"
CASE: dict[str, Any] = {"agency_reference": ORDER, "our_reference": "T-1", "idempotency_key": "k-1", "asked_on": dt.date(2026, 6, 1)}


def stopped_before_the_release(agency: Paywise, service: StandIn, placed: Placement) -> Placement:
    """The placement as the next try gets it: its draft lies at the agency."""
    kept: dict[str, str] = {}
    service.refuse.append(("/finalize/", 429, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed.kept_by(lambda name, value: kept.update({name: value})))
    return placed.model_copy(update={"progress": kept})


# The release


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410, 422, 429, 500, 503])
def test_what_goes_wrong_after_the_release_leaves_the_outcome_open(
    service: StandIn, agency: Paywise, placed: Placement, status: int
) -> None:
    again = stopped_before_the_release(agency, service, placed)
    (order_id,) = service.orders
    service.refuse += [("/finalize/", 409, {}), (f"/orders/{order_id}/", status, {})]
    with pytest.raises(OutcomeUnknown):
        agency.submit(again)


@responses.activate
def test_a_line_that_breaks_after_the_release_leaves_the_outcome_open(placed: Placement) -> None:
    responses.post(f"{API}/debtors/", json={"id": "D-1"}, status=201)
    responses.post(f"{API}/orders/", json={"id": ORDER, "status": "draft"}, status=201)
    responses.post(f"{API}/orders/{ORDER}/finalize/", body=b"")
    with pytest.raises(OutcomeUnknown):  # nothing answers at the order's own address
        Paywise(PaywiseSettings.model_validate({"token": "t"})).submit(placed)


@pytest.mark.parametrize("answer", [None, {}, [], {"detail": "wartet"}, {"id": None, "status": "submitted"}, {"id": ORDER}])
def test_only_a_draft_that_is_certainly_gone_is_made_anew(service: StandIn, agency: Paywise, placed: Placement, answer: Any) -> None:
    again = stopped_before_the_release(agency, service, placed)
    (order_id,) = service.orders
    changed = again.model_copy(update={"claims": (placed.claim.model_copy(update={"payments": ()}),)})
    service.orders[order_id]["status"] = "submitted"
    service.odd[f"/v2/orders/{order_id}/"] = answer
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(changed)
    assert list(service.orders) == [order_id]


@pytest.mark.parametrize("status", [400, 405, 409, 412, 422])
def test_whatever_a_deletion_is_refused_with_the_order_itself_tells(
    service: StandIn, agency: Paywise, placed: Placement, status: int
) -> None:
    again = stopped_before_the_release(agency, service, placed)
    (order_id,) = service.orders
    changed = again.model_copy(update={"claims": (placed.claim.model_copy(update={"payments": ()}),)})
    service.orders[order_id]["status"] = "submitted"
    service.refuse.append((f"/orders/{order_id}/", status, {}))
    assert agency.submit(changed).agency_reference == order_id


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a\tb", "\u200b", True, ["x"], "x" * 500])
def test_an_id_that_is_none_makes_no_address(service: StandIn, agency: Paywise, placed: Placement, name: Any) -> None:
    service.odd["/v2/orders/"] = {"id": name, "status": "draft"}
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed)
    assert service.sent("/finalize/") == []


# The look-up

PROVE_NOTHING: list[Any] = [
    None,
    {},
    [],
    "später",
    {"detail": "Wartung"},
    {"results": None},
    {"results": {"order_id": ORDER}},
    {"results": ["x"]},
    {"results": [{"id": "C-1", "order_id": ORDER}]},
    {"results": [{"id": "C-1", "order_id": ORDER, "your_reference": "T-11"}]},
    {"results": [{"id": "C-1", "order_id": None, "your_reference": "T-1"}]},
]


@pytest.mark.parametrize("answer", PROVE_NOTHING)
def test_an_answer_without_a_list_of_our_claims_proves_no_absence(service: StandIn, agency: Paywise, answer: Any) -> None:
    service.odd["/v2/claims/"] = answer
    with pytest.raises(TemporarilyUnavailable):
        agency.find("T-1")
    service.odd["/v2/claims/"] = {"count": 0, "results": []}
    assert agency.find("T-1") is None


# The feed


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_key_that_may_not_read_more_of_an_event_hears_of_it_all_the_same(
    service: StandIn, agency: Paywise, order_id: str, status: int
) -> None:
    mandate_id = service.accept(order_id)
    service.events.clear()
    request_id = service.ask(mandate_id, "Wurde geliefert?", "yes-no")
    service.tick()
    service.refuse += [(f"/requests-to-client/{request_id}/", status, {}), (f"/mandates/{mandate_id}/", status, {})]
    (entry,) = agency.fetch_feed(None).entries
    assert (entry.kind, entry.agency_reference) == (FeedKind.QUESTION, mandate_id)
    assert request_id in (entry.text or "")


def test_two_events_with_long_ids_are_two(service: StandIn, agency: Paywise) -> None:
    event = {"type": "order.expired", "data": {"order_id": ORDER}}
    service.odd["/v2/events/"] = {"cursor": "c", "results": [{**event, "id": "x" * 150 + end} for end in "ab"]}
    assert len({entry.entry_id for entry in agency.fetch_feed(None).entries}) == 2


def test_a_place_that_cannot_be_kept_is_told_and_a_missing_one_makes_no_circle(service: StandIn, agency: Paywise) -> None:
    service.odd["/v2/events/"] = {"cursor": "c" * 301, "results": []}
    with pytest.raises(TemporarilyUnavailable):
        agency.fetch_feed(None)
    service.odd["/v2/events/"] = {"cursor": None, "next": "https://api.paywise.de/v2/events/?since=x", "results": []}
    assert not agency.fetch_feed(None).more


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_place_that_is_refused_begins_anew(service: StandIn, agency: Paywise, order_id: str, status: int) -> None:
    service.tick()
    service.refuse.append(("/events/", status, {}))
    assert len(agency.fetch_feed("old").entries) == 1


# Amounts, messages


def test_fractions_of_a_cent_are_not_rounded_away(service: StandIn, agency: Paywise) -> None:
    with pytest.raises(ClaimInvalid) as no:
        agency.report_payment(ReportPayment(**CASE, amount="10.005", currency="EUR", received_on="2026-05-01"))
    assert no.value.fields == ("amount",)
    assert service.asked == []


def test_messages_without_an_id_are_all_told(service: StandIn, agency: Paywise, order_id: str) -> None:
    texts = [{"body": f"Frage {number}", "created_at": f"2026-06-0{number}T10:00:00Z"} for number in (1, 2, 3)]
    service.odd[f"/v2/orders/{order_id}/messages/"] = {"results": texts}
    assert [message.text for message in agency.fetch_messages(order_id)] == ["Frage 1", "Frage 2", "Frage 3"]


def test_the_key_goes_over_an_encrypted_line_only() -> None:
    with pytest.raises(ValueError, match="https://"):
        PaywiseSettings.model_validate({"token": "t", "base_url": "http://proxy.example/"})


# Whatever is answered

EVENT = {"id": "e-1", "created_at": "2026-06-01T10:00:00Z"}
GOOD: dict[str, Any] = {
    "claims/": {"results": [{"id": "C-1", "order_id": ORDER, "your_reference": "T-1", "document_reference": "RE-1"}], "next": None},
    "debtors/": {"id": "D-1"},
    "orders/": {"id": ORDER, "status": "draft"},
    f"orders/{ORDER}/": {
        "id": ORDER,
        "status": "accepted",
        "mandate": MANDATE,
        "merged_into": None,
        "rejection": {"reason": "zu klein"},
        "claims": [{"your_reference": "T-1"}],
    },
    f"orders/{ORDER}/finalize/": {"id": ORDER, "status": "submitted"},
    f"orders/{ORDER}/withdraw/": {"id": ORDER, "status": "withdrawn"},
    f"mandates/{MANDATE}/": {
        "id": MANDATE,
        "reference_number": "PW-1",
        "state": {
            "legal_stage": {"code": "ended", "label": "Ende"},
            "processing": {"code": "ended", "label": "zu"},
            "payment": {"code": "unpaid", "label": "offen"},
        },
        "claims": [{"order_id": ORDER, "your_reference": "T-1", "is_disputed": False}],
        "legal_balance": {
            "total_legal_claim": {"value": "180.50", "currency": "EUR"},
            "total_payment": {"value": "20.00", "currency": "EUR"},
            "updated": "2026-06-01T10:00:00Z",
        },
        "history": [{"id": "u-1", "title": "Titel", "description": "Text"}],
    },
    "statements/": {"results": [{"id": "S-1"}]},
    "statements/S-1/": {
        "id": "S-1",
        "clearing_no": "7",
        "booking_date": "2026-05-01",
        "payout_method": "transfer",
        "financials": {
            "total_balance": {"value": "20.01", "currency": "EUR"},
            "cost_burden": [{"total_amount": {"value": "1.19", "currency": "EUR"}}],
        },
    },
    "statements/S-1/mandates/": {
        "results": [{"reference_number": "PW-1", "closing": {"closing_code": "IP01", "closing_description": "x"}}]
    },
    "messages/": {"results": [{"id": "M-1", "title": "a", "body": "<p>b</p>", "sender": "paywise", "created_at": "2026-06-01T10:00:00Z"}]},
    "requests-to-client/r-1/": {"id": "r-1", "title": "Frage", "description": "?", "allowed_answer_types": "yes-no"},
    "payments/p-1/": {"claim": {"your_reference": "T-1"}},
    "events/": {
        "cursor": "c-1",
        "next": None,
        "results": [
            {**EVENT, "type": "request_to_client.created", "data": {"mandate_id": MANDATE, "request_to_client_id": "r-1"}},
            {**EVENT, "type": "mandate.status_update.published", "data": {"mandate_id": MANDATE, "status_update_id": "u-1"}},
            {**EVENT, "type": "single_mandate_statement.published", "data": {"single_mandate_statement_id": "S-1"}},
            {**EVENT, "type": "payment.reported", "data": {"payment_id": "p-1"}},
            {**EVENT, "type": "order.accepted", "data": {"order_id": ORDER}},
        ],
    },
}
GOOD["single-mandate-statements/"] = GOOD["statements/"]
GOOD["single-mandate-statements/S-1/"] = GOOD["statements/S-1/"] | {"mandate": {"id": MANDATE}}
EMPTY: dict[str, Any] = {"results": []}
OPERATIONS: dict[str, tuple[Callable[[Paywise], Any], tuple[str, ...]]] = {
    "submit": (lambda agency: agency.submit(placement()), ("debtors/", "orders/", f"orders/{ORDER}/finalize/", f"orders/{ORDER}/")),
    "find": (lambda agency: agency.find("T-1"), ("claims/", f"orders/{ORDER}/", f"mandates/{MANDATE}/", "statements/S-1/mandates/")),
    "feed": (
        lambda agency: agency.fetch_feed("c-0"),
        ("events/", f"mandates/{MANDATE}/", "requests-to-client/r-1/", "payments/p-1/", "single-mandate-statements/S-1/"),
    ),
    "messages": (lambda agency: agency.fetch_messages(ORDER), (f"orders/{ORDER}/", "messages/")),
    "ledger": (lambda agency: agency.fetch_ledger(ORDER), (f"mandates/{MANDATE}/", "single-mandate-statements/S-1/", "statements/")),
    "payouts": (lambda agency: agency.fetch_payouts(), ("statements/", "statements/S-1/", "single-mandate-statements/S-1/")),
    "recall": (lambda agency: agency.recall(Recall(**CASE)), (f"orders/{ORDER}/", f"orders/{ORDER}/withdraw/", "messages/")),
    "payment": (
        lambda agency: agency.report_payment(ReportPayment(**CASE, amount="1.00", currency="EUR", received_on="2026-05-01")),
        ("claims/", "payments/"),
    ),
}


def body_of(url: str, odd: dict[str, Any]) -> Any:
    """What stands at an address: by its whole path, else by how it ends."""
    path = url.partition("?")[0].removeprefix(f"{API}/")
    known = GOOD | odd
    return known.get(path) if path in known else next((body for end, body in known.items() if path.endswith(f"/{end}")), EMPTY)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_answer_breaks_the_adapter(operation: str) -> None:
    run, places = OPERATIONS[operation]
    agency = Paywise(PaywiseSettings.model_validate({"token": "t"}), today=lambda: dt.date(2026, 6, 1))

    drawn = st.one_of(*(st.fixed_dictionaries({path: odd_answers(GOOD.get(path, EMPTY))}) for path in places))

    @settings(max_examples=200)
    @given(drawn)
    def ask(odd: dict[str, Any]) -> None:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as line:
            for method in ("GET", "POST", "DELETE"):
                line.add_callback(method, re.compile(".*"), lambda asked: (200, {}, written(body_of(asked.url or "", odd))))
            _ends_well(run, agency)

    ask()


def _ends_well(run: Callable[[Paywise], Any], agency: Paywise) -> None:
    try:
        said = run(agency)
    except InkassoError:
        return
    status = getattr(said, "status", None)
    assert status is None or isinstance(status, AgencyStatus)
