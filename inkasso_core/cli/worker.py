"""Working: a process that does what time brings, until it is told to end."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both, say
from inkasso_core.cli.logged import Log, working
from inkasso_core.cli.options import AsJson, read_count
from inkasso_core.cli.output import Cell
from inkasso_core.endings import heard
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Done, Inkasso

app = typer.Typer()
PANEL = both("Übergeben", "Handing over")


@app.command(
    "worker",
    rich_help_panel=PANEL,
    help=both(
        "Tut laufend, was die Zeit bringt, und übergibt Freigegebenes sofort; beliebig viele zugleich, auf beliebig vielen Rechnern. Endet "
        "mit Strg-C oder SIGTERM nach der laufenden Anfrage.",
        "Does what time brings, on and on, and hands over at once what is released; any number of them, on any number of machines. Ends "
        "with Ctrl-C or SIGTERM, after the request under way.",
    ),
)
def worker(
    ctx: typer.Context,
    every: Annotated[
        int | None,
        typer.Option(
            "--every",
            metavar="SECONDS",
            parser=read_count,
            help=both(
                "So lange ruht jeder Teil der Arbeit; sonst [worker] every.", "How long each part of it rests; left out, [worker] every."
            ),
        ),
    ] = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help=both(
                "Tut einmal alles, was gerade kein anderer tut, und endet.", "Does once all that nobody else does just now, and ends."
            ),
        ),
    ] = False,
    log: Log = None,
    as_json: AsJson = False,
) -> None:
    from inkasso_core.workers.worker import Worker

    with working(ctx, log) as ink:
        watch = _Watch(ink, as_json)
        rest = dt.timedelta(seconds=every) if every is not None else dt.timedelta(0) if once else None
        work = Worker(ink, every=rest, on_done=watch.take)
        with heard(work.stop):
            if once:
                work.once()
            else:
                watch.begin()
                work.run()
                watch.end()
    raise typer.Exit(Exit.REFUSED if once and watch.broke else Exit.DONE)


class _Watch:
    """Tells what changed something, and what broke; of the same trouble once, until it is over."""

    def __init__(self, ink: Inkasso, as_json: bool) -> None:
        self._zone, self._as_json, self._now = ink.settings.zone, as_json, ink.now
        self._broken: dict[str, str] = {}

    @property
    def broke(self) -> bool:
        """Whether anything is broken now."""
        return bool(self._broken)

    def begin(self) -> None:
        if not self._as_json:
            output.tell(_BEGUN)
            sys.stdout.flush()

    def end(self) -> None:
        if not self._as_json:
            output.tell(_ENDED)

    def take(self, done: Done) -> None:
        if done.error is not None and self._broken.get(done.name) == done.error:
            return
        if done.error is None:
            self._broken.pop(done.name, None)
        else:
            self._broken[done.name] = done.error
        if self._as_json:
            at = output.plain(self._now())
            sys.stdout.write(json.dumps({"at": at, "part": done.name, "moved": done.moved, "error": done.error}) + "\n")
        else:
            self._print(done)
        sys.stdout.flush()

    def _print(self, done: Done) -> None:
        part, _, name = done.name.partition(":")
        label = say(_PARTS.get(part, Text(part, part)))
        what = f"{label} {name}".strip()
        told = Cell(say(_BROKE.fill(error=done.error)), words.RED) if done.error is not None else output.number(done.moved)
        output.line(Cell(output.moment(self._now(), self._zone), words.PALE), "  ", what, ": ", told)


_BEGUN = Text("Die Arbeit läuft. Ende: Strg-C.", "Working. End: Ctrl-C.")
_ENDED = Text("Beendet; was begonnen war, ist gespeichert.", "Ended; what was begun is stored.")
_BROKE = Text("gescheitert ({error}); es wird wieder versucht", "broke ({error}); it is tried again")
_PARTS = {
    "poll": Text("Abfrage", "polled"),
    "parts": Text("Meldungen in Teilen", "reports in parts"),
    "diagnose": Text("neu eingestuft", "diagnosed anew"),
    "release": Text("freigegeben", "released"),
    "recover": Text("Abgebrochenes gefunden", "found interrupted"),
    "hand_over": Text("übergeben oder gemeldet an", "handed over or told to"),
    "transmit": Text("übergeben oder gemeldet an", "handed over or told to"),
    "export": Text("Datei für", "file for"),
    "follow": Text("verfolgt bei", "followed at"),
    "observers": Text("Nachrichten an Shops", "notices to shops"),
    "vendors": Text("Ansichten der Verkäufer", "vendors' views"),
    "database": Text("Datenbank", "database"),
    "worker": Text("Arbeit", "work"),
}
