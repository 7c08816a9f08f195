"""Looking: lists of claims, one claim whole, its history, and a list as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import typer

from inkasso_core.cli import output, statement, words
from inkasso_core.cli.chosen import Narrowing
from inkasso_core.cli.language import both
from inkasso_core.cli.options import AsJson, AsOf, ByAccount, Limit, Order, Output, Ref, Shop, Since, States, Until, Vendor, Yes
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.picture import entries, picture
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Filter, Inkasso, Stored

app = typer.Typer()
PANEL = both("Ansehen", "Looking")
SHOWN = 1000
"""Rows of a table, unless ``--limit`` says otherwise: more is for ``--json`` and ``export``."""

HEADS = (
    Head(Text("Forderung", "Claim"), "ref"),
    Head(Text("Status", "State")),
    Head(Text("Offen", "Open"), "number"),
    Head(Text("Punkte", "Points")),
    Head(Text("Bereit ab", "Ready from"), "short"),
    Head(Text("Fällig", "Due"), "short"),
    Head(Text("Konto", "Account")),
)
NARROW = 5
"""So many of the columns fit into the width of a terminal; where there is room, all of them."""


@app.command(
    "claims",
    rich_help_panel=PANEL,
    help=both(
        "Listet Forderungen nach Shop und Auftrag. Mit --json je Zeile ein JSON-Objekt (NDJSON).",
        "Lists claims by shop and order. With --json one JSON object a line (NDJSON).",
    ),
)
def claims(
    ctx: typer.Context,
    shop: Shop = None,
    state: States = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    order: Order = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        _listed(ink, Narrowing(shop, state, account, vendor, since, until, order).filter(ink), limit, as_json)


@app.command(
    "queue",
    rich_help_panel=PANEL,
    help=both(
        "Listet, was bereit ist und auf die Freigabe wartet. Mit --json je Zeile ein JSON-Objekt (NDJSON).",
        "Lists what is ready and waits for a release. With --json one JSON object a line (NDJSON).",
    ),
)
def queue(
    ctx: typer.Context,
    shop: Shop = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        chosen = Narrowing(shop, None, account, vendor, since, until).filter(ink, (State.READY,))
        if not _listed(ink, chosen, limit, as_json):
            _print_waiting(ink.count(chosen._replace(states=(State.WAITING,))).get(State.WAITING, 0))


@app.command(
    "show",
    rich_help_panel=PANEL,
    help=both(
        "Zeigt alles zu einer Forderung und was heute oder zu einem Stichtag geschuldet ist, mit personenbezogenen Daten.",
        "Shows all that is known of a claim and what is owed today or as of a date, personal data included.",
    ),
)
def show(ctx: typer.Context, ref: Ref, shop: Shop = None, as_of: AsOf = None, as_json: AsJson = False) -> None:
    from inkasso_core.app import as_json as claim_as_json

    with opened(ctx) as ink:
        details = ink.show(ref, shop=shop)
        reckoned = ink.reckoned(details.stored.id, as_of)
        if as_json:
            output.document({**details._asdict(), "stored": claim_as_json(details.stored), "statement": statement.document(reckoned)})
            return
        picture(ink, details, ink.diagnose(details.stored.id, as_of=as_of), reckoned)


@app.command(
    "history",
    rich_help_panel=PANEL,
    help=both("Zeigt, was mit einer Forderung geschah: wann, wer, was, warum.", "Shows what happened to a claim: when, who, what, why."),
)
def history(ctx: typer.Context, ref: Ref, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        stored = ink.find(ref, shop=shop)
        found = ink.history(stored.ref)
        if as_json:
            output.document({"ref": stored.ref, "history": found})
            return
        output.line(Cell(stored.ref, "bold"), "  ", words.state(stored.state, profile_of(ink, stored.shop)))
        entries(ink, found, profile_of(ink, stored.shop))


@app.command(
    "export",
    rich_help_panel=PANEL,
    help=both(
        "Schreibt Forderungen als CSV für eine Tabellenkalkulation, ohne personenbezogene Daten.",
        "Writes claims as CSV for a spreadsheet, without personal data.",
    ),
)
def export(
    ctx: typer.Context,
    file: Output,
    shop: Shop = None,
    state: States = None,
    account: ByAccount = None,
    vendor: Vendor = None,
    since: Since = None,
    until: Until = None,
    order: Order = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        if file.exists():
            output.confirmed(_OVERWRITE, yes=yes, file=file)
        rows = ink.export(file, Narrowing(shop, state, account, vendor, since, until, order).filter(ink))
        if as_json:
            output.document({"file": file, "rows": rows})
        else:
            output.tell(_WRITTEN, claims=words.counted(rows, words.CLAIMS), file=file)


def _print_waiting(count: int) -> None:
    """Say what to do where nothing is ready."""
    if count:
        output.tell(_WAITING, claims=words.counted(count, words.WAITING_CLAIMS))


def _listed(ink: Inkasso, chosen: Filter, limit: int | None, as_json: bool) -> bool:
    """List claims; return whether anything more is to be said to a person: False where there was none."""
    from inkasso_core.app import as_json as claim_as_json

    if as_json:
        output.records(claim_as_json(stored) for stored in ink.claims(chosen, limit=limit))
        return True
    shown = list(islice(ink.claims(chosen), limit or SHOWN))
    if not shown:
        output.tell(_NONE)
        return False
    columns = NARROW if output.is_narrow() else len(HEADS)
    output.table(HEADS[:columns], [row[:columns] for row in rows(ink, shown)])
    total = sum(ink.count(chosen).values())
    if total > len(shown):
        output.note(_MORE, shown=output.number(len(shown)), total=output.number(total))
    return True


def rows(ink: Inkasso, shown: Iterable[Stored]) -> Iterator[list[str | Cell]]:
    """Return claims as rows under :data:`HEADS`."""
    for s in shown:
        yield [
            s.ref,
            words.state(s.state, profile_of(ink, s.shop)),
            output.money(s.total_open, s.currency),
            words.codes(s.red, s.warnings),
            output.day(s.expected_on) if s.state is State.WAITING else "",
            output.day(s.due_date),
            s.account or "",
        ]


_NONE = Text("Keine Forderung.", "No claim.")
_WAITING = Text(
    "{claims}: `inkasso claims --state waiting`; warum: `inkasso diagnose REF`. Nach einer Änderung der Einstellungen oder an einem neuen "
    "Tag stuft `inkasso run` sie neu ein.",
    "{claims}: `inkasso claims --state waiting`; why: `inkasso diagnose REF`. After a change of the settings, or on a new day, "
    "`inkasso run` classifies them anew.",
)
_MORE = Text(
    "{shown} von {total}. Alle: --limit, --json oder `inkasso export`.", "{shown} of {total}. All: --limit, --json or `inkasso export`."
)
_OVERWRITE = Text("{file} gibt es schon. Überschreiben?", "{file} is there already. Overwrite it?")
_WRITTEN = Text("{claims} in {file}.", "{claims} in {file}.")
