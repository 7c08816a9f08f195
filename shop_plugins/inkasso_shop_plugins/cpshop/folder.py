"""Exported files: from a watched folder, or uploaded into it. A file is moved away only after it was taken in."""

from __future__ import annotations

import errno
import hmac
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from inkasso_core import (
    ConfigurationError,
    DeliveryRefused,
    FileRefused,
    Finding,
    InvalidInput,
    Level,
    NotFound,
    Page,
    Received,
    ShopContext,
    ShopRequest,
    Text,
)
from inkasso_shop_plugins.cpshop.settings import CPShopSettings

DONE, REFUSED = "done", "refused"
LONGEST_NAME = 120
"""Bytes, so that what is added to a name finds room in it on any file system."""


class _Export(NamedTuple):
    """A file of the folder, and what told it from any other when it was found there."""

    path: Path
    mark: tuple[int, ...]


def watched(context: ShopContext[CPShopSettings]) -> Iterator[Page]:
    """Yield each exported file of the folder, oldest first, and move it to ``done`` or ``refused`` afterwards; nothing without a folder.

    A file that was replaced or written to since it was found stays where it is: the next poll takes it in, as it is then.

    Raises ``ConfigurationError`` for a folder that cannot be read or written.
    """
    if context.settings.folder is None:
        return
    folder = _folder(context)
    try:
        found = _exports(folder, context.settings)
        for export in found:
            if _mark(export.path) != export.mark:
                continue
            where = DONE
            try:
                yield Page(files=(str(export.path),), total=len(found))
            except FileRefused:
                where = REFUSED  # the reason is kept as a failed report: `inkasso events`
            if _mark(export.path) == export.mark:
                _move(export.path, folder / where)
    except OSError as exc:
        raise ConfigurationError(_UNUSABLE.fill(folder=folder, error=exc.strerror or type(exc).__name__), field="folder") from None


def _folder(context: ShopContext[CPShopSettings]) -> Path:
    return context.folder / (context.settings.folder or "")


def _exports(folder: Path, settings: CPShopSettings) -> list[_Export]:
    """The files that nobody writes any more. Their times are the file system's, so they are compared with its clock, not with ours."""
    before = time.time() - settings.settle_seconds
    found = [path for path in folder.iterdir() if fnmatchcase(path.name, settings.pattern) and not path.name.startswith(".")]
    marked = [_Export(path, mark) for path in found if path.is_file() and (mark := _mark(path)) is not None]
    return [export for export in sorted(marked, key=_age) if _age(export)[0] <= before * 10**9]


def _mark(path: Path) -> tuple[int, ...] | None:
    """What changes when a file is replaced or written to; None for one that is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_dev, found.st_ino


def _age(export: _Export) -> tuple[int, str]:
    return export.mark[0], export.path.name


def _move(path: Path, folder: Path) -> None:
    """Move a file, beside one of the same name that lies there already."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    shutil.move(path, target)  # ``done`` may be a link to another file system


def examined(context: ShopContext[CPShopSettings]) -> Iterator[Finding]:
    """Say whether the folder can be used, and what waits in it; nothing without a folder."""
    if context.settings.folder is None:
        return
    folder = _folder(context)
    if not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        fault = _UNUSABLE.fill(folder=folder, error="-")
        yield Finding(code="FOLDER_UNUSABLE", level=Level.BLOCK, fixed=True, field="folder", message=fault, remedy=_MAKE_FOLDER)
        return
    waiting = sum(fnmatchcase(path.name, context.settings.pattern) for path in folder.iterdir())
    yield Finding(
        code="FOLDER", level=Level.INFO, fixed=True, field="folder", message=_WAITING.fill(folder=folder, count=waiting), remedy=_NOTHING
    )


def uploaded(context: ShopContext[CPShopSettings], request: ShopRequest) -> Received:
    """Store an uploaded file, whole and on the disk, before it is answered; the same file twice is one.

    Raises ``NotFound`` where nothing may be uploaded, ``DeliveryRefused`` for a wrong secret, ``InvalidInput`` for a name that no export
    has, or for an empty file.
    """
    settings = context.settings
    if settings.upload_secret is None:
        raise NotFound(_NO_UPLOAD, field="upload_secret")
    secret, _, name = request.path.partition("/")
    if not hmac.compare_digest(secret.encode(), settings.upload_secret.get_secret_value().encode()):
        raise DeliveryRefused(_WRONG)
    if not _is_name(name, settings.pattern):
        raise InvalidInput(_NO_NAME.fill(pattern=settings.pattern), field="name", reason="FILE_NAME")
    if not request.body:
        raise InvalidInput(_EMPTY, field="body", reason="FILE_EMPTY")
    try:
        _store(_folder(context), name, request.body)
    except OSError as exc:
        text = _UNUSABLE.fill(folder=_folder(context), error=exc.strerror or type(exc).__name__)
        raise ConfigurationError(text, field="folder") from None
    return Received(status=201, body=b"OK")


def _is_name(name: str, pattern: str) -> bool:
    is_plain = Path(name).name == name and name.isprintable() and not name.startswith(".") and "\\" not in name
    return is_plain and 0 < len(name.encode()) <= LONGEST_NAME and fnmatchcase(name, pattern)


def _store(folder: Path, name: str, body: bytes) -> None:
    target = folder / name
    other = folder / f"{target.stem}-{sha256(body).hexdigest()[:12]}{target.suffix}"
    part = folder / f".{target.name}.{secrets.token_hex(8)}.part"
    try:
        with part.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        if not _publish(part, target, body):
            _publish(part, other, body)
    finally:
        part.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _publish(part: Path, target: Path, body: bytes) -> bool:
    """Give a file its name, or find the same one there; False where another one has that name: it is never overwritten."""
    try:
        os.link(part, target)
    except FileExistsError:
        with suppress(FileNotFoundError):  # a poll has just moved it away
            return target.read_bytes() == body
        return _publish(part, target, body)
    except OSError as exc:
        if exc.errno not in _NO_HARD_LINKS:
            raise
        try:  # an empty file reserves the name
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return target.read_bytes() == body
        part.replace(target)
    return True


_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


_MAKE_FOLDER = Text("Den Ordner anlegen oder seine Rechte prüfen.", "Make the folder, or check its permissions.")
_WAITING = Text("Dateien, die in {folder} warten: {count}.", "Files that wait in {folder}: {count}.")
_NOTHING = Text("Nichts zu tun.", "Nothing to do.")
_UNUSABLE = Text(
    "Der Ordner für Exporte, {folder}, lässt sich nicht benutzen ({error}): anlegen, oder die Rechte prüfen (folder).",
    "The folder for exports, {folder}, cannot be used ({error}): make it, or check its permissions (folder).",
)
_NO_UPLOAD = Text(
    "Dieser Shop nimmt keine Dateien an: upload_secret ist nicht gesetzt.", "This shop takes no uploads: upload_secret is not set."
)
_WRONG = Text("Das Geheimnis in der Adresse stimmt nicht.", "The secret in the address is wrong.")
_NO_NAME = Text(
    "So heißt keine Exportdatei: der Name muss zu {pattern} passen und darf keinen Ordner nennen.",
    "No export is called that: the name must fit {pattern} and name no folder.",
)
_EMPTY = Text("Die hochgeladene Datei ist leer: noch einmal exportieren.", "The uploaded file is empty: export it again.")
