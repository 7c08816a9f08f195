"""Working days at the debtor's place (§ 193 BGB): holidays by Bundesland, from the ``holidays`` library, loaded at the first question.

What an address does not tell goes in the debtor's favour: a holiday of some municipalities alone (Assumption Day, the Augsburg peace
festival) counts in the whole of their state, and where the state is not known, a holiday of any state counts.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

from inkasso_core.model.party import Address
from inkasso_core.model.words import Text
from inkasso_core.rules.days import later
from inkasso_core.rules.law.tables import TableInfo

_SATURDAY = 5


class _State(NamedTuple):
    """A Bundesland: what an address may call it, and the parts of the library's calendar that count in it."""

    names: tuple[str, ...]
    calendars: tuple[str, ...] = ()
    """Municipal calendars besides the state's own."""


_STATES = {
    "BB": _State(("Brandenburg", "Land Brandenburg")),
    "BE": _State(("Berlin", "Land Berlin")),
    "BW": _State(("Baden-Württemberg", "Baden-Wurttemberg")),
    "BY": _State(("Bayern", "Freistaat Bayern", "Bavaria"), ("Augsburg",)),
    "HB": _State(("Bremen", "Freie Hansestadt Bremen")),
    "HE": _State(("Hessen", "Hesse")),
    "HH": _State(("Hamburg", "Freie und Hansestadt Hamburg")),
    "MV": _State(("Mecklenburg-Vorpommern", "Mecklenburg-Western Pomerania", "Mecklenburg-West Pomerania")),
    "NI": _State(("Niedersachsen", "Lower Saxony")),
    "NW": _State(("Nordrhein-Westfalen", "NRW", "North Rhine-Westphalia")),
    "RP": _State(("Rheinland-Pfalz", "Rhineland-Palatinate")),
    "SH": _State(("Schleswig-Holstein",)),
    "SL": _State(("Saarland",)),
    "SN": _State(("Sachsen", "Freistaat Sachsen", "Saxony")),
    "ST": _State(("Sachsen-Anhalt", "Saxony-Anhalt")),
    "TH": _State(("Thüringen", "Freistaat Thüringen", "Thuringia")),
}
"""ISO 3166-2:DE, without its ``DE-``."""


def _plain(name: str) -> str:
    """One spelling: lower case letters alone, ä as ae."""
    name = unicodedata.normalize("NFC", name).casefold()
    return "".join(filter(str.isalpha, name.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")))


_BY_NAME = {_plain(name): code for code, state in _STATES.items() for name in (code, f"DE-{code}", *state.names)}


def state_code(name: str) -> str | None:
    """Return the code ("BY") of a Bundesland named in German, in English or by its ISO code, with or without "DE-"; None if unknown."""
    return _BY_NAME.get(_plain(name))


@lru_cache(maxsize=1024)
def holidays(state: str | None, year: int) -> frozenset[dt.date]:
    """Return the holidays of ``year`` in the state of that code; with None those of all states together.

    The library knows the years from 1991 to 2100; outside of them there is none.
    """
    if state is None:
        return frozenset().union(*(holidays(code, year) for code in _STATES))
    from holidays import CATHOLIC, PUBLIC, country_holidays  # a tenth of a second that only some programs have to spend

    calendars = (state, *_STATES[state].calendars)
    return frozenset(
        day for calendar in calendars for day in country_holidays("DE", calendar, years=year, expand=False, categories=(PUBLIC, CATHOLIC))
    )


def next_working_day(day: dt.date, address: Address | None) -> dt.date:
    """Return ``day``, or the next working day at ``address`` where it is a Saturday, a Sunday or a holiday there (§ 193 BGB)."""
    return _next_working_day(day, address.state if address is not None else None)


@lru_cache(maxsize=4096)
def _next_working_day(day: dt.date, place: str | None) -> dt.date:
    state = None if place is None else state_code(place)
    while day.weekday() >= _SATURDAY or day in holidays(state, day.year):
        day = later(day, 1)
    return day


def info() -> TableInfo:
    """Say where the holidays come from. Its rows are the states; a new holiday needs a newer library."""
    label = Text("Gesetzliche Feiertage der Länder", "Public holidays of the states")
    source = f"holidays {version('holidays')} (Python library, MIT)"
    first = dt.date(1991, 1, 1)
    return TableInfo("holidays", "DE", label, source, len(_STATES), first, first, None)
