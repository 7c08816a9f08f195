"""Tables (CSV): the rows of a file in any usual German dialect (``reference: shop-cpshop.md`` section 4.2)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence

from inkasso_core.readers._types import Dialect, Fault, Limits, Position, Record, Rejected, Report
from inkasso_core.readers.detect import LINE_END, UTF16_MARKS, Encoding, detect_encoding
from inkasso_core.readers.guess import checked
from inkasso_core.readers.layout import Sample, detect_layout
from inkasso_core.readers.lines import Lines
from inkasso_core.readers.messages import refused, rejected
from inkasso_core.readers.rows import RowReader, Unreadable
from inkasso_core.readers.source import HEAD, ByteSource, unify_line_ends, utf16


class TableReader:
    """Iterates over the rows of a table from number ``skip`` on. Rows without any content are no records.

    Of a pipe, up to 64 KiB are waited for, to tell the layout from. Raises FileRefused when it is made, where the beginning of
    the file leaves its encoding or layout open.
    """

    def __init__(self, source: ByteSource, path: str, dialect: Dialect, limits: Limits, skip: int) -> None:
        self._source = source
        self._path = path
        self._limits = limits
        self._skip = skip
        encoding = _encoding(source.head(HEAD), source.ended, dialect, path)
        self._named_encoding = "utf-16" if encoding == "utf-16" else None
        if self._named_encoding:
            source.translate(utf16(source.head(0)))
            encoding = "utf-8"
        source.head(limits.max_line, enough=_shows_a_line)
        guessed = dialect.encoding == "auto"
        if guessed and self._named_encoding is None:
            encoding = _checked(source, path, Encoding(encoding))
        unify_line_ends(source)
        sample = Sample(source.head(0), source.ended, encoding, guessed)
        self._layout = detect_layout(sample, dialect, limits, path)
        self._lines = Lines(source, limits, encoding, guessed=guessed)
        self._rows = RowReader(dialect, self._layout.separator, limits).read(self._lines)

    @property
    def report(self) -> Report:
        """What was found out so far."""
        self._layout.report.encoding = self._named_encoding or self._lines.encoding
        return self._layout.report

    def __iter__(self) -> Iterator[Record | Rejected]:
        lines, names, width, max_field = self._lines, self._layout.names, len(self._layout.names), self._limits.max_field
        headings_expected = self._layout.header
        index = 0
        if self._layout.hint:
            next(lines, None)
        for row in self._rows:
            if headings_expected and isinstance(row, list):
                headings_expected = False
                continue
            if index >= self._skip:
                # Translated text has another length than the file: then what was read from the file is near enough.
                offset = self._source.taken if self._named_encoding else lines.offset
                position = Position(index, lines.first, offset)
                if isinstance(row, Unreadable) or len(row) != width or lines.problem or lines.size > max_field:
                    yield self._checked(row, position)
                else:
                    yield Record(position, dict(zip(names, row, strict=True)))
            index += 1
        if code := self._source.failure:
            yield self._rejected(Fault(code), Position(index, lines.number + 1, lines.offset), fatal=True)

    def _checked(self, row: list[str] | Unreadable, position: Position) -> Record | Rejected:
        """Look closer at a row that is suspicious."""
        names, lines = self._layout.names, self._lines
        if isinstance(row, Unreadable):
            return self._rejected(Fault(row.code, dict(enumerate(names)).get(row.column)), position)
        if lines.cut_off and len(row) < len(names):  # the cut may go through a character, which is no other encoding
            return self._rejected(Fault("TRUNCATED"), position)
        if lines.problem:
            return self._rejected(Fault(lines.problem, self._damaged_field(row)), position)
        if len(row) != len(names):
            return self._rejected(Fault("COLUMN_COUNT"), position, found=len(row))
        for name, cell in zip(names, row, strict=True):
            if len(cell) > self._limits.max_field:
                return self._rejected(Fault("FIELD_TOO_LARGE", name), position)
        return Record(position, dict(zip(names, row, strict=True)))

    def _damaged_field(self, cells: Sequence[str]) -> str | None:
        """The column that holds the NUL or the bytes beyond the encoding, where a single line leaves no doubt."""
        names, encoding = self._layout.names, self._lines.encoding
        if self._lines.several or len(cells) != len(names):
            return None
        return next((name for name, cell in zip(names, cells, strict=True) if _is_damaged(cell, encoding)), None)

    def _rejected(self, fault: Fault, position: Position, *, found: int = 0, fatal: bool = False) -> Rejected:
        limits = {"FIELD_TOO_LARGE": self._limits.max_field, "RECORD_TOO_LARGE": self._limits.max_line}
        facts = {
            "limit": limits.get(fault.code, self._limits.max_bytes),
            "found": found,
            "expected": len(self._layout.names),
            "encoding": self.report.encoding,
            "remedy_de": "encoding einstellen oder alles in UTF-8 exportieren",
            "remedy_en": "set encoding, or export all of it in UTF-8",
        }
        return rejected(fault.code, self._path, position, fault.field, facts, fatal=fatal)


def _shows_a_line(head: bytes) -> bool:
    return len(head) >= HEAD and LINE_END.search(head) is not None


def _is_damaged(cell: str, encoding: str) -> bool:
    try:
        cell.encode("latin-1").decode(encoding)
    except UnicodeError:
        return True
    return "\0" in cell


def _checked(source: ByteSource, path: str, guess: Encoding) -> str:
    """Return what to read with; refuse a file in which one byte does not fit what was guessed. A byte order mark is no guess."""
    head = source.head(0)
    if head.startswith(codecs.BOM_UTF8):
        return guess.value
    found = checked(source.all, guess, b"\n" if b"\n" in head or b"\r" not in head else b"\r")
    if isinstance(found, Encoding):
        return found.value
    raise refused("GUESS_BROKEN", path, encoding=found.guess, line=found.line, readings=", ".join(found.readings) or "-")


def _encoding(head: bytes, complete: bool, dialect: Dialect, path: str) -> str:
    """The codec to read with: the byte order mark's, the configured one, or the detected one."""
    marked = "utf-16" if head.startswith(UTF16_MARKS) else "utf-8" if head.startswith(codecs.BOM_UTF8) else None
    wanted = dialect.encoding.removesuffix("-sig")
    if marked and wanted not in ("auto", marked):
        raise refused("WRONG_ENCODING", path, encoding=dialect.encoding, found=marked)
    if wanted != "auto" or marked:
        return marked or wanted
    if head.count(0) * 4 > len(head):
        raise refused("LOOKS_LIKE_UTF16", path)
    return detect_encoding(head, complete=complete).value
