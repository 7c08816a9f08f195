"""The importer's notes: the texts on the manual's screenshot, what settings add, and everything else."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inkasso_adapters import _reading as reading
from inkasso_adapters.adu.notes import Meaning, NotePattern, read_note
from inkasso_core import AgencyStatus


@pytest.mark.parametrize(
    "note",
    [
        "Auftrag 4711 an ADU ubergeben.",
        "Auftrag 4711 an ADU übergeben",
        "Auftrag 4711 an ADU ubergeben. zu ADU",
        'Auftrag 4711 an ADU ubergeben. <a href="https://adu.example/?x=1&amp;y=2">zu ADU</a>',
        "<p>Auftrag 4711 an ADU &uuml;bergeben.</p><br/>",
    ],
)
def test_a_hand_over_with_its_order(note: str) -> None:
    said = read_note(note)
    assert (said.meaning, said.order, said.on) == (Meaning.HANDED_OVER, 4711, None)


@pytest.mark.parametrize(
    ("amount", "expected"), [("20,50", "20.50"), ("1.020,50", "1020.50"), ("1020,50", "1020.50"), ("0,01", "0.01"), ("7", "7")]
)
def test_a_payment_with_amount_and_day(amount: str, expected: str) -> None:
    said = read_note(f"Zahlungseingang. Betrag: {amount} EUR. Vorgangsdatum: 31.12.2012 zu ADU Inkasso")
    assert (said.meaning, said.amount, said.currency, said.on) == (Meaning.PAYMENT, Decimal(expected), "EUR", dt.date(2012, 12, 31))


def test_a_dunning_contact_with_its_day() -> None:
    said = read_note("Mahnansprache Vorgangsdatum: 04.02.2014 zu ADU Inkasso")
    assert (said.meaning, said.on, said.text) == (Meaning.DUNNING, dt.date(2014, 2, 4), "Mahnansprache Vorgangsdatum: 04.02.2014")


@pytest.mark.parametrize(
    "note",
    [
        "Vollstreckungsbescheid erlassen. Vorgangsdatum: 01.03.2014",
        "Zahlungseingang. Betrag: 1.234 EUR. Vorgangsdatum: 31.12.2012",
        "Zahlungseingang. Betrag: 20,50 EUR. Vorgangsdatum: 31.02.2012",
        "Zahlungseingang. Betrag: 20,50 XQX. Vorgangsdatum: 28.02.2012",
        "Zahlungseingang. Betrag: viel",
        "Frau Müller sagt: Auftrag 4711 an ADU übergeben.",
    ],
)
def test_whatever_else_is_kept_and_means_nothing(note: str) -> None:
    assert read_note(note) == (Meaning.UNKNOWN, note, None, None, None, None, None)


def test_settings_add_what_a_merchant_has_seen() -> None:
    own = [NotePattern(pattern=r"Vollstreckungsbescheid erlassen\. Vorgangsdatum: (?P<on>\S+)", status=AgencyStatus.ENFORCEMENT)]
    said = read_note("Vollstreckungsbescheid erlassen. Vorgangsdatum: 01.03.2014 <a href=x>zu ADU</a>", own)
    assert (said.meaning, said.status, said.on) == (Meaning.STATUS, AgencyStatus.ENFORCEMENT, dt.date(2014, 3, 1))
    with pytest.raises(ValidationError, match="no regular expression"):
        NotePattern(pattern="(", status=AgencyStatus.ACTIVE)


@given(st.text(max_size=200))
def test_no_note_breaks_the_reader(note: str) -> None:
    said = read_note(note)
    assert said.meaning in (Meaning.UNKNOWN, Meaning.HANDED_OVER)
    assert repr(said) == f"Said({said.meaning})"


@given(st.dates(min_value=dt.date(1, 1, 1)))
def test_a_day_is_read_as_it_was_written(day: dt.date) -> None:
    assert reading.day(f"{day.day:02d}.{day.month:02d}.{day.year:04d}") == reading.day(day.isoformat()) == day


@given(st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.lists(st.integers(), max_size=2)))
def test_reading_never_raises(value: object) -> None:
    reading.day(value), reading.instant(value), reading.amount(value), reading.name(value), reading.prose(value)
    reading.dig({"a": [value]}, "a.0.b")


@pytest.mark.parametrize(
    ("value", "there"), [("2026-06-01T10:00:00+02:00", True), ("2026-06-01T10:00:00", False), ("soon", False), (3, False)]
)
def test_a_time_needs_its_zone(value: object, there: bool) -> None:
    assert (reading.instant(value) is not None) is there
