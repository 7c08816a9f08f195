"""The code blocks of README and documentation: what a reader copies is what the tests run.

A ``toml`` block that begins with ``# inkasso.toml`` is that file for the blocks below it.
"""

import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^`]*)$")
_VARIABLE = re.compile(r'\benv = "(\w+)"')


class Block(NamedTuple):
    """A fenced block: its language, and the line of the page on which its text begins."""

    page: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page that people read, relative to the project."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found if "_build" not in path.parts)


def blocks(page: str, *languages: str) -> list[Block]:
    """The code blocks of a page in their order, of some languages or all."""
    return blocks_of((ROOT / page).read_text("utf-8"), *languages, page=page)


def blocks_of(text: str, *languages: str, page: str = "") -> list[Block]:
    """The code blocks of a text."""
    return [block for block in _blocks(page, text) if not languages or block.language in languages]


def _blocks(page: str, text: str) -> Iterator[Block]:
    begun: tuple[int, str, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if begun is None:
            if fence:
                begun, lines = (number + 1, fence["indent"], fence["language"].strip()), []
        elif fence and fence["indent"] == begun[1] and not fence["language"]:
            yield Block(page, begun[0], begun[2], textwrap.dedent("\n".join(lines)) + "\n")
            begun = None
        else:
            lines.append(line)
    if begun is not None:
        raise ValueError(f"{page}:{begun[0] - 1}: the code block does not end")


def is_configuration(block: Block) -> bool:
    """True for a block that is an ``inkasso.toml``."""
    return block.language == "toml" and block.text.startswith("# inkasso.toml\n")


def put(block: Block, folder: Path) -> None:
    """Write a configuration where it belongs, and set the variables of the environment that it asks for."""
    (folder / "inkasso.toml").write_text(block.text, "utf-8")
    os.environ.update(dict.fromkeys(_VARIABLE.findall(block.text), "an-example-of-a-secret-value"))


def run(page: str, folder: Path) -> dict[str, Any]:
    """Execute the Python blocks of a page in one new namespace, in order, and return it. The working directory is to be ``folder``."""
    names: dict[str, Any] = {"__name__": page}
    for block in blocks(page):
        if is_configuration(block):
            put(block, folder)
        elif block.language == "python":
            # empty lines before it: a traceback names the line of the page
            code = compile("\n" * (block.line - 1) + block.text, str(ROOT / page), "exec")
            exec(code, names)  # noqa: S102  (our own documentation)
    return names
