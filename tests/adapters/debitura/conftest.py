"""The adapter before its stand-in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inkasso_adapters.debitura import Debitura, DebituraSettings

from .loopback import serving
from .stand_in import KEY, USER, StandIn

Made = Callable[..., Debitura]


@pytest.fixture
def agency() -> StandIn:
    """The stand-in."""
    return StandIn()


@pytest.fixture
def made(agency: StandIn) -> Iterator[Made]:
    """Makes adapters that talk to the stand-in."""
    with serving(agency.answer) as url:

        def make(**settings: Any) -> Debitura:
            return Debitura(DebituraSettings(**{"url": url, "api_key": KEY, "chat_user": USER, "read_timeout": 5, **settings}))

        yield make


@pytest.fixture
def debitura(made: Made) -> Debitura:
    """An adapter with a key, and somebody in whose name messages are sent."""
    return made()
