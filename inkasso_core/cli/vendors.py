"""Marketplaces: what vendors let go without a check, and the list of their claims that they see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.chosen import Narrowing
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, Limit, Order, Reason, Shop, Since, States, Until, Yes
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened
from inkasso_core.lifecycle import Profile, State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, Line, Options, View

app = typer.Typer()
PANEL = both("Marktplatz", "Marketplace")
SHOWN = 1000
"""Rows of a table, unless ``--limit`` says otherwise: more is for ``--json`` and ``--csv``."""

Market = Annotated[str, typer.Argument(metavar="SHOP", help=both("Name eines Marktplatzes.", "Name of a marketplace."))]
Whose = Annotated[
    str, typer.Argument(metavar="VENDOR", help=both("Der Verkäufer, wie der Shop ihn nennt.", "The vendor, as the shop calls him."))
]

vendors_app = typer.Typer(invoke_without_command=True)
app.add_typer(
    vendors_app,
    name="vendors",
    rich_help_panel=PANEL,
    help=both(
        "Listet die Verkäufer eines Marktplatzes: was ohne Prüfung geht, und ihre Forderungen je Status.",
        "Lists the vendors of a marketplace: what goes without a check, and their claims in each state.",
    ),
)


@vendors_app.callback()
def vendors(ctx: typer.Context, shop: Shop = None, as_json: AsJson = False) -> None:
    if ctx.invoked_subcommand is not None:
        return
    with opened(ctx) as ink:
        found = ink.vendors(shop)
        if as_json:
            output.document({"vendors": [{**_document(seller.options), "claims": seller.counts} for seller in found]})
        elif found:
            output.table(_HEADS, [_row(seller.options, seller.counts) for seller in found])
        else:
            output.tell(_NO_VENDOR)


@vendors_app.command(
    "show", help=both("Zeigt, was bei einem Verkäufer ohne Prüfung geht.", "Shows what goes without a check for one vendor.")
)
def show(ctx: typer.Context, shop: Market, vendor: Whose, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        _tell(ink, ink.vendor_options(shop, vendor), as_json)


@vendors_app.command(
    "set",
    help=both(
        "Entscheidet, was bei einem Verkäufer ohne Prüfung geht; der Betreiber nennt einen Grund.",
        "Decides what goes without a check for one vendor; the operator gives a reason.",
    ),
)
def decide(
    ctx: typer.Context,
    shop: Market,
    vendor: Whose,
    automatic: Annotated[
        bool | None,
        typer.Option(
            "--automatic/--manual",
            help=both("Neue überfällige Forderungen gehen ohne Prüfung, oder nicht.", "New overdue claims go without a check, or do not."),
        ),
    ] = None,
    chargebacks: Annotated[
        bool | None,
        typer.Option(
            "--chargebacks/--no-chargebacks",
            help=both("Rückbuchungen gehen ohne Prüfung, oder nicht.", "Chargebacks go without a check, or do not."),
        ),
    ] = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        _tell(ink, ink.set_vendor_options(shop, vendor, automatic=automatic, chargebacks=chargebacks, reason=reason), as_json)


@vendors_app.command(
    "publish",
    help=both(
        "Zeigt Verkäufern jetzt den neuen Stand; `inkasso run` tut das einmal am Tag.",
        "Shows vendors the new state now; `inkasso run` does so once a day.",
    ),
)
def publish(ctx: typer.Context, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        found = ink.publish_vendor_view(shop)
        if as_json:
            output.document({"published": found})
            return
        for one in found:
            output.tell(_PUBLISHED, shop=one.shop, claims=words.counted(one.claims, words.CLAIMS))


@app.command(
    "vendor-view",
    rich_help_panel=PANEL,
    help=both(
        "Listet die Forderungen eines Verkäufers und was er tun kann: ihm selbst wie zuletzt veröffentlicht, dem Betreiber wie sie sind.",
        "Lists a vendor's claims and what he can do: to himself as last published, to the operator as they are.",
    ),
)
def vendor_view(
    ctx: typer.Context,
    shop: Market,
    vendor: Whose,
    state: States = None,
    since: Since = None,
    until: Until = None,
    order: Order = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE.csv", help=both("Schreibt sie in diese Datei.", "Writes them into this file."))
    ] = None,
    limit: Limit = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        chosen = Narrowing(shop, state, None, vendor, since, until, order).filter(ink)
        view = ink.vendor_view(shop, vendor, chosen)
        if csv is not None:
            if csv.exists():
                output.confirmed(_OVERWRITE, yes=yes, file=csv)
            rows = ink.export_vendor_view(csv, view)
            output.tell(_WRITTEN, claims=words.counted(rows, words.CLAIMS), file=csv)
        elif as_json:
            output.document(_view_document(view))
        else:
            _print_view(ink, view, limit or SHOWN)


# What is told


def _document(options: Options) -> dict[str, Any]:
    return {**options._asdict(), "by": options.by}


def _tell(ink: Inkasso, options: Options, as_json: bool) -> None:
    if as_json:
        output.document(_document(options))
        return
    output.line(Cell(f"{options.shop}:{options.vendor}", "bold"))
    output.pairs(_facts(ink, options))


def _facts(ink: Inkasso, options: Options) -> Iterator[tuple[Text, str | Cell]]:
    yield _AUTOMATIC, _yes_no(options.automatic)
    yield _CHARGEBACKS, _yes_no(options.chargebacks)
    decided = options.decided
    yield _BY, say(_WHOSE[options.by])
    if decided is not None:
        yield _WHEN, f"{output.moment(decided.at, ink.settings.zone)}, {decided.actor}"
        if decided.reason:
            yield _WHY, decided.reason
    if options.default_from is not None and decided is None:
        yield _DEFAULT, output.day(options.default_from)
    if options.change_from is not None:
        yield _CHANGE, output.day(options.change_from)


def _row(options: Options, counts: Mapping[State, int]) -> list[str | Cell]:
    states = (f"{output.number(counts[state])} {words.state(state, Profile.MARKETPLACE).text}" for state in State if counts.get(state))
    return [
        options.shop,
        options.vendor,
        _yes_no(options.automatic),
        _yes_no(options.chargebacks),
        say(_WHOSE[options.by]),
        ", ".join(states),
    ]


def _yes_no(value: bool) -> Cell:
    return Cell(say(_YES), words.GREEN) if value else Cell(say(_NO), words.PALE)


def _view_document(view: View) -> dict[str, Any]:
    from inkasso_core.app import as_json

    head = {"shop": view.shop, "vendor": view.vendor, "updated_at": view.updated_at, "live": view.live}
    return {**head, "claims": [{**as_json(line.stored), "actions": line.actions} for line in view.lines]}


def _print_view(ink: Inkasso, view: View, limit: int) -> None:
    updated = output.moment(view.updated_at, ink.settings.zone) if view.updated_at is not None else say(_NEVER)
    output.line(
        Cell(f"{view.shop}:{view.vendor}", "bold"), "  ", Cell(say((_LIVE if view.live else _UPDATED).fill(at=updated)), words.PALE)
    )
    if not view.lines:
        output.tell(_NO_CLAIM)
        return
    output.table(_VIEW_HEADS, _lines(view.lines[:limit]))
    if len(view.lines) > limit:
        output.note(_MORE, shown=output.number(limit), total=output.number(len(view.lines)))


def _lines(lines: Iterable[Line]) -> Iterator[list[str | Cell]]:
    for line in lines:
        s = line.stored
        state, owed = words.state(s.state, Profile.MARKETPLACE), output.money(s.total_open, s.currency)
        can = ", ".join(say(_ACTIONS[name]) for name in line.actions)
        yield [s.record, state, owed, output.day(s.expected_on) if s.state is State.WAITING else "", output.day(s.due_date), can]


_HEADS = (
    Head(Text("Marktplatz", "Marketplace")),
    Head(Text("Verkäufer", "Vendor"), "ref"),
    Head(Text("Ohne Prüfung", "Without a check"), "short"),
    Head(Text("Rückbuchungen", "Chargebacks"), "short"),
    Head(Text("Entschieden von", "Decided by")),
    Head(Text("Forderungen", "Claims")),
)
_VIEW_HEADS = (
    Head(Text("Auftrag", "Order"), "ref"),
    Head(Text("Status", "State")),
    Head(Text("Offen", "Open"), "number"),
    Head(Text("Bereit ab", "Ready from"), "short"),
    Head(Text("Fällig", "Due"), "short"),
    Head(Text("Möglich", "Possible")),
)
_ACTIONS = {
    "release": Text("starten", "start"),
    "withdraw": Text("zurücknehmen", "withdraw"),
    "cancel": Text("kündigen", "cancel"),
}
"""What a vendor may do in a marketplace, as he reads it."""
_WHOSE = {
    "vendor": Text("Verkäufer", "vendor"),
    "operator": Text("Betreiber", "operator"),
    "default": Text("niemand: die Voreinstellung gilt", "nobody: the default counts"),
    "nobody": Text("noch niemand", "nobody yet"),
}
_YES, _NO = Text("ja", "yes"), Text("nein", "no")
_AUTOMATIC = Text("Überfällige ohne Prüfung", "Overdue claims without a check")
_CHARGEBACKS = Text("Rückbuchungen ohne Prüfung", "Chargebacks without a check")
_BY, _WHEN, _WHY = Text("Entschieden von", "Decided by"), Text("Wann, wer", "When, who"), Text("Warum", "Why")
_DEFAULT = Text("Ohne Antwort gilt die Voreinstellung ab", "Without an answer the default counts from")
_CHANGE = Text("Für den Verkäufer wieder änderbar ab", "The vendor can change it again from")
_NO_VENDOR = Text("Kein Verkäufer.", "No vendor.")
_PUBLISHED = Text("{shop}: Verkäufer sehen jetzt den neuen Stand ({claims}).", "{shop}: vendors now see the new state ({claims}).")
_LIVE = Text("Stand jetzt, {at}", "as of now, {at}")
_UPDATED = Text("Letzte Aktualisierung: {at}", "last update: {at}")
_NEVER = Text("noch keine", "none yet")
_NO_CLAIM = Text("Keine Forderung.", "No claim.")
_MORE = Text("{shown} von {total}. Alle: --limit, --json oder --csv.", "{shown} of {total}. All: --limit, --json or --csv.")
_OVERWRITE = Text("{file} gibt es schon. Überschreiben?", "{file} is there already. Overwrite it?")
_WRITTEN = Text("{claims} in {file}.", "{claims} in {file}.")
