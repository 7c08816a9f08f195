"""What one row says becomes the claim; what cannot be read with certainty is refused, column and remedy named, and the others go on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from inkasso_core import ChargeKind, Claim, ClaimKind, InvalidInput, OrderEnd, PaymentOrigin


def test_the_documented_columns_become_a_claim(claim: Any) -> None:
    found = claim()
    assert found.source.key == "R-2026-0815"
    assert found.source.triggered
    assert (found.principal, found.currency, found.kind) == (Decimal("153.99"), "EUR", ClaimKind.GOODS)
    assert found.subject == "Gartenbank „Eiche“"
    assert (found.invoice.number, found.invoice.issued_on) == ("R-2026-0815", None)
    assert found.service_date == dt.date(2026, 3, 2)
    assert [(reminder.level, reminder.sent_on) for reminder in found.reminders] == [(None, dt.date(2026, 4, 15))]


def test_what_is_not_in_the_file_stays_unknown(claim: Any) -> None:
    found = claim()
    assert (found.contract, found.due_date, found.due_date_origin, found.performed) == (None, None, None, None)
    assert found.asserted == ("currency",)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.234,56", "1234.56"), ("1234,56", "1234.56"), ("1234.56", "1234.56"), ("1,234.56", "1234.56"), ("1 234,56", "1234.56"),
        ("153,99 €", "153.99"), ("EUR 153,99", "153.99"), ("200", "200"), ("0,00", "0"),
    ],
)  # fmt: skip
def test_amounts_in_every_spelling(claim: Any, written: str, amount: str) -> None:
    assert claim({"Forderungsbetrag": written}).principal == Decimal(amount)


@pytest.mark.parametrize(("decimal", "written", "amount"), [(",", "1.234", "1234"), (".", "1,234", "1234")])
def test_a_configured_decimal_sign_settles_what_is_ambiguous(claim: Any, decimal: str, written: str, amount: str) -> None:
    assert claim({"Forderungsbetrag": written}, dialect={"decimal": decimal}).principal == Decimal(amount)


REFUSED = [
    ("Forderungsbetrag", "", "amount", "EMPTY"),
    ("Forderungsbetrag", "1.234", "amount", "AMBIGUOUS_NUMBER"),
    ("Forderungsbetrag", "1,234", "amount", "AMBIGUOUS_NUMBER"),
    ("Forderungsbetrag", "-153,99", "amount", "NEGATIVE_AMOUNT"),
    ("Forderungsbetrag", "153,99-", "amount", "NEGATIVE_AMOUNT"),
    ("Forderungsbetrag", "=A1+A2", "amount", "NOT_A_NUMBER"),
    ("Forderungsbetrag", "auf Anfrage", "amount", "NOT_A_NUMBER"),
    ("Forderungsbetrag", "1,5E+03", "amount", "SPREADSHEET_DAMAGE"),
    ("Leistungsdatum", "31.02.2026", "service_date", "NO_SUCH_DATE"),
    ("Leistungsdatum", "03/02/2026", "service_date", "NOT_A_DATE"),
    ("Mahndatum", "46127", "reminder_date", "SPREADSHEET_DAMAGE"),
    ("Geschlecht", "Familie", "salutation", "UNKNOWN_CODE"),
    ("Forderungstyp", "17", "claim_type", "UNKNOWN_CODE"),
    ("Land", "Absurdistan", "country", "UNKNOWN_COUNTRY"),
    ("Telefon 1", "4,93514567890E+12", "phone", "SPREADSHEET_DAMAGE"),
    ("Telefon 2", "1,6E+11", "phone2", "SPREADSHEET_DAMAGE"),
    ("Fax", "#NV", "fax", "SPREADSHEET_DAMAGE"),
    ("Rechnungsnr", "1,23E+11", "invoice_number", "SPREADSHEET_DAMAGE"),
    ("Rechnungsnr", "", "invoice_number", "EMPTY"),
    ("PLZ", "1E+04", "postal_code", "SPREADSHEET_DAMAGE"),
]


@pytest.mark.parametrize(("heading", "cell", "column", "code"), REFUSED, ids=[f"{row[0]}={row[1]}" for row in REFUSED])
def test_what_cannot_be_read_is_refused(refusal: Any, heading: str, cell: str, column: str, code: str) -> None:
    found: InvalidInput = refusal({heading: cell})
    assert (found.field, found.reason) == (column, code)
    assert f"„{heading}“ ({column})" in found.text.de
    assert f'"{heading}" ({column})' in found.text.en
    assert "Abhilfe: " in found.text.de
    assert "Remedy: " in found.text.en


def test_a_bad_row_does_not_stop_the_others(taken: Any, row: Any) -> None:
    rows = [row(Rechnungsnr="R-1"), *(row({heading: cell}) for heading, cell, *_ in REFUSED), row(Rechnungsnr="R-2")]
    found = taken(rows)
    assert [type(item) for item in found] == [Claim, *[InvalidInput] * len(REFUSED), Claim]


@pytest.mark.parametrize("cell", ["", "00.00.0000", "0000-00-00"])
def test_zero_dates_are_unknown(claim: Any, cell: str) -> None:
    found = claim({"Leistungsdatum": cell, "Mahndatum": cell})
    assert (found.service_date, found.reminders) == (None, ())


@pytest.mark.parametrize(
    ("cell", "day"), [("02.03.2026", "2026-03-02"), ("2.3.26", "2026-03-02"), ("2026-03-02 10:30", "2026-03-02"), ("2.3.99", "1999-03-02")]
)
def test_dates_in_every_spelling(claim: Any, cell: str, day: str) -> None:
    assert claim({"Leistungsdatum": cell}).service_date == dt.date.fromisoformat(day)


def test_the_pivot_of_two_digit_years_is_configured(claim: Any) -> None:
    assert claim({"Leistungsdatum": "2.3.26"}, dialect={"date_pivot": 20}).service_date == dt.date(1926, 3, 2)


# Selection


@pytest.mark.parametrize("status", ["Inkasso ist in Arbeit", "INKASSO  IST IN ARBEIT ", "inkasso\u00a0ist in Arbeit"])
def test_the_status_selects_without_regard_to_capitals_and_blanks(claim: Any, status: str) -> None:
    found = claim({"Bestellstatus": status})
    assert found.source.triggered
    assert found.source.status == status.strip()


@pytest.mark.parametrize("status", ["Versendet", "", "Inkasso"])
def test_another_status_triggers_nothing(claim: Any, status: str) -> None:
    assert not claim({"Bestellstatus": status}).source.triggered


def test_the_statuses_are_configured(claim: Any) -> None:
    assert claim({"Status": "An  inkasso"}, status=["an Inkasso", "Mahnstufe 3"]).source.triggered
    assert not claim({"Status": "Inkasso ist in Arbeit"}, status=["an Inkasso"]).source.triggered


def test_a_status_can_end_an_order(claim: Any) -> None:
    found = claim({"Status": "STORNIERT"}, ended={"Storniert": "cancelled", "Widerrufen": "revoked"})
    assert (found.ended, found.source.triggered) == (OrderEnd.CANCELLED, False)


def test_a_status_can_mean_paid_in_full(claim: Any) -> None:
    found = claim({"Status": "Bezahlt", "Gezahlter Betrag": "50,00", "Mahngebühr": "2,50"}, paid_status=["bezahlt"])
    assert [payment.amount for payment in found.payments] == [Decimal("50.00"), Decimal("106.49")]
    assert found.total_open == 0
    assert "payments.1" in found.asserted
    assert not found.source.triggered


# Key


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"Bestell-ID": "77", "Bestellnummer": "B-4711"}, "77"),
        ({"Bestellnummer": "B-4711"}, "B-4711"),
        ({}, "R-2026-0815"),
        ({"Bestell-ID": "7/7"}, "7%2F7"),
    ],
    ids=["order id", "order number", "invoice number", "escaped"],
)
def test_the_best_column_names_the_order(claim: Any, cells: dict[str, str], key: str) -> None:
    found = claim(cells)
    assert found.source.key == key
    assert found.source.order_number == (cells.get("Bestellnummer") if "Bestell-ID" in cells else None)


def test_one_column_names_all_orders_of_a_file(refusal: Any) -> None:
    found = refusal({"Bestellnummer": ""})
    assert (found.field, found.reason) == ("order_number", "EMPTY")


def test_the_column_of_the_key_is_configured(claim: Any, refusal: Any) -> None:
    assert claim({"Bestellnummer": "B-4711"}, key="invoice_number").source.key == "R-2026-0815"
    assert refusal({}, key="order_id").field == "order_id"


def test_without_any_such_column_the_row_is_refused(taken: Any, row: Any) -> None:
    cells = row()
    del cells["Rechnungsnr"]
    (found,) = taken([cells])
    assert isinstance(found, InvalidInput)
    assert found.reason == "NO_KEY"
    for column in ("order_id", "order_number", "invoice_number"):
        assert column in found.text.de
        assert column in found.text.en


@pytest.mark.parametrize("amount", ["153,99", "99,00"], ids=["same amount", "another amount"])
def test_a_repeated_invoice_number_is_the_same_claim(taken: Any, row: Any, amount: str) -> None:
    first, second = taken([row(), row(Forderungsbetrag=amount)])
    assert first.source.key == second.source.key
    assert (first == second) is (amount == "153,99")


# Money


def test_a_paid_amount_is_a_payment_of_the_shop(claim: Any) -> None:
    found = claim({"Gezahlter Betrag": "50,00"})
    assert [(payment.amount, payment.origin) for payment in found.payments] == [(Decimal("50.00"), PaymentOrigin.SHOP)]
    assert (found.principal, found.principal_open) == (Decimal("153.99"), Decimal("103.99"))


def test_an_amount_that_is_already_reduced(claim: Any) -> None:
    found = claim({"Gezahlter Betrag": "50,00"}, amount_is="open")
    assert (found.principal, found.principal_open) == (Decimal("203.99"), Decimal("153.99"))


@pytest.mark.parametrize("cell", ["", "0,00"])
def test_nothing_paid_is_no_payment(claim: Any, cell: str) -> None:
    found = claim({"Gezahlter Betrag": cell, "Mahngebühr": cell})
    assert (found.payments, found.charges) == ((), ())


@pytest.mark.parametrize(("heading", "column"), [("Gezahlter Betrag", "paid_amount"), ("Mahngebühr", "dunning_fee")])
def test_other_amounts_are_not_negative_either(refusal: Any, heading: str, column: str) -> None:
    assert refusal({heading: "-5,00"}).field == column


def test_a_dunning_fee_is_a_charge(claim: Any) -> None:
    found = claim({"Mahngebühr": "2,50"})
    assert [(charge.kind, charge.amount) for charge in found.charges] == [(ChargeKind.DUNNING_FEE, Decimal("2.50"))]
    assert found.total_open == Decimal("156.49")


@pytest.mark.parametrize(("cell", "code"), [("EUR", "EUR"), ("€", "EUR"), ("chf", "CHF"), ("Euro", "EUR")])
def test_the_file_names_the_currency(claim: Any, cell: str, code: str) -> None:
    found = claim({"Währung": cell})
    assert found.currency == code
    assert found.asserted == ()


@pytest.mark.parametrize("cells", [{}, {"Währung": ""}], ids=["no column", "empty"])
def test_a_currency_is_never_invented(refusal: Any, cells: dict[str, str]) -> None:
    found = refusal(cells, assertion=None)
    assert (found.field, found.reason) == ("currency", "CURRENCY_UNKNOWN")


@pytest.mark.parametrize(("cell", "kind"), [("1", "goods"), ("2", "prepaid_goods"), ("3", "service"), ("Dienst", "service")])
def test_claim_types_are_a_table(claim: Any, cell: str, kind: str) -> None:
    assert claim({"Forderungstyp": cell}, claim_types={"dienst": "service"}).kind == kind


# The report's time


def test_the_file_s_time_dates_the_report(claim: Any) -> None:
    assert claim().source.reported_at == dt.datetime(2026, 6, 1, 6, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("cell", "zone", "instant"),
    [
        ("28.05.2026 10:30", "Europe/Berlin", "2026-05-28T08:30:00+00:00"),
        ("28.05.2026 10:30", "Europe/London", "2026-05-28T09:30:00+00:00"),
        ("2026-05-28T10:30:00+05:00", "Europe/Berlin", "2026-05-28T05:30:00+00:00"),
        ("", "Europe/Berlin", "2026-06-01T06:00:00+00:00"),
    ],
)
def test_a_column_with_the_time_of_change_dates_the_report(claim: Any, cell: str, zone: str, instant: str) -> None:
    assert claim({"Geändert am": cell}, timezone=zone).source.reported_at == dt.datetime.fromisoformat(instant)


# Rows that were not read from a file


def test_a_row_may_be_sent_by_itself(ask: Any) -> None:
    found = ask({"order_id": 77, "amount": Decimal("1.234"), "currency": "KWD", "last_name": "Groß", "paid_amount": 1, "city": None})
    assert (found.source.key, found.principal, found.payments[0].amount) == ("77", Decimal("1.234"), 1)


@pytest.mark.parametrize("value", [True, 1.5, ["a"], {"a": 1}], ids=["truth", "float", "list", "object"])
def test_a_cell_is_text_or_number(ask: Any, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask({"order_id": "77", "amount": "1,00", "last_name": value})
    assert (refused.value.field, refused.value.reason) == ("last_name", "NO_TEXT")


def test_our_own_formula_guard_is_taken_off_again(claim: Any) -> None:
    found = claim({"Nachname": "'-Meier", "Vorname": "'Umar", "Telefon 1": "'+493514567890", "Forderungsgrund": "'=1+1"})
    assert (found.debtor.person.last_name, found.debtor.person.first_name) == ("-Meier", "'Umar")
    assert found.debtor.contacts[1].value == "+493514567890"
    assert found.subject == "=1+1"


def test_a_row_shows_nothing_of_its_debtor(row: Any) -> None:
    from inkasso_shop_plugins.cpshop.row import Row
    from inkasso_shop_plugins.cpshop.settings import CPShopSettings

    assert "Groß" not in repr(Row(row(), CPShopSettings(), "shops.cp.settings"))
