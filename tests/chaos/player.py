"""The tests' end of the line to the driver."""

import datetime as dt
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from chaos.agencies import AGENCIES
from chaos.scenario import SHIFT, SHOPS, Installation, install

from inkasso_core import Inkasso

DAY = (
    *("take_in", "let_go", "send", "confirm", "pay", "run", "look", "resolve", "run", "confirm", "run"),
    *("pay", "run", "look", "run", "look", "run"),
)
"""All that people and cron do. Played once to its end, it brings every claim to where it must stand, whatever was before."""
ROUNDS = int(os.environ.get("INKASSO_CHAOS_ROUNDS", "0"))
"""For the long form: how many more random moments; each commit and each step in the file system comes with the first."""
PATIENCE = 120
"""Seconds after which a driver that does not answer counts as hung."""


class Played(NamedTuple):
    """How one process of a job ended."""

    killed: bool
    seconds: float
    points: dict[str, int]
    """How often it passed each named point; nothing is known of one that was killed."""
    commits: int
    files: int
    error: str | None


class Driver:
    """Plays jobs, one after the other. ``folder`` is for a day that it plays itself, so that everything is loaded once."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, str(Path(__file__).with_name("driver.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.play(install(folder).job("live", *DAY, processes=0))

    def play(self, job: dict[str, Any]) -> list[Played]:
        """Play a job and return how each of its processes ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        if not ready:
            self._process.kill()
            raise TimeoutError(f"the driver hangs in {job['steps']}, kill {job.get('kill')}")
        empty = {"points": {}, "commits": 0, "files": 0, "error": None}
        return [Played(**{**empty, **one}) for one in json.loads(self._process.stdout.readline())]

    def finish(self, installation: Installation, *steps: str, **more: Any) -> Played:
        """Play steps (left out: a whole day) in one process that must reach their end."""
        (played,) = self.play(installation.job(*(steps or DAY), **more))
        assert played.error is None, played.error
        assert not played.killed
        return played

    def kill(self, installation: Installation, kill: dict[str, Any], *steps: str, **more: Any) -> None:
        """Play steps (left out: a whole day) in one process that must not reach their end."""
        (played,) = self.play(installation.job(*(steps or DAY), kill=kill, **more))
        assert played.error is None, played.error
        assert played.killed

    def close(self) -> None:
        """End the driver."""
        self._process.communicate(timeout=PATIENCE)


class Yard:
    """Makes installations that are live already, quickly: each is a copy of one that was made the long way."""

    def __init__(self, driver: Driver, folder: Path) -> None:
        self._model = install(folder / "model")
        driver.finish(self._model, "live")

    def build(self, folder: Path, *shops: str) -> Installation:
        """Return a new installation in which these shops (left out: all) have exported something."""
        made = install(folder, shops=shops or SHOPS)
        shutil.copy(self._model.folder / "inkasso.db", folder)
        return made


@contextmanager
def opened(installation: Installation) -> Iterator[Inkasso]:
    """Open an installation in the tests' own process."""
    shift = dt.timedelta(seconds=SHIFT)
    with Inkasso.from_config(installation.config, agencies=AGENCIES, clock=lambda: dt.datetime.now(dt.UTC) + shift) as ink:
        yield ink


def collect(installation: Installation) -> None:
    """Take away what was exported, as one who uploads files does."""
    installation.collected.mkdir(exist_ok=True)
    for path in installation.outgoing.glob("[!.]*"):
        path.rename(installation.collected / path.name)
