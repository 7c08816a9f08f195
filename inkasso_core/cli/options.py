"""Arguments and options that several commands share, and how their values are read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar, get_args

import typer

from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import both
from inkasso_core.lifecycle import Profile, State, state_label
from inkasso_core.model.words import Language, Text

E = TypeVar("E", bound=Enum)
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_AMOUNT = re.compile(r"\d+(?:[.,]\d{1,2})?")


# Reading values


def read_day(text: str) -> dt.date:
    """Read a date as 2026-01-31 or 31.01.2026; raises :class:`WrongUsage`."""
    german = _GERMAN_DAY.fullmatch(text.strip())
    try:
        return dt.date(int(german[3]), int(german[2]), int(german[1])) if german else dt.date.fromisoformat(text.strip())
    except ValueError:
        raise WrongUsage(_NO_DAY.fill(text=text)) from None


def read_moment(text: str) -> dt.datetime:
    """Read an instant as 2026-01-31T10:00, with or without a zone; raises :class:`WrongUsage`."""
    try:
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise WrongUsage(_NO_MOMENT.fill(text=text)) from None


def read_amount(text: str) -> Decimal:
    """Read an amount as 5000, 5000.00 or 5000,00; a separator of thousands is refused, because 1.234 could mean two things."""
    if not _AMOUNT.fullmatch(text.strip()):
        raise WrongUsage(_NO_AMOUNT.fill(text=text))
    return Decimal(text.strip().replace(",", "."))


def read_count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise WrongUsage(_NO_COUNT.fill(text=text))
    return int(text)


def read_state(text: str) -> State:
    """Read a state: its name, or the German or English word that people read."""
    wanted = text.strip().casefold()
    for state in State:
        if wanted in {state.value, *(label.casefold() for profile in Profile for label in state_label(state, profile))}:
            return state
    german, english = (", ".join(f"{state} ({state_label(state).read(language)})" for state in State) for language in get_args(Language))
    raise WrongUsage(Text(_NO_STATE.de.format(text=text, known=german), _NO_STATE.en.format(text=text, known=english)))


def one_of(kind: type[E]) -> Callable[[str], E]:
    """Return the reader of an enumeration's values; it raises :class:`WrongUsage`."""

    def read(text: str) -> E:
        found = next((member for member in kind if member.value == text.strip().lower()), None)
        if found is None:
            raise WrongUsage(_NONE_OF.fill(text=text, known=", ".join(str(member.value) for member in kind)))
        return found

    return read


def read_one_of(known: Sequence[str]) -> Callable[[str], str]:
    """Return what reads one of some words."""

    def read(text: str) -> str:
        found = text.strip().lower()
        if found not in known:
            raise WrongUsage(_NONE_OF.fill(text=text, known=", ".join(known)))
        return found

    return read


def in_zone(moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return an instant in UTC; without a zone of its own it is one of the creditor's."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


# Arguments

Ref = Annotated[
    str,
    typer.Argument(
        metavar="REF", help=both("SHOP:AUFTRAG, oder nur der Auftrag mit --shop.", "SHOP:ORDER, or the order alone with --shop.")
    ),
]
MaybeRef = Annotated[
    str | None,
    typer.Argument(
        metavar="[REF]", help=both("SHOP:AUFTRAG, oder nur der Auftrag mit --shop.", "SHOP:ORDER, or the order alone with --shop.")
    ),
]
Refs = Annotated[
    list[str],
    typer.Argument(metavar="REF...", help=both("SHOP:AUFTRAG, oder nur Aufträge mit --shop.", "SHOP:ORDER, or orders alone with --shop.")),
]
MaybeRefs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REF...]", help=both("SHOP:AUFTRAG, oder nur Aufträge mit --shop.", "SHOP:ORDER, or orders alone with --shop.")
    ),
]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help=both("Name eines eingerichteten Kontos.", "Name of a configured account."))]

MaybeName = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help=both("Nur dieses, mit seinen Einstellungen.", "This one alone, with its settings."))
]

# Options

AsJson = Annotated[bool, typer.Option("--json", help=both("Für Programme: JSON.", "For programs: JSON."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=both("Ohne Rückfrage.", "Do not ask."))]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help=both("Grund, für die Historie.", "Reason, for the history."))]
NeededReason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=both("Grund, für die Historie.", "Reason, for the history."))]
Shop = Annotated[
    str | None, typer.Option("--shop", "-s", metavar="SHOP", help=both("Name eines eingerichteten Shops.", "Name of a configured shop."))
]
AsOf = Annotated[
    dt.date | None,
    typer.Option(
        "--as-of", metavar="DATE", parser=read_day, help=both("Stichtag der Regeln statt heute.", "Date for the rules instead of today.")
    ),
]
Everything = Annotated[
    bool, typer.Option("--all", help=both("Alle, auf die die Filter zutreffen; fragt nach.", "All that match the filters; asks first."))
]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", parser=read_count, help=both("Höchstens so viele.", "At most this many."))
]

# Filters

States = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        parser=read_state,
        help=both(
            "Status oder seine Bezeichnung, wie die Liste sie zeigt; mehrfach möglich.",
            "State or its label, as lists show it; may be repeated.",
        ),
    ),
]
ByAccount = Annotated[str | None, typer.Option("--account", "-a", metavar="ACCOUNT", help=both("Konto.", "Account."))]
Vendor = Annotated[
    str | None, typer.Option("--vendor", metavar="VENDOR", help=both("Verkäufer im Marktplatz.", "Seller in a marketplace."))
]
Order = Annotated[
    str | None,
    typer.Option(
        "--order",
        metavar="ORDER",
        help=both("Nur die Forderungen dieses Auftrags.", "The claims of this order alone."),
    ),
]
Since = Annotated[
    dt.date | None,
    typer.Option(
        "--since", metavar="DATE", parser=read_day, help=both("Geändert an diesem Tag oder später.", "Changed on this day or later.")
    ),
]
Until = Annotated[
    dt.date | None,
    typer.Option(
        "--until", metavar="DATE", parser=read_day, help=both("Geändert an diesem Tag oder früher.", "Changed on this day or earlier.")
    ),
]

Output = Annotated[Path, typer.Argument(metavar="FILE.csv", help=both("Die Datei.", "The file."))]

_NO_DAY = Text(
    "„{text}“ ist kein Datum: bitte 2026-01-31 oder 31.01.2026 schreiben.", '"{text}" is no date: write 2026-01-31 or 31.01.2026.'
)
_NO_MOMENT = Text(
    "„{text}“ ist keine Zeitangabe: bitte 2026-01-31T10:00 schreiben, mit oder ohne Zone (+01:00).",
    '"{text}" is no instant: write 2026-01-31T10:00, with or without a zone (+01:00).',
)
_NO_AMOUNT = Text(
    "„{text}“ ist kein Betrag: bitte 5000 oder 5000,00 schreiben, ohne Tausenderpunkt.",
    '"{text}" is no amount: write 5000 or 5000.00, without separators of thousands.',
)
_NO_COUNT = Text("„{text}“ ist keine ganze Zahl ab 1.", '"{text}" is no whole number of at least 1.')
_NO_STATE = Text("„{text}“ ist kein Status. Möglich: {known}.", '"{text}" is no state. Possible: {known}.')
_NONE_OF = Text("„{text}“ gibt es hier nicht. Möglich: {known}.", '"{text}" is not possible here. Possible: {known}.')
