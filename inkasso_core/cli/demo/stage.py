"""What the demo's audience sees: chapters, sentences, tables and the lines of files. Nothing from a file is ever read as markup."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Styled

from inkasso_core.cli import words
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell, Head, clean
from inkasso_core.model.diagnosis import Finding
from inkasso_core.model.words import Text

WIDEST = 100
"""Columns: wider lines read badly. Where the output is no terminal, Rich assumes 80."""
_INDENT = 4

Lines = list[Cell]
"""A cell of several lines."""


class Stage:
    """Prints to standard output. ``pause`` waits for the Enter key after each chapter, where there is somebody to press it."""

    def __init__(self, *, pause: bool = False, quiet: bool = False) -> None:
        self._console = Console(markup=False, highlight=False, emoji=False, quiet=quiet)
        self._console.width = min(self._console.width, WIDEST)
        self._pause = pause and not quiet and self._console.is_terminal and sys.stdin.isatty()
        self._chapter = 0
        self._is_apart = True

    def chapter(self, title: Text, why: Text) -> None:
        """Begin a chapter: what happens, and why it matters."""
        if self._chapter and self._pause:
            self._console.input(Styled(say(_GO_ON), "dim"))
        self._chapter += 1
        self.gap()
        self._console.print(Rule(Styled(f"{self._chapter}  {say(title)}", "bold"), align="left", style="cyan"))
        self.tell(why, "italic")
        self.gap()

    def tell(self, text: Text | str, style: str = "", **values: object) -> None:
        """Print a sentence."""
        told = say(text.fill(**values)) if isinstance(text, Text) else text
        self._print(Styled(clean(told), style))

    def command(self, line: str) -> None:
        """Print a line to be copied: it is never broken."""
        self._console.print(Styled(f"  {line}", "cyan"), soft_wrap=True)
        self._is_apart = False

    def gap(self) -> None:
        """Print an empty line, unless the last one was empty."""
        if not self._is_apart:
            self._console.print()
        self._is_apart = True

    def point(self, finding: Finding) -> None:
        """Print a point of a diagnosis with what helps."""
        style = words.LEVEL_STYLES[finding.level]
        self._print(Styled.assemble((f"{words.POINT} {finding.code}", style), (f"  {finding.field or ''}", words.PALE)))
        self._print(_inside(Styled(clean(say(finding.message)))))
        self._print(_inside(Styled(clean(f"→ {say(finding.remedy)}"), words.PALE)))

    def table(self, heads: Sequence[Head], rows: Iterable[Sequence[str | Cell | Lines]]) -> None:
        """Print a table; long texts are folded."""
        shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=words.PALE)
        for head in heads:
            justify: Literal["left", "right"] = "right" if head.kind == "number" else "left"
            shown.add_column(Styled(say(head.label)), justify=justify, no_wrap=head.kind != "text", overflow="fold")
        for row in rows:
            shown.add_row(*(_styled(cell) for cell in row))
        self._print(shown)
        self.gap()

    def lines(self, text: str) -> None:
        """Print the content of a file, letter by letter; long lines are folded, and what is left of them is set in."""
        width = self._console.width - _INDENT
        for line in map(clean, text.splitlines()):
            for start in range(0, len(line), width):
                self._print(_inside(Styled(line[start : start + width], words.PALE, no_wrap=True), 4 if start else 2))
        self.gap()

    def _print(self, shown: RenderableType) -> None:
        self._console.print(shown)
        self._is_apart = False


def _inside(shown: Styled, by: int = 2) -> Padding:
    return Padding(shown, (0, 0, 0, by), expand=False)


def _styled(cell: str | Cell | Lines) -> Styled:
    if isinstance(cell, list):
        return Styled("\n").join(_styled(part) for part in cell)
    return Styled(clean(cell.text), cell.style) if isinstance(cell, Cell) else Styled(clean(cell))


_GO_ON = Text("Weiter mit der Eingabetaste …", "Press Enter to go on …")
