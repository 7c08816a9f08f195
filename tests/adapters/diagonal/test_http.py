"""Diagonal over HTTPS, behind Prism: what differs from any configured agency, and one exchange."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from builders import green_claim, green_debtor
from exchange import recorded, shown_on
from peers import configured
from peers.agencies import http_agency
from placements import placement

from inkasso_adapters.diagonal import DIAGONAL, DiagonalHttp, DiagonalHttpSettings
from inkasso_core import (
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    FeedKind,
    Outcome,
    Pause,
    Recall,
    ReportPayment,
    Resume,
    SendMessage,
    Source,
)

DAY = dt.date(2026, 6, 2)
LOGIN = ("K-77", "geheim-77")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http_agency() as running:
        yield running


def build(address: str, **more: Any) -> DiagonalHttp:
    return DiagonalHttp(DiagonalHttpSettings.model_validate(configured.diagonal(address, **more)))


@pytest.fixture
def agency(address: str) -> DiagonalHttp:
    return build(address)


@pytest.fixture
def case(agency: DiagonalHttp, request: pytest.FixtureRequest) -> str:
    """A case that Diagonal has."""
    found = agency.submit(placement(reference=f"D-{abs(hash(request.node.nodeid)) % 10**12}")).agency_reference
    assert found is not None
    return found


def told(case: str, **more: Any) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "D", "idempotency_key": "k-1", "asked_on": DAY, **more}


def recall(case: str, **more: Any) -> Recall:
    return Recall(**told(case, reason="Irrtum", **{"costs_accepted": True, **more}))


def test_the_family_chooses_by_transport() -> None:
    assert set(DIAGONAL.by_transport) == {"http", "sftp", "file"}
    assert DIAGONAL.chosen("http") is DiagonalHttp
    assert {one.name for one in DIAGONAL.by_transport.values()} == {"diagonal"}


def test_submit_duplicate_refusal_and_login(agency: DiagonalHttp, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as said:
        first = agency.submit(placement(reference="D-1", principal=Decimal("1000.10")))
    assert b'"principal": 1000.10' in said.said[0].body
    assert "Groß-Möller".encode() in said.said[0].body
    assert b'"clientNumber": "4711"' in said.said[0].body
    assert len(said.said) == 1
    assert agency.submit(placement(reference="D-1")).agency_reference == first.agency_reference
    with pytest.raises(ClaimRejected) as refused:
        agency.submit(placement(reference="D-2", invoice={"number": "REFUSE-1"}))
    assert (refused.value.agency_code, refused.value.fields) == ("E-ADR", ("street",))
    with pytest.raises(AuthenticationFailed):
        build(address, password="falsch").submit(placement(reference="D-3"))


def test_a_refused_address_is_corrected_under_the_same_reference(agency: DiagonalHttp) -> None:
    with pytest.raises(ClaimInvalid) as missing:
        agency.submit(placement(reference="D-4", debtor=green_debtor(addresses=())))
    assert "debtor.address.city" in missing.value.fields
    assert agency.submit(placement(reference="D-4")).agency_reference is not None


def test_each_vendor_has_his_client_number(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agency = build(address, client_number=None, client_numbers={"anna": "9001", "bert": "9002"})
    with recorded(monkeypatch) as said:
        agency.submit(placement(reference="D-5", source=Source(order="1", vendor="bert")))
    assert b'"clientNumber": "9002"' in said.said[0].body
    for vendor in ("carl", None):
        with pytest.raises(ClaimInvalid) as refused:
            agency.submit(placement(reference="D-6", source=Source(order="1", vendor=vendor)))
        assert refused.value.fields == ("client_number",)
    both = placement(*(green_claim(source=Source(order=v, vendor=v)) for v in ("anna", "bert")), reference="D-7")
    several = configured.diagonal(address)["operations"]
    several["submit"]["fields"] = {"items.*.sum": "claims.*.principal_open"}
    with pytest.raises(ClaimInvalid) as mixed:
        build(address, client_numbers={"anna": "1", "bert": "2"}, claims_per_placement=2, operations=several).check(both)
    assert mixed.value.fields == ("client_number",)


def test_a_claim_that_shows_up_the_next_day_was_not_absent() -> None:
    assert DiagonalHttp.settles_after is None, "nobody has published when it shows up, at the latest: a person looks"
    with http_agency(nightly=True) as address:
        agency = build(address)
        agency.submit(placement(reference="D-9"))
        assert agency.find("D-9") is None
        assert requests.post(f"{address}/night", auth=LOGIN, timeout=10).ok
        found = agency.find("D-9")
        assert found is not None
        assert found.status is AgencyStatus.ACTIVE


# Pause


def test_a_pause_has_an_end_at_most_42_days_ahead(agency: DiagonalHttp, case: str) -> None:
    assert agency.pause(Pause(**told(case, until=DAY + dt.timedelta(days=42), reason="Klärung"))).done
    assert agency.fetch_status(case).status is AgencyStatus.PAUSED
    for until in (None, DAY + dt.timedelta(days=43), DAY - dt.timedelta(days=1)):
        with pytest.raises(ClaimInvalid, match="42 days") as refused:
            agency.pause(Pause(**told(case, until=until)))
        assert refused.value.fields == ("until",)
    assert agency.resume(Resume(**told(case))).done
    assert agency.fetch_status(case).status is AgencyStatus.ACTIVE


# Recall


def test_the_costs_of_a_recall_are_told_and_must_be_accepted(
    address: str, agency: DiagonalHttp, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = agency.recall_notice(case)
    assert "59,00 EUR" in notice.de
    assert "59.00 EUR" in notice.en
    assert "81,24" in build(address, recall_costs="81,24 EUR brutto je Fall").recall_notice(case).de
    with recorded(monkeypatch) as said, pytest.raises(ClaimInvalid, match="Nobody has accepted"):
        agency.recall(recall(case, costs_accepted=False))
    assert said.said == []
    assert not agency.recall(recall(case)).done
    report = agency.fetch_status(case)
    assert (report.status, report.reason) == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR)


def test_a_case_in_court_is_not_recalled(agency: DiagonalHttp, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.send_message(SendMessage(**told(case, text="court")))
    with recorded(monkeypatch) as said, pytest.raises(ClaimInvalid, match="in court"):
        agency.recall(recall(case))
    assert [one.method for one in said.said] == ["GET"]


def test_a_case_of_which_nobody_knows_whether_it_is_in_court_is_not_recalled(
    agency: DiagonalHttp, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.send_message(SendMessage(**told(case, text="odd")))
    with recorded(monkeypatch) as said, pytest.raises(ClaimInvalid, match="may be in court"):
        agency.recall(recall(case))
    assert [one.method for one in said.said] == ["GET"]


def test_without_a_question_for_the_status_there_is_no_recall(address: str) -> None:
    given = configured.diagonal(address)
    operations = {name: call for name, call in given["operations"].items() if name != "fetch_status"}
    bare = build(address, operations=operations)
    assert "recall" not in bare.operations
    assert "court" in bare.missing()["recall"].en


# What comes back


def test_that_a_vendor_got_access_to_the_portal_is_a_message(agency: DiagonalHttp, case: str) -> None:
    known = {entry.entry_id for entry in agency.fetch_feed(None).entries}
    agency.send_message(SendMessage(**told(case, text="portal")))
    (entry,) = [entry for entry in agency.fetch_feed(None).entries if entry.entry_id not in known]
    assert (entry.kind, entry.report, entry.agency_reference) == (FeedKind.MESSAGE, None, case)
    assert entry.text == "Zugang für den Händler verschickt"
    assert "e-mail" in agency.first_claim_notice.en


def test_payments_ledger_amend_and_link(agency: DiagonalHttp, case: str) -> None:
    agency.report_payment(ReportPayment(**told(case, amount="100.50", currency="EUR", received_on=DAY)))
    ledger = agency.fetch_ledger(case)
    assert (ledger.collected, ledger.fees) == (Decimal("100.50"), Decimal("12.50"))
    assert agency.amend(Amend(**told(case, placement=placement(), changed=("debtor",)))).done
    assert agency.portal_url(case) == f"https://portal.example/{case}"


def test_an_unknown_status_is_kept(agency: DiagonalHttp, case: str) -> None:
    agency.send_message(SendMessage(**told(case, text="odd")))
    report = agency.fetch_status(case)
    assert (report.status, report.agency_status) == (AgencyStatus.UNKNOWN, "X-77")


def test_one_exchange(agency: DiagonalHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as said:
        said.during = "submit"
        case = agency.submit(placement(reference="R-2026-0002")).agency_reference
        assert case is not None
        said.during = "find"
        agency.find("R-2026-0002")
        said.during = "pause"
        agency.pause(Pause(**told(case, until=dt.date(2026, 7, 1), reason="Klärung")))
        said.during = "recall"
        agency.recall(recall(case))
    varying = (r"(?<=\")HT-\d{6}(?=\")|(?<=/)HT-\d{6}", r"(?<=\")2026-06-\d\dT[0-9:+]+(?=\")")
    shown_on("diagonal-http", said, secrets=["geheim-77", "Sy03NzpnZWhlaW0tNzc="], varying=varying)
