"""Whatever the shop reports of payments, in whatever order, and whatever becomes of the answers: the agency hears of each once."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tellers import NO, Ears, lost_answer, lost_on_the_way, telling_world
from world import OPERATOR, World, claim

from inkasso_core import Acknowledgement, ClaimRejected, Credit, Payment, PaymentOrigin, ReportPayment, TemporarilyUnavailable
from inkasso_core.telling.payments import matched

DAY = dt.date(2026, 5, 28)
ORIGINS = (PaymentOrigin.SHOP, PaymentOrigin.SHOP, PaymentOrigin.SHOP, PaymentOrigin.AGENCY, PaymentOrigin.US)
POOL = [(f"TX-{number}", ORIGINS[number % len(ORIGINS)]) for number in range(6)]
ANSWERS = {
    "yes": lambda: Acknowledgement(raw={"ok": True}),
    "later": lambda: Acknowledgement(done=False, raw={"ok": True}),
    "unavailable": lambda: TemporarilyUnavailable(NO),
    "lost": lost_answer,
    "lost on the way": lost_on_the_way,
    "no": lambda: ClaimRejected(NO),
}
_orders = count(1)


class Place(NamedTuple):
    """A town that all examples share, each with an order of its own."""

    town: World
    ears: Ears
    repeats: bool

    def __repr__(self) -> str:
        return f"Place(repeats={self.repeats})"  # all that the town has seen is no use in a report


@pytest.fixture(scope="module", params=[False, True], ids=["a person looks", "repeated by key"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with telling_world(tmp_path_factory.mktemp("telling"), repeats=request.param) as (town, ears):
        yield Place(town, ears, request.param)


def _report(order: str, version: int, mine: list[int], more: int) -> Any:
    payments = tuple(Payment(amount=Decimal(number + 1), on=DAY, reference=POOL[number][0], origin=POOL[number][1]) for number in mine)
    return claim(order, version=version, payments=payments, credits=(Credit(amount=Decimal(more)),) if more else ())


_mine = st.lists(st.integers(0, len(POOL) - 1), max_size=len(POOL), unique=True)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("report"), _mine, st.integers(0, 2)),
        st.tuples(st.just("again"), st.integers(0, 5)),
        st.tuples(st.just("transmit"), st.sampled_from(sorted(ANSWERS))),
        st.tuples(st.just("resolve")),
        st.tuples(st.just("wait")),
    ),
    max_size=14,
)


@settings(max_examples=40)
@example(steps=[("report", [0], 0), ("transmit", "lost"), ("wait",), ("transmit", "no")], last=[])
@given(steps=_steps, last=_mine)
def test_each_payment_to_the_shop_is_told_once_and_no_other(place: Place, steps: list[tuple[Any, ...]], last: list[int]) -> None:
    town, ears, repeats = place
    order, versions = f"A-{next(_orders)}", count(2)
    (ref,) = town.handed_over(order, version=1)
    ears.heard.clear()
    ears.asked.clear()
    reported = [_report(order, 1, [], 0)]
    for what, *more in steps:
        if what == "report":
            reported.append(_report(order, next(versions), *more))
        _do(town, ears, ref, what, reported, more)
    town.report(_report(order, next(versions), last, 0))
    for _ in range(20):
        town.clock.forward(hours=5)
        town.transmit()
        _look(town, ears, ref)
    _judge(town, ears, ref, last, repeats=repeats)


def _do(town: World, ears: Ears, ref: str, what: str, reported: list[Any], more: list[Any]) -> None:
    match what:
        case "report":
            town.report(reported[-1])
        case "again":
            town.report(reported[-1 - more[0] % len(reported)])
        case "transmit":
            ears.answers(ANSWERS[more[0]]())
            town.transmit()
            ears._next.clear()
        case "resolve":
            _look(town, ears, ref)
        case "wait":
            town.clock.forward(hours=1)


def _judge(town: World, ears: Ears, ref: str, last: list[int], *, repeats: bool) -> None:
    """By the agency's own count."""
    left = town.ink.instructions(ref)
    assert {one.state for one in left} <= {"refused"}
    by_hand = [one for one in left if one.verb == "report_payment"]
    heard = ears.payments
    if repeats:  # a repeated key has no second effect there
        heard = type(heard)(name for name, _ in {(one.payment_reference, one.idempotency_key) for one in ears.of(ReportPayment)})
    for number in range(len(POOL)):
        name, origin = POOL[number]
        told = heard[name] + sum(one.what.startswith(f"{number + 1}.00 ") for one in by_hand)
        assert told <= 1
        if origin is not PaymentOrigin.SHOP:
            assert told == 0
        elif number in last:
            assert told == 1


def _look(town: World, ears: Ears, ref: str) -> None:
    """A person looks into the portal, and tells the truth."""
    for one in town.ink.instructions(ref):
        if one.state != "unclear" or one.next_at is not None:
            continue
        key = ears.asked[-1].idempotency_key
        knows = any(told.idempotency_key == key for told in ears.heard)
        town.ink.resolve_instruction(one.id, done=knows, send_again=not knows, reason="looked", actor=OPERATOR)


# Which payment is which


_payments = st.lists(
    st.builds(
        Payment,
        amount=st.sampled_from([Decimal(1), Decimal(2)]),
        on=st.sampled_from([DAY, None]),
        reference=st.sampled_from([None, None, "X", "Y"]),
    ),
    max_size=6,
)


@given(known=_payments, reported=_payments)
def test_no_payment_is_two_and_no_two_are_one(known: list[Payment], reported: list[Payment]) -> None:
    pairs = matched(known, reported)
    assert len(set(pairs.values())) == len(pairs)
    for place, found in pairs.items():
        one, other = known[place], reported[found]
        by_reference = one.reference is not None and one.reference == other.reference
        by_facts = (one.on, one.amount) == (other.on, other.amount) and None in (one.reference, other.reference)
        by_facts = by_facts or (one.reference is None and other.reference is None)
        assert by_reference or by_facts


@given(payments=_payments, order=st.randoms(use_true_random=False))
def test_the_order_of_payments_says_nothing(payments: list[Payment], order: Any) -> None:
    shuffled = list(payments)
    order.shuffle(shuffled)
    pairs = matched(payments, shuffled)
    assert len(pairs) == len(payments)
    assert all(payments[place] == shuffled[found] for place, found in pairs.items())


@settings(max_examples=40)
@given(sums=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=6))
def test_of_what_a_shop_carries_on_as_a_sum_no_more_is_told_than_was_paid(place: Place, sums: list[tuple[int, bool]]) -> None:
    town, ears, _ = place
    order = f"A-{next(_orders)}"
    town.handed_over(order, version=1)
    ears.heard.clear()
    most = 0
    for version, (amount, is_told) in enumerate(sums, 2):
        most = max(most, amount)
        town.report(claim(order, version=version, payments=(Payment(amount=Decimal(amount), on=DAY),)))
        if is_told:
            town.transmit()
    town.transmit()
    told = sum(one.amount for one in ears.of(ReportPayment))
    assert sums[-1][0] <= told <= most
    if told > sums[-1][0]:
        assert ears.amended[-1] == ("paid",), "what went back was told, too"
