"""A server of its own: ``inkasso serve`` in a process that may be killed, and a folder with settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from merchant import SETTINGS

SECRET, TOKEN = "s" * 32, "t" * 32
SERVE = f"""
[serve]
max_body = 100000
[serve.clients.erp]
shops = ["erp"]
secret = "{SECRET}"
[serve.clients.tool]
shops = ["erp"]
token = "{TOKEN}"
"""
COMMAND = (sys.executable, "-c", "from inkasso_core.cli import main; main()")


def folder_with(tmp_path: Path, more: str = "") -> Path:
    """Write settings with a shop, and clients of it."""
    (tmp_path / "inkasso.toml").write_text(SETTINGS + SERVE + more, "utf-8")
    return tmp_path


@dataclass
class Served:
    """A server that runs."""

    process: subprocess.Popen[str]
    document: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def start(cls, folder: Path, *options: str, program: tuple[str, ...] = COMMAND, **environment: str) -> Self:
        """Start it on a port that is free, and wait until it answers."""
        command = [*program, "serve", "--port", "0", "--json", *options]
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, "LANG": "de_DE.UTF-8", **environment}
        )
        lines: list[str] = []
        assert process.stdout is not None
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], f"the server ended: {process.wait()}"
        return cls(process, json.loads("".join(lines)))

    @property
    def address(self) -> str:
        """Where it answers."""
        return str(self.document["address"])

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.address.split("/")[2].rpartition(":")[2])

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def kill(self) -> None:
        """Let it die on the spot."""
        self.process.kill()
        self.process.wait(20)


@contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Serve a folder, and end it whatever happens."""
    served = Served.start(folder, *options, **environment)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.kill()
        if served.process.stdout is not None:
            served.process.stdout.close()
