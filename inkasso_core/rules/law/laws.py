"""Every law that inkasso knows: Germany's. Of Austria, Switzerland and the rest nothing is computed, and nothing is guessed.

A further country is one module like ``germany`` with its data files, and one line in each table below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text
from inkasso_core.rules.law import germany
from inkasso_core.rules.law.frame import Law
from inkasso_core.rules.law.tables import TableInfo

LAWS: Mapping[str, Law] = MappingProxyType({law.country: law for law in (germany.GERMANY,)})
"""Country (ISO 3166-1, two letters) -> its law."""

_TABLES: Mapping[str, Callable[[], tuple[TableInfo, ...]]] = {"DE": germany.tables}
"""Country -> what its statute's tables say of themselves, besides the base rates."""

_NO_LAW = Text(
    "[law.base_rates.{country}]: für dieses Land kennt inkasso kein Recht. Abschnitt entfernen; bekannt: {known}",
    "[law.base_rates.{country}]: inkasso knows no law of this country. Remove the section; known: {known}",
)


def laws_with(base_rates: Mapping[str, Mapping[dt.date, Decimal]]) -> Mapping[str, Law]:
    """Return the laws with the merchant's own base rates: country -> valid from -> percent a year.

    Raises :class:`~inkasso_core.errors.ConfigurationError` for a country whose law is not known, and for a row that is no half-year's
    rate or contradicts the table.
    """
    laws = dict(LAWS)
    for country, rows in base_rates.items():
        if country not in laws:
            raise ConfigurationError(_NO_LAW.fill(country=country, known=", ".join(LAWS)), field=f"law.base_rates.{country}")
        laws[country] = laws[country]._replace(base_rates=laws[country].base_rates.extended(rows))
    return MappingProxyType(laws)


def tables(laws: Mapping[str, Law] = LAWS) -> tuple[TableInfo, ...]:
    """Return what every legal table of these laws says of itself: base rates, statute, holidays."""
    return tuple(info for country, law in laws.items() for info in (law.base_rates.info, *_TABLES[country]()))
