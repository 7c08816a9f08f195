"""The way of a claim, told by the command line alone: file in, diagnosis, release, rehearsal, hand-over, confirmation, history."""

import csv
import hashlib
import re
from decimal import Decimal
from pathlib import Path

import pytest
from merchant import TODAY, Desk, claim

from inkasso_core import Invoice
from inkasso_core.cli.said import _VALUES
from inkasso_core.cli.waiting import Scope
from inkasso_core.revise import _ASPECTS
from inkasso_core.telling.texts import TELL_KINDS


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


@pytest.mark.parametrize("command", ["queue", "claims", "holds", "events", "replay", "limitation"])
def test_an_unknown_shop_is_refused_with_the_known_ones(desk: Desk, command: str) -> None:
    ran = desk.run(command, "--shop", "wep", code=4)
    assert "Es ist kein Shop „wep“ eingerichtet; eingerichtet: erp, web (gemeint: web?)." in ran.err
    assert desk.run("--lang", "en", command, "--shop", "nix", code=4).err.endswith("configured: erp, web.\n")


def test_an_unknown_account_is_refused_and_a_former_shop_is_not(desk: Desk) -> None:
    desk.ready("W-1", shop="web")
    assert "eingerichtet: file, wire" in desk.run("claims", "--account", "nix", code=4).err
    settings = Path("inkasso.toml")
    settings.write_text(settings.read_text("utf-8").replace("[shops.web]", "[shops.new]"), "utf-8")
    assert [row["ref"] for row in desk.run("claims", "--shop", "web", "--json", code=0).records] == ["web:W-1"]


def test_an_empty_queue_says_what_waits_and_what_to_do(desk: Desk) -> None:
    assert desk.run("queue", code=0).out == "Keine Forderung.\n"
    desk.ready("A-1", reminders=())
    ran = desk.run("queue", code=0)
    assert ran.out.startswith("Keine Forderung.\n1 Forderung wartet: `inkasso claims --state waiting`; warum: `inkasso diagnose REF`.")
    assert "`inkasso run`" in ran.out
    desk.ready("A-2", reminders=())
    assert "2 claims wait: `inkasso claims --state waiting`; why: `inkasso diagnose REF`" in desk.run("--lang", "en", "queue", code=0).out
    assert desk.run("queue", "--shop", "web", code=0).out == "Keine Forderung.\n"
    assert desk.run("queue", "--json", code=0).out == ""


def test_a_change_of_the_settings_is_seen_by_the_next_run(desk: Desk) -> None:
    desk.ready("A-1", currency="CHF")
    with Path("inkasso.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[accounts.file.policy]\ncurrencies = ["EUR", "CHF"]\n')
    assert "1 Forderung wartet" in desk.run("queue", code=0).out
    assert "1 neu eingestuft" in desk.run("run", code=0).out
    assert "erp:A-1" in desk.run("queue", code=0).out


def test_a_history_speaks_the_language(desk: Desk) -> None:
    desk.orders(claim("A-1"))
    desk.run("ingest", "orders.ndjson", "--shop", "erp", code=0)
    desk.orders(claim("A-1", principal=Decimal(200), subject="2 x Sessel"))
    desk.run("ingest", "orders.ndjson", "--shop", "erp", "--reported-at", "2099-01-01T10:00", code=0)
    hold = desk.run("hold", "erp:A-1", "--reason", "Ratenplan", "--until", "31.12.2999", "--json", code=0).json["id"]
    desk.run("holds", "lift", hold, code=0)
    german, english = desk.run("history", "erp:A-1", code=0).out, desk.run("--lang", "en", "history", "erp:A-1", code=0).out
    assert "Fassung 2; geändert Betrag, Grund der Forderung" in german
    assert "Ratenplan für Forderung; bis 31.12.2999" in german
    assert "aufgehoben für Forderung" in german
    assert "revision 2; changed amount, subject" in english
    assert "Ratenplan for claim; until 2999-12-31" in english
    assert not set(re.findall(r"\b(?:revision|changes|scope|lifted|kind)\b", german))


def test_every_detail_of_a_history_has_its_words() -> None:
    assert set(_VALUES["changes"]) == {*_ASPECTS, "other"}
    assert set(_VALUES["scope"]) == {scope.value for scope in Scope}
    assert set(_VALUES["kind"]) >= TELL_KINDS


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
    desk.ready("W-1", shop="web")
    assert "1 Forderung in one.csv." in desk.run("export", "one.csv", "--until", "2999-01-01", "--shop", "web", code=0).out
    ran = desk.run("export", "list.csv", "--state", "ready", "--shop", "erp", code=0)
    assert "2 Forderungen in list.csv." in ran.out
    written = Path("list.csv").read_text("utf-8-sig").splitlines()
    assert written[0].startswith("Shop;Auftrag;")
    assert len(written) == 3
    desk.run("export", "list.csv", keys="n\n", code=1)
    assert desk.run("export", "list.csv", "--shop", "erp", "--yes", "--json", code=0).json == {"file": "list.csv", "rows": 2}
