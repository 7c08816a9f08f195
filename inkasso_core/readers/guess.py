"""Whether an encoding that nobody stated fits the whole file. One byte that does not is reason enough to take in nothing of it.

A file in another encoding decodes in most of its rows all the same: it would come in with garbled names and look whole. So the bytes are
looked through before the first row is taken. Of a pipe only its beginning can be, without waiting for its end.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from inkasso_core.readers.detect import Encoding, is_utf8

CANDIDATES: Final = ("utf-8", "cp1252", "cp850", "mac_roman")
"""What a merchant may have to state, in the order in which it is named to him. UTF-16 is told by its mark or its many NUL characters."""

_PIECE: Final = 1 << 20
"""Bytes: a longer line is judged in pieces."""
_CONTROLS_OF_A_TEXT: Final = frozenset("\t\n\r\f\x1a")

Look = Callable[[], Iterable[bytes]]
"""Gives the bytes of the file, from its beginning, each time it is called."""


class Misfit(NamedTuple):
    """A guess that breaks: what was guessed, the 1-based line in which it breaks, and what every byte can be read as."""

    guess: str
    line: int
    readings: tuple[str, ...]


def checked(look: Look, guess: Encoding, line_end: bytes = b"\n") -> Encoding | Misfit:
    """Return the encoding to read with, or where the guess breaks. Undecided, the first line beyond ASCII decides, as for the reader.

    UTF-8 throughout is UTF-8, whatever the beginning looked like. In Windows-1252 a line that is whole UTF-8 counts as one in another
    encoding. A character that the end of the file cuts off is a matter of its last row.
    """
    if _decodes(look(), "utf-8"):
        return Encoding.UTF8 if guess is Encoding.CP1252 else guess
    found = guess
    for number, line, is_whole in _lines(look(), line_end):
        if line.isascii():
            continue
        in_utf8 = _decodes((line,), "utf-8", is_whole)
        if found is Encoding.UNDECIDED:
            found = Encoding.UTF8 if in_utf8 else Encoding.CP1252
        if not (in_utf8 if found is Encoding.UTF8 else _is_cp1252(line)):
            return Misfit(found.value, number, readings(look))
    return guess


def readings(look: Look) -> tuple[str, ...]:
    """Return the encodings in which every byte is part of a sign that texts hold: to be named to a person, for they prove nothing."""
    return tuple(name for name in CANDIDATES if _decodes(look(), name, signs_only=True))


def may_be_utf8(text: str) -> bool:
    """Whether text read as Windows-1252 holds a sign that umlauts, accents, dashes or € in UTF-8 begin with."""
    return "Ã" in text or "Å" in text or "Â" in text or "Ä" in text or "â" in text


def _is_cp1252(line: bytes) -> bool:
    try:
        text = line.decode(Encoding.CP1252.value)
    except UnicodeDecodeError:
        return False
    return not (may_be_utf8(text) and is_utf8(line))


def _decodes(chunks: Iterable[bytes], encoding: str, is_whole: bool = False, *, signs_only: bool = False) -> bool:
    """Whether the bytes are valid; where they are not the whole, the last character may be cut off."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            if signs_only and not _holds_signs_only(decoder.decode(chunk)):
                return False
            if not signs_only:
                decoder.decode(chunk)
        decoder.decode(b"", final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _holds_signs_only(text: str) -> bool:
    return text.isascii() or not any(unicodedata.category(sign) in ("Cc", "Cn") for sign in set(text) - _CONTROLS_OF_A_TEXT)


def _lines(chunks: Iterable[bytes], line_end: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield each line with its number, and whether that is all of it."""
    number, rest = 1, b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(line_end)
        for line in lines:
            yield number, line, True
            number += 1
        if len(rest) > _PIECE:
            yield number, rest, False
            rest = b""
    yield number, rest, False
