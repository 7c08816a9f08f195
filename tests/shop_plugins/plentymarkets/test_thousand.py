"""A thousand orders against the stand-in, killed twice on the way: every order once, every note once, and the shop's limits kept."""

import json
import os
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from inkasso_core import State

from .invented import order
from .standin import Call, SharedClock, Shop
from .town import FILES, arrived, start, town

COUNT = 1000
FIRST = 20_000


class Killer:
    """Kills who asks, in the middle of a request that was done already and is not answered."""

    def __init__(self, *moments: tuple[str, int]) -> None:
        self._moments, self._seen = list(moments), Counter[str]()
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, call: Call) -> None:
        self._seen[call.route] += 1
        if self._moments and self.process is not None:
            route, nth = self._moments[0]
            if call.route == route and self._seen[route] >= nth:
                del self._moments[0]
                os.kill(self.process.pid, signal.SIGKILL)
                self.process.wait()


def _run(killer: Killer, folder: Path, url: str, settings: dict[str, object]) -> int:
    arguments = [str(folder / "town"), url, str(folder / "clock"), json.dumps(settings)]
    killer.process = start("worker", *arguments)
    return killer.process.wait(timeout=600)


def test_a_thousand_orders_killed_twice(tmp_path: Path, clock: SharedClock, shop: Shop, url: str) -> None:
    shop.orders = {FIRST + number: order(FIRST + number) for number in range(COUNT)}
    for number in range(0, COUNT, 10):  # some that are none of ours
        shop.orders[50_000 + number] = order(50_000 + number, statusId=7)
    began = clock.seconds
    shop.after = killer = Killer(("POST /orders/search", 31), ("POST /comments", 701))
    settings = {"notes": "both", "documents": ["invoice"], "documents_folder": str(tmp_path / "papers"), "account": FILES}
    shop.contents = {number * 10: b"%PDF-1.7 invoice" for number in shop.orders}
    ended = [_run(killer, tmp_path, url, settings) for _ in range(3)]
    with town(tmp_path / "town", url, clock, **settings) as ink:
        states = Counter(stored.state for stored in ink.claims())
        known = Counter(stored.record for stored in ink.claims())
    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0]

    # every order once
    orders = {str(FIRST + number) for number in range(COUNT)}
    assert states == {State.HANDED_OVER: COUNT}
    assert known == Counter(orders)
    assert Counter(arrived(tmp_path / "town")) == Counter(orders)

    # every note once, on the order and on its contact
    marks = Counter((c["referenceType"], c["referenceValue"], re.search(r"\[inkasso (\w+)\]", c["text"])[1]) for c in shop.comments)
    assert set(marks.values()) == {1}
    assert Counter(kind for kind, _, _ in marks) == {"order": COUNT, "contact": COUNT}
    assert {number for kind, number, _ in marks if kind == "order"} == {int(number) for number in orders}
    assert not any(c["isVisibleForContact"] for c in shop.comments)

    # limits
    assert shop.counted(status=429) == []
    assert {call.status for call in shop.log} == {200}
    assert len(shop.counted("login")) == 1
    reads = Counter(match[1] for call in shop.counted("read") if (match := re.search(r"/(\d+)", call.path)))
    assert max(reads.values()) <= 3
    assert len(shop.counted("read")) <= 3 * COUNT
    minutes = (clock.seconds - began) / 60
    assert minutes >= 2 * COUNT / 40 - 2, "the writes alone need so long"
    print(f"{len(shop.counted('read'))} reads, {len(shop.counted('write'))} writes, {minutes:.0f} minutes of the shop's time")


@pytest.mark.parametrize("left", ["12", "0"])
def test_an_answer_429_is_waited_for_whatever_the_counters_say(install, clock: SharedClock, shop: Shop, left: str) -> None:
    shop.orders = {FIRST: order(FIRST)}
    shop.refuse = [{"X-Plenty-Global-Short-Period-Calls-Left": left, "Retry-After": "17"}] * 2
    began = clock.seconds
    (looked,) = install().poll("plenty")
    assert looked.problem is None
    assert [result.state for result in looked.results] == [State.READY]
    assert [call.status for call in shop.log].count(429) == 2
    assert clock.seconds - began >= 2 * 17
