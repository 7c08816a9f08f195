"""Whoever wakes workers is told in the transaction that queues something, and can break nothing."""

import sqlite3
from collections.abc import Collection, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from world import OPERATOR, World, claim, world

from inkasso_core import ConfigurationError, State, engines


class Bell:
    """A waker that writes down in the same transaction what it was told."""

    def __init__(self) -> None:
        self.rung: list[list[str]] = []
        self.breaks = False

    def __call__(self, connection: sqlite3.Connection, accounts: Collection[str]) -> None:
        connection.execute("CREATE TABLE IF NOT EXISTS rung (account TEXT)")
        connection.executemany("INSERT INTO rung VALUES (?)", [(one,) for one in accounts])
        self.rung.append(list(accounts))
        if self.breaks:
            raise RuntimeError("Erika Mustermann")


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def town(tmp_path: Path, bell: Bell) -> Iterator[World]:
    with world(tmp_path, accounts={"one": {}, "two": {}}, shops={"shop": {"account": "one"}, "other": {"account": "two"}}) as made:
        made.ink.on_queued(bell)
        yield made


def stored(town: World) -> list[str]:
    with sqlite3.connect(town.folder / "test.db") as link:
        try:
            return [row[0] for row in link.execute("SELECT account FROM rung")]
        except sqlite3.OperationalError:
            return []


def test_it_hears_of_each_account_once_a_transaction(town: World, bell: Bell) -> None:
    refs = [*town.ready("A-1", "A-2"), *town.ready("B-1", shop="other")]
    assert bell.rung == []
    town.ink.release(refs, actor=OPERATOR)
    assert bell.rung == [["one", "two"]]
    assert stored(town) == ["one", "two"]
    town.transmit()
    assert bell.rung == [["one", "two"]]  # sending queues nothing


def test_what_is_rolled_back_woke_nobody(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(name: str) -> None:
        if name == "release.before_commit":
            raise KeyboardInterrupt

    monkeypatch.setattr("inkasso_core.points.listener", crash)
    with pytest.raises(KeyboardInterrupt):
        town.running("A-1")
    assert stored(town) == []


def test_one_that_breaks_loses_what_it_wrote_alone(town: World, bell: Bell, caplog: pytest.LogCaptureFixture) -> None:
    bell.breaks = True
    town.running("A-1")
    assert bell.rung == [["one"]]
    assert stored(town) == []
    assert town.state("A-1") is State.RUNNING
    assert town.ink.due().accounts == ["one"]
    (record,) = [record for record in caplog.records if record.name == "inkasso.work" and record.levelname == "ERROR"]
    assert getattr(record, "inkasso") == {"event": "worker.not_woken", "accounts": 1, "error": "RuntimeError"}  # noqa: B009
    assert "Mustermann" not in caplog.text


def test_a_payment_that_is_to_be_told_wakes(tmp_path: Path, bell: Bell) -> None:
    with world(tmp_path, accounts={"one": {"agency": "dummy"}}, shops={"shop": {}}) as town:
        town.handed_over("A-1")
        town.ink.on_queued(bell)
        town.report(claim("A-1", paid="10.00", version=2))
        assert bell.rung == [["one"]]
        assert town.ink.wake("one").counts == {"told": 1}  # type: ignore[union-attr]
        assert town.ink.health().accounts[0].waiting == 0


@pytest.mark.parametrize(
    ("value", "words"), [("nowhere_at_all:waker", "install inkasso"), (f"{__name__}:absent", "install inkasso"), ("sqlite3:connect", "")]
)
def test_an_engine_is_an_entry_point(monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    monkeypatch.setattr(engines, "entry_points", lambda group: [EntryPoint("bell", value, group)])
    if not words:
        assert engines.waker("bell", database=":memory:") is not None
        return
    with pytest.raises(ConfigurationError, match=words):
        engines.waker("bell", database="sqlite:///x.db")
