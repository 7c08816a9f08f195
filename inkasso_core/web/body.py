"""Reading what was posted: JSON and NDJSON, with exact numbers, and nothing that two readers could understand differently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NamedTuple

from inkasso_core.model.words import Text
from inkasso_core.web.refused import Refused

JSON_TYPES = frozenset({"application/json"})
LINES_TYPES = frozenset({"application/x-ndjson", "application/ndjson"})
DEEPEST = 40
"""How deep a document may be nested."""


class Document(NamedTuple):
    """One document that was posted, or why it cannot be read."""

    value: Any = None
    refused: Refused | None = None

    def __repr__(self) -> str:
        return "Document()"


def documents(body: bytes, media_type: str, charset: str | None, *, most: int) -> list[Document]:
    """Return the documents of a body: one, those of an array, or one a line. Raises :class:`Refused` where it is none, or too many."""
    if media_type not in JSON_TYPES | LINES_TYPES or (charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE", _MEDIA_TYPE, headers={"Accept": "application/json"})
    text = _text(body)
    found = _lines(text) if media_type in LINES_TYPES else _whole(text)
    if not found:
        raise _invalid("EMPTY", _EMPTY)
    if len(found) > most:
        raise _invalid("TOO_MANY", _TOO_MANY.fill(most=most))
    return found


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(_NOT_UTF8) from None


def _whole(text: str) -> list[Document]:
    value = _parsed(text)
    if isinstance(value, dict):
        return [Document(value)]
    if isinstance(value, list):
        return [Document(one) for one in value]
    raise _invalid("NOT_AN_EVENT", _NO_EVENT)


def _lines(text: str) -> list[Document]:
    return [_line(line) for line in text.split("\n") if line.strip()]


def _line(line: str) -> Document:
    """A broken line refuses itself alone."""
    try:
        return Document(_parsed(line))
    except Refused as refused:
        return Document(refused=refused)


def _parsed(text: str) -> Any:
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):  # what the two hooks below raise, too; no text of theirs is shown, for it may quote
        raise _unreadable(_NOT_JSON) from None
    if _depth(value) > DEEPEST:
        raise _unreadable(_TOO_DEEP.fill(deepest=DEEPEST))
    return value


def _depth(value: Any) -> int:
    """Count the levels without going down by recursion."""
    level, depth = [value], 0
    while level:
        level = [inner for one in level for inner in _inner(one)]
        depth += 1
    return depth


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("two members have one name")
    return found


def _constant(_name: str) -> Any:
    raise ValueError("NaN and infinity are no numbers of JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, object_pairs_hook=_object, parse_constant=_constant)


def _unreadable(text: Text) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "NOT_JSON", text)


def _invalid(code: str, text: Text) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, code, text)


_MEDIA_TYPE = Text(
    "Bitte als application/json oder application/x-ndjson senden, in UTF-8.",
    "Send it as application/json or application/x-ndjson, in UTF-8.",
)
_NOT_UTF8 = Text("Der Inhalt ist kein UTF-8.", "The body is no UTF-8.")
_NOT_JSON = Text(
    "Der Inhalt ist kein eindeutiges JSON: Schreibweise prüfen, auch auf doppelte Namen, NaN und zu lange Zahlen.",
    "The body is no unambiguous JSON: check it, for names that stand twice, NaN and numbers too long, too.",
)
_TOO_DEEP = Text(
    "Der Inhalt ist zu tief geschachtelt: höchstens {deepest} Ebenen.", "The body is nested too deeply: {deepest} levels at most."
)
_NO_EVENT = Text(
    "Bitte ein Ereignis (ein Objekt) oder eine Liste von Ereignissen senden.", "Send an event (an object), or a list of events."
)
_EMPTY = Text("Es ist kein Ereignis darin.", "There is no event in it.")
_TOO_MANY = Text("Höchstens {most} Ereignisse in einer Anfrage, also aufteilen.", "{most} events at most in one request, so split it.")
