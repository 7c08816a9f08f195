"""The small parts of the output: numbers and days in both languages, JSON of everything, no control characters."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from inkasso_core import State
from inkasso_core.cli import output
from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import speak
from inkasso_core.cli.options import in_zone, read_amount, read_count, read_day, read_moment, read_state
from inkasso_core.cli.output import Cell, Head
from inkasso_core.model.words import Text

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def in_german() -> Iterator[None]:
    speak("de")
    yield
    speak("de")


@pytest.mark.parametrize(
    ("amount", "currency", "german", "english"),
    [
        ("153.99", "EUR", "153,99 EUR", "153.99 EUR"),
        ("1153990.00", "EUR", "1.153.990,00 EUR", "1,153,990.00 EUR"),
        ("-5", "CHF", "-5,00 CHF", "-5.00 CHF"),
        ("1500", "JPY", "1.500 JPY", "1,500 JPY"),
        ("12.345", "BHD", "12,345 BHD", "12.345 BHD"),
    ],
)
def test_money(amount: str, currency: str, german: str, english: str) -> None:
    assert output.money(Decimal(amount), currency) == german
    speak("en")
    assert output.money(Decimal(amount), currency) == english


def test_days_moments_and_counts() -> None:
    instant = dt.datetime(2026, 1, 31, 23, 30, tzinfo=dt.UTC)
    assert output.day(dt.date(2026, 1, 31)) == "31.01.2026"
    assert output.moment(instant, BERLIN) == "01.02.2026 00:30"
    assert output.local(instant, BERLIN) == "01.02.2026"
    assert output.number(12345) == "12.345"
    speak("en")
    assert output.day(dt.date(2026, 1, 31)) == "2026-01-31"
    assert output.number(12345) == "12,345"
    assert output.day(None) == output.moment(None, BERLIN) == ""


def test_what_steers_a_terminal_is_taken_out() -> None:
    assert output.clean("\x1b[2J Käse\u202e\x9b\n\tß") == "\ufffd[2J Käse\ufffd\ufffd\n\tß"


def test_everything_has_a_form_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.document(
        {
            "text": Text("ä", "a"),
            "amount": Decimal("1E+2"),
            "day": dt.date(2026, 1, 31),
            "state": State.READY,
            "codes": frozenset({"b", "a"}),
            "none": None,
            "cell": Cell("x"),
        }
    )
    assert json.loads(capsys.readouterr().out) == {
        "text": {"de": "ä", "en": "a"},
        "amount": "100",
        "day": "2026-01-31",
        "state": "ready",
        "codes": ["a", "b"],
        "none": None,
        "cell": {"text": "x", "style": ""},
    }


def test_a_table_is_plain_when_piped_and_leaves_out_empty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    heads = (Head(Text("Forderung", "Claim"), "ref"), Head(Text("Leer", "Empty")), Head(Text("Punkte", "Points")))
    output.table(heads, [["shop:" + "x" * 300, "", Cell("[red]CODE[/red]", "red")]])
    shown = capsys.readouterr().out
    assert "x" * 300 in shown
    assert "[red]CODE[/red]" in shown
    assert "Leer" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


def test_values_are_read_as_people_write_them() -> None:
    assert read_day("31.01.2026") == read_day(" 2026-01-31 ") == dt.date(2026, 1, 31)
    assert read_amount("5000,50") == read_amount("5000.5") == Decimal("5000.5")
    assert read_state("Bereit zur Übergabe") is read_state("READY") is State.READY
    assert in_zone(read_moment("2026-01-31T10:00"), BERLIN) == in_zone(read_moment("2026-01-31T09:00Z"), BERLIN)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_day, "31.02.2026"),
        (read_day, "20260230"),
        (read_amount, "1.234"),
        (read_amount, "-1"),
        (read_count, "0"),
        (read_count, "²"),
        (read_state, "nix"),
        (read_moment, "10 Uhr"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(read: object, text: str) -> None:
    with pytest.raises(WrongUsage, match=r"is no |cannot be"):
        read(text)  # type: ignore[operator]
