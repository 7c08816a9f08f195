"""What REST lacks goes over SOAP where an account has access to both; else it is for a person."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from builders import AS_OF
from peers.mediafinanz import SoapPeer

from inkasso_adapters.mediafinanz import MediafinanzRest
from inkasso_core import NOT_CONFIGURED, NOT_PUBLISHED, AgencyStatus, FeedKind, ReportPayment, SendMessage, UnsupportedOperation

Made = Callable[..., MediafinanzRest]
LACKS = ("find", "receive", "amend", "pause", "resume", "send_document")
OVER_SOAP = ("fetch_feed", "acknowledge", "report_payment", "send_message", "fetch_messages", "fetch_ledger", "fetch_payouts")


def about(case: str) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "T-1", "idempotency_key": "key", "asked_on": AS_OF}


def test_without_soap_the_rest_is_for_a_person(over_rest: Made) -> None:
    adapter = over_rest()
    assert adapter.operations == {"submit", "check", "rehearse", "fetch_status", "recall"}
    assert {op: adapter.missing()[op] for op in OVER_SOAP} == dict.fromkeys(OVER_SOAP, NOT_CONFIGURED)
    assert {op: adapter.missing()[op] for op in LACKS} == dict.fromkeys(LACKS, NOT_PUBLISHED)
    with pytest.raises(UnsupportedOperation):
        adapter.fetch_feed(None)


def test_with_soap_what_rest_lacks_goes_there(soap: SoapPeer, over_rest: Made) -> None:
    adapter = over_rest(soap=soap.settings())
    assert set(OVER_SOAP) <= adapter.operations
    soap.change(lambda state: state["live"]["claims"].update({"50000000001": {"code": 10210, "text": "x", "payments": [], "said": []}}))
    soap.tell("changes", {"fileNumber": "50000000001", "statusCode": 10210, "statusName": "Storno", "time": "2026-06-03T10:00:00"})
    feed = adapter.fetch_feed(None)
    assert [entry.kind for entry in feed.entries] == [FeedKind.STATUS]
    adapter.acknowledge(str(feed.token))
    assert adapter.fetch_feed(None).entries == ()
    assert adapter.send_message(SendMessage(**about("50000000001"), text="Grüße")).done
    assert [message.text for message in adapter.fetch_messages("50000000001")] == ["Grüße"]
    assert adapter.fetch_ledger("50000000001").outstanding == Decimal("151.49")
    assert adapter.fetch_payouts() == ()
    soap.change(lambda state: state["live"]["claims"]["50000000001"].update(code=10201))
    paid = ReportPayment(**about("50000000001"), amount=Decimal("40.10"), currency="EUR", received_on=dt.date(2026, 6, 2))
    assert adapter.report_payment(paid).done
    assert soap.claims()["50000000001"]["payments"] == [{"dateOfPayment": "2026-06-02", "paidAmount": "40.10"}]


def test_both_transports_of_an_account_share_its_mode_and_statuses(soap: SoapPeer, over_rest: Made) -> None:
    adapter = over_rest(soap=soap.settings(), sandbox=True, statuses={"10209": "closed_paid"})
    assert adapter.soap is not None
    assert adapter.soap.settings.sandbox is True
    soap.change(lambda s: s["sandbox"]["changes"].append({"id": 1, "entry": {**CHANGE, "statusCode": 10209}}))
    (entry,) = adapter.fetch_feed(None).entries
    assert entry.report is not None
    assert entry.report.status is AgencyStatus.CLOSED_PAID


CHANGE = {"fileNumber": "50000000001", "statusCode": 10210, "statusName": "Storno", "time": "2026-06-03T10:00:00"}


def test_with_the_older_soap_what_that_lacks_is_for_a_person(soap: SoapPeer, over_rest: Made) -> None:
    adapter = over_rest(soap=soap.settings(version="2.0.1"))
    assert adapter.missing()["send_message"] == NOT_PUBLISHED
    assert "report_payment" in adapter.operations
