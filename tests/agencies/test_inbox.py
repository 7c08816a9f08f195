"""Answer files with names that a stranger chose: each is taken once, none leads elsewhere, and none blocks the others."""

import os
import stat
import unicodedata
from pathlib import Path
from types import TracebackType

import pytest

from inkasso_core.agencies.inbox import DONE, Inbox, LocalInbox
from inkasso_core.model.feed import Feed

NAMES = [
    "Rückmeldung.csv",
    unicodedata.normalize("NFD", "Rückmeldung Größe.csv"),
    " blanks .csv",
    "R\udcfcckmeldung.csv",
    "x" * 240 + ".csv",
    "ü" * 120 + ".csv",
    "a:b:c.csv",
    "new\nline.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_taken_once_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"Referenz\r\n")
    with LocalInbox(tmp_path) as inbox:
        paper = inbox.first()
        assert paper is not None
        token = Feed(token=paper.token).token
        assert token == paper.token, "what is stored of it is what it was"
        inbox.settle(token)
        inbox.settle(token)
        assert inbox.first() is None
    (taken,) = (tmp_path / DONE).iterdir()
    assert taken.read_bytes() == b"Referenz\r\n"


def test_taken_files_are_their_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    (tmp_path / "a.csv").chmod(0o644)
    with LocalInbox(tmp_path) as inbox:
        paper = inbox.first()
        assert paper is not None
        inbox.settle(paper.token)
    (taken,) = (tmp_path / DONE).iterdir()
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    assert stat.S_IMODE(taken.parent.stat().st_mode) == 0o700


def test_a_link_to_somewhere_else_is_no_answer(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "a.csv").symlink_to(secret)
    with LocalInbox(folder) as inbox:
        assert inbox.first() is None


class Hostile(Inbox):
    """A server that names its files as it likes."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names, self.moved = names, list[tuple[str, str]]()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing was opened."""

    def _names(self) -> list[str]:
        return list(self.names)

    def _read(self, name: str) -> bytes:
        return b"Referenz\r\n"

    def _move(self, name: str, new: str) -> None:
        self.moved.append((name, new))


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\evil.csv", "a\0.csv", ".hidden.csv", "..csv"])
def test_a_name_that_leads_elsewhere_is_not_taken(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inbox = Hostile(name, "good.csv")
    paper = inbox.first()
    assert paper is not None
    assert (paper.name, paper.more) == ("good.csv", False)
    inbox.settle(paper.token)
    assert [old for old, _ in inbox.moved] == ["good.csv"]


def test_a_file_is_read_under_a_name_of_ours() -> None:
    paper = Hostile("x" * 300 + ".csv").first()
    assert paper is not None
    seen: list[Path] = []

    class Opened:
        def __enter__(self) -> list[str]:
            return [seen[0].read_text()]

        def __exit__(self, *_: object) -> None:
            """Nothing to close."""

    def opened(path: Path) -> Opened:
        seen.append(path)
        return Opened()

    assert paper.read(opened) == ("Referenz\n",)
    assert len(os.fsencode(seen[0].name)) < 20
