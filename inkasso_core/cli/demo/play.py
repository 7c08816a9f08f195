"""The play: what all its acts share, and what an act is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core.app import Ingested, Inkasso, Result
from inkasso_core.cli.demo.material import ORDERS
from inkasso_core.cli.demo.stage import Stage
from inkasso_core.lifecycle import Actor, Role, State
from inkasso_core.model.words import Text

OUTGOING = "outgoing"
"""The folder of the files for the agency, as inkasso.toml says."""

Facts = dict[str, Any]
"""What an act brought, for the check at the end and for programs."""

ANNA = Actor("anna", Role.OPERATOR)
"""The clerk who works the queue."""


@dataclass(frozen=True)
class Play:
    """One performance."""

    ink: Inkasso
    folder: Path
    stage: Stage

    def states(self) -> dict[str, State]:
        """Return where every claim stands now."""
        return {stored.ref: stored.state for stored in self.ink.claims(actor=ANNA)}

    def refs(self, *states: State) -> list[str]:
        """Return the claims in these states."""
        return [ref for ref, state in self.states().items() if state in states]

    def ingest(self, shop: str) -> tuple[Ingested, list[tuple[str, Text]]]:
        """Take in a shop's file; return what became of it, and the place and reason of each record that failed."""
        file, *beside = ORDERS[shop]
        failed: list[tuple[str, Text]] = []

        def remember(result: Result, place: str | None) -> None:
            if result.problem is not None:
                failed.append((place or "", result.problem.text))

        there = [self.folder / name for name in beside]
        return self.ink.ingest(self.folder / file, shop=shop, beside=there, on_result=remember), failed

    def exported_files(self) -> list[Path]:
        """Return the files that left for the agency, the first one first."""
        return sorted((self.folder / OUTGOING).glob("*.csv"))

    def read_file(self, path: str | Path) -> str:
        """Return what stands in a file for the agency."""
        return Path(path).read_text("cp1252")

    def read_rows(self, path: str | Path) -> list[dict[str, str]]:
        """Return the rows of a file for the agency, as the agency's importer would read them."""
        return list(csv.DictReader(self.read_file(path).splitlines(), delimiter=";"))


class Act(NamedTuple):
    """One act: its title, why it matters, and what happens."""

    name: str
    title: Text
    why: Text
    perform: Callable[[Play], Facts]


def counted(states: Mapping[str, State]) -> dict[str, int]:
    """Return how many claims there are per state."""
    found: dict[str, int] = {}
    for state in states.values():
        found[state.value] = found.get(state.value, 0) + 1
    return dict(sorted(found.items()))
