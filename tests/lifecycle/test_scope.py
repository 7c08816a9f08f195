"""Who sees and changes what: nothing is visible across tenants, and a vendor has to do with his own claims alone."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from world import OPERATOR, World, claim, done, world

from inkasso_core import Actor, NotFound, NotPermitted, Role, State
from inkasso_core.store.claims import Filter

NORTH = Actor("nora", Role.OPERATOR, tenants=frozenset({"north"}))
VERA = Actor("vera", Role.VENDOR, tenants=frozenset({"north"}), vendors=frozenset({"vera"}))
MINE, NEIGHBOURS, FOREIGN = "north:A-1", "north:A-2", "south:A-1"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    """Two tenants with a shop each; in the northern one two vendors."""
    shops = {name: {"tenant": name, "profile": "marketplace"} for name in ("north", "south")}
    with world(tmp_path, shops=shops) as town:
        town.ready("A-1", shop="north", vendor="vera", customer="K-1")
        town.ready("A-2", shop="north", vendor="vito", customer="K-1")
        town.ready("A-1", shop="south", vendor="vera", customer="K-1")
        town.ink.publish_vendor_view()  # vendors of a marketplace look at what was published
        yield town


def refs(town: World, actor: Actor) -> list[str]:
    return [s.ref for s in town.ink.claims(actor=actor)]


def test_an_actor_lists_and_counts_his_own(town: World, tmp_path: Path) -> None:
    assert refs(town, OPERATOR) == [MINE, NEIGHBOURS, FOREIGN]
    assert refs(town, NORTH) == [MINE, NEIGHBOURS]
    assert refs(town, VERA) == [MINE]
    assert [s.ref for s in town.ink.queue(actor=VERA)] == [MINE]
    assert list(town.ink.queue(Filter(shop="south"), actor=NORTH)) == []
    assert town.ink.count(actor=NORTH) == {State.READY: 2}
    assert town.ink.count(actor=VERA) == {State.READY: 1}
    assert town.ink.export(tmp_path / "out.csv", actor=VERA) == 1


ASKED: list[Callable[[World, str, Actor], object]] = [
    lambda town, ref, actor: town.ink.find(ref, actor=actor),
    lambda town, ref, actor: town.ink.show(ref, actor=actor),
    lambda town, ref, actor: town.ink.history(ref, actor=actor),
    lambda town, ref, actor: town.ink.diagnose(ref, actor=actor),
    lambda town, ref, actor: town.ink.release([ref], actor=actor),
    lambda town, ref, actor: town.ink.withdraw([ref], actor=actor),
    lambda town, ref, actor: town.ink.remove([ref], actor=actor),
    lambda town, ref, actor: town.ink.reinstate([ref], reason="x", actor=actor),
    lambda town, ref, actor: town.ink.pause([ref], reason="x", actor=actor),
    lambda town, ref, actor: town.ink.resume(ref, actor=actor),
    lambda town, ref, actor: town.ink.cancel([ref], reason="x", actor=actor),
    lambda town, ref, actor: town.ink.mark_paid([ref], reason="x", actor=actor),
    lambda town, ref, actor: town.ink.resolve([ref], found="y", reason="x", actor=actor),
    lambda town, ref, actor: town.ink.hold(ref, reason="x", actor=actor),
    lambda town, ref, actor: town.ink.confirm([ref], actor=actor),
    lambda town, ref, actor: town.ink.recall([ref], reason="x", actor=actor),
    lambda town, ref, actor: town.ink.instructions(ref, actor=actor),
    lambda town, ref, actor: town.ink.inbox(ref, actor=actor),
    lambda town, ref, actor: town.ink.send_message(ref, "x", actor=actor),
    lambda town, ref, actor: town.ink.send_document(ref, b"x", actor=actor),
    lambda town, ref, actor: town.ink.record_handover([ref], channel="c", case_reference="y", on=dt.date.max, reason="x", actor=actor),
]


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(("actor", "ref"), [(NORTH, FOREIGN), (VERA, FOREIGN), (VERA, NEIGHBOURS)], ids=str)
def test_what_is_not_his_is_not_there(town: World, ask: Callable[[World, str, Actor], object], actor: Actor, ref: str) -> None:
    before = town.ink.history(ref)
    with pytest.raises(NotFound):
        ask(town, ref, actor)
    assert town.ink.history(ref) == before
    assert town.ink.holds() == []


def test_an_id_opens_no_other_door(town: World) -> None:
    with pytest.raises(NotFound):
        town.ink.find(town.ink.find(FOREIGN).id, actor=NORTH)


def test_a_claim_without_a_vendor_belongs_to_no_vendor(town: World) -> None:
    town.report(claim("A-9"), shop="north")
    town.ink.publish_vendor_view()
    assert refs(town, VERA) == [MINE]


def test_tasks_are_seen_and_done_by_whom_they_concern(town: World) -> None:
    everything = [MINE, NEIGHBOURS, FOREIGN]
    done(town.ink.release(everything, actor=OPERATOR))
    town.transmit()
    for order, shop, vendor in (("A-1", "north", "vera"), ("A-2", "north", "vito"), ("A-1", "south", "vera")):
        town.report(claim(order, vendor=vendor, customer="K-1", paid="10.00"), shop=shop)
    assert [len(town.ink.tasks(actor=actor)) for actor in (OPERATOR, NORTH, VERA)] == [3, 2, 1]
    mine, neighbours, foreign = town.ink.tasks()
    assert not town.ink.finish_task(foreign.id, actor=NORTH)
    assert not town.ink.finish_task(neighbours.id, actor=VERA)
    assert town.ink.finish_task(mine.id, actor=VERA)
    assert not town.ink.finish_task(mine.id, actor=VERA)
    assert [t.id for t in town.ink.tasks()] == [neighbours.id, foreign.id]


def test_holds_are_seen_and_lifted_by_whom_they_concern(town: World) -> None:
    mine = town.ink.hold(MINE, reason="x", actor=VERA)
    neighbours = town.ink.hold(NEIGHBOURS, reason="x", actor=NORTH)
    foreign = town.ink.hold(FOREIGN, reason="x", actor=OPERATOR)
    assert [h.id for h in town.ink.holds()] == [mine, neighbours, foreign]
    assert [h.id for h in town.ink.holds(actor=NORTH)] == [mine, neighbours]
    assert [h.id for h in town.ink.holds(actor=VERA)] == [mine]
    assert not town.ink.lift_hold(foreign, actor=NORTH)
    assert not town.ink.lift_hold(neighbours, actor=VERA)
    assert town.ink.lift_hold(mine, actor=VERA)
    assert town.state(FOREIGN) is State.WAITING


def test_a_vendor_holds_no_claim_of_another_by_way_of_the_debtor(town: World) -> None:
    with pytest.raises(NotPermitted):
        town.ink.hold(MINE, scope="debtor", reason="x", actor=VERA)
    assert town.ink.holds() == []
    assert town.state(NEIGHBOURS) is State.READY
    hold = town.ink.hold(MINE, scope="debtor", reason="x", actor=NORTH)
    assert [town.state(ref) for ref in (MINE, NEIGHBOURS, FOREIGN)] == [State.WAITING, State.WAITING, State.READY]
    assert not town.ink.lift_hold(hold, actor=VERA)


def test_a_file_is_confirmed_for_his_own_claims_alone(tmp_path: Path) -> None:
    shops = {name: {"tenant": name} for name in ("north", "south")}
    with world(tmp_path, accounts={"upload": {"agency": "plain-file"}}, shops=shops) as town:
        town.running("A-1", shop="north")
        town.running("A-2", shop="south")
        (report,) = town.transmit()
        confirmed = town.ink.confirm(file=report.file, actor=NORTH)
        assert [stored.ref for stored, _ in confirmed] == ["north:A-1"]
        assert town.state("south:A-2") is State.EXPORTED


def test_a_vendor_decides_nothing_about_an_account(town: World) -> None:
    with pytest.raises(NotPermitted):
        town.ink.mandate("agency", dated=dt.date(2026, 1, 1), actor=VERA)
    with pytest.raises(NotPermitted):
        town.ink.go_live("agency", nothing_to_adopt=True, actor=VERA)


def test_what_could_not_become_a_claim_is_shown_to_its_tenant(town: World) -> None:
    for shop in ("north", "south"):
        town.ink.payment_received(shop=shop, payload={"principal": "none"})
    assert [e.shop for e in town.ink.failed_events()] == ["north", "south"]
    assert [e.shop for e in town.ink.failed_events(actor=NORTH)] == ["north"]
    assert town.ink.failed_events("south", actor=NORTH) == []


def test_the_user_of_the_operating_system_has_the_rights_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "vera")
    actors = {"vera": {"role": "vendor", "vendors": ["vera"]}}
    with world(tmp_path, shops={"shop": {"profile": "marketplace"}}, actors=actors, live=False) as town:
        town.report(claim("A-1", vendor="vera"), claim("A-2", vendor="vito"))
        town.ink.publish_vendor_view(actor=OPERATOR)
        assert [s.record for s in town.ink.claims()] == ["A-1"]
        (handled,) = town.ink.mark_paid(["shop:A-1"])
        assert not handled.ok


def test_the_operator_of_one_tenant_decides_about_no_account_that_serves_another(town: World) -> None:
    path = town.folder / "alt.csv"
    path.write_text("Auftrag;Aktenzeichen;Datum;shop\nA-1;AZ-1;01.04.2026;south\n")
    ink = town.ink
    refused: list[Callable[[], object]] = [
        lambda: ink.stop("agency", reason="x", actor=NORTH),
        lambda: ink.go_live("agency", nothing_to_adopt=True, actor=NORTH),
        lambda: ink.mandate("agency", dated=dt.date(2026, 1, 1), actor=NORTH),
        lambda: ink.adopt("agency", path, actor=NORTH),
        lambda: ink.adopt("agency", before=dt.date(2026, 1, 1), actor=NORTH),
        lambda: ink.health(actor=NORTH),
    ]
    for decide in refused:
        with pytest.raises(NotPermitted):
            decide()
    assert ink.gate("agency").mode == "live"
    assert ink.adopted(actor=OPERATOR) == []


def test_a_list_names_no_shop_of_another_tenant(tmp_path: Path) -> None:
    accounts = {"agency": {}, "southern": {}}
    shops = {"north": {"tenant": "north", "account": "agency"}, "south": {"tenant": "south", "account": "southern"}}
    with world(tmp_path, accounts=accounts, shops=shops, routes=[]) as town:
        path = tmp_path / "alt.csv"
        path.write_text("Auftrag;Aktenzeichen;Datum;shop\nA-1;AZ-1;01.04.2026;south\n")
        (told,) = town.ink.adopt("agency", path, actor=NORTH).rows
        assert (told.fate, told.refs) == ("refused", ())
        assert "south" not in str(told.problem)
        with pytest.raises(NotFound):
            town.ink.adopt("agency", path, shop="south", actor=NORTH)
        assert town.ink.adopted(actor=OPERATOR) == []
