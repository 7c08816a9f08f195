"""Notices that go to another invoice, notices that do not count, and ids as people write them."""

from inkasso_core import ShopRequest, State, to_json

from .conftest import PUSH, Town
from .stand_in import StandIn


def changed(town: Town, number: str) -> None:
    """A workflow says that a document changed."""
    request = ShopRequest(headers={"X-Inkasso-Secret": PUSH}, body=to_json({"id": number}), received_at=town.world.clock())
    town.ink.receive("shop", request)


def test_a_notice_that_belonged_to_another_invoice_leaves_the_first_out_of_the_agencys_way(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    actindo.invoice(101)
    town.poll()
    town.world.clock.forward(hours=3)
    actindo.notice(1004, 100, 4, created="2026-05-20 08:00:00")
    town.poll()
    assert town.state(100) is State.READY
    town.world.clock.forward(hours=3)
    for notice in (one for one in actindo.documents if one["type"] == "MA"):
        notice["legacyProperties"]["rechnungId"] = 101
        changed(town, f"0{notice['id']}")
    town.poll()
    assert town.claim(100).reminders == ()
    assert town.state(100) is State.WAITING
    assert town.state(101) is State.READY


def test_a_notice_that_does_not_count_needs_no_amount(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(1001, 100, 1)["brutto"] = None
    town.poll()
    assert town.ink.failed_events("shop") == []
    assert town.refs() == []


def test_a_credit_that_cannot_be_read_keeps_the_claim_back(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    town.poll()
    assert town.state(100) is State.READY
    town.world.clock.forward(hours=3)
    actindo.add("GU", 1009, legacyProperties={"rechnungId": 100}, brutto="a lot", documentDate="2026-05-20", created="2026-05-20 08:00:00")
    town.poll()
    assert town.state(100) is State.WAITING
    assert "CREDIT_UNREADABLE" in town.ink.diagnose("100", shop="shop").red
