"""Addresses and contacts in files beside the orders."""

import io
import json
import sys

import pytest

from inkasso_core import FileRefused, InvalidInput, Record, Rejected
from inkasso_shop_plugins.plentymarkets import Plentymarkets, PlentySettings

SETTINGS = PlentySettings.model_validate({"status": "3.6"})


@pytest.fixture
def write(tmp_path):
    """Write a JSON file and return its path."""

    def put(name, content):
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content, default=float, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return put


def _read(export, *beside, skip=0):
    with Plentymarkets().open_export(export, settings=SETTINGS, beside=beside, skip=skip) as reader:
        return list(reader)


def _orders(export, *beside):
    entries = _read(export, *beside)
    assert all(isinstance(entry, Record) for entry in entries)
    return [entry.data for entry in entries]


def _without_id(address):
    return {key: value for key, value in address.items() if key not in ("id", "pivot")}


def _page(entries):
    return {"page": "1", "totalsCount": len(entries), "isLastPage": True, "entries": entries}


@pytest.fixture
def addresses(order):
    return [{key: value for key, value in address.items() if key != "pivot"} for address in order["addresses"]]


@pytest.fixture
def contact(order):
    return order["contactReceiver"]


@pytest.mark.parametrize("wrap", [lambda order: order, lambda order: [order], lambda order: _page([order])])
def test_an_export_is_an_order_an_array_or_a_page(order, claim, write, wrap):
    (found,) = _orders(write("orders.json", wrap(order)))
    assert claim(found).digest() == claim(order).digest()


@pytest.mark.parametrize("wrap", [list, _page, lambda records: "\n".join(json.dumps(record) for record in records)])
def test_addresses_and_contact_beside_are_as_good_as_embedded(order, bare_order, addresses, contact, claim, write, wrap):
    bare_order |= {"documents": order["documents"], "payments": order["payments"]}
    beside = [write("addresses.json", wrap(addresses)), write("contacts.json", wrap([contact]))]
    (found,) = _orders(write("order.json", bare_order), *beside)
    assert claim(found).digest() == claim(order).digest()
    (found,) = _orders(write("order.json", bare_order), write("all.json", wrap([contact, *addresses])))
    assert claim(found).digest() == claim(order).digest(), "one file may hold both"


def test_ids_may_be_texts_and_keys_snake_case(bare_order, addresses, claim, write):
    beside = [{("postal_code" if key == "postalCode" else key): value for key, value in a.items()} for a in addresses]
    for address in beside:
        address["id"] = str(address["id"])
    (found,) = _orders(write("order.json", bare_order), write("addresses.json", beside))
    assert [address.postal_code for address in claim(found).debtor.addresses] == ["01067", "01069"]


def test_every_order_gets_its_own(order, bare_order, addresses, claim, write):
    other = bare_order | {"id": 2, "addressRelations": [{"typeId": 1, "addressId": 34}]}
    stranger = bare_order | {"id": 3, "addressRelations": [{"typeId": 1, "addressId": 99}], "relations": []}
    found = _orders(write("orders.json", [bare_order, other, stranger]), write("addresses.json", addresses))
    streets = [[address.street for address in claim(record).debtor.addresses] for record in found]
    assert streets == [["Lange Straße", "PACKSTATION"], ["PACKSTATION"], []]


def test_what_an_order_holds_itself_stays(order, addresses, contact, claim, write):
    beside = [address | {"address1": "Andere Straße"} for address in addresses] + [contact | {"number": "X"}]
    (found,) = _orders(write("order.json", order), write("beside.json", beside))
    assert claim(found).digest() == claim(order).digest()


def test_addresses_inside_a_contact_count_after_records_of_their_own(bare_order, addresses, contact, claim, write):
    contact["addresses"] = [addresses[0] | {"address1": "Alte Straße"}]
    order = write("order.json", bare_order)
    (found,) = _orders(order, write("contact.json", contact))
    assert claim(found).debtor.address.street == "Alte Straße"
    (found,) = _orders(order, write("contact.json", contact), write("addresses.json", addresses))
    assert claim(found).debtor.address.street == "Lange Straße"


def test_of_two_records_with_one_id_the_last_counts(bare_order, addresses, claim, write):
    newer = addresses[0] | {"address1": "Neue Straße"}
    (found,) = _orders(write("order.json", bare_order), write("a.json", addresses), write("b.json", newer))
    assert claim(found).debtor.address.street == "Neue Straße"


def test_one_address_without_id_belongs_to_the_one_order_that_needs_it(order, bare_order, addresses, claim, write):
    nameless = write("address.json", _without_id(addresses[0]))
    offer = bare_order | {"id": 7, "typeId": 7}
    broken = bare_order | {"id": 8, "addressRelations": "none"}
    entries = [order | {"id": 1}, bare_order, offer, broken]
    found = _orders(write("orders.json", entries), nameless)
    assert claim(found[1]).debtor.address.street == "Lange Straße"
    assert found[1]["addresses"] == [json.loads(json.dumps(_without_id(addresses[0]))) | {"pivot": {"typeId": 1}}]
    assert claim(found[0]).debtor.address.street == "Lange Straße"
    assert "addresses" not in found[2]
    assert found[3] == broken, "the hook says what is wrong with it"


def test_going_on_after_an_interruption_gives_the_same(order, bare_order, addresses, write):
    export = write("orders.json", [order, bare_order, order])
    nameless = write("address.json", _without_id(addresses[0]))
    whole = _read(export, nameless)
    assert [entry.position.index for entry in whole] == [0, 1, 2]
    assert [_read(export, nameless, skip=n) for n in (1, 2, 3)] == [whole[1:], whole[2:], []]


@pytest.mark.parametrize(("count", "words"), [(0, "no order needs an address"), (2, "several orders need an address")])
def test_an_address_without_id_that_may_be_anybodys_is_refused(order, bare_order, addresses, write, count, words):
    export = write("orders.json", [order, *[bare_order] * count])
    nameless = write("address.json", _without_id(addresses[0]))
    with pytest.raises(InvalidInput, match=words) as caught:
        _read(export, nameless)
    assert caught.value.where == nameless
    assert f"{nameless}, record 1" in caught.value.read("en")
    assert "Straße" not in caught.value.read("de")


def test_two_addresses_without_id_are_refused(bare_order, addresses, write):
    nameless = write("address.json", [_without_id(address) for address in addresses])
    with pytest.raises(InvalidInput, match=r"record 2 is one more address without id"):
        _read(write("order.json", bare_order), nameless)


def test_an_address_without_id_needs_a_file(bare_order, addresses, write, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(bare_order, default=float).encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(InvalidInput, match="Give it as a file"):
        _read("-", write("address.json", _without_id(addresses[0])))


def test_orders_from_standard_input(bare_order, addresses, claim, write, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(bare_order, default=float).encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    (found,) = _orders("-", write("addresses.json", addresses))
    assert claim(found).debtor.address.street == "Lange Straße"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"id": 1, "orderItems": []}, "record 1 is neither an address nor a contact"),
        ([{"id": 1, "town": "Dresden"}, {"firstName": "Geheim"}], "record 2 is a contact without id"),
        ('[{"id": 1, "town": "Geheim"}, "Geheim"]', r"record 2 cannot be read \(NOT_AN_OBJECT\)"),
        ('[{"id": 1, "town": "Geheim"}, {"id": 2', r"cannot be read \(TRUNCATED\)"),
        ({"id": ["Geheim"], "town": "Dresden"}, r"record 1 cannot be read \(id\)"),
        ({"id": 4, "email": "g@example.org", "addresses": "Geheim"}, r"record 1 cannot be read \(addresses\)"),
    ],
)
def test_what_does_not_belong_beside_orders_is_refused(order, write, content, words):
    beside = write("beside.json", content)
    with pytest.raises(InvalidInput, match=words) as caught:
        _read(write("order.json", order), beside)
    assert caught.value.where == beside
    assert "Geheim" not in caught.value.read("en") + caught.value.read("de")


def test_a_file_that_is_missing_is_refused(order, write, tmp_path):
    with pytest.raises(FileRefused, match="file not found"):
        _read(write("order.json", order), str(tmp_path / "none.json"))
    with pytest.raises(FileRefused, match="file not found"):
        _read(str(tmp_path / "none.json"), write("beside.json", []))


def test_a_broken_order_does_not_stop_the_others(order, bare_order, addresses, write):
    lines = [json.dumps(bare_order, default=float), "{broken", json.dumps(order, default=float)]
    entries = _read(write("orders.ndjson", "\n".join(lines)), write("addresses.json", addresses))
    assert [type(entry) for entry in entries] == [Record, Rejected, Record]
    assert entries[1].position.index == 1


def test_the_reader_tells_what_every_reader_tells(bare_order, addresses, write):
    export = write("orders.json", [bare_order, bare_order])
    plain = Plentymarkets().open_export(export, settings=SETTINGS)
    beside = Plentymarkets().open_export(export, settings=SETTINGS, beside=[write("addresses.json", addresses)])
    with plain, beside:
        assert (beside.format, beside.size, beside.report) == (plain.format, plain.size, plain.report)
        record = next(beside)
        assert next(iter(beside)).position.index == 1
        assert next(plain).position == record.position
    assert list(beside) == []
