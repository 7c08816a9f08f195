"""A failed report is settled by a later one of the same record where that is certain, else by a person; nothing is ever lost of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from world import OPERATOR, VENDOR, World, claim, world

from inkasso_core import Actor, InvalidInput, NotFound, Role, ShopEventKind
from inkasso_core.store import schema, vault

SHOPS: dict[str, dict[str, Any]] = {
    "cp": {"plugin": "cpshop", "settings": {"assertion": {"currency": "EUR"}}},
    "own": {"plugin": "canonical"},
    "north": {"plugin": "canonical", "tenant": "north"},
}
GOOD, BAD = "153,99", "-1,00"
HEADINGS = "Bestellnr;Kundennr;Nachname;Forderungsbetrag;Bestellstatus;Geändert am"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS) as opened:
        yield opened


def row(order: str = "A-1", amount: str = GOOD, customer: str = "K-1", status: str = "Inkasso ist in Arbeit", changed: str = "") -> str:
    return f"{order};{customer};Muster;{amount};{status};{changed}"


def bring(town: World, *rows: str, name: str = "export.csv", days: int = 0) -> dict[str, int]:
    """Take in an export that was made so many days after now."""
    file = town.folder / name
    file.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8")
    return town.ink.ingest(file, shop="cp", reported_at=town.clock() + dt.timedelta(days=days)).counts


def waiting(town: World) -> list[str]:
    return [str(event.place) for event in town.ink.failed_events()]


def record(order: str = "A-1", **changes: Any) -> dict[str, Any]:
    return {**json.loads(claim(order).model_dump_json(exclude_defaults=True)), **changes}


# By a later report


@pytest.mark.parametrize("name", ["export.csv", "later.csv"])
def test_the_mended_row_settles_the_failed_one(town: World, name: str) -> None:
    bring(town, row("A-1", BAD), row("A-2", BAD))
    assert waiting(town) == ["export.csv:2", "export.csv:3"]
    town.clock.forward(hours=1)
    bring(town, row("A-1"), name=name)
    assert waiting(town) == ["export.csv:3"]
    (settled,) = town.ink.failed_events(settled=True)
    assert (settled.place, settled.settled_by, settled.settled_at) == ("export.csv:2", "system", town.clock())
    assert settled.settled_why == "a later report of the same record was taken"
    assert settled.claim_id == town.ink.find("cp:A-1").id
    with town.ink._context.database.read() as connection:
        assert vault.take(connection, settled.body_id)["amount"] == BAD


def test_one_that_is_no_trigger_any_more_settles_it_too(town: World) -> None:
    bring(town, row(amount=BAD))
    bring(town, row(status="Bezahlt"))
    assert waiting(town) == []


def test_another_order_in_the_same_place_of_the_same_file_settles_nothing(town: World) -> None:
    bring(town, row("A-1", BAD))
    bring(town, row("A-2"))
    assert waiting(town) == ["export.csv:2"]


def test_the_same_number_in_another_column_settles_nothing(town: World) -> None:
    bring(town, row("A-1", BAD, customer="77"))
    bring(town, row("77"))
    assert waiting(town) == ["export.csv:2"]
    bring(town, row("88", BAD, customer="88"))
    bring(town, row("88", customer="99"))
    assert waiting(town) == ["export.csv:2"], "the same key in the same place is the same order, whoever its customer is"


def test_an_older_export_does_not_settle_what_failed_in_a_newer_one(town: World) -> None:
    bring(town, row(amount=BAD), days=0)
    bring(town, row(), name="old.csv", days=-1)
    assert waiting(town) == ["export.csv:2"]
    bring(town, row(), name="new.csv", days=1)
    assert waiting(town) == []


def test_a_failure_in_the_same_file_is_settled_by_nothing_in_it(town: World) -> None:
    assert bring(town, row("A-1", BAD), row("A-1"))["failed"] == 1
    assert waiting(town) == ["export.csv:2"]


def test_it_is_listed_again_when_it_fails_again(town: World) -> None:
    bring(town, row(amount=BAD))
    bring(town, row(), days=1)
    bring(town, row(amount=BAD), days=2)
    assert waiting(town) == ["export.csv:2"]


def test_a_row_that_could_not_be_read_waits_for_a_person(town: World) -> None:
    bring(town, "A-1;K-1;zu;viele;Spalten;hier;und;hier", row("A-2"))
    bring(town, row("A-1"), row("A-2"), days=1)
    assert waiting(town) == ["export.csv:2"]


@pytest.mark.parametrize(
    ("failed", "later", "left"),
    [
        ({}, {}, 0),
        ({"version": 1}, {"version": 2}, 0),
        ({"version": 2}, {"version": 2}, 0),
        ({"version": 3}, {"version": 2}, 1),
        ({}, {"version": 2}, 1),
        ({"reported_at": "2026-05-01T10:00:00Z"}, {"reported_at": "2026-05-02T10:00:00Z"}, 0),
        ({"reported_at": "2026-05-03T10:00:00Z"}, {"reported_at": "2026-05-02T10:00:00Z"}, 1),
        ({"product": "7"}, {"product": "7"}, 0),
        ({"product": "8"}, {"product": "7"}, 1),
        ({}, {"product": "7"}, 1),
    ],
)
def test_reports_without_a_file_are_compared_by_what_they_say_of_themselves(
    town: World, failed: dict[str, Any], later: dict[str, Any], left: int
) -> None:
    town.ink.export_requested(shop="own", payload=record(source={"order": "A-1", **failed}, principal="-1.00"))
    town.ink.export_requested(shop="own", payload=record(source={"order": "A-1", **later}))
    assert len(town.ink.failed_events()) == left


def test_another_kind_of_report_settles_nothing(town: World) -> None:
    """A payment that could not be read is not made up for by a change of status."""
    town.ink.payment_received(shop="own", payload=record(principal="-1.00"))
    town.ink.order_status_changed(shop="own", payload=record())
    assert [event.kind for event in town.ink.failed_events()] == [ShopEventKind.PAYMENT_RECEIVED]


def test_another_shop_s_report_settles_nothing(town: World) -> None:
    town.ink.export_requested(shop="own", payload=record(principal="-1.00"))
    town.ink.export_requested(shop="north", payload=record())
    assert len(town.ink.failed_events()) == 1


def test_an_erased_payload_is_compared_with_nothing(town: World) -> None:
    bring(town, row(amount=BAD))
    with town.ink._context.database.engine.begin() as connection:
        connection.execute(sa.update(schema.vault).values(body=None))
    bring(town, row(), days=1)
    assert waiting(town) == ["export.csv:2"]


def test_very_many_failed_reports_are_made_up_for_page_by_page(town: World) -> None:
    orders = [f"A-{number:03}" for number in range(250)]
    bring(town, *(row(order, BAD) for order in orders))
    bring(town, *(row(order) for order in orders[100:]), days=1)
    assert waiting(town) == [f"export.csv:{number + 2}" for number in range(100)]


# By a person


def test_a_person_settles_failed_reports_with_a_reason(town: World) -> None:
    bring(town, row("A-1", BAD), row("A-2", BAD), row("A-3", BAD))
    one, two, _ = (event.id for event in town.ink.failed_events())
    town.clock.forward(days=1)
    assert town.ink.settle_events([one, two], reason=" Testbestellung ", actor=OPERATOR) == [one, two]
    assert waiting(town) == ["export.csv:4"]
    settled = town.ink.failed_events(settled=True)
    assert {(event.settled_by, event.settled_why, event.settled_at) for event in settled} == {("olga", "Testbestellung", town.clock())}
    assert [event.id for event in settled] == [one, two]
    assert town.ink.replay("cp") != []
    assert len(town.ink.failed_events(settled=True)) == 2, "what is settled is not tried again"


def test_one_id_alone_will_do_and_the_same_row_stays_settled(town: World) -> None:
    bring(town, row(amount=BAD))
    (event,) = town.ink.failed_events()
    assert town.ink.settle_events(event.id, reason="Scherz", actor=OPERATOR) == [event.id]
    assert bring(town, row(amount=BAD), days=1)["failed"] == 1
    assert waiting(town) == []
    bring(town, row(amount="-2,00"), days=2)
    assert waiting(town) == ["export.csv:2"], "another failure of that order is told"


def test_nothing_is_settled_without_a_reason_or_where_one_id_is_wrong(town: World) -> None:
    bring(town, row("A-1", BAD), row("A-2", BAD))
    ids = [event.id for event in town.ink.failed_events()]
    with pytest.raises(InvalidInput):
        town.ink.settle_events(ids, reason="  ", actor=OPERATOR)
    with pytest.raises(NotFound) as caught:
        town.ink.settle_events([*ids, "nix"], reason="weg", actor=OPERATOR)
    assert "nix" in caught.value.text.de
    assert len(waiting(town)) == 2
    town.ink.settle_events(ids[0], reason="weg", actor=OPERATOR)
    with pytest.raises(NotFound):
        town.ink.settle_events(ids[0], reason="noch einmal", actor=OPERATOR)


@pytest.mark.parametrize("actor", [VENDOR, Actor("nora", Role.OPERATOR, tenants=frozenset({"north"}))])
def test_nobody_settles_what_he_may_not_see(town: World, actor: Actor) -> None:
    bring(town, row(amount=BAD))
    (event,) = town.ink.failed_events()
    with pytest.raises(NotFound):
        town.ink.settle_events(event.id, reason="weg", actor=actor)
    assert len(waiting(town)) == 1


def test_the_order_s_trace_tells_what_was_settled(town: World) -> None:
    bring(town, row(amount=BAD))
    (event,) = town.ink.failed_events()
    town.ink.settle_events(event.id, reason="Scherz", actor=OPERATOR)
    trace = town.ink.trace("cp:A-1")
    assert (trace.failed, [one.settled_why for one in trace.settled]) == ([], ["Scherz"])


def test_a_replayed_report_counts_as_replayed(town: World) -> None:
    town.ink.export_requested(shop="own", payload=record(principal="-1.00"))
    (event,) = town.ink.failed_events()
    with town.ink._context.database.engine.begin() as connection:
        body = json.dumps(record())
        connection.execute(sa.update(schema.vault).where(schema.vault.c.id == event.body_id).values(body=body))
    assert [result.outcome for result in town.ink.replay()] == ["registered"]
    assert (town.ink.failed_events(), town.ink.failed_events(settled=True)) == ([], [])
    with town.ink._context.database.read() as connection:
        ended = connection.execute(sa.select(schema.event).where(schema.event.c.id == event.id)).one()
    assert (ended.status, ended.settled_by, ended.claim_id) == ("replayed", "system", town.ink.find("own:A-1").id)
