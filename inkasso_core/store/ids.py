"""Ids: ordered by time, with a random tail (ULID, 26 characters); and keyed digests, so that a customer number can be found, not read."""

from __future__ import annotations

import hashlib
import threading
import time

from ulid import ULID

_lock = threading.Lock()
_last = ULID()


def new_id() -> str:
    """Return a new id, greater than every id that this process made before: the history sorts by it."""
    global _last
    with _lock:
        fresh = ULID()
        _last = fresh if fresh > _last else ULID.from_int(int(_last) + 1)
        return str(_last)


def new_key() -> str:
    """Return a key that nobody can guess and that was never used before."""
    return str(ULID.from_timestamp(time.time()))


def keyed_digest(secret: bytes, *parts: str) -> str:
    """Return a digest of ``parts`` that nobody without ``secret`` can guess from a list of customer numbers."""
    return hashlib.blake2b("\x1f".join(parts).encode(), key=secret, digest_size=24).hexdigest()
