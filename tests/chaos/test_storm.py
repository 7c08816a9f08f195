"""The storm in its short form, on both databases; and that it notices when a guard is gone. The long form is ``make chaos``."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from chaos.servers import missing_postgres
from chaos.storm_plan import NAMED, SHOPS, Fate, Kill, Mood, Plan, lines

PATIENCE = 400
"""Seconds: on an idle machine with two processors a storm of these takes some ten."""
SEED = 3


def _storm(folder: Path, *more: str, claims: int = 30, database: str = "sqlite") -> Mapping[str, Any]:
    """Let it storm, and return what it came to."""
    program = Path(__file__).with_name("storm.py")
    options = ["--claims", str(claims), "--database", database, "--seed", str(SEED), "--pace", "0.3", "--folder", str(folder), "--json"]
    ended = subprocess.run([sys.executable, str(program), *options, *more], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.stdout, ended.stderr
    outcome: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == int(bool(outcome["complaints"]))
    return outcome


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_none_twice_and_none_lost_whatever_is_killed(database: str, tmp_path: Path) -> None:
    if database == "postgresql" and (reason := missing_postgres()):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    outcome = _storm(tmp_path, database=database)
    assert outcome["complaints"] == []
    assert set(outcome["points"]) == set(NAMED)
    assert min(outcome["points"].values()) >= 1, "somebody died at each"
    assert outcome["killed"]["time"] > 0
    assert outcome["disasters"] == 2
    assert outcome["cases"] > 0
    assert outcome["told"] > 0
    assert {Mood.BUSY, Mood.CUT_AFTER, Mood.CUT_BEFORE} <= set(outcome["moods"])


@pytest.mark.parametrize(
    ("guard", "point", "found"),
    [
        ("attempt before sending", "transmit.before_mark", "arrived"),
        ("look-up before sending again", "transmit.before_answer", "arrived"),
        ("look before telling again", "telling.before_answer", "was told"),
    ],
)
def test_a_guard_that_is_gone_is_noticed(guard: str, point: str, found: str, tmp_path: Path) -> None:
    outcome = _storm(tmp_path, "--guard", guard, "--points", point, "--each", "2", claims=20)
    assert any(found in one and "times" in one for one in outcome["complaints"]), outcome["complaints"]


def test_the_same_seed_is_the_same_plan() -> None:
    plan, again, other = Plan(1, 300), Plan(1, 300), Plan(2, 300)
    assert _told(plan) == _told(again) != _told(other)


def _told(plan: Plan) -> tuple[list[Kill], list[Mood], list[str]]:
    """Return a part of each thing that a plan says."""
    kills = plan.kills(NAMED, list, 1.0)
    moods = [plan.mood(f"case {number}", visit) for number in range(50) for visit in (1, 2)]
    reports = [line for shop in SHOPS for line in lines(plan.orders(), shop, 3)]
    return [next(kills) for _ in range(100)], moods, reports


def test_a_plan_has_every_fate_and_every_report_in_some_portion() -> None:
    plan = Plan(1, 1000)
    orders = plan.orders()
    assert {one.fate for one in orders} == set(Fate)
    assert {one.shop for one in orders} == set(SHOPS)
    reported = [line for portion in range(plan.portions) for shop in SHOPS for line in lines(orders, shop, portion)]
    assert len(reported) == sum(len(one.portions) for one in orders)
    assert all(one.report(len(one.portions) - 1).principal_open == one.open_in_the_end for one in orders)
