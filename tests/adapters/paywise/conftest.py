"""The adapter, the stand-in of its agency, and the agency's own client."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import green_claim
from peers.paywise.stand_in import TOKEN, StandIn, standing_in
from peers.proc import need_python
from placements import placement

from inkasso_adapters.paywise import Paywise, PaywiseSettings
from inkasso_core import Claim, Placement

Speak = Callable[..., dict[str, Any]]


@pytest.fixture
def service() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def adapter(service: StandIn) -> Callable[..., Paywise]:
    """The adapter with these settings besides the usual ones."""

    def build(**settings: Any) -> Paywise:
        known = {"token": TOKEN, "base_url": service.url, "connect_timeout": 2, "read_timeout": 5}
        return Paywise(PaywiseSettings.model_validate({**known, **settings}), today=lambda: service.now.date())

    return build


@pytest.fixture
def agency(adapter: Callable[..., Paywise]) -> Paywise:
    return adapter()


@pytest.fixture
def official(service: StandIn) -> Iterator[Speak]:
    """The published client as a process: what it is told to do, it does; what comes of it, it says."""
    script = Path(__file__).with_name("official.py")
    command = [need_python("clients"), str(script), service.url, TOKEN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def speak(do: str, name: str = "", **args: Any) -> dict[str, Any]:
            process.stdin.write(json.dumps({"do": do, "name": name, "args": args}) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            found: dict[str, Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return found

        yield speak
        process.stdin.close()
        process.wait(10)


@pytest.fixture
def invoiced() -> Claim:
    """A claim with a reminder fee and a payment: the one that the published client hands over, too."""
    return green_claim(
        charges=[{"kind": "dunning_fee", "amount": "2.50", "on": "2026-04-20"}],
        payments=[{"amount": "20.00", "on": "2026-05-05", "reference": "ZE-7"}],
    )


@pytest.fixture
def placed(invoiced: Claim) -> Placement:
    return placement(invoiced)


@pytest.fixture
def order_id(agency: Paywise, placed: Placement) -> str:
    """An order that was handed over."""
    found = agency.submit(placed).agency_reference
    assert found is not None
    return found
