"""Amounts, dates and times as German systems write them: one reading, or none."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core.readers import (
    Ambiguous,
    NotADate,
    NotANumber,
    SpreadsheetDamage,
    ValueRefused,
    parse_amount,
    parse_date,
    parse_instant,
    refuse_damage,
)

AMOUNTS = [
    ("1.234,56", "1234.56"),
    ("1234,56", "1234.56"),
    ("1234.56", "1234.56"),
    ("1,234.56", "1234.56"),
    ("1 234,56", "1234.56"),
    ("1\u202f234,56", "1234.56"),
    ("1'234.50", "1234.50"),
    ("1.234.567,89", "1234567.89"),
    ("1.234.567", "1234567"),
    ("1 234", "1234"),
    ("1234,567", "1234.567"),
    ("0,125", "0.125"),
    ("12,5", "12.5"),
    ("12", "12"),
    ("153,99 €", "153.99"),
    ("153,99€", "153.99"),
    ("€ 153,99", "153.99"),
    ("EUR 153,99", "153.99"),
    ("153,99 eur", "153.99"),
    ("\u00a0153,99\u00a0EUR ", "153.99"),
    ("-12,50", "-12.50"),
    ("12,50-", "-12.50"),
    ("12,50- €", "-12.50"),
    ("€ -12,50", "-12.50"),
    ("\u221212,50", "-12.50"),
    ("+12,50", "12.50"),
    ("-0,00", "0.00"),
]


@pytest.mark.parametrize(("text", "amount"), AMOUNTS)
def test_usual_spellings_of_an_amount_are_read(text: str, amount: str) -> None:
    read = parse_amount(text)
    assert (read, str(read)) == (Decimal(amount), amount)


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize(("text", "amount"), AMOUNTS)
def test_a_configured_sign_does_not_change_what_is_clear(text: str, amount: str, decimal: str) -> None:
    assert parse_amount(text, decimal) == Decimal(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["1.234", "1,234", "999.000", "-1.234", "1.234 €", "12,345-"])
def test_thousands_and_decimals_that_look_alike_are_ambiguous(text: str) -> None:
    with pytest.raises(Ambiguous) as caught:
        parse_amount(text)
    assert caught.value.code == "AMBIGUOUS_NUMBER"


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [("1.234", ",", "1234"), ("1.234", ".", "1.234"), ("1,234", ",", "1.234"), ("1,234", ".", "1234")],
)
def test_a_configured_sign_settles_what_is_ambiguous(text: str, decimal: str, amount: str) -> None:
    assert parse_amount(text, decimal) == Decimal(amount)  # type: ignore[arg-type]


NO_AMOUNTS = [
    "abc", "12 USD", "CHF 12", "--12", "-12-", "12,-", "1,", ",50", "1.23.45", "1.2345,6", "12.34,56", "1,234,56", "1.234.56",
    "0.123.456", "01.234,56", "1 234 56", "1 234.567,89", "١٢", "1_000", "NaN", "Infinity", "0x10", "12 13", "€", "9" * 80,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotANumber) as caught:
        parse_amount(text)
    assert caught.value.code == "NOT_A_NUMBER"


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_a_missing_amount_is_named_as_missing(text: str) -> None:
    with pytest.raises(NotANumber) as caught:
        parse_amount(text)
    assert caught.value.code == "EMPTY"


@pytest.mark.parametrize("text", ["1,23E+11", "1.23e+11", "4E-05", "####", "#WERT!", "#N/A", "#DIV/0!"])
def test_spreadsheet_damage_is_recognised(text: str) -> None:
    for reading in (parse_amount, parse_date, refuse_damage):
        with pytest.raises(SpreadsheetDamage):
            reading(text)


@pytest.mark.parametrize("text", ["+4915112345678", "RE-2024/17", "12E34", "E+11", "", "#1"])
def test_phone_and_invoice_numbers_pass(text: str) -> None:
    assert refuse_damage(text) == text


def written(amount: Decimal, grouped: bool, point: str, group: str) -> str:
    text = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    return text.translate(str.maketrans({",": group, ".": point}))


CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents) / 100)


@given(CENTS, st.booleans(), st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'"), (",", "\u00a0")]))
def test_an_amount_with_cents_survives_every_spelling(amount: Decimal, grouped: bool, signs: tuple[str, str]) -> None:
    text = written(amount, grouped, *signs)
    assert parse_amount(text) == amount
    assert parse_amount(f"{text} €") == parse_amount(f"EUR {text}") == amount
    if amount < 0:
        assert parse_amount(f"{text[1:]}-") == amount


@given(st.text(max_size=40) | st.text("0123456789.,- €'E+", max_size=20))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        read = parse_amount(text)
    except ValueRefused:
        return
    assert read.is_finite()
    with_comma, with_point = (parse_amount(text, sign) for sign in (",", "."))  # type: ignore[arg-type]
    assert read == with_comma == with_point, "what is read without a configured sign has one reading only"


DATES = [
    ("13.12.2017", (2017, 12, 13)),
    ("1.2.2024", (2024, 2, 1)),
    ("1.2.24", (2024, 2, 1)),
    ("01.02.69", (2069, 2, 1)),
    ("01.02.70", (1970, 2, 1)),
    ("1. 2. 2024", (2024, 2, 1)),
    ("2017-12-13", (2017, 12, 13)),
    ("13.12.2017 14:19", (2017, 12, 13)),
    ("13.12.2017, 14:19 Uhr", (2017, 12, 13)),
    ("2017-12-13 14:19:37", (2017, 12, 13)),
    ("2017-12-13T23:59:37+01:00", (2017, 12, 13)),
    ("2017-12-13T00:30:00.000Z", (2017, 12, 13)),
    ("29.02.2024", (2024, 2, 29)),
]


@pytest.mark.parametrize(("text", "day"), DATES)
def test_dates_are_read_as_written(text: str, day: tuple[int, int, int]) -> None:
    assert parse_date(text) == dt.date(*day)


def test_the_pivot_divides_the_centuries() -> None:
    assert parse_date("1.1.30", pivot=30) == dt.date(1930, 1, 1)
    assert parse_date("1.1.29", pivot=30) == dt.date(2029, 1, 1)


@pytest.mark.parametrize("text", ["", " ", "00.00.0000", "0.0.0000", "00.00.00", "0000-00-00", "0000-00-00 00:00:00"])
def test_empty_and_zero_dates_mean_unknown(text: str) -> None:
    assert parse_date(text) is None
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31.02.2024", "NO_SUCH_DATE"),
        ("29.02.2023", "NO_SUCH_DATE"),
        ("2024-13-01", "NO_SUCH_DATE"),
        ("00.01.2024", "NO_SUCH_DATE"),
        ("13.12.2017 25:00", "NO_SUCH_DATE"),
        ("2017-12-13T10:00:00+99:00", "NO_SUCH_DATE"),
        ("12/31/2017", "NOT_A_DATE"),
        ("13.12", "NOT_A_DATE"),
        ("13-12-2017", "NOT_A_DATE"),
        ("gestern", "NOT_A_DATE"),
        ("13.12.201", "NOT_A_DATE"),
        ("13.12.0017", "DATE_OUT_OF_RANGE"),
        ("9999-12-31", "DATE_OUT_OF_RANGE"),
    ],
)
def test_what_is_no_date_is_refused(text: str, code: str) -> None:
    with pytest.raises(NotADate) as caught:
        parse_date(text)
    assert caught.value.code == code
    assert caught.value.__cause__ is None


def test_a_spreadsheets_day_number_is_damage() -> None:
    with pytest.raises(SpreadsheetDamage):
        parse_date("43082")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
def test_a_date_survives_every_spelling(day: dt.date) -> None:
    assert parse_date(f"{day:%d.%m.%Y}") == parse_date(f"{day.day}.{day.month}.{day.year}") == day
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-12-13T14:19:37+01:00", dt.datetime(2017, 12, 13, 13, 19, 37, tzinfo=dt.UTC)),
        ("2017-12-13T14:19:37-0330", dt.datetime(2017, 12, 13, 17, 49, 37, tzinfo=dt.UTC)),
        ("2017-12-13T14:19:37Z", dt.datetime(2017, 12, 13, 14, 19, 37, tzinfo=dt.UTC)),
        ("13.12.2017 14:19", dt.datetime(2017, 12, 13, 13, 19, tzinfo=dt.UTC)),
        ("13.07.2017 14:19", dt.datetime(2017, 7, 13, 12, 19, tzinfo=dt.UTC)),
        ("13.07.2017", dt.datetime(2017, 7, 12, 22, 0, tzinfo=dt.UTC)),
        ("29.10.2023 02:30", dt.datetime(2023, 10, 29, 0, 30, tzinfo=dt.UTC)),
        ("2017-12-13 14:19:37.1234567Z", dt.datetime(2017, 12, 13, 14, 19, 37, 123456, tzinfo=dt.UTC)),
    ],
)
def test_instants_come_out_in_utc(text: str, instant: dt.datetime) -> None:
    read = parse_instant(text)
    assert read == instant
    assert read is not None
    assert read.tzinfo is dt.UTC


def test_the_zone_of_a_bare_time_can_be_chosen() -> None:
    read = parse_instant("13.12.2017 14:19", zone=ZoneInfo("America/New_York"))
    assert read == dt.datetime(2017, 12, 13, 19, 19, tzinfo=dt.UTC)


@given(st.text(max_size=40) | st.text("0123456789.-: TZ+", max_size=30))
def test_any_text_is_an_instant_unknown_or_refused(text: str) -> None:
    try:
        read = parse_instant(text)
    except ValueRefused:
        return
    assert read is None or read.tzinfo is dt.UTC


@pytest.mark.parametrize("reading", [parse_amount, parse_date, parse_instant])
def test_an_error_speaks_both_languages_and_never_shows_the_value(reading: Callable[[str], object]) -> None:
    with pytest.raises(ValueRefused) as caught:
        reading("geheim")
    assert set(caught.value.message._fields) == {"de", "en"}
    assert "geheim" not in f"{caught.value!r} {caught.value.message}"
