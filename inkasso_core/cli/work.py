"""Work on claims: release, withdraw, remove, pause, cancel, and what a person says about the agency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.chosen import Narrowing, in_chunks, refs_of
from inkasso_core.cli.exits import Exit, WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import (
    AsJson,
    AsOf,
    ByAccount,
    Everything,
    MaybeRefs,
    NeededReason,
    Reason,
    Refs,
    Shop,
    Since,
    States,
    Until,
    Vendor,
    Yes,
    read_day,
)
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.errors import InkassoError
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Handled, Inkasso

app = typer.Typer()
PANEL = both("Bearbeiten", "Working")
SHOWN = 20
Work = Callable[["Inkasso", Sequence[str]], Sequence["Handled"]]


@app.command(
    "release",
    rich_help_panel=PANEL,
    help=both(
        "Gibt Forderungen zur Übergabe frei: gewählte oder alle bereiten.",
        "Releases claims for hand-over: those named, or all that are ready.",
    ),
)
def release(
    ctx: typer.Context,
    refs: MaybeRefs = None,
    everything: Everything = False,
    shop: Shop = None,
    state: States = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        narrowing = Narrowing(shop, state, account, vendor, since, until)
        chosen = refs_of(ink, refs, everything, narrowing, default=(State.READY,), question=_RELEASE_ALL, yes=yes)
        with output.progress(say(_RELEASING), len(chosen), unit="claims") as moved:
            done = ink.release(chosen, as_of=as_of, on_progress=moved)
        finish(ink, done, as_json)


@app.command(
    "remove",
    rich_help_panel=PANEL,
    help=both(
        "Nimmt Forderungen aus der Warteschlange, bis `reinstate` sie zurückholt: gewählte oder alle bereiten.",
        "Takes claims out of the queue until `reinstate` brings them back: those named, or all that are ready.",
    ),
)
def remove(
    ctx: typer.Context,
    refs: MaybeRefs = None,
    everything: Everything = False,
    reason: Reason = None,
    shop: Shop = None,
    state: States = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        narrowing = Narrowing(shop, state, account, vendor, since, until)
        chosen = refs_of(ink, refs, everything, narrowing, default=(State.READY,), question=_REMOVE_ALL, yes=yes)
        finish(ink, in_chunks(chosen, lambda some: ink.remove(some, reason=reason), say(_REMOVING)), as_json)


@app.command(
    "withdraw",
    rich_help_panel=PANEL,
    help=both("Nimmt eine Freigabe zurück, solange nichts gesendet ist.", "Takes a release back, as long as nothing was sent."),
)
def withdraw(ctx: typer.Context, refs: Refs, reason: Reason = None, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.withdraw(refs, shop=shop, reason=reason), as_json)


@app.command(
    "reinstate",
    rich_help_panel=PANEL,
    help=both("Holt entfernte, gekündigte oder abgeschlossene zurück.", "Brings removed, cancelled or closed ones back."),
)
def reinstate(ctx: typer.Context, refs: Refs, reason: NeededReason, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.reinstate(refs, shop=shop, reason=reason), as_json)


@app.command(
    "pause",
    rich_help_panel=PANEL,
    help=both(
        "Blockiert Forderungen; bei der Agentur, sobald sie es bestätigt.", "Blocks claims; at the agency as soon as it confirms that."
    ),
)
def pause(
    ctx: typer.Context,
    refs: Refs,
    reason: NeededReason,
    until: Annotated[
        dt.date | None,
        typer.Option(
            "--until",
            metavar="DATE",
            parser=read_day,
            help=both("Letzter Tag; sonst ohne Ende.", "Last day; left out, without an end."),
        ),
    ] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help=both("Die Agentur hat es bestätigt.", "The agency confirmed it."))] = False,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.pause(refs, shop=shop, reason=reason, until=until, confirmed=confirmed), as_json)


@app.command(
    "resume",
    rich_help_panel=PANEL,
    help=both(
        "Hebt eine Blockierung auf: wie vorher; bei der Agentur, sobald sie es bestätigt.",
        "Ends a pause: everything is as before; at the agency as soon as it confirms that.",
    ),
)
def resume(
    ctx: typer.Context,
    refs: Refs,
    confirmed: Annotated[bool, typer.Option("--confirmed", help=both("Die Agentur hat es bestätigt.", "The agency confirmed it."))] = False,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.resume(refs, shop=shop, confirmed=confirmed), as_json)


@app.command(
    "cancel",
    rich_help_panel=PANEL,
    help=both("Stoppt Forderungen; nach der Übergabe nur nach einem Rückruf.", "Stops claims; after the hand-over only after a recall."),
)
def cancel(
    ctx: typer.Context,
    refs: Refs,
    reason: NeededReason,
    consent: Annotated[bool, typer.Option("--consent", help=both("Der Verkäufer ist einverstanden.", "The vendor agrees."))] = False,
    recalled: Annotated[
        bool, typer.Option("--recalled", help=both("Die Agentur hat den Rückruf bestätigt.", "The agency confirmed the recall."))
    ] = False,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.cancel(refs, shop=shop, reason=reason, consent=consent, recalled=recalled), as_json)


@app.command(
    "mark-paid",
    rich_help_panel=PANEL,
    help=both(
        "Vermerkt volle Zahlung; nach der Übergabe erst, wenn die Agentur es weiß.",
        "Notes full payment; after the hand-over only once the agency was told.",
    ),
)
def mark_paid(ctx: typer.Context, refs: Refs, reason: Reason = None, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.mark_paid(refs, shop=shop, reason=reason), as_json)


# What a person says about the agency

Case = Annotated[str | None, typer.Option("--case", metavar="CASE", help=both("Aktenzeichen der Agentur.", "The agency's case reference."))]


@app.command(
    "record-handover",
    rich_help_panel=PANEL,
    help=both(
        "Trägt eine Übergabe auf anderem Weg ein: Portal, Brief, früher.", "Records a hand-over made outside: portal, letter, earlier."
    ),
)
def record_handover(
    ctx: typer.Context,
    refs: Refs,
    channel: Annotated[str, typer.Option("--channel", metavar="TEXT", help=both("Auf welchem Weg.", "Which way."))],
    case: Annotated[str, typer.Option("--case", metavar="CASE", help=both("Aktenzeichen der Agentur.", "The agency's case reference."))],
    date: Annotated[dt.date, typer.Option("--date", metavar="DATE", parser=read_day, help=both("Wann.", "When."))],
    reason: NeededReason,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        finish(ink, ink.record_handover(refs, shop=shop, channel=channel, case_reference=case, on=date, reason=reason), as_json)


@app.command(
    "resolve",
    rich_help_panel=PANEL,
    help=both("Sagt, was ein Blick ins Portal bei ungeklärten ergab.", "Says what a look into the portal found for unclear claims."),
)
def resolve(
    ctx: typer.Context,
    refs: Refs,
    reason: NeededReason,
    there: Annotated[
        str | None,
        typer.Option("--there", metavar="CASE", help=both("Ist da, mit diesem Aktenzeichen.", "Is there, with this case reference.")),
    ] = None,
    not_there: Annotated[bool, typer.Option("--not-there", help=both("Ist nicht da: fehlgeschlagen.", "Is not there: failed."))] = False,
    send_again: Annotated[
        bool, typer.Option("--send-again", help=both("Mit --not-there: wieder freigegeben.", "With --not-there: released again."))
    ] = False,
    shop: Shop = None,
    as_json: AsJson = False,
) -> None:
    if (there is None) is not not_there or (send_again and not not_there):
        raise WrongUsage(_THERE_OR_NOT)
    with opened(ctx) as ink:
        finish(ink, ink.resolve(refs, shop=shop, found=there, reason=reason, send_again=send_again), as_json)


@app.command(
    "confirm",
    rich_help_panel=PANEL,
    help=both(
        "Bestätigt, dass die Agentur hat, was übermittelt wurde: gewählte, alle einer Datei, oder alle.",
        "Confirms that the agency has what was exported: those named, all of a file, or all.",
    ),
)
def confirm(
    ctx: typer.Context,
    refs: MaybeRefs = None,
    file: Annotated[str | None, typer.Option("--file", metavar="FILE", help=both("Alle aus dieser Datei.", "All of this file."))] = None,
    everything: Everything = False,
    case: Case = None,
    shop: Shop = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    from inkasso_core.app import Handled

    if case is not None and (file is not None or everything or len(refs or []) != 1):
        raise WrongUsage(_ONE_CASE)
    if file is not None and (refs or everything):
        raise WrongUsage(_FILE_ALONE)
    with opened(ctx) as ink:
        if file is not None:
            done = ink.confirm(file=file)
            if not done and not as_json:
                output.tell(_CONFIRMED, file=file)
                return
        else:
            narrowing = Narrowing(shop, None, account, vendor, since, until)
            chosen = refs_of(ink, refs, everything, narrowing, default=(State.EXPORTED,), question=_CONFIRM_ALL, yes=yes)
            with output.progress(say(_CONFIRMING), len(chosen), unit="claims") as moved:
                done = ink.confirm(chosen, case_reference=case, on_progress=moved)
        finish(ink, [Handled(stored.ref, stored, problem) for stored, problem in done], as_json)


# What became of it


def finish(ink: Inkasso, handled: Iterable[Handled], as_json: bool) -> None:
    """Say what became of each claim, and end the command: with code 1 where one was refused."""
    done = list(handled)
    refused = [h for h in done if not h.ok]
    if as_json:
        output.document({"done": len(done) - len(refused), "refused": len(refused), "claims": [_document(h) for h in done]})
    else:
        _print(ink, done, refused)
    raise typer.Exit(Exit.REFUSED if refused else Exit.DONE)


def _document(handled: Handled) -> dict[str, Any]:
    problem = handled.problem
    return {
        "ref": handled.ref,
        "done": handled.ok,
        "state": handled.stored.state if handled.stored else None,
        "reason": getattr(problem, "reason", problem.code) if problem else None,
        "message": problem.text if problem else None,
    }


def _print(ink: Inkasso, done: Sequence[Handled], refused: Sequence[Handled]) -> None:
    few = len(done) <= SHOWN
    shown = done if few else refused[:SHOWN]
    if shown:
        output.table((Head(_CLAIM, "ref"), Head(_STATE), Head(_RESULT)), [_row(ink, h) for h in shown])
    if not few and len(refused) > SHOWN:
        output.note(_MORE, count=output.number(len(refused) - SHOWN))
    output.tell(_DONE, done=output.number(len(done) - len(refused)), refused=output.number(len(refused)))


def _row(ink: Inkasso, handled: Handled) -> list[str | Cell]:
    stored = handled.stored
    state = words.state(stored.state, profile_of(ink, stored.shop)) if stored else Cell("")
    return [handled.ref, state, _verdict(handled.problem)]


def _verdict(problem: InkassoError | None) -> Cell:
    return Cell("✔", words.GREEN) if problem is None else Cell(say(problem.text), words.RED)


_RELEASE_ALL = Text("{claims} zur Übergabe freigeben?", "Release {claims} for hand-over?")
_REMOVE_ALL = Text("{claims} aus der Warteschlange nehmen?", "Take {claims} out of the queue?")
_CONFIRM_ALL = Text("Für {claims} bestätigen, dass die Agentur sie hat?", "Confirm for {claims} that the agency has what was exported?")
_RELEASING, _REMOVING, _CONFIRMING = Text("Freigabe", "Release"), Text("Entfernen", "Removal"), Text("Bestätigung", "Confirmation")
_CONFIRMED = Text(
    "Schon bestätigt: Aus {file} wartet keine Forderung mehr auf eine Bestätigung.",
    "Confirmed already: no claim of {file} waits for a confirmation any more.",
)
_THERE_OR_NOT = Text(
    "Bitte --there AKTENZEICHEN oder --not-there angeben; --send-again nur mit --not-there.",
    "Give --there CASE or --not-there; --send-again only with --not-there.",
)
_ONE_CASE = Text("Ein Aktenzeichen (--case) gehört zu genau einer Forderung.", "A case reference (--case) belongs to exactly one claim.")
_FILE_ALONE = Text(
    "--file steht für sich: ohne einzelne Forderungen und ohne --all.", "--file stands alone: without single claims and without --all."
)
_CLAIM, _STATE, _RESULT = Text("Forderung", "Claim"), Text("Status", "State"), Text("Ergebnis", "Result")
_MORE = Text("und {count} weitere abgelehnte; alle mit --json.", "and {count} more that were refused; all with --json.")
_DONE = Text("Erledigt: {done}. Abgelehnt: {refused}.", "Done: {done}. Refused: {refused}.")
