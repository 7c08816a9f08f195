"""ISO codes for countries and currencies, read from what shops really send.

Names and decimals come from the Unicode data in ``babel`` (``reference: domain.md`` section 6, "Codes").
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import cache
from typing import Annotated

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_NAMED_IN = ("de", "en")
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Regions that the Unicode data name and ISO 3166-1 does not: reserved for other uses, groups of countries, "unknown"."""
_USUAL_NAMES = {
    "bundesrepublik deutschland": "DE",
    "republik österreich": "AT",
    "schweizerische eidgenossenschaft": "CH",
    "holland": "NL",
    "the netherlands": "NL",
    "uk": "GB",
    "great britain": "GB",
    "großbritannien": "GB",
    "england": "GB",
    "tschechische republik": "CZ",
    "czech republic": "CZ",
    "turkey": "TR",
    "united states of america": "US",
    "vereinigte staaten von amerika": "US",
}
"""What people write and the Unicode data leave out."""


@cache
def _countries() -> dict[str, str]:
    """Folded German and English names, two- and three-letter codes -> alpha-2 code."""
    found = {_folded(name): code for name, code in _USUAL_NAMES.items()}
    for language in _NAMED_IN:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES:
                found[_folded(name)] = code
                found[_folded(code)] = code
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] not in _NO_COUNTRIES:
            found.setdefault(_folded(alias), codes[0])
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


@cache
def country_code(name: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code for a code or a German or English name, or None when there is none."""
    return _countries().get(_folded(name))


def _country(value: object) -> object:
    if not isinstance(value, str):
        return value
    code = country_code(value)
    if code is None:
        raise PydanticCustomError("country_unknown", "unknown country: give the ISO code, for example DE")
    return code


def _country_or_none(value: object) -> object:
    """An empty text means unknown."""
    return None if isinstance(value, str) and not value.strip() else _country(value)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


def _currency(value: object) -> object:
    if isinstance(value, str):
        code = value.strip().upper()
        if code not in _currencies():
            raise PydanticCustomError("currency_unknown", "unknown currency: give the ISO code, for example EUR")
        return code
    return value


@cache
def decimals(currency: str) -> int:
    """Return how many decimals the currency has: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency)


@cache
def smallest_unit(currency: str) -> Decimal:
    """Return the smallest amount that the currency can be written in: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-decimals(currency))


_Alpha2 = Annotated[str, Field(pattern="^[A-Z]{2}$")]

Country = Annotated[_Alpha2, BeforeValidator(_country)]
"""ISO 3166-1 alpha-2; German and English names and alpha-3 codes are understood on the way in."""

CountryIfKnown = Annotated[_Alpha2 | None, BeforeValidator(_country_or_none)]
"""The same, or unknown."""

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$"), BeforeValidator(_currency)]
"""ISO 4217."""
