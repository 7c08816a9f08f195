"""Installations whose workers are processes of their own, on SQLite and PostgreSQL."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chaos.servers import Postgres, missing_postgres
from merchant import SETTINGS, Desk
from workers.site import Site

Build = Callable[..., Site]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server of the tests' own; called, it makes an empty database and returns its address. In CI it must be there."""
    if reason := missing_postgres():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Postgres() as server:
        yield server.database


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Build]:
    """Makes an installation in the test's folder, and ends its processes."""
    made: list[Site] = []

    def build(**options: object) -> Site:
        made.append(Site(tmp_path, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for one in made:
        one.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, site: Build) -> Build:
    """The same on either database."""
    address = None if request.param == "sqlite" else request.getfixturevalue("postgres")()
    return lambda **options: site(database=address, **options)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder with settings, and the command run in it."""
    (tmp_path / "inkasso.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)
