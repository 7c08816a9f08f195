"""How fast the shop may be asked: its limit headers, and waiting for them (``reference: shop-plentymarkets.md`` section 2.4).

The limits are those of a user, so all processes that work with the shop share them: who uses up the last call tells the others.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from inkasso_core import ShopContext, TemporarilyUnavailable, Text
from inkasso_shop_plugins.plentymarkets.settings import PlentySettings

LONGEST_WAIT = 15 * 60.0
"""Seconds: a longer wait is the limit of a day; whoever meets it ends, and is tried again later."""
PERIODS = ("X-Plenty-Global-Short-Period", "X-Plenty-Global-Long-Period")
ROUTE = "X-Plenty-Route"
UNKNOWN_WAIT = 60.0
"""Seconds to wait after an answer 429 that does not say how long: the shortest period is a minute."""
LONGEST_LIMIT = 24 * 3600.0
"""Seconds: no limit lasts longer than a day. Who writes a point in time where seconds belong would else be waited for for years."""
MARGIN = 1.0
"""Seconds more than the shop asks for: it counts in whole seconds."""
_PAUSE = "pause"
_NUMBERS = re.compile(r"/\d+")

EXHAUSTED = Text(
    "plentymarkets nimmt für {minutes} Minuten keine Anfragen mehr an (Limit): danach geht es weiter, wo es aufhörte.",
    "plentymarkets takes no more requests for {minutes} minutes (limit): after that it goes on where it stopped.",
)


def wait_after(headers: Mapping[str, str], prefix: str) -> float:
    """Return how many seconds to wait before the next request under one limit: none while calls are left."""
    left, decay = _number(headers, f"{prefix}-Calls-Left"), _number(headers, f"{prefix}-Decay")
    return decay + MARGIN if left is not None and left < 1 and decay is not None else 0.0


def wait_refused(headers: Mapping[str, str]) -> float:
    """Return how many seconds to wait after an answer 429: what it asks for, whatever the counters say."""
    asked = _number(headers, "Retry-After")
    if asked is not None:
        return asked + MARGIN
    return max((wait_after(headers, prefix) for prefix in (*PERIODS, ROUTE)), default=0.0) or UNKNOWN_WAIT


def _number(headers: Mapping[str, str], name: str) -> float | None:
    value = headers.get(name, "").strip()
    return min(float(value), LONGEST_LIMIT) if value.isascii() and value.isdigit() else None


class Pace:
    """Waits before a request while no calls are left."""

    def __init__(self, context: ShopContext[PlentySettings], patience: float = LONGEST_WAIT) -> None:
        self._context, self._patience = context, patience
        self._routes: dict[str, dt.datetime] = {}

    def wait(self, method: str, path: str) -> None:
        """Wait until the next request may go; raises ``TemporarilyUnavailable`` where that is longer than anybody's patience."""
        now = self._context.now()
        seconds = max((self._until(method, path) - now).total_seconds(), 0.0)
        if seconds > self._patience:
            raise TemporarilyUnavailable(
                EXHAUSTED.fill(minutes=round(seconds / 60) or 1), agency="plentymarkets", retry_after=seconds, http_status=429
            )
        if seconds:
            self._context.sleep(seconds)

    def _until(self, method: str, path: str) -> dt.datetime:
        kept = self._context.shelf.read(_PAUSE)
        shared = dt.datetime.fromisoformat(kept) if kept else _LONG_AGO
        return max(shared, self._routes.get(route(method, path), _LONG_AGO))

    def heard(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Remember what an answer says of the calls that are left."""
        self._pause(max(wait_after(headers, prefix) for prefix in PERIODS))
        seconds = wait_after(headers, ROUTE)
        if seconds:
            self._routes[route(method, path)] = self._context.now() + dt.timedelta(seconds=seconds)

    def refused(self, headers: Mapping[str, str]) -> None:
        """Remember an answer 429."""
        self._pause(wait_refused(headers))

    def _pause(self, seconds: float) -> None:
        if not seconds:
            return
        until = self._context.now() + dt.timedelta(seconds=seconds)
        with self._context.shelf.locked(_PAUSE) as kept:
            if kept.value is None or dt.datetime.fromisoformat(kept.value) < until:
                kept.put(until.isoformat())


_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def route(method: str, path: str) -> str:
    """Return the route of a path, without the ids in it: a limit of its own holds for all its records."""
    return f"{method} {_NUMBERS.sub('/{id}', path)}"
