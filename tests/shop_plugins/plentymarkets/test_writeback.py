"""What the shop is told: notes, statuses, levels, payments, a blocked contact; each once, whatever breaks on the way."""

import datetime as dt
import re
from decimal import Decimal

import builders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inkasso_core import (
    AuthenticationFailed,
    Case,
    ClaimEvent,
    ClaimEventKind,
    InkassoError,
    OutcomeUnknown,
    PaymentOrigin,
    TemporarilyUnavailable,
)
from inkasso_shop_plugins.plentymarkets import Plentymarkets, PlentySettings
from inkasso_shop_plugins.plentymarkets.notes import STATUSES, WORDS, note
from inkasso_shop_plugins.plentymarkets.settings import NOTED, WRITTEN

from .invented import order
from .standin import Cut
from .town import work

AT = dt.datetime(2026, 4, 3, 22, 30, tzinfo=dt.UTC)
PAID = {"entry": "01ABC", "amount": "12.50", "currency": "EUR", "received_on": "2026-04-01"}
OFF = {"notes": "off"}


def event(kind=ClaimEventKind.HANDED_OVER, *, name="E1", at=AT, tries=0, **details):
    """An event of order 101."""
    return ClaimEvent(name, kind, at, "plenty", "claim-1", "101", kind.value, "agency", None, "system", details or None, tries)


@pytest.fixture
def tell(context, shop):
    """Tell the plugin of an event; further arguments are settings. The order is known to the shop, and to nobody else."""
    shop.orders.setdefault(101, order(101, contact=55))

    def call(*events, **settings):
        ours = context(**settings)
        object.__setattr__(ours, "book", Book())
        for one in events:
            Plentymarkets().inkasso_claim_changed(one, ours)

    return call


class Book:
    """Knows one case, of a claim in euros."""

    def claim(self, _order):
        """What the shop reported."""
        return builders.green_claim()

    def case(self, _order):
        """Where it stands."""
        return Case(
            account="agency",
            agency="Muster & Söhne",
            our_reference="R1",
            case_reference="AZ<7>",
            portal_url="https://portal.example/?a=1&b=2",
        )


def _notes(shop):
    return [(note["referenceType"], note["referenceValue"]) for note in shop.comments]


# Notes


@pytest.mark.parametrize(
    ("target", "places"),
    [("both", [("order", 101), ("contact", 55)]), ("order", [("order", 101)]), ("contact", [("contact", 55)]), ("off", [])],
)
def test_a_note_stands_where_the_merchant_wants_it(tell, shop, target, places):
    tell(event(), notes=target)
    assert _notes(shop) == places
    assert not any(one["isVisibleForContact"] for one in shop.comments)


@pytest.mark.parametrize("target", ["both", "contact"])
def test_a_guests_notes_stand_on_the_order(tell, shop, target):
    shop.orders[101]["relations"] = []
    tell(event(), event(name="E2"), notes=target)
    assert _notes(shop) == [("order", 101)] * 2
    assert shop.routes()["GET /orders/#"] == 1, "who the contact is, is asked once"


def test_the_note_says_what_and_when_and_where(tell, shop):
    tell(event(), notes="order")
    (text,) = shop.notes("order", 101)
    assert text == (
        "Auftrag 101 an Muster &amp; Söhne übergeben. Aktenzeichen: AZ&lt;7&gt;. Vorgangsdatum: 04.04.2026. "
        '<a href="https://portal.example/?a=1&amp;b=2">zu Muster &amp; Söhne</a> https://portal.example/?a=1&amp;b=2 [inkasso E1]'
    )


def test_the_note_of_a_payment_names_its_own_day(tell, shop):
    tell(event(ClaimEventKind.PAYMENT, **PAID), notes="order", note_language="en")
    (text,) = shop.notes("order", 101)
    assert text.startswith("Payment received by Muster &amp; Söhne: €12.50. Case: AZ&lt;7&gt;. Date: Apr 1, 2026. ")


def test_the_note_of_a_status_names_the_agencys_own_word(tell, shop):
    tell(event(ClaimEventKind.STATUS, status="judicial", code="MB <1>", case_reference="AZ-8"), notes="order")
    (text,) = shop.notes("order", 101)
    assert text.startswith("Stand bei Muster &amp; Söhne: gerichtliches Verfahren (MB &lt;1&gt;). Aktenzeichen: AZ-8. ")


def test_every_kind_of_note_has_words_in_both_languages():
    assert set(NOTED) == set(WORDS)
    for kind in WORDS:
        for language in ("de", "en"):
            settings = PlentySettings.model_validate({"status": "3.6", "note_language": language})
            text = note(event(kind), None, settings)
            assert "{" not in text
            assert text.endswith("[inkasso E1]")
    assert all(text.de and text.en for text in STATUSES.values())


@given(st.text(max_size=50), st.text(max_size=200))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_an_agency_says_becomes_markup(agency, url):
    case = Case.model_construct(agency=agency, case_reference=agency, portal_url=url)
    text = note(event(ClaimEventKind.STATUS, status="x", code=agency), case, PlentySettings.model_validate({"status": "3.6"}))
    assert re.sub(r'<a href="https?://[^"<>]*">[^<>]*</a>', "", text).count("<") == 0


@pytest.mark.parametrize("kind", [kind for kind in ClaimEventKind if kind not in NOTED])
def test_what_concerns_nobody_in_the_shop_asks_nothing(tell, shop, kind):
    tell(event(kind), status_after={"handed_over": "7.9"}, book_payments=True, block_contact=True)
    assert shop.log == []


def test_only_the_chosen_events_are_noted(tell, shop):
    tell(event(), event(ClaimEventKind.PAID, name="E2"), notes="order", note_events=["paid"])
    assert [text[-4:-1] for text in shop.notes("order", 101)] == [" E2"]


def test_a_claim_of_another_kind_of_record_is_left_alone(tell, shop):
    tell(event()._replace(order="101/P/2"))
    assert shop.log == []


def test_an_event_told_twice_is_noted_once(tell, shop):
    tell(event(), event(), event(tries=3), notes="both")
    assert sorted(_notes(shop)) == [("contact", 55), ("order", 101)]


def _cut_after(shop, route, times=1):
    left = [times]

    def cut(call):
        if call.route == route and left[0]:
            left[0] -= 1
            raise Cut

    shop.after = cut


def test_a_note_that_was_stored_though_the_answer_was_lost_is_not_written_again(tell, shop):
    _cut_after(shop, "POST /comments")
    with pytest.raises(OutcomeUnknown):
        tell(event(), notes="both")
    tell(event(tries=1), notes="both")
    assert _notes(shop) == [("order", 101), ("contact", 55)]


def test_a_note_that_was_stored_before_the_process_died_is_not_written_again(tell, shop):
    """The process dies without a word: the core knows of no failed try, and only the journal knows that something was begun."""
    _cut_after(shop, "POST /comments")
    with pytest.raises(OutcomeUnknown):
        tell(event(), notes="order")
    tell(event(tries=0), notes="order")
    assert _notes(shop) == [("order", 101)]


def test_a_note_that_never_arrived_is_written(tell, shop):
    def cut(call):
        if call.path == "/comments":
            shop.before = None
            raise Cut

    shop.before = cut
    with pytest.raises(OutcomeUnknown):
        tell(event(), notes="order")
    tell(event(tries=1), notes="order")
    assert _notes(shop) == [("order", 101)]


def test_normally_nobody_looks_for_notes(tell, shop):
    tell(event(), event(name="E2"))
    assert [route for route in shop.routes() if "comments" in route] == ["POST /comments"]


def test_an_order_that_is_gone_has_no_notes(tell, shop):
    del shop.orders[101]
    tell(event(), status_after={"handed_over": "7.9"}, notes="off")
    assert shop.routes()["PUT /orders/#"] == 1


def test_a_missing_right_to_write_is_named_and_tried_again_later(tell, shop):
    shop.forbidden = {"POST /comments"}
    with pytest.raises(AuthenticationFailed, match="create notes"):
        tell(event(), notes="order")
    shop.forbidden = set()
    tell(event(tries=1), notes="order")
    assert _notes(shop) == [("order", 101)]


# The order


def test_status_and_level_change_with_the_claim(tell, shop):
    tell(event(), status_after={"handed_over": "7.9", "paid": 7.95}, dunning_level_after={"handed_over": 4}, **OFF)
    assert shop.orders[101]["statusId"] == Decimal("7.9")
    assert [p["value"] for p in shop.orders[101]["properties"] if p["typeId"] == 9] == ["4"]
    assert shop.routes()["PUT /orders/#"] == 1
    tell(event(ClaimEventKind.PAID, name="E2"), status_after={"handed_over": "7.9", "paid": 7.95}, **OFF)
    assert shop.orders[101]["statusId"] == Decimal("7.95")


def test_an_old_event_moves_no_order_back(tell, shop):
    after = {"handed_over": "7.9", "paid": "7.95"}
    tell(event(ClaimEventKind.PAID, name="E2", at=AT + dt.timedelta(days=1)), event(name="E1"), status_after=after, **OFF)
    assert shop.orders[101]["statusId"] == Decimal("7.95")


def test_what_a_clerk_changed_afterwards_stays(tell, shop):
    """The status was set, the note failed; a clerk sets another status; the event is told again."""
    settings = {"status_after": {"handed_over": "7.9"}, "notes": "order"}
    _cut_after(shop, "POST /comments")
    with pytest.raises(OutcomeUnknown):
        tell(event(), **settings)
    shop.change(101, statusId=Decimal("7"))
    tell(event(tries=1), **settings)
    assert shop.orders[101]["statusId"] == Decimal("7")
    assert _notes(shop) == [("order", 101)]


def test_a_lost_answer_to_a_change_only_means_to_do_it_again(tell, shop):
    _cut_after(shop, "PUT /orders/#")
    with pytest.raises(TemporarilyUnavailable):
        tell(event(), status_after={"handed_over": "7.9"}, **OFF)
    tell(event(tries=1), status_after={"handed_over": "7.9"}, **OFF)
    assert shop.orders[101]["statusId"] == Decimal("7.9")


def test_no_state_before_the_agency_moves_the_order():
    assert set(WRITTEN.values()) == {"handed_over", "failed", "paused", "cancelled", "paid", "closed"}


def test_the_contact_is_blocked_when_the_claim_is_handed_over(tell, shop):
    tell(event(ClaimEventKind.PAID), block_contact=True, **OFF)
    assert shop.contacts == {}
    tell(event(), block_contact=True, **OFF)
    assert shop.contacts == {55: {"blocked": True}}


def test_a_guest_cannot_be_blocked(tell, shop):
    shop.orders[101]["relations"] = []
    tell(event(), block_contact=True, **OFF)
    assert shop.contacts == {}


# Payments


def test_a_payment_is_booked_and_assigned(tell, shop):
    tell(event(ClaimEventKind.PAYMENT, **PAID), book_payments=True, booking_method=4, **OFF)
    (payment,) = shop.payments
    assert (payment["amount"], payment["mopId"], payment["order"]) == (Decimal("12.5000"), 4, {"orderId": 101})
    assert {"typeId": 1, "value": "inkasso-01ABC"} in payment["properties"]
    assert payment["receivedAt"] == "2026-04-01T12:00:00+02:00"


@pytest.mark.parametrize("route", ["POST /payments", "POST /payment/#/order/#", "GET /payments/property/#/inkasso-01ABC"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("tries", [0, 1])
def test_a_payment_is_never_booked_twice(tell, shop, route, moment, tries):
    def cut(call):
        if call.route == route:
            setattr(shop, moment, None)
            raise Cut

    setattr(shop, moment, cut)
    paid = event(ClaimEventKind.PAYMENT, **PAID)
    with pytest.raises(InkassoError):
        tell(paid, book_payments=True, **OFF)
    tell(paid._replace(tries=tries), book_payments=True, **OFF)
    (payment,) = shop.payments
    assert payment["order"] == {"orderId": 101}
    assert shop.orders[101]["amounts"][0]["paidAmount"] == Decimal("12.5")


def test_one_entry_told_by_two_events_is_one_payment(tell, shop):
    tell(event(ClaimEventKind.PAYMENT, **PAID), event(ClaimEventKind.PAYMENT, name="E2", **PAID), book_payments=True, **OFF)
    assert len(shop.payments) == 1


def test_a_payment_in_another_currency_is_only_noted(tell, shop):
    tell(event(ClaimEventKind.PAYMENT, **PAID | {"currency": "CHF"}), book_payments=True, notes="order")
    assert (shop.payments, len(shop.comments)) == ([], 1)


def test_a_payment_without_an_amount_is_only_noted(tell, shop):
    tell(event(ClaimEventKind.PAYMENT, entry="01ABC"), book_payments=True, notes="order")
    assert shop.payments == []
    assert "Betrag nicht genannt" in shop.notes("order", 101)[0]


@pytest.mark.parametrize("has_properties", [True, False])
def test_a_booked_payment_comes_back_as_the_agencys(install, context, shop, clock, has_properties):
    shop.orders = {101: order(101)}
    options = {"book_payments": True, "notes": "off"}
    ink = install(**options)
    ink.poll()
    Plentymarkets().inkasso_claim_changed(event(ClaimEventKind.PAYMENT, **PAID), context(**options))
    if not has_properties:
        shop.payments[0]["properties"] = []
    shop.orders[101]["amounts"][0]["paidAmount"] += 20  # and some that the shop received, without a record of it
    clock.forward(hours=1)
    shop.touch(101)
    ink.poll()
    payments = ink.show("plenty:101").claim.payments
    assert [(payment.amount, payment.origin) for payment in payments] == [
        (Decimal("12.50"), PaymentOrigin.AGENCY),
        (Decimal(20), PaymentOrigin.SHOP),
    ]


# Through the whole installation


def test_from_the_order_to_the_note(install, shop, clock):
    shop.orders = {101: order(101, contact=55)}
    ink = install(status_after={"handed_over": "7.9"}, notes="both")
    work(ink, clock)
    assert str(ink.find("plenty:101").state) == "handed_over"
    assert shop.orders[101]["statusId"] == Decimal("7.9")
    assert _notes(shop) == [("order", 101), ("contact", 55)]
    assert "GET /orders/#" not in shop.routes()
    before = len(shop.log)
    work(ink, clock)
    assert _notes(shop) == [("order", 101), ("contact", 55)]
    assert {call.route for call in shop.log[before:]} == {"POST /orders/search"}


def test_two_processes_that_tell_the_same_event_write_one_note(context, shop):
    """The other one has the same list of events in its hands, and is later."""
    shop.orders = {101: order(101, contact=55)}
    first, second = context(), context()
    for ours in (first, second):
        object.__setattr__(ours, "book", Book())
        Plentymarkets().inkasso_claim_changed(event(), ours)
    assert _notes(shop) == [("order", 101), ("contact", 55)]
