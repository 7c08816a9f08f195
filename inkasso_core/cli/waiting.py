"""What waits: holds (Mahnstopp), and tasks that only a person can do."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

import typer

from inkasso_core.cli import output, picture, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both
from inkasso_core.cli.options import AsJson, NeededReason, Ref, Shop, one_of, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened
from inkasso_core.errors import NotFound
from inkasso_core.model.words import Text

app = typer.Typer()
PANEL = both("Bearbeiten", "Working")


class Scope(StrEnum):
    """What a hold stops."""

    CLAIM = "claim"
    ORDER = "order"
    DEBTOR = "debtor"


@app.command(
    "hold",
    rich_help_panel=PANEL,
    help=both(
        "Setzt einen Mahnstopp auf eine Forderung, ihren Auftrag oder ihren Schuldner.", "Puts a hold on a claim, its order or its debtor."
    ),
)
def hold(
    ctx: typer.Context,
    ref: Ref,
    reason: NeededReason,
    scope: Annotated[
        Scope, typer.Option("--scope", metavar="claim|order|debtor", parser=one_of(Scope), help=both("Worauf.", "On what."))
    ] = Scope.CLAIM,
    until: Annotated[
        dt.date | None,
        typer.Option(
            "--until", metavar="DATE", parser=read_day, help=both("Letzter Tag; sonst ohne Ende.", "Last day; left out, without an end.")
        ),
    ] = None,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        hold_id = ink.hold(ref, shop=shop, reason=reason, scope=scope.value, until=until)
        stored = ink.find(ref, shop=shop)
        if as_json:
            output.document({"id": hold_id, "ref": stored.ref, "state": stored.state})
        else:
            output.tell(_HELD, id=hold_id)


holds_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    holds_app,
    name="holds",
    rich_help_panel=PANEL,
    help=both("Listet Mahnstopps; `holds lift ID` hebt einen auf.", "Lists holds; `holds lift ID` ends one."),
)


@holds_app.callback()
def holds(ctx: typer.Context, shop: Shop = None, as_json: AsJson = False) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        found = ink.holds(shop)
        if as_json:
            output.document({"holds": found})
            return
        if not found:
            output.tell(_NO_HOLD)
            return
        today = ink.today()
        heads = (Head(_ID, "short"), Head(_ON, "ref"), Head(_UNTIL, "short"), Head(_REASON), Head(_BY))
        output.table(
            heads,
            [
                [
                    h.id,
                    f"{h.shop} {h.scope} {h.target}",
                    Cell(output.day(h.until), words.PALE if h.until and h.until < today else ""),
                    h.reason,
                    f"{h.set_by}, {output.local(h.set_at, ink.settings.zone)}",
                ]
                for h in found
            ],
        )


@holds_app.command("lift", help=both("Hebt einen Mahnstopp auf.", "Ends a hold."))
def lift(
    ctx: typer.Context,
    hold_id: Annotated[str, typer.Argument(metavar="ID", help=both("Wie `holds` sie zeigt.", "As `holds` shows it."))],
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        if not ink.lift_hold(hold_id):
            raise NotFound(_UNKNOWN_HOLD.fill(id=hold_id))
        if as_json:
            output.document({"id": hold_id, "lifted": True})
        else:
            output.tell(_LIFTED, id=hold_id)


tasks_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    tasks_app,
    name="tasks",
    rich_help_panel=PANEL,
    help=both(
        "Listet, was nur ein Mensch tun kann; `tasks done ID` hakt ab.", "Lists what only a person can do; `tasks done ID` ticks one off."
    ),
)


@tasks_app.callback()
def tasks(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help=both("Auch die erledigten.", "Those that are done, too."))] = False,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        found = ink.tasks(done=everything)
        if as_json:
            output.document({"tasks": found})
        elif found:
            picture.tasks(ink, found)
        else:
            output.tell(_NO_TASK)


@tasks_app.command("done", help=both("Hakt eine Aufgabe ab.", "Ticks a task off."))
def done(
    ctx: typer.Context,
    task_id: Annotated[str, typer.Argument(metavar="ID", help=both("Wie `tasks` sie zeigt.", "As `tasks` shows it."))],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help=both("Was dabei herauskam.", "What came of it."))] = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        if not ink.finish_task(task_id, resolution=note):
            raise NotFound(_UNKNOWN_TASK.fill(id=task_id))
        if as_json:
            output.document({"id": task_id, "done": True})
        else:
            output.tell(_TICKED, id=task_id)
    raise typer.Exit(Exit.DONE)


_HELD = Text("Mahnstopp {id} gesetzt.", "Hold {id} set.")
_LIFTED = Text("Mahnstopp {id} aufgehoben.", "Hold {id} lifted.")
_NO_HOLD = Text("Kein Mahnstopp.", "No hold.")
_UNKNOWN_HOLD = Text("Es gibt keinen Mahnstopp „{id}“: `inkasso holds` listet alle.", 'There is no hold "{id}": `inkasso holds` lists all.')
_ID, _ON, _UNTIL = Text("Nummer", "Id"), Text("Worauf", "On"), Text("Bis", "Until")
_REASON, _BY = Text("Grund", "Reason"), Text("Von", "By")
_NO_TASK = Text("Keine Aufgabe.", "No task.")
_TICKED = Text("Aufgabe {id} erledigt.", "Task {id} done.")
_UNKNOWN_TASK = Text(
    "Es gibt keine offene Aufgabe „{id}“: `inkasso tasks` listet alle.", 'There is no open task "{id}": `inkasso tasks` lists all.'
)
