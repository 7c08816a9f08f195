"""The law: what lapses and when, and for how long the tables of legal values last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, ByAccount, Shop, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, Lapses, Lapsing, LegalTable

app = typer.Typer()
LOOKING = both("Ansehen", "Looking")
SETTING_UP = both("Einrichten", "Setting up")


@app.command(
    "limitation",
    rich_help_panel=LOOKING,
    help=both(
        "Listet Forderungen, die verjähren: bis zum Jahresende oder so weit voraus, wie das Konto warnt.",
        "Lists claims that lapse: by the end of the year, or as far ahead as the account warns.",
    ),
)
def limitation(
    ctx: typer.Context,
    before: Annotated[
        dt.date | None,
        typer.Option("--before", metavar="DATE", parser=read_day, help=both("An diesem Tag oder früher.", "On this day or earlier.")),
    ] = None,
    shop: Shop = None,
    account: ByAccount = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        ink.require(shop=shop, account=account)
        found = ink.limitation(before=before, shop=shop, account=account)
        if as_json:
            output.document(_lapses(found))
        else:
            _print_lapses(ink, found)


def _lapses(found: Lapses) -> dict[str, Any]:
    return {"until": found.until, "claims": [_lapsing(one) for one in found.claims], "law_not_known": found.law_not_known}


def _lapsing(one: Lapsing) -> dict[str, Any]:
    from inkasso_core.app import as_json as claim_as_json

    return {**claim_as_json(one.stored), "last_day": one.last_day, "days_left": one.days_left, "unsure": one.unsure}


def _print_lapses(ink: Inkasso, found: Lapses) -> None:
    if not found.claims:
        output.tell(_NOTHING_LAPSES, day=output.day(found.until))
    for last_day, group in groupby(found.claims, key=lambda one: one.last_day):
        some = list(group)
        left = some[0].days_left
        title = _LAPSED if left < 0 else _LAST_DAY if left == 0 else _LAPSING
        output.heading(title, day=output.day(last_day), days=output.number(left), claims=_counted(len(some)), sums=_sums(some))
        output.table(_HEADS, [_row(ink, one) for one in some])
    if any(one.unsure for one in found.claims):
        output.note(_UNSURE)
    if found.law_not_known:
        output.note(_LAW_NOT_KNOWN, count=output.number(found.law_not_known))


def _row(ink: Inkasso, one: Lapsing) -> list[str | Cell]:
    stored = one.stored
    return [
        f"{stored.ref}{' *' if one.unsure else ''}",
        words.state(stored.state, profile_of(ink, stored.shop)),
        Cell(output.day(one.last_day), words.RED if one.days_left < 0 else ""),
        output.number(one.days_left),
        output.money(stored.principal_open, stored.currency),
        output.day(stored.due_date),
        stored.account or "",
    ]


def _counted(count: int) -> str:
    return say(_ONE if count == 1 else _SOME.fill(count=output.number(count)))


def _sums(some: Iterable[Lapsing]) -> str:
    """The open principals, a sum for each currency: they are sorted by it."""
    return ", ".join(
        output.money(sum((one.stored.principal_open for one in same), start=Decimal(0)), currency)
        for currency, same in groupby(some, key=lambda one: one.stored.currency)
    )


@app.command(
    "data",
    rich_help_panel=SETTING_UP,
    help=both(
        "Listet die Tabellen der gesetzlichen Werte: Quelle, Zeilen, und bis wann sie reichen.",
        "Lists the tables of legal values: their source, rows, and how long they last.",
    ),
)
def data(ctx: typer.Context, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        tables = ink.legal_tables()
    if as_json:
        output.document({"tables": [_document(table) for table in tables]})
    else:
        _print(tables)
    raise typer.Exit(Exit.REFUSED if any(table.health == "error" for table in tables) else Exit.DONE)


def _document(table: LegalTable) -> dict[str, Any]:
    return {**table.info._asdict(), "health": table.health, "days_left": table.days_left, "message": table.text}


def _print(tables: Iterable[LegalTable]) -> None:
    told = list(tables)
    output.table((Head(_TABLE), Head(_COUNTRY, "short"), Head(_ROWS, "number"), *_DAYS), [_line(table) for table in told])
    for table in told:
        output.heading(table.info.label)
        output.indented(table.info.source, words.PALE)
    for table in told:
        if table.health != "ok":
            output.line("")
            output.line(Cell(f"{words.POINT} ", words.RED if table.health == "error" else words.YELLOW), say(table.text))


def _line(table: LegalTable) -> list[str | Cell]:
    info = table.info
    until = Cell(say(_LASTING)) if info.covers_until is None else Cell(output.day(info.covers_until), _STYLES[table.health])
    return [say(info.label), info.country, output.number(info.rows), output.day(info.first), output.day(info.last), until]


_STYLES = {"ok": words.GREEN, "warn": words.YELLOW, "error": words.RED}
_HEADS = (
    Head(Text("Forderung", "Claim"), "ref"),
    Head(Text("Status", "State")),
    Head(Text("Letzter Tag", "Last day"), "short"),
    Head(Text("Tage", "Days"), "number"),
    Head(Text("Hauptforderung offen", "Principal open"), "number"),
    Head(Text("Fällig", "Due"), "short"),
    Head(Text("Konto", "Account")),
)
_TABLE, _COUNTRY, _ROWS = Text("Tabelle", "Table"), Text("Land", "Country"), Text("Zeilen", "Rows")
_DAYS = (
    Head(Text("Erste Zeile", "First row"), "short"),
    Head(Text("Letzte Zeile", "Last row"), "short"),
    Head(Text("Reicht bis", "Lasts until"), "short"),
)
_LASTING = Text("zur nächsten Änderung", "the next change")
_NOTHING_LAPSES = Text("Bis {day} verjährt nichts.", "Nothing lapses by {day}.")
_LAPSING = Text(
    "Verjährung mit Ablauf des {day} (in {days} Tagen): {claims}, {sums}", "Lapsing at the end of {day} (in {days} days): {claims}, {sums}"
)
_LAST_DAY = Text(
    "Verjährung mit Ablauf des heutigen Tages ({day}): {claims}, {sums}", "Lapsing at the end of today ({day}): {claims}, {sums}"
)
_LAPSED = Text("Verjährt seit Ablauf des {day}: {claims}, {sums}", "Lapsed since the end of {day}: {claims}, {sums}")
_ONE, _SOME = Text("1 Forderung", "1 claim"), Text("{count} Forderungen", "{count} claims")
_UNSURE = Text(
    "* Etwas kann die Verjährung hinausgeschoben haben: `inkasso show` nennt es.",
    "* Something may have moved limitation later: `inkasso show` names it.",
)
_LAW_NOT_KNOWN = Text(
    "Für {count} weitere, so alte Forderungen ist nicht bekannt, welches Recht gilt: dazu wird nichts gesagt.",
    "For {count} more claims as old as these the law that governs is not known: nothing is said about them.",
)
