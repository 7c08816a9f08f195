"""The list of what agencies were given: newest first, with case and status, and nothing that is still in the queue."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from world import OPERATOR, VENDOR, World, world

from inkasso_core import AgencyStatus, NotPermitted, State
from inkasso_core.app import Filter

ACCOUNTS = {"agency": {}, "file": {"agency": "plain-file"}}
SHOPS = {"shop": {}, "files": {"account": "file"}}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, accounts=ACCOUNTS, shops=SHOPS) as made:
        yield made


def test_what_left_stands_in_the_list_with_its_case_and_status(town: World) -> None:
    town.ready("R-1")
    town.running("R-2")
    assert list(town.ink.transmitted()) == []
    town.handed_over("A-1")
    day = town.clock.day
    town.clock.forward(days=1)
    town.running("F-1", shop="files")
    town.transmit()
    town.agency.says(AgencyStatus.JUDICIAL)
    town.ink.follow()
    found = list(town.ink.transmitted())
    assert [(one.ref, one.state, one.account, one.placed_on) for one in found[:1]] == [
        ("files:F-1", State.EXPORTED, "file", day + dt.timedelta(days=1))
    ]
    first = next(one for one in found if one.ref == "shop:A-1")
    assert (first.case_reference is not None, first.placed_on, first.invoice_number) == (True, day, "RE-A-1")
    assert {one.agency_status for one in found if one.account == "agency"} <= {"active", "judicial"}
    assert [one.ref for one in town.ink.transmitted(Filter(account="file"))] == ["files:F-1"]
    assert [one.ref for one in town.ink.transmitted(Filter(shop="files"), since=day + dt.timedelta(days=1))] == ["files:F-1"]
    assert list(town.ink.transmitted(since=day + dt.timedelta(days=2))) == []
    assert len(list(town.ink.transmitted(limit=1))) == 1


def test_a_closed_case_and_one_of_another_way_stay_in_the_list(town: World) -> None:
    town.handed_over("A-1")
    town.agency.says(AgencyStatus.CLOSED_UNPAID)
    town.ink.follow()
    town.ready("O-1")
    town.ink.record_handover(["shop:O-1"], channel="portal", case_reference="P-9", on=dt.date(2026, 5, 1), reason="by hand", actor=OPERATOR)
    found = {one.ref: one for one in town.ink.transmitted()}
    assert (found["shop:A-1"].state, found["shop:A-1"].agency_status) == (State.CLOSED, "closed_unpaid")
    assert (found["shop:O-1"].channel, found["shop:O-1"].case_reference) == ("portal", "P-9")


def test_a_vendor_has_his_own_view(town: World) -> None:
    with pytest.raises(NotPermitted):
        list(town.ink.transmitted(actor=VENDOR))


def test_a_row_can_be_written_as_json(town: World) -> None:
    town.handed_over("A-1")
    (one,) = town.ink.transmitted()
    assert json.loads(json.dumps(one._asdict(), default=str))["order"] == "A-1"
