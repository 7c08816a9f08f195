"""Several processes at once, on both databases: each claim once, whoever is quicker, and nobody fails for it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chaos.checker import complaints, read_files
from chaos.player import Driver, Yard
from chaos.scenario import Installation, install
from chaos.towns import town_on
from world import NOON, Clock, World, world

from inkasso_core import State, export, owner, points

Build = Callable[[Path], Installation]


@pytest.fixture(params=["sqlite", "postgresql"])
def build(request: pytest.FixtureRequest, driver: Driver, yard: Yard) -> Build:
    """Make an installation that is live, on one database or the other."""
    if request.param == "sqlite":
        return yard.build
    new_database = request.getfixturevalue("postgres")

    def on_postgres(folder: Path) -> Installation:
        made = install(folder, database=new_database())
        driver.finish(made, "upgrade", "live")
        return made

    return on_postgres


def _at_once(driver: Driver, installation: Installation, *steps: str, processes: int = 2) -> None:
    ended = driver.play(installation.job(*steps, processes=processes))
    assert [(one.killed, one.error) for one in ended] == [(False, None)] * processes


def test_all_ingest_the_same_file(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    _at_once(driver, installation, "take_in", processes=3)
    driver.finish(installation)
    assert complaints(installation) == []


def test_all_release_the_same_claims(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    driver.finish(installation, "take_in")
    _at_once(driver, installation, "let_go", processes=3)
    driver.finish(installation)
    assert complaints(installation) == []


def test_all_transmit_the_same_accounts(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    driver.finish(installation, "take_in", "let_go")
    _at_once(driver, installation, "send")
    driver.finish(installation)
    assert complaints(installation) == []
    assert all(file.rows for file in read_files(installation))


def test_all_do_the_whole_day(build: Build, driver: Driver, tmp_path: Path) -> None:
    installation = build(tmp_path)
    _at_once(driver, installation, "take_in", "let_go", "send", "confirm", "run", "run")
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("point", ["intake.after_commit", "batch.sealed", "transmit.before_answer"])
def test_both_are_killed_and_begin_again_together(point: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    _killed_and_begun_again(point, yard.build(tmp_path), driver)


def test_both_are_killed_on_postgresql(driver: Driver, postgres: Callable[[], str], tmp_path: Path) -> None:
    installation = install(tmp_path, database=postgres())
    driver.finish(installation, "upgrade", "live")
    _killed_and_begun_again("batch.written", installation, driver)


def _killed_and_begun_again(point: str, installation: Installation, driver: Driver) -> None:
    driver.play(installation.job("take_in", "let_go", "send", processes=2, kill={"kind": "point", "name": point, "nth": 1}))
    _at_once(driver, installation, "take_in", "let_go", "send")
    driver.finish(installation)
    assert complaints(installation) == []


# Two transmissions of one account, the second one while the first is at a certain place


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts={"files": {"agency": "plain-file"}}, live=False) as made:
        yield made


def test_a_limit_holds_for_all_transmissions_together(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    town.go_live("files", first=3)
    town.running(*(f"A-{number}" for number in range(8)))
    fill = export._fill

    def fill_late(*args: object) -> object:
        monkeypatch.undo()
        town.ink.transmit("files")
        return fill(*args)

    monkeypatch.setattr(export, "_fill", fill_late)
    town.ink.transmit("files")
    assert town.ink.count() == {State.EXPORTED: 3, State.RUNNING: 5}


def test_one_that_was_too_slow_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine, with a folder of its own, takes a file over while the first one still prepares it."""
    url, files = f"sqlite:///{tmp_path}/shared.db", {"files": {"agency": "plain-file"}}
    with town_on(url, tmp_path / "slow", accounts=files) as slow, town_on(url, tmp_path / "quick", accounts=files, clock=Clock()) as quick:
        slow.running("A-1", "A-2")
        quick.clock.forward(hours=1)

        def overtake(name: str) -> None:
            if name == "batch.prepared":
                monkeypatch.undo()
                with monkeypatch.context() as there:
                    there.setattr(owner.socket, "gethostname", lambda: "another-machine")
                    quick.transmit()

        monkeypatch.setattr(points, "listener", overtake)
        (report,) = slow.transmit()
        assert "Another machine" in report.reason.en
        assert slow.ink.count() == {State.EXPORTED: 2}
    assert [len(list((tmp_path / name).glob("files/*.csv"))) for name in ("slow", "quick")] == [0, 1]


def test_one_that_ended_is_gone_even_before_it_is_buried() -> None:
    with subprocess.Popen([sys.executable, "-c", "print()"], stdout=subprocess.PIPE) as process:
        name = f"{owner._host()}:{process.pid}:{owner._started(process.pid)}:0"
        assert process.stdout is not None
        process.stdout.read()
        while owner._started(process.pid):
            time.sleep(0.01)  # closed its output, but has not ended yet
        assert owner.is_gone(name, NOON, NOON)
