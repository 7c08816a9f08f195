"""Measures intake and export beside their floors: ``python benchmarks/run.py [--sizes 1000,10000,100000] [--repeats 3] [--json]``.

Each measurement runs in a process of its own, interleaved with its floor; a row is the median of its rounds. Nothing is asserted about
time; that the work was done is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WORKER = Path(__file__).parent / "worker.py"
PAIRS = (
    ("intake", "intake-floor"),
    ("export", "export-floor"),
    ("rehearse", "rehearse-floor"),
    ("transmit", "transmit-floor"),
    ("diagnose", "build"),
)
"""What is measured, each with its floor."""
PREPARED = ("export", "rehearse", "transmit")
"""What begins with a database whose claims are all released."""


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and print a table, or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="numbers of claims, comma-separated")
    parser.add_argument("--repeats", type=int, default=3, help="rounds per size (one at 100,000 and more)")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    chosen = parser.parse_args(arguments)
    rows = [row for size in map(int, chosen.sizes.split(",")) for row in _size(size, chosen.repeats if size < 100_000 else 1)]
    rows += _imports()
    print("\n".join(json.dumps(row) for row in rows) if chosen.json else _table(rows))
    return 0


def _size(count: int, repeats: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="inkasso-bench-") as place:
        root = Path(place)
        prepared = root / "prepared"
        prepared.mkdir()
        _run("prepare", prepared, count)
        found: dict[str, list[dict[str, Any]]] = {}
        for number in range(repeats):
            for pair in PAIRS:
                for work in pair if number % 2 else reversed(pair):
                    folder = root / f"{work}-{number}"
                    _lay(folder, prepared if work.startswith(PREPARED) else None)
                    found.setdefault(work, []).append(_run(work, folder, count))
                    shutil.rmtree(folder)
    return [_median(work, rounds) for work, rounds in found.items()]


def _lay(folder: Path, prepared: Path | None) -> None:
    if prepared is None:
        folder.mkdir()
    else:
        shutil.copytree(prepared, folder)


def _run(work: str, folder: Path, count: int) -> dict[str, Any]:
    """Measure once; progress goes to standard error."""
    print(f"{work:15} {count:>8,} ...", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, str(WORKER), work, str(folder), str(count)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{work} at {count} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _median(work: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    count = rounds[0]["count"]
    seconds = statistics.median(r["seconds"] for r in rounds)
    return {
        "work": work,
        "count": count,
        "per_second": round(count / seconds),
        "lowest": round(count / max(r["seconds"] for r in rounds)),
        "highest": round(count / min(r["seconds"] for r in rounds)),
        "seconds": [round(r["seconds"], 3) for r in rounds],
        "peak_mib": round(statistics.median(r["peak_mib"] for r in rounds), 1),
        "grown_mib": round(statistics.median(r["grown_mib"] for r in rounds), 1),
    }


def _imports() -> list[dict[str, Any]]:
    rows = []
    for name, command in {
        "python -c pass": ["-c", "pass"],
        "import inkasso_core": ["-c", "import inkasso_core"],
        "from inkasso_core import Inkasso": ["-c", "from inkasso_core import Inkasso"],
        "inkasso --version": ["-c", "import sys; sys.argv = ['inkasso', '--version']; from inkasso_core.cli import main; main()"],
    }.items():
        times = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        rows.append({"work": name, "milliseconds": round(statistics.median(times) * 1000)})
    return rows


def _table(rows: list[dict[str, Any]]) -> str:
    rates = {(row["work"], row["count"]): row for row in rows if "count" in row}
    counts = sorted({count for _, count in rates})
    lines = ["| what | claims | of the floor | per second | floor | peak MiB | floor |", "|---|---:|---:|---:|---:|---:|---:|"]
    lines += [_row(rates[work, count], rates[floor, count]) for work, floor in PAIRS for count in counts]
    lines += ["", f"| from {counts[0]:,} to {counts[-1]:,} | time per claim | floor | peak MiB more |", "|---|---:|---:|---:|"]
    for work, floor in PAIRS:
        (slower, more), (floor_slower, _) = (_growth(rates[it, counts[0]], rates[it, counts[-1]]) for it in (work, floor))
        lines.append(f"| {work} | x {slower:.2f} | x {floor_slower:.2f} | {more:.0f} |")
    lines += ["", "| diagnosis of one claim | us | of its intake | of building it |", "|---|---:|---:|---:|"]
    for count in counts:
        one, whole, built = (1 / rates[work, count]["per_second"] for work in ("diagnose", "intake", "build"))
        lines.append(f"| {count:,} claims | {one * 1e6:.0f} | {one / whole:.0%} | {one / built:.0%} |")
    lines += ["", "| start | ms |", "|---|---:|"]
    lines += [f"| {row['work']} | {row['milliseconds']} |" for row in rows if "milliseconds" in row]
    return "\n".join(lines)


def _row(own: dict[str, Any], floor: dict[str, Any]) -> str:
    """One line; the ratio is the median of those of the rounds, in which each stood beside its floor."""
    ratio = statistics.median(there / here for here, there in zip(own["seconds"], floor["seconds"], strict=True))
    cells = f"{own['per_second']:,} | {floor['per_second']:,} | {own['peak_mib']:.0f} | {floor['peak_mib']:.0f}"
    return f"| {own['work']} | {own['count']:,} | **{ratio:.0%}** | {cells} |"


def _growth(small: dict[str, Any], large: dict[str, Any]) -> tuple[float, float]:
    """How many times longer a claim takes in the largest run, and how many MiB more that needs."""
    return small["per_second"] / large["per_second"], large["peak_mib"] - small["peak_mib"]


if __name__ == "__main__":
    raise SystemExit(main())
