"""One full exchange over each transport, as the page of the agency shows it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import AS_OF
from exchange import recorded, shown_on
from peers.mediafinanz import PASSWORD, USER, UUID, RestPeer, SoapPeer
from placements import placement

from inkasso_adapters.mediafinanz import MediafinanzRest, MediafinanzSoap
from inkasso_adapters.mediafinanz.soap_values import licence_key
from inkasso_core import Charge, ChargeKind, Placement, Recall, ReportPayment, SendMessage


def placed() -> Placement:
    return placement(charges=(Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("7.50")),), note="Kundin ist verzogen")


def about(case: str) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "T-1", "idempotency_key": "key", "asked_on": AS_OF}


def test_over_soap(soap: SoapPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    access = soap.settings(wsdl="reconstruction", address=soap.address())
    adapter = MediafinanzSoap(MediafinanzSoap.Settings.model_validate(access))
    with recorded(monkeypatch) as said:
        said.during = "proof of the credentials"
        adapter.prove_login()
        said.during = "submit"
        case = str(adapter.submit(placed()).agency_reference)
        said.during = "fetch_status"
        adapter.fetch_status(case)
        said.during = "report_payment"
        adapter.report_payment(ReportPayment(**about(case), amount=Decimal("40.10"), currency="EUR", received_on=dt.date(2026, 6, 2)))
        said.during = "send_message"
        adapter.send_message(SendMessage(**about(case), text="Die Kundin zahlt den Rest am 15. Juni – Grüße"))
        said.during = "fetch_ledger"
        adapter.fetch_ledger(case)
        said.during = "recall"
        adapter.recall(Recall(**about(case)))
        soap.tell(
            "changes",
            {"fileNumber": case, "statusCode": 10210, "statusName": "Forderung von Ihnen storniert", "time": "2026-06-04T09:30:00"},
        )
        soap.tell(
            "messages", {"fileNumber": case, "invoiceNumber": "RE-2026-0815", "text": "Akte geschlossen", "time": "2026-06-04T09:31:00"}
        )
        said.during = "fetch_feed"
        feed = adapter.fetch_feed(None)
        said.during = "acknowledge"
        adapter.acknowledge(str(feed.token))
    shown_on("mediafinanz-soap", said, secrets=[licence_key(adapter.settings)])


def test_over_rest(rest: RestPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = MediafinanzRest(MediafinanzRest.Settings.model_validate(rest.settings()))
    with recorded(monkeypatch) as said:
        said.during = "check"
        adapter.check(placed())
        said.during = "submit"
        case = str(adapter.submit(placed()).agency_reference)
        said.during = "fetch_status"
        adapter.fetch_status(case)
        said.during = "recall"
        adapter.recall(Recall(**about(case)))
    shown_on("mediafinanz-rest", said, secrets=[UUID, PASSWORD, USER])
