"""Values as they come, and as nobody expects them: no value brings more than a refusal with its path."""

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inkasso_core import InvalidInput
from inkasso_shop_plugins.plentymarkets.record import Node, snake

from .invented import child

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("camel", "expected"),
    [("invoiceTotal", "invoice_total"), ("id", "id"), ("address1", "address1"), ("dunningLetter", "dunning_letter")],
)
def test_snake(camel, expected):
    assert snake(camel) == expected
    assert snake(expected) == expected


@pytest.mark.parametrize(
    "value",
    [
        "1,5",
        "1e5",
        "NaN",
        "",
        "  ",
        "0x10",
        Decimal("NaN"),
        Decimal("1E+400"),
        Decimal("1E-400"),
        float("inf"),
        10**40,
        [],
        True,
    ],
)
def test_what_is_no_number(value):
    node = Node({"n": value}, "a.0")
    if isinstance(value, str) and not value.strip():
        assert node.number("n") is None
        return
    with pytest.raises(InvalidInput) as caught:
        node.number("n")
    assert caught.value.field == "a.0.n"


@pytest.mark.parametrize(("value", "expected"), [("-1.50", "-1.50"), (" 7 ", "7"), (0.1, "0.1"), (Decimal("1E+2"), "1E+2"), (0, "0")])
def test_numbers(value, expected):
    assert str(Node({"n": value}).number("n")) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (1, True), ("1", True), ("False", False), (0, False), (None, None), ("", None)],
)
def test_truth_values(value, expected):
    assert Node({"t": value}).truth("t") is expected


@pytest.mark.parametrize("value", [2, "ja", [], Decimal(1)])
def test_what_is_no_truth_value(value):
    with pytest.raises(InvalidInput):
        Node({"t": value}).truth("t")


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "yesterday", 5, ["2026-01-01"]])
def test_what_is_no_instant(value):
    with pytest.raises(InvalidInput):
        Node({"at": value}).instant("at", BERLIN)


def test_an_hour_that_the_change_of_time_skips_is_an_instant():
    instant = Node({"at": "2026-03-29T02:30:00"}).instant("at", BERLIN)
    assert instant.astimezone(dt.UTC) == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)


def test_a_missing_key_is_found_in_neither_spelling():
    node = Node({"status_id": 3, "typeId": None, "type_id": 1})
    assert node.integer("statusId") == 3
    assert node.integer("typeId") == 1
    assert node.text("nothing") is None


def test_empty_objects_and_lists_as_php_writes_them():
    node = Node({"object": [], "list": {}})
    assert node.node("object") is None
    assert node.nodes("list") == ()


def test_a_node_shows_no_data():
    assert repr(Node({"name2": "Käthe"}, "addresses.0")) == "Node('addresses.0')"


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=20),
    st.lists(st.none() | st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in the record."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in _places(child, (*path, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), odd=ODD)
def test_an_odd_value_anywhere_is_read_or_refused(order, ask, data, odd):
    paper = {"id": 9, "type": "credit_note", "numberWithPrefix": "GU9", "displayDate": "2026-03-20T00:00:00+01:00", "status": "done"}
    children = [child(201, 10500, 3, "5.00"), child(202, 201, 4, "5.00", documents=[paper])]
    files = [{"kind": "invoice", "name": "a.pdf", "media_type": "application/pdf", "sha256": "0" * 64}]
    order["inkasso"] = {"children": children, "booked": ["3001"], "files": files}
    place = data.draw(st.sampled_from(_places(order)[1:]))
    holder = order
    for key in place[:-1]:
        holder = holder[key]
    before, holder[place[-1]] = holder[place[-1]], odd
    try:
        with contextlib.suppress(InvalidInput, ValidationError):
            ask(order)
    finally:
        holder[place[-1]] = before
