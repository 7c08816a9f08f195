"""What the agencies have: claims that were handed over or exported, with where each case stands there (Übermittelte Mahnungen)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.chosen import Narrowing
from inkasso_core.cli.language import both
from inkasso_core.cli.look import SHOWN
from inkasso_core.cli.options import AsJson, ByAccount, Limit, Shop, States, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, Transmitted

app = typer.Typer()
PANEL = both("Ansehen", "Looking")

HEADS = (
    Head(Text("Forderung", "Claim"), "ref"),
    Head(Text("Status", "State")),
    Head(Text("Konto", "Account")),
    Head(Text("Aktenzeichen", "Case"), "ref"),
    Head(Text("Bei der Agentur", "At the agency")),
    Head(Text("Übermittelt", "Transmitted"), "short"),
    Head(Text("Rechnung", "Invoice"), "ref"),
)
NARROW = 5
"""So many of the columns fit into the width of a terminal; where there is room, all of them."""

PlacedSince = Annotated[
    dt.date | None,
    typer.Option(
        "--since", metavar="DATE", parser=read_day, help=both("Übermittelt an diesem Tag oder später.", "Transmitted on this day or later.")
    ),
]


@app.command(
    "transmitted",
    rich_help_panel=PANEL,
    help=both(
        "Listet, was an Agenturen ging, das Neueste zuerst, mit Aktenzeichen und Status dort. Mit --json je Zeile ein Objekt (NDJSON).",
        "Lists what went to agencies, the newest first, with case and status there. With --json one object a line (NDJSON).",
    ),
)
def transmitted(
    ctx: typer.Context,
    shop: Shop = None,
    account: ByAccount = None,
    state: States = None,
    since: PlacedSince = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        found = ink.transmitted(Narrowing(shop, state, account).filter(ink), since=since, limit=limit)
        if as_json:
            output.records(map(_document, found))
            return
        shown = list(islice(found, limit or SHOWN))
        if not shown:
            output.tell(_NONE)
            return
        columns = NARROW if output.is_narrow() else len(HEADS)
        output.table(HEADS[:columns], [row[:columns] for row in _rows(ink, shown)])
        if next(found, None) is not None:
            output.note(_MORE, shown=output.number(len(shown)))


def _document(one: Transmitted) -> dict[str, Any]:
    return {"ref": one.ref, **one._asdict()}


def _rows(ink: Inkasso, shown: list[Transmitted]) -> Iterator[list[str | Cell]]:
    for one in shown:
        yield [
            one.ref,
            words.state(one.state, profile_of(ink, one.shop)),
            one.account,
            one.case_reference or "",
            " ".join(filter(None, (one.agency_status, one.agency_code, one.outcome, one.channel))),
            output.day(one.placed_on),
            one.invoice_number or "",
        ]


_NONE = Text("Nichts übermittelt.", "Nothing transmitted.")
_MORE = Text("{shown} gezeigt; alle mit --limit oder --json.", "{shown} shown; all with --limit or --json.")
