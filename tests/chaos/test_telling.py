"""What is told of cases that the agency has, whatever the moment of a crash: its own count says each once, none lost, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chaos.checker import complaints
from chaos.player import ROUNDS, Driver, Yard, opened
from chaos.scenario import Installation, install

from inkasso_core import points

Build = Callable[[Path], Installation]
TELLING = [name for name in points.POINTS if name.startswith("telling.")]
OF_MANY = ("telling.before_attempt", "telling.after_attempt")
"""Points that are passed once for all that are taken together."""
HANDED_OVER = ("take_in", "let_go", "send")


@pytest.fixture(params=["sqlite", "postgresql"])
def build(request: pytest.FixtureRequest, driver: Driver, yard: Yard) -> Build:
    """Make an installation that is live, on one database or the other, in which only the shop ``told`` has exported something."""
    if request.param == "sqlite":
        return lambda folder: yard.build(folder, "told")
    new_database = request.getfixturevalue("postgres")

    def on_postgres(folder: Path) -> Installation:
        made = install(folder, database=new_database(), shops=("told",))
        driver.finish(made, "upgrade", "live")
        return made

    return on_postgres


@pytest.mark.parametrize("name", TELLING)
def test_each_is_told_once_although_it_is_killed_again_and_again(name: str, build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    driver.finish(installation, *HANDED_OVER)
    for nth in (1, 2, 1) if name in OF_MANY else (1, 2, 3):
        driver.kill(installation, {"kind": "point", "name": name, "nth": nth}, "pay", "run", "look", "run", "look", "run")
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("name", ["telling.marked", "telling.before_answer"])
def test_where_nobody_can_know_it_is_unclear_and_not_sent_again(name: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, "told")
    driver.finish(installation, *HANDED_OVER)
    driver.kill(installation, {"kind": "point", "name": name, "nth": 1}, "pay", "run")
    driver.finish(installation, "run", "run")
    with opened(installation) as ink:
        (unclear, *_) = [one for one in ink.instructions() if one.state == "unclear"]
        assert unclear.id in str([task.message.en for task in ink.tasks() if task.kind == "look_up_telling"])
        told = ink._context.adapter("told").ledger.told(unclear.our_reference)  # type: ignore[attr-defined]
        assert len(told) == (name == "telling.before_answer"), "before the request nothing, after it once"
    driver.finish(installation)
    assert complaints(installation) == []


def test_killed_between_commits(driver: Driver, yard: Yard, tmp_path: Path) -> None:
    quiet = yard.build(tmp_path / "quiet", "told")
    driver.finish(quiet, *HANDED_OVER)
    played = driver.finish(quiet, "pay", "run", "look", "run")
    moments = range(1, played.commits + 1)
    for nth in moments if ROUNDS else moments[:: len(moments) // 5]:
        installation = yard.build(tmp_path / str(nth), "told")
        driver.finish(installation, *HANDED_OVER)
        driver.kill(installation, {"kind": "commit", "nth": nth}, "pay", "run", "look", "run")
        driver.finish(installation)
        assert complaints(installation) == [], nth


def test_several_tell_at_once(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    driver.finish(installation, *HANDED_OVER, "pay")
    ended = driver.play(installation.job("run", processes=3))
    assert [(one.killed, one.error) for one in ended] == [(False, None)] * 3
    driver.finish(installation)
    assert complaints(installation) == []
