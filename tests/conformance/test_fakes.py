"""The fakes, the invented claims, and what listens."""

import datetime as dt
import logging
import math
from decimal import Decimal

import pytest
from pydantic import BaseModel, SecretStr

from inkasso_core import AgencyStatus, Amend, AppliesTo, ClaimInvalid, NotFound, Payment, Recall, Submission
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.errors import AgencyError
from inkasso_core.testing import AgencyConformance, FakeAgency, RecordingKeeper, sample_claim, sample_placement
from inkasso_core.testing.discreet import listening, looks_secret, marks_of, plain_secrets
from inkasso_core.testing.fakes import RAISES
from inkasso_core.testing.sample import GIVEN, PRINCIPALS, amounts_of, forms, traced

CASE = {"agency_reference": "FAKE-1", "our_reference": "1", "idempotency_key": "k", "asked_on": dt.date(2026, 6, 1)}


class TestFake(AgencyConformance):
    """It keeps the kit's rules itself."""

    agency_class = FakeAgency
    without_requests = "lives in memory, sends no request"


@pytest.mark.parametrize(("code", "error"), RAISES.items())
def test_the_claim_chooses_what_is_raised(code: str, error: type[AgencyError]) -> None:
    agency = FakeAgency()
    with pytest.raises(error) as caught:
        agency.submit(sample_placement(sample_claim(extra={"fake": {"raises": code}})))
    assert caught.value.agency == "fake"
    assert agency.received == []


def test_a_lost_case_may_have_arrived() -> None:
    agency = FakeAgency()
    lost = sample_placement(sample_claim(extra={"fake": {"raises": "OUTCOME_UNKNOWN", "arrives": True, "status": "disputed"}}))
    assert agency.find(lost.our_reference) is None
    with pytest.raises(RAISES["OUTCOME_UNKNOWN"]):
        agency.submit(lost)
    report = agency.find(lost.our_reference)
    assert report is not None
    assert report.status is AgencyStatus.DISPUTED
    assert agency.received == [lost]


def test_what_arrived_and_what_was_told_is_kept() -> None:
    agency, placement = FakeAgency(), sample_placement()
    reference = agency.submit(placement).agency_reference
    assert reference is not None
    assert agency.fetch_status(reference).status is AgencyStatus.ACTIVE
    told = [Recall(**CASE), Amend(**CASE, placement=placement, changed=("amount",))]
    assert agency.recall(told[0]).reference == "TOLD-1"  # type: ignore[arg-type]
    assert agency.amend(told[1]).done  # type: ignore[arg-type]
    assert agency.told == told
    with pytest.raises(NotFound):
        agency.fetch_status("FAKE-4711")


def test_an_error_that_there_is_none_of_is_named() -> None:
    with pytest.raises(ClaimInvalid, match="CLAIM_REJECTED"):
        FakeAgency().submit(sample_placement(sample_claim(extra={"fake": {"raises": "ODD"}})))


def test_the_keeper_keeps_as_the_store_does() -> None:
    keeper = RecordingKeeper()
    placement = sample_placement().kept_by(keeper)
    assert placement.reached("debtor", "D-1") == "D-1"
    again = keeper.resumed(sample_placement())
    assert again.progress == {"debtor": "D-1"}
    again.reached("draft", "O-1")
    assert keeper.kept == {"debtor": "D-1", "draft": "O-1"}


# The invented claims


@pytest.mark.parametrize("amount", PRINCIPALS)
def test_no_amount_survives_a_float_that_is_cut_off(amount: Decimal) -> None:
    assert int(float(amount) * 100) != int(amount * 100)


def test_placements_are_told_apart_and_have_umlauts() -> None:
    found = [sample_placement(number=number) for number in (1, 2, 3)]
    assert len({placement.our_reference for placement in found}) == len({placement.idempotency_key for placement in found}) == 3
    assert len({placement.claim.source.key for placement in found}) == len({amounts_of(placement)[0] for placement in found}) == 3
    person = found[0].debtor.person
    assert person is not None
    assert person.last_name == "Quittenbaum-Höß"
    assert all(contact.valid for contact in found[0].debtor.contacts)
    several = sample_placement(count=3)
    assert len({claim.principal for claim in several.claims}) == 3


def test_an_amount_is_known_in_every_exact_form() -> None:
    assert set(forms(Decimal("1111.50"))) == {"1111.50", "1111,50", "1,111.50", "1.111,50", "111150", "1111.5"}


def test_a_float_is_noticed_wherever_it_is_made() -> None:
    paid = Payment(amount=Decimal("10.03"), applies_to=AppliesTo.PRINCIPAL)
    placement = sample_placement(sample_claim(payments=(paid,)))
    floated: list[str] = []
    watched = traced(placement, floated)
    assert watched.total_open == placement.total_open
    assert format(watched.claim.principal_open.quantize(Decimal("0.01")), "f") == format(placement.claim.principal_open, "f")
    assert (int(watched.total_open * 100), str(round(watched.principal_open, 1))) == (
        int(placement.total_open * 100),
        str(round(placement.principal_open, 1)),
    )
    assert floated == []
    math.floor(float(watched.total_open * 100) / 100)
    float(watched.claim.payments[0].amount)
    assert len(floated) == 2


def test_there_is_something_to_call_every_operation_with() -> None:
    assert set(GIVEN) == set(OPTIONAL_OPERATIONS)
    for operation, given in GIVEN.items():
        assert isinstance(given("A-77", sample_placement()), tuple), operation


# What listens


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api_key", True),
        ("password", True),
        ("client_licence", True),
        ("token", True),
        ("PIN", True),
        ("token_url", False),
        ("key_file", False),
        ("client_id", False),
        ("idempotency_key_header", False),
        ("host_key", False),
        ("monkey", False),
    ],
)
def test_what_sounds_like_a_secret(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


def test_plain_secrets_are_found_in_sections_too() -> None:
    class Inner(BaseModel):
        token: str | None = None
        key: SecretStr | None = None

    class Outer(BaseModel):
        inner: Inner | None = None
        parts: tuple[Inner, ...] = ()
        password_length: int = 0

    assert plain_secrets(Outer) == ["inner.token", "parts.token"]


@pytest.mark.parametrize(
    "said", ["Quittenbaum-Höß", "xaveria", "QUITTENBAUM", "Gr%C3%BCne-Pimpernell-Stra", "geheim%2F4711", "Z2VoZWltLzQ3MTE="]
)
def test_marks_and_secrets_are_heard_however_they_are_written(said: str) -> None:
    with listening([*marks_of(sample_placement()), "geheim/4711"]) as listener:
        logging.getLogger("acme.deep").debug("says %s", said)
    assert listener.heard == ["log of acme.deep"]


def test_a_logger_that_was_turned_down_is_heard_and_left_as_it_was() -> None:
    quiet = logging.getLogger("acme.quiet")
    quiet.setLevel(logging.ERROR)
    quiet.propagate = False
    quiet.disabled = True
    with listening(["geheim"]) as listener:
        quiet.info("geheim")
        try:
            raise ValueError("geheim")
        except ValueError:
            logging.getLogger("acme").exception("oh")
    assert listener.heard == ["log of acme.quiet", "log of acme"]
    assert (quiet.level, quiet.disabled, quiet.handlers) == (logging.ERROR, True, [])
    quiet.disabled, quiet.propagate = False, True


def test_what_is_harmless_is_not_heard() -> None:
    with listening(marks_of(sample_placement())) as listener:
        logging.getLogger("acme").debug("KIT-2026-7F3K 1111.37 Düben")
        listener.listen("repr", Submission(agency_reference="A-77"))
    assert listener.heard == []
