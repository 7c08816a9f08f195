"""What people and programs get to see: tables and lines for people, JSON for programs, questions, progress bars.

Nothing that a shop or an agency reported is ever read as markup, and no control character of theirs reaches the terminal. Where the output
is no terminal there are no colours, and lines are as long as they need to be: nothing is cut off.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import typer

from inkasso_core.cli import interrupt
from inkasso_core.cli.exits import Exit, WrongUsage
from inkasso_core.cli.language import say, spoken
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDE = 1_000_000
_NARROW = 120
_SHORT_REFERENCE = 32
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT = frozenset("\n\t")


class Cell(NamedTuple):
    """A text with a style of Rich."""

    text: str
    style: str = ""


class Head(NamedTuple):
    """The head of a column, and what stands in it."""

    label: Text
    kind: Literal["text", "ref", "short", "number"] = "text"


def console(*, stderr: bool = False) -> Console:
    """Return the console of standard output or standard error as it is now."""
    from rich.console import Console

    made = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = _WIDE
    return made


def is_narrow() -> bool:
    """True on a terminal with room for few columns."""
    return console().width < _NARROW


def clean(value: object) -> str:
    """Return the text without what would steer a terminal or turn the direction of writing."""
    text = str(value)
    if text.isprintable() and text.isascii():
        return text
    return "".join(c if (c.isprintable() or c in _KEPT or c == "\xa0") and c not in _BIDI else "\ufffd" for c in text)


# For people


def _put(thing: RenderableType) -> None:
    """Print to standard output; where that is no terminal, without the blanks that fill up lines."""
    out = console()
    if out.is_terminal:
        out.print(thing)
        return
    with out.capture() as captured:
        out.print(thing)
    sys.stdout.write("".join(f"{row.rstrip()}\n" for row in captured.get().splitlines()))


def line(*cells: str | Cell, stderr: bool = False) -> None:
    """Print one line, made of pieces with styles."""
    from rich.text import Text as Styled

    pieces = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
    out = console(stderr=stderr)
    out.print(Styled.assemble(*((clean(c.text), c.style) for c in pieces)), soft_wrap=not out.is_terminal)


def tell(text: Text, style: str = "", **values: object) -> None:
    """Print a text in the language chosen."""
    line(Cell(say(text.fill(**values) if values else text), style))


def note(text: Text, **values: object) -> None:
    """Say something beside the result: on standard error, so that a pipe gets the result alone."""
    line(Cell(say(text.fill(**values) if values else text), "dim"), stderr=True)


def indented(text: str, style: str = "", by: int = 2) -> None:
    """Print a text with blanks before each of its lines, those included that the terminal's width makes."""
    from rich.padding import Padding
    from rich.text import Text as Styled

    _put(Padding(Styled(clean(text), style), (0, 0, 0, by), expand=False))


def heading(text: Text, **values: object) -> None:
    """Print the heading of a part of the result."""
    line("")
    line(Cell(say(text.fill(**values) if values else text), "bold"))


def table(heads: Sequence[Head], rows: Iterable[Sequence[str | Cell]]) -> None:
    """Print a table without lines; references are never cut off, and a column in which nothing stands is left out."""
    from rich import box
    from rich.table import Table
    from rich.text import Text as Styled

    body = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    ruled = box.SIMPLE_HEAD if console().is_terminal else None  # a rule under the head would be as long as the longest line
    shown = Table(box=ruled, padding=(0, 1), pad_edge=False, show_edge=False, header_style="bold")
    longest = [max((len(row[number].text) for row in body), default=0) for number in range(len(heads))]
    for head, length in zip(heads, longest, strict=True):
        if length == 0:
            continue
        keep = head.kind in ("short", "number") or (head.kind == "ref" and length <= _SHORT_REFERENCE)
        justify: Literal["left", "right"] = "right" if head.kind == "number" else "left"
        shown.add_column(Styled(say(head.label)), no_wrap=keep, justify=justify, overflow="fold")
    for row in body:
        shown.add_row(*(Styled(clean(cell.text), cell.style) for cell, length in zip(row, longest, strict=True) if length))
    _put(shown)


def pairs(rows: Iterable[tuple[Text, str | Cell]]) -> None:
    """Print names with their values, one a line."""
    from rich.table import Table
    from rich.text import Text as Styled

    shown = Table.grid(padding=(0, 2))
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for label, value in rows:
        cell = value if isinstance(value, Cell) else Cell(value)
        shown.add_row(Styled(say(label), "dim"), Styled(clean(cell.text), cell.style))
    _put(shown)


def verbatim(text: str) -> None:
    """Print what an agency would get, letter by letter but for what would steer a terminal."""
    sys.stdout.write(clean(text.replace("\r\n", "\n")).rstrip("\n") + "\n")


def confirmed(question: Text, *, yes: bool, **values: object) -> None:
    """Ask before something is done to many; raises :class:`WrongUsage` where nobody can answer, and ends the command at a no."""
    if yes:
        return
    asked = f"{say(question.fill(**values))} {say(_CHOICE)}"
    answer = _answer(asked)
    while answer not in _ANSWERS:
        note(_YES_OR_NO)
        answer = _answer(asked)
    if not _ANSWERS[answer]:
        note(_NOTHING_DONE)
        raise typer.Exit(Exit.REFUSED)


def _answer(asked: str) -> str:
    try:
        return str(typer.prompt(asked, default="", show_default=False, err=True)).strip().casefold()
    except typer.Abort:
        if sys.stdin.isatty():
            raise  # Ctrl-C
        raise WrongUsage(_NOBODY_ANSWERS) from None


# Numbers and days


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency: 1.153,99 EUR in German, 1,153.99 EUR in English."""
    from babel.numbers import format_currency

    return str(format_currency(amount, currency, format="#,##0.00 ¤¤", locale=spoken())).replace("\xa0", " ")


def decimal(value: Decimal) -> str:
    """Write a rate as exactly as it is: 1,27 in German, 1.27 in English."""
    text = format(value.normalize(), "f")
    return text.replace(".", ",") if spoken() == "de" else text


def number(value: int) -> str:
    """Write a count: 10.000 in German, 10,000 in English."""
    return f"{value:,}".replace(",", "." if spoken() == "de" else ",")


def day(value: dt.date | None) -> str:
    """Write a date: 31.01.2026 in German, 2026-01-31 in English; nothing for none."""
    if value is None:
        return ""
    return f"{value:%d.%m.%Y}" if spoken() == "de" else f"{value:%Y-%m-%d}"


def local(value: dt.datetime, zone: dt.tzinfo) -> str:
    """Write the day of an instant, in the creditor's zone."""
    return day(value.astimezone(zone).date())


def moment(value: dt.datetime | None, zone: dt.tzinfo) -> str:
    """Write an instant to the minute, in the creditor's zone."""
    if value is None:
        return ""
    local = value.astimezone(zone)
    return f"{day(local.date())} {local:%H:%M}"


# For programs


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: amounts and instants as text, named tuples and rows as objects, both languages of a text."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return str(value)


def document(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=not _utf8(), indent=2) + "\n")


def records(values: Iterable[Any]) -> None:
    """Print JSON lines (NDJSON), one record a line, as they come."""
    escaped = not _utf8()
    for value in values:
        sys.stdout.write(json.dumps(plain(value), ensure_ascii=escaped) + "\n")


def _utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


# Progress


@contextmanager
def progress(label: str, total: int | None, *, unit: Literal["bytes", "claims"]) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while something long goes on, where that is a terminal; the function given sets how far it is."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _done: interrupt.check()
        return
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    counter = DownloadColumn(binary_units=True) if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), counter, TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bars:
        task = bars.add_task(clean(label), total=total)

        def moved(done: int) -> None:
            interrupt.check()
            bars.update(task, completed=done)

        yield moved


@contextmanager
def glances(label: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show the same for a work in several parts; the function given sets which part, how far it is, and how long, if that is known."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _part, _done, _total: interrupt.check()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), console=out, transient=True) as bars:
        task = bars.add_task(clean(label), total=None)

        def moved(part: str, done: int, total: int | None) -> None:
            interrupt.check()
            bars.update(task, description=clean(f"{label} {part}"), completed=done, total=total)

        yield moved


_NOBODY_ANSWERS = Text(
    "Hier kann niemand die Rückfrage beantworten: mit --yes bestätigen. Nichts wurde geändert.",
    "Nobody can answer the question here: confirm with --yes. Nothing was changed.",
)
_ANSWERS = {"j": True, "ja": True, "y": True, "yes": True, "": False, "n": False, "nein": False, "no": False}
"""What a person may answer, in either language; nothing means no."""
_CHOICE = Text("[j/N]", "[y/N]")
_YES_OR_NO = Text("Bitte mit j (ja) oder n (nein) antworten.", "Please answer y (yes) or n (no).")
_NOTHING_DONE = Text("Nichts wurde geändert.", "Nothing was changed.")
