"""Reports that became no claim: which, why, and settling those that need nobody's care any more."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, NeededReason, Shop
from inkasso_core.cli.output import Cell
from inkasso_core.cli.session import opened
from inkasso_core.model.words import Text

app = typer.Typer()
events_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    events_app,
    name="events",
    rich_help_panel=both("Aufnehmen", "Bringing in"),
    help=both(
        "Listet Meldungen, die keine Forderung wurden, mit dem Grund; `events done ID` erledigt welche.",
        "Lists reports that became no claim, with the reason; `events done ID` settles some.",
    ),
)
_DOCUMENTED = (
    *("id", "shop", "kind", "status", "place", "code", "field", "message", "reported_at", "received_at"),
    *("settled_at", "settled_by", "settled_why"),
)


@events_app.callback()
def events(
    ctx: typer.Context,
    shop: Shop = None,
    everything: Annotated[bool, typer.Option("--all", help=both("Auch die erledigten.", "Those that are settled, too."))] = False,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        ink.require(shop=shop)
        found = ink.failed_events(shop)
        if everything:
            found = sorted([*found, *ink.failed_events(shop, settled=True)], key=lambda row: str(row.id))
        if as_json:
            output.document({"events": [event_document(row) for row in found]})
            return
        for row in found:
            print_event(row, ink.settings.zone)
        if not found:
            output.tell(_NO_EVENT)


@events_app.command(
    "done",
    help=both(
        "Erledigt gescheiterte Meldungen: wer, wann und warum bleibt bei ihnen stehen.",
        "Settles failed reports: who, when and why stays with them.",
    ),
)
def done(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help=both("Nummern aus `inkasso events`.", "Ids of `inkasso events`."))],
    reason: NeededReason,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        settled = ink.settle_events(ids, reason=reason)
    if as_json:
        output.document({"settled": settled})
    else:
        output.tell(_SETTLED, count=output.number(len(settled)))


def event_document(row: Any) -> dict[str, Any]:
    """Return a failed report for programs."""
    return {name: getattr(row, name) for name in _DOCUMENTED}


def print_event(row: Any, zone: dt.tzinfo) -> None:
    """Print a failed report: its reason and place, its id and when it came, and how it was settled."""
    place = f"{row.shop}  {row.place or ''}".strip()
    style = words.RED if row.settled_at is None else words.PALE
    output.line(Cell(f"{words.POINT} ", style), Cell(row.code or "", style), f"  {place}", Cell(f"  {row.field or ''}", words.PALE))
    if row.message:
        output.indented(say(Text(**row.message)))
    output.indented(f"{row.id}  {say(_CAME)} {output.moment(row.received_at, zone)}", words.PALE)
    if row.settled_at is not None:
        by = say(_BY.fill(at=output.moment(row.settled_at, zone), by=row.settled_by, why=row.settled_why))
        output.indented(by, words.PALE)


_NO_EVENT = Text("Alles, was gemeldet wurde, ist angekommen.", "All that was reported has arrived.")
_SETTLED = Text("Erledigt: {count}.", "Settled: {count}.")
_CAME = Text("gemeldet am", "reported on")
_BY = Text("erledigt am {at} ({by}): {why}", "settled on {at} ({by}): {why}")
