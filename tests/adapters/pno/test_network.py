"""PNO over SOAP (against spyne, which checks each request against its schema) and over HTTP (behind Prism): the same stories."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from builders import green_debtor, green_person
from exchange import Recording, recorded, shown_on
from peers import configured
from peers.agencies import http_agency, spyne_agency
from placements import placement

from inkasso_adapters.pno import PNO
from inkasso_core import (
    Agency,
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    ConfigurationError,
    FeedKind,
    NotFound,
    Outcome,
    Pause,
    Placement,
    Recall,
    ReportPayment,
    Resume,
    SendMessage,
    Submission,
)

DAY = dt.date(2026, 6, 2)


@pytest.fixture(scope="module", params=["soap", "http"])
def settings(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Settings for a running stand-in."""
    if request.param == "soap":
        with spyne_agency() as address:
            yield configured.soap(address)
    else:
        with http_agency() as address:
            yield configured.http(address)


def build(settings: dict[str, Any], **more: Any) -> Agency[Any]:
    adapter = PNO.chosen(settings["transport"])
    return adapter(adapter.Settings.model_validate(settings | more))


@pytest.fixture
def agency(settings: dict[str, Any]) -> Agency[Any]:
    return build(settings)


@pytest.fixture
def ours(request: pytest.FixtureRequest) -> str:
    """A reference of the test's own."""
    return f"P-{abs(hash(request.node.nodeid)) % 10**12}"


def told(case: str, **more: Any) -> dict[str, Any]:
    return {"agency_reference": case, "our_reference": "P", "idempotency_key": "k-1", "asked_on": DAY, **more}


def submitted(agency: Agency[Any], placed: Placement) -> str:
    case = agency.submit(placed).agency_reference
    assert case is not None
    return case


def test_a_claim_is_taken_and_its_answer_kept(agency: Agency[Any], ours: str) -> None:
    answer = agency.submit(placement(reference=ours))
    assert answer.status is AgencyStatus.ACTIVE
    assert answer.agency_reference is not None
    assert answer.portal_url == f"https://portal.example/{answer.agency_reference}"
    assert answer.agency_reference in str(answer.raw)
    assert agency.channel == "interface"


def test_amounts_and_umlauts_arrive_to_the_byte(agency: Agency[Any], ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    debtor = green_debtor(person=green_person(last_name="Øßmann-Łęcki & <Söhne>"))
    placed = placement(
        reference=ours, debtor=debtor, principal=Decimal("10234567.10"), charges=({"kind": "dunning_fee", "amount": "2.50"},)
    )
    with recorded(monkeypatch) as said:
        agency.submit(placed)
    body = said.said[-1].body.decode("utf-8")
    for text in ("10234567.10", "2.50", "Lange Straße 7 a", "Øßmann-Łęcki &"):
        assert text in body.replace("&amp;", "&")
    assert [one.method for one in said.said if b"10234567.10" in one.body] == ["POST"], "one committing request"


def test_a_refusal_names_code_and_field(agency: Agency[Any], ours: str) -> None:
    with pytest.raises(ClaimRejected) as refused:
        agency.submit(placement(reference=ours, invoice={"number": "REFUSE-1"}))
    assert (refused.value.agency_code, refused.value.fields) == ("E-ADR", ("street",))
    assert "E-ADR" in str(refused.value.raw)


def test_a_duplicate_is_the_case_that_is_there(agency: Agency[Any], ours: str) -> None:
    assert submitted(agency, placement(reference=ours)) == submitted(agency, placement(reference=ours))


def test_a_batch_has_one_answer_each(agency: Agency[Any], ours: str) -> None:
    placed = [
        placement(reference=f"{ours}-1"),
        placement(reference=f"{ours}-2", invoice={"number": "REFUSE-2"}),
        placement(reference=f"{ours}-3", debtor=green_debtor(addresses=())),
        placement(reference=f"{ours}-1"),
    ]
    answers = agency.submit_batch(placed[:3])
    assert set(answers) == {f"{ours}-{number}" for number in (1, 2, 3)}
    assert isinstance(answers[f"{ours}-1"], Submission)
    assert isinstance(answers[f"{ours}-2"], ClaimRejected)
    assert isinstance(answers[f"{ours}-3"], ClaimInvalid)
    assert agency.find(f"{ours}-3") is None


def test_a_batch_of_which_nothing_can_go_sends_nothing(agency: Agency[Any], ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as said:
        answers = agency.submit_batch([placement(reference=ours, debtor=green_debtor(addresses=()))])
    assert isinstance(answers[ours], ClaimInvalid)
    assert said.said == []


def test_what_is_missing_is_told_before_anything_is_sent(agency: Agency[Any], ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as said:
        for ask in (agency.check, agency.rehearse, agency.submit):
            with pytest.raises(ClaimInvalid) as missing:
                ask(placement(reference=ours, debtor=green_debtor(addresses=())))
            assert "debtor.address.city" in missing.value.fields
    assert said.said == []


def test_a_rehearsal_shows_the_request_without_the_password(agency: Agency[Any], ours: str) -> None:
    shown = agency.rehearse(placement(reference=ours))
    assert "Groß-Möller" in shown
    assert "153.99" in shown
    assert "geheim" not in shown
    assert agency.find(ours) is None
    assert "geheim" not in repr(agency.settings) + str(vars(agency))


def test_wrong_credentials_stop_the_account(settings: dict[str, Any], ours: str) -> None:
    for wrong in ({"password": "falsch-11"}, {"client_id": "K-78"}):
        agency = build(settings, **wrong)
        for ask in (lambda a=agency: a.submit(placement(reference=ours)), lambda a=agency: a.find(ours)):
            with pytest.raises(AuthenticationFailed) as refused:
                ask()
            assert "falsch" not in repr(refused.value) + str(refused.value.text)


def test_find_and_status_tell_where_a_case_stands(agency: Agency[Any], ours: str) -> None:
    assert agency.find(ours) is None
    case = submitted(agency, placement(reference=ours))
    found, asked = agency.find(ours), agency.fetch_status(case)
    assert found is not None
    assert found.agency_reference == asked.agency_reference == case
    assert found.status is AgencyStatus.ACTIVE
    assert (asked.agency_status, asked.agency_text) == ("NEU", "Angenommen")
    assert asked.at is not None
    with pytest.raises(NotFound):
        agency.fetch_status("HT-999999")


def test_an_unknown_status_is_kept(agency: Agency[Any], ours: str) -> None:
    case = submitted(agency, placement(reference=ours))
    agency.send_message(SendMessage(**told(case, text="odd")))
    report = agency.fetch_status(case)
    assert (report.status, report.agency_status, report.agency_text) == (AgencyStatus.UNKNOWN, "X-77", "Sonderfall")


def test_payments_part_and_whole(agency: Agency[Any], ours: str) -> None:
    case = submitted(agency, placement(reference=ours))
    assert agency.report_payment(ReportPayment(**told(case, amount="53.99", currency="EUR", received_on=DAY))).done
    assert agency.fetch_status(case).agency_text == "Teilzahlung für Möbel"
    agency.report_payment(ReportPayment(**told(case, amount="100.00", currency="EUR", received_on=DAY)))
    report = agency.fetch_status(case)
    assert (report.status, report.reason) == (AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL)
    ledger = agency.fetch_ledger(case)
    assert (ledger.collected, ledger.fees, ledger.currency) == (Decimal("153.99"), Decimal("12.50"), "EUR")


def test_pause_resume_and_amend(agency: Agency[Any], ours: str) -> None:
    placed = placement(reference=ours)
    case = submitted(agency, placed)
    assert agency.pause(Pause(**told(case, until=dt.date(2026, 7, 1), reason="Klärung"))).done
    assert agency.fetch_status(case).status is AgencyStatus.PAUSED
    assert agency.resume(Resume(**told(case))).done
    assert agency.fetch_status(case).status is AgencyStatus.ACTIVE
    assert agency.amend(Amend(**told(case, placement=placed, changed=("debtor",)))).done


def test_a_recall_is_asked_for_and_refused_in_court(agency: Agency[Any], ours: str) -> None:
    case = submitted(agency, placement(reference=ours))
    asked = agency.recall(Recall(**told(case, reason="Irrtum", costs_accepted=True)))
    assert not asked.done
    assert agency.fetch_status(case).status is AgencyStatus.RECALLED
    court = submitted(agency, placement(reference=f"{ours}-c"))
    agency.send_message(SendMessage(**told(court, text="court")))
    with pytest.raises(ClaimRejected) as refused:
        agency.recall(Recall(**told(court, costs_accepted=True)))
    assert refused.value.agency_code == "COURT"


def test_the_feed_goes_on_where_it_stopped(agency: Agency[Any], ours: str) -> None:
    start = agency.fetch_feed(None).cursor
    case = submitted(agency, placement(reference=ours))
    feed = agency.fetch_feed(start)
    (entry,) = [one for one in feed.entries if one.agency_reference == case]
    assert (entry.kind, entry.our_reference) == (FeedKind.STATUS, ours)
    assert entry.report is not None
    assert entry.report.status is AgencyStatus.ACTIVE
    assert agency.fetch_feed(start).entries == feed.entries
    agency.send_message(SendMessage(**told(case, text="odd")))
    known = {one.entry_id for one in feed.entries}
    after = agency.fetch_feed(feed.cursor or start)
    assert [one.report and one.report.status for one in after.entries if one.entry_id not in known] == [AgencyStatus.UNKNOWN]
    again = agency.fetch_feed(after.cursor or start)
    assert after.entries[-1] in again.entries, "of the latest time more may come: it is asked for again, and what comes twice is known"


def test_what_is_not_set_is_not_offered(settings: dict[str, Any], ours: str) -> None:
    bare = build(settings, operations={"submit": settings["operations"]["submit"]}, portal=None)
    assert bare.operations == {"submit", "check", "rehearse"}
    assert {"find", "recall", "portal_url"} <= set(bare.missing())
    assert "fetch_feed" not in build(settings, status_mode="poll").operations
    assert "fetch_status" not in build(settings, status_mode="feed").operations
    assert not {"fetch_status", "fetch_feed"} & build(settings, status_mode="none").operations
    assert "recall" in dir(bare)
    with pytest.raises(Exception, match="portal"):
        bare.fetch_status("PN-1")


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"required": ["debtor.shoe_size"]}, "required.debtor.shoe_size"),
        ({"operations": {}}, "operations.submit"),
        ({"submit": {"list_at": None}}, "batch_size"),
        ({"submit": {"fields": {"a": "nothing"}}}, "operations.submit.fields.a"),
        ({"recall": {"fields": {"a": "debtor.number"}}}, "operations.recall.fields.a"),
        ({"find": {"fields": {"a": "cursor"}}}, "operations.find.fields.a"),
        ({"recall": {"answer": {"result": "r"}}}, "operations.recall.answer.accepted"),
    ],
)
def test_settings_that_cannot_be_are_told_at_the_start(settings: dict[str, Any], part: dict[str, Any], field: str) -> None:
    operations = {name: call | part.get(name, {}) for name, call in settings["operations"].items()}
    more = {name: value for name, value in part.items() if name in ("required", "operations")}
    with pytest.raises(ConfigurationError) as refused:
        build(settings, **{"operations": operations, **more})
    assert refused.value.field == field


@pytest.mark.parametrize("missing", ["client_id", "password", "operations"])
def test_there_is_no_default_for_what_only_the_agency_knows(settings: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        build({name: value for name, value in settings.items() if name != missing})
    where = {"soap": "wsdl", "http": "base_url"}[settings["transport"]]
    with pytest.raises(ValueError, match=where):
        build({name: value for name, value in settings.items() if name != where})


def test_one_exchange(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    agency = build(settings)
    placed = placement(reference="R-2026-0001")
    with recorded(monkeypatch) as said:
        said.during = "submit"
        case = submitted(agency, placed)
        said.during = "fetch_status"
        agency.fetch_status(case)
        said.during = "report_payment"
        agency.report_payment(ReportPayment(**told(case, amount="53.99", currency="EUR", received_on=DAY)))
        said.during = "recall"
        agency.recall(Recall(**told(case, reason="Irrtum", costs_accepted=True)))
    kept = Recording()
    kept.said = [one for one in said.said if one.method == "POST" or "wsdl" not in one.url]
    shown_on(f"pno-{settings['transport']}", kept, secrets=["geheim-77", "Sy03NzpnZWhlaW0tNzc="], varying=VARYING)


VARYING = (r"(?<=[>\"])(PN|HT)-\d{6}(?=[<\"])|(?<=/)HT-\d{6}", r"(?<=[>\"])2026-06-\d\dT[0-9:+]+(?=[<\"])")
