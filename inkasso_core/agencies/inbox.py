"""Answer files: an agency puts them into a folder, and each is taken once: read, stored, and only then moved away.

Where a file lies says whether it was taken; nothing else is remembered. A file that changed between reading and moving stays.

Names are a stranger's: none leads out of the folder, and none is repeated in what is stored, where it may not survive as it is.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from inkasso_core.agencies.sftp import SftpFolder
from inkasso_core.errors import ConfigurationError, InvalidInput
from inkasso_core.model.words import Text

T = TypeVar("T")

DONE = "done"
_DIGITS = 16
_COPY = "answers"
_LONGEST_NAME = 230
"""Bytes of a name to which a digest is added: file systems take 255."""
_KEPT_OF_NAME = 50
_OWNER_ONLY = 0o600


class Paper(NamedTuple):
    """One answer file."""

    name: str
    content: bytes
    token: str
    """What :meth:`Inbox.settle` gets once the content is stored."""
    more: bool
    """Whether others wait."""

    def __repr__(self) -> str:
        return f"Paper({len(self.content)} bytes)"

    def read(self, opened: Callable[[Path], AbstractContextManager[Iterable[T]]]) -> tuple[T, ...] | InvalidInput:
        """Return what ``opened``, such as ``open_records``, yields of a copy of the file; the error where it cannot be taken as a whole."""
        with TemporaryDirectory(prefix="inkasso-") as folder:
            copy = Path(folder) / _COPY
            copy.write_bytes(self.content)
            try:
                with opened(copy) as entries:
                    return tuple(entries)
            except InvalidInput as exc:
                return exc


class Inbox(ABC):
    """A folder of answer files, used as a context manager. ``pattern`` says which of its files are some; hidden ones never are.

    A file is taken as it lies there: whoever puts it there gives it its name when it is whole.
    """

    def __init__(self, pattern: str = "*.csv") -> None:
        self.pattern = pattern

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def first(self) -> Paper | None:
        """Return the first file by name; None where there is none."""
        names = [name for name in self._plain() if fnmatch.fnmatchcase(name, self.pattern)]
        if not names:
            return None
        content = self._read(names[0])
        return Paper(names[0], content, f"{_digest(content)}:{_key(names[0])}", len(names) > 1)

    def settle(self, token: str) -> None:
        """Move a file that was stored into the folder ``done``. Asked again, it does nothing more."""
        digest, _, key = token.partition(":")
        name = next((name for name in self._plain() if _key(name) == key), None)
        if name is not None and _digest(self._read(name)) == digest:
            self._move(name, f"{DONE}/{digest}-{_short(name)}")

    def _plain(self) -> list[str]:
        return [name for name in self._names() if not name.startswith(".") and not set(name) & _LEADS_ELSEWHERE]

    @abstractmethod
    def _names(self) -> list[str]: ...

    @abstractmethod
    def _read(self, name: str) -> bytes: ...

    @abstractmethod
    def _move(self, name: str, new: str) -> None: ...


class LocalInbox(Inbox):
    """A directory of this machine."""

    def __init__(self, directory: Path, pattern: str = "*.csv") -> None:
        super().__init__(pattern)
        self.directory = directory

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing was opened."""

    def _names(self) -> list[str]:
        try:
            return sorted(path.name for path in self.directory.iterdir() if path.is_file() and not path.is_symlink())
        except OSError as exc:
            raise self._unusable(exc) from None

    def _read(self, name: str) -> bytes:
        try:
            return (self.directory / name).read_bytes()
        except OSError as exc:
            raise self._unusable(exc) from None

    def _move(self, name: str, new: str) -> None:
        try:
            (self.directory / new).parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(PermissionError):  # the file may be another user's: its folder is ours alone
                (self.directory / name).chmod(_OWNER_ONLY)
            (self.directory / name).replace(self.directory / new)
        except OSError as exc:
            raise self._unusable(exc) from None

    def _unusable(self, exc: OSError) -> ConfigurationError:
        why = errno.errorcode.get(exc.errno or 0, type(exc).__name__)
        return ConfigurationError(_UNUSABLE.fill(directory=self.directory, why=why), field="answers")


class SftpInbox(Inbox):
    """A folder on an agency's server."""

    def __init__(self, folder: SftpFolder, pattern: str = "*.csv") -> None:
        super().__init__(pattern)
        self._folder = folder

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._folder.__exit__(kind, error, trace)

    def _names(self) -> list[str]:
        return self._folder.names()

    def _read(self, name: str) -> bytes:
        return self._folder.read(name)

    def _move(self, name: str, new: str) -> None:
        self._folder.make(DONE)
        self._folder.rename(name, new)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _key(name: str) -> str:
    return _digest(name.encode("utf-8", "surrogatepass"))


def _short(name: str) -> str:
    return name if len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME else name[-_KEPT_OF_NAME:]


_LEADS_ELSEWHERE = frozenset("/\\\0")


_UNUSABLE = Text(
    "Der Ordner der Antwortdateien {directory} lässt sich nicht benutzen ({why}): die Einstellung answers prüfen.",
    "The folder of answer files {directory} cannot be used ({why}): check the setting answers.",
)
