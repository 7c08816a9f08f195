"""Ids: ordered by time, with a random tail (ULID, 26 characters); and keyed digests, so that a customer number can be found, not read."""

from __future__ import annotations

import hashlib
import os
import threading
import time

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _SIGNS for second in _SIGNS)
"""Crockford's base 32, two signs (ten bits) at a time: ids are made by the hundred thousand."""
_TIME = 10
"""So many signs of an id are its time, in milliseconds."""

_lock = threading.Lock()
_time = 0
_head = ""
_tail = 0


def new_id(*, after: str | None = None) -> str:
    """Return a new id, greater than every id that this process made before, and than ``after``: the history sorts by it."""
    made = _next()
    if after is None or made > after:
        return made
    pass_by(after)
    return _next()


def _next() -> str:
    global _time, _head, _tail
    with _lock:
        now = _milliseconds()
        if now > _time:
            # a tail of 40 bits begins with 32 random ones and counts on: it has room for all ids of one millisecond
            _time, _head, _tail = now, _written(now << 40 | _random_bytes(5), pairs=9), _random_bytes(4)
        else:
            _tail += 1
        return _head + _PAIRS[_tail >> 30] + _PAIRS[_tail >> 20 & 1023] + _PAIRS[_tail >> 10 & 1023] + _PAIRS[_tail & 1023]


def pass_by(other: str) -> None:
    """Make every id of this process from now on greater than this one, which another process made."""
    global _time, _head, _tail
    later = sum(_SIGNS.index(sign) << 5 * place for place, sign in enumerate(reversed(other[:_TIME]))) + 1
    with _lock:
        if later > _time:
            _time, _head, _tail = later, _written(later << 40 | _random_bytes(5), pairs=9), _random_bytes(4)


def new_key() -> str:
    """Return a key that nobody can guess and that was never used before."""
    return _written(_milliseconds() << 80 | _random_bytes(10), pairs=13)


def keyed_digest(secret: bytes, *parts: str) -> str:
    """Return a digest of ``parts`` that nobody without ``secret`` can guess from a list of customer numbers."""
    return hashlib.blake2b("\x1f".join(parts).encode(), key=secret, digest_size=24).hexdigest()


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _random_bytes(count: int) -> int:
    return int.from_bytes(os.urandom(count), "big")


def _written(number: int, pairs: int) -> str:
    return "".join(_PAIRS[number >> shift & 1023] for shift in range((pairs - 1) * 10, -1, -10))
