"""Configured agencies over HTTP: where credentials stand, how a request is written, and answers nobody expected."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from builders import green_claim
from hypothesis import given
from hypothesis import strategies as st
from odd_answers import odd_answers, written
from peers import configured
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.pno import PNOHttp, PNOHttpSettings
from inkasso_core import (
    AgencyError,
    AgencyStatus,
    ClaimInvalid,
    ClaimRejected,
    FeedKind,
    InkassoError,
    OutcomeUnknown,
    ReportPayment,
    Source,
    TemporarilyUnavailable,
)

BASE = "https://agency.example/api"
GOOD = {"results": [{"reference": "T-1", "result": "accepted", "fileNumber": "A-1"}]}


def build(**more: Any) -> PNOHttp:
    given = configured.http(BASE)
    for name, changes in more.pop("calls", {}).items():
        given["operations"][name] |= changes
    return PNOHttp(PNOHttpSettings.model_validate(given | more))


def body(call: Any) -> str:
    found = call.request.body
    return found.decode() if isinstance(found, bytes) else str(found)


@responses.activate
def test_credentials_in_headers() -> None:
    responses.post(f"{BASE}/claims", json=GOOD)
    agency = build(login="headers", client_id_at="X-Client", password_at="X-Key", headers={"X-Source": "shop"})
    agency.submit(placement())
    (call,) = responses.calls
    assert (call.request.headers["X-Client"], call.request.headers["X-Key"], call.request.headers["X-Source"]) == (
        "K-77",
        "geheim-77",
        "shop",
    )
    assert "Authorization" not in call.request.headers
    assert call.request.headers["Idempotency-Key"] == "key-T-1"


@responses.activate
def test_credentials_and_claims_in_a_form() -> None:
    responses.post(f"{BASE}/claims", json=GOOD)
    asks = {name: {"method": "POST"} for name in ("find", "fetch_status", "fetch_feed", "fetch_ledger")}
    agency = build(login="body", body="form", client_id_at="auth.client", password_at="auth.key", calls=asks)
    assert "geheim" not in agency.rehearse(placement())
    assert "auth.key=%2A%2A%2A" in agency.rehearse(placement())
    agency.submit(placement())
    (call,) = responses.calls
    said = parse_qs(body(call), strict_parsing=True)
    assert said["claims.0.lastName"] == ["Groß-Möller"]
    assert said["claims.0.principal"] == ["153.99"]
    assert (said["auth.client"], said["auth.key"]) == (["K-77"], ["geheim-77"])
    assert call.request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")


@responses.activate
def test_without_fields_our_own_record_goes() -> None:
    responses.post(f"{BASE}/claims", json={"fileNumber": "A-1", "result": "accepted"})
    agency = build(batch_size=1, calls={"submit": {"fields": {}, "list_at": None, "answer": configured.RESULT}})
    assert agency.submit(placement()).agency_reference == "A-1"
    (call,) = responses.calls
    assert '"principal_open": 153.99' in body(call)
    assert '"postal_code": "01067"' in body(call)


@responses.activate
def test_references_in_an_address_are_made_safe_for_one() -> None:
    responses.post(f"{BASE}/claims/A%2F..%3Fx/payments", json={"result": "accepted"})
    told = {"agency_reference": "A/..?x", "our_reference": "P", "idempotency_key": "k", "asked_on": "2026-06-02"}
    assert build().report_payment(ReportPayment(**told, amount="1.00", currency="EUR", received_on="2026-06-02")).done


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"results": []}, OutcomeUnknown),
        ({"results": [{"reference": "other", "result": "accepted", "fileNumber": "A"}]}, OutcomeUnknown),
        ({"results": [{"reference": "T-1", "result": "perhaps", "fileNumber": "A"}]}, OutcomeUnknown),
        ({"results": [{"reference": "T-1", "result": None, "fileNumber": "A"}]}, OutcomeUnknown),
        ({"results": [{"reference": "T-1", "result": "accepted"}]}, OutcomeUnknown),
        ({"results": [{"reference": "T-1", "result": "accepted", "fileNumber": "A"}] * 2}, OutcomeUnknown),
        ([], OutcomeUnknown),
        ("no", OutcomeUnknown),
        ({"results": [{"reference": "T-1", "result": "rejected"}]}, ClaimRejected),
    ],
)
@responses.activate
def test_an_answer_that_proves_nothing_leaves_it_open(answer: Any, error: type[AgencyError]) -> None:
    responses.post(f"{BASE}/claims", json=answer)
    with pytest.raises(error) as raised:
        build().submit(placement())
    assert raised.value.raw is not None
    assert len(responses.calls) == 1


@responses.activate
def test_a_single_result_where_a_list_was_expected_is_one() -> None:
    responses.post(f"{BASE}/claims", json={"results": GOOD["results"][0]})
    assert build().submit(placement()).agency_reference == "A-1"


@responses.activate
def test_what_is_yet_to_be_decided_is_not_taken() -> None:
    responses.post(f"{BASE}/claims", json={"results": [{"reference": "T-1", "result": "requested", "fileNumber": "A-1"}]})
    assert build().submit(placement()).status is AgencyStatus.SUBMITTED


@responses.activate
def test_a_batch_answers_only_for_what_the_agency_names() -> None:
    responses.post(f"{BASE}/claims", json=GOOD)
    answers = build().submit_batch([placement(reference="T-1"), placement(reference="T-2")])
    assert set(answers) == {"T-1"}, "the core takes what is missing for lost"


@responses.activate
def test_a_feed_keeps_what_it_cannot_read() -> None:
    states = [{"fileNumber": "A-1"}, "nonsense", None, {"code": "NEU"}, {"fileNumber": "A-1", "code": "NEU", "changedAt": "02.06.2026"}]
    responses.get(f"{BASE}/states", json={"states": states})
    entries = build().fetch_feed(None).entries
    assert [entry.kind for entry in entries] == [FeedKind.OTHER] * 4 + [FeedKind.STATUS]
    assert len({entry.entry_id for entry in entries}) == 5
    assert str(entries[-1].on) == "2026-06-02"


@responses.activate
def test_a_look_up_that_fails_may_be_asked_again() -> None:
    responses.get(f"{BASE}/claims", status=500)
    with pytest.raises(TemporarilyUnavailable):
        build().find("T-1")


@responses.activate
def test_several_claims_of_one_debtor_go_in_one_case() -> None:
    responses.post(f"{BASE}/claims", json=GOOD)
    fields = {"reference": "reference", "items.*.no": "claims.*.order", "items.*.sum": "claims.*.principal_open"}
    agency = build(claims_per_placement=2, calls={"submit": {"fields": fields}})
    agency.submit(placement(green_claim(), green_claim(source=Source(order="4712"))))
    assert body(responses.calls[0]).count("153.99") == 2


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "ftp://agency.example"},
        {"base_url": "http://agency.example"},
        {"base_url": "https://user:geheim@agency.example"},
        {"calls": {"find": {"path": "claims/{agency_reference}"}}},
        {"calls": {"submit": {"path": "claims/{our_reference!r}"}}},
        {"calls": {"submit": {"path": "claims/{"}}},
        {"batch_size": 0},
        {"client_id": ""},
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error") as refused:
        build(**given)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("portal", ["https://p.example/{case}", "https://p.example/{agency_reference.real}", "https://p.example/{", "{}"])
def test_a_portal_that_cannot_be_filled_is_refused_at_once_and_never_after_the_yes(portal: str) -> None:
    with pytest.raises(ValidationError):
        build(portal=portal)


@responses.activate
def test_a_link_never_spoils_a_yes() -> None:
    responses.post(f"{BASE}/claims", json={"results": [{"reference": "T-1", "result": "accepted", "fileNumber": "A/ü?1"}]})
    assert build(portal="https://p.example/{agency_reference}/").submit(placement()).portal_url == "https://p.example/A%2F%C3%BC%3F1/"
    assert build(portal=f"https://p.example/{'x' * 300}/{{agency_reference}}").submit(placement()).portal_url is None


# What proves nothing


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}", b"[]", b'"x"', b'{"error": "x"}', b'{"states": [{}]}', b'{"states": ["x"]}', b'{"states": [{"fileNumber": "A"}]}'],
)
@responses.activate
def test_an_answer_without_a_list_of_cases_is_no_absence(answer: bytes) -> None:
    responses.get(f"{BASE}/claims", body=answer)
    with pytest.raises(TemporarilyUnavailable):
        build().find("T-1")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"states": []}, None),
        ({"states": None}, None),
        ({"states": [{"reference": "T-11", "fileNumber": "B", "code": "NEU"}]}, None),
        ({"states": [{"reference": "t-1", "fileNumber": "A", "code": "NEU"}]}, "A"),
    ],
)
@responses.activate
def test_a_case_is_found_by_our_reference_however_it_is_written(answer: Any, found: str | None) -> None:
    responses.get(f"{BASE}/claims", json=answer)
    report = build().find("T-1")
    assert (report and report.agency_reference) == found


@responses.activate
def test_an_answer_about_another_case_is_no_yes() -> None:
    answer = {**configured.RESULT, "our_reference": "reference"}
    agency = build(batch_size=1, calls={"submit": {"list_at": None, "answer": answer}})
    responses.post(f"{BASE}/claims", json={"reference": "T-2", "fileNumber": "A-2", "result": "accepted"})
    with pytest.raises(OutcomeUnknown):
        agency.submit(placement())


@responses.activate
def test_two_answers_for_one_claim_of_a_batch_leave_it_open() -> None:
    yes, no = GOOD["results"][0], {"reference": "T-1", "result": "rejected"}
    other = {"reference": "T-2", "result": "accepted", "fileNumber": "A-2"}
    responses.post(f"{BASE}/claims", json={"results": [yes, no, other]})
    answers = build().submit_batch([placement(reference="T-1"), placement(reference="T-2")])
    assert set(answers) == {"T-2"}
    assert answers["T-2"].raw == other, "what is said of other debtors is not kept with this one"


@pytest.mark.parametrize(("said", "error"), [(True, None), (False, ClaimRejected), (None, OutcomeUnknown), ("ja", OutcomeUnknown)])
@responses.activate
def test_a_truth_value_is_a_result(said: Any, error: type[AgencyError] | None) -> None:
    answer = {"agency_reference": "no", "result": "ok", "accepted": ["true"], "rejected": ["false"]}
    agency = build(batch_size=1, calls={"submit": {"list_at": None, "answer": answer}})
    responses.post(f"{BASE}/claims", json={"ok": said, "no": "A-1"})
    if error is None:
        assert agency.submit(placement()).agency_reference == "A-1"
    else:
        with pytest.raises(error):
            agency.submit(placement())


@responses.activate
def test_an_instruction_without_an_answer_was_taken() -> None:
    told = {"agency_reference": "A-1", "our_reference": "P", "idempotency_key": "k", "asked_on": "2026-06-02"}
    responses.post(f"{BASE}/claims/A-1/payments", status=204)
    agency = build(calls={"report_payment": {"answer": {}}})
    assert agency.report_payment(ReportPayment(**told, amount="1.00", currency="EUR", received_on="2026-06-02")).done


# Addresses, forms


@pytest.mark.parametrize("reference", [".", ".."])
@responses.activate
def test_a_reference_that_would_lead_elsewhere_makes_no_request(reference: str) -> None:
    told = {"agency_reference": reference, "our_reference": "P", "idempotency_key": "k", "asked_on": "2026-06-02"}
    with pytest.raises(ClaimInvalid):
        build().report_payment(ReportPayment(**told, amount="1.00", currency="EUR", received_on="2026-06-02"))
    assert len(responses.calls) == 0


@responses.activate
def test_a_form_spells_values_as_json_does() -> None:
    fields = {"reference": "reference", "disputed": "claims.0.disputed", "sum": "claims.0.principal_open"}
    responses.post(f"{BASE}/claims", json=GOOD)
    build(body="form", calls={"submit": {"fields": fields, "constants": {"test": True}}}).submit(placement(principal="100000000.00"))
    said = parse_qs(body(responses.calls[0]), strict_parsing=True)
    assert (said["claims.0.disputed"], said["claims.0.sum"], said["test"]) == (["false"], ["100000000.00"], ["true"])


# The feed


@pytest.mark.parametrize(
    ("times", "cursor"),
    [
        ([], None),
        (["2026-06-02"], None),
        (["2026-06-02", "2026-06-02"], None),
        (["2026-06-01", "2026-06-02", "2026-06-02"], "2026-06-01"),
        (["31.05.2026", "01.06.2026"], "31.05.2026"),
        (["31.12.2025", "02.01.2026", "01.01.2026"], "01.01.2026"),
        (["2026-06-02T10:00:00+02:00", "2026-06-02T08:00:00Z", "2026-06-02T07:00:00Z"], "2026-06-02T07:00:00Z"),
        (["2026-06-02T23:30:00-05:00", "2026-06-03T01:00:00+00:00"], "2026-06-03T01:00:00+00:00"),
        ([None, ["x"], "2026-06-02", {}], None),
        (["b", "a"], "a"),
    ],
)
@responses.activate
def test_the_next_feed_begins_before_the_latest_time(times: list[Any], cursor: str | None) -> None:
    states = [{"fileNumber": f"A-{number}", "code": "NEU", "changedAt": at} for number, at in enumerate(times)]
    responses.get(f"{BASE}/states", json={"states": states})
    feed = build().fetch_feed(None)
    assert feed.cursor == cursor
    assert len(feed.entries) == len(times)


# Whatever is answered

ANSWER = {"reference": "T-1", "result": "accepted", "fileNumber": "A-1", "errorCode": "E", "errorField": ["street"]}
STATES = {
    "states": [{"reference": "T-1", "fileNumber": "A-1", "code": "NEU", "text": "x", "changedAt": "2026-06-02T10:00:00Z", "paid": "1"}]
}
TOLD = {"agency_reference": "A-1", "our_reference": "T-1", "idempotency_key": "k", "asked_on": "2026-06-02"}
OPERATIONS: dict[str, tuple[Callable[[PNOHttp], Any], Any]] = {
    "submit": (lambda agency: agency.submit(placement()), {"results": [ANSWER]}),
    "batch": (lambda agency: agency.submit_batch([placement(), placement(reference="T-2")]), {"results": [ANSWER]}),
    "find": (lambda agency: agency.find("T-1"), STATES),
    "status": (lambda agency: agency.fetch_status("A-1"), STATES["states"][0]),
    "ledger": (lambda agency: agency.fetch_ledger("A-1"), STATES["states"][0]),
    "feed": (lambda agency: agency.fetch_feed(None), STATES),
    "payment": (lambda a: a.report_payment(ReportPayment(**TOLD, amount="1.00", currency="EUR", received_on="2026-06-02")), ANSWER),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@given(drawn=st.data())
def test_no_answer_breaks_the_adapter(operation: str, drawn: st.DataObject) -> None:
    run, good = OPERATIONS[operation]
    body = written(drawn.draw(odd_answers(good)))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as line:
        for method in ("GET", "POST"):
            line.add(method, re.compile(".*"), body=body)
        with suppress(InkassoError):
            run(build())
