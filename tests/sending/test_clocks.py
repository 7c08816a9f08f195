"""Machines whose clocks differ: what was decided, told and reported last is what counts, whichever of them wrote it down."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from feeding import News
from tellers import paid, telling_world
from world import NOON, OPERATOR, VENDOR, World, claim, done, world

from inkasso_core import ClaimRejected, FeedKind, State, Text
from inkasso_core.store import feeds, ids, shops

HOUR = 3600.0


@contextmanager
def machine(ahead: float = 0.0) -> Iterator[None]:
    """Let another machine make the ids, one whose clock is so many seconds ahead. Afterwards ours makes them as if nothing had been."""
    true = ids._milliseconds
    state = {"_milliseconds": lambda: true() + round(ahead * 1000), "_time": 0, "_head": "", "_tail": 0}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in state.items():
            patch.setattr(ids, name, value)
        yield


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    """What these tests do to the clock of ids is over when they are."""
    with machine():
        yield


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as opened:
        yield opened


# Ids


def test_ids_pass_by_those_of_a_machine_whose_clock_is_ahead() -> None:
    mine = ids.new_id()
    with machine(60):
        ahead = ids.new_id()
    ids.pass_by(ahead)
    after = [ids.new_id() for _ in range(100)]
    assert mine < ahead < after[0]
    assert after == sorted(set(after))
    ids.pass_by(mine)
    assert ids.new_id() > after[-1]


def test_an_id_that_need_not_pass_by_another_is_made_from_the_time() -> None:
    time = len(str(ids.new_id())) - 16
    ahead = ids.new_id()
    for _ in range(1000):
        ahead = ids.new_id(after=ahead)
    with machine():
        assert ids.new_id()[:time] >= ahead[:time], "however often that is asked for, ids do not run away from the clock"


def test_the_history_is_in_order(town: World) -> None:
    (ref,) = town.ready("A-1")
    with machine(HOUR):
        done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    town.report(claim("A-1", paid="10.00"))
    assert town.trail(ref) == ["ready", "running", "handed_over"]
    entries = town.ink.history(ref)
    assert entries[0].from_state is None
    assert all(after.from_state == before.to_state for before, after in pairwise(entries))


# Decisions


def test_an_account_that_is_stopped_by_a_machine_whose_clock_is_behind_sends_nothing(town: World) -> None:
    town.running("A-1", "A-2")
    with machine(HOUR):
        town.ink.stop("agency", reason="contract ended", actor=OPERATOR)
        town.ink.go_live("agency", actor=OPERATOR)
    town.ink.stop("agency", reason="contract ended after all", actor=OPERATOR)
    assert town.ink.gate("agency").mode == "stopped"
    with machine(HOUR):
        town.transmit()
    assert town.agency.sent == []


def test_and_the_other_way_round_it_goes_on(town: World) -> None:
    town.running("A-1")
    with machine(HOUR):
        town.ink.stop("agency", reason="contract ended", actor=OPERATOR)
    town.ink.go_live("agency", actor=OPERATOR)
    town.transmit()
    assert len(town.agency.sent) == 1


def test_the_newest_limit_counts(town: World) -> None:
    town.running("A-1", "A-2", "A-3")
    with machine(HOUR):
        town.ink.go_live("agency", first=3, actor=OPERATOR)
    town.ink.go_live("agency", first=1, actor=OPERATOR)
    town.transmit()
    assert len(town.agency.sent) == 1


def test_a_vendor_s_newest_word_counts(tmp_path: Path) -> None:
    with world(tmp_path, shops={"shop": {"profile": "marketplace", "vendors": {"change_after_days": 0}}}) as town:
        (ref,) = town.ready("A-1", vendor="viktor")
        with machine(HOUR):
            town.ink.set_vendor_options("shop", "viktor", automatic=True, actor=VENDOR)
        town.ink.set_vendor_options("shop", "viktor", automatic=False, actor=VENDOR)
        assert not town.ink.vendor_options("shop", "viktor", actor=OPERATOR).automatic
        town.ink.run_due()
        assert town.state(ref) is State.READY


# What is told, and what was told


def test_an_agency_is_told_in_the_order_in_which_it_happened(tmp_path: Path) -> None:
    with telling_world(tmp_path) as (town, ears):
        town.handed_over("A-1")
        with machine(HOUR):
            town.report(claim("A-1", payments=(paid("10.00", "p-1"),)))
        town.report(claim("A-1", payments=(paid("10.00", "p-1"), paid("20.00", "p-2"))))
        for _ in range(2):
            town.transmit()
        assert ears.amounts == ["10.00", "20.00"]


def test_news_of_an_agency_is_applied_in_the_order_of_arrival(town: World) -> None:
    news, database = News(), town.ink._context.database
    with machine(HOUR), database.write() as connection:
        feeds.add(connection, "agency", [news.add(FeedKind.MESSAGE, text="one")], NOON)
    with database.write() as connection:
        feeds.add(connection, "agency", [news.add(FeedKind.MESSAGE, text="two")], NOON)
        todo = [feeds.take(connection, one) for one in feeds.todo(connection, "agency", after="", limit=9)]
    assert [one.entry_id for one in todo if one] == ["E-1", "E-2"]


def test_what_a_shop_says_of_one_thing_stays_in_order(town: World) -> None:
    database = town.ink._context.database
    told = [shops.NewPart("order-1", f"n-{number}", f'{{"number":{number}}}') for number in (1, 2)]
    with machine(HOUR), database.write() as connection:
        shops.add_parts(connection, "shop", told[:1], NOON)
    with database.write() as connection:
        shops.add_parts(connection, "shop", told[1:], NOON)
        (whole,) = shops.untold(connection, "shop")
        (parts,) = shops.parts_of(connection, "shop", [whole]).values()
    assert [part["payload"]["number"] for part in parts] == [1, 2]


def test_of_two_cases_of_a_claim_the_later_one_is_its_case(town: World) -> None:
    with machine(HOUR):
        (ref,) = town.running("A-1")
        town.agency.answers(ClaimRejected(Text("Nein.", "No.")))
        town.transmit()
    assert town.state(ref) is State.FAILED
    done(town.ink.release([ref], actor=OPERATOR))
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [one.case_reference is None for one in town.ink.show(ref).placements] == [True, False]
