"""Files that come while others are taken in: none is overwritten, and none is moved away that nobody has read."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from world import NOON, World, world

from inkasso_core import InvalidInput, ShopRequest, points

SECRET = "geheim-0815-geheim"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def town(tmp_path: Path, folder: Path) -> Iterator[World]:
    settings = {"folder": str(folder), "settle_seconds": 5, "upload_secret": SECRET, "dialect": {"decimal": ","}}
    with world(tmp_path, shops={"cp": {"plugin": "cpshop", "settings": settings}}) as made:
        yield made


def put(path: Path, body: bytes, *, age: float = 60) -> None:
    """Put a file there as exporters do: at once, under its name."""
    part = path.with_name(f".{path.name}.new")
    part.write_bytes(body)
    os.utime(part, (time.time() - age, time.time() - age))
    part.replace(path)


def upload(town: World, name: str, body: bytes) -> int:
    request = ShopRequest(headers={}, method="PUT", path=f"{SECRET}/{name}", body=body, received_at=NOON)
    return int(town.ink.receive("cp", request)[0].status)


def test_an_export_that_replaces_the_one_being_taken_in_is_taken_by_the_next_poll(
    town: World, folder: Path, written: Callable[..., bytes], good_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(name: str) -> None:
        if name == "intake.after_commit":
            put(folder / "orders.csv", written(good_rows[1:2]), age=30)

    put(folder / "orders.csv", written(good_rows[:1]))
    monkeypatch.setattr(points, "listener", replaced)
    (first,) = town.ink.poll("cp")
    monkeypatch.setattr(points, "listener", None)
    assert first.problem is None
    assert (folder / "orders.csv").exists()
    (second,) = town.ink.poll("cp")
    assert (len(first.results), len(second.results)) == (1, 1)
    assert [path.name for path in (folder / "done").iterdir()] == ["orders.csv"]


def test_a_file_that_is_written_to_while_it_waits_its_turn_is_left_alone(
    town: World, folder: Path, written: Callable[..., bytes], good_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(name: str) -> None:
        if name == "poll.stored" and (folder / "2.csv").exists() and (folder / "1.csv").exists():
            (folder / "2.csv").write_bytes(written(good_rows[1:2])[:-40])
            (folder / "3.csv").unlink()

    for number in (1, 2, 3):
        put(folder / f"{number}.csv", written(good_rows[:1]), age=100 - number)
    monkeypatch.setattr(points, "listener", changed)
    (polled,) = town.ink.poll("cp")
    assert (polled.problem, len(polled.results)) == (None, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["2.csv", "done"]


@pytest.mark.parametrize("links", [True, False])
def test_uploads_of_one_name_at_once_are_all_kept(town: World, folder: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def no_link(_part: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    if not links:
        monkeypatch.setattr(os, "link", no_link)
    bodies = [f"{letter * 50_000}\n".encode() for letter in "abcdef"]
    start, done = threading.Barrier(len(bodies)), list[int]()

    def send(body: bytes) -> None:
        start.wait(20)
        done.append(upload(town, "orders.csv", body))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [201] * len(bodies)
    assert sorted(path.read_bytes() for path in folder.iterdir()) == bodies


def test_a_name_is_measured_as_the_file_system_does(town: World) -> None:
    with pytest.raises(InvalidInput):
        upload(town, f"{'ß' * 110}.csv", b"x")
