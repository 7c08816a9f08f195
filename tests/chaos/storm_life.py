"""What a process does in a storm: the work of people and cron, in any order, again and again, until it is killed.

Runs in forks of the storm's own process (:mod:`chaos.storm`), so that everything is loaded and a life costs no start.
"""

import datetime as dt
import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import sqlalchemy as sa
from chaos import sabotage
from chaos.scenario import Installation
from chaos.storm_adapters import STORM_AGENCIES
from chaos.storm_agency import SETTLES
from chaos.storm_plan import SHOPS, Kill

from inkasso_core import Actor, ClaimEvent, FileRefused, Inkasso, InkassoError, Role, State, StoreError, hookimpl, points
from inkasso_core.store.claims import Filter
from inkasso_core.store.instructed import Instructed

CLERK = Actor("olga", Role.OPERATOR)
PATIENT = 10
"""How many times as long as it works a process may wait, for the agency or for a processor."""
FULL = 2
"""``PRAGMA synchronous``: a commit is on the disk when it returns."""


class Watcher:
    """An observer that writes down what it is told before it answers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        """Write the event's id down, in one piece."""
        with self._path.open("ab", buffering=0) as file:
            file.write(f"{event.id}\n".encode())


class Lived(NamedTuple):
    """A process that may be killed at any moment, as its parent knows it."""

    pid: int
    kill: Kill
    begun: float
    """By the parent's clock."""

    def is_over(self) -> bool:
        """Whether its time has come: it has worked for so long, or waited for many times as long."""
        return self._worked() > self.kill.seconds or time.monotonic() - self.begun > PATIENT * self.kill.seconds + 5

    def _worked(self) -> float:
        """Return the seconds that it was on a processor: a busy machine kills nobody before he has done anything."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            return time.monotonic() - self.begun
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def opened(installation: Installation, shift: float) -> Iterator[Inkasso]:
    """Open the installation at a time that is so many seconds from now."""
    later = dt.timedelta(seconds=shift)
    options: dict[str, Any] = {"plugins": {"watcher": Watcher(installation.told)}, "agencies": STORM_AGENCIES}
    with Inkasso.from_config(installation.config, clock=lambda: dt.datetime.now(dt.UTC) + later, **options) as ink:
        yield ink


# What people and cron do. Each may be repeated at any time, and be done by several at once.


def take_in(ink: Inkasso, place: Installation) -> None:
    """Ingest what the shops exported; what was taken in is moved away."""
    for shop in SHOPS:
        for path in sorted(place.folder.glob(f"{shop}-*.ndjson")):
            try:
                ink.ingest(path, shop=shop)
                path.rename(path.with_suffix(".done"))
            except (FileNotFoundError, FileRefused):
                if path.exists():
                    raise  # else another process was quicker


def let_go(ink: Inkasso, _place: Installation) -> None:
    """Release what is ready."""
    ink.release([stored.ref for stored in ink.queue()], actor=CLERK)


def send(ink: Inkasso, _place: Installation) -> None:
    """Transmit what is due, and tell what is to be told."""
    ink.transmit()


def follow(ink: Inkasso, _place: Installation) -> None:
    """Look up what is unclear, read feeds, tell observers."""
    ink.follow()


def confirm(ink: Inkasso, _place: Installation) -> None:
    """Confirm what was exported."""
    ink.confirm([stored.ref for stored in ink.claims(Filter(states=(State.EXPORTED,)))], actor=CLERK)


def recall(ink: Inkasso, _place: Installation) -> None:
    """Take back from the agency what the shop has cancelled."""
    refs = [task.message.en.partition(": ")[0] for task in ink.tasks() if task.kind == "report_cancellation"]
    if refs:
        ink.recall(refs, reason="the order ended", actor=CLERK)


def resolve(ink: Inkasso, place: Installation) -> None:
    """Look up what left in a file that somebody took away: what he has is at the agency."""
    unclear = list(ink.claims(Filter(states=(State.UNCLEAR,), account="file")))
    if unclear:
        uploaded = {part for path in place.collected.glob("*.csv") for part in path.read_text("utf-8").replace("\n", ";").split(";")}
        for stored in unclear:
            found = f"portal-{stored.record}" if stored.invoice_number in uploaded else None
            ink.resolve([stored.ref], found=found, reason="looked it up in the portal", send_again=True, actor=CLERK)


def look(ink: Inkasso, place: Installation) -> None:
    """Look up what nobody knows to have been told, once the agency's own books are settled."""
    unclear = _unclear(ink)
    if unclear:
        time.sleep(SETTLES)
        _looked_up(ink, place, unclear)


def look_now(ink: Inkasso, place: Installation) -> None:
    """The same in the calm, when they are settled."""
    _looked_up(ink, place, _unclear(ink))


def _unclear(ink: Inkasso) -> list[Instructed]:
    return [one for one in ink.instructions() if one.state == "unclear"]


def _looked_up(ink: Inkasso, place: Installation, unclear: Sequence[Instructed]) -> None:
    told = [line for line in books(place) if line["what"] == "told"] if unclear else []
    for one in unclear:
        mine = [line for line in told if (line["our_reference"], line["verb"]) == (one.our_reference, one.verb)]
        knows = any(line.get("amount") is None or one.what.startswith(f"{line['amount']} ") for line in mine)
        with suppress(InkassoError):  # another clerk was quicker
            ink.resolve_instruction(one.id, done=knows, send_again=not knows, reason="looked it up in the portal", actor=CLERK)


Step = Callable[[Inkasso, Installation], None]
STEPS: dict[Step, int] = {
    take_in: 5,
    let_go: 5,
    send: 8,
    follow: 4,
    confirm: 2,
    recall: 2,
    resolve: 1,
    look: 1,
}
"""What there is to do, each with how often."""
_PASSES = {
    "intake": take_in,
    "release": let_go,
    "transmit": send,
    "telling": send,
    "batch": send,
    "confirm": confirm,
    "feed": follow,
    "notices": follow,
}
"""Where a named point lies -> what passes it."""


def books(place: Installation) -> list[dict[str, Any]]:
    """Return what the agency accepted, by its own books; a line that it is just writing is not yet there."""
    whole, _, _ = place.ledger.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


# A process


def begin(place: Installation, shift: float, kill: Kill, seed: str, guard: str | None = None) -> Lived:
    """Begin a life: work until the process is killed."""
    parent = os.getpid()

    def live() -> None:
        sabotage.remove(guard)
        _arm(place, kill)
        with opened(place, shift) as ink:
            for step in _steps(kill, random.Random(seed)):  # noqa: S311  (no secret)
                if os.getppid() != parent:
                    return  # nobody is left who would kill it
                step(ink, place)
                time.sleep(0.01)

    return Lived(_forked(place, live), kill, time.monotonic())


def _steps(kill: Kill, chance: random.Random) -> Iterator[Step]:
    """Yield what a process does: everything once, in order, where it is to die at a point; what comes, without end, where at a moment."""
    order = [*STEPS]
    if kill.names:
        begin = order.index(_PASSES[chance.choice(kill.names).partition(".")[0]])
        yield from order[begin:] + order[:begin]
    while not kill.names:
        yield chance.choices(order, [*STEPS.values()])[0]


def calm(place: Installation, shift: float, guard: str | None = None) -> int:
    """Begin a process that does everything once, without a kill, and ends; returns its id."""

    def live() -> None:
        sabotage.remove(guard)
        _arm(place, None)
        with opened(place, shift) as ink:
            for step in (take_in, let_go, send, confirm, follow, recall, resolve, look_now, send, follow):
                step(ink, place)
            ink.run_due()

    return _forked(place, live)


def _forked(place: Installation, live: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        live()
    except StoreError as exc:
        _say(place, {"away": str(exc)})
    except BaseException:  # noqa: BLE001  (the parent reports it)
        _say(place, {"error": traceback.format_exc()})
    os._exit(0)


def _say(place: Installation, what: dict[str, str]) -> None:
    with _said(place).open("ab", buffering=0) as file:
        file.write(json.dumps(what).encode() + b"\n")


def said(place: Installation) -> list[dict[str, str]]:
    """Return how processes ended that could say it: that they ``died`` at a point, found the database ``away``, or met an ``error``."""
    path = _said(place)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def _said(place: Installation) -> Path:
    return place.folder / "said.ndjson"


def die() -> NoReturn:
    """End this process as a power cut would, from the outside of Python."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


def _arm(place: Installation, kill: Kill | None) -> None:
    """Die at a point or before a commit; and see that no connection is less than durable."""
    left = kill.nth if kill is not None else 0

    def reached(name: str) -> None:
        nonlocal left
        if kill is not None and name in kill.names:
            left -= 1
            if left == 0:
                _say(place, {"died": name})
                die()

    def commits(connection: sa.Connection) -> None:
        nonlocal left
        _durable(connection.connection.dbapi_connection)
        if kill is not None and kill.kind == "commit":
            left -= 1
            if left == 0:
                die()

    points.listener = reached
    sa.event.listen(sa.Engine, "commit", commits)
    sa.event.listen(sa.pool.Pool, "checkout", lambda link, *_: _durable(link))


def _durable(link: Any) -> None:
    if isinstance(link, sqlite3.Connection) and link.execute("PRAGMA synchronous").fetchone() != (FULL,):
        raise AssertionError("a connection is open whose commits are not on the disk when they return (PRAGMA synchronous)")


assert sys.platform != "win32", "processes are forked"
