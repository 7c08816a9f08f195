"""The database's file is its owner's: debtors' data are for nobody else who uses the machine."""

import os
import stat
from pathlib import Path

import pytest

from inkasso_core import Inkasso
from inkasso_core.settings import build
from inkasso_core.store.engine import Database

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are told from POSIX modes")


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    """What most machines have: new files may be read by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_is_its_owner_s_with_its_log_and_the_folders_made_for_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "deep" / "inkasso.db"
    database = Database(f"sqlite:///{file}")
    database.open()
    with database.write():
        modes = {path.name: mode(path) for path in file.parent.iterdir()}
        assert modes == {"inkasso.db": 0o600, "inkasso.db-wal": 0o600, "inkasso.db-shm": 0o600}
        assert database.exposed() == []
    database.close()
    assert (mode(file.parent), mode(file.parent.parent), mode(tmp_path) & 0o077) == (0o700, 0o700, mode(tmp_path) & 0o077)


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    Database(f"sqlite:///{tmp_path}/there/inkasso.db").close()
    assert mode(tmp_path / "there") == 0o755


@pytest.mark.parametrize(("rights", "told"), [(0o644, True), (0o606, True), (0o640, False), (0o600, False)])
def test_an_old_file_keeps_its_rights_and_the_doctor_warns(tmp_path: Path, rights: int, told: bool) -> None:
    settings = build({"inkasso": {"database": "sqlite:///inkasso.db"}}, tmp_path)
    file = tmp_path / "inkasso.db"
    with Inkasso(settings):
        pass
    file.chmod(rights)
    with Inkasso(settings) as ink:
        warned = [check for check in ink.doctor() if check.subject == "database" and check.health == "warn"]
        assert bool(warned) is told
        for check in warned:
            assert all(f"chmod o= {file}" in text for text in check.text)
    assert mode(file) == rights


def test_a_file_of_that_name_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    from inkasso_core import ConfigurationError

    (tmp_path / "data").touch()
    with pytest.raises(ConfigurationError) as caught:
        Database(f"sqlite:///{tmp_path}/data/inkasso.db")
    assert str(tmp_path / "data") in caught.value.text.de
