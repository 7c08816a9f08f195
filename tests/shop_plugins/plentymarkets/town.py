"""An installation with one plentymarkets shop, for tests in this process and in others."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import builders
import world

from inkasso_core import Actor, Column, FileAgency, FileSettings, Inkasso, Kind, Placement, Role, State, TableDialect, TableWriter
from inkasso_core.settings import build
from inkasso_core.store.claims import Filter

CLERK = Actor("olga", Role.OPERATOR)
NOON = dt.datetime(2026, 4, 3, 10, tzinfo=dt.UTC)
"""A day on which the orders of the stand-in are green."""


class Drop(FileAgency[FileSettings]):
    """An agency that takes files: a thousand claims leave in one."""

    name: ClassVar[str] = "drop"
    label: ClassVar[str] = "Drop"
    Settings = FileSettings

    def writer(self) -> TableWriter[Placement]:
        """Our reference and the order."""
        columns = [
            Column("reference", Kind.REFERENCE, lambda p: p.our_reference),
            Column("order", Kind.REFERENCE, lambda p: p.claim.source.order),
        ]
        return TableWriter(columns, TableDialect(encoding="utf-8"))


FILES = {"agency": Drop.name, "settings": {"directory": "drop"}}
"""The account of such an agency."""


def settings(url: str, **changes: Any) -> dict[str, Any]:
    """The settings of the shop."""
    given = {"status": ["3.6"], "base_url": url, "username": "inkasso-api", "password": "geheim-und-lang", "due_date_origin": "contract"}
    return {name: value for name, value in {**given, "read_timeout": 5.0, **changes}.items() if value is not None}


@contextmanager
def town(
    folder: Path,
    url: str,
    clock: Any,
    *,
    account: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Iterator[Inkasso]:
    """Open the installation, live and in automatic mode; opened again, it goes on where it was."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.db").exists():
        (folder / "test.db").write_bytes(world._empty_database())
    given = {
        "inkasso": {"database": "sqlite:///test.db"},
        "creditors": {"firm": builders.green_creditor().model_dump(mode="json", exclude_none=True)},
        "accounts": {"agency": {"creditor": "firm", "mode": "automatic", **(account or _dummy(folder))}},
        "shops": {"plenty": {"plugin": "plentymarkets", "creditor": "firm", "account": "agency", "settings": settings(url, **changes)}},
    }
    with Inkasso(build(given, folder), agencies={Drop.name: Drop}, clock=clock, sleep=clock.sleep) as ink:
        if ink.gate("agency").mode == "rehearsal":
            ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=CLERK)
            ink.go_live("agency", nothing_to_adopt=True, actor=CLERK)
        yield ink


def _dummy(folder: Path) -> dict[str, Any]:
    return {"agency": "dummy", "settings": {"ledger": str(folder / "ledger.jsonl"), "delay": 0}}


def arrived(folder: Path) -> list[str]:
    """The orders in the ledger of the agency, or in the files that it took, each as often as it arrived."""
    ledger = folder / "ledger.jsonl"
    lines = ledger.read_text("utf-8").splitlines() if ledger.exists() else []
    files = [path.read_text("utf-8").splitlines()[1:] for path in sorted(folder.glob("drop/*.csv"))]
    return [order for line in lines for order in json.loads(line)["claims"]] + [
        row.split(";")[1].strip('"') for rows in files for row in rows
    ]


def work(ink: Inkasso, clock: Any, most: int = 50) -> None:
    """Do what cron does, run after run, until nothing is left to do."""
    for _ in range(most):
        ran = ink.run_due()
        ink.confirm([stored.ref for stored in ink.claims(Filter(states=(State.EXPORTED,)))], actor=CLERK)
        done = ran.moved + ran.released + len(ran.reports) + ran.followed.told + ran.followed.failed + ran.followed.changed
        if not done and not any(looked.taken or looked.problem for looked in ran.polled):
            return
        clock.sleep(120)
    raise AssertionError("it never comes to rest")


def polled(ink: Inkasso) -> list[tuple[str, str | None]]:
    """Poll the shop; return what became of each report: the outcome and the order, None where it is no claim."""
    (looked,) = [one for one in ink.poll() if one.shop == "plenty"]
    assert looked.problem is None, looked.problem.text
    return [(result.outcome, result.ref.partition(":")[2] if result.ref else None) for result in looked.results]


TESTS = Path(__file__).resolve().parents[2]


def start(module: str, *arguments: object, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a module of this folder as a process of its own; of the checkout it sees the tests alone."""
    program = [sys.executable, "-m", f"shop_plugins.plentymarkets.{module}", *map(str, arguments)]
    return subprocess.Popen(program, cwd=TESTS, env={**os.environ, "PYTHONPATH": str(TESTS)}, **options)
