"""The neutral record: every value in its place, plain, exact; mapped to whatever names a merchant sets."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_claim, green_debtor
from placements import placement

from inkasso_adapters._record import check_map, flat, known_paths, mapped, record
from inkasso_core import ConfigurationError, Organization, Source


@dataclass(frozen=True)
class Other:
    """Nothing of the record's."""


def _plain(node: Any) -> bool:
    if isinstance(node, dict):
        return all(isinstance(key, str) and _plain(value) for key, value in node.items())
    if isinstance(node, list):
        return all(map(_plain, node))
    return node is None or type(node) in (str, int, bool, Decimal)


def test_the_record_holds_the_claim_in_plain_values() -> None:
    found = record(placement(charges=({"kind": "dunning_fee", "amount": "2.50"}, {"kind": "bank_return_fee", "amount": "3.00"})))
    assert _plain(found)
    assert not _plain({"x": Other()})
    assert found["reference"] == "T-1"
    assert found["placed_on"] == "2026-06-01"
    assert found["debtor"]["last_name"] == "Groß-Möller"
    assert found["debtor"]["birth_date"] == "1984-02-29"
    assert found["debtor"]["address"]["postal_code"] == "01067"
    assert found["debtor"]["address"]["street_line"] == "Lange Straße 7 a"
    assert found["creditor"]["city"] == "Kassel"
    (claim,) = found["claims"]
    assert claim["principal_open"] == Decimal("153.99")
    assert (claim["dunning_fees"], claim["bank_return_fees"], claim["charges_open"]) == (Decimal("2.50"), Decimal("3.00"), Decimal("5.50"))
    assert claim["invoice"] == {"number": "RE-2026-0815", "issued_on": "2026-03-02"}
    assert claim["last_reminder_on"] == "2026-04-20"
    assert claim["reminder_count"] == 2
    assert claim["disputed"] is False


def test_every_field_is_there_whatever_is_missing() -> None:
    bare = placement(
        source=Source(order="1"), invoice=None, contract=None, reminders=(), debtor=green_debtor(person=None, addresses=(), contacts=())
    )
    full = placement()
    assert {path for path in flat(record(bare)) if ".reminders." not in path} == {
        path for path in flat(record(full)) if ".reminders." not in path
    }


def test_a_company_is_one() -> None:
    found = record(placement(debtor=green_debtor(person=None, organization=Organization(name="Möbel & Söhne KG"))))
    assert (found["debtor"]["kind"], found["debtor"]["company"], found["debtor"]["salutation"]) == (
        "company",
        "Möbel & Söhne KG",
        "unknown",
    )


def test_flat_names_every_value_by_its_path() -> None:
    found = flat(record(placement()))
    assert found["debtor.address.city"] == "Dresden"
    assert found["claims.0.invoice.number"] == "RE-2026-0815"
    assert found["claims.0.reminders.1.sent_on"] == "2026-04-20"
    assert {"claims.*." + path.removeprefix("claims.0.") for path in found if path.startswith("claims.0.") and path.count(".") == 2} <= set(
        known_paths()
    )


def test_a_map_gives_the_agency_its_own_names() -> None:
    names = {
        "case.ref": "reference",
        "case.debtor.name": "debtor.last_name",
        "case.amount": "claims.0.principal_open",
        "case.fax": "debtor.fax",
        "case.dunned.0": "claims.0.reminders.0.sent_on",
        "case.dunned.1": "claims.0.reminders.1.sent_on",
        "case.dunned.2": "claims.0.reminders.2.sent_on",
        "case.sex": "debtor.salutation",
    }
    assert mapped(record(placement()), names, codes={"debtor.salutation": {"ms": "Frau"}}) == {
        "case": {
            "ref": "T-1",
            "debtor": {"name": "Groß-Möller"},
            "amount": Decimal("153.99"),
            "dunned": ["2026-04-01", "2026-04-20"],
            "sex": "Frau",
        }
    }


def test_a_star_stands_for_every_claim() -> None:
    two = placement(green_claim(), green_claim(source=Source(order="4712"), principal=Decimal("10.01")))
    names = {"items.*.no": "claims.*.order", "items.*.sum": "claims.*.principal_open", "items.*.sent.*.on": "claims.*.reminders.*.sent_on"}
    sent = [{"on": "2026-04-01"}, {"on": "2026-04-20"}]
    assert mapped(record(two), names) == {
        "items": [{"no": "4711", "sum": Decimal("153.99"), "sent": sent}, {"no": "4712", "sum": Decimal("10.01"), "sent": sent}]
    }


def test_no_map_gives_the_record_itself() -> None:
    found = record(placement())
    assert mapped(found, {}) == found


@pytest.mark.parametrize(
    "names",
    [
        {"a": "debtor.shoe_size"},
        {"a": "claims.first.order"},
        {"a": "claims.*.order"},
        {"a.*": "reference"},
        {"a..b": "reference"},
        {"": "reference"},
        {"a": "reference", "a.b": "debtor.first_name"},
        {"a.b": "debtor.first_name", "a": "reference"},
        {"a.*.x": "claims.*.order", "a.0": "reference"},
    ],
)
def test_a_map_that_cannot_be_is_refused(names: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        mapped(record(placement()), names)
    assert (refused.value.field or "").startswith("field_map")


def test_a_map_is_checked_at_the_start_under_the_name_of_its_setting() -> None:
    check_map({"a": "claims.3.reminders.*"[:-2], "b.*": "claims.*"})
    with pytest.raises(ConfigurationError) as refused:
        check_map({"a": "nothing"}, setting="columns")
    assert refused.value.field == "columns.a"


def test_the_known_paths_are_those_of_values() -> None:
    assert "claims.*.invoice.number" in known_paths()
    assert "debtor" not in known_paths()
    assert "claims.*" not in known_paths()


def test_the_page_lists_every_path() -> None:
    page = (Path(__file__).parents[2] / "docs" / "agencies" / "pno.md").read_text("utf-8")
    listed = re.search(r"\| Our record \| Paths \|\n(.*?)\n\n", page, re.DOTALL)
    assert listed is not None
    assert sorted(re.findall("`([a-z_.*]+)`", listed[1])) == known_paths()
