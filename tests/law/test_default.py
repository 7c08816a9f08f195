"""Since when the debtor is in default: every cause, with weekends, holidays, deferral and what is not known."""

import datetime as dt
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor
from hypothesis import given, settings
from hypothesis import strategies as st

from inkasso_core.model.circumstances import DeclaredDefault, Deferral
from inkasso_core.model.claim import Claim, DueDateOrigin, Invoice, Reminder
from inkasso_core.model.party import Capacity
from inkasso_core.model.statement import DefaultCause
from inkasso_core.rules.law.germany import GERMANY, defaults

DELIVERY = 3
HAMBURG = green_debtor(addresses=(green_address(state="Hamburg"),))
BUSINESS = green_debtor(addresses=(green_address(state="Hamburg"),), capacity=Capacity.BUSINESS)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def bare_claim(**changes: Any) -> Claim:
    """Due on Monday 2026-03-16 in Hamburg; nothing yet puts the debtor in default."""
    values = {"debtor": HAMBURG, "invoice": None, "reminders": (), "due_date": day("2026-03-16"), "due_date_origin": DueDateOrigin.INVOICE}
    return green_claim(**{**values, **changes})


def found(claim: Claim, delivery_days: int = DELIVERY) -> dict[str, str]:
    return {default.cause.value: default.since.isoformat() for default in defaults(claim, delivery_days)}


@pytest.mark.parametrize(("received", "since"), [("2026-03-02", "2026-04-02"), ("2026-03-05", "2026-04-08")])
def test_the_worked_dates_of_the_thirty_day_rule(received: str, since: str) -> None:
    invoice = Invoice(received_on=day(received), thirty_day_notice=True)
    assert found(bare_claim(due_date=day("2026-03-02"), invoice=invoice)) == {"thirty_days": since}


def test_a_reminder_puts_in_default_from_the_day_after_its_receipt() -> None:
    sent = Reminder(sent_on=day("2026-04-01"))
    assert found(bare_claim(reminders=(sent,))) == {"reminder": "2026-04-05"}
    assert found(bare_claim(reminders=(sent,)), delivery_days=0) == {"reminder": "2026-04-02"}
    received = Reminder(sent_on=day("2026-04-01"), received_on=day("2026-04-02"))
    assert found(bare_claim(reminders=(received,))) == {"reminder": "2026-04-03"}


def test_the_first_reminder_that_arrived_counts() -> None:
    late = Reminder(level=1, sent_on=day("2026-04-01"), received_on=day("2026-04-20"))
    early = Reminder(level=2, sent_on=day("2026-04-10"))
    assert found(bare_claim(reminders=(late, early))) == {"reminder": "2026-04-14"}


@pytest.mark.parametrize(
    "reminder",
    [
        Reminder(sent_on=day("2026-03-16")),
        Reminder(sent_on=day("2026-03-10"), received_on=day("2026-03-20")),
        Reminder(received_on=day("2026-04-01")),
        Reminder(level=1),
    ],
    ids=["sent on the due date", "sent before it and received after it", "sending date not reported", "without any date"],
)
def test_a_reminder_that_proves_no_sending_after_the_due_date_does_nothing(reminder: Reminder) -> None:
    assert found(bare_claim(reminders=(reminder,))) == {}


def test_a_reminder_did_not_arrive_before_it_was_sent() -> None:
    reminder = Reminder(sent_on=day("2026-04-10"), received_on=day("2026-04-01"))
    assert found(bare_claim(reminders=(reminder,))) == {"reminder": "2026-04-11"}


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (DueDateOrigin.CONTRACT, {"calendar_date": "2026-03-17"}),
        (DueDateOrigin.CONTRACT_EVENT, {"calendar_after_event": "2026-03-17"}),
        (DueDateOrigin.INVOICE, {}),
        (None, {}),
    ],
)
def test_only_a_due_date_of_the_contract_puts_in_default_by_itself(origin: DueDateOrigin | None, expected: dict[str, str]) -> None:
    assert found(bare_claim(due_date_origin=origin)) == expected


@pytest.mark.parametrize(
    ("due", "state", "since"),
    [
        ("2026-03-14", "Hamburg", "2026-03-17"),  # Saturday
        ("2026-03-15", "Hamburg", "2026-03-17"),  # Sunday
        ("2026-04-03", "Hamburg", "2026-04-08"),  # Good Friday
        ("2026-01-06", "Bayern", "2026-01-08"),  # Epiphany
        ("2026-01-06", "Hamburg", "2026-01-07"),
        ("2026-01-06", None, "2026-01-08"),
    ],
)
def test_a_due_date_on_a_holiday_at_the_debtors_place_moves(due: str, state: str | None, since: str) -> None:
    debtor = green_debtor(addresses=(green_address(state=state),))
    assert found(bare_claim(debtor=debtor, due_date=day(due), due_date_origin=DueDateOrigin.CONTRACT)) == {"calendar_date": since}


def test_a_reminder_on_the_day_to_which_the_due_date_moved_comes_too_early() -> None:
    claim = bare_claim(due_date=day("2026-03-14"), reminders=(Reminder(sent_on=day("2026-03-16")),))
    assert found(claim) == {}
    assert found(claim.model_copy(update={"reminders": (Reminder(sent_on=day("2026-03-17")),)})) == {"reminder": "2026-03-21"}


@pytest.mark.parametrize(("notice", "since"), [(True, "2026-04-16"), (False, None), (None, None)])
def test_the_thirty_day_rule_holds_against_a_consumer_only_if_the_invoice_says_so(notice: bool | None, since: str | None) -> None:
    claim = bare_claim(invoice=Invoice(issued_on=day("2026-03-02"), thirty_day_notice=notice))
    assert found(claim).get("thirty_days") == since
    assert found(claim.model_copy(update={"debtor": BUSINESS})) == {"thirty_days": "2026-04-16"}


def test_a_debtor_of_unknown_role_is_a_consumer() -> None:
    unknown = HAMBURG.model_copy(update={"capacity": Capacity.UNKNOWN})
    assert found(bare_claim(debtor=unknown, invoice=Invoice(issued_on=day("2026-03-02")))) == {}


@pytest.mark.parametrize(
    ("invoice", "since"),
    [
        (Invoice(issued_on=day("2026-03-20")), "2026-04-23"),  # 3 days under way, later than the due date
        (Invoice(issued_on=day("2026-03-20"), received_on=day("2026-03-25")), "2026-04-25"),  # the 30th day is a Friday
        (Invoice(received_on=day("2026-03-26")), "2026-04-28"),  # Saturday 25 April moves to Monday
        (Invoice(number="RE-1"), None),
        (None, None),
    ],
)
def test_thirty_days_run_from_due_date_and_receipt_of_the_invoice(invoice: Invoice | None, since: str | None) -> None:
    assert found(bare_claim(debtor=BUSINESS, invoice=invoice)).get("thirty_days") == since


@pytest.mark.parametrize(("refused", "since"), [("2026-03-20", "2026-03-21"), ("2026-03-16", "2026-03-17"), ("2026-03-02", "2026-03-17")])
def test_a_refusal_puts_in_default_the_day_after_but_not_before_the_claim_is_due(refused: str, since: str) -> None:
    assert found(bare_claim(refused_on=day(refused))) == {"refusal": since}


@pytest.mark.parametrize(("declared", "since"), [("2026-03-25", "2026-03-25"), ("2026-03-01", "2026-03-17")])
def test_a_special_reason_is_the_merchants_word_but_not_before_the_claim_is_due(declared: str, since: str) -> None:
    claim = bare_claim(declared_default=DeclaredDefault(since=day(declared), reason="Der Schuldner entzieht sich."))
    assert found(claim) == {"special_reason": since}


def test_a_deferral_moves_the_due_date_and_what_came_before_it_does_not_count() -> None:
    claim = bare_claim(
        deferral=Deferral(until=day("2026-04-30")),
        due_date_origin=DueDateOrigin.CONTRACT,
        invoice=Invoice(issued_on=day("2026-03-02"), thirty_day_notice=True),
        reminders=(Reminder(sent_on=day("2026-04-01")), Reminder(sent_on=day("2026-05-04"))),
    )  # the 30th day after the deferral, 2026-05-30, is a Saturday
    assert found(claim) == {"calendar_date": "2026-05-01", "reminder": "2026-05-08", "thirty_days": "2026-06-02"}


def test_a_deferral_that_ends_before_the_due_date_moves_nothing() -> None:
    claim = bare_claim(deferral=Deferral(until=day("2026-03-01")), due_date_origin=DueDateOrigin.CONTRACT)
    assert found(claim) == {"calendar_date": "2026-03-17"}


def test_without_a_due_date_there_is_no_default() -> None:
    claim = green_claim(due_date=None, refused_on=day("2026-03-20"), declared_default=DeclaredDefault(since=day("2026-03-20"), reason="x"))
    assert defaults(claim, DELIVERY) == ()


def test_what_is_deferred_for_good_is_never_in_default() -> None:
    assert (
        defaults(bare_claim(deferral=Deferral(until=dt.date.max), due_date_origin=DueDateOrigin.CONTRACT, refused_on=dt.date.max), 3) == ()
    )


def test_all_causes_come_the_earliest_first_and_what_is_proved_before_what_is_asserted() -> None:
    claim = bare_claim(
        due_date_origin=DueDateOrigin.CONTRACT,
        debtor=BUSINESS,
        invoice=Invoice(issued_on=day("2026-03-02")),
        reminders=(Reminder(sent_on=day("2026-03-18")),),
        refused_on=day("2026-03-18"),
        declared_default=DeclaredDefault(since=day("2026-03-17"), reason="x"),
    )
    assert [default.cause for default in GERMANY.defaults(claim, DELIVERY)] == [
        DefaultCause.CALENDAR_DATE,
        DefaultCause.SPECIAL_REASON,
        DefaultCause.REFUSAL,
        DefaultCause.REMINDER,
        DefaultCause.THIRTY_DAYS,
    ]


days = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))
maybe = st.none() | days
debtors = st.sampled_from([HAMBURG, BUSINESS, green_debtor(), green_debtor(addresses=())])
claims = st.builds(
    lambda **fields: green_claim().model_copy(update=fields),
    debtor=debtors,
    due_date=days | st.just(dt.date.max),
    due_date_origin=st.sampled_from([None, *DueDateOrigin]),
    deferral=st.none() | st.builds(Deferral, until=days),
    refused_on=maybe,
    declared_default=st.none() | st.builds(DeclaredDefault, since=days, reason=st.just("x")),
    invoice=st.none() | st.builds(Invoice, issued_on=maybe, received_on=maybe, thirty_day_notice=st.sampled_from([None, True, False])),
    reminders=st.lists(st.builds(Reminder, sent_on=maybe, received_on=maybe), max_size=3).map(tuple),
)


@given(claims, st.integers(0, 14))
@settings(deadline=None)
def test_default_never_begins_on_the_due_date_or_before(claim: Claim, delivery_days: int) -> None:
    result = defaults(claim, delivery_days)
    assert claim.due_date is not None
    due = max(claim.due_date, claim.deferral.until) if claim.deferral else claim.due_date
    assert all(default.since > GERMANY.next_working_day(due, claim.debtor.address) for default in result)
    assert [default.since for default in result] == sorted(default.since for default in result)
    assert len({default.cause for default in result}) == len(result)


def earliest(claim: Claim, cause: DefaultCause, delivery_days: int = DELIVERY) -> dt.date:
    """Its first day; the calendar's end where there is no such default."""
    return next((default.since for default in defaults(claim, delivery_days) if default.cause is cause), dt.date.max)


@given(claims, st.integers(0, 60))
@settings(deadline=None)
def test_a_later_receipt_never_gives_an_earlier_default(claim: Claim, by: int) -> None:
    def delayed(item: Any) -> Any:
        later = None if item.received_on is None else item.received_on + dt.timedelta(days=by)
        return item.model_copy(update={"received_on": later})

    later = claim.model_copy(
        update={"reminders": tuple(map(delayed, claim.reminders)), "invoice": claim.invoice and delayed(claim.invoice)},
    )
    assert all(earliest(later, cause, DELIVERY + by) >= earliest(claim, cause) for cause in DefaultCause)


@given(claims, st.integers(0, 60))
@settings(deadline=None)
def test_a_later_due_date_or_a_longer_deferral_never_gives_an_earlier_default(claim: Claim, by: int) -> None:
    assert claim.due_date is not None
    due = claim.due_date if claim.due_date == dt.date.max else claim.due_date + dt.timedelta(days=by)
    later = claim.model_copy(update={"due_date": due})
    deferred = claim.model_copy(update={"deferral": Deferral(until=due)})
    for cause in DefaultCause:
        assert earliest(later, cause) >= earliest(claim, cause)
        assert earliest(deferred, cause) >= earliest(claim.model_copy(update={"deferral": None}), cause)


@given(claims)
@settings(deadline=None)
def test_a_consumer_is_never_in_default_before_a_business_would_be(claim: Claim) -> None:
    business, consumer = (
        claim.model_copy(update={"debtor": claim.debtor.model_copy(update={"capacity": capacity})})
        for capacity in (Capacity.BUSINESS, Capacity.CONSUMER)
    )
    assert all(earliest(consumer, cause) >= earliest(business, cause) for cause in DefaultCause)
