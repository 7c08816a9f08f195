"""Data that nobody can mistake for anything else, a claim stuffed with them, and an ear that notices each wherever it is said.

All persons are invented; every marked value contains one of :data:`MARKS`.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import world
from builders import green_debtor

from inkasso_core import Address, Claim, Contact, Dispute, Person
from inkasso_core.store.schema import metadata

MARKS = ("zzmark", "7770001", "1977-07-17", "17.07.1977", "0532013000", "98765")
"""Parts of a name, a telephone number, a birth date, an account number and a postal code."""
NAME, STREET, EMAIL, PHONE = "Xaverine Zzmarkfrau", "Zzmarkstraße", "zzmark@zzmarkpost.example", "+49 351 7770001"
BIRTH, IBAN, SECRET = "1977-07-17", "DE89370400440532013000", "zzmark-geheim-4711"

DEBTOR: dict[str, Any] = {
    "number": "K-1041",
    "person": {"salutation": "ms", "first_name": "Zzmarkine", "last_name": NAME, "birth_date": BIRTH},
    "addresses": [{"street": STREET, "house_number": "98765 a", "postal_code": "98765", "city": "Zzmarkstadt", "country": "DE"}],
    "contacts": [{"kind": "email", "value": EMAIL}, {"kind": "phone", "value": PHONE}],
}


def marked(order: str = "A-1", **changes: Any) -> Claim:
    """A claim that nothing stops, with a mark in every value that is personal."""
    debtor = green_debtor(
        number=f"K-{order}",
        person=Person.model_validate(DEBTOR["person"]),
        addresses=tuple(Address.model_validate(address) for address in DEBTOR["addresses"]),
        contacts=tuple(Contact.model_validate(contact) for contact in DEBTOR["contacts"]),
    )
    values: dict[str, Any] = {"debtor": debtor, "note": f"Zahlt von {IBAN}", "subject": "Zzmark-Kissen für Zzmarkine"}
    return world.claim(order, **{**values, **changes})


def document(order: str = "A-1", **changes: Any) -> dict[str, Any]:
    """The same claim as a shop's own record."""
    found: dict[str, Any] = json.loads(marked(order, **changes).model_dump_json(exclude_defaults=True))
    return found


def disputed() -> dict[str, Any]:
    """More fields with marks: a dispute, and what only an agency knows."""
    return {"dispute": Dispute(reason=f"{NAME} bestreitet"), "extra": {"acme": {"of": NAME, "iban": IBAN}}}


class Ear:
    """Hears what is said, and writes down where a mark was in it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.count = 0

    def listen(self, where: str, said: object) -> None:
        """Listen to a text, a result, or an error with all that led to it."""
        if isinstance(said, BaseException):
            texts = ["".join(traceback.format_exception(said)), repr(said), str(said), repr(vars(said).get("text")), repr(said.args)]
        else:
            texts = [repr(said), str(said)]
        self.count += 1
        for mark in MARKS:
            if any(mark in text.casefold() for text in texts):
                self.heard.append(f"{where}: {mark} in {texts[0][:600]}")

    @contextmanager
    def refusals(self, where: str, *kinds: type[BaseException]) -> Iterator[None]:
        """Expect that something is refused, and listen to how."""
        try:
            yield
        except kinds as error:
            self.listen(where, error)
            return
        raise AssertionError(f"{where}: not refused")

    def look_at(self, folder: Path) -> None:
        """Look through every table but the vault, every name of a file, and every manifest and list."""
        for name, table in _tables(folder / "test.db"):
            for row in table:
                self.listen(f"table {name}", row)
        for path in sorted(folder.rglob("*")):
            self.listen("name of a file", path.relative_to(folder))
            if path.name.endswith((".manifest.json", ".list.csv")):
                self.listen(path.name, path.read_text("utf-8-sig"))


def _tables(file: Path) -> Iterator[tuple[str, list[Any]]]:
    with closing(sqlite3.connect(file)) as link:
        names = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert set(metadata.tables) < set(names)
        for name in sorted(set(names) - {"vault"}):
            yield name, link.execute(f'SELECT * FROM "{name}"').fetchall()


class _Listener(logging.Handler):
    def __init__(self, ear: Ear) -> None:
        super().__init__(logging.DEBUG)
        self.ear = ear

    def emit(self, record: logging.LogRecord) -> None:
        self.ear.listen(f"log {record.name}", self.format(record))


@contextmanager
def listening() -> Iterator[Ear]:
    """Listen to all logs at their most talkative and to all warnings; at the end no mark may have been heard."""
    ear, root = Ear(), logging.getLogger()
    listener = _Listener(ear)
    # a library may have turned its own logger down: each is turned up, as by somebody who looks for an error
    levels = {logger: logger.level for logger in (root, *logging.root.manager.loggerDict.values()) if isinstance(logger, logging.Logger)}
    root.addHandler(listener)
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield ear
        for warning in caught:
            ear.listen("warning", warning.message)
    finally:
        root.removeHandler(listener)
        for logger, level in levels.items():
            logger.setLevel(level)
    if ear.heard:
        raise AssertionError("\n".join(ear.heard))


def paths(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a document."""
    entries = list(node.items()) if isinstance(node, Mapping) else list(enumerate(node)) if isinstance(node, list) else []
    for key, value in entries:
        yield (*here, key)
        yield from paths(value, (*here, key))


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value at a path."""
    if not path:
        return value
    copy: Any = dict(node) if isinstance(node, Mapping) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy
