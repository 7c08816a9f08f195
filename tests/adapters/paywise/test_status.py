"""Where a case stands: the order first, then the case's three axes; unknown codes stay unknown, and everything is kept."""

import itertools
import unicodedata
from typing import Any

import pytest
from peers.paywise.stand_in import StandIn
from placements import placement

from inkasso_adapters.paywise import Paywise
from inkasso_adapters.paywise.codes import outcome
from inkasso_adapters.paywise.status import deciding
from inkasso_core import AgencyStatus, Claim, NotFound, Outcome

ORDERS = {
    "draft": AgencyStatus.DRAFT,
    "submitted": AgencyStatus.SUBMITTED,
    "awaiting_client_response": AgencyStatus.NEEDS_INPUT,
    "rejected": AgencyStatus.REJECTED,
    "withdrawn": AgencyStatus.RECALLED,
    "expired": AgencyStatus.EXPIRED,
    "merged": AgencyStatus.MERGED,
    "x-new": AgencyStatus.UNKNOWN,
}


@pytest.mark.parametrize("code", ORDERS)
def test_an_order_that_is_not_accepted_has_its_own_status(service: StandIn, agency: Paywise, order_id: str, code: str) -> None:
    service.orders[order_id]["status"] = code
    service.orders[order_id]["expires_at"] = "2026-12-31T00:00:00+00:00"
    report = agency.fetch_status(order_id)
    assert (report.status, report.agency_status, report.agency_reference) == (ORDERS[code], code, order_id)
    assert report.raw["order"]["status"] == code


S = AgencyStatus
AXES = {
    ("extrajudicial", "in_progress", "unpaid"): S.ACTIVE,
    ("extrajudicial", "in_progress", "fully_paid"): S.ACTIVE,
    ("", "", ""): S.ACTIVE,
    ("judicial_dunning", "in_progress", "unpaid"): S.JUDICIAL,
    ("foreclosure", "", "partially_paid"): S.ENFORCEMENT,
    ("long_term_monitoring", "in_progress", "unpaid"): S.MONITORING,
    ("extrajudicial", "paused", "unpaid"): S.PAUSED,
    ("judicial_dunning", "paused", "unpaid"): S.PAUSED,
    ("extrajudicial", "canceled_by_client", "unpaid"): S.RECALLED,
    ("ended", "canceled_by_client", "fully_paid"): S.RECALLED,
    ("ended", "paused", "unpaid"): S.CLOSED_UNPAID,
    ("ended", "x-new", "unpaid"): S.UNKNOWN,
    ("ended", "ended", "fully_paid"): S.CLOSED_PAID,
    ("ended", "", "partially_paid"): S.CLOSED_PARTIAL,
    ("extrajudicial", "ended", "unpaid"): S.CLOSED_UNPAID,
    ("extrajudicial", "canceled_by_service_provider", "unpaid"): S.CLOSED_UNPAID,
    ("ended", "canceled_by_service_provider", "partially_paid"): S.CLOSED_PARTIAL,
    ("ended", "ended", ""): S.UNKNOWN,
    ("ended", "ended", "x-new"): S.UNKNOWN,
    ("extrajudicial", "x-new", "unpaid"): S.UNKNOWN,
    ("x-new", "in_progress", "unpaid"): S.UNKNOWN,
}


@pytest.mark.parametrize("axes", AXES, ids="/".join)
def test_a_case_stands_where_its_three_axes_say(service: StandIn, agency: Paywise, order_id: str, axes: tuple[str, str, str]) -> None:
    mandate_id = service.accept(order_id)
    stage, processing, payment = axes
    service.state(mandate_id, legal_stage=stage, processing=processing, payment=payment)
    report = agency.fetch_status(order_id)
    assert (report.status, report.agency_reference) == (AXES[axes], order_id)
    assert report.raw["mandate"]["state"]["legal_stage"]["code"] == stage
    assert (report.agency_text or "").startswith("PW-2026-00001")


def test_every_combination_of_known_codes_has_a_status() -> None:
    stages = ("", "extrajudicial", "judicial_dunning", "foreclosure", "long_term_monitoring", "ended")
    processings = ("", "in_progress", "paused", "canceled_by_client", "canceled_by_service_provider", "ended")
    for stage, processing, payment in itertools.product(stages, processings, ("unpaid", "partially_paid", "fully_paid")):
        axes = {"legal_stage": stage, "processing": processing, "payment": payment}
        code = deciding({"state": {axis: {"code": said} for axis, said in axes.items()}})
        assert Paywise.status_map[code] is not AgencyStatus.UNKNOWN


@pytest.mark.parametrize("state", [None, [], "x", {"legal_stage": "extrajudicial"}, {"processing": {"code": 7}}])
def test_a_state_of_another_form_is_read_without_an_error(service: StandIn, agency: Paywise, order_id: str, state: Any) -> None:
    service.mandates[service.accept(order_id)]["state"] = state
    assert agency.fetch_status(order_id).status in (AgencyStatus.ACTIVE, AgencyStatus.UNKNOWN)


def test_a_question_that_is_open_is_a_status_until_it_is_answered(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.ask(mandate_id, "Lieferschein?", "yes-no")
    assert agency.fetch_status(order_id).status is AgencyStatus.NEEDS_INPUT
    service.requests[mandate_id][0]["answered"] = True
    assert agency.fetch_status(order_id).status is AgencyStatus.ACTIVE
    service.claims[next(iter(service.claims))]["is_disputed"] = True
    assert agency.fetch_status(order_id).status is AgencyStatus.DISPUTED


def test_a_rejection_brings_its_reason(service: StandIn, agency: Paywise, order_id: str) -> None:
    service.reject(order_id, "Der Schuldner ist insolvent.")
    report = agency.fetch_status(order_id)
    assert (report.status, report.agency_text) == (AgencyStatus.REJECTED, "Der Schuldner ist insolvent.")
    assert report.raw["order"]["rejection"]["code"] == "debtor_insolvent"


def test_an_order_that_was_joined_with_another_one_is_followed(service: StandIn, agency: Paywise, invoiced: Claim) -> None:
    first, second = (agency.submit(placement(invoiced, reference=ref)).agency_reference or "" for ref in ("T-1", "T-2"))
    service.merge(first, second)
    report = agency.fetch_status(first)
    assert (report.status, report.agency_reference) == (AgencyStatus.MERGED, second)
    mandate_id = service.accept(second)
    service.write(mandate_id, "Hallo", "…")
    assert len(agency.fetch_messages(first)) == 1
    found = agency.find("T-1")
    assert found is not None
    assert (found.agency_reference, found.status) == (second, AgencyStatus.ACTIVE)


def test_a_case_is_known_by_its_own_id_and_by_its_file_number_too(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.mandates[mandate_id]["previous_reference_numbers"] = ["ALT-7"]
    for reference in (mandate_id, "PW-2026-00001", "ALT-7"):
        report = agency.fetch_status(reference)
        assert (report.agency_reference, report.status) == (reference, AgencyStatus.ACTIVE)


@pytest.mark.parametrize("reference", ["00000000-0000-4000-8000-000000000000", "PW-2026", "../v2/orders", "?x=1"])
def test_what_the_agency_does_not_know_is_not_found(service: StandIn, agency: Paywise, order_id: str, reference: str) -> None:
    service.accept(order_id)
    with pytest.raises(NotFound):
        agency.fetch_status(reference)


def test_only_the_whole_reference_is_found(service: StandIn, agency: Paywise, order_id: str) -> None:
    assert agency.find("T") is None
    for claim in service.claims.values():
        claim["your_reference"] = "T-11"
    assert agency.find("T-1") is None
    assert agency.find("T-11") is not None


# How it ended

CODES = {
    "IP01": Outcome.PAID_FULL,
    "IP02": Outcome.PAID_PARTIAL,
    "IP03": Outcome.PAID_BEFORE_START,
    "IP04": Outcome.SETTLED,
    "IN04": Outcome.INSOLVENT,
    "IN015": Outcome.UNTRACEABLE,
    "IN016": Outcome.DECEASED,
    "IN05": Outcome.DECEASED,
    "IN017": Outcome.DISPUTED,
    "IN018": Outcome.PAID_BEFORE_START,
    "IN02": Outcome.RECALLED_BY_CREDITOR,
    "IN014": Outcome.CREDITOR_SILENT,
    "IN06": Outcome.EXHAUSTED,
    "IN03": Outcome.UNECONOMIC,
    "IN011": Outcome.UNECONOMIC,
    "IÜ01": Outcome.TO_MONITORING,
    "IÜ03": Outcome.TO_MONITORING,
    unicodedata.normalize("NFD", "IÜ02"): Outcome.TO_MONITORING,
    "IN01": Outcome.OTHER,
    "INO7": Outcome.OTHER,
    "IÜU1": Outcome.OTHER,
    "IPU1": Outcome.OTHER,
    "X-99": Outcome.OTHER,
}


@pytest.mark.parametrize("code", CODES)
def test_a_closing_code_has_its_outcome(code: str) -> None:
    assert outcome(code) is CODES[code]


def test_a_closed_case_is_looked_up_for_its_closing_code(service: StandIn, agency: Paywise, order_id: str) -> None:
    mandate_id = service.accept(order_id)
    service.state(mandate_id, processing="ended", legal_stage="ended")
    assert agency.fetch_status(order_id).reason is None
    service.collect(mandate_id, payout="0.00", fee="11.90", closing="IÜ01")
    report = agency.fetch_status(order_id)
    assert (report.status, report.reason) == (AgencyStatus.CLOSED_UNPAID, Outcome.TO_MONITORING)
    assert report.raw["closing"]["closing_code"] == "IÜ01"
    assert (report.agency_text or "").endswith("Abschluss")
    service.statements.clear()
    service.state(mandate_id, payment="fully_paid")
    assert agency.fetch_status(order_id).reason is Outcome.PAID_FULL


def test_what_can_be_done_is_what_the_agency_documents(agency: Paywise) -> None:
    offered = {"check", "rehearse", "find", "fetch_status", "fetch_feed", "report_payment", "recall", "amend", "send_message"}
    offered |= {"submit", "send_document", "fetch_messages", "fetch_ledger", "fetch_payouts"}
    assert agency.operations == offered
    assert set(agency.missing()) == {"acknowledge", "receive", "pause", "resume", "portal_url"}
