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


_NOTICED: dict[str, tuple[str, str, int, Callable[[Installation], None], str]] = {
    "attempt before sending": ("wire", "transmit.before_mark", 1, _nothing, "wire:W-01 arrived 2 times"),
    "look-up before sending again": ("wire", "transmit.before_answer", 1, _nothing, "wire:W-01 arrived 2 times"),
    "digest before publishing": ("file", "batch.written", 1, collect, "RE-F-01 was exported 2 times"),
    "position with the claims": ("file", "intake.before_commit", 1, _nothing, "claims: missing: ['file:F-01', 'file:F-02']"),
    "told before it is noted": ("wire", "notices.before_mark", 1, _nothing, "told: missing: "),
    "stored before acknowledged": ("events", "feed.fetched", 1, _nothing, "entries of the feed: missing: "),
    "look before telling again": ("told", "telling.before_answer", 1, _nothing, "N-01 N-01-1 was told 2 times"),
    "applied together with its note": ("events", "feed.applied", 3, _nothing, "noted 2 times: "),
}
"""Guard -> the shop, the point of the kill and its passing, what happens before the next start, how the checker's complaint begins."""


def test_every_guard_that_can_be_taken_away_is_missed() -> None:
    assert set(_NOTICED) == set(GUARDS)


@pytest.mark.parametrize("guard", _NOTICED)
def test_a_missing_guard_is_noticed(guard: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    shop, point, nth, between, complaint = _NOTICED[guard]
    installation = yard.build(tmp_path, shop)
    driver.kill(installation, {"kind": "point", "name": point, "nth": nth}, guard=guard)
    between(installation)
    driver.finish(installation, guard=guard)
    found = complaints(installation)
    assert any(one.startswith(complaint) for one in found), found
