"""What people see of a storm: how far it is, and what it came to."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from chaos.storm_plan import Plan
from chaos.storm_truth import Counted
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SAYS_EVERY = 15
"""Seconds between two lines of a storm that nobody watches in a terminal."""


class Stormy(Protocol):
    """What a storm says of itself."""

    delivered: int
    killed: Mapping[str, int]

    @property
    def must_arrive(self) -> int:
        """How many cases the agency gets, whatever comes before what."""


class Outcome(NamedTuple):
    """What a storm came to."""

    database: str
    seed: int
    claims: int
    complaints: list[str]
    lives: int
    killed: dict[str, int]
    """How often by ``point``, ``commit`` and ``time``."""
    points: dict[str, int]
    disasters: int
    away: int
    """Processes that ended because the database was away."""
    moods: dict[str, int]
    """What the agency did to requests."""
    cases: int
    told: int
    seconds: float


@contextmanager
def watched(console: Console, kind: str, plan: Plan, storm: Stormy) -> Iterator[Callable[[Counted], None]]:
    """Show how far a storm is: yields what is to be called with each count of the agency."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[more]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, auto_refresh=False) as progress:  # no thread of its own: processes are forked
        bar, last = progress.add_task(kind, total=storm.must_arrive, more=""), time.monotonic()

        def seen(counted: Counted) -> None:
            nonlocal last
            more = f"cases · portion {storm.delivered}/{plan.portions} · killed {sum(storm.killed.values())} · told {counted.told}"
            progress.update(bar, completed=min(counted.cases, storm.must_arrive), more=more, refresh=console.is_terminal)
            if not console.is_terminal and time.monotonic() > last + SAYS_EVERY:
                last = time.monotonic()
                console.print(f"{kind}: {counted.cases}/{storm.must_arrive} {more}")

        yield seen


def summary(outcome: Outcome) -> str:
    """Say what happened, and what is true."""
    each = min(outcome.points.values(), default=0)
    said = [
        f"{outcome.database}, seed {outcome.seed}: {outcome.claims} claims in {outcome.seconds} s",
        f"  processes      {outcome.lives} begun, {sum(outcome.killed.values())} of them killed ({_listed(outcome.killed)})",
        f"  named points   {len(outcome.points)}, at each at least {each} killed",
        f"  database       struck {outcome.disasters} times, {outcome.away} processes found it away",
        f"  agency did     {_listed(outcome.moods)}",
        f"  agency counts  {outcome.cases} cases, {outcome.told} payments, changes and recalls",
    ]
    if not outcome.complaints:
        return "\n".join([*said, "  true           none twice, none lost, every claim in a state that is true"])
    wrong = [f"  - {one}" for one in outcome.complaints[:25]]
    replay = f"  the same plan again: make chaos CHAOS_ARGS='--seed {outcome.seed} --claims {outcome.claims} --database {outcome.database}'"
    return "\n".join([*said, f"  NOT TRUE       {len(outcome.complaints)} complaints, the first of them:", *wrong, replay])


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "nothing"
