"""What an agency brings by itself: stored whole, acknowledged, applied once; and kept for a person where nobody knows it."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from feeding import WORDS, News, fed, noted, paid, reference, rows
from world import NOON, OPERATOR, VENDOR, World, done

from inkasso_core import (
    Actor,
    AgencyStatus,
    AuthenticationFailed,
    ConfigurationError,
    FeedKind,
    InvalidInput,
    NotFound,
    Role,
    TemporarilyUnavailable,
    entries,
    feeds,
)

HOUR = dt.timedelta(hours=1)
LATER = NOON + HOUR


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture(params=["acknowledged", "cursor"])
def town(request: pytest.FixtureRequest, tmp_path: Path, news: News) -> Iterator[World]:
    with fed(tmp_path, news, cursor=request.param == "cursor") as made:
        yield made


# Reading


def test_a_feed_is_read_page_by_page_and_each_entry_is_applied_once(town: World, news: News) -> None:
    refs = town.handed_over("A-1", "A-2", "A-3")
    for ref in refs:
        news.status(reference(town, ref), AgencyStatus.JUDICIAL, at=LATER)
        paid(news, reference(town, ref))
    followed = town.ink.follow()
    assert (followed.received, followed.changed, followed.failed) == (6, 6, 0)
    assert len(news.fetched) == 3
    for ref in refs:
        (placement,) = town.ink.show(ref).placements
        assert (placement.agency_status, placement.status_at) == ("judicial", LATER)
        (payment,) = noted(town, ref, "payment")
        assert payment.reason == "25.00 EUR, 2026-06-01"
    assert town.ink.follow().received == 0
    assert {row.status for row in rows(town)} == {"applied"}


def test_where_there_is_a_feed_nobody_asks_for_each_status(town: World, news: News) -> None:
    town.handed_over("A-1", "A-2")
    town.agency.asked.clear()
    town.ink.run_due()
    assert town.agency.asked == []


def test_in_a_rehearsal_the_feed_is_left_alone(tmp_path: Path, news: News) -> None:
    with fed(tmp_path, news, live=False) as town:
        paid(news, "x")
        town.ink.run_due()
        assert (news.fetched, news.acknowledged) == ([], 0)
        context = town.ink._context
        assert not feeds.are_read(context, "agency", context.adapter("agency")), "so statuses are asked for, one by one"


def test_what_is_not_acknowledged_comes_again_and_is_known(tmp_path: Path, news: News) -> None:
    with fed(tmp_path, news) as town:
        (ref,) = town.handed_over("A-1")
        paid(news, reference(town, ref))
        news.troubles["acknowledge"] = TemporarilyUnavailable(WORDS)
        assert town.ink.follow().failed == 1
        assert len(noted(town, ref, "payment")) == 1, "what is stored is applied all the same"
        news.troubles.clear()
        assert town.ink.follow().received == 0
        assert news.acknowledged == 1
        assert len(noted(town, ref, "payment")) == 1


@pytest.mark.parametrize("error", [AuthenticationFailed(WORDS), ConfigurationError(WORDS)])
@pytest.mark.parametrize("operation", ["fetch_feed", "acknowledge"])
def test_an_error_of_the_account_stops_it(tmp_path: Path, news: News, operation: str, error: Exception) -> None:
    with fed(tmp_path, news) as town:
        (ref,) = town.handed_over("A-1")
        paid(news, reference(town, ref))
        news.troubles[operation] = error
        for _ in range(3):
            town.ink.follow()
        assert [task.kind for task in town.tasks()] == ["account_stopped"]
        assert len(news.fetched) == 1
        news.troubles.clear()
        town.ink.go_live("agency", actor=OPERATOR)
        town.ink.follow()
        assert len(noted(town, ref, "payment")) == 1


def test_the_agency_says_when_it_may_be_asked_again(town: World, news: News) -> None:
    news.troubles["fetch_feed"] = TemporarilyUnavailable(WORDS, retry_after=600)
    town.ink.follow()
    news.troubles.clear()
    town.clock.forward(minutes=9)
    town.ink.follow()
    assert len(news.fetched) == 1
    town.clock.forward(minutes=1)
    town.ink.follow()
    assert len(news.fetched) == 2


def test_a_feed_without_an_end_is_left_after_many_pages(town: World, news: News, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.feeds.MOST_PAGES", 3)
    for _ in range(10):
        news.add(FeedKind.OTHER)
    assert town.ink.follow().received == 6
    assert town.ink.follow().received == 4


def test_an_adapter_that_breaks_loses_nothing(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    paid(news, reference(town, ref))
    news.troubles["fetch_feed"] = KeyError("x")
    assert town.ink.follow().failed == 1
    news.troubles.clear()
    town.ink.follow()
    assert len(noted(town, ref, "payment")) == 1


@pytest.mark.parametrize(
    "raw", [object(), {1: {2, 3}}, "\ud800", [Decimal("1.10")], None], ids=["object", "set", "half", "decimal", "none"]
)
def test_whatever_the_agency_sent_is_kept(town: World, news: News, raw: object) -> None:
    (ref,) = town.handed_over("A-1")
    news.add(FeedKind.MESSAGE, reference(town, ref), text="Grüße", raw=raw)
    town.ink.follow()
    (row,) = rows(town)
    _, entry = town.ink.feed_entry(row.id, actor=OPERATOR)
    assert entry.text == "Grüße"
    assert (entry.raw is None) is (raw is None)


# What is not known


def test_an_unknown_case_is_kept_for_a_person_and_settled(town: World, news: News) -> None:
    news.add(FeedKind.MESSAGE, text="hello")
    town.ink.follow()
    (row,) = town.ink.feed_entries(actor=OPERATOR)
    assert (row.status, row.reason, row.agency_reference) == ("review", "unknown_case", "AZ-NOBODY")
    with pytest.raises(InvalidInput):
        town.ink.settle_feed(row.id, reason=" ", actor=OPERATOR)
    with pytest.raises(NotFound):
        town.ink.settle_feed([row.id, "nix"], reason="a test of theirs", actor=OPERATOR)
    assert town.ink.settle_feed(row.id, reason="a test of theirs", actor=OPERATOR) == [row.id]
    assert town.ink.feed_entries(actor=OPERATOR) == []
    (settled,) = town.ink.feed_entries(settled=True, actor=OPERATOR)
    assert (settled.settled_by, settled.settled_why) == ("olga", "a test of theirs")
    with pytest.raises(NotFound):
        town.ink.settle_feed(row.id, reason="again", actor=OPERATOR)
    town.ink.follow()
    assert [one.status for one in rows(town)] == ["settled"]


def test_an_unknown_case_is_assigned_to_a_claim(town: World, news: News) -> None:
    (ref,) = town.handed_over("A-1")
    town.ready("A-2")
    paid(news, reference(town, ref), agency_reference="AZ-TYPO")
    town.ink.follow()
    (row,) = town.ink.feed_entries(actor=OPERATOR)
    with pytest.raises(InvalidInput, match="never with the agency"):
        town.ink.assign_feed(row.id, "shop:A-2", actor=OPERATOR)
    assigned = town.ink.assign_feed(row.id, ref, actor=OPERATOR)
    assert (assigned.status, assigned.settled_by) == ("applied", "olga")
    assert len(noted(town, ref, "payment")) == 1
    with pytest.raises(NotFound):
        town.ink.assign_feed(row.id, ref, actor=OPERATOR)


def test_an_entry_that_came_before_its_case_was_known_is_applied_once_it_is(town: World, news: News) -> None:
    """The agency was quicker than the answer to our own request, or the case was entered by hand later."""
    (ref,) = town.ready("A-1")
    paid(news, "x", agency_reference="AZ-77")
    town.ink.follow()
    assert len(town.ink.feed_entries(actor=OPERATOR)) == 1
    outside = {"channel": "portal", "case_reference": "AZ-77", "on": dt.date(2026, 6, 1), "reason": "by hand"}
    done(town.ink.record_handover([ref], actor=OPERATOR, **outside))
    town.ink.follow()
    assert town.ink.feed_entries(actor=OPERATOR) == []
    assert len(noted(town, ref, "payment")) == 1


def test_another_account_s_case_of_the_same_reference_is_not_meant(tmp_path: Path, news: News) -> None:
    shops = {"shop": {}, "second": {"account": "other"}}
    with fed(tmp_path, news, accounts={"other": {}}, shops=shops) as town:
        (ref,) = town.handed_over("B-1", shop="second")
        paid(news, reference(town, ref))
        town.ink.follow()
        assert [row.reason for row in town.ink.feed_entries(actor=OPERATOR)] == ["unknown_case"]


def test_who_may_see_what_nobody_knows(town: World, news: News) -> None:
    news.add(FeedKind.MESSAGE)
    town.ink.follow()
    (row,) = town.ink.feed_entries(actor=OPERATOR)
    for who in (VENDOR, Actor("eve", Role.OPERATOR, tenants=frozenset({"another"}))):
        assert town.ink.feed_entries(actor=who) == []
        for refused in (
            lambda who=who: town.ink.feed_entry(row.id, actor=who),
            lambda who=who: town.ink.settle_feed(row.id, reason="x", actor=who),
            lambda who=who: town.ink.assign_feed(row.id, "shop:A-1", actor=who),
        ):
            with pytest.raises(NotFound):
                refused()
    tenant = Actor("tom", Role.OPERATOR, tenants=frozenset({"default"}))
    assert town.ink.feed_entries(actor=tenant) == [row]


def test_one_that_breaks_stays_with_its_error_and_the_others_go_on(town: World, news: News, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    paid(news, ours, "1.00")
    news.add(FeedKind.LEDGER, ours)
    paid(news, ours, "2.00")

    def breaks(heard: Any) -> None:
        raise LookupError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setitem(entries._EFFECTS, FeedKind.LEDGER, breaks)
        for _ in range(2):
            town.ink.follow()
    assert [entry.reason for entry in noted(town, ref, "payment")] == ["1.00 EUR, 2026-06-01", "2.00 EUR, 2026-06-01"]
    (row,) = town.ink.feed_entries(actor=OPERATOR)
    assert (row.status, row.reason, row.tries) == ("new", "LookupError", 2)
    assert any(check.subject == "feeds" for check in town.ink.doctor())
    town.ink.follow()
    assert town.ink.feed_entries(actor=OPERATOR) == []
    assert len(noted(town, ref, "ledger")) == 1


def test_an_undated_status_that_broke_does_not_overwrite_a_later_one(town: World, news: News, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = town.handed_over("A-1")
    ours = reference(town, ref)
    news.status(ours, AgencyStatus.JUDICIAL)
    take = entries.take_status

    def breaks_once(*args: Any, **more: Any) -> Any:
        if args[3].status is AgencyStatus.JUDICIAL:
            raise LookupError
        return take(*args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(entries, "take_status", breaks_once)
        news.status(ours, AgencyStatus.MONITORING)
        town.ink.follow()
    town.ink.follow()
    assert town.ink.show(ref).placements[0].agency_status == "monitoring"
    assert [row.reason for row in rows(town)] == ["older", None]
