"""What the intake refuses, and how it says so: ``application/problem+json`` (RFC 9457) with a code, in German or English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from inkasso_core.model.words import Language, Text

PROBLEM = "application/problem+json"
JSON = "application/json"


class Refused(Exception):
    """A request that is not taken: the status that it is answered with, a code for programs, a text for people. Holds nothing of it."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        text: Text,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(text.en)
        self.status, self.code, self.text, self.field = status, code, text, field
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        """Further members of the answer."""

    def response(self, language: Language) -> Response:
        """Return the answer."""
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "code": self.code,
            "detail": self.text.read(language),
        }
        if self.field is not None:
            body["field"] = self.field
        answer = answered({**body, **self.more}, self.status, media_type=PROBLEM)
        answer.headers.update({**self.headers, "Content-Language": language})
        return answer


def answered(body: object, status: HTTPStatus = HTTPStatus.OK, *, media_type: str = JSON) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status=status, mimetype=media_type)


def nothing_here() -> Refused:
    """The same for all that takes nothing: strangers are not told which shops and accounts there are."""
    return Refused(HTTPStatus.NOT_FOUND, "NOT_FOUND", _NOT_FOUND)


def not_allowed(methods: list[str]) -> Refused:
    """There is something, but not for this method."""
    return Refused(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD", _METHOD.fill(methods=", ".join(methods)), headers={"Allow": ", ".join(methods)})


def unauthorized() -> Refused:
    """The same for every reason, so that nobody learns which part of a guess was right."""
    return Refused(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", _UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer realm="inkasso"'})


def too_large(limit: int) -> Refused:
    """A body longer than ``limit`` bytes."""
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_LARGE", _TOO_LARGE.fill(limit=limit))


def broken(code: str = "INTERNAL") -> Refused:
    """What is our own trouble: the request is to come again."""
    return Refused(HTTPStatus.INTERNAL_SERVER_ERROR, code, _BROKEN)


def unavailable(seconds: float | None) -> Refused:
    """What will go later: the request is to come again after so many seconds."""
    wait = str(max(1, round(seconds))) if seconds is not None else "60"
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", _UNAVAILABLE, headers={"Retry-After": wait})


_NOT_FOUND = Text("Unter dieser Adresse nimmt niemand etwas an: Adresse prüfen.", "Nothing is taken at this address: check it.")
_METHOD = Text("Diese Adresse nimmt nur {methods} an.", "This address takes {methods} only.")
_UNAUTHORIZED = Text(
    "Die Unterschrift oder das Token fehlt, stimmt nicht oder ist zu alt: Geheimnis und Uhr prüfen.",
    "The signature or token is missing, wrong or too old: check the secret and the clock.",
)
_TOO_LARGE = Text(
    "Der Inhalt ist zu lang: höchstens {limit} Byte, also aufteilen.", "The body is too long: {limit} bytes at most, so split it."
)
_BROKEN = Text(
    "Das war ein Fehler auf unserer Seite: dieselbe Anfrage später noch einmal senden.",
    "The trouble is on our side: send the same request again later.",
)
_UNAVAILABLE = Text(
    "Das geht gerade nicht: dieselbe Anfrage später noch einmal senden.", "This cannot be done now: send the same request again later."
)
