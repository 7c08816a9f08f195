"""``inkasso new-shop-plugin``: a distribution with the plugin of a shop, to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from inkasso_core.cli import output
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, read_one_of
from inkasso_core.cli.scaffold import WAYS, Scaffold, write_shop
from inkasso_core.cli.session import unopened
from inkasso_core.model.words import Text

app = typer.Typer()


@app.command(
    "new-shop-plugin",
    rich_help_panel=both("Erweitern", "Extending"),
    help=both(
        "Schreibt ein Paket mit einem neuen Shop-Plugin: es lässt sich installieren, wird gefunden und besteht seine Tests.",
        "Writes a distribution with a new shop plugin: it installs, is found, and passes its tests.",
    ),
)
def new_shop_plugin(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help=both("Name des Shops: Kleinbuchstaben, Ziffern, Bindestriche.", "Name of the shop: small letters, digits, hyphens."),
        ),
    ],
    way: Annotated[
        str,
        typer.Option(
            "--orders",
            metavar="|".join(WAYS),
            parser=read_one_of(WAYS),
            help=both(
                "Wie Aufträge kommen: der Shop schickt sie (push), er wird gefragt (poll), jemand exportiert sie (file).",
                "How orders come: the shop sends them (push), it is asked (poll), somebody exports them (file).",
            ),
        ),
    ],
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", metavar="DIR", help=both("Neuer Ordner; sonst inkasso-NAME, hier.", "New folder; left out, inkasso-NAME, here.")
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="TEXT", help=both("Bezeichnung für Menschen; sonst vom Namen.", "What people read; left out, from the name.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with unopened(ctx) as ink:
        made = write_shop(ink, name, way=way, folder=directory, label=label)
    if as_json:
        said = {("orders" if key == "transport" else key): value for key, value in vars(made).items()}
        output.document({**said, "distribution": made.distribution, "package": made.package, "next": _steps(made)})
        return
    output.tell(_WRITTEN, folder=made.folder, label=made.label, way=made.transport)
    output.heading(_NEXT)
    for step in _steps(made):
        output.indented(step)
    output.heading(_THEN)
    output.indented(say(_REPLACE.fill(folder=made.folder / "src" / made.package)))


def _steps(made: Scaffold) -> list[str]:
    """The commands that come next."""
    return [
        f"cd {shlex.quote(str(made.folder))}",
        "python -m pip install --editable '.[test]'",
        "python -m pytest",
        "inkasso shops",
        f"inkasso init ../my-{made.name} --shop-plugin {made.name}",
    ]


_WRITTEN = Text(
    "{folder} ist geschrieben: {label}, Aufträge {way}. Die Schnittstelle darin ist erfunden und läuft schon.",
    "{folder} is written: {label}, orders {way}. The interface in it is invented, and works already.",
)
_NEXT = Text("Als Nächstes", "Next")
_THEN = Text("Dann", "Then")
_REPLACE = Text(
    "In {folder} die erfundene Schnittstelle durch die des Shops ersetzen; docs/writing-a-shop-plugin.md erklärt jeden Schritt.",
    "Replace the invented interface in {folder} by that of the shop; docs/writing-a-shop-plugin.md explains each step.",
)
