"""Bridges on spools of their own, and served."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inkasso_adapters.adu.bridge import ADUBridge, ADUBridgeSettings

from .served import NOON, PASSWORD, USER, Served, serving

Made = Callable[..., ADUBridge]
Serve = Callable[..., Served]


@pytest.fixture
def bridge(tmp_path: Path) -> Made:
    """Makes bridges, all on the same spool."""

    def make(now: Callable[[], dt.datetime] = lambda: NOON, **settings: Any) -> ADUBridge:
        given = {"transport": "bridge", "spool": tmp_path / "spool.db", "user": USER, "password": PASSWORD, **settings}
        return ADUBridge(ADUBridgeSettings.model_validate(given), now=now)

    return make


@pytest.fixture
def serve(bridge: Made) -> Iterator[Serve]:
    """Serves bridges."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(bridge(**settings)))
