"""The last day of a claim: the year's end three years on, thirty years for a title; what may have moved it is said, not computed."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from builders import green_claim
from hypothesis import given, settings
from hypothesis import strategies as st

from inkasso_core.model.circumstances import Deferral
from inkasso_core.model.claim import Claim, Payment
from inkasso_core.rules.law.germany import GERMANY, limitation


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def paid(on: str | None) -> tuple[Payment, ...]:
    return (Payment(amount=Decimal("10.00"), on=on and day(on)),)


def unsure(claim: Claim) -> list[str]:
    found = limitation(claim)
    assert found is not None
    assert all(text.de and text.en and "BGB" in text.de and "BGB" in text.en for text in found.unsure)
    return [text.en for text in found.unsure]


@pytest.mark.parametrize(
    ("due", "last"),
    [
        ("2023-05-10", "2026-12-31"),
        ("2024-01-01", "2027-12-31"),
        ("2022-12-31", "2025-12-31"),  # a Saturday: that § 193 moves it into the next year is left out
        ("2025-12-31", "2028-12-31"),  # a Sunday, left where it is
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_claim_lapses_with_the_third_year_after_the_one_in_which_it_became_due(due: str, last: str) -> None:
    assert limitation(green_claim(due_date=day(due))) == (day(last), ())


@pytest.mark.parametrize(
    ("judged", "last"),
    [("2020-03-15", "2050-03-15"), ("2024-02-29", "2054-02-28"), ("9980-01-01", "9999-12-31")],
)
def test_a_title_lasts_thirty_years_from_its_day(judged: str, last: str) -> None:
    for due in (day("2019-01-15"), None):
        assert limitation(green_claim(due_date=due, judged_on=day(judged))) == (day(last), ())


def test_without_due_date_and_title_nothing_is_computed() -> None:
    assert limitation(green_claim(due_date=None, acknowledged_on=day("2025-01-01"))) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"acknowledged_on": day("2024-02-01")}, "acknowledged on 2024-02-01"),
        ({"payments": paid("2024-02-01")}, "paid on 2024-02-01"),
        ({"payments": paid("2024-02-01") + paid("2025-07-01")}, "paid on 2025-07-01"),
        ({"payments": paid(None)}, "add its date"),
        ({"negotiating": True}, "negotiations"),
        ({"deferral": Deferral(until=day("2023-12-31"))}, "deferred until 2023-12-31"),
    ],
)
def test_what_may_have_moved_it_later_is_said_and_the_day_stays(changes: dict[str, Any], word: str) -> None:
    claim = green_claim(due_date=day("2023-05-10"), **changes)
    (text,) = unsure(claim)
    assert word in text
    found = GERMANY.limitation(claim)
    assert found is not None
    assert found.last_day == day("2026-12-31")


@pytest.mark.parametrize(
    "changes",
    [
        {"acknowledged_on": day("2023-12-31")},  # three years from there end no later
        {"payments": paid("2023-11-30")},
        {"acknowledged_on": day("2027-01-01")},  # what has lapsed does not begin anew
        {"payments": paid("2027-01-01")},
        {"negotiating": False},
        {"deferral": Deferral(until=day("2023-05-10"))},
    ],
)
def test_what_cannot_have_moved_it_is_not_mentioned(changes: dict[str, Any]) -> None:
    assert unsure(green_claim(due_date=day("2023-05-10"), **changes)) == []


def test_everything_that_may_have_moved_it_is_said() -> None:
    claim = green_claim(due_date=day("2023-05-10"), acknowledged_on=day("2024-02-01"), payments=paid("2024-02-01"), negotiating=True)
    assert len(unsure(claim)) == 3


@given(st.dates(), st.dates())
@settings(deadline=None)
def test_a_later_due_date_never_lapses_earlier(one: dt.date, other: dt.date) -> None:
    first, second = (limitation(green_claim(due_date=due)) for due in sorted((one, other)))
    assert first is not None
    assert second is not None
    assert max(one, other) <= second.last_day >= first.last_day
