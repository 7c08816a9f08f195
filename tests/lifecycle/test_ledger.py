"""The merchant's ledger: every cent that came in stands on charges, interest or principal, and nothing is counted twice."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from accounting import accounting
from feeding import News, feeding
from hypothesis import given
from hypothesis import strategies as st
from world import OPERATOR, VENDOR, Script, World, claim, done, world

from inkasso_core import Charge, ChargeKind, Collected, Credit, FeedKind, Ledger, NotPermitted, Payment, PaymentOrigin, State
from inkasso_core.app import LedgerEntry
from inkasso_core.model.allocation import ZERO, apportion

FEES = (Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("5.00"), on=dt.date(2026, 4, 1)),)


@pytest.fixture
def town(tmp_path: Path):  # type: ignore[no-untyped-def]
    with world(tmp_path) as made:
        yield made


def entries(town: World, **options: object) -> dict[str, LedgerEntry]:
    return {one.ref: one for one in town.ink.ledger(actor=OPERATOR, **options)}  # type: ignore[arg-type]


# How payments divide

MONEY = st.decimals(min_value=0, max_value=1000, places=2)
PAYMENTS = st.lists(st.tuples(st.sampled_from(["auto", "principal", "charges"]), MONEY), max_size=8)


@given(principal=MONEY, charges=MONEY, interest=MONEY, payments=PAYMENTS)
def test_every_cent_of_a_payment_stands_somewhere(
    principal: Decimal, charges: Decimal, interest: Decimal, payments: list[tuple[str, Decimal]]
) -> None:
    shares = apportion(principal=principal, charges=charges, interest=interest, payments=payments)
    assert [sum(share, ZERO) for share in shares] == [amount for _, amount in payments]
    on_charges = sum((share.charges for share in shares), ZERO)
    on_interest = sum((share.interest for share in shares), ZERO)
    assert ZERO <= on_charges <= charges
    assert ZERO <= on_interest <= interest
    assert all(part >= ZERO for share in shares for part in share)
    unallocated = sum((share.principal for share, (kind, _) in zip(shares, payments, strict=True) if kind != "principal"), ZERO)
    assert not unallocated or (on_charges, on_interest) == (charges, interest)  # § 367(1) BGB: the principal comes last


def test_the_order_of_paragraph_367() -> None:
    shares = apportion(
        principal=Decimal(100), charges=Decimal(10), interest=Decimal(5), payments=[("auto", Decimal(12)), ("auto", Decimal(50))]
    )
    assert [tuple(share) for share in shares] == [(10, 2, 0), (0, 3, 47)]


def test_the_shops_own_allocation_comes_first() -> None:
    shares = apportion(
        principal=Decimal(100), charges=Decimal(10), interest=Decimal(5), payments=[("auto", Decimal(12)), ("charges", Decimal(10))]
    )
    assert [tuple(share) for share in shares] == [(0, 5, 7), (10, 0, 0)]


# The ledger


def test_only_what_an_agency_has_or_had_is_in_it(town: World) -> None:
    town.ready("A-2")
    (ref,) = town.handed_over("A-1")
    (entry,) = entries(town).values()
    assert (entry.ref, entry.principal, entry.collected, entry.agency_fees) == (ref, Decimal("153.99"), Decimal(0), None)
    assert entry.interest > 0
    assert entry.open == entry.principal + entry.charges + entry.interest


def test_the_interest_is_that_of_the_hand_over(town: World) -> None:
    (ref,) = town.handed_over("A-1", version=1)
    given_ = sum((s.interest_open for s in town.agency.sent[0].statements if s is not None), ZERO)
    town.clock.forward(days=200)
    town.report(claim("A-1", paid="10.00", version=2))
    assert entries(town)[ref].interest == given_


def test_payments_to_the_shop_and_to_the_agency_and_credits(tmp_path: Path) -> None:
    news, script = News(), Script()
    adapters = {"feeding": feeding(script, news)}
    with world(tmp_path, accounts={"agency": {"agency": "feeding"}}, agencies=adapters, script=script) as town:
        (ref,) = town.handed_over("A-1", charges=FEES, version=1)
        ours = town.agency.sent[0].our_reference
        for amount in ("20.00", "0.01"):
            money = Collected(amount=Decimal(amount), currency="EUR", received_on=town.clock.day)
            news.add(FeedKind.PAYMENT, ours, collected=money)
        town.ink.follow()
        payments = (
            Payment(amount=Decimal("30.00"), on=town.clock.day),
            Payment(amount=Decimal("20.00"), on=town.clock.day, origin=PaymentOrigin.AGENCY),
        )
        town.report(claim("A-1", charges=FEES, payments=payments, credits=(Credit(amount=Decimal("3.99")),), version=2))
        entry = entries(town)[ref]
        assert (entry.principal, entry.charges) == (Decimal("150.00"), Decimal("5.00"))
        assert (entry.paid_to_shop, entry.collected) == (Decimal("30.00"), Decimal("20.01"))  # what the shop booked of it counts once
        assert entry.on_charges + entry.on_interest + entry.on_principal == Decimal("50.01")
        assert (entry.on_charges, entry.on_interest) == (Decimal("5.00"), entry.interest)
        assert entry.open == Decimal("155.00") + entry.interest - Decimal("50.01")


def test_what_the_shop_booked_counts_where_the_agency_told_nothing(town: World) -> None:
    (ref,) = town.handed_over("A-1", version=1)
    booked = Payment(amount=Decimal("20.00"), on=town.clock.day, origin=PaymentOrigin.AGENCY)
    town.report(claim("A-1", payments=(booked,), version=2))
    assert (entries(town)[ref].collected, entries(town)[ref].paid_to_shop) == (Decimal("20.00"), Decimal(0))


@pytest.mark.parametrize(
    ("booked", "collected"),
    [(("60.00", "40.00"), ("60.00", "40.00")), (("60.00", "10.00"), ("100.00", "0")), (("0.00", "120.00"), ("0", "120.00"))],
)
def test_what_came_in_on_a_case_of_several_claims_counts_once(tmp_path: Path, booked: tuple[str, str], collected: tuple[str, str]) -> None:
    news, script = News(), Script()
    adapters = {"feeding": feeding(script, news, several=5)}
    with world(tmp_path, accounts={"agency": {"agency": "feeding"}}, agencies=adapters, script=script) as town:
        refs = town.ready("A-1", "A-2", customer="K-1", version=1)
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        money = Collected(amount=Decimal("100.00"), currency="EUR", received_on=town.clock.day)
        news.add(FeedKind.PAYMENT, town.agency.sent[0].our_reference, collected=money)
        town.ink.follow()
        unbooked = [line for line in town.ink.reconcile(actor=OPERATOR) if "NOT_BOOKED" in {one.code for one in line.differences}]
        assert [line.ref for line in unbooked] == [refs[0]]
        for order, amount in zip(("A-1", "A-2"), booked, strict=True):
            payment = Payment(amount=Decimal(amount), on=town.clock.day, origin=PaymentOrigin.AGENCY)
            town.report(claim(order, customer="K-1", payments=(payment,), version=2))
        assert [entries(town)[ref].collected for ref in refs] == [Decimal(amount) for amount in collected]
        missing = sum(map(Decimal, booked), ZERO) < 100
        codes = {one.code for line in town.ink.reconcile(actor=OPERATOR) for one in line.differences}
        assert ("NOT_BOOKED" in codes) is missing


def test_what_was_handed_over_outside_has_no_interest_that_we_know(town: World) -> None:
    (ref,) = town.ready("A-1")
    done(town.ink.record_handover(ref, channel="portal", case_reference="AZ-1", on=town.clock.day, reason="x", actor=OPERATOR))
    assert entries(town)[ref].interest == 0


def test_the_agencys_fees_and_payouts(tmp_path: Path) -> None:
    with accounting(tmp_path, {}, script := Script()) as town:
        refs = town.handed_over("A-1")
    case = f"AZ-{script.sent[0].our_reference[-8:]}"
    money = Ledger(
        currency="EUR", fees=Decimal("45.90"), paid_out=Decimal("12.34"), outstanding=Decimal("99.99"), as_of=dt.date(2026, 5, 1)
    )
    with accounting(tmp_path, {case: money}, script, clock=town.clock) as town:
        assert entries(town)[refs[0]].agency_fees is None
        entry = entries(town, online=True)[refs[0]]
        assert (entry.agency_fees, entry.paid_out, entry.agency_open) == (Decimal("45.90"), Decimal("12.34"), Decimal("99.99"))
        assert (entry.agency_as_of, entries(town)[refs[0]]) == (dt.date(2026, 5, 1), entry)


# As a file


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def test_the_file_reads_back_to_the_cent_and_runs_no_formula(town: World) -> None:
    town.handed_over("A-1", vendor=None, version=1)
    (ref,) = town.ready("=1+1", version=1)
    done(town.ink.record_handover(ref, channel="x", case_reference='=HYPERLINK("x")', on=town.clock.day, reason="x", actor=OPERATOR))
    town.report(claim("A-1", paid="33.33", version=2))
    path = town.folder / "buch.csv"
    assert town.ink.export_ledger(path, actor=OPERATOR) == 2
    for row, entry in zip(_read(path), entries(town).values(), strict=True):
        amounts = [
            row[name] for name in ("Hauptforderung", "Zinsen bei Übergabe", "An den Shop gezahlt", "Davon auf Hauptforderung", "Offen")
        ]
        assert [_amount(text) for text in amounts] == [entry.principal, entry.interest, entry.paid_to_shop, entry.on_principal, entry.open]
        assert not row["Aktenzeichen"].startswith(("=", "+", "-", "@"))
    with pytest.raises(NotPermitted):
        list(town.ink.ledger(actor=VENDOR))


@pytest.mark.parametrize("how", ["looked up", "resolved"])
def test_a_case_whose_answer_was_lost_stands_in_the_books_like_any_other(town: World, how: str) -> None:
    ref = town.unclear("A-1")
    if how == "looked up":
        town.ink.follow()
    else:
        done(town.ink.resolve(ref, found="AZ-1", reason="seen in the portal", actor=OPERATOR))
    assert town.state(ref) is State.HANDED_OVER
    assert [(entry.ref, entry.placed_on) for entry in town.ink.ledger(actor=OPERATOR)] == [(ref, town.clock.day)]
    assert [line.ref for line in town.ink.reconcile(actor=OPERATOR)] == [ref]
    assert [row.placed_on for row in town.ink.transmitted()] == [town.clock.day]
