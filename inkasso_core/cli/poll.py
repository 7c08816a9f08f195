"""Polling: shops are asked what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both, say
from inkasso_core.cli.logged import Log, working
from inkasso_core.cli.options import AsJson
from inkasso_core.cli.output import Cell, Head
from inkasso_core.errors import InkassoError
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Glance

app = typer.Typer()
PANEL = both("Aufnehmen", "Bringing in")
FAILED_SHOWN = 20


class _Taken(Protocol):
    @property
    def outcome(self) -> str: ...
    @property
    def problem(self) -> InkassoError | None: ...


class Poll(Protocol):
    """What a poll brought, as the facade or a run tells it."""

    @property
    def shop(self) -> str: ...
    @property
    def pages(self) -> int: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def problem(self) -> InkassoError | None: ...


Told = tuple[Poll, Sequence[_Taken]]
"""A poll, and what became of its reports."""


@app.command(
    "poll",
    rich_help_panel=PANEL,
    help=both(
        "Fragt Shops, was es Neues gibt: einen, oder alle, die abzufragen sind. Ein abgebrochener Lauf setzt fort.",
        "Asks shops what is new: one, or all that are to be polled. An interrupted run continues.",
    ),
)
def poll(
    ctx: typer.Context,
    shop: Annotated[str | None, typer.Argument(metavar="[SHOP]", help=both("Nur dieser Shop.", "This shop alone."))] = None,
    log: Log = None,
    as_json: AsJson = False,
) -> None:
    with working(ctx, log) as ink:
        with output.glances(say(_POLLING)) as shown:

            def on_glance(glance: Glance) -> None:
                shown(glance.shop, glance.done, glance.total)

            found: list[Told] = [(one, one.results) for one in ink.poll(shop, on_glance=on_glance)]
        if as_json:
            output.document({"shops": documents(found)})
        elif found:
            print_polls(found)
        else:
            output.tell(_NONE)
    raise typer.Exit(code_of(found))


def code_of(polls: Iterable[Told]) -> Exit:
    """Return how a command ends that polled: with code 1 where a shop could not be asked to the end, or a report failed."""
    troubled = any(one.problem is not None or one.counts.get("failed") for one, _ in polls)
    return Exit.REFUSED if troubled else Exit.DONE


def has_news(told: Told) -> bool:
    """Whether a poll brought what was not known, or broke: overlapping polls bring the same again."""
    one, _ = told
    return one.problem is not None or any(one.counts.get(outcome) for outcome in _NEWS)


def documents(polls: Iterable[Told]) -> list[dict[str, Any]]:
    """Return polls as programs read them."""
    return [
        {
            "shop": one.shop,
            "pages": one.pages,
            "counts": {name: one.counts.get(name, 0) for name in words.OUTCOMES},
            "failed": [_problem(taken.problem) for taken in results if taken.problem is not None],
            "problem": _problem(one.problem) if one.problem is not None else None,
        }
        for one, results in polls
    ]


def _problem(problem: InkassoError) -> dict[str, Any]:
    return {"code": getattr(problem, "reason", problem.code), "field": problem.field, "message": problem.text}


def print_polls(polls: Sequence[Told]) -> None:
    """Say what each shop brought, on what it broke, and which reports failed."""
    output.table(
        (Head(_SHOP, "ref"), Head(_BROUGHT), Head(_PROBLEM)),
        [
            [
                one.shop,
                _tally(one.counts) if one.pages or not one.problem else "–",
                Cell(say(one.problem.text), words.RED) if one.problem else "",
            ]
            for one, _ in polls
        ],
    )
    if any(one.problem is not None for one, _ in polls):
        output.note(_ONLINE)
    failed = [(one.shop, taken.problem) for one, results in polls for taken in results if taken.problem is not None]
    if failed:
        output.line("")
        output.table(
            (Head(_SHOP, "ref"), Head(_FIELD), Head(_FAILED)),
            [[shop, problem.field or "", Cell(say(problem.text), words.RED)] for shop, problem in failed[:FAILED_SHOWN]],
        )
    more = sum(one.counts.get("failed", 0) for one, _ in polls) - min(len(failed), FAILED_SHOWN)
    if more > 0:
        output.note(_MORE, count=output.number(more))


def _tally(counts: Mapping[str, int]) -> str:
    parts = [f"{output.number(counts[name])} {say(label)}" for name, label in words.OUTCOMES.items() if counts.get(name)]
    return ", ".join(parts) or say(_NOTHING)


_NEWS = frozenset({"registered", "revised", "failed"})
_POLLING = Text("Abfrage", "Polling")
_SHOP, _BROUGHT, _PROBLEM = Text("Shop", "Shop"), Text("Ergebnis", "Result"), Text("Abgebrochen, weil", "Ended early, because")
_FIELD, _FAILED = Text("Feld", "Field"), Text("Gescheiterte Meldung", "Failed report")
_NOTHING = Text("nichts Neues", "nothing new")
_ONLINE = Text(
    "Was schon geholt war, ist gespeichert; die nächste Abfrage setzt dort fort. `inkasso doctor --online` prüft Adresse und Zugang.",
    "What was fetched is stored; the next poll goes on there. `inkasso doctor --online` checks address and access.",
)
_NONE = Text("Kein eingerichteter Shop wird abgefragt.", "No configured shop is polled.")
_MORE = Text("und {count} weitere: `inkasso events`.", "and {count} more: `inkasso events`.")
