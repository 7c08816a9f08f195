"""Status codes: one is a fact, the rest are inferred and off, and an account may know better."""

from typing import Any

import pytest

from inkasso_adapters.mediafinanz import MediafinanzRest, MediafinanzSoap
from inkasso_adapters.mediafinanz.statuses import INFERRED, KNOWN
from inkasso_core import AgencyStatus, Outcome

SOAP: dict[str, Any] = {"client_id": 1, "application_licence": "a", "client_licence": "b"}
REST: dict[str, Any] = {"uuid": "u", "user": "n", "password": "p"}
Adapter = MediafinanzSoap | MediafinanzRest


def adapters(**changes: Any) -> list[Adapter]:
    soap = MediafinanzSoap(MediafinanzSoap.Settings.model_validate({**SOAP, **changes}))
    return [soap, MediafinanzRest(MediafinanzRest.Settings.model_validate({**REST, **changes}))]


def told(adapter: Adapter, code: str) -> tuple[AgencyStatus, Outcome | None]:
    report = adapter.report("40000000001", code, {"code": code}, text="Größe")
    assert (report.agency_status or "", report.agency_text, report.raw) == (code, "Größe", {"code": code})
    return report.status, report.reason


def test_the_one_code_that_is_known_is_bound() -> None:
    for adapter in adapters():
        assert told(adapter, "10210") == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR)


@pytest.mark.parametrize("code", [*INFERRED, "10211", "10232", "11308", "99999", "x", ""])
def test_every_other_code_is_unknown_unless_the_account_says_otherwise(code: str) -> None:
    for adapter in adapters():
        assert told(adapter, code) == (AgencyStatus.UNKNOWN, None)


def test_inferred_codes_count_where_they_are_switched_on() -> None:
    for adapter in adapters(inferred_statuses=True):
        assert told(adapter, "10209") == (AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL)
        assert told(adapter, "11309") == (AgencyStatus.JUDICIAL, None)
        assert told(adapter, "10210") == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR)
        assert told(adapter, "10211") == (AgencyStatus.UNKNOWN, None)


def test_what_the_agency_told_the_account_comes_first() -> None:
    for adapter in adapters(statuses={"10209": "closed_partial", "10210": "active"}, inferred_statuses=True):
        assert told(adapter, "10209") == (AgencyStatus.CLOSED_PARTIAL, None)
        assert told(adapter, "10210") == (AgencyStatus.ACTIVE, None)


def test_the_inferred_table_covers_the_codes_that_have_a_picture() -> None:
    first = set(range(10201, 10234)) - {10211, 10232}
    second = set(range(11301, 11317)) - {11308}
    assert {int(code) for code in {*INFERRED, *KNOWN}} == first | second


def test_the_portal_is_linked_where_the_account_names_it() -> None:
    for adapter in adapters():
        assert "portal_url" in adapter.withheld
    for adapter in adapters(portal="https://portal.example/akte/{case}"):
        assert adapter.portal_url("400 1/2") == "https://portal.example/akte/400%201%2F2"
        assert "portal_url" in adapter.operations
