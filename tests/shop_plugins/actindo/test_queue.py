"""The queue as actindo's own collection module had it: four actions, a list of what was transmitted, manual and fully automatic mode."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from inkasso_core import AgencyStatus, InkassoError, State
from inkasso_core.app import Filter
from inkasso_core.cli.app import app

from .conftest import OPERATOR, Opened, Town
from .stand_in import StandIn


def queued(town: Town) -> list[str]:
    """What stands in the queue."""
    return [stored.record for stored in town.ink.queue(Filter(shop="shop"))]


@pytest.fixture
def full(town: Town, actindo: StandIn) -> Town:
    """Four notices in the queue."""
    for number in (100, 101, 102, 103):
        actindo.overdue(number)
    town.poll()
    assert queued(town) == ["100", "101", "102", "103"]
    return town


def test_enqueueing_sends_nothing(full: Town) -> None:
    full.ink.run_due()
    assert full.world.agency.sent == []
    assert queued(full) == ["100", "101", "102", "103"]


def test_transmit_the_selected(full: Town) -> None:
    full.ink.release(["shop:100", "shop:102"], actor=OPERATOR)
    full.world.transmit()
    assert queued(full) == ["101", "103"]
    assert len(full.world.agency.sent) == 2
    found = {one.order: one for one in full.ink.transmitted(Filter(shop="shop"))}
    assert set(found) == {"100", "102"}
    assert all(one.case_reference and one.placed_on and one.account == "agency" for one in found.values())
    full.world.agency.says(AgencyStatus.JUDICIAL)
    full.ink.follow()
    assert "judicial" in {one.agency_status for one in full.ink.transmitted()}


def test_transmit_all_that_are_listed(full: Town) -> None:
    full.ink.remove(["shop:103"], actor=OPERATOR)
    full.ink.release(list(map("shop:{}".format, queued(full))), actor=OPERATOR)
    full.world.transmit()
    assert queued(full) == []
    assert sorted(one.order for one in full.ink.transmitted()) == ["100", "101", "102"]


def test_remove_the_selected_for_good_even_when_the_next_level_comes(full: Town, actindo: StandIn) -> None:
    full.ink.remove(["shop:101"], actor=OPERATOR, reason="small")
    for level in (4, 5):
        actindo.notice(1010 + level, 101, level, created=f"2026-05-2{level} 08:00:00", documentDate="2026-05-20")
        full.world.clock.forward(hours=3)
        full.poll()
        full.ink.run_due()
    assert full.state(101) is State.REMOVED
    assert full.claim(101).source.status == "5"
    assert queued(full) == ["100", "102", "103"]
    (handled,) = full.ink.release(["shop:101"], actor=OPERATOR)
    assert not handled.ok
    assert full.world.agency.sent == []
    entry = next(one for one in full.ink.history("shop:101") if one.to_state == State.REMOVED)
    assert (entry.actor, entry.reason) == ("olga", "small")


def test_remove_all_that_are_listed(full: Town) -> None:
    full.ink.remove(list(map("shop:{}".format, queued(full))), actor=OPERATOR)
    assert queued(full) == []
    full.world.clock.forward(hours=3)
    full.poll()
    assert queued(full) == []


def test_what_was_transmitted_can_not_be_removed(full: Town) -> None:
    full.ink.release(["shop:100"], actor=OPERATOR)
    full.world.transmit()
    (handled,) = full.ink.remove(["shop:100"], actor=OPERATOR)
    assert not handled.ok
    assert full.state(100) is State.HANDED_OVER


def test_the_next_level_after_the_hand_over_is_no_second_hand_over(full: Town, actindo: StandIn) -> None:
    full.ink.release(["shop:100"], actor=OPERATOR)
    full.world.transmit()
    actindo.notice(1014, 100, 4, created="2026-05-24 08:00:00", documentDate="2026-05-20")
    full.poll()
    full.ink.run_due()
    full.world.transmit()
    assert len(full.world.agency.sent) == 1
    assert full.state(100) is State.HANDED_OVER


def test_fully_automatic(opened: Opened, actindo: StandIn) -> None:
    """Collection as a dunning level of its own: nobody clicks. What the merchant asserted is a warning, which the account accepts."""
    actindo.overdue(100)
    actindo.overdue(101, level=2)
    account = {"agency": {"mode": "automatic", "accept_warnings": ["ASSERTED"]}}
    with opened(accounts=account) as town:
        town.poll()
        warnings = set(town.ink.find("shop:100").warnings)
        assert warnings <= set(account["agency"]["accept_warnings"]), warnings
        town.ink.run_due()
        assert len(town.world.agency.sent) == 1
        assert town.state(100) is State.HANDED_OVER
        with pytest.raises(InkassoError):
            town.ink.find("shop:101")


# By the command line


def run(folder: Path, *words: str) -> Any:
    return CliRunner().invoke(app, ["--config", str(folder / "inkasso.toml"), "--lang", "en", *words])


TOML = """
[inkasso]
database = "sqlite:///test.db"
[creditors.firm]
name = "Beispiel Handel GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true
[accounts.agency]
agency = "dummy"
creditor = "firm"
[shops.shop]
plugin = "actindo"
creditor = "firm"
account = "agency"
"""


def test_the_four_actions_on_the_command_line(full: Town) -> None:
    folder = full.world.folder
    (folder / "inkasso.toml").write_text(TOML, "utf-8")
    assert run(folder, "release", "shop:100", "--as-of", "2026-06-01").exit_code == 0
    assert run(folder, "remove", "shop:101", "--reason", "no").exit_code == 0
    released = run(folder, "release", "--all", "--shop", "shop", "--until", "2026-06-02", "--as-of", "2026-06-01", "--yes", "--json")
    assert json.loads(released.stdout)["done"] == 2
    assert run(folder, "remove", "--all", "--shop", "shop", "--yes").exit_code == 0
    assert {number: full.state(number) for number in (100, 101, 102, 103)} == {
        100: State.RUNNING,
        101: State.REMOVED,
        102: State.RUNNING,
        103: State.RUNNING,
    }
    full.world.transmit()
    listed = run(folder, "transmitted", "--shop", "shop", "--json")
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert {row["ref"] for row in rows} == {"shop:100", "shop:102", "shop:103"}
    assert {row["agency_status"] for row in rows} == {"active"}
    shown = run(folder, "transmitted", "--since", "2026-06-01", "--account", "agency")
    assert "shop:102" in shown.stdout
    assert "AZ-" in shown.stdout
    assert "Nothing transmitted" in run(folder, "transmitted", "--since", "2026-06-02").stdout
