"""Fresh: how long ago something was noted, whatever became of this process in between."""

from __future__ import annotations

import time

SECONDS = 60.0
"""Later than that after its mark no request is begun: long before others may think that its sender is gone, and look for what it sent."""
_CLOCKS = [getattr(time, name) for name in ("CLOCK_MONOTONIC", "CLOCK_BOOTTIME", "CLOCK_REALTIME") if hasattr(time, name)]
"""A process that was stopped sees all of them go on; a machine that slept, all but the first; one that was frozen as a whole, the last."""


class Mark:
    """A moment."""

    def __init__(self) -> None:
        self._then = _now()

    @property
    def is_fresh(self) -> bool:
        """Whether it is not long ago, by any clock. One that was set says no: that costs nothing but another try."""
        return all(0 <= now - then <= SECONDS for then, now in zip(self._then, _now(), strict=True))


def _now() -> list[float]:
    return [time.clock_gettime(clock) for clock in _CLOCKS] or [time.monotonic(), time.time()]
