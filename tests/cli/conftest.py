"""The folders in which the command is run."""

from pathlib import Path

import pytest
from merchant import SETTINGS, Desk


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
