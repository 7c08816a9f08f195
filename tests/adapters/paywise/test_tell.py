"""What a case is told: payments, recall, changes, messages, answers, documents; and what the agency writes back."""

import base64
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor
from peers.paywise.stand_in import StandIn
from placements import placement

from inkasso_adapters.paywise import Paywise, letters
from inkasso_core import (
    AgencyStatus,
    Amend,
    AppliesTo,
    Claim,
    ClaimInvalid,
    OutcomeUnknown,
    Recall,
    ReportPayment,
    SendDocument,
    Sender,
    SendMessage,
)


def about(order_id: str, **more: Any) -> dict[str, Any]:
    return {"agency_reference": order_id, "our_reference": "T-1", "idempotency_key": "key-7", "asked_on": "2026-06-01", **more}


def payment(order_id: str, **more: Any) -> ReportPayment:
    return ReportPayment.model_validate(about(order_id, amount="50.00", currency="EUR", received_on="2026-05-30", **more))


def message(order_id: str, text: str, **more: Any) -> SendMessage:
    return SendMessage.model_validate(about(order_id, text=text, **more))


# Payments


@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_payment_is_reported_for_its_claim(service: StandIn, agency: Paywise, order_id: str, is_accepted: bool) -> None:
    if is_accepted:
        service.accept(order_id)
    told = agency.report_payment(payment(order_id, payment_reference="ZE-8", applies_to=AppliesTo.CHARGES))
    reported = service.payments[told.reference or ""]
    assert reported["amount"] == {"value": "50.00", "currency": "EUR"}
    assert (reported["value_date"], reported["your_reference"]) == ("2026-05-30", "ZE-8")
    assert reported["metadata"] == [{"type": "comment", "value": "Vom Gläubiger auf die Nebenforderungen gebucht."}]
    assert reported["claim"]["your_reference"] == "T-1"
    assert told.done


def test_the_same_payment_again_is_one_payment(service: StandIn, agency: Paywise, order_id: str) -> None:
    before = len(service.payments)
    service.lose.append("/payments/")
    with pytest.raises(OutcomeUnknown):
        agency.report_payment(payment(order_id))
    agency.report_payment(payment(order_id))
    assert len(service.payments) == before + 1


def test_of_several_claims_the_one_that_was_paid_is_named(service: StandIn, agency: Paywise) -> None:
    claims = [green_claim(invoice={"number": f"RE-{n}", "issued_on": "2026-03-02"}) for n in range(2)]
    order_id = agency.submit(placement(*claims)).agency_reference or ""
    told = agency.report_payment(payment(order_id, claim_reference="RE-1"))
    assert service.payments[told.reference or ""]["claim"]["document_reference"] == "RE-1"
    for reference in (None, "RE-9"):
        with pytest.raises(ClaimInvalid) as no:
            agency.report_payment(payment(order_id, claim_reference=reference))
        assert no.value.fields == ("claim_reference",)
    mandate_id = service.accept(order_id)
    agency.report_payment(payment(order_id))
    assert service.asked[-1].path == f"/v2/mandates/{mandate_id}/payments/"


def test_a_payment_in_another_currency_is_not_sent(service: StandIn, agency: Paywise, order_id: str) -> None:
    with pytest.raises(ClaimInvalid):
        agency.report_payment(payment(order_id).model_copy(update={"currency": "CHF"}))
    assert not service.sent("/payments/")


# Recall


def test_an_order_that_nobody_works_on_is_withdrawn(service: StandIn, agency: Paywise, order_id: str) -> None:
    recall = Recall.model_validate(about(order_id, reason="Kulanz für Frau Öhm"))
    told = agency.recall(recall)
    assert told.report is not None
    assert (told.done, told.report.status) == (True, AgencyStatus.RECALLED)
    assert service.sent("/withdraw/")[0].json == {"reason": "Kulanz für Frau Öhm"}
    assert agency.recall(recall).done
    assert len(service.sent("/withdraw/")) == 1


@pytest.mark.parametrize("state", ["in review", "accepted"])
def test_a_case_that_is_worked_on_is_asked_back_by_message(service: StandIn, agency: Paywise, order_id: str, state: str) -> None:
    if state == "accepted":
        parent = service.accept(order_id)
    else:
        parent, service.orders[order_id]["in_review"] = order_id, True
    told = agency.recall(Recall.model_validate(about(order_id, reason="a < b")))
    assert (told.done, told.report) == (False, None)
    (sent,) = service.messages[parent]
    assert (sent["id"], sent["title"]) == (told.reference, "Rückruf (T-1)")
    assert "wir nehmen ihn zurück" in sent["body"]
    assert "Grund: a &lt; b" in sent["body"]


def test_an_order_that_holds_others_claims_is_not_withdrawn(service: StandIn, agency: Paywise, invoiced: Claim) -> None:
    first, second = (agency.submit(placement(invoiced, reference=ref)).agency_reference or "" for ref in ("T-1", "T-2"))
    service.merge(first, second)
    told = agency.recall(Recall.model_validate(about(first)))
    assert told.done is False
    assert service.orders[second]["status"] == "submitted"
    assert len(service.messages[second]) == 1


# Changes


def test_a_change_is_told_with_what_counts_now(service: StandIn, agency: Paywise, order_id: str) -> None:
    claim = green_claim(
        credits=[{"amount": "53.99"}],
        dispute={"since": "2026-05-30", "reason": "Ware defekt"},
        ended="revoked",
        debtor=green_debtor(addresses=(green_address(city="Köln", postal_code="50667"),)),
    )
    changed = ("credited", "amount", "dispute", "ended", "debtor", "x-new")
    instruction = Amend.model_validate(about(order_id, placement=placement(claim), changed=changed, note="Bitte beachten."))
    assert agency.amend(instruction).done is False
    (sent,) = service.messages[order_id]
    body = sent["body"]
    assert body.count("Rechnung RE-2026-0815: offene Hauptforderung jetzt 100,00 EUR, Nebenforderungen 0,00 EUR.") == 1
    assert "Rechnung RE-2026-0815 wird bestritten. Grund: Ware defekt" in body
    assert "Rechnung RE-2026-0815 wurde widerrufen." in body
    assert "Jördis Groß-Möller, Lange Straße 7 a, DE 50667 Köln, joerdis@example.org" in body
    assert "Bitte sehen Sie sich den Vorgang an." in body
    assert body.endswith("Bitte beachten.")


def test_a_dispute_that_is_over_is_told_as_such() -> None:
    claim = green_claim(dispute={"since": "2026-05-01", "resolved_on": "2026-05-30"}, invoice=None)
    instruction = Amend.model_validate(about("o", placement=placement(claim), changed=("dispute",)))
    assert "Auftrag 4711 wird nicht mehr bestritten." in letters.amendment(instruction)


# Messages


def test_messages_go_out_and_come_back_in_order(service: StandIn, agency: Paywise, order_id: str) -> None:
    told = agency.send_message(message(order_id, "Grüße & < 100 EUR"))
    service.tick()
    mandate_id = service.accept(order_id)
    service.write(mandate_id, "Stand", "<p>Der Schuldner zahlt.</p><p>10 &euro; im Monat<br/>a < b</p>")
    service.page_size = 1
    first, second = agency.fetch_messages(order_id)
    assert (first.sender, first.text, first.reference) == (Sender.CREDITOR, "Nachricht (T-1)\n\nGrüße & < 100 EUR", told.reference)
    assert (second.sender, second.text) == (Sender.AGENCY, "Stand\n\nDer Schuldner zahlt.\n10 € im Monat\na < b")
    assert first.at is not None
    assert second.at is not None
    assert first.at < second.at
    assert second.raw["state"] == "published"


def test_a_message_of_another_form_is_kept(service: StandIn, agency: Paywise, order_id: str) -> None:
    service.messages[order_id] = [{"body": "x" * 9000, "sender": "robot", "created_at": 7}]
    (found,) = agency.fetch_messages(order_id)
    assert (found.sender, found.at, len(found.text or "")) == (Sender.UNKNOWN, None, 4000)
    assert len(found.raw["body"]) == 9000


# Answers


def test_a_message_that_names_a_question_answers_it(service: StandIn, agency: Paywise, order_id: str) -> None:
    question = service.ask(order_id, "Was wurde geliefert?", "freetext")
    agency.send_message(message(order_id, f"Antwort {question.upper()}: Ein Stuhl, zwei Kissen."))
    (asked,) = service.requests[order_id]
    assert asked["answer"]["text"] == "Ein Stuhl, zwei Kissen."
    assert service.orders[order_id]["status"] == "submitted"
    assert not service.sent("/messages/")


def test_a_question_about_the_order_can_be_answered_after_acceptance(service: StandIn, agency: Paywise, order_id: str) -> None:
    question = service.ask(order_id, "?", "yes-no")
    service.accept(order_id)
    agency.send_message(message(order_id, f"answer {question}: ja"))
    assert service.requests[order_id][0]["answer"]["text"] == "yes"


def test_an_answer_whose_confirmation_was_lost_is_one_answer(service: StandIn, agency: Paywise, order_id: str) -> None:
    question = service.ask(order_id, "?", "freetext")
    service.lose.append("/answer/")
    with pytest.raises(OutcomeUnknown):
        agency.send_message(message(order_id, f"Antwort {question}: so"))
    assert agency.send_message(message(order_id, f"Antwort {question}: so")).reference == question


def test_a_question_that_is_not_there_is_not_answered(service: StandIn, agency: Paywise, order_id: str) -> None:
    with pytest.raises(ClaimInvalid):
        agency.send_message(message(order_id, "Antwort 00000000-0000-4000-8000-000000000000: ja"))
    assert not service.sent("/answer/")
    assert not service.sent("/messages/")


ANSWERS: list[tuple[str, str, dict[str, str] | None]] = [
    ("freetext", " so \n und so ", {"text": "so \n und so"}),
    ("fileupload", "folgt", {"text": "folgt"}),
    ("x-new", "ja", {"text": "ja"}),
    ("yes-no", "Ja.", {"text": "yes"}),
    ("yes-no", "nein", {"text": "no"}),
    ("yes-no", "vielleicht", None),
    ("yes-no", "weiß nicht", None),
    ("yes-no-dontknow", "Weiß nicht", {"text": "dontknow"}),
    ("yes-no-freetext-on-no", "nein: nie geliefert", {"text": "no", "additional_comment": "nie geliefert"}),
    ("yes-no-freetext-on-no", "nein", None),
    ("yes-no-freetext-on-no", "yes", {"text": "yes"}),
    ("yes-with-date-no-freetext-on-no", "ja: 2026-05-30", {"text": "yes", "booking_date": "2026-05-30"}),
    ("yes-with-date-no-freetext-on-no", "ja", None),
    ("yes-with-date-no-freetext-on-no", "ja: 2026-02-30", None),
    ("yes-with-date-no-freetext-on-no", "no, kein Eingang", {"text": "no", "additional_comment": "kein Eingang"}),
    ("yes-no", "123", None),
]


@pytest.mark.parametrize(("kind", "said", "expected"), ANSWERS)
def test_an_answer_is_written_as_its_question_wants_it(kind: str, said: str, expected: dict[str, str] | None) -> None:
    if expected is not None:
        assert letters.answer(kind, said) == expected
        return
    with pytest.raises(ClaimInvalid) as no:
        letters.answer(kind, said)
    assert no.value.fields == ("text",)


def test_a_question_is_answered_in_the_agencys_own_terms_too(service: StandIn, agency: Paywise, order_id: str) -> None:
    question = service.ask(service.accept(order_id), "Beleg?", "fileupload")
    document = SendDocument.model_validate(
        about(order_id, kind="delivery", file_name="b.pdf", media_type="application/pdf", content=b"%PDF")
    )
    told = agency.answer_request(message(order_id, "-"), question, answer="yes", booking_date=dt.date(2026, 5, 30), documents=[document])
    assert told.reference == question
    assert service.sent("/answer/")[0].json == {
        "text": "yes",
        "booking_date": "2026-05-30",
        "documents": [{"type": "other", "filename": "b.pdf", "base64": "JVBERg=="}],
    }
    assert agency.fetch_status(order_id).status is AgencyStatus.ACTIVE


# Documents


def test_a_document_goes_with_a_message(service: StandIn, agency: Paywise, order_id: str) -> None:
    content = bytes(range(256))
    document = SendDocument.model_validate(
        about(order_id, kind="title", file_name="Täuschung.pdf", media_type="application/pdf", content=content)
    )
    told = agency.send_document(document)
    (sent,) = service.sent("/messages/")
    assert told.reference == service.messages[order_id][0]["id"]
    assert sent.json["documents"][0]["type"] == "enforceable_title"
    assert base64.b64decode(sent.json["documents"][0]["base64"]) == content
    assert "Täuschung.pdf".encode() in sent.body


@pytest.mark.parametrize(
    ("media_type", "content", "field"),
    [("text/csv", b"a", "media_type"), ("image/png", b"", "content"), ("image/jpeg", b"x" * (10 * 1024 * 1024 + 1), "content")],
)
def test_a_document_that_the_agency_does_not_take_is_not_sent(
    service: StandIn, agency: Paywise, order_id: str, media_type: str, content: bytes, field: str
) -> None:
    document = SendDocument.model_validate(about(order_id, kind="other", file_name="x", media_type=media_type, content=content))
    with pytest.raises(ClaimInvalid) as no:
        agency.send_document(document)
    assert no.value.fields == (field,)
    assert not service.sent("/messages/")


# Money


def test_the_ledger_of_a_case(service: StandIn, agency: Paywise, order_id: str) -> None:
    assert agency.fetch_ledger(order_id).claimed is None
    mandate_id = service.accept(order_id)
    service.balance(
        mandate_id,
        total_legal_claim="180.50",
        total_payment="20.00",
        total_balance="160.50",
        legal_claim_of_interest_on_principal_claim="3.10",
        legal_claim_of_interest_on_costs="0.40",
    )
    service.collect(mandate_id, payout="5.00", fee="11.90")
    ledger = agency.fetch_ledger(order_id)
    assert (ledger.claimed, ledger.collected, ledger.outstanding) == (Decimal("180.50"), Decimal("20.00"), Decimal("160.50"))
    assert (ledger.interest, ledger.fees, ledger.paid_out) == (Decimal("3.50"), Decimal("11.90"), None)
    assert (ledger.currency, ledger.as_of) == ("EUR", dt.date(2026, 6, 1))
    service.settle(mandate_id, payout="9.00", fee="1.19", clearing="A-1")
    service.settle(mandate_id, payout="7.00", fee="1.00", clearing="A-2", method="direct_debit")
    ledger = agency.fetch_ledger(order_id)
    assert (ledger.fees, ledger.paid_out, [p.number for p in ledger.payouts]) == (Decimal("2.19"), Decimal("9.00"), ["A-1"])


def test_a_balance_below_zero_is_not_said(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.balance(mandate_id, total_balance="-5.00", total_legal_claim="1.00")
    service.mandates[mandate_id]["legal_balance"]["total_payment"] = {"value": "1,00 €"}
    ledger = agency.fetch_ledger(order_id)
    assert (ledger.outstanding, ledger.collected, ledger.claimed) == (None, None, Decimal("1.00"))
    assert ledger.raw["legal_balance"]["total_balance"]["value"] == "-5.00"


def test_payouts_are_those_of_published_statements_each_once(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    old = service.collect(mandate_id, payout="1.00", fee="0.00", clearing="S-0")
    service.tick(200 * 24 * 3600)
    service.collect(mandate_id, payout="20.00", fee="0.00", clearing="S-1")
    service.collect(mandate_id, payout="-3.00", fee="3.00", clearing="S-2")
    cancelled = service.collect(mandate_id, payout="5.00", fee="0.00", clearing="S-3")
    service.statements[cancelled]["status"] = "cancelled"
    service.settle(mandate_id, payout="20.00", fee="0.00", clearing="S-1")
    service.tick(24 * 3600)
    service.settle(mandate_id, payout="9.00", fee="1.00", clearing="A-1")
    found = agency.fetch_payouts()
    assert [(p.number, p.amount, p.on) for p in found] == [
        ("S-1", Decimal("20.00"), dt.date(2026, 12, 18)),
        ("A-1", Decimal("9.00"), dt.date(2026, 12, 19)),
    ]
    assert old not in {p.raw["id"] for p in found}
    assert found[0].raw["financials"]["total_balance"]["value"] == "20.00"
