"""A django-oscar shop for each test: the environment and the empty shop are made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import the_wheel
from peers.hosts import host_environment
from peers.mediafinanz import SoapPeer, soap_peer
from peers.oscar import OscarShop, copy_of, empty_shop


@pytest.fixture(scope="session")
def new_shop(tmp_path_factory: pytest.TempPathFactory) -> OscarShop:
    """The shop as it is on its first day."""
    folder = tmp_path_factory.mktemp("oscar")
    return empty_shop(host_environment("oscar", folder / "host", the_wheel(folder)), folder / "shop")


@pytest.fixture
def soap(tmp_path: Path) -> Iterator[SoapPeer]:
    """An agency behind PHP's own SOAP server."""
    (tmp_path / "mediafinanz").mkdir()
    with soap_peer(tmp_path / "mediafinanz") as peer:
        yield peer


@pytest.fixture
def shop(new_shop: OscarShop, tmp_path: Path) -> Iterator[OscarShop]:
    """A shop of the test's own."""
    mine = copy_of(new_shop, tmp_path / "shop")
    yield mine
    mine.close()
