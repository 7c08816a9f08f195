"""Invoices and dunning letters as PDF files, put where the agency takes documents from (``reference: shop-plentymarkets.md`` section 7.1).

All documents of an order come in one request; a file that lies there already is not fetched again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inkasso_core import ConfigurationError, Text
from inkasso_shop_plugins.plentymarkets.client import Client
from inkasso_shop_plugins.plentymarkets.codes import DUNNING_LETTER, INVOICES
from inkasso_shop_plugins.plentymarkets.pages import walk
from inkasso_shop_plugins.plentymarkets.papers import valid_documents
from inkasso_shop_plugins.plentymarkets.record import Node, identifier
from inkasso_shop_plugins.plentymarkets.rights import READ_DOCUMENTS
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

PDF = "application/pdf"
_BEGINS = b"%PDF-"
_ABSENT = frozenset({404})
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")

NO_FOLDER = Text(
    "documents_folder: in diesen Ordner kann nicht geschrieben werden. Ihn anlegen oder die Rechte setzen.",
    "documents_folder: this folder cannot be written to. Make it, or set its permissions.",
)


def fetch(client: Client, order: Node, settings: PlentySettings, folder: Path) -> list[dict[str, Any]]:
    """Return the documents of an order in the fields of a claim; their files lie in ``folder`` when this returns.

    One that the shop does not give is named without its digest: the claim never leaves with less than it should, and a person puts the file
    there. Raises ``ConfigurationError`` for a folder that cannot be written to, and what the client raises.
    """
    asked = {_name(order, document): document for document in _asked(order, settings)}
    missing = [name for name in asked if not (folder / name).is_file()]
    contents = _contents(client, order) if missing else {}
    for name in missing:
        number = identifier(asked[name], "id") or ""
        content = contents.get(number) or _single(client, number)
        if content is not None:
            _put(folder / name, content)
    return [_described(folder / name, document) for name, document in asked.items()]


def _asked(order: Node, settings: PlentySettings) -> Iterator[Node]:
    """The newest valid invoice, and all valid dunning letters, as the settings ask for them."""
    documents = valid_documents(order, settings.timezone)
    if "invoice" in settings.documents:
        yield from next((documents[kind][-1:] for kind in INVOICES if kind in documents), [])
    if DUNNING_LETTER in settings.documents:
        yield from documents.get(DUNNING_LETTER, [])


def _name(order: Node, document: Node) -> str:
    """Return a file name that holds nothing of the customer and is the same every time."""
    parts = (identifier(order, "id"), document.text("type"), identifier(document, "id"))
    return "-".join(["plentymarkets", *(_UNSAFE.sub("_", part or "0") for part in parts)]) + ".pdf"


def _contents(client: Client, order: Node) -> dict[str, bytes]:
    """Return the contents of all documents of an order by their ids."""
    path = f"/orders/{identifier(order, 'id')}/documents"
    found = {}
    for node in walk(lambda page: _page(client, path, page)):
        content, number = _decoded(node.get("content")), identifier(node, "id")
        if content is not None and number is not None:
            found[number] = content
    return found


def _page(client: Client, path: str, page: int) -> Any:
    params = [("withContent", "true"), ("page", str(page)), ("itemsPerPage", "50")]
    answer = client.get(path, params, right=READ_DOCUMENTS, absent=_ABSENT)
    return [] if answer is None else answer


def _single(client: Client, number: str) -> bytes | None:
    """Return a document by its own route, which brings the file itself."""
    content = client.file(f"/documents/{number}", right=READ_DOCUMENTS, absent=_ABSENT) if number.isdigit() else None
    return content if content is not None and content.startswith(_BEGINS) else None


def _decoded(content: object) -> bytes | None:
    if not isinstance(content, str):
        return None
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if decoded.startswith(_BEGINS) else None


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError:
        raise ConfigurationError(NO_FOLDER, field="documents_folder") from None


def _described(path: Path, document: Node) -> dict[str, Any]:
    described: Mapping[str, Any] = {"kind": document.text("type"), "name": path.name, "media_type": PDF}
    try:
        return {**described, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    except FileNotFoundError:
        return dict(described)
    except OSError:
        raise ConfigurationError(NO_FOLDER, field="documents_folder") from None
