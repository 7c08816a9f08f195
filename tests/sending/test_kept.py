"""A statement that is run very often: what several threads want at the same moment is one commit, for all of them or for none."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from inkasso_core import StoreError
from inkasso_core.store.engine import Database
from inkasso_core.store.kept import Kept, Row
from inkasso_core.store.schema import rest

UNTIL = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
ACCOUNTS = tuple(f"account-{number}" for number in range(8))
STATEMENT = (
    sa.update(rest)
    .where(rest.c.account == sa.bindparam("b_account"), rest.c.asked_until.is_(None))
    .values(asked_until=sa.bindparam("asked_until"))
)


class Watched(Kept):
    """Writes down how many rows each of its commits had."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, STATEMENT, ("b_account", "asked_until"))
        self.sizes: list[int] = []

    def _commit(self, rows: Sequence[Row]) -> list[int]:
        self.sizes.append(len(rows))
        return super()._commit(rows)


@pytest.fixture
def store(database: str) -> Iterator[Database]:
    """A database with eight accounts, of which nothing was asked yet."""
    made = Database(database)
    made.open()
    with made.write() as connection:
        connection.execute(sa.insert(rest), [{"account": name, "failures": 0} for name in ACCOUNTS])
    yield made
    made.close()


def asked(store: Database) -> set[str]:
    """The accounts that were changed, by what is committed."""
    with store.read() as connection:
        return set(connection.scalars(sa.select(rest.c.account).where(rest.c.asked_until.is_not(None))))


def row(account: str) -> Row:
    return {"b_account": account, "asked_until": UNTIL}


def at_the_same_moment(kept: Kept, rows: Sequence[Sequence[Row]], run: Callable[[Sequence[Row]], None]) -> None:
    """Let threads want something while the statement is busy."""
    threads = [threading.Thread(target=run, args=(mine,)) for mine in rows]
    with kept._turn:
        for thread in threads:
            thread.start()
        until = time.monotonic() + 10
        while len(kept._waiting) < len(threads) and time.monotonic() < until:
            time.sleep(0.01)
    for thread in threads:
        thread.join(10)


def test_what_threads_want_at_the_same_moment_is_one_commit(store: Database) -> None:
    kept, counts = Watched(store), dict[str, list[int]]()
    wanted = [[row(name)] for name in ACCOUNTS[:5]] + [[row(ACCOUNTS[6]), row("nobody"), row(ACCOUNTS[5])]]
    at_the_same_moment(kept, wanted, lambda mine: counts.update({mine[0]["b_account"]: kept.run(mine)}))
    assert kept.sizes == [8]
    assert counts == {**{name: [1] for name in ACCOUNTS[:5]}, ACCOUNTS[6]: [1, 0, 1]}, "each hears of its own rows, in their order"
    assert asked(store) == set(ACCOUNTS[:7])
    assert kept.run([row(ACCOUNTS[0])]) == [0], "it was changed before"
    kept.close()


def test_a_commit_that_fails_fails_for_all_and_the_next_one_works(store: Database) -> None:
    kept, errors = Watched(store), list[str]()

    def run(mine: Sequence[Row]) -> None:
        try:
            kept.run(mine)
        except StoreError as exc:
            errors.append(exc.code)

    broken = {"b_account": ACCOUNTS[3], "asked_until": UNTIL}
    text, kept._statement.text = kept._statement.text, "UPDATE nothing SET at = 1"
    at_the_same_moment(kept, [[row(ACCOUNTS[0])], [broken], [row(ACCOUNTS[1])]], run)
    assert (kept.sizes, len(errors), asked(store)) == ([3], 3, set())
    kept._statement.text = text
    assert kept.run([row(ACCOUNTS[0]), row(ACCOUNTS[1])]) == [1, 1]
    assert asked(store) == set(ACCOUNTS[:2])
    kept.close()


def test_a_connection_that_is_lost_fails_for_all_is_said_by_us_alone_and_the_next_one_works(
    store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite has no connection that could be lost")
    kept = Watched(store)
    kept.run([row(ACCOUNTS[0])])
    errors: list[str] = []

    def want(mine: Sequence[Row]) -> None:
        try:
            kept.run(mine)
        except StoreError as exc:
            errors.append(exc.code)

    link: Any = kept._link
    with store.read() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": link.driver_connection.info.backend_pid})
    at_the_same_moment(kept, [[row(one)] for one in ACCOUNTS[1:4]], want)
    assert len(errors) == 3
    assert caplog.records == []
    kept.run([row(ACCOUNTS[4]), row(ACCOUNTS[5])])
    assert asked(store) >= {ACCOUNTS[0], ACCOUNTS[4], ACCOUNTS[5]}
    kept.close()


def test_whoever_is_stopped_within_a_commit_leaves_nothing_of_it(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Watched(store)
    parameters = kept._statement.parameters

    def stopping(rows: Sequence[Row]) -> list[object]:
        first, _ = parameters(rows)

        class Stop:
            """Parameters that the driver cannot even look at."""

            def __len__(self) -> int:
                raise KeyboardInterrupt

            def __getitem__(self, key: object) -> object:
                raise KeyboardInterrupt

        return [first, Stop()]

    monkeypatch.setattr(kept._statement, "parameters", stopping)
    with pytest.raises((KeyboardInterrupt, TypeError)):
        kept.run([row(ACCOUNTS[0]), row(ACCOUNTS[1])])
    monkeypatch.undo()
    assert asked(store) == set()
    assert kept.run([row(ACCOUNTS[0])]) == [1]
    kept.close()
