"""The benchmarks do the work that they measure: run small, and never asserted about time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"
pytestmark = pytest.mark.skipif(not RUN.exists(), reason="the benchmarks are not part of the wheel")


def test_every_measurement_runs_and_checks_its_work() -> None:
    command = [sys.executable, str(RUN), "--sizes", "60", "--repeats", "1", "--json"]
    beside_each_other = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=beside_each_other)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    measured = {row["work"] for row in rows if "count" in row}
    pairs = {"intake", "export", "rehearse", "transmit"}
    assert measured == {"diagnose", "build"} | pairs | {f"{work}-floor" for work in pairs}


def test_the_wire_is_measured_beside_the_bare_libraries() -> None:
    command = [sys.executable, str(RUN.with_name("wire.py")), "--claims", "10", "--repeats", "1", "--json"]
    beside_each_other = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=beside_each_other)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(row["kind"], row["delay_ms"], row["threads"]) for row in rows} == {
        (kind, delay, threads) for kind in ("rest", "soap") for delay in (0, 50) for threads in (1, 8)
    }


def test_the_intake_is_measured_beside_a_bare_server() -> None:
    command = [sys.executable, str(RUN.with_name("intake_http.py")), "--events", "100", "--repeats", "1", "--json"]
    beside_each_other = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=beside_each_other)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["events_per_request"] for row in rows] == [1, 100]
    assert all(row[kind] > 0 for row in rows for kind in ("bare", "commit", "inkasso"))


def test_hand_overs_are_measured_beside_their_floor() -> None:
    numbers = ["--sizes", "20", "--workers", "2", "--processes", "2", "--repeats", "1"]
    command = [sys.executable, str(RUN.with_name("handover.py")), *numbers, "--json"]
    beside_each_other = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=beside_each_other)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    shapes = [(row["delay_ms"], row["processes"], row["workers"], row["claims"]) for row in rows]
    assert shapes == [(50, 1, 2, 200), (50, 2, 1, 200), (0, 1, 1, 20)]
    assert all(row["per_second"] > 0 and row["floor"] > 0 for row in rows)
