"""Python's cyclic garbage collector, held back while a batch is worked on.

A batch keeps some ten thousand small objects alive for a moment. The collector would look through them, and through everything that was
ever imported, again and again, and find nothing: they form no cycles and are freed without it as soon as the batch is done.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_holder = threading.Lock()


@contextmanager
def held_back() -> Iterator[None]:
    """Keep the collector from running, as a context or around a function, so that its objects are gone when the collector may run again.

    Of several threads one holds it back: it runs in between, however many are at work.
    """
    if not gc.isenabled() or not _holder.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _holder.release()
