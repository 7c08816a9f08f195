"""What vendors let go without a check: their options, the shop's default, and that nobody's no is ever overruled by a machine."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import OPERATOR, VENDOR, Clock, World, claim, done, refusal, world

from inkasso_core import (
    Actor,
    ClaimRejected,
    ConfigurationError,
    InvalidInput,
    NotFound,
    NotPermitted,
    PaymentReturn,
    ReturnKind,
    Role,
    State,
    Text,
)
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.store.vendors import Decided, Stood
from inkasso_core.vendors import _goes, _line

MARKET: dict[str, Any] = {"shop": {"profile": "marketplace"}}
BOTH: dict[str, Any] = {"automatic": True, "chargebacks": True}


def market_with(**rules: Any) -> dict[str, Any]:
    return {"shop": {"profile": "marketplace", "vendors": rules}}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[World]:
    """A marketplace in which nothing goes without a check, unless its vendor wants it."""
    with world(tmp_path, shops=MARKET) as town:
        yield town


def overdue(town: World, order: str, vendor: str | None = "viktor") -> str:
    (ref,) = town.ready(order, vendor=vendor)
    return ref


def charged_back(town: World, order: str, vendor: str = "viktor", kind: ReturnKind = ReturnKind.CHARGEBACK) -> str:
    went_back = (PaymentReturn(kind=kind, on=town.clock.day - dt.timedelta(days=1)),)
    (ref,) = town.ready(order, vendor=vendor, returns=went_back)
    return ref


def wants(town: World, **options: Any) -> None:
    town.ink.set_vendor_options("shop", "viktor", actor=VENDOR, **options)


def went(town: World) -> list[str]:
    """What the system lets go by itself."""
    before = {s.ref for s in town.ink.claims() if s.state is not State.READY}
    town.ink.run_due()
    return sorted(s.record for s in town.ink.claims() if s.state is not State.READY and s.ref not in before)


# Which claims go


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"automatic": False, "chargebacks": False}, []),
        ({"automatic": True, "chargebacks": False}, ["M-1"]),
        ({"automatic": False, "chargebacks": True}, ["M-2", "M-3", "M-4"]),
        ({"automatic": True, "chargebacks": True}, ["M-1", "M-2", "M-3", "M-4"]),
    ],
)
def test_a_vendor_switches_overdue_claims_and_chargebacks_apart(market: World, options: dict[str, bool], expected: list[str]) -> None:
    overdue(market, "M-1")
    charged_back(market, "M-2")
    charged_back(market, "M-3", kind=ReturnKind.RETURNED_DEBIT)
    market.ready("M-4", vendor="viktor", status="chargeback_succeeded")
    wants(market, **options)
    assert went(market) == expected
    assert {e.role for ref in expected for e in market.ink.history(ref, shop="shop")} <= {Role.SYSTEM}


def test_what_one_vendor_wants_counts_for_nobody_else(market: World) -> None:
    overdue(market, "M-1")
    overdue(market, "M-2", vendor="wanda")
    wants(market, **BOTH)
    assert went(market) == ["M-1"]


def test_neither_red_points_nor_warnings_nor_holds_are_overruled(market: World) -> None:
    market.report(claim("M-1", vendor="viktor", level=1))
    market.ready("M-2", vendor="viktor", performed=None)
    market.ink.hold(overdue(market, "M-3"), reason="Ratenplan", actor=OPERATOR)
    wants(market, **BOTH)
    assert market.ink.find("M-2", shop="shop").warnings
    assert went(market) == []
    assert refusal(market.ink.release(["shop:M-2"], actor=SYSTEM)) == "UNATTENDED"


def test_a_warning_that_the_account_accepts_stops_nothing(tmp_path: Path) -> None:
    with world(tmp_path, shops=MARKET, accounts={"agency": {"accept_warnings": ["PERFORMANCE_UNKNOWN"]}}) as market:
        market.ready("M-1", vendor="viktor", performed=None)
        wants(market, **BOTH)
        assert went(market) == ["M-1"]


@pytest.mark.parametrize("mode", ["manual", "automatic"])
def test_a_vendors_word_stands_for_the_mode_of_the_account(tmp_path: Path, mode: str) -> None:
    """What the operator sells himself, without a vendor, goes by the account's mode as in any shop."""
    with world(tmp_path, shops=MARKET, accounts={"agency": {"mode": mode}}) as market:
        overdue(market, "M-1")
        overdue(market, "M-2", vendor="wanda")
        overdue(market, "M-3", vendor=None)
        wants(market, **BOTH)
        assert went(market) == (["M-1", "M-3"] if mode == "automatic" else ["M-1"])


def test_failed_claims_are_not_started_again(market: World) -> None:
    ref = overdue(market, "M-1")
    wants(market, **BOTH)
    market.agency.answers(ClaimRejected(Text("Nein.", "No."), agency="scripted"))
    market.ink.run_due()
    assert market.state(ref) is State.FAILED
    assert went(market) == []


# What stood in the queue before


def test_what_a_vendor_kept_back_stays_his_when_he_switches(market: World) -> None:
    overdue(market, "M-1")
    wants(market, automatic=False, chargebacks=False)
    overdue(market, "M-2")
    market.clock.forward(days=31)
    wants(market, automatic=True)
    overdue(market, "M-3")
    assert went(market) == ["M-3"]
    assert went(market) == []
    done(market.ink.release(["shop:M-1", "shop:M-2"], actor=VENDOR))


def test_what_waited_for_the_first_answer_goes_with_it(market: World) -> None:
    overdue(market, "M-1")
    assert went(market) == []
    wants(market, automatic=True)
    assert went(market) == ["M-1"]


def test_what_becomes_overdue_after_the_switch_is_new_however_long_it_is_known(market: World) -> None:
    market.report(claim("M-1", vendor="viktor", level=1))
    wants(market, automatic=False)
    market.clock.forward(days=31)
    wants(market, automatic=True)
    market.report(claim("M-1", vendor="viktor"))
    assert market.state("M-1") is State.READY
    assert went(market) == ["M-1"]


def test_a_hold_that_ends_makes_nothing_new_of_what_was_kept_back(market: World) -> None:
    ref = overdue(market, "M-1")
    wants(market, automatic=False)
    hold = market.ink.hold(ref, reason="Ratenplan", actor=VENDOR)
    market.clock.forward(days=31)
    wants(market, automatic=True)
    market.ink.lift_hold(hold, actor=VENDOR)
    assert market.state(ref) is State.READY
    assert went(market) == []


# The default


@pytest.mark.parametrize(("days", "expected"), [(0, []), (6, []), (7, ["M-1"]), (40, ["M-1"])])
def test_the_default_counts_when_the_vendor_has_not_answered_in_time(tmp_path: Path, days: int, expected: list[str]) -> None:
    clock = Clock()
    with world(tmp_path, clock=clock, shops=market_with(automatic=True)) as market:
        overdue(market, "M-1")
        charged_back(market, "M-2")
        options = market.ink.vendor_options("shop", "viktor")
        assert (options.by, options.automatic, options.default_from) == ("nobody", False, clock.day + dt.timedelta(days=7))
        clock.forward(days=days)
        assert went(market) == expected
        assert market.ink.vendor_options("shop", "viktor").by == ("default" if expected else "nobody")


def test_the_default_counts_from_midnight_of_the_creditors_zone(tmp_path: Path) -> None:
    clock = Clock(dt.datetime(2026, 6, 1, 23, 30, tzinfo=dt.UTC))  # in Berlin it is the second of June
    with world(tmp_path, clock=clock, shops=market_with(automatic=True)) as market:
        overdue(market, "M-1")
        assert market.ink.vendor_options("shop", "viktor").default_from == dt.date(2026, 6, 9)
        clock.forward(days=6, hours=22, minutes=29)
        assert went(market) == []
        clock.forward(minutes=1)
        assert went(market) == ["M-1"]


def test_a_vendor_who_answers_is_not_asked_about_the_default(tmp_path: Path) -> None:
    with world(tmp_path, shops=market_with(**BOTH)) as market:
        overdue(market, "M-1")
        wants(market, automatic=False)
        market.clock.forward(days=90)
        assert went(market) == []
        options = market.ink.vendor_options("shop", "viktor")
        assert (options.by, options.automatic, options.chargebacks, options.default_from) == ("vendor", False, False, None)


def test_another_default_is_about_what_comes(tmp_path: Path) -> None:
    """Who never answered has the default of the day on which his time was over; a new one sweeps away nothing that he left."""
    clock = Clock()
    with world(tmp_path, clock=clock, shops=market_with(automatic=False)) as market:
        overdue(market, "M-1")
        clock.forward(days=8)
        assert went(market) == []
    with world(tmp_path, clock=clock, shops=market_with(automatic=True)) as market:
        clock.forward(days=1)
        overdue(market, "M-2")
        assert went(market) == ["M-2"]
        overdue(market, "N-1", vendor="wanda")
        clock.forward(days=7)
        assert went(market) == ["N-1"]


# Deciding


def test_a_vendor_is_bound_for_thirty_days_and_told_until_when(market: World) -> None:
    overdue(market, "M-1")
    wants(market, automatic=True)
    free = market.clock.day + dt.timedelta(days=30)
    assert market.ink.vendor_options("shop", "viktor").change_from == free
    market.clock.forward(days=29)
    with pytest.raises(NotPermitted) as refused:
        wants(market, automatic=False)
    assert f"{free:%d.%m.%Y}" in refused.value.text.de
    assert str(free) in refused.value.text.en
    assert market.ink.vendor_options("shop", "viktor").automatic
    market.clock.forward(days=1)
    wants(market, automatic=False)
    assert market.ink.vendor_options("shop", "viktor").change_from == market.clock.day + dt.timedelta(days=30)


def test_the_same_word_twice_is_one_decision_and_refuses_nobody(market: World) -> None:
    overdue(market, "M-1")
    wants(market, **BOTH)
    first = market.ink.vendor_options("shop", "viktor").decided
    market.clock.forward(days=3)
    wants(market, **BOTH)
    assert market.ink.vendor_options("shop", "viktor").decided == first


def test_the_operator_decides_earlier_with_a_reason_and_that_binds_no_vendor(market: World) -> None:
    overdue(market, "M-1")
    wants(market, automatic=True)
    with pytest.raises(InvalidInput) as refused:
        market.ink.set_vendor_options("shop", "viktor", automatic=False, actor=OPERATOR)
    assert refused.value.field == "reason"
    options = market.ink.set_vendor_options("shop", "viktor", automatic=False, reason="asked by telephone", actor=OPERATOR)
    assert (options.by, options.automatic) == ("operator", False)
    assert options.decided == Decided(False, False, "olga", Role.OPERATOR, "asked by telephone", market.clock())
    assert went(market) == []
    market.clock.forward(days=30)
    wants(market, automatic=True)


def test_what_is_left_out_stays_as_it_is(market: World) -> None:
    overdue(market, "M-1")
    wants(market, chargebacks=True)
    options = market.ink.set_vendor_options("shop", "viktor", automatic=True, reason="x", actor=OPERATOR)
    assert (options.automatic, options.chargebacks) == (True, True)
    with pytest.raises(InvalidInput):
        wants(market)


def test_a_vendor_decides_for_himself_alone_and_sees_nobody_else(market: World) -> None:
    overdue(market, "M-1")
    overdue(market, "M-2", vendor="wanda")
    north = Actor("nora", Role.OPERATOR, tenants=frozenset({"north"}))
    for ask in (
        lambda: market.ink.set_vendor_options("shop", "wanda", automatic=True, actor=VENDOR),
        lambda: market.ink.vendor_options("shop", "wanda", actor=VENDOR),
        lambda: market.ink.vendor_view("shop", "wanda", actor=VENDOR),
        lambda: market.ink.vendor_options("shop", "nobody", actor=OPERATOR),
        lambda: market.ink.vendor_view("shop", "nobody", actor=OPERATOR),
        lambda: market.ink.vendor_options("nowhere", "viktor", actor=OPERATOR),
        lambda: market.ink.vendors("shop", actor=north),
        lambda: market.ink.set_vendor_options("shop", "viktor", automatic=True, reason="x", actor=north),
    ):
        with pytest.raises(NotFound):
            ask()
    assert [seller.options.vendor for seller in market.ink.vendors(actor=VENDOR)] == ["viktor"]
    assert [seller.options.vendor for seller in market.ink.vendors("shop", actor=OPERATOR)] == ["viktor", "wanda"]
    assert market.ink.vendors(actor=north) == []
    with pytest.raises(InvalidInput):
        market.ink.set_vendor_options("shop", " ", automatic=True, reason="x", actor=OPERATOR)


def test_vendors_are_listed_with_their_claims_in_each_state(market: World) -> None:
    overdue(market, "M-1")
    market.running("M-2", vendor="viktor")
    market.ink.set_vendor_options("shop", "xaver", automatic=True, reason="contract", actor=OPERATOR)
    first, second = market.ink.vendors("shop")
    assert (first.options.vendor, first.counts) == ("viktor", {State.READY: 1, State.RUNNING: 1})
    assert (second.options.vendor, second.options.automatic, second.counts) == ("xaver", True, {})


def test_a_shop_of_one_clerk_has_no_vendors(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.ready("A-1", vendor="viktor")
        for ask in (
            lambda: town.ink.vendors("shop"),
            lambda: town.ink.vendor_options("shop", "viktor"),
            lambda: town.ink.set_vendor_options("shop", "viktor", automatic=True, reason="x"),
            lambda: town.ink.publish_vendor_view("shop"),
            lambda: town.ink.vendor_view("shop", "viktor"),
        ):
            with pytest.raises(InvalidInput):
                ask()
        assert town.ink.vendors() == []
    with pytest.raises(ConfigurationError, match="vendors"), world(tmp_path, shops={"shop": {"vendors": {"automatic": True}}}):
        pass


# A release that a person took back


@pytest.mark.parametrize("profile", ["shop", "marketplace"])
def test_a_release_that_a_person_took_back_is_given_again_by_a_person_alone(tmp_path: Path, profile: str) -> None:
    with world(tmp_path, shops={"shop": {"profile": profile}}, accounts={"agency": {"mode": "automatic"}}) as town:
        ref = overdue(town, "A-1")
        other = overdue(town, "A-2")
        if profile == "marketplace":
            wants(town, **BOTH)
        done(town.ink.release([ref], actor=SYSTEM))
        done(town.ink.withdraw([ref], reason="he telephoned", actor=VENDOR))
        town.ink.run_due()
        assert (town.state(ref), town.state(other)) == (State.READY, State.HANDED_OVER)
        assert refusal(town.ink.release([ref], actor=SYSTEM)) == "UNATTENDED"
        town.report(claim("A-1", vendor="viktor", subject="Stuhl Modell Elbe", version=None))  # a newer report is no word of a person
        town.clock.forward(days=3)
        town.ink.run_due()
        assert town.state(ref) is State.READY
        done(town.ink.pause([ref], reason="undecided", actor=OPERATOR))
        done(town.ink.resume([ref], actor=OPERATOR))
        town.ink.run_due()
        assert town.state(ref) is State.READY
        done(town.ink.release([ref], actor=OPERATOR))
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER


def test_what_the_system_took_back_it_may_give_again(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"mode": "automatic"}}) as town:
        ref = overdue(town, "A-1")
        done(town.ink.release([ref], actor=SYSTEM))
        hold = town.ink.hold(ref, reason="x", actor=OPERATOR)
        town.ink.run_due()
        assert town.state(ref) is State.WAITING
        town.ink.lift_hold(hold, actor=OPERATOR)
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER


def test_what_a_person_brings_back_into_the_queue_goes_like_any_other(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"mode": "automatic"}}) as town:
        ref = overdue(town, "A-1")
        done(town.ink.release([ref], actor=OPERATOR))
        done(town.ink.withdraw([ref], actor=OPERATOR))
        done(town.ink.cancel([ref], reason="goodwill", actor=OPERATOR))
        done(town.ink.reinstate([ref], reason="not paid after all", actor=OPERATOR))
        town.ink.run_due()
        assert town.state(ref) is State.HANDED_OVER


# The rule itself


NOON = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
answers = st.lists(st.booleans(), max_size=6)


def line(said: list[bool]) -> list[Decided]:
    """One answer a day."""
    return [Decided(word, word, "v", Role.VENDOR, None, NOON + dt.timedelta(days=day)) for day, word in enumerate(said)]


@given(said=answers, day=st.integers(-2, 8))
def test_a_claim_goes_unless_it_ever_stood_there_under_a_no(said: list[bool], day: int) -> None:
    stood = Stood(NOON + dt.timedelta(days=day))
    kept = any(not word and number + 1 > day for number, word in enumerate(said))  # each word counts until the next
    assert _goes(line(said), "automatic", stood) is (bool(said) and said[-1] and not kept)


@given(
    defaults=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=4),
    own=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=3),
    counts_from=st.none() | st.integers(0, 20),
)
def test_the_line_of_decisions_is_in_order_and_ends_with_the_last_word(
    defaults: list[tuple[int, bool]], own: list[tuple[int, bool]], counts_from: int | None
) -> None:
    def decided(said: list[tuple[int, bool]], role: Role) -> list[Decided]:
        return [Decided(word, word, "x", role, None, NOON + dt.timedelta(days=day)) for day, word in sorted(said)]

    starts = NOON + dt.timedelta(days=counts_from) if counts_from is not None else None
    mine, his = decided(defaults, Role.SYSTEM), decided(own, Role.VENDOR)
    found = _line(mine, his, starts, NOON + dt.timedelta(days=20))
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert found[len(found) - len(his) :] == his
    if starts is not None:
        assert all(one.at >= starts for one in found if one.role is Role.SYSTEM)
    else:
        assert found == his
