"""A file appears whole or not at all, never over another one, wherever the process dies."""

import errno
import hashlib
import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from inkasso_core import ConfigurationError
from inkasso_core.agencies.drop import (
    Found,
    Manifest,
    Part,
    discard_part,
    look,
    publish,
    publish_manifest,
    write_part,
)

NAME = "acme-2026-06-01-0001.csv"
LINES = [b"Kopf;Betrag\r\n", "Müller;153,99\r\n".encode("cp1252"), b"x" * 100_000 + b"\r\n"]
CONTENT = b"".join(LINES)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SYSTEM_CALLS = ("mkdir", "open", "fsync", "link", "unlink", "replace")


def fill(out: BinaryIO) -> int:
    for line in LINES:
        out.write(line)
    return len(LINES)


def export(directory: Path) -> Path:
    """What the transmission does, and does again after a crash: it looks, and does what is left to do."""
    if look(directory, NAME, SHA256) is Found.GONE:
        assert write_part(directory, NAME, fill).sha256 == SHA256
    return publish(directory, NAME, SHA256)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


# --- The way without accidents ---


def test_a_part_file_is_hidden_private_counted_and_digested(tmp_path: Path) -> None:
    part = write_part(tmp_path, NAME, fill)
    assert part == Part(tmp_path / f".{NAME}.part", len(CONTENT), SHA256, len(LINES))
    assert part.path.read_bytes() == CONTENT
    assert stat.S_IMODE(part.path.stat().st_mode) == 0o600
    assert look(tmp_path, NAME, SHA256) is Found.PART


def test_publishing_moves_the_part_and_may_be_repeated(tmp_path: Path) -> None:
    write_part(tmp_path, NAME, fill)
    final = publish(tmp_path, NAME, SHA256)
    assert publish(tmp_path, NAME, SHA256) == final
    assert names(tmp_path) == [NAME]
    assert final.read_bytes() == CONTENT
    assert stat.S_IMODE(final.stat().st_mode) == 0o600
    assert look(tmp_path, NAME, SHA256) is Found.PUBLISHED


def test_the_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "out"
    export(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_collected_file_is_gone(tmp_path: Path) -> None:
    export(tmp_path).unlink()
    assert look(tmp_path, NAME, SHA256) is Found.GONE


def test_a_text_stream_may_be_laid_over_the_part_file(tmp_path: Path) -> None:
    def write(out: BinaryIO) -> None:
        stream = io.TextIOWrapper(out, encoding="cp1252", newline="")
        stream.write("Müller\n")
        stream.detach()

    assert write_part(tmp_path, NAME, write).sha256 == hashlib.sha256(b"M\xfcller\n").hexdigest()


def test_a_part_file_is_replaced_and_discarded(tmp_path: Path) -> None:
    write_part(tmp_path, NAME, lambda out: out.write(b"an older and longer try" * 100))
    part = write_part(tmp_path, NAME, fill)
    assert part.path.read_bytes() == CONTENT
    discard_part(tmp_path, NAME)
    discard_part(tmp_path, NAME)
    assert names(tmp_path) == []
    assert look(tmp_path, NAME, SHA256) is Found.GONE


# --- Never over another file ---


def test_other_content_under_the_name_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"somebody else's")
    write_part(tmp_path, NAME, fill)
    assert look(tmp_path, NAME, SHA256) is Found.FOREIGN
    with pytest.raises(ConfigurationError, match="nothing is overwritten") as refused:
        publish(tmp_path, NAME, SHA256)
    assert refused.value.field == "file_name"
    assert (tmp_path / NAME).read_bytes() == b"somebody else's"


@pytest.mark.parametrize("hard_links", [True, False])
def test_not_even_one_that_appears_at_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool) -> None:
    write_part(tmp_path, NAME, fill)
    link = os.link

    def race(*args: Any) -> None:
        (tmp_path / NAME).write_bytes(b"somebody else's")
        if not hard_links:
            raise OSError(errno.EPERM, "Operation not permitted")
        link(*args)

    monkeypatch.setattr(os, "link", race)
    with pytest.raises(ConfigurationError, match="nothing is overwritten"):
        publish(tmp_path, NAME, SHA256)
    assert (tmp_path / NAME).read_bytes() == b"somebody else's"


def test_a_torn_part_file_is_not_published(tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(CONTENT[:-1])
    assert look(tmp_path, NAME, SHA256) is Found.GONE
    with pytest.raises(ConfigurationError, match="incomplete"):
        publish(tmp_path, NAME, SHA256)
    assert names(tmp_path) == [f".{NAME}.part"]


# --- What cannot be ---


def test_what_fill_raises_passes_and_leaves_nothing(tmp_path: Path) -> None:
    def broken(out: BinaryIO) -> None:
        out.write(b"half")
        raise TimeoutError("the database went away")

    with pytest.raises(TimeoutError):
        write_part(tmp_path, NAME, broken)
    assert names(tmp_path) == []


@pytest.mark.parametrize("below", [(), ("out",), ("out", "deeper")])
def test_a_file_where_a_directory_should_be_is_named_with_setting_and_remedy(tmp_path: Path, below: tuple[str, ...]) -> None:
    file = tmp_path / "taken"
    file.write_text("not a directory")
    with pytest.raises(ConfigurationError) as refused:
        write_part(file.joinpath(*below), NAME, fill)
    assert refused.value.field == "directory"
    for text in refused.value.text:
        assert f"{file} i" in text
        assert "directory" in text
    assert file.read_text() == "not a directory"


@pytest.mark.parametrize(("number", "words"), [(errno.EACCES, "permission"), (errno.ENOSPC, "no space"), (errno.EIO, "Input/output")])
def test_a_full_or_forbidden_directory_is_a_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(*_args: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigurationError, match=words):
        write_part(tmp_path, NAME, fill)
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_while_writing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def on_a_full_disk(path: Path, flags: int, mode: int = 0o777) -> int:
        return real("/dev/full", os.O_WRONLY) if flags & os.O_EXCL else real(path, flags, mode)

    monkeypatch.setattr(os, "open", on_a_full_disk)
    with pytest.raises(ConfigurationError, match="no space left"):
        write_part(tmp_path, NAME, fill)


@pytest.mark.parametrize("name", ["", "a/b.csv", "../b.csv", ".hidden", "a\0b"])
def test_a_name_with_a_directory_in_it_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        write_part(tmp_path / "out", name, fill)
    assert refused.value.field == "file_name"
    assert names(tmp_path) == []


# --- Dying at every point ---


class Trap:
    """Lets the first calls to the operating system through and does ``then`` at the next one."""

    def __init__(self, after: int, then: Callable[[], None], patch: Callable[[str, Any], None]) -> None:
        self.left = after
        self.then = then
        for call in SYSTEM_CALLS:
            patch(call, self.trapped(getattr(os, call)))

    def trapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                self.then()
            return real(*args, **kwargs)

        return call


def no_hard_links(*_args: Any) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def child(directory: str, after: str, hard_links: str) -> None:
    """The body of a process that is killed."""
    if hard_links == "no":
        os.link = no_hard_links
    Trap(int(after), die, lambda name, call: setattr(os, name, call))
    export(Path(directory))


@pytest.mark.parametrize("hard_links", ["yes", "no"])
def test_killed_anywhere_the_export_is_finished_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: str) -> None:
    if hard_links == "no":
        monkeypatch.setattr(os, "link", no_hard_links)
    for after, directory in points(tmp_path):
        ended = subprocess.run(
            [sys.executable, __file__, directory, str(after), hard_links], env={**os.environ, "PYTHONPATH": where()}, check=False
        )
        published = directory / NAME
        if published.exists():
            assert published.read_bytes() in ((CONTENT,) if hard_links == "yes" else (CONTENT, b""))
        assert export(directory).read_bytes() == CONTENT
        assert names(directory) == [NAME]
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
    assert after > 8


def test_with_an_error_anywhere_the_export_can_be_repeated(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error")

    for after, directory in points(tmp_path):
        with pytest.MonkeyPatch.context() as patch:
            trap = Trap(after, fail, lambda name, call: patch.setattr(os, name, call))
            with suppress(ConfigurationError):  # anything else is a mistake
                export(directory)
        if (directory / NAME).exists():
            assert (directory / NAME).read_bytes() == CONTENT
        assert export(directory).read_bytes() == CONTENT
        assert names(directory) == [NAME]
        if trap.left >= 0:
            break
    assert after > 8


def points(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    for after in range(100):
        yield after, tmp_path / str(after)
    pytest.fail("the export never came to its end")


def where() -> str:
    """The folder that the tested package was imported from."""
    import inkasso_core

    return str(Path(inkasso_core.__file__).parents[1])


# --- The manifest ---

MANIFEST = Manifest(
    account="acme", run=1, rows=2, totals={"EUR": Decimal("1E+3"), "CHF": Decimal("153.90")}, size=len(CONTENT), sha256=SHA256
)


def test_the_manifest_says_what_a_second_pair_of_eyes_needs(tmp_path: Path) -> None:
    path = publish_manifest(tmp_path, NAME, MANIFEST)
    assert path.name == f"{NAME}.manifest.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "account": "acme",
        "file": NAME,
        "rows": 2,
        "run": 1,
        "sha256": SHA256,
        "size": len(CONTENT),
        "totals": {"CHF": "153.90", "EUR": "1000"},
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_export_has_the_same_manifest_and_may_publish_it_again(tmp_path: Path) -> None:
    first = publish_manifest(tmp_path, NAME, MANIFEST).read_bytes()
    other = MANIFEST._replace(totals=dict(reversed(MANIFEST.totals.items())))
    assert publish_manifest(tmp_path, NAME, other).read_bytes() == first
    assert names(tmp_path) == [f"{NAME}.manifest.json"]


def test_a_manifest_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    publish_manifest(tmp_path, NAME, MANIFEST)
    with pytest.raises(ConfigurationError, match="nothing is overwritten"):
        publish_manifest(tmp_path, NAME, MANIFEST._replace(rows=3))


if __name__ == "__main__":
    child(*sys.argv[1:])


def test_every_directory_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    write_part(tmp_path / "a" / "b" / "out", "x.csv", lambda out: out.write(b"x"))
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "out"]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 3
