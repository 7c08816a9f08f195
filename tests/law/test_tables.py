"""Legal values: complete, with their source, split at half-years; what is missing is an error that names it."""

import csv
import datetime as dt
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from builders import green_claim, green_debtor
from hypothesis import given, settings
from hypothesis import strategies as st

from inkasso_core.errors import ConfigurationError, LegalDataMissing
from inkasso_core.model.claim import Contract
from inkasso_core.model.party import Capacity
from inkasso_core.rules.law.frame import law_of
from inkasso_core.rules.law.germany import GERMANY, rate
from inkasso_core.rules.law.laws import LAWS, laws_with, tables

RATES = GERMANY.base_rates
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "basiszinssatz.csv"
covered = st.dates(dt.date(2002, 1, 1), RATES.info.covers_until or dt.date.max)
NEXT = dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        ("2002-01-01", "2.57"),
        ("2012-12-31", "0.12"),
        ("2013-01-01", "-0.13"),
        ("2023-06-30", "1.62"),
        ("2023-07-01", "3.12"),
        ("2026-12-31", "1.52"),
    ],
)
def test_a_rate_is_valid_from_its_half_years_first_day_to_its_last(day: str, percent: str) -> None:
    assert RATES.at(dt.date.fromisoformat(day)) == Decimal(percent)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference pages are not part of this checkout")
def test_the_table_holds_what_the_reference_page_holds() -> None:
    rows = list(csv.DictReader(REFERENCE.read_text(encoding="utf-8").splitlines()))
    first, last = dt.date.fromisoformat(rows[0]["valid_from"]), RATES.info.last
    assert len(rows) == RATES.info.rows
    assert [(begin.isoformat(), percent) for begin, _, percent in RATES.changes(first, last)] == [
        (row["valid_from"], Decimal(row["percent"])) for row in rows
    ]


def test_a_half_year_that_is_not_known_yet_is_an_error_that_names_it_and_the_remedy() -> None:
    with pytest.raises(LegalDataMissing) as caught:
        RATES.at(NEXT)
    assert caught.value.field == "law.base_rates.DE"
    for text, half in ((caught.value.text.en, "2027-H1"), (caught.value.text.de, "1. Halbjahr 2027")):
        assert half in text
        assert "[law.base_rates.DE]" in text
        assert "inkasso.toml" in text


@pytest.mark.parametrize("day", [dt.date(2001, 12, 31), dt.date.min])
def test_a_day_before_the_first_row_is_an_error_too(day: dt.date) -> None:
    with pytest.raises(LegalDataMissing, match=f"{day.year}-H. lies before its first row"):
        RATES.at(day)


def test_the_last_value_is_not_used_again_inside_a_period() -> None:
    with pytest.raises(LegalDataMissing, match="2027-H1"):
        list(RATES.changes(dt.date(2026, 12, 1), dt.date(2027, 1, 1)))


@given(covered, covered)
@settings(deadline=None)
def test_changes_cover_the_period_without_gap_or_overlap_and_agree_with_at(one: dt.date, other: dt.date) -> None:
    first, last = min(one, other), max(one, other)
    parts = list(RATES.changes(first, last))
    assert (parts[0][0], parts[-1][1]) == (first, last)
    assert all(before[1] + dt.timedelta(days=1) == after[0] for before, after in pairwise(parts))
    assert all((after[0].month, after[0].day) in {(1, 1), (7, 1)} for after in parts[1:])
    for begin, end, percent in parts:
        assert begin <= end
        assert RATES.at(begin) == RATES.at(end) == percent
        assert (begin.year, begin.month > 6) == (end.year, end.month > 6)


def test_an_empty_period_has_no_changes() -> None:
    assert list(RATES.changes(dt.date(2026, 1, 2), dt.date(2026, 1, 1))) == []


def test_own_rows_continue_the_table_and_leave_the_shipped_one_alone() -> None:
    own = RATES.extended({NEXT: Decimal("-0.25")})
    assert own.at(dt.date(2027, 6, 30)) == Decimal("-0.25")
    assert (own.info.last, own.info.covers_until, own.info.rows) == (NEXT, dt.date(2027, 6, 30), RATES.info.rows + 1)
    assert own.info.source.endswith("1 from inkasso.toml")
    with pytest.raises(LegalDataMissing, match="2027-H2"):
        own.at(dt.date(2027, 7, 1))
    with pytest.raises(LegalDataMissing, match="2027-H1"):
        RATES.at(NEXT)


def test_a_gap_in_the_middle_is_an_error_and_ends_what_is_covered() -> None:
    own = RATES.extended({dt.date(2027, 7, 1): Decimal("1.00")})
    assert own.at(dt.date(2027, 12, 31)) == 1
    assert own.info.covers_until == dt.date(2026, 12, 31)
    with pytest.raises(LegalDataMissing, match="2027-H1"):
        list(own.changes(dt.date(2026, 12, 31), dt.date(2027, 7, 1)))


def test_an_own_row_that_repeats_the_table_changes_nothing() -> None:
    own = RATES.extended({dt.date(2026, 7, 1): Decimal("1.520")})
    assert own.info == RATES.info


@pytest.mark.parametrize(
    ("day", "percent", "reason"),
    [
        (dt.date(2027, 1, 2), "1.00", "valid from 1 January or 1 July"),
        (dt.date(2001, 7, 1), "1.00", "from 2002-01-01 at the earliest"),
        (NEXT, "101", "no percentage"),
        (NEXT, "NaN", "no percentage"),
        (dt.date(2026, 7, 1), "1.53", "inkasso's own table says 1.52"),
    ],
)
def test_an_own_row_that_cannot_be_right_is_refused(day: dt.date, percent: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        RATES.extended({day: Decimal(percent)})
    assert caught.value.field == f"law.base_rates.DE.{day}"


def test_own_rows_belong_to_a_country_whose_law_is_known() -> None:
    assert laws_with({"DE": {NEXT: Decimal("1.27")}})["DE"].base_rates.at(NEXT) == Decimal("1.27")
    assert laws_with({}) == LAWS
    with pytest.raises(ConfigurationError, match="knows no law") as caught:
        laws_with({"AT": {NEXT: Decimal("1.53")}})
    assert caught.value.field == "law.base_rates.AT"


@pytest.mark.parametrize("country", ["AT", "CH", "FR"])
def test_of_other_countries_no_law_is_known(country: str) -> None:
    creditor = green_claim().creditor
    assert creditor is not None
    assert law_of(creditor.model_copy(update={"country": country}), green_debtor(), LAWS) is None


def test_every_table_says_where_it_comes_from_and_how_far_it_goes() -> None:
    infos = {info.name: info for info in tables(LAWS)}
    assert set(infos) == {"base_rates", "payment_period", "interest_consumer", "interest_business", "limitation", "holidays"}
    assert {info.country for info in infos.values()} == {"DE"}
    assert all(info.source and info.label.de and info.label.en and info.rows and info.first <= info.last for info in infos.values())
    assert [name for name, info in infos.items() if info.covers_until is not None] == ["base_rates"]
    assert "Bundesbank" in infos["base_rates"].source
    assert infos["holidays"].source.startswith("holidays 0.")
    assert infos["interest_business"].last == dt.date(2014, 7, 29)


def test_the_merchants_rows_show_in_the_listing() -> None:
    own = laws_with({"DE": {NEXT: Decimal("1.27")}})
    assert next(info for info in tables(own) if info.name == "base_rates").covers_until == dt.date(2027, 6, 30)


@pytest.mark.parametrize(
    ("capacity", "contract", "points", "fee"),
    [
        (Capacity.CONSUMER, dt.date(2026, 2, 26), 5, 0),
        (Capacity.UNKNOWN, dt.date(2026, 2, 26), 5, 0),
        (Capacity.BUSINESS, dt.date(2026, 2, 26), 9, 40),
        (Capacity.BUSINESS, dt.date(2014, 7, 29), 9, 40),
        (Capacity.BUSINESS, dt.date(2014, 7, 28), 8, 0),
        (Capacity.BUSINESS, dt.date(1999, 1, 1), 8, 0),
        (Capacity.BUSINESS, None, 8, 0),
        (Capacity.CONSUMER, None, 5, 0),
    ],
)
def test_the_statutory_rate_depends_on_the_debtors_role_and_the_contracts_date(
    capacity: Capacity, contract: dt.date | None, points: int, fee: int
) -> None:
    claim = green_claim(debtor=green_debtor(capacity=capacity), contract=Contract(concluded_on=contract))
    found = rate(claim)
    assert (found.points, found.flat_fee) == (points, fee)
    assert "§ 288" in found.source
    assert ("not reported" in found.source) == (points == 8 and contract is None)


def test_without_a_contract_the_lower_rate_counts() -> None:
    assert rate(green_claim(debtor=green_debtor(capacity=Capacity.BUSINESS), contract=None)).points == 8
