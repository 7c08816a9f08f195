"""Several claims of one debtor go in one placement; until it is sent, each may leave it by itself, and the others go on."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_creditor
from hypothesis import given
from hypothesis import strategies as st
from world import OPERATOR, Clock, World, claim, done, refusal, world

from inkasso_core import Agency, AgencySettings, Claim, Credit, Dispute, OrderEnd, Placement, State, Submission, release
from inkasso_core.bundling import bundles

ALL = "153.99"
THREE = ("A-1", "A-2", "A-3")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, several=3) as town:
        yield town


def his(order: str, **changes: Any) -> Claim:
    """A claim of the one debtor."""
    return claim(order, customer="K-7", **changes)


def orders(placement: Placement) -> list[str]:
    return [one.source.order for one in placement.claims]


def sent(town: World) -> list[list[str]]:
    """The orders of every placement that reached the agency."""
    return [orders(placement) for placement in town.agency.sent]


def states(town: World, *orders: str) -> list[State]:
    return [town.state(order) for order in orders or THREE]


def released(town: World, *reports: Claim) -> list[str]:
    """Report claims and release them in one go; return their refs."""
    refs = [str(result.ref) for result in town.report(*reports or map(his, THREE))]
    done(town.ink.release(refs, actor=OPERATOR))
    return refs


# What goes together


def test_three_invoices_of_one_debtor_are_one_placement_in_which_each_keeps_its_amount(town: World) -> None:
    refs = released(
        town, *(his(order, principal=Decimal(amount)) for order, amount in zip(THREE, ("10.01", "20.02", "30.03"), strict=True))
    )
    town.transmit()
    (placement,) = town.agency.sent
    assert [(one.source.order, one.principal_open) for one in placement.claims] == [
        ("A-1", Decimal("10.01")),
        ("A-2", Decimal("20.02")),
        ("A-3", Decimal("30.03")),
    ]
    assert placement.total_open == Decimal("60.06")
    assert states(town) == [State.HANDED_OVER] * 3
    shown = [p for ref in refs for p in town.ink.show(ref).placements]
    assert {p.our_reference for p in shown} == {placement.our_reference}
    assert len({p.case_reference for p in shown}) == 1


def test_where_the_agency_takes_one_claim_a_case_each_goes_alone(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        released(town)
        town.transmit()
        assert sorted(sent(town)) == [["A-1"], ["A-2"], ["A-3"]]


def test_no_more_go_together_than_the_agency_takes(town: World) -> None:
    released(town, *(his(f"A-{number}") for number in range(7)))
    town.transmit()
    assert sent(town) == [["A-0", "A-1", "A-2"], ["A-3", "A-4", "A-5"], ["A-6"]]


def test_the_disputed_one_stays_out(town: World) -> None:
    refs = [str(r.ref) for r in town.report(his("A-1"), his("A-2", dispute=Dispute(since=dt.date(2026, 5, 20))), his("A-3"))]
    handled = town.ink.release(refs, actor=OPERATOR)
    assert [h.ok for h in handled] == [True, False, True]
    town.transmit()
    assert sent(town) == [["A-1", "A-3"]]
    assert states(town) == [State.HANDED_OVER, State.WAITING, State.HANDED_OVER]


OTHERS: dict[str, dict[str, Any]] = {
    "debtor": {"customer": "K-8"},
    "creditor": {"creditor": green_creditor(name="Zweite Handel GmbH")},
    "the same name elsewhere": {"creditor": green_creditor(city="Marburg")},
    "currency": {"currency": "USD"},
    "vendor": {"vendor": "viktor"},
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_differs_in_this_is_never_mixed(tmp_path: Path, other: str) -> None:
    accounts = {"agency": {"policy": {"currencies": ["EUR", "USD"]}}}
    with world(tmp_path, several=9, accounts=accounts) as town:
        released(town, his("A-1"), claim("A-2", **{"customer": "K-7", **OTHERS[other]}), his("A-3"))
        town.transmit()
        assert sorted(sent(town)) == [["A-1", "A-3"], ["A-2"]]


def test_tenants_and_accounts_are_never_mixed(tmp_path: Path) -> None:
    shops = {"shop": {}, "other": {"tenant": "else"}, "third": {"account": "second"}}
    with world(tmp_path, several=9, shops=shops, accounts={"agency": {}, "second": {}}) as town:
        for name in shops:
            town.report(his(f"{name}-1"), his(f"{name}-2"), shop=name)
        done(town.ink.release([stored.ref for stored in town.ink.queue()], actor=OPERATOR))
        town.transmit()
        assert sorted(sent(town)) == [[f"{name}-1", f"{name}-2"] for name in sorted(shops)]
        assert Counter(placement.account for placement in town.agency.sent) == {"agency": 2, "second": 1}


def test_the_automatic_mode_puts_together_what_lies_far_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 3)
    with world(tmp_path, several=3, accounts={"agency": {"mode": "automatic"}}) as town:
        for number in range(3):
            town.report(his(f"A-{number}"), claim(f"B-{number}"), claim(f"C-{number}"))
        town.ink.run_due()
        assert sorted(sent(town)) == [["A-0", "A-1", "A-2"], *([f"{name}-{n}"] for name in "BC" for n in range(3))]


def test_chunks_do_not_part_a_debtors_claims_and_answers_come_in_the_order_asked(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 4)
    asked = ["A-1", "B-1", "A-2", "B-2", "A-3", "C-1", "B-3"]
    town.report(*(claim(order, customer=f"K-{order[0]}") for order in asked))
    progress: list[int] = []
    handled = town.ink.release([f"shop:{order}" for order in asked], actor=OPERATOR, on_progress=progress.append)
    assert [h.ref for h in handled] == [f"shop:{order}" for order in asked]
    assert progress == [1, 2, 3, 4, 5, 6, 7]
    town.transmit()
    assert sorted(map(sorted, sent(town))) == [["A-1", "A-2", "A-3"], ["B-1", "B-2", "B-3"], ["C-1"]]


def test_a_debtor_with_more_claims_than_a_chunk_is_released_whole(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 4)
    refs = released(town, *(his(f"A-{number}") for number in range(9)))
    assert states(town, *refs) == [State.RUNNING] * 9


@given(
    items=st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=30),
    limits=st.fixed_dictionaries(dict.fromkeys("abc", st.integers(1, 5))),
)
def test_bundles_hold_each_claim_once_never_mixed_never_too_many_and_no_more_bundles_than_needed(
    items: list[tuple[str, int]], limits: dict[str, int]
) -> None:
    numbered = [(key, number, place) for place, (key, number) in enumerate(items)]
    found = bundles(numbered, lambda item: item[0], lambda key: limits[key])
    assert sorted(item for bundle in found for item in bundle) == sorted(numbered)
    for bundle in found:
        assert len({key for key, _, _ in bundle}) == 1
        assert len(bundle) <= limits[bundle[0][0]]
        assert [place for _, _, place in bundle] == sorted(place for _, _, place in bundle)
    wanted = Counter(key for key, _ in items)
    assert Counter(bundle[0][0] for bundle in found) == {key: -(-count // limits[key]) for key, count in wanted.items()}


# Between release and hand-over


LEAVES: dict[str, tuple[dict[str, Any], State]] = {
    "paid": ({"paid": ALL}, State.PAID),
    "credited in full": ({"credits": (Credit(amount=Decimal(ALL)),)}, State.PAID),
    "cancelled": ({"ended": OrderEnd.CANCELLED}, State.CANCELLED),
    "revoked": ({"ended": OrderEnd.REVOKED}, State.CANCELLED),
    "disputed": ({"dispute": Dispute(since=dt.date(2026, 5, 20))}, State.WAITING),
}


@pytest.mark.parametrize("what", LEAVES)
def test_what_ends_or_stops_one_lets_the_others_go(town: World, what: str) -> None:
    changes, end = LEAVES[what]
    refs = released(town)
    town.report(his("A-2", **changes))
    assert states(town) == [State.RUNNING, end, State.RUNNING]
    town.transmit()
    assert sent(town) == [["A-1", "A-3"]]
    assert states(town) == [State.HANDED_OVER, end, State.HANDED_OVER]
    assert [p.open for p in town.ink.show(refs[1]).placements] == [False]
    assert town.tasks() == []


@pytest.mark.parametrize("changes", [{"paid": "50.00"}, {"credits": (Credit(amount=Decimal("50.00")),)}], ids=["paid", "credited"])
def test_a_part_that_was_paid_or_credited_lowers_one_amount_alone(town: World, changes: dict[str, Any]) -> None:
    released(town)
    town.report(his("A-2", **changes))
    town.transmit()
    (placement,) = town.agency.sent
    assert [str(one.principal_open) for one in placement.claims] == [ALL, "103.99", ALL]


def test_one_by_one_all_leave_and_nothing_is_sent(town: World) -> None:
    refs = released(town)
    for order in THREE:
        town.report(his(order, paid=ALL))
    town.transmit()
    assert town.agency.sent == []
    for ref in refs:
        (placement,) = town.ink.show(ref).placements
        assert not placement.open
        assert placement.closed_at is not None


def test_a_hold_on_one_is_seen_at_the_hand_over(town: World) -> None:
    refs = released(town)
    town.ink.hold(refs[0], reason="the debtor called", actor=OPERATOR)
    (report,) = town.transmit()
    assert sent(town) == [["A-2", "A-3"]]
    assert dict(report.counts) == {"red": 1, "handed_over": 1}
    assert states(town) == [State.WAITING, State.HANDED_OVER, State.HANDED_OVER]
    assert town.last(refs[0]).reason == "HELD"


def test_a_hold_on_the_debtor_stops_all(town: World) -> None:
    refs = released(town)
    town.ink.hold(refs[0], scope="debtor", reason="the debtor called", actor=OPERATOR)
    (report,) = town.transmit()
    assert dict(report.counts) == {"red": 3}
    assert states(town) == [State.WAITING] * 3
    assert town.agency.sent == []


def take_out(town: World, how: str, ref: str) -> None:
    desk = town.ink
    match how:
        case "withdraw":
            done(desk.withdraw([ref], actor=OPERATOR))
        case "remove":
            assert refusal(desk.remove([ref], actor=OPERATOR)) == "NO_SUCH_CHANGE"
            desk.hold(ref, reason="not this one", actor=OPERATOR)
            done(desk.withdraw([ref], actor=OPERATOR))
            done(desk.remove([ref], actor=OPERATOR))
        case "cancel":
            done(desk.cancel([ref], reason="goodwill", actor=OPERATOR))
        case "mark_paid":
            done(desk.mark_paid([ref], reason="cash", actor=OPERATOR))
        case "record_handover":
            on = town.clock.day
            done(desk.record_handover([ref], channel="post", case_reference="P-1", on=on, reason="by hand", actor=OPERATOR))


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("withdraw", State.READY),
        ("remove", State.REMOVED),
        ("cancel", State.CANCELLED),
        ("mark_paid", State.PAID),
        ("record_handover", State.HANDED_OVER),
    ],
)
def test_what_a_clerk_takes_out_goes_out_alone(town: World, how: str, end: State) -> None:
    refs = released(town)
    take_out(town, how, refs[1])
    assert states(town) == [State.RUNNING, end, State.RUNNING]
    town.transmit()
    assert sent(town) == [["A-1", "A-3"]]
    assert states(town) == [State.HANDED_OVER, end, State.HANDED_OVER]
    assert [p.open for p in town.ink.show(refs[1]).placements] == [False] + ([True] if how == "record_handover" else [])


def test_what_was_taken_out_shows_nothing_of_the_case_that_went_without_it(town: World) -> None:
    refs = released(town)
    take_out(town, "withdraw", refs[1])
    town.agency.default = lambda placement: Submission(agency_reference="AZ-1", agency_status="open", raw={})
    town.transmit()
    (left,) = town.ink.show(refs[1]).placements
    (stayed,) = town.ink.show(refs[0]).placements
    assert left.our_reference == stayed.our_reference
    assert (left.case_reference, left.agency_status, left.placed_on, left.open) == (None, None, None, False)
    assert (stayed.case_reference, stayed.agency_status, stayed.open) == ("AZ-1", "active", True)
    assert left.closed_at == town.clock()


def test_one_that_is_paused_holds_nobody_up_and_goes_by_itself_later(town: World) -> None:
    refs = released(town)
    done(town.ink.pause([refs[1]], reason="wait", actor=OPERATOR))
    town.transmit()
    assert sent(town) == [["A-1", "A-3"]]
    assert states(town) == [State.HANDED_OVER, State.PAUSED, State.HANDED_OVER]
    done(town.ink.resume(refs[1], actor=OPERATOR))
    assert town.state("A-2") is State.RUNNING
    town.transmit()
    assert sent(town) == [["A-1", "A-3"], ["A-2"]]
    assert [p.open for p in town.ink.show(refs[1]).placements] == [False, True]


def test_one_that_is_resumed_in_time_goes_with_the_others(town: World) -> None:
    refs = released(town)
    done(town.ink.pause(refs, reason="wait", actor=OPERATOR))
    town.transmit()
    assert town.agency.sent == []
    for ref in refs:
        done(town.ink.resume(ref, actor=OPERATOR))
    town.transmit()
    assert sent(town) == [list(THREE)]


@pytest.mark.parametrize("other", OTHERS)
def test_what_no_longer_fits_when_it_is_sent_goes_by_itself(tmp_path: Path, other: str) -> None:
    accounts = {"agency": {"policy": {"currencies": ["EUR", "USD"]}}}
    with world(tmp_path, several=3, accounts=accounts) as town:
        released(town)
        town.report(claim("A-2", **{"customer": "K-7", **OTHERS[other]}))
        town.transmit()
        assert sent(town) == [["A-1", "A-3"], ["A-2"]]
        assert len({placement.idempotency_key for placement in town.agency.sent}) == 2
        assert states(town) == [State.HANDED_OVER] * 3


def test_an_agency_that_takes_fewer_than_before_gets_fewer(tmp_path: Path) -> None:
    clock = Clock()
    with world(tmp_path, several=3, clock=clock) as town:
        released(town)
    with world(tmp_path, several=2, clock=clock) as town:
        town.transmit()
        assert sent(town) == [["A-1", "A-2"], ["A-3"]]


def test_a_limit_counts_claims_and_never_parts_what_goes_together(tmp_path: Path) -> None:
    with world(tmp_path, several=3, live=False) as town:
        town.go_live("agency", first=4)
        released(town)
        released(town, claim("B-1"), *(claim(order, customer="K-9") for order in ("C-1", "C-2")))
        (report,) = town.transmit()
        assert sent(town) == [list(THREE), ["B-1"]]
        assert dict(report.counts) == {"handed_over": 2, "postponed": 1}
        assert town.ink.gate("agency").claims_left == 0


def test_what_left_before_the_hand_over_uses_up_no_limit(tmp_path: Path) -> None:
    with world(tmp_path, several=3, live=False) as town:
        town.go_live("agency", first=3, per_day=Decimal("1000.00"))
        released(town)
        town.report(his("A-2", dispute=Dispute(since=dt.date(2026, 5, 20))))
        town.transmit()
        gate = town.ink.gate("agency")
        assert (gate.claims_left, gate.amount_left) == (1, Decimal("1000.00") - 2 * Decimal(ALL))


def test_a_rehearsal_shows_the_same_and_changes_nothing(tmp_path: Path) -> None:
    class Shows(Agency[AgencySettings]):
        name = "shows"
        label = "Shows"
        claims_per_placement = 3

        def submit(self, placement: Placement) -> Submission:
            raise AssertionError("nothing leaves")

        def rehearse(self, placement: Placement) -> str:
            return " ".join(orders(placement))

    with world(tmp_path, accounts={"agency": {"agency": "shows"}}, agencies={"shows": Shows}, live=False) as town:
        town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
        refs = released(town, *map(his, ("A-1", "A-2", "A-3", "A-4")))
        town.ink.hold(refs[0], reason="not this one", actor=OPERATOR)
        done(town.ink.pause([refs[3]], reason="wait", actor=OPERATOR))
        items: list[tuple[str, str, str | None]] = []
        town.transmit(on_item=lambda item: items.append((item.ref, item.result, item.shown)))
        assert items == [("shop:A-1", "red", None), ("shop:A-2", "rehearsed", "A-2 A-3")]
        assert states(town, *refs) == [State.RUNNING] * 3 + [State.PAUSED]
