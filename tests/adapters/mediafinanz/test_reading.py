"""Values of answers: whatever arrives, nothing is raised, and nothing is guessed."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_adapters.mediafinanz import reading
from inkasso_adapters.mediafinanz.feeds import feed_of
from inkasso_adapters.mediafinanz.rest_values import case_number_in, said_by, status_in
from inkasso_adapters.mediafinanz.soap_values import ledger_of, messages_of, payouts_of
from inkasso_core import AgencyStatus, StatusReport

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.sampled_from(["2026-02-30T25:00:00", "99999999999", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["changes", "messages", "time", "fileNumber", "statusCode", "text", "total", "bSuccess", "aMessage", "az"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING, ANYTHING)
def test_no_answer_makes_a_reader_stumble(one: Any, other: Any) -> None:
    feed_of(
        one, other, lambda case, code, raw, text, at: StatusReport(agency_reference=case, status=AgencyStatus.UNKNOWN, agency_status=code)
    )
    ledger_of(one, "raw")
    payouts_of(one)
    messages_of(one)
    said_by(one)
    case_number_in(one)
    status_in(one)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("119.10", Decimal("119.10")),
        ("0", Decimal(0)),
        ("119,10", None),
        ("1e3", None),
        ("-5.00", None),
        ("153.98999999999999", None),
        (None, None),
        ({}, None),
        ("١٢", None),
    ],
)
def test_amounts_are_exact_or_unknown(value: Any, found: Decimal | None) -> None:
    assert reading.amount(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("40000000001", "40000000001"),
        ("4294967295", "4294967295"),
        (12345678901, "12345678901"),
        ("00123456789", "00123456789"),
        ("0", None),
        ("", None),
        (True, None),
        ({"fileNumber": "1"}, None),
        ("9" * 201, None),
    ],
)
def test_a_case_number_is_text_whatever_its_length(value: Any, found: str | None) -> None:
    assert reading.reference(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-06-03T10:00:00", dt.datetime(2026, 6, 3, 8, tzinfo=dt.UTC)),
        ("2026-01-03 10:00:00", dt.datetime(2026, 1, 3, 9, tzinfo=dt.UTC)),
        ("2026-06-03T10:00:00Z", dt.datetime(2026, 6, 3, 10, tzinfo=dt.UTC)),
        ("2026-06-03T10:00:00.5+02:00", dt.datetime(2026, 6, 3, 8, 0, 0, 500000, tzinfo=dt.UTC)),
        ("2026-06-03", None),
        ("2026-02-30T10:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("03.06.2026", None),
    ],
)
def test_times_are_read_with_german_time_where_no_zone_stands(value: str, found: dt.datetime | None) -> None:
    assert reading.moment(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [("2026-06-03", dt.date(2026, 6, 3)), ("2026-02-29", None), ("0000-00-00", None), ("2026-06-03T23:30:00", dt.date(2026, 6, 3))],
)
def test_days_are_read_or_unknown(value: str, found: dt.date | None) -> None:
    assert reading.day(value) == found


@pytest.mark.parametrize(
    ("value", "found"), [("true", True), ("1", True), ("false", False), ("0", False), (True, True), ("ja", None), (None, None)]
)
def test_a_truth_value_is_yes_no_or_neither(value: Any, found: bool | None) -> None:
    assert reading.yes_or_no(value) is found
