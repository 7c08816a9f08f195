"""The least that any library must do to hand claims over once: a queue row taken and marked in one commit, a POST, the answer in another.

One table of claims with the JSON that is sent, one of what happened; a bare ``requests`` session for each worker.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any

import requests

CLAIMS = """CREATE TABLE claim (
    id TEXT PRIMARY KEY, shop TEXT NOT NULL, reference TEXT NOT NULL, agency TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_at DOUBLE PRECISION NOT NULL, payload TEXT NOT NULL, UNIQUE (shop, reference))"""
INDEX = "CREATE INDEX claim_state ON claim (state, next_at)"
AUDIT = """CREATE TABLE audit (
    id {serial}, claim TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, actor TEXT NOT NULL, event TEXT NOT NULL, detail TEXT)"""
QUEUE = "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
TAKE = """UPDATE claim SET state='sending', attempts=attempts+1
    WHERE id=(SELECT id FROM claim WHERE state='queued' ORDER BY next_at LIMIT 1 {skip}) RETURNING id, payload"""
DONE = "UPDATE claim SET state='sent', agency=? WHERE id=?"
NOTE = "INSERT INTO audit (claim, at, actor, event, detail) VALUES (?, ?, ?, ?, ?)"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class Sqlite:
    """A file with a write-ahead log, synced at every commit."""

    sign, begin, skip, serial = "?", "BEGIN IMMEDIATE", "", "INTEGER PRIMARY KEY"

    def __init__(self, path: str) -> None:
        self.path = path

    def connect(self) -> Any:
        """A connection of one worker."""
        link = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("PRAGMA synchronous=FULL")
        return link


class Postgresql:
    """A server that syncs at every commit."""

    sign, begin, skip, serial = "%s", "BEGIN", "FOR UPDATE SKIP LOCKED", "BIGSERIAL PRIMARY KEY"

    def __init__(self, address: str) -> None:
        self.address = address

    def connect(self) -> Any:
        """A connection of one worker."""
        import psycopg

        return psycopg.connect(self.address, autocommit=True)


Kind = Sqlite | Postgresql


def fill(kind: Kind, payloads: Sequence[str]) -> None:
    """Make the tables, and queue the payloads."""
    link = kind.connect()
    for table in (CLAIMS, INDEX, AUDIT.format(serial=kind.serial)):
        link.execute(table)
    rows = [(f"{number:026d}", "bench", f"{number}", "agency", "queued", 0, 0.0, body) for number, body in enumerate(payloads)]
    link.execute(kind.begin)
    link.cursor().executemany(QUEUE.replace("?", kind.sign), rows)
    link.execute("COMMIT")
    link.close()


def drain(kind: Kind, url: str, workers: int) -> None:
    """Hand everything over."""
    threads = [threading.Thread(target=_work, args=(kind, url)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(kind: Kind, url: str) -> None:
    take, done, note = (text.format(skip=kind.skip).replace("?", kind.sign) for text in (TAKE, DONE, NOTE))
    link, session = kind.connect(), requests.Session()
    while True:
        link.execute(kind.begin)
        found = link.execute(take).fetchone()
        if not found:
            link.execute("COMMIT")
            break
        key, payload = found
        link.execute(note, (key, time.time(), "worker", "sending", None))
        link.execute("COMMIT")
        answer = session.post(url, data=payload.encode(), headers=HEADERS, timeout=60)
        answer.raise_for_status()
        text = answer.text
        link.execute(kind.begin)
        link.execute(done, (json.loads(text)["sData"]["az"], key))
        link.execute(note, (key, time.time(), "worker", "sent", text))
        link.execute("COMMIT")
    link.close()


def handed_over(kind: Kind) -> int:
    """Return how many have their answer."""
    link = kind.connect()
    try:
        return int(link.execute("SELECT count(*) FROM claim WHERE state='sent'").fetchone()[0])
    finally:
        link.close()
