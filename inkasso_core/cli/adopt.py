"""Earlier hand-overs: the list of what was handed over by hand before, and what is recorded of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit, WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import Account, AsJson, ByAccount, NeededReason, Shop, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import AdoptedRow, Adoption, Earlier

app = typer.Typer()
PANEL = both("Übergeben", "Handing over")
SHOWN = 20

List = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE]",
        help=both(
            "CSV oder JSON mit Auftrag oder Rechnung, Aktenzeichen, Tag; - liest die Standardeingabe.",
            "CSV or JSON with order or invoice, case reference, day; - reads standard input.",
        ),
    ),
]


@app.command(
    "adopt",
    rich_help_panel=PANEL,
    help=both(
        "Trägt ein, was früher von Hand an die Agentur ging: das wird nie noch einmal übergeben, auch wenn der Shop es erst später meldet.",
        "Records what went to the agency by hand before: it is never handed over again, also where the shop reports it only later.",
    ),
)
def adopt(
    ctx: typer.Context,
    account: Account,
    file: List = None,
    before: Annotated[
        dt.date | None,
        typer.Option(
            "--before",
            metavar="DATE",
            parser=read_day,
            help=both(
                "Statt einer Liste: alles, was vor diesem Tag fällig war.",
                "Instead of a list: all that was due before this day.",
            ),
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="TEXT", help=both("Auf welchem Weg; sonst von Hand.", "Which way; left out, by hand.")),
    ] = None,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    if (file is None) is (before is None):
        raise WrongUsage(_LIST_OR_DAY)
    with opened(ctx) as ink:
        with output.glances(say(_ADOPTING)) as moved:
            done = ink.adopt(account, file, before=before, shop=shop, channel=channel, on_progress=moved)
        if as_json:
            output.document(
                {
                    "account": done.account,
                    "claims": done.claims,
                    "complete": done.is_complete,
                    "counts": done.counts,
                    "rows": [_document(row) for row in done.rows],
                }
            )
        else:
            _print(done)
    raise typer.Exit(Exit.DONE if done.is_complete and not _trouble(done) else Exit.REFUSED)


def _document(row: AdoptedRow) -> dict[str, Any]:
    problem = row.problem
    told = {"field": problem.field, "message": problem.text} if problem is not None else None
    return {**row._asdict(), "problem": told}


def _trouble(done: Adoption) -> list[AdoptedRow]:
    return [row for row in done.rows if row.fate in _TROUBLE]


def _print(done: Adoption) -> None:
    few = len(done.rows) <= SHOWN
    shown = done.rows if few else _trouble(done)[:SHOWN]
    if shown:
        output.table(_HEADS, [_row(row) for row in shown])
    if not few:
        output.note(_MORE, count=output.number(len(done.rows) - len(shown)))
    output.line(", ".join(f"{output.number(n)} {say(_FATES[fate])}" for fate, n in done.counts.items()) or say(_EMPTY))
    output.tell(_TAKEN, claims=words.counted(done.claims, words.CLAIMS))
    output.tell(_NEXT if done.is_complete else _NOT_COMPLETE, account=done.account)


def _row(row: AdoptedRow) -> list[str | Cell]:
    number = ", ".join(filter(None, (row.order, row.invoice))) or (
        say(_BEFORE.fill(day=output.day(row.day))) if row.problem is None else ""
    )
    fate = Cell(say(_FATES[row.fate]), words.RED if row.fate in _TROUBLE else words.GREEN if row.fate == "adopted" else words.PALE)
    why = f"{row.problem.field}: {say(row.problem.text)}" if row.problem is not None else " ".join(row.refs[:SHOWN])
    return [row.place or row.shop or "", number, row.case_reference or "", output.day(row.day), fate, why]


adopted_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    adopted_app,
    name="adopted",
    rich_help_panel=PANEL,
    help=both(
        "Listet die eingetragenen früheren Übergaben; `adopted drop ID` nimmt einen falschen Eintrag zurück.",
        "Lists the earlier hand-overs that are recorded; `adopted drop ID` takes a wrong line back.",
    ),
)


@adopted_app.callback()
def adopted(
    ctx: typer.Context,
    account: ByAccount = None,
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help=both("Nur, was noch kein Shop gemeldet hat.", "Only what no shop has reported yet.")),
    ] = False,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        ink.require(account=account)
        found = ink.adopted(account, waiting=waiting)
        if as_json:
            output.document({"adopted": [{**one.line._asdict(), "claims": one.claims} for one in found]})
        elif found:
            output.table(_LISTED, [_line(one) for one in found])
        else:
            output.tell(_NONE)


def _line(one: Earlier) -> list[str | Cell]:
    line = one.line
    number = ", ".join(filter(None, (line.order_key, line.invoice_key))) or say(_BEFORE.fill(day=output.day(line.due_before)))
    claims = Cell(output.number(one.claims), words.YELLOW if not one.claims else "")
    return [line.id, line.shop, line.account, number, line.case_reference or "", output.day(line.placed_on), claims]


@adopted_app.command("drop", help=both("Nimmt einen falschen Eintrag zurück.", "Takes a wrong line back."))
def drop(
    ctx: typer.Context,
    line_id: Annotated[str, typer.Argument(metavar="ID", help=both("Wie `adopted` sie zeigt.", "As `adopted` shows it."))],
    reason: NeededReason,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        ink.drop_adopted(line_id, reason=reason)
        if as_json:
            output.document({"id": line_id, "dropped": True})
        else:
            output.tell(_DROPPED, id=line_id)


_TROUBLE = frozenset({"under_way", "elsewhere", "refused"})
_FATES: Mapping[str, Text] = MappingProxyType(
    {
        "adopted": Text("als übergeben eingetragen", "recorded as handed over"),
        "repeated": Text("war schon eingetragen", "was recorded already"),
        "awaited": Text("vorgemerkt, noch nicht gemeldet", "noted, not reported yet"),
        "ended": Text("schon beendet", "ended already"),
        "under_way": Text("Übermittlung läuft: klären", "transmission under way: settle it"),
        "elsewhere": Text("schon von inkasso übergeben: klären", "handed over by inkasso already: settle it"),
        "refused": Text("abgelehnt", "refused"),
    }
)
_HEADS = (
    Head(Text("Zeile", "Row"), "ref"),
    Head(Text("Nummer", "Number"), "ref"),
    Head(Text("Aktenzeichen", "Case"), "ref"),
    Head(Text("Tag", "Day"), "short"),
    Head(Text("Ergebnis", "Result")),
    Head(Text("Forderungen", "Claims")),
)
_LISTED = (
    Head(Text("Eintrag", "Line"), "short"),
    Head(Text("Shop", "Shop")),
    Head(Text("Konto", "Account")),
    Head(Text("Nummer", "Number"), "ref"),
    Head(Text("Aktenzeichen", "Case"), "ref"),
    Head(Text("Tag", "Day"), "short"),
    Head(Text("Forderungen", "Claims"), "number"),
)
_ADOPTING = Text("Frühere Übergaben", "Earlier hand-overs")
_BEFORE = Text("fällig vor {day}", "due before {day}")
_LIST_OR_DAY = Text("Bitte eine Liste oder --before angeben, nicht beides.", "Give a list or --before, not both.")
_MORE = Text("und {count} weitere; alle mit --json.", "and {count} more; all with --json.")
_EMPTY = Text("Die Liste ist leer.", "The list is empty.")
_TAKEN = Text("Jetzt als übergeben eingetragen: {claims}.", "Recorded as handed over now: {claims}.")
_NEXT = Text(
    "Was der Shop davon noch meldet, gilt sofort als übergeben. Weiter: `inkasso go-live {account} --first 10`.",
    "What the shop has yet to report of it counts as handed over at once. Next: `inkasso go-live {account} --first 10`.",
)
_NOT_COMPLETE = Text(
    "Die Liste ist nicht vollständig eingetragen: die abgelehnten Zeilen berichtigen und denselben Aufruf wiederholen.",
    "The list is not recorded completely: correct the refused rows and repeat the same call.",
)
_NONE = Text("Keine frühere Übergabe eingetragen.", "No earlier hand-over is recorded.")
_DROPPED = Text("Eintrag {id} zurückgenommen.", "Line {id} taken back.")
