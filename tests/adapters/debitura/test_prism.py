"""The agency's published description as a judge: Prism answers by it, and stands between the adapter and the stand-in.

The description is not ours to ship: the tests read it beside the checkout, and skip where it is not there.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_debtor
from peers.servers import prism_mock, prism_proxy
from placements import placement

from inkasso_adapters.debitura import Debitura, DebituraSettings
from inkasso_core import AgencyStatus, Capacity, ClaimInvalid, ClaimRejected, FeedKind, OutcomeUnknown, Recall, SendDocument, Sender

from .conftest import Made
from .loopback import serving
from .stand_in import KEY, USER, StandIn
from .test_tell import told

DOCUMENT = Path(__file__).parents[4] / "shared" / "reference" / "openapi" / "debitura-customer-api-v1.json"
CASE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The description, with JSON as the only form of requests and answers but for files."""
    if not DOCUMENT.exists():
        pytest.skip(f"{DOCUMENT.name} is not beside the checkout")
    description = json.loads(DOCUMENT.read_text("utf-8"))
    for operations in description["paths"].values():
        for operation in operations.values():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                kept = {
                    kind: content
                    for kind, content in part.get("content", {}).items()
                    if kind in ("application/json", "multipart/form-data")
                }
                if kept:
                    part["content"] = kept
    path = tmp_path_factory.mktemp("debitura") / DOCUMENT.name
    path.write_text(json.dumps(description), "utf-8")
    return path


# Prism as the agency


@pytest.fixture(scope="module")
def mock(described: Path) -> Iterator[str]:
    with prism_mock(described) as url:
        yield url


def before(url: str, **settings: Any) -> Debitura:
    return Debitura(DebituraSettings.model_validate({"url": url, "api_key": KEY, "chat_user": USER, "read_timeout": 20, **settings}))


OPERATIONS: dict[str, Callable[[Debitura], Any]] = {
    "find": lambda debitura: debitura.find("T-1"),
    "fetch_status": lambda debitura: debitura.fetch_status(CASE),
    "fetch_messages": lambda debitura: debitura.fetch_messages(CASE),
    "recall": lambda debitura: debitura.recall(told(Recall, CASE)),
    "submit": lambda debitura: debitura.submit(placement()),
    "submit for tests": lambda debitura: Debitura(debitura.settings.model_copy(update={"test": True, "tag": "t", "division": CASE})).submit(
        placement()
    ),
    "send_document": lambda debitura: debitura.send_document(
        told(SendDocument, CASE, kind="invoice", file_name="Rechnung für Jördis.pdf", media_type="application/pdf", content=b"%PDF-1.7")
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_asked_fits_the_description(mock: str, operation: str) -> None:
    assert OPERATIONS[operation](before(mock)) is not None


def test_what_does_not_fit_would_be_refused(mock: str) -> None:
    debitura = before(mock)
    for body in ({"date": "2026-03-02"}, {"amountToRecover": "153.99", "currencyCode": "EUR"}, {"currencyCode": "EUR", "claimLines": []}):
        with pytest.raises(ClaimRejected) as refused:
            debitura.call("POST", "cases", json=body)
        assert refused.value.http_status == 422
    with pytest.raises(ClaimRejected):
        debitura.call("GET", "cases/not-an-id")


def test_a_check_reads_the_answer_of_the_description(mock: str) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        before(mock).check(placement())
    assert refused.value.agency_code == "string", "Prism makes up an action that blocks"


# Prism between the adapter and the stand-in


class Behind:
    """What stands behind the judge at the moment."""

    agency = StandIn()
    url = ""


@pytest.fixture(scope="module")
def judge(described: Path) -> Iterator[type[Behind]]:
    with serving(lambda request: Behind.agency.answer(request)) as behind, prism_proxy(described, behind) as Behind.url:
        yield Behind


@pytest.fixture
def judged(judge: type[Behind], agency: StandIn) -> Made:
    """Makes adapters that talk to the stand-in through the judge."""
    judge.agency = agency
    return lambda **settings: before(judge.url, **settings)


def test_the_stand_in_is_what_the_description_says(agency: StandIn, judged: Made) -> None:
    """Every answer of the stand-in, and every request of the adapter, in one walk; what fits the description not is 500."""
    debitura = judged(test=True, tag="suite-1")
    debitura.check(placement())
    case = str(debitura.submit(placement()).agency_reference)
    company = green_debtor(capacity=Capacity.BUSINESS)
    second = judged(test=True, claims_per_placement=2).submit(placement(reference="T-2", debtor=company)).agency_reference
    found = debitura.find("T-1")
    assert found is not None
    assert (found.agency_reference, found.status) == (case, AgencyStatus.SUBMITTED)
    assert debitura.find("T-3") is None
    assert debitura.call("POST", f"test/cases/{case}/advance", json={"to": "Active"}) == {"advanced": True, "state": "Active"}
    agency.phases[case] = "Legal"
    assert debitura.fetch_status(case).status is AgencyStatus.JUDICIAL
    agency.said(case, "Bitte den Lieferschein für Jördis", "Partner")
    agency.task(case, "ReplyToChat", "Antworten")
    agency.task(None, "SignContract", "Unterschreiben")
    assert [message.sender for message in debitura.fetch_messages(case)] == [Sender.AGENCY]
    assert debitura.recall(told(Recall, case)).done is False
    upload = told(
        SendDocument,
        case,
        kind="delivery",
        file_name="Lieferschein für Jördis.pdf",
        media_type="application/pdf",
        content=b"%PDF-1.7\x00\xff",
    )
    assert debitura.send_document(upload).done
    assert agency.files[case][0]["documentType"] == "CreditorDocuments"
    debitura.call("POST", f"test/cases/{case}/advance", json={"to": "Closed:Paid", "amount": Decimal("153.99")})
    ledger = debitura.fetch_ledger(case)
    assert (ledger.collected, ledger.outstanding) == (Decimal("153.99"), Decimal("0.00"))
    kinds = [entry.kind for entry in debitura.fetch_feed(None).entries]
    assert sorted(kinds) == sorted([FeedKind.STATUS] * 2 + [FeedKind.PAYMENT] + [FeedKind.QUESTION] * 2)
    assert debitura.fetch_status(case).status is AgencyStatus.CLOSED_PAID
    assert second != case


def test_the_refusals_of_the_stand_in_are_as_described(agency: StandIn, judged: Made) -> None:
    agency.no_partner_for = {"DE"}
    with pytest.raises(ClaimRejected) as refused:
        judged().submit(placement())
    assert refused.value.agency_code == "NoPartnerAvailable"
    with pytest.raises(ClaimInvalid):
        judged().check(placement())


def test_amounts_and_umlauts_pass_the_judge_unchanged(agency: StandIn, judged: Made) -> None:
    judged().submit(placement())
    (request,) = agency.requests
    assert b'"amountToRecover":153.99' in request.body.replace(b" ", b"")
    assert "Jördis Groß-Möller".encode() in request.body


def test_a_stand_in_that_drifts_is_noticed(agency: StandIn, judged: Made) -> None:
    answer = agency._case
    agency._case = lambda *given: {**answer(*given), "invented": True}  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown) as drifted:
        judged().submit(placement())
    assert drifted.value.http_status == 500
    assert "VIOLATIONS" in str(drifted.value.raw)
