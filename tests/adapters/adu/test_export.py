"""Files in a layout of ours: a table whose columns are set, or JSON lines; read back by other programs."""

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from builders import green_claim, green_debtor, green_person
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.adu.export import COLUMNS, ADUExport, ADUExportSettings
from inkasso_core import Charge, ChargeKind, ClaimInvalid, ConfigurationError, Document, Placement, Source

INVOICE = Document(kind="invoice", name="RE-2026-0815.pdf", media_type="application/pdf", url="https://shop.example/re/0815.pdf")


def agency_with(directory: Path, **settings: Any) -> ADUExport:
    return ADUExport(ADUExportSettings.model_validate({"transport": "export", "directory": directory, **settings}))


def placed(**changes: Any) -> Placement:
    debtor = green_debtor(person=green_person(last_name="Łęcka-Ößwald"))
    fee = Charge(kind=ChargeKind.DUNNING_FEE, amount=Decimal("2.50"))
    return placement(**{"debtor": debtor, "charges": (fee,), "documents": (INVOICE, Document(kind="contract")), **changes})


def written(agency: ADUExport, *placements: Placement) -> bytes:
    out = io.BytesIO()
    rendered = agency.render(placements, out)
    assert rendered.rows == len(placements)
    assert rendered.totals == {"EUR": sum(one.principal_open for one in placements)}
    return out.getvalue()


def test_the_table_holds_what_a_hand_over_needs(tmp_path: Path) -> None:
    data = written(agency_with(tmp_path), placed())
    assert data.startswith(b"\xef\xbb\xbfReferenz;Bestellnummer;")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    assert list(row) == list(COLUMNS)
    assert {name: row[name] for name in row if row[name]} == {
        "Referenz": "T-1",
        "Bestellnummer": "4711",
        "Rechnungsnummer": "RE-2026-0815",
        "Rechnungsdatum": "02.03.2026",
        "Fällig am": "16.03.2026",
        "Letzte Mahnung": "20.04.2026",
        "Mahnungen": "2",
        "Währung": "EUR",
        "Hauptforderung": "153,99",
        "Offene Hauptforderung": "153,99",
        "Mahngebühren": "2,50",
        "Offen gesamt": "156,49",
        "Forderungsgrund": "Stuhl Modell Elbe, 2 × Kissen",
        "Leistungsdatum": "03.03.2026",
        "Kundennummer": "K-1041",
        "Anrede": "ms",
        "Vorname": "Jördis",
        "Nachname": "Łęcka-Ößwald",
        "Geburtsdatum": "29.02.1984",
        "Straße": "Lange Straße",
        "Hausnummer": "7 a",
        "PLZ": "01067",
        "Ort": "Dresden",
        "Land": "DE",
        "Telefon": "00493514567890",
        "E-Mail": "joerdis@example.org",
        "Belege": "https://shop.example/re/0815.pdf | contract",
    }


def test_columns_are_set(tmp_path: Path) -> None:
    columns = {"Az": "reference", "1. Mahnung": "claims.0.reminders.0.sent_on", "3. Mahnung": "claims.0.reminders.2.sent_on"}
    data = written(agency_with(tmp_path, columns=columns, dialect={"separator": ",", "date_format": "%Y-%m-%d"}), placed())
    assert data == b"Az,1. Mahnung,3. Mahnung\r\nT-1,2026-04-01,\r\n"


def test_json_lines_hold_the_whole_record_to_the_cent(tmp_path: Path) -> None:
    agency = agency_with(tmp_path, format="json-lines")
    assert agency.settings.name_of(account="adu", day=dt.date(2026, 6, 1), run=3) == "adu-2026-06-01-0003.jsonl"
    first, second = written(agency, placed(), placed(reference="T-2")).splitlines()
    assert b'"principal_open": 153.99' in first
    found = simplejson.loads(first, use_decimal=True)
    assert found["debtor"]["last_name"] == "Łęcka-Ößwald"
    assert found["claims"][0]["total_open"] == Decimal("156.49")
    assert found["documents"][0]["url"] == "https://shop.example/re/0815.pdf"
    assert simplejson.loads(second)["reference"] == "T-2"
    assert agency.rehearse(placed()).encode() == first + b"\n"


def test_json_lines_in_the_shape_that_is_set(tmp_path: Path) -> None:
    agency = agency_with(tmp_path, format="json-lines", fields={"schuldner.name": "debtor.last_name"}, file_name="{run}.json")
    assert agency.line(placed(documents=())) == {"schuldner": {"name": "Łęcka-Ößwald"}, "documents": []}
    assert agency.settings.file_name == "{run}.json"


@pytest.mark.parametrize("form", ["csv", "json-lines"])
def test_a_row_holds_one_claim(tmp_path: Path, form: str) -> None:
    with pytest.raises(ClaimInvalid):
        agency_with(tmp_path, format=form).check(placement(green_claim(), green_claim(source=Source(order="2"))))


@pytest.mark.parametrize("wrong", [{"columns": {"Schuhe": "debtor.shoe_size"}}, {"fields": {"x": "debtor.shoe_size"}}])
def test_a_path_that_is_none_is_told_at_once(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        agency_with(tmp_path, **wrong)


def test_a_table_without_columns_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        agency_with(tmp_path, columns={})


def test_the_portal_is_where_people_look(tmp_path: Path) -> None:
    agency = agency_with(tmp_path, case_link="https://portal.example/{case_reference}")
    assert agency.portal_url("A-1") == "https://portal.example/A-1"
    assert "portal_url" in agency.operations
    assert "portal_url" not in agency.missing()
