"""The file system's part of a crash-safe export: write beside, flush to the disk, publish under the final name at once.

Whoever watches the directory never sees half a file, and nothing that lies there is ever overwritten. After a crash,
:func:`look` says from the disk alone how far an export came, provided that the digest was stored before :func:`publish`.
No database is known here.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from enum import StrEnum
from io import RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, NamedTuple, Self, TypeVar, cast

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text

T = TypeVar("T")

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_BLOCK = 1 << 16
_EMPTY = hashlib.sha256().hexdigest()


class Part(NamedTuple, Generic[T]):
    """A part file that lies on the disk: its size in bytes, its digest, and what ``fill`` returned."""

    path: Path
    size: int
    sha256: str
    result: T


class Found(StrEnum):
    """How far an export came."""

    PUBLISHED = "published"
    """The file lies under its final name."""
    PART = "part"
    """Written in full, not published."""
    FOREIGN = "foreign"
    """Other content lies under the final name."""
    GONE = "gone"
    """Neither: never written in full, or taken away, which for a published file means that it was collected."""


class Manifest(NamedTuple):
    """What a second pair of eyes needs to check a file, without any personal data."""

    account: str
    run: int
    rows: int
    totals: Mapping[str, Decimal]
    """Currency -> control total."""
    size: int
    sha256: str

    def text(self, name: str) -> str:
        """Return the manifest of the file ``name`` as JSON: the same export gives the same text."""
        body = self._asdict() | {
            "file": name,
            "totals": {currency: format(total, "f") for currency, total in self.totals.items()},
        }
        return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


class Drop:
    """Where the sealed files of an account go: a directory of this machine, or what a subclass knows. Used as a context manager.

    The content always lies first in a part file of ``directory``, see :func:`write_part`; nothing here writes one.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go of what was opened."""

    def look(self, name: str, sha256: str, size: int) -> Found:
        """Return how far the file with this digest and size in bytes came."""
        return look(self.directory, name, sha256)

    def publish(self, name: str, sha256: str, size: int) -> None:
        """Give the sealed file its final name where it goes. Asked again, it does nothing more. Raises ``ConfigurationError``.

        One that goes over the network raises ``TemporarilyUnavailable`` where it may be asked again, and ``AuthenticationFailed``.
        """
        publish(self.directory, name, sha256)

    def settled(self, name: str) -> None:
        """Forget what was kept to go on after a crash: how far the file came is stored elsewhere now."""

    def where(self, name: str) -> str:
        """Return, for people, where the file lies once it is published."""
        return str(self.directory / name)


def write_part(directory: Path, name: str, fill: Callable[[BinaryIO], T]) -> Part[T]:
    """Write a hidden part file beside ``name``, readable by its owner only, and return once it lies on the disk.

    ``fill`` writes the content. A part file that an earlier try left behind is replaced. Raises ``ConfigurationError``
    when the directory cannot be made or written; what ``fill`` raises passes, and the part file is gone then.
    """
    path = _part(directory, name)
    with _told(directory):
        _make(directory)
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with _Digesting(descriptor, directory) as out:
            result = fill(cast(BinaryIO, out))
            out.flush()
            with _told(directory):
                os.fsync(descriptor)
                _sync(directory)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            path.unlink()
        raise
    return Part(path, out.size, out.digest.hexdigest(), result)


def publish(directory: Path, name: str, sha256: str) -> Path:
    """Give the part file with this digest its final name, and return that. Asked again, it does nothing more.

    Raises ``ConfigurationError`` when other content lies under that name, or when there is no such part file.
    """
    part, final = _part(directory, name), directory / name
    found = look(directory, name, sha256)
    if found is Found.GONE:
        raise _nothing_to_publish(part)
    if found is Found.FOREIGN:
        raise _taken(final)
    with _told(directory):
        if found is Found.PART and not _named(part, final) and _digest(final) != sha256:
            raise _taken(final)
        _sync(directory)
        part.unlink(missing_ok=True)
        _sync(directory)
    return final


def look(directory: Path, name: str, sha256: str) -> Found:
    """Return how far the export of the content with this digest came. A part file that was not finished is none."""
    with _told(directory):
        published = _digest(directory / name)
        if published == sha256:
            return Found.PUBLISHED
        if published not in (None, _EMPTY):
            return Found.FOREIGN
        return Found.PART if _digest(_part(directory, name)) == sha256 else Found.GONE


def discard_part(directory: Path, name: str) -> None:
    """Remove the part file, if there is one."""
    part = _part(directory, name)
    with _told(directory):
        if part.exists():
            part.unlink()
            _sync(directory)


def stage(directory: Path, name: str, sha256: str, stages: Iterable[str]) -> str | None:
    """Return the first of these stages that the file with this digest has come to, by the end of its hidden name; None for none."""
    with _told(directory):
        return next((one for one in stages if _digest(staged(directory, name, one)) == sha256), None)


def staged(directory: Path, name: str, stage: str) -> Path:
    """Return where a file lies at a stage; the part file is that of ``part``."""
    return _part(directory, name).with_suffix(f".{stage}")


def restage(directory: Path, name: str, stage: str, new: str) -> None:
    """Move a file to another stage, at once; returns when the disk knows it."""
    with _told(directory):
        staged(directory, name, stage).replace(staged(directory, name, new))
        _sync(directory)


def unstage(directory: Path, name: str, stages: Iterable[str]) -> None:
    """Remove a file from its stages."""
    with _told(directory):
        there = [path for path in (staged(directory, name, one) for one in stages) if path.exists()]
        for path in there:
            path.unlink()
        if there:
            _sync(directory)


def publish_manifest(directory: Path, name: str, manifest: Manifest) -> Path:
    """Publish the manifest of the file ``name``, and return its path.

    Call it after :func:`publish`, so that no manifest announces what is not there. Asked again, it does nothing more.
    """
    beside = f"{name}.manifest.json"
    content = manifest.text(name).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    if look(directory, beside, sha256) is Found.GONE:
        write_part(directory, beside, lambda out: out.write(content))
    return publish(directory, beside, sha256)


class _Digesting(RawIOBase):
    """Writes to a file, and counts and digests what is written."""

    def __init__(self, descriptor: int, directory: Path) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._directory = directory
        self._file = os.fdopen(descriptor, "wb", buffering=_BLOCK)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        try:
            count = self._file.write(data)
        except OSError as exc:
            raise _unusable(self._directory, exc) from exc
        self.digest.update(data)
        self.size += count
        return count

    def flush(self) -> None:
        with _told(self._directory):
            self._file.flush()

    def close(self) -> None:
        try:
            super().close()
        finally:
            with _told(self._directory):
                self._file.close()


def _part(directory: Path, name: str) -> Path:
    if not name or Path(name).name != name or name.startswith(".") or "\0" in name:
        raise ConfigurationError(
            Text(
                "Der Dateiname darf kein Verzeichnis enthalten und nicht mit einem Punkt beginnen.",
                "The file name must hold no directory and must not begin with a dot.",
            ),
            field="file_name",
        )
    return directory / f".{name}.part"


def _make(directory: Path) -> None:
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):  # each of them, for "parents" alone would make the others as the process's mask says
        path.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    for path in missing:
        _sync(path.parent)


def _named(part: Path, final: Path) -> bool:
    """Give the part file its final name; return False when a file with content had it already."""
    try:
        os.link(part, final)
    except FileExistsError:
        pass
    except OSError as exc:
        if exc.errno not in _NO_HARD_LINKS:
            raise
        with suppress(FileExistsError):
            os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    else:
        return True
    # Without hard links an empty file reserves the name; one that a crash left behind has nothing to lose either.
    if final.stat().st_size:
        return False
    part.replace(final)
    return True


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


@contextmanager
def _told(directory: Path) -> Iterator[None]:
    """Turn an error of the file system into one that names the directory, the setting and the remedy."""
    try:
        yield
    except OSError as exc:
        raise _unusable(directory, exc) from exc


def _unusable(directory: Path, exc: OSError) -> ConfigurationError:
    file = next((path for path in (directory, *directory.parents) if path.is_file()), None)
    if file is not None:
        why = Text(
            f"{file} ist eine Datei. Ein anderes Verzeichnis angeben oder die Datei verschieben.",
            f"{file} is a file. Name another directory, or move the file.",
        )
    else:
        why = _REASONS.get(exc.errno or 0, _OTHER).fill(strerror=exc.strerror)
    return ConfigurationError(
        Text(
            f"Das Ausgabeverzeichnis {directory} (Einstellung directory) lässt sich nicht benutzen: {why.de}",
            f"The output directory {directory} (setting directory) cannot be used: {why.en}",
        ),
        field="directory",
    )


_FORBIDDEN = Text(
    "keine Berechtigung. Dem Benutzer, unter dem inkasso läuft, Schreibrecht geben oder ein anderes Verzeichnis wählen.",
    "permission denied. Let the user that inkasso runs as write there, or name another directory.",
)
_FULL = Text(
    "kein Platz mehr. Platz schaffen; danach wird die Ausgabe wiederholt.",
    "no space left. Make room; the export is then repeated.",
)
_OTHER = Text("{strerror}. Das Verzeichnis prüfen oder ein anderes angeben.", "{strerror}. Check it, or name another.")
_REASONS = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}


def _taken(final: Path) -> ConfigurationError:
    return ConfigurationError(
        Text(
            f"{final} gibt es schon, mit anderem Inhalt; nichts wird überschrieben. Die Datei verschieben oder die "
            "Einstellung file_name ändern.",
            f"{final} is there already, with other content, and nothing is overwritten. Move that file, or change the setting file_name.",
        ),
        field="file_name",
    )


def _nothing_to_publish(part: Path) -> ConfigurationError:
    return ConfigurationError(
        Text(
            f"{part} fehlt oder ist unvollständig: die Ausgabe wiederholen.",
            f"{part} is missing or incomplete: repeat the export.",
        ),
        field="directory",
    )
