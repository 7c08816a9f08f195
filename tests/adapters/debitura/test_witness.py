"""The agency's own client is the witness: the same claim through it and through the adapter is the same request, and read the same."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor
from peers.proc import need_python
from placements import placement

from inkasso_core import Capacity, Organization, SendMessage

from .conftest import Made
from .loopback import Request, serving
from .stand_in import KEY, USER, StandIn
from .test_tell import told

SCRIPT = Path(__file__).with_name("official_client.py")
DIVISION = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
MESSAGE = "Der Lieferschein für Jördis kommt: 119,10 €"
HEADERS = ("accept", "idempotency-key", "xapikey")
"""Headers that must be equal."""
KINDS = ("application/json", "application/json-patch+json")
"""The type of a body, ours and the client's: the description lists both for the same JSON, and the client takes the first of its list."""
PATHS = (
    "amountToRecover",
    "assignedUserEmail",
    "allowPendingContracts",
    "claimDescription",
    "comments",
    "creditorDivisionId",
    "creditorReference",
    "currencyCode",
    "date",
    "debtor.address",
    "debtor.city",
    "debtor.companyRegistrationNumber",
    "debtor.contactPerson",
    "debtor.countryAlpha2",
    "debtor.email",
    "debtor.name",
    "debtor.phone",
    "debtor.state",
    "debtor.stateAlpha2",
    "debtor.type",
    "debtor.zipCode",
    "dueDate",
    "isTest",
    "skipDebituraVerification",
    "tag",
)
"""JSON paths that must be equal; nothing else may be there."""

DEBTORS: dict[str, tuple[Any, dict[str, str]]] = {
    "a consumer in Germany": (
        green_debtor(),
        {
            "type": "Private",
            "name": "Jördis Groß-Möller",
            "address": "Lange Straße 7 a",
            "zip_code": "01067",
            "city": "Dresden",
            "country_alpha2": "DE",
            "email": "joerdis@example.org",
            "phone": "+493514567890",
        },
    ),
    "a company in the United States": (
        green_debtor(
            capacity=Capacity.BUSINESS,
            organization=Organization(name="Łódź & Sons „Inc.“", register_number="47-1234567"),
            addresses=(green_address(country="US", state="CA", postal_code="94105", city="San Francisco"),),
            contacts=(),
        ),
        {
            "type": "Company",
            "name": "Łódź & Sons „Inc.“",
            "contact_person": "Jördis Groß-Möller",
            "company_registration_number": "47-1234567",
            "address": "Lange Straße 7 a",
            "zip_code": "94105",
            "city": "San Francisco",
            "state_alpha2": "CA",
            "country_alpha2": "US",
        },
    ),
}


def case(amount: str, **more: Any) -> dict[str, Any]:
    """The case as a user of the client would write it down."""
    return {
        "currency_code": "EUR",
        "date": "2026-03-02",
        "due_date": "2026-03-16",
        "amount_to_recover": float(amount),
        "creditor_reference": "T-1",
        "comments": (
            "Order 4711, contract of 2026-02-26.\nDelivered or rendered on 2026-03-03.\nReminders for RE-2026-0815: 2026-04-01, 2026-04-20."
        ),
        "claim_description": f"Stuhl Modell Elbe, 2 × Kissen. Invoice RE-2026-0815 of 2026-03-02, due on 2026-03-16: {amount} EUR",
        **more,
    }


def by_the_client(amount: str, debtor: dict[str, str], **more: Any) -> tuple[list[Request], Any]:
    """Hand over through the agency's client; returns what arrived, and what the client read."""
    agency = StandIn()
    asked = {"key": KEY, "idempotency_key": "key-T-1", "case": case(amount, **more), "debtor": debtor, "message": MESSAGE, "user": USER}
    with serving(agency.answer) as url:
        ran = subprocess.run(
            [need_python("clients"), str(SCRIPT)],
            input=json.dumps({"url": url, **asked}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return agency.requests, json.loads(ran.stdout)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {key: one for name, inner in value.items() for key, one in flat(inner, f"{path}.{name}" if path else name).items()}


@pytest.mark.parametrize("who", DEBTORS)
@pytest.mark.parametrize("amount", ["153.99", "100.00", "0.10", "9999999.95"])
def test_the_same_claim_is_the_same_request(agency: StandIn, made: Made, who: str, amount: str) -> None:
    debtor, told_to_the_client = DEBTORS[who]
    requests, read = by_the_client(
        amount,
        told_to_the_client,
        is_test=True,
        tag="suite-1",
        creditor_division_id=DIVISION,
        assigned_user_email=USER,
        allow_pending_contracts=True,
        skip_debitura_verification=True,
    )
    debitura = made(test=True, tag="suite-1", division=DIVISION, assigned_user=USER, allow_pending_contracts=True, skip_verification=True)
    sent = debitura.submit(placement(green_claim(principal=Decimal(amount), debtor=debtor)))
    debitura.send_message(told(SendMessage, str(sent.agency_reference), text=MESSAGE))
    found = debitura.find("T-1")
    assert [(one.method, one.path.count("/")) for one in requests] == [(one.method, one.path.count("/")) for one in agency.requests]
    ours, theirs = agency.requests[0], requests[0]
    assert {name: ours.headers[name] for name in HEADERS} == {name: theirs.headers[name] for name in HEADERS}
    assert (ours.headers["content-type"], theirs.headers["content-type"]) == KINDS
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    for path in PATHS:
        assert flat(ours.json).get(path) == flat(theirs.json).get(path), path
    assert set(flat(ours.json)) == set(flat(theirs.json))
    assert set(flat(ours.json)) <= set(PATHS)
    assert agency.requests[1].json == requests[1].json
    assert found is not None
    assert read["found"] == read["id"]
    assert (found.agency_status, found.raw["case"]["remainder"]) == (
        read["lifecycle"],
        Decimal(str(read["remainder"])).quantize(Decimal("0.01")),
    )


def test_a_claim_that_differs_would_be_noticed() -> None:
    requests, _ = by_the_client("153.98", DEBTORS["a consumer in Germany"][1])
    assert flat(requests[0].json)["amountToRecover"] == Decimal("153.98")
    assert set(flat(requests[0].json)) <= set(PATHS)
