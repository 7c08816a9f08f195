"""JSON that is not written line by line: an array, a page of a REST answer, one object, or several of these in a row.

The text runs through a window that grows only while a single record does not fit. The standard library's scanner decodes
each record, so a broken one costs that one only, as long as its brackets show where it ends.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Final

from inkasso_core.readers._types import Fault, Limits, Position, Record, Rejected
from inkasso_core.readers.json_parts import (
    DECODER,
    PAGE,
    SUSPECT,
    UNREADABLE,
    ValueEnd,
    facts_for,
    fault_in,
    running_string,
)
from inkasso_core.readers.messages import rejected
from inkasso_core.readers.source import BUFFER, ByteSource

_PAGE_HEAD: Final = 1 << 12
_BLANK: Final = re.compile(r"[ \t\n\r]*")
_MAY_GO_ON: Final = re.compile(r"(?:\.|[eE][-+]?)?\Z")
"""Behind a number at the edge of the window: its digits, fraction or exponent may come yet."""


class _Window:
    """The part of the text that is being looked at, from ``place`` on."""

    def __init__(self, stream: io.BufferedReader[ByteSource]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._damaged = False
        self.text = ""
        self.place = 0
        self.taken = 0
        self.ended = False
        self.suspect = False

    def more(self) -> None:
        """Read on, keeping what is left."""
        left = self.text[self.place :]
        chunk = self._stream.read1(BUFFER)
        self.taken += len(chunk)
        self.ended = not chunk
        fresh = self._decoder.decode(chunk, self.ended)
        self._damaged = self._damaged or not _is_storable(fresh)
        self.text, self.place = left + fresh, 0
        self.suspect = self._damaged or SUSPECT.search(self.text) is not None

    def peek(self) -> str:
        """Pass over blanks and return the next sign without taking it; empty at the end of the file."""
        while True:
            blank = _BLANK.match(self.text, self.place)
            self.place = blank.end() if blank else self.place
            if self.place < len(self.text) or self.ended:
                return self.text[self.place : self.place + 1]
            self.more()

    def pass_over(self, end: ValueEnd) -> bool:
        """Go behind the value that ``end`` looks for, holding none of it; False where the file ends first."""
        while (place := end.find(self.text, self.place)) is None:
            self.place = len(self.text)
            if self.ended:
                return False
            self.more()
        self.place = place
        return True

    def left(self) -> int:
        """Characters from ``place`` on."""
        return len(self.text) - self.place


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class JsonReader:
    """Iterates over the records of a JSON text; the first ``skip`` are decoded and dropped."""

    def __init__(self, source: ByteSource, path: str, limits: Limits, skip: int) -> None:
        self._source = source
        self._window = _Window(io.BufferedReader(source, BUFFER))
        self._path = path
        self._limits = limits
        self._facts = facts_for(limits)
        self._skip = skip
        self._index = 0
        self._broken: str | None = None

    def __iter__(self) -> Iterator[Record | Rejected]:
        for number, entry in enumerate(self._values()):
            if number >= self._skip:
                yield entry
        if code := self._source.failure or self._broken:
            yield self._rejected(Fault(code), fatal=True)

    def _values(self) -> Iterator[Record | Rejected]:
        """Everything at the top of the file, one after another."""
        window = self._window
        while not self._broken and (sign := window.peek()):
            if sign == "[":
                window.place += 1
                yield from self._elements()
            elif sign in "]},:":
                self._broken = "BROKEN_LIST"
            elif page := self._page():
                window.place = page.end()
                yield from self._elements()
                if not self._broken and not window.pass_over(ValueEnd(depth=1)):
                    self._broken = "TRUNCATED"
            elif entry := self._value():
                yield entry

    def _page(self) -> re.Match[str] | None:
        window = self._window
        while window.left() < _PAGE_HEAD and not window.ended:
            window.more()
        return PAGE.match(window.text, window.place)

    def _elements(self) -> Iterator[Record | Rejected]:
        """The records of a list, from behind its opening bracket to behind its closing one."""
        window = self._window
        sign = window.peek()
        while sign != "]":
            if entry := self._value():
                yield entry
            sign = window.peek()
            if sign == ",":
                window.place += 1
            elif sign != "]":
                self._broken = self._broken or ("BROKEN_LIST" if sign else "TRUNCATED")
                return
        window.place += 1

    def _value(self) -> Record | Rejected | None:
        """Take one value; None where the file ends before or in the middle of it."""
        window, limits = self._window, self._limits
        window.peek()
        while True:
            start, end = window.place, ValueEnd()
            try:
                data, place = DECODER.raw_decode(window.text, start)
            except UNREADABLE as error:
                after = end.find(window.text, start)
                if after is not None or (window.ended and window.left() and not end.open):
                    window.place = len(window.text) if after is None else after
                    return self._counted(Fault("TOO_DEEP" if isinstance(error, RecursionError) else "BROKEN_JSON"))
            else:
                if type(data) is dict or window.ended or not _MAY_GO_ON.match(window.text, place):
                    window.place = place
                    return self._counted(self._checked(data, place - start))
            if window.ended:
                self._broken = "TRUNCATED"
                return None
            if window.left() > limits.max_line:
                return self._counted(self._too_large())
            window.more()

    def _checked(self, data: object, size: int) -> dict[str, object] | Fault:
        if type(data) is not dict:
            return Fault("NOT_AN_OBJECT")
        if (self._window.suspect or size > self._limits.max_field) and (fault := fault_in(data, self._limits)):
            return fault
        return data if size <= self._limits.max_line else Fault("RECORD_TOO_LARGE")

    def _too_large(self) -> Fault:
        running = running_string(self._window.text[self._window.place :])
        if not self._window.pass_over(ValueEnd()):
            self._broken = "TRUNCATED"
        if running and running[1] > self._limits.max_field:
            return Fault("FIELD_TOO_LARGE", running[0])
        return Fault("RECORD_TOO_LARGE")

    def _counted(self, found: dict[str, object] | Fault) -> Record | Rejected:
        entry = self._rejected(found) if isinstance(found, Fault) else Record(self._position(), found)
        self._index += 1
        return entry

    def _position(self) -> Position:
        return Position(self._index, None, self._window.taken)

    def _rejected(self, fault: Fault, *, fatal: bool = False) -> Rejected:
        facts = self._facts[fault.code]
        return rejected(fault.code, self._path, self._position(), fault.field, facts, fatal=fatal)
