"""Rows out of lines: cells between separators, in quotes or not. A row that cannot be read costs as few lines as possible."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from inkasso_core.readers._types import Dialect, Limits
from inkasso_core.readers.lines import Lines, RecordTooLarge

if TYPE_CHECKING:
    from _csv import Dialect as CheckedSettings

_ABSENT: Final = "\0"
"""Stands for a quote or escape that the dialect does not have: no accepted line holds a NUL."""


class Unreadable(NamedTuple):
    """Stands for a row without cells, and names the column that was too much, where one was (from 0)."""

    code: str
    column: int = -1


class RowReader:
    """Reads rows with one separator."""

    def __init__(self, dialect: Dialect, separator: str, limits: Limits) -> None:
        self._separator = separator
        self._quote = dialect.quote or _ABSENT
        self._escape = dialect.escape or _ABSENT
        self._max_field = limits.max_field
        self._settings = _csv_settings(dialect, separator)
        # The limit of `csv` holds for the whole process: it is raised where it is lower than ours, never lowered.
        csv.field_size_limit(max(csv.field_size_limit(), limits.max_line))

    def read(self, lines: Lines) -> Iterator[list[str] | Unreadable]:
        """The cells of each row that has any."""
        separator, quote, escape = self._separator, self._quote, self._escape
        while True:
            lines.begin()
            try:
                text = next(lines)
                cells = self._quoted(text, lines) if quote in text or escape in text else text.rstrip("\r\n").split(separator)
            except StopIteration:
                return
            except (csv.Error, RecordTooLarge) as error:
                if lines.stopped:
                    return
                yield self._unreadable(error, lines)
            else:
                if any(cells):
                    yield cells

    def _quoted(self, text: str, lines: Lines) -> list[str]:
        """Only where a quote stays open do the next lines belong to the row."""
        try:
            return next(csv.reader((text,), self._settings))
        except csv.Error:
            return next(csv.reader(chain((text,), lines), self._settings))

    def _unreadable(self, error: Exception, lines: Lines) -> Unreadable:
        if lines.several or isinstance(error, csv.Error):
            lines.give_back()
            return Unreadable("BROKEN_QUOTES")
        column = self._long_column(lines.first_line())
        return Unreadable("RECORD_TOO_LARGE") if column is None else Unreadable("FIELD_TOO_LARGE", column)

    def _long_column(self, text: str) -> int | None:
        """The column whose value exceeds the limit, in a line that was not read to its end."""
        quote, separator = re.escape(self._quote), re.escape(self._separator)
        cell = rf"{quote}(?:[^{quote}]++|{quote}{quote})*+{quote}?|[^{quote}{separator}]++"
        column = length = 0
        for token in re.finditer(rf"{separator}|{cell}", text):
            if token[0] == self._separator:
                column, length = column + 1, 0
            else:
                length += token.end() - token.start()
            if length > self._max_field:
                return column
        return None


def _csv_settings(dialect: Dialect, separator: str) -> CheckedSettings:
    class Settings(csv.Dialect):
        delimiter = separator
        quotechar = dialect.quote
        escapechar = dialect.escape
        doublequote = True
        quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
        lineterminator = "\r\n"
        strict = True

    return csv.reader((), Settings).dialect
