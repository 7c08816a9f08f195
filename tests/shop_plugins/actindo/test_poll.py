"""Polls: notices of the chosen level become claims, whole and once, whatever the pages look like."""

import datetime as dt
from decimal import Decimal

import pytest

from inkasso_core import ConfigurationError, State, points

from .conftest import Opened, Town
from .stand_in import CUSTOMERS, DOCUMENTS, StandIn


def test_a_notice_of_the_level_becomes_a_claim_that_stands_in_the_queue(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    for level in (1, 2, 3):
        actindo.notice(200 + level, 100, level, created=f"2026-05-0{level} 08:00:00")
    actindo.customer()
    town.poll()
    assert town.refs() == ["shop:100"]
    assert town.red(100) == set()
    assert town.state(100) is State.READY
    claim = town.claim(100)
    assert (claim.principal, claim.currency, claim.invoice.number, claim.invoice.issued_on) == (
        Decimal("153.99"),
        "EUR",
        "RE000100",
        dt.date(2026, 3, 2),
    )
    assert [(one.level, one.sent_on, one.number) for one in claim.reminders] == [
        (1, dt.date(2026, 3, 31), "MA000201"),
        (2, dt.date(2026, 4, 14), "MA000202"),
        (3, dt.date(2026, 4, 28), "MA000203"),
    ]
    assert [(charge.amount, charge.on) for charge in claim.charges] == [(Decimal("2.50"), dt.date(2026, 4, 28))]
    assert claim.due_date == dt.date(2026, 3, 16)
    assert claim.debtor.person.last_name == "Groß-Möller"
    assert claim.debtor.person.salutation == "ms"
    assert claim.subject == "Stuhl Elbe, 2 × Kissen"
    assert claim.source.status == "3"
    assert (claim.payments, claim.credits, claim.ended, claim.assigned_to) == ((), (), None, None)
    assert town.world.agency.sent == []


def test_polling_again_changes_nothing(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100)
    town.poll()
    history = town.ink.history("shop:100")
    for _ in range(3):
        town.world.clock.forward(minutes=20)
        assert town.poll().results == []
    town.world.clock.forward(hours=3)
    assert town.poll().results == []
    assert town.ink.history("shop:100") == history


@pytest.mark.parametrize(
    ("rule", "level", "is_claim"),
    [
        ("at_least", 2, False),
        ("at_least", 3, True),
        ("at_least", 4, True),
        ("exactly", 2, False),
        ("exactly", 3, True),
        ("exactly", 4, False),
    ],
)
def test_thresholds(opened: Opened, actindo: StandIn, rule: str, level: int, is_claim: bool) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100, level, documentDate="2026-04-20")
    with opened(level_is=rule) as town:
        town.poll()
        assert town.refs() == (["shop:100"] if is_claim else [])


def test_a_notice_of_exactly_the_level_stays_a_trigger_when_a_higher_one_follows(opened: Opened, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100, 3)
    with opened(level_is="exactly") as town:
        town.poll()
        actindo.notice(202, 100, 4, created="2026-05-25 08:00:00", documentDate="2026-05-02")
        town.poll()
        assert town.state(100) is State.READY
        assert town.claim(100).source.status == "4"


def test_of_levels_below_no_person_is_stored(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100, 1)
    actindo.against("GU", 301, 100)
    town.poll()
    assert [body["filter"][0]["value"] for body in actindo.listed()] == [["MA", "GU", "WG", "ST"]] * len(actindo.listed())
    assert "Groß" not in _whole_database(town)


def _whole_database(town: Town) -> str:
    return "".join(path.read_bytes().decode("utf-8", "ignore") for path in town.world.folder.iterdir() if path.name.startswith("test.db"))


def test_numbers_as_texts_and_legacy_properties_in_every_shape(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100, id="100", brutto=153, legacyProperties=[])
    actindo.notice("201", "100", "3", id="201", fee=7.5)
    actindo.invoice(101, brutto="99")
    del actindo.documents[-1]["legacyProperties"]
    actindo.notice(202, 101, 3, fee="")
    actindo.notice(203, None)
    actindo.documents[-1]["legacyProperties"] = []
    actindo.against("GU", 301, 101)
    actindo.documents[-1]["legacyProperties"] = None
    polling = town.poll()
    assert town.refs() == ["shop:100", "shop:101"]
    assert town.claim(100).principal == 153
    assert town.claim(100).charges[0].amount == Decimal("7.50")
    assert (town.claim(101).due_date, town.claim(101).charges) == (None, ())
    assert [result.outcome for result in polling.results].count("failed") == 0  # a notice without level and link is nobody's


def test_a_notice_without_a_link_is_told_and_read_anew_once_the_setting_is_right(opened: Opened, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100)
    with opened(fields={"invoice": "legacyProperties.rechnung", "level": "legacyProperties.mahnstufe"}) as town:
        (result,) = town.poll().results
        assert result.outcome == "failed"
        assert "fields] invoice" in result.problem.text.de
        assert town.poll().results == []
    with opened() as town:
        town.poll()
        assert town.refs() == ["shop:100"]


def test_credits_reduce_and_a_reversal_ends_the_claim(town: Town, actindo: StandIn) -> None:
    for number in (100, 101, 102, 103):
        actindo.invoice(number, legacyProperties={"offen": None, "faellig": "2026-03-16"})
        actindo.notice(number + 100, number)
    actindo.against("GU", 301, 100, "-50.00", created="2026-04-01 08:00:00")  # before the notice
    actindo.against("WG", 302, 101, "3.99", created="2026-05-28 08:00:00")
    actindo.against("ST", 303, 102, created="2026-05-28 08:00:01")
    actindo.against("GU", 304, 103, "153.99", created="2026-05-28 08:00:02")
    town.poll()
    assert [town.claim(number).principal_open for number in (100, 101)] == [Decimal("103.99"), Decimal("150.00")]
    assert town.state(102) is State.CANCELLED or "ORDER_CANCELLED" in town.red(102)
    assert town.claim(103).ended == "refunded"
    assert town.state(103) is not State.READY
    assert town.world.agency.sent == []


def test_a_reversal_after_queueing_takes_the_claim_out(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100)
    town.poll()
    actindo.against("ST", 301, 100, created="2026-05-28 08:00:00")
    town.poll()
    assert town.state(100) is State.CANCELLED


def test_locks_hold_and_lifting_them_lets_go(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    actindo.overdue(101, customerSupplierId=20002)
    customer = actindo.customer(20001, reminderLock=True)
    actindo.customer(20002, reminderAutomaticLock="1")
    town.poll()
    assert [(town.state(number), town.red(number)) for number in (100, 101)] == [(State.WAITING, {"REMINDER_LOCK"})] * 2
    assert not town.ink.release(["shop:100"])[0].ok
    customer["reminderLock"] = False
    town.world.clock.forward(hours=2)
    town.poll()
    assert town.state(100) is State.READY
    customer["reminderLock"] = 1
    town.world.clock.forward(hours=2)
    town.poll()
    assert town.state(100) is State.WAITING


def test_factoring_codes_start_no_claim(opened: Opened, actindo: StandIn) -> None:
    for number, code in enumerate(("KL", "BS", "BP", "PM", "VK"), start=100):
        actindo.invoice(number, paymentType=code)
        actindo.notice(number + 100, number)
    with opened() as town:
        town.poll()
        assert town.refs() == ["shop:104"]
        actindo.documents[-2]["paymentType"] = "KL"  # sold later
        town.world.clock.forward(hours=2)
        town.poll()
        assert town.state(104) is State.WAITING
        assert town.claim(104).assigned_to == "KL"


def test_a_notice_whose_invoice_is_not_known_waits_and_comes_to_life_with_it(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    invoice = actindo.documents.pop(0)
    town.poll()
    assert town.state(100) is State.WAITING
    assert "INVOICE_UNKNOWN" in town.red(100)
    assert not town.ink.release(["shop:100"])[0].ok
    actindo.documents.append(invoice)
    town.world.clock.forward(hours=2)
    town.poll()
    assert (town.state(100), town.red(100)) == (State.READY, set())


def test_a_payment_is_seen_and_one_that_bounces_too(town: Town, actindo: StandIn) -> None:
    document = actindo.invoice(100)
    actindo.notice(201, 100)
    town.poll()
    for still_open, paid in (("100.00", "53.99"), ("153.99", None), ("100.00", "53.99")):
        document["legacyProperties"] = {**document["legacyProperties"], "offen": still_open}
        town.world.clock.forward(hours=2)
        town.poll()
        assert [payment.amount for payment in town.claim(100).payments] == ([Decimal(paid)] if paid else [])
    document["legacyProperties"] = {**document["legacyProperties"], "offen": 0}
    town.world.clock.forward(hours=2)
    town.poll()
    assert town.claim(100).principal_open == 0
    assert town.state(100) is not State.READY


# Pages


def _many(actindo: StandIn, count: int, *, second: int | None = None) -> None:
    for number in range(count):
        actindo.invoice(1000 + number)
        moment = second if second is not None else number % 60
        actindo.notice(5000 + number, 1000 + number, created=f"2026-05-20 08:{0 if second is not None else number // 60:02}:{moment:02}")


@pytest.mark.parametrize("same_second", [None, 7])
@pytest.mark.parametrize("most", [500, 3])
def test_every_page_is_read_whatever_its_length(opened: Opened, actindo: StandIn, most: int, same_second: int | None) -> None:
    _many(actindo, 35, second=same_second)
    actindo.most = most
    with opened() as town:
        town.poll()
        assert len(town.refs()) == 35
        assert all(
            "positions" in body["serializeOptionals"] and "legacyProperties" in body["serializeOptionals"] for body in actindo.listed()
        )


def test_filters_may_be_written_one_for_each_value(opened: Opened, actindo: StandIn) -> None:
    _many(actindo, 3)
    with opened(several="repeat") as town:
        town.poll()
        assert len(town.refs()) == 3
    assert {one["operator"] for body in actindo.listed() for one in body["filter"]} == {"=", ">="}


def test_what_happens_between_two_pages_loses_nothing(opened: Opened, actindo: StandIn) -> None:
    _many(actindo, 40)
    pages = 0

    def meanwhile(method: str) -> None:
        nonlocal pages
        pages += method == DOCUMENTS
        if pages == 3:  # a document is deleted, one is changed, one comes in late with an early time
            actindo.documents.remove(next(one for one in actindo.documents if one["id"] == 5000))
            next(one for one in actindo.documents if one["id"] == 5039)["legacyProperties"]["mahngebuehr"] = "9.00"
            actindo.invoice(1900)
            actindo.notice(5900, 1900, created="2026-05-20 08:00:01")

    actindo.before = meanwhile
    with opened() as town:
        town.poll()
        found = town.refs()
        assert len(set(found)) == len(found)
        assert {f"shop:{1000 + number}" for number in range(40)} <= set(found)
        assert town.claim(1039).charges[0].amount == 9
        town.poll()
        assert "shop:1900" in town.refs()  # the overlap


class Killed(BaseException):
    """Nothing catches it."""


@pytest.mark.parametrize("point", ["poll.fetched", "poll.stored", "wholes.told"])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_poll_killed_between_pages_goes_on_and_every_claim_is_there_once(
    opened: Opened, actindo: StandIn, monkeypatch: pytest.MonkeyPatch, point: str, at: int
) -> None:
    _many(actindo, 35)
    passed = 0

    def kill(name: str) -> None:
        nonlocal passed
        passed += name == point
        if passed == at:
            passed += 1
            raise Killed

    monkeypatch.setattr(points, "listener", kill)
    with opened() as town, pytest.raises(Killed):
        town.poll()
    with opened() as town:
        town.poll()
        assert len(town.refs()) == 35
        assert all(len(town.ink.history(ref)) == 1 for ref in town.refs())


def test_a_list_that_is_not_sorted_is_refused(town: Town, actindo: StandIn) -> None:
    actindo.sorts = False
    actindo.notice(201, 100, created="2026-05-20 09:00:00")
    actindo.notice(202, 101, created="2026-05-20 08:00:00")
    problem = town.look().problem
    assert isinstance(problem, ConfigurationError)
    assert problem.field == "fields.created"
    assert town.refs() == []


def test_a_field_that_is_not_there_is_named(opened: Opened, actindo: StandIn) -> None:
    actindo.notice(201, 100)
    del actindo.documents[-1]["id"]
    actindo.sorts = False
    with opened() as town:
        problem = town.look().problem
    assert isinstance(problem, ConfigurationError)
    assert "fields] id" in problem.text.en


def test_pushed_ids_are_read_by_the_next_poll(town: Town, actindo: StandIn) -> None:
    actindo.invoice(100)
    actindo.notice(201, 100, created="2020-01-01 00:00:00")  # too old for a poll
    town.poll()
    assert town.refs() == []
    town.ink.receive("shop", _push(b'{"ids": [201, "999"]}'))
    town.poll()
    assert town.refs() == ["shop:100"]
    before = len(actindo.listed())
    town.poll()
    assert all([201, 999] not in [one["value"] for one in body["filter"]] for body in actindo.listed()[before:])


def _push(body: bytes) -> object:
    from world import NOON

    from inkasso_core import ShopRequest

    from .conftest import PUSH

    return ShopRequest(headers={"x-inkasso-secret": PUSH}, body=body, received_at=NOON)


def test_rereading_is_economical(town: Town, actindo: StandIn) -> None:
    for number in range(25):
        actindo.overdue(100 + number)
    actindo.invoice(900)
    actindo.notice(901, 900, 1, created="2026-05-30 08:00:00")
    town.poll()
    calls = len(actindo.calls)
    town.world.clock.forward(minutes=30)
    town.poll()
    assert len(actindo.calls) - calls == 3  # the overlap holds one notice: once, once more behind it, and the end
    calls = len(actindo.calls)
    town.world.clock.forward(minutes=40)
    town.poll()
    spent = [call.method for call in actindo.calls[calls:]]
    assert (spent.count(DOCUMENTS), spent.count(CUSTOMERS)) == (3 + 3, 3)  # 25 open claims are three pages of ten
