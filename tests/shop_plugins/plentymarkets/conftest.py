"""Invented orders in the shape of the REST API, and the way through the plugin."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inkasso_core import Claim, Inkasso, ShopContext, ShopEvent, ShopEventKind
from inkasso_core.shopside import shop_context
from inkasso_shop_plugins.plentymarkets import Plentymarkets, PlentySettings

from .standin import SharedClock, Shop, serve
from .town import NOON, town

HERE = Path(__file__).parent
RECEIVED = dt.datetime(2026, 4, 3, 9, 0, tzinfo=dt.UTC)

Json = dict[str, Any]


def _load(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"), parse_float=Decimal)


@pytest.fixture
def order() -> Json:
    """A whole order: partly paid, one dunning fee, two dunning letters, everything embedded."""
    return copy.deepcopy(_load("order.json"))


@pytest.fixture
def bare_order(order: Json) -> Json:
    """The same order with nothing embedded: addresses and contact only by id."""
    return {key: value for key, value in order.items() if key not in ("addresses", "contactReceiver", "documents", "payments")}


@pytest.fixture
def event() -> Callable[..., ShopEvent]:
    """Make an event of an order; further arguments are settings."""

    def make(payload: Json, kind: ShopEventKind = ShopEventKind.ORDER_STATUS_CHANGED, **settings: Any) -> ShopEvent:
        configured = PlentySettings.model_validate({"status": ["3.6"], **settings})
        return ShopEvent(id="e1", kind=kind, shop="plenty", received_at=RECEIVED, payload=payload, settings=configured)

    return make


@pytest.fixture
def ask(event: Callable[..., ShopEvent]) -> Callable[..., Claim | None]:
    """Fire the hook for an order; further arguments are settings."""
    return lambda payload, **settings: Plentymarkets().inkasso_order_status_changed(event(payload, **settings))


@pytest.fixture
def claim(ask: Callable[..., Claim | None]) -> Callable[..., Claim]:
    """Fire the hook for an order that has a claim."""

    def get(payload: Json, **settings: Any) -> Claim:
        found = ask(payload, **settings)
        assert found is not None
        return found

    return get


# Against the stand-in


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[SharedClock]:
    """The clock of the stand-in and of everybody who works with it."""
    made = SharedClock(tmp_path / "clock", NOON)
    yield made
    made.close()


@pytest.fixture
def shop(clock: SharedClock) -> Shop:
    """An empty shop."""
    return Shop(clock)


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    """The shop's address."""
    with serve(shop) as address:
        yield address


@pytest.fixture
def install(tmp_path: Path, url: str, clock: SharedClock) -> Iterator[Callable[..., Inkasso]]:
    """Open the installation; arguments are settings of the shop. Opened again, it goes on where it was."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(town(tmp_path / "town", url, clock, **settings))


@pytest.fixture
def context(install: Callable[..., Inkasso]) -> Callable[..., ShopContext[PlentySettings]]:
    """Make what the plugin works with; arguments are settings of the shop."""
    return lambda **settings: shop_context(install(**settings)._context, "plenty")
