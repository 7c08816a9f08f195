"""One full exchange, as the page of the adapter shows it."""

import pytest
from exchange import recorded, shown_on
from peers.paywise.stand_in import TOKEN, StandIn

from inkasso_adapters.paywise import Paywise
from inkasso_core import Placement, ReportPayment, SendMessage


def test_one_exchange_is_shown_on_the_page(service: StandIn, agency: Paywise, placed: Placement, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as recording:
        recording.during = "submit"
        order_id = agency.submit(placed).agency_reference or ""
        about = {"agency_reference": order_id, "our_reference": "T-1", "asked_on": "2026-06-01"}
        mandate_id = service.accept(order_id)
        question = service.ask(mandate_id, "Wurde die Ware zugestellt?", "yes-no-freetext-on-no")
        service.tick()
        recording.during = "fetch_feed"
        agency.fetch_feed(f"after-{service.events[-2]['id']}")
        recording.during = "report_payment"
        payment = {**about, "idempotency_key": "key-2", "amount": "50.00", "currency": "EUR", "received_on": "2026-05-30"}
        agency.report_payment(ReportPayment.model_validate(payment))
        recording.during = "send_message (answers the question)"
        agency.send_message(SendMessage.model_validate({**about, "idempotency_key": "key-3", "text": f"Antwort {question}: ja"}))
    shown_on("paywise", recording, secrets=[TOKEN])
