"""The crash tests can fail: with one guard of the core taken away, a kill of ``test_killed`` leaves something that the checker notices."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chaos.checker import complaints
from chaos.player import Driver, Yard, collect
from chaos.sabotage import GUARDS
from chaos.scenario import Installation


def _nothing(_installation: Installation) -> None:
    """Between the kill and the next start nothing happens."""


_NOTICED: dict[str, tuple[str, str, Callable[[Installation], None], str]] = {
    "attempt before sending": ("wire", "transmit.before_answer", _nothing, "wire:W-01 arrived 2 times"),
    "look-up before sending again": ("wire", "transmit.before_answer", _nothing, "wire:W-01 arrived 2 times"),
    "digest before publishing": ("file", "batch.written", collect, "RE-F-01 was exported 2 times"),
    "position with the claims": ("file", "intake.before_commit", _nothing, "claims: missing: ['file:F-01', 'file:F-02']"),
    "told before it is noted": ("wire", "notices.before_mark", _nothing, "told: missing: "),
}
"""Guard -> the shop, the point of the kill, what happens before the next start, and how the checker's complaint begins."""


def test_every_guard_that_can_be_taken_away_is_missed() -> None:
    assert set(_NOTICED) == set(GUARDS)


@pytest.mark.parametrize("guard", _NOTICED)
def test_a_missing_guard_is_noticed(guard: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    shop, point, between, complaint = _NOTICED[guard]
    installation = yard.build(tmp_path, shop)
    driver.kill(installation, {"kind": "point", "name": point, "nth": 1}, guard=guard)
    between(installation)
    driver.finish(installation, guard=guard)
    found = complaints(installation)
    assert any(one.startswith(complaint) for one in found), found
