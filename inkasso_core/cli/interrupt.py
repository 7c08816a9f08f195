"""Ctrl-C is never lost. Where it falls into a library that swallows it, it counts as soon as a part of the work is stored."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_pressed = threading.Event()


@contextmanager
def heard() -> Iterator[None]:
    """Remember that Ctrl-C was pressed; outside of the main thread, or where somebody else listens to it, change nothing."""
    _pressed.clear()
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def check() -> None:
    """Raise ``KeyboardInterrupt`` where Ctrl-C was pressed and the work went on all the same."""
    if _pressed.is_set():
        raise KeyboardInterrupt


def _press(number: int, frame: FrameType | None) -> None:
    _pressed.set()
    signal.default_int_handler(number, frame)
