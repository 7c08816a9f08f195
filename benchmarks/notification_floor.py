"""What anybody must at least do: ``notification_floor.py PORT THREADS bare|commit DATABASE``, the same server with a bare handler.

``bare`` reads the body and answers ``OK``. ``commit`` also stores it, in a commit of its own that is synced to the disk: no more is
needed to keep the promise that lies in the answer, but for knowing whose it is.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress import serve

_local = threading.local()


def bare(_body: bytes) -> None:
    """Keep nothing."""


def committing(database: str) -> Callable[[bytes], None]:
    """Return what keeps a body in a commit of its own."""
    first = _connect(database)
    first.execute("CREATE TABLE IF NOT EXISTS body (body TEXT)")
    first.close()

    def keep(body: bytes) -> None:
        if not hasattr(_local, "connection"):
            _local.connection = _connect(database)
        _local.connection.execute("BEGIN IMMEDIATE")
        _local.connection.execute("INSERT INTO body VALUES (?)", (body.decode("utf-8", "replace"),))
        _local.connection.execute("COMMIT")

    return keep


def _connect(database: str) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, timeout=60)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def main() -> None:
    """Serve until the process is ended."""
    port, threads, kind, database = sys.argv[1:]
    keep = bare if kind == "bare" else committing(database)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        keep(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")])
        return [b"OK"]

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    serve(app, host="127.0.0.1", port=int(port), threads=int(threads), ident=None)


if __name__ == "__main__":
    main()
