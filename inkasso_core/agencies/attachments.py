"""Documents of a claim that go with it: read from the merchant's folder, compared with what the shop said of them.

A claim names its documents (:class:`~inkasso_core.model.claim.Document`); their content lies with the merchant.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from inkasso_core.errors import ClaimInvalid
from inkasso_core.model.claim import Claim, Document
from inkasso_core.model.words import Text

LARGEST = 20 * 1024 * 1024
_ANYTHING = "application/octet-stream"
_is_media_type = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+").fullmatch
_CONTAINERS = ("message/", "multipart/")
"""What a mail program would take apart."""


class Attachment(NamedTuple):
    """A document with its content."""

    kind: str
    file_name: str
    media_type: str
    content: bytes

    def sendable(self) -> Attachment:
        """Return the document under a name and a media type that a message can hold: no path, no line breaks, no container."""
        name = "".join(char if char.isprintable() else "_" for char in self.file_name.replace("\\", "/").rpartition("/")[2])
        is_type = _is_media_type(self.media_type) and not self.media_type.casefold().startswith(_CONTAINERS)
        return self._replace(file_name=name or "document", media_type=self.media_type if is_type else _ANYTHING)

    def __repr__(self) -> str:
        return f"Attachment({self.kind}, {len(self.content)} bytes)"


def read_documents(claims: Sequence[Claim], folder: Path | None, *, agency: str, largest: int = LARGEST) -> list[Attachment]:
    """Return the documents that claims name, from ``folder``; ``largest`` is the most that all may have together, in bytes.

    Raises ``ClaimInvalid`` naming the document's field where a file is missing, is not the one that the shop meant (its digest differs),
    or would be too large: a claim never leaves with less than the shop said.
    """
    found: list[Attachment] = []
    for field, document in _named(claims):
        left = largest - sum(len(attachment.content) for attachment in found)
        attachment = _read(field, document, folder, agency, left)
        if len(attachment.content) > left:
            raise _invalid(_TOO_LARGE.fill(field=field, most=largest // 1024 // 1024), field, agency)
        found.append(attachment)
    return found


def _named(claims: Sequence[Claim]) -> Iterator[tuple[str, Document]]:
    for number, claim in enumerate(claims):
        for place, document in enumerate(claim.documents):
            yield f"claims.{number}.documents.{place}", document


def _read(field: str, document: Document, folder: Path | None, agency: str, largest: int) -> Attachment:
    """Read one document; of one with more than ``largest`` bytes a byte more than that."""
    name = document.name or ""
    if folder is None or not name or Path(name).name != name or name.startswith(".") or not name.isprintable():
        raise _invalid(_NO_FOLDER.fill(field=field), field, agency)
    try:
        with (folder / name).open("rb") as file:
            content = file.read(largest + 1)
    except OSError:  # also a folder, a name that is too long, a file that may not be read
        raise _invalid(_MISSING.fill(field=field, folder=folder), field, agency) from None
    if len(content) <= largest and document.sha256 and hashlib.sha256(content).hexdigest() != document.sha256.casefold():
        raise _invalid(_OTHER.fill(field=field, folder=folder), field, agency)
    media_type = document.media_type or mimetypes.guess_type(name)[0] or _ANYTHING
    return Attachment(document.kind, name, media_type, content).sendable()


def _invalid(text: Text, field: str, agency: str) -> ClaimInvalid:
    return ClaimInvalid(text, agency=agency, fields=(field,))


_NO_FOLDER = Text(
    "{field}: das Dokument ist nicht zu finden: die Einstellung documents nennt den Ordner, der Name des Dokuments die Datei darin.",
    "{field}: the document cannot be found: the setting documents names the folder, the document's name the file in it.",
)
_MISSING = Text(
    "{field}: die Datei fehlt im Ordner {folder} oder ist nicht lesbar: dort ablegen, dann neu freigeben.",
    "{field}: the file is not in the folder {folder}, or cannot be read: put it there, then release again.",
)
_OTHER = Text(
    "{field}: die Datei im Ordner {folder} ist nicht die, die der Shop meinte (Prüfsumme): die richtige ablegen.",
    "{field}: the file in the folder {folder} is not the one that the shop meant (digest): put the right one there.",
)
_TOO_LARGE = Text(
    "{field}: die Dokumente sind zusammen größer als {most} MB: verkleinern.",
    "{field}: the documents are larger than {most} MB together: make them smaller.",
)
