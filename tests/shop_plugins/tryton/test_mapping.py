"""What the Tryton module reports, read as a claim; without Tryton."""

import datetime as dt
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core import Claim, ClaimEventKind, InvalidInput, Salutation, ShopEvent, ShopEventKind, State
from inkasso_shop_plugins.tryton.back import line_of
from inkasso_shop_plugins.tryton.mapping import account_of, claim_of
from inkasso_shop_plugins.tryton.party import debtor_of
from inkasso_shop_plugins.tryton.plugin import TrytonShop
from inkasso_shop_plugins.tryton.settings import Assertion, TrytonSettings
from inkasso_shop_plugins.tryton.words import KINDS, STATES

NOW = dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC)
ADDRESS = {
    "invoice": True,
    "delivery": False,
    "attention": None,
    "street": "Lange Straße 7 a",
    "street_name": "Lange Straße",
    "building_number": "7 a",
    "post_box": None,
    "postal_code": "01067",
    "city": "Dresden",
    "subdivision": None,
    "country": "DE",
}
PARTY = {
    "code": "K-7",
    "name": "Jördis von Groß-Möller",
    "language": "de",
    "categories": [],
    "tax_identifier": None,
    "identifiers": [],
    "addresses": [ADDRESS],
    "contacts": [{"type": "email", "value": "joerdis@example.org"}, {"type": "website", "value": "https://example.org"}],
}
REPORT = {
    "form": 1,
    "key": "1-17",
    "reported_at": NOW.isoformat(),
    "move": "B-9",
    "currency": "EUR",
    "amount": "119.00",
    "maturity_date": "2026-03-16",
    "descriptions": ["Sessel Elbe", "Sessel Elbe", "Kissen"],
    "invoice": {"number": "RE-1", "date": "2026-03-02"},
    "orders": [],
    "party": PARTY,
    "dunning": {"level": 3, "level_name": "Mahnwesen 3", "hands_over": True, "account": None},
    "notices": [
        {"level": 1, "date": "2026-04-01", "deadline": "2026-04-15", "sent": True},
        {"level": 3, "date": "2026-05-20", "deadline": None, "sent": False},
    ],
    "fees": [{"amount": "2.50", "date": "2026-04-20", "name": "Mahngebühr"}],
    "other_fees": [],
    "settled": [],
    "fees_settled": [],
    "cancelled": False,
    "unallocated": [],
    "rescheduled": None,
}
PERSON = TrytonSettings(names="first last", unmarked="person")


def claim(settings: TrytonSettings = PERSON, **changes: Any) -> Claim:
    event = ShopEvent(
        id="E", kind=ShopEventKind.DUNNING_LEVEL_REACHED, shop="erp", received_at=NOW, payload={**REPORT, **changes}, settings=settings
    )
    return claim_of(event, settings)


def part(kind: str, amount: str, journal: str = "CASH") -> dict[str, str]:
    return {"kind": kind, "amount": amount, "date": "2026-05-02", "number": "B-10", "journal": journal}


def test_a_receivable_becomes_a_claim() -> None:
    found = claim()
    assert (found.source.key, found.source.order_number, found.source.triggered) == ("1-17", "RE-1", True)
    assert found.source.reported_at == NOW
    assert (found.principal, found.total_open) == (Decimal("119.00"), Decimal("121.50"))
    assert found.subject == "Sessel Elbe, Kissen"
    assert [(r.level, r.deadline) for r in found.reminders] == [(1, dt.date(2026, 4, 15))]
    assert [c.value for c in found.debtor.contacts] == ["joerdis@example.org"]
    assert found.asserted == ()


def test_what_is_booked_where_pays_what() -> None:
    found = claim(
        settled=[part("payment", "19.00"), part("payment", "20.00", "INK"), part("credit", "5.00"), part("write_off", "1.00")],
        fees_settled=[part("payment", "2.50")],
        unallocated=[{"amount": "7.00", "date": "2026-05-03", "number": "B-11"}],
    )
    assert (found.principal_open, found.total_open) == (Decimal("74.00"), Decimal("74.00"))
    assert [c.allocated for c in found.credits] == [True, True, False]
    assert {p.origin.value for p in claim(PERSON.model_copy(update={"agency_journals": ("INK",)}), settled=found_parts()).payments} == {
        "shop",
        "agency",
    }
    kept = claim(PERSON.model_copy(update={"write_offs": "ignore"}), settled=[part("write_off", "1.00")])
    assert kept.principal_open == Decimal("119.00")


def found_parts() -> list[dict[str, str]]:
    return [part("payment", "19.00"), part("payment", "20.00", "INK")]


def test_a_cancelled_invoice_a_plan_and_a_deferral() -> None:
    assert claim(cancelled=True).ended == "cancelled"
    plan = claim(rescheduled={"agreed_on": "2026-05-20", "terms": ["2026-07-01", "2026-08-01"], "broken": True})
    assert plan.payment_plan is not None
    assert (plan.payment_plan.kept, plan.deferral) == (False, None)
    later = claim(rescheduled={"agreed_on": "2026-05-20", "terms": ["2026-07-01"], "broken": False})
    assert later.deferral is not None
    assert (later.deferral.until, later.payment_plan) == (dt.date(2026, 7, 1), None)


def test_what_the_merchant_asserts_is_listed() -> None:
    asserted = Assertion(
        due_date_origin="contract", concluded_on="invoice_date", performed=True, subject="Waren", country="DE", kind="goods"
    )
    settings = PERSON.model_copy(update={"assertion": asserted})
    found = claim(settings, descriptions=[], party={**PARTY, "addresses": [{**ADDRESS, "country": None}]})
    assert set(found.asserted) == {
        *("due_date_origin", "contract.concluded_on", "performed", "subject", "kind", "debtor.addresses.0.country")
    }
    order = claim(settings, orders=[{"number": "S-1", "date": "2026-02-20"}])
    assert order.contract is not None
    assert (order.contract.concluded_on, order.source.order_number) == (dt.date(2026, 2, 20), "S-1")
    assert "contract.concluded_on" not in order.asserted


def test_the_level_names_the_account() -> None:
    assert account_of(claim()) is None
    assert account_of(claim(dunning={**REPORT["dunning"], "account": "north"})) == "north"  # type: ignore[dict-item]
    shop = TrytonShop()
    assert shop.inkasso_choose_account(claim()) is None


def test_a_fee_in_another_currency_stays_out_and_is_said() -> None:
    found = claim(other_fees=[{"amount": "3.00", "currency": "CHF"}])
    assert "3.00 CHF" in (found.note or "")


@pytest.mark.parametrize(
    ("order", "name", "first", "last"),
    [
        ("first last", "Anna Beispiel", "Anna", "Beispiel"),
        ("first last", "Anna Maria von der Muster", "Anna Maria", "von der Muster"),
        ("first last", "Beispiel", None, "Beispiel"),
        ("last first", "von der Muster Anna Maria", "Anna Maria", "von der Muster"),
        ("last, first", "von der Muster, Anna", "Anna", "von der Muster"),
        (None, "Anna Beispiel", None, "Anna Beispiel"),
        ("first last", "  ", None, None),
    ],
)
def test_names_are_divided_as_the_merchant_writes_them(order: Any, name: str, first: str | None, last: str | None) -> None:
    settings = TrytonSettings(names=order, unmarked="person")
    person = claim(settings, party={**PARTY, "name": name}).debtor.person
    assert person is not None
    assert (person.first_name, person.last_name) == (first, last)


@given(st.text(max_size=40), st.sampled_from(["first last", "last first", "last, first", None]))
def test_no_name_is_lost_or_breaks(name: str, order: Any) -> None:
    found = debtor_of({**PARTY, "name": name}, TrytonSettings(names=order, unmarked="person"), [])["person"]
    words = f"{found.get('first_name') or ''} {found.get('last_name') or ''}".replace(",", " ").split()
    assert sorted(words) == sorted(name.replace(",", " ").split())


def test_what_a_party_is() -> None:
    settings = TrytonSettings(names="first last", categories={"Frau": "ms", "Privat": "person", "Firma": "organization"})

    def debtor(**changes: Any) -> Mapping[str, Any]:
        return claim(settings, party={**PARTY, **changes}).debtor.model_dump()

    assert debtor(categories=["Privat", "Frau"])["person"]["salutation"] == Salutation.MS
    assert debtor(categories=["Firma"])["organization"]["name"] == PARTY["name"]
    assert debtor(categories=["Firma"])["capacity"] == "unknown"
    company = debtor(tax_identifier="DE123456788", identifiers=[{"type": "de_handelsregisternummer", "code": "Kassel HRB 1"}])
    assert (company["capacity"], company["organization"]["register_number"]) == ("business", "Kassel HRB 1")
    assert debtor(tax_identifier="DE123456788", categories=["Frau"])["person"]["salutation"] == Salutation.MS
    nobody = debtor()
    assert (nobody["person"], nobody["organization"]) == (None, None)


def test_addresses() -> None:
    box = claim(party={**PARTY, "addresses": [{**ADDRESS, "post_box": "Postfach 12 34"}]}).debtor.address
    assert box is not None
    assert (box.station, box.street, box.house_number) == ("po_box", "Postfach 12 34", None)
    whole = claim(party={**PARTY, "addresses": [{**ADDRESS, "street_name": None, "street": "Hof 1\n\nHinterhaus"}]}).debtor.address
    assert whole is not None
    assert (whole.street, whole.house_number) == ("Hof 1, Hinterhaus", None)


@pytest.mark.parametrize("payload", [{}, {"form": 2}, {"form": "1"}])
def test_what_is_no_report_is_refused(payload: dict[str, Any]) -> None:
    event = ShopEvent(id="E", kind=ShopEventKind.DUNNING_LEVEL_REACHED, shop="erp", received_at=NOW, payload=payload)
    with pytest.raises(InvalidInput) as refused:
        claim_of(event, TrytonSettings())
    assert refused.value.reason == "NO_REPORT"


@pytest.mark.parametrize(
    ("order", "line"), [("1-17", 17), ("1-", None), ("17", None), ("1-x", None), ("1-²", None), ("", None), ("1-17/2", None)]
)
def test_only_keys_of_the_module_name_a_receivable(order: str, line: int | None) -> None:
    assert line_of(order) == line


def test_tryton_knows_every_state_and_kind() -> None:
    assert {state for state, _ in STATES} == {state.value for state in State}
    assert {kind for kind, _ in KINDS} - {"other"} == {kind.value for kind in ClaimEventKind}


def test_doubts() -> None:
    shop = TrytonShop()
    assert len(shop.doubts(TrytonSettings(), "shops.erp.settings")) == 2
    assert len(shop.doubts(TrytonSettings(unmarked="person"), "shops.erp.settings")) == 2
    assert not shop.doubts(PERSON.model_copy(update={"config": "trytond.conf", "database": "erp"}), "shops.erp.settings")


def test_the_plugin_loads_without_trytond() -> None:
    program = (
        "import sys\nsys.modules['trytond'] = None\n"
        "from inkasso_shop_plugins.tryton.plugin import TrytonShop\n"
        "from inkasso_shop_plugins.tryton.settings import TrytonSettings\n"
        "from types import SimpleNamespace as N\n"
        "shop = TrytonShop()\n"
        "found = list(shop.examine(N(settings=TrytonSettings(config='x', database='y'))))\n"
        "assert [f.code for f in found] == ['TRYTON_CLOSED'], found\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
