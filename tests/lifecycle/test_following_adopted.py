"""Following what was handed over by hand before: its status is asked for like any other, by the agency's own reference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from earlier import AUTOMATIC, listing, live, row
from world import OPERATOR, World, claim, world

from inkasso_core import AgencyStatus, NotFound, State, StatusReport, Text

NOT_THERE = NotFound(Text("Gibt es nicht.", "There is none."))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts=AUTOMATIC, live=False) as made:
        made.ink.adopt("agency", listing(tmp_path, row("A-1", "AZ-1"), row("A-2", "AZ-2")), actor=OPERATOR)
        yield made


def says(town: World, case: str, status: AgencyStatus) -> None:
    town.agency.cases[case] = StatusReport(agency_reference=case, status=status)


def test_an_account_that_is_not_live_asks_for_none(town: World) -> None:
    town.report(claim("A-1"))
    town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
    town.ink.run_due()
    assert town.agency.asked == []


def test_each_is_asked_for_and_follows_what_the_agency_says(town: World) -> None:
    live(town)
    town.report(claim("A-1"), claim("A-2"))
    says(town, "AZ-1", AgencyStatus.CLOSED_PAID)
    says(town, "AZ-2", AgencyStatus.ENFORCEMENT)
    town.ink.follow()
    assert town.agency.asked == [("fetch_status", "AZ-1"), ("fetch_status", "AZ-2")]
    assert (town.state("A-1"), town.state("A-2")) == (State.PAID, State.HANDED_OVER)
    assert {one.case_reference: one.agency_status for one in town.ink.transmitted(actor=OPERATOR)}["AZ-2"] == "enforcement"
    assert town.agency.sent == []


def test_one_that_the_agency_has_not_decided_yet_is_no_step_back(town: World) -> None:
    live(town)
    town.report(claim("A-1"))
    for status in (AgencyStatus.SUBMITTED, AgencyStatus.SUBMITTED):
        says(town, "AZ-1", status)
        town.ink.follow()
    assert (town.state("A-1"), town.ink.tasks()) == (State.HANDED_OVER, [])


def test_one_that_goes_back_is_a_persons_and_comes_back_by_its_own_reference(town: World) -> None:
    live(town)
    town.report(claim("A-1"))
    for status in (AgencyStatus.ACTIVE, AgencyStatus.SUBMITTED):
        says(town, "AZ-1", status)
        town.ink.follow()
    assert town.state("A-1") is State.UNCLEAR
    assert [task.kind for task in town.ink.tasks()] == ["status_reverted"]
    says(town, "AZ-1", AgencyStatus.ACTIVE)
    town.ink.follow()
    assert town.state("A-1") is State.HANDED_OVER
    assert {operation for operation, _ in town.agency.asked} == {"fetch_status"}


def test_a_reference_that_the_agency_does_not_know_is_a_task_once(town: World) -> None:
    live(town)
    town.report(claim("A-1"))
    town.agency.troubles["fetch_status"] = NOT_THERE
    assert [town.ink.follow().failed for _ in range(2)] == [0, 0]
    (task,) = town.ink.tasks()
    assert (task.kind, "AZ-1" in task.message.de) == ("case_unknown", True)
    town.ink.finish_task(task.id, actor=OPERATOR)
    town.ink.follow()
    assert (town.state("A-1"), town.ink.tasks()) == (State.HANDED_OVER, [])
