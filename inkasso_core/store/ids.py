"""Ids: ordered by time, with a random tail (ULID, 26 characters); and keyed digests, so that a customer number can be found, not read."""

from __future__ import annotations

import hashlib
import os
import threading
import time

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _SIGNS for second in _SIGNS)
"""Crockford's base 32, two signs (ten bits) at a time: ids are made by the hundred thousand."""
_SHIFTS = range(120, -1, -10)
_RANDOM_BITS = 80

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a new id, greater than every id that this process made before: the history sorts by it."""
    global _last
    with _lock:
        now = _milliseconds()
        _last = number = _last + 1 if now <= _last >> _RANDOM_BITS else _fresh(now)
    return _written(number)


def new_key() -> str:
    """Return a key that nobody can guess and that was never used before."""
    return _written(_fresh(_milliseconds()))


def keyed_digest(secret: bytes, *parts: str) -> str:
    """Return a digest of ``parts`` that nobody without ``secret`` can guess from a list of customer numbers."""
    return hashlib.blake2b("\x1f".join(parts).encode(), key=secret, digest_size=24).hexdigest()


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _fresh(milliseconds: int) -> int:
    return milliseconds << _RANDOM_BITS | int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")


def _written(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
