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
from inkasso_core.cli.exits import Exit, WrongUsage, code_of, complain
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, AsOf, Shop, in_zone, read_moment
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.errors import InkassoError
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Idle, Ingested, Inkasso, Progress, Result

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
            worst = Exit.REFUSED if done.counts["failed"] or _is_empty(done) else worst
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


def _is_empty(done: Ingested) -> bool:
    return not any(done.counts.values())


def _document(file: str, done: Ingested, seen: _Seen) -> dict[str, Any]:
    return {
        "file": file,
        "empty": _is_empty(done),
        "counts": done.counts,
        "continued_at": done.continued_at,
        "detected": done.detected,
        "no_trigger": [
            {"status": status or None, "count": n, "near": done.idle.near.get(status)} for status, n in done.idle.statuses.items()
        ],
        "no_trigger_others": done.idle.others,
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
    if _is_empty(done):
        output.line(Cell(file, "bold"), "  ", Cell(say(_NO_RECORD), words.YELLOW))
        return
    output.line(Cell(file, "bold"), f"  {_tally(done.counts)}")
    if done.continued_at:
        output.tell(_CONTINUED, number=output.number(done.continued_at + 1))
    if done.detected:
        found = ", ".join(
            f"{say(_DETECTED.get(name, Text(name, name)))} {_SHOWN.get(value, value)}" for name, value in done.detected.items()
        )
        output.line(Cell(f"{say(_READ_AS)}: {found}", words.PALE))
    if done.counts["ignored"]:
        _print_idle(done.idle)
    _print_failed(seen.failed, done.counts["failed"])
    if 0 < len(seen.claims) <= CLAIMS_SHOWN:
        _print_claims(ink, seen.claims)


def _tally(counts: Mapping[str, int]) -> str:
    shown = [f"{output.number(counts[name])} {say(label)}" for name, label in words.OUTCOMES.items() if counts.get(name)]
    return ", ".join(shown) or say(_EMPTY)


def _print_idle(idle: Idle) -> None:
    """Say which statuses were no trigger, so that a wrong one is seen at once."""
    named = [f"{_status(status)} {output.number(count)}" for status, count in idle.statuses.items()]
    others = [f"{say(_OTHERS)} {output.number(idle.others)}"] if idle.others else []
    output.indented(f"{say(words.OUTCOMES['ignored'])}: {', '.join([*named, *others])}")
    for status, trigger in idle.near.items():
        output.indented(say(_NEAR.fill(status=status, trigger=trigger)), words.YELLOW)


def _status(status: str) -> str:
    return status or say(_NO_STATUS)


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
                words.codes(() if r.diagnosis.is_ready else r.diagnosis.red, r.diagnosis.warnings),
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
def replay(
    ctx: typer.Context,
    shop: Shop = None,
    parts: Annotated[
        bool,
        typer.Option(
            "--parts",
            help=both(
                "Mit --shop: auch alles, was der Shop in Teilen gemeldet hat, etwa nach einer Änderung der Regeln.",
                "With --shop: everything, too, that the shop told in parts, for example after a change of the rules.",
            ),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    if parts and shop is None:
        raise WrongUsage(_WHOSE_PARTS, field="--parts")
    with opened(ctx) as ink:
        ink.require(shop=shop)
        results = ink.replay(shop)
        if parts and shop is not None:
            results += ink.retell_parts(shop)
        failed = [(None, r.problem) for r in results if r.problem is not None]
        counts = Counter[str](r.outcome for r in results)
        if as_json:
            output.document({"counts": {name: counts[name] for name in words.OUTCOMES}, "failed": [_problem(*f) for f in failed]})
        else:
            output.line(_tally(counts))
            _print_failed(failed, len(failed))
    raise typer.Exit(Exit.REFUSED if failed else Exit.DONE)


_DETECTED = {
    "encoding": Text("Zeichensatz", "encoding"),
    "separator": Text("Trennzeichen", "separator"),
    "decimal": Text("Dezimalzeichen", "decimal sign"),
    "header": Text("Kopfzeile", "header"),
}
_SHOWN = {"\t": "TAB", "yes": "✔", "no": "–"}
_WHOSE_PARTS = Text("--parts braucht den Shop: --shop NAME.", "--parts needs the shop: --shop NAME.")
_CONTINUED = Text("Fortgesetzt bei Datensatz {number}.", "Continued at row {number}.")
_READ_AS = Text("Gelesen als", "Read as")
_EMPTY = Text("nichts", "nothing")
_NO_RECORD = Text(
    "kein Datensatz darin: War der Export vollständig, und gab es überhaupt Aufträge?",
    "no record in it: was the export complete, and were there any orders at all?",
)
_PLACE, _FIELD, _PROBLEM = Text("Stelle", "Place"), Text("Feld", "Field"), Text("Was ist, was hilft", "What is wrong, what helps")
_CLAIM, _STATE, _POINTS = Text("Forderung", "Claim"), Text("Status", "State"), Text("Punkte", "Points")
_READY_FROM = Text("Bereit ab", "Ready from")
_MORE_FAILED = Text(
    "und {count} weitere gescheiterte; alle mit --json oder `inkasso events`.",
    "and {count} more that failed; all with --json or `inkasso events`.",
)
_OTHERS = Text("andere", "others")
_NO_STATUS = Text("ohne Status", "without a status")
_NEAR = Text(
    "„{status}“ gleicht dem Auslöser „{trigger}“: im Shop oder in der Einstellung berichtigen, dann noch einmal einlesen.",
    '"{status}" resembles the trigger "{trigger}": correct it in the shop or in the setting, then take the file in again.',
)
