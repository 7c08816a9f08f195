"""Names, references and prose: one spelling for what is the same, None for what is empty."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import characters, law

from inkasso_core import Address, Dispute, Document, Person, Source

Refusal = Callable[[Callable[[], object]], str]
DECOMPOSED = "Gro\u00df-Mo\u0308ller"


def test_a_decomposed_umlaut_is_composed() -> None:
    assert Person(last_name=DECOMPOSED).last_name == "Groß-Möller"
    assert Source(order="u\u0308").order == "ü"


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u2003", "\u200b", "\ufeff", " \u200b \u00ad"])
def test_what_shows_nothing_is_unknown(blank: str) -> None:
    assert Person(last_name=blank).last_name is None
    assert Address(postal_code=blank, country="  ").postal_code is None


def test_blanks_at_the_ends_are_dropped_and_those_inside_stay() -> None:
    assert Person(last_name="\u00a0 van  der Berg\n").last_name == "van  der Berg"


@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
def test_a_reference_must_be_there(blank: str, refusal: Refusal) -> None:
    assert refusal(lambda: Source(order=blank)) == "string_too_short"


@pytest.mark.parametrize("value", [4711, 47.11, True, b"4711", ["4711"]])
def test_only_text_is_text(value: object, refusal: Refusal) -> None:
    assert refusal(lambda: Source(order=value)) == "string_type"
    assert refusal(lambda: Address(postal_code=value)) == "string_type"


def test_a_postal_code_keeps_its_zero_and_has_one_spelling() -> None:
    assert Address(postal_code="01067").postal_code == "01067"
    assert Address(postal_code=" 1012 ab ").postal_code == "1012 AB"


def test_what_cannot_be_stored_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: Person(last_name="Groß\0Möller")) == "text_nul"
    assert refusal(lambda: Source(order="\ud800")) == "string_unicode"
    assert refusal(lambda: Person(last_name="\udcfc")) == "string_unicode"


@pytest.mark.parametrize(
    ("make", "longest"),
    [
        (lambda text: Person(last_name=text), 300),
        (lambda text: Source(order=text), 200),
        (lambda text: Document(kind=text), 200),
        (lambda text: Dispute(reason=text), 4000),
    ],
)
def test_texts_have_a_longest_length_counted_after_the_blanks_are_gone(make: Callable[[str], object], longest: int) -> None:
    assert make(f"  {'ß' * longest}  ")
    with pytest.raises(ValueError, match="string_too_long"):
        make("ß" * (longest + 1))


@law
@given(st.text(characters, max_size=40))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = Person(last_name=text).last_name
    assert Person(last_name=once).last_name == once
    assert once is None or (unicodedata.is_normalized("NFC", once) and once == once.strip())
