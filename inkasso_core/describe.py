"""Turning a validation error into words: which field, what is wrong, what to do; never the rejected value."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import ValidationError

from inkasso_core.discretion import of_input, repeats
from inkasso_core.model.words import Text


class Problem(NamedTuple):
    """One thing that is wrong: where, and what."""

    field: str
    text: Text


_GERMAN = {
    "missing": "fehlt: bitte angeben",
    "extra_forbidden": "ist nicht bekannt: Schreibweise prüfen oder weglassen",
    "string_type": "muss ein Text sein",
    "string_unicode": "enthält ein halbes Zeichen: im Shop berichtigen",
    "text_nul": "enthält ein NUL-Zeichen: im Shop berichtigen",
    "string_too_long": "ist zu lang (höchstens {max_length} Zeichen)",
    "string_too_short": "ist leer: bitte angeben",
    "string_pattern_mismatch": "hat nicht die erwartete Form",
    "decimal_type": "ist keine Dezimalzahl: zum Beispiel 153.99",
    "decimal_parsing": "ist keine Dezimalzahl: zum Beispiel 153.99",
    "decimal_max_digits": "hat zu viele Stellen (höchstens {max_digits})",
    "decimal_max_places": "hat zu viele Nachkommastellen (höchstens {decimal_places})",
    "decimal_whole_digits": "ist zu groß (höchstens {whole_digits} Stellen vor dem Komma)",
    "finite_number": "muss eine endliche Zahl sein",
    "greater_than_equal": "ist zu klein: mindestens {ge}",
    "less_than_equal": "ist zu groß: höchstens {le}",
    "greater_than": "ist zu klein: mehr als {gt}",
    "less_than": "ist zu groß: weniger als {lt}",
    "too_long": "hat zu viele Einträge (höchstens {max_length})",
    "too_short": "hat zu wenige Einträge (mindestens {min_length})",
    "enum": "hat einen unbekannten Wert; möglich: {expected}",
    "literal_error": "hat einen unbekannten Wert; möglich: {expected}",
    "bool_parsing": "muss wahr oder falsch sein",
    "bool_type": "muss wahr oder falsch sein",
    "int_parsing": "muss eine ganze Zahl sein",
    "int_parsing_size": "muss eine kleinere ganze Zahl sein",
    "int_type": "muss eine ganze Zahl sein",
    "int_from_float": "muss eine ganze Zahl sein",
    "float_type": "muss eine Zahl sein",
    "float_parsing": "muss eine Zahl sein",
    "model_type": "muss ein Objekt mit Feldern sein",
    "model_attributes_type": "muss ein Objekt mit Feldern sein",
    "dict_type": "muss ein Objekt mit Feldern sein",
    "tuple_type": "muss eine Liste sein",
    "list_type": "muss eine Liste sein",
    "json_like": "enthält, was JSON nicht fassen kann: nur Texte, Zahlen, Wahrheitswerte, Listen und Objekte angeben",
    "date_from_datetime_parsing": "ist kein Datum: JJJJ-MM-TT",
    "date_parsing": "ist kein Datum: JJJJ-MM-TT",
    "day_type": "ist kein Datum: JJJJ-MM-TT",
    "datetime_parsing": "ist keine Zeitangabe: zum Beispiel 2026-01-31T10:00:00+01:00",
    "datetime_from_date_parsing": "ist keine Zeitangabe: zum Beispiel 2026-01-31T10:00:00+01:00",
    "instant_type": "ist keine Zeitangabe: zum Beispiel 2026-01-31T10:00:00+01:00",
    "instant_zone": "braucht eine Zeitzone: zum Beispiel 2026-01-31T10:00:00+01:00",
    "amount_type": "ist kein Betrag: eine Dezimalzahl angeben",
    "amount_decimals": "{path} hat mehr Nachkommastellen, als {currency} erlaubt ({places}): den Betrag der Rechnung senden",
    "country_unknown": "ist kein bekanntes Land: ISO-Code angeben, zum Beispiel DE",
    "currency_unknown": "ist keine bekannte Währung: ISO-Code angeben, zum Beispiel EUR",
    "zone_unknown": "ist keine bekannte Zeitzone: zum Beispiel Europe/Berlin",
    "name_unknown": "{path} nennt etwas, das nicht eingerichtet ist; eingerichtet: {known}{near_de}",
    "dialect_signs": "quote und escape sind zwei verschiedene Zeichen, weder Trennzeichen noch Leerzeichen noch Zeilenende",
    "file_name_placeholders": (
        "braucht {{run}}, darf {{account}} und {{day}} enthalten und sonst nichts in Klammern, "
        "zum Beispiel {{account}}-{{day}}-{{run:04d}}.csv"
    ),
    "file_name_path": "darf kein Verzeichnis enthalten und nicht mit einem Punkt beginnen",
}
_ENGLISH = {
    "missing": "is missing: please give it",
    "extra_forbidden": "is not known: check the spelling or leave it out",
    "greater_than_equal": "is too small: at least {ge}",
    "string_too_short": "is empty: please give it",
    "string_type": "must be a text",
    "string_too_long": "is too long ({max_length} characters at most)",
    "decimal_type": "is no decimal number: for example 153.99",
    "decimal_parsing": "is no decimal number: for example 153.99",
    "decimal_whole_digits": "is too large ({whole_digits} digits before the decimal point at most)",
    "date_from_datetime_parsing": "is no date: YYYY-MM-DD",
    "datetime_from_date_parsing": "is no time: for example 2026-01-31T10:00:00+01:00",
    "enum": "has an unknown value; possible: {expected}",
    "model_type": "must be an object with fields",
    "dict_type": "must be an object with fields",
    "tuple_type": "must be a list",
}


def problems(error: ValidationError) -> list[Problem]:
    """Return what is wrong, a problem per field, in the order found.

    The author of a plugin may give the German text of an error of his own: ``PydanticCustomError("kind", "english", {"de": "deutsch"})``.
    """
    return [_problem(dict(item)) for item in error.errors(include_url=False)]


_is_name = re.compile(r"[\w.-]{1,80}").fullmatch
_REFUSED = Text("wird abgelehnt: die Form prüfen", "is refused: check its form")


def _problem(item: dict[str, Any]) -> Problem:
    # a key that is no word names no field: somebody put data there
    field = ".".join(str(part) if _is_name(str(part)) else "?" for part in item["loc"])
    kind, values = item["type"], defaultdict(lambda: "?", {"path": field, **item.get("ctx", {})})
    english = _ENGLISH[kind].format_map(values) if kind in _ENGLISH else str(item["msg"])
    german = _GERMAN[kind].format_map(values) if kind in _GERMAN else str(values.get("de", f"wird abgelehnt: {english}"))
    if kind not in _GERMAN and repeats(f"{english} {german}", of_input(item["input"])):
        german, english = _REFUSED  # somebody else's validator quotes what it refuses
    if not field:
        return Problem(str(values.get("path") or ""), Text(german, english))
    return Problem(field, Text(f"{field}: {german}", f"{field}: {english}"))


def summary(found: list[Problem]) -> Text:
    """Join problems into one text."""
    return Text("; ".join(p.text.de for p in found), "; ".join(p.text.en for p in found))


def did_you_mean(name: str, known: Iterable[str]) -> Text:
    """Return a question about the known name that is most like ``name``, to be put behind a text; nothing where none is like it."""
    near = get_close_matches(name, sorted(known), n=1)
    return Text(f" (gemeint: {near[0]}?)", f" (did you mean {near[0]}?)") if near else Text("", "")
