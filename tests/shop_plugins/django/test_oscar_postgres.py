"""The shop's own database is PostgreSQL: a statement that fails there ends the shop's transaction, unless it is behind a savepoint."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chaos.servers import Postgres, missing_postgres
from peers.oscar import OscarShop, empty_shop
from peers.proc import missing

ONE = "100001"
TRIGGER = ("set_status", {"number": ONE, "status": "Inkasso"})


@pytest.fixture(scope="module")
def shop(new_shop: OscarShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OscarShop]:
    why = missing_postgres()
    if why is not None:
        missing("PostgreSQL", why)
    with Postgres() as server:
        address = urlsplit(server.database())
        access = {"NAME": address.path[1:], "USER": address.username, "HOST": address.hostname, "PORT": address.port}
        database = json.dumps({"ENGINE": "django.db.backends.postgresql", "ATOMIC_REQUESTS": True, **access})
        made = empty_shop(new_shop.python, _folder(tmp_path_factory), SHOP_DATABASE=database)
        yield made
        made.close()


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("postgres") / "shop"


def test_the_whole_way(shop: OscarShop) -> None:
    found = shop.play(
        ("order", {"number": ONE}),
        TRIGGER,
        ("run_relay", {}),
        ("open_account", {}),
        ("run_due", {}),
        ("release", {"number": ONE}),
        ("run_due", {}),
        ("claims", {}),
        ("shop", {"number": ONE}),
    )
    assert found[-2]["claims"][ONE][0] == "handed_over"
    assert any("Ans Inkasso übergeben" in note for note in found[-1]["notes"])


def test_a_missing_table_does_not_end_the_shops_transaction(shop: OscarShop) -> None:
    _, found = shop.play(("order", {"number": "100002"}), ("set_status_without_table", {"number": "100002", "status": "Inkasso"}))
    assert found == {"status": "Inkasso", "changes": 5, "notes": 1}
    shop.do("run_due")
    assert shop.do("claims")["claims"]["100002"] == ["ready", "153.99", 1]


def test_an_event_told_by_several_at_once_is_written_once(shop: OscarShop) -> None:
    *_, found = shop.play(
        ("order", {"number": "100003"}),
        ("update", {"number": "100003", "status": "Inkasso"}),
        ("manage", {"arguments": ["inkasso_reconcile"]}),
        ("run_relay", {}),
        ("tell_at_once", {"number": "100003"}),
    )
    assert (found["broke"], found["told"], len(found["notes"])) == ([], 1, 1)
