"""What an entry of a feed means for its claim: what each kind brings, in which order statuses count, and what is unclear."""

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from feeding import SIGNED, WORDS, News, delivered, fed, noted, paid, reference, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import NOON, OPERATOR, World, case_of, lost, taken, undecided

from inkasso_core import (
    AgencyStatus,
    FeedKind,
    Placement,
    State,
    Submission,
    TemporarilyUnavailable,
)
from inkasso_core.store import feeds as kept

HOUR = dt.timedelta(hours=1)
LATER = NOON + HOUR


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture(params=["acknowledged", "cursor"])
def town(request: pytest.FixtureRequest, tmp_path: Path, news: News) -> Iterator[World]:
    with fed(tmp_path, news, cursor=request.param == "cursor") as made:
        yield made


# What each entry means


def test_a_payment_is_told_and_moves_nothing(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    paid(news, reference(town, ref))
    news.add(FeedKind.PAYMENT, reference(town, ref))
    town.ink.follow()
    assert [entry.reason for entry in noted(town, ref, "payment")] == ["25.00 EUR, 2026-06-01", None]
    assert [event.reason for event in town.shop.told if event.kind == "payment"] == ["25.00 EUR, 2026-06-01", None]
    assert town.state(ref) is State.HANDED_OVER


@pytest.mark.parametrize(("kind", "what"), [(FeedKind.MESSAGE, "message"), (FeedKind.OTHER, "message"), (FeedKind.LEDGER, "ledger")])
def test_what_is_said_is_noted_and_its_text_stays_in_the_vault(town: World, news: News, kind: FeedKind, what: str) -> None:
    (ref,) = town.handed_over("A-1")
    news.add(kind, reference(town, ref), text="Frau Zzz wohnt jetzt in Kassel")
    town.ink.follow()
    (entry,) = noted(town, ref, what)
    (row,) = rows(town)
    assert entry.details == {"entry": row.id}
    assert "Kassel" not in repr(town.ink.history(ref)) + repr(row) + repr(town.shop.told)
    assert town.ink.feed_entry(row.id, actor=OPERATOR)[1].text == "Frau Zzz wohnt jetzt in Kassel"
    assert [event.kind.value for event in town.shop.told if event.id == entry.id] == [what]


def test_a_question_is_a_task_that_names_the_item_of_the_inbox(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    news.add(FeedKind.QUESTION, reference(town, ref), text="Liegt ein Lieferschein vor?")
    town.ink.follow()
    (task,) = town.tasks()
    assert task.kind == "answer_agency"
    (item,) = town.ink.inbox()
    assert f"inkasso inbox show {item.id}" in task.message.de
    assert "portal" in task.message.en, "this adapter sends no messages"
    assert "Lieferschein" not in repr(task) + repr(item)
    assert task.case_reference == case_of(reference(town, ref))


def test_a_hint_has_the_status_read_once_however_often_it_is_given(town: World, news: News) -> None:
    first, second = town.handed_over("A-1", "A-2")
    for _ in range(3):
        news.add(FeedKind.HINT, reference(town, first))
    news.add(FeedKind.STATUS, reference(town, first))
    town.agency.says(AgencyStatus.CLOSED_PAID, reference=reference(town, first))
    town.agency.asked.clear()
    town.ink.follow()
    assert town.agency.asked == [("fetch_status", case_of(reference(town, first)))]
    assert (town.state(first), town.state(second)) == (State.PAID, State.HANDED_OVER)
    assert {row.status for row in rows(town)} == {"applied"}


def test_a_hint_waits_until_the_agency_can_be_asked(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    news.add(FeedKind.HINT, reference(town, ref))
    town.agency.says(AgencyStatus.CLOSED_PAID)
    town.agency.troubles["fetch_status"] = TemporarilyUnavailable(WORDS)
    town.ink.follow()
    assert [row.status for row in rows(town)] == ["new"]
    town.agency.troubles.clear()
    town.ink.follow()
    assert town.state(ref) is State.PAID


def test_an_answer_that_was_overtaken_by_a_webhook_reopens_nothing_and_is_asked_for_again(
    town: World, news: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the agency is asked on a hint it closes the case and tells so by itself: the answer was given before that."""
    (ref,) = town.handed_over("A-1")
    ours, ask = reference(town, ref), town.agency.ask
    open_then = town.agency.cases[ours]
    news.add(FeedKind.HINT, ours)

    def closed_meanwhile(operation: str, asked: str) -> None:
        monkeypatch.setattr(town.agency, "ask", ask)
        closing = news.status(ours, AgencyStatus.CLOSED_PAID, entry_id="W-1")
        town.ink.agency_webhook("agency", SIGNED, delivered(closing))
        assert town.state(ref) is State.PAID
        town.agency.cases[ours] = open_then

    monkeypatch.setattr(town.agency, "ask", closed_meanwhile)
    town.ink.follow()
    assert town.trail(ref) == ["ready", "running", "handed_over", "paid"]
    town.agency.says(AgencyStatus.CLOSED_PAID)
    town.ink.follow()
    assert (town.state(ref), {row.status for row in rows(town)}) == (State.PAID, {"applied"})


def test_a_hint_that_cannot_be_asked_about_is_left_for_a_person(tmp_path: Path, news: News) -> None:
    with fed(tmp_path, news, finds=False) as town:
        (ref,) = town.handed_over("A-1")
        news.add(FeedKind.HINT, reference(town, ref))
        town.ink.follow()
        (row,) = town.ink.feed_entries(actor=OPERATOR)
        assert (row.status, row.reason) == ("review", "not_askable")


def test_an_entry_is_matched_by_our_reference_where_the_case_is_not_known(town: World, news: News) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(lambda placement: undecided(placement).model_copy(update={"agency_reference": None}))
    town.transmit()
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.ACTIVE, our_reference=ours)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert town.ink.show(ref).placements[0].case_reference == case_of(ours)


def test_a_closed_case_is_known_still(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.CLOSED_UNPAID, at=LATER)
    paid(news, ours)
    town.ink.follow()
    assert town.state(ref) is State.CLOSED
    assert len(noted(town, ref, "payment")) == 1
    news.status(ours, AgencyStatus.ACTIVE, at=LATER + HOUR)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER, "the agency took it up again"


# Their order


STATUSES = [AgencyStatus.ACTIVE, AgencyStatus.PAUSED, AgencyStatus.DISPUTED, AgencyStatus.JUDICIAL, AgencyStatus.MONITORING]
NUMBERS = itertools.count(1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(arriving=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=8, unique_by=lambda one: one[0]))
def test_the_newest_status_counts_in_whatever_order_they_arrive(town: World, news: News, arriving: list[tuple[int, int]]) -> None:
    """Each comes once or more often, in one run or in several."""
    (ref,) = town.handed_over(f"L-{next(NUMBERS)}")
    ours = reference(town, ref)
    for hour, times in arriving:
        status = STATUSES[hour % len(STATUSES)]
        for _ in range(times):
            news.status(ours, status, at=NOON + hour * HOUR, entry_id=f"{ours}-{hour}")
        if times == 2:
            town.ink.follow()
    town.ink.follow()
    newest = max(hour for hour, _ in arriving)
    (placement,) = town.ink.show(ref).placements
    assert placement.agency_status == STATUSES[newest % len(STATUSES)].value
    assert placement.status_at == NOON + newest * HOUR


def test_an_older_status_does_not_overwrite_what_is_known(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.CLOSED_PAID, at=LATER + HOUR)
    news.status(ours, AgencyStatus.ACTIVE, at=LATER)
    news.status(ours, AgencyStatus.JUDICIAL, on=NOON.date() - dt.timedelta(days=1))
    town.ink.follow()
    assert town.state(ref) is State.PAID
    assert [row.reason for row in rows(town)] == [None, "older", "older"]


@pytest.mark.parametrize("when", [{}, {"at": NOON - HOUR}, {"on": NOON.date()}], ids=str)
@pytest.mark.parametrize("status", [AgencyStatus.DRAFT, AgencyStatus.SUBMITTED])
def test_the_echo_of_our_own_hand_over_is_no_way_back(town: World, news: News, status: AgencyStatus, when: dict[str, Any]) -> None:
    (ref,) = town.handed_over("A-1")
    news.status(reference(town, ref), status, **when)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert town.tasks() == []


@pytest.mark.parametrize("when", [{"at": LATER}, {"on": NOON.date() + dt.timedelta(days=1)}], ids=str)
def test_a_case_that_went_back_later_is_unclear_and_a_task(town: World, news: News, when: dict[str, Any]) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.SUBMITTED)
    news.status(reference(town, ref), AgencyStatus.SUBMITTED, **when)
    town.ink.follow()
    assert town.state(ref) is State.UNCLEAR
    assert [task.kind for task in town.tasks()] == ["status_reverted"]


def test_undated_statuses_count_as_they_come(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    for status in (AgencyStatus.JUDICIAL, AgencyStatus.DISPUTED, AgencyStatus.MONITORING):
        news.status(ours, status)
    town.ink.follow()
    assert town.ink.show(ref).placements[0].agency_status == "monitoring"


@pytest.mark.parametrize("when", [{}, {"at": NOON - HOUR}, {"on": NOON.date()}], ids=str)
def test_what_may_be_older_than_an_answer_does_not_reopen_a_case(town: World, news: News, when: dict[str, Any]) -> None:
    """Found by the storm: the feed lags behind, and tells that the case is active when its recall was confirmed already."""
    ref = _recalled(town, news)
    news.status(reference(town, ref), AgencyStatus.ACTIVE, **when)
    town.ink.follow()
    assert town.state(ref) is State.CANCELLED
    assert {row.status for row in rows(town)} == {"applied"}
    assert town.tasks() == []
    certainly_older = "at" in when
    assert town.agency.asked == ([] if certainly_older else [("fetch_status", case_of(reference(town, ref)))])


@pytest.mark.parametrize("when", [{}, {"at": LATER}, {"on": NOON.date()}, {"on": NOON.date() + dt.timedelta(days=1)}], ids=str)
def test_an_agency_that_takes_a_recalled_case_up_again_is_heard(town: World, news: News, when: dict[str, Any]) -> None:
    ref = _recalled(town, news)
    town.agency.says(AgencyStatus.ACTIVE)
    news.status(reference(town, ref), AgencyStatus.ACTIVE, **when)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER


def _recalled(town: World, news: News) -> str:
    """A claim whose agency answers that its case is recalled."""
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.RECALLED)
    news.add(FeedKind.HINT, reference(town, ref))
    town.ink.follow()
    assert town.state(ref) is State.CANCELLED
    town.agency.asked.clear()
    return ref


# What is unclear


def test_a_feed_may_say_what_became_of_what_is_unclear(town: World, news: News) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(lost())
    town.transmit()
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.ACTIVE, our_reference=ours)
    town.agency.asked.clear()
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert town.agency.asked == []


def test_a_hint_about_what_is_unclear_is_left_to_the_look_up(town: World, news: News) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(lost())
    town.transmit()
    ours = reference(town, ref)
    news.add(FeedKind.HINT, ours, our_reference=ours)
    town.ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    assert [operation for operation, _ in town.agency.asked] == ["find"]
    assert [row.reason for row in rows(town)] == ["look_up"]


def test_a_draft_in_the_feed_says_nothing_about_what_is_unclear(town: World, news: News) -> None:
    """It may be what the lost submission has left half-way: the look-up decides, once the agency has settled."""
    (ref,) = town.running("A-1")
    town.agency.answers(lost())
    town.transmit()
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.DRAFT, our_reference=ours, at=LATER)
    town.agency.troubles["find"] = TemporarilyUnavailable(WORDS)
    town.ink.follow()
    assert town.state(ref) is State.UNCLEAR
    assert [row.reason for row in rows(town)] == ["look_up"]


def test_a_case_that_only_the_feed_has_told_of_may_go_back(town: World, news: News) -> None:
    (ref,) = town.running("A-1")
    town.agency.answers(lost())
    town.transmit()
    ours = reference(town, ref)
    town.agency.troubles["find"] = TemporarilyUnavailable(WORDS)
    news.status(ours, AgencyStatus.ACTIVE, our_reference=ours, at=NOON)
    news.status(ours, AgencyStatus.SUBMITTED, our_reference=ours, at=LATER)
    town.ink.follow()
    assert town.trail(ref)[-2:] == ["handed_over", "unclear"]
    assert [task.kind for task in town.tasks()] == ["status_reverted"]


def test_an_entry_that_comes_while_its_submission_is_answered_waits_for_that(town: World, news: News) -> None:
    (ref,) = town.running("A-1")

    def told_first(placement: Placement) -> Submission:
        entry = news.status(placement.our_reference, AgencyStatus.JUDICIAL, our_reference=placement.our_reference, at=LATER)
        assert town.ink.agency_webhook("agency", SIGNED, delivered(entry)) == 1
        assert town.state(ref) is State.RUNNING
        return taken(placement)

    town.agency.answers(told_first)
    town.transmit()
    assert town.state(ref) is State.HANDED_OVER
    assert [row.status for row in rows(town)] == ["new"]
    town.ink.follow()
    assert town.ink.show(ref).placements[0].agency_status == "judicial"
    assert [row.status for row in rows(town)] == ["applied"]


def test_one_that_read_the_same_page_later_does_not_put_the_place_back(town: World) -> None:
    database = town.ink._context.database
    begin = kept.Place()
    with database.write() as connection:
        kept.move(connection, "agency", begin, "2", NOON)
        kept.move(connection, "agency", kept.Place("2"), "4", NOON)
        kept.move(connection, "agency", begin, "2", NOON)
        assert kept.place_of(connection, "agency") == kept.Place("4")
        kept.move(connection, "agency", kept.Place("4"), None, NOON)
        assert kept.place_of(connection, "agency") == kept.Place("4"), "a feed that says no place leaves it"
