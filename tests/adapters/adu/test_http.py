"""JSON in the shape that settings name, before a stand-in of ours."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from builders import green_address, green_debtor
from exchange import recorded, shown_on
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.adu.calls import CALLS, ADUHttpSettings
from inkasso_adapters.adu.http import ADUHttp
from inkasso_core import (
    NOT_CONFIGURED,
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    FeedKind,
    Instruction,
    Outcome,
    OutcomeUnknown,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    UnsupportedOperation,
)

from .stand_in import PASSWORD, USER, StandIn, serving

Made = Callable[..., ADUHttp]

FIELDS = {
    "ref": "reference",
    "client": "creditor.name",
    "amount": "claims.0.principal_open",
    "currency": "currency",
    "goods": "claims.0.subject",
    "debtor.name": "debtor.last_name",
    "debtor.street": "debtor.address.street_line",
    "debtor.zip": "debtor.address.postal_code",
    "debtor.city": "debtor.address.city",
    "debtor.sex": "debtor.salutation",
    "reminders.*.sent": "claims.0.reminders.*.sent_on",
}
ANSWER = {
    "case_reference": "case.number",
    "status": "case.status",
    "text": "case.message",
    "error_code": "error.code",
    "error_fields": "error.fields",
}
EVENTS = {
    "items": "events",
    "cursor": "next",
    "token": "mark",
    "id": "id",
    "case_reference": "case",
    "type": "type",
    "on": "date",
    "amount": "amount",
    "currency": "currency",
    "status": "code",
    "text": "text",
    "kinds": {"STATUS": "status", "PAYMENT": "payment", "DUNNING": "message"},
}
TOLD = {"agency_reference": "ADU-1", "our_reference": "T-1", "idempotency_key": "i-1", "asked_on": dt.date(2026, 6, 5)}
INSTRUCTIONS: dict[str, Instruction] = {
    "amend": Amend(**TOLD, placement=placement(principal=Decimal("99.95")), changed=("amount",)),
    "report_payment": ReportPayment(**TOLD, amount=Decimal("20.50"), currency="EUR", received_on=dt.date(2026, 6, 4)),
    "recall": Recall(**TOLD, reason="Kunde hat bezahlt"),
    "pause": Pause(**TOLD, until=dt.date(2026, 7, 1)),
    "resume": Resume(**TOLD),
    "send_message": SendMessage(**TOLD, text="Bitte um Rückruf, größte Eile"),
    "send_document": SendDocument(**TOLD, kind="invoice", file_name="re.pdf", media_type="application/pdf", content=b"%PDF-\xff"),
}


@pytest.fixture
def agency() -> StandIn:
    """The stand-in."""
    return StandIn()


@pytest.fixture
def made(agency: StandIn) -> Iterator[Made]:
    """Makes adapters that talk to it."""
    with serving(agency) as url:

        def make(**changes: Any) -> ADUHttp:
            given: dict[str, Any] = {
                "transport": "http",
                "url": f"{url}/claims",
                "user": USER,
                "password": PASSWORD,
                "fields": FIELDS,
                "codes": {"debtor.salutation": {"ms": "weiblich"}},
                "answer": ANSWER,
                "statuses": {"10": "submitted", "20": "active", "90": "closed_paid", "99": "rejected"},
                "outcomes": {"90": "paid_full"},
                "events": EVENTS,
                "find": {"url": f"{url}/claims/by-reference/{{our_reference}}"},
                "fetch_status": {"url": f"{url}/cases/{{case_reference}}"},
                "fetch_feed": {"url": f"{url}/events/{{cursor}}x"},
                "acknowledge": {"url": f"{url}/events/{{token}}/read"},
                **{operation: {"url": f"{url}/cases/{{case_reference}}/{operation}"} for operation in INSTRUCTIONS},
            }
            return ADUHttp(ADUHttpSettings.model_validate({**given, **changes}))

        yield make


CASE = {**ANSWER, "case_reference": "number", "status": "status", "text": "message"}
"""Where values stand in an answer that is the case itself."""


def test_a_claim_arrives_to_the_byte(made: Made, agency: StandIn) -> None:
    sent = made(idempotency_key="X-Key", case_link="https://portal.example/a?az={case_reference}&auftrag={order}").submit(placement())
    assert (sent.agency_reference, sent.status, sent.agency_status) == ("ADU-1", AgencyStatus.SUBMITTED, "10")
    assert sent.portal_url == "https://portal.example/a?az=ADU-1&auftrag=4711"
    assert sent.raw == {"case": {"number": "ADU-1", "status": "10", "message": "Angenommen – prüfen wir"}}
    ((method, path, headers, body),) = agency.asked
    assert (method, path, headers["X-Key"]) == ("POST", "/claims", "key-T-1")
    assert (
        body
        == (
            '{"ref": "T-1", "client": "Beispiel Handel GmbH", "amount": 153.99, "currency": "EUR", '
            '"goods": "Stuhl Modell Elbe, 2 × Kissen", '
            '"debtor": {"name": "Groß-Möller", "street": "Lange Straße 7 a", "zip": "01067", "city": "Dresden", "sex": "weiblich"}, '
            '"reminders": [{"sent": "2026-04-01"}, {"sent": "2026-04-20"}]}'
        ).encode()
    )


def test_without_a_map_our_own_record_is_sent(made: Made, agency: StandIn) -> None:
    agency.says = lambda given: (200, {"case": {"number": given["debtor"]["last_name"], "status": "20"}})
    sent = made(fields={}, codes={}).submit(placement())
    assert (sent.agency_reference, sent.status) == ("Groß-Möller", AgencyStatus.ACTIVE)


@pytest.mark.parametrize(
    ("changes", "code", "fields", "status"),
    [
        ({"debtor": green_debtor(addresses=(green_address(postal_code="00000"),))}, "ADDRESS", ("debtor.zip",), 422),
        ({}, "CLIENT", ("client",), 612),
    ],
)
def test_a_refusal_names_code_and_fields(
    made: Made, agency: StandIn, changes: dict[str, Any], code: str, fields: tuple[str, ...], status: int
) -> None:
    placed = placement(**changes)
    if code == "CLIENT":
        placed = placed.model_copy(update={"creditor": placed.creditor.model_copy(update={"name": "unknown"})})
    with pytest.raises(ClaimRejected) as refused:
        made(refused=[612]).submit(placed)
    assert (refused.value.agency_code, refused.value.fields, refused.value.http_status) == (code, fields, status)
    assert refused.value.raw is not None
    assert not agency.cases
    assert len(agency.asked) == 1


def test_a_status_that_nobody_set_leaves_open_what_happened(made: Made, agency: StandIn) -> None:
    agency.says = lambda _: (612, {"error": {"code": "?"}})
    with pytest.raises(OutcomeUnknown):
        made().submit(placement())


def test_a_duplicate_is_a_refusal_or_a_yes_as_it_is_set(made: Made, agency: StandIn) -> None:
    made().submit(placement())
    with pytest.raises(ClaimRejected) as refused:
        made().submit(placement())
    assert refused.value.agency_code == "DUPLICATE"
    again = made(already_there=[409])
    assert "DUPLICATE" in again.submit(placement()).raw["already_there"]
    agency.says = lambda _: (200, "")
    with pytest.raises(OutcomeUnknown):
        again.submit(placement())
    assert len(agency.cases) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, {"case": {"number": "ADU-9", "status": "99"}}), ClaimRejected),
        ((200, {"case": {}}), OutcomeUnknown),
        ((200, {"case": {"number": ["odd"]}}), OutcomeUnknown),
        ((200, ""), OutcomeUnknown),
        ((200, "<html>"), OutcomeUnknown),
        ((500, {"message": "?"}), OutcomeUnknown),
        ((401, {"message": "?"}), AuthenticationFailed),
    ],
)
def test_what_an_answer_means(made: Made, agency: StandIn, answer: tuple[int, Any], error: type[Exception]) -> None:
    agency.says = lambda _: answer
    with pytest.raises(error) as raised:
        made().submit(placement())
    assert "Groß" not in str(raised.value)
    assert len(agency.asked) == 1


def test_an_unknown_status_is_unknown(made: Made, agency: StandIn) -> None:
    agency.says = lambda _: (200, {"case": {"number": "ADU-1", "status": 4711}})
    sent = made().submit(placement())
    assert (sent.status, sent.agency_status) == (AgencyStatus.UNKNOWN, "4711")


def test_what_is_required_is_missing_before_anything_is_sent(made: Made, agency: StandIn) -> None:
    placed = placement(debtor=green_debtor(addresses=(green_address(city=None),)))
    with pytest.raises(ClaimInvalid) as invalid:
        made().submit(placed)
    assert invalid.value.fields == ("debtor.address.city",)
    assert not agency.asked


def test_a_rehearsal_shows_the_request_and_no_credentials(made: Made, agency: StandIn) -> None:
    shown = made().rehearse(placement())
    assert shown.startswith("POST http://127.0.0.1")
    assert '"name": "Groß-Möller"' in shown
    assert PASSWORD not in shown
    assert not agency.asked


def test_where_a_case_stands(made: Made, agency: StandIn) -> None:
    adapter = made(answer={**CASE, "case": "cases"})
    assert adapter.find("T-1") is None
    made().submit(placement())
    found = adapter.find("T-1")
    assert found is not None
    assert (found.agency_reference, found.status, found.agency_text) == ("ADU-1", AgencyStatus.SUBMITTED, "Angenommen – prüfen wir")
    agency.cases["T-1"]["status"] = "90"
    closed = made(answer=CASE).fetch_status("ADU-1")
    assert (closed.status, closed.reason, closed.agency_status) == (AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL, "90")
    assert closed.raw == agency.cases["T-1"]


def test_events_are_dated_repeated_and_never_lost(made: Made, agency: StandIn) -> None:
    adapter = made()
    feed = adapter.fetch_feed("17")
    ids = [entry.entry_id for entry in feed.entries]
    assert len(ids) == 9
    assert ids[0] == ids[4] == "e1"
    assert ids[2] == ids[3]
    assert len(set(ids)) == 7
    assert [entry.kind for entry in feed.entries] == [
        FeedKind.STATUS,
        FeedKind.PAYMENT,
        FeedKind.MESSAGE,
        FeedKind.MESSAGE,
        FeedKind.STATUS,
        FeedKind.STATUS,
        FeedKind.PAYMENT,
        FeedKind.OTHER,
        FeedKind.OTHER,
    ]
    payment, message, unknown, broken = feed.entries[1], feed.entries[2], feed.entries[5], feed.entries[6]
    assert payment.collected is not None
    assert (payment.collected.amount, payment.on) == (Decimal("1020.50"), dt.date(2026, 5, 12))
    assert message.text == "Mahnansprache für Größe „XL“"
    assert unknown.report is not None
    assert (unknown.report.status, unknown.report.agency_status) == (AgencyStatus.UNKNOWN, "77")
    assert (broken.collected, broken.on) == (None, None)
    assert [entry.raw for entry in feed.entries] == agency.events
    assert (feed.token, feed.cursor) == ("m-1", "17x+1")
    adapter.acknowledge("m-1")
    assert agency.acknowledged == ["m-1"]


def test_a_single_event_without_a_list_is_read(made: Made, agency: StandIn) -> None:
    agency.events = agency.events[0]  # type: ignore[assignment]
    assert [entry.entry_id for entry in made().fetch_feed(None).entries] == ["e1"]


@pytest.mark.parametrize("operation", INSTRUCTIONS)
def test_every_instruction_is_told_once(made: Made, agency: StandIn, operation: str) -> None:
    told = getattr(made(answer=CASE), operation)(INSTRUCTIONS[operation])
    assert told.done is (operation != "recall")
    assert told.agency_text == "notiert"
    ((method, path, _, _),) = agency.asked
    assert (method, path) == ("POST", f"/cases/ADU-1/{operation}")


def test_instructions_in_the_fields_that_are_set(made: Made, agency: StandIn) -> None:
    url = made().settings.url.replace("claims", "cases/x")
    fields = {"zahlung.betrag": "amount", "zahlung.am": "received_on"}
    adapter = made(
        report_payment={"url": url, "method": "PUT", "fields": fields}, send_document={"url": url, "fields": {"datei": "content"}}
    )
    adapter.report_payment(INSTRUCTIONS["report_payment"])  # type: ignore[arg-type]
    adapter.send_document(INSTRUCTIONS["send_document"])  # type: ignore[arg-type]
    adapter.amend(INSTRUCTIONS["amend"])  # type: ignore[arg-type]
    assert [body for *_, body in agency.asked[:2]] == [b'{"zahlung": {"betrag": 20.50, "am": "2026-06-04"}}', b'{"datei": "JVBERi3/"}']
    assert b'"amount": 99.95' in agency.asked[2][3]


def test_what_is_not_set_is_withheld(made: Made) -> None:
    adapter = made(**dict.fromkeys(CALLS))
    assert adapter.operations == {"submit", "check", "rehearse", "portal_url"}
    assert set(adapter.withheld) == set(CALLS)
    assert set(adapter.withheld.values()) == {NOT_CONFIGURED}
    with pytest.raises(UnsupportedOperation):
        adapter.fetch_feed(None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://agency.example/claims"},
        {"url": "https://user:word@agency.example/claims"},
        {"url": "https://agency.example/{our_reference}"},
        {"url": "ftp://agency.example/"},
        {"find": {"url": "https://agency.example/{case_reference}"}},
        {"find": {"url": "https://agency.example/{our_reference!r}"}},
        {"find": {"url": "https://{our_reference}.example/"}},
        {"find": {"url": "https://agency.example/{"}},
        {"refused": [200]},
        {"password": ""},
    ],
)
def test_settings_that_cannot_be_are_refused(made: Made, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        made(**wrong)
    assert "word@" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"x": "debtor.shoe_size"}},
        {"required": ["debtor.shoe_size"]},
        {"recall": {"url": "https://agency.example/", "fields": {"x": "amount"}}},
        {"events": {"items": "events"}},
    ],
)
def test_paths_that_are_none_are_told_at_once(made: Made, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        made(**wrong)


def test_a_link_needs_all_that_its_template_names(made: Made) -> None:
    assert made().portal_url("ADU-1") == "https://www.auskunft.inkassounternehmen.de/"
    assert made(case_link="https://p.example/{case_reference}/x").portal_url("ADU/1 ä") == "https://p.example/ADU%2F1%20%C3%A4/x"
    assert made(case_link="https://p.example/{order}", portal="https://p.example/start").portal_url("ADU-1") == "https://p.example/start"


def test_the_exchange_on_the_page(made: Made, agency: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as recording:
        recording.during = "submit"
        made().submit(placement())
        recording.during = "fetch_status"
        made(answer=CASE).fetch_status("ADU-1")
        agency.events = agency.events[:3]
        recording.during = "fetch_feed"
        made().fetch_feed("1")
        recording.during = "acknowledge"
        made().acknowledge("m-1")
        recording.during = "report_payment"
        made(answer=CASE).report_payment(INSTRUCTIONS["report_payment"])  # type: ignore[arg-type]
    shown_on("adu-http", recording, secrets=[PASSWORD])
