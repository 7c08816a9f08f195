"""A whole installation whose account delivers over SFTP: what an agency's server does, and what becomes of the claims."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import paramiko
import pytest
from peers.proc import free_port
from peers.sshd import Drop, sshd
from world import PlainFile, world

from inkasso_core import SftpFileAgency, SftpSettings, State, points


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


class PlainSftp(SftpFileAgency[SftpSettings]):
    """The plain table, over SFTP."""

    name: ClassVar[str] = "plain-sftp"
    label: ClassVar[str] = "Plain SFTP"
    Settings = SftpSettings
    writer = PlainFile.writer


def open_world(tmp_path: Path, server: Drop, there: Path, **more: Any) -> Any:
    settings = server.settings(Path("outbox"), **{"folder": there.name, **more})
    return world(tmp_path, accounts={"agency": {"agency": "plain-sftp", "settings": settings}}, agencies={"plain-sftp": PlainSftp})


@pytest.fixture
def folder(server: Drop, tmp_path: Path) -> Path:
    made = server.drop / tmp_path.name
    made.mkdir(exist_ok=True)
    return made


def exports(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("*.csv")) for line in path.read_text("utf-8").splitlines()[1:]]


def test_claims_leave_over_sftp_and_count_as_exported(tmp_path: Path, server: Drop, folder: Path) -> None:
    with open_world(tmp_path, server, folder) as town:
        town.running("A-1", "A-2")
        (report,) = town.transmit()
        assert report.file == f"sftp://127.0.0.1/{folder.name}/agency-2026-06-01-0001.csv"
        assert {town.state("A-1"), town.state("A-2")} == {State.EXPORTED}
    assert len(exports(folder)) == 2
    assert "Groß-Möller;153,99" in exports(folder)[0]
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == ["agency-2026-06-01-0001.csv.manifest.json"]


def test_a_rehearsal_reaches_no_server(tmp_path: Path, server: Drop, folder: Path) -> None:
    settings = server.settings(Path("outbox"), folder=folder.name, port=free_port())
    accounts = {"agency": {"agency": "plain-sftp", "settings": settings}}
    with world(tmp_path, accounts=accounts, agencies={"plain-sftp": PlainSftp}, live=False) as town:
        town.running("A-1")
        (report,) = town.transmit()
        assert report.mode == "rehearsal"
        assert report.file is not None
        assert Path(report.file).read_text("utf-8").count("\n") == 2
        assert town.state("A-1") is State.RUNNING


def test_while_the_server_is_away_claims_wait_and_leave_later_once(tmp_path: Path, server: Drop, folder: Path) -> None:
    with open_world(tmp_path, server, folder, port=free_port()) as town:
        town.running("A-1")
        for _ in range(2):
            (report,) = town.transmit()
            assert report.mode == "live"
            assert "tried again" in report.reason.en
            assert town.state("A-1") is State.RUNNING
            assert town.tasks() == []
    with open_world(tmp_path, server, folder) as town:
        town.transmit()
        assert town.state("A-1") is State.EXPORTED
        town.transmit()
    assert len(exports(folder)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("host_key", "another key"),
        ("key_file", "refuses the credentials"),
        ("folder", "no folder"),
    ],
)
def test_what_only_a_person_can_mend_stops_the_account_and_loses_nothing(
    tmp_path: Path, server: Drop, folder: Path, given: str, words: str
) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    wrong = {"host_key": other.with_suffix(".pub").read_text(), "key_file": str(other), "folder": "none"}[given]
    with open_world(tmp_path, server, folder, **{given: wrong}) as town:
        town.running("A-1")
        (report,) = town.transmit()
        assert report.mode == "stopped"
        assert words in report.reason.en
        assert town.state("A-1") is State.RUNNING
        assert [task.kind for task in town.tasks()] == ["account_stopped"]
    with open_world(tmp_path, server, folder) as town:
        town.go_live("agency")
        town.transmit()
        assert town.state("A-1") is State.EXPORTED
    assert len(exports(folder)) == 1


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["batch.prepared", "batch.written", "batch.sealed", "batch.published", "batch.exported"])
@pytest.mark.parametrize("collects", [False, True], ids=["stays", "is collected"])
def test_killed_anywhere_each_claim_is_exported_once(
    tmp_path: Path, server: Drop, folder: Path, point: str, collects: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Died

    found: list[str] = []
    with open_world(tmp_path, server, folder) as town:
        town.running("A-1", "A-2")
        with monkeypatch.context() as patch:
            patch.setattr(points, "listener", die)
            with pytest.raises(Died):
                town.transmit()
    if collects:
        found += take(folder)
    with open_world(tmp_path, server, folder) as town:
        town.transmit()
        assert {town.state("A-1"), town.state("A-2")} == {State.EXPORTED}
    assert sorted(line.split(";")[1] for line in found + exports(folder)) == ["Groß-Möller", "Groß-Möller"]


def test_a_file_whose_end_nobody_knows_is_a_persons_matter(
    tmp_path: Path, server: Drop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = paramiko.SFTPClient.posix_rename

    def answer_lost(self: Any, old: str, new: str) -> None:
        renamed(self, old, new)
        raise EOFError

    with open_world(tmp_path, server, folder) as town:
        town.running("A-1")
        with monkeypatch.context() as patch:
            patch.setattr(paramiko.SFTPClient, "posix_rename", answer_lost)
            town.transmit()
        assert town.state("A-1") is State.RUNNING
        assert len(take(folder)) == 1
        town.transmit()
        assert town.state("A-1") is State.UNCLEAR
        assert "file_lost" in [task.kind for task in town.tasks()]
        town.transmit()
    assert exports(folder) == []
    assert not [path for path in (tmp_path / "outbox").iterdir() if path.name.startswith(".")]


def take(folder: Path) -> list[str]:
    """Collect, as the agency does."""
    found = exports(folder)
    for path in folder.glob("*.csv"):
        path.unlink()
    return found
