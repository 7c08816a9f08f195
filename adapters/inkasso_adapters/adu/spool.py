"""The bridge's spool: what was released for ADU's importer, what it fetched, and what it noted. One SQLite file for one account.

The file holds personal data: it is made readable by its owner only, what is erased is overwritten, and what is no longer needed goes by
itself (:meth:`Spool.tidy`). Every method is one transaction, and is safe from several processes of one machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core import ConfigurationError, TemporarilyUnavailable, Text

LARGEST_NUMBER = 2**31 - 1
"""What the interface's integers can hold."""
OWN_NUMBERS = 1_000_000_000
"""From here on orders are numbered by the spool, where the shop's own number is none or was taken before."""
_WAITS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    our_reference TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    order_id INTEGER UNIQUE,
    shop_order TEXT,
    body TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    pulled_at INTEGER,
    handed_over_at INTEGER,
    withdrawn_at INTEGER,
    case_reference TEXT,
    said TEXT
);
CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (number, key)
);
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL, UNIQUE (number, key)
);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER,
    customer INTEGER,
    note TEXT NOT NULL,
    inserted INTEGER,
    received_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, until INTEGER NOT NULL);
"""


class Placed(NamedTuple):
    """What is put into the spool: a placement as an order, with the payments that the creditor had received by then."""

    our_reference: str
    account: str
    shop_order: str
    """The shop's own number of the order."""
    body: Mapping[str, Any]
    payments: Sequence[Mapping[str, Any]] = ()

    def __repr__(self) -> str:
        return f"Placed({self.our_reference})"


class Entry(NamedTuple):
    """A placement in the spool. Times are seconds since 1970."""

    number: int
    """The spool's own; the importer sees it as the customer's number, so that each note belongs to one placement."""
    our_reference: str
    account: str
    order_id: int
    """What the importer sees as the order's number."""
    shop_order: str | None
    """The shop's own number of the order, for links."""
    body: Mapping[str, Any] | None
    """The order; None once it was erased."""
    created_at: int
    updated_at: int
    pulled_at: int | None
    """When the importer first fetched it."""
    handed_over_at: int | None
    """When it first noted what only an agency can know that has taken the case, or refused it."""
    withdrawn_at: int | None
    case_reference: str | None
    """The agency's number of the case, where a note told it."""
    said: str | None
    """The last status that a note told, by a pattern of the merchant's."""

    def __repr__(self) -> str:
        return f"Entry({self.number})"


class Noted(NamedTuple):
    """A note as it came, and the placement that it belongs to, where that is known."""

    id: int
    entry: Entry | None
    customer: int | None
    note: str
    inserted: int | None
    received_at: int

    def __repr__(self) -> str:
        return f"Noted({self.id})"


class Spool:
    """The spool of one account."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # Placements

    def put(self, placed: Placed, at: int) -> Entry:
        """Store a placement; one that is there already stays as it is."""
        with self._writing() as link:
            self._refuse_strangers(link, placed.account)
            done = link.execute(
                "INSERT OR IGNORE INTO entries (our_reference, account, shop_order, body, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (placed.our_reference, placed.account, placed.shop_order, _json(placed.body), at, at),
            )
            if done.rowcount:
                number = int(done.lastrowid or 0)
                link.execute("UPDATE entries SET order_id = ? WHERE number = ?", (self._order_id(link, placed.shop_order, number), number))
                for count, payment in enumerate(placed.payments):
                    link.execute(_PAYMENT, (number, f"claim {count}", _json(payment)))
            return _rows(link, "our_reference = ?", placed.our_reference)[0]

    def find(self, **by: str | int) -> Entry | None:
        """Return the placement with this ``our_reference``, ``case_reference``, ``number`` or ``order_id``."""
        ((column, value),) = by.items()
        with self._reading() as link:
            found = _rows(link, _BY[column], value)
        return found[-1] if found else None

    def amend(self, our_reference: str, body: Mapping[str, Any], at: int) -> bool:
        """Replace the order of a placement; False where there is none."""
        with self._writing() as link:
            done = link.execute("UPDATE entries SET body = ?, updated_at = ? WHERE our_reference = ?", (_json(body), at, our_reference))
            return bool(done.rowcount)

    def withdraw(self, our_reference: str, at: int) -> bool:
        """Take a placement back that the importer never fetched; False where it has, or where there is none."""
        with self._writing() as link:
            done = link.execute(
                "UPDATE entries SET withdrawn_at = coalesce(withdrawn_at, ?), body = NULL"
                " WHERE our_reference = ? AND pulled_at IS NULL AND handed_over_at IS NULL",
                (at, our_reference),
            )
            return bool(done.rowcount)

    def offered(self, order_id: int | None = None) -> list[Entry]:
        """Return what waits for the importer, or the one order that it names, whatever became of it."""
        with self._reading() as link:
            if order_id is not None:
                return _rows(link, "order_id = ? AND body IS NOT NULL", order_id)
            return _rows(link, "handed_over_at IS NULL AND withdrawn_at IS NULL AND body IS NOT NULL")

    def seen(self) -> list[Entry]:
        """Return what the importer has fetched and may ask more about."""
        with self._reading() as link:
            return _rows(link, "pulled_at IS NOT NULL AND withdrawn_at IS NULL AND body IS NOT NULL")

    def pulled(self, numbers: Sequence[int], at: int) -> list[Entry]:
        """Note that the importer fetches these now, and return those that are still there for it."""
        with self._writing() as link:
            for number in numbers:
                link.execute(
                    "UPDATE entries SET pulled_at = coalesce(pulled_at, ?) WHERE number = ? AND withdrawn_at IS NULL", (at, number)
                )
            return [row for number in numbers for row in _rows(link, "number = ? AND withdrawn_at IS NULL AND body IS NOT NULL", number)]

    # What the creditor adds

    def pay(self, our_reference: str, key: str, payment: Mapping[str, Any], at: int) -> bool:
        """Store a payment once for each ``key``; False where there is no such placement."""
        return self._add(_PAYMENT, our_reference, key, _json(payment), at)

    def payments(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """Return the payments that were stored for a placement, each with its id."""
        with self._reading() as link:
            found = link.execute("SELECT id, body FROM payments WHERE number = ? ORDER BY id", (number,)).fetchall()
        return [(int(row[0]), json.loads(row[1])) for row in found]

    def attach(self, our_reference: str, key: str, content: bytes, at: int) -> bool:
        """Store an invoice once for each ``key``; False where there is no such placement."""
        return self._add(_DOCUMENT, our_reference, key, content, at)

    def invoice(self, number: int) -> bytes | None:
        """Return the invoice of a placement that was stored last."""
        with self._reading() as link:
            found = link.execute("SELECT content FROM documents WHERE number = ? ORDER BY id DESC LIMIT 1", (number,)).fetchone()
        return None if found is None else bytes(found[0])

    def _add(self, statement: str, our_reference: str, key: str, content: str | bytes, at: int) -> bool:
        with self._writing() as link:
            found = _rows(link, "our_reference = ?", our_reference)
            for entry in found:
                link.execute(statement, (entry.number, key, content))
                link.execute("UPDATE entries SET updated_at = ? WHERE number = ?", (at, entry.number))
            return bool(found)

    # Notes

    def note(self, number: int | None, customer: int | None, note: str, inserted: int | None, at: int, facts: Mapping[str, Any]) -> None:
        """Store a note, and what it proves of its placement: the keys of ``_FACTS``."""
        with self._writing() as link:
            link.execute(
                "INSERT INTO notes (number, customer, note, inserted, received_at) VALUES (?, ?, ?, ?, ?)",
                (number, customer, note, inserted, at),
            )
            for fact, value in facts.items():
                link.execute(_FACTS[fact], (value, number))

    def notes(self, limit: int) -> list[Noted]:
        """Return the notes that were not acknowledged, oldest first."""
        with self._reading() as link:
            found = link.execute(
                "SELECT id, number, customer, note, inserted, received_at FROM notes ORDER BY id LIMIT ?", (limit,)
            ).fetchall()
            entries = {row[1]: next(iter(_rows(link, "number = ?", row[1])), None) for row in found if row[1] is not None}
        return [Noted(row[0], entries.get(row[1]), *row[2:]) for row in found]

    def acknowledge(self, last: int) -> None:
        """Erase the notes up to this one: whoever asked has stored them."""
        with self._writing() as link:
            link.execute("DELETE FROM notes WHERE id <= ?", (last,))

    def tidy(self, before: int) -> None:
        """Erase the orders, payments and documents of placements that were handed over or withdrawn before a time."""
        with self._writing() as link:
            old = [entry.number for entry in _rows(link, "(handed_over_at < ? OR withdrawn_at < ?) AND updated_at < ?", *[before] * 3)]
            for number in old:
                link.execute("UPDATE entries SET body = NULL WHERE number = ?", (number,))
                link.execute("DELETE FROM payments WHERE number = ?", (number,))
                link.execute("DELETE FROM documents WHERE number = ?", (number,))

    # Logins

    def open_session(self, token: str, until: int, at: int) -> None:
        """Store a login's token, as a digest; those that have run out go."""
        with self._writing() as link:
            link.execute("DELETE FROM tokens WHERE until <= ?", (at,))
            link.execute("INSERT INTO tokens VALUES (?, ?)", (_digest(token), until))

    def is_open(self, token: str, at: int) -> bool:
        """Return whether a token is one of a login that has not run out. Digests are compared, so that time tells nothing of a token."""
        with self._reading() as link:
            return link.execute("SELECT 1 FROM tokens WHERE digest = ? AND until > ?", (_digest(token), at)).fetchone() is not None

    # The file

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._open() as link:
            yield link

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as link:
            link.execute("BEGIN IMMEDIATE")
            yield link
            link.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file, which is made if it is not there. What was not committed is undone when the connection closes."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as exc:
            raise _unusable(self.path, exc.strerror or "") from None
        try:
            with closing(sqlite3.connect(self.path, timeout=_WAITS, isolation_level=None)) as link:
                link.executescript("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;" + _SCHEMA)
                yield link
        except sqlite3.OperationalError:
            raise TemporarilyUnavailable(_BUSY, agency="adu") from None
        except sqlite3.DatabaseError:
            raise _unusable(self.path, "no spool") from None

    @staticmethod
    def _order_id(link: sqlite3.Connection, shop_order: str, number: int) -> int:
        own = int(shop_order) if shop_order.isascii() and shop_order.isdigit() and len(shop_order) < len(str(OWN_NUMBERS)) else 0
        taken = link.execute("SELECT 1 FROM entries WHERE order_id = ?", (own,)).fetchone()
        return own if own and not taken else OWN_NUMBERS + number

    def _refuse_strangers(self, link: sqlite3.Connection, account: str) -> None:
        if link.execute("SELECT 1 FROM entries WHERE account <> ?", (account,)).fetchone():
            raise ConfigurationError(_OTHERS.fill(path=self.path), field="spool")


_PAYMENT = "INSERT OR IGNORE INTO payments (number, key, body) VALUES (?, ?, ?)"
_DOCUMENT = "INSERT OR IGNORE INTO documents (number, key, content) VALUES (?, ?, ?)"
_BY = {name: f"{name} = ?" for name in ("our_reference", "case_reference", "number", "order_id")}
_FACTS = {
    "handed_over_at": "UPDATE entries SET handed_over_at = coalesce(handed_over_at, ?) WHERE number = ?",
    "case_reference": "UPDATE entries SET case_reference = coalesce(case_reference, ?) WHERE number = ?",
    "said": "UPDATE entries SET said = ? WHERE number = ?",
}
"""What a note proves -> how it is stored: the first hand-over and the first case number count, and the last status."""
_SELECT = f"SELECT {', '.join(Entry._fields)} FROM entries"  # noqa: S608  (names of ours)


def _rows(link: sqlite3.Connection, where: str, *values: object) -> list[Entry]:
    found = link.execute(f"{_SELECT} WHERE {where} ORDER BY order_id", values).fetchall()
    entries = [Entry(*row) for row in found]
    return [entry._replace(body=json.loads(str(entry.body)) if entry.body else None) for entry in entries]


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(_UNUSABLE.fill(path=path, why=why), field="spool")


_UNUSABLE = Text(
    "Die Datei {path} (Einstellung spool) lässt sich nicht benutzen ({why}): die Rechte prüfen oder eine andere angeben.",
    "The file {path} (setting spool) cannot be used ({why}): check its permissions, or name another.",
)
_BUSY = Text("Die Ablage der Brücke ist gerade nicht benutzbar: es wird wieder versucht.", "The bridge's spool is busy: it is tried again.")
_OTHERS = Text(
    "In {path} (Einstellung spool) liegen Fälle eines anderen Kontos: jedem Konto eine eigene Datei geben.",
    "{path} (setting spool) holds cases of another account: give each account a file of its own.",
)
