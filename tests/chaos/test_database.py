"""The database's own guards: what the program promises is also held by the tables, on SQLite and PostgreSQL."""

import hashlib
import sqlite3
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from chaos.checker import complaints
from chaos.player import DAY, Driver
from chaos.scenario import install
from chaos.towns import town_on
from world import World

from inkasso_core import Role, StoreError
from inkasso_core.store import claims, engine, placements, schema, vendors, versions
from inkasso_core.store.engine import Database
from inkasso_core.store.vendors import Decided

NewDatabase = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/inkasso.db"
    return str(request.getfixturevalue("postgres")())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("town")
    url = f"sqlite:///{folder}/inkasso.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    with town_on(url, folder) as made:
        made.handed_over("A-1")
        with made.ink._context.database.write() as connection:
            vendors.decide(connection, "shop", "viktor", Decided(True, False, "olga", Role.OPERATOR, "contract", made.clock()))
        yield made


@pytest.fixture
def database(town: World) -> Database:
    return town.ink._context.database


# Never twice, and nothing taken back


def test_a_claim_cannot_have_two_open_placements(town: World, database: Database) -> None:
    (ref,) = town.running("A-2")
    stored = town.ink.find(ref)
    again = placements.New("default", "agency", "scripted", None, "olga", [(stored.id, 1)])
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)unique"), database.engine.begin() as connection:
        placements.place_many(connection, [again], town.clock())
    with database.write() as connection:
        placed = placements.open_placements(connection, [stored.id])[stored.id]
        placements.leave(connection, placed.placement_id, [stored.id], town.clock())
        placements.place_many(connection, [again], town.clock())


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_record_cannot_be_changed(table: str, statement: str, town: World, database: Database) -> None:
    with pytest.raises(sa.exc.DatabaseError, match=f"{table} is append-only"), database.engine.begin() as connection:
        connection.execute(sa.text(statement.format(table)))


def test_an_error_of_the_database_shows_no_values(town: World, database: Database) -> None:
    row = {"id": "X", "kind": "claim", "body": "Jördis Groß-Möller", "created_at": town.clock()}
    with pytest.raises(StoreError) as caught, database.write() as connection:
        connection.execute(sa.insert(schema.vault), [row, row])
    assert "Jördis" not in "".join(traceback.format_exception(caught.value))


# Durable


@pytest.mark.parametrize("kind", ["read", "write"])
def test_sqlite_waits_for_the_disk(kind: str, tmp_path: Path) -> None:
    with town_on(f"sqlite:///{tmp_path}/inkasso.db", tmp_path) as town, getattr(town.ink._context.database, kind)() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert found == {"journal_mode": "wal", "synchronous": _FULL, "foreign_keys": 1}


_FULL = 2


def test_postgresql_waits_for_the_disk(postgres: NewDatabase) -> None:
    database = Database(postgres())
    with database.write() as connection:
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
    database.close()


def test_postgresql_reads_one_state_while_others_write(postgres: NewDatabase, tmp_path: Path) -> None:
    with town_on(postgres(), tmp_path) as town, town.ink._context.database.read() as connection:
        count = sa.select(sa.func.count()).select_from(schema.claim)
        assert connection.scalar(count) == 0
        town.ready("A-1")
        assert connection.scalar(count) == 0


# Versions


def test_migrations_make_the_schema(url: str) -> None:
    database = Database(url)
    database.upgrade()
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
    database.close()


def test_the_newest_migration_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", "inkasso_core.store:migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == versions.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == set(versions.KNOWN)


def test_a_newer_database_is_refused(url: str, tmp_path: Path) -> None:
    with town_on(url, tmp_path) as town:
        town.ready("A-1")
        with town.ink._context.database.write() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
            before = _content(connection)
    database = Database(url)
    for attempt in (database.open, database.upgrade):
        with pytest.raises(StoreError, match=r"9999.*please update inkasso"):
            attempt()
    with database.read() as connection:
        assert _content(connection) == before
    database.close()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_sqlite_file_keeps_every_byte(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "inkasso.db"
    with town_on(f"sqlite:///{path}", tmp_path) as town:
        town.ready("A-1")
    link = sqlite3.connect(path)
    link.execute(f"PRAGMA journal_mode = {mode}")
    link.execute("UPDATE alembic_version SET version_num = '9999'")
    link.commit()
    link.close()
    before = {found.name: hashlib.sha256(found.read_bytes()).hexdigest() for found in tmp_path.iterdir()}
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError):
        database.open()
    database.close()
    assert {found.name: hashlib.sha256(found.read_bytes()).hexdigest() for found in tmp_path.iterdir()} == before


def test_postgresql_is_refused_until_it_was_upgraded(driver: Driver, postgres: NewDatabase, tmp_path: Path) -> None:
    installation = install(tmp_path, database=postgres())
    (refused,) = driver.play(installation.job("live"))
    assert refused.error is not None
    assert "inkasso db upgrade" in refused.error
    driver.finish(installation, "upgrade", "live")
    driver.finish(installation, "live")


# Several at once


def test_a_new_sqlite_file_is_opened_by_several_at_once(driver: Driver, tmp_path: Path) -> None:
    installation = install(tmp_path, shops=("wire",))
    ended = driver.play(installation.job("live", processes=4, before="open"))
    assert [one.error for one in ended] == [None] * 4
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """A file that does not write ahead yet, and somebody who holds it."""
    path = tmp_path / "inkasso.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as link:
        link.execute("CREATE TABLE somebody (id)")
        link.execute("BEGIN IMMEDIATE")
        yield path, link


def test_a_file_that_somebody_holds_for_a_moment_is_waited_for(held: tuple[Path, sqlite3.Connection]) -> None:
    path, link = held
    released = threading.Timer(0.3, link.rollback)
    released.start()
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    released.join()
    assert versions.is_current(versions.found(database.engine))
    database.close()


def test_a_file_that_somebody_keeps_holding_is_said_to_be_busy(
    held: tuple[Path, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = held
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=r"cannot be used \(SQLITE_BUSY"):
        database.upgrade()
    database.close()


def test_a_new_postgresql_database_is_upgraded_by_several_at_once(driver: Driver, postgres: NewDatabase, tmp_path: Path) -> None:
    installation = install(tmp_path, shops=("wire",), database=postgres())
    ended = driver.play(installation.job("upgrade", "live", processes=3, before="open"))
    assert [one.error for one in ended] == [None] * 3
    driver.finish(installation, "live")


def test_killed_again_and_again_while_a_new_sqlite_file_is_opened(driver: Driver, tmp_path: Path) -> None:
    """Each time one commit further, until nothing is left to kill."""
    installation = install(tmp_path, shops=("wire",))
    kills = 0
    while driver.play(installation.job("live", kill={"kind": "commit", "nth": kills + 1}))[0].killed:
        kills += 1
    assert kills > len(("migration", "shops", "mandate"))
    driver.finish(installation, *DAY)
    assert complaints(installation) == []


def test_the_whole_day_on_postgresql(driver: Driver, postgres: NewDatabase, tmp_path: Path) -> None:
    installation = install(tmp_path, database=postgres())
    driver.finish(installation, "upgrade", "live", *DAY)
    assert complaints(installation) == []


def _content(connection: sa.Connection) -> dict[str, list[Any]]:
    return {table.name: list(connection.execute(sa.select(table))) for table in schema.metadata.sorted_tables}


def test_a_stored_claim_and_its_row_name_the_same_columns_in_the_same_order() -> None:
    """Rows are read by place."""
    assert tuple(schema.claim.c.keys()) == claims.Stored._fields
