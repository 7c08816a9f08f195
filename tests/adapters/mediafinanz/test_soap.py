"""mediaFinanz over SOAP, against PHP's ``SoapServer``: handing over, and telling the agency."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from builders import AS_OF, green_claim, green_debtor, green_person
from peers.mediafinanz import APPLICATION, CLIENT, SoapPeer
from peers.proc import free_port
from placements import placement

from inkasso_adapters.mediafinanz import MediafinanzSoap
from inkasso_adapters.mediafinanz.settings import wsdl_of
from inkasso_adapters.mediafinanz.soap_values import licence_key
from inkasso_core import (
    NOT_PUBLISHED,
    AuthenticationFailed,
    Charge,
    ChargeKind,
    ClaimInvalid,
    ClaimKind,
    ClaimRejected,
    ConfigurationError,
    Contact,
    ContactKind,
    Invoice,
    Organization,
    OutcomeUnknown,
    Placement,
    Recall,
    ReportPayment,
    Salutation,
    SendMessage,
    TemporarilyUnavailable,
    UnsupportedOperation,
)

Made = Callable[..., MediafinanzSoap]


def invoiced(number: str, **changes: Any) -> Placement:
    return placement(invoice=Invoice(number=number, issued_on=dt.date(2026, 3, 2)), **changes)


def about(case: str) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "T-1", "idempotency_key": "key", "asked_on": AS_OF}


# Handing over


def test_a_claim_arrives_whole(soap: SoapPeer, over_soap: Made) -> None:
    charges = (Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("7.50")),)
    submission = over_soap().submit(placement(charges=charges, note="Bitte zügig – „Eilfall“\nKunde ruft an", kind=ClaimKind.SERVICE))
    assert submission.agency_reference == "40000000001"
    assert "40000000001" in submission.raw
    stored = soap.claims()["40000000001"]
    assert stored["claim"] == {
        "invoice": "RE-2026-0815",
        "type": 3,
        "reason": "Stuhl Modell Elbe, 2 × Kissen",
        "originalValue": "153.99",
        "overdueFees": "7.50",
        "dateOfOrigin": "2026-02-26",
        "dateOfLastReminder": "2026-04-20",
        "note": "Bitte zügig – „Eilfall“ Kunde ruft an",
    }
    assert stored["debtor"] == {
        "id": "K-1041",
        "address": "f",
        "firstname": "Jördis",
        "lastname": "Groß-Möller",
        "street": "Lange Straße 7 a",
        "postcode": "01067",
        "city": "Dresden",
        "country": "DE",
        "telephone1": "+493514567890",
        "email": "joerdis@example.org",
        "dateOfBirth": "1984-02-29",
    }
    assert "<lastname>Groß-Möller</lastname>" in soap.requests()[-1]
    assert "<originalValue>153.99</originalValue>" in soap.requests()[-1]


def test_a_company_arrives_with_its_contact_person(soap: SoapPeer, over_soap: Made) -> None:
    numbers = [Contact(kind=kind, value=value) for kind, value in CONTACTS]
    debtor = green_debtor(number=None, organization=Organization(name="Müßig & Söhne <GmbH>"), contacts=tuple(numbers))
    over_soap().submit(placement(debtor=debtor))
    arrived = soap.claims()["40000000001"]["debtor"]
    assert (arrived["address"], arrived["company"], arrived["lastname"]) == ("c", "Müßig & Söhne <GmbH>", "Groß-Möller")
    assert (arrived["telephone1"], arrived["telephone2"], arrived["fax"]) == ("+493514567890", "+4915112345678", "+493514567899")
    assert "id" not in arrived


CONTACTS = [
    (ContactKind.MOBILE, "+49 151 12345678"),
    (ContactKind.FAX, "+49 351 4567899"),
    (ContactKind.PHONE, "+49 351 4567890"),
]


@pytest.mark.parametrize(("salutation", "code"), [("mr", "m"), ("ms", "f"), ("diverse", "@"), ("unknown", "@")])
def test_a_salutation_is_never_guessed(soap: SoapPeer, over_soap: Made, salutation: str, code: str) -> None:
    over_soap().submit(placement(debtor=green_debtor(person=green_person(salutation=Salutation(salutation), birth_date=None))))
    arrived = soap.claims()["40000000001"]["debtor"]
    assert arrived["address"] == code
    assert "dateOfBirth" not in arrived


@pytest.mark.parametrize("count", [1, 3])
def test_a_refusal_keeps_the_reasons_and_says_none(soap: SoapPeer, over_soap: Made, count: int) -> None:
    with pytest.raises(ClaimRejected, match=f"reasons: {count}") as caught:
        over_soap().submit(invoiced(f"RE-ERRORS-{count}"))
    assert "Die Straße fehlt." in str(caught.value.raw)
    assert "Straße" not in "".join(caught.value.text)
    assert soap.claims() == {}


def test_neither_a_case_number_nor_a_reason_is_unclear(over_soap: Made) -> None:
    with pytest.raises(OutcomeUnknown):
        over_soap().submit(invoiced("RE-ERRORS-0"))


def test_a_claim_that_is_there_already_is_refused_and_not_doubled(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    adapter.submit(placement())
    with pytest.raises(ClaimRejected) as caught:
        adapter.submit(placement(reference="T-2"))
    assert "bereits übergeben" in str(caught.value.raw)
    assert len(soap.claims()) == 1
    assert soap.called("newClaim") == 2


@pytest.mark.parametrize(("invoice", "stored"), [("RE-SLOW", 1), ("RE-BROKEN", 1), ("RE-503", 0)])
def test_an_answer_that_is_lost_is_unclear_and_nothing_is_sent_again(soap: SoapPeer, over_soap: Made, invoice: str, stored: int) -> None:
    adapter = over_soap(read_timeout=0.8)
    with pytest.raises(OutcomeUnknown):
        adapter.submit(invoiced(invoice))
    assert soap.called("newClaim") == 1
    assert len(soap.claims()) == stored


def test_live_and_test_are_apart(soap: SoapPeer, over_soap: Made) -> None:
    live, sandbox = over_soap(), over_soap(sandbox=True)
    first, second = live.submit(placement()), sandbox.submit(placement())
    assert set(soap.claims("live")) == {first.agency_reference}
    assert set(soap.claims("sandbox")) == {second.agency_reference}
    with pytest.raises(ClaimRejected):
        live.fetch_status(str(second.agency_reference))


def test_what_the_agency_would_not_take_is_not_sent(soap: SoapPeer, over_soap: Made) -> None:
    for act in (over_soap().submit, over_soap().check, over_soap().rehearse):
        with pytest.raises(ClaimInvalid) as caught:
            act(placement(currency="CHF", subject=None))
        assert caught.value.fields == ("currency", "subject")
    assert soap.requests() == []


def test_a_reason_may_be_as_long_as_the_account_says(soap: SoapPeer, over_soap: Made) -> None:
    over_soap(reason_length=300).submit(placement(subject="ü" * 300))
    assert soap.claims()["40000000001"]["claim"]["reason"] == "ü" * 300


# The account


def test_wrong_credentials_stop_the_account_before_a_claim_is_sent(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap(client_licence="falsch")
    for act in (lambda: adapter.submit(placement()), lambda: adapter.fetch_feed(None), adapter.fetch_payouts):
        with pytest.raises(AuthenticationFailed):
            act()
    assert soap.called("newClaim") == 0


def test_credentials_that_cannot_be_proved_keep_a_claim_back(soap: SoapPeer, over_soap: Made) -> None:
    soap.change(lambda state: state["licences"].update(fault="Server"))
    with pytest.raises(TemporarilyUnavailable):
        over_soap(client_licence="falsch").submit(placement())
    assert soap.called("newClaim") == 0


def test_credentials_are_proved_once(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    adapter.submit(placement())
    adapter.submit(invoiced("RE-2"))
    assert soap.called("getPayoutList") == 1
    over_soap(prove_login=False).submit(invoiced("RE-3"))
    assert soap.called("getPayoutList") == 1


def test_the_key_is_the_md5_of_both_licences_in_their_order(over_soap: Made) -> None:
    settings = MediafinanzSoap.Settings(client_id=1, application_licence="ab", client_licence="c")
    assert licence_key(settings) == "900150983cd24fb0d6963f7d28e17f72"  # MD5 of "abc", RFC 1321


def test_secrets_are_nowhere_to_be_seen(over_soap: Made) -> None:
    adapter = over_soap()
    shown = [repr(adapter), repr(adapter.settings), adapter.rehearse(placement()), repr(adapter.envelope("getPayoutList", adapter._auth()))]
    for secret in (APPLICATION, CLIENT, licence_key(adapter.settings)):
        assert all(secret not in text for text in shown)


def test_a_rehearsal_shows_the_request_and_sends_nothing(soap: SoapPeer, over_soap: Made) -> None:
    shown = over_soap().rehearse(placement())
    assert shown.startswith("POST http://127.0.0.1")
    assert "<lastname>Groß-Möller</lastname>" in shown
    assert "<licenceKey>***</licenceKey>" in shown
    assert soap.requests() == []


def test_the_agencys_own_wsdl_is_the_default_and_ours_needs_an_address() -> None:
    access = {"client_id": 1, "application_licence": "a", "client_licence": "b"}
    assert (
        MediafinanzSoap(MediafinanzSoap.Settings.model_validate(access)).settings.wsdl == "https://soap.mediafinanz.de/encashment204.wsdl"
    )
    older = MediafinanzSoap.Settings.model_validate({**access, "version": "2.0.1"})
    assert MediafinanzSoap(older).settings.wsdl == "https://soap.mediafinanz.de/encashment201.wsdl"
    with pytest.raises(ValueError, match="address"):
        MediafinanzSoap.Settings.model_validate({**access, "wsdl": "reconstruction"})


@pytest.mark.parametrize("name", ["encashment204", "encashment201", "partner201"])
def test_a_reconstruction_says_so_in_its_first_lines(name: str) -> None:
    with open(wsdl_of(name, "reconstruction"), encoding="utf-8") as file:  # noqa: PTH123
        assert "RECONSTRUCTION" in "".join(next(file) for _ in range(3))


def test_an_agency_that_is_not_there_was_not_asked(over_soap: Made) -> None:
    adapter = over_soap(wsdl="reconstruction", address=f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(TemporarilyUnavailable):
        adapter.submit(placement())
    with pytest.raises(TemporarilyUnavailable):
        over_soap(wsdl=f"http://127.0.0.1:{free_port()}/x.wsdl").submit(placement())


def test_a_wsdl_that_is_none_stops_the_account(soap: SoapPeer, over_soap: Made, tmp_path: Any) -> None:
    (tmp_path / "x.wsdl").write_text("<html><body>Wartung</body></html>", "utf-8")
    for wsdl in (str(tmp_path / "x.wsdl"), str(tmp_path / "none.wsdl"), f"{soap.url}/none.wsdl"):
        with pytest.raises(ConfigurationError):
            over_soap(wsdl=wsdl).submit(placement())


# Telling the agency


def test_a_direct_payment_is_booked_to_the_cent(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    case = str(adapter.submit(placement()).agency_reference)
    paid = ReportPayment(**about(case), amount=Decimal("40.10"), currency="EUR", received_on=dt.date(2026, 6, 2))
    assert adapter.report_payment(paid).done
    assert soap.claims()[case]["payments"] == [{"dateOfPayment": "2026-06-02", "paidAmount": "40.10"}]
    with pytest.raises(ClaimInvalid) as caught:
        adapter.report_payment(paid.model_copy(update={"currency": "USD"}))
    assert caught.value.fields == ("currency",)
    assert len(soap.claims()[case]["payments"]) == 1


def test_a_recall_is_a_request(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    case = str(adapter.submit(placement()).agency_reference)
    assert adapter.recall(Recall(**about(case))).done is False
    assert soap.claims()[case]["close_asked"] is True


def test_a_no_without_a_reason_is_a_refusal(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    case = str(adapter.submit(placement()).agency_reference)
    soap.change(lambda state: state["live"]["claims"][case].update(code=10210))
    paid = ReportPayment(**about(case), amount=Decimal("1.00"), currency="EUR", received_on=AS_OF)
    for act in (lambda: adapter.recall(Recall(**about(case))), lambda: adapter.report_payment(paid)):
        with pytest.raises(ClaimRejected):
            act()


def test_a_message_arrives_to_the_letter_and_comes_back(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap()
    case = str(adapter.submit(placement()).agency_reference)
    text = "Größe <XL> & „Maß“: 5 € – erledigt?"
    assert adapter.send_message(SendMessage(**about(case), text=text)).done
    (message,) = adapter.fetch_messages(case)
    assert message.text == text
    assert message.raw["sender"] == "Mandant"
    assert message.at == dt.datetime(2026, 6, 3, 6, 15, tzinfo=dt.UTC)


def test_an_instruction_for_a_case_that_is_not_there_is_refused(over_soap: Made) -> None:
    with pytest.raises(ClaimRejected):
        over_soap().send_message(SendMessage(**about("1"), text="Hallo"))


# The older version


def test_version_201_offers_what_was_seen_of_it(soap: SoapPeer, over_soap: Made) -> None:
    adapter = over_soap(version="2.0.1")
    case = str(adapter.submit(placement()).agency_reference)
    assert soap.called("getClaimStatusChanges") == 1  # proves the credentials
    assert {"fetch_feed", "acknowledge", "fetch_ledger", "report_payment", "recall"} <= adapter.operations
    for operation in ("send_message", "fetch_messages", "fetch_payouts"):
        assert operation not in adapter.operations
        assert adapter.missing()[operation] == NOT_PUBLISHED
    for act in (lambda: adapter.fetch_messages(case), adapter.fetch_payouts, lambda: adapter.fetch_history(case)):
        with pytest.raises(UnsupportedOperation):
            act()
    change = {
        "fileNumber": case,
        "statusCode": 10210,
        "statusName": "storniert",
        "statusDetails": "auf Wunsch",
        "time": "2026-06-03T10:00:00",
    }
    soap.tell("changes", change)
    feed = adapter.fetch_feed(None)
    assert feed.entries[0].report is not None
    assert feed.entries[0].report.agency_text == "storniert\nauf Wunsch"
    adapter.acknowledge(str(feed.token))
    assert adapter.fetch_feed(None).entries == ()


def test_values_that_a_wsdl_does_not_take_are_not_sent(soap: SoapPeer, over_soap: Made) -> None:
    with pytest.raises(ClaimInvalid):
        over_soap().submit(placement(green_claim(note="Glocke \x07")))
    assert soap.called("newClaim") == 0
