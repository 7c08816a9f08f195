"""The inbox on the command line: what agencies wrote, asked and collected; looking at it, answering it, settling it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, ByAccount, Reason, Shop, read_one_of
from inkasso_core.cli.output import Cell
from inkasso_core.cli.said import word_of
from inkasso_core.cli.session import opened
from inkasso_core.cli.work import PANEL
from inkasso_core.cli.written import DocumentKind, MaybeText, TextFile, text_of
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import InboxItem, Inkasso

app = typer.Typer()
inbox_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    inbox_app,
    name="inbox",
    rich_help_panel=PANEL,
    help=both(
        "Listet, was Agenturen schrieben, fragten und einzogen; `inbox show ID`, `inbox answer ID`, `inbox done ID`.",
        "Lists what agencies wrote, asked and collected; `inbox show ID`, `inbox answer ID`, `inbox done ID`.",
    ),
)
Id = Annotated[str, typer.Argument(metavar="ID", help=both("Nummer aus `inkasso inbox`.", "Id of `inkasso inbox`."))]
KINDS = ("question", "message", "payment")


@inbox_app.callback()
def inbox(
    ctx: typer.Context,
    claim: Annotated[str | None, typer.Option("--claim", metavar="REF", help=both("Nur zu dieser.", "Of this claim alone."))] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="|".join(KINDS), parser=read_one_of(KINDS), help=both("Nur dieser Art.", "Of this kind alone.")),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=both("Auch Gelesenes und Beantwortetes.", "What was read and answered, too."))
    ] = False,
    account: ByAccount = None,
    shop: Shop = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=both("Als CSV in diese Datei.", "As CSV into this file."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if csv is not None and as_json:
        raise WrongUsage(_ONE_FORM)
    with opened(ctx) as ink:
        ink.require(account=account, shop=shop)
        found = ink.inbox(claim, everything=everything, kinds=kind or KINDS, account=account, shop=shop)
        if as_json:
            output.document({"inbox": found})
        elif csv is not None:
            output.tell(_WRITTEN, count=output.number(ink.export_inbox(csv, found)), file=csv)
        else:
            for item in found:
                _print(ink, item)
            if not found:
                output.tell(_NONE)


@inbox_app.command(
    "show",
    help=both(
        "Zeigt einen Eintrag mit dem, was die Agentur schrieb: auch Personenbezogenes. Er gilt damit als gelesen.",
        "Shows an item with what the agency wrote: personal data included. It counts as read with that.",
    ),
)
def show(ctx: typer.Context, item_id: Id, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        item, text = ink.inbox_item(item_id)
        if as_json:
            output.document({**item._asdict(), "text": text})
            return
        _print(ink, item)
        output.verbatim(text if text is not None else say(_NO_TEXT))


@inbox_app.command(
    "answer",
    help=both(
        "Beantwortet einen Eintrag mit einem Text oder einer Unterlage; `transmit` oder `run` sendet es.",
        "Answers an item with a text or a document; `transmit` or `run` sends it.",
    ),
)
def answer(
    ctx: typer.Context,
    item_id: Id,
    text: MaybeText = None,
    file: TextFile = None,
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", help=both("Statt eines Textes: diese Unterlage.", "Instead of a text: this document.")),
    ] = None,
    kind: DocumentKind = "other",
    again: Annotated[bool, typer.Option("--again", help=both("Noch einmal antworten.", "Answer once more."))] = False,
    as_json: AsJson = False,
) -> None:
    if document is not None and (text is not None or file is not None):
        raise WrongUsage(_TEXT_OR_DOCUMENT)
    written = text_of(text, file) if document is None else None
    with opened(ctx) as ink:
        found = ink.answer(item_id, written, document=document, kind=kind, again=again)
        if as_json:
            output.document({"instruction": found})
        else:
            output.tell(_BY_HAND if found.state == "refused" else _ANSWERED, id=found.id)


@inbox_app.command(
    "done",
    help=both(
        "Erledigt Einträge, die keine Antwort brauchen; bei Fragen mit Grund.",
        "Settles items that need no answer; questions with a reason.",
    ),
)
def done(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help=both("Nummern aus `inkasso inbox`.", "Ids of `inkasso inbox`."))],
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        settled = ink.inbox_done(ids, reason=reason)
    if as_json:
        output.document({"done": settled})
    else:
        output.tell(_DONE, count=output.number(len(settled)))


def _print(ink: Inkasso, item: InboxItem) -> None:
    """Print an item: what kind, of which claim, and how far it is."""
    zone = ink.settings.zone
    style = words.PALE if item.done_at is not None else words.RED if item.kind == "question" else words.YELLOW
    money = output.money(item.amount, item.currency) if item.amount is not None and item.currency else ""
    case = f"{say(_CASE)} {item.case_reference}" if item.case_reference else ""
    output.line(Cell(f"{words.POINT} ", style), Cell(say(_KINDS[item.kind]), style), "  ", Cell(item.ref, "bold"), f"  {money}  {case}")
    happened = output.moment(item.happened_at, zone) if item.happened_at is not None else output.day(item.happened_on)
    output.indented("  ".join(filter(None, (item.id, item.account, happened or output.moment(item.received_at, zone)))), words.PALE)
    if item.answered_at is not None:
        state = word_of("state", item.answer_state or "")
        output.indented(
            say(_BY.fill(at=output.moment(item.answered_at, zone), by=item.answered_by, id=item.answer_id, state=state)), words.PALE
        )
    elif item.done_at is not None:
        output.indented(" ".join(filter(None, (output.moment(item.done_at, zone), item.done_by, item.done_why))), words.PALE)


_KINDS = {"question": Text("Frage", "question"), "message": Text("Nachricht", "message"), "payment": Text("Zahlung", "payment")}
_CASE = Text("Aktenzeichen", "case")
_BY = Text("beantwortet am {at} ({by}), Meldung {id}: {state}", "answered on {at} ({by}), report {id}: {state}")
_NONE = Text("Nichts wartet: keine Frage ist offen, alles ist gelesen.", "Nothing waits: no question is open, everything was read.")
_NO_TEXT = Text("Die Agentur schrieb keinen Text dazu.", "The agency wrote no text with it.")
_ANSWERED = Text("Meldung {id} wartet: `inkasso transmit` sendet sie.", "Report {id} waits: `inkasso transmit` sends it.")
_BY_HAND = Text(
    "Die Anbindung kann Meldung {id} nicht senden: die Aufgabe dazu sagt, was zu tun ist (`inkasso tasks`).",
    "The adapter cannot send report {id}: the task says what is to be done (`inkasso tasks`).",
)
_DONE = Text("Erledigt: {count}.", "Done: {count}.")
_WRITTEN = Text("{count} Einträge in {file} geschrieben.", "{count} items written to {file}.")
_ONE_FORM = Text("Bitte --csv oder --json angeben, nicht beides.", "Give --csv or --json, not both.")
_TEXT_OR_DOCUMENT = Text("Mit einem Text oder mit --document antworten.", "Answer with a text or with --document.")
