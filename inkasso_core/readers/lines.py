"""The lines of a table: bounded, decoded, counted, and given back where a quote was opened and never closed."""

from __future__ import annotations

import codecs
import io
from collections import deque
from typing import Final

from inkasso_core.readers._types import Limits
from inkasso_core.readers.detect import Encoding, is_utf8
from inkasso_core.readers.guess import may_be_utf8
from inkasso_core.readers.source import BUFFER, ByteSource

_LINE_FEED: Final = ord("\n")


class RecordTooLarge(Exception):  # a signal between two modules, never seen outside
    """The lines of the present record exceed ``max_line``."""


class Lines:
    """Iterates over decoded lines with their ends, which :func:`csv.reader` joins where a text runs over several.

    ``number`` and ``offset`` (bytes) are those of the last line, ``first`` the number of the record's first one. ``size`` (bytes)
    and ``problem`` belong to the record. ``cut_off`` tells that the file's last line has no end.
    """

    def __init__(self, source: ByteSource, limits: Limits, encoding: str, *, guessed: bool) -> None:
        self._source = source
        self._readline = io.BufferedReader(source, BUFFER).readline
        self._max_line = limits.max_line
        self._cautious = guessed and encoding == Encoding.CP1252.value
        self._again: deque[bytes] = deque()
        self._record: list[bytes] = []
        self.encoding = encoding
        self.number = 0
        self.offset = 0
        self.first = 1
        self.size = 0
        self.problem: str | None = None
        self.cut_off = False
        self._ended = False

    def begin(self) -> None:
        """Say that the next line begins a record."""
        self._record.clear()
        self.first = self.number + 1
        self.size = 0
        self.problem = None

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        raw = self._again.popleft() if self._again else self._readline(self._max_line + 1)
        if not raw:
            self._ended = True
            raise StopIteration
        self.number += 1
        size = len(raw)
        self.offset += size
        self.size += size
        self._record.append(raw)
        if self.size > self._max_line or raw[-1] != _LINE_FEED:
            self._end_of_line(raw)
        if self.number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            text = self._beyond_encoding(raw)
        if "\0" in text:
            self.problem = "NUL_BYTE"
        elif self._cautious and may_be_utf8(text) and is_utf8(raw):
            self.problem = "WRONG_ENCODING"  # in Windows-1252 its umlauts would come out garbled
        return text

    def give_back(self) -> None:
        """Return all lines of the present record but its first, to be read as records of their own."""
        rest = self._record[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self.offset -= sum(map(len, rest))

    @property
    def stopped(self) -> bool:
        """Whether a read error or the limit of bytes has ended the file: then its last record may be cut short."""
        return self._ended and self._source.failure is not None

    @property
    def several(self) -> bool:
        """Whether the present record has run over more than one line."""
        return len(self._record) > 1

    def first_line(self) -> str:
        """The first line of the present record, as far as it was read and could be decoded."""
        return self._record[0].decode(self.encoding, "replace")

    def _end_of_line(self, raw: bytes) -> None:
        if self.size > self._max_line:
            self._skip_rest(raw)
            raise RecordTooLarge
        if self._source.failure:
            self._ended = True
            raise StopIteration  # the last cell may be cut short, and would look whole
        self.cut_off = True

    def _skip_rest(self, raw: bytes) -> None:
        if raw[-1] == _LINE_FEED:
            return
        self._record[-1] = raw + b"\n"  # so that it is a line of its own should it be given back
        while raw and raw[-1] != _LINE_FEED:
            raw = self._readline(self._max_line)
            self.offset += len(raw)

    def _beyond_encoding(self, raw: bytes) -> str:
        if self.encoding == Encoding.UNDECIDED.value:
            self.encoding = (Encoding.UTF8 if is_utf8(raw) else Encoding.CP1252).value
            self._cautious = self.encoding == Encoding.CP1252.value
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            self.problem = "WRONG_ENCODING"
            return raw.decode("latin-1")  # keeps separators and quotes, so that the row ends where it should
