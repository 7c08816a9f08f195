"""What the steps say about their work while they do it: names of events, ids, counts and durations. Never a debtor, never a secret.

It goes to the logger ``inkasso.work`` of the standard library, one record per event, its values under ``record.inkasso``.
"""

from __future__ import annotations

import logging
from typing import TypeAlias

LOG = logging.getLogger("inkasso.work")
LOG.addHandler(logging.NullHandler())  # where nobody listens, nothing is said: not even the worst, on standard error
Value: TypeAlias = str | int | float | bool | None


def say(event: str, /, *, level: int = logging.INFO, **values: Value) -> None:
    """Say that something happened: ``event`` is ``room.what``, such as ``transmit.sent``; ``values`` are ids, counts, codes, seconds."""
    if LOG.isEnabledFor(level):
        LOG.log(level, "%s", event, extra={"inkasso": {"event": event, **values}})
