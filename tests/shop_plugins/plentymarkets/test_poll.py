"""Asking the shop what is new: triggers, changes of what is known, returns and credit notes, documents, calls of the shop."""

import datetime as dt
import hashlib
from decimal import Decimal

import pytest

from inkasso_core import OrderEnd, PaymentOrigin, State

from .invented import child, order
from .standin import Cut
from .town import polled


def _claim(ink, number):
    return ink.show(f"plenty:{number}").claim


def _reads(shop):
    return len(shop.counted("read"))


@pytest.fixture
def ink(install, shop):
    """An installation with two orders to be collected and one that is not."""
    shop.orders = {number: order(number) for number in (101, 102)} | {103: order(103, statusId=7)}
    return install()


# What is to be collected


def test_orders_in_the_status_become_claims(ink, shop):
    assert polled(ink) == [("registered", "101"), ("registered", "102")]
    claim = _claim(ink, 101)
    assert (claim.invoice.number, claim.due_date) == ("RE1010", dt.date(2026, 1, 21))
    assert [(r.level, r.sent_on) for r in claim.reminders] == [(1, dt.date(2026, 2, 4)), (3, dt.date(2026, 2, 20))]
    assert [charge.amount for charge in claim.charges] == [Decimal("2.50")]
    assert claim.debtor.person.last_name == "Groß-Öhler"
    assert _reads(shop) == 3


def test_what_was_read_is_not_read_again(ink, shop):
    polled(ink)
    before = _reads(shop)
    assert polled(ink) == []
    assert _reads(shop) - before == 2, "the two searches for ids"


def test_numbers_written_as_texts(install, shop):
    shop.numbers_as_strings = True
    shop.orders = {101: order(101)}
    assert polled(install()) == [("registered", "101")]


@pytest.mark.parametrize("page_as_string", [True, False])
def test_many_pages(install, shop, page_as_string):
    shop.page_as_string = page_as_string
    shop.orders = {number: order(number) for number in range(100, 123)}
    assert [record for _, record in polled(install(page_size=5))] == [str(number) for number in range(100, 123)]


def test_a_list_that_shrinks_while_it_is_walked_brings_no_page_twice(install, shop):
    shop.orders = {number: order(number) for number in range(100, 112)}
    asked = []

    def shrink(call):
        if call.path == "/orders/search":
            asked.append(call)
            if len(asked) == 2:
                for number in (108, 109, 110, 111):
                    shop.orders[number]["statusId"] = 7

    shop.before = shrink
    ink = install(page_size=4)
    found = [record for _, record in polled(ink)]
    assert found == [str(number) for number in range(100, 108)]
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("settings", "records"),
    [
        ({"status": ["3.4-3.9"]}, ["101", "102", "104", "105"]),
        ({"plenty_ids": [1000]}, ["101", "102", "105"]),
        ({"plenty_ids": [1000, 2000]}, ["101", "102", "104", "105"]),
        ({"dunning_level": 4}, ["105"]),
        ({"dunning_level": 3}, ["101", "102", "104", "105"]),
        ({"overdue_days": 71}, ["101", "102", "104", "105"]),
        ({"overdue_days": 72}, []),
    ],
)
def test_what_the_merchant_asks_for_besides(install, shop, settings, records):
    shop.orders = {number: order(number) for number in (101, 102, 104, 105)} | {103: order(103, statusId=7), 106: order(106, typeId=7)}
    shop.orders[104]["plentyId"] = 2000
    shop.orders[105]["properties"][-1]["value"] = "4"
    assert [record for _, record in polled(install(**settings))] == records


def test_another_setting_reads_everything_once_more(ink, install, shop):
    polled(ink)
    assert polled(install(status=["3.6", "7"])) == [("repeated", "101"), ("repeated", "102"), ("registered", "103")]


def test_a_record_that_cannot_be_read_stops_no_other_and_fails_once(install, shop):
    shop.orders = {101: order(101, amounts=[]), 102: order(102)}
    ink = install()
    assert polled(ink) == [("failed", None), ("registered", "102")]
    assert polled(ink) == []
    shop.change(101, amounts=order(101)["amounts"])
    assert polled(ink) == [("registered", "101")]


@pytest.mark.parametrize(
    "change", [{"id": None}, {"id": {"a": 1}}, {"typeId": "x"}, {"updatedAt": 5}, {"relations": "none"}, {"documents": 7}]
)
def test_garbage_in_one_record_stops_no_other(install, shop, change):
    shop.orders = {102: order(102)}
    search = shop.answer

    def answer(method, path, query, headers, body):
        status, more, data = search(method, path, query, headers, body)
        if path == "/orders/search" and data.get("entries"):
            data["entries"].insert(0, {**order(101), **change})
        return status, more, data

    shop.answer = answer
    assert ("registered", "102") in polled(install())


def test_garbage_in_a_credit_note_stops_nothing(install, shop):
    shop.orders = {101: order(101), 201: child(201, 101, 4, "5.00")}
    search = shop.answer

    def answer(method, path, query, headers, body):
        status, more, data = search(method, path, query, headers, body)
        if path == "/orders/search" and any(field["field"] == "orderReference_parent" for field in body["fields"]):
            data["entries"] = [{**entry, "orderReferences": "none"} for entry in data["entries"]]
        return status, more, data

    shop.answer = answer
    assert polled(install()) == [("registered", "101")]


def test_nothing_is_asked_without_an_address(install, shop):
    ink = install(base_url=None, username=None, password=None)
    assert polled(ink) == []
    assert shop.log == []


def test_a_guest_has_no_contact(install, shop):
    made = order(101)
    made["relations"] = made["relations"][:1]
    del made["contactReceiver"]
    shop.orders = {101: made}
    ink = install()
    assert polled(ink) == [("registered", "101")]
    assert _claim(ink, 101).debtor.number is None


# What changes later


@pytest.fixture
def known(ink, shop, clock):
    """The claims are known, and an hour has gone by."""
    polled(ink)
    clock.forward(hours=1)
    return ink


def test_a_payment_reaches_the_claim_though_the_order_left_the_status(known, shop):
    shop.change(101, statusId=7)["amounts"][0]["paidAmount"] = 50
    assert polled(known) == [("revised", "101")]
    claim = _claim(known, 101)
    assert [(payment.amount, payment.origin) for payment in claim.payments] == [(Decimal(50), PaymentOrigin.SHOP)]
    assert claim.source.triggered is False


def test_a_cancellation_reaches_the_claim(known, shop):
    shop.change(101, statusId=8)
    assert polled(known) == [("revised", "101")]
    assert _claim(known, 101).ended is OrderEnd.CANCELLED
    assert known.find("plenty:101").state is State.CANCELLED


def test_what_changed_of_orders_that_are_none_of_ours_is_not_read(known, shop):
    shop.change(103, statusId=5)
    before = _reads(shop)
    assert polled(known) == []
    assert _reads(shop) - before == 2


def test_a_change_before_the_first_poll_came_to_its_end_is_found(install, shop, clock):
    """The first poll is cut off; what it had read changes, and leaves the status."""
    shop.orders = {number: order(number) for number in range(100, 104)}
    ink = install(page_size=2)

    def cut(call):
        if call.body and call.path == "/orders/search" and any(f["value"] == [102, 103] for f in call.body["fields"]):
            raise Cut

    shop.before = cut
    (looked,) = ink.poll("plenty")
    assert looked.problem is not None
    assert [result.ref for result in looked.results] == ["plenty:100", "plenty:101"]
    shop.before = None
    clock.forward(minutes=5)
    shop.change(100, statusId=8)
    assert sorted(polled(ink)) == [("registered", "102"), ("registered", "103"), ("revised", "100")]


def test_a_change_that_the_search_shows_late_is_found(known, shop, clock):
    polled(known)
    late = clock().astimezone(dt.UTC) - dt.timedelta(minutes=8)
    clock.forward(minutes=1)
    shop.orders[101] |= {"statusId": 8, "updatedAt": late.isoformat()}
    assert polled(known) == [("revised", "101")]


# Returns and credit notes


def test_a_credit_note_is_deducted(known, shop, clock):
    shop.orders[201] = child(201, 101, 4, "40.00", documents=[_paper(9, "credit_note", "GU9")])
    shop.touch(201)
    assert polled(known) == [("revised", "101")]
    claim = _claim(known, 101)
    assert [(credit.amount, credit.allocated, credit.reference) for credit in claim.credits] == [(Decimal("40.00"), True, "GU9")]
    assert claim.principal_open == Decimal("80.00")
    clock.forward(minutes=11)
    assert polled(known) == [("repeated", "101")], "the last poll began before the overlap"
    clock.forward(minutes=11)
    assert polled(known) == []


def _paper(number, kind, name):
    return {"id": number, "type": kind, "numberWithPrefix": name, "displayDate": "2026-03-20T00:00:00+01:00", "status": "done"}


def test_a_credit_note_can_be_left_to_a_person_or_to_nobody(install, shop):
    shop.orders = {101: order(101), 201: child(201, 101, 4, "40.00")}
    for rule, expected in (("review", [False]), ("ignore", [])):
        ink = install(credit_notes=rule, hold_for_returns=False)
        polled(ink)
        assert [credit.allocated for credit in _claim(ink, 101).credits] == expected


@pytest.mark.parametrize(
    ("changes", "others", "is_held"),
    [
        ({}, [], True),
        ({"statusId": 8}, [], False),
        ({"statusId": Decimal("9.5")}, [], False),
        ({"dates": [{"typeId": 1, "date": "2026-03-20T00:00:00+01:00"}]}, [], False),
        ({}, [child(202, 201, 4, "10.00")], False),
        ({}, [child(202, 201, 4, "10.00", statusId=8)], True),
    ],
)
def test_an_open_return_holds_the_claim_back(install, shop, changes, others, is_held):
    shop.orders = {101: order(101), 201: child(201, 101, 3, "30.00", **changes)} | {other["id"]: other for other in others}
    ink = install(settled_returns="9.5")
    assert polled(ink) == [("ignored", None) if is_held else ("registered", "101")]


def test_a_credit_note_for_a_return_counts_for_the_order(install, shop, clock):
    shop.orders = {101: order(101), 201: child(201, 101, 3, "30.00")}
    ink = install()
    assert polled(ink) == [("ignored", None)]
    clock.forward(hours=1)
    shop.orders[202] = child(202, 201, 4, "30.00")
    shop.touch(202)
    assert polled(ink) == [("registered", "101")]
    assert _claim(ink, 101).principal_open == Decimal("90.00")


@pytest.mark.parametrize(
    ("date", "left"), [("0000-00-00 00:00:00", "80.00"), ("-0001-11-30T00:00:00+00:53", "80.00"), ("2026-03-20", "120.00")]
)
def test_a_credit_note_whose_date_of_deletion_was_never_set_counts(install, shop, date, left):
    shop.orders = {101: order(101), 201: child(201, 101, 4, "40.00", dates=[{"typeId": 1, "date": date}])}
    ink = install()
    polled(ink)
    assert _claim(ink, 101).principal_open == Decimal(left)


def test_what_is_taken_back_around_an_order_counts_though_the_order_did_not_change(install, shop, clock):
    shop.orders = {101: order(101, updatedAt="2026-03-20T10:00:00+01:00")}
    ink = install()
    polled(ink)
    for status, left in ((9, "80.00"), (8, "120.00"), (9, "80.00")):
        clock.forward(hours=1)
        shop.orders[201] = child(201, 101, 4, "40.00", statusId=status)
        shop.touch(201)
        polled(ink)
        assert _claim(ink, 101).principal_open == Decimal(left)


def test_a_second_change_in_the_same_second_is_found(install, shop, clock):
    shop.orders = {101: order(101)}
    ink = install()
    shop.touch(101)
    polled(ink)
    updated = shop.orders[101]["updatedAt"]
    shop.orders[101]["statusId"] = 8
    clock.forward(minutes=5)
    assert (polled(ink), shop.orders[101]["updatedAt"]) == ([("revised", "101")], updated)
    assert _claim(ink, 101).ended is OrderEnd.CANCELLED
    assert polled(ink) == []


def test_a_credit_note_in_another_currency_is_refused(install, shop):
    note = child(201, 101, 4, "40.00")
    note["amounts"][0]["currency"] = "CHF"
    shop.orders = {101: order(101), 201: note}
    (looked,) = install().poll()
    assert [result.outcome for result in looked.results] == ["failed"]


# Documents


def test_the_folder_of_documents_counts_from_the_configuration(install, shop, tmp_path):
    shop.orders, shop.contents = {101: order(101)}, {1010: b"%PDF-1.7 invoice"}
    polled(install(documents=["invoice"], documents_folder="papers"))
    assert [path.name for path in (tmp_path / "town" / "papers").iterdir()] == ["plentymarkets-101-invoice-1010.pdf"]


def test_a_folder_that_cannot_be_written_to_ends_the_poll(install, shop, tmp_path):
    (tmp_path / "papers").write_text("a file")
    shop.orders, shop.contents = {101: order(101)}, {1010: b"%PDF-1.7 invoice"}
    (looked,) = install(documents=["invoice"], documents_folder=str(tmp_path / "papers")).poll("plenty")
    assert looked.problem.field == "documents_folder"


def test_documents_lie_where_the_agency_takes_them_from(install, shop, tmp_path):
    shop.orders = {101: order(101), 103: order(103, statusId=7)}
    shop.contents = {1010: b"%PDF-1.7 invoice", 1011: b"%PDF-1.7 second", 1012: b"%PDF-1.7 first"}
    ink = install(documents=["invoice", "dunning_letter"], documents_folder=str(tmp_path / "papers"))
    polled(ink)
    documents = _claim(ink, 101).documents
    assert [document.kind for document in documents] == ["invoice", "dunning_letter", "dunning_letter"]
    for document in documents:
        content = (tmp_path / "papers" / document.name).read_bytes()
        assert content.startswith(b"%PDF")
        assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert sorted(path.name for path in (tmp_path / "papers").iterdir()) == sorted(document.name for document in documents)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "papers").iterdir()} == {0o600}
    assert shop.routes()["GET /orders/#/documents"] == 1
    shop.touch(101)
    polled(ink)
    assert shop.routes()["GET /orders/#/documents"] == 1, "what lies there is not fetched again"


@pytest.mark.parametrize(("content", "has_digest"), [(b"%PDF-1.7 alone", True), (b"<html>", False), (None, False)])
def test_a_document_without_content_in_the_list_has_a_route_of_its_own(install, shop, tmp_path, content, has_digest):
    shop.with_content = False
    shop.orders = {101: order(101)}
    shop.contents = {1010: content} if content else {}
    ink = install(documents=["invoice"], documents_folder=str(tmp_path / "papers"))
    polled(ink)
    (document,) = _claim(ink, 101).documents
    assert (document.sha256 is not None) is has_digest
    assert (tmp_path / "papers" / document.name).exists() is has_digest
