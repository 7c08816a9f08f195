"""Handing over: what is sent to the byte, what is refused before and by the agency, and what an error leaves open."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor, green_person
from placements import placement

from inkasso_adapters.debitura import Debitura, writing
from inkasso_core import (
    AgencyError,
    AgencyStatus,
    AuthenticationFailed,
    Capacity,
    Charge,
    ChargeKind,
    Claim,
    ClaimInvalid,
    ClaimRejected,
    Invoice,
    Organization,
    OutcomeUnknown,
    Payment,
    Placement,
    Source,
    TemporarilyUnavailable,
)

from .conftest import Made
from .loopback import Reply
from .stand_in import StandIn

DIVISION = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def charged(**changes: Any) -> Claim:
    return green_claim(
        charges=(Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("5.00"), on=dt.date(2026, 4, 20)),),
        payments=(Payment(amount=Decimal("53.89"), on=dt.date(2026, 4, 2)),),
        **changes,
    )


def test_a_case_is_sent_to_the_byte(agency: StandIn, debitura: Debitura) -> None:
    sent = debitura.submit(placement())
    (request,) = agency.requests
    assert (request.method, request.path) == ("POST", "/cases")
    assert {name: request.headers[name] for name in ("xapikey", "idempotency-key", "content-type", "accept")} == {
        "xapikey": "debitura-key-4711",
        "idempotency-key": "key-T-1",
        "content-type": "application/json",
        "accept": "application/json",
    }
    assert request.body.decode() == (
        '{"currencyCode": "EUR", "date": "2026-03-02T00:00:00+00:00", "dueDate": "2026-03-16T00:00:00+00:00", '
        '"comments": "Order 4711, contract of 2026-02-26.\\nDelivered or rendered on 2026-03-03.\\n'
        'Reminders for RE-2026-0815: 2026-04-01, 2026-04-20.", '
        '"claimDescription": "Stuhl Modell Elbe, 2 × Kissen. Invoice RE-2026-0815 of 2026-03-02, due on 2026-03-16: 153.99 EUR", '
        '"creditorReference": "T-1", '
        '"debtor": {"type": "Private", "name": "Jördis Groß-Möller", "address": "Lange Straße 7 a", "zipCode": "01067", '
        '"city": "Dresden", "countryAlpha2": "DE", "email": "joerdis@example.org", "phone": "+493514567890"}, '
        '"amountToRecover": 153.99}'
    )
    case = next(iter(agency.cases.values()))
    assert (sent.agency_reference, sent.status, sent.agency_status) == (case["id"], AgencyStatus.SUBMITTED, "Pending Verification Internal")
    assert sent.raw["grossAmount"] == Decimal("153.99")
    assert sent.portal_url is None


def test_what_the_settings_say_of_every_case_is_sent(agency: StandIn, made: Made) -> None:
    debitura = made(
        test=True,
        tag="suite-1",
        division=DIVISION,
        collection_partner=DIVISION,
        assigned_user="clerk@beispiel.example",
        allow_pending_contracts=True,
        skip_verification=True,
        language="de",
    )
    sent = debitura.submit(placement())
    body = agency.requests[0].json
    assert {name: body[name] for name in ("isTest", "tag", "allowPendingContracts", "skipDebituraVerification", "assignedUserEmail")} == {
        "isTest": True,
        "tag": "suite-1",
        "allowPendingContracts": True,
        "skipDebituraVerification": True,
        "assignedUserEmail": "clerk@beispiel.example",
    }
    assert body["creditorDivisionId"] == body["collectionPartnerId"] == DIVISION
    assert body["comments"].startswith("Bestellung 4711, Vertrag vom 2026-02-26.\nGeliefert")
    assert sent.raw["isTestCase"] is True


@pytest.mark.parametrize(
    ("charges", "amount", "said"),
    [
        ("text", b'"amountToRecover": 105.10', "dunning fee 5.00 EUR. Open of these, and not in the amount: 0.00 EUR."),
        ("amount", b'"amountToRecover": 105.10', "dunning fee 5.00 EUR. Open of these, and in the amount: 0.00 EUR."),
    ],
)
def test_charges_stand_in_the_text_or_in_the_amount(agency: StandIn, made: Made, charges: str, amount: bytes, said: str) -> None:
    claim = charged()
    assert (claim.principal_open, claim.total_open) == (Decimal("105.10"), Decimal("105.10")), "the payment covered the charges first"
    made(charges=charges).submit(placement(claim))
    assert amount in agency.requests[0].body
    assert said in agency.requests[0].json["comments"]
    assert "Paid on RE-2026-0815: 53.89 EUR (2026-04-02)." in agency.requests[0].json["comments"]


def test_open_charges_are_added_only_where_the_setting_says_so(made: Made) -> None:
    claim = green_claim(charges=(Charge(kind=ChargeKind.BANK_RETURN_FEE, amount=Decimal("3.01"), on=None),))
    beside = made().rehearse(placement(claim))
    assert '"amountToRecover": 153.99' in beside
    assert "not in the amount: 3.01 EUR." in beside
    assert '"amountToRecover": 157.00' in made(charges="amount").rehearse(placement(claim))


def test_every_kind_of_charge_has_a_word(made: Made) -> None:
    claim = green_claim(charges=tuple(Charge(kind=kind, amount=Decimal(1), on=None) for kind in ChargeKind))
    assert made(language="de").rehearse(placement(claim)).count(" 1.00 EUR") == len(ChargeKind)


def test_a_company_is_named_with_its_register_and_who_to_speak_to(made: Made) -> None:
    company = Organization(name="Möbel Krüger & Söhne KG", register_number="HRA 1234", vat_id="DE123456788")
    debtor = green_debtor(capacity=Capacity.BUSINESS, organization=company)
    body = writing.case(writing.draft(placement(debtor=debtor), made().settings, agency="debitura"))
    assert {name: body["debtor"][name] for name in ("type", "name", "contactPerson", "companyRegistrationNumber")} == {
        "type": "Company",
        "name": "Möbel Krüger & Söhne KG",
        "contactPerson": "Jördis Groß-Möller",
        "companyRegistrationNumber": "HRA 1234",
    }
    trader = writing.case(writing.draft(placement(debtor=green_debtor(capacity=Capacity.BUSINESS)), made().settings, agency="debitura"))
    assert (trader["debtor"]["type"], trader["debtor"]["name"]) == ("Company", "Jördis Groß-Möller")


@pytest.mark.parametrize(("state", "code"), [("CA", "CA"), ("us-ny", "NY"), (" tx ", "TX")])
def test_an_address_in_the_united_states_has_its_state(made: Made, state: str, code: str) -> None:
    debtor = green_debtor(addresses=(green_address(country="US", state=state),))
    sent = writing.case(writing.draft(placement(debtor=debtor), made().settings, agency="debitura"))["debtor"]
    assert sent["stateAlpha2"] == code
    assert "state" not in sent


def test_elsewhere_the_state_is_free_text(made: Made) -> None:
    debtor = green_debtor(addresses=(green_address(state="Sachsen", care_of="bei Bär", extra="Hinterhaus"),))
    sent = writing.case(writing.draft(placement(debtor=debtor), made().settings, agency="debitura"))["debtor"]
    assert (sent["state"], sent["address"]) == ("Sachsen", "bei Bär, Lange Straße 7 a, Hinterhaus")
    assert "stateAlpha2" not in sent


# Several claims


def several() -> Placement:
    """Due 75 days, 7 months, 13 months and 25 months before the day of the placement."""
    due = (dt.date(2026, 3, 18), dt.date(2025, 11, 1), dt.date(2025, 5, 1), dt.date(2024, 5, 1))
    amounts = ("100.10", "20.02", "3.03", "0.44")
    claims = [
        green_claim(
            source=Source(order=f"471{n}"),
            principal=Decimal(amount),
            due_date=day,
            invoice=Invoice(number=f"RE-{n}", issued_on=day - dt.timedelta(days=14)),
        )
        for n, (day, amount) in enumerate(zip(due, amounts, strict=True))
    ]
    return placement(*claims)


def test_several_claims_are_one_case_with_the_ages_of_its_parts(agency: StandIn, made: Made) -> None:
    made(claims_per_placement=4).submit(several())
    body = agency.requests[0].json
    assert {name: str(value) for name, value in body.items() if name.startswith("amountToRecover")} == {
        "amountToRecover": "123.59",
        "amountToRecoverOver6Months": "23.49",
        "amountToRecoverOver12Months": "3.47",
        "amountToRecoverOver24Months": "0.44",
    }
    assert (body["date"][:10], body["dueDate"][:10]) == ("2024-04-17", "2024-05-01")
    assert [line.split(": ")[-1] for line in body["claimDescription"].splitlines()] == ["100.10 EUR", "20.02 EUR", "3.03 EUR", "0.44 EUR"]


def test_lines_take_the_place_of_amount_and_ages(agency: StandIn, made: Made) -> None:
    made(claims_per_placement=4, claim_lines=True).submit(several())
    body = agency.requests[0].json
    assert [name for name in body if name.startswith("amountToRecover")] == []
    assert body["claimLines"][0] == {"dueDate": "2026-03-18T00:00:00+00:00", "amount": Decimal("100.10"), "reference": "RE-0"}
    assert b'"amount": 100.10' in agency.requests[0].body
    assert next(iter(agency.cases.values()))["grossAmount"] == Decimal("123.59")


def test_a_leap_day_is_a_year_old_in_march() -> None:
    assert writing._years_after(dt.date(2024, 2, 29), 1) == dt.date(2025, 3, 1)
    assert writing._years_after(dt.date(2024, 2, 29), 2) == dt.date(2026, 3, 1)


# Refused before anything is sent

BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "nothing open": ({"payments": (Payment(amount=Decimal("153.99")),)}, "amountToRecover"),
    "three decimals": ({"currency": "KWD", "principal": Decimal("1.005")}, "amountToRecover"),
    "no invoice date": ({"invoice": Invoice(number="RE-1")}, "date"),
    "invoice from tomorrow": ({"invoice": Invoice(number="RE-1", issued_on=dt.date(2026, 6, 2))}, "date"),
    "no due date": ({"due_date": None}, "dueDate"),
    "not due yet": ({"due_date": dt.date(2026, 6, 2)}, "dueDate"),
    "due before the invoice": ({"due_date": dt.date(2026, 3, 1)}, "dueDate"),
    "no name": ({"debtor": green_debtor(person=green_person(first_name=None, last_name=None))}, "debtor.name"),
    "no street": ({"debtor": green_debtor(addresses=(green_address(street=None, house_number=None),))}, "debtor.address"),
    "no city": ({"debtor": green_debtor(addresses=(green_address(city=None),))}, "debtor.city"),
    "no address": ({"debtor": green_debtor(addresses=())}, "debtor.countryAlpha2"),
    "no state": ({"debtor": green_debtor(addresses=(green_address(country="US", state="Kalifornien"),))}, "debtor.stateAlpha2"),
    "long subject": ({"subject": "x" * 3990}, "claimDescription"),
    "long note": ({"note": "x" * 3990}, "comments"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_the_agency_would_not_take_is_refused_before(agency: StandIn, debitura: Debitura, case: str) -> None:
    changes, field = BROKEN[case]
    for operation in (debitura.submit, debitura.check, debitura.rehearse):
        with pytest.raises(ClaimInvalid) as refused:
            operation(placement(**changes))
        assert field in refused.value.fields
        assert len(refused.value.text.de) > 10
        assert "Möller" not in str(refused.value)
    assert agency.requests == []


def test_everything_that_is_wrong_is_said_at_once(debitura: Debitura) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        debitura.submit(placement(due_date=None, debtor=green_debtor(addresses=())))
    assert refused.value.fields == ("dueDate", "debtor.address", "debtor.city", "debtor.countryAlpha2")


def test_what_is_due_today_is_taken(agency: StandIn, debitura: Debitura) -> None:
    debitura.submit(placement(due_date=dt.date(2026, 6, 1)))
    assert len(agency.cases) == 1


def test_a_case_holds_no_more_claims_than_the_setting_says_and_no_line_twice(made: Made) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        made().submit(several())
    assert refused.value.fields == ("claims",)
    twice = placement(green_claim(), green_claim(source=Source(order="4712")))
    with pytest.raises(ClaimInvalid) as refused:
        made(claims_per_placement=2, claim_lines=True).submit(twice)
    assert refused.value.fields == ("claimLines.reference",)
    assert made(claims_per_placement=2).claims_per_placement == 2


# Refused by the agency

PROBLEM = {"type": "about:blank", "title": "One or more errors", "status": 400, "errors": {"debtor.city": ["Nirgendwo?"]}}
SHAPES: dict[str, tuple[Reply, str | None, tuple[str, ...]]] = {
    "fields": (Reply(400, {"date": ["lies ahead"], "debtor.name": ["Jördis?"]}), None, ("date", "debtor.name")),
    "label and business errors": (
        Reply(400, {"error": "bad_request", "message": "Jördis", "businessErrors": [{"type": "UnsupportedCountry"}]}),
        "UnsupportedCountry",
        (),
    ),
    "label alone": (Reply(400, {"error": "bad_request", "message": "Jördis", "businessErrors": None}), "bad_request", ()),
    "a sentence for a label": (Reply(400, {"error": "Jördis is unknown", "message": ""}), None, ()),
    "business errors": (Reply(422, {"businessErrors": [{"type": "NoPartnerAvailable", "message": "Jördis"}]}), "NoPartnerAvailable", ()),
    "one business error": (Reply(422, {"businessErrors": {"type": "MissingPowerOfAttorney"}}), "MissingPowerOfAttorney", ()),
    "problem": (Reply(400, PROBLEM), None, ("debtor.city",)),
    "text": (Reply(400, "Jördis"), None, ()),
    "list": (Reply(422, ["Jördis"]), None, ()),
    "nothing": (Reply(404, None), None, ()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_of_a_refusal_is_read(agency: StandIn, debitura: Debitura, shape: str) -> None:
    reply, code, fields = SHAPES[shape]
    agency.next = [reply]
    with pytest.raises(ClaimRejected) as refused:
        debitura.submit(placement())
    assert (refused.value.agency_code, refused.value.fields, refused.value.http_status) == (code, fields, reply.status)
    assert refused.value.raw == reply.body
    assert "Jördis" not in f"{refused.value} {refused.value.text}"


def test_the_agencys_own_rules_are_told_by_their_field(agency: StandIn, debitura: Debitura) -> None:
    with pytest.raises(ClaimRejected) as refused:
        debitura.submit(placement(debtor=green_debtor(addresses=(green_address(city="Nirgendwo"),))))
    assert refused.value.fields == ("debtor.city",)
    assert "Möller" in str(refused.value.raw), "the answer quotes the debtor"
    assert "Möller" not in f"{refused.value!r} {refused.value.text}"
    agency.no_partner_for = {"DE"}
    with pytest.raises(ClaimRejected) as refused:
        debitura.submit(placement())
    assert refused.value.agency_code == "NoPartnerAvailable"
    assert agency.cases == {}


@pytest.mark.parametrize("code", ["CreditorBlocked", "MissingDebtCollectionContract", "InvalidUserEmail"])
def test_what_holds_for_the_whole_account_stops_the_account(agency: StandIn, debitura: Debitura, code: str) -> None:
    agency.next = [
        Reply(422, {"businessErrors": [{"type": "MissingKycVerification"}, {"type": code, "solutionUrl": "https://app.example"}]})
    ]
    with pytest.raises(AuthenticationFailed) as refused:
        debitura.submit(placement())
    assert refused.value.agency_code == code
    assert refused.value.raw["businessErrors"][1]["solutionUrl"]


def test_a_wrong_key_stops_the_account(made: Made) -> None:
    with pytest.raises(AuthenticationFailed) as refused:
        made(api_key="wrong-key").submit(placement())
    assert "wrong-key" not in f"{refused.value!r} {refused.value.text} {refused.value.raw}"


@pytest.mark.parametrize(
    ("body", "seconds"),
    [({"retryAfter": Decimal("17.5")}, 17.5), ({"retryAfter": 3}, 3.0), ({"retryAfter": "soon"}, None), ("slow down", None)],
)
def test_the_seconds_to_wait_stand_in_the_body(agency: StandIn, debitura: Debitura, body: Any, seconds: float | None) -> None:
    agency.next = [Reply(429, body)]
    with pytest.raises(TemporarilyUnavailable) as busy:
        debitura.submit(placement())
    assert busy.value.retry_after == seconds
    assert len(agency.requests) == 1


# Twice


def test_the_same_key_and_body_is_answered_as_before(agency: StandIn, debitura: Debitura) -> None:
    first, second = debitura.submit(placement()), debitura.submit(placement())
    assert first.raw == second.raw
    assert len(agency.cases) == 1
    assert not Debitura.idempotent, "the agency's publications contradict each other: nothing is built on it"


def test_a_lost_answer_leaves_the_outcome_open_and_the_case_is_found(agency: StandIn, debitura: Debitura) -> None:
    agency.drop_after_storing = True
    with pytest.raises(OutcomeUnknown):
        debitura.submit(placement())
    assert len(agency.requests) == 1
    found = debitura.find("T-1")
    assert found is not None
    assert [found.agency_reference] == list(agency.cases)
    assert debitura.find("T-2 / ?ü") is None
    assert agency.requests[-1].path == "/cases/by-creditor-reference/T-2%20%2F%20%3F%C3%BC"


@pytest.mark.parametrize("code", ["IdempotencyConflict", "DuplicateCreditorReference"])
def test_refused_because_it_is_there_already_is_not_a_no(agency: StandIn, debitura: Debitura, code: str) -> None:
    agency.next = [Reply(422, {"businessErrors": [{"type": code}]})]
    with pytest.raises(OutcomeUnknown) as unclear:
        debitura.submit(placement())
    assert unclear.value.agency_code == code


def test_the_same_key_with_another_body_is_noticed(agency: StandIn, debitura: Debitura) -> None:
    debitura.submit(placement())
    with pytest.raises(OutcomeUnknown):
        debitura.submit(placement(principal=Decimal("1.00")))
    assert len(agency.cases) == 1


@pytest.mark.parametrize(
    "reply", [Reply(500, {"error": "oops"}), Reply(200, "<html>"), Reply(200, []), Reply(200, {"id": ""}), Reply(200, None)]
)
def test_an_answer_without_a_case_leaves_the_outcome_open(agency: StandIn, debitura: Debitura, reply: Reply) -> None:
    agency.next = [reply]
    with pytest.raises(OutcomeUnknown):
        debitura.submit(placement())
    assert len(agency.requests) == 1


def test_no_refusal_is_an_error_of_another_kind(agency: StandIn, debitura: Debitura) -> None:
    for status in (400, 404, 409, 413, 415, 422, 429, 500, 502):
        agency.next = [Reply(status, {"businessErrors": [None, {"type": 5}], "errors": [1], "error": {"a": 1}})]
        with pytest.raises(AgencyError):
            debitura.submit(placement())
