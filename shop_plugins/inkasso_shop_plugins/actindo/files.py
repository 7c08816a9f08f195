"""Opening files of actindo: tables as they are; XML, and postings that are to be added up, as lines of JSON in a file that nobody sees."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from inkasso_core import FileRefused, Reader, Record, Text, open_records, to_json
from inkasso_shop_plugins.actindo.columns import FileSettings
from inkasso_shop_plugins.actindo.rows import POSTINGS

STANDARD_INPUT = "-"
_CHUNK = 64 * 1024
_HEAD = 512
_LONGEST_ROW = 1 << 20
"""Characters of all cells of one row in XML."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_ROW, _CELL = 1, 2

NOT_XML = Text(
    "{where}: kein lesbares XML (Zeile {line}): die Datei verwenden, wie actindo sie ausgibt.",
    "{where}: no XML that can be read (line {line}): use the file as actindo writes it.",
)
NO_ROWS = Text(
    "{where}: kein Element „{name}“: [shops.NAME.settings.files] row_element auf den Namen der Zeilen setzen.",
    '{where}: no element "{name}": set [shops.NAME.settings.files] row_element to the name of the rows.',
)
UNREAD = Text(
    "{where}: Zeile {line} ist nicht lesbar ({code}): Buchungen werden nur ganz oder gar nicht zusammengezählt.",
    "{where}: row {line} cannot be read ({code}): postings are added up all or none.",
)
FROM_FILE = Text(
    'XML und Buchungen (rows = "postings") aus einer Datei lesen, nicht von der Standardeingabe.',
    'Read XML and postings (rows = "postings") from a file, not from standard input.',
)


def open_export(path: str, settings: FileSettings, skip: int) -> Reader:
    """Open a table (CSV), XML, or lines of JSON. Raises ``FileRefused`` where the file as a whole cannot be read."""
    if settings.rows == "postings":
        return _converted(path, _postings(path, settings), skip)
    if path != STANDARD_INPUT and _is_xml(path):
        return _converted(path, _rows(path, settings), skip)
    return _open(path, settings, skip)


def _open(path: str, settings: FileSettings, skip: int = 0) -> Reader:
    is_table = path == STANDARD_INPUT or not path.endswith((".json", ".ndjson", ".jsonl"))
    return open_records(path, format="csv" if is_table else None, dialect=settings.dialect(), skip=skip)


def _is_xml(path: str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False  # the reader says what is wrong with it
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip().startswith(b"<")


def _converted(path: str, records: Iterator[Mapping[str, Any]], skip: int) -> Reader:
    """Write records as lines of JSON and open these. The file is gone as soon as it is open: it holds personal data."""
    if path == STANDARD_INPUT:
        raise FileRefused(FROM_FILE, where=path, reason="NOT_FROM_STDIN")
    descriptor, name = tempfile.mkstemp(prefix=f"{Path(path).name}.", suffix=".ndjson")  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for record in records:
                stream.write(to_json(record) + b"\n")
        return open_records(name, format="ndjson", skip=skip)
    finally:
        Path(name).unlink()


def _postings(path: str, settings: FileSettings) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of each invoice together, in the order in which the invoices come. Rows without a key belong to none."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    if path == STANDARD_INPUT:
        return
    if _is_xml(path):
        rows: Iterator[Mapping[str, Any]] = _rows(path, settings)
    else:
        rows = _read(path, settings)
    for row in rows:
        key = row.get(settings.key)
        if isinstance(key, str) and key.strip():
            found.setdefault(key.strip(), []).append(row)
    yield from ({settings.key: key, POSTINGS: rows} for key, rows in found.items())


def _read(path: str, settings: FileSettings) -> Iterator[Mapping[str, Any]]:
    with _open(path, settings) as reader:
        for item in reader:
            if not isinstance(item, Record):
                line = item.position.line or item.position.index + 1
                raise FileRefused(UNREAD.fill(where=Path(path).name, line=line, code=item.code), where=path, reason=item.code)
            yield item.data


def _rows(path: str, settings: FileSettings) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of XML by our column names, a piece of the file at a time."""
    reader = _XmlRows(settings)
    with Path(path).open("rb") as stream:
        try:
            yield from reader.read(stream)
        except (expat.ExpatError, _RefusedXml, LookupError, UnicodeError) as exc:
            line = getattr(exc, "lineno", None) or reader.line
            raise FileRefused(NOT_XML.fill(where=Path(path).name, line=line), where=path, reason="NOT_XML") from None
    if not reader.number:
        raise FileRefused(NO_ROWS.fill(where=Path(path).name, name=settings.row_element), where=path, reason="NO_ROWS")


class _RefusedXml(Exception):
    """XML with a document type: it may name entities, and no result of a query needs one."""


class _XmlRows:
    """Collects rows while the parser goes through a file. Deeper elements than a row's cells are passed over."""

    def __init__(self, settings: FileSettings) -> None:
        self.wanted = settings.row_element
        self.names = {heading.casefold(): name for name, headings in settings.headings.items() for heading in (name, *headings)}
        self.number = 0
        self._depth = 0
        self._size = 0
        self._cells: dict[str, str] = {}
        self._column: str | None = None
        self._text: list[str] = []
        self._done: list[Mapping[str, Any]] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = self._refuse

    @property
    def line(self) -> int:
        """Where the parser is."""
        return self._parser.CurrentLineNumber

    def read(self, stream: BinaryIO) -> Iterator[Mapping[str, Any]]:
        """Yield the rows."""
        while chunk := stream.read(_CHUNK):
            self._parser.Parse(chunk, False)
            yield from self._given()
        self._parser.Parse(b"", True)
        yield from self._given()

    def _given(self) -> list[Mapping[str, Any]]:
        done, self._done = self._done, []
        return done

    def _refuse(self, *_args: object) -> None:
        raise _RefusedXml

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._depth:
            self._depth += 1
        elif name == self.wanted:
            self._depth, self._size = _ROW, 0
            self._cells = {self._name(key): value for key, value in attributes.items()}
        if self._depth == _CELL:
            self._column, self._text = self._name(name), []

    def _data(self, text: str) -> None:
        if self._depth == _CELL and self._column is not None:
            self._size += len(text)
            if self._size > _LONGEST_ROW:
                raise _RefusedXml
            self._text.append(text)

    def _end(self, _name: str) -> None:
        if self._depth == _CELL and self._column is not None:
            self._cells[self._column] = "".join(self._text).strip()
            self._column = None
        if self._depth == _ROW:
            self._done.append(self._cells)
            self.number += 1
        if self._depth:
            self._depth -= 1

    def _name(self, heading: str) -> str:
        return self.names.get(heading.casefold(), heading)
