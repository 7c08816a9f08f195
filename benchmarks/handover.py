"""Hand-overs per second beside their floor: ``python benchmarks/handover.py [--postgresql ADDRESS]``.

The floor sends the very same bytes to the same agency by a bare ``requests`` session, with two durable commits for each claim and nothing
else. Each measurement runs in a process of its own, in turns with its floor; a row is the median of its rounds, and so is the ratio, taken
within each round: a machine that is faster for a while is so for both. How many requests came is compared with how many claims there were.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SLOW_MS = 50
SHARE = 100
"""Claims for each worker where the agency is slow: five seconds."""
HEADER = """\
| database | agency takes | processes | workers of each | claims | of the floor | per second | floor | CPU ms | floor | peak MiB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


class Place(NamedTuple):
    """Where a measurement finds its installation, and its floor."""

    folder: Path
    database: str
    floor: str


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and print a row of a table, or a JSON line, for each measurement as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="numbers of claims against an agency that answers at once")
    parser.add_argument("--workers", default="1,2,4,8,16", help="numbers of workers against an agency that takes 50 ms")
    parser.add_argument("--processes", default="4,16", help="numbers of processes of one worker each, against an agency that takes 50 ms")
    parser.add_argument("--postgresql", help="address of a PostgreSQL server whose user may make databases; left out, SQLite alone")
    parser.add_argument("--repeats", type=int, default=3, help="rounds (one at 100,000 claims and more)")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    chosen = parser.parse_args(arguments)
    say = json.dumps if chosen.json else _line
    if not chosen.json:
        print(HEADER, flush=True)
    for database in ("sqlite", *(("postgresql",) if chosen.postgresql else ())):
        stock = Stock(chosen.postgresql if database == "postgresql" else None)
        with stock.open():
            for number in _numbers(chosen.workers):
                print(say(_row(stock, database, SLOW_MS, 1, number, SHARE * number, chosen.repeats)), flush=True)
            for number in _numbers(chosen.processes):
                print(say(_row(stock, database, SLOW_MS, number, 1, SHARE * number, chosen.repeats)), flush=True)
            for size in _numbers(chosen.sizes):
                print(say(_row(stock, database, 0, 1, 1, size, chosen.repeats if size < 100_000 else 1)), flush=True)
    return 0


def _numbers(written: str) -> list[int]:
    return [int(one) for one in written.split(",") if one]


def _row(stock: Stock, database: str, delay: int, processes: int, workers: int, count: int, repeats: int) -> dict[str, Any]:
    stock.prepare(count)
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "floor": []}
    for number in range(repeats):
        for side in ("ours", "floor") if number % 2 else ("floor", "ours"):
            print(
                f"{database} {delay:>3} ms {processes:>2} processes {workers:>2} workers {count:>7,} {side} ...",
                file=sys.stderr,
                flush=True,
            )
            with stock.copy(count) as place, _agency(delay) as address:
                found[side].append(_run(side, place, address, claims=count, workers=workers, processes=processes))
    ours, floor = (statistics.median(one["per_second"] for one in found[side]) for side in ("ours", "floor"))
    ratio = statistics.median(mine["per_second"] / bare["per_second"] for mine, bare in zip(found["ours"], found["floor"], strict=True))
    cpu, floor_cpu = (statistics.median(one["cpu_ms"] for one in found[side]) for side in ("ours", "floor"))
    peak = max(one["peak_mib"] for one in found["ours"])
    return {
        "database": database,
        "delay_ms": delay,
        "processes": processes,
        "workers": workers,
        "claims": count,
        "per_second": ours,
        "floor": floor,
        "ratio": ratio,
        "cpu_ms": cpu,
        "floor_cpu_ms": floor_cpu,
        "peak_mib": peak,
    }


def _run(work: str, place: Place, address: str, **more: Any) -> dict[str, Any]:
    chosen = json.dumps({"database": place.database, "floor": place.floor, **more})
    command = [sys.executable, str(HERE / "handover_work.py"), work, str(place.folder), chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "INKASSO_BENCH_AGENCY": address})
    if done.returncode:
        raise SystemExit(f"{work} {more} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _agency(delay: int) -> Iterator[str]:
    with subprocess.Popen([sys.executable, str(HERE / "wire_server.py"), str(delay)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


class Stock:
    """Installations whose claims are all released, made once for each size and copied for each measurement."""

    def __init__(self, server: str | None) -> None:
        self._server = urlsplit(server)._replace(path="").geturl() if server else None
        self._made: dict[int, Place] = {}
        self._number = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Everything made is removed at the end."""
        with tempfile.TemporaryDirectory(prefix="inkasso-bench-") as place:
            self._root = Path(place)
            try:
                yield
            finally:
                for made in self._made.values():
                    self._drop(made)

    def prepare(self, count: int) -> None:
        """Make the installation of this size."""
        if count not in self._made:
            self._made[count] = self._place()
            _run("prepare", self._made[count], "http://127.0.0.1:9/", claims=count)

    @contextmanager
    def copy(self, count: int) -> Iterator[Place]:
        """A copy of one that was made."""
        made, place = self._made[count], self._place(self._made[count])
        try:
            yield place
        finally:
            self._drop(place)
        assert made.folder.exists()

    def _place(self, template: Place | None = None) -> Place:
        self._number += 1
        folder = self._root / str(self._number)
        if template is None:
            folder.mkdir()
        else:
            shutil.copytree(template.folder, folder)
        if self._server is None:
            return Place(folder, f"sqlite:///{folder / 'inkasso.db'}", str(folder / "floor.db"))
        names = [f"bench_{os.getpid()}_{self._number}_{side}" for side in ("ours", "floor")]
        for name, old in zip(names, (template.database, template.floor) if template else (None, None), strict=True):
            self._sql(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{old.rpartition("/")[2]}"' if old else ""))
        return Place(folder, f"{self._server}/{names[0]}", f"{self._server}/{names[1]}")

    def _drop(self, place: Place) -> None:
        shutil.rmtree(place.folder)
        for address in (place.database, place.floor) if self._server else ():
            self._sql(f'DROP DATABASE "{address.rpartition("/")[2]}"')

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as link:
            synced = link.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
            assert synced == ("on", "on"), "the server does not sync at commits"
            link.execute(statement)


def _line(row: dict[str, Any]) -> str:
    of, claims = f"{row['database']} | {row['delay_ms']} ms | {row['processes']} | {row['workers']}", f"{row['claims']:,}"
    speed = f"**{row['ratio']:.0%}** | {row['per_second']:,.0f} | {row['floor']:,.0f}"
    return f"| {of} | {claims} | {speed} | {row['cpu_ms']:.2f} | {row['floor_cpu_ms']:.2f} | {row['peak_mib']} |"


if __name__ == "__main__":
    sys.exit(main())
