"""A statement that is run very often, on a connection of its own: committed when it returns.

What several threads want at the same moment is committed together: a disk syncs a few hundred times a second, however much it syncs.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import sqlalchemy as sa

from inkasso_core.store.engine import Database
from inkasso_core.store.many import Compiled

Row = Mapping[str, Any]


class _Wanted:
    """What one thread wants run, and what came of it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.counts: list[int] = []
        self.error: BaseException | None = None
        self.is_done = False


class Kept:
    """The statement; ``columns`` are its parameters, and the first of them says in which order rows are touched: the same for everybody."""

    def __init__(self, database: Database, statement: sa.Update, columns: Iterable[str]) -> None:
        names = tuple(columns)
        self._database, self._statement, self._first = database, Compiled(statement, names, database.engine.dialect), names[0]
        self._link: Any = None
        self._turn = threading.Lock()
        self._waiting = deque[_Wanted]()

    def run(self, rows: Sequence[Row]) -> list[int]:
        """Run it for these rows, all or none, and return how many rows of the table each of them changed.

        Raises :class:`StoreError`; then nobody knows whether it did anything.
        """
        mine = _Wanted(rows)
        self._waiting.append(mine)
        with self._turn:
            if not mine.is_done:  # else whoever had the turn before did this, too
                self._run([self._waiting.popleft() for _ in range(len(self._waiting))])
        if mine.error is not None:
            raise mine.error
        return mine.counts

    def _run(self, wanted: Sequence[_Wanted]) -> None:
        """Run what several threads want, in one commit: it succeeds or fails for all of them."""
        counts: list[int] = []
        error: BaseException | None = None
        try:
            with self._database.told(), self._database.alone_in_process():
                counts = self._commit([row for one in wanted for row in one.rows])
        except BaseException as exc:  # noqa: BLE001  (each of the threads raises it)
            error = exc
        for one in wanted:
            one.counts, counts = counts[: len(one.rows)], counts[len(one.rows) :]
            one.error, one.is_done = error, True

    def _commit(self, rows: Sequence[Row]) -> list[int]:
        parameters, counts = self._statement.parameters(rows), [0] * len(rows)
        try:
            link = self._opened()
            with self._whole(link) if len(rows) > 1 else nullcontext():
                done = [(place, link.execute(self._statement.text, parameters[place])) for place in self._in_order(rows)]
            for place, cursor in done:
                counts[place] = int(cursor.rowcount)
        except self._database.driver_error as exc:
            self._undo()
            raise sa.exc.DBAPIError.instance(None, None, exc, self._database.driver_error, hide_parameters=True) from None
        except BaseException:
            self._undo()
            raise
        return counts

    def _in_order(self, rows: Sequence[Row]) -> list[int]:
        return sorted(range(len(rows)), key=lambda place: rows[place][self._first])

    @contextmanager
    def _whole(self, link: Any) -> Iterator[None]:
        """A transaction; all of it is sent before anything is waited for, where that is possible."""
        first: Exception | None = None
        with link.pipeline() if self._is_piped else nullcontext():
            try:
                link.execute("BEGIN IMMEDIATE" if self._database.is_sqlite else "BEGIN")
                yield
                link.execute("COMMIT")
            except self._database.driver_error as exc:
                first = exc  # raised below: where its end fails, too, the driver would write a log of its own
        if first is not None:
            raise first

    @property
    def _is_piped(self) -> bool:
        """Whether the driver can send several statements before it waits for an answer: PostgreSQL's, unless its own library is old."""
        driver: Any = self._database.engine.dialect.dbapi
        return not self._database.is_sqlite and bool(driver.Pipeline.is_supported())

    def _opened(self) -> Any:
        """The driver's own connection."""
        if self._link is None:
            self._link = self._database.engine.raw_connection()
            if not self._database.is_sqlite:  # which commits by itself what nobody began
                self._link.driver_connection.autocommit = True
        return self._link.driver_connection

    def close(self) -> None:
        """End its connection."""
        with self._turn:
            self._drop()

    def _undo(self) -> None:
        """Undo what was begun before the connection ends: SQLite keeps its lock while anybody still holds a cursor."""
        if self._link is not None:
            with suppress(Exception):  # what is broken undoes it by itself
                self._link.rollback()
        self._drop()

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.invalidate()
