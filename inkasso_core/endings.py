"""How a program that runs on and on is told to end: SIGTERM, or Ctrl-C. The first one lets it finish what is under way."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_MOMENT = 0.1


class Ending:
    """Says that a process is to end. It has no lock: a signal may come while whoever waits for it holds one."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """Say so; from any thread, and from a signal."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether it was said."""
        return self._is_set

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is said."""
        until = time.monotonic() + seconds
        while not self._is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _MOMENT))


@contextmanager
def heard(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C call ``stop``; the second one ends at once. Only where this is the main thread, which alone hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    count: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        count.append(number)
        stop()
        if len(count) > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
