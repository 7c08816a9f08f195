"""Statements for very many rows: compiled once, the values converted here, and handed straight to the driver.

SQLAlchemy's own way looks at every parameter of every row again; by the hundred thousand that costs as much as writing them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

Convert = Callable[[Any], Any]


class Many:
    """An insert or an update; its parameters are ``columns``, and every row holds all of them."""

    def __init__(self, statement: sa.Insert | sa.Update, columns: Iterable[str]) -> None:
        self._statement = statement
        self._columns = tuple(columns)
        self._compiled: dict[str, Compiled] = {}

    def run(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run it for all rows, and return how many rows of the table it wrote; for none it does nothing."""
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = Compiled(self._statement, self._columns, dialect)
        compiled = self._compiled[dialect.name]
        if parameters := compiled.parameters(rows):
            return int(connection.exec_driver_sql(compiled.text, parameters).rowcount)
        return 0


class Compiled:
    """A statement in the words of one database, and how each of its parameters is converted."""

    def __init__(self, statement: sa.Insert | sa.Update, columns: tuple[str, ...], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns))
        self.text = str(compiled)
        self._names = tuple(compiled.positiontup or columns)
        self._is_positional = dialect.positional
        one, *more = self._names
        self._values = itemgetter(one, *more) if more else lambda row: (row[one],)
        converts = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self._names]
        self._converts: list[tuple[int, Convert]] = [(place, convert) for place, convert in enumerate(converts) if convert is not None]

    def parameters(self, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Return what the driver takes: a tuple for each row, or a dict where parameters have names."""
        result: list[Any] = []
        for row in rows:
            values = list(self._values(row))
            for place, convert in self._converts:
                values[place] = convert(values[place])
            result.append(tuple(values) if self._is_positional else dict(zip(self._names, values, strict=True)))
        return result
