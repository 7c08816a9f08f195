"""The marketplace on both databases: what vendors decided and see, two at once, and a great many claims."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chaos.towns import town_on
from world import OPERATOR, VENDOR, World, done

from inkasso_core import InkassoError, NotPermitted, State
from inkasso_core.app import Filter

MARKET: dict[str, Any] = {"shops": {"shop": {"profile": "marketplace"}}}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/inkasso.db"
    return str(request.getfixturevalue("postgres")())


@pytest.fixture
def market(url: str, tmp_path: Path) -> Iterator[World]:
    with town_on(url, tmp_path / "one", **MARKET) as made:
        yield made


def test_a_vendor_sees_what_was_published_and_it_goes_as_he_wants(market: World) -> None:
    refs = market.ready("M-1", "M-2", vendor="viktor")
    market.ink.set_vendor_options("shop", "viktor", automatic=True, actor=VENDOR)
    done(market.ink.pause(refs[1:], reason="undecided", actor=OPERATOR))
    market.ink.run_due()
    view = market.ink.vendor_view("shop", "viktor", actor=VENDOR)
    assert [(line.stored.state, line.actions) for line in view.lines] == [(State.HANDED_OVER, ()), (State.READY, ())]
    assert view.updated_at == market.clock()
    done(market.ink.cancel(refs[1:], reason="goodwill", actor=OPERATOR))
    assert market.ink.count(actor=VENDOR) == {State.HANDED_OVER: 1, State.READY: 1}
    assert [s.ref for s in market.ink.claims(Filter(states=(State.READY,)), actor=VENDOR)] == refs[1:]
    assert [seller.counts for seller in market.ink.vendors(actor=OPERATOR)] == [{State.HANDED_OVER: 1, State.CANCELLED: 1}]
    assert market.ink.history(refs[1], actor=VENDOR)[-1].to_state == "ready"
    assert market.ink.show(refs[1], actor=VENDOR).stored.state is State.READY


def test_of_two_who_decide_at_once_one_is_first_and_binds_the_other(url: str, tmp_path: Path) -> None:
    """Each in a process's place of its own: his answer is one, however often it is given."""
    with ExitStack() as opened:
        towns = [opened.enter_context(town_on(url, tmp_path / name, **MARKET)) for name in ("one", "two")]
        towns[0].ready("M-1", vendor="viktor")
        refused: list[InkassoError] = []
        together = threading.Barrier(2)

        def decide(town: World, wanted: bool) -> None:
            together.wait()
            try:
                town.ink.set_vendor_options("shop", "viktor", automatic=wanted, chargebacks=not wanted, actor=VENDOR)
            except InkassoError as exc:
                refused.append(exc)

        threads = [threading.Thread(target=decide, args=(town, wanted)) for town, wanted in zip(towns, (True, False), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(exc) for exc in refused] == [NotPermitted]
        options = towns[0].ink.vendor_options("shop", "viktor")
        assert options == towns[1].ink.vendor_options("shop", "viktor")
        assert options.automatic is not options.chargebacks


def test_a_reader_has_one_update_or_the_other_while_it_is_made(market: World) -> None:
    refs = market.ready(*(f"M-{number}" for number in range(40)), vendor="viktor")
    market.ink.publish_vendor_view()
    done(market.ink.mark_paid(refs, actor=OPERATOR))
    seen: list[dict[State, int]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append(market.ink.count(actor=VENDOR))
            time.sleep(0.001)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(5):
        market.ink.publish_vendor_view()
    stop.set()
    reader.join()
    assert {tuple(found.items()) for found in seen} <= {((State.READY, 40),), ((State.PAID, 40),)}
    assert market.ink.count(actor=VENDOR) == {State.PAID: 40}
