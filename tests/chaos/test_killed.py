"""Whatever the moment of a crash: played once more, the day ends as if nothing had happened. Nothing is lost, nothing is done twice."""

import random
from pathlib import Path

import pytest
from chaos.checker import complaints, torn
from chaos.player import DAY, ROUNDS, Driver, Played, Yard, collect

from inkasso_core import points

SHORT = 10
"""Random moments of the short form."""
SAMPLES = 4
"""Commits and steps in the file system of the short form."""

NAMED = [name for name in points.POINTS if name.partition(".")[0] not in ("poll", "receive", "wholes")]
"""The points of a day of files; the others lie on ways that only plugins of shops open."""
_SHOP = {
    **dict.fromkeys(("intake", "release", "batch", "confirm"), "file"),
    **dict.fromkeys(("transmit", "notices"), "wire"),
    **dict.fromkeys(("feed", "transmit.reached"), "events"),
    "telling": "told",
}
"""Where a point lies, or the point itself -> a shop whose claims pass it."""
_SEVERAL = {
    **_SHOP,
    **dict.fromkeys(("intake", "batch", "confirm"), "rows"),
    **dict.fromkeys(("release", "transmit", "notices"), "cases"),
}
"""The same, for a shop whose agency takes several claims of one debtor at a time, where there is one."""


def _shop_of(point: str, shops: dict[str, str] = _SHOP) -> str:
    return shops.get(point) or shops[point.partition(".")[0]]


@pytest.fixture(scope="session")
def day(driver: Driver, yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A day without a crash."""
    installation = yard.build(tmp_path_factory.mktemp("quiet"))
    played = driver.finish(installation)
    assert complaints(installation) == []
    assert torn(installation) == []
    return played


def test_a_quiet_day_passes_every_named_point(day: Played) -> None:
    assert set(day.points) == set(NAMED)
    assert min(day.points.values()) > 1, "each has a later passing, too"


def test_a_day_played_twice_changes_nothing(driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path)
    driver.finish(installation)
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("shops", [_SHOP, _SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("name", NAMED)
def test_killed_at_a_named_point(name: str, shops: dict[str, str], nth: int, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, _shop_of(name, shops))
    driver.kill(installation, {"kind": "point", "name": name, "nth": nth})
    driver.finish(installation)
    assert complaints(installation) == []
    assert torn(installation) == []


@pytest.mark.parametrize("shop", ["file", "rows"])
@pytest.mark.parametrize("name", ["batch.sealed", "batch.published", "batch.exported"])
def test_killed_while_somebody_takes_the_file_away(name: str, shop: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, shop)
    driver.kill(installation, {"kind": "point", "name": name, "nth": 1})
    collect(installation)
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("name", ["batch.written", "transmit.before_answer"])
def test_killed_again_and_again_at_the_same_point(name: str, driver: Driver, yard: Yard, tmp_path: Path) -> None:
    installation = yard.build(tmp_path, _shop_of(name))
    for _ in range(2):
        driver.kill(installation, {"kind": "point", "name": name, "nth": 1})
    driver.finish(installation)
    assert complaints(installation) == []


@pytest.mark.parametrize("number", range(SHORT + ROUNDS))
def test_killed_at_a_random_time(number: int, driver: Driver, yard: Yard, day: Played, tmp_path: Path) -> None:
    installation = yard.build(tmp_path)
    after = random.uniform(0, day.seconds)  # noqa: S311  (no secret)
    print(f"killed after {after:.4f} s")
    driver.play(installation.job(*DAY, kill={"kind": "time", "after": after}))
    driver.finish(installation)
    assert complaints(installation) == []


def _moments(count: int) -> list[int]:
    """All moments in the long form; else some, spread over the day."""
    return list(range(1, count + 1)) if ROUNDS else [1 + number * (count - 1) // (SAMPLES - 1) for number in range(SAMPLES)]


@pytest.mark.parametrize("part", range(SAMPLES))
@pytest.mark.parametrize("kind", ["commit", "file"])
def test_killed_before_a_commit_or_a_step_in_the_file_system(
    kind: str, part: int, driver: Driver, yard: Yard, day: Played, tmp_path: Path
) -> None:
    for nth in _moments(day.commits if kind == "commit" else day.files)[part::SAMPLES]:
        installation = yard.build(tmp_path / str(nth))
        driver.kill(installation, {"kind": kind, "nth": nth})
        driver.finish(installation)
        assert complaints(installation) == [], nth
