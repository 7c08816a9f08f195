"""ISO codes for countries and currencies, read from what shops really send.

Names and decimals come from the Unicode data in ``babel`` (``reference: domain.md`` section 6, "Codes").
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_NAMED_IN = ("de", "en")


@cache
def _countries() -> dict[str, str]:
    """Folded German and English names, two- and three-letter codes -> alpha-2 code."""
    found: dict[str, str] = {}
    for language in _NAMED_IN:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[name.casefold()] = code
                found[code.casefold()] = code
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            found.setdefault(alias.casefold(), codes[0])
    return found


@cache
def country_code(name: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code for a code or a German or English name, or None when there is none."""
    return _countries().get(name.strip().casefold())


def _country(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        return None if value == "" else value
    code = country_code(value)
    if code is None:
        raise PydanticCustomError("country_unknown", "unknown country: give the ISO code, for example DE")
    return code


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


Country = Annotated[str, BeforeValidator(_country), Field(pattern="^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2; German and English names and alpha-3 codes are understood on the way in."""

Currency = Annotated[str, BeforeValidator(_currency), Field(pattern="^[A-Z]{3}$")]
"""ISO 4217."""
