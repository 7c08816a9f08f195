"""The books: what each side says of every claim that an agency has or had, what came of it, and the way back from a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.chosen import Narrowing
from inkasso_core.cli.exits import Exit, WrongUsage
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, ByAccount, NeededReason, Refs, Shop, States, Vendor
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.cli.work import PANEL as WORKING
from inkasso_core.cli.work import finish
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso, LedgerEntry, Reconciled

app = typer.Typer()
PANEL = both("Ansehen", "Looking")
SHOWN = 50

Online = Annotated[
    bool,
    typer.Option(
        "--online",
        help=both(
            "Fragt die Agenturen jetzt, im Rahmen ihrer Grenzen; sonst zählt, was sie zuletzt meldeten.",
            "Asks the agencies now, within their limits; left out, what they said last counts.",
        ),
    ),
]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help=both("Schreibt alles für eine Tabellenkalkulation.", "Writes all of it for a spreadsheet.")),
]


@app.command(
    "reconcile",
    rich_help_panel=PANEL,
    help=both(
        "Gleicht Shop, inkasso und Agentur ab: je Forderung, was wer sagt, und was hilft, wo es abweicht. Mit --json je Zeile ein Objekt.",
        "Compares shop, inkasso and agency: per claim what each says, and the remedy where they differ. With --json one object a line.",
    ),
)
def reconcile(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help=both("Zeigt auch, was übereinstimmt.", "Shows what agrees, too."))] = False,
    online: Online = False,
    account: ByAccount = None,
    shop: Shop = None,
    vendor: Vendor = None,
    state: States = None,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    _one_form(csv, as_json)
    with opened(ctx) as ink:
        chosen = Narrowing(shop, state, account, vendor).filter(ink)
        if csv is not None:
            written = ink.export_reconciliation(csv, chosen, online=online)
            output.tell(_WRITTEN, path=csv, rows=words.counted(written.rows, words.ROWS))
            raise typer.Exit(_code(written.differing))
        tally = _Tally()
        lines = tally.count(ink.reconcile(chosen, online=online))
        if as_json:
            output.records(one._asdict() for one in lines)
        else:
            _print_reconciliation(ink, lines, tally, everything)
    raise typer.Exit(_code(tally.differing))


def _code(differing: int) -> Exit:
    return Exit.REFUSED if differing else Exit.DONE


class _Tally:
    """Counts lines while they go by."""

    def __init__(self) -> None:
        self.compared = self.differing = 0

    def count(self, lines: Iterator[Reconciled]) -> Iterator[Reconciled]:
        for line in lines:
            self.compared += 1
            self.differing += bool(line.differences)
            yield line


def _print_reconciliation(ink: Inkasso, lines: Iterator[Reconciled], tally: _Tally, everything: bool) -> None:
    shown: list[Reconciled] = []
    for line in lines:
        if (line.differences or everything) and len(shown) < SHOWN:
            shown.append(line)
    if shown:
        output.table(_RECONCILED, [_reconciled(ink, line) for line in shown])
    if tally.differing > len(shown):
        output.note(_MORE, shown=output.number(len(shown)))
    output.tell(_COMPARED, compared=output.number(tally.compared), differing=output.number(tally.differing))


def _reconciled(ink: Inkasso, line: Reconciled) -> list[str | Cell]:
    shop = (line.ref or "").partition(":")[0]
    state = words.state(line.state, profile_of(ink, shop)) if line.state is not None else Cell("")
    money = [output.money(amount, line.currency) if amount and line.currency else "" for amount in (line.shop_open, line.collected)]
    codes = Cell(" ".join(one.code for one in line.differences), words.RED)
    return [
        line.ref or line.case_reference or line.invoice_number or "",
        state,
        line.agency_status or "",
        *money,
        codes,
        " ".join(say(one.text) for one in line.differences),
    ]


@app.command(
    "ledger",
    rich_help_panel=PANEL,
    help=both(
        "Was aus jedem Fall wurde: Forderung, Eingänge (wer, worauf), Gebühren, Auszahlung, offen. Mit --json je Zeile ein Objekt.",
        "What came of every case: claim, receipts (by whom, on what), agency's fees, payout, open. With --json one object a line.",
    ),
)
def ledger(
    ctx: typer.Context,
    online: Online = False,
    account: ByAccount = None,
    shop: Shop = None,
    vendor: Vendor = None,
    state: States = None,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    _one_form(csv, as_json)
    with opened(ctx) as ink:
        chosen = Narrowing(shop, state, account, vendor).filter(ink)
        if csv is not None:
            output.tell(_WRITTEN, path=csv, rows=words.counted(ink.export_ledger(csv, chosen, online=online), words.ROWS))
        elif as_json:
            output.records(one._asdict() for one in ink.ledger(chosen, online=online))
        else:
            _print_ledger(ink.ledger(chosen, online=online))


def _print_ledger(entries: Iterator[LedgerEntry]) -> None:
    shown: list[list[str | Cell]] = []
    more, totals = 0, dict[str, dict[str, Any]]()
    for entry in entries:
        mine = totals.setdefault(entry.currency, dict.fromkeys(_SUMS, 0))
        for name in _SUMS:
            mine[name] += getattr(entry, name) or 0
        if len(shown) < SHOWN:
            shown.append(_entry(entry))
        else:
            more += 1
    if not shown:
        output.tell(_NONE)
        return
    output.table(_LEDGER, shown)
    if more:
        output.note(_MORE, shown=output.number(len(shown)))
    for currency, sums in totals.items():
        output.line(", ".join(f"{say(text)} {output.money(sums[name], currency)}" for name, text in _SUMS.items()))


def _entry(entry: LedgerEntry) -> list[str | Cell]:
    amounts = (entry.principal + entry.charges + entry.interest, entry.paid_to_shop, entry.collected, entry.agency_fees, entry.paid_out)
    told = [output.money(amount, entry.currency) if amount is not None else "" for amount in (*amounts, entry.open)]
    return [entry.ref, entry.case_reference or "", *told]


@app.command(
    "undo",
    rich_help_panel=WORKING,
    help=both(
        "Irrtümlich übergeben oder freigegeben: nimmt es zurück, wo immer die Forderung gerade ist.",
        "Handed over or released by mistake: takes it back, wherever the claim is now.",
    ),
)
def undo(
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
        finish(ink, ink.undo(refs, shop=shop, reason=reason, costs_accepted=accept_costs, consent=consent), as_json)


def _one_form(csv: Path | None, as_json: bool) -> None:
    if csv is not None and as_json:
        raise WrongUsage(_ONE_FORM)


_RECONCILED = (
    Head(Text("Forderung", "Claim"), "ref"),
    Head(Text("Status", "State")),
    Head(Text("Agentur", "Agency")),
    Head(Text("Shop offen", "Shop open"), "number"),
    Head(Text("Eingenommen", "Collected"), "number"),
    Head(Text("Abweichung", "Difference")),
    Head(Text("Abhilfe", "Remedy")),
)
_LEDGER = (
    Head(Text("Forderung", "Claim"), "ref"),
    Head(Text("Aktenzeichen", "Case"), "ref"),
    Head(Text("Gefordert", "Claimed"), "number"),
    Head(Text("An den Shop", "To the shop"), "number"),
    Head(Text("An die Agentur", "To the agency"), "number"),
    Head(Text("Gebühren", "Fees"), "number"),
    Head(Text("Ausgezahlt", "Paid out"), "number"),
    Head(Text("Offen", "Open"), "number"),
)
_SUMS = {
    "principal": Text("Hauptforderung", "principal"),
    "paid_to_shop": Text("an den Shop", "to the shop"),
    "collected": Text("von der Agentur eingenommen", "collected by the agency"),
    "agency_fees": Text("Gebühren der Agentur", "agency's fees"),
    "paid_out": Text("ausgezahlt", "paid out"),
    "open": Text("offen", "open"),
}
_ONE_FORM = Text("Bitte --csv oder --json, nicht beides.", "Give --csv or --json, not both.")
_WRITTEN = Text("{path}: {rows}.", "{path}: {rows}.")
_MORE = Text("{shown} gezeigt; alle mit --json oder --csv.", "{shown} shown; all with --json or --csv.")
_COMPARED = Text("Verglichen: {compared}. Abweichungen: {differing}.", "Compared: {compared}. Differing: {differing}.")
_NONE = Text("Noch kein Fall bei einer Agentur.", "No case at an agency yet.")
