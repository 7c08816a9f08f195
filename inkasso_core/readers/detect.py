"""Which format a file has and how its text is encoded, told from its name and its first bytes."""

from __future__ import annotations

import codecs
import re
from enum import Enum
from pathlib import PurePath
from typing import Final

from inkasso_core.readers._types import Format
from inkasso_core.readers.json_parts import DECODER, PAGE, UNREADABLE
from inkasso_core.readers.source import HEAD, ByteSource

_BY_SUFFIX: Final[dict[str, Format]] = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json", ".csv": "csv"}

LINE_END: Final = re.compile(rb"[\r\n]")

UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

OLD_EXCEL: Final = bytes.fromhex("d0cf11e0a1b11ae1")
SPREADSHEETS: Final = (OLD_EXCEL, b"PK\x03\x04")
"""How ``.xls`` begins, and ``.xlsx``, ``.ods`` and every other archive."""


class Encoding(Enum):
    """What the first bytes say about the encoding, where they do not name it."""

    UNDECIDED = "ascii"
    UTF8 = "utf-8"
    CP1252 = "cp1252"


def _content(head: bytes) -> bytes:
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def _has_line(head: bytes) -> bool:
    return LINE_END.search(_content(head)) is not None


def detect_format(source: ByteSource, path: str) -> Format:
    """Tell the format.

    A ``.csv`` file is a table. Elsewhere the first sign decides: ``[`` begins an array; ``{`` an object a line or, where
    the first line does not hold a whole one, an object over many lines or a page ``{"page": 1, ..., "entries": [...]}``.
    What begins otherwise follows its suffix, and without one is a table. On a pipe only the first line is waited for.
    """
    suffix = _BY_SUFFIX.get(PurePath(path).suffix.lower())
    if suffix == "csv":
        return suffix
    head = source.head(HEAD, enough=None if source.size is not None else _has_line)
    content = _content(head)
    if content[:1] == b"[":
        return "json"
    if content[:1] != b"{":
        return suffix or "csv"
    if PAGE.match(content.decode("utf-8", "replace")):
        return "json"
    return suffix if suffix == "ndjson" else _objects(source, content)


def _objects(source: ByteSource, content: bytes) -> Format:
    """Tell objects line by line from one object over many lines, by the first two lines."""
    first = content.splitlines()[0]
    if first == content and not source.ended:
        return "ndjson"  # whoever writes one object over many lines does not fill the first with so much
    if _is_json(first):
        return "ndjson"
    lines = _content(source.head(HEAD)).splitlines()
    second = next((line.strip() for line in lines[1:] if line.strip()), b"")
    return "ndjson" if second.startswith(b"{") and second.endswith(b"}") else "json"


def _is_json(line: bytes) -> bool:
    try:
        DECODER.decode(line.decode("utf-8", "replace"))
    except UNREADABLE:
        return False
    return True


def detect_encoding(head: bytes, *, complete: bool) -> Encoding:
    """Tell UTF-8 from Windows-1252 by strict decoding (``reference: shop-cpshop.md 4.2``).

    ASCII alone leaves it UNDECIDED: the first line with other bytes will tell. Where lines contradict each other the
    majority wins, so that one damaged row does not garble the umlauts of all others.
    """
    lines = LINE_END.split(head)
    if not complete:
        lines.pop()  # it may be cut off inside a character
    beyond_ascii = [line for line in lines if not line.isascii()]
    if not beyond_ascii:
        return Encoding.UNDECIDED
    good = sum(map(is_utf8, beyond_ascii))
    return Encoding.UTF8 if good * 2 > len(beyond_ascii) else Encoding.CP1252


def is_utf8(line: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
