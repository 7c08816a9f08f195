"""The command line: a face of the facade, for clerks and for scripts. Typer and Rich are imported here and nowhere else."""

from __future__ import annotations

import sys

from inkasso_core._version import __version__


def main() -> None:
    """Run the command ``inkasso`` and exit with one of the codes of :mod:`inkasso_core.cli.exits`."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts, often: nothing else is loaded
        sys.stdout.write(f"inkasso {__version__}\n")
        return
    from inkasso_core.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal that lacks a character shows a question mark, and no command dies of it
            reconfigure(errors="replace")
    app(prog_name="inkasso")
