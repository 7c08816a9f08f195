"""One measurement in a process of its own: prepared, run against the clock, checked.

Run as ``python measure.py JOB SIZE FOLDER``, it prints one JSON object. The process that starts it stays small and imports nothing of the
package, since Linux counts a parent's memory into the peak of a child that it forks.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

JOBS = {
    "intake": "ours:Intake",
    "intake-floor": "floor_intake:Intake",
    "released": "ours:Released",
    "file": "ours:Rehearsal",
    "file-floor": "floor_export:File",
    "live": "ours:Live",
    "live-floor": "floor_export:Live",
    "diagnose": "ours:Diagnose",
}
"""Name -> module and class."""


class Job(Protocol):
    """What is measured."""

    def __init__(self, size: int, folder: Path) -> None:
        """Make all that is not to be measured: the installation, a copy of the database."""

    def run(self) -> None:
        """Do the work."""

    def check(self) -> dict[str, Any]:
        """Raise ``AssertionError`` unless all of the work was done; return what is to be compared or reported."""


class Measured(NamedTuple):
    """What one process needed."""

    seconds: float
    cpu: float
    """Seconds of this process and its threads, user and system."""
    peak: float
    """MiB of resident memory at most, over the whole life of the process."""
    growth: float
    """MiB by which the work itself raised that peak, over what imports and preparation needed."""
    found: dict[str, Any]
    """What the check returned."""


def spawn(job: str, size: int, folder: Path) -> Measured:
    """Measure a job in a new process; raises ``RuntimeError`` with its error when it fails."""
    command = [sys.executable, __file__, job, str(size), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{job} of {size} failed:\n{done.stderr}")
    return Measured(**json.loads(done.stdout))


def measure(job: Job) -> Measured:
    """Run a job that is prepared."""
    before, cpu, start = _peak(), time.process_time(), time.perf_counter()
    job.run()
    seconds, cpu, after = time.perf_counter() - start, time.process_time() - cpu, _peak()
    return Measured(seconds, cpu, after, after - before, job.check())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name: str, size: str, folder: str) -> None:
    """Measure one job and print what it needed."""
    module, _, kind = JOBS[name].partition(":")
    job: Job = getattr(import_module(module), kind)(int(size), Path(folder))
    print(json.dumps(measure(job)._asdict()))


if __name__ == "__main__":
    main(*sys.argv[1:])
