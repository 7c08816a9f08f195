"""The open installation of this process: one facade, opened when it is first needed, and anew after a fork."""

from __future__ import annotations

import os
import threading

from inkasso_core import Inkasso
from inkasso_shop_plugins.django.conf import options

_lock = threading.Lock()
_open: dict[int, Inkasso] = {}
"""Process id -> its installation: connections do not survive a fork."""


def installation() -> Inkasso:
    """Return the facade; raises what opening it raises (``ConfigurationError``, ``StoreError``, the database's own errors), each time."""
    with _lock:
        me = os.getpid()
        if me not in _open:
            wanted = options()
            fresh = wanted.open() if wanted.open is not None else Inkasso.from_config(wanted.config)
            _open.clear()
            _open[me] = fresh
        return _open[me]


def close() -> None:
    """Give its connections back; the next call of :func:`installation` opens it again."""
    with _lock:
        found = _open.pop(os.getpid(), None)
    if found is not None:
        found.close()
