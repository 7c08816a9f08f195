"""What the tests of crashes and races share: a driver of processes, installations that are live, and a PostgreSQL server."""

import os
from collections.abc import Callable, Iterator

import pytest
from chaos.player import Driver, Yard
from chaos.servers import Postgres, missing_postgres


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """A driver of processes that may be killed."""
    made = Driver(tmp_path_factory.mktemp("driver"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def yard(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """Makes installations on SQLite that are live."""
    return Yard(driver, tmp_path_factory.mktemp("yard"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server of the tests' own; called, it makes an empty database and returns its address. In CI it must be there."""
    if reason := missing_postgres():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Postgres() as server:
        yield server.database
