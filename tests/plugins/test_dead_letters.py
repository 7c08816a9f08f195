"""What an observer could not be told for days becomes a dead letter: seen, told again by a person, or settled. And several tell at once."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from plugins.test_observers import NEVER, Observer, ids
from world import OPERATOR, World, world

from inkasso_core import Actor, ClaimEvent, InvalidInput, NotFound, NotPermitted, Role, hookimpl
from inkasso_core.observing import CHUNK, MOST_TRIES, TASK
from inkasso_core.store.schema import notice


@pytest.fixture
def crm() -> Observer:
    return Observer(NEVER)


@pytest.fixture
def town(tmp_path: Path, crm: Observer) -> Iterator[World]:
    with world(tmp_path, plugins={"crm": crm}) as opened:
        yield opened


def give_up(town: World) -> None:
    """Let days go by in which the observer cannot be told."""
    for _ in range(MOST_TRIES):
        town.ink.follow()
        town.clock.forward(hours=12)


def test_after_days_in_vain_it_is_a_dead_letter_and_one_task_calls_a_person(town: World, crm: Observer) -> None:
    town.ready("A-1")
    town.ready("A-2")
    give_up(town)
    letters = town.ink.dead_letters()
    assert [(letter.plugin, letter.ref, letter.what, letter.tries) for letter in letters] == [
        ("crm", "shop:A-1", "registered", MOST_TRIES),
        ("crm", "shop:A-2", "registered", MOST_TRIES),
    ]
    assert {letter.error for letter in letters} == {"ConnectionError"}, "what it said, which may name somebody, is not kept"
    assert "Erika" not in str(letters)
    assert len(town.tasks(TASK)) == 1
    tried = len(crm.tried)
    town.clock.forward(days=30)
    assert (town.ink.follow().failed, len(crm.tried)) == (0, tried), "nobody tells it any more"


def test_a_person_has_it_told_again_by_the_same_id(town: World, crm: Observer) -> None:
    town.ready("A-1")
    give_up(town)
    (letter,) = town.ink.dead_letters("crm")
    crm.deaf = 0
    assert [one.id for one in town.ink.tell_again(letter.id, actor=OPERATOR)] == [letter.id]
    assert town.tasks(TASK) == [], "there is nothing more to do for a person"
    town.ink.follow()
    assert ids(crm.told) == [letter.id]
    assert crm.told[0].tries == MOST_TRIES, "something of it may be done already"
    assert town.ink.dead_letters() == []
    town.clock.forward(days=1)
    assert town.ink.follow().told == 0


def test_told_again_in_vain_it_has_as_many_tries_as_at_first(town: World, crm: Observer) -> None:
    town.ready("A-1")
    give_up(town)
    town.ink.tell_again(plugin="crm", actor=OPERATOR)
    for _ in range(MOST_TRIES - 1):
        assert town.ink.follow().failed == 1
        town.clock.forward(hours=12)
        assert town.ink.dead_letters() == []
    assert town.ink.follow().failed == 1
    assert [letter.tries for letter in town.ink.dead_letters()] == [2 * MOST_TRIES]
    assert len(town.tasks(TASK)) == 1


def test_what_need_not_be_told_is_settled_with_a_reason(town: World) -> None:
    town.ready("A-1")
    town.ready("A-2")
    give_up(town)
    first, second = town.ink.dead_letters()
    with pytest.raises(InvalidInput):
        town.ink.settle_dead_letters(first.id, reason=" ", actor=OPERATOR)
    town.ink.settle_dead_letters(first.id, reason="the CRM is gone", actor=OPERATOR)
    assert [letter.id for letter in town.ink.dead_letters()] == [second.id]
    assert len(town.tasks(TASK)) == 1, "the other one still waits"
    (settled,) = town.ink.dead_letters(settled=True)
    assert (settled.id, settled.settled_by, settled.settled_why) == (first.id, OPERATOR.id, "the CRM is gone")
    town.ink.settle_dead_letters(plugin="crm", reason="the CRM is gone", actor=OPERATOR)
    assert town.ink.dead_letters() == []
    assert town.tasks(TASK) == []


def test_an_event_that_is_none_is_refused_and_nothing_changes(town: World) -> None:
    town.ready("A-1")
    give_up(town)
    (letter,) = town.ink.dead_letters()
    for act in (town.ink.tell_again, lambda some, **more: town.ink.settle_dead_letters(some, reason="so", **more)):
        with pytest.raises(NotFound, match="nobody"):
            act([letter.id, "nobody"], actor=OPERATOR)
        assert [one.id for one in town.ink.dead_letters()] == [letter.id]


def test_who_sees_other_tenants_only_sees_and_changes_none(town: World) -> None:
    town.ready("A-1")
    give_up(town)
    (letter,) = town.ink.dead_letters()
    stranger = Actor("nina", Role.OPERATOR, tenants=frozenset({"other"}))
    vendor = Actor("vera", Role.VENDOR, vendors=frozenset({"V-9"}))
    for who in (stranger, vendor):
        assert town.ink.dead_letters(actor=who) == []
    with pytest.raises(NotFound):
        town.ink.tell_again(letter.id, actor=stranger)
    assert town.ink.tell_again(actor=stranger) == []


def test_no_vendor_sees_or_settles_what_plugins_could_not_be_told(town: World) -> None:
    town.ready("A-1", vendor="V-9")
    give_up(town)
    letters = town.ink.dead_letters()
    vendor = Actor("vera", Role.VENDOR, vendors=frozenset({"V-9"}))
    assert letters
    assert town.ink.dead_letters(actor=vendor) == []
    with pytest.raises(NotPermitted):
        town.ink.tell_again(actor=vendor)
    with pytest.raises(NotPermitted):
        town.ink.settle_dead_letters(reason="mine", actor=vendor)
    assert town.ink.dead_letters() == letters


# In order


def test_of_one_claim_it_hears_one_after_the_other_and_others_do_not_wait(town: World, crm: Observer) -> None:
    crm.deaf = 1
    town.handed_over("A-1")
    town.ready("A-2")
    town.ink.follow()
    assert [event.order for event in crm.told] == ["A-2"], "of A-1 it has to hear the first thing first"
    town.clock.forward(minutes=1)
    town.ink.follow()
    assert [event.kind for event in crm.told if event.order == "A-1"] == ["registered", "released", "handed_over"]


def test_a_dead_letter_holds_nobody_up(town: World, crm: Observer) -> None:
    town.ready("A-1")
    give_up(town)
    crm.deaf = 0
    town.ink.remove("shop:A-1", reason="goodwill", actor=OPERATOR)
    town.ink.follow()
    assert [event.kind for event in crm.told] == ["removed"]


# Several at once


def test_what_another_process_tells_just_now_is_left_to_it(tmp_path: Path) -> None:
    """While the first is told, a second process follows: it tells what the first did not take, and nothing twice."""
    second: list[World] = []

    class Slow(Observer):
        @hookimpl
        def inkasso_claim_changed(self, event: ClaimEvent) -> None:
            self.told.append(event)
            if second and len(self.told) == 1:
                assert second[0].ink.follow().told == 0

    slow = Slow()
    with world(tmp_path, plugins={"crm": slow}) as town, world(tmp_path, plugins={"crm": slow}) as other:
        second.append(other)
        for number in range(3):
            town.ready(f"A-{number}")
        town.ink.follow()
        other.ink.follow()
        assert sorted(event.order for event in slow.told) == ["A-0", "A-1", "A-2"]


def test_more_than_one_turn_takes_at_once_is_told_all_the_same(town: World, crm: Observer) -> None:
    crm.deaf = 0
    orders = [f"A-{number}" for number in range(CHUNK + 5)]
    town.ready(*orders)
    town.ink.follow()
    assert sorted(event.order for event in crm.told) == sorted(orders)


def test_what_a_machine_took_that_is_gone_is_told_when_its_lease_ends(town: World, crm: Observer) -> None:
    crm.deaf = 0
    town.ready("A-1")
    until = town.clock() + dt.timedelta(minutes=15)
    with town.ink._context.database.write() as connection:
        connection.execute(sa.update(notice).values(owner="elsewhere:1:1:abcd", lease_until=until))
    assert town.ink.follow().told == 0
    town.clock.forward(minutes=16)
    town.ink.follow()
    assert [event.order for event in crm.told] == ["A-1"]


def test_the_list_is_for_programs_too(town: World) -> None:
    town.ready("A-1")
    give_up(town)
    (letter,) = town.ink.dead_letters()
    assert json.loads(json.dumps(letter._asdict(), default=str))["plugin"] == "crm"
