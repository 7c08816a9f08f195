"""Start a server, wait until it answers, end it and all that it started; and say what is missing on this machine.

Programs and environments that no package of ours brings lie in ``.peers`` of the checkout, where ``.ci/run`` puts them; the variable
``INKASSO_PEERS`` names another folder. With ``INKASSO_PEERS_REQUIRED`` set, what is missing fails the test instead of skipping it.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

PEERS = Path(os.environ.get("INKASSO_PEERS") or Path(__file__).parents[2] / ".peers")
POLL = 0.05
WAITS = 40.0


def missing(what: str, remedy: str) -> NoReturn:
    """Skip the test, or fail it where peers are required."""
    text = f"{what} is not installed: {remedy}"
    if os.environ.get("INKASSO_PEERS_REQUIRED"):
        pytest.fail(text)
    pytest.skip(text)


def need(program: str, package: str) -> str:
    """Return the path of a program of the system; ``package`` is the one that brings it."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return found or missing(program, f"apt-get install {package}")


def need_prism() -> list[str]:
    """Return the command of Prism."""
    found = PEERS / "node_modules" / ".bin" / "prism"
    if not found.exists():
        missing("Prism", f"npm install --prefix {PEERS.name} @stoplight/prism-cli@5.14.2")
    return [str(found)]


def need_python(environment: str) -> str:
    """Return the interpreter of an environment of its own: ``spyne``, or ``clients`` with the agencies' official clients."""
    found = PEERS / environment / "bin" / "python"
    if not found.exists():
        missing(f"the environment {environment}", f"python -m venv {PEERS.name}/{environment}, then tests/peers/{environment}.txt")
    return str(found)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str], port: int, *, env: Mapping[str, str] | None = None, cwd: Path | None = None, log: Path | None = None
) -> Iterator[int]:
    """Run a server in a process group of its own until its port answers, then yield the port; end the whole group afterwards."""
    with contextlib.ExitStack() as stack:
        out: Any = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(command, start_new_session=True, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd)
        try:
            _wait(process, command[0], port)
            yield port
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], name: str, port: int) -> None:
    until = time.monotonic() + WAITS
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        if time.monotonic() > until:
            raise TimeoutError(name)
        time.sleep(POLL)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
