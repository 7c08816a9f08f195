"""What vendors see: their claims as of the last nightly update, without pauses; the operator sees them as they are."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from builders import green_address, green_debtor
from world import OPERATOR, VENDOR, Clock, Script, World, claim, done, scripted, world

from inkasso_core import Actor, AgencyStatus, NotFound, NotPermitted, Role, State, Text
from inkasso_core.app import Filter
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.store.engine import Database

MARKET: dict[str, Any] = {"shop": {"profile": "marketplace"}}
WANDA = Actor("wanda", Role.VENDOR, vendors=frozenset({"wanda"}))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, shops=MARKET) as town:
        yield town


def seen(town: World, actor: Actor = VENDOR, vendor: str = "viktor", **chosen: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    view = town.ink.vendor_view("shop", vendor, Filter(**chosen), actor=actor)
    return {line.stored.record: (line.stored.state.value, line.actions) for line in view.lines}


# Nightly


def test_a_vendor_sees_paid_after_the_next_update_and_the_operator_at_once(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    assert seen(market) == {}
    market.ink.run_due()
    assert seen(market) == {"M-1": ("ready", ("release", "cancel"))}
    done(market.ink.mark_paid([ref], reason="all is booked", actor=OPERATOR))
    market.ink.run_due()
    assert seen(market) == {"M-1": ("ready", ("release", "cancel"))}
    assert seen(market, OPERATOR) == {"M-1": ("paid", ())}
    assert market.ink.count(actor=VENDOR) == {State.READY: 1}
    assert [s.state for s in market.ink.claims(Filter(states=(State.PAID,)), actor=VENDOR)] == []
    assert market.ink.find(ref, actor=VENDOR).state is State.READY
    assert [e.to_state for e in market.ink.history(ref, actor=VENDOR)] == ["ready"]
    market.clock.forward(days=1)
    market.ink.run_due()
    assert seen(market) == {"M-1": ("paid", ())}
    assert [e.to_state for e in market.ink.history(ref, actor=VENDOR)] == ["ready", "paid"]


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-06-01T02:00", "2026-06-01T02:59", False),
        ("2026-06-01T02:00", "2026-06-01T03:00", True),
        ("2026-06-01T03:00", "2026-06-01T23:59", False),
        ("2026-06-01T12:00", "2026-06-02T02:59", False),
        ("2026-06-01T12:00", "2026-06-02T03:00", True),
        ("2026-06-01T12:00", "2026-06-03T00:10", True),  # a night was missed: the next run makes up for it, whatever the hour
        ("2026-06-01T12:00", "2026-06-20T01:00", True),
        ("2026-10-24T12:00", "2026-10-25T03:00", True),  # the clocks go back in this night
    ],
)
def test_it_is_published_once_after_its_hour_has_come(tmp_path: Path, last: str, now: str, due: bool) -> None:
    clock = Clock(dt.datetime.fromisoformat(last).astimezone(dt.UTC))
    with world(tmp_path, clock=clock, shops=MARKET) as town:
        clock.at = local(town, last)
        assert [one.shop for one in town.ink.run_due().published] == ["shop"]
        clock.at = local(town, now)
        assert bool(town.ink.run_due().published) is due
        assert town.ink.run_due().published == []


def local(town: World, text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=town.ink.settings.zone).astimezone(dt.UTC)


def test_the_hour_is_a_setting_of_each_marketplace(tmp_path: Path) -> None:
    late = {"early": {"profile": "marketplace"}, "late": {"profile": "marketplace", "vendors": {"view_hour": 22}}, "shop": {}}
    with world(tmp_path, shops=late) as town:
        assert [one.shop for one in town.ink.run_due().published] == ["early", "late"]
        for hours, published in ((9, []), (1, ["late"]), (4, []), (1, ["early"]), (18, []), (1, ["late"])):  # from noon on
            town.clock.forward(hours=hours)
            assert [one.shop for one in town.ink.run_due().published] == published


def test_to_publish_again_changes_nothing_but_the_time(market: World) -> None:
    market.handed_over("M-1", "M-2", vendor="viktor")
    market.ready("M-3")
    (first,) = market.ink.publish_vendor_view(actor=OPERATOR)
    before = market.ink.vendor_view("shop", "viktor", actor=VENDOR)
    market.clock.forward(minutes=5)
    (second,) = market.ink.publish_vendor_view("shop", actor=OPERATOR)
    after = market.ink.vendor_view("shop", "viktor", actor=VENDOR)
    assert (first.claims, second.claims) == (2, 2)  # what has no vendor is nobody's to see
    assert before.lines == after.lines
    assert (before.updated_at, after.updated_at) == (first.at, second.at)
    with pytest.raises(NotPermitted):
        market.ink.publish_vendor_view(actor=VENDOR)


def test_an_update_that_is_killed_leaves_the_last_one_whole(market: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    market.ink.publish_vendor_view()
    before = market.ink.vendor_view("shop", "viktor", actor=VENDOR)
    done(market.ink.mark_paid([ref], actor=OPERATOR))

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("inkasso_core.vendorview.Published", killed)
        patched.setattr(Database, "write", _dying(Database.write, Killed))
        with pytest.raises(Killed):
            market.ink.publish_vendor_view()
    assert market.ink.vendor_view("shop", "viktor", actor=VENDOR) == before
    market.ink.publish_vendor_view()
    assert seen(market) == {"M-1": ("paid", ())}


def _dying(write: Any, killed: type[BaseException]) -> Any:
    """A transaction whose process dies before it is committed."""
    from contextlib import contextmanager

    @contextmanager
    def dying(database: Database) -> Iterator[Any]:
        with write(database) as connection:
            yield connection
            raise killed

    return dying


def test_a_shop_that_is_a_marketplace_no_more_shows_its_claims_as_they_are(tmp_path: Path) -> None:
    with world(tmp_path, shops=MARKET) as town:
        (ref,) = town.ready("M-1", vendor="viktor")
        assert list(town.ink.claims(actor=VENDOR)) == []
        town.ink.publish_vendor_view()
        done(town.ink.mark_paid([ref], actor=OPERATOR))
        assert [s.state for s in town.ink.claims(actor=VENDOR)] == [State.READY]
    with world(tmp_path) as town:
        assert [s.state for s in town.ink.claims(actor=VENDOR)] == [State.PAID]


# A pause does not show


@pytest.mark.parametrize("former", ["ready", "running", "handed_over"])
def test_a_pause_shows_as_what_was_before_without_anything_to_do(market: World, former: str) -> None:
    (ref,) = getattr(market, former)("M-1", vendor="viktor")
    done(market.ink.pause([ref], reason="Betreiber prüft", actor=OPERATOR, confirmed=True))
    market.ink.hold(ref, reason="meanwhile", actor=OPERATOR)
    market.ink.publish_vendor_view()
    assert seen(market) == {"M-1": (former, ())}
    assert seen(market, OPERATOR)["M-1"][0] == "paused"
    found = market.ink.find(ref, actor=VENDOR)
    assert (found.state, found.former_state) == (State(former), None)
    assert market.ink.find(ref, actor=VENDOR, exact=True).state is State(former)
    assert market.ink.count(actor=VENDOR) == {State(former): 1}
    assert market.ink.vendors(actor=VENDOR)[0].counts == {State(former): 1}
    told = [*market.ink.history(ref, actor=VENDOR), *market.ink.show(ref, actor=VENDOR).history]
    assert "paused" not in {state for entry in told for state in (entry.from_state, entry.to_state)}
    assert "Betreiber prüft" not in {entry.reason for entry in told}
    assert "meanwhile" in {entry.reason for entry in told}
    done(market.ink.resume(ref, actor=OPERATOR))
    market.ink.publish_vendor_view()
    told = market.ink.history(ref, actor=VENDOR)
    assert [e.to_state for e in told if e.from_state != e.to_state] == market.trail(ref)[: -2 or None]


def test_a_paused_claim_that_ends_has_ended_from_where_it_was(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    done(market.ink.pause([ref], reason="undecided", actor=OPERATOR))
    done(market.ink.cancel([ref], reason="goodwill", actor=OPERATOR))
    market.ink.publish_vendor_view()
    assert [(e.from_state, e.to_state) for e in market.ink.history(ref, actor=VENDOR)] == [(None, "ready"), ("ready", "cancelled")]


ACTS = ["release", "withdraw", "cancel", "mark_paid", "pause", "resume", "remove", "reinstate"]


@pytest.mark.parametrize("act", ACTS)
def test_no_refusal_tells_a_vendor_of_a_pause(market: World, act: str) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    done(market.ink.pause([ref], reason="undecided", actor=OPERATOR))
    reason = {} if act in ("release", "resume") else {"reason": "x"}
    (handled,) = getattr(market.ink, act)([ref], actor=VENDOR, **reason)
    assert handled.problem is not None
    assert handled.stored is not None
    assert (handled.stored.state, handled.stored.former_state) == (State.READY, None)
    said = f"{handled.problem.text.de} {handled.problem.text.en}".casefold()
    assert not [word for word in ("blockiert", "paus", "block") if word in said]
    assert market.state(ref) is State.PAUSED


def test_nor_does_a_word_about_the_agency(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    done(market.ink.pause([ref], reason="undecided", actor=OPERATOR))
    ((stored, problem),) = market.ink.confirm([ref], actor=VENDOR)
    (found,) = market.ink.resolve([ref], found="AZ-1", reason="x", actor=VENDOR)
    assert problem is not None
    assert found.problem is not None
    assert found.stored is not None
    for state, refused in ((stored.state, problem), (found.stored.state, found.problem)):
        assert state is State.READY
        assert "lockiert" not in refused.text.de


# As it was published, in every look


def test_amounts_and_data_are_those_of_the_update(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    market.ink.publish_vendor_view()
    address = green_address(city="Leipzig")
    market.report(claim("M-1", vendor="viktor", paid="50.00", debtor=green_debtor(number="K-M-1", addresses=(address,))))
    for look in (market.ink.find(ref, actor=VENDOR), *market.ink.claims(actor=VENDOR), market.ink.show(ref, actor=VENDOR).stored):
        assert str(look.principal_open) == "153.99"
    shown = market.ink.show(ref, actor=VENDOR).claim.debtor.address
    assert shown is not None
    assert shown.city == "Dresden"
    assert str(market.ink.find(ref, actor=OPERATOR).principal_open) == "103.99"
    market.ink.publish_vendor_view()
    assert [str(s.principal_open) for s in market.ink.claims(actor=VENDOR)] == ["103.99"]


def test_what_the_agency_says_shows_with_the_next_update(market: World) -> None:
    (ref,) = market.handed_over("M-1", vendor="viktor")
    market.ink.publish_vendor_view()
    assert [p.agency_status for p in market.ink.show(ref, actor=VENDOR).placements] == ["active"]
    market.agency.says(AgencyStatus.CLOSED_PAID)
    market.ink.follow()
    details = market.ink.show(ref, actor=VENDOR)
    assert (details.stored.state, details.placements, details.tasks, details.error) == (State.HANDED_OVER, [], [], None)
    market.ink.publish_vendor_view()
    assert market.ink.show(ref, actor=VENDOR).stored.state is State.PAID


def test_a_claim_that_was_not_published_is_not_there_to_look_at(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    for look in (market.ink.find, market.ink.show, market.ink.history, market.ink.diagnose, market.ink.statement):
        with pytest.raises(NotFound):
            look(ref, actor=VENDOR)
    done(market.ink.release([ref], actor=VENDOR))  # whoever knows its number may act, as the life cycle says


def test_whose_a_claim_is_is_never_a_matter_of_yesterday(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    market.ink.publish_vendor_view()
    market.report(claim("M-1", vendor="wanda", subject="Stuhl"))
    assert [s.ref for s in market.ink.claims(actor=VENDOR)] == []
    assert [s.ref for s in market.ink.claims(actor=WANDA)] == [ref]


# Search, and the list as a file


def test_a_vendors_orders_are_found_by_vendor_order_state_and_period(market: World) -> None:
    market.report(*(claim("M-1", vendor="viktor", instalment=n) for n in (1, 2)), claim("M-2", vendor="wanda"))
    market.handed_over("M-3", vendor="viktor")
    market.clock.forward(days=10)
    market.ready("M-4", vendor="viktor")
    market.ink.publish_vendor_view()
    begun = market.clock() - dt.timedelta(days=1)
    for actor in (VENDOR, OPERATOR):
        assert list(seen(market, actor)) == ["M-1//1", "M-1//2", "M-3", "M-4"]
        assert list(seen(market, actor, order="M-1")) == ["M-1//1", "M-1//2"]
        assert list(seen(market, actor, states=(State.HANDED_OVER,))) == ["M-3"]
        assert list(seen(market, actor, since=begun)) == ["M-4"]
        assert list(seen(market, actor, until=begun, states=(State.READY,))) == ["M-1//1", "M-1//2"]
        assert list(seen(market, actor, vendor="viktor", shop="elsewhere")) == ["M-1//1", "M-1//2", "M-3", "M-4"]
        of_vendor = [s.record for s in market.ink.claims(Filter(vendor="viktor"), actor=actor)]
        assert of_vendor == ["M-1//1", "M-1//2", "M-3", "M-4"]
    assert [s.record for s in market.ink.claims(Filter(order="M-2"))] == ["M-2"]
    assert [s.record for s in market.ink.claims(Filter(order="M-2"), actor=VENDOR)] == []


def test_in_a_file_a_marketplaces_states_have_their_own_names(tmp_path: Path) -> None:
    with world(tmp_path, shops={"market": {"profile": "marketplace"}, "shop": {}}) as town:
        town.ready("M-1", shop="market", vendor="viktor")
        town.ready("A-1")
        assert town.ink.export(tmp_path / "all.csv") == 2
        text = (tmp_path / "all.csv").read_text("utf-8-sig")
        assert [row.split(";")[3].strip('"') for row in text.splitlines()[1:]] == ["Gesperrt", "Bereit zur Übergabe"]


# Portal access with a vendor's first claim


NOTICE = Text("Der Verkäufer erhält seinen Zugang zum Portal per E-Mail.", "The vendor gets his access to the portal by e-mail.")


def test_access_to_the_portal_is_noted_with_each_vendors_first_claim_at_the_agency(tmp_path: Path) -> None:
    script = Script()

    class Welcoming(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "welcoming"
        first_claim_notice: ClassVar[Text | None] = NOTICE

    with world(
        tmp_path, script=script, shops=MARKET, agencies={"welcoming": Welcoming}, accounts={"agency": {"agency": "welcoming"}}
    ) as town:
        town.ready("M-0", vendor="xaver")  # locked: there is nothing to see for him
        refs = [
            *town.handed_over("M-1", "M-2", vendor="viktor"),
            *town.handed_over("M-3", vendor="wanda"),
            *town.handed_over("M-4", vendor="viktor"),
        ]
        told = [[e.reason for e in town.ink.history(ref)].count(NOTICE.en) for ref in (*refs, "shop:M-0")]
        assert told == [1, 0, 1, 0, 0]
        assert NOTICE.en not in {e.reason for e in town.ink.history("shop:M-0")}
        town.ink.publish_vendor_view()
        assert NOTICE.de in {e.details["de"] for e in town.ink.history(refs[0], actor=VENDOR) if e.what == "message" and e.details}


# Why is this order not here?


def test_a_diagnosis_tells_a_vendor_nothing_of_others(market: World) -> None:
    market.report(claim("M-1", vendor="viktor", level=1), claim("M-2", vendor="wanda", level=1))
    market.ink.publish_vendor_view()
    assert market.ink.diagnose("shop:M-1", actor=VENDOR).red
    for number in ("M-2", "RE-M-2"):
        with pytest.raises(NotFound):
            market.ink.diagnose(number, shop="shop", actor=VENDOR)
        trace = market.ink.trace(number, shop="shop", actor=VENDOR)
        assert (trace.claims, trace.failed, trace.settled, trace.idle) == ([], [], [], None)
        assert market.ink.failed_about(number, shop="shop", actor=VENDOR) == []
    assert [s.record for s in market.ink.trace("M-2", shop="shop", actor=OPERATOR).claims] == ["M-2"]
    assert market.ink.fault("shop:M-1", actor=VENDOR) is None


def test_looking_for_an_invoice_a_vendor_finds_what_was_published(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    assert market.ink.trace("RE-M-1", shop="shop", actor=VENDOR).claims == []
    market.ink.publish_vendor_view()
    done(market.ink.pause([ref], reason="Betreiber prüft", actor=OPERATOR))
    assert [s.state for s in market.ink.trace("RE-M-1", shop="shop", actor=VENDOR).claims] == [State.READY]
    assert [s.state for s in market.ink.trace("RE-M-1", shop="shop", actor=OPERATOR).claims] == [State.PAUSED]


def test_an_operator_acts_on_what_is_and_a_machine_too(market: World) -> None:
    (ref,) = market.ready("M-1", vendor="viktor")
    for actor in (OPERATOR, SYSTEM):
        assert market.ink.find(ref, actor=actor).ref == ref
        assert [s.ref for s in market.ink.claims(actor=actor)] == [ref]
