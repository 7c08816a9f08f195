"""What a stand-in of an agency answers, and what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import simplejson
from lxml import etree

from inkasso_core.agencies.http import from_json

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ENVELOPE = "Envelope"


@dataclass(frozen=True)
class Reply:
    """One request that is expected, and its answer.

    ``url`` is an address or only its path; None stands for wherever the adapter sends it. ``answer`` is written by its type: dict and list
    as JSON, text that begins with ``<`` as XML, other text and bytes as they are, None as an empty answer. A SOAP service has one address
    for everything: ``operation`` tells its requests apart. ``headers`` are those of the answer.
    """

    method: str
    url: str | None
    answer: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: str | None = None
    commits: bool = False
    """Whether this request hands the claim over. Of several, it is the last one where none is marked."""

    def written(self) -> tuple[bytes, str]:
        """Return the body and its media type."""
        match self.answer:
            case None:
                return b"", ""
            case bytes():
                return self.answer, "application/octet-stream"
            case str():
                is_xml = self.answer.lstrip().startswith("<")
                return self.answer.encode(), "text/xml; charset=utf-8" if is_xml else "text/plain; charset=utf-8"
        return simplejson.dumps(self.answer, use_decimal=True, ensure_ascii=False).encode(), "application/json"

    def plain(self) -> Any:
        """Return what an adapter has to keep as ``raw``: JSON as plain values with ``Decimal``, else the text."""
        body, media_type = self.written()
        return from_json(body) if media_type == "application/json" else body.decode("utf-8", "replace") or None

    def answering(self, answer: Any) -> Reply:
        """Return the same reply with another answer."""
        return replace(self, answer=answer)

    def asks_as(self, other: Reply) -> bool:
        """Whether both answer the same request."""
        return (self.method, self.url, self.operation) == (other.method, other.url, other.operation)

    @property
    def speaks_soap(self) -> bool:
        """Whether the answer is a SOAP envelope."""
        return isinstance(self.answer, str) and _ENVELOPE in self.answer and self.answer.lstrip().startswith("<")


Replies: TypeAlias = "Reply | tuple[Any, ...] | Sequence[Reply | tuple[Any, ...]]"
"""One reply or several, each a :class:`Reply` or a plain tuple of its first values."""


def replies_of(given: Replies) -> tuple[Reply, ...]:
    """Return the replies that an author gave, in whichever form."""
    if isinstance(given, Reply):
        return (given,)
    if isinstance(given, tuple) and given and isinstance(given[0], str):
        return (Reply(*given),)
    return tuple(reply if isinstance(reply, Reply) else Reply(*reply) for reply in given)


def committing(replies: Sequence[Reply]) -> Reply:
    """Return the reply to the request that hands the claim over: the one so marked, else the last."""
    return next((reply for reply in replies if reply.commits), replies[-1])


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    accepted: bool = False
    """Whether the stand-in took it, even where the answer was lost."""

    @property
    def path(self) -> str:
        """The path, without its query."""
        return urlsplit(self.target).path

    def header(self, name: str) -> str:
        """Return a header, whatever its spelling; empty where it is not there."""
        return next((value for key, value in self.headers.items() if key.casefold() == name.casefold()), "")

    @property
    def operation(self) -> str:
        """The operation of a SOAP request: the name of what is in its body, else the end of its ``SOAPAction``; empty where it is none."""
        root = _xml(self.body)
        if root is not None and etree.QName(root).localname == _ENVELOPE:
            inside = next((node for node in root if etree.QName(node).localname == "Body"), None)
            first = next((node for node in inside if isinstance(node.tag, str)), None) if inside is not None else None
            if first is not None:
                return str(etree.QName(first).localname)
        action = self.header("SOAPAction").strip('"')
        return action.replace("#", "/").rpartition("/")[2]

    def is_asked_by(self, reply: Reply) -> bool:
        """Whether this is the request that ``reply`` answers."""
        if self.method != reply.method.upper() or reply.operation not in (None, self.operation):
            return False
        if reply.url is None:
            return True
        wanted = urlsplit(reply.url)
        asked = dict(parse_qsl(urlsplit(self.target).query))
        return (
            wanted.netloc in ("", self.host)
            and wanted.path.rstrip("/") == self.path.rstrip("/")
            and all(asked.get(name) == value for name, value in parse_qsl(wanted.query))
        )

    def values(self) -> list[str]:
        """Return every value that the request holds, as text: those of its body, whatever it is written in, and of its query."""
        query = [value for _, value in parse_qsl(urlsplit(self.target).query)]
        return [*query, *_values_of(self.header("Content-Type"), self.body)]

    def __str__(self) -> str:
        operation = f" ({self.operation})" if self.operation else ""
        return f"{self.method} {self.host}{self.path}{operation}"


def _values_of(content_type: str, body: bytes) -> list[str]:
    if not body:
        return []
    if content_type.startswith("multipart/"):
        return [value for kind, part in _parts(content_type, body) for value in _values_of(kind, part)]
    if "form-urlencoded" in content_type:
        return [value for _, value in parse_qsl(body.decode("utf-8", "replace"))]
    root = _xml(body)
    if root is not None:
        texts = [text for node in root.iter() for text in (node.text, *node.attrib.values()) if text and text.strip()]
        return [str(text).strip() for text in texts]
    text = _decoded(content_type, body)
    try:
        return list(_leaves(simplejson.loads(text, parse_float=str, parse_int=str)))
    except ValueError:
        return [text]


def _decoded(content_type: str, body: bytes) -> str:
    named = content_type.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
    try:
        return body.decode(named)
    except (LookupError, UnicodeDecodeError):
        return body.decode("cp1252", "replace")


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            yield part.get("Content-Type", ""), content if isinstance(content, bytes) else b""


def _xml(body: bytes) -> etree._Element | None:
    if not body.lstrip().startswith(b"<"):
        return None
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None


def _leaves(node: Any) -> Iterator[str]:
    match node:
        case None:
            return
        case dict():
            for value in node.values():
                yield from _leaves(value)
        case list():
            for value in node:
                yield from _leaves(value)
        case _:
            yield str(node)
