"""PNO and Diagonal by file and over SFTP: the columns to the byte, what is refused, and answer files taken once."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders import green_claim, green_debtor
from hypothesis import given
from hypothesis import strategies as st
from odd_answers import ODD_TEXTS
from peers.sshd import Drop, sshd
from placements import placement

from inkasso_adapters.diagonal import DIAGONAL
from inkasso_adapters.pno import PNO
from inkasso_core import (
    Agency,
    AgencyStatus,
    ClaimInvalid,
    ConfigurationError,
    FeedKind,
    FileAgency,
    Outcome,
    Source,
    Transports,
    UnsupportedOperation,
)

FAMILIES = {"pno": (PNO, {"client_id": "K-77"}), "diagonal": (DIAGONAL, {"client_number": "K-77"})}
ANSWERS = (
    "Referenz;Aktenzeichen;Status;Statustext;Datum;Gezahlt;Kosten\r\n"
    "T-1;A-1;IB;In Bearbeitung;02.06.2026;0,00;0,00\r\n"
    "T-2;;FE;Anschrift unvollständig: Straße;02.06.2026;;\r\n"
    "T-3;A-3;ZA;Zahlung;03.06.2026;1.153,99;12,50\r\n"
    "T-4;A-4;NEU4711;Was ist das?;04.06.2026;;\r\n"
    ";;IB;;;;\r\n"
    "T-3;A-3;ZA;Zahlung;03.06.2026;1.153,99;12,50\r\n"
)
MAPS = {"status_map": {"IB": "active", "FE": "rejected", "ZA": "closed_paid"}, "outcome_map": {"ZA": "paid_full"}}


def odd_table() -> st.SearchStrategy[bytes]:
    """Answer files with values that they should not have."""
    cells = st.one_of(
        st.sampled_from(ODD_TEXTS), st.text(st.characters(codec="utf-8"), max_size=10), st.sampled_from(["T-1", "IB", "1,00"])
    )
    rows = st.lists(st.lists(cells, min_size=6, max_size=7), max_size=4)
    head = ANSWERS.splitlines()[0]

    def written(lines: list[list[str]]) -> bytes:
        text = "\r\n".join([head, *(";".join(cell.replace(";", "").replace("\n", "") for cell in row) for row in lines)])
        return text.encode("utf-8", "surrogatepass")

    return rows.map(written)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drop]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(params=["pno", "diagonal"])
def family(request: pytest.FixtureRequest) -> tuple[Transports, dict[str, Any]]:
    return FAMILIES[request.param]


def build(family: tuple[Transports, dict[str, Any]], transport: str, given: dict[str, Any], **more: Any) -> FileAgency[Any]:
    adapter = family[0].chosen(transport)
    built: Agency[Any] = adapter(adapter.Settings.model_validate({"transport": transport, **family[1], **given, **more}))
    assert isinstance(built, FileAgency)
    return built


@pytest.fixture(params=["file", "sftp"])
def make(request: pytest.FixtureRequest, family: tuple[Transports, dict[str, Any]], server: Drop, tmp_path: Path) -> Any:
    """Builds the agency; ``make.answers`` is the folder that its answer files lie in."""
    there = server.drop / f"{abs(hash(request.node.nodeid)):x}"
    folder = (tmp_path / "answers") if request.param == "file" else there
    folder.mkdir()
    name = str(folder) if request.param == "file" else there.name

    def made(**more: Any) -> FileAgency[Any]:
        given = {"directory": tmp_path / "out"} if request.param == "file" else server.settings(tmp_path / "out")
        return build(family, request.param, given, answers={"folder": name, "amount": "Gezahlt"}, **MAPS, **more)

    made.answers = folder  # type: ignore[attr-defined]
    return made


# What leaves


def test_the_row_to_the_byte(make: Any) -> None:
    out = io.BytesIO()
    charged = green_claim(
        principal=Decimal("10234.50"),
        charges=({"kind": "dunning_fee", "amount": "2.50"}, {"kind": "bank_return_fee", "amount": "3.00"}),
        payment_method="Rechnung",
        note="Bitte höflich",
    )
    make().render([placement(charged)], out)
    header, row, rest = out.getvalue().split(b"\r\n")
    assert header.startswith(b"Referenz;Mandant;Anrede;Vorname;Nachname;Firma;Strasse;Hausnummer")
    expected = (
        "T-1;K-77;ms;Jördis;Groß-Möller;;Lange Straße;7 a;;01067;Dresden;DE;joerdis@example.org;00493514567890;29.02.1984;4711;"
        "RE-2026-0815;02.03.2026;16.03.2026;;10234,50;EUR;2,50;3,00;20.04.2026;2;Stuhl Modell Elbe, 2 × Kissen;03.03.2026;Rechnung;"
        "Bitte höflich"
    )
    assert row == expected.encode("cp1252")
    assert rest == b""
    assert len(header.split(b";")) == len(row.split(b";")) == 30


def test_columns_dialect_and_codes_are_settings(make: Any) -> None:
    agency = make(
        columns=[{"header": "Nr", "path": "claims.0.order"}, {"header": "An", "path": "debtor.salutation"}],
        dialect={"separator": ",", "encoding": "utf-8", "header": False},
        codes={"debtor.salutation": {"ms": "Frau"}},
    )
    out = io.BytesIO()
    agency.render([placement(source=Source(order="A,1"))], out)
    assert list(csv.reader(io.StringIO(out.getvalue().decode()))) == [["A,1", "Frau"]]


def test_what_cannot_go_is_refused_before(make: Any) -> None:
    agency = make()
    two = placement(green_claim(), green_claim(source=Source(order="2")))
    for placed, field in (
        (placement(debtor=green_debtor(addresses=())), "debtor.address.city"),
        (placement(payments=({"amount": "153.99"},)), "principal_open"),
        (two, "claims"),
    ):
        for ask in (agency.check, agency.rehearse):
            with pytest.raises(ClaimInvalid) as refused:
                ask(placed)
            assert field in refused.value.fields
    assert "Groß-Möller" in agency.rehearse(placement())
    with pytest.raises(UnsupportedOperation):
        agency.submit(placement())


def test_a_column_without_a_source_is_told_at_the_start(make: Any) -> None:
    for settings, field in (({"columns": [{"header": "x", "path": "debtor.shoe"}]}, "columns.0"), ({"required": ["y"]}, "required.y")):
        with pytest.raises(ConfigurationError) as refused:
            make(**settings)
        assert refused.value.field == field


# What comes back


def test_an_answer_file_is_read_row_by_row_and_moved_when_stored(make: Any) -> None:
    agency = make()
    (make.answers / "2026-06-05.csv").write_bytes(ANSWERS.encode("cp1252"))
    (make.answers / "2026-06-06.csv.part").write_bytes(b"half")
    feed = agency.fetch_feed(None)
    assert feed == agency.fetch_feed(None), "fetching changes nothing"
    assert not feed.more
    assert [(e.kind, e.our_reference, e.agency_reference) for e in feed.entries] == [
        (FeedKind.STATUS, "T-1", "A-1"),
        (FeedKind.STATUS, "T-2", None),
        (FeedKind.STATUS, "T-3", "A-3"),
        (FeedKind.PAYMENT, "T-3", "A-3"),
        (FeedKind.STATUS, "T-4", "A-4"),
        (FeedKind.OTHER, None, None),
        (FeedKind.STATUS, "T-3", "A-3"),
        (FeedKind.PAYMENT, "T-3", "A-3"),
    ]
    reports = [entry.report for entry in feed.entries]
    assert [report and report.status for report in reports][:6] == [
        *(AgencyStatus.ACTIVE, AgencyStatus.REJECTED, AgencyStatus.CLOSED_PAID, None, AgencyStatus.UNKNOWN, None),
    ]
    assert reports[1] is not None
    assert reports[1].agency_text == "Anschrift unvollständig: Straße"
    assert reports[2] is not None
    assert reports[2].reason is Outcome.PAID_FULL
    paid = feed.entries[3].collected
    assert paid is not None
    assert (paid.amount, str(paid.received_on)) == (Decimal("1153.99"), "2026-06-03")
    assert feed.entries[4].raw["Statustext"] == "Was ist das?"
    assert len({entry.entry_id for entry in feed.entries}) == 8

    agency.acknowledge(feed.token)
    agency.acknowledge(feed.token)
    assert sorted(path.name for path in make.answers.iterdir()) == ["2026-06-06.csv.part", "done"]
    assert agency.fetch_feed(None).entries == ()


def test_the_same_answers_again_have_the_same_ids(make: Any) -> None:
    agency = make()
    ids = []
    for name in ("a.csv", "b.csv"):
        (make.answers / name).write_bytes(b"\xef\xbb\xbf" + ANSWERS.encode("utf-8"))
    for more in (True, False):
        feed = agency.fetch_feed(None)
        assert feed.more is more
        ids.append([entry.entry_id for entry in feed.entries])
        agency.acknowledge(feed.token)
    assert ids[0] == ids[1]


def test_a_file_that_changed_meanwhile_is_not_moved(make: Any) -> None:
    agency = make()
    (make.answers / "a.csv").write_bytes(ANSWERS.encode("cp1252"))
    token = agency.fetch_feed(None).token
    (make.answers / "a.csv").write_bytes(ANSWERS.encode("cp1252") + b"T-9;A-9;IB;;;;\r\n")
    agency.acknowledge(token)
    assert len(agency.fetch_feed(None).entries) == 9


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 a spreadsheet"])
def test_a_file_that_cannot_be_read_is_kept_as_one_entry_and_does_not_block(make: Any, content: bytes) -> None:
    agency = make()
    (make.answers / "a.csv").write_bytes(content)
    feed = agency.fetch_feed(None)
    assert {entry.kind for entry in feed.entries} <= {FeedKind.OTHER}
    agency.acknowledge(feed.token)
    assert agency.fetch_feed(None).token is None


def test_a_broken_row_is_kept_and_the_others_go_on(make: Any) -> None:
    agency = make()
    rows = ANSWERS.encode("cp1252").splitlines(keepends=True)
    (make.answers / "a.csv").write_bytes(b"".join([*rows[:2], b"T-2;too;many;columns;are;in;this;row\r\n", *rows[4:5]]))
    assert [entry.kind for entry in agency.fetch_feed(None).entries] == [FeedKind.STATUS, FeedKind.OTHER, FeedKind.STATUS]


def test_without_answers_there_is_no_feed(family: tuple[Transports, dict[str, Any]], tmp_path: Path) -> None:
    for more in ({}, {"answers": {"folder": "x"}, "status_mode": "none"}):
        agency = build(family, "file", {"directory": tmp_path}, **more)
        assert agency.operations == {"submit", "check", "rehearse"}
        assert "fetch_feed" in agency.missing()


def test_a_missing_folder_of_answers_is_told(make: Any) -> None:
    make.answers.rmdir()
    with pytest.raises(ConfigurationError):
        make().fetch_feed(None)


def test_each_transport_says_how_it_handed_over() -> None:
    found = {(name, transport): one.channel for name, (family, _) in FAMILIES.items() for transport, one in family.by_transport.items()}
    assert {transport for (_, transport), channel in found.items() if channel == "file"} == {"file"}


# Amounts, codes, requirements


def test_every_amount_and_day_is_written_as_one(make: Any) -> None:
    columns = [
        {"header": path, "path": path} for path in ("claims.0.charges.0.amount", "claims.0.charges.0.on", "claims.0.payments.0.amount")
    ]
    charged = green_claim(
        charges=({"kind": "dunning_fee", "amount": "2.50", "on": "2026-04-20"},), payments=({"amount": "20.00", "on": "2026-05-05"},)
    )
    out = io.BytesIO()
    make(columns=columns, dialect={"header": False}).render([placement(charged)], out)
    assert out.getvalue() == b"2,50;20.04.2026;20,00\r\n"


def test_codes_count_for_every_entry_and_for_truth_values(make: Any) -> None:
    columns = [{"header": "a", "path": "claims.0.kind"}, {"header": "b", "path": "claims.0.disputed"}]
    codes = {"claims.*.kind": {"goods": "Ware"}, "claims.0.disputed": {"false": "N"}}
    out = io.BytesIO()
    make(columns=columns, codes=codes, dialect={"header": False}).render([placement()], out)
    assert out.getvalue() == b"Ware;N\r\n"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"columns": [{"header": "x", "path": "debtor.address"}]}, "columns.0"),
        ({"codes": {"debtor.shoe": {"a": "b"}}}, "codes.debtor.shoe"),
        ({"codes": {"claims.0.due_date": {"a": "b"}}}, "codes.claims.0.due_date"),
    ],
)
def test_a_setting_that_would_do_nothing_is_told(make: Any, given: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make(**given)
    assert refused.value.field == field


def test_a_requirement_may_name_a_part_or_every_claim(make: Any) -> None:
    agency = make(required=["debtor.address", "claims.*.invoice.number"])
    agency.check(placement())
    with pytest.raises(ClaimInvalid) as no:
        agency.check(placement(invoice=None))
    assert no.value.fields == ("claims.*.invoice.number",)


def test_a_payment_counts_also_where_no_status_is_said(make: Any) -> None:
    head = "Referenz;Aktenzeichen;Status;Statustext;Datum;Gezahlt\r\n"
    (make.answers / "a.csv").write_text(f"{head}T-1;A-1;;Zahlung;03.06.2026;20,01\r\n")
    other, paid = make().fetch_feed(None).entries
    assert (other.kind, paid.kind) == (FeedKind.OTHER, FeedKind.PAYMENT)
    assert (paid.agency_reference, paid.collected and paid.collected.amount) == ("A-1", Decimal("20.01"))


@given(content=st.one_of(st.binary(max_size=300), odd_table()))
def test_no_answer_file_breaks_the_adapter(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_bytes(content)
        agency = build(FAMILIES["pno"], "file", {"directory": folder}, answers={"folder": folder, "amount": "Gezahlt"}, **MAPS)
        feed = agency.fetch_feed(None)
        assert len({entry.entry_id for entry in feed.entries}) == len(feed.entries)
        assert feed.token is not None
        agency.acknowledge(feed.token)
        assert agency.fetch_feed(None).token is None
