"""An id for what an agency sends without one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def entry_digest(*parts: Any) -> str:
    """Return the same id for the same content, whatever the order of its members: for entries of a feed that have none of their own."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()[:40]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
