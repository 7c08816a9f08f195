"""Every command with its options, and the exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from generators.frame import filled, page, prose, table
from inkasso_core.cli.app import app
from inkasso_core.cli.exits import MEANINGS
from inkasso_core.cli.language import translate


@page("command-line.md")
def command_line_page() -> str:
    """Every command with its options, and the exit codes."""
    root = typer.main.get_command(app)
    translate(root, "en")
    exits = table(("code", "meaning"), [(str(code.value), meaning.en) for code, meaning in MEANINGS.items()])
    sections = [text for name, command in root.commands.items() for text in _command(name, command)]  # type: ignore[attr-defined]
    return filled("command-line.md", {"exits": exits, "global": _parameters(root), "commands": "\n".join(sections)})


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = "".join(f" {p.metavar}" for p in command.params if p.param_type_name == "argument")
    yield f"### inkasso {name}{arguments}\n"
    yield f"{command.help}\n"
    yield _parameters(command)
    for inner, below in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {inner}", below)


def _parameters(command: Any) -> str:
    """What can be given to a command; Typer's own options are left out."""
    own = [p for p in command.params if p.name not in ("install_completion", "show_completion")]
    rows = [(f"`{_spelling(p)}`", f"{'Required. ' if p.required and p.param_type_name == 'option' else ''}{prose(p.help)}") for p in own]
    return table(("", "meaning"), rows) if rows else ""


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar)
    metavar = (parameter.metavar or "").replace("|", "\\|")  # a table has bars of its own
    return ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts]) + (f" {metavar}" if metavar else "")
