"""The bridge's side of the life cycle: what lies in the spool, what notes make of it, and what can be taken back."""

import datetime as dt
import sqlite3
import stat
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import world
from builders import AS_OF, green_address, green_claim, green_debtor
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.adu import ADU, ADUBridge, application
from inkasso_adapters.adu.service import Query, Shop
from inkasso_core import (
    AgencyStatus,
    Amend,
    ClaimInvalid,
    ConfigurationError,
    FeedEntry,
    FeedKind,
    NotFound,
    Placement,
    Recall,
    ReportPayment,
    SendDocument,
    Source,
    State,
    TemporarilyUnavailable,
    UnsupportedOperation,
)

from .conftest import Made
from .served import NOON

TOLD: dict[str, Any] = {"agency_reference": "T-1", "our_reference": "T-1", "idempotency_key": "i-1", "asked_on": AS_OF}
HANDED_OVER = "Auftrag 4711 an ADU übergeben."
LATER = int(dt.datetime(2026, 6, 2, 15, 13, tzinfo=dt.UTC).timestamp())


def shop_of(agency: ADUBridge) -> Shop:
    """What the importer's service stands on."""
    return agency.application()._shop


def status_of(agency: ADUBridge, reference: str = "T-1") -> tuple[AgencyStatus, str | None]:
    found = agency.find(reference)
    assert found is not None
    return found.status, found.agency_status


def entries(agency: ADUBridge) -> Sequence[FeedEntry]:
    return agency.fetch_feed(None).entries


# Into the spool


def test_a_case_waits_is_fetched_and_is_noted(bridge: Made) -> None:
    agency = bridge()
    sent = agency.submit(placement())
    assert (sent.status, sent.agency_status, sent.agency_reference) == (AgencyStatus.SUBMITTED, "spooled", None)
    assert status_of(agency) == (AgencyStatus.SUBMITTED, "spooled")
    shop_of(agency).orders(Query(), 0, 10)
    assert status_of(agency) == (AgencyStatus.SUBMITTED, "pulled")
    shop_of(agency).note(1, HANDED_OVER, LATER)
    assert status_of(agency) == (AgencyStatus.ACTIVE, "noted")
    assert agency.fetch_status("T-1").status is AgencyStatus.ACTIVE
    assert shop_of(agency).orders(Query(), 0, 10) == ([], 0)
    (again,), _ = shop_of(agency).orders(Query(order_id=4711), 0, 10)
    assert again["OrderHead"]["OrderID"] == 4711


def test_a_fetched_case_counts_where_it_is_set_so(bridge: Made) -> None:
    agency = bridge(handed_over="pulled")
    agency.submit(placement())
    shop_of(agency).orders(Query(), 0, 10)
    assert status_of(agency) == (AgencyStatus.ACTIVE, "pulled")


def test_submitted_twice_is_there_once(bridge: Made) -> None:
    first, second = bridge().submit(placement()), bridge().submit(placement(principal=Decimal("999.00")))
    assert first == second
    (order,), pages = shop_of(bridge()).orders(Query(), 0, 10)
    assert (order["OrderHead"]["TotalInvoice"], pages) == ("153.99", 1)


def test_submitted_by_many_at_once_is_there_once(bridge: Made) -> None:
    agencies = [bridge() for _ in range(8)]
    threads = [threading.Thread(target=agency.submit, args=(placement(),)) for agency in agencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shop_of(bridge()).orders(Query(), 0, 10)[0]) == 1


def test_unknown_cases_are_not_there(bridge: Made) -> None:
    assert bridge().find("T-1") is None
    with pytest.raises(NotFound):
        bridge().fetch_status("T-1")


@pytest.mark.parametrize(
    ("placed", "fields"),
    [
        (placement(green_claim(), green_claim(source=Source(order="2"))), ("claims",)),
        (placement(debtor=green_debtor(addresses=(green_address(city=None),))), ("debtor.address",)),
        (placement(debtor=green_debtor(person=None), payments=({"amount": "153.99"},)), ("principal", "debtor.name")),
    ],
)
def test_what_an_order_cannot_say_is_refused(bridge: Made, placed: Placement, fields: tuple[str, ...]) -> None:
    agency = bridge()
    with pytest.raises(ClaimInvalid) as invalid:
        agency.submit(placed)
    assert invalid.value.fields == fields
    assert agency.find("T-1") is None


def test_numbers_of_orders_are_the_shops_or_the_spools(bridge: Made) -> None:
    agency = bridge()
    for count, order in enumerate(("4711", "4711", "ID-4", "99999999999", "٤", "0")):
        agency.submit(placement(reference=f"T-{count}", source=Source(order=order)))
    found, _ = shop_of(agency).orders(Query(), 0, 10)
    assert [order["OrderHead"]["OrderID"] for order in found] == [4711, *(1_000_000_000 + count for count in (2, 3, 4, 5, 6))]
    assert {order["OrderHead"]["CustomerID"] for order in found} == {1, 2, 3, 4, 5, 6}


def test_a_rehearsal_leaves_nothing(bridge: Made, tmp_path: Path) -> None:
    assert '"Surname": "Groß-Möller"' in bridge().rehearse(placement())
    assert not (tmp_path / "spool.db").exists()


# Pages and filters


def test_orders_come_in_pages(bridge: Made) -> None:
    agency = bridge()
    for count in range(5):
        agency.submit(placement(reference=f"T-{count}", source=Source(order=str(100 + count))))
    shop = shop_of(agency)
    pages = [shop.orders(Query(), page, 2) for page in range(4)]
    assert [[order["OrderHead"]["OrderID"] for order in found] for found, _ in pages] == [[100, 101], [102, 103], [104], []]
    assert {count for _, count in pages} == {3}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(status=Decimal("3.6")), True),
        (Query(status=Decimal("3.4")), False),
        (Query(status_from=Decimal(3), status_to=Decimal(4)), True),
        (Query(status_from=Decimal(4)), False),
        (Query(external_id="4711", invoice="RE-2026-0815"), True),
        (Query(external_id="4712"), False),
        (Query(invoice="RE"), False),
        (Query(order_id=4711), True),
        (Query(order_id=1), False),
        (Query(updated_from=int(NOON.timestamp())), True),
        (Query(updated_from=int(NOON.timestamp()) + 1), False),
        (Query(created_till=0), False),
    ],
)
def test_what_the_importer_can_ask_for(bridge: Made, query: Query, found: bool) -> None:
    agency = bridge()
    agency.submit(placement())
    assert bool(shop_of(agency).orders(query, 0, 10)[0]) is found
    assert (status_of(agency)[1] == "pulled") is found


# Notes


def test_events_of_long_ago_arrive_in_one_batch_and_once(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement())
    shop = shop_of(agency)
    texts = [
        "Mahnansprache Vorgangsdatum: 04.02.2012",
        "Zahlungseingang. Betrag: 20,50 EUR. Vorgangsdatum: 31.12.2013",
        HANDED_OVER,
        "Zahlungseingang. Betrag: 20,50 EUR. Vorgangsdatum: 31.12.2013",
        "Zahlungseingang. Betrag: 20,51 EUR. Vorgangsdatum: 31.12.2013",
        "Ratenzahlung vereinbart, größer als 10 €",
    ]
    for text in texts:
        shop.note(1, text, LATER)
    found = entries(agency)
    assert [entry.kind for entry in found] == [
        FeedKind.MESSAGE,
        FeedKind.PAYMENT,
        FeedKind.STATUS,
        FeedKind.PAYMENT,
        FeedKind.PAYMENT,
        FeedKind.OTHER,
    ]
    assert found[1].entry_id == found[3].entry_id
    assert len({entry.entry_id for entry in found}) == 5
    assert [entry.on for entry in found[:3]] == [dt.date(2012, 2, 4), dt.date(2013, 12, 31), None]
    assert found[2].at == dt.datetime.fromtimestamp(LATER, dt.UTC)
    assert found[5].text == texts[5]
    assert [entry.raw["note"] for entry in found] == texts
    assert {entry.our_reference for entry in found} == {"T-1"}


def test_what_is_acknowledged_is_erased_and_the_rest_comes_again(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement())
    shop_of(agency).note(1, HANDED_OVER, LATER)
    first = agency.fetch_feed(None)
    assert agency.fetch_feed(None) == first
    shop_of(agency).note(1, "Neues", LATER)
    assert first.token is not None
    agency.acknowledge(first.token)
    assert [entry.text for entry in entries(agency)] == ["Neues"]
    shop_of(agency).note(1, HANDED_OVER, LATER + 60)  # said again, it is the same event
    assert entries(agency)[1].entry_id == first.entries[0].entry_id
    with pytest.raises(ConfigurationError):
        agency.acknowledge("everything")


def test_a_long_feed_comes_in_parts(bridge: Made) -> None:
    agency = bridge()
    for count in range(201):
        shop_of(agency).note(9, f"Vorgang {count}", None)
    feed = agency.fetch_feed(None)
    assert (len(feed.entries), feed.more) == (200, True)
    agency.acknowledge(feed.token or "")
    rest = agency.fetch_feed(None)
    assert (len(rest.entries), rest.more) == (1, False)


@pytest.mark.parametrize(
    ("customer", "text"), [(9, HANDED_OVER.replace("4711", "4712")), (9, "Unbekannt"), (None, "Ohne Kunde"), (2, HANDED_OVER)]
)
def test_a_note_that_belongs_to_no_case_is_kept_for_review(bridge: Made, customer: int | None, text: str) -> None:
    agency = bridge()
    agency.submit(placement())
    agency.submit(placement(reference="T-2", source=Source(order="5000")))
    shop_of(agency).note(customer, text, LATER)
    (entry,) = entries(agency)
    assert (entry.kind, entry.our_reference, entry.agency_reference, entry.text) == (FeedKind.OTHER, None, None, text)
    assert status_of(agency)[1] == status_of(agency, "T-2")[1] == "spooled"


def test_a_note_without_customer_belongs_to_the_order_it_names(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement())
    shop_of(agency).note(None, HANDED_OVER, 10**15)
    (entry,) = entries(agency)
    assert (entry.our_reference, entry.at) == ("T-1", NOON)  # a time that is none is that of its arrival


def test_the_case_number_in_a_link_becomes_the_reference(bridge: Made) -> None:
    agency = bridge(case_number=r"akte=([A-Z0-9-]+)", case_link="https://portal.example/{case_reference}?auftrag={order}")
    agency.submit(placement())
    assert agency.portal_url("T-1") == "https://www.auskunft.inkassounternehmen.de/"
    shop_of(agency).note(1, f"{HANDED_OVER} <a href='https://x.example/?akte=A-77'>zu ADU</a>", LATER)
    (entry,) = entries(agency)
    assert (entry.agency_reference, entry.our_reference) == ("A-77", "T-1")
    assert entry.report is not None
    assert entry.report.agency_reference == "A-77"
    assert agency.fetch_status("A-77").agency_reference == agency.fetch_status("T-1").agency_reference == "A-77"
    assert agency.portal_url("A-77") == "https://portal.example/A-77?auftrag=4711"


def test_a_merchants_own_pattern_closes_a_case(bridge: Made) -> None:
    agency = bridge(notes=[{"pattern": r"Akte geschlossen\. Vorgangsdatum: (?P<on>\S+)", "status": "closed_unpaid"}])
    agency.submit(placement())
    shop_of(agency).note(1, "Akte geschlossen. Vorgangsdatum: 01.06.2026", LATER)
    (entry,) = entries(agency)
    assert entry.report is not None
    assert (entry.kind, entry.report.status, entry.on) == (FeedKind.STATUS, AgencyStatus.CLOSED_UNPAID, dt.date(2026, 6, 1))
    assert status_of(agency)[0] is AgencyStatus.CLOSED_UNPAID


# Taking back, and telling more


def test_only_what_was_never_fetched_can_be_taken_back(bridge: Made) -> None:
    agency = bridge()
    agency.submit(placement())
    agency.submit(placement(reference="T-2", source=Source(order="5000")))
    told = agency.recall(Recall(**TOLD))
    assert told.done
    assert told.report is not None
    assert told.report.status is AgencyStatus.RECALLED
    found, _ = shop_of(agency).orders(Query(), 0, 10)
    assert [order["OrderHead"]["OrderID"] for order in found] == [5000]
    assert shop_of(agency).orders(Query(order_id=4711), 0, 10) == ([], 0)
    with pytest.raises(UnsupportedOperation):
        agency.recall(Recall(**{**TOLD, "our_reference": "T-2"}))


def test_what_the_importer_does_not_fetch_again_is_withheld(bridge: Made) -> None:
    assert set(bridge().withheld) == {"amend", "report_payment", "send_document"}
    assert not bridge(fetches_again=["changes", "payments", "invoices"]).withheld


def test_a_changed_order_is_offered_as_it_is_now(bridge: Made) -> None:
    agency = bridge(fetches_again=["changes", "payments", "invoices"])
    agency.submit(placement())
    agency.amend(Amend(**TOLD, placement=placement(principal=Decimal("99.95")), changed=("amount",)))
    (order,), _ = shop_of(agency).orders(Query(), 0, 10)
    assert order["OrderHead"]["TotalInvoice"] == "99.95"
    payment = ReportPayment(**{**TOLD, "our_reference": "T-9"}, amount=Decimal(1), currency="EUR", received_on=AS_OF)
    with pytest.raises(NotFound):
        agency.report_payment(payment)
    with pytest.raises(UnsupportedOperation):
        agency.send_document(SendDocument(**TOLD, kind="reminder", file_name="m.pdf", media_type="application/pdf", content=b"x"))


# The file


def test_the_spool_is_for_its_owner_only_and_forgets(bridge: Made, tmp_path: Path) -> None:
    now = [NOON]
    agency = bridge(now=lambda: now[0], keep_days=30, fetches_again=["payments", "invoices"])
    agency.submit(placement(payments=({"amount": "1.00", "reference": "Zzmark"},)))
    agency.submit(placement(reference="T-2", source=Source(order="5000")))
    agency.send_document(SendDocument(**TOLD, kind="invoice", file_name="r.pdf", media_type="application/pdf", content=b"Zzmark"))
    shop_of(agency).note(1, HANDED_OVER, LATER)
    agency.acknowledge(agency.fetch_feed(None).token or "")
    file = tmp_path / "spool.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Zzmark" in file.read_bytes()
    now[0] += dt.timedelta(days=31)
    agency.fetch_feed(None)
    assert b"Zzmark" not in file.read_bytes()
    assert shop_of(agency).orders(Query(order_id=4711), 0, 10) == ([], 0)
    assert len(shop_of(agency).orders(Query(), 0, 10)[0]) == 1  # what still waits stays
    assert status_of(agency)[0] is AgencyStatus.ACTIVE


def test_one_spool_serves_one_account(bridge: Made) -> None:
    bridge().submit(placement())
    with pytest.raises(ConfigurationError) as refused:
        bridge().submit(placement(reference="T-2").model_copy(update={"account": "other"}))
    assert refused.value.field == "spool"


@pytest.mark.parametrize(
    "wrong", [{"spool": "zzmark.db"}, {"password": "zzmark"}, {"order_status": "20"}, {"case_number": "zzmark-[0-9]+"}]
)
def test_settings_that_cannot_be_are_refused(bridge: Made, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        bridge(**wrong)
    assert "zzmark" not in str(refused.value)


def test_a_file_that_is_no_spool_stops_the_account(bridge: Made, tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationError):
        bridge().submit(placement())
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigurationError):
        bridge(spool=tmp_path / "folder").submit(placement())


def test_a_locked_spool_is_tried_again(bridge: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agency = bridge()
    agency.submit(placement())
    monkeypatch.setattr("inkasso_adapters.adu.spool._WAITS", 0.05)
    link = sqlite3.connect(tmp_path / "spool.db", isolation_level=None)
    link.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placement(reference="T-2"))
    link.close()
    assert agency.find("T-2") is None


# In an installation


def settings_of(tmp_path: Path) -> dict[str, Any]:
    return {"transport": "bridge", "spool": str(tmp_path / "spool.db"), "user": "adu", "password": "ganz-geheimes-wort"}


def test_a_claim_runs_until_the_importer_notes_it(tmp_path: Path) -> None:
    with world.world(tmp_path, accounts={"agency": {"agency": "adu", "settings": settings_of(tmp_path)}}) as town:
        town.running("4711")
        town.transmit()
        town.ink.follow()
        assert town.state("4711") is State.RUNNING
        app = application(town.ink, "agency")
        app._shop.orders(Query(), 0, 10)
        town.ink.follow()
        assert town.state("4711") is State.RUNNING
        app._shop.note(1, HANDED_OVER, LATER)
        town.ink.follow()
        assert town.state("4711") is State.HANDED_OVER
        with pytest.raises(ConfigurationError):
            application(town.ink, "nobody")


def test_the_family_has_three_transports() -> None:
    assert list(ADU.by_transport) == ["export", "http", "bridge"]
    assert {kind.name for kind in ADU.by_transport.values()} == {"adu"}
    with pytest.raises(ConfigurationError):
        ADU.chosen(None)
