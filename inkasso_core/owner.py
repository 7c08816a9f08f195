"""Who is working on something: one piece of work of one process, named so that others can tell whether it still goes on."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

LEASE = dt.timedelta(minutes=15)
"""How long work of a process on another machine is left alone before it counts as abandoned."""

_DEAD = ("Z", "X")
"""States of a process that has ended, in the kernel's letters."""
_active: set[str] = set()


@contextmanager
def working() -> Iterator[str]:
    """Name a piece of work: host, process, when that process started, and a token. It goes on until the block is left."""
    pid = os.getpid()
    name = f"{_host()}:{pid}:{_started(pid)}:{secrets.token_hex(4)}"
    _active.add(name)
    try:
        yield name
    finally:
        _active.discard(name)


def is_gone(owner: str, lease_until: dt.datetime, now: dt.datetime) -> bool:
    """True when nobody works on it any more: its process on this machine has ended or let it go, or its lease ran out."""
    host, pid, started, _ = owner.rsplit(":", 3)
    if host != _host():
        return now > lease_until
    if int(pid) == os.getpid():
        return owner not in _active
    return not _lives(int(pid), started)


def _host() -> str:
    """Where the number of a process means that process: containers may share a machine's name, and each has numbers of its own."""
    return f"{socket.gethostname()}/{_numbers()}"


@cache
def _numbers() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _lives(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(pid) == started


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks: a number used again is then another process. Empty for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return "0"
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in _DEAD else fields[19]
