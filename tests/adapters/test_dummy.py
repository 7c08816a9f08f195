"""The dummy agency does what it is asked, and its ledger says what really arrived."""

import datetime as dt
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_claim
from placements import placement
from pydantic import ValidationError

import inkasso_adapters
from inkasso_adapters.dummy import Behaviour, DummyAgency, DummySettings
from inkasso_core import (
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    NotFound,
    Outcome,
    OutcomeUnknown,
    Placement,
    Recall,
    ReportPayment,
    Source,
    TemporarilyUnavailable,
    UnsupportedOperation,
)


def agency_with(**settings: Any) -> DummyAgency:
    return DummyAgency(DummySettings.model_validate(settings))


def asking(behaviour: str, reference: str = "T-1", **ask: Any) -> Placement:
    return placement(reference=reference, extra={"dummy": {"behaviour": behaviour, **ask}})


def test_it_accepts_by_default_and_knows_the_case() -> None:
    agency = agency_with()
    answer = agency.submit(placement())
    assert answer.agency_reference == "DUMMY-T-1"
    assert answer.status is AgencyStatus.ACTIVE
    found = agency.find("T-1")
    assert found is not None
    assert found.agency_reference == "DUMMY-T-1"
    assert agency.fetch_status("DUMMY-T-1") == found


@pytest.mark.parametrize(
    ("behaviour", "error", "arrived"),
    [
        ("refuse", ClaimRejected, 0),
        ("invalid", ClaimInvalid, 0),
        ("unavailable", TemporarilyUnavailable, 0),
        ("auth", AuthenticationFailed, 0),
        ("lose-before", OutcomeUnknown, 0),
        ("lose", OutcomeUnknown, 1),
    ],
)
@pytest.mark.parametrize("asked_by", ["claim", "settings"])
def test_it_fails_as_asked_and_the_ledger_says_what_arrived(behaviour: str, error: type[Exception], arrived: int, asked_by: str) -> None:
    agency = agency_with() if asked_by == "claim" else agency_with(behaviour=behaviour)
    placed = asking(behaviour) if asked_by == "claim" else placement()
    with pytest.raises(error):
        agency.submit(placed)
    assert len(agency.ledger.cases()) == arrived
    assert (agency.find("T-1") is not None) is bool(arrived)


def test_a_refusal_has_code_and_fields() -> None:
    with pytest.raises(ClaimRejected) as refused:
        agency_with().submit(asking("refuse", code="E42", fields=["debtor.address.city"]))
    assert (refused.value.agency_code, refused.value.fields) == ("E42", ("debtor.address.city",))
    assert refused.value.agency == "dummy"


def test_the_claim_goes_before_the_settings() -> None:
    assert agency_with(behaviour="refuse").submit(asking("accept")).agency_reference


def test_a_slow_agency_sleeps_and_accepts() -> None:
    slept: list[float] = []
    agency = DummyAgency(DummySettings(delay=7.5), sleep=slept.append)
    assert agency.submit(asking("slow")).agency_reference
    assert slept == [7.5]
    agency.submit(asking("accept", "T-2"))
    assert slept == [7.5]


def test_an_unavailable_agency_says_when_to_come_back() -> None:
    with pytest.raises(TemporarilyUnavailable) as busy:
        agency_with(delay=30).submit(asking("unavailable"))
    assert busy.value.retry_after == 30


@pytest.mark.parametrize(
    ("behaviour", "status", "outcome"),
    [
        ("accept", AgencyStatus.ACTIVE, None),
        ("slow", AgencyStatus.ACTIVE, None),
        ("lose", AgencyStatus.ACTIVE, None),
        ("pays", AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL),
        ("pays-partly", AgencyStatus.CLOSED_PARTIAL, Outcome.PAID_PARTIAL),
        ("disputes", AgencyStatus.DISPUTED, None),
        ("asks", AgencyStatus.NEEDS_INPUT, None),
        ("court", AgencyStatus.JUDICIAL, None),
        ("uncollectable", AgencyStatus.CLOSED_UNPAID, Outcome.UNTRACEABLE),
        ("rejects-later", AgencyStatus.REJECTED, None),
        ("odd-status", AgencyStatus.UNKNOWN, None),
    ],
)
def test_the_status_follows_from_the_behaviour(behaviour: str, status: AgencyStatus, outcome: Outcome | None) -> None:
    agency = DummyAgency(DummySettings(), sleep=lambda _seconds: None)
    try:
        agency.submit(asking(behaviour))
    except OutcomeUnknown:
        assert behaviour == "lose"
    report = agency.fetch_status("DUMMY-T-1")
    assert (report.status, report.reason) == (status, outcome)
    assert report.agency_status
    assert report.raw == {"case": "DUMMY-T-1", "status": report.agency_status, "arrived": 1}


def test_every_behaviour_is_covered() -> None:
    fails = {"refuse", "invalid", "unavailable", "auth", "lose-before"}
    lives = {"accept", "slow", "lose", "pays", "pays-partly", "disputes", "asks", "court", "uncollectable", "rejects-later", "odd-status"}
    assert set(Behaviour) == fails | lives


def test_what_arrives_twice_stands_there_twice() -> None:
    agency = agency_with()
    agency.submit(placement())
    agency.submit(placement())
    assert len(agency.ledger.cases("T-1")) == 2
    found = agency.find("T-1")
    assert found is not None
    assert found.raw["arrived"] == 2


def test_what_never_arrived_is_not_found() -> None:
    agency = agency_with()
    assert agency.find("T-1") is None
    with pytest.raises(NotFound):
        agency.fetch_status("DUMMY-T-1")


def test_checking_and_rehearsing_leave_no_trace() -> None:
    agency = agency_with()
    agency.check(placement())
    assert json.loads(agency.rehearse(placement()))["amount"] == "153.99"
    for ask in (agency.check, agency.rehearse):
        with pytest.raises(ClaimInvalid):
            ask(asking("invalid"))
    assert agency.ledger.cases() == []


@pytest.mark.parametrize("ask", [{"behaviour": "explode"}, {"behavior": "accept"}, {"fields": 7}])
def test_an_unknown_wish_is_refused_with_those_that_are_known(ask: dict[str, Any]) -> None:
    with pytest.raises(ClaimInvalid, match="lose-before") as refused:
        agency_with().check(placement(extra={"dummy": ask}))
    assert "explode" not in str(refused.value)
    assert refused.value.fields == ("extra.dummy",)


def test_several_claims_are_one_case_in_which_each_keeps_its_amount() -> None:
    agency = agency_with(claims_per_placement=2)
    both = placement(
        green_claim(source=Source(order="A-1"), principal=Decimal("10.01")),
        green_claim(source=Source(order="A-2"), principal=Decimal("20.02")),
    )
    agency.submit(both)
    (case,) = agency.ledger.cases()
    assert (case.amount, case.claims) == ("30.03", {"A-1": "10.01", "A-2": "20.02"})


def test_the_wish_of_one_claim_decides_for_its_whole_case() -> None:
    silent, refusing = green_claim(), green_claim(extra={"dummy": {"behaviour": "refuse", "code": "E42"}})
    with pytest.raises(ClaimRejected) as refused:
        agency_with(claims_per_placement=2).submit(placement(silent, refusing))
    assert refused.value.agency_code == "E42"


def test_more_claims_than_it_takes_are_refused() -> None:
    agency = agency_with(claims_per_placement=2)
    with pytest.raises(ClaimInvalid, match="that many claims"):
        agency.check(placement(green_claim(), green_claim(), green_claim()))
    with pytest.raises(ValidationError):
        agency_with(claims_per_placement=0)


def test_an_unknown_wish_in_the_settings_is_refused() -> None:
    with pytest.raises(ValidationError):
        agency_with(behaviour="explode")


def test_what_it_cannot_do_it_says() -> None:
    with pytest.raises(UnsupportedOperation):
        agency_with().fetch_feed(None)


# --- What it is told of its cases ---


def about(reference: str, key: str = "k-1") -> dict[str, Any]:
    return {"agency_reference": f"DUMMY-{reference}", "our_reference": reference, "idempotency_key": key, "asked_on": dt.date(2026, 6, 1)}


def payment(amount: str, key: str = "k-1", currency: str = "EUR") -> ReportPayment:
    day = dt.date(2026, 6, 1)
    return ReportPayment(**about("T-1", key), amount=Decimal(amount), currency=currency, received_on=day, payment_reference="TX-1")


def test_payments_that_cover_a_case_close_it() -> None:
    agency = agency_with()
    agency.submit(placement())
    report = agency.report_payment(payment("100.00")).report
    assert report is not None
    assert report.status is AgencyStatus.ACTIVE
    assert agency.report_payment(payment("53.99", "k-2")).report == agency.find("T-1")
    assert agency.fetch_status("DUMMY-T-1").status is AgencyStatus.CLOSED_PAID
    assert [(told.verb, told.amount, told.payment_reference) for told in agency.ledger.told("T-1")] == [
        ("report_payment", "100.00", "TX-1"),
        ("report_payment", "53.99", "TX-1"),
    ]


def test_what_an_amendment_says_is_open_counts() -> None:
    agency = agency_with()
    agency.submit(placement())
    agency.amend(Amend(**about("T-1"), placement=placement(principal=Decimal("50.00")), changed=("amount",)))
    assert agency.ledger.told()[0].changed == ("amount",)
    agency.report_payment(payment("50.00", "k-2"))
    assert agency.fetch_status("DUMMY-T-1").status is AgencyStatus.CLOSED_PAID


def test_a_recall_gives_the_case_back() -> None:
    agency = agency_with()
    agency.submit(placement())
    said = agency.recall(Recall(**about("T-1")))
    assert said.done
    assert said.report is not None
    assert (said.report.status, said.report.reason) == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR)


@pytest.mark.parametrize(
    ("told", "error", "heard"),
    [
        ("accept", None, 1),
        ("slow", None, 1),
        ("lose", OutcomeUnknown, 1),
        ("lose-before", OutcomeUnknown, 0),
        ("refuse", ClaimRejected, 0),
        ("invalid", ClaimInvalid, 0),
        ("unavailable", TemporarilyUnavailable, 0),
        ("auth", AuthenticationFailed, 0),
    ],
)
def test_what_it_is_told_ends_as_the_claim_asks_for(told: str, error: type[Exception] | None, heard: int) -> None:
    agency = DummyAgency(DummySettings(), sleep=lambda _seconds: None)
    agency.submit(placement(extra={"dummy": {"told": told}}))
    with pytest.raises(error) if error is not None else nullcontext():
        agency.report_payment(payment("1.00"))
    assert len(agency.ledger.told()) == heard


def test_it_knows_its_cases_and_their_currency() -> None:
    agency = agency_with()
    with pytest.raises(NotFound):
        agency.report_payment(payment("1.00"))
    agency.submit(placement())
    with pytest.raises(ClaimRejected):
        agency.report_payment(payment("1.00", currency="USD"))
    assert agency.ledger.told() == []


def test_what_it_was_told_stands_beside_its_cases(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    agency = agency_with(ledger=ledger)
    agency.submit(placement())
    agency.report_payment(payment("1.00"))
    assert [told.amount for told in agency_with(ledger=ledger).ledger.told()] == ["1.00"]
    assert len(ledger.read_text("utf-8").splitlines()) == 1
    told = tmp_path / "ledger.told.jsonl"
    assert told.stat().st_mode & 0o777 == 0o600


# --- The ledger as a file ---


def test_the_ledger_outlives_the_process(tmp_path: Path) -> None:
    ledger = tmp_path / "new" / "ledger.jsonl"
    agency_with(ledger=ledger).submit(asking("pays"))
    report = agency_with(ledger=ledger).find("T-1")
    assert report is not None
    assert report.status is AgencyStatus.CLOSED_PAID
    assert ledger.stat().st_mode & 0o777 == 0o600


def test_the_ledger_holds_no_names(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    agency_with(ledger=ledger).submit(placement())
    (line,) = ledger.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "account": "acme",
        "agency_reference": "DUMMY-T-1",
        "amount": "153.99",
        "behaviour": "accept",
        "claims": {"4711": "153.99"},
        "currency": "EUR",
        "idempotency_key": "key-T-1",
        "interest": "0.00",
        "our_reference": "T-1",
        "told": "accept",
    }


def test_several_processes_write_one_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(inkasso_adapters.__file__).parents[1]), *sys.path])
    processes = [
        subprocess.Popen([sys.executable, __file__, str(ledger), str(number)], env={**os.environ, "PYTHONPATH": path})
        for number in range(3)
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    cases = agency_with(ledger=ledger).ledger.cases()
    assert sorted(case.our_reference for case in cases) == sorted(f"T-{who}-{turn}" for who in range(3) for turn in range(20))


def test_a_ledger_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("no case\n", encoding="utf-8")
    for path in (ledger, ledger / "below", tmp_path):
        with pytest.raises(ConfigurationError, match="ledger") as refused:
            agency_with(ledger=path).find("T-1")
        assert refused.value.field == "ledger"
    with pytest.raises(ConfigurationError):
        agency_with(ledger=ledger / "below").submit(placement())


if __name__ == "__main__":
    agency = agency_with(ledger=sys.argv[1])
    for turn in range(20):
        agency.submit(placement(reference=f"T-{sys.argv[2]}-{turn}"))
