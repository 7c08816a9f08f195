"""Parts are told soon after they came, by a thread of the server; nothing depends on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from shops.live import LiveShop
from web.posting import claim_json, of, stored
from world import World

from inkasso_core import State
from inkasso_core.web import bind, telling


def until(happened: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def address(town: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of the installation."""
    monkeypatch.setattr(telling, "GATHER_SECONDS", 0.05)
    server = bind(town.ink, port=0)
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    assert ready.wait(10)
    yield server.address
    server.stop()
    thread.join(20)
    assert not thread.is_alive()


def send(address: str, once: str, **changes: Any) -> None:
    part = {"whole": "P-1", "once": once, "claim": claim_json("P-1", **changes)}
    assert requests.post(f"{address}/v1/shops/live/s3cr3t-of-the-shop", json={"parts": [part]}, timeout=10).status_code == 200


def test_parts_are_told_soon_and_those_that_come_together_together(town: World, live: LiveShop, address: str) -> None:
    for number in range(3):
        send(address, f"tx-{number}")
    until(lambda: sum(len(whole["parts"]) for whole in live.wholes[-1:]) == 3 and stored(town))
    assert town.state("live:P-1") is State.READY
    send(address, "tx-9", paid="5.00")
    until(lambda: len(live.wholes[-1]["parts"]) == 4)


def test_what_breaks_while_it_tells_is_tried_again(
    town: World, live: LiveShop, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []
    tell = type(town.ink).tell_parts

    def breaking(ink: Any, shop: str | None = None) -> Any:
        tried.append(1)
        if len(tried) < 3:
            raise RuntimeError("Erika Musterfrau")
        return tell(ink, shop)

    monkeypatch.setattr(type(town.ink), "tell_parts", breaking)
    send(address, "tx-1")
    until(lambda: live.wholes)
    assert len(tried) >= 3
    assert "RuntimeError" in caplog.text
    assert "Musterfrau" not in caplog.text


def test_what_a_server_that_died_left_is_told_by_the_next(town: World, live: LiveShop, request: pytest.FixtureRequest) -> None:
    part = {"whole": "P-1", "once": "tx-1", "claim": claim_json("P-1")}
    assert of(town).post("/v1/shops/live/s3cr3t-of-the-shop", json={"parts": [part]}).status_code == 200
    assert live.wholes == []
    request.getfixturevalue("address")
    until(lambda: live.wholes)
