"""Countries and currencies, read from what shops really send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inkasso_core import Address, Claim, Creditor, country_code

Refusal = Callable[[Callable[[], object]], str]

COUNTRIES = {
    "DE": ["de", " DE ", "DEU", "deu", "Deutschland", "deutschland", "GERMANY", "Bundesrepublik Deutschland"],
    "AT": ["at", "AUT", "Österreich", "O\u0308sterreich", "ÖSTERREICH", "Austria"],
    "CH": ["CHE", "Schweiz", "Switzerland"],
    "LI": ["LIE", "Liechtenstein"],
    "GB": ["GBR", "Vereinigtes Königreich", "United Kingdom", "UK", "Großbritannien"],
    "NL": ["NLD", "Niederlande", "Netherlands", "Holland"],
    "CZ": ["CZE", "Tschechien", "Czechia", "Tschechische Republik"],
    "TR": ["TUR", "Türkei", "Turkey", "Türkiye"],
    "US": ["USA", "Vereinigte Staaten", "United States"],
    "XK": ["Kosovo"],
}


@pytest.mark.parametrize(("code", "spelling"), [(code, spelling) for code, spellings in COUNTRIES.items() for spelling in spellings])
def test_a_country_has_one_code(code: str, spelling: str) -> None:
    assert country_code(spelling) == code
    assert Address(country=spelling).country == code


@pytest.mark.parametrize("text", ["Absurdistan", "ZZ", "EU", "UN", "IC", "XA", "Europäische Union", "Unbekannte Region", "YU", "D-", "276"])
def test_what_is_no_country_is_refused(text: str, refusal: Refusal) -> None:
    assert country_code(text) is None
    assert refusal(lambda: Address(country=text)) == "country_unknown"


def test_an_address_may_have_no_country_and_a_creditor_must_have_one(refusal: Refusal) -> None:
    assert Address(country="").country is None
    assert Address(country=" ").country is None
    assert Creditor(name="Beispiel GmbH").country == "DE"
    assert refusal(lambda: Creditor(name="Beispiel GmbH", country="")) == "country_unknown"
    assert refusal(lambda: Address(country=276)) == "string_type"


def claim_in(currency: object) -> Claim:
    return Claim(source={"order": "1"}, currency=currency, principal=1, debtor={})


@pytest.mark.parametrize("text", ["EUR", "eur", " Eur "])
def test_a_currency_is_read_without_regard_to_capitals(text: str) -> None:
    assert claim_in(text).currency == "EUR"


@pytest.mark.parametrize("text", ["€", "Euro", "", "EU", "XQZ", "EUROS"])
def test_what_is_no_currency_is_refused(text: str, refusal: Refusal) -> None:
    assert refusal(lambda: claim_in(text)) == "currency_unknown"


def test_a_currency_is_text(refusal: Refusal) -> None:
    assert refusal(lambda: claim_in(978)) == "string_type"
    assert refusal(lambda: claim_in(None)) == "string_type"
