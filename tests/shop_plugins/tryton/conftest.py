"""The businesses of the tests: Tryton is made once, each test has a copy of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peers.tryton import DATABASE, INKASSO, Shop, TrytonHost, make_host, write_config


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> TrytonHost:
    return make_host(tmp_path_factory.mktemp("tryton"))


@pytest.fixture
def shop(tryton: TrytonHost, tmp_path: Path) -> Callable[..., Shop]:
    """Open a business; ``relay`` says how ``trytond.conf`` configures the relay, None leaves it to the command."""

    def opened(*, relay: str | None = "queue", accounts: str = "", **conf: Any) -> Shop:
        shutil.copy(tryton.template, tmp_path / f"{DATABASE}.sqlite")
        sections = {"inkasso": {"config": "inkasso.toml", "shop": "erp", "relay": relay, **conf}} if relay else {}
        write_config(tmp_path, **sections)
        (tmp_path / "inkasso.toml").write_text(INKASSO.format(accounts=accounts, database=DATABASE), "utf-8")
        return Shop(tryton, tmp_path)

    return opened
