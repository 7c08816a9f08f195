"""What the agency is told of a case: by chat, where a person acts on it, and as files."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from builders import green_address, green_claim, green_debtor
from placements import placement

from inkasso_adapters.debitura import Debitura, mapping
from inkasso_core import (
    Acknowledgement,
    Amend,
    AppliesTo,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    Credit,
    InkassoError,
    Instruction,
    OutcomeUnknown,
    Recall,
    ReportPayment,
    SendDocument,
    SendMessage,
    UnsupportedOperation,
)

from .conftest import Made
from .loopback import Reply
from .stand_in import USER, StandIn


@pytest.fixture
def case(agency: StandIn, debitura: Debitura) -> str:
    """A case that was handed over."""
    sent = debitura.submit(placement())
    agency.requests.clear()
    return str(sent.agency_reference)


def told(model: type[Any], case: str, **fields: Any) -> Any:
    return model(agency_reference=case, our_reference="T-1", idempotency_key="k-1", asked_on=dt.date(2026, 6, 1), **fields)


def said(agency: StandIn, case: str) -> str:
    """The only message that was sent."""
    (request,) = agency.requests
    assert (request.method, request.path) == ("POST", f"/cases/{case}/chats")
    assert request.json["userEmail"] == USER
    return str(request.json["message"])


def is_open(answer: Acknowledgement, agency: StandIn, case: str) -> bool:
    """Whether the agency took it, and has yet to act."""
    return not answer.done and answer.reference == agency.chats[case][0]["id"] and answer.raw["id"] == answer.reference


def test_a_recall_asks_a_person(agency: StandIn, debitura: Debitura, case: str) -> None:
    assert is_open(debitura.recall(told(Recall, case, reason="Irrtum – „Größe“ verwechselt")), agency, case)
    assert said(agency, case) == (
        "The creditor takes case T-1 back: please stop collecting, close the case, and confirm that it is closed.\n"
        "Note: Irrtum – „Größe“ verwechselt"
    )


def test_a_recall_in_german(agency: StandIn, made: Made, case: str) -> None:
    made(language="de").recall(told(Recall, case))
    assert said(agency, case).startswith("Der Gläubiger nimmt den Fall T-1 zurück:")
    assert "Anmerkung" not in said(agency, case)


def test_a_payment_is_told_with_its_amount(agency: StandIn, debitura: Debitura, case: str) -> None:
    payment = told(
        ReportPayment,
        case,
        amount=Decimal("53.9"),
        currency="EUR",
        received_on=dt.date(2026, 5, 30),
        claim_reference="RE-2026-0815",
        payment_reference="Z-17",
        applies_to=AppliesTo.PRINCIPAL,
    )
    assert is_open(debitura.report_payment(payment), agency, case)
    assert said(agency, case).splitlines() == [
        "On case T-1 the debtor paid 53.90 EUR to the creditor directly on 2026-05-30.",
        "For invoice RE-2026-0815.",
        "The creditor's payment number: Z-17.",
        "The creditor booked it on the principal.",
    ]


def test_a_payment_without_more_is_one_sentence(agency: StandIn, made: Made, case: str) -> None:
    payment = told(ReportPayment, case, amount=Decimal(5), currency="EUR", received_on=dt.date(2026, 5, 30), applies_to=AppliesTo.AUTO)
    made(language="de").report_payment(payment)
    assert said(agency, case) == "Zum Fall T-1 hat der Schuldner am 2026-05-30 unmittelbar an den Gläubiger 5.00 EUR gezahlt."


def test_a_change_is_told_with_how_the_case_stands_now(agency: StandIn, debitura: Debitura, case: str) -> None:
    now = placement(
        green_claim(
            credits=(Credit(amount=Decimal("53.99"), on=dt.date(2026, 5, 30)),),
            debtor=green_debtor(addresses=(green_address(street="Kürzere Gasse"),)),
        )
    )
    amend = told(Amend, case, placement=now, changed=("credited", "debtor", "more"), note="Teilretoure")
    assert is_open(debitura.amend(amend), agency, case)
    assert said(agency, case).splitlines() == [
        "Case T-1 has changed: credit note, debtor, more.",
        "Invoice RE-2026-0815: now open are 100.00 EUR, with charges 100.00 EUR.",
        "Debtor now: Jördis Groß-Möller, Kürzere Gasse 7 a, 01067, Dresden, DE, joerdis@example.org, +493514567890.",
        "Note: Teilretoure",
    ]


def test_a_change_of_the_amount_repeats_nothing_of_the_debtor(agency: StandIn, debitura: Debitura, case: str) -> None:
    debitura.amend(told(Amend, case, placement=placement(), changed=("amount",)))
    assert "Möller" not in said(agency, case)


def test_a_message_is_sent_as_it_is(agency: StandIn, debitura: Debitura, case: str) -> None:
    text = "Der Lieferschein kommt.\n„Größe“ – 100 % ✓"
    answer = debitura.send_message(told(SendMessage, case, text=text))
    assert (answer.done, answer.reference) == (True, agency.chats[case][0]["id"])
    assert said(agency, case) == text
    assert text.replace("\n", "\\n").encode() in agency.requests[0].body


def test_a_message_that_is_too_long_is_not_cut(agency: StandIn, debitura: Debitura, case: str) -> None:
    with pytest.raises(ClaimInvalid):
        debitura.recall(told(Recall, case).model_copy(update={"reason": "x" * 10_000}))
    assert agency.requests == []


def test_a_lost_answer_is_not_repeated(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.next = [Reply(0, drop=True)]
    with pytest.raises(OutcomeUnknown):
        debitura.recall(told(Recall, case))
    assert len(agency.requests) == 1


def test_a_case_or_a_sender_that_is_not_known(agency: StandIn, made: Made, case: str) -> None:
    with pytest.raises(ClaimRejected):
        made().recall(told(Recall, "00000000-0000-0000-0000-000000000000"))
    with pytest.raises(AuthenticationFailed) as refused:
        made(chat_user="nobody@beispiel.example").recall(told(Recall, case))
    assert "chat_user" in refused.value.text.en
    assert agency.chats == {}


CHAT: list[Instruction] = [told(Recall, "c"), told(SendMessage, "c", text="x")]


@pytest.mark.parametrize("instruction", CHAT, ids=lambda instruction: type(instruction).__name__)
def test_without_somebody_to_speak_nothing_is_said(made: Made, instruction: Any) -> None:
    debitura = made(chat_user=None)
    operation = {"Recall": "recall", "SendMessage": "send_message"}[type(instruction).__name__]
    assert operation not in debitura.operations
    assert {"submit", "find", "send_document"} <= debitura.operations


def test_what_the_agency_has_no_function_for(debitura: Debitura) -> None:
    with pytest.raises(UnsupportedOperation):
        debitura.portal_url("x")


# Files


def document(case: str, **changes: Any) -> SendDocument:
    values = {"kind": "invoice", "file_name": "Rechnung für Jördis.pdf", "media_type": "application/pdf", "content": b"%PDF-1.7 \x00\xff"}
    found: SendDocument = told(SendDocument, case, **{**values, **changes})
    return found


def test_a_file_arrives_to_the_byte(agency: StandIn, debitura: Debitura, case: str) -> None:
    answer = debitura.send_document(document(case))
    (stored,) = agency.files[case]
    assert (answer.done, answer.reference) == (True, stored["id"])
    assert agency.contents == [b"%PDF-1.7 \x00\xff"]
    assert (stored["fileName"], stored["documentType"]) == ("Rechnung für Jördis.pdf", "OriginalInvoice")
    assert agency.requests[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"Content-Type: application/pdf" in agency.requests[0].body


@pytest.mark.parametrize("kind", [*mapping.DOCUMENT_TYPES, "photo"])
def test_every_kind_has_a_type(agency: StandIn, debitura: Debitura, case: str, kind: str) -> None:
    debitura.send_document(document(case, kind=kind))
    assert agency.files[case][0]["documentType"] == mapping.DOCUMENT_TYPES.get(kind, "Miscellaneous")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"file_name": "rechnung.docx"}, "file_name"),
        ({"file_name": "rechnung"}, "file_name"),
        ({"content": b""}, "content"),
        ({"content": bytes(mapping.LARGEST_FILE + 1)}, "content"),
    ],
)
def test_what_the_agency_does_not_store_is_not_sent(agency: StandIn, debitura: Debitura, case: str, changes: Any, field: str) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        debitura.send_document(document(case, **changes))
    assert refused.value.fields == (field,)
    assert agency.requests == []


@pytest.mark.parametrize("status", [400, 404, 413, 415])
def test_a_file_that_the_agency_refuses(agency: StandIn, debitura: Debitura, case: str, status: int) -> None:
    agency.next = [Reply(status, {"error": "file_refused"})]
    with pytest.raises(ClaimRejected) as refused:
        debitura.send_document(document(case, file_name="A.PDF"))
    assert refused.value.agency_code == "file_refused"


@pytest.mark.parametrize("media_type", ["application/pdf\r\nX-Other: 1", "pdf", "a/b/c", "text/plain; charset=x"])
def test_a_media_type_that_is_none_is_never_sent(agency: StandIn, debitura: Debitura, media_type: str) -> None:
    told: dict[str, Any] = {"agency_reference": "A-1", "our_reference": "T-1", "idempotency_key": "K-1", "asked_on": dt.date(2026, 9, 1)}
    document = SendDocument(**told, kind="invoice", file_name="a.pdf", media_type=media_type, content=b"%PDF")
    with pytest.raises(ClaimInvalid) as caught:
        debitura.send_document(document)
    assert caught.value.fields == ("media_type",)
    assert agency.requests == []


@pytest.mark.parametrize("reference", ["..", "."])
def test_a_reference_that_is_a_step_in_a_path_asks_for_nothing_else(agency: StandIn, debitura: Debitura, reference: str) -> None:
    with pytest.raises(ConfigurationError):
        debitura.fetch_status(reference)
    assert agency.requests == []


@pytest.mark.parametrize("reference", ["a/b?c#d%2e", "ä ö", "../x", "%2e%2e", "a;b=c&d"])
def test_an_odd_reference_stays_one_part_of_the_path(agency: StandIn, debitura: Debitura, reference: str) -> None:
    with pytest.raises(InkassoError):
        debitura.fetch_status(reference)
    (request,) = agency.requests
    assert unquote(request.path.removeprefix("/cases/")) == reference
    assert request.path.count("/") == 2
