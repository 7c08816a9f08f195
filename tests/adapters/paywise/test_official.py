"""The stand-in is faithful, and the adapter sends what the agency's own client would send: both held against that client.

What differs on purpose is listed: the client's own headers, and the idempotency keys, which are ours to choose.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peers.paywise.shapes import NOT_TAKEN_APART, SHAPES
from peers.paywise.stand_in import TOKEN, Asked, StandIn

from inkasso_adapters.paywise import Paywise
from inkasso_adapters.paywise.codes import CASE_STATUSES, EVENTS, ORDER_STATUSES
from inkasso_core import Placement

Speak = Callable[..., dict[str, Any]]


def test_what_the_stand_in_takes_is_what_the_published_client_writes(official: Speak) -> None:
    for name, fields in SHAPES.items():
        known = official("shape", name)["answer"]
        assert {key: field.required for key, field in fields.items()} == {key: field["required"] for key, field in known.items()}, name
        for key, field in fields.items():
            if isinstance(field.kind, tuple):
                assert set(known[key]["words"]) == set(field.kind), (name, key)
    assert {field.kind for fields in SHAPES.values() for field in fields.values() if field.many} - set(SHAPES) <= NOT_TAKEN_APART


def test_the_codes_that_the_adapter_knows_are_those_of_the_published_client(official: Speak) -> None:
    order = official("shape", "Order_Invoice")["answer"]
    assert set(order["status"]["words"]) == set(ORDER_STATUSES)
    events = {word for field in official("shape", "Webhook")["answer"].values() for word in field["words"] if "." in word}
    assert set(EVENTS) < events
    assert len(events) == 25
    assert {"canceled_by_client", "paused", "judicial_dunning", "foreclosure", "long_term_monitoring"} < set(CASE_STATUSES)


def test_the_published_client_walks_the_whole_way_through_the_stand_in(service: StandIn, official: Speak) -> None:
    """Every answer is read by the client's own models, and holds no field that they do not know."""

    def call(name: str, **args: Any) -> Any:
        found = official("call", name, **args)
        assert found.get("strangers") == [], (name, found)
        return found["answer"]

    order = official("hand_over")
    assert order["strangers"] == []
    assert (order["answer"]["status"], order["answer"]["totals"]["order_value"]["value"]) == ("submitted", "136.49")
    order_id = order["answer"]["id"]
    question = service.ask(order_id, "Rechnung fehlt", "fileupload")
    (open_question,) = call("orders.list_order_requests_to_client", order_id=order_id, answered=False)
    assert open_question["id"] == question
    answered = call("orders.answer_order_request_to_client", order_id=order_id, id=question, idempotency_key="q", text="folgt")
    assert answered["answered"] is True
    call("orders.create_order_message", order_id=order_id, idempotency_key="m", title="Hallo", body="Grüße")
    mandate_id = service.accept(order_id)
    service.write(mandate_id, "Stand", "Der Schuldner zahlt in Raten.")
    service.publish(mandate_id, "Mahnbescheid beantragt", "beim Amtsgericht")
    service.balance(mandate_id, total_legal_claim="180.00", total_payment="20.00", total_balance="160.00")
    (claim,) = call("claims.list_claims", your_reference="t-1")
    assert (claim["order_id"], claim["mandate_id"], claim["status"]) == (order_id, mandate_id, "accepted")
    paid = call(
        "claims.create_claim_payment", claim_id=claim["id"], idempotency_key="p", amount={"value": "10.00"}, value_date="2026-05-30"
    )
    assert call("payments.get_payment", id=paid["id"])["amount"]["value"] == "10.00"
    mandate = call("mandates.get_mandate", id=mandate_id, history=True)
    assert (mandate["state"]["legal_stage"]["code"], mandate["history"][0]["title"]) == ("extrajudicial", "Mahnbescheid beantragt")
    assert [m["sender"] for m in call("mandates.list_mandate_messages", mandate_id=mandate_id)] == ["paywise"]
    single, collective = (
        service.settle(mandate_id, payout="9.00", fee="1.00"),
        service.collect(mandate_id, payout="9.00", fee="1.00", closing="IÜ01"),
    )
    assert call("single_mandate_statements.get_single_mandate_statement", id=single)["financials"]["total_balance"]["value"] == "9.00"
    (row,) = call("statements.list_statement_cases", id=collective, reference_number="PW-2026-00001")
    assert row["closing"]["closing_code"] == "IÜ01"
    service.tick()
    service.page_size = 3
    told: list[dict[str, Any]] = []
    while page := call("events.list_events", **({"since": f"after-{told[-1]['id']}"} if told else {})):
        told += page
    assert [event["type"] for event in told] == [event["type"] for event in service.events]
    assert call("orders.get_order", id=order_id)["status"] == "accepted"


def test_what_the_real_service_would_refuse_the_stand_in_refuses_too(service: StandIn, official: Speak) -> None:
    made = official("hand_over")
    again = official("call", "orders.finalize_order", id=made["answer"]["id"], idempotency_key="another")
    assert (again["status"], again["error"]["code"]) == (409, "order_not_editable")
    assert official("hand_over")["answer"]["id"] == made["answer"]["id"]
    assert len(service.orders) == 1
    missing = official("call", "orders.get_order", id="00000000-0000-4000-8000-000000000000")
    assert (missing["status"], missing["error"]["code"]) == (404, "not_found")
    service.company = "c-7"
    assert official("call", "claims.list_claims")["status"] == 403


# Witness

HEADERS = ("authorization", "content-type", "content-length", "x-on-behalf-of-company")
"""Headers that are equal; ``idempotency-key`` is there in both, ``content-length`` for the request without a body alone."""
PATHS = {
    "/v2/debtors/": """
        acting_as person.first_name person.last_name person.salutation person.birth_date addresses.0.street addresses.0.postal_code
        addresses.0.city addresses.0.country addresses.0.primary communication_channels.0.type communication_channels.0.value
        communication_channels.1.type communication_channels.1.value your_reference
    """,
    "/v2/orders/": """
        type debtor_id starting_approach creditor_obligation_fulfilled claims.0.type claims.0.principal_amount.value
        claims.0.principal_amount.currency claims.0.is_disputed claims.0.document_reference claims.0.document_date claims.0.due_date
        claims.0.reminders.0.date claims.0.reminders.0.due_date claims.0.reminders.1.date claims.0.reminders.1.due_date
        claims.0.additional_charges.0.type claims.0.additional_charges.0.amount.value claims.0.additional_charges.0.amount.currency
        claims.0.additional_charges.0.occurrence_date claims.0.payments.0.amount.value claims.0.payments.0.amount.currency
        claims.0.payments.0.value_date claims.0.payments.0.your_reference claims.0.legal_basis.claim_type_code
        claims.0.legal_basis.contract_date claims.0.subject_matter claims.0.metadata.0.type claims.0.metadata.0.value
        claims.0.metadata.1.type claims.0.metadata.1.value claims.0.your_reference
    """,
}


def test_the_same_claim_through_the_published_client_and_through_the_adapter_is_the_same_request(
    service: StandIn, official: Speak, agency: Paywise, placed: Placement
) -> None:
    assert official("hand_over")["answer"]["status"] == "submitted"
    theirs = list(service.asked)
    agency.submit(placed)
    ours = service.asked[len(theirs) :]
    assert [(a.method, shown(a.path)) for a in ours] == [(a.method, shown(a.path)) for a in theirs]
    for mine, witness in zip(ours, theirs, strict=True):
        assert mine.headers["idempotency-key"]
        assert witness.headers["idempotency-key"]
        for name in HEADERS[:2] + HEADERS[3:]:
            assert mine.headers.get(name) == witness.headers.get(name), name
        if not witness.body:
            assert (mine.body, mine.headers.get("content-length")) == (b"", witness.headers.get("content-length"))
            continue
        here, there = leaves(mine), leaves(witness)
        assert set(here) == set(there) == set(PATHS[mine.path].split())
        assert {**here, "debtor_id": 0} == {**there, "debtor_id": 0}  # each made a debtor of its own
    assert ours[0].headers["authorization"] == f"Bearer {TOKEN}"


def shown(path: str) -> str:
    return re.sub("[0-9a-f-]{36}", "ID", path)


def leaves(asked: Asked) -> dict[str, Any]:
    return dict(_leaves(asked.json, ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if pairs is None:
        yield path, node
        return
    for key, inner in pairs:
        yield from _leaves(inner, f"{path}.{key}" if path else str(key))


@pytest.mark.parametrize("code", ["IP01", "INO7", "IÜ01"])
def test_closing_codes_with_odd_letters_are_those_of_the_published_client(official: Speak, code: str) -> None:
    assert code in official("shape", "StatementClosing")["answer"]["closing_code"]["words"]
