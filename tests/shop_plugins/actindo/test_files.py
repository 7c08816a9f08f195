"""Files: results of managed queries as CSV or XML, exports of open items in every dialect that actindo writes, and queries over HTTP."""

import codecs
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inkasso_core import ConfigurationError, FileRefused, State, TemporarilyUnavailable

from .conftest import ASSERTION, Opened, Town
from .stand_in import StandIn

HEAD = "Beleg-ID;Beleg 1;Belegdatum;Mahnstufe;Mahndatum;Betrag;Offener Betrag;Fälligkeit;Vorname;Name;Adresse;PLZ;Ort;Land;Zahlungsart;Text"
ROW = (
    "{id};RE{id};02.03.2026;{level};20.04.2026;{amount};{open};16.03.2026;Jördis;Groß-Möller;Lange Straße 7 a;01067;Dresden;DE;{code};Stuhl"
)


def row(number: int = 100, level: Any = 3, amount: str = "1.153,99", left: str = "1.153,99", code: str = "U") -> str:
    return ROW.format(id=number, level=level, amount=amount, open=left, code=code)


def table(*rows: str, head: str = HEAD) -> str:
    return "\r\n".join((head, *rows)) + "\r\n"


def xml(*rows: str, element: str = "row") -> str:
    names = ["id", "documentNumber", "documentDate", "mahnstufe", "mahndatum", "brutto", "offen"]
    body = "".join(
        f"<{element}>" + "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, one.split(";"), strict=True)) + f"</{element}>"
        for one in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><result><meta><count>1</count></meta>{body}</result>'


@pytest.fixture
def files(opened: Opened, tmp_path: Path) -> Any:
    """Ingest a text as a file, with other settings than usual."""

    def ingest(text: str | bytes, name: str = "export.csv", *, assertion: Any = ASSERTION, **settings: Any) -> Any:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with opened(permit=False, url=None, methods={}, fields={}, assertion=assertion, files=settings) as town:
            counts = town.ink.ingest(str(path), shop="shop").counts
            return counts, {stored.record: town.claim(stored.record) for stored in town.ink.claims()}, town.ink.failed_events("shop")

    return ingest


def test_rows_of_a_managed_query_become_claims(files: Any) -> None:
    counts, claims, _ = files(table(row(100), row(101, level=2), row(102, level=""), row(103, left="100,00"), row(104, code="KL")))
    assert counts["registered"] == 2
    assert counts["ignored"] == 3
    claim = claims["100"]
    assert (claim.principal, claim.invoice.number, claim.invoice.issued_on) == (Decimal("1153.99"), "RE100", dt.date(2026, 3, 2))
    assert (claim.due_date, claim.reminders[0].level, claim.reminders[0].sent_on) == (dt.date(2026, 3, 16), 3, dt.date(2026, 4, 20))
    assert claim.debtor.person.first_name == "Jördis"
    assert claims["103"].principal_open == Decimal("100.00")
    assert "contract.concluded_on" in claim.asserted


def test_the_same_file_again_changes_nothing_and_a_newer_one_revises(files: Any) -> None:
    files(table(row(100)))
    assert files(table(row(100)))[0]["repeated"] == 1
    counts, claims, _ = files(table(row(100, left="0,00")), "later.csv")
    assert counts["revised"] == 1
    assert claims["100"].principal_open == 0


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("DD.MM.YYYY", "02.03.2026 13:14:15"),
        ("YYYY-MM-DD", "2026-03-02 13:14:15"),
        ("MM/DD/YYYY", "03/02/2026 13:14:15"),
        ("YYYYMMDD", "20260302"),
    ],
)
@pytest.mark.parametrize(("decimal", "amount"), [(",", "100.000,50"), (".", "100,000.50")])
@pytest.mark.parametrize("separator", [";", ",", "|", "tab"])
def test_dialects(files: Any, form: str, written: str, decimal: str, amount: str, separator: str) -> None:
    sign = "\t" if separator == "tab" else separator
    cells = ['"100"', '"RE""7"' if separator == ";" else '"RE7"', f'"{written}"', '"3"', f'"{amount}"']
    text = sign.join(("Beleg-ID", "Beleg 1", "Belegdatum", "Mahnstufe", "Betrag")) + "\n" + sign.join(cells) + "\n"
    escape = "" if separator == ";" else "\\"
    _, claims, _ = files(text, dates=form, decimal=decimal, separator=separator, escape=escape)
    assert claims["100"].principal == Decimal("100000.50")
    assert claims["100"].invoice.issued_on == dt.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("auto", "utf-8"),
        ("auto", "cp1252"),
        ("iso-8859-1", "latin-1"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("cp850", "cp850"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_charsets(files: Any, charset: str, encoding: str) -> None:
    _, claims, _ = files(table(row()).encode(encoding), charset=charset)
    assert claims["100"].debtor.person.last_name == "Groß-Möller"


def test_a_file_without_headings_and_headings_of_ones_own(files: Any) -> None:
    _, claims, _ = files("RE7;3;12,50\n", header="no", order=["invoice_number", "level", "amount"], key="invoice_number")
    assert claims["RE7"].principal == Decimal("12.50")
    _, claims, _ = files("nr;stufe;betrag\nRE8;4;1,00\n", columns={"document_id": ["nr"], "level": ["stufe"], "amount": ["betrag"]})
    assert claims["RE8"].reminders[0].level == 4


@pytest.mark.parametrize(
    ("name", "bad"), [("amount", "1.2.3"), ("level", "zwei"), ("level", "77"), ("invoice_date", "31.02.2026"), ("document_id", "")]
)
def test_a_bad_cell_refuses_its_row_alone_and_is_not_repeated(files: Any, name: str, bad: str) -> None:
    good = table(row(101))
    headings = {"amount": "Betrag", "level": "Mahnstufe", "invoice_date": "Belegdatum", "document_id": "Beleg-ID"}
    cells = row(100).split(";")
    cells[HEAD.split(";").index(headings[name])] = bad
    counts, claims, failed = files(good + ";".join(cells) + "\r\n")
    assert (counts["registered"], counts["failed"]) == (1, 1)
    assert list(claims) == ["101"]
    assert failed[0].field == name
    assert not bad or bad not in str(failed[0].message)


# XML


def test_xml_is_read_row_by_row(files: Any) -> None:
    columns = {"level": ["mahnstufe"], "notice_date": ["mahndatum"], "open_amount": ["offen"]}
    text = xml("100;RE7;2026-03-02;3;2026-04-20;153.99;100.00", "101;RE8;2026-03-02;1;;10.00;10.00")
    counts, claims, _ = files(text, "query.xml", columns=columns, dates="YYYY-MM-DD", decimal=".")
    assert (counts["registered"], counts["ignored"]) == (1, 1)
    assert claims["100"].principal_open == Decimal("100.00")
    assert claims["100"].invoice.number == "RE7"


def test_xml_in_utf_16_and_with_a_mark(files: Any) -> None:
    for number, data in enumerate(
        (codecs.BOM_UTF8 + xml("7;R;;3;;1.00;").encode(), xml("8;R;;3;;1.00;").replace("UTF-8", "UTF-16").encode("utf-16"))
    ):
        _, claims, _ = files(data, f"{number}.xml", decimal=".", columns={"level": ["mahnstufe"]})
        assert str(7 + number) in claims


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<result><row></result>", "NOT_XML"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><result><row><id>&a;</id></row></result>', "NOT_XML"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><result/>', "NOT_XML"),
        ("<result><entry/></result>", "NO_ROWS"),
        ("<result><row><id>" + "9" * 2_000_000 + "</id></row></result>", "NOT_XML"),
    ],
)
def test_bad_xml_is_refused_as_a_whole(files: Any, text: str, reason: str) -> None:
    with pytest.raises(FileRefused) as refused:
        files(text, "query.xml")
    assert refused.value.reason == reason


# Open items

ITEMS = "Beleg 1;Beleg 2;Datum;Soll;Haben;Text"


def test_postings_are_added_up_and_start_no_claim_by_themselves(files: Any) -> None:
    text = table(
        "RE7;A1;02.03.2026;100,00;;Rechnung",
        "RE8;A2;02.03.2026;50,00;;Rechnung",
        "RE7;A1;20.03.2026;;30,00;Zahlung",
        ";;;;;Summe",
        head=ITEMS,
    )
    counts, claims, _ = files(text, rows="postings", key="invoice_number")
    assert counts["ignored"] == 2
    assert claims == {}


def test_postings_tell_what_was_paid_of_a_known_claim(files: Any) -> None:
    files(table("RE7;3;100,00", head="Beleg 1;Mahnstufe;Betrag"), key="invoice_number")
    text = table("RE7;A1;02.03.2026;100,00;;Rechnung", "RE7;A1;20.03.2026;;30,00;Zahlung", head=ITEMS)
    counts, claims, _ = files(text, "items.csv", rows="postings", key="invoice_number")
    assert counts["revised"] == 1
    assert claims["RE7"].principal_open == Decimal("70.00")
    assert claims["RE7"].payments[0].on == dt.date(2026, 3, 20)


def test_postings_that_cannot_all_be_read_are_not_added_up(files: Any) -> None:
    with pytest.raises(FileRefused):
        files(table("RE7;A1;02.03.2026;100,00;;Rechnung", "RE7;A1;20.03.2026;;30,00", head=ITEMS), rows="postings", key="invoice_number")


# Queries over HTTP


LINK = "/Actindo.Modules.Database.download/6f1c-uuid"


def query(actindo: StandIn, **more: Any) -> dict[str, Any]:
    return {"url": f"{actindo.url}{LINK}", **more}


def test_a_query_is_fetched_by_its_link_and_taken_in_once(opened: Opened, actindo: StandIn) -> None:
    actindo.files[LINK] = table(row(100), row(101)).encode()
    with opened(permit=False, url=None, query=query(actindo)) as town:
        town.poll()
        assert town.refs() == ["shop:100", "shop:101"]
        assert town.poll().results == []
        town.world.clock.forward(hours=1)
        actindo.files[LINK] = table(row(100, left="10,00")).encode()  # 101 is absent, which says nothing
        town.poll()
        assert town.claim(100).principal_open == Decimal("10.00")
        assert town.state(101) is State.WAITING or town.state(101) is State.READY


def test_a_query_that_is_a_page_or_is_gone_changes_nothing_and_hides_its_link(opened: Opened, actindo: StandIn) -> None:
    with opened(permit=False, url=None, query=query(actindo)) as town:
        problem = town.look().problem
        assert isinstance(problem, ConfigurationError)
        assert "6f1c" not in problem.text.de
        actindo.files[LINK] = b"<!DOCTYPE html><html>Erika Beispiel</html>"
        assert isinstance(town.look().problem, TemporarilyUnavailable)
        actindo.files[LINK] = b"\x00\x01\x02"
        assert isinstance(town.look().problem, FileRefused)
        assert town.look().problem is None
        assert len(town.ink.failed_events("shop")) == 1


def test_a_query_may_be_run_by_a_method_and_written_in_xml(opened: Opened, actindo: StandIn) -> None:
    from .stand_in import Reply

    method = "Actindo.Modules.Actindo.Database.Queries.run"
    body = xml("100;RE7;2026-03-02;3;2026-04-20;153.99;100.00").encode()
    settings = {"columns": {"level": ["mahnstufe"]}, "dates": "YYYY-MM-DD", "decimal": "."}
    with opened(query={"method": method, "body": {"id": 7}, "form": "xml"}, fields={}, files=settings) as town:
        actindo.next[method] = [Reply(200, body, kind="application/xml")]
        town.poll()
        assert town.refs() == ["shop:100"]
        assert actindo.calls[-1].body == {"id": 7}


def test_documents_and_a_query_of_one_shop_are_the_same_claims(opened: Opened, actindo: StandIn) -> None:
    actindo.overdue(100, brutto="1153.99")
    actindo.files[LINK] = table(row(100, left="700,00")).encode()
    with opened(query=query(actindo)) as town:
        town.poll()
        assert town.refs() == ["shop:100"]


def test_an_interrupted_file_goes_on(town: Town) -> None:
    path = town.world.folder / "query.xml"
    path.write_text(xml(*(f"{number};R{number};;3;;1.00;" for number in range(1, 1200))), "utf-8")
    counts = town.ink.ingest(str(path), shop="shop").counts
    assert counts["failed"] + counts["registered"] + counts["ignored"] == 1199
    assert [one.name for one in path.parent.iterdir() if "ndjson" in one.name] == []
