"""What the merchant's assertion adds, that all of it is listed, and that it never contradicts the file."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from builders import green_facts
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core import Claim, ClaimKind, DueDateOrigin, ShopEvent, ShopEventKind
from inkasso_core.model.diagnosis import Finding
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.policy import Policy
from inkasso_shop_plugins.cpshop import Assertion, CPShop, CPShopSettings

ORDERED = dt.date(2026, 3, 2)
DUE = dt.date(2026, 3, 16)

TYPICAL: dict[str, Any] = {
    "currency": "EUR",
    "invoiced": True,
    "due_days_after": 14,
    "due_date_origin": "contract",
    "reminders": 2,
    "reminder_days_after_due": [14, 28],
}
"""Invoiced, due 14 days after the order, reminded twice, EUR."""

BARE = {"Bestelldatum": "02.03.2026", "Leistungsdatum": "", "Mahndatum": "", "Forderungstyp": ""}
"""A row with an order date and no other."""


def dates(found: Claim) -> list[tuple[int | None, str | None]]:
    return [(reminder.level, reminder.sent_on and str(reminder.sent_on)) for reminder in found.reminders]


def test_the_status_means_invoiced_due_and_reminded_twice(claim: Any) -> None:
    found = claim(BARE, assertion=TYPICAL)
    assert (found.currency, found.invoice.issued_on, found.due_date) == ("EUR", ORDERED, DUE)
    assert found.due_date_origin is DueDateOrigin.CONTRACT
    assert dates(found) == [(1, "2026-03-30"), (2, "2026-04-13")]
    assert found.asserted == ("currency", "invoice.issued_on", "due_date", "due_date_origin", "reminders")


def test_without_an_assertion_nothing_is_invented(claim: Any) -> None:
    found = claim({**BARE, "Währung": "EUR"}, assertion=None)
    assert (found.invoice.issued_on, found.due_date, found.due_date_origin, found.reminders) == (None, None, None, ())
    assert (found.contract.concluded_on, found.performed, found.asserted) == (ORDERED, None, ())


def test_the_file_counts_before_the_assertion(claim: Any) -> None:
    cells = {"Rechnungsdatum": "05.03.2026", "Fälligkeitsdatum": "20.03.2026", "Währung": "CHF", "1. Mahnung": "01.04.2026",
             "2. Mahnung": "15.04.2026"}  # fmt: skip
    found = claim(cells, assertion=TYPICAL | {"kind": "service", "subject": "Ware", "country": "AT", "ordered_on": "service_date"})
    assert (found.invoice.issued_on, found.due_date) == (dt.date(2026, 3, 5), dt.date(2026, 3, 20))
    assert (found.currency, found.kind, found.subject) == ("CHF", ClaimKind.GOODS, "Gartenbank „Eiche“")
    assert found.debtor.address.country == "DE"
    assert dates(found) == [(1, "2026-04-01"), (2, "2026-04-15")]
    assert found.asserted == ("contract.concluded_on", "due_date_origin")


def test_an_assertion_of_the_status_does_not_hold_in_another_status(claim: Any) -> None:
    found = claim({**BARE, "Status": "Versendet"}, assertion=TYPICAL | {"performed": True, "country": "DE"})
    assert (found.invoice.issued_on, found.due_date, found.reminders, found.performed) == (None, None, (), None)
    assert found.asserted == ("currency",)


# Dates


@pytest.mark.parametrize(
    ("declared", "due"),
    [
        ({"due_from": "order_date"}, dt.date(2026, 3, 16)),
        ({"due_from": "service_date"}, dt.date(2026, 3, 24)),
        ({"due_from": "invoice_date"}, dt.date(2026, 3, 16)),
        ({"due_from": "invoice_date", "invoiced_on": "service_date"}, dt.date(2026, 3, 24)),
        ({"due_from": "invoice_date", "invoiced": False}, None),
        ({"due_days_after": None}, None),
        ({"due_days_after": 0}, dt.date(2026, 3, 2)),
    ],
)
def test_the_due_date_is_counted_from_a_date(claim: Any, declared: dict[str, Any], due: dt.date | None) -> None:
    found = claim({**BARE, "Leistungsdatum": "10.03.2026"}, assertion=TYPICAL | declared)
    assert found.due_date == due
    assert ("due_date" in found.asserted) is (due is not None)
    assert (found.due_date_origin is None) is (due is None)


def test_a_base_that_the_file_lacks_leaves_all_of_it_unknown(claim: Any) -> None:
    found = claim({"Leistungsdatum": "", "Mahndatum": ""}, assertion=TYPICAL)
    assert (found.invoice.issued_on, found.due_date, found.due_date_origin) == (None, None, None)
    assert dates(found) == [(1, None), (2, None)]
    assert found.asserted == ("currency", "reminders")


def test_the_documented_columns_with_everything_counted_from_the_service_date(claim: Any) -> None:
    declared = {"ordered_on": "service_date", "invoiced_on": "service_date", "due_from": "order_date", "performed": True}
    found = claim(assertion=TYPICAL | declared)
    assert (found.contract.concluded_on, found.invoice.issued_on, found.due_date) == (ORDERED, ORDERED, DUE)
    assert found.performed
    assert set(found.asserted) == {
        "currency", "contract.concluded_on", "invoice.issued_on", "due_date", "due_date_origin", "performed", "reminders.0",
    }  # fmt: skip


# Reminders


def test_the_last_reminder_is_real_and_only_the_earlier_ones_are_asserted(claim: Any) -> None:
    found = claim({**BARE, "Mahndatum": "17.04.2026"}, assertion=TYPICAL)
    assert dates(found) == [(1, "2026-03-30"), (2, "2026-04-17")]
    assert "reminders.0" in found.asserted
    assert not {"reminders", "reminders.1"} & set(found.asserted)


@pytest.mark.parametrize("last", ["20.03.2026", "30.03.2026"])
def test_an_earlier_reminder_is_never_dated_after_the_real_last_one(claim: Any, last: str) -> None:
    day = str(dt.datetime.strptime(last, "%d.%m.%Y").date())  # noqa: DTZ007
    assert dates(claim({**BARE, "Mahndatum": last}, assertion=TYPICAL)) == [(1, None), (2, day)]


def test_a_reminder_asserted_for_a_day_to_come_counts_from_that_day(claim: Any) -> None:
    """The order was selected before its reminders were due: the day from which they are enough is known, if they are really sent."""
    found = claim({**BARE, "Bestelldatum": "21.04.2026", "Rechnungsnr": "R-1"}, assertion=TYPICAL)
    assert dates(found) == [(1, "2026-05-19"), (2, "2026-06-02")]
    (few,) = (f for f in diagnosed(found, dt.date(2026, 5, 18)) if f.code == "REMINDER_MISSING")
    assert few.expected_on == dt.date(2026, 6, 2)
    assert "davon nachweislich versandt 0" in few.message.de
    assert few.remedy.de.startswith("Abwarten: Ab 02.06.2026 sind es genug, wenn die Mahnungen mit späterem Datum wirklich hinausgehen.")
    assert few.remedy.en.startswith("Wait: from 2026-06-02 they are enough, if the reminders dated ahead are really sent.")
    assert "REMINDER_MISSING" in {f.code for f in diagnosed(found, dt.date(2026, 6, 1))}
    assert "REMINDER_MISSING" not in {f.code for f in diagnosed(found, dt.date(2026, 6, 2))}


def diagnosed(found: Claim, day: dt.date) -> tuple[Finding, ...]:
    return diagnose(found, green_facts(), Policy(), day).findings


def test_reminders_without_days_have_no_dates(claim: Any) -> None:
    found = claim(BARE, assertion={"currency": "EUR", "reminders": 3})
    assert dates(found) == [(1, None), (2, None), (3, None)]


@pytest.mark.parametrize(
    ("cells", "expected", "listed"),
    [
        ({"1. Mahnung": "01.04.2026"}, [(1, "2026-04-01"), (2, "2026-04-13")], {"reminders.1"}),
        ({"2. Mahnung": "15.04.2026"}, [(1, "2026-03-30"), (2, "2026-04-15")], {"reminders.0"}),
        ({"2. Mahnung": "15.04.2026", "Mahndatum": "15.04.2026"}, [(1, "2026-03-30"), (2, "2026-04-15")], {"reminders.0"}),
        ({"1. Mahnung": "01.04.2026", "Mahndatum": "20.04.2026"}, [(1, "2026-04-01"), (2, "2026-04-20")], set()),
        (
            {"1. Mahnung": "01.04.2026", "2. Mahnung": "10.04.2026", "Mahndatum": "20.04.2026"},
            [(1, "2026-04-01"), (2, "2026-04-10"), (3, "2026-04-20")],
            set(),
        ),
    ],
)
def test_reminders_of_known_levels(claim: Any, cells: dict[str, str], expected: list[Any], listed: set[str]) -> None:
    found = claim({**BARE, **cells}, assertion=TYPICAL)
    assert dates(found) == expected
    assert {path for path in found.asserted if path.startswith("reminders")} == listed


def test_reminders_of_the_file_alone(claim: Any) -> None:
    assert dates(claim({**BARE, "1. Mahnung": "01.04.2026", "Mahndatum": "15.04.2026"})) == [(1, "2026-04-01"), (2, "2026-04-15")]
    assert dates(claim({**BARE, "Mahndatum": "15.04.2026"})) == [(None, "2026-04-15")]


def test_deadline_and_channel_are_asserted_for_each_reminder(claim: Any) -> None:
    declared = TYPICAL | {"reminder_deadline_days": 10, "reminder_channel": "email"}
    found = claim({**BARE, "Mahndatum": "17.04.2026"}, assertion=declared)
    assert [(reminder.channel, str(reminder.deadline)) for reminder in found.reminders] == [
        ("email", "2026-04-09"),
        ("email", "2026-04-27"),
    ]
    assert {path for path in found.asserted if path.startswith("reminders")} == {
        "reminders.0", "reminders.1.deadline", "reminders.1.channel",
    }  # fmt: skip


DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 7, 1))


@given(
    ordered=st.none() | DAYS,
    last=st.none() | DAYS,
    first=st.none() | DAYS,
    count=st.integers(0, 5),
    gap=st.integers(1, 40),
    dated=st.booleans(),
)
def test_reminders_keep_their_laws(
    ordered: dt.date | None, last: dt.date | None, first: dt.date | None, count: int, gap: int, dated: bool
) -> None:
    """As many as asserted; every date of the file is kept; what is asserted lies in order between them."""
    assertion = Assertion(
        currency="EUR",
        due_days_after=14,
        reminders=count,
        reminder_days_after_due=tuple(gap * number for number in range(1, count + 1)) if dated else (),
    )
    cells = {"order_date": ordered, "reminder_date": last, "reminder_1_date": first}
    received = dt.datetime(2026, 6, 1, 6, 0, tzinfo=dt.UTC)
    event = ShopEvent(
        id="e1", kind=ShopEventKind.EXPORT_REQUESTED, shop="cp", received_at=received,
        payload={"order_id": "1", "amount": "1,00"} | {name: str(day) for name, day in cells.items() if day},
        settings=CPShopSettings(assertion=assertion),
    )  # fmt: skip
    found = CPShop().inkasso_export_requested(event)
    in_file = {day for day in (first, last) if day}
    assert len(found.reminders) >= max(count, len(in_file))
    assert in_file <= {reminder.sent_on for reminder in found.reminders}
    is_asserted = ["reminders" in found.asserted or f"reminders.{index}" in found.asserted for index in range(len(found.reminders))]
    for index, reminder in enumerate(found.reminders):
        assert is_asserted[index] is (reminder.sent_on not in in_file)
        if is_asserted[index] and reminder.sent_on:
            assert all(r.sent_on is None or r.sent_on < reminder.sent_on for r in found.reminders[:index])
            assert all(r.sent_on is None or r.sent_on > reminder.sent_on for r in found.reminders[index + 1 :])


# Subject, kind, country


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("Warenlieferung", "Warenlieferung"),
        ("Rechnung {invoice_number} vom {order_date}", "Rechnung R-2026-0815 vom 02.03.2026"),
        ("Bestellung {order_number}", None),
        ("Lieferung vom {service_date}", None),
        ("{{ohne}}", "{ohne}"),
    ],
)
def test_the_subject_is_a_template(claim: Any, template: str, subject: str | None) -> None:
    found = claim({**BARE, "Forderungsgrund": ""}, assertion={"currency": "EUR", "subject": template})
    assert found.subject == subject
    assert ("subject" in found.asserted) is (subject is not None)


def test_kind_and_country(claim: Any) -> None:
    found = claim({**BARE, "Land": ""}, assertion={"currency": "EUR", "kind": "prepaid_goods", "country": "Österreich"})
    assert (found.kind, found.debtor.address.country) == (ClaimKind.PREPAID_GOODS, "AT")
    assert set(found.asserted) == {"currency", "kind", "debtor.addresses.0.country"}
