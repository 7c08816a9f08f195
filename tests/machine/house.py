"""Two machines on one database, in one process: each a facade of its own, which can be stopped at any moment.

A moment is a named point between two stored states, the commit of a transaction, or a request at the agency. At a moment a machine may
die, as a power cut would end it: nothing that it still wants to store is stored. Or it stands still while the other one goes on.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

import builders
import sqlalchemy as sa
from world import Clock, Reports

from inkasso_core import Agency, ClaimEvent, Inkasso, hookimpl, owner, points
from inkasso_core.settings import Settings, build
from inkasso_core.store.engine import Database
from inkasso_core.store.together import Together

MACHINES = ("left", "right")
DATABASE = "town.db"


class Crash(BaseException):
    """A machine ends here. No program catches it."""


class Plan(NamedTuple):
    """What befalls a machine at work, at a moment: it dies, or the other one does something meanwhile."""

    moment: str
    """Its name, or nothing for any."""
    nth: int = 0
    """How many moments of that name it passes before."""
    meanwhile: tuple[tuple[Any, ...], ...] | None = None
    """What the other one does; None: it dies."""


@dataclass
class Work:
    """Something that a machine does, with what was known when it began."""

    machine: "Machine"
    plan: Plan | None
    known: Any
    moments: list[str] = field(default_factory=list)
    is_done: bool = False
    """The plan was carried out."""


class Watcher(Reports):
    """A shop that writes down which events it was told."""

    name = "reports"

    def __init__(self, hear: Callable[[ClaimEvent], None]) -> None:
        super().__init__()
        self._hear = hear

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        """Pass it on."""
        self._hear(event)


class Machine:
    """One of the two, with a name of its own."""

    def __init__(self, house: "House", name: str) -> None:
        self.house, self.name, self.is_dead = house, name, False
        self.database = Database(house.settings.database_url)
        engine = self.database.engine
        sa.event.listen(engine, "connect", _in_haste)
        sa.event.listen(engine, "begin", self._begins)
        sa.event.listen(engine, "commit", self._commits)
        self._inks: dict[type[Agency[Any]], Inkasso] = {}

    @property
    def ink(self) -> Inkasso:
        """The facade, opened anew after a crash."""
        agency = self.house.agency
        if agency not in self._inks:
            self._inks[agency] = self.house.build(agency, self.database)
        return self._inks[agency]

    def _begins(self, _connection: sa.Connection) -> None:
        if self.is_dead:
            raise Crash

    def _commits(self, connection: sa.Connection) -> None:
        if self.is_dead:
            raise Crash
        if connection.get_execution_options().get("inkasso_write"):
            self.house.moment("commit")

    def drop(self) -> None:
        """Forget everything that is not stored."""
        self.database.close()
        self._inks.pop(self.house.agency, None)
        self.is_dead = False


def _in_haste(link: sqlite3.Connection, _record: Any) -> None:
    link.execute("PRAGMA synchronous=OFF")  # nobody cuts the power of this computer


class House:
    """The installation with its two machines. ``befall`` carries a plan out that is no crash."""

    agency: type[Agency[Any]]

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.settings = _settings(folder)
        self.machines = [Machine(self, name) for name in MACHINES]
        self.works: list[Work] = []
        self.hear: Callable[[ClaimEvent], None] = lambda _event: None
        self.befall: Callable[[Work, str], None] = lambda _work, _moment: None
        self._looker: sqlite3.Connection | None = None

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / DATABASE

    def build(self, agency: type[Agency[Any]], database: Database) -> Inkasso:
        """Make a facade. What the library for SQL has compiled is kept with its ``database``: it takes longer than all the rest."""
        plugins = {Reports.name: Watcher(lambda event: self.hear(event))}
        made = Inkasso(self.settings, agencies={agency.name: agency}, plugins=plugins, clock=self.clock, upgrade=False)
        made.close()
        made._context.database, made._context.together = database, Together(database)
        return made

    def begin(self, file: Path, agency: type[Agency[Any]]) -> None:
        """Begin with a copy of a database, and such an agency."""
        self.end()
        self.agency = agency
        shutil.copyfile(file, self.file)

    def end(self) -> None:
        """Close the database, so that it can be copied or replaced."""
        for machine in self.machines:
            machine.database.close()
        if self._looker is not None:
            self._looker.close()
            self._looker = None
        for rest in ("-wal", "-shm"):
            self.file.with_name(DATABASE + rest).unlink(missing_ok=True)

    def look(self, query: str, *values: Any) -> list[Any]:
        """Ask the database from outside: only what is committed is seen."""
        if self._looker is None:
            self._looker = sqlite3.connect(self.file, timeout=0, isolation_level=None)
        return self._looker.execute(query, values).fetchall()

    def is_writing(self) -> bool:
        """Whether somebody is within a transaction that writes: the other one would wait for it."""
        try:
            self.look("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        self.look("ROLLBACK")
        return False

    # Work

    @contextmanager
    def working(self, work: Work) -> Iterator[None]:
        """Let a machine do something. One that dies is back afterwards, with nothing but what is stored."""
        self.works.append(work)
        try:
            with self._watched():
                yield
        except Crash:
            work.machine.drop()
        finally:
            self.works.pop()

    def moment(self, name: str) -> None:
        """Something is about to happen: carry out what the plan says for this moment."""
        if not self.works:
            return
        work = self.works[-1]
        if work.machine.is_dead:
            raise Crash
        work.moments.append(name)
        if work.plan is None or work.is_done:
            return
        passed = work.moments.count(work.plan.moment) if work.plan.moment else len(work.moments)
        if passed <= work.plan.nth:
            return
        if work.plan.meanwhile is None:
            work.is_done = work.machine.is_dead = True
            raise Crash
        if not self.is_writing():
            work.is_done = True
            self.befall(work, name)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Hear of every named point, and give each machine a name of its own."""
        listener, socket = points.listener, owner.socket
        points.listener = self.moment
        owner.socket = SimpleNamespace(gethostname=self._host)  # type: ignore[assignment]
        try:
            yield
        finally:
            points.listener, owner.socket = listener, socket  # type: ignore[assignment]

    def _host(self) -> str:
        return self.works[-1].machine.name if self.works else MACHINES[0]


def _settings(folder: Path) -> Settings:
    return build(
        {
            "inkasso": {"database": f"sqlite:///{DATABASE}"},
            "creditors": {"firm": builders.green_creditor().model_dump(mode="json", exclude_none=True)},
            "accounts": {"agency": {"agency": "books", "creditor": "firm"}},
            "shops": {"shop": {"plugin": Reports.name, "creditor": "firm", "account": "agency"}},
        },
        folder,
    )


@cache
def empty_database() -> bytes:
    """A database on which all migrations were run: once, since that takes longer than everything else."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE
        database = Database(f"sqlite:///{path}")
        database.open()
        database.close()
        return path.read_bytes()
