"""Values as people read them inside a message: dates, amounts, counts, lists; never a personal value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from inkasso_core.model.codes import decimals
from inkasso_core.model.words import Text


def day(value: dt.date) -> Text:
    """Write a date: 31.01.2026 in German, 2026-01-31 in English."""
    return Text(f"{value:%d.%m.%Y}", value.isoformat())


def money(amount: Decimal, currency: str) -> Text:
    """Write an amount with its currency: 153,99 EUR in German, 153.99 EUR in English."""
    text = f"{amount:.{decimals(currency)}f}"
    return Text(f"{text.replace('.', ',')} {currency}", f"{text} {currency}")


def same(value: object) -> Text:
    """Write what is the same in both languages: a count, a code, an id."""
    return Text(str(value), str(value))


def listing(items: Iterable[Text]) -> Text:
    """Join texts with commas."""
    chosen = list(items)
    return Text(", ".join(item.de for item in chosen), ", ".join(item.en for item in chosen))


def filled(text: Text, values: Mapping[str, Text]) -> Text:
    """Fill ``{placeholders}`` with texts, in each language the one of that language."""
    return Text(
        text.de.format_map({name: value.de for name, value in values.items()}),
        text.en.format_map({name: value.en for name, value in values.items()}),
    )


def percent(rate: Decimal) -> Text:
    """Write a rate without idle zeros: 6,52 % in German, 6.52% in English."""
    text = f"{rate.normalize():f}"
    return Text(f"{text.replace('.', ',')} %", f"{text}%")
