"""Feeds, stages and joint requests whatever the moment of a crash: nothing is lost, nothing is done twice, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chaos.checker import complaints
from chaos.player import Driver, Yard
from chaos.scenario import Installation, install

from inkasso_core import points

Build = Callable[[Path, str], Installation]
FEED = [name for name in points.POINTS if name.startswith("feed.")]
TRANSMIT = [name for name in points.POINTS if name.startswith("transmit.")]


@pytest.fixture(params=["sqlite", "postgresql"])
def build(request: pytest.FixtureRequest, driver: Driver, yard: Yard) -> Build:
    """Make an installation that is live, on one database or the other, in which one shop has exported something."""
    if request.param == "sqlite":
        return lambda folder, shop: yard.build(folder, shop)
    new_database = request.getfixturevalue("postgres")

    def on_postgres(folder: Path, shop: str) -> Installation:
        made = install(folder, database=new_database(), shops=(shop,))
        driver.finish(made, "upgrade", "live")
        return made

    return on_postgres


@pytest.mark.parametrize("name", FEED)
def test_a_feed_that_is_killed_again_and_again(name: str, build: Build, driver: Driver, tmp_path: Path) -> None:
    """Between fetch and store, store and acknowledge, acknowledge and apply, and after each entry: every time one further."""
    installation = build(tmp_path, "events")
    for nth in (1, 2, 3):
        driver.kill(installation, {"kind": "point", "name": name, "nth": nth})
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("name", TRANSMIT)
def test_a_submission_in_stages_that_is_killed(name: str, build: Build, driver: Driver, tmp_path: Path) -> None:
    for nth in (1, 3):
        installation = build(tmp_path / str(nth), "events")
        driver.kill(installation, {"kind": "point", "name": name, "nth": nth})
        driver.finish(installation)
        assert complaints(installation) == [], nth


@pytest.mark.parametrize("name", [name for name in TRANSMIT if name != "transmit.reached"])
def test_a_joint_request_that_is_killed(name: str, build: Build, driver: Driver, tmp_path: Path) -> None:
    for nth in (1, 2):
        installation = build(tmp_path / str(nth), "bulk")
        driver.kill(installation, {"kind": "point", "name": name, "nth": nth})
        driver.finish(installation)
        assert complaints(installation) == [], nth


def test_several_read_the_same_feed_at_once(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path, "events")
    driver.finish(installation, "take_in", "let_go", "send")
    ended = driver.play(installation.job("run", processes=3))
    assert [(one.killed, one.error) for one in ended] == [(False, None)] * 3
    driver.finish(installation)
    assert complaints(installation) == []
