"""What a server may name or hide, and what it may take away while it is looked at: told for what it is."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers.sshd import Drop, sshd

from inkasso_core import ConfigurationError, SftpSettings
from inkasso_core.agencies import drop
from inkasso_core.agencies.drop import Found, write_part
from inkasso_core.agencies.sftp import SftpFolder
from inkasso_core.agencies.sftp_drop import SftpDrop

NAME, CONTENT = "acme-2026-06-01-0001.csv", b"Kopf;Betrag\r\n"
SEALED = (NAME, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def there(server: Drop, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own on the server."""
    folder = server.drop / f"{abs(hash(request.node.nodeid)):x}"
    folder.mkdir()
    return folder


def folder_of(server: Drop, outbox: Path, there: Path, **more: Any) -> SftpFolder:
    settings = SftpSettings.model_validate(server.settings(outbox, folder=there.name, **more))
    return SftpFolder(settings, settings.folder, agency="acme", label="Acme")


def dropping(server: Drop, outbox: Path, there: Path, **more: Any) -> SftpDrop:
    return SftpDrop(outbox, folder_of(server, outbox, there, **more), agency="acme")


def test_a_file_that_is_collected_while_it_is_looked_at_is_gone(
    server: Drop, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_part(tmp_path, NAME, lambda out: out.write(CONTENT))
    drop.restage(tmp_path, NAME, "part", "leaving")
    (there / NAME).write_bytes(CONTENT)
    whole = SftpFolder.size

    def collected(folder: SftpFolder, name: str) -> int | None:
        size = whole(folder, name)
        (there / NAME).unlink(missing_ok=True)
        return size

    monkeypatch.setattr(SftpFolder, "size", collected)
    with dropping(server, tmp_path, there) as place:
        assert place.look(*SEALED) is Found.GONE


def test_a_name_that_is_no_utf8_is_told(server: Drop, there: Path, tmp_path: Path) -> None:
    (there / "R\udcfcckmeldung.csv").write_bytes(b"x")
    with folder_of(server, tmp_path, there) as folder, pytest.raises(ConfigurationError, match="UTF-8"):
        folder.names()


def test_a_folder_that_is_made_is_its_owners_alone(server: Drop, there: Path, tmp_path: Path) -> None:
    with folder_of(server, tmp_path, there) as folder:
        folder.make("done")
        folder.make("done")
    assert (there / "done").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["ssh-dss", "ssh-unknown"])
def test_a_host_key_of_a_kind_that_is_not_known_is_told(server: Drop, there: Path, tmp_path: Path, kind: str) -> None:
    with dropping(server, tmp_path, there, host_key=f"{kind} AAAAB3NzaC1kc3M=") as place, pytest.raises(ConfigurationError):
        place.look(*SEALED)


def test_a_host_may_be_called_like_a_key(server: Drop, there: Path, tmp_path: Path) -> None:
    with dropping(server, tmp_path, there, host_key=f"ssh-gate.example {server.host_key}") as place:
        assert place.look(*SEALED) is Found.GONE
