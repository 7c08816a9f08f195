"""What is owed on a day: § 367 BGB by example, the laws of the statement, and 10,000 claims against a second computation."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_DOWN, Decimal, localcontext
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from builders import green_claim, green_debtor
from hypothesis import given, settings
from hypothesis import strategies as st
from law.daily import Case, Line, Money, Owed, Target, owed

from inkasso_core import AppliesTo, Capacity, Charge, ChargeKind, Claim, Contract, Credit, Payment
from inkasso_core.model.circumstances import AgreedInterest
from inkasso_core.model.statement import Booking, Default, DefaultCause, Statement
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.interest import DayCount
from inkasso_core.rules.law.laws import LAWS
from inkasso_core.rules.law.statement import reckon

D = Decimal
ZERO = D(0)
day = dt.date.fromisoformat
SINCE, PAID = "2023-02-01", "2023-05-06"
"""94 days at 6.62 %: 200.00 bear 3.41."""


@cache
def germany(*since: str) -> Law:
    """German law, with default given: what proves it has its own tests."""
    causes = tuple(Default(day(each), DefaultCause.REMINDER) for each in since)
    return LAWS["DE"]._replace(defaults=lambda _claim, _days: causes)


def fee(amount: str, on: str | None = None, kind: ChargeKind = ChargeKind.DUNNING_FEE) -> Charge:
    return Charge(kind=kind, amount=D(amount), on=day(on) if on else None)


def paid(amount: str, on: str | None = PAID, applies_to: AppliesTo = AppliesTo.AUTO) -> Payment:
    return Payment(amount=D(amount), on=day(on) if on else None, applies_to=applies_to)


def owing(
    principal: str = "200.00", *, capacity: Capacity = Capacity.CONSUMER, contract: str | None = "2022-12-01", **changes: Any
) -> Claim:
    concluded = Contract(concluded_on=day(contract)) if contract else None
    return green_claim(principal=D(principal), debtor=green_debtor(capacity=capacity), contract=concluded, **changes)


def on(claim: Claim, as_of: str = PAID, *since: str, **how: Any) -> Statement:
    return reckon(claim, germany(*(since or (SINCE,))), day(as_of), **how)


def left(statement: Statement) -> tuple[str, str, str]:
    """Open principal, charges and interest."""
    return f"{statement.principal_open:.2f}", f"{statement.charges_open:.2f}", f"{statement.interest_open:.2f}"


# Default and rate


def test_interest_runs_from_the_first_day_of_the_earliest_default() -> None:
    statement = on(owing(), "2023-05-05", "2023-02-01", "2023-03-01")
    [line] = statement.segments
    assert statement.default == Default(day("2023-02-01"), DefaultCause.REMINDER)
    assert (line.first, line.last, line.days, line.percent, line.amount) == (day("2023-02-01"), day("2023-05-05"), 94, D("6.62"), D("3.41"))
    assert (left(statement), statement.total_open, statement.country) == (("200.00", "0.00", "3.41"), D("203.41"), "DE")


def test_before_default_there_is_no_interest_and_no_flat_fee() -> None:
    claim = owing(capacity=Capacity.BUSINESS, payments=(paid("50", "2023-01-10"),), charges=(fee("5"),))
    statement = on(claim, "2023-01-31")
    assert statement.default is None
    assert (len(statement.segments), statement.flat_fee) == (0, 0)
    assert left(statement) == ("155.00", "0.00", "0.00")
    assert on(claim, "2023-02-01").interest == D("0.05")


@pytest.mark.parametrize(
    ("capacity", "contract", "points", "flat_fee"),
    [
        (Capacity.CONSUMER, "2022-12-01", 5, "0"),
        (Capacity.UNKNOWN, "2022-12-01", 5, "0"),
        (Capacity.BUSINESS, "2022-12-01", 9, "40.00"),
        (Capacity.BUSINESS, "2014-07-29", 9, "40.00"),
        (Capacity.BUSINESS, "2014-07-28", 8, "0"),
    ],
)
def test_the_rate_and_the_flat_fee_follow_role_and_contract(capacity: Capacity, contract: str, points: int, flat_fee: str) -> None:
    statement = on(owing(capacity=capacity, contract=contract))
    assert {line.points for line in statement.segments} == {points}
    assert statement.flat_fee == D(flat_fee)


def test_the_worked_case_of_two_businesses_shows_the_flat_fee_apart() -> None:
    statement = on(owing("2500.00", capacity=Capacity.BUSINESS), "2026-07-15", "2025-12-20")
    assert [str(line.amount) for line in statement.segments] == ["8.44", "127.32", "10.81"]
    assert (statement.interest, statement.total_open, statement.flat_fee) == (D("146.57"), D("2646.57"), D("40"))


def test_the_flat_fee_is_owed_once_in_euro_and_by_who_was_in_default() -> None:
    business: dict[str, Any] = {"capacity": Capacity.BUSINESS}
    assert on(owing(**business)).flat_fee == 40
    assert on(owing(**business, payments=(paid("200", "2023-02-02"),))).flat_fee == 40
    assert on(owing(**business, charges=(fee("40", kind=ChargeKind.FLAT_FEE),))).flat_fee == 0
    assert on(owing(**business, currency="CHF")).flat_fee == 0
    assert on(owing(**business, payments=(paid("200", "2023-01-31"),))).flat_fee == 0
    assert on(owing(**business, payments=(paid("200", None),))).flat_fee == 0


@pytest.mark.parametrize("percent", ["2.5", "11.75"])
def test_an_agreed_rate_counts_instead_of_the_laws(percent: str) -> None:
    claim = owing("1000.00", agreed_interest=AgreedInterest(percent=D(percent)), capacity=Capacity.BUSINESS)
    statement = on(claim, "2023-08-31")
    [line] = statement.segments
    assert (line.base, line.percent, line.days) == (None, D(percent), 212)
    assert line.amount == (1000 * D(percent) * 212 / 36500).quantize(D("0.01"))
    assert statement.flat_fee == 40


def test_both_day_counts() -> None:
    claim = owing("1500.00", capacity=Capacity.BUSINESS, contract="2009-06-01")
    assert on(claim, "2012-02-17", "2009-09-15").interest == D("297.50")
    assert on(claim, "2012-02-17", "2009-09-15", day_count=DayCount.ACT_365).interest == D("297.55")


def test_the_days_of_delivery_reach_the_law() -> None:
    asked: list[int] = []
    law = LAWS["DE"]._replace(defaults=lambda _claim, days: asked.append(days) or ())  # type: ignore[func-returns-value]
    reckon(owing(), law, day(PAID))
    reckon(owing(), law, day(PAID), delivery_days=5)
    assert asked == [3, 5]


def test_german_law_itself_finds_the_default() -> None:
    statement = reckon(green_claim(), LAWS["DE"], day("2026-06-01"))
    assert statement.default == Default(day("2026-04-05"), DefaultCause.REMINDER)
    assert statement.interest == D("1.53")


def test_a_missing_half_year_leaves_no_interest_and_says_so() -> None:
    claim = owing(capacity=Capacity.BUSINESS, payments=(paid("50", "2026-03-01"), paid("10", None)), charges=(fee("5"),))
    statement = on(claim, "2090-02-01", "2026-02-01")
    assert statement.missing is not None
    assert "-H" in statement.missing.en
    assert statement.default == Default(day("2026-02-01"), DefaultCause.REMINDER)
    assert (len(statement.segments), statement.flat_fee, left(statement)) == (0, 40, ("145.00", "0.00", "0.00"))
    assert on(claim, "2026-03-02", "2026-02-01").missing is None


# Part payments


def test_the_worked_example_of_section_367() -> None:
    statement = on(owing(charges=(fee("5.00", "2023-03-01"),), payments=(paid("100.00"),)))
    assert statement.bookings == (Booking(day(PAID), D(100), D("5.00"), D("3.41"), D("91.59")),)
    assert [(str(line.principal), str(line.amount)) for line in statement.segments] == [("200.00", "3.41"), ("108.41", "0.02")]
    assert left(statement) == ("108.41", "0.00", "0.02")


def test_the_day_of_payment_bears_no_interest_on_what_was_paid() -> None:
    claim = owing(
        "36500.00", agreed_interest=AgreedInterest(percent=D(10)), payments=(paid("18250.00", "2023-02-03", AppliesTo.PRINCIPAL),)
    )
    assert [(line.days, line.amount) for line in on(claim, "2023-02-03").segments] == [(2, D("20.00")), (1, D("5.00"))]


@pytest.mark.parametrize(
    ("charges", "payments", "expected"),
    [
        # the shop's own allocation wins
        ([("5", None)], [("100", PAID, "principal")], ("100.00", "5.00", "3.43")),
        ([("5", None)], [("5", PAID, "charges")], ("200.00", "0.00", "3.45")),
        ([("5", PAID)], [("5", "2023-03-01", "charges")], ("200.00", "0.00", "3.45")),
        ([("5", None)], [("3", PAID, "charges")], ("200.00", "2.00", "3.45")),
        # what is over on charges is divided like any other payment
        ([("5", None)], [("8", PAID, "charges")], ("200.00", "0.00", "0.45")),
        ([("5", None)], [("9", PAID, "charges")], ("199.41", "0.00", "0.04")),
        # what the shop booked on charges is not taken by an earlier payment
        ([("5", None)], [("100", "2023-02-01", "auto"), ("5", PAID, "charges")], ("100.00", "0.00", "1.72")),
        # a charge that did not exist yet is not paid by an earlier payment
        ([("5", "2023-05-01")], [("100", "2023-02-01", "auto")], ("100.00", "5.00", "1.72")),
        ([("5", "2023-02-01")], [("100", "2023-02-01", "auto")], ("105.00", "0.00", "1.81")),
        # before default a payment reduces charges and principal
        ([("5", None)], [("100", "2023-01-15", "auto")], ("105.00", "0.00", "1.81")),
        # too little for the interest: the principal stays, and so does its line
        ([], [("2", PAID, "auto")], ("200.00", "0.00", "1.45")),
        # exactly charges and interest
        ([("5", None)], [("8.41", PAID, "auto")], ("200.00", "0.00", "0.04")),
        # without a date: no interest on what was paid
        ([], [("100", None, "auto")], ("100.00", "0.00", "1.72")),
        # dated later than the statement: known, and counted on its day
        ([], [("100", "2023-09-01", "auto")], ("103.41", "0.00", "0.02")),
    ],
)
def test_how_payments_are_divided(
    charges: list[tuple[str, str | None]], payments: list[tuple[str, str | None, str]], expected: tuple[str, str, str]
) -> None:
    claim = owing(
        charges=tuple(fee(*each) for each in charges),
        payments=tuple(paid(amount, when, AppliesTo(target)) for amount, when, target in payments),
    )
    assert left(on(claim)) == expected


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        # the principal to the cent, with costs and interest open: he means the invoice
        ([("200", PAID)], ("0.00", "5.00", "3.41")),
        # a small payment afterwards changes nothing of that
        ([("200", PAID), ("2", PAID)], ("0.00", "3.00", "3.41")),
        ([("200", PAID), ("8.41", PAID)], ("0.00", "0.00", "0.00")),
        # in parts that add up to the principal
        ([("120", "2023-02-01"), ("80", PAID)], ("0.00", "5.00", "1.36")),
        ([("80", PAID), ("120", "2023-02-01")], ("0.00", "5.00", "1.36")),
        ([("2", PAID), ("150", PAID), ("50", PAID)], ("0.00", "3.00", "3.41")),
        # what is open of the principal after a payment on the costs
        ([("2", "2023-02-01"), ("200", PAID)], ("0.00", "3.00", "3.41")),
        # all that the books call open
        ([("205", PAID)], ("0.00", "0.00", "3.41")),
        ([("100", "2023-02-01"), ("105", PAID)], ("0.00", "0.00", "1.70")),
        ([("208.41", PAID)], ("0.00", "0.00", "0.00")),
        # more than everything: overpaid, and no interest below zero
        ([("210", PAID)], ("-1.59", "0.00", "0.00")),
        # anything else is divided by § 367
        ([("199", PAID)], ("9.41", "0.00", "0.00")),
        ([("201", PAID)], ("7.41", "0.00", "0.00")),
    ],
)
def test_who_pays_what_the_invoice_asked_for_means_the_principal(payments: list[tuple[str, str]], expected: tuple[str, str, str]) -> None:
    assert left(on(owing(charges=(fee("5"),), payments=tuple(paid(*each) for each in payments)))) == expected


def test_only_credits_that_the_shop_allocated_count_and_on_the_principal() -> None:
    allocated, other = (Credit(amount=D(50), on=day(PAID), allocated=each) for each in (True, False))
    statement = on(owing(charges=(fee("5"),), credits=(allocated, other)))
    assert statement.bookings == (Booking(day(PAID), D(50), ZERO, ZERO, D(50)),)
    assert left(statement) == ("150.00", "5.00", "3.44")


def test_an_overpaid_principal_bears_nothing() -> None:
    statement = on(owing(payments=(paid("250", "2023-02-11", AppliesTo.PRINCIPAL),)), "2025-01-01")
    assert [(line.last, line.amount) for line in statement.segments] == [(day("2023-02-10"), D("0.36"))]
    assert (left(statement), statement.total_open) == (("-50.00", "0.00", "0.36"), D("-49.64"))


def test_neither_interest_nor_charges_bear_interest() -> None:
    plain, charged = on(owing(), "2025-01-01"), on(owing(charges=(fee("500"),)), "2025-01-01")
    assert plain.segments == charged.segments
    assert {line.principal for line in plain.segments} == {D(200)}


@pytest.mark.parametrize(("currency", "expected"), [("JPY", "3"), ("TND", "3.410")])
def test_lines_are_rounded_to_the_currency(currency: str, expected: str) -> None:
    assert str(on(owing(currency=currency), "2023-05-05").segments[0].amount) == expected


def test_dates_at_the_edge_of_the_calendar() -> None:
    claim = owing(payments=(paid("1", "0001-01-01"), paid("1", "9999-12-31")), charges=(fee("1", "9999-12-31"),))
    assert left(on(claim)) == ("199.00", "0.00", "3.43")
    assert on(claim, "9999-12-31", "0001-01-01").missing is not None
    agreed = owing(payments=claim.payments, agreed_interest=AgreedInterest(percent=D(1)))
    assert on(agreed, "9999-12-31", "0001-01-01").interest > 0


# Laws


def euro(cents: int) -> Decimal:
    return D(cents).scaleb(-2)


def claim_of(case: Case) -> Claim:
    """The claim that ``case`` describes."""
    payments: list[Payment] = []
    credited: list[Credit] = []
    for when, cents, target in case.money:
        if target == "principal" and any(payment.applies_to is AppliesTo.PRINCIPAL for payment in payments):
            credited.append(Credit(amount=euro(cents), on=when))  # does the same as a payment that the shop booked on the principal
        else:
            payments.append(Payment(amount=euro(cents), on=when, applies_to=AppliesTo(target)))
    return owing(
        str(euro(case.principal)),
        capacity=Capacity.BUSINESS if case.points == "9" else Capacity.CONSUMER,
        charges=tuple(Charge(kind=ChargeKind.OTHER, amount=euro(cents), on=when) for when, cents in case.charges),
        payments=tuple(payments),
        credits=tuple(credited),
        agreed_interest=AgreedInterest(percent=D(case.points)) if case.agreed else None,
    )


def statement_of(case: Case, as_of: dt.date | None = None) -> Statement:
    day_count = DayCount.ACT_365 if case.fixed_year else DayCount.ACT_ACT
    return reckon(claim_of(case), germany(case.since.isoformat()), as_of or case.as_of, day_count=day_count)


def in_cents(statement: Statement) -> Owed:
    """The statement in the words of the second computation."""
    lines = tuple(Line(line.first, line.last, int(line.principal * 100), int(line.amount * 100)) for line in statement.segments)
    return Owed(lines, int(statement.principal_open * 100), int(statement.charges_open * 100), int(statement.interest_open * 100))


TARGETS: tuple[Target, ...] = ("auto", "auto", "auto", "principal", "charges")


def random_case(random: Random) -> Case:
    """One claim by chance: any period since 2002, most with money that came in, some of it just what is open."""
    since = dt.date(2002, 1, 1) + dt.timedelta(random.randrange(9000))
    length = random.choice((random.randrange(40), random.randrange(400), random.randrange(1000)))
    as_of = min(since + dt.timedelta(length), dt.date(2026, 12, 31))
    principal = random.choice((random.randrange(1, 3000), random.randrange(1, 10**6), random.randrange(1, 10**8)))

    def when() -> dt.date:
        return since + dt.timedelta(random.randrange(-20, length + 10))

    charges = tuple((when(), random.randrange(1, 4000)) for _ in range(random.choice((0, 0, 1, 2))))
    most = (principal, principal + sum(amount for _, amount in charges), max(principal // 20, 2), max(principal // 3, 2))
    money: list[Money] = []
    for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
        exact, limit = random.random() < 0.1, random.choice(most)
        money.append((when(), limit if exact else random.randrange(limit + 1), random.choice(TARGETS)))
    agreed = random.random() < 0.2
    points = str(D(random.randrange(0, 15_000_000)).scaleb(-6)) if agreed else random.choice(("5", "9"))
    return Case(principal, since, as_of, points, agreed, random.random() < 0.4, charges, tuple(money))


def test_ten_thousand_claims_against_the_day_by_day_computation() -> None:
    random = Random(2018)  # noqa: S311 - no secret
    seen = dict.fromkeys(("leap year", "several lines", "part payment", "interest paid in part", "overpaid", "agreed", "365 days"), 0)
    for _ in range(10_000):
        case = random_case(random)
        statement = statement_of(case)
        assert in_cents(statement) == owed(case), case
        seen["leap year"] += any(line.first.year % 4 == 0 for line in statement.segments)
        seen["several lines"] += len(statement.segments) > 1
        seen["part payment"] += any(booking.principal and booking.on > case.since for booking in statement.bookings)
        seen["interest paid in part"] += any(booking.interest and not booking.principal for booking in statement.bookings)
        seen["overpaid"] += statement.principal_open < 0
        seen["agreed"] += case.agreed
        seen["365 days"] += case.fixed_year
    assert min(seen.values()) > 250, seen


cases = st.randoms(use_true_random=False).map(random_case)


@settings(max_examples=60)
@given(
    st.builds(
        Case,
        principal=st.integers(1, 10**6),
        since=st.dates(dt.date(2019, 12, 1), dt.date(2020, 3, 1)),
        as_of=st.dates(dt.date(2020, 3, 1), dt.date(2021, 2, 1)),
        points=st.sampled_from(["5", "9"]),
        fixed_year=st.booleans(),
        charges=st.lists(st.tuples(st.dates(dt.date(2019, 11, 1), dt.date(2021, 2, 1)), st.integers(1, 9999)), max_size=2).map(tuple),
        money=st.lists(
            st.tuples(st.dates(dt.date(2019, 11, 1), dt.date(2021, 3, 1)), st.integers(0, 10**6), st.sampled_from(TARGETS)), max_size=4
        ).map(tuple),
    )
)
def test_a_small_claim_against_the_day_by_day_computation(case: Case) -> None:
    assert in_cents(statement_of(case)) == owed(case)


@given(cases)
def test_everything_adds_up(case: Case) -> None:
    claim, statement = claim_of(case), statement_of(case)
    came_in = sum((booking.amount for booking in statement.bookings), ZERO)
    assert len(statement.bookings) == len(claim.payments) + len(claim.credits)
    assert statement.total_open + came_in == claim.principal + sum((charge.amount for charge in claim.charges), ZERO) + statement.interest
    assert statement.total_open == claim.total_open + statement.interest
    assert statement.interest == sum((line.amount for line in statement.segments), ZERO)
    assert statement.interest_open == statement.interest - sum((booking.interest for booking in statement.bookings), ZERO)
    assert statement.principal_open == claim.principal - sum((booking.principal for booking in statement.bookings), ZERO)
    assert min(statement.interest_open, statement.charges_open) >= 0
    for booking in statement.bookings:
        assert booking.charges + booking.interest + booking.principal == booking.amount
        assert min(booking.charges, booking.interest, booking.principal) >= 0
    assert [booking.on for booking in statement.bookings] == sorted(booking.on for booking in statement.bookings)


two_days = st.sampled_from([day(SINCE), day(PAID)])
crowded = st.lists(st.tuples(two_days, st.sampled_from([1_00, 2_00, 5_00, 50_00, 150_00, 200_00]), st.sampled_from(TARGETS)), max_size=5)


@given(crowded, st.randoms(use_true_random=False))
def test_the_order_in_which_the_shop_lists_payments_does_not_matter(money: list[Money], random: Random) -> None:
    case = Case(200_00, day(SINCE), day(PAID), "5", charges=((day(PAID), 5_00),))
    one, other = (statement_of(case._replace(money=tuple(each))) for each in (money, random.sample(money, len(money))))
    assert one == other


@given(cases)
def test_the_lines_follow_one_another_and_the_principal_only_falls(case: Case) -> None:
    lines = statement_of(case).segments
    assert all(case.since <= line.first <= line.last <= case.as_of and line.principal > 0 for line in lines)
    for before, after in pairwise(lines):
        assert after.first == before.last + dt.timedelta(days=1)
        assert after.principal <= before.principal


@given(cases)
def test_what_the_books_call_paid_has_no_open_principal(case: Case) -> None:
    if claim_of(case).principal_open <= 0:
        assert statement_of(case).principal_open <= 0


@given(cases, st.integers(1, 200))
def test_interest_only_grows_with_time(case: Case, days: int) -> None:
    last = max([case.as_of, *(item[0] for item in case.money), *(item[0] for item in case.charges)])
    later = min(last + dt.timedelta(days=days), dt.date(2026, 12, 31))
    earlier = min(last, later)
    assert statement_of(case, earlier).interest <= statement_of(case, later).interest


@given(cases)
def test_without_payments_all_is_open(case: Case) -> None:
    statement = statement_of(case._replace(money=()))
    assert (statement.principal_open, statement.interest_open, statement.bookings) == (euro(case.principal), statement.interest, ())
    assert statement.total_open == claim_of(case._replace(money=())).total_open + statement.interest


@given(cases)
def test_no_setting_of_the_program_around_makes_it_coarser(case: Case) -> None:
    claim, law, plain = claim_of(case), germany(case.since.isoformat()), statement_of(case)
    with localcontext(prec=2, rounding=ROUND_DOWN):
        day_count = DayCount.ACT_365 if case.fixed_year else DayCount.ACT_ACT
        assert reckon(claim, law, case.as_of, day_count=day_count) == plain
