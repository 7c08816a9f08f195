"""One measurement in a process of its own: ``worker.py WORK FOLDER COUNT`` prints seconds and peak memory as JSON.

The work is checked after the clock has stopped: a measurement of work that was not done is an error.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import claims
import floor_export
import floor_intake
from installation import ACCOUNT, DATABASE, SHOP, installation

from inkasso_core import Inkasso, points

Work = Callable[[], None]
STOPPED: list[float] = []
"""Seconds that a work measured itself, where only a part of it counts."""


def main() -> None:
    """Run one measurement."""
    work, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    run, check = WORKS[work](folder, count)
    before = _peak()
    start = time.perf_counter()
    run()
    seconds = STOPPED[0] if STOPPED else time.perf_counter() - start
    peak = _peak()
    check()
    print(json.dumps({"work": work, "count": count, "seconds": seconds, "peak_mib": peak, "grown_mib": peak - before}))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _expect(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise SystemExit(f"{what}: {found}, not {wanted}")


def intake_floor(folder: Path, count: int) -> tuple[Work, Work]:
    """The floor of intake."""
    installation(folder).close()
    path = claims.write(folder / "claims.ndjson", count)

    def check() -> None:
        link = floor_intake.connect(folder / DATABASE)
        for table, rows in {"claim": count, "vault": 2 * count, "history": count}.items():
            _expect(link.execute(f"SELECT count(*) FROM {table}").fetchone()[0], rows, table)  # noqa: S608
        link.close()

    return lambda: floor_intake.intake(path, folder / DATABASE), check


def intake(folder: Path, count: int) -> tuple[Work, Work]:
    """Ingest, diagnose and store."""
    ink = installation(folder)
    path = claims.write(folder / "claims.ndjson", count)

    def check() -> None:
        ready = sum(claims.is_ready(number) for number in range(count))
        states = {state.value: number for state, number in ink.count().items()}
        _expect(states, {"ready": ready, "waiting": count - ready}, "states")
        ink.close()

    return lambda: _nothing(ink.ingest(path, shop=SHOP)), check


def prepare(folder: Path, count: int) -> tuple[Work, Work]:
    """Ingest and release claims, for the measurements of exports: not measured itself."""
    ink = installation(folder)
    path = claims.write(folder / "ready.ndjson", count, all_ready=True)

    def run() -> None:
        ink.ingest(path, shop=SHOP)
        ink.release([stored.ref for stored in ink.queue()])
        ink.close()

    return run, lambda: _expect(floor_export.released(folder / DATABASE), count, "released")


def export_floor(folder: Path, count: int) -> tuple[Work, Work]:
    """The floor of an export."""
    target = folder / "floor.csv"
    return lambda: _expect(floor_export.export(folder / DATABASE, target), count, "rows"), lambda: _rows(target, count, header=False)


def export(folder: Path, count: int) -> tuple[Work, Work]:
    """Read, decode and write the file of a live transmission: from the point at which all claims have joined to the synced file."""
    ink, path = _live(folder)
    started: list[float] = []

    def watch(point: str) -> None:
        if point == "batch.prepared":
            started.append(time.perf_counter())
        elif point == "batch.written":
            STOPPED.append(time.perf_counter() - started[0])

    def run() -> None:
        points.listener = watch
        path.extend(str(report.file) for report in ink.transmit(ACCOUNT))

    def check() -> None:
        ink.close()
        _rows(Path(path[0]), count, header=True)

    return run, check


def rehearse(folder: Path, count: int) -> tuple[Work, Work]:
    """Rehearse: every released claim read, diagnosed once more, checked and written; nothing changes in the database."""
    ink = installation(folder)
    path: list[str] = []

    def check() -> None:
        _expect({state.value: number for state, number in ink.count().items()}, {"running": count}, "states")
        ink.close()
        _rows(Path(path[0]), count, header=True)

    return lambda: path.extend(str(report.file) for report in ink.transmit(ACCOUNT)), check


def transmit_floor(folder: Path, count: int) -> tuple[Work, Work]:
    """The floor of a live transmission."""
    target = folder / "floor.csv"
    return lambda: _expect(floor_export.transmit(folder / DATABASE, target), count, "rows"), lambda: _rows(target, count, header=False)


def transmit(folder: Path, count: int) -> tuple[Work, Work]:
    """Transmit live: every claim diagnosed once more and checked, the file, once, and everything that makes it once."""
    ink, path = _live(folder)

    def check() -> None:
        _expect({state.value: number for state, number in ink.count().items()}, {"exported": count}, "states")
        ink.close()
        _rows(Path(path[0]), count, header=True)

    return lambda: path.extend(str(report.file) for report in ink.transmit(ACCOUNT)), check


def _live(folder: Path) -> tuple[Inkasso, list[str]]:
    ink = installation(folder)
    ink.mandate(ACCOUNT, dated=claims.TODAY.date())
    ink.go_live(ACCOUNT, nothing_to_adopt=True)
    return ink, []


def diagnose(folder: Path, count: int) -> tuple[Work, Work]:
    """Diagnose built claims in memory."""
    from inkasso_core.model.claim import Claim
    from inkasso_core.rules.diagnose import diagnose as ask
    from inkasso_core.rules.facts import Facts
    from inkasso_core.rules.policy import Policy

    with installation(folder) as ink:
        facts = Facts(creditor=ink.settings.creditors["main"], mandate=True)
    built = [Claim.model_validate(claims.claim(number)) for number in range(min(count, 2_000))]
    policy, today = Policy(), claims.TODAY.date()
    ready: list[bool] = []

    def run() -> None:
        ready.extend(ask(built[number % len(built)], facts, policy, today).is_ready for number in range(count))

    return run, lambda: _expect(sum(ready), sum(claims.is_ready(n % len(built)) for n in range(count)), "ready")


def build(folder: Path, count: int) -> tuple[Work, Work]:
    """Build claims from dictionaries: what a diagnosis is compared with."""
    from inkasso_core.model.claim import Claim

    raw = [claims.claim(number) for number in range(count)]
    return lambda: _nothing([Claim.model_validate(item) for item in raw]), lambda: _expect(folder.is_dir(), True, "folder")


def _rows(path: Path, count: int, *, header: bool) -> None:
    with path.open("rb") as lines:
        _expect(sum(1 for _ in lines), count + header, f"rows of {path.name}")


def _nothing(_result: object) -> None:
    """Drop a result."""


WORKS: dict[str, Callable[[Path, int], tuple[Work, Work]]] = {
    "intake-floor": intake_floor,
    "intake": intake,
    "prepare": prepare,
    "export-floor": export_floor,
    "export": export,
    "rehearse-floor": export_floor,
    "rehearse": rehearse,
    "transmit-floor": transmit_floor,
    "transmit": transmit,
    "diagnose": diagnose,
    "build": build,
}

if __name__ == "__main__":
    main()
