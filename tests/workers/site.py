"""An installation whose workers are processes of their own, and an agency that keeps its own count in a file."""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from merchant import SETTINGS, claim

from inkasso_core import Actor, Inkasso, Role, State

CLERK = Actor("olga", Role.OPERATOR)
PATIENCE = 60.0
PROGRAM = "from inkasso_core.cli import main; main()"


@dataclass
class Site:
    """A folder with settings, perhaps with a database elsewhere."""

    folder: Path
    database: str | None = None
    delay: float = 0.0
    """How long the agency takes, in seconds."""
    more: str = ""
    """Further settings."""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _kept: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _watching: Inkasso | None = None

    def __post_init__(self) -> None:
        wire = f'[accounts.wire.settings]\nledger = "{self.ledger}"\nbehaviour = "slow"\ndelay = {self.delay}\n'
        self.config.write_text(f"{SETTINGS}\n{wire}\n{self.more}", "utf-8")
        if self.database is not None:
            with self.open(upgrade=False) as ink:
                ink.upgrade_database()
        with self.open() as ink:
            ink.mandate("wire", dated=dt.date(2026, 1, 15), actor=CLERK)
            ink.go_live("wire", nothing_to_adopt=True, actor=CLERK)

    @property
    def config(self) -> Path:
        return self.folder / "inkasso.toml"

    @property
    def ledger(self) -> Path:
        return self.folder / "agency.ndjson"

    @contextlib.contextmanager
    def open(self, *, upgrade: bool = True) -> Iterator[Inkasso]:
        """The facade."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            with Inkasso.from_config(self.config, upgrade=upgrade) as ink:
                yield ink

    @property
    def environment(self) -> Mapping[str, str]:
        return {"INKASSO_DATABASE": self.database} if self.database is not None else {}

    def released(self, *orders: str) -> list[str]:
        """Report and release a green claim per order; return their refs."""
        with self.open() as ink:
            refs = [str(ink.register(claim(order), shop="web").ref) for order in orders]
            assert [one.problem for one in ink.release(refs, actor=CLERK) if not one.ok] == []
            return refs

    def start(self, *arguments: str, program: str = PROGRAM, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process in the folder; it is ended with the test."""
        command = [sys.executable, "-P", "-c", program, *arguments]
        given = {**os.environ, **self.environment, "INKASSO_CONFIG": str(self.config), "LANG": "en_US.UTF-8", **environment}
        with (self.folder / f"process-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=given, stdout=log, stderr=log, start_new_session=True)
        self.started.append(process)
        return process

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self.start("worker", "--every", "1", "--log", "json", *options)

    def said(self, number: int = 0) -> list[dict[str, Any]]:
        """What a process wrote as JSON, line by line."""
        lines = (self.folder / f"process-{number}.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def end(self) -> None:
        """End all processes."""
        self._kept.close()
        for process in self.started:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)

    def states(self) -> Counter[State]:
        """How many claims stand where."""
        if self._watching is None:
            self._watching = self._kept.enter_context(self.open())
        return Counter(dict(self._watching.count()))

    def count(self) -> Counter[str]:
        """The agency's own count: how often each of our claims arrived."""
        if not self.ledger.exists():
            return Counter()
        rows = [json.loads(line) for line in self.ledger.read_text("utf-8").splitlines()]
        return Counter(f"web:{key}" for row in rows if "claims" in row for key in row["claims"])


def wait_for(what: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait until something is so; the test fails where it does not become so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)
