"""Ctrl-C is never lost, and never passes for something else: it counts as soon as the part of the work that is being stored is stored."""

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
    """While reports are being stored, the first Ctrl-C waits for the end of that part: in a row it could pass for an error of the row."""
    is_first = not _pressed.is_set()
    _pressed.set()
    if is_first and _is_storing(frame):
        return
    signal.default_int_handler(number, frame)


def _is_storing(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__")).rpartition(".")[2] == _STORING:
            return True
        frame = frame.f_back
    return False


_STORING = "intake"
