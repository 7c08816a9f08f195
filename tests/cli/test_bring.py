"""Bringing in: the good rows are kept, the bad ones named with place, field and remedy, whatever the file is like."""

import json
from pathlib import Path

import pytest
from merchant import Desk, claim, line

from inkasso_core import points
from inkasso_core.cli import bring


def test_bad_rows_are_named_and_good_ones_kept(desk: Desk) -> None:
    good = line(claim("A-1"))
    lines = [
        good,
        "{broken",
        good.replace('"153.99"', '"-1"').replace('"A-1"', '"A-2"'),
        good.replace('"country":"DE"', '"country":"Atlantis"').replace('"A-1"', '"A-3"'),
        "[]",
        line(claim("A-4")),
    ]
    ran = desk.run("ingest", desk.lines(lines), "--shop", "erp", code=1)
    assert "2 neu, 4 gescheitert" in ran.out
    for place, part in (("2", "JSON"), ("3", "principal"), ("4", "country"), ("5", "Objekt")):
        (row,) = [text for text in ran.out.splitlines() if text.startswith(f"orders.ndjson:{place} ")]
        assert part in row
    assert "Atlantis" not in ran.out
    body = desk.run("ingest", "orders.ndjson", "--shop", "erp", "--json", code=1).json["files"][0]
    assert body["counts"]["repeated"] == 2
    assert [row["place"] for row in body["failed"]] == [f"orders.ndjson:{n}" for n in (2, 3, 4, 5)]
    assert all(row["code"] and row["message"]["en"] for row in body["failed"])


def test_only_the_first_failed_rows_stand_in_the_table(desk: Desk) -> None:
    desk.lines(["{broken"] * (bring.FAILED_SHOWN + 5))
    ran = desk.run("ingest", "orders.ndjson", "--shop", "erp", code=1)
    assert ran.out.count("kein gültiges JSON") == bring.FAILED_SHOWN
    assert "und 5 weitere" in ran.err
    assert len(desk.run("ingest", "orders.ndjson", "--shop", "erp", "--json").json["files"][0]["failed"]) == bring.FAILED_SHOWN + 5


def test_a_file_that_cannot_be_read_stops_no_other(desk: Desk) -> None:
    desk.orders(claim("A-1"))
    ran = desk.run("ingest", "missing.ndjson", "orders.ndjson", "--shop", "erp", code=1)
    assert "Fehler: " in ran.err
    assert "missing.ndjson" in ran.err
    assert "1 neu" in ran.out
    body = desk.run("ingest", "missing.ndjson", "orders.ndjson", "--shop", "erp", "--json", code=1).json["files"]
    assert [sorted(one)[:2] for one in body] == [["file", "refused"], ["claims", "continued_at"]]


def test_many_claims_are_counted_and_few_are_shown(desk: Desk) -> None:
    orders = [f"A-{n:02}" for n in range(bring.CLAIMS_SHOWN + 1)]
    ran = desk.run("ingest", desk.orders(*map(claim, orders)), "--shop", "erp", code=0)
    assert f"{len(orders)} neu" in ran.out
    assert "erp:A-00" not in ran.out
    assert desk.run("ingest", desk.orders(claim("B-1"), file="b.ndjson"), "--shop", "erp", "--json").json["files"][0]["claims"] == [
        {"ref": "erp:B-1", "state": "ready", "red": [], "warnings": ["MANDATE_MISSING"], "expected_on": claims_day(desk)}
    ]


def claims_day(desk: Desk) -> str:
    return str(desk.run("diagnose", "erp:B-1", "--json").json["as_of"])


def test_an_interrupted_file_continues(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = desk.orders(*(claim(f"A-{n}") for n in range(600)))
    commits = iter(range(100))

    def cut(point: str) -> None:
        if point == "intake.before_commit" and next(commits) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(points, "reach", cut)
    ran = desk.run("ingest", file, "--shop", "erp", code=130)
    assert "Was gespeichert war, bleibt gespeichert" in ran.err
    monkeypatch.undo()
    monkeypatch.chdir(desk.folder)
    ran = desk.run("ingest", file, "--shop", "erp", code=0)
    assert "Fortgesetzt bei Datensatz 501." in ran.out
    assert "600 neu" in ran.out
    assert len(desk.claims()) == 600


def test_standard_input_is_a_file(desk: Desk) -> None:
    ran = desk.run("ingest", "-", "--shop", "erp", "--json", keys=line(claim("A-1")) + "\n{broken\n", code=1)
    assert ran.json["files"][0]["counts"]["registered"] == 1
    assert ran.json["files"][0]["failed"][0]["place"] == "stdin:2"


def test_failed_reports_are_listed_and_tried_again(desk: Desk) -> None:
    broken = json.loads(line(claim("A-1")))
    desk.lines([json.dumps({**broken, "principal": "no number"})])
    desk.run("ingest", "orders.ndjson", "--shop", "erp", code=1)
    ran = desk.run("events", code=0)
    assert "orders.ndjson:1" in ran.out
    assert "principal" in ran.out
    assert len(desk.run("events", "--shop", "erp", "--json").json["events"]) == 1
    assert "1 gescheitert" in desk.run("replay", code=1).out
    assert desk.run("replay", "--json", code=1).json["counts"]["failed"] == 1
    assert desk.run("events", "--shop", "web", code=0).out.startswith("Alles, was gemeldet wurde")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("orders.ndjson",), "--shop"),
        (("--shop", "erp"), "FILE"),
        (("orders.ndjson", "--shop", "erp", "--as-of", "31.02.2026"), "31.02.2026"),
        (("orders.ndjson", "--shop", "erp", "--reported-at", "gestern"), "gestern"),
    ],
)
def test_a_wrong_call_says_what_is_missing(desk: Desk, arguments: tuple[str, ...], part: str) -> None:
    desk.orders(claim("A-1"))
    ran = desk.run("ingest", *arguments, code=2)
    assert part in ran.err
    assert ran.err.startswith("Fehler: ")


def test_an_unknown_shop_and_a_broken_encoding(desk: Desk) -> None:
    desk.orders(claim("A-1"))
    ran = desk.run("ingest", "orders.ndjson", "--shop", "nix", code=4)
    assert "erp, web" in ran.err
    Path("latin.ndjson").write_bytes(line(claim("A-2")).encode("latin-1") + b"\n" + line(claim("A-3", subject="plain")).encode() + b"\n")
    ran = desk.run("ingest", "latin.ndjson", "--shop", "erp", code=1)
    assert "1 neu, 1 gescheitert" in ran.out
    assert "Zeichensatz" in ran.out


@pytest.mark.parametrize(("name", "content"), [("leer.ndjson", ""), ("leer.json", "[]"), ("kopf.csv", "Forderungsbetrag;Bestellnummer\n")])
def test_a_file_without_a_record_is_not_taken_for_a_success(desk: Desk, name: str, content: str) -> None:
    Path(name).write_text(content, "utf-8")
    with Path("inkasso.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[shops.cp]\nplugin = "cpshop"\n')
    shop = "cp" if name.endswith(".csv") else "erp"
    ran = desk.run("ingest", name, "--shop", shop, code=1)
    assert "kein Datensatz darin: War der Export vollständig" in ran.out
    assert "no record in it: was the export complete" in desk.run("--lang", "en", "ingest", name, "--shop", shop, code=1).out
    assert desk.run("ingest", name, "--shop", shop, "--json", code=1).json["files"][0]["empty"] is True


@pytest.mark.parametrize("content", [b"PK\x03\x04\x14\x00[Content_Types].xml", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
@pytest.mark.parametrize("name", ["orders.xlsx", "orders.csv"])
def test_an_excel_file_is_told_from_its_content(desk: Desk, content: bytes, name: str) -> None:
    Path(name).write_bytes(content)
    ran = desk.run("ingest", name, "--shop", "erp", code=1)
    assert "das ist eine Excel-Datei" in ran.err
    assert "als CSV" in ran.err
    body = desk.run("ingest", name, "--shop", "erp", "--json", code=1).json["files"][0]
    assert body["refused"]["code"] == "SPREADSHEET"


def test_what_is_no_file_of_claims_is_refused(desk: Desk) -> None:
    Path("binary.ndjson").write_bytes(b"\xff\xfe\x00{" + b"x" * 1000)
    Path("out").mkdir()
    for file in ("binary.ndjson", "out"):
        ran = desk.run("ingest", file, "--shop", "erp", code=1)
        assert file in ran.out + ran.err
