"""Dead letters: what plugins could not be told for days, telling it again, and settling what need not be told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, NeededReason
from inkasso_core.cli.output import Cell
from inkasso_core.cli.session import opened
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import DeadLetter

app = typer.Typer()
notices_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    notices_app,
    name="notices",
    rich_help_panel=both("Bearbeiten", "Working"),
    help=both(
        "Listet, was Plugins über Tage nicht erfahren konnten; `notices replay` meldet es noch einmal.",
        "Lists what plugins could not be told for days; `notices replay` tells it again.",
    ),
)
Ids: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help=both("Nummern aus `inkasso notices`.", "Ids of `inkasso notices`."))
]
OfPlugin: TypeAlias = Annotated[
    str | None, typer.Option("--plugin", metavar="NAME", help=both("Nur was dieses Plugin betrifft.", "Of this plugin alone."))
]
All: TypeAlias = Annotated[bool, typer.Option("--all", help=both("Alles, was unzustellbar ist.", "All that could not be told."))]


@notices_app.callback()
def notices(
    ctx: typer.Context,
    plugin: OfPlugin = None,
    settled: Annotated[bool, typer.Option("--settled", help=both("Die erledigten.", "Those that are settled."))] = False,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        found = ink.dead_letters(plugin, settled=settled)
        zone = ink.settings.zone
    if as_json:
        output.document({"notices": [letter._asdict() for letter in found]})
        return
    for letter in found:
        _print(letter, zone)
    if not found:
        output.tell(_NONE)


@notices_app.command(
    "replay",
    help=both(
        "Meldet dem Plugin mit dem nächsten Lauf noch einmal, was es nicht erfahren konnte.",
        "Tells the plugin again, with the next run, what it could not be told.",
    ),
)
def replay(ctx: typer.Context, ids: Ids = None, plugin: OfPlugin = None, everything: All = False, as_json: AsJson = False) -> None:
    _check(ids, plugin, everything=everything)
    with opened(ctx) as ink:
        _done(ink.tell_again(ids or (), plugin=plugin), _AGAIN, as_json)


@notices_app.command(
    "done",
    help=both(
        "Erledigt, was niemand mehr zu melden braucht: wer, wann und warum bleibt stehen.",
        "Settles what nobody need tell any more: who, when and why is kept.",
    ),
)
def done(
    ctx: typer.Context, reason: NeededReason, ids: Ids = None, plugin: OfPlugin = None, everything: All = False, as_json: AsJson = False
) -> None:
    _check(ids, plugin, everything=everything)
    with opened(ctx) as ink:
        _done(ink.settle_dead_letters(ids or (), plugin=plugin, reason=reason), _SETTLED, as_json)


def _check(ids: list[str] | None, plugin: str | None, *, everything: bool) -> None:
    """Nobody means all of them by naming none."""
    if not (ids or plugin or everything):
        raise WrongUsage(_WHICH)


def _done(letters: list[DeadLetter], text: Text, as_json: bool) -> None:
    if as_json:
        output.document({"notices": [letter._asdict() for letter in letters]})
    else:
        output.tell(text, count=output.number(len(letters)))


def _print(letter: DeadLetter, zone: dt.tzinfo) -> None:
    """Print a dead letter: whom it is for, what of which claim, what the plugin raised."""
    style = words.RED if letter.settled_at is None else words.PALE
    output.line(Cell(f"{words.POINT} ", style), Cell(letter.plugin, style), f"  {letter.ref}  ", Cell(letter.what, words.PALE))
    output.indented(say(_TRIED.fill(at=output.moment(letter.at, zone), tries=letter.tries, error=letter.error)))
    output.indented(letter.id, words.PALE)
    if letter.settled_at is not None:
        by = _BY.fill(at=output.moment(letter.settled_at, zone), by=letter.settled_by, why=letter.settled_why)
        output.indented(say(by), words.PALE)


_NONE = Text("Jedes Plugin weiß, was geschehen ist.", "Every plugin knows what happened.")
_AGAIN = Text("Wird noch einmal gemeldet, mit dem nächsten `inkasso run`: {count}.", "Told again, with the next `inkasso run`: {count}.")
_SETTLED = Text("Erledigt: {count}.", "Settled: {count}.")
_WHICH = Text("Bitte Nummern angeben, mit --plugin ein Plugin, oder --all.", "Give ids, a plugin with --plugin, or --all.")
_TRIED = Text(
    "geschehen am {at}, vergeblich gemeldet: {tries}, zuletzt {error}", "happened on {at}, told in vain: {tries}, at last {error}"
)
_BY = Text("erledigt am {at} ({by}): {why}", "settled on {at} ({by}): {why}")
