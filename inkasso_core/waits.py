"""Waits before something is tried again: longer from try to try, never past a bound, and never the same for all that failed together."""

from __future__ import annotations

import datetime as dt
import random

_DOUBLED = 16
"""How often a wait is doubled at most: past every bound, and short of what a timedelta can hold."""
JITTER = 0.25
"""The share of a wait that chance may take off: what failed in one moment does not come again in one moment."""

_chance = random.SystemRandom()


def growing(first: dt.timedelta, most: dt.timedelta, tries: int) -> dt.timedelta:
    """Return how long to wait after so many tries that failed: ``first``, then twice as long each time, at most ``most``.

    Chance takes up to a quarter of it off. A wait that an agency asks for (``Retry-After``) is not to be shortened, and is no matter of
    this function.
    """
    doubled: int = 2 ** min(max(0, tries - 1), _DOUBLED)
    whole = min(first * doubled, most)
    return whole * (1 - JITTER * _chance.random())
