"""Before a claim leaves: the agency's own check, a rehearsal, and what the settings offer."""

import pytest
import simplejson
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.debitura import Debitura, DebituraSettings
from inkasso_core import AgencyStatus, ClaimInvalid, TemporarilyUnavailable

from .conftest import Made
from .loopback import Reply
from .stand_in import StandIn
from .test_submit import several

# Asking before, rehearsing


def test_a_check_asks_without_names(agency: StandIn, debitura: Debitura) -> None:
    debitura.check(placement())
    (request,) = agency.requests
    assert request.path == "/cases/preview"
    assert request.body == (
        b'{"amountToRecover": 153.99, "currencyCode": "EUR", "debtor": {"type": "Private", "countryAlpha2": "DE"}, '
        b'"dueDate": "2026-03-16T00:00:00+00:00"}'
    )
    assert agency.cases == {}


@pytest.mark.parametrize("lines", [False, True])
def test_a_check_of_several_claims_has_no_due_date(agency: StandIn, made: Made, lines: bool) -> None:
    made(claims_per_placement=4, claim_lines=lines).check(several())
    body = agency.requests[0].json
    assert "dueDate" not in body
    assert ("claimLines" in body, "amountToRecover" in body) == (lines, not lines)


def test_a_check_says_what_keeps_the_agency_from_starting(agency: StandIn, made: Made) -> None:
    agency.is_contract_signed = False
    with pytest.raises(ClaimInvalid) as refused:
        made().check(placement())
    assert refused.value.agency_code == "MissingDebtCollectionContract"
    made(allow_pending_contracts=True).check(placement())
    agency.no_partner_for = {"DE"}
    with pytest.raises(ClaimInvalid) as refused:
        made(allow_pending_contracts=True).check(placement())
    assert refused.value.agency_code == "NoPartnerAvailable"
    agency.next = [
        Reply(200, {"result": {"isEligible": True, "requiredActions": [{"type": "Sign here!"}, {"type": "A", "isBlocking": False}]}})
    ]
    with pytest.raises(ClaimInvalid) as refused:
        made(allow_pending_contracts=True).check(placement())
    assert refused.value.agency_code == "requiredActions"


@pytest.mark.parametrize("reply", [Reply(500, {}), Reply(200, "<html>")])
def test_a_check_that_fails_is_worth_another_try(agency: StandIn, debitura: Debitura, reply: Reply) -> None:
    agency.next = [reply]
    with pytest.raises(TemporarilyUnavailable):
        debitura.check(placement())


def test_a_case_may_wait_for_its_signature(agency: StandIn, made: Made) -> None:
    agency.is_contract_signed = False
    sent = made(allow_pending_contracts=True).submit(placement())
    assert (sent.status, sent.portal_url) == (AgencyStatus.NEEDS_INPUT, "https://app.example/sign")


def test_a_rehearsal_shows_the_request_without_the_key(agency: StandIn, debitura: Debitura) -> None:
    shown = debitura.rehearse(placement())
    head, _, body = shown.partition("\n\n")
    assert head.startswith("POST http://127.0.0.1:")
    assert "debitura-key-4711" not in shown
    assert agency.requests == []
    debitura.submit(placement())
    assert simplejson.loads(body, use_decimal=True) == agency.requests[0].json


# Settings


@pytest.mark.parametrize(
    "wrong",
    [{"webhook_secret": "not base64!"}, {"webhook_secret": ""}, {"webhook_secret_before": "abc"}, {"division": "4711"}, {"chat_user": "x"}],
)
def test_a_wrong_setting_is_named_and_not_shown(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        DebituraSettings.model_validate({"api_key": "k", **wrong})
    ((name, value),) = wrong.items()
    assert name in str(refused.value)
    assert value == "" or value not in str(refused.value).replace(name, "")


def test_secrets_are_not_shown() -> None:
    debitura = Debitura(DebituraSettings.model_validate({"api_key": "s3cr3t", "webhook_secret": "czNjcjN0"}))
    assert "s3cr3t" not in f"{debitura!r} {debitura.settings!r} {debitura.wire!r}"
    assert "czNjcjN0" not in repr(debitura.settings)


def test_what_is_not_configured_is_not_offered_and_what_the_agency_lacks_is_named() -> None:
    bare = Debitura(DebituraSettings.model_validate({"api_key": "k"}))
    assert set(bare.withheld) == {"send_message", "amend", "report_payment", "recall", "receive"}
    full = Debitura(DebituraSettings.model_validate({"api_key": "k", "chat_user": "a@b", "webhook_secret": "czNjcjN0"}))
    assert set(full.missing()) == {"acknowledge", "pause", "resume", "fetch_payouts", "portal_url"}
    assert full.base_url == "https://customer-api.debitura.com/"


@pytest.mark.parametrize("said", [{}, [], {"result": None}, {"result": {"isEligible": "yes"}}, {"error": "Maintenance"}])
def test_a_check_that_says_neither_yes_nor_no_fails_no_claim(agency: StandIn, debitura: Debitura, said: object) -> None:
    agency.next = [Reply(200, said)]
    with pytest.raises(TemporarilyUnavailable):
        debitura.check(placement())
