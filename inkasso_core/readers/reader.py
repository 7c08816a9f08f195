"""Opening a file of records: NDJSON, JSON or a table, told from its name and content."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import Any, Final, Protocol, Self

from inkasso_core.model.words import Text
from inkasso_core.readers._types import Dialect, Format, Limits, Record, Rejected, Report
from inkasso_core.readers.detect import OLD_EXCEL, SPREADSHEETS, UTF16_MARKS, detect_format
from inkasso_core.readers.json_array import JsonReader
from inkasso_core.readers.json_lines import read_lines
from inkasso_core.readers.messages import refused, rejected, rejected_for
from inkasso_core.readers.source import HEAD, ByteSource, open_source, unify_line_ends
from inkasso_core.readers.table import TableReader

FORMATS: Final[tuple[Format, ...]] = ("ndjson", "json", "csv")
DEFAULT_DIALECT: Final = Dialect()
DEFAULT_LIMITS: Final = Limits()


class ValueFault(Protocol):
    """An error about one value that knows its code and its text, as those of :mod:`inkasso_core.readers.german` do."""

    code: str
    message: Text


class Reader:
    """Iterates over the records of one file, once. A context manager that closes the file, as reading to its end does."""

    def __init__(self, source: ByteSource, path: str, kind: Format, dialect: Dialect, limits: Limits, skip: int) -> None:
        self._source = source
        self._path = path
        self._limits = limits
        self._table = TableReader(source, path, dialect, limits, skip) if kind == "csv" else None
        self._report = Report(encoding="utf-8")
        self.format: Format = kind
        self.size = source.size
        """Bytes of the file; None where it is a pipe."""
        if self._table:
            self._entries = self._bounded(self._table)
        elif kind == "json":
            self._entries = self._bounded(JsonReader(source, path, limits, skip))
        else:
            self._entries = self._bounded(read_lines(source, path, limits, skip))

    @property
    def report(self) -> Report:
        """What was detected: encoding, separator, header, decimal sign, columns."""
        return self._table.report if self._table else self._report

    def reject(self, record: Record, error: ValueFault, field: str | None = None) -> Rejected:
        """Turn an error about one value of a record into the rejection of that record, naming file, row and field."""
        return rejected_for(error.message, error.code, self._path, record.position, field)

    def completed(self, complete: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Self:
        """Return this reader, now handing on what ``complete`` makes of each record's data; to be called before the first record."""
        entries = self._entries

        def handed_on() -> Generator[Record | Rejected]:
            with closing(entries):
                for entry in entries:
                    yield replace(entry, data=complete(entry.data)) if isinstance(entry, Record) else entry

        self._entries = handed_on()
        return self

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._entries.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Generator[Record | Rejected]:
        return self._entries

    def __next__(self) -> Record | Rejected:
        return next(self._entries)

    def _bounded(self, entries: Iterable[Record | Rejected]) -> Generator[Record | Rejected]:
        most = self._limits.max_rows
        if most is None:
            yield from entries
        else:
            for entry in entries:
                if entry.position.index >= most:
                    yield rejected("TOO_MANY_ROWS", self._path, entry.position, None, {"limit": most}, fatal=True)
                    break
                yield entry
        self._source.close()


def open_records(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002  # the word of the command line and of the plugins
    dialect: Dialect | None = None,
    limits: Limits = DEFAULT_LIMITS,
    skip: int = 0,
) -> Reader:
    """Open a file of records of any size; ``-`` is standard input. Memory does not grow with the file.

    ``format`` is ``ndjson``, ``json`` or ``csv``; left out, name and content tell it. ``dialect`` says how a table is
    written and which columns are expected. ``skip`` passes over that many records from the beginning, rejected ones
    included, to go on where a former run was stopped; positions stay those of the file.

    The reader yields a :class:`Record` or a :class:`Rejected` for each record, in the order of the file.

    Raises :class:`FileRefused` where the file as a whole cannot be taken.
    """
    name = os.fspath(path)
    known = next((kind for kind in FORMATS if kind == format), None)
    if format is not None and known is None:
        raise refused("UNKNOWN_FORMAT", name)
    source = open_source(name, limits)
    try:
        if source.head(HEAD, lambda head: len(head) >= len(OLD_EXCEL)).startswith(SPREADSHEETS):
            raise refused("SPREADSHEET", name)
        kind = known or detect_format(source, name)
        if kind != "csv" and source.head(2).startswith(UTF16_MARKS):
            raise refused("JSON_NOT_UTF8", name)
        if kind == "ndjson":
            unify_line_ends(source)
        return Reader(source, name, kind, dialect or DEFAULT_DIALECT, limits, skip)
    except BaseException:
        source.close()
        raise
