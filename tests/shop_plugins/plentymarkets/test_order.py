"""Order types, statuses, dates, source, subject, dispute."""

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

import pytest

from inkasso_core import ClaimKind, DueDateOrigin, InvalidInput, OrderEnd
from inkasso_shop_plugins.plentymarkets.codes import OrderType
from inkasso_shop_plugins.plentymarkets.order import LONGEST_SUBJECT


def _snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub(r"([A-Z])", r"_\1", key).lower(): _snake(item) for key, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


def _texts(value: Any) -> Any:
    """Every number as text, as some answers of the shop have it."""
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _set(order: Any, name: str, kind: int, **fields: Any) -> None:
    """Replace the entry of this type in one of the order's lists."""
    order[name] = [entry for entry in order[name] if entry["typeId"] != kind] + [{"typeId": kind, **fields}]


def test_the_whole_order(order, claim):
    found = claim(order)
    assert found.source.order == found.source.key == "10500"
    assert found.source.order_number == "WEB-77"
    assert found.source.status == "3.6"
    assert found.source.triggered is True
    assert found.source.version is None
    assert found.source.vendor is None
    assert found.source.reported_at == dt.datetime(2026, 4, 2, 6, 0, tzinfo=dt.UTC)
    assert found.kind is ClaimKind.GOODS
    assert found.subject == "Stuhl Größe L, 2 × Kissen"
    assert found.contract.concluded_on == dt.date(2026, 1, 5), "22:30 UTC is the next day in Berlin"
    assert found.service_date == dt.date(2026, 1, 7)
    assert found.performed is True
    assert found.due_date == dt.date(2026, 1, 21)
    assert found.due_date_origin is DueDateOrigin.INVOICE
    assert found.payment_method == "4"
    assert found.dispute is None
    assert found.ended is None
    assert found.asserted == ()


@pytest.mark.parametrize("spelling", [_snake, _texts, _without_nulls, lambda order: _snake(_texts(order))])
def test_the_spelling_of_a_record_makes_no_difference(order, claim, spelling):
    assert claim(spelling(order)).digest() == claim(order).digest()


def test_floats_of_a_python_caller_are_read_exactly(order, claim):
    as_floats = json.loads(json.dumps(order, default=float))
    assert as_floats["amounts"][0]["invoiceTotal"] == 122.5
    assert claim(as_floats).digest() == claim(order).digest()


@pytest.mark.parametrize("kind", list(OrderType))
def test_only_four_order_types_are_collected(order, ask, kind):
    order["typeId"] = int(kind)
    assert (ask(order) is not None) == (kind in (1, 5, 6, 9))


def test_an_unknown_order_type_is_not_collected(order, ask):
    assert ask(order | {"typeId": 99}) is None


def test_orders_of_other_clients_are_not_collected(order, ask):
    assert ask(order, plenty_ids=[1000]) is not None
    assert ask(order, plenty_ids=[1000, 2000]) is not None
    assert ask(order, plenty_ids=[2000]) is None


@pytest.mark.parametrize(
    ("status", "configured", "triggered"),
    [
        (Decimal("3.6"), ["3.6"], True),
        (Decimal("3.60"), ["3.6"], True),
        ("3.6000", [3.6], True),
        (3.6, "3.6", True),
        (Decimal("3.6"), ["3.4-3.9"], True),
        (Decimal("3.9"), ["3.4-3.9"], True),
        (Decimal("3.9001"), ["3.4-3.9"], False),
        (3, ["3.4-3.9", 3], True),
        (3, ["3.4-3.9"], False),
        (10, ["1"], False),
    ],
)
def test_the_status_decides_whether_a_claim_starts(order, claim, status, configured, triggered):
    found = claim(order | {"statusId": status}, status=configured)
    assert found.source.triggered is triggered
    assert found.ended is None


@pytest.mark.parametrize(("status", "shown"), [(10, "10"), (Decimal("3.40"), "3.4"), ("7.9000", "7.9")])
def test_a_status_is_written_without_zeros(order, claim, status, shown):
    assert claim(order | {"statusId": status}).source.status == shown


@pytest.mark.parametrize("status", [8, Decimal("8.1"), "8.9"])
def test_a_cancelled_order_ends_the_claim(order, claim, status):
    found = claim(order | {"statusId": status}, status=["3.6", "8-9"])
    assert found.ended is OrderEnd.CANCELLED
    assert found.source.triggered is False


def test_other_statuses_can_mean_cancelled(order, claim):
    assert claim(order | {"statusId": 9}).ended is None
    assert claim(order | {"statusId": 9}, cancelled=["8-8.9999", "9-9.5"]).ended is OrderEnd.CANCELLED
    assert claim(order | {"statusId": 8}, cancelled=[]).ended is None


def test_a_deleted_order_ends_the_claim(order, claim):
    _set(order, "dates", 1, date="2026-04-01T10:00:00+02:00")
    assert claim(order).ended is OrderEnd.CANCELLED


@pytest.mark.parametrize("key", ["id", "typeId", "statusId", "amounts"])
def test_what_has_to_be_there_is_named(order, ask, key):
    del order[key]
    with pytest.raises(InvalidInput, match=f"^{key} is missing") as caught:
        ask(order)
    assert caught.value.field == key
    assert "with" in caught.value.read("en")
    assert "neu einlesen" in caught.value.read("de")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("typeId", "one-secret"),
        ("typeId", Decimal("1.5")),
        ("statusId", "3,6 secret"),
        ("statusId", True),
        ("amounts", "secret"),
        ("amounts", ["secret"]),
        ("updatedAt", "secret"),
        ("updatedAt", 1775116800),
        ("id", {"secret": 1}),
        ("contactReceiver", "secret"),
    ],
)
def test_what_cannot_be_read_is_refused_without_its_value(order, ask, key, value):
    with pytest.raises(InvalidInput) as caught:
        ask(order | {key: value})
    assert caught.value.field.startswith(key)
    assert "secret" not in caught.value.read("en") + caught.value.read("de")


def test_the_path_of_a_bad_value_is_told(order, ask):
    order["orderItems"][1]["quantity"] = "zwei"
    with pytest.raises(InvalidInput) as caught:
        ask(order)
    assert caught.value.field == "orderItems.1.quantity"


def test_dates_that_are_missing_stay_unknown(order, claim):
    order["dates"] = []
    found = claim(order)
    assert found.due_date is found.due_date_origin is found.service_date is found.performed is None
    assert found.contract.concluded_on == dt.date(2026, 1, 5), "the order's own createdAt"


def test_dates_of_other_types_are_not_read(order, claim):
    _set(order, "dates", 14, date="never")
    assert claim(order).due_date == dt.date(2026, 1, 21)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-01-21T23:30:00Z", dt.date(2026, 1, 22)),
        ("2026-07-21T22:30:00+00:00", dt.date(2026, 7, 22)),
        ("2026-01-21 23:30:00", dt.date(2026, 1, 21)),
        ("2026-01-21", dt.date(2026, 1, 21)),
        ("0000-00-00 00:00:00", None),
        ("", None),
    ],
)
def test_an_instant_becomes_a_day_in_the_creditors_zone(order, claim, written, day):
    _set(order, "dates", 7, date=written)
    assert claim(order).due_date == day


def test_the_zone_can_be_set(order, claim):
    _set(order, "dates", 7, date="2026-01-21T23:30:00Z")
    assert claim(order, timezone="Europe/London").due_date == dt.date(2026, 1, 21)


def test_an_impossible_date_is_refused(order, ask):
    _set(order, "dates", 7, date="2026-02-30T00:00:00+01:00")
    with pytest.raises(InvalidInput) as caught:
        ask(order)
    assert caught.value.field == "dates.2.date"


def test_the_origin_of_the_due_date_can_be_set(order, claim):
    assert claim(order, due_date_origin="contract").due_date_origin is DueDateOrigin.CONTRACT


def test_the_subject_names_what_was_sold(order, claim):
    order["orderItems"].append({"typeId": 3, "quantity": 1, "orderItemName": "Bestandteil"})
    order["orderItems"].append({"typeId": 9, "quantity": Decimal("0.50"), "orderItemName": "Stoff"})
    order["orderItems"].append({"typeId": 13, "quantity": "3.0", "orderItemName": "Set"})
    order["orderItems"].append({"typeId": 1, "quantity": 1})
    assert claim(order).subject == "Stuhl Größe L, 2 × Kissen, 0.5 × Stoff, 3 × Set"


def test_the_subject_has_a_bound(order, claim):
    order["orderItems"] = [{"typeId": 1, "quantity": 1, "orderItemName": f"Artikel {n:04}"} for n in range(200)]
    found = claim(order).subject
    assert found.startswith("Artikel 0000, Artikel 0001, ")
    assert LONGEST_SUBJECT - 20 < len(found) <= LONGEST_SUBJECT + 12
    assert found.endswith(f", … (+{200 - found.count('Artikel')})")


def test_one_endless_name_has_a_bound(order, claim):
    order["orderItems"] = [{"typeId": 1, "quantity": 1, "orderItemName": "x" * 5000}]
    assert claim(order).subject == "x" * LONGEST_SUBJECT + "…"


def test_without_items_there_is_no_subject(order, claim):
    assert claim(order | {"orderItems": []}).subject is None


@pytest.mark.parametrize(("value", "disputed"), [("open", True), ("1", True), ("0", False), ("None", False), ("", False)])
def test_a_dispute_status_is_a_dispute(order, claim, value, disputed):
    _set(order, "properties", 25, value=value)
    found = claim(order)
    assert (found.dispute is not None) is disputed
    if disputed:
        assert found.dispute.is_open
        assert found.dispute.reason == value


def test_values_that_mean_no_dispute_can_be_set(order, claim):
    _set(order, "properties", 25, value="Closed")
    assert claim(order).dispute is not None
    assert claim(order, no_dispute=["closed"]).dispute is None


def test_payment_methods_can_be_named(order, claim):
    assert claim(order, payment_methods={"4": "invoice"}).payment_method == "invoice"
    assert claim(order, payment_methods={"5": "invoice"}).payment_method == "4"
    order["properties"] = []
    assert claim(order).payment_method is None
