"""What waits: holds (Mahnstopp), and tasks that only a person can do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, picture, words
from inkasso_core.cli.exits import Exit, WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, MaybeRef, NeededReason, Shop, one_of, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened
from inkasso_core.errors import NotFound
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Hold, Inkasso

app = typer.Typer()
PANEL = both("Bearbeiten", "Working")


class Scope(StrEnum):
    """What a hold stops."""

    CLAIM = "claim"
    ORDER = "order"
    INVOICE = "invoice"
    DEBTOR = "debtor"


@app.command(
    "hold",
    rich_help_panel=PANEL,
    help=both(
        "Setzt einen Mahnstopp auf eine Forderung, ihren Auftrag, ihre Rechnung oder ihren Schuldner.",
        "Puts a hold on a claim, its order, its invoice or its debtor.",
    ),
)
def hold(
    ctx: typer.Context,
    reason: NeededReason,
    ref: MaybeRef = None,
    invoice: Annotated[
        str | None,
        typer.Option("--invoice", metavar="NUMBER", help=both("Statt REF: auf diese Rechnung.", "Instead of REF: on this invoice.")),
    ] = None,
    scope: Annotated[
        Scope | None,
        typer.Option(
            "--scope",
            metavar="claim|order|invoice|debtor",
            parser=one_of(Scope),
            help=both("Worauf; sonst auf die Forderung.", "On what; left out, on the claim."),
        ),
    ] = None,
    until: Annotated[
        dt.date | None,
        typer.Option(
            "--until", metavar="DATE", parser=read_day, help=both("Letzter Tag; sonst ohne Ende.", "Last day; left out, without an end.")
        ),
    ] = None,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    if (ref is None) is (invoice is None) or (invoice is not None and scope not in (None, Scope.INVOICE)):
        raise WrongUsage(_REF_OR_INVOICE)
    with opened(ctx) as ink:
        target = ink.find(ref, shop=shop, exact=True).id if ref is not None else _of_invoice(ink, invoice or "", shop)
        wanted = Scope.INVOICE if invoice is not None else scope or Scope.CLAIM
        hold_id = ink.hold(target, reason=reason, scope=wanted.value, until=until)
        stored = ink.find(target)
        if as_json:
            output.document({"id": hold_id, "ref": stored.ref, "scope": wanted, "state": stored.state})
        else:
            output.tell(_HELD, id=hold_id)


def _of_invoice(ink: Inkasso, number: str, shop: str | None) -> str:
    """Return the id of a claim that bears the number; raises :class:`NotFound`, and :class:`WrongUsage` where several shops have it."""
    from inkasso_core.app import Filter

    found = {stored.shop: stored.id for stored in ink.claims(Filter(shop=shop, invoice=number))}
    if not found:
        raise NotFound(_UNKNOWN_INVOICE.fill(number=number))
    if len(found) > 1:
        raise WrongUsage(_SEVERAL_SHOPS.fill(number=number, shops=", ".join(sorted(found))))
    return next(iter(found.values()))


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
        ink.require(shop=shop)
        found = ink.holds(shop)
        touched = {h.id: [stored.ref for stored in ink.held(h)] for h in found}
        if as_json:
            output.document({"holds": [{**h._asdict(), "claims": touched[h.id], "over": _is_over(h, ink.today())} for h in found]})
        elif found:
            output.table(_HEADS, [_row(ink, h, touched[h.id]) for h in found])
        else:
            output.tell(_NO_HOLD)


def _row(ink: Inkasso, h: Hold, refs: Sequence[str]) -> list[str | Cell]:
    over = _is_over(h, ink.today())
    until = f"{output.day(h.until)} {say(_OVER)}" if over else output.day(h.until) or say(_ENDLESS)
    by = f"{h.set_by}, {output.local(h.set_at, ink.settings.zone)}"
    return [h.id, _on(h, refs), Cell(until, words.PALE if over else ""), h.reason, by]


def _on(h: Hold, refs: Sequence[str]) -> str:
    """What is held. A debtor is named by claims of his: his name is nobody's business here."""
    label = say(_SCOPES[Scope(h.scope)])
    if h.scope != Scope.DEBTOR:
        return f"{label} {h.shop}:{h.target}"
    return f"{label} {say(_OF)} {', '.join(refs[:_REFS_SHOWN])}{' …' if len(refs) > _REFS_SHOWN else ''}" if refs else f"{label} ({h.shop})"


def _is_over(h: Hold, today: dt.date) -> bool:
    return h.until is not None and h.until < today


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
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help=both(
                "Schreibt, was im Shop von Hand einzutragen ist: Auftragsnummer, neuer Status, Datum, Text.",
                "Writes what is to be entered in the shop by hand: order number, new status, date, text.",
            ),
        ),
    ] = None,
    shop: Annotated[
        str | None, typer.Option("--shop", metavar="SHOP", help=both("Mit --csv: nur dieses Shops.", "With --csv: of this shop alone."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        if csv is not None:
            ink.require(shop=shop)
            rows = ink.export_errands(csv, shop)
            if as_json:
                output.document({"path": str(csv), "rows": rows})
            else:
                output.tell(_WRITTEN, path=csv, rows=rows)
            return
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
_HEADS = (
    Head(Text("Nummer", "Id"), "short"),
    Head(Text("Worauf", "On"), "ref"),
    Head(Text("Bis", "Until"), "short"),
    Head(Text("Grund", "Reason")),
    Head(Text("Von", "By")),
)
_SCOPES = {
    Scope.CLAIM: Text("Forderung", "claim"),
    Scope.ORDER: Text("Auftrag", "order"),
    Scope.INVOICE: Text("Rechnung", "invoice"),
    Scope.DEBTOR: Text("Schuldner", "debtor"),
}
_REFS_SHOWN = 3
_OF, _OVER, _ENDLESS = Text("von", "of"), Text("(vorbei)", "(over)"), Text("ohne Ende", "no end")
_REF_OR_INVOICE = Text(
    "Bitte eine Forderung (SHOP:AUFTRAG) oder eine Rechnung (--invoice) nennen; --scope gehört zur Forderung.",
    "Name a claim (SHOP:ORDER) or an invoice (--invoice); --scope belongs to the claim.",
)
_UNKNOWN_INVOICE = Text("Keine Forderung trägt die Rechnungsnummer „{number}“.", 'No claim bears the invoice number "{number}".')
_SEVERAL_SHOPS = Text(
    "Die Rechnungsnummer „{number}“ gibt es in mehreren Shops: --shop angeben ({shops}).",
    'Several shops have the invoice number "{number}": give --shop ({shops}).',
)
_WRITTEN = Text("{path}: {rows} Einträge für den Shop.", "{path}: {rows} entries for the shop.")
_NO_TASK = Text("Keine Aufgabe.", "No task.")
_TICKED = Text("Aufgabe {id} erledigt.", "Task {id} done.")
_UNKNOWN_TASK = Text(
    "Es gibt keine offene Aufgabe „{id}“: `inkasso tasks` listet alle.", 'There is no open task "{id}": `inkasso tasks` lists all.'
)
