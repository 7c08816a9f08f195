"""What people read for states, results and events, and in which colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core.cli import output
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell
from inkasso_core.lifecycle import Profile, State, state_label
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text

RED, YELLOW, GREEN, PALE = "red", "yellow", "green", "dim"
POINT = "●"

_STATE_STYLES: Mapping[State, str] = MappingProxyType(
    {
        State.WAITING: YELLOW,
        State.READY: GREEN,
        State.RUNNING: "cyan",
        State.EXPORTED: "cyan",
        State.HANDED_OVER: "blue",
        State.FAILED: RED,
        State.UNCLEAR: "bold red",
        State.PAID: GREEN,
    }
)
LEVEL_STYLES: Mapping[Level, str] = MappingProxyType({Level.BLOCK: RED, Level.WARN: YELLOW, Level.INFO: PALE})

OUTCOMES: Mapping[str, Text] = MappingProxyType(
    {
        "registered": Text("neu", "registered"),
        "revised": Text("geändert", "revised"),
        "repeated": Text("wiederholt", "repeated"),
        "older": Text("veraltet", "older"),
        "ignored": Text("ohne Auslöser", "ignored"),
        "failed": Text("gescheitert", "failed"),
    }
)
"""What became of a report."""

RESULTS: Mapping[str, Text] = MappingProxyType(
    {
        "rehearsed": Text("geprobt", "rehearsed"),
        "refused": Text("in der Probe abgelehnt", "refused in rehearsal"),
        "red": Text("nicht mehr bereit", "no longer ready"),
        "postponed": Text("verschoben", "postponed"),
        "stopped": Text("angehalten", "stopped"),
        "submitted": Text("eingereicht, noch nicht entschieden", "submitted, not decided yet"),
        "unavailable": Text("wird wieder versucht", "is tried again"),
        "unchecked": Text("geprobt, nicht geprüft", "rehearsed, not checked"),
        "told": Text("der Agentur gemeldet", "told to the agency"),
        "told_refused": Text("Meldung abgelehnt", "report refused"),
        "told_unclear": Text("Meldung ungeklärt", "report unclear"),
    }
)
"""What became of a placement, where it is no state."""
TROUBLE = frozenset({"refused", "red", "stopped", "told_refused", "told_unclear", State.FAILED.value, State.UNCLEAR.value})
"""Results that a person should look at."""
TOLD = TROUBLE | {"unavailable", "unchecked"}
"""Results that are told with their reason, claim by claim."""

_EVENTS: Mapping[str, Text] = MappingProxyType(
    {
        "registered": Text("gemeldet", "registered"),
        "revised": Text("geändert gemeldet", "revised"),
        "queued": Text("bereit", "queued"),
        "waiting": Text("wartet", "waiting"),
        "released": Text("freigegeben", "released"),
        "exported": Text("übermittelt", "exported"),
        "handed_over": Text("übergeben", "handed over"),
        "failed": Text("fehlgeschlagen", "failed"),
        "unclear": Text("ungeklärt", "unclear"),
        "paused": Text("blockiert", "paused"),
        "removed": Text("entfernt", "removed"),
        "cancelled": Text("gekündigt", "cancelled"),
        "paid": Text("bezahlt", "paid"),
        "closed": Text("abgeschlossen", "closed"),
        "status": Text("Status der Agentur", "agency status"),
        "payment": Text("Zahlung", "payment"),
        "message": Text("Nachricht", "message"),
        "ledger": Text("Abrechnung der Agentur", "agency's account"),
        "told": Text("Meldung an die Agentur", "told to the agency"),
        "task": Text("Aufgabe", "task"),
        "hold": Text("Mahnstopp", "hold"),
    }
)


class Noun(NamedTuple):
    """What is counted; left out, ``many`` is as ``one``."""

    one: Text
    many: Text | None = None


CLAIMS = Noun(Text("Forderung", "claim"), Text("Forderungen", "claims"))
WAITING_CLAIMS = Noun(Text("Forderung wartet", "claim waits"), Text("Forderungen warten", "claims wait"))
ROWS = Noun(Text("Zeile", "row"), Text("Zeilen", "rows"))


def counted(number: int, noun: Noun) -> str:
    """Write how many there are: 1 Forderung, 1.000 Forderungen."""
    return f"{output.number(number)} {say(noun.one if number == 1 or noun.many is None else noun.many)}"


def state(value: State, profile: Profile = Profile.SHOP) -> Cell:
    """Return a state's label in its colour."""
    return Cell(say(state_label(value, profile)), _STATE_STYLES.get(value, PALE))


def event(what: str) -> str:
    """Return what people read for an entry of the history."""
    return say(_EVENTS[what]) if what in _EVENTS else what


def result(name: str) -> str:
    """Return what people read for the result of a transmission: a word of its own, or a claim's new state."""
    if name in RESULTS:
        return say(RESULTS[name])
    return say(state_label(State(name))) if name in set(State) else name


def codes(red: Iterable[str], warnings: Iterable[str]) -> Cell:
    """Return the codes of red points and warnings, one style for all: red where one blocks."""
    blocks, warns = list(red), list(warnings)
    return Cell(" ".join([*blocks, *warns]), RED if blocks else YELLOW if warns else "")
