"""Plays a day of an installation in processes of its own, and kills them where it is told.

Reads jobs from standard input, a JSON object a line, and answers each with a line. Everything is loaded once; each job then runs in fresh
forks, so that a kill is a real one and costs no start-up. A job: the ``folder`` of the installation, the ``steps`` to play, the ``shift``
of the clock in seconds, where to ``kill`` (see :func:`_arm`), which ``guard`` to remove, how many ``processes`` play at once (0: the driver
itself, to warm up), and whether they all wait for each other before they ``open`` the installation.
"""

import datetime as dt
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg as _loaded_once  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chaos import sabotage
from chaos.agencies import AGENCIES, JOINT
from chaos.scenario import HELD, told_later

from inkasso_core import (
    Actor,
    ClaimEvent,
    Inkasso,
    Role,
    State,
    StoreError,
    export,
    follow,
    hookimpl,
    ingest,
    leasing,
    placing,
    points,
    release,
    sending,
)
from inkasso_core.store.claims import Filter

ACCOUNTS = ("file", "wire", "rows", "cases", "bulk", "events", "told")
CLERK = Actor("olga", Role.OPERATOR)


class Watcher:
    """An observer that writes down what it is told before it answers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        """Write the event's id down."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{event.id}\n")


# What people and cron do. Each step may be repeated at any time.


def live(ink: Inkasso, _folder: Path) -> None:
    """Confirm the mandates and go live."""
    for account in ACCOUNTS:
        if ink.gate(account).mode != "live":
            ink.mandate(account, dated=dt.date(2026, 1, 15), actor=CLERK)
            ink.go_live(account, nothing_to_adopt=True, actor=CLERK)


def take_in(ink: Inkasso, folder: Path) -> None:
    """Ingest what the shops exported."""
    for path in sorted(folder.glob("*.ndjson")):
        ink.ingest(path, shop=path.stem)


def let_go(ink: Inkasso, _folder: Path) -> None:
    """Release what is ready."""
    ink.release([stored.ref for stored in ink.queue()], actor=CLERK)


def send(ink: Inkasso, _folder: Path) -> None:
    """Transmit what is due, in two goes; at the last minute somebody stops some of it."""
    held = {hold.target for hold in ink.holds()}
    for stored in list(ink.claims()):
        if stored.ref in HELD and stored.record not in held:
            ink.hold(stored.ref, reason="the debtor called", actor=CLERK)
    ink.transmit(limit=3)
    ink.transmit()


def confirm(ink: Inkasso, _folder: Path) -> None:
    """Confirm what was exported."""
    ink.confirm([stored.ref for stored in ink.claims(Filter(states=(State.EXPORTED,)))], actor=CLERK)


def resolve(ink: Inkasso, folder: Path) -> None:
    """Look up what left in a file that somebody took away: what he has is at the agency."""
    uploaded = ";".join(path.read_text("utf-8") for path in (folder / "collected").glob("*.csv"))
    invoices = set(uploaded.replace("\n", ";").replace(JOINT, ";").split(";"))
    for stored in [s for account in ("file", "rows") for s in ink.claims(Filter(states=(State.UNCLEAR,), account=account))]:
        found = f"portal-{stored.record}" if stored.invoice_number in invoices else None
        ink.resolve([stored.ref], found=found, reason="looked it up in the portal", send_again=True, actor=CLERK)


def pay(ink: Inkasso, _folder: Path) -> None:
    """The shop hears of payments and more to claims that the agency has; some orders end, and a clerk recalls them."""
    there = {stored.ref: stored.state for stored in ink.claims(Filter(account="told"))}
    for ref, claim in told_later().items():
        if there.get(ref) in (State.HANDED_OVER, State.CANCELLED, State.PAID):
            ink.register(claim, shop="told")
            if claim.ended is not None and there[ref] is State.HANDED_OVER and not ink.instructions(ref, everything=True):
                ink.recall([ref], reason="the order ended", actor=CLERK)


def look(ink: Inkasso, folder: Path) -> None:
    """Look up what nobody knows to have been told: the agency's own books say it."""
    path = folder / "ledger.told.jsonl"
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    for one in ink.instructions():
        if one.state == "unclear":
            mine = [line for line in told if (line["our_reference"], line["verb"]) == (one.our_reference, one.verb)]
            knows = any(line["amount"] is None or one.what.startswith(f"{line['amount']} ") for line in mine)
            ink.resolve_instruction(one.id, done=knows, send_again=not knows, reason="looked it up in the portal", actor=CLERK)


def run(ink: Inkasso, _folder: Path) -> None:
    """Do what time brings."""
    ink.run_due()


_ALL = (live, take_in, let_go, send, confirm, resolve, pay, look, run)
STEPS: dict[str, Callable[[Inkasso, Path], None]] = {step.__name__: step for step in _ALL}


# Killing


class Counts:
    """How often this process passed each point, committed, and touched the files of the installation."""

    def __init__(self) -> None:
        self.points: Counter[str] = Counter()
        self.commits = 0
        self.files = 0


def _arm(kill: dict[str, Any] | None, folder: Path) -> Counts:
    """Count everything, and kill this process before the ``nth`` passing of a ``point``, ``commit`` or step in the ``file`` system."""
    counts, kind, nth = Counts(), (kill or {}).get("kind"), (kill or {}).get("nth")

    def reached(name: str) -> None:
        counts.points[name] += 1
        if kind == "point" and kill is not None and name == kill["name"] and counts.points[name] == nth:
            die()

    def commits(_connection: sa.Connection) -> None:
        counts.commits += 1
        if kind == "commit" and counts.commits == nth:
            die()

    def audit(event: str, args: tuple[object, ...]) -> None:
        if event in _FILE_EVENTS and str(args[0]).startswith(watched):
            counts.files += 1
            if kind == "file" and counts.files == nth:
                die()

    watched = (str(folder / "outgoing"), str(folder / "ledger"), str(folder / "told"))
    points.listener = reached
    sa.event.listen(sa.Engine, "commit", commits)
    sys.addaudithook(audit)
    return counts


_FILE_EVENTS = frozenset({"open", "os.link", "os.remove", "os.rename", "os.mkdir"})


def die() -> NoReturn:
    """End this process as a power cut would, from the outside of Python."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


# Playing


def _play(job: dict[str, Any], wait: Callable[[], None]) -> None:
    folder = Path(job["folder"])
    shift = dt.timedelta(seconds=job["shift"])
    if job.get("before") == "open":
        wait()
    watcher = Watcher(folder / "told.txt")
    options = {"plugins": {"watcher": watcher}, "agencies": AGENCIES, "clock": lambda: dt.datetime.now(dt.UTC) + shift}
    if "upgrade" in job["steps"]:
        with Inkasso.from_config(folder / "inkasso.toml", upgrade=False, **options) as ink:
            ink.upgrade_database()
    with Inkasso.from_config(folder / "inkasso.toml", **options) as ink:
        if job.get("before") != "open":
            wait()
        for step in job["steps"]:
            if step != "upgrade":
                STEPS[step](ink, folder)


def _child(job: dict[str, Any], go: int, answer: int) -> NoReturn:
    """Play in this process and say how it went; whatever is raised is an answer, too."""
    try:
        try:
            sabotage.remove(job.get("guard"))
            counts = _arm(job.get("kill"), Path(job["folder"]))
            _play(job, lambda: _wait(answer, go))
            said = {"points": counts.points, "commits": counts.commits, "files": counts.files}
        except StoreError as exc:
            said = {"error": str(exc)}
        except BaseException:  # noqa: BLE001  (the parent reports it)
            said = {"error": traceback.format_exc()}
        os.write(answer, json.dumps(said).encode())
    finally:
        os._exit(0)


def _wait(ready: int, go: int) -> None:
    os.write(ready, b"\n")
    os.read(go, 1)


def perform(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the processes of a job play, all from the same moment on, and return how each ended."""
    if job.get("processes") == 0:
        _play(job, lambda: None)
    started = []
    for _ in range(job.get("processes", 1)):
        (hear, answer), (go, start) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            for end in (hear, start, *(end for other in started for end in other[1:])):
                os.close(end)
            _child(job, go, answer)
        os.close(answer)
        os.close(go)
        started.append((pid, hear, start))
    begun = time.monotonic()
    ready = [os.read(hear, 1) for _, hear, _ in started]  # a line's end, the begin of an answer, or nothing from a dead one
    for _, _, start in started:
        os.close(start)
    kill = job.get("kill") or {}
    if kill.get("kind") == "time":
        time.sleep(max(0.0, kill["after"] - (time.monotonic() - begun)))
        for pid, _, _ in started:
            os.kill(pid, signal.SIGKILL)
    return [_ended(pid, hear, heard, begun) for (pid, hear, _), heard in zip(started, ready, strict=True)]


def _ended(pid: int, hear: int, heard: bytes, begun: float) -> dict[str, Any]:
    with os.fdopen(hear, "rb") as pipe:
        said = heard + pipe.read()
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status)
    return {"killed": killed, "seconds": time.monotonic() - begun, **(json.loads(said) if said and not killed else {})}


def main() -> None:
    """Answer jobs until standard input ends."""
    with suppress(ImportError):  # without the driver of PostgreSQL no test asks for it
        import_module("psycopg")
    # small commits, so that a few claims pass every point more than once
    for module, name, size in (
        (ingest, "BATCH", 4),
        (release, "CHUNK", 4),
        (follow, "CHUNK", 4),
        (placing, "CHUNK", 2),
        (leasing, "MOST", 2),
        (sending, "TOGETHER", 2),
        (export, "CHUNK", 2),
    ):
        assert isinstance(getattr(module, name), int)
        setattr(module, name, size)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(perform(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
