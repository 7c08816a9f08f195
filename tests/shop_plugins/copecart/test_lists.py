"""The vendors' lists: one row is one rate, and never a second claim of what notifications told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from copecart import charged_back, request
from world import World, world

from inkasso_core import ReturnKind
from inkasso_shop_plugins.copecart import CopeCart

HEADINGS = {"order_id": ["Bestell-ID"], "amount": ["Offen"], "vendor_id": ["User-ID"], "rate_number": ["Rate"], "product_id": ["Produkt"]}
ROW = {
    "Bestell-ID": "Ab12Cd34", "Produkt": "7a66056a", "Rate": "2", "User-ID": "79424", "Offen": "119,00", "currency": "eur",
    "event": "chargeback", "payment_method": "sepa", "returned_on": "20.04.2026", "order_date": "01.03.2026", "due_date": "02.04.2026",
    "product_name": "Online-Kurs", "buyer_id": "55501", "buyer_firstname": "Änne", "buyer_lastname": "Groß", "buyer_street": "Lange Straße",
    "buyer_house_number": "7a", "buyer_zipcode": "01067", "buyer_city": "Dresden", "buyer_country_code": "DE",
}  # fmt: skip


def shop(**given: Any) -> dict[str, Any]:
    settings = {"lists": {"columns": HEADINGS, **given.pop("lists", {})}, **given}
    return {"plugin": "copecart", "profile": "marketplace", "creditor": "firm", "settings": settings}


def written(folder: Path, rows: Sequence[dict[str, str]]) -> Path:
    path = folder / "79424.csv"
    path.write_text("\n".join(";".join(row) for row in (list(rows[0]), *(list(row.values()) for row in rows))), "utf-8")
    return path


def town_of(folder: Path, **given: Any) -> Any:
    return world(folder, shops={"shop": shop(**given)}, plugins={"copecart": CopeCart()})


def ingest(town: World, *rows: dict[str, str]) -> dict[str, int]:
    ingested = town.ink.ingest(written(town.folder, rows), shop="shop")
    return {name: count for name, count in ingested.counts.items() if count}


def test_a_row_is_the_claim_of_its_rate(tmp_path: Path) -> None:
    with town_of(tmp_path, terms={"due_date_origin": "contract", "performed": True, "digital_kind": "service"}) as town:
        assert ingest(town, ROW, ROW | {"Rate": "3", "event": "unpaid"}) == {"registered": 2}
        found = town.ink.show("shop:Ab12Cd34/7a66056a/2").claim
        assert (found.principal_open, found.currency, found.source.vendor) == (119, "EUR", "79424")
        assert (found.source.status, found.source.triggered) == ("chargeback list", True)
        assert [(entry.kind, entry.on) for entry in found.returns] == [(ReturnKind.RETURNED_DEBIT, dt.date(2026, 4, 20))]
        assert found.debtor.address is not None
        assert found.debtor.address.postal_code == "01067"
        assert set(found.asserted) == {"due_date_origin", "performed", "kind"}
        assert town.ink.show("shop:Ab12Cd34/7a66056a/3").claim.returns == ()


def test_a_row_and_notifications_of_one_rate_are_one_claim(tmp_path: Path) -> None:
    with town_of(tmp_path, secret="geheim-4711") as town:
        town.ink.receive("shop", request(charged_back()))
        town.ink.tell_parts()
        assert ingest(town, ROW) == {"revised": 1}
        assert len(list(town.ink.claims())) == 1


def test_lists_of_whole_orders_need_a_shop_of_their_own(tmp_path: Path) -> None:
    bare = {name: value for name, value in ROW.items() if name not in ("Produkt", "Rate", "User-ID")}
    (tmp_path / "rates").mkdir()
    with town_of(tmp_path / "rates") as town:
        assert ingest(town, bare) == {"failed": 1}
        assert [row.code for row in town.ink.failed_events("shop")] == ["RATE_UNKNOWN"]
    (tmp_path / "orders").mkdir()
    with town_of(tmp_path / "orders", lists={"whole_orders": True, "vendor": "79424"}) as town:
        assert ingest(town, bare) == {"registered": 1}
        assert town.ink.find("shop:Ab12Cd34").vendor == "79424"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Offen": "-1,00"}, "NEGATIVE_AMOUNT"),
        ({"Offen": "1.234"}, "AMBIGUOUS_NUMBER"),
        ({"Offen": "viel"}, "NOT_A_NUMBER"),
        ({"Rate": "zwei"}, "NOT_A_NUMBER"),
        ({"event": "sung"}, "UNKNOWN_CODE"),
        ({"currency": ""}, "EMPTY"),
        ({"Bestell-ID": ""}, "EMPTY"),
        ({"Bestell-ID": "1,23E+11"}, "SPREADSHEET_DAMAGE"),
        ({"due_date": "31.02.2026"}, "NO_SUCH_DATE"),
        ({"currency": "Euro"}, "CURRENCY_UNKNOWN"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_without_its_value(tmp_path: Path, changes: dict[str, str], code: str) -> None:
    with town_of(tmp_path) as town:
        assert ingest(town, ROW | changes, ROW | {"Rate": "3"}) == {"registered": 1, "failed": 1}
        (row,) = town.ink.failed_events("shop")
        assert row.code == code
        assert all(value not in str(row.message) for value in changes.values() if len(value) > 3)
