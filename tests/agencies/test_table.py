"""Tables: cells that keep their meaning, run nowhere, and are the same bytes every time."""

import csv
import datetime as dt
import io
import re
import sys
import unicodedata
from decimal import Decimal
from itertools import product
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inkasso_core import Cell, ClaimInvalid, Column, ConfigurationError, Kind, TableDialect, TableWriter
from inkasso_core.agencies.cells import LOOKALIKES, Change, Changes

Row = tuple[Cell, ...]
TRIGGERS = ("=", "+", "-", "@")


def write(cell: Cell, kind: Kind = Kind.TEXT, *, max_length: int | None = None, currency: str = "EUR", **dialect: Any) -> str:
    """One cell through a writer, as the text between the separators."""
    writer = writer_of(Column("Wert", kind, itemgetter(0), max_length, currency), **dialect)
    return writer.row((cell,)).decode(writer.dialect.encoding).removesuffix("\r\n")


def writer_of(*columns: Column[Row], **dialect: Any) -> TableWriter[Row]:
    return TableWriter(columns, TableDialect(**dialect))


def changes_of(cell: Cell, kind: Kind = Kind.TEXT, **dialect: Any) -> list[Change]:
    writer = writer_of(Column("Wert", kind, itemgetter(0)), **dialect)
    writer.row((cell,))
    return [change.what for change in writer.changes]


# --- What an importer must get unspoiled ---


@pytest.mark.parametrize(
    ("kind", "given_", "expected"),
    [
        (Kind.NAME, "O'Neill", "O'Neill"),
        (Kind.NAME, "von der Heide-Lüttich", "von der Heide-Lüttich"),
        (Kind.NAME, "-Meier", "Meier"),
        (Kind.NAME, "Meier-", "Meier-"),
        (Kind.NAME, 'Müller & "Söhne"; Nachf.', '"Müller & ""Söhne""; Nachf."'),
        (Kind.TEXT, "=HYPERLINK(1)", "HYPERLINK(1)"),
        (Kind.TEXT, " \t\u200b＝ ＋1+1", "1+1"),
        (Kind.TEXT, "\u22121", "1"),  # a minus sign, which transliteration turns into a hyphen
        (Kind.TEXT, "a=b", "a=b"),
        (Kind.TEXT, "erste\r\nzweite\tdritte", "erste zweite dritte"),
        (Kind.TEXT, "a\x00b\x07c", "abc"),
        (Kind.TEXT, "  Rand\xa0", "Rand"),
        (Kind.POSTAL, "01067", "01067"),
        (Kind.CODE, "@", "@"),
        (Kind.CODE, "@SUM(1)", "SUM(1)"),
        (Kind.EMAIL, "joerdis@example.org", "joerdis@example.org"),
        (Kind.EMAIL, "-joerdis@example.org", '""'),
        (Kind.EMAIL, "łuk@example.org", '""'),
        (Kind.PHONE, "+493514567890", "00493514567890"),
        (Kind.PHONE, "0351 4567890", "0351 4567890"),
        (Kind.PHONE, " ＋49 351", "0049 351"),
        (Kind.PHONE, "-", '""'),
        (Kind.PHONE, "=cmd|' /C calc'!A0", "cmd|' /C calc'!A0"),
        (Kind.REFERENCE, "RE-2026-0815", "RE-2026-0815"),
        (Kind.TEXT, None, '""'),
        (Kind.TEXT, "", '""'),
        (Kind.TEXT, Decimal("0.00"), "0,00"),
        (Kind.TEXT, dt.date(2026, 3, 2), "02.03.2026"),
    ],
)
def test_an_importer_gets_the_value_and_no_formula(kind: Kind, given_: Cell, expected: str) -> None:
    assert write(given_, kind) == expected


@pytest.mark.parametrize(
    ("kind", "given_", "expected"),
    [
        (Kind.NAME, "-Meier", "'-Meier"),
        (Kind.NAME, "O'Neill", "O'Neill"),
        (Kind.TEXT, "=1+1", "'=1+1"),
        (Kind.TEXT, "＝1+1", "'＝1+1"),
        (Kind.EMAIL, "+joerdis@example.org", "'+joerdis@example.org"),
        (Kind.PHONE, "+493514567890", "'+493514567890"),
        (Kind.CODE, "@", "@"),
        (Kind.TEXT, "===", "'==="),
    ],
)
def test_a_spreadsheet_gets_an_apostrophe_before_a_formula(kind: Kind, given_: str, expected: str) -> None:
    assert write(given_, kind, target="spreadsheet", phone="+", encoding="utf-8") == expected


@pytest.mark.parametrize(("given_", "expected"), [("+493514567890", "+493514567890"), ("+49 351 45", "0049 351 45"), ("+0", "000")])
def test_plus_style_passes_only_a_whole_international_number(given_: str, expected: str) -> None:
    assert write(given_, Kind.PHONE, phone="+") == expected


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.NAME, Kind.REFERENCE, Kind.POSTAL, Kind.CODE])
def test_a_value_of_formula_signs_alone_is_refused(kind: Kind) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        write("＝-\u200b+", kind, encoding="utf-8")
    assert refused.value.fields == ("Wert",)
    assert "Wert" in refused.value.text.de
    assert "＝" not in refused.value.text.de + refused.value.text.en.replace("(= + - @)", "")


def test_every_lookalike_of_a_trigger_is_known() -> None:
    found = {char for char in map(chr, range(128, sys.maxunicode + 1)) if unicodedata.normalize("NFKC", char).lstrip().startswith(TRIGGERS)}
    assert found <= set(LOOKALIKES)


# --- Characters ---


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("Łukasz Müller", "Lukasz Müller"),
        ("Dvořák", "Dvorák"),
        ("Иванов", "Ivanov"),
        ("STRAẞE", "STRASsE"),
        ("Mu\u0308ller", "Müller"),
        ("50 €", "50 €"),
        ("Herz\u2764\ufe0f", "Herz:heart:"),
    ],
)
def test_only_what_the_encoding_lacks_is_transliterated(given_: str, expected: str) -> None:
    assert write(given_) == expected


def test_a_transliteration_is_reported_and_a_composition_is_not() -> None:
    assert changes_of("Łukasz") == [Change.TRANSLITERATED]
    assert changes_of("Mu\u0308ller") == []


@pytest.mark.parametrize("text", ["\ud800", "Name \ue000", "\U00020053"])
def test_a_letter_without_transliteration_is_refused_not_replaced(text: str) -> None:
    with pytest.raises(ClaimInvalid, match="encoding"):
        write(text)


def test_a_strict_dialect_refuses_instead_of_transliterating() -> None:
    with pytest.raises(ClaimInvalid, match="Column Wert"):
        write("Łukasz", characters="refuse")
    assert write("Müller", characters="refuse") == "Müller"


@pytest.mark.parametrize(("encoding", "start"), [("cp1252", b"\xc4"), ("utf-8", b"\xc3\x84"), ("utf-8-sig", b"\xef\xbb\xbf\xc3\x84")])
def test_the_byte_order_mark_stands_once_at_the_beginning(encoding: str, start: bytes) -> None:
    writer = writer_of(Column("Ä", Kind.TEXT, itemgetter(0)), encoding=encoding)
    assert writer.header() + writer.row(("Ä",)) == start + b"\r\n" + start.removeprefix(b"\xef\xbb\xbf") + b"\r\n"


def test_without_a_header_only_the_byte_order_mark_is_left() -> None:
    column = Column[Row]("Wert", Kind.TEXT, itemgetter(0))
    assert writer_of(column, header=False).header() == b""
    assert writer_of(column, header=False, encoding="utf-8-sig").header() == b"\xef\xbb\xbf"


def test_a_column_name_that_the_encoding_lacks_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError) as refused:
        writer_of(Column("Größe ẞ", Kind.TEXT, itemgetter(0)), characters="refuse").header()
    assert refused.value.field == "encoding"


# --- Amounts, dates, lengths ---


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1234567.50", "EUR", "1234567,50"),
        ("153.9", "EUR", "153,90"),
        ("1E+3", "EUR", "1000,00"),
        ("1.50000", "EUR", "1,50"),
        ("-12.50", "EUR", "-12,50"),
        ("-0.00", "EUR", "0,00"),
        ("1500.00", "JPY", "1500"),
        ("1.5", "KWD", "1,500"),
        ("1.2E+4", "CLF", "12000,0000"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str, expected: str) -> None:
    assert write(Decimal(amount), Kind.AMOUNT, currency=currency) == expected


@pytest.mark.parametrize("amount", ["1.005", "NaN", "Infinity", "1E+99"])
def test_an_amount_is_never_rounded(amount: str) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        write(Decimal(amount), Kind.AMOUNT)
    assert refused.value.fields == ("Wert",)


def test_the_currency_can_be_read_from_the_item() -> None:
    column = Column[Row]("Betrag", Kind.AMOUNT, itemgetter(0), currency=lambda row: str(row[1]))
    assert writer_of(column).row((Decimal("7.00"), "JPY")) == b"7\r\n"


@pytest.mark.parametrize(("kind", "cell"), [(Kind.AMOUNT, "12,50"), (Kind.DATE, "02.03.2026"), (Kind.TEXT, 7)])
def test_a_cell_of_the_wrong_type_is_the_authors_mistake(kind: Kind, cell: Any) -> None:
    with pytest.raises(TypeError):
        write(cell, kind)


def test_a_date_is_german_or_iso() -> None:
    assert write(dt.date(2026, 3, 2), Kind.DATE) == "02.03.2026"
    assert write(dt.date(2026, 3, 2), Kind.DATE, date_format="%Y-%m-%d") == "2026-03-02"
    assert write(None, Kind.DATE) == '""'


def test_text_is_shortened_and_reported_and_anything_else_too_long_is_refused() -> None:
    writer = writer_of(Column("Wert", Kind.TEXT, itemgetter(0), max_length=5))
    assert writer.row(("Stuhl Elbe",)) == b"Stuhl\r\n"
    assert writer.row(("Stuhl",)) == b"Stuhl\r\n"
    assert [change.what for change in writer.changes] == [Change.SHORTENED]
    assert write("Elbe 2 x", max_length=5) == "Elbe"
    with pytest.raises(ClaimInvalid, match="5 characters"):
        write("Meier-Huber", Kind.NAME, max_length=5)


# --- The writer ---


def test_changes_name_row_and_column_and_never_a_value() -> None:
    writer = writer_of(Column("Name", Kind.NAME, itemgetter(0)), Column("Grund", Kind.TEXT, itemgetter(1)))
    for row in (("Meier", "Stuhl"), ("-Łuk", "a\x00b"), ("Meier", "=1")):
        writer.row(row)
    assert [tuple(change) for change in writer.changes] == [
        (2, "Name", Change.TRANSLITERATED),
        (2, "Name", Change.TRIGGER_REMOVED),
        (2, "Grund", Change.CONTROLS_REMOVED),
        (3, "Grund", Change.TRIGGER_REMOVED),
    ]
    assert writer.changes.counts["Grund", Change.TRIGGER_REMOVED] == 1
    assert len(writer.changes) == 4
    assert writer.rows == 3


def test_a_refused_row_counts_neither_as_row_nor_as_change() -> None:
    writer = writer_of(Column("Name", Kind.NAME, itemgetter(0)), Column("Grund", Kind.TEXT, itemgetter(1)))
    with pytest.raises(ClaimInvalid):
        writer.row(("-Meier", "="))
    assert (writer.rows, len(writer.changes)) == (0, 0)


def test_changes_are_counted_without_end_but_listed_to_a_limit() -> None:
    writer = writer_of(Column("Name", Kind.NAME, itemgetter(0)))
    for _ in range(Changes.KEPT + 5):
        writer.row(("-Meier",))
    assert len(writer.changes) == Changes.KEPT + 5
    assert len(list(writer.changes)) == Changes.KEPT


def test_a_view_is_taken_once_a_row() -> None:
    seen: list[str] = []

    def view(item: str) -> Row:
        seen.append(item)
        return (item, item)

    columns = (Column("a", Kind.TEXT, itemgetter(0)), Column("b", Kind.TEXT, itemgetter(1)))
    assert TableWriter(columns, TableDialect(), view=view).row("x") == b"x;x\r\n"
    assert seen == ["x"]


def test_a_dialect_knows_no_other_settings() -> None:
    with pytest.raises(ValidationError):
        TableDialect.model_validate({"encoding": "utf-7"})
    with pytest.raises(ValidationError):
        TableDialect.model_validate({"seperator": ";"})


# --- Laws ---

nasty = st.text(
    st.one_of(
        st.sampled_from("=+-@'\";,|\t\r\n\x00\x0b\x1f\x7f\x85\xa0\xad\u0308\u200b\u2028\u2212\ufeffAaÄöŁẞ1 " + LOOKALIKES),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
)
dialects = st.builds(
    TableDialect,
    separator=st.sampled_from([";", ",", "\t", "|"]),
    quoting=st.sampled_from(["minimal", "all"]),
    line_end=st.sampled_from(["CRLF", "LF"]),
    encoding=st.sampled_from(["cp1252", "iso-8859-1", "iso-8859-15", "utf-8", "utf-8-sig"]),
    decimal=st.sampled_from([",", "."]),
    date_format=st.sampled_from(["%d.%m.%Y", "%Y-%m-%d"]),
    target=st.sampled_from(["importer", "spreadsheet"]),
    phone=st.sampled_from(["00", "+"]),
)
phones = st.one_of(nasty, st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=2)
BY_KIND: dict[Kind, st.SearchStrategy[Cell]] = {
    **dict.fromkeys(Kind, nasty),
    Kind.PHONE: phones,
    Kind.CODE: st.one_of(nasty, st.just("@")),
    Kind.AMOUNT: amounts,
    Kind.DATE: st.dates(),
}
ALL = [Column[Row](kind.value, kind, itemgetter(number)) for number, kind in enumerate(Kind)]
rows = st.tuples(*(st.one_of(st.none(), BY_KIND[kind]) for kind in Kind))


def read(data: bytes, dialect: TableDialect) -> list[list[str]]:
    text = io.StringIO(data.decode(dialect.encoding), newline="")
    return list(csv.reader(text, delimiter=dialect.separator, strict=True))


def tidied(text: str) -> str:
    """What is meant by a tidy text, said another way than the writer does."""
    text = re.sub(r"[\t\n\v\f\r\x85\u2028\u2029]+", " ", text)
    text = "".join(char for char in text if unicodedata.category(char) != "Cc")
    text = unicodedata.normalize("NFC", text)
    invisible = "".join({char for char in text if char.isspace() or unicodedata.category(char) == "Cf"})
    return text.strip(invisible)


@settings(deadline=None)
@given(text=nasty, dialect=dialects)
def test_any_text_comes_back_tidy(text: str, dialect: TableDialect) -> None:
    expected = tidied(text)
    assume(not starts_formula(expected))
    try:
        expected.encode(dialect.codec)
    except UnicodeEncodeError:
        assume(False)
    writer = TableWriter(ALL_TEXT, dialect)
    assert read(writer.row((text, "Mitte", text)), dialect) == [[expected, "Mitte", expected]]


ALL_TEXT = [Column[Row](str(number), Kind.TEXT, itemgetter(number)) for number in range(3)]


def starts_formula(text: str) -> bool:
    return unicodedata.normalize("NFKC", text[:1]).lstrip().startswith(TRIGGERS)


@settings(deadline=None)
@given(row=rows, dialect=dialects)
def test_no_cell_begins_with_a_trigger_unless_its_kind_allows_the_whole(row: Row, dialect: TableDialect) -> None:
    allowed = {
        Kind.AMOUNT: r"-[0-9]+[.,][0-9]{2}",
        Kind.CODE: "@",
        Kind.PHONE: r"\+[1-9][0-9]{6,14}" if dialect.target == "importer" else "(?!)",
    }
    try:
        data = TableWriter(ALL, dialect).row(row)
    except ClaimInvalid:
        return
    (cells,) = read(data, dialect)
    for kind, cell in zip(Kind, cells, strict=True):
        assert not starts_formula(cell) or re.fullmatch(allowed.get(kind, "(?!)"), cell), kind
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", cell)
        assert cell == cell.strip()


@settings(deadline=None)
@given(row=rows, dialect=dialects)
def test_the_quick_way_and_the_careful_way_agree(row: Row, dialect: TableDialect) -> None:
    quick, careful = TableWriter(ALL, dialect), TableWriter(ALL, dialect)
    careful._is_clean = lambda _line: None  # type: ignore[assignment]
    assert outcome(quick, row) == outcome(careful, row)
    assert list(quick.changes) == list(careful.changes)


def outcome(writer: TableWriter[Row], row: Row) -> bytes | tuple[str, ...]:
    try:
        return writer.row(row)
    except ClaimInvalid as exc:
        return exc.fields


@settings(deadline=None)
@given(row=rows, dialect=dialects)
def test_a_row_is_one_line_in_the_encoding_and_the_same_every_time(row: Row, dialect: TableDialect) -> None:
    writer = TableWriter(ALL, dialect)
    try:
        data = writer.row(row)
    except ClaimInvalid:
        return
    end = {"CRLF": b"\r\n", "LF": b"\n"}[dialect.line_end]
    assert data.endswith(end)
    assert not re.search(rb"[\r\n\x00]", data.removesuffix(end))
    assert TableWriter(ALL, dialect).row(row) == data


@settings(deadline=None)
@given(text=nasty, dialect=dialects)
def test_what_was_written_once_is_written_again_unchanged(text: str, dialect: TableDialect) -> None:
    try:
        once = TableWriter(ALL_TEXT, dialect).row((text, None, text))
    except ClaimInvalid:
        return
    (cells,) = read(once, dialect)
    again = TableWriter(ALL_TEXT, dialect)
    assert again.row(tuple(cells)) == once
    assert len(again.changes) == 0


@settings(deadline=None)
@given(amount=amounts, decimal=st.sampled_from([",", "."]))
def test_an_amount_reads_back_as_the_same_number(amount: Decimal, decimal: str) -> None:
    cell = write(amount, Kind.AMOUNT, decimal=decimal)
    assert re.fullmatch(rf"-?[0-9]+{re.escape(decimal)}[0-9]{{2}}", cell)
    assert Decimal(cell.replace(decimal, ".")) == amount


@pytest.mark.parametrize(("separator", "quoting"), list(product(";,\t|", ["minimal", "all"])))
def test_quoting_is_that_of_the_csv_module(separator: str, quoting: str) -> None:
    cells: Row = ("Müller", 'a "b"', f"c{separator}d" if separator != "\t" else "c d", "", "1")
    columns = [Column[Row](str(number), Kind.TEXT, itemgetter(number)) for number in range(len(cells))]
    expected = io.StringIO()
    style = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}[quoting]
    csv.writer(expected, delimiter=separator, quoting=style).writerow(cells)
    writer = writer_of(*columns, separator=separator, quoting=quoting, encoding="utf-8")
    assert writer.row(cells).decode() == expected.getvalue()
