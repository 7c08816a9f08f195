"""The ledger of the agency that behaves as its input says: what it was given, what it was told, and what it is to do."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from inkasso_core import ConfigurationError, Text

L = TypeVar("L")


class Behaviour(StrEnum):
    """What happens to a submission."""

    ACCEPT = "accept"
    SLOW = "slow"
    """Accepted after ``delay`` seconds."""
    PAYS = "pays"
    """Accepted; the debtor has paid when the status is asked for."""
    PAYS_PARTLY = "pays-partly"
    DISPUTES = "disputes"
    ASKS = "asks"
    """Accepted; waits for an answer when the status is asked for, until it got a message or a document."""
    COURT = "court"
    UNCOLLECTABLE = "uncollectable"
    REJECTS_LATER = "rejects-later"
    """Accepted; refused when the status is asked for."""
    ODD_STATUS = "odd-status"
    """Accepted; answers with a status code that no adapter knows."""
    LOSE = "lose"
    """The case is stored, the answer is lost."""
    LOSE_BEFORE = "lose-before"
    """The answer is lost, and so was the request: nothing is stored."""
    REFUSE = "refuse"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    AUTH = "auth"
    """The credentials are refused."""


class Case(NamedTuple):
    """One line of the ledger: references, amounts and what was asked for. No names."""

    our_reference: str
    agency_reference: str
    account: str
    idempotency_key: str
    amount: str
    currency: str
    behaviour: Behaviour
    claims: Mapping[str, str]
    """The shop's key of each claim in the case -> its amount."""
    interest: str = "0.00"
    """The default interest of all claims that is open, on the day of the placement; beside the amount, not in it."""
    told: Behaviour = Behaviour.ACCEPT
    """What happens when the agency is told something of the case."""


class Told(NamedTuple):
    """One thing that the agency was told of a case."""

    verb: str
    """``report_payment``, ``amend``, ``recall``, ``pause``, ``resume``, ``send_message`` or ``send_document``."""
    our_reference: str
    agency_reference: str
    idempotency_key: str
    amount: str | None = None
    currency: str | None = None
    received_on: str | None = None
    payment_reference: str | None = None
    changed: tuple[str, ...] = ()
    total: str | None = None
    """What an amendment says is open now."""
    digest: str | None = None
    """Of what somebody wrote, SHA-256: its text, or the bytes of a document. Not the text itself, which may name people."""


class Ledger:
    """What the agency has received and was told, in the order of arrival. A second arrival of anything is a second line.

    What it was told stands in a file of its own beside that of the cases: ``ledger.jsonl``, ``ledger.told.jsonl``.
    """

    def __init__(self, path: Path | None) -> None:
        self._cases = _Lines(path)
        self._told = _Lines(None if path is None else path.with_suffix(f".told{path.suffix}"))

    def append(self, case: Case) -> None:
        """Store a case; on the disk when this returns, if the ledger is a file."""
        self._cases.append(case._asdict())

    def cases(self, our_reference: str | None = None) -> list[Case]:
        """Return all cases, or those of one reference."""
        behaviours = ("behaviour", "told")
        found = self._cases.read(lambda entry: Case(**entry | {name: Behaviour(entry[name]) for name in behaviours if name in entry}))
        return [case for case in found if our_reference in (None, case.our_reference)]

    def note(self, told: Told) -> None:
        """Store what the agency was told; on the disk when this returns, if the ledger is a file."""
        self._told.append(told._asdict())

    def told(self, our_reference: str | None = None) -> list[Told]:
        """Return all that it was told, or what it was told of one case."""
        found = self._told.read(lambda entry: Told(**entry | {"changed": tuple(entry["changed"])}))
        return [told for told in found if our_reference in (None, told.our_reference)]


class _Lines:
    """JSON lines in memory, or in a file that several processes may share."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._lock = threading.Lock()

    def append(self, entry: Mapping[str, object]) -> None:
        line = json.dumps(entry, sort_keys=True).encode() + b"\n"
        with self._lock:
            if self._path is None:
                self._lines.append(line)
                return
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    os.write(descriptor, line)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            except OSError as exc:
                raise _unusable(self._path, Text(f"{exc.strerror}", f"{exc.strerror}")) from exc

    def read(self, entry_of: Callable[[dict[str, Any]], L]) -> list[L]:
        """Return every line as what it is; raises ``ConfigurationError`` naming one that is none."""
        return [self._entry(number, line, entry_of) for number, line in enumerate(self._all(), 1) if line.strip()]

    def _all(self) -> list[bytes]:
        if self._path is None:
            return list(self._lines)
        try:
            return self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise _unusable(self._path, Text(f"{exc.strerror}", f"{exc.strerror}")) from exc

    def _entry(self, number: int, line: bytes, entry_of: Callable[[dict[str, Any]], L]) -> L:
        try:
            return entry_of(json.loads(line))
        except (ValueError, TypeError, KeyError):
            raise _unusable(self._path, Text(f"Zeile {number} ist kein Fall", f"line {number} is no case")) from None


def _unusable(ledger: Path | None, why: Text) -> ConfigurationError:
    return ConfigurationError(
        Text(
            f"Das Register {ledger} (Einstellung ledger) lässt sich nicht benutzen: {why.de}. Eine andere Datei angeben.",
            f"The ledger {ledger} (setting ledger) cannot be used: {why.en}. Name another file.",
        ),
        field="ledger",
    )
