"""What a command writes to standard error about its work: ``--log``, else ``[inkasso] log``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from inkasso_core.cli.language import both
from inkasso_core.cli.options import read_one_of
from inkasso_core.cli.session import opened
from inkasso_core.loglines import Kind, write_to

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso

Log = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="off|text|json",
        parser=read_one_of(("off", "text", "json")),
        help=both(
            "Schreibt auf die Standardfehlerausgabe, was geschieht; sonst [inkasso] log.",
            "Writes what happens to standard error; left out, [inkasso] log.",
        ),
    ),
]
_KINDS: dict[str, Kind] = {"off": "off", "text": "text", "json": "json"}


@contextmanager
def working(ctx: typer.Context, log: str | None) -> Iterator[Inkasso]:
    """Open the installation that the call names, and write down what it does."""
    with opened(ctx) as ink, write_to(None, _KINDS[log] if log is not None else ink.settings.inkasso.log):
        yield ink
