"""The bytes of a file or pipe: looked at before they are read, counted, bounded, and translated where lines need it."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, Final

from inkasso_core.readers._types import Limits
from inkasso_core.readers.messages import STDIN, refused

HEAD: Final = 1 << 16
"""Bytes that detection looks at."""

BUFFER: Final = 1 << 18
"""Bytes that are read at once."""

Translate = Callable[[bytes, bool], bytes]
"""Next bytes, whether they are the last -> the same in another form."""


class ByteSource(io.RawIOBase):
    """A readable stream over a file or standard input.

    A read error and the limit of bytes both end the stream and are named in ``failure``: what was read before is kept.
    """

    def __init__(self, stream: BinaryIO, *, size: int | None, max_bytes: int | None, owned: bool = True) -> None:
        super().__init__()
        self._stream = stream
        self._owned = owned
        self._read_some: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._max_bytes = max_bytes
        self._ahead = b""
        self._translations: list[Translate] = []
        self.size = size
        self.taken = 0
        self.ended = False
        self.failure: str | None = None

    def head(self, size: int, enough: Callable[[bytes], bool] | None = None) -> bytes:
        """Return up to ``size`` bytes without taking them; fewer at the end or as soon as they are ``enough``."""
        while len(self._ahead) < size and not self.ended and not (enough and enough(self._ahead)):
            self._ahead += self._next(min(HEAD, size - len(self._ahead)))
        return self._ahead

    def all(self) -> Iterator[bytes]:
        """Yield all bytes of a file, from its beginning, and take none; of a pipe those that were looked at. To be asked before reading."""
        if self.size is None:
            yield self._ahead
            return
        offset = 0
        while chunk := self._at(offset):
            yield chunk
            offset += len(chunk)

    def _at(self, offset: int) -> bytes:
        place = self._stream.tell()
        try:
            self._stream.seek(offset)
            return self._stream.read(BUFFER)
        except OSError:
            return b""  # the reading itself will meet the same, and says so
        finally:
            self._stream.seek(place)

    def translate(self, translate: Translate) -> None:
        """Hand on everything from here through ``translate`` too."""
        self._translations.append(translate)
        self._ahead = translate(self._ahead, self.ended)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: any writable buffer
        while not self._ahead and not self.ended:
            self._ahead = self._next(len(buffer))
        part = self._ahead[: len(buffer)]
        self._ahead = self._ahead[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if self._owned:
            self._stream.close()
        super().close()

    def _next(self, size: int) -> bytes:
        chunk = self._pull(size)
        for translate in self._translations:
            chunk = translate(chunk, self.ended)
        return chunk

    def _pull(self, size: int) -> bytes:
        try:
            chunk = self._read_some(size)
        except OSError:
            self.failure, chunk = "READ_FAILED", b""
        self.taken += len(chunk)
        if self._max_bytes is not None and self.taken > self._max_bytes:
            self.failure = "FILE_TOO_LARGE"
            chunk = chunk[: len(chunk) - (self.taken - self._max_bytes)]
            self.taken = self._max_bytes
        self.ended = not chunk or self.failure is not None
        return chunk


def open_source(path: str, limits: Limits) -> ByteSource:
    """Open the file, or standard input for ``-``.

    Raises FileRefused where there is nothing to read, or more than the limit.
    """
    if path == STDIN:
        if sys.stdin is None:  # a service without terminal
            raise refused("NOT_READABLE", path, reason="closed")
        return ByteSource(sys.stdin.buffer, size=None, max_bytes=limits.max_bytes, owned=False)
    try:
        status = Path(path).stat()
        if S_ISDIR(status.st_mode):
            raise refused("NOT_A_FILE", path)
        stream = Path(path).open("rb")  # noqa: SIM115  # the source closes it
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        raise refused("FILE_MISSING", path) from None
    except OSError as error:
        raise refused("NOT_READABLE", path, reason=type(error).__name__) from None
    size = status.st_size if S_ISREG(status.st_mode) else None
    if limits.max_bytes is not None and (size or 0) > limits.max_bytes:
        stream.close()
        raise refused("FILE_TOO_LARGE", path, limit=limits.max_bytes)
    return ByteSource(stream, size=size, max_bytes=limits.max_bytes)


def unify_line_ends(source: ByteSource) -> None:
    """Translate the bare carriage returns of old Macintosh exports, where what was looked at has no other line end."""
    seen = source.head(0)
    if b"\r" in seen and b"\n" not in seen:
        source.translate(lambda chunk, _last: chunk.replace(b"\r", b"\n"))


def utf16(head: bytes) -> Translate:
    """Translate UTF-16 to UTF-8. What is no valid UTF-16 becomes invalid UTF-8, so that it is rejected row by row.

    Without a mark at its ``head``, the order of the bytes is told by where the zeros of ASCII signs stand.
    """
    byte_order = "" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "-be" if _zeros(head[::2]) else "-le"
    decoder = codecs.getincrementaldecoder(f"utf-16{byte_order}")("surrogatepass")

    def to_utf8(chunk: bytes, last: bool) -> bytes:
        text = decoder.decode(chunk)
        half = b"\xff" if last and decoder.getstate()[0] else b""
        return text.encode("utf-8", "surrogatepass") + half

    return to_utf8


def _zeros(first_of_two: bytes) -> bool:
    return first_of_two.count(0) * 2 > len(first_of_two)
