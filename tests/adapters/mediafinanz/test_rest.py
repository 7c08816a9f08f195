"""mediaFinanz over REST, against a stand-in of ours that follows what is known of version 2.2."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from builders import AS_OF, green_address, green_debtor, green_person
from peers.mediafinanz import PASSWORD, USER, UUID, RestPeer
from peers.proc import free_port
from placements import placement

from inkasso_adapters.mediafinanz import MEDIAFINANZ, MediafinanzRest, MediafinanzSoap
from inkasso_core import (
    AddressKind,
    AgencyStatus,
    AuthenticationFailed,
    Charge,
    ChargeKind,
    ClaimInvalid,
    ClaimRejected,
    Contact,
    ContactKind,
    Invoice,
    Organization,
    Outcome,
    OutcomeUnknown,
    Recall,
    TemporarilyUnavailable,
)

Made = Callable[..., MediafinanzRest]


def about(case: str) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "T-1", "idempotency_key": "key", "asked_on": AS_OF}


# Handing over


def test_a_claim_arrives_whole(rest: RestPeer, over_rest: Made) -> None:
    charges = (Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("7.50")),)
    delivery = green_address(kind=AddressKind.DELIVERY, street="Ährenweg", house_number="3", care_of="bei Müßig", extra="Hof")
    debtor = green_debtor(addresses=(green_address(), delivery))
    submission = over_rest().submit(placement(charges=charges, debtor=debtor, note="Zügig", original_creditor="Früher & Co"))
    assert submission.agency_reference == "50000000001"
    assert submission.raw["az"] == "50000000001"
    assert rest.claims["50000000001"]["body"] == {
        "ClientCustomerRefNo": "RE-2026-0815",
        "Stage": "V",
        "Memo": "Zügig",
        "Debtor": {
            "Company": "",
            "LastName": "Groß-Möller",
            "FirstName": "Jördis",
            "BirthDate": "1984-02-29",
            "PostalAddress": {"Street": "Lange Straße 7 a", "PostalCode": "01067", "City": "Dresden", "CountryCode": "DE", "Validity": 1},
            "AlternateAddress": {
                "Annex": "bei Müßig, Hof",
                "Street": "Ährenweg 3",
                "PostalCode": "01067",
                "City": "Dresden",
                "CountryCode": "DE",
                "Validity": 1,
            },
            "Communications": [
                {"Means": 1, "Type": 1, "Value": "joerdis@example.org", "Validity": 1},
                {"Means": 2, "Type": 1, "Value": "+493514567890", "Validity": 1},
            ],
        },
        "Claim": {
            "Amount": Decimal("161.49"),
            "ContractDate": "2026-02-26",
            "OriginalCreatorName": "Früher & Co",
            "Reason": "Stuhl Modell Elbe, 2 × Kissen",
            "PrincipalClaim": {"Number": "RE-2026-0815", "Value": Decimal("153.99"), "Date": "2026-03-02"},
            "DunningCosts": {"Value": Decimal("7.50"), "Date": "2026-04-20"},
        },
    }
    assert "Groß-Möller".encode() in rest.bodies[-1]
    assert b'"Amount": 161.49' in rest.bodies[-1]
    ((method, path, headers),) = rest.asked
    assert (method, path) == ("PUT", "/v2.2/collect/claim/new/")
    assert (headers["uuid"], headers["user"], headers["password"]) == (UUID, USER, PASSWORD)
    assert "validate" not in headers


def test_what_an_account_knows_of_the_agencys_codes_is_sent(rest: RestPeer, over_rest: Made) -> None:
    codes = {
        "person_types": {"company": 3},
        "means": {"email": None, "phone": 7},
        "catalogue": {"goods": "43"},
        "contractual_condition": 1,
        "partner_no": 12,
        "amount": "principal",
    }
    contacts = (Contact(kind=ContactKind.EMAIL, value="a@example.org"), Contact(kind=ContactKind.PHONE, value="keine"))
    debtor = green_debtor(
        organization=Organization(name="Müßig KG", legal_form="KG"), contacts=contacts, addresses=(green_address(undeliverable=True),)
    )
    charges = (Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("7.50")),)
    over_rest(**codes).submit(placement(debtor=debtor, charges=charges))
    body = rest.claims["50000000001"]["body"]
    assert (body["PartnerNo"], body["Claim"]["ContractualItemCatalogueNo"], body["Claim"]["ContractualCondition"]) == (12, "43", 1)
    assert body["Claim"]["Amount"] == Decimal("153.99")
    assert (body["Debtor"]["PersonType"], body["Debtor"]["LegalForm"], body["Debtor"]["Company"]) == (3, "KG", "Müßig KG")
    assert body["Debtor"]["Communications"] == [{"Means": 7, "Type": 2, "Value": "keine", "Validity": 0}]
    assert body["Debtor"]["PostalAddress"]["Validity"] == 0


@pytest.mark.parametrize(("salutation", "code"), [("mr", 1), ("ms", None), ("diverse", None), ("unknown", None)])
def test_a_code_that_nobody_knows_is_not_sent(rest: RestPeer, over_rest: Made, salutation: str, code: int | None) -> None:
    over_rest().submit(placement(debtor=green_debtor(person=green_person(salutation=salutation))))
    assert rest.claims["50000000001"]["body"]["Debtor"].get("PersonType") == code


def test_an_unknown_legal_form_is_left_out(rest: RestPeer, over_rest: Made) -> None:
    over_rest().submit(placement(debtor=green_debtor(organization=Organization(name="Müßig", legal_form="Stiftung"))))
    assert "LegalForm" not in rest.claims["50000000001"]["body"]["Debtor"]


def test_a_refusal_names_fields_and_code_and_keeps_the_rest(rest: RestPeer, over_rest: Made) -> None:
    with pytest.raises(ClaimRejected) as caught:
        over_rest().submit(placement(debtor=green_debtor(addresses=(green_address(city="Leerstadt"),))))
    assert caught.value.fields == ("debtor.address.city", "debtor.contacts")
    assert (caught.value.agency_code, caught.value.http_status) == ("error_pattern", 400)
    assert caught.value.raw["aMessage"][0]["sBody"] == "Validierung fehlgeschlagen"
    assert rest.claims == {}


def test_a_claim_that_is_there_already_is_refused_and_not_doubled(rest: RestPeer, over_rest: Made) -> None:
    adapter = over_rest()
    adapter.submit(placement())
    with pytest.raises(ClaimRejected) as caught:
        adapter.submit(placement(reference="T-2"))
    assert caught.value.agency_code == "DUP001"
    assert len(rest.claims) == 1
    assert len(rest.asked) == 2


FORMS: list[tuple[Callable[[str], Any], bool]] = [
    (lambda number: {"bSuccess": True, "sData": number}, True),
    (lambda number: {"bSuccess": True, "aData": {"az": int(number)}}, True),
    (lambda number: {"Aktenzeichen": number}, True),
    (lambda number: [{"fileNumber": number}], True),
    (lambda number: number, True),
    (lambda number: {"bSuccess": True, "aMessage": [{"sSubject": "ok", "sBody": f"Akte {number}"}]}, False),
    (lambda number: {"bSuccess": True, "az": "1234"}, False),
    (lambda number: {"bSuccess": True, "az": number, "fileNumber": "99999999999"}, False),
]


@pytest.mark.parametrize(("form", "readable"), FORMS)
def test_a_case_number_is_found_where_it_likely_stands_and_a_yes_without_one_is_a_yes(
    rest: RestPeer, over_rest: Made, form: Callable[[str], Any], readable: bool
) -> None:
    rest.form = form
    submission = over_rest().submit(placement())
    assert submission.agency_reference == ("50000000001" if readable else None)
    assert submission.status is AgencyStatus.ACTIVE
    assert submission.raw == json.loads(json.dumps(form("50000000001")))
    assert len(rest.asked) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'""', b"", b'{"az": "123"}', b"<html>Wartung</html>", b'{"bSuccess": tr'])
def test_an_answer_that_says_neither_yes_nor_no_is_unclear(rest: RestPeer, over_rest: Made, body: bytes) -> None:
    rest.answers = [(200, body)]
    with pytest.raises(OutcomeUnknown):
        over_rest().submit(placement())
    assert len(rest.asked) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, ClaimRejected), (400, ClaimRejected), (500, OutcomeUnknown), (503, OutcomeUnknown), (401, AuthenticationFailed)],
)
def test_a_no_is_a_no_and_a_failure_is_unclear(rest: RestPeer, over_rest: Made, status: int, error: type[Exception]) -> None:
    no = {"bSuccess": False, "aMessage": [{"sKey": "error", "sValue": "geht nicht (XYZ001)"}], "sData": ""}
    rest.answers = [(status, b"Wartung" if status > 400 else simplejson.dumps(no).encode())]
    with pytest.raises(error) as caught:
        over_rest().submit(placement())
    assert "geht nicht" not in str(caught.value)
    assert len(rest.asked) == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ([{"sKey": "logId", "sValue": "(ABC999)"}, {"sKey": "error", "sValue": "nein (XYZ001)"}], "XYZ001"),
        ([{"sSubject": "Error", "sBody": "nein [XYZ001]"}], "XYZ001"),
        ({"sSubject": "Exception", "sBody": "nein XYZ001"}, "XYZ001"),
        ("nein", None),
        ([], None),
        (None, None),
    ],
)
def test_both_shapes_of_messages_are_read(rest: RestPeer, over_rest: Made, message: Any, code: str | None) -> None:
    rest.answers = [(400, simplejson.dumps({"bSuccess": False, "aMessage": message}).encode())]
    with pytest.raises(ClaimRejected) as caught:
        over_rest().submit(placement())
    assert caught.value.agency_code == code


def test_wrong_credentials_stop_the_account(rest: RestPeer, over_rest: Made) -> None:
    adapter = over_rest(password="falsch")
    for act in (lambda: adapter.submit(placement()), lambda: adapter.check(placement()), lambda: adapter.fetch_status("50000000001")):
        with pytest.raises(AuthenticationFailed) as caught:
            act()
        assert caught.value.agency_code == "BQW124"
    assert rest.claims == {}


def test_a_host_that_is_not_there_was_not_asked(over_rest: Made) -> None:
    with pytest.raises(TemporarilyUnavailable):
        over_rest(base_url=f"http://127.0.0.1:{free_port()}/v2.2").submit(placement())


# The agency's own check


def test_a_check_stores_nothing(rest: RestPeer, over_rest: Made) -> None:
    over_rest().check(placement())
    ((method, path, headers),) = rest.asked
    assert (method, path, headers["validate"]) == ("PUT", "/v2.2/collect/claim/new/", "1")
    assert rest.claims == {}


@pytest.mark.parametrize("validate_first", [True, False])
def test_what_does_not_fit_is_found_by_a_check_with_our_field_names(rest: RestPeer, over_rest: Made, validate_first: bool) -> None:
    bad = placement(debtor=green_debtor(addresses=(green_address(city="Leerstadt"),)))
    with pytest.raises(ClaimInvalid) as caught:
        over_rest().check(bad)
    assert caught.value.fields == ("debtor.address.city", "debtor.contacts")
    with pytest.raises(ClaimInvalid if validate_first else ClaimRejected):
        over_rest(validate_first=validate_first).submit(bad)
    assert len(rest.asked) == 2
    assert rest.claims == {}


def test_a_check_before_every_claim_is_one_more_request_and_no_more_claims(rest: RestPeer, over_rest: Made) -> None:
    over_rest(validate_first=True).submit(placement())
    assert [("validate" in headers) for _, _, headers in rest.asked] == [True, False]
    assert len(rest.claims) == 1


@pytest.mark.parametrize("answer", [(200, b"{}"), (200, b"<html/>"), (500, b"Wartung"), (200, b"")])
def test_a_check_that_nobody_answers_says_nothing_of_the_claim(rest: RestPeer, over_rest: Made, answer: tuple[int, bytes]) -> None:
    rest.answers = [answer]
    with pytest.raises(TemporarilyUnavailable):
        over_rest().check(placement())


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"invoice": Invoice(number="R" * 41)}, ("invoice.number",)),
        ({"note": "ü" * 201}, ("note",)),
        ({"subject": None}, ("subject",)),
        ({"currency": "CHF"}, ("currency",)),
    ],
)
def test_what_the_agency_would_not_take_is_not_sent(
    rest: RestPeer, over_rest: Made, changes: dict[str, Any], fields: tuple[str, ...]
) -> None:
    for act in (over_rest().submit, over_rest().check, over_rest().rehearse):
        with pytest.raises(ClaimInvalid) as caught:
            act(placement(**changes))
        assert caught.value.fields == fields
    assert rest.asked == []


def test_a_rehearsal_shows_the_request_and_sends_nothing(rest: RestPeer, over_rest: Made) -> None:
    shown = over_rest().rehearse(placement())
    head, _, body = shown.partition("\n\n")
    assert head == f"PUT {rest.url}/collect/claim/new/\nuuid: ***\nuser: ***\npassword: ***"
    assert json.loads(body)["Debtor"]["LastName"] == "Groß-Möller"
    assert "153.99" in body
    assert rest.asked == []


def test_secrets_are_nowhere_to_be_seen(over_rest: Made) -> None:
    adapter = over_rest(soap={"client_id": 1, "application_licence": "geheim-a", "client_licence": "geheim-b"})
    for secret in (UUID, PASSWORD, "geheim-a", "geheim-b"):
        assert secret not in repr(adapter) + repr(adapter.settings) + adapter.rehearse(placement())


# What comes back, and what is asked for


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda code: {"bSuccess": True, "statusCode": code, "statusText": "Größe"}, "10210"),
        (lambda code: {"bSuccess": True, "aData": {"status": {"code": str(code), "text": "Größe"}}}, "10210"),
        (lambda code: {"bSuccess": True, "aData": [{"StatusCode": code, "StatusName": "Größe"}]}, "10210"),
    ],
)
def test_a_status_is_found_where_it_likely_stands(rest: RestPeer, over_rest: Made, answer: Callable[[int], Any], code: str) -> None:
    adapter = over_rest()
    case = str(adapter.submit(placement()).agency_reference)
    rest.status = lambda claim: answer(10210)
    report = adapter.fetch_status(case)
    assert (report.status, report.reason, report.agency_status) == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR, code)
    assert report.agency_text == "Größe"
    assert report.raw == answer(10210)


@pytest.mark.parametrize("answer", [{"bSuccess": True}, [], None, {"status": "läuft"}, {"statusCode": 1, "status": 2}])
def test_a_status_that_cannot_be_read_is_unknown_with_all_it_came_with(rest: RestPeer, over_rest: Made, answer: Any) -> None:
    adapter = over_rest()
    case = str(adapter.submit(placement()).agency_reference)
    rest.status = lambda claim: answer
    report = adapter.fetch_status(case)
    assert (report.status, report.agency_status, report.raw) == (AgencyStatus.UNKNOWN, None, answer)


def test_a_recall_is_a_request(rest: RestPeer, over_rest: Made) -> None:
    adapter = over_rest()
    case = str(adapter.submit(placement()).agency_reference)
    assert adapter.recall(Recall(**about(case))).done is False
    assert rest.claims[case]["closing"] is True
    assert rest.asked[-1][:2] == ("POST", f"/v2.2/collect/claim/{case}/close/")
    rest.answers = [(200, b"")]
    with pytest.raises(OutcomeUnknown):
        adapter.recall(Recall(**about(case)))


def test_a_case_that_the_agency_does_not_know_is_refused(over_rest: Made) -> None:
    for act in (lambda: over_rest().fetch_status("50000099999"), lambda: over_rest().recall(Recall(**about("50000099999")))):
        with pytest.raises(ClaimRejected) as caught:
            act()
        assert caught.value.agency_code == "UNK404"


@pytest.mark.parametrize("case", ["4294967295", "500000000011", "5000000000a", "../../../etc", "٠٠٠٠٠٠٠٠٠٠٠"])
def test_only_eleven_digits_are_a_case_number(rest: RestPeer, over_rest: Made, case: str) -> None:
    with pytest.raises(ClaimInvalid):
        over_rest().fetch_status(case)
    assert rest.asked == []


# The family


def test_the_hosts_are_those_of_the_agency_unless_an_account_says_otherwise() -> None:
    access = {"uuid": "u", "user": "n", "password": "p"}
    for changes, address in (
        ({}, "https://api.mediafinanz.de/v2.2/"),
        ({"sandbox": True}, "https://test.api.mediafinanz.de/v2.2/"),
        ({"base_url": "https://other.example/v2.1"}, "https://other.example/v2.1/"),
    ):
        assert MediafinanzRest(MediafinanzRest.Settings.model_validate({**access, **changes})).base_url == address


def test_one_entry_point_has_both_transports() -> None:
    assert MEDIAFINANZ.chosen("rest") is MediafinanzRest
    assert MEDIAFINANZ.chosen("soap") is MediafinanzSoap
    for name, adapter in MEDIAFINANZ.by_transport.items():
        assert adapter.name == MEDIAFINANZ.name
        assert adapter.Settings.model_fields["transport"].default == name
