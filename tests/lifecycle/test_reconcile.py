"""Reconciliation: what shop, agency and we ourselves say of each claim, and where they differ; asking changes nothing at the agency."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounting import WORDS, accounting
from feeding import News, feeding
from world import OPERATOR, VENDOR, Script, World, claim, done, world

from inkasso_core import (
    AgencyStatus,
    AuthenticationFailed,
    Collected,
    FeedKind,
    Ledger,
    NotPermitted,
    OrderEnd,
    Payment,
    PaymentOrigin,
    TemporarilyUnavailable,
)
from inkasso_core.app import Filter, Reconciled


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def lines(town: World, chosen: Filter = Filter(), **options: Any) -> dict[str | None, Reconciled]:  # noqa: B008
    return {line.ref: line for line in town.ink.reconcile(chosen, actor=OPERATOR, **options)}


def codes(line: Reconciled) -> list[str]:
    return [one.code for one in line.differences]


def test_what_agrees_says_so(town: World) -> None:
    town.handed_over("A-1")
    town.ready("A-2")
    (line,) = lines(town).values()
    assert (line.ref, codes(line), line.shop_open, line.told) == ("shop:A-1", [], Decimal("153.99"), Decimal(0))


def test_what_the_shop_says_and_the_agency_has_not_heard(town: World) -> None:
    town.handed_over("A-1", "A-2", "A-3", version=1)
    town.report(claim("A-1", paid="50.00", version=2), claim("A-2", paid="153.99", version=2))
    town.report(claim("A-3", ended=OrderEnd.CANCELLED, version=2))
    found = lines(town)
    assert {ref: codes(line) for ref, line in found.items()} == {
        "shop:A-1": ["NOT_TOLD"],
        "shop:A-2": ["NOT_TOLD", "OPEN_THERE"],
        "shop:A-3": ["ENDED_IN_SHOP"],
    }
    told = found["shop:A-1"]
    assert (told.shop_paid, told.untold, told.told) == (Decimal("50.00"), Decimal("50.00"), Decimal(0))
    for task in town.tasks("report_payment"):
        assert town.ink.finish_task(task.id, actor=OPERATOR)
    told = lines(town)["shop:A-1"]
    assert (told.untold, told.told, codes(told)) == (Decimal(0), Decimal("50.00"), [])


def test_what_the_agency_says_when_asked_counts_and_changes_nothing(town: World) -> None:
    (ref,) = town.handed_over("A-1")
    town.agency.says(AgencyStatus.CLOSED_PAID)
    before, asked = town.ink.history(ref), len(town.agency.asked)
    assert codes(lines(town)[ref]) == []
    assert len(town.agency.asked) == asked
    line = lines(town, online=True)[ref]
    assert codes(line) == ["STATE", "PAID_THERE"]
    assert (line.agency_status, line.answer) == ("closed_paid", "asked")
    assert town.ink.history(ref) == before
    assert len(town.agency.sent) == 1


def test_money_that_the_agency_collected_and_the_shop_did_not_book(tmp_path: Path) -> None:
    news, script = News(), Script()
    adapters = {"feeding": feeding(script, news)}
    with world(tmp_path, accounts={"agency": {"agency": "feeding"}}, agencies=adapters, script=script) as town:
        town.handed_over("A-1", "A-2", version=1)
        for place, amount in enumerate(("30.00", "20.50")):
            ours = town.agency.sent[place].our_reference
            money = Collected(amount=Decimal(amount), currency="EUR", received_on=town.clock.day)
            news.add(FeedKind.PAYMENT, ours, collected=money)
        news.add(FeedKind.STATUS)
        town.ink.follow()
        booked = Payment(amount=Decimal("30.00"), on=town.clock.day, origin=PaymentOrigin.AGENCY)
        town.report(claim("A-1", payments=(booked,), version=2))
        found = lines(town)
        assert {ref: codes(line) for ref, line in found.items()} == {"shop:A-1": [], "shop:A-2": ["NOT_BOOKED"], None: ["ONLY_AGENCY"]}
        assert found["shop:A-2"].collected == Decimal("20.50")
        assert found[None].case_reference == "AZ-NOBODY"


def test_the_agencys_own_account_is_kept_for_later(tmp_path: Path) -> None:
    ledgers: dict[str, Ledger | Exception] = {}
    with accounting(tmp_path, ledgers, Script()) as town:
        town.handed_over("A-1", "A-2")
        paid, open_ = (f"AZ-{placement.our_reference[-8:]}" for placement in town.agency.sent)
        ledgers[paid] = Ledger(currency="EUR", outstanding=Decimal(0), collected=Decimal("153.99"))
        ledgers[open_] = Ledger(currency="EUR", outstanding=Decimal("210.00"))
        assert [codes(line) for line in lines(town).values()] == [[], []]
        assert [codes(line) for line in lines(town, online=True).values()] == [["PAID_THERE"], []]
        asked = len(town.agency.asked)
        found = lines(town)
        assert [line.agency_open for line in found.values()] == [Decimal("0.00"), Decimal("210.00")]
        assert len(town.agency.asked) == asked


def test_a_case_that_the_agency_does_not_know(tmp_path: Path) -> None:
    with accounting(tmp_path, {}, Script()) as town:
        (ref,) = town.ready("A-1")
        done(town.ink.record_handover(ref, channel="portal", case_reference="AZ-TYPO", on=dt.date(2026, 4, 1), reason="x", actor=OPERATOR))
        assert codes(lines(town, online=True)[ref]) == ["UNKNOWN_THERE"]
        assert ("find", town.ink.show(ref).placements[0].our_reference) not in town.agency.asked


def test_asking_keeps_within_the_limits_of_the_account(tmp_path: Path) -> None:
    ledgers: dict[str, Ledger | Exception] = {}
    with accounting(tmp_path, ledgers, Script()) as town:
        town.handed_over("A-1", "A-2", "A-3")
        for placement in town.agency.sent:
            ledgers[f"AZ-{placement.our_reference[-8:]}"] = Ledger(currency="EUR", outstanding=Decimal("210.00"))
    with accounting(tmp_path, ledgers, town.agency, limits={"per_minute": 2}, clock=town.clock) as town:
        town.clock.forward(days=1)
        town.agency.asked.clear()
        found = lines(town, online=True)
        assert [line.answer for line in found.values()] == ["asked", "later", "later"]
        assert len(town.agency.asked) == 2


def test_an_adapter_that_breaks_breaks_itself_only_and_refused_credentials_stop_the_account(tmp_path: Path) -> None:
    ledgers: dict[str, Ledger | Exception] = {}
    with accounting(tmp_path, ledgers, Script()) as town:
        town.handed_over("A-1", "A-2", "A-3")
        first, second, third = (f"AZ-{placement.our_reference[-8:]}" for placement in town.agency.sent)
        ledgers |= {first: KeyError("a stranger's mistake"), second: TemporarilyUnavailable(WORDS), third: AuthenticationFailed(WORDS)}
        found = lines(town, online=True)
        assert [codes(line) for line in found.values()] == [["NO_ANSWER"]] * 3
        assert town.ink.gate("agency").mode == "stopped"
        town.agency.asked.clear()
        lines(town, online=True)
        assert town.agency.asked == []


def test_an_agency_that_wants_a_rest_gets_it(tmp_path: Path) -> None:
    ledgers: dict[str, Ledger | Exception] = {}
    with accounting(tmp_path, ledgers, Script()) as town:
        town.handed_over("A-1", "A-2")
        busy = TemporarilyUnavailable(WORDS, retry_after=600)
        ledgers |= dict.fromkeys((f"AZ-{placement.our_reference[-8:]}" for placement in town.agency.sent), busy)
        town.agency.asked.clear()
        assert [line.answer for line in lines(town, online=True).values()] == ["failed", "later"]
        assert len(town.agency.asked) == 1
        town.clock.forward(minutes=11)
        assert [line.answer for line in lines(town, online=True).values()] == ["failed", "later"]
        assert len(town.agency.asked) == 2


def test_an_account_without_a_mandate_asks_nobody(tmp_path: Path) -> None:
    with world(tmp_path, live=False) as town:
        (ref,) = town.ready("A-1")
        done(town.ink.record_handover(ref, channel="portal", case_reference="AZ-1", on=dt.date(2026, 4, 1), reason="x", actor=OPERATOR))
        assert lines(town, online=True)[ref].answer == "not_asked"
        assert town.agency.asked == []


def test_a_bundle_is_asked_about_once(tmp_path: Path) -> None:
    with world(tmp_path, several=5) as town:
        refs = town.ready("A-1", "A-2", customer="K-1")
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        town.agency.asked.clear()
        assert {line.answer for line in lines(town, online=True).values()} == {"asked"}
        assert len(town.agency.asked) == 1


def test_earlier_hand_overs_that_no_shop_reported_and_states_that_need_somebody(town: World) -> None:
    path = town.folder / "alt.csv"
    path.write_text("Auftrag;Aktenzeichen;Datum\nX-9;AZ-9;01.04.2026\n")
    town.ink.adopt("agency", path, actor=OPERATOR)
    unclear = town.unclear("A-1")
    found = lines(town)
    assert codes(found[None]) == ["ONLY_LIST"]
    assert found[None].case_reference == "AZ-9"
    assert codes(found[unclear]) == ["UNCLEAR"]


def test_the_file_says_the_same_and_no_vendor_reads_it(town: World) -> None:
    town.handed_over("A-1", version=1)
    town.report(claim("A-1", ended=OrderEnd.CANCELLED, version=2))
    path = town.folder / "abgleich.csv"
    assert town.ink.export_reconciliation(path, actor=OPERATOR).rows == 1
    with path.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream, delimiter=";")
    assert (row["Forderung"], row["Shop: offen"], row["Abweichung"]) == ("shop:A-1", "153,99", "ENDED_IN_SHOP")
    with pytest.raises(NotPermitted):
        list(town.ink.reconcile(actor=VENDOR))


def test_filters_narrow(tmp_path: Path) -> None:
    with world(tmp_path, shops={"shop": {}, "other": {}}) as town:
        town.handed_over("A-1")
        town.handed_over("B-1", shop="other")
        assert set(lines(town, Filter(shop="other"))) == {"other:B-1"}
        assert set(lines(town, Filter(account="agency"))) == {"shop:A-1", "other:B-1"}
        assert lines(town, Filter(account="nobody")) == {}
