"""Agencies whose requests are set: what would do nothing, could never work, or leave a claim out, is told at the start."""

from decimal import Decimal
from typing import Any

import pytest
from builders import green_claim
from peers import configured
from placements import placement

from inkasso_adapters._record import lacking, mapped, record
from inkasso_adapters.pno import PNOHttp, PNOHttpSettings
from inkasso_core import ClaimInvalid, ConfigurationError, Source

BASE = "https://agency.example/api"
ASKS = ("find", "fetch_status", "fetch_feed", "fetch_ledger")


def build(calls: dict[str, dict[str, Any]] | None = None, without: tuple[str, ...] = (), **more: Any) -> PNOHttp:
    given = configured.http(BASE)
    for name, changes in (calls or {}).items():
        given["operations"][name] |= changes
    for name in without:
        del given["operations"][name]
    return PNOHttp(PNOHttpSettings.model_validate(given | more))


NEVER: dict[str, tuple[dict[str, Any], str]] = {
    "a second claim would be left out": ({"claims_per_placement": 2}, "claims_per_placement"),
    "polled without a question": ({"status_mode": "poll", "without": ("fetch_status",)}, "status_mode"),
    "a feed without one": ({"status_mode": "feed", "without": ("fetch_feed",)}, "status_mode"),
    "yes without a result": ({"calls": {"pause": {"answer": {"accepted": ["ja"]}}}}, "operations.pause.answer.accepted"),
    "yes and no at once": (
        {"calls": {"pause": {"answer": {"result": "r", "accepted": ["1"], "rejected": ["1"]}}}},
        "operations.pause.answer.result",
    ),
    "found without a number": ({"calls": {"find": {"answer": {"status": "code"}}}}, "operations.find.answer.agency_reference"),
    "asked for any case": ({"calls": {"pause": {"path": "pause", "fields": {"until": "until"}}}}, "operations.pause.fields"),
    "codes for nothing": ({"codes": {"debtor.shoe": {"a": "b"}}}, "codes.debtor.shoe"),
    "a constant in place of a field": (
        {"calls": {"submit": {"list_at": None, "constants": {"lastName": "x"}}}, "batch_size": 1},
        "operations.submit.constants.lastName",
    ),
    "a constant in the list of claims": (
        {"calls": {"submit": {"constants": {"claims.kind": "x"}}}},
        "operations.submit.constants.claims",
    ),
    "a constant at a number": (
        {"calls": {"submit": {"constants": {"other.0.kind": "x"}}}},
        "operations.submit.constants.other.0.kind",
    ),
    "credentials in place of a field": (
        {
            "login": "body",
            "client_id_at": "lastName",
            "batch_size": 1,
            "calls": {"submit": {"list_at": None}, **{name: {"method": "POST"} for name in ASKS}},
        },
        "operations.submit.constants.lastName",
    ),
    "a requirement that there is not": ({"required": ["claims.*.shoe"]}, "required.claims.*.shoe"),
}


@pytest.mark.parametrize("case", NEVER)
def test_what_could_never_work_is_told_at_the_start(case: str) -> None:
    given, field = NEVER[case]
    with pytest.raises(ConfigurationError) as refused:
        build(**given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "given",
    [
        {"calls": {"submit": {"method": "GET"}}},
        {"calls": {"report_payment": {"method": "GET"}}},
        {"login": "body"},
        {"calls": {"submit": {"path": "claims/{our_reference}"}}},
        {"base_url": "https://agency.example/api?key=1"},
        {"base_url": "https://agency.example/#x"},
    ],
)
def test_what_would_stand_in_an_address_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        build(**given)


def test_a_claim_is_checked_for_what_each_claim_needs() -> None:
    fields = {"reference": "reference", "items.*.no": "claims.*.invoice.number", "items.*.sum": "claims.*.principal_open"}
    agency = build(claims_per_placement=2, required=["claims.*.invoice.number", "debtor.address"], calls={"submit": {"fields": fields}})
    bare = green_claim(invoice=None, source=Source(order="2"))
    agency.check(placement(green_claim(), green_claim(source=Source(order="2"))))
    with pytest.raises(ClaimInvalid) as no:
        agency.check(placement(green_claim(), bare))
    assert no.value.fields == ("claims.*.invoice.number",)
    assert lacking(record(placement()), ["claims.3.order", "claims.*.charges.*.kind", "debtor.address"]) == (
        "claims.3.order",
        "claims.*.charges.*.kind",
    )


def test_lists_beside_each_other_stay_in_step() -> None:
    claims = [green_claim(invoice=None, principal=Decimal("1.00")), green_claim(principal=Decimal("2.00"))]
    fields = {"sums.*": "claims.*.principal_open", "numbers.*": "claims.*.invoice.number", "items.*.no": "claims.*.invoice.number"}
    assert mapped(record(placement(*claims)), fields) == {
        "sums": [Decimal("1.00"), Decimal("2.00")],
        "numbers": [None, "RE-2026-0815"],
        "items": [{}, {"no": "RE-2026-0815"}],
    }


def test_truth_values_have_codes() -> None:
    found = mapped(record(placement()), {"d": "claims.0.disputed"}, codes={"claims.*.disputed": {"false": "N"}})
    assert found == {"d": "N"}
