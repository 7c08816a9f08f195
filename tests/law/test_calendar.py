"""Working days at the debtor's place; where the place is not known, any state's holiday counts."""

import datetime as dt

import pytest
from builders import green_address
from hypothesis import given, settings
from hypothesis import strategies as st

from inkasso_core.rules.law.calendar import holidays, next_working_day, state_code

STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
states = st.sampled_from([None, "Atlantis", *STATES])
days = st.dates(dt.date(2002, 1, 1), dt.date(2040, 12, 31)) | st.dates()


def moved(day: str, state: str | None) -> str:
    return next_working_day(dt.date.fromisoformat(day), green_address(state=state)).isoformat()


@pytest.mark.parametrize(
    ("day", "state", "expected"),
    [
        ("2026-03-16", "Hamburg", "2026-03-16"),  # a Monday
        ("2026-03-14", "Hamburg", "2026-03-16"),  # a Saturday
        ("2026-04-03", "Hamburg", "2026-04-07"),  # Good Friday: Easter Monday, too
        ("2026-01-06", "BY", "2026-01-07"),  # Epiphany
        ("2026-01-06", "HH", "2026-01-06"),
        ("2026-06-04", "BY", "2026-06-05"),  # Corpus Christi
        ("2026-06-04", "NW", "2026-06-05"),
        ("2026-06-04", "SN", "2026-06-05"),  # in a few municipalities
        ("2026-06-04", "BE", "2026-06-04"),
        ("2025-08-15", "BY", "2025-08-18"),  # Assumption Day, a Friday: in Catholic municipalities
        ("2025-08-15", "BW", "2025-08-15"),
        ("2025-08-08", "BY", "2025-08-11"),  # Augsburg alone
        ("2026-11-18", "SN", "2026-11-19"),  # Buß- und Bettag
        ("2026-11-18", "BY", "2026-11-18"),
        ("2017-10-31", "BY", "2017-11-02"),  # once everywhere, and then All Saints' Day
        ("2027-12-24", "HH", "2027-12-24"),  # no holiday, although banks are closed
        ("2027-12-25", "HH", "2027-12-27"),
        ("2023-03-08", "Mecklenburg-Vorpommern", "2023-03-09"),
        ("2022-03-08", "Mecklenburg-Vorpommern", "2022-03-08"),  # not yet
    ],
)
def test_weekends_and_the_holidays_of_the_state_move_a_day(day: str, state: str, expected: str) -> None:
    assert moved(day, state) == expected


@pytest.mark.parametrize("state", [None, "Atlantis"])
@pytest.mark.parametrize(("day", "expected"), [("2026-01-06", "2026-01-07"), ("2026-11-18", "2026-11-19"), ("2026-09-21", "2026-09-21")])
def test_where_the_state_is_not_known_any_states_holiday_counts(day: str, expected: str, state: str | None) -> None:
    assert moved(day, state) == expected


def test_without_an_address_any_states_holiday_counts() -> None:
    assert next_working_day(dt.date(2026, 1, 6), None) == dt.date(2026, 1, 7)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Bayern", "BY"),
        ("bavaria", "BY"),
        ("BY", "BY"),
        ("DE-BY", "BY"),
        ("de_by", "BY"),
        ("Freistaat Bayern", "BY"),
        ("Baden-Württemberg", "BW"),
        ("Baden-Wu\u0308rttemberg", "BW"),
        ("BADEN WUERTTEMBERG", "BW"),
        ("Thüringen", "TH"),
        ("NRW", "NW"),
        ("North Rhine-Westphalia", "NW"),
        ("Sachsen", "SN"),
        ("Sachsen-Anhalt", "ST"),
        ("Niedersachsen", "NI"),
        ("Tirol", None),
        ("", None),
    ],
)
def test_a_state_is_known_by_its_german_english_and_iso_name(name: str, code: str | None) -> None:
    assert state_code(name) == code


@pytest.mark.parametrize("code", STATES)
def test_every_state_has_its_holidays_and_the_union_holds_them(code: str) -> None:
    assert state_code(f"DE-{code}") == code
    assert {dt.date(2026, 1, 1), dt.date(2026, 4, 3), dt.date(2026, 12, 26)} <= holidays(code, 2026) < holidays(None, 2026)


@given(days, states)
@settings(deadline=None)
def test_the_next_working_day_is_one(day: dt.date, state: str | None) -> None:
    address = green_address(state=state)
    found = next_working_day(day, address)
    assert found >= day
    assert found.weekday() < 5
    assert found not in holidays(state_code(state or ""), found.year)
    assert next_working_day(found, address) == found
    between = [dt.date.fromordinal(number) for number in range(day.toordinal(), found.toordinal())]
    assert all(skipped.weekday() >= 5 or skipped in holidays(state_code(state or ""), skipped.year) for skipped in between)


@given(days, states)
@settings(deadline=None)
def test_knowing_less_of_the_place_is_never_worse_for_the_debtor(day: dt.date, state: str | None) -> None:
    assert next_working_day(day, None) >= next_working_day(day, green_address(state=state))
