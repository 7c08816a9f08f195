"""A Tryton database, opened by a program that is no Tryton server: trytond as a library."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from inkasso_core import ConfigurationError, TemporarilyUnavailable, Text

T = TypeVar("T")
_TRIES = 5
_lock = threading.Lock()


def within(config: Path | None, name: str, act: Callable[[Any], T]) -> T:
    """Call ``act`` with the pool of a database, as root, in a transaction of its own that is committed; return what it returns.

    Opens the database by its ``trytond.conf`` where this process has not done so; a conflict with another transaction is tried again.
    Raises :class:`ConfigurationError` where trytond, the file or the module is missing, :class:`TemporarilyUnavailable` where the
    database does not answer.
    """
    pool = _pool(config, name)
    from trytond import backend
    from trytond.transaction import Transaction, TransactionError

    extras: dict[str, Any] = {}
    problem: Exception | None = None
    for _ in range(_TRIES):
        try:
            with Transaction(new=True).start(name, 0, **extras) as transaction:
                try:
                    return act(pool)
                except TransactionError as exc:
                    transaction.rollback()
                    exc.fix(extras)
        except backend.DatabaseOperationalError as exc:
            problem = exc
    raise TemporarilyUnavailable(_BUSY.fill(name=name)) from problem


def _pool(config: Path | None, name: str) -> Any:
    with _lock:
        settings = _settings()
        if name not in _opened() and config is not None:
            if not config.is_file():
                raise ConfigurationError(_NO_FILE.fill(path=config), field="config")
            settings.update_etc(str(config))
        from trytond import backend  # not before the file was read: it says which database this is
        from trytond.pool import Pool
        from trytond.transaction import Transaction

        if name not in Pool.database_list():
            try:
                with Transaction(new=True).start(name, 0, readonly=True):
                    Pool(name).init()
            except (backend.DatabaseOperationalError, OSError) as exc:
                Pool.stop(name)
                raise TemporarilyUnavailable(_CLOSED.fill(name=name)) from exc
    pool = Pool(name)
    if "inkasso.note" not in dict(pool.iterobject()):
        raise ConfigurationError(_NO_MODULE.fill(name=name), field="database")
    return pool


def _settings() -> Any:
    try:
        from trytond import config
    except ImportError:
        raise ConfigurationError(_NO_TRYTON, field="config") from None
    return config


def _opened() -> list[str]:
    """Return the databases that this process has open; a process that is no Tryton server has not even loaded the pool yet."""
    pool = sys.modules.get("trytond.pool")
    return pool.Pool.database_list() if pool else []


_NO_TRYTON = Text(
    "trytond ist hier nicht installiert: inkasso in der Umgebung des Tryton-Servers ausführen (pip install inkasso[tryton]).",
    "trytond is not installed here: run inkasso in the environment of the Tryton server (pip install inkasso[tryton]).",
)
_NO_FILE = Text(
    "Die Datei {path} (config) gibt es nicht: den Pfad der trytond.conf angeben.", "There is no file {path} (config): name trytond.conf."
)
_NO_MODULE = Text(
    "In der Datenbank {name} ist das Modul inkasso nicht aktiviert: trytond-admin -d {name} -u inkasso --activate-dependencies.",
    "The module inkasso is not activated in the database {name}: trytond-admin -d {name} -u inkasso --activate-dependencies.",
)
_CLOSED = Text("Die Tryton-Datenbank {name} lässt sich nicht öffnen.", "The Tryton database {name} cannot be opened.")
_BUSY = Text("Die Tryton-Datenbank {name} ist belegt; es wird wieder versucht.", "The Tryton database {name} is busy; it is tried again.")
