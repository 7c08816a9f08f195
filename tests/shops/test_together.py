"""One commit for several threads: all of it is stored or nobody is told so, and nobody fails by another's work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from inkasso_core import StoreError
from inkasso_core.store.engine import Connection, Database
from inkasso_core.store.together import Together

ROWS = 80


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'together.db'}")
    with found.write() as connection:
        connection.execute(sa.text("CREATE TABLE kept (name TEXT PRIMARY KEY)"))
    yield found
    found.close()


def keeping(name: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(sa.text("INSERT INTO kept VALUES (:name)"), {"name": name})

    return work


def kept(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(sa.text("SELECT name FROM kept")))


def at_once(*works: Callable[[], Any]) -> list[BaseException | None]:
    """Run all of them in threads that begin together; return what each raised."""
    raised: list[BaseException | None] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(number: int) -> None:
        start.wait()
        try:
            works[number]()
        except BaseException as exc:  # noqa: BLE001  (it is what the test asks about)
            raised[number] = exc

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_what_was_returned_from_is_stored(database: Database) -> None:
    together = Together(database)
    commits = count_commits(database)
    missing: list[str] = []

    def send(sender: int) -> None:
        for number in range(ROWS // 8):
            together.write(keeping(f"{sender}-{number}"))
            if f"{sender}-{number}" not in kept(database):
                missing.append(f"{sender}-{number}")

    assert at_once(*(lambda sender=sender: send(sender) for sender in range(8))) == [None] * 8
    assert missing == []
    assert len(kept(database)) == ROWS
    assert 0 < len(commits) <= ROWS


def count_commits(database: Database) -> list[int]:
    found: list[int] = []
    sa.event.listen(database.engine, "commit", lambda _connection: found.append(1))
    return found


def test_threads_that_wait_share_a_commit(database: Database) -> None:
    together, entered, go_on = Together(database), threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        keeping("slow")(connection)
        entered.set()
        go_on.wait(10)

    leader = threading.Thread(target=together.write, args=(slow,))
    leader.start()
    entered.wait(10)
    commits = count_commits(database)
    others = [threading.Thread(target=together.write, args=(keeping(f"other-{number}"),)) for number in range(5)]
    for thread in others:
        thread.start()
    while len(together._waiting) < len(others):
        threading.Event().wait(0.01)
    go_on.set()
    for thread in (leader, *others):
        thread.join(10)
    assert len(kept(database)) == 6
    assert len(commits) == 2


def test_who_breaks_breaks_alone(database: Database) -> None:
    together = Together(database)
    together.write(keeping("twice"))

    def refuse(_connection: Connection) -> None:
        raise ValueError

    works = [keeping("a"), refuse, keeping("twice"), keeping("b"), keeping("c"), keeping("d")]
    raised = at_once(*(lambda work=work: together.write(work) for work in works))
    assert [type(exc) for exc in raised] == [type(None), ValueError, StoreError, type(None), type(None), type(None)]
    assert kept(database) == {"twice", "a", "b", "c", "d"}


def test_when_the_process_ends_nobody_is_told_that_it_is_stored(database: Database) -> None:
    together, entered, go_on = Together(database), threading.Event(), threading.Event()

    class Killed(BaseException):
        """Nothing catches it."""

    def slow(_connection: Connection) -> None:
        entered.set()
        go_on.wait(10)

    def die(_connection: Connection) -> None:
        raise Killed

    def later() -> None:
        entered.wait(10)
        together.write(die)

    def last() -> None:
        while not together._waiting:
            threading.Event().wait(0.01)
        threading.Timer(0.2, go_on.set).start()
        together.write(keeping("last"))

    first, killed, waited = at_once(lambda: together.write(slow), later, last)
    assert first is None
    assert {type(killed), type(waited)} == {Killed, StoreError}
    assert kept(database) == set()
    together.write(keeping("afterwards"))
    assert kept(database) == {"afterwards"}
