"""Many at once: several installations on one database, several threads in one, and never one request too many."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sending.town import Books, release, together, workers, yes
from world import OPERATOR, Clock, claim

from inkasso_core import AuthenticationFailed, Inkasso, Placement, State, Submission, TemporarilyUnavailable, Text, leasing, points, sending

WORDS = Text("Wie verlangt.", "As asked for.")


class Killed(BaseException):
    """Ends a process as SIGKILL does."""


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small leases, so that the workers meet more often."""
    monkeypatch.setattr(leasing, "MOST", 8)


def test_eight_workers_hand_each_claim_over_once(tmp_path: Path, database: str, books: Books) -> None:
    books.seconds = 0.002
    with workers(8, tmp_path, database, books) as inks:
        orders = release(inks[0], 160)
        reports = together(inks)
        assert books.came == Counter(orders)
        assert inks[0].count() == {State.HANDED_OVER: 160}
        assert sum(report.total for report in reports) == 160
        assert inks[0].tasks() == []


def test_workers_of_postgresql_work_beside_each_other(tmp_path: Path, database: str, books: Books) -> None:
    if database.startswith("sqlite"):
        pytest.skip("SQLite has one writer")
    books.seconds = 0.02
    with workers(4, tmp_path, database, books) as inks:
        release(inks[0], 80)
        reports = together(inks)
        assert all(report.total >= 4 for report in reports), [report.total for report in reports]
        assert books.most == 4


@pytest.mark.parametrize("at_once", [1, 3])
def test_an_agency_that_wants_a_pause_gets_it_from_all(tmp_path: Path, database: str, books: Books, at_once: int) -> None:
    def busy(_placement: Placement) -> Submission:
        raise TemporarilyUnavailable(WORDS, retry_after=60)

    clock = Clock()
    books.answer = busy
    with workers(4, tmp_path, database, books, clock, at_once=at_once) as inks:
        orders = release(inks[0], 60)
        reports = together(inks)
        assert books.came.total() <= 4 * at_once, "no more than were under way when the first answer came"
        assert all(report.rests_until is not None for report in reports)
        together(inks)
        assert books.came.total() <= 4 * at_once
        books.came.clear()
        books.answer = None
        clock.forward(seconds=61)
        together(inks)
        assert books.came == Counter(orders)


@pytest.mark.parametrize("at_once", [1, 3])
def test_the_first_claims_of_an_account_are_no_more_than_its_limit(tmp_path: Path, database: str, books: Books, at_once: int) -> None:
    with workers(6, tmp_path, database, books, at_once=at_once) as inks:
        release(inks[0], 60)
        inks[0].go_live("agency", first=17, actor=OPERATOR)
        together(inks)
        assert books.came.total() == 17
        together(inks)
        assert books.came.total() == 17
        assert inks[0].count() == {State.HANDED_OVER: 17, State.RUNNING: 43}


def test_all_workers_together_send_no_more_in_a_minute_than_the_agency_takes(tmp_path: Path, database: str, books: Books) -> None:
    clock = Clock()
    with workers(6, tmp_path, database, books, clock, per_minute=10, per_day=25) as inks:
        release(inks[0], 40)
        reports = together(inks)
        assert books.came.total() == 10
        late = [report for report in reports if report.counts.get("postponed")]
        assert late
        together(inks)
        assert books.came.total() == 10
        for most in (20, 25, 25):
            clock.forward(minutes=1)
            together(inks)
            assert books.came.total() == most
        clock.forward(days=1)
        together(inks)
        clock.forward(minutes=1)
        together(inks)
        assert books.came.total() == 40
        assert max(books.came.values()) == 1


def test_what_is_postponed_says_when_it_goes_on(tmp_path: Path, database: str, books: Books) -> None:
    with workers(1, tmp_path, database, books, per_minute=2) as (ink,):
        release(ink, 5)
        texts: list[Text] = []
        (report,) = ink.transmit(on_item=lambda item: texts.append(item.text) if item.result == "postponed" and item.text else None)
        assert report.counts["handed_over"] == 2
        assert report.counts["postponed"] >= 1
        assert all("2026-06-01 12:01" in part for text in texts for part in text), texts


def test_an_account_that_stops_while_many_send_has_one_alarm(tmp_path: Path, database: str, books: Books) -> None:
    def no(placement: Placement) -> Submission:
        raise AuthenticationFailed(WORDS)

    books.answer = no
    with workers(6, tmp_path, database, books, at_once=2) as inks:
        release(inks[0], 60)
        together(inks)
        assert len([task for task in inks[0].tasks() if task.kind == "account_stopped"]) == 1
        assert inks[0].gate("agency").mode == "stopped"
        assert inks[0].count() == {State.RUNNING: 60}
        books.answer = None
        sent = books.came.total()
        together(inks)
        assert books.came.total() == sent, "nothing goes until a person says so"
        inks[0].go_live("agency", actor=OPERATOR)
        together(inks)
        assert inks[0].count() == {State.HANDED_OVER: 60}


def test_while_a_slow_agency_answers_the_next_ones_are_leased_and_answers_stored(tmp_path: Path, database: str, books: Books) -> None:
    threads: list[threading.Thread] = []

    def slow(placement: Placement) -> Submission:
        threads.append(threading.current_thread())
        time.sleep(0.022)
        return yes(placement)

    books.answer = slow
    with workers(1, tmp_path, database, books) as (ink,):
        orders = release(ink, 20)
        (report,) = ink.transmit("agency", limit=15)
        assert (report.total, books.order, books.most) == (15, orders[:15], 1)
        assert len(set(threads[: sending.IN_A_ROW])) == len(set(threads[sending.IN_A_ROW :])) == 1
        assert threads[0] is not threads[-1]
        ink.transmit("agency")
        assert books.came == Counter(orders)
        assert ink.count() == {State.HANDED_OVER: 20}


@pytest.mark.parametrize("after", [1, 4, 5, 6, 7, 9])
def test_an_account_that_stops_while_a_slow_agency_is_sent_to_sends_no_more(
    tmp_path: Path, database: str, books: Books, after: int
) -> None:
    def no(placement: Placement) -> Submission:
        time.sleep(0.022)
        if len(books.order) == after:
            raise AuthenticationFailed(WORDS)
        return yes(placement)

    books.answer = no
    with workers(1, tmp_path, database, books) as (ink,):
        orders = release(ink, 12)
        ink.transmit("agency")
        assert books.order == orders[:after]
        assert (ink.count().get(State.HANDED_OVER, 0), ink.count()[State.RUNNING]) == (after - 1, 13 - after)
        books.answer = None
        ink.go_live("agency", actor=OPERATOR)
        ink.transmit("agency")
        assert ink.count() == {State.HANDED_OVER: 12}
        assert books.came.total() == 13


def test_people_and_shops_write_while_many_send(tmp_path: Path, database: str, books: Books) -> None:
    """Whoever writes alone waits for those who write beside each other, and nobody waits in a circle."""
    books.seconds = 0.005
    with workers(5, tmp_path, database, books) as (desk, *others):
        orders = release(desk, 80)
        withdrawn: list[str] = []
        paid: list[str] = []

        def meddle() -> None:
            for number, order in enumerate(reversed(orders)):
                if number % 2:
                    withdrawn.extend(order for one in desk.withdraw([f"shop:{order}"], actor=OPERATOR) if one.ok)
                else:
                    result = desk.register(claim(order, paid="500.00", version=2), shop="shop")
                    paid.extend([order] if result.state is State.PAID else [])

        thread = threading.Thread(target=meddle)
        thread.start()
        together(others)
        thread.join()
        together(others)
        assert max(books.came.values()) == 1
        assert not set(withdrawn) & set(books.came), "what was taken back in time did not go"
        assert not set(paid) & set(books.came)
        states = {order: desk.find(f"shop:{order}").state for order in orders}
        assert all(states[order] is State.PAID for order in paid)
        assert {order for order in orders if states[order] is State.HANDED_OVER} <= set(books.came)
        assert set(books.came) <= {order for order in orders if states[order] in (State.HANDED_OVER, State.PAID)}


def test_threads_of_one_process_send_each_through_an_adapter_of_its_own(tmp_path: Path, database: str, books: Books) -> None:
    books.seconds = 0.03
    with workers(1, tmp_path, database, books, at_once=8) as (ink,):
        orders = release(ink, 60)
        told: list[str] = []
        ink.transmit(on_item=lambda item: told.append(item.ref))
        assert books.came == Counter(orders)
        assert sorted(told) == [f"shop:{order}" for order in orders]
        assert 4 <= books.most <= 8
        assert len(books.adapters) == 8


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_who_interrupts_several_threads_waits_for_their_requests_and_gives_the_rest_back(
    tmp_path: Path, database: str, books: Books, error: type[BaseException]
) -> None:
    books.seconds = 0.02
    with workers(1, tmp_path, database, books, at_once=4) as (ink,):
        orders = release(ink, 40)

        def interrupt(item: object) -> None:
            if books.came.total() > 8:
                raise error

        with pytest.raises(error):
            ink.transmit(on_item=interrupt)
        sent = set(books.came)
        assert len(sent) < 40
        assert {order for order in orders if ink.find(f"shop:{order}").state is State.HANDED_OVER} == sent
        assert ink.count()[State.RUNNING] == 40 - len(sent)
        ink.transmit()
        assert books.came == Counter(orders)


def test_threads_that_are_killed_leave_unclear_what_was_marked_and_nothing_else(tmp_path: Path, database: str, books: Books) -> None:
    books.seconds = 0.01
    with workers(2, tmp_path, database, books, at_once=4) as (ink, later):
        orders = release(ink, 30)
        passed = 0
        lock = threading.Lock()

        def kill(name: str) -> None:
            nonlocal passed
            if name == "transmit.marked":
                with lock:
                    passed += 1
                if passed == 9:
                    raise Killed

        points.listener = kill
        try:
            with pytest.raises(Killed):
                ink.transmit()
        finally:
            points.listener = None
        for _ in range(2):  # its other threads, which a kill would have ended, finish their requests meanwhile
            together([later])
            time.sleep(0.05)
        unclear = {order for order in orders if later.find(f"shop:{order}").state is State.UNCLEAR}
        assert unclear
        assert max(books.came.values()) == 1
        assert all(later.find(f"shop:{order}").state is State.HANDED_OVER for order in set(orders) - unclear)


def test_a_process_with_threads_that_is_to_end_finishes_what_is_under_way(tmp_path: Path, database: str, books: Books) -> None:
    books.seconds = 0.02
    with workers(2, tmp_path, database, books, at_once=4) as (ink, other):
        orders = release(ink, 40)
        ink.transmit(on_item=lambda _item: ink._context.ending.set())
        sent = set(books.came)
        assert 0 < len(sent) < 40
        assert ink.count() == {State.HANDED_OVER: len(sent), State.RUNNING: 40 - len(sent)}
        other.transmit()
        assert books.came == Counter(orders)


def _orders_of(ink: Inkasso, vendor: str, count: int) -> list[str]:
    orders = [f"{vendor}-{number:03d}" for number in range(count)]
    refs = [str(ink.register(claim(order, vendor=vendor), shop="shop").ref) for order in orders]
    assert all(one.ok for one in ink.release(refs, actor=OPERATOR))
    return orders


def test_the_many_claims_of_one_vendor_do_not_keep_anothers_few_waiting(tmp_path: Path, database: str, books: Books) -> None:
    with workers(1, tmp_path, database, books, per_minute=10) as (ink,):
        many = _orders_of(ink, "big", 60)
        few = _orders_of(ink, "small", 3)
        ink.transmit()
        assert set(few) <= set(books.came), "in the first minute already"
        assert books.came.total() == 10
        ink._context.clock.forward(minutes=1)  # type: ignore[attr-defined]
        later = _orders_of(ink, "third", 2)
        ink.transmit()
        assert set(later) <= set(books.came)
        for _ in range(6):
            ink._context.clock.forward(minutes=1)  # type: ignore[attr-defined]
            ink.transmit()
        assert books.came == Counter(many + few + later)
        mine = [order for order in books.order if order.startswith("big")]
        assert mine == sorted(mine), "each vendor's oldest first"


def test_without_a_limit_all_vendors_take_turns_and_each_claim_goes_once(tmp_path: Path, database: str, books: Books) -> None:
    with workers(3, tmp_path, database, books) as inks:
        orders = [order for number in range(12) for order in _orders_of(inks[0], f"v{number:02d}", 1 + number)]
        together(inks)
        assert books.came == Counter(orders)
