"""Files over SFTP, against OpenSSH: whole or not at all, once or not at all, and every failure told for what it is."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import paramiko
import pytest
from peers.proc import free_port
from peers.sshd import Drop, sshd
from pydantic import ValidationError

from inkasso_core import AuthenticationFailed, ConfigurationError, InkassoError, SftpSettings, TemporarilyUnavailable
from inkasso_core.agencies import drop
from inkasso_core.agencies.drop import Found, write_part
from inkasso_core.agencies.sftp import SftpFolder
from inkasso_core.agencies.sftp_drop import SftpDrop

NAME = "acme-2026-06-01-0001.csv"
CONTENT = "Kopf;Betrag\r\nMüller;153,99\r\n".encode("cp1252") + b"x" * 100_000 + b"\r\n"
SEALED = (NAME, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with sshd(tmp_path_factory.mktemp("sshd"), passwords=True) as running:
        yield running


@pytest.fixture
def there(server: Drop, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own on the server."""
    folder = server.drop / f"{abs(hash(request.node.nodeid)):x}"
    folder.mkdir()
    return folder


def dropping(server: Drop, outbox: Path, there: Path, **more: Any) -> SftpDrop:
    settings = SftpSettings.model_validate(server.settings(outbox, folder=str(there.relative_to(server.drop)), **more))
    return SftpDrop(outbox, SftpFolder(settings, settings.folder, agency="acme", label="Acme"), agency="acme")


def sealed(outbox: Path) -> None:
    assert write_part(outbox, NAME, lambda out: out.write(CONTENT)).sha256 == SEALED[1]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- The way without accidents ---


def test_a_sealed_file_goes_to_the_server_whole_and_under_its_name(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    with dropping(server, tmp_path, there) as place:
        assert place.look(*SEALED) is Found.PART
        place.publish(*SEALED)
        assert place.look(*SEALED) is Found.PUBLISHED
        place.publish(*SEALED)
        assert place.where(NAME) == f"sftp://127.0.0.1/{there.name}/{NAME}"
        place.settled(NAME)
        assert place.look(*SEALED) is Found.PUBLISHED
    assert names(there) == [NAME]
    assert (there / NAME).read_bytes() == CONTENT
    assert names(tmp_path) == []


def test_a_collected_file_stays_published_until_that_is_stored_and_is_gone_afterwards(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    with dropping(server, tmp_path, there) as place:
        place.publish(*SEALED)
        (there / NAME).unlink()
        assert place.look(*SEALED) is Found.PUBLISHED
        place.settled(NAME)
        assert place.look(*SEALED) is Found.GONE


def test_other_content_under_the_name_is_never_overwritten(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    for other in (b"somebody else's", b"y" * len(CONTENT)):
        (there / NAME).write_bytes(other)
        with dropping(server, tmp_path, there) as place:
            assert place.look(*SEALED) is Found.FOREIGN
            with pytest.raises(ConfigurationError, match="nothing is overwritten"):
                place.publish(*SEALED)
        assert (there / NAME).read_bytes() == other


def test_half_a_file_on_the_server_is_uploaded_anew(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    for other in (CONTENT[:-1], b"y" * len(CONTENT)):
        (there / f"{NAME}.part").write_bytes(other)
    with dropping(server, tmp_path, there) as place:
        place.publish(*SEALED)
    assert (there / NAME).read_bytes() == CONTENT


def test_nothing_in_the_outbox_and_nothing_there_is_gone(server: Drop, there: Path, tmp_path: Path) -> None:
    with dropping(server, tmp_path, there) as place:
        assert place.look(*SEALED) is Found.GONE
        with pytest.raises(ConfigurationError, match="missing from the outbox"):
            place.publish(*SEALED)
    assert names(there) == []


# --- What cannot be ---


def refused(place: SftpDrop, error: type[InkassoError]) -> InkassoError:
    with place, pytest.raises(error) as raised:
        place.look(*SEALED)
    assert "geheim" not in str(raised.value) + repr(raised.value) + repr(raised.value.text)
    return raised.value


def test_another_host_key_stops_the_account(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    other = (tmp_path / "other.pub").read_text()
    assert refused(dropping(server, tmp_path, there, host_key=other), ConfigurationError).field == "host_key"
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port + 1} {server.host_key}\n")
    assert refused(dropping(server, tmp_path, there, host_key=None, known_hosts=known), ConfigurationError).field == "host_key"
    assert names(there) == []


def test_a_file_of_known_hosts_is_as_good_as_the_key(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {' '.join(server.host_key.split()[:2])}\n")
    with dropping(server, tmp_path, there, host_key=None, known_hosts=known) as place:
        place.publish(*SEALED)
    assert names(there) == [NAME]


def test_a_refused_password_or_key_stops_the_account(server: Drop, there: Path, tmp_path: Path) -> None:
    refused(dropping(server, tmp_path, there, key_file=None, password="geheim"), AuthenticationFailed)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    refused(dropping(server, tmp_path, there, key_file=tmp_path / "other"), AuthenticationFailed)


def test_a_key_that_cannot_be_read_is_named_by_its_setting(server: Drop, there: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "geheim4711", "-f", str(locked)], check=True)
    for given in ({"key_file": tmp_path / "none"}, {"key_file": locked}, {"key_file": locked, "key_passphrase": "geheim"}):
        assert refused(dropping(server, tmp_path, there, **given), ConfigurationError).field == "key_file"
    assert refused(dropping(server, tmp_path, there, known_hosts=tmp_path / "none"), ConfigurationError).field == "known_hosts"


def test_a_missing_folder_stops_the_account(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    there.rmdir()
    assert refused(dropping(server, tmp_path, there), ConfigurationError).field == "folder"


def test_an_unreachable_server_is_asked_again(server: Drop, there: Path, tmp_path: Path) -> None:
    refused(dropping(server, tmp_path, there, port=free_port()), TemporarilyUnavailable)
    refused(dropping(server, tmp_path, there, host="nowhere.invalid"), TemporarilyUnavailable)


@pytest.mark.parametrize("greeting", [b"", b"<html>\r\n", None])
def test_what_is_no_sftp_server_is_asked_again(server: Drop, there: Path, tmp_path: Path, greeting: bytes | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                link, _ = listener.accept()
                with link:
                    if greeting is None:
                        link.recv(1)  # says nothing until the other side hangs up
                        link.recv(1000)
                        link.recv(1)
                    else:
                        link.sendall(greeting)

        speaking = threading.Thread(target=answer)
        speaking.start()
        refused(dropping(server, tmp_path, there, port=listener.getsockname()[1], connect_timeout=0.5), TemporarilyUnavailable)
        speaking.join(10)
        assert not speaking.is_alive()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"host_key": None}, "host_key or known_hosts"),
        ({"host_key": "geheim"}, "known_hosts"),
        ({"host_key": "ssh-ed25519 ???"}, "known_hosts"),
        ({"key_file": None}, "password or key_file"),
        ({"port": 0}, "port"),
        ({"folder": None}, "folder"),
    ],
)
def test_settings_that_cannot_be_are_refused(server: Drop, tmp_path: Path, given: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named) as wrong:
        SftpSettings.model_validate(server.settings(tmp_path, **given))
    assert "geheim" not in str(wrong.value)


def test_a_host_key_that_is_none_is_told(server: Drop, there: Path, tmp_path: Path) -> None:
    assert refused(dropping(server, tmp_path, there, host_key="ssh-ed25519 AAAA"), ConfigurationError).field == "host_key"


def test_a_server_that_takes_files_and_does_not_show_them_is_compared_by_size(
    server: Drop, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = paramiko.SFTPClient.open

    def blind(self: Any, name: str, mode: str = "r", *more: Any) -> Any:
        if "r" in mode:
            raise PermissionError(13, "Permission denied")
        return opened(self, name, mode, *more)

    monkeypatch.setattr(paramiko.SFTPClient, "open", blind)
    sealed(tmp_path)
    with dropping(server, tmp_path, there) as place:
        place.publish(*SEALED)
        assert place.look(*SEALED) is Found.PUBLISHED
    assert (there / NAME).read_bytes() == CONTENT


def test_a_server_without_the_extension_renames_in_the_plain_way(
    server: Drop, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(self: Any, old: str, new: str) -> None:
        raise OSError("Operation unsupported")

    monkeypatch.setattr(paramiko.SFTPClient, "posix_rename", unsupported)
    sealed(tmp_path)
    with dropping(server, tmp_path, there) as place:
        place.publish(*SEALED)
    assert names(there) == [NAME]


def test_a_file_that_arrives_cut_never_gets_its_name(server: Drop, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(self: SftpFolder, name: str, source: Path) -> None:
        (there / name).write_bytes(source.read_bytes()[:-1])

    sealed(tmp_path)
    with monkeypatch.context() as patch, dropping(server, tmp_path, there) as place:
        patch.setattr(SftpFolder, "write", cut)
        with pytest.raises(TemporarilyUnavailable):
            place.publish(*SEALED)
        assert place.look(*SEALED) is Found.PART
    assert names(there) == [f"{NAME}.part"]


# --- Dying, and losing the line, at every point ---


class Died(BaseException):
    """The process is gone: nothing of it goes on."""


class Trap:
    """Lets so many steps through (requests to the server, changes on the disk) and does ``then`` before or after the next one."""

    def __init__(self, steps: int, then: Callable[[], None], when: str, patch: pytest.MonkeyPatch) -> None:
        self.left, self.then, self.when = steps, then, when
        patch.setattr(paramiko.SFTPClient, "_async_request", self.trapped(paramiko.SFTPClient._async_request))  # type: ignore[attr-defined]
        for name in ("restage", "unstage"):
            patch.setattr(drop, name, self.trapped(getattr(drop, name)))

    def trapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == -1 and self.when == "before":
                self.then()
            result = real(*args, **kwargs)
            if self.left == -1 and self.when == "after":
                if real.__name__ == "_async_request":
                    args[0].listdir(".")  # its answer proves that the server has done what it was asked before
                self.then()
            return result

        return step


def die() -> None:
    raise Died


def lose() -> None:
    raise EOFError


def deliver(server: Drop, outbox: Path, folder: Path) -> Found:
    """What the transmission does, and does again after a crash."""
    with dropping(server, outbox, folder) as place:
        if place.look(*SEALED) is Found.GONE:
            return Found.GONE
        place.publish(*SEALED)
        place.settled(NAME)
        return Found.PUBLISHED


@pytest.mark.parametrize(
    ("then", "when", "collects"),
    [(die, "before", False), (die, "before", True), (die, "after", False), (die, "after", True), (lose, "after", True)],
)
def test_interrupted_anywhere_the_file_arrives_once(
    server: Drop, there: Path, tmp_path: Path, then: Callable[[], None], when: str, collects: bool
) -> None:
    unsure = 0
    for steps in range(60):
        outbox, folder = tmp_path / str(steps), there / str(steps)
        folder.mkdir()
        sealed(outbox)
        with pytest.MonkeyPatch.context() as patch, suppress(Died, TemporarilyUnavailable, EOFError):
            trap = Trap(steps, then, when, patch)
            deliver(server, outbox, folder)
        copies = [(folder / NAME).read_bytes()] if (folder / NAME).exists() else []
        if copies and collects:
            (folder / NAME).unlink()
        settled = trap.left >= 0 or not any(outbox.iterdir())
        found = Found.PUBLISHED if settled else deliver(server, outbox, folder)
        copies += [(folder / NAME).read_bytes()] if (folder / NAME).exists() and (collects or not copies) else []
        if found is Found.GONE:
            assert collects, "only what was taken away can be gone"
            unsure += 1
        assert copies == [CONTENT], f"{steps} {found}"
        if trap.left >= 0:
            break
    else:
        pytest.fail("the delivery never came to its end")
    assert steps > 8
    assert unsure == collects, "only between the request for the name and the note of its answer nobody knows"


def child(port: str, drop: str, key: str, host_key: str, outbox: str, folder: str) -> None:
    """The body of a process that is killed between the upload and the name."""

    def die_for_good(*_args: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    paramiko.SFTPClient.posix_rename = die_for_good  # type: ignore[method-assign]
    server = Drop(int(port), Path(drop), Path(key), host_key)
    deliver(server, Path(outbox), Path(folder))


def test_a_process_killed_between_upload_and_name_is_continued(server: Drop, there: Path, tmp_path: Path) -> None:
    sealed(tmp_path)
    command = [sys.executable, __file__, str(server.port), str(server.drop), str(server.key), server.host_key, str(tmp_path), str(there)]
    import inkasso_core

    roots = [str(Path(inkasso_core.__file__).parents[1]), str(Path(__file__).parents[1])]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert names(there) == [f"{NAME}.part"]
    assert deliver(server, tmp_path, there) is Found.PUBLISHED
    assert names(there) == [NAME]
    assert (there / NAME).read_bytes() == CONTENT
    assert names(tmp_path) == []


if __name__ == "__main__":
    child(*sys.argv[1:])
