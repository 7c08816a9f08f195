"""The way of a claim, told by the command line alone: file in, diagnosis, release, rehearsal, hand-over, confirmation, history."""

import csv
import hashlib
from decimal import Decimal
from pathlib import Path

from merchant import TODAY, Desk, claim

from inkasso_core import Invoice


def test_the_way_of_a_claim_in_german(desk: Desk) -> None:
    file = desk.orders(claim("A-1"), claim("A-2"), claim("A-3", invoice=None))
    ran = desk.run("ingest", file, "--shop", "erp", code=0)
    assert "3 neu" in ran.out
    assert "Zeichensatz" in ran.out
    assert "INVOICE_NUMBER_MISSING" in ran.out

    ran = desk.run("queue", code=0)
    assert "erp:A-1" in ran.out
    assert "Bereit zur Übergabe" in ran.out
    assert "153,99 EUR" in ran.out
    assert "erp:A-3" not in ran.out

    ran = desk.run("release", "--all", "--yes", code=0)
    assert "Erledigt: 2. Abgelehnt: 0." in ran.out

    ran = desk.run("transmit", code=0)
    assert "PROBE: nichts wird übergeben" in ran.out
    assert "2 geprobt" in ran.out
    assert "2 Zeilen, Kontrollsumme 307,98 EUR" in ran.out
    assert desk.state("erp:A-1") == "running"

    desk.live("file")
    ran = desk.run("transmit", code=0)
    assert "SCHARF" in ran.out
    assert "2 Übermittelt" in ran.out
    (exported,) = desk.folder.glob("out/*.csv")
    assert str(exported) in ran.out
    assert hashlib.sha256(exported.read_bytes()).hexdigest() in ran.out

    ran = desk.run("confirm", "--file", exported.name, code=0)
    assert ran.out.count("Ans Inkasso übergeben") == 2
    ran = desk.run("history", "erp:A-1", code=0)
    for event, line in zip(("gemeldet", "freigegeben", "übermittelt", "übergeben"), ran.out.splitlines()[2:], strict=True):
        assert event in line
    assert exported.name in ran.out


def test_the_exported_file_agrees_with_the_listing_line_by_line(desk: Desk) -> None:
    amounts = {f"A-{n}": Decimal(n) * 20 + Decimal("0.05") for n in range(1, 26)}
    file = desk.orders(*(claim(order, principal=amount) for order, amount in amounts.items()))
    desk.run("ingest", file, "--shop", "erp", code=0)
    desk.run("release", "--all", "--yes", code=0)
    desk.live("file")
    report = desk.run("transmit", "--json", code=0).json["accounts"][0]
    with Path(report["file"]).open(encoding="cp1252", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    listed = desk.run("claims", "--state", "exported", "--json", code=0).records
    told = sorted((row["invoice_number"], row["principal_open"].replace(".", ",")) for row in listed)
    assert sorted((row["Rechnungsnr"], row["Forderungsbetrag"]) for row in rows) == told
    assert report["rows"] == len(listed) == 25
    assert Decimal(report["totals"]["EUR"]) == sum(amounts.values())


def test_the_same_file_twice_and_a_newer_report(desk: Desk) -> None:
    first = desk.orders(claim("A-1", invoice=None))
    desk.run("ingest", first, "--shop", "erp", code=0)
    assert "1 wiederholt" in desk.run("ingest", first, "--shop", "erp", code=0).out
    newer = desk.orders(claim("A-1", invoice=Invoice(number="R-1", issued_on=TODAY)), file="newer.ndjson")
    ran = desk.run("ingest", newer, "--shop", "erp", "--reported-at", "2099-01-01T10:00", code=0)
    assert "1 geändert" in ran.out
    assert desk.run("show", "erp:A-1", "--json").json["stored"]["revision"] == 2


def test_lists_are_narrowed_by_shop_state_account_and_day(desk: Desk) -> None:
    desk.ready("A-1", "A-2")
    desk.ready("W-1", shop="web")

    def refs(*options: str) -> list[str]:
        return [row["ref"] for row in desk.run("claims", *options, "--json", code=0).records]

    assert refs() == ["erp:A-1", "erp:A-2", "web:W-1"]
    assert refs("--shop", "web") == ["web:W-1"]
    assert refs("--account", "file", "--limit", "1") == ["erp:A-1"]
    assert refs("--state", "waiting") == []
    assert refs("--state", "Bereit zur Übergabe") == refs()
    assert refs("--vendor", "nobody") == []
    assert refs("--since", "2999-01-01") == refs("--until", "01.01.2000") == []
    assert refs("--until", "2999-01-01") == refs()
    assert [row["ref"] for row in desk.run("queue", "--shop", "erp", "--json").records] == ["erp:A-1", "erp:A-2"]


def test_a_long_list_says_how_many_there_are(desk: Desk) -> None:
    desk.ready("A-1", "A-2", "A-3")
    ran = desk.run("claims", "--limit", "2", code=0)
    assert "erp:A-3" not in ran.out
    assert "2 von 3" in ran.err


def test_nothing_is_cut_off_when_piped(desk: Desk) -> None:
    order = "ORDER-" + "9" * 150
    desk.ready(order)
    ran = desk.run("claims", code=0)
    assert f"erp:{order}" in ran.out
    assert "\x1b" not in ran.out
    assert "…" not in ran.out


def test_a_claim_whole(desk: Desk) -> None:
    desk.ready("A-1", asserted=("due_date",), paid="50.00")
    ran = desk.run("show", "erp:A-1", code=0)
    assert "Jördis Groß-Möller" in ran.out
    assert "01067 Dresden" in ran.out
    assert "(vom Händler erklärt)" in ran.out
    assert "-50,00 EUR" in ran.out
    assert "103,99 EUR" in ran.out
    body = desk.run("show", "A-1", "--shop", "erp", "--json", code=0).json
    assert body["stored"]["principal_open"] == "103.99"
    assert body["claim"]["debtor"]["person"]["last_name"] == "Groß-Möller"
    assert body["history"][0]["what"] == "registered"


def test_an_export_for_people(desk: Desk) -> None:
    desk.ready("A-1", "A-2")
    ran = desk.run("export", "list.csv", "--state", "ready", code=0)
    assert "2 Forderungen in list.csv." in ran.out
    written = Path("list.csv").read_text("utf-8-sig").splitlines()
    assert written[0].startswith("Shop;Auftrag;")
    assert len(written) == 3
    desk.run("export", "list.csv", keys="n\n", code=1)
    assert desk.run("export", "list.csv", "--yes", "--json", code=0).json == {"file": "list.csv", "rows": 2}
