"""Telling agencies: recalls, what waits to be told, and what became of what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, picture
from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import both
from inkasso_core.cli.options import AsJson, ByAccount, NeededReason, Ref, Refs, Shop
from inkasso_core.cli.said import word_of
from inkasso_core.cli.session import opened
from inkasso_core.cli.work import PANEL, finish
from inkasso_core.cli.written import DocumentKind, DocumentPath, MaybeText, TextFile, text_of
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Instructed

app = typer.Typer()


@app.command(
    "recall",
    rich_help_panel=PANEL,
    help=both(
        "Ruft Fälle bei der Agentur zurück; gekündigt sind sie, wenn sie es bestätigt.",
        "Recalls cases from the agency; they are cancelled once it confirms that.",
    ),
)
def recall(
    ctx: typer.Context,
    refs: Refs,
    reason: NeededReason,
    accept_costs: Annotated[
        bool, typer.Option("--accept-costs", help=both("Der Kostenhinweis ist gelesen.", "The notice of the costs was read."))
    ] = False,
    consent: Annotated[bool, typer.Option("--consent", help=both("Der Verkäufer ist einverstanden.", "The vendor agrees."))] = False,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.recall(refs, shop=shop, reason=reason, costs_accepted=accept_costs, consent=consent), as_json)


@app.command(
    "message",
    rich_help_panel=PANEL,
    help=both(
        "Schreibt der Agentur zu einem Fall, den sie hat; `transmit` oder `run` sendet es.",
        "Writes to the agency about a case that it has; `transmit` or `run` sends it.",
    ),
)
def message(
    ctx: typer.Context, ref: Ref, text: MaybeText = None, file: TextFile = None, shop: Shop = None, as_json: AsJson = False
) -> None:
    written = text_of(text, file)
    with opened(ctx) as ink:
        _queued(ink.send_message(ref, written, shop=shop), as_json)


@app.command(
    "document",
    rich_help_panel=PANEL,
    help=both(
        "Sendet der Agentur eine Unterlage zu einem Fall, den sie hat: Rechnung, Mahnung, Liefernachweis.",
        "Sends the agency a document for a case that it has: invoice, reminder, proof of delivery.",
    ),
)
def document(
    ctx: typer.Context, ref: Ref, path: DocumentPath, kind: DocumentKind = "other", shop: Shop = None, as_json: AsJson = False
) -> None:
    with opened(ctx) as ink:
        _queued(ink.send_document(ref, path, kind=kind, shop=shop), as_json)


def _queued(found: Instructed, as_json: bool) -> None:
    if as_json:
        output.document({"instruction": found})
    else:
        output.tell(_BY_HAND if found.state == "refused" else _QUEUED, id=found.id, ref=found.ref)


instructions_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    instructions_app,
    name="instructions",
    rich_help_panel=PANEL,
    help=both(
        "Listet Meldungen an Agenturen, die warten, ungeklärt oder abgelehnt sind; `instructions resolve ID` klärt eine.",
        "Lists what agencies are to be told and waits, is unclear or was refused; `instructions resolve ID` resolves one.",
    ),
)


@instructions_app.callback()
def instructions(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help=both("Auch, was gemeldet ist.", "What was told, too."))] = False,
    claim: Annotated[str | None, typer.Option("--claim", metavar="REF", help=both("Nur zu dieser.", "Of this claim alone."))] = None,
    account: ByAccount = None,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        ink.require(account=account)
        found = ink.instructions(claim, everything=everything, account=account, shop=shop)
        if as_json:
            output.document({"instructions": found})
        elif found:
            picture.instructions(ink, found, with_ref=True)
        else:
            output.tell(_NONE)


@instructions_app.command(
    "show",
    help=both(
        "Zeigt eine Meldung mit allem, was sie der Agentur sagt: auch Personenbezogenes.",
        "Shows an instruction with all that it tells the agency: personal data included.",
    ),
)
def show(
    ctx: typer.Context,
    instruction_id: Annotated[str, typer.Argument(metavar="ID", help=both("Wie `instructions` sie zeigt.", "As `instructions` shows it."))],
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        found, said = ink.instruction(instruction_id)
        if as_json:
            output.document({"instruction": found, "said": said})
            return
        picture.instructions(ink, [found], with_ref=True)
        for name, value in said.items():
            if value not in (None, "", {}, []):
                output.verbatim(value if name == "text" else f"{name}: {value}")


@instructions_app.command(
    "resolve",
    help=both(
        "Sagt, was ein Blick ins Portal ergab: die Agentur weiß es, oder nicht.",
        "Says what a look into the portal found: the agency knows, or not.",
    ),
)
def resolve(
    ctx: typer.Context,
    instruction_id: Annotated[str, typer.Argument(metavar="ID", help=both("Wie `instructions` sie zeigt.", "As `instructions` shows it."))],
    reason: NeededReason,
    done: Annotated[bool, typer.Option("--done", help=both("Die Agentur weiß es.", "The agency knows."))] = False,
    not_done: Annotated[bool, typer.Option("--not-done", help=both("Die Agentur weiß es nicht.", "The agency does not know."))] = False,
    send_again: Annotated[
        bool, typer.Option("--send-again", help=both("Mit --not-done: noch einmal senden.", "With --not-done: send it again."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    if done is not_done or (send_again and not not_done):
        raise WrongUsage(_DONE_OR_NOT)
    with opened(ctx) as ink:
        found = ink.resolve_instruction(instruction_id, done=done, send_again=send_again, reason=reason)
        if as_json:
            output.document({"instruction": found})
        else:
            output.tell(_RESOLVED, id=found.id, state=word_of("state", found.state))


_QUEUED = Text("{ref}: Meldung {id} wartet: `inkasso transmit` sendet sie.", "{ref}: report {id} waits: `inkasso transmit` sends it.")
_BY_HAND = Text(
    "{ref}: Die Anbindung kann Meldung {id} nicht senden: die Aufgabe dazu sagt, was zu tun ist (`inkasso tasks`).",
    "{ref}: the adapter cannot send report {id}: the task says what is to be done (`inkasso tasks`).",
)
_NONE = Text("Der Agentur ist nichts zu melden.", "There is nothing to be told to an agency.")
_DONE_OR_NOT = Text(
    "Bitte --done oder --not-done angeben; --send-again nur mit --not-done.",
    "Give --done or --not-done; --send-again only with --not-done.",
)
_RESOLVED = Text("Meldung {id}: {state}.", "Report {id}: {state}.")
