"""Every ``OK`` that the sender got is stored, and each rate is one claim, though the server is killed twice: a small run of the benchmark.

Whose benchmark it is does not matter here: it compares what was promised with what there is, and says so by its exit code.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[3] / "benchmarks" / "notifications.py"
pytestmark = pytest.mark.skipif(not RUN.exists(), reason="the benchmarks are not part of the wheel")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    beside_each_other = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, str(RUN), "--json", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=beside_each_other)


def test_nothing_that_was_answered_with_ok_is_lost_and_nothing_counts_twice() -> None:
    done = run("--distinct", "300", "--repeats", "10", "--kills", "2", "--measured", "0")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == 2
    assert found["stored"] == found["distinct"] >= 300
    assert found["sent"] == found["distinct"] * 10
    assert found["claims"] > 50


def test_the_floors_are_measured_with_the_same_bodies() -> None:
    done = run("--distinct", "40", "--repeats", "3", "--kills", "0", "--measured", "60", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["per_second"]) == {"bare", "commit", "inkasso"}
