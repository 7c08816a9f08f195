"""What people write on the command line: a text given there, from a file or from standard input, or a document."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from inkasso_core.cli.exits import WrongUsage
from inkasso_core.cli.language import both
from inkasso_core.cli.options import read_one_of
from inkasso_core.errors import InvalidInput
from inkasso_core.model.words import Text

KINDS = ("invoice", "reminder", "contract", "delivery", "title", "other")
_MOST = 100_000
"""Bytes of a text: whatever is longer is none that anybody wrote."""

MaybeText = Annotated[str | None, typer.Option("--text", metavar="TEXT", help=both("Der Text; oder --file.", "The text; or --file."))]
TextFile = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="FILE", help=both("Datei mit dem Text; - liest die Eingabe.", "File with the text; - reads standard input.")
    ),
]
DocumentPath = Annotated[Path, typer.Argument(metavar="FILE", help=both("Die Unterlage.", "The document."))]
DocumentKind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="|".join(KINDS),
        parser=read_one_of(KINDS),
        help=both("Was sie ist.", "What it is."),
    ),
]


def text_of(text: str | None, file: Path | None) -> str:
    """Return the text that was given; raises :class:`WrongUsage` unless it was given in exactly one way, :class:`InvalidInput`."""
    if (text is None) is (file is None):
        raise WrongUsage(_ONE_OF)
    if file is None:
        return text or ""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_MOST + 1)
        else:
            with file.open("rb") as source:
                content = source.read(_MOST + 1)
        return content.decode("utf-8-sig")
    except OSError as exc:
        raise InvalidInput(_UNREADABLE.fill(file=file, why=exc.strerror or type(exc).__name__), where=str(file)) from None
    except UnicodeDecodeError:
        raise InvalidInput(_NOT_TEXT.fill(file=file), where=str(file)) from None


_ONE_OF = Text("Bitte --text oder --file angeben.", "Give --text or --file.")
_UNREADABLE = Text("Die Datei {file} lässt sich nicht lesen: {why}.", "The file {file} cannot be read: {why}.")
_NOT_TEXT = Text("Die Datei {file} ist kein Text in UTF-8.", "The file {file} is no text in UTF-8.")
