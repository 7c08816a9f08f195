"""Listen to all that an adapter says, logs, errors, ``repr``, and notice the debtor's data and the account's secrets in it."""

from __future__ import annotations

import base64
import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args
from urllib.parse import quote

from pydantic import BaseModel

from inkasso_core.discretion import of_secrets
from inkasso_core.model.agency import Placement
from inkasso_core.model.party import Debtor

_SHORTEST = 4
_ASCII_PART = re.compile(r"[A-Za-z0-9]{4,}")
_SECRET_WORDS = frozenset(
    {"apikey", "credential", "credentials", "key", "licence", "license", "passphrase", "passwd", "password", "passwort", "pin", "pwd"}
    | {"secret", "secrets", "token", "tokens"}
)
_NO_SECRET = frozenset({"address", "at", "directory", "field", "file", "header", "id", "length", "name", "path", "prefix", "type", "url"})
"""Last words of names that are about a secret and hold none."""
_PUBLIC = frozenset({"host", "known", "public"})
"""What makes a key none that is secret."""


def marks_of(placement: Placement) -> list[str]:
    """Return parts of the debtor's data that stay as they are in every encoding: of names, street, e-mail, telephone, date of birth."""
    return marks_of_debtor(placement.debtor)


def marks_of_debtor(debtor: Debtor) -> list[str]:
    """Return the same of a debtor."""
    person, organization = debtor.person, debtor.organization
    values = [person.first_name, person.last_name] if person else []
    values += [organization.name] if organization else []
    values += [address.street for address in debtor.addresses]
    values += [contact.value.partition("@")[0] for contact in debtor.contacts]
    found = [max(parts, key=len) for value in values if value and (parts := _ASCII_PART.findall(value))]
    if person and person.birth_date:
        found += [person.birth_date.isoformat(), person.birth_date.strftime("%d.%m.%Y")]
    return list(dict.fromkeys(found))


def looks_secret(name: str) -> bool:
    """Whether a setting of this name holds a secret, as far as a name tells."""
    words = name.casefold().split("_")
    return not _SECRET_WORDS.isdisjoint(words) and words[-1] not in _NO_SECRET and _PUBLIC.isdisjoint(words)


def plain_secrets(model: type[BaseModel], where: str = "") -> list[str]:
    """Return the settings that hold a secret by their name and would show it: those that are plain text."""
    found = []
    for name, field in model.model_fields.items():
        kinds = _kinds(field.annotation)
        if looks_secret(name) and str in kinds:
            found.append(f"{where}{name}")
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += plain_secrets(kind, f"{where}{name}.")
    return found


def _kinds(annotation: Any) -> set[Any]:
    inner = get_args(annotation)
    return set().union(*(_kinds(part) for part in inner)) if inner else {annotation}


def secrets_of(settings: BaseModel, given: Mapping[str, Any]) -> list[str]:
    """Return the secrets of an account: those declared so, and what stands under a name that looks so."""
    named = [value for name, value in given.items() if looks_secret(name) and isinstance(value, str)]
    found = [*of_secrets(settings), *named]
    return [secret for secret in dict.fromkeys(found) if len(secret) >= _SHORTEST]


def spellings(secret: str) -> list[str]:
    """Return how a secret may be written: as it is, quoted in a URL, in base64."""
    encoded = base64.b64encode(secret.encode()).decode()
    return list(dict.fromkeys([secret, quote(secret, safe=""), encoded.rstrip("=")]))


class Listener:
    """Hears what is said, and keeps where one of ``words`` was in it."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = [spelling.casefold() for word in words for spelling in spellings(word)]
        self.heard: list[str] = []
        """Where a word was heard; never the word."""

    def listen(self, where: str, said: object) -> None:
        """Listen to a text, or to an error with all that led to it."""
        if isinstance(said, BaseException):
            texts = ["".join(traceback.format_exception(said)), repr(said), str(getattr(said, "text", ""))]
        else:
            texts = [said if isinstance(said, str) else repr(said)]
        folded = "\n".join(texts).casefold()
        if any(word in folded for word in self.words):
            self.heard.append(where)


class _Handler(logging.Handler):
    def __init__(self, listener: Listener) -> None:
        super().__init__(logging.DEBUG)
        self._listener = listener

    def emit(self, record: logging.LogRecord) -> None:
        self._listener.listen(f"log of {record.name}", self.format(record))


@contextmanager
def listening(words: Iterable[str]) -> Iterator[Listener]:
    """Turn every logger up to DEBUG, as somebody does who looks for an error, and listen."""
    listener, root = Listener(words), logging.getLogger()
    handler = _Handler(listener)
    loggers = [root, *(logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger))]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    deaf = [root, *(logger for logger in loggers[1:] if not logger.propagate)]
    for logger in deaf:
        logger.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
    try:
        yield listener
    finally:
        for logger in deaf:
            logger.removeHandler(handler)
        for logger, level, disabled in before:
            logger.setLevel(level)
            logger.disabled = disabled
