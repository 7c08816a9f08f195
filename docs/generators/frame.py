"""What every page is made with: a register of pages, tables, prose out of docstrings, and the marked parts of pages written by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]

Generator = Callable[[], str]
Made = Mapping[str, str]
PAGES: dict[str, Generator] = {}
FAMILIES: list[Callable[[], Made]] = []


def page(path: str) -> Callable[[Generator], Generator]:
    """Register the function that returns the text of the page at ``path``."""

    def register(generator: Generator) -> Generator:
        if path in PAGES:
            raise ValueError(f"two functions make {path}")
        PAGES[path] = generator
        return generator

    return register


def pages(generator: Callable[[], Made]) -> Callable[[], Made]:
    """Register the function that returns several pages, by path: how many there are is known only when it runs."""
    FAMILIES.append(generator)
    return generator


def wanted() -> dict[Path, str]:
    """Make every page; raises ``ValueError`` where two functions make the same."""
    made = {path: generator() for path, generator in PAGES.items()}
    for family in FAMILIES:
        for path, text in family().items():
            if path in made:
                raise ValueError(f"two functions make {path}")
            made[path] = text
    return {(FOLDER / path).resolve(): text for path, text in made.items()}


MARKED = re.compile(r"(?P<begin><!-- from the code: (?P<name>[\w.-]+) -->\n)(?P<old>.*?)(?P<end><!-- end -->)", re.DOTALL)


def filled(path: str, parts: Mapping[str, str]) -> str:
    """Return the page at ``path`` with its marked parts made anew; raises ``ValueError`` unless it marks each of them once."""
    text = (FOLDER / path).read_text(encoding="utf-8")
    marked = [found["name"] for found in MARKED.finditer(text)]
    if sorted(marked) != sorted(parts):
        raise ValueError(f"{path} marks {sorted(marked)}, made are {sorted(parts)}")
    return MARKED.sub(lambda found: f"{found['begin']}{parts[found['name']].strip()}\n{found['end']}", text)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def prose(text: str | None) -> str:
    """Turn a docstring into one paragraph of Markdown; raises ``ValueError`` where there is none."""
    if not text:
        raise ValueError("something public has no docstring")
    bare = re.sub(r":\w+:`~?([^`<]*\.)?(\w+)`", r"`\2`", " ".join(text.split()))
    return bare.replace("``", "`").replace("|", "\\|")
