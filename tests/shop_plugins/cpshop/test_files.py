"""Files in every usual German dialect hold the same claims."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkasso_core import Claim, FileRefused, Rejected
from inkasso_shop_plugins.cpshop import CPShop, CPShopSettings

SEPARATORS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "cp850")
MUST_BE_NAMED = {"cp850"}
NOT_IN = {"cp850": str.maketrans("„“", '""')}
"""Signs that the encoding does not have."""


@pytest.fixture
def expected(good_rows: Any, taken: Callable[..., Any]) -> list[Claim]:
    found = taken(good_rows)
    assert [type(claim) for claim in found] == [Claim] * len(good_rows)
    return found


@pytest.mark.parametrize("quote_all", [False, True], ids=["quoted where needed", "all quoted"])
@pytest.mark.parametrize("header", [True, False], ids=["headings", "no headings"])
@pytest.mark.parametrize("separator", SEPARATORS, ids=["semicolon", "comma", "tab", "pipe"])
def test_every_separator(taken: Any, good_rows: Any, expected: Any, separator: str, header: bool, quote_all: bool) -> None:
    assert taken(good_rows, {"separator": separator, "header": header, "quote_all": quote_all}) == expected


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding(taken: Any, good_rows: Any, encoding: str, line_end: str) -> None:
    signs = NOT_IN.get(encoding, {})
    rows = [{name: cell.translate(signs).replace("\r\n", line_end) for name, cell in row.items()} for row in good_rows]
    settings = {"dialect": {"encoding": encoding}} if encoding in MUST_BE_NAMED else {}
    found = taken(rows, {"encoding": encoding, "line_end": line_end}, **settings)
    assert [claim.debtor.person and claim.debtor.person.last_name for claim in found] == [row["Nachname"] or None for row in rows]
    assert [claim.debtor.address.street for claim in found] == [row["Strasse"] for row in rows]
    assert found[3].debtor.organization.name == 'Müller & Söhne "Zur Linde" GmbH'


def test_a_line_break_inside_a_quoted_cell_survives(expected: list[Claim]) -> None:
    assert expected[-1].subject == "Regal,\r\nzweite Lieferung"


@pytest.mark.parametrize(
    "headings",
    [
        {"Strasse": "Straße", "Rechnungsnr": "Rechnungs-Nr.", "Email": "E-Mail", "Telefon 1": "TELEFON1"},
        {"Strasse": "street", "PLZ": "postal_code", "Ort": "city", "Forderungsbetrag": "amount"},
    ],
    ids=["spelled otherwise", "our own names"],
)
def test_headings_in_other_spellings(taken: Any, row: Any, claim: Any, headings: dict[str, str]) -> None:
    assert taken([{headings.get(name, name): cell for name, cell in row().items()}]) == [claim()]


def test_columns_in_another_order_and_columns_that_nobody_knows(taken: Any, row: Any, claim: Any) -> None:
    cells = dict(reversed({"Farbe": "grün", **row()}.items()))
    assert taken([cells]) == [claim()]


def test_configured_headings_replace_the_default_ones(taken: Any, row: Any, claim: Any) -> None:
    cells = row()
    cells["Rest"] = cells.pop("Forderungsbetrag")
    assert taken([cells], columns={"amount": ["Rest"]}) == [claim()]


def test_many_further_columns_need_the_header_to_be_named(taken: Any, row: Any, claim: Any) -> None:
    cells = {**row(), **{f"Feld {number}": "x" for number in range(60)}}
    assert taken([cells], dialect={"header": "yes"}) == [claim()]


def test_a_single_order_and_no_order(taken: Any, row: Any) -> None:
    assert len(taken([row()])) == 1
    assert taken([row()][:0], {"columns": list(row())}) == []


@pytest.mark.parametrize(("change", "found"), [(-1, 17), (+1, 19)], ids=["17 columns", "19 columns"])
def test_a_file_with_another_number_of_columns_is_refused_as_a_whole(export: Any, row: Any, change: int, found: int) -> None:
    cells = list(row().values())
    line = ";".join([*cells, "x"][: len(cells) + change])
    path = export(f"{line}\n{line}\n".encode())
    settings = CPShopSettings.model_validate({"dialect": {"separator": ";"}})
    with pytest.raises(FileRefused) as refused, CPShop().open_export(str(path), settings=settings) as reader:
        list(reader)
    assert str(path) in str(refused.value)
    assert str(found) in str(refused.value)


@pytest.mark.parametrize("change", [-1, +1], ids=["17 columns", "19 columns"])
def test_one_row_with_another_number_of_columns_is_rejected_alone(taken: Any, row: Any, change: int) -> None:
    cells = list(row().values())
    broken = [*cells, "x"][: len(cells) + change]
    lines = [list(row()), cells, broken, list(row(Rechnungsnr="R-2").values())]
    found = taken("\n".join(map(";".join, lines)).encode() + b"\n")
    assert [type(item) for item in found] == [Claim, Rejected, Claim]
    assert found[1].position.line == 3


def test_an_amount_column_is_needed(export: Any, row: Any) -> None:
    cells = row()
    del cells["Forderungsbetrag"]
    with pytest.raises(FileRefused, match="amount"), CPShop().open_export(str(export([cells])), settings=CPShopSettings()) as reader:
        list(reader)


def test_a_nul_byte_rejects_its_row_alone(taken: Any, row: Any) -> None:
    found = taken([row(), row(Nachname="Mey\0er", Rechnungsnr="R-2"), row(Rechnungsnr="R-3")])
    assert [type(item) for item in found] == [Claim, Rejected, Claim]
    assert found[1].code == "NUL_BYTE"


def test_an_interrupted_ingest_goes_on_where_it_stopped(export: Any, good_rows: Any) -> None:
    path = str(export(good_rows))
    with CPShop().open_export(path, settings=CPShopSettings(), skip=4) as reader:
        assert [record.position.index for record in reader] == [4, 5]


def test_standard_input(row: Any, export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path: Path = export([row()])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    with CPShop().open_export("-", settings=CPShopSettings()) as reader:
        assert len(list(reader)) == 1
