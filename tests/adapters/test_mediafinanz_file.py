"""The 18 columns: golden bytes, what other programs read in them, and what is refused."""

import csv
import datetime as dt
import io
import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor, green_person
from placements import placement
from pydantic import ValidationError

from inkasso_adapters.mediafinanz_file import MediafinanzFile, MediafinanzFileSettings
from inkasso_core import (
    Capacity,
    Claim,
    ClaimInvalid,
    Contact,
    ContactKind,
    Contract,
    Invoice,
    Organization,
    Person,
    Placement,
    Reminder,
    Salutation,
    Source,
)

HEADER = (
    "Vorname;Nachname;Geschlecht;Firma;Strasse;PLZ;Ort;Land;Telefon 1;Telefon 2;Fax;Email;"
    "Rechnungsnr;Forderungsbetrag;Forderungsgrund;Leistungsdatum;Mahndatum;Forderungstyp"
)


@pytest.fixture
def agency(tmp_path: Path) -> MediafinanzFile:
    return agency_with(tmp_path)


def agency_with(directory: Path, **settings: Any) -> MediafinanzFile:
    return MediafinanzFile(MediafinanzFileSettings.model_validate({"directory": directory, **settings}))


def row(placed: Placement, agency: MediafinanzFile) -> dict[str, str]:
    """The row of one placement, read back by the csv module."""
    (found,) = csv.DictReader(io.StringIO(agency.rehearse(placed), newline=""), delimiter=";", strict=True)
    return found


# --- Golden bytes ---


def a_person() -> Claim:
    return green_claim()


def an_attack() -> Claim:
    """Every field that a debtor can type himself tries to be a formula."""
    debtor = green_debtor(
        person=Person(salutation=Salutation.MR, first_name="+Seán", last_name="-Meier"),
        addresses=(green_address(street='=HYPERLINK("http://example.org";"Klick")', house_number=None, city="＝cmd|' /C calc'!A0"),),
        contacts=(
            Contact(kind=ContactKind.PHONE, value="+49 351 4567890"),
            Contact(kind=ContactKind.MOBILE, value="0151 23456789"),
            Contact(kind=ContactKind.EMAIL, value="=joerdis@example.org"),
        ),
    )
    return green_claim(
        source=Source(order="4712"),
        debtor=debtor,
        subject='@SUM(1)\r\n2 × Kissen "Elbe";\tlose',
        invoice=Invoice(number="RE-2026-0816", issued_on=dt.date(2026, 3, 2)),
        principal=Decimal(1234),
    )


def a_company() -> Claim:
    debtor = green_debtor(
        capacity=Capacity.BUSINESS,
        person=None,
        organization=Organization(name="Łódź & Söhne Export-Import GmbH"),
        addresses=(green_address(street="Straße des 17. Juni", house_number="135", postal_code="4020", city="Linz", country="AT"),),
        contacts=(Contact(kind=ContactKind.FAX, value="+43 732 123456"),),
    )
    return green_claim(source=Source(order="4713"), debtor=debtor, kind="service", subject=None, service_date=None, invoice=None)


PLACEMENTS = [
    placement(a_person(), reference="T-1"),
    placement(an_attack(), reference="T-2"),
    placement(a_company(), reference="T-3"),
]
ROWS = [
    (
        "Jördis;Groß-Möller;f;;Lange Straße 7 a;01067;Dresden;DE;00493514567890;;;joerdis@example.org;"
        "RE-2026-0815;153,99;Stuhl Modell Elbe, 2 × Kissen;03.03.2026;20.04.2026;1"
    ),
    (
        'Seán;Meier;m;;"HYPERLINK(""http://example.org"";""Klick"")";01067;cmd|\' /C calc\'!A0;DE;00493514567890;004915123456789;;;'
        'RE-2026-0816;1234,00;"SUM(1) 2 × Kissen ""Elbe""; lose";03.03.2026;20.04.2026;1'
    ),
    (
        ";;c;{lodz} & Söhne Export-Import GmbH;Straße des 17. Juni 135;4020;Linz;AT;;;0043732123456;;"
        "4713;153,99;Dienstleistung;26.02.2026;20.04.2026;3"
    ),
]


@pytest.mark.parametrize(("encoding", "lodz"), [("cp1252", "Lódz"), ("utf-8", "Łódź"), ("utf-8-sig", "Łódź")])
def test_the_golden_file(tmp_path: Path, encoding: str, lodz: str) -> None:
    out = io.BytesIO()
    rendered = agency_with(tmp_path, dialect={"encoding": encoding}).render(PLACEMENTS, out)
    expected = "".join(f"{line}\r\n" for line in (HEADER, *ROWS)).replace("{lodz}", lodz)
    assert out.getvalue() == expected.encode(encoding)
    assert rendered.rows == 3
    assert rendered.totals == {"EUR": Decimal("1541.98")}


def test_what_was_changed_is_told_by_row_and_column(agency: MediafinanzFile) -> None:
    rendered = agency.render(PLACEMENTS, io.BytesIO())
    assert [(change.row, change.header, change.what.value) for change in rendered.changes] == [
        (2, "Vorname", "leading formula signs removed"),
        (2, "Nachname", "leading formula signs removed"),
        (2, "Strasse", "leading formula signs removed"),
        (2, "Ort", "transliterated"),
        (2, "Ort", "leading formula signs removed"),
        (2, "Email", "left out"),
        (2, "Forderungsgrund", "leading formula signs removed"),
        (3, "Firma", "transliterated"),
    ]


# --- What other programs read in it ---


def expected_cells() -> list[dict[str, str]]:
    text = "\n".join((HEADER, *ROWS)).replace("{lodz}", "Łódź")
    return list(csv.DictReader(io.StringIO(text), delimiter=";", strict=True))


@pytest.mark.parametrize("quoting", ["minimal", "all"])
@pytest.mark.parametrize("line_end", ["CRLF", "LF"])
def test_python_reads_the_columns_as_they_are(tmp_path: Path, quoting: str, line_end: str) -> None:
    out = io.BytesIO()
    agency_with(tmp_path, dialect={"encoding": "utf-8", "quoting": quoting, "line_end": line_end}).render(PLACEMENTS, out)
    text = io.StringIO(out.getvalue().decode(), newline="")
    assert list(csv.DictReader(text, delimiter=";", strict=True)) == expected_cells()


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs the command line of SQLite as a second reader")
@pytest.mark.parametrize("quoting", ["minimal", "all"])
@pytest.mark.parametrize("line_end", ["CRLF", "LF"])
def test_another_program_reads_the_columns_as_they_are(tmp_path: Path, quoting: str, line_end: str) -> None:
    file = tmp_path / "claims.csv"
    agency = agency_with(tmp_path, dialect={"encoding": "utf-8", "quoting": quoting, "line_end": line_end})
    with file.open("wb") as out:
        agency.render(PLACEMENTS, out)
    commands = [".mode csv", ".separator ;", f'.import "{file}" claims', ".mode json", "SELECT * FROM claims;"]
    done = subprocess.run(["sqlite3", ":memory:"], input="\n".join(commands), capture_output=True, text=True, check=True, encoding="utf-8")
    assert json.loads(done.stdout) == expected_cells()


@pytest.mark.parametrize("target", ["importer", "spreadsheet"])
def test_no_cell_of_the_file_is_a_formula(tmp_path: Path, target: str) -> None:
    dialect = {"encoding": "utf-8", "target": target, "phone": "00"}
    out = io.BytesIO()
    agency_with(tmp_path, dialect=dialect, salutations={"mr": "Herr"}).render(PLACEMENTS, out)
    cells = [cell for line in csv.reader(io.StringIO(out.getvalue().decode(), newline=""), delimiter=";") for cell in line]
    assert not [cell for cell in cells if cell[:1] and cell[0] in "=+-@＝"]


# --- How the fields are filled ---


@pytest.mark.parametrize(
    ("salutation", "code"), [(Salutation.MR, "m"), (Salutation.MS, "f"), (Salutation.DIVERSE, "@"), (Salutation.UNKNOWN, "@")]
)
def test_the_salutation_is_a_code_and_never_guessed(agency: MediafinanzFile, salutation: Salutation, code: str) -> None:
    assert row(placement(debtor=green_debtor(person=green_person(salutation=salutation))), agency)["Geschlecht"] == code


def test_a_company_keeps_its_contact_person(agency: MediafinanzFile) -> None:
    debtor = green_debtor(organization=Organization(name="Elbe Möbel OHG"))
    found = row(placement(debtor=debtor), agency)
    assert (found["Geschlecht"], found["Firma"], found["Nachname"]) == ("c", "Elbe Möbel OHG", "Groß-Möller")


@pytest.mark.parametrize(("kind", "code"), [("goods", "1"), ("prepaid_goods", "2"), ("service", "3")])
def test_the_kind_of_claim_is_a_code(agency: MediafinanzFile, kind: str, code: str) -> None:
    assert row(placement(kind=kind), agency)["Forderungstyp"] == code


def test_every_code_can_be_set(tmp_path: Path) -> None:
    agency = agency_with(
        tmp_path,
        salutations={"ms": "Frau"},
        claim_types={"goods": "Ware"},
        country="german-name",
        reason="{subject} (Bestellung {order}, Rechnung {invoice})",
        dialect={"date_format": "%Y-%m-%d", "decimal": ".", "phone": "+"},
    )
    found = row(placement(), agency)
    assert found["Geschlecht"] == "Frau"
    assert found["Forderungstyp"] == "Ware"
    assert found["Land"] == "Deutschland"
    assert found["Forderungsgrund"] == "Stuhl Modell Elbe, 2 × Kissen (Bestellung 4711, Rechnung RE-2026-0815)"
    assert (found["Leistungsdatum"], found["Forderungsbetrag"], found["Telefon 1"]) == ("2026-03-03", "153.99", "+493514567890")


def test_the_amount_is_the_open_principal_without_charges(agency: MediafinanzFile) -> None:
    found = row(placement(charges=({"kind": "dunning_fee", "amount": "2.50"},), payments=({"amount": "52.50"},)), agency)
    assert found["Forderungsbetrag"] == "103,99"


def test_the_date_of_supply_falls_back_to_contract_and_invoice(agency: MediafinanzFile) -> None:
    assert row(placement(service_date=None), agency)["Leistungsdatum"] == "26.02.2026"
    assert row(placement(service_date=None, contract=None), agency)["Leistungsdatum"] == "02.03.2026"
    assert row(placement(service_date=None, contract=Contract(number="1")), agency)["Leistungsdatum"] == "02.03.2026"


def test_the_order_number_stands_in_for_a_missing_invoice_number(agency: MediafinanzFile, tmp_path: Path) -> None:
    source = Source(order="ID-4711", order_number="B-4711")
    invoice = Invoice(issued_on=dt.date(2026, 3, 2))
    assert row(placement(source=source, invoice=invoice), agency)["Rechnungsnr"] == "B-4711"
    assert row(placement(invoice=None), agency)["Rechnungsnr"] == "4711"
    with pytest.raises(ClaimInvalid) as refused:
        agency_with(tmp_path, invoice_fallback=False).check(placement(invoice=invoice))
    assert refused.value.fields == ("Rechnungsnr",)


def test_the_reason_is_cut_to_its_length_and_told(agency: MediafinanzFile) -> None:
    placed = placement(subject="Stuhl " * 100)
    assert row(placed, agency)["Forderungsgrund"] == ("Stuhl " * 42)[:250].strip()
    rendered = agency.render([placed], io.BytesIO())
    assert [(change.header, change.what.value) for change in rendered.changes] == [("Forderungsgrund", "shortened")]


def test_phones_of_both_kinds_fill_both_columns(agency: MediafinanzFile) -> None:
    numbers = ("0351 4567890", "0151 23456789", "030 123456")
    contacts = tuple(Contact(kind=ContactKind.MOBILE, value=number) for number in numbers)
    found = row(placement(debtor=green_debtor(contacts=contacts)), agency)
    assert (found["Telefon 1"], found["Telefon 2"]) == ("00493514567890", "004915123456789")


# --- What is refused ---


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"currency": "CHF"}, "Forderungsbetrag"),
        ({"payments": ({"amount": "153.99"},)}, "Forderungsbetrag"),
        ({"payments": ({"amount": "200"},)}, "Forderungsbetrag"),
        ({"debtor": green_debtor(person=green_person(first_name=None))}, "Vorname"),
        ({"debtor": green_debtor(person=green_person(last_name=None))}, "Nachname"),
        ({"debtor": green_debtor(person=None, organization=Organization())}, "Firma"),
        ({"debtor": green_debtor(addresses=(green_address(street=None),))}, "Strasse"),
        ({"debtor": green_debtor(addresses=(green_address(postal_code=None),))}, "PLZ"),
        ({"debtor": green_debtor(addresses=(green_address(city=None),))}, "Ort"),
        ({"debtor": green_debtor(addresses=(green_address(country=None),))}, "Land"),
        ({"service_date": None, "contract": None, "invoice": Invoice(number="R1")}, "Leistungsdatum"),
        ({"reminders": ()}, "Mahndatum"),
        ({"reminders": (Reminder(level=1),)}, "Mahndatum"),
        ({"reminders": (Reminder(level=1, sent_on=dt.date(2026, 6, 2)),)}, "Mahndatum"),
    ],
)
def test_what_the_agency_would_not_take_is_refused_with_its_column(agency: MediafinanzFile, changes: dict[str, Any], column: str) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        agency.check(placement(**changes))
    assert refused.value.fields == (column,)
    assert refused.value.agency == "mediafinanz-file"
    for text in refused.value.text:
        for secret in ("Jördis", "Groß-Möller", "Lange Straße", "Dresden"):
            assert secret not in text


def test_everything_that_is_wrong_is_said_at_once(agency: MediafinanzFile) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        agency.check(placement(debtor=green_debtor(addresses=()), reminders=()))
    assert refused.value.fields == ("Strasse", "PLZ", "Ort", "Land", "Mahndatum")
    assert "Mahndatum fehlt" in refused.value.text.de


def test_a_reminder_of_today_may_go_and_none_where_none_is_required(agency: MediafinanzFile, tmp_path: Path) -> None:
    today = (Reminder(level=1, sent_on=dt.date(2026, 6, 1)),)
    assert row(placement(reminders=today), agency)["Mahndatum"] == "01.06.2026"
    assert row(placement(reminders=()), agency_with(tmp_path, reminder_date_required=False))["Mahndatum"] == ""


def test_a_row_holds_one_claim(agency: MediafinanzFile) -> None:
    with pytest.raises(ClaimInvalid, match="one claim"):
        agency.check(placement(green_claim(), green_claim(source=Source(order="4712"))))


def test_a_first_name_of_formula_signs_alone_is_refused(agency: MediafinanzFile) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        agency.check(placement(debtor=green_debtor(person=green_person(first_name="-"))))
    assert refused.value.fields == ("Vorname",)


# --- Settings ---


@pytest.mark.parametrize(
    "settings",
    [
        {"reason": "{subject} {name}"},
        {"reason": "{subject.__class__}"},
        {"reason": "{subject"},
        {"reason_length": 5},
        {"country": "name"},
        {"salutations": {"family": "x"}},
        {"dialect": {"separator": ":"}},
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        agency_with(tmp_path, **settings)
