"""The folders in which the command is run."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from merchant import SETTINGS, Desk

from inkasso_core.app import Inkasso


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with settings: the shop ``erp`` at an agency that takes files, the shop ``web`` at one that answers as asked for."""
    (tmp_path / "inkasso.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder without anything."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    """Let it be midday of a day, for every command that follows in this process."""

    def set_clock(day: dt.date) -> None:
        midday = dt.datetime.combine(day, dt.time(10), dt.UTC)
        monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, clock=lambda: midday))

    return set_clock
