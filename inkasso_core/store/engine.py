"""Opening the database: SQLite by default, PostgreSQL by one setting, migrated or refused, and transactions of two kinds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from inkasso_core.errors import ConfigurationError, StoreError
from inkasso_core.model.words import Text
from inkasso_core.store import versions

Connection = sa.Connection
"""A transaction's connection, for steps that need not know the database otherwise."""

_WRITE = "inkasso_write"
_WRITE_LOCK = 0x696E6B61
"""PostgreSQL: the key of the advisory lock that stands for SQLite's one write lock; any number that nobody else takes."""
BUSY_SECONDS = 60


class Database:
    """One engine. Reads see a consistent snapshot; a write takes the write lock at its begin, so nothing is decided on stale rows."""

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        # parameters are debtors and secrets: an error of the database must not show them
        self.engine = sa.create_engine(self.url, hide_parameters=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "begin", _begin_postgresql)

    @property
    def is_sqlite(self) -> bool:
        """True for the default database."""
        return self.engine.dialect.name == "sqlite"

    def open(self) -> None:
        """Make the database ready: a SQLite file is created and migrated, a PostgreSQL database must have been upgraded before.

        Raises :class:`StoreError` for a database of a newer version, or one that was not upgraded, or that cannot be reached.
        """
        try:
            found = versions.found(self.engine)
        except sa.exc.OperationalError as exc:
            raise StoreError(
                Text(
                    "Die Datenbank ist nicht erreichbar: Adresse und Rechte prüfen ([inkasso] database).",
                    "The database cannot be reached: check its address and rights ([inkasso] database).",
                ),
                field="inkasso.database",
            ) from exc
        if versions.is_current(found):
            return
        versions.refuse_newer(found)
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
        versions.refuse_newer(versions.found(self.engine))
        versions.upgrade(self.engine)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that changes something: committed at the end, or rolled back whole."""
        with self.engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


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


_NO_MEMORY = Text(
    "[inkasso] database: eine Datenbank im Arbeitsspeicher verlöre jede Forderung: bitte eine Datei nennen.",
    "[inkasso] database: a database in memory would lose every claim: please name a file.",
)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        link.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    """One write at a time, on all machines: whoever waited sees what the one before has committed, and decides on that."""
    if connection.get_execution_options().get(_WRITE):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
