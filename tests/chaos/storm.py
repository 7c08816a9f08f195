"""A storm: processes that are killed at every moment, an agency that cuts its connections, a database that crashes; then the truth.

    python tests/chaos/storm.py --claims 10000 --database both --seed 7

Four processes at a time do all that people and cron do, until they are killed: by themselves at a named point between two stored states or
before a commit, or from the outside. Meanwhile the shops report portion after portion, with payments, credit notes and cancellations of
orders that are anywhere on their way by then. At the end there is a calm, in which the work is brought to its end, and the agency's own
books are compared with ours. The same seed is the same plan. Exit code: 0 all is true, 1 something is not, 2 the storm came to no end.
"""

import argparse
import datetime as dt
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import requests
import sqlalchemy as sa
from chaos import storm_life
from chaos.player import collect
from chaos.scenario import SHIFT, Installation
from chaos.servers import PATIENCE, Postgres, missing_postgres
from chaos.storm_life import Lived, opened
from chaos.storm_plan import NAMED, SHOPS, Fate, Plan, lines
from chaos.storm_report import Outcome, summary, watched
from chaos.storm_site import agency, deliver, install, warm_up
from chaos.storm_truth import Counted, Tally, complaints, evidence
from rich.console import Console

from inkasso_core import answers, export, follow, ingest, leasing, release, resting, sending
from inkasso_core.instructing import answers as told
from inkasso_core.settings import load
from inkasso_core.store import schema as t
from inkasso_core.store.engine import Database

DATABASES = ("sqlite", "postgresql")
SMALL = {
    ingest: ("BATCH", 20),
    release: ("CHUNK", 20),
    follow: ("CHUNK", 20),
    leasing: ("MOST", 8),
    sending: ("TOGETHER", 4),
    export: ("CHUNK", 10),
}
"""Small commits, so that there are many moments between two of them; larger ones in a large storm, whose processes wait for each other."""
SOON, LATER_ON = dt.timedelta(seconds=1), dt.timedelta(seconds=4)
QUICK = {resting: ("FIRST", "MOST"), answers: ("FIRST_WAIT", "LONGEST_WAIT"), told: ("RETRY", "RETRY_MOST")}
"""Short waits, at first and at most: a storm has no hours."""
PACE = 1.5
"""Seconds that a process works, more or less, before it is killed from the outside; longer in a large storm."""
BACKLOG = 3
"""Portions that are under way at the same time: the next one is delivered when the agency has the others, more or less."""
LIVES_A_PORTION = 2
LIVES_AN_ENCORE = 6
"""When all was reported and somebody is still to die at some point, the shops report a few orders more, and wait for so many lives."""
NEARLY_ALL, SOME = 0.97, 3
"""The storm ends when the agency has so much of what it gets, but for some: these wait for their time, which comes in the calm."""
MOST_LIVES = 30
"""For each portion: a storm that needs more came to no end."""
CALMS = 10
"""How often, at most, everything is done in the calm until nothing is left to do."""
LATER = dt.timedelta(hours=13).total_seconds()
"""The calm's days are short: what is tried again later is due with the next."""


class Trouble(RuntimeError):
    """The storm came to no end, or a process failed in a way that no storm excuses."""


class Storm:
    """One storm over one installation."""

    def __init__(self, plan: Plan, place: Installation, options: argparse.Namespace, disaster: Callable[[], None], agency: str) -> None:
        self.plan, self.place, self.options, self.disaster, self.agency = plan, place, options, disaster, agency
        self.orders = plan.orders()
        self.named = [name for name in NAMED if any(fnmatch(name, pattern) for pattern in options.points)]
        self.opening = _opening(place)
        self.lives: list[Lived] = []
        self.begun = self.delivered = self.disasters = self.encores = self.encored = 0
        self.killed: Counter[str] = Counter()
        self.tally = Tally(place)

    @property
    def must_arrive(self) -> int:
        """How many cases the agency gets, whatever comes before what."""
        return sum(one.shop != "file" and one.fate not in (Fate.PAID, Fate.ENDED, Fate.REFUSED) for one in self.orders)

    # Shops

    def deliver(self) -> None:
        """The shops export their next portion."""
        for shop in SHOPS:
            deliver(self.place, lines(self.orders, shop, self.delivered), shop, self.delivered)
        self.delivered += 1

    # Storm

    def rage(self, seen: Callable[[Counted], None]) -> None:
        """Begin processes and kill them until everything was reported, and nearly everything is at the agency."""
        kills = self.plan.kills(self.named, self.unseen, self.options.pace or PACE * self.plan.vigour)
        chance = random.Random(f"{self.plan.seed} storm")  # noqa: S311  (no secret)
        self.deliver()
        while True:
            counted, unseen = self.tally.count(), self.unseen()
            if self._is_done(counted) and not unseen:
                break
            seen(counted)
            if self.begun > MOST_LIVES * self.plan.portions:
                raise Trouble(f"after {self.begun} lives the agency has {counted.cases} cases, and nobody died at {unseen}")
            if self.delivered < self.plan.portions:
                self._go_on(counted, chance)
            elif unseen and self.begun > self.encored + LIVES_AN_ENCORE:
                self._encore()
            self._step(kills)
        self._end_all()

    def _go_on(self, counted: Counted, chance: random.Random) -> None:
        """Deliver the next portion when it is due; now and then somebody takes the files away, and the database is struck."""
        arrived = counted.cases * self.plan.portions // max(1, self.must_arrive)
        if self.delivered < self.begun // LIVES_A_PORTION and self.delivered < arrived + BACKLOG:
            self.deliver()
            if self.delivered % (self.plan.portions // self.plan.disasters) == 0:
                self._strike()
            if chance.random() < 0.5:
                collect(self.place)

    def _encore(self) -> None:
        """Report a few orders more; what the shops report later of these is told of cases that are there by then."""
        self.encored = self.begun
        if self.delivered == self.plan.portions + 2 * self.encores:
            self.encores += 1
            self.orders = self.plan.orders(self.encores)
        self.deliver()

    def died(self) -> Counter[str]:
        """Return how many processes died at each named point."""
        return Counter(one["died"] for one in storm_life.said(self.place) if "died" in one)

    def unseen(self) -> list[str]:
        """Return the named points at which not enough processes died yet."""
        died = self.died()
        return [name for name in self.named if died[name] < self.options.each]

    def _is_done(self, counted: Counted) -> bool:
        return self.delivered >= self.plan.portions and counted.cases >= NEARLY_ALL * self.must_arrive - SOME

    def _step(self, kills: Iterator[Any]) -> None:
        """Bury who is dead, kill whose time has come, begin new lives."""
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            for life in [life for life in self.lives if self._ended(life)]:
                self.lives.remove(life)
            while len(self.lives) < self.options.processes:
                self.begun += 1
                seed, kill = f"{self.plan.seed} life {self.begun}", next(kills)
                kill = kill._replace(seconds=kill.seconds + self.opening)
                self.lives.append(storm_life.begin(self.place, SHIFT, kill, seed, self.options.guard))
            time.sleep(0.02)

    def _ended(self, life: Lived) -> bool:
        pid, status = os.waitpid(life.pid, os.WNOHANG)
        if pid:
            if os.WIFSIGNALED(status):
                self.killed[life.kill.kind] += 1
            return True
        if life.is_over():
            self._kill(life)
            return True
        return False

    def _kill(self, life: Lived) -> None:
        os.kill(life.pid, signal.SIGKILL)
        os.waitpid(life.pid, 0)
        self.killed["time"] += 1

    def _end_all(self) -> None:
        while self.lives:
            self._kill(self.lives.pop())

    def _strike(self) -> None:
        """The database is struck: a server crashes under its processes, a file loses all of them at once."""
        if self.options.struck == "sqlite":
            self._end_all()
        self.disaster()
        self.disasters += 1

    # Calm

    def calm(self) -> dict[str, int]:
        """Bring all work to its end, with nobody killed and a fair agency; return what the agency did in the storm."""
        moods: dict[str, int] = requests.post(f"{self.agency}calm", json={}, timeout=PATIENCE).json()["moods"]
        while self.delivered < self.plan.portions + 2 * self.encores:
            self.deliver()
        time.sleep(storm_life.SETTLES)
        for number in range(1, CALMS + 1):
            pids = [storm_life.calm(self.place, SHIFT + number * LATER, self.options.guard) for _ in range(2)]
            for pid in pids:
                os.waitpid(pid, 0)
            left = self._left()
            self.options.say(f"calm {number}: {left or 'nothing'} left")
            if left == 0:
                break
        return moods

    def _left(self) -> int:
        database = Database(load(self.place.config).database_url)
        ask = (
            sa.select(sa.func.count()).select_from(t.claim).where(t.claim.c.state.in_(("ready", "running", "unclear", "exported"))),
            sa.select(sa.func.count()).select_from(t.instruction).where(t.instruction.c.state.in_(("pending", "in_flight", "unclear"))),
            sa.select(sa.func.count()).select_from(t.notice).where(t.notice.c.told_at.is_(None)),
        )
        try:
            with database.read() as connection:
                return sum(connection.scalar(one) or 0 for one in ask)
        finally:
            database.close()

    def failures(self) -> tuple[list[str], int]:
        """Return how processes failed that were not killed, and how many found the database away."""
        said = storm_life.said(self.place)
        away = [one["away"] for one in said if "away" in one]
        errors = [one["error"] for one in said if "error" in one]
        is_excused = self.options.struck == "postgresql" and self.disasters
        return errors + ([] if is_excused else away), len(away)


def _opening(place: Installation) -> float:
    """Return how many seconds of work it is to open an installation: no life of a process."""
    begun = time.process_time()
    with opened(place, SHIFT) as ink:
        ink.count()
    return time.process_time() - begun


def reopened(file: Path) -> None:
    """Open a file that lost all its processes at once, as the next process will, and have SQLite check it."""
    with sqlite3.connect(file) as link:
        found = link.execute("PRAGMA integrity_check").fetchall()
    link.close()
    if found != [("ok",)]:
        raise Trouble(f"the file is damaged: {found[:3]}")


def weather(plan: Plan, kind: str, options: argparse.Namespace, folder: Path, console: Console) -> Outcome:
    """One whole storm on one kind of database."""
    begun = time.monotonic()
    with ExitStack() as stack:
        url, disaster = "sqlite:///inkasso.db", lambda: reopened(folder / "inkasso.db")
        if kind == "postgresql":
            server = stack.enter_context(Postgres(durable=True))
            url, disaster = server.database(), server.crash
        address = stack.enter_context(agency(folder, plan))
        options.struck = kind
        storm = Storm(plan, install(folder, url, address), options, disaster, address)
        try:
            with watched(console, kind, plan, storm) as seen:
                storm.rage(seen)
        finally:
            storm._end_all()
        moods = storm.calm()
        errors, away = storm.failures()
        counted, wrong = storm.tally.count(), [*errors, *complaints(storm.place, storm.orders)]
        if wrong:
            (folder / "evidence.json").write_text(evidence(storm.place, wrong), "utf-8")
    return Outcome(
        kind,
        plan.seed,
        plan.claims,
        wrong,
        storm.begun,
        dict(storm.killed),
        {name: storm.died()[name] for name in storm.named},
        storm.disasters,
        away,
        moods,
        *counted,
        round(time.monotonic() - begun, 1),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--claims", type=int, default=10_000, help="how many orders the shops report")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--seed", type=int, help="the plan; left out, a new one")
    parser.add_argument("--processes", type=int, default=4, help="how many work at the same time")
    parser.add_argument("--pace", type=float, help="about how many seconds a process lives; left out, the longer the larger the storm")
    parser.add_argument("--points", nargs="+", default=["*"], help="kill at these named points only, for example 'transmit.*'")
    parser.add_argument("--each", type=int, default=1, help="how many are to die at each of these points, at least")
    parser.add_argument("--guard", help="take a guard away, to see that the storm notices (tests/chaos/sabotage.py)")
    parser.add_argument("--folder", type=Path, help="where to keep everything; left out, a folder that is removed")
    parser.add_argument("--json", action="store_true", help="one JSON object a database")
    return parser.parse_args()


def main() -> int:
    """Let it storm."""
    options = _arguments()
    console = Console(stderr=True)
    options.say = lambda text: console.print(text, markup=False, highlight=False)
    plan = Plan(random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed, options.claims)
    for module, (name, size) in SMALL.items():
        assert isinstance(getattr(module, name), int)
        setattr(module, name, size * plan.vigour)
    for module, (first, most) in QUICK.items():
        assert isinstance(getattr(module, first), dt.timedelta)
        assert isinstance(getattr(module, most), dt.timedelta)
        setattr(module, first, SOON)
        setattr(module, most, LATER_ON)
    warm_up()
    worst = 0
    for kind in DATABASES if options.database == "both" else (options.database,):
        if kind == "postgresql" and (missing := missing_postgres()):
            console.print(f"postgresql: {missing}")
            worst = 2
            continue
        with ExitStack() as stack:
            folder = options.folder and options.folder / kind
            if folder is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inkasso-storm-")))
            folder.mkdir(parents=True, exist_ok=True)
            console.print(f"{kind}: {plan.claims} claims in {plan.portions} portions, seed {plan.seed}")
            try:
                outcome = weather(plan, kind, options, folder, console)
            except Trouble as exc:
                console.print(f"{kind}, seed {plan.seed}: {exc}", markup=False)
                worst = 2
                continue
        print(json.dumps(outcome._asdict()) if options.json else summary(outcome), flush=True)
        worst = max(worst, int(bool(outcome.complaints)))
    return worst


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: nothing was compared", file=sys.stderr)
        sys.exit(2)
