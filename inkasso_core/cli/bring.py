"""Bringing claims in: files that a shop exported, and reports that failed before."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.diagnosis import event_document, print_event
from inkasso_core.cli.exits import Exit, code_of, complain
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, AsOf, Shop, in_zone, read_moment
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.errors import InkassoError
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Ingested, Inkasso, Progress, Result

app = typer.Typer()
PANEL = both("Aufnehmen", "Bringing in")
FAILED_SHOWN = 20
CLAIMS_SHOWN = 20

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help=both("Vom Shop exportierte Dateien; - liest die Standardeingabe.", "Files that the shop exported; - reads standard input."),
    ),
]
ItsShop = Annotated[
    str, typer.Option("--shop", "-s", metavar="SHOP", help=both("Name eines eingerichteten Shops.", "Name of a configured shop."))
]
Beside = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="FILE",
        help=both("Dazugehörige Datei, etwa Adressen; mehrfach möglich.", "A file that belongs to it, such as addresses; may be repeated."),
    ),
]
ReportedAt = Annotated[
    dt.datetime | None,
    typer.Option(
        "--reported-at",
        metavar="TIME",
        parser=read_moment,
        help=both(
            "Wann der Export gemacht wurde; sonst zählt die Zeit der Datei.",
            "When the export was made; left out, the file's own time counts.",
        ),
    ),
]


@dataclass
class _Seen:
    """What a person is told about a file: failed records, and the claims that are new or changed, if they are few."""

    everything: bool
    failed: list[tuple[str | None, InkassoError]] = field(default_factory=list)
    claims: list[Result] = field(default_factory=list)

    def take(self, result: Result, place: str | None) -> None:
        if result.problem is not None and (self.everything or len(self.failed) < FAILED_SHOWN):
            self.failed.append((place, result.problem))
        if result.diagnosis is not None and len(self.claims) <= CLAIMS_SHOWN:
            self.claims.append(result)


@app.command(
    "ingest",
    rich_help_panel=PANEL,
    help=both(
        "Nimmt Dateien auf, die ein Shop exportiert hat. Zweimal dieselbe Meldung ist eine Forderung; ein abgebrochener Lauf setzt fort.",
        "Takes in files that a shop exported. The same report twice is the same claim; an interrupted run continues.",
    ),
)
def ingest(
    ctx: typer.Context,
    files: Files,
    shop: ItsShop,
    beside: Beside = None,
    reported_at: ReportedAt = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    results: list[dict[str, Any]] = []
    worst = Exit.DONE
    with opened(ctx) as ink:
        when = in_zone(reported_at, ink.settings.zone) if reported_at else None
        for file in files:
            seen = _Seen(everything=as_json)
            try:
                done = _ingest(ink, file, shop, beside or [], when, as_of, seen)
            except InkassoError as exc:
                if code_of(exc) is not Exit.REFUSED:
                    raise
                complain(exc)
                worst = Exit.REFUSED
                results.append({"file": file, "refused": _problem(None, exc)})
                continue
            worst = Exit.REFUSED if done.counts["failed"] else worst
            if as_json:
                results.append(_document(file, done, seen))
            else:
                _print(ink, file, done, seen)
    if as_json:
        output.document({"shop": shop, "files": results})
    raise typer.Exit(worst)


def _ingest(
    ink: Inkasso, file: str, shop: str, beside: Sequence[str], when: dt.datetime | None, as_of: dt.date | None, seen: _Seen
) -> Ingested:
    size = Path(file).stat().st_size if Path(file).is_file() else None
    with output.progress(Path(file).name, size, unit="bytes") as moved:

        def on_progress(progress: Progress) -> None:
            moved(progress.offset)

        return ink.ingest(file, shop=shop, beside=beside, as_of=as_of, reported_at=when, on_progress=on_progress, on_result=seen.take)


def _document(file: str, done: Ingested, seen: _Seen) -> dict[str, Any]:
    return {
        "file": file,
        "counts": done.counts,
        "continued_at": done.continued_at,
        "detected": done.detected,
        "failed": [_problem(place, problem) for place, problem in seen.failed],
        "claims": [
            {
                "ref": r.ref,
                "state": r.state,
                "red": r.diagnosis.red,
                "warnings": r.diagnosis.warnings,
                "expected_on": r.diagnosis.expected_on,
            }
            for r in seen.claims
            if r.diagnosis is not None
        ]
        if len(seen.claims) <= CLAIMS_SHOWN
        else None,
    }


def _problem(place: str | None, problem: InkassoError) -> dict[str, Any]:
    return {"place": place, "field": problem.field, "code": getattr(problem, "reason", problem.code), "message": problem.text}


def _print(ink: Inkasso, file: str, done: Ingested, seen: _Seen) -> None:
    output.line(Cell(file, "bold"), f"  {_tally(done.counts)}")
    if done.continued_at:
        output.tell(_CONTINUED, number=output.number(done.continued_at + 1))
    if done.detected:
        found = ", ".join(
            f"{say(_DETECTED.get(name, Text(name, name)))} {_SHOWN.get(value, value)}" for name, value in done.detected.items()
        )
        output.line(Cell(f"{say(_READ_AS)}: {found}", words.PALE))
    _print_failed(seen.failed, done.counts["failed"])
    if 0 < len(seen.claims) <= CLAIMS_SHOWN:
        _print_claims(ink, seen.claims)


def _tally(counts: Mapping[str, int]) -> str:
    shown = [f"{output.number(counts[name])} {say(label)}" for name, label in words.OUTCOMES.items() if counts.get(name)]
    return ", ".join(shown) or say(_EMPTY)


def _print_failed(failed: Iterable[tuple[str | None, InkassoError]], total: int) -> None:
    shown = list(failed)[:FAILED_SHOWN]
    if shown:
        output.table(
            (Head(_PLACE, "ref"), Head(_FIELD), Head(_PROBLEM)),
            [[place or "", problem.field or "", Cell(say(problem.text), words.RED)] for place, problem in shown],
        )
    if total > len(shown):
        output.note(_MORE_FAILED, count=output.number(total - len(shown)))


def _print_claims(ink: Inkasso, results: Iterable[Result]) -> None:
    output.table(
        (Head(_CLAIM, "ref"), Head(_STATE), Head(_POINTS), Head(_READY_FROM, "short")),
        [
            [
                r.ref or "",
                words.state(r.state or State.WAITING, profile_of(ink, (r.ref or "").partition(":")[0])),
                words.codes(r.diagnosis.red, r.diagnosis.warnings),
                output.day(r.diagnosis.expected_on) if r.state is State.WAITING else "",
            ]
            for r in results
            if r.diagnosis is not None
        ],
    )


@app.command(
    "replay",
    rich_help_panel=PANEL,
    help=both(
        "Versucht gescheiterte Meldungen noch einmal, etwa nach einer Änderung der Einstellungen.",
        "Tries failed reports again, for example after a change of the settings.",
    ),
)
def replay(ctx: typer.Context, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        results = ink.replay(shop)
        failed = [(None, r.problem) for r in results if r.problem is not None]
        counts = Counter[str](r.outcome for r in results)
        if as_json:
            output.document({"counts": {name: counts[name] for name in words.OUTCOMES}, "failed": [_problem(*f) for f in failed]})
        else:
            output.line(_tally(counts))
            _print_failed(failed, len(failed))
    raise typer.Exit(Exit.REFUSED if failed else Exit.DONE)


@app.command(
    "events",
    rich_help_panel=PANEL,
    help=both("Listet Meldungen, die keine Forderung wurden, mit dem Grund.", "Lists reports that became no claim, with the reason."),
)
def events(ctx: typer.Context, shop: Shop = None, as_json: AsJson = False) -> None:
    with opened(ctx) as ink:
        found = ink.failed_events(shop)
        if as_json:
            output.document({"events": [event_document(row) for row in found]})
            return
        for row in found:
            print_event(row)
        if not found:
            output.tell(_NO_EVENT)


_DETECTED = {
    "encoding": Text("Zeichensatz", "encoding"),
    "separator": Text("Trennzeichen", "separator"),
    "decimal": Text("Dezimalzeichen", "decimal sign"),
    "header": Text("Kopfzeile", "header"),
}
_SHOWN = {"\t": "TAB", "yes": "✔", "no": "–"}
_CONTINUED = Text("Fortgesetzt bei Datensatz {number}.", "Continued at row {number}.")
_READ_AS = Text("Gelesen als", "Read as")
_EMPTY = Text("nichts", "nothing")
_PLACE, _FIELD, _PROBLEM = Text("Stelle", "Place"), Text("Feld", "Field"), Text("Was ist, was hilft", "What is wrong, what helps")
_CLAIM, _STATE, _POINTS = Text("Forderung", "Claim"), Text("Status", "State"), Text("Punkte", "Points")
_READY_FROM = Text("Bereit ab", "Ready from")
_MORE_FAILED = Text(
    "und {count} weitere gescheiterte; alle mit --json oder `inkasso events`.",
    "and {count} more that failed; all with --json or `inkasso events`.",
)
_NO_EVENT = Text("Alles, was gemeldet wurde, ist angekommen.", "All that was reported has arrived.")
