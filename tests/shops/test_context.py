"""What plugins keep, locked for one at a time, in the vault; and what they are told of a case."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from shops.live import LiveShop
from world import World, world

from inkasso_core import AgencyStatus, Inkasso, NotFound, TemporarilyUnavailable
from inkasso_core.context import Context
from inkasso_core.shopside import shop_context

SHOPS = {"shop": {"plugin": "live"}, "other": {"plugin": "live"}}


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS, plugins={"live": live}) as made:
        yield made


def _core(town: World) -> Context:
    return town.ink._context


def test_a_value_is_kept_for_its_shop_and_only_in_the_vault(town: World) -> None:
    shelf = shop_context(_core(town), "shop").shelf
    assert shelf.read("token") is None
    with shelf.locked("token") as kept:
        assert kept.value is None
        kept.put("zz-geheimer-token")
        assert kept.value == shelf.read("token") == "zz-geheimer-token"
    assert shop_context(_core(town), "other").shelf.read("token") is None
    with _core(town).database.read() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != "vault"]
        rows = [str(row) for name in names for row in connection.execute(sa.text(f'select * from "{name}"'))]
    assert not any("zz-geheimer-token" in row for row in rows)
    with shelf.locked("token") as kept:
        kept.put(None)
    assert shelf.read("token") is None
    with shelf.locked("token") as kept:
        kept.put("again")
    assert shelf.read("token") == "again"


def test_one_at_a_time_has_a_value(town: World) -> None:
    shelf = shop_context(_core(town), "shop").shelf
    with shelf.locked("counter") as kept:
        kept.put("0")

    def count() -> None:
        for _ in range(10):
            with shelf.locked("counter") as kept:
                kept.put(str(int(kept.value or "0") + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.read("counter") == "40"


def test_who_waits_too_long_is_told_so(town: World) -> None:
    shelf = shop_context(_core(town), "shop").shelf
    with shelf.locked("token"), pytest.raises(TemporarilyUnavailable), shelf.locked("token", wait=0.1):
        pass
    with shelf.locked("token", wait=0.1) as kept:
        kept.put("free again")


HOLDER = """
import os, sys
from inkasso_core import Inkasso
from inkasso_core.shopside import shop_context
ink = Inkasso.from_config(sys.argv[1])
with shop_context(ink._context, "shop").shelf.locked("token") as kept:
    kept.put("of the dead")
    os._exit(9)
"""


def test_a_process_that_dies_loses_what_it_held(tmp_path: Path) -> None:
    (tmp_path / "inkasso.toml").write_text('[shops.shop]\nplugin = "canonical"\n', "utf-8")
    ended = subprocess.run([sys.executable, "-c", HOLDER, str(tmp_path / "inkasso.toml")], check=False, timeout=60)
    assert ended.returncode == 9
    with Inkasso.from_config(tmp_path / "inkasso.toml") as ink, shop_context(ink._context, "shop").shelf.locked("token", wait=5) as kept:
        assert kept.value == "of the dead"


def test_who_was_given_up_keeps_nothing(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that hung for longer than its lease: another has taken the value meanwhile."""
    shelf = shop_context(_core(town), "shop").shelf
    monkeypatch.setattr("inkasso_core.shopside.owner.is_gone", lambda *_arguments: True)
    with shelf.locked("token") as slow:
        with shelf.locked("token") as quick:
            quick.put("new")
        with pytest.raises(TemporarilyUnavailable):
            slow.put("old")
    assert shelf.read("token") == "new"


def test_a_plugin_is_told_where_the_case_stands(town: World, live: LiveShop) -> None:
    (ref,) = town.running("A-1")
    book = shop_context(_core(town), "shop").book
    assert book.case("A-1") is None
    town.transmit()
    town.agency.says(AgencyStatus.JUDICIAL)
    town.ink.follow()
    case = book.case("A-1")
    assert case is not None
    assert (case.account, case.agency, case.status, case.is_open) == ("agency", "Scripted agency", AgencyStatus.JUDICIAL, True)
    assert case.case_reference is not None
    assert case.placed_on == town.clock.day
    assert book.claim("A-1").source.order == "A-1"
    with pytest.raises(NotFound):
        book.claim("nowhere")
    contexts = [context for _, context in live.told]
    assert contexts
    assert all(context is not None and context.shop == "shop" for context in contexts)
    assert ref == "shop:A-1"


def test_who_is_told_again_learns_how_often(town: World, live: LiveShop) -> None:
    broke: list[int] = []

    def break_once(event: object) -> None:
        broke.append(getattr(event, "tries", -1))
        if len(broke) == 1:
            raise RuntimeError

    live.on_told = break_once
    town.ready("A-1")
    town.ink.follow()
    town.clock.forward(days=1)
    town.ink.follow()
    assert broke[:1] == [0]
    assert 1 in broke[1:]
