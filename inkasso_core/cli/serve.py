"""Serving: the intake as a server, until it is told to end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.language import both, say
from inkasso_core.cli.logged import Log, working
from inkasso_core.cli.options import AsJson, read_count
from inkasso_core.cli.output import Cell, Head
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.web.server import Server

app = typer.Typer()
PANEL = both("Aufnehmen", "Bringing in")


@app.command(
    "serve",
    rich_help_panel=PANEL,
    help=both(
        "Nimmt über HTTP an, was Shops, Agenturen und andere Programme melden; endet mit Strg-C oder SIGTERM.",
        "Takes over HTTP what shops, agencies and other programs report; ends with Ctrl-C or SIGTERM.",
    ),
)
def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="HOST", help=both("Adresse; sonst [serve] host.", "Address; left out, [serve] host.")),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="PORT", min=0, max=65535, help=both("Port; sonst [serve] port.", "Port; left out, [serve] port.")),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", parser=read_count, help=both("So viele Anfragen zugleich.", "How many requests at once.")),
    ] = None,
    log: Log = None,
    as_json: AsJson = False,
) -> None:
    from inkasso_core.web import bind

    with working(ctx, log) as ink:
        serving = bind(ink, host=host, port=port, threads=threads)
        serving.run(on_ready=lambda: _print(serving, as_json))
        if not as_json:
            output.tell(_ENDED)


def _print(serving: Server, as_json: bool) -> None:
    """Say where it answers and what, before it does: whoever started it may wait for that."""
    routes = serving.routes()
    if as_json:
        output.document({"address": serving.address, "routes": routes})
    else:
        output.tell(_SERVING, address=serving.address)
        rows = [[r.route, " ".join(r.methods), r.serves, Cell(say(r.problem), words.RED) if r.problem else ""] for r in routes]
        output.table((Head(_ROUTE, "ref"), Head(_METHODS, "short"), Head(_SERVES), Head(_PROBLEM)), rows)
    sys.stdout.flush()


_SERVING = Text("Der Eingang steht auf {address} bereit. Ende: Strg-C.", "The intake answers on {address}. End: Ctrl-C.")
_ENDED = Text("Beendet; was angenommen war, ist gespeichert.", "Ended; what was taken is stored.")
_ROUTE, _METHODS = Text("Adresse", "Route"), Text("Methoden", "Methods")
_SERVES, _PROBLEM = Text("Für", "For"), Text("Was fehlt", "What is wrong")
