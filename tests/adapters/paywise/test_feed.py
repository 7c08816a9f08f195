"""The event feed: nothing is lost or doubled when the place was not kept, and no event stops the others."""

from typing import Any

import pytest
from peers.paywise.stand_in import StandIn
from placements import placement

from inkasso_adapters.paywise import Paywise
from inkasso_core import Claim, Feed, FeedEntry, FeedKind, TemporarilyUnavailable


def entries(service: StandIn, agency: Paywise, cursor: str | None = None) -> list[FeedEntry]:
    """Everything that waits, page by page."""
    service.tick()
    found: list[FeedEntry] = []
    while True:
        feed = agency.fetch_feed(cursor)
        found += feed.entries
        cursor = feed.cursor
        if not feed.more:
            return found


def test_what_happened_to_an_order_is_a_hint_to_ask_for_it(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.state(mandate_id, legal_stage="judicial_dunning")
    found = entries(service, agency)
    assert [(e.kind, e.agency_reference) for e in found] == [(FeedKind.HINT, order_id)] * 4
    assert [e.our_reference for e in found] == [None, "T-1", None, "T-1"]
    assert found[0].entry_id == service.events[0]["id"]
    assert found[0].at is not None
    assert found[0].raw["data"]["order_id"] == order_id


def test_events_younger_than_a_minute_come_later(service: StandIn, agency: Paywise, order_id: str) -> None:
    assert agency.fetch_feed(None) == Feed()
    assert len(entries(service, agency)) == 1


def test_an_event_about_a_case_of_two_placements_reaches_both(service: StandIn, agency: Paywise, invoiced: Claim) -> None:
    first, second = (agency.submit(placement(invoiced, reference=ref)).agency_reference or "" for ref in ("T-1", "T-2"))
    mandate_id = service.accept(first)
    service.accept(second, mandate=mandate_id)
    service.events.clear()
    service.state(mandate_id, payment="partially_paid")
    found = entries(service, agency)
    assert {(e.agency_reference, e.our_reference) for e in found} == {(first, "T-1"), (second, "T-2")}
    assert len({e.entry_id for e in found}) == 2
    assert [e.entry_id for e in found] == [e.entry_id for e in entries(service, agency)]


def test_pages_are_read_one_after_the_other_and_each_case_once_a_page(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    for payment in ("partially_paid", "fully_paid", "unpaid"):
        service.state(mandate_id, payment=payment)
    service.page_size = 4
    service.asked.clear()
    found = entries(service, agency)
    assert len(found) == len({e.entry_id for e in found}) == 6
    assert len(service.sent("/events/", "GET")) == 2
    assert len(service.sent(f"/mandates/{mandate_id}/", "GET")) == 2


def test_a_fetch_whose_place_was_not_kept_brings_the_same_again(service: StandIn, agency: Paywise, order_id: str) -> None:
    service.tick()
    first = agency.fetch_feed(None)
    assert agency.fetch_feed(None) == first
    assert agency.fetch_feed(first.cursor).entries == ()
    assert agency.fetch_feed(first.cursor).cursor == first.cursor
    service.accept(order_id)
    service.tick()
    later = agency.fetch_feed(first.cursor)
    assert [e.raw["type"] if "type" in e.raw else e.raw["event"]["type"] for e in later.entries] == ["mandate.created", "order.accepted"]


def test_a_place_that_is_too_old_begins_with_the_oldest_event_that_is_kept(service: StandIn, agency: Paywise, order_id: str) -> None:
    service.tick()
    old = agency.fetch_feed(None)
    service.tick(31 * 24 * 3600)
    service.accept(order_id)
    service.tick()
    again = agency.fetch_feed(old.cursor)
    assert [e.agency_reference for e in again.entries] == [order_id, order_id]


def test_a_question_says_what_is_asked_and_how_it_is_answered(service: StandIn, agency: Paywise, order_id: str) -> None:
    first = service.ask(order_id, "Wurde geliefert?", "yes-no")
    mandate_id = service.accept(order_id)
    second = service.ask(mandate_id, "Rechnung <b>fehlt</b>", "fileupload")
    questions = [e for e in entries(service, agency) if e.kind is FeedKind.QUESTION]
    assert [(e.agency_reference, e.our_reference) for e in questions] == [(order_id, None), (order_id, "T-1")]
    assert questions[0].text == f"Wurde geliefert?\n\nBitte prüfen Sie die Angabe.\n\n→ `Antwort {first}: …` (yes-no)"
    assert (questions[1].text or "").startswith("Rechnung fehlt\n\n")
    assert second in (questions[1].text or "")


def test_a_published_update_is_a_message_of_the_agency(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.publish(mandate_id, "Mahnbescheid", "beantragt &amp; zugestellt")
    (update,) = [e for e in entries(service, agency) if e.kind is FeedKind.MESSAGE]
    assert (update.text, update.agency_reference) == ("Mahnbescheid\n\nbeantragt & zugestellt", order_id)


def test_money_points_to_the_ledger_of_its_case(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.balance(mandate_id, total_payment="20.00")
    service.settle(mandate_id, payout="9.00", fee="1.00")
    service.collect(mandate_id, payout="9.00", fee="1.00")
    found = entries(service, agency)[-3:]
    assert [(e.kind, e.agency_reference, e.our_reference) for e in found] == [
        (FeedKind.LEDGER, order_id, "T-1"),
        (FeedKind.LEDGER, order_id, "T-1"),
        (FeedKind.OTHER, None, None),
    ]
    assert found[-1].text == "statement.published"


ODD: list[Any] = [
    {"id": "e-1", "type": "order.teleported", "created_at": "gestern", "data": {"order_id": "o-1"}},
    {"id": "e-2", "type": "mandate.state.changed", "data": {"mandate_id": "00000000-0000-4000-8000-000000000000"}},
    {"id": "e-3", "type": "request_to_client.created", "data": {}},
    {"id": "e-4", "type": "request_to_client.created", "data": {"order_id": "x/../y", "request_to_client_id": "q?"}},
    {"id": "e-5", "type": "single_mandate_statement.published", "data": None},
    {"id": "e-6", "type": "mandate.status_update.published", "data": {"mandate_id": "m-1", "status_update_id": "u-1"}},
    {"id": 7, "type": None, "created_at": "2026-02-30T10:00:00Z", "data": [1]},
    {"type": "payment.reported", "data": {"payment_id": "p-1"}},
    {"type": "payment.reported", "data": {}},
    {"id": "e-8", "type": "dunning.level_advanced", "data": {"invoice_id": "i-1"}},
    {"id": "x" * 500, "type": "order.expired", "data": {"order_id": "o" * 500}},
    "no object",
    None,
]


def test_no_event_stops_the_others(service: StandIn, agency: Paywise) -> None:
    service.odd["/v2/events/"] = {"cursor": "c", "next": None, "results": ODD}
    feed = agency.fetch_feed(None)
    assert len(feed.entries) == len(ODD)
    assert len({e.entry_id for e in feed.entries}) == len(ODD)
    assert [e.kind.value for e in feed.entries] == [
        *("other", "hint", "question", "question", "ledger", "message", "other", "other", "other", "other", "hint", "other", "other")
    ]
    assert all(e.at is None for e in feed.entries)
    assert [e.raw["event"] if isinstance(e.raw, dict) and "event" in e.raw else e.raw for e in feed.entries] == ODD
    assert agency.fetch_feed(None) == feed


def test_a_single_event_where_a_list_was_expected_is_read(service: StandIn, agency: Paywise) -> None:
    service.odd["/v2/events/"] = {"cursor": "c", "results": ODD[0]}
    assert [e.entry_id for e in agency.fetch_feed("b").entries] == ["e-1"]
    for answer in ({}, [], {"results": None}):
        service.odd["/v2/events/"] = answer
        assert agency.fetch_feed(None) == Feed()


def test_what_the_creditor_reported_comes_back_as_an_echo(service: StandIn, agency: Paywise, order_id: str) -> None:
    (claim,) = service.claims.values()
    service._reported(service._payment(claim, {"amount": {"value": "1.00"}, "value_date": "2026-05-30"}))
    echo = entries(service, agency)[-1]
    assert (echo.kind, echo.our_reference, echo.text) == (FeedKind.OTHER, "T-1", "payment.reported")


def test_a_case_that_cannot_be_read_now_leaves_the_place_where_it_was(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.tick()
    service.refuse.append((f"/mandates/{mandate_id}/", 500, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.fetch_feed(None)
    assert len(agency.fetch_feed(None).entries) == 3
