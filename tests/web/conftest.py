"""The installation that the tests of the intake post to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from merchant import Desk
from shops.live import LiveShop
from web.posting import installation
from web.serving import folder_with
from world import World


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[World, LiveShop]]:
    """The installation and its shop that sends requests."""
    with installation(tmp_path) as made:
        yield made


@pytest.fixture
def town(both: tuple[World, LiveShop]) -> World:
    """The installation."""
    return both[0]


@pytest.fixture
def live(both: tuple[World, LiveShop]) -> LiveShop:
    """The shop that sends requests."""
    return both[1]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A merchant's folder, and the command run in it."""
    monkeypatch.chdir(folder_with(tmp_path))
    return Desk(tmp_path)
