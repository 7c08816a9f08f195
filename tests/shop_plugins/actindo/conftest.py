"""An installation with an actindo shop before a stand-in of Core1."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from world import NOON, Clock, Script, World, world

from inkasso_core import Actor, Role, ShopRequest, State
from inkasso_core.app import Polling
from inkasso_shop_plugins.actindo.settings import ActindoSettings
from inkasso_shop_plugins.actindo.tokens import permission_url

from .stand_in import CLIENT, CUSTOMERS, REDIRECT, SECRET, StandIn, served

PUSH = "push-s3cr3t-of-the-workflow-0001"
FIELDS = {
    "invoice": "legacyProperties.rechnungId",
    "level": "legacyProperties.mahnstufe",
    "fee": "legacyProperties.mahngebuehr",
    "open_amount": "legacyProperties.offen",
    "due_date": "legacyProperties.faellig",
}
ASSERTION = {
    "due_date_origin": "contract",
    "ordered_on_invoice_date": True,
    "performed": True,
    "reminder_deadline_days": 10,
    "reminder_channel": "letter",
}


def settings(stand_in: StandIn, **changes: Any) -> dict[str, Any]:
    """The settings of a shop before the stand-in."""
    values: dict[str, Any] = {
        "url": stand_in.url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        "level": 3,
        "methods": {"customers": CUSTOMERS},
        "fields": FIELDS,
        "assertion": ASSERTION,
        "push_secret": PUSH,
        "limit": 10,
        "read_timeout": 5,
    }
    return {**values, **changes}


@dataclass
class Waits:
    """What was waited for; the clock goes on instead."""

    clock: Clock
    waited: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.forward(seconds=seconds)


@dataclass
class Town:
    """An installation, its stand-in, and words for tests."""

    world: World
    actindo: StandIn

    @property
    def ink(self) -> Any:
        """The facade."""
        return self.world.ink

    def permit(self) -> None:
        """Let the shop in, as a person does."""
        self.ink.receive("shop", self.back(self.actindo.code))

    def back(self, code: str, **changes: str) -> ShopRequest:
        """The request with which actindo leads back."""
        config = ActindoSettings.model_validate(dict(self.ink.settings.shops["shop"].settings))
        address = permission_url(config, "shop", self.world.clock())
        state = address.partition("state=")[2]
        query = {"code": code, "state": state, **changes}
        return ShopRequest(method="GET", path="permitted", query=query, headers={}, body=b"", received_at=NOON)

    def poll(self) -> Polling:
        """Poll without a problem."""
        polling = self.look()
        assert polling.problem is None, polling.problem.text
        return polling

    def look(self) -> Polling:
        """Poll; the problem is the test's."""
        (polling,) = self.ink.poll("shop")
        assert isinstance(polling, Polling)
        return polling

    def state(self, order: str | int) -> State:
        """Where a claim stands."""
        return self.world.state(str(order))

    def red(self, order: str | int) -> set[str]:
        """Why it does not go."""
        return set(self.ink.find(str(order), shop="shop").red)

    def claim(self, order: str | int) -> Any:
        """What is known of it."""
        return self.ink.show(str(order), shop="shop").claim

    def refs(self) -> list[str]:
        """All claims."""
        return [stored.ref for stored in self.ink.claims()]


OPERATOR = Actor("olga", Role.OPERATOR)


@pytest.fixture
def actindo() -> Iterator[StandIn]:
    with served() as stand_in:
        yield stand_in


Opened = Callable[..., AbstractContextManager[Town]]


@pytest.fixture
def opened(tmp_path: Path, actindo: StandIn) -> Opened:
    """Open an installation, with other settings of the shop than usual; opened again it goes on where it was."""
    from contextlib import contextmanager

    clock, script = Clock(), Script()

    @contextmanager
    def open_town(*, permit: bool = True, accounts: Any = None, **changes: Any) -> Iterator[Town]:
        shops = {"shop": {"plugin": "actindo", "settings": settings(actindo, **changes)}}
        with world(tmp_path, shops=shops, clock=clock, script=script, accounts=accounts) as made:
            object.__setattr__(made.ink._context, "sleep", Waits(clock))
            town = Town(made, actindo)
            if permit and actindo.code:
                town.permit()
            yield town

    return open_town


@pytest.fixture
def town(opened: Opened) -> Iterator[Town]:
    with opened() as made:
        yield made
