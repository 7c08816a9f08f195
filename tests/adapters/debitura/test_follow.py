"""Where a case stands, what is new at the agency, messages and money: every label and name, and what nobody has heard of."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from placements import placement

from inkasso_adapters.debitura import Debitura, mapping, reading
from inkasso_core import AgencyStatus, FeedKind, NotFound, Outcome, Sender, TemporarilyUnavailable

from .conftest import Made
from .loopback import Reply
from .stand_in import StandIn

NOBODY = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.fixture
def case(debitura: Debitura) -> str:
    """A case that was handed over."""
    return str(debitura.submit(placement()).agency_reference)


# Status


@pytest.mark.parametrize("word", mapping.LIFECYCLE)
def test_labels_and_names_of_a_lifecycle_mean_the_same(agency: StandIn, debitura: Debitura, case: str, word: str) -> None:
    agency.change(case, lifecycle=word)
    found = debitura.fetch_status(case)
    assert (found.status, found.agency_status, found.reason) == (mapping.LIFECYCLE[word], word, None)
    assert found.raw["case"]["grossAmount"] == Decimal("153.99")
    assert found.at == dt.datetime.fromisoformat(agency.cases[case]["dateUpdated"])


NAMES = {"PartiallyPaid": "Partially paid", "PreLegalExhaustedNoPayment": "Pre-Legal Exhausted – No Payment"}


@pytest.mark.parametrize("code", [*mapping.CLOSE_CODES, *NAMES])
def test_the_close_code_decides_what_closed_means(agency: StandIn, debitura: Debitura, case: str, code: str) -> None:
    agency.change(case, lifecycle="Closed", closeCode=code)
    found = debitura.fetch_status(case)
    assert (found.status, found.reason) == mapping.CLOSE_CODES[NAMES.get(code, code)]
    assert (found.agency_status, found.agency_text) == ("Closed", code)


def test_every_outcome_of_the_reference_page_is_there() -> None:
    assert {closing.outcome for closing in mapping.CLOSE_CODES.values()} == {
        Outcome.PAID_FULL,
        Outcome.PAID_PARTIAL,
        Outcome.INSOLVENT,
        Outcome.UNTRACEABLE,
        Outcome.DISPUTED,
        Outcome.EXHAUSTED,
        Outcome.STATUTE_BARRED,
        Outcome.UNECONOMIC,
        Outcome.RECALLED_BY_CREDITOR,
        Outcome.SETTLEMENT_REFUSED,
        Outcome.CREDITOR_SILENT,
        Outcome.NEVER_STARTED,
        Outcome.OTHER,
    }
    assert len(mapping.LIFECYCLE_FOLDED) == 12, "of 15 words three names differ from their labels in blanks only"
    assert len(mapping.CLOSE_CODES_FOLDED) == len(mapping.CLOSE_CODES)


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        (None, AgencyStatus.ACTIVE),
        ("Pre-legal", AgencyStatus.ACTIVE),
        ("Legal", AgencyStatus.JUDICIAL),
        ("Enforcement", AgencyStatus.ENFORCEMENT),
        ("Mediation", AgencyStatus.UNKNOWN),
    ],
)
def test_the_timeline_tells_how_far_an_active_case_is(
    agency: StandIn, debitura: Debitura, case: str, phase: str | None, status: AgencyStatus
) -> None:
    agency.change(case, lifecycle="Active")
    if phase:
        agency.phases[case] = phase
    found = debitura.fetch_status(case)
    assert (found.status, found.agency_status, found.agency_text) == (status, "Active", phase)
    assert found.raw["timeline"]["items"]


def test_a_case_without_a_timeline_is_active(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.change(case, lifecycle="Active")
    agency.next = [Reply(200, agency.cases[case]), Reply(404, None)]
    assert debitura.fetch_status(case).status is AgencyStatus.ACTIVE


@pytest.mark.parametrize(
    ("sentence", "lifecycle", "status"),
    [
        ("Yes, the claim is disputed", "Active", AgencyStatus.DISPUTED),
        ("Yes, the claim is disputed", "Paused", AgencyStatus.DISPUTED),
        ("Yes, the claim is disputed", "Closed", AgencyStatus.UNKNOWN),
        ("No, the claim is not disputed", "Active", AgencyStatus.ACTIVE),
        ("Don't Know", "Active", AgencyStatus.ACTIVE),
        ("Perhaps", "Active", AgencyStatus.ACTIVE),
    ],
)
def test_the_three_sentences_on_a_dispute(
    agency: StandIn, debitura: Debitura, case: str, sentence: str, lifecycle: str, status: AgencyStatus
) -> None:
    agency.change(case, lifecycle=lifecycle, disputeStatus=sentence)
    found = debitura.fetch_status(case)
    assert (found.status, found.agency_text) == (status, sentence)


def test_a_new_case_that_lacks_something_needs_input(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.change(case, validation={"needsInfo": True})
    assert debitura.fetch_status(case).status is AgencyStatus.NEEDS_INPUT
    agency.change(case, lifecycle="Active")
    assert debitura.fetch_status(case).status is AgencyStatus.ACTIVE, "work goes on: what is asked for is a task"


@pytest.mark.parametrize("word", ["Hibernating", "", None, 7, ["Active"], "\ud800", "Z" * 5000, "Actively\0"])
def test_what_nobody_has_heard_of_is_unknown_and_kept(agency: StandIn, debitura: Debitura, case: str, word: Any) -> None:
    for field in ("lifecycle", "closeCode"):
        answer = {**agency.cases[case], "lifecycle": "Closed", field: word}
        agency.next = [Reply(200, answer)]
        found = debitura.fetch_status(case)
        assert found.status is AgencyStatus.UNKNOWN
        assert found.raw["case"][field] == word


def test_a_case_that_is_not_there_is_said_to_be_unknown(debitura: Debitura) -> None:
    with pytest.raises(NotFound):
        debitura.fetch_status(NOBODY)
    with pytest.raises(NotFound):
        debitura.fetch_ledger(NOBODY)


@pytest.mark.parametrize("answer", [[], {}, {"id": None}, "<html>"])
def test_an_answer_without_a_case_is_worth_another_try(agency: StandIn, debitura: Debitura, answer: Any) -> None:
    for operation in (debitura.fetch_status, debitura.find):
        agency.next = [Reply(200, answer)]
        with pytest.raises(TemporarilyUnavailable):
            operation("T-1")


# The feed


def kinds(feed: Any) -> list[tuple[FeedKind, str | None]]:
    return [(entry.kind, entry.agency_reference) for entry in feed.entries]


def test_a_feed_tells_changed_cases_payments_and_tasks_in_their_order(agency: StandIn, debitura: Debitura, case: str) -> None:
    first = debitura.fetch_feed(None)
    assert kinds(first) == [(FeedKind.STATUS, case)]
    assert first.entries[0].our_reference == "T-1"
    assert first.entries[0].report is not None
    assert first.entries[0].report.status is AgencyStatus.SUBMITTED
    agency.change(case, lifecycle="Active")
    payment = agency.pay(case, Decimal("53.99"))
    task = agency.task(case, "ReplyToChat", "Bitte antworten: Lieferschein für Jördis")
    account = agency.task(None, "SignContract", "Vertrag unterschreiben")
    feed = debitura.fetch_feed(first.cursor)
    assert sorted(kinds(feed), key=str) == sorted(
        [(FeedKind.PAYMENT, case), (FeedKind.HINT, case), (FeedKind.QUESTION, case), (FeedKind.QUESTION, None)], key=str
    )
    by_id = {entry.entry_id: entry for entry in feed.entries}
    paid = by_id[payment["id"]].collected
    assert paid is not None
    assert (paid.amount, paid.currency, paid.received_on, paid.reference) == (Decimal("53.99"), "EUR", dt.date(2026, 6, 1), payment["id"])
    question = by_id[task["id"]]
    assert question.text == "Bitte antworten: Lieferschein für Jördis\nhttps://app.example/tasks/1"
    assert question.our_reference == "T-1"
    assert by_id[account["id"]].our_reference is None
    assert [entry.at for entry in feed.entries] == sorted(entry.at for entry in feed.entries if entry.at)
    assert all(entry.raw for entry in feed.entries)


def test_the_same_comes_with_the_same_id_and_older_not_at_all(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.change(case, lifecycle="Closed", closeCode="Paid")
    agency.pay(case, Decimal("1.00"))
    once, again = debitura.fetch_feed(None), debitura.fetch_feed(None)
    assert [entry.entry_id for entry in once.entries] == [entry.entry_id for entry in again.entries]
    repeated = debitura.fetch_feed(once.cursor)
    assert {entry.entry_id for entry in repeated.entries} <= {entry.entry_id for entry in once.entries}, "what lies within the overlap"
    assert repeated.cursor == once.cursor
    agency._ticks += 3600
    agency.task(case, "Generic", "Neues")
    other = debitura.submit(placement(reference="T-2"))
    agency.change(str(other.agency_reference), lifecycle="Paused")
    agency.pay(str(other.agency_reference), Decimal("2.00"))
    later = debitura.fetch_feed(debitura.fetch_feed(once.cursor).cursor)
    assert case not in {entry.agency_reference for entry in later.entries if entry.kind is not FeedKind.QUESTION}
    assert len(later.entries) == 3


def test_a_payment_that_was_changed_is_never_booked_twice(agency: StandIn, debitura: Debitura, case: str) -> None:
    payment = agency.pay(case, Decimal("1.00"))
    payment["dateUpdated"], payment["grossAmount"] = agency.at_zone(), Decimal("2.00")
    found = [entry for entry in debitura.fetch_feed(None).entries if entry.kind is not FeedKind.STATUS]
    assert [(entry.kind, entry.collected is None) for entry in found] == [(FeedKind.PAYMENT, False), (FeedKind.LEDGER, True)]
    assert found[0].entry_id == payment["id"]


def test_all_pages_are_read_and_cases_only_as_far_as_needed(agency: StandIn, debitura: Debitura) -> None:
    for number in range(230):
        debitura.submit(placement(reference=f"T-{number}"))
    for number in range(130):
        agency.pay(next(iter(agency.cases)), Decimal("0.01"))
        agency.task(None, "Generic", f"Nr. {number}")
    agency.requests.clear()
    feed = debitura.fetch_feed(None)
    assert len(feed.entries) == 230 + 130 + 130
    assert len(agency.requests) == 3 + 2 + 2
    assert {request.one("PageSize", "") for request in agency.requests} == {"100"}
    agency._ticks += 3600
    for case in list(agency.cases)[:3]:
        agency.change(case, lifecycle="Paused")
    agency.requests.clear()
    agency.tasks.clear()
    later = debitura.fetch_feed(feed.cursor)
    assert len([entry for entry in later.entries if entry.kind is FeedKind.STATUS]) >= 3
    assert [request.path for request in agency.requests].count("/Payments") == 2


def test_reading_stops_at_the_first_case_that_is_older(agency: StandIn, debitura: Debitura) -> None:
    for number in range(150):
        agency.change(str(debitura.submit(placement(reference=f"T-{number}")).agency_reference), lifecycle="Paused")
    cursor = debitura.fetch_feed(None).cursor
    agency._ticks += 3600
    agency.change(next(iter(agency.cases)), lifecycle="Closed", closeCode="Paid")
    middle = debitura.fetch_feed(cursor)
    agency.requests.clear()
    agency._ticks += 3600
    agency.change(next(iter(agency.cases)), lifecycle="Merged")
    later = debitura.fetch_feed(middle.cursor)
    assert [entry.report.status for entry in later.entries if entry.report] == [AgencyStatus.MERGED]
    assert [request.path for request in agency.requests] == ["/cases", "/Payments", "/tasks"]


def test_a_division_sees_its_own_cases_and_test_cases_stay_apart(agency: StandIn, made: Made) -> None:
    made(division=NOBODY).submit(placement())
    made(test=True).submit(placement(reference="T-2"))
    own = next(iter(agency.cases))
    assert kinds(made(division=NOBODY).fetch_feed(None)) == [(FeedKind.STATUS, own)]
    assert len(made(test=True).fetch_feed(None).entries) == 1
    assert kinds(made().fetch_feed(None)) == [(FeedKind.STATUS, own)]


@pytest.mark.parametrize("cursor", ["", "x", "1 2", "a b c d", "- - -", "2026-06-01T00:00:00+00:00 - ?"])
def test_a_cursor_that_cannot_be_read_begins_again(debitura: Debitura, case: str, cursor: str) -> None:
    assert len(debitura.fetch_feed(cursor).entries) == 1, case


ODD: list[Any] = [None, 7, "x", [], {}, {"id": None}, {"id": ["x"]}, {"id": "\ud800" * 300, "title": "\0" * 5000}]


@pytest.mark.parametrize("odd", ODD)
def test_an_entry_that_cannot_be_understood_does_not_lose_the_others(agency: StandIn, debitura: Debitura, case: str, odd: Any) -> None:
    stored = agency.cases[case]
    for key in ("cases", "payments", "tasks"):
        empty = {"page": {"totalPages": 0}}
        answers = {"cases": {"cases": [stored]}, "payments": empty, "tasks": empty}
        answers[key] = {key: [*answers[key].get(key, []), odd, {"id": "fine"}], "page": {"totalPages": 1}}
        agency.next = [Reply(200, answers[path]) for path in ("cases", "payments", "tasks")]
        if key != "cases":
            agency.next.insert(1, Reply(200, {"cases": []}))
        found = debitura.fetch_feed(None)
        ids = [entry.entry_id for entry in found.entries]
        assert len(ids) == len(set(ids)) == 3
        assert "fine" in [entry.agency_reference or entry.entry_id for entry in found.entries]
        assert any(entry.kind is FeedKind.OTHER for entry in found.entries) or len(str(odd)) > 20


def test_one_element_where_a_list_was_expected(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.next = [Reply(200, {"cases": agency.cases[case], "page": {"totalPages": 1}}), *[Reply(200, {})] * 2]
    assert kinds(debitura.fetch_feed(None)) == [(FeedKind.STATUS, case)]


def test_an_endless_list_ends(agency: StandIn, debitura: Debitura, case: str) -> None:
    same = Reply(200, {"cases": [agency.cases[case]], "page": {"totalPages": 10**9}})
    agency.next = [same, same, *[Reply(200, {})] * 2]
    assert len(debitura.fetch_feed(None).entries) == 1


@pytest.mark.parametrize("answer", [Reply(500, {}), Reply(200, "<html>"), Reply(0, drop=True)])
def test_a_feed_that_breaks_off_is_asked_again(agency: StandIn, debitura: Debitura, case: str, answer: Reply) -> None:
    for good in range(3):
        agency.next = [*[Reply(200, {"cases": []})] * good, answer]
        with pytest.raises(TemporarilyUnavailable):
            debitura.fetch_feed(None)
    assert case


# Money


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (Decimal("119.10"), "119.10"),
        (119, "119.00"),
        (Decimal("0.30000000000000004"), "0.30"),
        (Decimal("1152921504.6068470"), None),
        (Decimal("0.005"), None),
        (Decimal("-0.01"), None),
        (Decimal("-0.00"), "0.00"),
        (Decimal("1E+30"), None),
        (Decimal("NaN"), None),
        (10**400, None),
        (True, None),
        ("119.10", None),
        (None, None),
    ],
)
def test_amounts_are_exact_or_not_read(given: Any, read: str | None) -> None:
    found = reading.amount(given)
    assert (None if found is None else str(found)) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2026-06-01T09:12:44", "2026-06-01T09:12:44+00:00"),
        ("2026-06-01T09:12:44.1234567Z", "2026-06-01T09:12:44.123456+00:00"),
        ("2026-06-01T09:12:44+02:00", "2026-06-01T07:12:44+00:00"),
        ("2026-06-01", "2026-06-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("01.06.2026", None),
        ("", None),
        (20260601, None),
    ],
)
def test_a_time_without_a_zone_is_utc(given: Any, read: str | None) -> None:
    found = reading.instant(given)
    assert (None if found is None else found.isoformat()) == read


def test_the_ledger_adds_up_the_payments(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.change(case, collectionFees=Decimal("12.34"), interestFees=Decimal("1.05"))
    agency.pay(case, Decimal("50.10"))
    agency.pay(case, Decimal("3.89"))
    found = debitura.fetch_ledger(case)
    assert (found.currency, found.collected, found.outstanding) == ("EUR", Decimal("53.99"), Decimal("100.00"))
    assert (found.fees, found.interest, found.claimed, found.paid_out) == (Decimal("12.34"), Decimal("1.05"), None, None)
    assert found.as_of == dt.date(2026, 6, 1)
    assert len(found.raw["payments"]) == 2


@pytest.mark.parametrize("change", [{"currency": "DKK"}, {"currency": "???"}, {"grossAmount": "viel"}, {"date": "bald"}])
def test_a_sum_that_would_be_wrong_is_left_out(agency: StandIn, debitura: Debitura, case: str, change: dict[str, Any]) -> None:
    agency.pay(case, Decimal("50.10"))
    agency.pay(case, Decimal("1.00")).update(change)
    assert debitura.fetch_ledger(case).collected is None
    entries = [entry for entry in debitura.fetch_feed(None).entries if entry.kind is FeedKind.PAYMENT]
    assert len(entries) == 2


def test_a_ledger_without_a_currency_cannot_be_read(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.cases[case]["currency"] = "Taler"
    with pytest.raises(TemporarilyUnavailable):
        debitura.fetch_ledger(case)


# Messages


def test_a_chat_is_read_oldest_first_with_who_wrote_it(agency: StandIn, debitura: Debitura, case: str) -> None:
    for role, message in (
        ("Partner", "Guten Tag, Jördis?"),
        ("Creditor", "ja"),
        ("Managed by partner", "gut"),
        ("System", "auto"),
        ("Bot", "–"),
    ):
        agency.said(case, message, role)
    assert [(found.sender, found.text) for found in debitura.fetch_messages(case)] == [
        (Sender.AGENCY, "Guten Tag, Jördis?"),
        (Sender.CREDITOR, "ja"),
        (Sender.AGENCY, "gut"),
        (Sender.AGENCY, "auto"),
        (Sender.UNKNOWN, "–"),
    ]


def test_the_number_of_a_role_is_not_read(agency: StandIn, debitura: Debitura, case: str) -> None:
    del agency.said(case, "wer?", "Partner")["roleLabel"]
    (found,) = debitura.fetch_messages(case)
    assert found.sender is Sender.UNKNOWN


def test_a_long_message_is_cut_and_kept_whole(agency: StandIn, debitura: Debitura, case: str) -> None:
    agency.said(case, "ü" * 9000, "Partner")
    (found,) = debitura.fetch_messages(case)
    assert found.text == "ü" * 4000
    assert found.raw["message"] == "ü" * 9000
