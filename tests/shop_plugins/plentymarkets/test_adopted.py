"""300 old orders of a plentymarkets shop, handed over by hand before: the first poll of a live, automatic account hands none over."""

import json
from collections import Counter
from pathlib import Path

from inkasso_core import State
from inkasso_core.app import Inkasso

from .invented import order
from .standin import SharedClock, Shop
from .town import CLERK, arrived, town, work

OLD = range(30_000, 30_300)
NEW = 40_000


def _listed(folder: Path) -> Path:
    path = folder / "old.json"
    path.write_text(json.dumps([{"order": number, "case": f"AZ-{number}", "day": "2026-03-30"} for number in OLD]), "utf-8")
    return path


def _states(ink: Inkasso) -> Counter[State]:
    return Counter(stored.state for stored in ink.claims())


def test_the_agency_counts_none_of_the_old_orders_and_then_the_new_one(tmp_path: Path, clock: SharedClock, shop: Shop, url: str) -> None:
    shop.orders = {number: order(number) for number in OLD}
    with town(tmp_path / "town", url, clock) as ink:
        assert ink.adopt("agency", _listed(tmp_path), actor=CLERK).counts == {"awaited": 300}
        assert ink.gate("agency").mode == "live"
        work(ink, clock)
        assert _states(ink) == {State.HANDED_OVER: 300}
        assert arrived(tmp_path / "town") == []
        shop.orders[NEW] = order(NEW)
        work(ink, clock)
        assert _states(ink) == {State.HANDED_OVER: 301}
        assert len(arrived(tmp_path / "town")) == 1


def test_without_the_list_the_same_poll_hands_them_over(tmp_path: Path, clock: SharedClock, shop: Shop, url: str) -> None:
    shop.orders = {number: order(number) for number in OLD[:3]}
    with town(tmp_path / "town", url, clock) as ink:
        work(ink, clock)
        assert len(arrived(tmp_path / "town")) == 3
