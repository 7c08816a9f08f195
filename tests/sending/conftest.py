"""Where the workers of these tests meet: a SQLite file, and a PostgreSQL server of the tests' own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chaos.servers import Postgres, missing_postgres

from inkasso_core.store.engine import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Called, it makes an empty database and returns its address. In CI it must be there."""
    if reason := missing_postgres():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Postgres() as server:
        yield server.database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that is ready."""
    address = f"sqlite:///{tmp_path / 'test.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres")())
    made = Database(address)
    made.upgrade()
    made.close()
    return address
