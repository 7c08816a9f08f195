"""Installations in the tests' own process, on either database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from world import World, world

from inkasso_core.store.engine import Database


@contextmanager
def town_on(url: str, folder: Path, **options: Any) -> Iterator[World]:
    """Open an installation on a database that is empty or was opened before."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(url)
    database.upgrade()
    database.close()
    general: Mapping[str, Any] = {"database": url}
    with world(folder, inkasso=general, **options) as made:
        yield made
