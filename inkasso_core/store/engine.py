"""Opening the database: SQLite by default, PostgreSQL by one setting, migrated or refused, and transactions of two kinds."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from inkasso_core.errors import ConfigurationError, StoreError
from inkasso_core.model.words import Text
from inkasso_core.store import queued, versions

Connection = sa.Connection
"""A transaction's connection, for steps that need not know the database otherwise."""

_LOGGER = "sqlalchemy.engine.Engine.inkasso"
_WRITE = "inkasso_write"
_BESIDE = "inkasso_beside"
_WRITE_LOCK = 0x696E6B61
"""PostgreSQL: the key of the advisory lock that stands for SQLite's one write lock; any number that nobody else takes."""
_ACCOUNT_LOCKS = _WRITE_LOCK + 1
"""PostgreSQL: the class of the advisory locks of accounts, each keyed by its account's name."""
BUSY_SECONDS = 60
_ASK_AGAIN = 0.02
_PRIMARY = 0xFF
"""SQLite: the part of an error's number that says what it is; the rest says where."""
_OWNER_ALONE = stat.S_IRUSR | stat.S_IWUSR
CACHE_KIB = 4 * 1024
"""SQLite: what a connection keeps of the file in memory. Little, since a face may hold several connections open."""


class Database:
    """One engine. Reads see a consistent snapshot; a write takes the write lock at its begin, so nothing is decided on stale rows."""

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.engine = _engine(self.url)
        self.wakers: list[queued.Waker] = []
        """Are told, before the commit, for which accounts a transaction queues something."""
        self.driver_error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        self._turn = threading.Lock()
        if self.is_sqlite:
            event.listen(self.engine, "do_connect", self._make_file)
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "begin", _begin_postgresql)

    @property
    def address(self) -> str:
        """What people may read of the address: no password, nor anything else that stands behind a question mark."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of the default database."""
        name = self.url.database or ""
        return Path(name) if self.is_sqlite and not name.startswith("file:") else None

    def exposed(self) -> list[Path]:
        """Return the files of the default database that every user of the machine may read or change; POSIX only."""
        if self.file is None or os.name != "posix":
            return []
        files = [self.file, *(self.file.with_name(self.file.name + end) for end in ("-wal", "-shm"))]
        return [file for file in files if file.exists() and file.stat().st_mode & stat.S_IRWXO]

    def _make_file(self, *_connecting: object) -> None:
        """Make a new file that its owner alone may read: SQLite gives -wal and -shm beside it the same rights. An old one keeps its own."""
        if self.file is not None and not self.file.exists():
            with suppress(OSError):  # another process was quicker, or SQLite itself will say what is wrong
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ALONE))

    @property
    def is_sqlite(self) -> bool:
        """True for the default database."""
        return self.engine.dialect.name == "sqlite"

    def open(self) -> None:
        """Make the database ready: a SQLite file is created and migrated, a PostgreSQL database must have been upgraded before.

        Raises :class:`StoreError` for a database of a newer version, or one that was not upgraded, or that cannot be reached.
        """
        with self.told():
            found = versions.found(self.engine)
        versions.refuse_newer(found, self.address)
        if versions.is_current(found):
            self._keep_log()
            return
        if not self.is_sqlite:
            raise StoreError(
                Text(
                    "Die Datenbank ist nicht auf dem Stand dieser Version: einmal `inkasso db upgrade` ausführen.",
                    "The database is not at this version's level: run `inkasso db upgrade` once.",
                )
            )
        self.upgrade()

    def upgrade(self) -> None:
        """Bring the database to this version's level; raises :class:`StoreError` for one that is newer."""
        with self.told():
            versions.refuse_newer(versions.found(self.engine), self.address)
            self._keep_log()
            versions.upgrade(self.engine)

    def _keep_log(self) -> None:
        """Have SQLite write ahead (WAL), so that readers and the writer do not wait for each other.

        The file remembers it, so it is asked for only once the file is known to be ours: one of a newer version is not touched. SQLite does
        not wait itself where somebody else uses a file that does not write ahead yet, as where several open a new one at once.
        """
        if not self.is_sqlite:
            return
        until = time.monotonic() + BUSY_SECONDS
        with self.told(), closing(self.engine.raw_connection()) as link:
            while True:
                try:
                    link.cursor().execute("PRAGMA journal_mode=WAL")
                    return
                except sqlite3.OperationalError as exc:
                    if exc.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                        raise
                time.sleep(_ASK_AGAIN)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.told(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def write(self, *, beside: bool = False) -> Iterator[sa.Connection]:
        """A transaction that changes something: committed at the end, or rolled back whole.

        It is alone: nobody else writes meanwhile, on any machine. Only those that say ``beside`` write beside each other, on PostgreSQL:
        the steps that many workers do at once. Such a step decides on rows that it has locked (``FOR UPDATE``, or an ``UPDATE`` whose
        ``WHERE`` says what must still hold and whose row count it looks at), and what a whole account must agree on after :func:`agree`.
        """
        options = {_WRITE: True, _BESIDE: beside, queued.OPTION: set()}
        with (
            self.told(),
            self.alone_in_process(),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection
            queued.wake(connection, self.wakers)

    @contextmanager
    def alone_in_process(self) -> Iterator[None]:
        """SQLite: let the threads of this process write in turn. Whoever waits for the file itself sleeps, and asks again too late."""
        mine = self.is_sqlite and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn an error of the database into :class:`StoreError`: the driver's own text, which may show a row, goes no further."""
        try:
            yield
        except (sa.exc.StatementError, self.driver_error) as exc:
            cause = exc.orig if isinstance(exc, sa.exc.StatementError) else exc
            error = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(cause or exc).__name__
            raise StoreError(_UNUSABLE.fill(address=self.address, error=error), field="inkasso.database") from None

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _engine(url: sa.URL) -> sa.Engine:
    """Parameters and rows are debtors and secrets: neither an error of the database nor its log shows them."""
    try:
        engine = sa.create_engine(url, hide_parameters=True, logging_name=_LOGGER.rpartition(".")[2])
    except (ImportError, sa.exc.ArgumentError):
        raise ConfigurationError(_NO_DRIVER.fill(kind=url.drivername), field="inkasso.database") from None
    logging.getLogger(_LOGGER).addFilter(_is_no_row)
    return engine


def _is_no_row(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG  # at this level the library logs the rows that it reads, and nothing else


def _checked(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            Text(
                "[inkasso] database ist keine Datenbankadresse: zum Beispiel sqlite:///inkasso.db",
                "[inkasso] database is no database address: for example sqlite:///inkasso.db",
            ),
            field="inkasso.database",
        ) from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigurationError(_NO_MEMORY, field="inkasso.database")
        _make_folder(Path(str(parsed.database)).parent)
    return parsed


_UNUSABLE = Text(
    "Die Datenbank {address} lässt sich nicht benutzen ({error}): Adresse, Rechte, freien Platz und Inhalt prüfen ([inkasso] database).",
    "The database {address} cannot be used ({error}): check its address, rights, free space and content ([inkasso] database).",
)
_NO_DRIVER = Text(
    "[inkasso] database: für {kind} ist kein Treiber da. SQLite braucht keinen; für PostgreSQL inkasso[postgres] installieren.",
    "[inkasso] database: there is no driver for {kind}. SQLite needs none; for PostgreSQL install inkasso[postgres].",
)
_NO_MEMORY = Text(
    "[inkasso] database: eine Datenbank im Arbeitsspeicher verlöre jede Forderung: bitte eine Datei nennen.",
    "[inkasso] database: a database in memory would lose every claim: please name a file.",
)


def _make_folder(folder: Path) -> None:
    """Make the folders that are missing, for their owner alone."""
    try:
        for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
            missing.mkdir(mode=_OWNER_ALONE | stat.S_IXUSR, exist_ok=True)
        folder.mkdir(exist_ok=True)  # a file of that name is no folder
    except OSError:
        raise ConfigurationError(
            Text(
                f"Der Ordner der Datenbank kann nicht angelegt werden: {folder} ([inkasso] database).",
                f"The folder of the database cannot be made: {folder} ([inkasso] database).",
            ),
            field="inkasso.database",
        ) from None


def _set_up_sqlite(link: sqlite3.Connection, _record: Any) -> None:
    link.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{CACHE_KIB}"):
        link.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    """One write at a time, on all machines: whoever waited sees what the one before has committed, and decides on that."""
    options = connection.get_execution_options()
    if options.get(_WRITE):
        shared = "_shared" if options.get(_BESIDE) else ""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{shared}({_WRITE_LOCK})")


def agree(connection: Connection, account: str, *, only_that: bool = False) -> None:
    """Let nobody else who writes beside this transaction decide about this account until it ends: limits, pace, rests, its one alarm.

    ``only_that`` is for whoever decides nothing and relies on what the others have: any number of them go on beside each other. A
    transaction asks for one account, once, and before it locks rows, so nobody waits in a circle. One that is alone need not ask.
    """
    if connection.dialect.name == "postgresql" and connection.get_execution_options().get(_BESIDE):
        key = int.from_bytes(sha256(account.encode()).digest()[:4], "big", signed=True)
        shared = "_shared" if only_that else ""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{shared}({_ACCOUNT_LOCKS}, {key})")
