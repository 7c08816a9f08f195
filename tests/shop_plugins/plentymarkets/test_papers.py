"""Invoice and dunning letters."""

import datetime as dt

import pytest


def _documents(order, *documents):
    order["documents"] = [{"status": "done", "cancelledBy": None, **document} for document in documents]
    return order


def _levels(found):
    return [(reminder.level, reminder.number) for reminder in found.reminders]


def test_the_invoice(order, claim):
    found = claim(order).invoice
    assert (found.number, found.issued_on) == ("RE501", dt.date(2026, 1, 7))


def test_the_number_without_prefix_counts_where_there_is_no_other(order, claim):
    order["documents"][0]["numberWithPrefix"] = None
    assert claim(order).invoice.number == "501"


@pytest.mark.parametrize("kind", ["invoiceExternal", "invoice_external", "multiInvoice", "multi_invoice", "invoice"])
def test_both_spellings_of_a_document_type(order, claim, kind):
    found = claim(_documents(order, {"type": kind, "numberWithPrefix": "X-1", "displayDate": "2026-01-08"}))
    assert (found.invoice.number, found.invoice.issued_on) == ("X-1", dt.date(2026, 1, 8))


@pytest.mark.parametrize(
    "changes",
    [
        {"cancelledBy": 99},
        {"cancelledBy": {"id": 99}},
        {"cancelledBy": [{"id": 99}]},
        {"status": "pending"},
        {"status": "faulty"},
    ],
)
def test_a_reversed_or_unfinished_invoice_is_none(order, claim, changes):
    order["documents"][0] |= changes
    assert claim(order).invoice is None


@pytest.mark.parametrize("changes", [{"cancelledBy": 0}, {"cancelledBy": ""}, {"cancelledBy": []}, {"status": None}])
def test_a_valid_invoice_without_these_fields(order, claim, changes):
    order["documents"][0] |= changes
    assert claim(order).invoice.number == "RE501"


def test_the_newest_invoice_counts(order, claim):
    old = {"id": 9, "type": "invoice", "number": 1, "displayDate": "2026-01-07"}
    new = {"id": 8, "type": "invoice", "number": 2, "displayDate": "2026-01-09"}
    external = {"id": 10, "type": "invoice_external", "number": 3, "displayDate": "2026-02-09"}
    assert claim(_documents(order, new, external, old)).invoice.number == "2"


def test_the_main_document_number_is_the_last_resort(order, claim):
    order["properties"].append({"typeId": 33, "value": "RE777"})
    assert claim(order).invoice.number == "RE501"
    order["documents"][0]["cancelledBy"] = 62
    found = claim(order).invoice
    assert (found.number, found.issued_on) == ("RE777", None)


def test_no_document_no_invoice(order, claim):
    found = claim(order | {"documents": []})
    assert found.invoice is None
    assert found.reminders == (), "a dunning level alone is no reminder"


def test_dunning_letters_are_reminders_in_the_order_of_their_dates(order, claim):
    first, second = claim(order).reminders
    assert (first.level, first.number, first.sent_on) == (1, "MA81", dt.date(2026, 2, 4))
    assert (second.level, second.number, second.sent_on) == (3, "MA82", dt.date(2026, 2, 20))


def test_a_reversed_dunning_letter_is_none(order, claim):
    order["documents"][2]["cancelledBy"] = 90
    assert _levels(claim(order)) == [(3, "MA82")]


@pytest.mark.parametrize(("level", "last"), [("3", 3), ("1", 2), ("0", 2), ("", 2), (None, 2), ("none", 2), ("-1", 2), (4, 4), ("12", 2)])
def test_the_dunning_level_only_raises_the_last_letter(order, claim, level, last):
    order["properties"][-1] = {"typeId": 9, "value": level}
    assert _levels(claim(order)) == [(1, "MA81"), (last, "MA82")]


def test_letters_of_one_day_keep_the_order_of_their_ids(order, claim):
    for document in order["documents"]:
        document["displayDate"] = "2026-02-20T00:00:00+01:00"
    assert _levels(claim(order)) == [(1, "MA81"), (3, "MA82")]


def test_a_letter_without_a_date_is_a_reminder_without_a_date(order, claim):
    order["documents"][2]["displayDate"] = None
    first, second = claim(order).reminders
    assert (first.number, first.sent_on) == ("MA82", dt.date(2026, 2, 20))
    assert (second.number, second.sent_on) == ("MA81", None)


def test_more_letters_than_levels(order, claim):
    letters = [{"id": n, "type": "dunningLetter", "number": n, "displayDate": f"2026-02-{n:02}"} for n in range(1, 12)]
    levels = [reminder.level for reminder in claim(_documents(order, *letters)).reminders]
    assert levels == [1, 2, 3, 4, 5, 6, 7, 8, 9, None, None]


def test_other_documents_are_not_read(order, claim):
    found = claim(_documents(order, {"type": "reversalDunningLetter", "number": 1}, {"type": "delivery_note"}, {"type": None}))
    assert found.invoice is None
    assert found.reminders == ()
