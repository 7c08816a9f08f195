"""Sending: transmissions live or as a rehearsal, what cron calls, and the decisions that let an account go live."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.following import said_of
from inkasso_core.cli.language import both, say
from inkasso_core.cli.logged import Log, working
from inkasso_core.cli.options import Account, AsJson, AsOf, ByAccount, Limit, NeededReason, read_amount, read_count, read_day
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.poll import Told, code_of, documents, has_news, print_polls
from inkasso_core.cli.session import of, opened
from inkasso_core.cli.words import Noun
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import AccountReport, Gate, Inkasso, Item, Mandate, Ran

app = typer.Typer()
PANEL = both("Übergeben", "Handing over")
TROUBLE_SHOWN = 20
FILE_SHOWN = 1 << 20


@dataclass
class _Watch:
    """What is told of single placements: all for programs, for people those in trouble, if they are few."""

    everything: bool = False
    show: bool = False
    moved: Callable[[int], None] | None = None
    looked_at: int = 0
    items: list[Item] = field(default_factory=list)
    trouble: int = 0

    def take(self, item: Item) -> None:
        self.looked_at += 1
        troubled = item.result in words.TOLD
        self.trouble += troubled
        if self.everything or (self.show and item.shown) or (troubled and self.trouble <= TROUBLE_SHOWN):
            self.items.append(item)
        if self.moved is not None:
            self.moved(self.looked_at)


@app.command(
    "transmit",
    rich_help_panel=PANEL,
    help=both(
        "Übermittelt, was freigegeben ist: scharf, wo das Konto scharf ist, sonst als Probe.",
        "Transmits what is released: live where the account is live, else as a rehearsal.",
    ),
)
def transmit(
    ctx: typer.Context,
    account: ByAccount = None,
    limit: Limit = None,
    as_of: AsOf = None,
    show: Annotated[
        bool,
        typer.Option(
            "--show",
            help=both(
                "Zeigt nur, was gesendet würde, mit personenbezogenen Daten: nichts geht hinaus, auch wo das Konto scharf ist.",
                "Only shows what would be sent, personal data included: nothing leaves, also where the account is live.",
            ),
        ),
    ] = False,
    log: Log = None,
    as_json: AsJson = False,
) -> None:
    with working(ctx, log) as ink:
        watch = _Watch(everything=as_json, show=show)
        with output.progress(say(_TRANSMISSION), _expected(ink, account, limit), unit="claims") as watch.moved:
            reports = ink.transmit(account, as_of=as_of, limit=limit, rehearse=show, on_item=watch.take)
        if as_json:
            output.document({"accounts": [_document(r) for r in reports], "items": [_item(i, show) for i in watch.items]})
        else:
            _print(ink, reports, watch)
    raise typer.Exit(_code(reports))


@app.command(
    "run",
    rich_help_panel=PANEL,
    help=both(
        "Für cron: tut alles Fällige (Shops abfragen, prüfen, freigeben im Automatikbetrieb, übermitteln, verfolgen). Still, wenn nichts "
        "geschah.",
        "For cron: does all that is due (poll shops, diagnose, release in automatic mode, transmit, follow). Silent where nothing "
        "happened.",
    ),
)
def run(
    ctx: typer.Context,
    no_poll: Annotated[bool, typer.Option("--no-poll", help=both("Fragt keinen Shop ab.", "Polls no shop."))] = False,
    log: Log = None,
    as_json: AsJson = False,
) -> None:
    with working(ctx, log) as ink:
        watch = _Watch(everything=as_json)
        ran = ink.run_due(on_item=watch.take, poll=not no_poll)
        polls: list[Told] = [(one, one.taken) for one in ran.polled]
        if as_json:
            output.document(
                {
                    "polled": documents(polls),
                    "moved": ran.moved,
                    "released": ran.released,
                    "accounts": [_document(r) for r in ran.reports],
                    "items": [_item(i, False) for i in watch.items],
                    "followed": ran.followed,
                    "published": ran.published,
                }
            )
        else:
            _print_run(ink, ran, watch, verbose=of(ctx).verbose)
    raise typer.Exit(max(_code(ran.reports), code_of(polls)))


def _expected(ink: Inkasso, account: str | None, limit: int | None) -> int:
    """How many claims are released: the length of the progress bar."""
    from inkasso_core.app import Filter

    released = ink.count(Filter(states=(State.RUNNING,), account=account)).get(State.RUNNING, 0)
    return min(released, limit) if limit else released


def _code(reports: Iterable[AccountReport]) -> Exit:
    troubled = any(r.mode == "stopped" or words.TROUBLE & set(r.counts) for r in reports)
    return Exit.REFUSED if troubled else Exit.DONE


# What is said of it


def _print(ink: Inkasso, reports: list[AccountReport], watch: _Watch) -> None:
    if not reports:
        output.tell(_NOTHING)
    for report in reports:
        _print_report(ink, report)
    shown = [item for item in watch.items if item.shown] if watch.show else []
    for item in shown:
        output.heading(_SHOWN, ref=item.ref)
        output.verbatim(item.shown or "")
    if watch.show:
        for report in reports:
            _print_file(report)
    _print_trouble(watch)
    if any(report.counts.get(State.UNCLEAR) for report in reports):
        output.tell(_UNCLEAR)


def _print_report(ink: Inkasso, report: AccountReport) -> None:
    label, style = _MODES[report.mode]
    output.line(Cell(report.account, "bold"), "  ", Cell(say(label), style))
    output.indented(say(report.reason), words.PALE)
    if report.counts:
        output.indented(", ".join(f"{output.number(n)} {words.result(name)}" for name, n in report.counts.items()))
    elif report.mode != "stopped" and not report.waiting:
        output.indented(say(_NOTHING))
    if report.file is not None:
        totals = ", ".join(output.money(Decimal(total), currency) for currency, total in report.totals.items())
        output.indented(say(_FILE.fill(file=report.file)))
        output.indented(say(_CONTROL.fill(rows=words.counted(report.rows, words.ROWS), totals=totals)))
        output.indented(f"SHA-256 {report.sha256}", words.PALE)
    if report.mode == "live":
        _print_limits(ink.gate(report.account))


def _print_file(report: AccountReport) -> None:
    """Show the file, or its beginning, as the agency would get it."""
    if report.file is None:
        return
    with Path(report.file).open("rb") as stream:
        content = stream.read(FILE_SHOWN)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    output.heading(_SHOWN, ref=report.file)
    output.verbatim(text)


def _print_trouble(watch: _Watch) -> None:
    troubled = [item for item in watch.items if item.result in words.TOLD]
    if troubled:
        output.line("")
        output.table(
            (Head(_CLAIM, "ref"), Head(_RESULT), Head(_WHY)),
            [[item.ref, Cell(words.result(item.result), words.RED), say(item.text) if item.text else ""] for item in troubled],
        )
    if watch.trouble > len(troubled):
        output.note(_MORE, count=output.number(watch.trouble - len(troubled)))


def _print_run(ink: Inkasso, ran: Ran, watch: _Watch, *, verbose: bool) -> None:
    """Speak only where something changed: a rehearsal changes nothing, and an account that stands still had its alarm."""
    counts = {_MOVED: ran.moved, _RELEASED: ran.released}
    happened = [words.counted(value, noun) for noun, value in counts.items() if value] + said_of(ran.followed)
    polls: list[Told] = [(one, one.taken) for one in ran.polled]
    if news := [told for told in polls if verbose or has_news(told)]:
        print_polls(news)
    reports = [r for r in ran.reports if verbose or r.waiting or r.rests_until or (r.mode != "rehearsal" and r.counts)]
    if happened or verbose:
        output.line(", ".join(happened) or say(_NOTHING))
    for report in reports:
        _print_report(ink, report)
    if reports:
        _print_trouble(watch)


def _document(report: AccountReport) -> dict[str, Any]:
    return {**report._asdict(), "looked_at": report.total}


def _item(item: Item, show: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"ref": item.ref, "result": item.result, "message": item.text}
    return {**body, "shown": item.shown} if show else body


# Decisions


@app.command(
    "mandate",
    rich_help_panel=PANEL,
    help=both(
        "Bestätigt den Vertrag mit der Agentur: wer, und von welchem Tag.", "Confirms the contract with the agency: who, and of which day."
    ),
)
def mandate(
    ctx: typer.Context,
    account: Account,
    date: Annotated[
        dt.date, typer.Option("--date", metavar="DATE", parser=read_day, help=both("Tag des Vertrags.", "Day of the contract."))
    ],
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help=both("Vermerk, etwa die Vertragsnummer.", "A remark, such as the contract's number.")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        confirmed = ink.mandate(account, dated=date, note=note)
        if not as_json:
            _print_mandate(confirmed, ink.settings.zone)
        _print_gate(account, ink.gate(account), as_json, mandate=confirmed)


@app.command(
    "go-live",
    rich_help_panel=PANEL,
    help=both(
        "Schaltet ein Konto scharf, auf Wunsch mit einem Limit; startet auch ein angehaltenes wieder.",
        "Lets an account transmit for real, with a limit if wanted; also starts one again that has stopped.",
    ),
)
def go_live(
    ctx: typer.Context,
    account: Account,
    nothing_to_adopt: Annotated[
        bool,
        typer.Option(
            "--nothing-to-adopt",
            help=both(
                "Alle früheren Übergaben sind eingetragen, oder es gab keine.", "All earlier hand-overs are recorded, or there were none."
            ),
        ),
    ] = False,
    first: Annotated[
        int | None,
        typer.Option(
            "--first",
            metavar="N",
            parser=read_count,
            help=both("Höchstens so viele Forderungen, bis zum nächsten go-live.", "At most this many claims, until the next go-live."),
        ),
    ] = None,
    per_day: Annotated[
        Decimal | None,
        typer.Option(
            "--per-day", metavar="AMOUNT", parser=read_amount, help=both("Höchstens dieser Betrag am Tag.", "At most this amount a day.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        before = ink.gate(account)
        ink.go_live(account, nothing_to_adopt=nothing_to_adopt, first=first, per_day=per_day)
        after = ink.gate(account)
        _print_gate(account, after, as_json)
        if _is_limited(before) and not _is_limited(after) and not as_json:
            output.tell(_LIFTED)


@app.command(
    "stop",
    rich_help_panel=PANEL,
    help=both(
        "Hält ein Konto sofort an: nichts davon wird mehr gesendet, bis `go-live` es wieder startet.",
        "Stops an account at once: nothing more of it is sent until `go-live` starts it again.",
    ),
)
def stop(ctx: typer.Context, account: Account, reason: NeededReason, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        ink.stop(account, reason=reason)
        _print_gate(account, ink.gate(account), as_json)


def _is_limited(gate: Gate) -> bool:
    return (gate.claims_left, gate.amount_left) != (None, None)


def _print_mandate(confirmed: Mandate, zone: dt.tzinfo) -> None:
    output.tell(_CONFIRMED, mandate=_told(confirmed, zone))
    if confirmed.replaced is not None:
        output.tell(_REPLACED, mandate=_told(confirmed.replaced, zone))


def _told(mandate: Mandate, zone: dt.tzinfo) -> str:
    note = f", {mandate.note}" if mandate.note else ""
    return f"{output.day(mandate.dated)}{note} ({mandate.by}, {output.moment(mandate.at, zone)})"


def _print_gate(account: str, gate: Gate, as_json: bool, **more: Any) -> None:
    if as_json:
        output.document({"account": account, **gate._asdict(), **more})
        return
    label, style = _MODES[gate.mode]
    output.line(Cell(account, "bold"), "  ", Cell(say(label), style))
    output.indented(say(gate.reason))
    _print_limits(gate)


def _print_limits(gate: Gate) -> None:
    if gate.claims_left is not None:
        output.indented(say(_CLAIMS_LEFT.fill(claims=words.counted(gate.claims_left, words.CLAIMS))))
    if gate.amount_left is not None:
        output.indented(say(_AMOUNT_LEFT.fill(amount=gate.amount_left)))


_CONFIRMED = Text("Bestätigt ist der Vertrag vom {mandate}.", "Confirmed is the contract of {mandate}.")
_REPLACED = Text("Er ersetzt den vom {mandate}.", "It replaces the one of {mandate}.")
_MODES: dict[str, tuple[Text, str]] = {
    "live": (Text("SCHARF", "LIVE"), "bold green"),
    "rehearsal": (Text("PROBE: nichts wird übergeben", "REHEARSAL: nothing is handed over"), "bold yellow"),
    "stopped": (Text("ANGEHALTEN", "STOPPED"), "bold red"),
}
_TRANSMISSION = Text("Übermittlung", "Transmission")
_NOTHING = Text("Nichts zu tun.", "Nothing to do.")
_FILE = Text("Datei {file}", "File {file}")
_CONTROL = Text("{rows}, Kontrollsumme {totals}", "{rows}, control total {totals}")
_SHOWN = Text("Was gesendet würde: {ref}", "What would be sent: {ref}")
_CLAIM, _RESULT, _WHY = Text("Forderung", "Claim"), Text("Ergebnis", "Result"), Text("Warum", "Why")
_MORE = Text("und {count} weitere; alle mit --json.", "and {count} more; all with --json.")
_UNCLEAR = Text(
    "Ungeklärtes wird nie einfach noch einmal gesendet: `inkasso run` sieht bei der Agentur nach; was dann ungeklärt bleibt, steht in "
    "`inkasso tasks`.",
    "What is unclear is never simply sent again: `inkasso run` looks it up at the agency; what stays unclear then stands in "
    "`inkasso tasks`.",
)
_MOVED = Noun(Text("neu eingestuft", "diagnosed anew"))
_RELEASED = Noun(Text("freigegeben", "released"))
_LIFTED = Text("Das Limit, das es hatte, ist aufgehoben.", "The limit that it had is lifted.")
_CLAIMS_LEFT = Text("Limit: noch {claims}.", "Limit: {claims} more.")
_AMOUNT_LEFT = Text("Limit: heute noch {amount}.", "Limit: {amount} more today.")
